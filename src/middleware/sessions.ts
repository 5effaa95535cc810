/**
 * Sessions on the page: the handlers of an application as answers to the worker's questions, and the calls that an application makes. A
 * handler gets values of its own each time, so it may change them in place; what it gives back becomes data at once.
 */
import type { Result, Value } from '../worker/kv/api.ts';
import type {
  AskStep,
  KvSessionError,
  ServiceOutline,
  SessionAnswer,
  SessionCall,
  SessionMark,
  SessionReply,
  SessionsState,
  StepAnswer,
  StepCircumstances,
  StepData,
  StepQuestion,
  StepRefusal,
  ToldResponse,
  ToldSession,
  ToldSessionStatus,
  ToldSummary,
} from '../worker/kv/sessions-api.ts';
import { outlineProblem } from '../worker/kv/sessions-steps.ts';
import { recordIn } from '../worker/kv/sessions-told.ts';
import { decodeBody, encodeBody } from '../worker/kv/value.ts';
import { decoded } from './decoded.ts';
import { isAbstain, isMarked, mark, NetworkError } from './errors.ts';

export type { SessionMark, SessionsState, StepRefusal } from '../worker/kv/sessions-api.ts';
export type SessionError = KvSessionError;

/** An application with several steps: what `join` is given. All members give the same; a change of it is a new version of `rules`. */
export interface SessionService {
  /** Keys that begin with it, and go on, are changed by sessions alone. For example `order/`. */
  readonly prefix: string;
  /** By path: `/` and then 1 to 119 of letters, digits, `-`, `.`, `_`, `~` and `/`, not beginning with `/.`. */
  readonly steps: { readonly [path: string]: StepHandler };
  /** Why a session may not end here, for a person; null: it may. Asked before a commit, and by every member. Unless given, any may. */
  readonly incomplete?: (record: Value, context: StepContext) => string | null | Promise<string | null>;
}

/**
 * Runs one step: here when a person makes it, and at every member before it votes. It must give the same for the same arguments, today and
 * after a restart: no clock, no randomness, no other keys, nothing from outside; the time of a step belongs into its body. Throwing refuses the
 * step, `StepRefused` with a type of the application's own; throwing `Abstain`, or no answer within `ACCESS_BUDGET_MS` (all steps of a proposed
 * session together: `STEPS_BUDGET_MS`), says nothing about it, and it is run again later.
 */
export type StepHandler = (
  /** As the step before left it; of the first step as it is certified, null when the key has no value. */
  record: Value,
  body: Value,
  context: StepContext,
) => StepResult | Promise<StepResult>;

export interface StepResult {
  /** After the step. */
  readonly record: Value;
  /** What the step tells who made it; kept in the session, and compared by every member. Null unless given. */
  readonly response?: Value;
}

export interface StepContext {
  /** 64 hex digits. */
  readonly network: string;
  readonly key: string;
  /** Whose session it is. */
  readonly member: { readonly id: string; readonly label: string };
  /** As the member says; nobody else can know. */
  readonly operator: string;
  /** Version of the record that the session builds on; 0: the key has no value. */
  readonly baseVersion: number;
  /** The steps of this session before this one; for `incomplete` all of them. */
  readonly earlier: readonly Step[];
}

export interface Step {
  readonly path: string;
  readonly body: Value;
  readonly response: Value;
}

/** Thrown by a step's handler: the step is not allowed, and nothing changes. */
export class StepRefused extends Error {
  /** 1 to 64 of a-z, 0-9 and `-`; the application's own. */
  readonly type: string;
  constructor(type: string, message: string) {
    super(message);
    this.name = 'StepRefused';
    this.type = type;
    mark(this, 'step-refused');
  }
}

/** How a step answered. */
export type StepResponse =
  { readonly ok: true; readonly response: Value } | ({ readonly ok: false } & StepRefusal);

export type SessionStatus =
  | Exclude<ToldSessionStatus, { readonly state: 'conflict' }>
  | {
      readonly state: 'conflict';
      readonly message: string;
      /** Place of the first step that answers otherwise on the newest record, from 0; and how it answered, and does now. */
      readonly step: number;
      readonly before: StepResponse;
      readonly after: StepResponse;
    };

/** How a session ended, or that a person has to look at it. */
export type SessionOutcome = Exclude<SessionStatus, { readonly state: 'local' | 'voting' }>;

export interface SessionSummary extends Omit<ToldSummary, 'status'> {
  readonly status: SessionStatus;
}

export interface SessionView extends SessionSummary {
  /** Those that succeeded. */
  readonly steps: readonly Step[];
  /** As the last step left it: of this session alone, until it is committed. */
  readonly record: Value;
}

export interface Stepped {
  readonly session: SessionView;
  readonly response: Value;
}

