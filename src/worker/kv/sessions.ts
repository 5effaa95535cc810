/**
 * Sessions of an application of the middleware: src/l2 over one replica, with the handlers of a page. Keys with the service's prefix hold
 * session values and nothing else; what is proposed for them is judged by running every step again.
 */
import {
  asKey,
  equalBytes,
  toHex,
  type Digest,
  type Key,
  type MemberIndex,
  type Milliseconds,
  type NetworkId,
  type Version,
  type VoteKey,
} from '../../codec/brand.ts';
import { decode, encode, type CborValue } from '../../codec/cbor.ts';
import type { Genesis } from '../../codec/genesis.ts';
import { fail, ok, type Failure, type Result } from '../../codec/result.ts';
import { decodeValue } from '../../codec/value.ts';
import { deviceBytes } from '../../crypto/device.ts';
import { sessionBytes, valueBytes } from '../../crypto/domains.ts';
import { createSessionBuffer, type SessionBuffer } from '../../l2/session-buffer.ts';
import type { L2Ports, ServiceRequest, SessionError, SessionView, Verdict } from '../../l2/types.ts';
import { validateValue, type ProposedValue } from '../../l2/validate.ts';
import { parseSessionValue } from '../../l2/value.ts';
import type { CertifiedEntry, StoredSession } from '../../store/types.ts';
import type { Standing } from '../api.ts';
import type { Clock, TimerHandle } from '../clock.ts';
import { entryAt } from '../entry-at.ts';
import { certifiedValue } from '../open-replica.ts';
import type { Replica } from '../replica/replica.ts';
import { SESSION_SWEEP_MS } from '../sessions/limits.ts';
import type { AccessReport } from './api.ts';
import {
  ACCESS_BUDGET_MS,
  MAX_BODY_BYTES,
  MAX_PROPOSE_RETRY_MS,
  MAX_REFUSED_KEYS,
  MAX_TOLD_SESSIONS,
  PROPOSE_RETRY_MS,
  RERUN_PATIENCE_MS,
  SET_WAIT_MS,
  STEPS_BUDGET_MS,
} from './limits.ts';
import type {
  AskStep,
  KvSessionError,
  ServiceOutline,
  SessionAnswer,
  SessionCall,
  SessionsState,
} from './sessions-api.ts';
import {
  CannotJudge,
  circumstancesOf,
  sessionKeyProblem,
  STEP_METHOD,
  StepAsker,
  stepRegistry,
} from './sessions-steps.ts';
import { toldError, toldSession, toldSummary } from './sessions-told.ts';

export interface KvSessionsOptions {
  readonly replica: Replica;
  readonly network: NetworkId;
  /** With the members and rules in force. */
  readonly genesis: Genesis;
  /** Own place in it. */
  readonly place: MemberIndex;
  readonly clock: Clock;
  readonly outline: ServiceOutline;
  readonly ask: AskStep;
  /** For tests; `ACCESS_BUDGET_MS`, `STEPS_BUDGET_MS` and `RERUN_PATIENCE_MS` unless given. */
  readonly patience?: Partial<Patience>;
  /** Something that a status tells may have changed. */
  changed(): void;
  /** This replica has not said yes to a proposed value. */
  report(
    of: { readonly key: Key; readonly version: Version },
    kind: AccessReport['kind'],
    message: string,
  ): void;
  /** A bug, to be shown to a developer. */
  failed(error: unknown): void;
}

export interface Patience {
  /** For one step that somebody waits for. */
  readonly step: Milliseconds;
  /** For all steps of a value that is judged. */
  readonly value: Milliseconds;
  /** For one step of an own session that is run again. */
  readonly rerun: Milliseconds;
}

