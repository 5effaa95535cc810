/**
 * Runs one request by the handler that the rules version names. The operator's device and every replica that later re-executes the
 * step come through here, so both see the same input. Nothing here measures time: a budget in milliseconds is not the same on two
 * machines, so whoever needs one races this and treats "too slow" as "not valid yet" (docs/protocol.md).
 */
import type { CborValue } from '../codec/cbor.ts';
import { cutText } from '../codec/text.ts';
import { canonical, deepFreeze } from './canonical.ts';
import { MAX_REQUEST_BYTES, MAX_RESPONSE_BYTES, MAX_SESSION_VALUE_BYTES } from './limits.ts';
import { isPath } from './registry.ts';
import type {
  HandlerContext,
  HandlerResult,
  ServiceRegistry,
  ServiceRequest,
  ServiceResponse,
  Transaction,
} from './types.ts';
import { isStatus, METHODS, succeeds } from './value.ts';

/** `refused`: the handler said no. The other failures were said before or instead of the handler. */
export type Outcome =
  'success' | 'refused' | 'request-malformed' | 'service-unknown' | 'role-not-allowed' | 'handler-failed';

export interface Execution {
  readonly outcome: Outcome;
  /** The request in its canonical form, as it enters the transaction. */
  readonly request: ServiceRequest;
  readonly response: ServiceResponse;
  /** The record after the step; the one that came in when the outcome is not success. */
  readonly record: CborValue;
  /** Canonical bytes of the record after a success, else null. */
  readonly recordBytes: Uint8Array | null;
  /** Canonical bytes of the response. */
  readonly responseBytes: Uint8Array;
}

/**
 * Never rejects: an exception in a handler is a bug, and answers 500 `handler-failed`, but it must not stop a replica. One that is named
 * `CannotJudge` is none: this copy lacks what the handler needs to know, and whoever votes abstains.
 * `record` must be a result of this function or parsed from canonical bytes.
 */
export async function runRequest(
  registry: ServiceRegistry,
  rulesVersion: number,
  record: CborValue,
  request: ServiceRequest,
  context: HandlerContext,
): Promise<Execution> {
  const refuse = (outcome: Outcome, seen: ServiceRequest, status: number, message: string): Execution =>
    finish(outcome, seen, { status, body: { type: outcome, message } }, record, null);

  if (!METHODS.includes(request.method) || !isPath(request.path)) {
    const blank: ServiceRequest = { method: 'GET', path: '/malformed', body: null };
    return refuse(
      'request-malformed',
      blank,
      400,
      'The request has no known method or no valid path. Correct it and send it again.',
    );
  }
  const place = `${request.method} ${request.path}`;
  const input = canonical(
    { method: request.method, path: request.path, body: request.body },
    MAX_REQUEST_BYTES,
  );
  if (!input.ok) {
    const blank: ServiceRequest = { method: request.method, path: request.path, body: null };
    return refuse(
      'request-malformed',
      blank,
      400,
      `The request ${place} ${sentence(input.error.message)} Correct it and send it again.`,
    );
  }
  const seen = input.value.value as unknown as ServiceRequest;
  const service = registry.find(rulesVersion, seen.method, seen.path);
  if (!service) {
    const message = `No service ${place} in rules version ${rulesVersion}. Use one of the services that docs/registry.md lists.`;
    return refuse('service-unknown', seen, 404, message);
  }
  if (!service.roles.includes(context.member.role)) {
    const message = `${context.member.organisation} is a ${context.member.role}; ${place} is for ${service.roles.join(', ')}. Ask a member with that role.`;
    return refuse('role-not-allowed', seen, 403, message);
  }

  const failed = (what: string): Execution =>
    refuse(
      'handler-failed',
      seen,
      500,
      `The handler of ${place} failed: ${what}. Nothing was changed; please report this as a bug.`,
    );
  let result: HandlerResult;
  try {
    result = await service.handler(deepFreeze(record), seen, context);
  } catch (error) {
    if (error instanceof Error && error.name === 'CannotJudge') {
      const why = reason(error);
      const message = `This device can't tell whether ${place} is right: ${why}. Nothing was changed. Reload the page, which may bring a newer app, or have another member do it.`;
      return finish(
        'handler-failed',
        seen,
        { status: 500, body: { type: 'handler-failed', message, why } },
        record,
        null,
      );
    }
    return failed(reason(error));
  }
  const { status, body } = result.response;
  if (!isStatus(status)) return failed(`it answered with status ${String(status)}`);
  const response = canonical({ status, body }, MAX_RESPONSE_BYTES);
  if (!response.ok) return failed(`its response ${response.error.message}`);
  if (!succeeds({ status })) {
    const answer = response.value.value as unknown as ServiceResponse;
    return {
      outcome: 'refused',
      request: seen,
      response: answer,
      record,
      recordBytes: null,
      get responseBytes() {
        return response.value.bytes;
      },
    };
  }
  const after = canonical(result.record, MAX_SESSION_VALUE_BYTES);
  if (!after.ok) return failed(`its record ${after.error.message}`);
  return {
    outcome: 'success',
    request: seen,
    response: response.value.value as unknown as ServiceResponse,
    record: after.value.value,
    get recordBytes() {
      return after.value.bytes;
    },
    get responseBytes() {
      return response.value.bytes;
    },
  };
}

/** A transaction Tx(request, response, node) of a step that succeeded, in the order of fields that is written. */
export function transactionOf(execution: Execution, node: string): Transaction {
  return deepFreeze({ node, request: execution.request, response: execution.response });
}

/** Characters of an exception's text that are shown: enough to find it, too few to carry a record out. */
const MAX_REASON_LENGTH = 200;

/** An exception may carry any text. */
const reason = (error: unknown): string =>
  cutText(error instanceof Error ? error.message : String(error), MAX_REASON_LENGTH);

function finish(
  outcome: Outcome,
  request: ServiceRequest,
  /** `why`: in the handler's own words. */
  response: { status: number; body: { type: string; message: string; why?: string } },
  record: CborValue,
  recordBytes: Uint8Array | null,
): Execution {
  const form = canonical(response, MAX_RESPONSE_BYTES);
  if (!form.ok) throw new Error(`our own problem ${form.error.message}`);
  return {
    outcome,
    request,
    response: form.value.value as unknown as ServiceResponse,
    record,
    recordBytes,
    get responseBytes() {
      return form.value.bytes;
    },
  };
}

const sentence = (text: string): string => (text.endsWith('.') ? text : `${text}.`);
