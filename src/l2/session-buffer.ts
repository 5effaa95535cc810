/**
 * The session buffer: what an operator does runs at once on this device and is durable before it is shown; a finished session becomes
 * one proposed value. There is one line of work per key, and at most one open session on a key of this device, so steps, decisions and
 * rebases of one session never interleave, while sessions on different keys never wait for each other.
 */
import type { Digest, Key, Version } from '../codec/brand.ts';
import type { CborValue } from '../codec/cbor.ts';
import { fail, ok, type Result } from '../codec/result.ts';
import type { Execution } from './execute.ts';
import {
  MAX_DAMAGED_SESSIONS,
  MAX_OPEN_SESSIONS,
  MAX_OPERATOR_LENGTH,
  MAX_PENDING_EVENTS,
  MAX_SESSION_VALUE_BYTES,
  MAX_STEPS,
  MAX_WAITING_CALLS,
  SESSION_EXPIRY_MS,
  SESSION_OVERHEAD_BYTES,
} from './limits.ts';
import { createMirrorHolder, type MirrorWay } from './mirror-holder.ts';
import { createOtherDevice, type OtherDevice } from './other-device.ts';
import { createProposer, type Ticket } from './proposer.ts';
import { createQueues } from './queue.ts';
import { closed, paused, refuse } from './refusals.ts';
import { createRunner, type Work } from './rerun.ts';
import { createSessionStore } from './session-store.ts';
import { createSettlement, type KeyEvents, type SettlementOptions } from './settlement.ts';
import {
  decodeStored,
  isOpen,
  newSession,
  viewOf,
  type Base,
  type HeldSession,
  type StoredSessionError,
} from './stored.ts';
import type { ServiceRequest, ServiceResponse, SessionError, SessionView } from './types.ts';
import { problemText } from './validate.ts';
import { isOperator } from './value.ts';

export interface SessionBufferOptions extends SettlementOptions {
  /** The way to this member's other devices; left out: no session is mirrored. */
  readonly mirrors?: MirrorWay | undefined;
  /** An injected function or a handler's `incomplete` threw where no caller waits: a bug, to be shown to a developer. */
  readonly failed?: ((error: unknown) => void) | undefined;
}

export interface DamagedSession {
  readonly id: string;
  readonly error: StoredSessionError;
}

export interface SessionBuffer extends OtherDevice {
  /** Starts a session on a key with its first request. `session-open-elsewhere` names the session that is open on it already. */
  start(
    key: Key,
    operator: string,
    request: ServiceRequest,
    /** `alone`: of one step, committed at once; it is not mirrored, so that it can be run while the other device is away. */
    how?: { readonly alone?: boolean },
  ): Promise<Result<SessionView, SessionError>>;
  /** Runs one step. Durable when it resolves with success; a refused step (`step-refused`) has changed nothing. */
  step(
    id: string,
    request: ServiceRequest,
  ): Promise<Result<{ response: ServiceResponse; session: SessionView }, SessionError>>;
  /** Takes back the last step, never the first. */
  undo(id: string): Promise<Result<SessionView, SessionError>>;
  /** Ends a local session, or one in conflict, without a proposal. */
  abandon(id: string): Promise<Result<SessionView, SessionError>>;
  /**
   * Signs the session and hands it to L1. Resolves when the proposal is durable, with the session voting (or in conflict, when its key
   * had moved on); the outcome arrives by `changed`. On a voting session: proposes the same bytes again.
   * `not-a-voter`: the session is signed and stored, and is proposed by `retry` once this replica votes.
   */
  commit(id: string): Promise<Result<SessionView, SessionError>>;
  /**
   * The same for many, which L1 gets together, with one signature, write and message for all: a shift that was offline. One result for each;
   * one that fails does not hold back the others.
   */
  commitAll(ids: readonly string[]): Promise<readonly Result<SessionView, SessionError>[]>;
  /** Lets a local session rest: steps, undo and commit are refused until `unpause`. It stays open on its key. */
  pause(id: string): Promise<Result<SessionView, SessionError>>;
  unpause(id: string): Promise<Result<SessionView, SessionError>>;
  /** Ends local sessions that nobody has touched for this long, in milliseconds. Their steps stay in the list. */
  expire(idle?: number): Promise<void>;
  /** The device that new sessions are mirrored to; null: none. Those that are open stay as they are. */
  setMirror(device: string | null): void;
  /**
   * After a conflict: keeps the steps that still give the same responses on the newest record, drops the others, and is local again; or is
   * committed, when it has turned out to have won.
   */
  rebase(id: string): Promise<Result<SessionView, SessionError>>;
  /** Latest start first; the finished ones that are still kept are among them. */
  list(): readonly SessionView[];
  get(id: string): SessionView | undefined;
  /** Stored sessions that could not be read at `resume`. */
  damaged(): readonly DamagedSession[];
  /** Once, after a start: takes up what the disk holds. Local sessions go on; voting ones are proposed again, with the same bytes, or signed again where the rules have moved. */
  resume(stored: readonly { readonly id: string; readonly bytes: Uint8Array }[]): Promise<void>;
  /** A version of a key was certified, by anybody, and `ports.certified` gives it or a later one. Call it again when late bytes arrive. */
  decided(key: Key, version: Version, digest: Digest): void;
  /** The value can no longer be accepted: enough members have said that it is invalid. */
  refused(key: Key, digest: Digest, message: string, rule?: string): void;
  /** Of an application whose `incomplete` is asked with the own check of a proposal: nothing was proposed, and the steps are kept, in conflict. */
  incomplete(key: Key, digest: Digest, message: string): void;
  /** Looks at every open session and proposes again what is voting: after this replica became a voter, or a disk has room again. */
  retry(): void;
  /** Resolves when no work is under way. */
  idle(): Promise<void>;
}