export class KvSessions {
  readonly #options: KvSessionsOptions;
  readonly #patience: Patience;
  readonly #asker: StepAsker;
  readonly #buffer: SessionBuffer;
  readonly #timers = new Set<TimerHandle>();
  /** Local, under vote or in conflict, as they were told last. */
  readonly #open = new Map<string, SessionView>();
  /** Who waits for a session to end. */
  readonly #waiting = new Map<string, Set<(session: SessionView) => void>>();
  /** The proposal of a key that is being handed over, and what the own check said of it. */
  readonly #proposing = new Map<Key, { readonly body: Uint8Array; verdict: Verdict | null }>();
  /** Own proposals that enough members refused: this replica has voted in that version. */
  readonly #refused = new Map<
    Key,
    { readonly version: Version; readonly rule: string; readonly message: string }
  >();
  #revision = 0;
  #retryWait = PROPOSE_RETRY_MS;
  #retrying = false;
  #stopped = false;

  constructor(options: KvSessionsOptions) {
    this.#options = options;
    this.#patience = {
      step: ACCESS_BUDGET_MS,
      value: STEPS_BUDGET_MS,
      rerun: RERUN_PATIENCE_MS,
      ...options.patience,
    };
    this.#asker = new StepAsker(options);
    this.#buffer = this.#createBuffer();
    this.#sweep();
  }

  get state(): SessionsState {
    return { prefix: this.#options.outline.prefix, open: this.#open.size, revision: this.#revision };
  }

  /** Keys that sessions alone may change. */
  owns(key: string): boolean {
    const { prefix } = this.#options.outline;
    return key.length > prefix.length && key.startsWith(prefix);
  }

  // ---- what the replica says ----

  decided(entry: CertifiedEntry, body: Uint8Array | null | undefined): void {
    if (!this.owns(entry.key)) return;
    if (entry.version >= (this.#refused.get(entry.key)?.version ?? Infinity)) this.#refused.delete(entry.key);
    // Without its bytes the version cannot be built on yet: told again when they are here.
    if (body !== undefined) this.#buffer.decided(entry.key, entry.version, entry.digest);
  }

  refused(key: Key, digest: Digest, rule: string, message: string): void {
    if (!this.owns(key)) return;
    const version = this.#options.replica.core.instances.get(key)?.version;
    if (version !== undefined) {
      this.#refused.set(key, { version, rule, message });
      if (this.#refused.size > MAX_REFUSED_KEYS) this.#refused.delete(this.#refused.keys().next().value!);
    }
    this.#buffer.refused(key, digest, message, rule);
  }

  standing(standing: Standing): void {
    if (standing.kind === 'voter') this.#buffer.retry();
  }

  /** Once, after the replica has started. What is open is run again behind: a handler that hangs must not hold back the opening. */
  resume(stored: readonly StoredSession[]): void {
    this.#guard(this.#buffer.resume(stored));
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) this.#options.clock.clearTimeout(timer);
    this.#timers.clear();
    for (const [id, waiting] of this.#waiting) {
      const session = this.#buffer.get(id);
      if (session) for (const resolve of waiting) resolve(session);
    }
  }

  // ---- judging ----

  async validate(proposed: ProposedValue): Promise<Verdict> {
    const { key, version, body } = proposed;
    const verdict = await this.#judge(proposed);
    const own = this.#proposing.get(key);
    if (own && body && equalBytes(own.body, body)) own.verdict = verdict;
    if (verdict.verdict === 'invalid') this.#options.report({ key, version }, 'refused', verdict.message);
    return verdict;
  }

  async #judge(proposed: ProposedValue): Promise<Verdict> {
    const { network, genesis, outline, clock, replica } = this.#options;
    const { key, version, body } = proposed;
    if (body && body.length > MAX_BODY_BYTES) {
      const message = `Version ${version} of ${key} takes ${body.length} bytes; at most ${MAX_BODY_BYTES} are accepted.`;
      return { verdict: 'invalid', rule: 'value-malformed', message };
    }
    const until = clock.now() + this.#patience.value;
    let open: CannotJudge | null = null;
    const registry = stepRegistry(outline, genesis.rulesVersion, async (question) => {
      try {
        return await this.#asker.ask(question, until - clock.now());
      } catch (error) {
        if (error instanceof CannotJudge) open ??= error;
        throw error;
      }
    });
    const { hash } = replica.options;
    const verdict = await validateValue(
      {
        network,
        genesis,
        registry,
        sessionBytes,
        deviceBytes,
        hash,
        verifyEd25519: (publicKey, message, signature) => this.#verify(publicKey, message, signature),
      },
      proposed,
    );
    // Read through a function: the assignment above is in a callback, which flow analysis does not follow.
    const unjudged = ((): CannotJudge | null => open)();
    if (verdict.verdict === 'unknown') return this.#abstain(proposed, unjudged, verdict.message);
    if (verdict.verdict === 'invalid') return verdict;
    return this.#judgeEnd(proposed, until);
  }

  /** All steps answer as the session says; whether it may end there only the application knows. */
  async #judgeEnd(proposed: ProposedValue, until: Milliseconds): Promise<Verdict> {
    const { outline, clock, genesis, network } = this.#options;
    const parsed = proposed.body && parseSessionValue(proposed.body);
    if (!outline.checksEnd || !parsed?.ok) return { verdict: 'valid' };
    const { record, session } = parsed.value;
    try {
      const ended = await this.#asker.ask(
        {
          about: 'end',
          record: encode(record),
          context: circumstancesOf({
            network,
            key: proposed.key,
            member: genesis.members.find(({ id }) => id === session.member)!,
            operator: session.operator,
            baseVersion: session.baseVersion as Version,
            earlier: session.transactions,
          }),
        },
        until - clock.now(),
      );
      if (!('refused' in ended)) return { verdict: 'valid' };
      return { verdict: 'invalid', rule: INCOMPLETE, message: ended.refused.message };
    } catch (error) {
      if (error instanceof CannotJudge) return this.#abstain(proposed, error, error.message);
      throw error;
    }
  }

  #abstain({ key, version }: ProposedValue, why: CannotJudge | null, otherwise: string): Verdict {
    const message = why?.message ?? otherwise;
    this.#options.report({ key, version }, why?.why ?? 'abstained', message);
    return { verdict: 'unknown', message };
  }

  // ---- what a page asks for ----

  async call(call: SessionCall): Promise<SessionAnswer> {
    switch (call.about) {
      case 'list': {
        const all = this.#buffer.list();
        const open = all.filter(({ status }) => isOpen(status.state));
        const ended = all.filter(({ status }) => !isOpen(status.state)).slice(0, MAX_TOLD_SESSIONS);
        return ok({ list: [...open, ...ended].sort((a, b) => b.startedAt - a.startedAt).map(toldSummary) });
      }
      case 'get': {
        const session = this.#buffer.get(call.id);
        return ok({ session: session ? toldSession(session) : null });
      }
      case 'outcome':
        return this.#outcome(call.id);
      case 'start': {
        const problem = sessionKeyProblem(this.#options.outline, call.key);
        if (problem !== null) return fail({ type: 'key-malformed', message: problem });
        const request = requestOf(call.path, call.body);
        if (!request.ok) return request;
        const operator = call.operator ?? this.#options.genesis.members[this.#options.place]!.id;
        return withResponse(await this.#buffer.start(asKey(call.key), operator, request.value));
      }
      case 'step': {
        const request = requestOf(call.path, call.body);
        if (!request.ok) return request;
        const stepped = await this.#buffer.step(call.id, request.value);
        return stepped.ok ? withResponse(ok(stepped.value.session)) : fail(toldError(stepped.error));
      }
      case 'commit':
        return this.#commit(call.id);
      case 'undo':
      case 'abandon':
      case 'rebase':
        return shown(await this.#buffer[call.about](call.id));
    }
  }

  async #commit(id: string): Promise<SessionAnswer> {
    const session = this.#buffer.get(id);
    if (session?.status.state === 'local') {
      const problem = await this.#endProblem(session);
      if (problem) return fail(problem);
    }
    return shown(await this.#buffer.commit(id));
  }

  async #endProblem(session: SessionView): Promise<KvSessionError | null> {
    const { outline, genesis, place, network } = this.#options;
    if (!outline.checksEnd) return null;
    const { key, operator, baseVersion, transactions: earlier } = session;
    const member = genesis.members[place]!;
    const context = circumstancesOf({ network, key, member, operator, baseVersion, earlier });
    try {
      const answer = await this.#asker.ask(
        { about: 'end', record: encode(session.record), context },
        this.#patience.step,
      );
      return 'refused' in answer ? { type: 'session-incomplete', message: answer.refused.message } : null;
    } catch (error) {
      if (error instanceof CannotJudge) return { type: 'step-unanswered', message: error.message };
      throw error;
    }
  }

  async #outcome(id: string): Promise<SessionAnswer> {
    const { clock } = this.#options;
    const now = this.#buffer.get(id);
    if (!now) return fail(unknownSession(id));
    if (hasOutcome(now)) return ok({ session: toldSession(now) });
    let answer: (session: SessionView | null) => void = () => undefined;
    const first = new Promise<SessionView | null>((resolve) => (answer = resolve));
    const waiting = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, waiting.add(answer));
    const timer = clock.setTimeout(() => answer(null), SET_WAIT_MS);
    const session = await first;
    clock.clearTimeout(timer);
    waiting.delete(answer);
    if (waiting.size === 0) this.#waiting.delete(id);
    return ok({ session: session && hasOutcome(session) ? toldSession(session) : null });
  }

  // ---- the buffer ----

  #createBuffer(): SessionBuffer {
    const { replica, network, genesis, place, clock, outline } = this.#options;
    const { hash, signer } = replica.options;
    const ports: L2Ports = {
      network,
      genesis,
      member: genesis.members[place]!,
      certified: async (key) => {
        const held = await certifiedValue(replica, key);
        return held && { version: held.entry.version, digest: held.entry.digest, body: held.body };
      },
      propose: (key, version, previous, body) => this.#propose(key, version, previous, body),
      sign: (bytes) => signer.signEd25519(bytes),
      hash,
      verifyEd25519: (publicKey, message, signature) => this.#verify(publicKey, message, signature),
      saveSession: (id, bytes) => {
        replica.outbox.session({ id, bytes });
        return durable(replica);
      },
      dropSession: (id) => {
        replica.outbox.dropSession(id);
        return durable(replica);
      },
      wallClock: () => Math.trunc(clock.wall()),
      randomId: () => toHex(replica.options.random(16)),
      changed: (session) => {
        if (this.#stopped) return;
        if (isOpen(session.status.state)) this.#open.set(session.id, session);
        else this.#open.delete(session.id);
        this.#revision++;
        this.#options.changed();
        if (hasOutcome(session)) for (const resolve of this.#waiting.get(session.id) ?? []) resolve(session);
      },
    };
    return createSessionBuffer({
      ports,
      registry: stepRegistry(outline, genesis.rulesVersion, (question, { key, earlier }) =>
        this.#asker.ask(question, this.#patience[this.#isRerun(key, earlier.length) ? 'rerun' : 'step']),
      ),
      sessionBytes,
      valueDigest: (previous, body) => hash(valueBytes(previous, body)),
      decidedDigest: async (key, version) => (await entryAt(replica, key, version))?.digest ?? null,
      decidedBody: async (key, version) => {
        const entry = await entryAt(replica, key, version);
        const bytes = entry && (await replica.valueOf(entry.digest));
        return (bytes && decodeValue(bytes)?.body) ?? null;
      },
      failed: (error) => this.#options.failed(error),
    });
  }

  /**
   * A step that the session has already is run again: to take one back, or on a newer version. Nobody waits for it, and a page that is busy
   * for a moment must not look like an answer that differs.
   */
  #isRerun(key: Key, earlier: number): boolean {
    return [...this.#open.values()].some(
      (session) => session.key === key && session.transactions.length > earlier,
    );
  }

  async #propose(
    key: Key,
    version: Version,
    previous: Digest | null,
    body: Uint8Array,
  ): Promise<Result<{ digest: Digest }, Failure>> {
    const { replica } = this.#options;
    const own: { readonly body: Uint8Array; verdict: Verdict | null } = { body, verdict: null };
    this.#proposing.set(key, own);
    const proposed = await replica.propose(key, version, previous, body);
    if (this.#proposing.get(key) === own) this.#proposing.delete(key);
    if (proposed.ok) {
      this.#retryWait = PROPOSE_RETRY_MS;
      return proposed;
    }
    const digest = replica.options.hash(valueBytes(previous, body));
    if (proposed.error.type === 'not-valid') {
      // In its own words: the handlers have changed, or do not give the same answer twice.
      if (own.verdict?.verdict === 'invalid') {
        const { rule, message } = own.verdict;
        // It was complete when it was committed: the record has changed since, and its steps are a person's to go on with.
        if (rule === INCOMPLETE) this.#buffer.incomplete(key, digest, message);
        else this.#buffer.refused(key, digest, message, rule);
      } else this.#retryLater();
    }
    const before = this.#refused.get(key);
    if (proposed.error.type === 'already-voted' && before?.version === version) {
      const message =
        `This replica has voted in version ${version} of ${key} for a session that the members refuse (${before.message}); ` +
        'a member votes once. It can propose again after another member has changed the key.';
      this.#buffer.refused(key, digest, message, before.rule);
    }
    return proposed;
  }

  /** The own check did not finish. Ever more rarely, as with a set. */
  #retryLater(): void {
    if (this.#retrying) return;
    this.#retrying = true;
    this.#after(this.#retryWait, () => {
      this.#retrying = false;
      this.#buffer.retry();
    });
    this.#retryWait = Math.min(2 * this.#retryWait, MAX_PROPOSE_RETRY_MS);
  }

  #sweep(): void {
    this.#after(SESSION_SWEEP_MS, () => {
      this.#guard(this.#buffer.expire());
      this.#sweep();
    });
  }

  #after(wait: Milliseconds, run: () => void): void {
    const timer = this.#options.clock.setTimeout(() => {
      this.#timers.delete(timer);
      if (!this.#stopped) run();
    }, wait);
    this.#timers.add(timer);
  }

  #guard(work: Promise<unknown>): void {
    void work.catch((error: unknown) => {
      if (!this.#stopped) this.#options.failed(error);
    });
  }

  #verify(publicKey: string, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
    return this.#options.replica.options.ed25519.verify(publicKey as VoteKey, message, signature);
  }
}

