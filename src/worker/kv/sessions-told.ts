/** What a page is told of sessions, in the middleware's words: values as bytes, errors of its own set. */
import { encode, type CborValue } from '../../codec/cbor.ts';
import type {
  ServiceResponse,
  SessionError,
  SessionErrorType,
  SessionStatus,
  SessionView,
} from '../../l2/types.ts';
import { parseSessionValue, succeeds } from '../../l2/value.ts';
import type {
  KvSessionError,
  SessionMark,
  ToldResponse,
  ToldSession,
  ToldSessionStatus,
  ToldSummary,
} from './sessions-api.ts';
import { refusalOf, stepData } from './sessions-steps.ts';

export function toldSession(view: SessionView): ToldSession {
  return {
    ...toldSummary(view),
    steps: view.transactions.map(stepData),
    record: encode(view.record),
  };
}

export function toldSummary(view: SessionView): ToldSummary {
  const { id, key, operator, startedAt, baseVersion, rebases, transactions, status } = view;
  const stepCount = transactions.length;
  return { id, key, operator, startedAt, baseVersion, stepCount, rebases, status: toldStatus(status) };
}

function toldStatus(status: SessionStatus): ToldSessionStatus {
  switch (status.state) {
    case 'conflict': {
      const { state, message, step, before, after } = status;
      return { state, message, step, before: toldResponse(before), after: toldResponse(after) };
    }
    case 'abandoned':
      return { state: 'abandoned', why: status.why === 'expired' ? 'expired' : 'asked' };
    default:
      return status;
  }
}

const toldResponse = (response: ServiceResponse): ToldResponse =>
  succeeds(response)
    ? { response: encode(response.body) }
    : {
        refused:
          response.status >= 500
            ? { type: 'unanswered', message: whyUnanswered(response) ?? refusalOf(response.body).message }
            : refusalOf(response.body),
      };

/** In the words of the handlers that abstained, or of ours for their silence; src/l2/execute.ts wraps them for another app's operator. */
const whyUnanswered = ({ body }: ServiceResponse): string | null => {
  const { why } = { ...(body as { readonly why?: unknown } | null) };
  return typeof why === 'string' ? why : null;
};

type Kept = Extract<KvSessionError['type'], SessionErrorType>;

/** Types of src/l2 that have another name here, or that nothing in the middleware can cause. */
const RENAMED: { readonly [type in Exclude<SessionErrorType, Kept>]: KvSessionError['type'] } = {
  'key-unknown': 'not-arrived',
  'service-unknown': 'path-unknown',
  'role-not-allowed': 'path-unknown',
  'session-paused': 'session-closed',
  'session-moved': 'session-closed',
  'mirror-unreachable': 'store-failed',
  'mirror-differs': 'store-failed',
};

export function toldError({ type, message, response, sessionId }: SessionError): KvSessionError {
  if (type === 'step-refused' && response) {
    // src/l2/execute.ts answers 500 for what it could not run.
    if (response.status >= 500)
      return {
        type: 'step-unanswered',
        message: `${whyUnanswered(response) ?? 'The handler of this step failed.'} Nothing was changed. Try again.`,
      };
    const refused = refusalOf(response.body);
    return { type, message: refused.message, refused };
  }
  return {
    type: type in RENAMED ? RENAMED[type as keyof typeof RENAMED] : (type as Kept),
    message,
    ...(sessionId !== undefined && { session: sessionId }),
  };
}

/** The first bytes of every session value: a map of two fields, of which `record` comes first. */
const BEGINNING = Uint8Array.of(0xa2, 0x66, ...new TextEncoder().encode('record'));

/** Cheap for what is none: a replica without a service looks at every value. */
export const isSessionValue = (body: Uint8Array | null): boolean =>
  body !== null && BEGINNING.every((byte, i) => body[i] === byte) && parseSessionValue(body).ok;

/** A session value taken apart: canonical bytes of its record, and whose session it is. Null: it is none. */
export function recordIn(
  body: Uint8Array,
): { readonly record: Uint8Array; readonly session: SessionMark } | null {
  const parsed = parseSessionValue(body);
  if (!parsed.ok) return null;
  const { record, session } = parsed.value;
  const { id, member, operator, transactions } = session;
  return {
    record: encode(record as CborValue),
    session: { id, member, operator, steps: transactions.length },
  };
}