/** Sessions of this browser's member, from any of its tabs. */
export interface Sessions {
  /** Begins a session on a key with its first step. At most one is open on a key. `operator`: a pseudonym of 1 to 24 characters; the member's id unless given. */
  start(
    key: string,
    path: string,
    body?: Value,
    options?: { readonly operator?: string },
  ): Promise<Result<Stepped, SessionError>>;
  /** The next step. On disk when it resolves with success; one that is refused has changed nothing. */
  step(id: string, path: string, body?: Value): Promise<Result<Stepped, SessionError>>;
  /** Takes the last step back, never the first. */
  undo(id: string): Promise<Result<SessionView, SessionError>>;
  /** Signs the session and proposes it; it is under vote, and on disk, when it resolves. `outcome` tells what became of it. */
  commit(id: string): Promise<Result<SessionView, SessionError>>;
  /** Ends a session that is not under vote. */
  abandon(id: string): Promise<Result<SessionView, SessionError>>;
  /** After a conflict: keeps the first step and those that still answer the same on the newest record, drops the others, and the session goes on. */
  rebase(id: string): Promise<Result<SessionView, SessionError>>;
  /** All that are open and the newest that have ended, latest start first. Rejects with `NetworkError`. */
  list(): Promise<readonly SessionSummary[]>;
  /** null: not on this device. Rejects with `NetworkError`. */
  get(id: string): Promise<SessionView | null>;
  /** Calls back with the list as it is, then after every change. Ends with the returned function. */
  subscribe(callback: (sessions: readonly SessionSummary[]) => void): () => void;
  /** Waits until the session is committed, rejected, in conflict or abandoned: over reloads, as long as it takes. */
  outcome(
    id: string,
    options?: { readonly signal?: AbortSignal },
  ): Promise<Result<SessionOutcome, SessionError>>;
}

/**
 * What `verifyProof` gives for a key of sessions is the whole of what was signed: record and session. This takes it apart; null: it is no
 * session's value.
 */
export function sessionIn(value: Value): { readonly record: Value; readonly session: SessionMark } | null {
  const encoded = encodeBody(value);
  const parts = encoded.ok ? recordIn(encoded.value) : null;
  return parts && { record: decoded(parts.record), session: parts.session };
}

// ---- handlers ----

/** What the worker gets of a service. @throws RangeError for one that cannot be. */
export function outlineOf({ prefix, steps, incomplete }: SessionService): ServiceOutline {
  const outline = { prefix, paths: Object.keys(steps), checksEnd: incomplete !== undefined };
  const problem = outlineProblem(outline);
  if (problem !== null) throw new RangeError(problem);
  return outline;
}

export function stepAnswerer({ steps, incomplete }: SessionService): AskStep {
  return async (question: StepQuestion): Promise<StepAnswer> => {
    try {
      const record = valueIn(question.record);
      const context = contextOf(question.context);
      if (question.about === 'end') {
        const problem = (await incomplete?.(record, context)) ?? null;
        return problem === null
          ? { ends: true }
          : { refused: { type: 'incomplete', message: String(problem) } };
      }
      const handler = Object.hasOwn(steps, question.path) ? steps[question.path] : undefined;
      if (!handler) throw new StepRefused('path-unknown', `There is no step ${question.path}.`);
      const result = await handler(record, valueIn(question.body), context);
      return {
        record: bytesOf(result.record, 'record'),
        response: bytesOf(result.response ?? null, 'response'),
      };
    } catch (error) {
      if (isAbstain(error)) return { abstains: error.message };
      if (isStepRefused(error)) return { refused: { type: error.type, message: error.message } };
      return {
        refused: { type: 'handler-threw', message: error instanceof Error ? error.message : String(error) },
      };
    }
  };
}

const isStepRefused = (error: unknown): error is StepRefused => isMarked(error, 'step-refused');

/** A member may propose any bytes: what is no value was put together by hand. */
function valueIn(bytes: Uint8Array): Value {
  const read = decodeBody(bytes);
  if (!read) throw new StepRefused('value-malformed', 'This step holds something that is no value.');
  return read.value;
}

function bytesOf(value: Value, what: string): Uint8Array {
  const encoded = encodeBody(value);
  if (!encoded.ok) throw new StepRefused(encoded.error.type, `The ${what}: ${encoded.error.message}`);
  return encoded.value;
}

const contextOf = ({ earlier, ...context }: StepCircumstances): StepContext => ({
  ...context,
  earlier: earlier.map((one) => ({
    path: one.path,
    body: valueIn(one.body),
    response: valueIn(one.response),
  })),
});

// ---- calls ----

type Stopped = { readonly ok: false; readonly error: { readonly type: 'stopped'; readonly message: string } };

export interface SessionDoors {
  call(call: SessionCall): Promise<SessionAnswer | Stopped>;
  /** Calls back at once, and whenever something may have changed. */
  watch(callback: (state: SessionsState & { readonly holder: string }) => void): () => void;
}