/** The rule of src/l2/validate.ts. */
const INCOMPLETE = 'workflow-incomplete';

const isOpen = (state: SessionView['status']['state']): boolean =>
  state === 'local' || state === 'voting' || state === 'conflict';

const hasOutcome = ({ status }: SessionView): boolean =>
  status.state !== 'local' && status.state !== 'voting';

function requestOf(path: string, body: Uint8Array): Result<ServiceRequest, KvSessionError> {
  const decoded = decode(body, MAX_BODY_BYTES);
  if (decoded.ok) return ok({ method: STEP_METHOD, path, body: decoded.value });
  return fail({
    type: 'request-malformed',
    message: `The request of ${path} cannot be read: ${decoded.error.message}.`,
  });
}

const shown = (result: Result<SessionView, SessionError>): SessionAnswer =>
  result.ok ? ok({ session: toldSession(result.value) }) : fail(toldError(result.error));

/** Of the step that was made last. */
function withResponse(result: Result<SessionView, SessionError>): SessionAnswer {
  if (!result.ok) return fail(toldError(result.error));
  const last: CborValue = result.value.transactions.at(-1)!.response.body;
  return ok({ session: toldSession(result.value), response: encode(last) });
}

const unknownSession = (id: string): KvSessionError => ({
  type: 'session-unknown',
  message: `There is no session ${id} on this device. Start a session on its key.`,
});

async function durable(replica: Replica): Promise<Result<undefined>> {
  if (await replica.outbox.durable()) return ok(undefined);
  return fail({
    type: 'store-failed',
    message: 'This replica has stopped; what was just done was not saved. Reload the page.',
  });
}