export function createSessionBuffer(options: SessionBufferOptions): SessionBuffer {
  const { ports, registry } = options;
  const holder = createMirrorHolder(ports, options.mirrors);
  const store = createSessionStore(ports, holder);
  const runner = createRunner(ports, registry);
  const proposer = createProposer(ports);
  const settlement = createSettlement({ ...options, proposer }, store, runner);
  const queues = createQueues();
  const events = new Map<Key, KeyEvents>();
  /** Keys with a look that waits in line; true: propose again as well. */
  const looks = new Map<Key, boolean>();
  const damaged: DamagedSession[] = [];
  let starting = 0;
  let mirror: string | null = null;

  // ---- looking again ----

  const eventsOf = (key: Key): KeyEvents => events.get(key) ?? { decided: new Map(), refused: new Map() };

  const look = (key: Key, proposeAgain: boolean): Promise<void> => {
    const waiting = looks.has(key);
    looks.set(key, proposeAgain || looks.get(key) === true);
    if (waiting) return Promise.resolve();
    return queues
      .run(key, async () => {
        const again = looks.get(key) === true;
        looks.delete(key);
        for (const held of store.openOn(key)) {
          const settled = await settlement.settle(held, eventsOf(key));
          const unmoved = settled.proposal !== null && settled.proposal === held.proposal;
          if (again && unmoved) await settlement.propose(settled);
        }
        forget(key);
      })
      .catch((error: unknown) => options.failed?.(error));
  };

  /** Drops what can no longer matter to the open session on this key. */
  const forget = (key: Key): void => {
    const kept = events.get(key);
    if (!kept) return;
    const open = store.openOn(key);
    // A start that waits in line reads the certified value itself.
    if (open.length === 0 && !looks.has(key)) return void events.delete(key);
    const isPast = (version: number): boolean => open.every((held) => version <= held.base.version);
    const isOurs = (digest: Digest): boolean => open.some((held) => held.proposal?.digest === digest);
    for (const version of kept.decided.keys()) if (isPast(version)) kept.decided.delete(version);
    for (const digest of kept.refused.keys()) if (!isOurs(digest)) kept.refused.delete(digest);
  };

  /** Notes an event when a session on the key is open or about to be, and looks. */
  const note = (key: Key, write: (known: KeyEvents) => void): void => {
    if (store.openOn(key).length === 0 && queues.waiting(key) === 0) return;
    const known = eventsOf(key);
    write(known);
    trim(known.decided);
    trim(known.refused);
    events.set(key, known);
    void look(key, false);
  };

  // ---- what an operator asks for ----

  const inLine = <T>(
    key: Key,
    job: () => Promise<Result<T, SessionError>>,
  ): Promise<Result<T, SessionError>> => {
    if (queues.waiting(key) >= MAX_WAITING_CALLS) {
      return refuse(
        'too-many-steps',
        `${MAX_WAITING_CALLS} calls already wait for ${key}. Wait for their answers, then go on.`,
      );
    }
    return queues.run(key, job);
  };

  /** Runs `job` in line on the session as it is then. */
  const onSession = <T>(
    id: string,
    job: (held: HeldSession) => Promise<Result<T, SessionError>>,
  ): Promise<Result<T, SessionError>> => {
    const known = store.get(id);
    const missing = () =>
      refuse('session-unknown', `There is no session ${id} on this device. Start a session on the package.`);
    if (!known) return missing();
    return inLine(known.key, () => {
      const held = store.get(id);
      return held ? job(held) : missing();
    });
  };

  /** A program that is older than the network's rules cannot run a step by them; what it holds waits for the newer one. */
  const rulesVersion = ports.genesis.rulesVersion;
  const rulesProblem = registry.rulesVersions.includes(rulesVersion)
    ? null
    : fail({
        type: 'rules-unknown',
        message: `The network works by rules ${rulesVersion}, which this program does not know yet. Reload this page to get the newer one; what is open here is kept.`,
      } as const);

  const shown = (result: Result<HeldSession, SessionError>): Result<SessionView, SessionError> =>
    result.ok ? ok(viewOf(result.value)) : result;

  const start: SessionBuffer['start'] = async (key, operator, request, how) => {
    if (!isOperator(operator)) {
      return refuse(
        'request-malformed',
        `The operator's name must have 1 to ${MAX_OPERATOR_LENGTH} characters without space at the ends. Correct it and start again.`,
      );
    }
    const keyProblem = registry.keyProblem(key);
    if (keyProblem !== null) return refuse('key-unknown', keyProblem);
    if (rulesProblem) return rulesProblem;
    if (store.openCount() + starting >= MAX_OPEN_SESSIONS) {
      return refuse(
        'too-many-sessions',
        `${MAX_OPEN_SESSIONS} sessions are open on this device. Commit or abandon one, then start again.`,
      );
    }
    starting++;
    try {
      return await inLine(key, () => startInLine(key, operator, request, how?.alone === true));
    } finally {
      starting--;
    }
  };

  const startInLine = async (
    key: Key,
    operator: string,
    request: ServiceRequest,
    alone: boolean,
  ): Promise<Result<SessionView, SessionError>> => {
    const open = store.openOn(key)[0];
    if (open) {
      return fail({
        type: 'session-open-elsewhere',
        message: `${open.operator} has a session open on ${key} on this device. Go on with it, or abandon it first.`,
        sessionId: open.id,
      });
    }
    const base = await settlement.readBase(key);
    if (!base.ok) return base;
    const execution = await runner.run(base.value, operator, null, request, key);
    if (execution.outcome !== 'success') return fail(stepError(execution));
    const work = runner.append(null, execution);
    if (!fits(work)) return refuse('too-many-steps', tooLarge(key));
    const id = ports.randomId();
    const session = newSession({ id, key, operator, at: ports.wallClock(), base: base.value });
    const mark = mirror === null || alone ? null : { peer: mirror, term: 1, seq: 0, chain: '' };
    return shown(await store.put({ ...session, ...work, mirror: mark }));
  };

  const step: SessionBuffer['step'] = (id, request) =>
    onSession(id, async (held) => {
      if (held.status.state !== 'local') return closed(held, 'takes no more steps');
      if (rulesProblem) return rulesProblem;
      if (held.pausedAt !== null) return paused(held);
      if (held.steps.length >= MAX_STEPS) {
        return refuse(
          'too-many-steps',
          `The session on ${held.key} has ${MAX_STEPS} steps, the most there can be. Commit it and start another.`,
        );
      }
      // The base's record matters to a first step only, and there is one.
      const execution = await runner.run(
        { ...held.base, record: null },
        held.operator,
        held,
        request,
        held.key,
      );
      if (execution.outcome !== 'success') return fail(stepError(execution));
      const work = runner.append(held, execution);
      if (!fits(work)) return refuse('too-many-steps', tooLarge(held.key));
      const saved = await store.put({ ...held, ...work, touchedAt: ports.wallClock() });
      return saved.ok ? ok({ response: execution.response, session: viewOf(saved.value) }) : saved;
    });

  const undo: SessionBuffer['undo'] = (id) =>
    onSession(id, async (held) => {
      if (held.status.state !== 'local') return closed(held, 'cannot be undone');
      if (rulesProblem) return rulesProblem;
      if (held.pausedAt !== null) return paused(held);
      if (held.steps.length < 2) {
        return refuse(
          'nothing-to-undo',
          `The session on ${held.key} has only its start left. Abandon it to take that back too.`,
        );
      }
      const base = baseWithRecord(held);
      if (!base)
        return refuse(
          'key-unknown',
          `${held.key} v${held.base.version} is not here yet. Wait until it is synced, then undo.`,
        );
      const rerun = await runner.again({ ...held, steps: held.steps.slice(0, -1) }, base);
      if (!rerun.same) {
        return fail({
          type: 'step-refused',
          message: `Step ${rerun.step + 1} no longer answers as it did. Abandon the session.`,
          response: rerun.after,
        });
      }
      return shown(await store.put({ ...held, ...rerun.work, touchedAt: ports.wallClock() }));
    });

  const abandon: SessionBuffer['abandon'] = (id) =>
    onSession(id, async (held) => {
      if (held.status.state !== 'local' && held.status.state !== 'conflict')
        return closed(held, 'cannot be abandoned');
      return shown(await store.finish(held, { state: 'abandoned' }));
    });

  const commitOne = (id: string, ticket?: Ticket): Promise<Result<SessionView, SessionError>> =>
    onSession(id, async (before) => {
      const { state } = before.status;
      if (state !== 'local' && state !== 'voting') return closed(before, 'cannot be committed');
      if (rulesProblem) return rulesProblem;
      if (before.pausedAt !== null) return paused(before);
      // Nothing is signed over a base while a newer one cannot be read.
      const newest = state === 'local' ? await settlement.readBase(before.key) : ok(null);
      if (!newest.ok) return newest;
      const held = await settlement.settle(before, eventsOf(before.key), ticket);
      if (held.status.state !== 'local' && held.status.state !== 'voting') return ok(viewOf(held));
      let voting = held;
      if (held.proposal === null) {
        const problem = settlement.incomplete(held);
        if (problem !== null) return refuse('session-incomplete', problem.message);
        const sealed = await settlement.seal(held);
        if (!sealed.ok) return sealed;
        voting = sealed.value;
      }
      const proposed = await settlement.propose(voting, ticket);
      // Any other refusal waits: this replica has voted in this version already, and the next decision proposes again.
      if (!proposed.ok && proposed.error.type === 'not-a-voter') {
        return refuse(
          'not-a-voter',
          `${proposed.error.message} The session is signed and stored; it is proposed as soon as this replica votes.`,
        );
      }
      return ok(viewOf(voting));
    });

  const commitAll: SessionBuffer['commitAll'] = (ids) => {
    // One ticket a key: a second session on it waits in line for the first.
    const first = new Map<Key | string, string>();
    for (const id of ids) {
      const key = store.get(id)?.key ?? id;
      if (!first.has(key)) first.set(key, id);
    }
    const chosen = [...new Set(first.values())];
    const tickets = new Map(proposer.together(chosen.length).map((ticket, i) => [chosen[i]!, ticket]));
    return Promise.all(
      ids.map((id) => {
        const ticket = tickets.get(id);
        tickets.delete(id);
        return commitOne(id, ticket).finally(() => ticket?.done());
      }),
    );
  };

  const rest = (id: string, isResting: boolean): Promise<Result<SessionView, SessionError>> =>
    onSession(id, async (held) => {
      if (held.status.state !== 'local') return closed(held, isResting ? 'cannot rest' : 'does not rest');
      if ((held.pausedAt !== null) === isResting) return ok(viewOf(held));
      const now = ports.wallClock();
      return shown(await store.put({ ...held, pausedAt: isResting ? now : null, touchedAt: now }));
    });

  const expire: SessionBuffer['expire'] = async (idle = SESSION_EXPIRY_MS) => {
    const isForgotten = (held: HeldSession): boolean =>
      held.status.state === 'local' && ports.wallClock() - held.touchedAt > idle;
    const forgotten = store.all().filter(isForgotten);
    await Promise.all(
      forgotten.map(({ id, key }) =>
        queues.run(key, async () => {
          const held = store.get(id);
          if (held && isForgotten(held)) await store.finish(held, { state: 'abandoned', why: 'expired' });
        }),
      ),
    );
  };

  const other = createOtherDevice({ store, holder, queues, onSession, look, shown });

  const rebase: SessionBuffer['rebase'] = (id) =>
    onSession(id, async (held) => {
      if (!isOpen(held.status)) return closed(held, 'cannot be rebased');
      if (rulesProblem) return rulesProblem;
      if (held.status.state !== 'conflict')
        return ok(viewOf(await settlement.settle(held, eventsOf(held.key))));
      const base = await settlement.readBase(held.key);
      if (!base.ok) return base;
      // What has come since it became a conflict may show that it won: it is never run again then.
      const elsewhere = await settlement.findCommitted(held, base.value);
      if (elsewhere.found) {
        const whole = await settlement.whole(held, elsewhere);
        if (whole) return ok(viewOf(whole));
        return refuse(
          'session-closed',
          `The session on ${held.key} is committed already, by another device. Abandon it here.`,
        );
      }
      const kept = await runner.keepEqual(held, base.value);
      if ('refused' in kept) return fail(stepError(kept.refused));
      const next: HeldSession = {
        ...held,
        ...kept.work,
        base: base.value,
        status: { state: 'local' },
        rebases: held.rebases + 1,
        touchedAt: ports.wallClock(),
      };
      return shown(await store.put(next));
    });

  // ---- after a crash ----

  const resume: SessionBuffer['resume'] = async (stored) => {
    const open = new Set<Key>();
    for (const { id, bytes } of stored) {
      if (store.get(id)) continue;
      const decoded = decodeStored(id, bytes);
      if (!decoded.ok) {
        if (damaged.length < MAX_DAMAGED_SESSIONS) damaged.push({ id, error: decoded.error });
        continue;
      }
      store.adopt(decoded.value);
      if (isOpen(decoded.value.status)) open.add(decoded.value.key);
    }
    await store.prune();
    await Promise.all([...open].map((key) => look(key, true)));
  };

  return {
    start,
    step,
    undo,
    abandon,
    commit: (id) => commitOne(id),
    commitAll,
    rebase,
    pause: (id) => rest(id, true),
    unpause: (id) => rest(id, false),
    expire,
    setMirror: (device) => void (mirror = device),
    ...other,
    list: () => store.all().map(viewOf),
    get: (id) => {
      const held = store.get(id);
      return held && viewOf(held);
    },
    damaged: () => [...damaged],
    resume,
    decided: (key, version, digest) => note(key, (known) => known.decided.set(version, digest)),
    refused: (key, digest, message, rule = 'value-refused') =>
      note(key, (known) => known.refused.set(digest, { rule, message })),
    incomplete: (key, digest, message) =>
      note(key, (known) =>
        known.refused.set(digest, { rule: 'workflow-incomplete', message, isIncomplete: true }),
      ),
    retry: () => {
      store.flush().catch((error: unknown) => options.failed?.(error));
      for (const held of store.all()) if (isOpen(held.status)) void look(held.key, true);
    },
    idle: () => queues.idle(),
  };
}

const tooLarge = (key: Key): string =>
  `With this step the session on ${key} no longer fits into one value of ${MAX_SESSION_VALUE_BYTES} bytes. Commit what is done and start another.`;

function fits(work: Work): boolean {
  const steps = work.steps.reduce((sum, step) => sum + step.bytes.length, 0);
  return SESSION_OVERHEAD_BYTES + work.recordBytes.length + steps <= MAX_SESSION_VALUE_BYTES;
}

function baseWithRecord({ base }: HeldSession): (Base & { readonly record: CborValue }) | null {
  return base.record === undefined ? null : { ...base, record: base.record };
}

function stepError(execution: Execution): SessionError {
  const { outcome, response } = execution;
  const direct =
    outcome === 'service-unknown' || outcome === 'role-not-allowed' || outcome === 'request-malformed';
  return { type: direct ? outcome : 'step-refused', message: problemText(response.body), response };
}

function trim(map: Map<unknown, unknown>): void {
  for (const first of map.keys()) {
    if (map.size <= MAX_PENDING_EVENTS) return;
    map.delete(first);
  }
}