export function createSessions({ call, watch }: SessionDoors): Sessions {
  async function asked<T>(
    what: SessionCall,
    read: (reply: SessionReply) => T,
  ): Promise<Result<T, SessionError>> {
    const answer = await call(what);
    return answer.ok ? { ok: true, value: read(answer.value) } : answer;
  }
  const onSession = (
    about: 'undo' | 'commit' | 'abandon' | 'rebase',
    id: string,
  ): Promise<Result<SessionView, SessionError>> =>
    asked({ about, id }, (reply) => sessionView(reply.session!));
  const stepped = (reply: SessionReply): Stepped => ({
    session: sessionView(reply.session!),
    response: decoded(reply.response!),
  });

  const sessions: Sessions = {
    async start(key, path, body = null, { operator = null } = {}) {
      const encoded = encodeBody(body);
      return encoded.ok
        ? asked({ about: 'start', key, operator, path, body: encoded.value }, stepped)
        : encoded;
    },
    async step(id, path, body = null) {
      const encoded = encodeBody(body);
      return encoded.ok ? asked({ about: 'step', id, path, body: encoded.value }, stepped) : encoded;
    },
    undo: (id) => onSession('undo', id),
    commit: (id) => onSession('commit', id),
    abandon: (id) => onSession('abandon', id),
    rebase: (id) => onSession('rebase', id),
    async list() {
      const answer = await asked({ about: 'list' }, ({ list }) => list!.map(summaryOf));
      if (answer.ok) return answer.value;
      if (answer.error.type === 'no-service') return [];
      throw new NetworkError({ type: 'stopped', message: answer.error.message });
    },
    async get(id) {
      const answer = await asked({ about: 'get', id }, ({ session }) => session && sessionView(session));
      if (answer.ok) return answer.value ?? null;
      if (answer.error.type === 'no-service') return null;
      throw new NetworkError({ type: 'stopped', message: answer.error.message });
    },
    subscribe(callback) {
      let seen: string | null = null;
      let looking = false;
      let ended = false;
      const look = async (): Promise<void> => {
        looking = true;
        for (let at: string | null = null; at !== seen && !ended;) {
          at = seen;
          // Nobody holds the replica just now: whoever takes it tells of it, and this is looked at again.
          const list = await sessions.list().catch(() => null);
          if (list !== null && !ended) guarded(() => callback(list));
        }
        looking = false;
      };
      const leave = watch(({ holder, revision }) => {
        const now = `${holder} ${revision}`;
        if (now === seen) return;
        seen = now;
        if (!looking) void look();
      });
      return () => {
        ended = true;
        leave();
      };
    },
    async outcome(id, { signal } = {}) {
      const aborted = whenAborted(signal);
      try {
        for (;;) {
          const answer = await Promise.race([aborted.promise, asked({ about: 'outcome', id }, outcomeIn)]);
          if (!answer.ok) return answer;
          if (answer.value !== null) return { ok: true, value: answer.value };
        }
      } finally {
        aborted.forget();
      }
    },
  };
  return sessions;
}

const outcomeIn = ({ session }: SessionReply): SessionOutcome | null => {
  const status = session && statusOf(session.status);
  return !status || status.state === 'local' || status.state === 'voting' ? null : status;
};

function sessionView({ steps, record, ...summary }: ToldSession): SessionView {
  return { ...summaryOf(summary), steps: steps.map(stepOf), record: decoded(record) };
}

const summaryOf = ({ status, ...summary }: ToldSummary): SessionSummary => ({
  ...summary,
  status: statusOf(status),
});

const stepOf = ({ path, body, response }: StepData): Step => ({
  path,
  body: decoded(body),
  response: decoded(response),
});

const statusOf = (status: ToldSessionStatus): SessionStatus =>
  status.state === 'conflict'
    ? { ...status, before: responseOf(status.before), after: responseOf(status.after) }
    : status;

const responseOf = (told: ToldResponse): StepResponse =>
  'refused' in told ? { ok: false, ...told.refused } : { ok: true, response: decoded(told.response) };

function whenAborted(signal: AbortSignal | undefined): {
  readonly promise: Promise<{ readonly ok: false; readonly error: SessionError }>;
  forget(): void;
} {
  let tell: () => void = () => undefined;
  const promise = new Promise<{ ok: false; error: SessionError }>((resolve) => {
    tell = () =>
      resolve({
        ok: false,
        error: { type: 'aborted', message: 'Nobody waits for the outcome any more. The session goes on.' },
      });
  });
  signal?.addEventListener('abort', tell, { once: true });
  if (signal?.aborted) tell();
  return { promise, forget: () => signal?.removeEventListener('abort', tell) };
}

function guarded(run: () => void): void {
  try {
    run();
  } catch (error) {
    reportError(error);
  }
}
