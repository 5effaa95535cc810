/**
 * Sets and deletes of this replica, one at a time per key. Each is proposed on the newest certified version when its turn comes, and ends
 * when that version is decided: for it, or for another value, which is a conflict. Nothing is ever proposed over another value unasked.
 */
import { asKey, asVersion, equalBytes, type Digest, type Key, type Version } from '../../codec/brand.ts';
import { fail, ok } from '../../codec/result.ts';
import { certificateSigners } from '../../codec/vote.ts';
import { valueBytes } from '../../crypto/domains.ts';
import type { Verdict } from '../../l2/types.ts';
import type { CertifiedEntry } from '../../store/types.ts';
import type { Standing } from '../api.ts';
import type { Clock } from '../clock.ts';
import { entryAt } from '../entry-at.ts';
import { certifiedValue } from '../open-replica.ts';
import type { Replica } from '../replica/replica.ts';
import type { Held } from '../replica/types.ts';
import type { Certified, SetError, SetOptions, SetOutcome } from './api.ts';
import {
  MAX_BODY_BYTES,
  MAX_PENDING_SETS,
  MAX_PROPOSE_RETRY_MS,
  MAX_REFUSED_KEYS,
  MAX_SET_RETRIES,
  MAX_SETS_PER_KEY,
  OUTCOME_PATIENCE_MS,
  PROPOSE_RETRY_MS,
  SET_WAIT_MS,
} from './limits.ts';
import { keyProblem } from './value.ts';

interface Job {
  readonly id: string;
  readonly key: Key;
  readonly body: Uint8Array | null;
  readonly options: SetOptions;
  readonly done: Promise<SetOutcome>;
  readonly finish: (outcome: SetOutcome) => void;
  outcome: SetOutcome | null;
}

/** The proposal under way on a key. */
interface Attempt {
  readonly version: Version;
  readonly digest: Digest;
  readonly body: Uint8Array | null;
  readonly settled: Promise<SetOutcome>;
  readonly settle: (outcome: SetOutcome) => void;
  /** What this replica's own check said of it, newest. */
  verdict: Verdict | null;
}

export interface SetsOptions {
  readonly replica: Replica;
  readonly clock: Clock;
  /** Why no set may change this key; left out: any may. */
  refuses?: ((key: Key) => SetError | null) | undefined;
  changed(): void;
}

export class Sets {
  readonly #options: SetsOptions;
  readonly #jobs = new Map<string, Job>();
  /** In line per key; the first is being worked on. */
  readonly #lines = new Map<Key, Job[]>();
  readonly #attempts = new Map<Key, Attempt>();
  /** Own proposals that enough members refused: this replica has voted in that version and cannot propose in it again. */
  readonly #refused = new Map<Key, { version: Version; rule: string; message: string }>();

  constructor(options: SetsOptions) {
    this.#options = options;
  }

  /** Sets that are not decided. */
  get pending(): number {
    return [...this.#jobs.values()].filter((job) => job.outcome === null).length;
  }

  begin(id: string, key: string, body: Uint8Array | null, options: SetOptions): void {
    if (this.#jobs.has(id)) return;
    const job = newJob(id, asKey(key), body, options);
    this.#makeRoom();
    this.#jobs.set(id, job);
    const problem = this.#problem(job);
    if (problem) {
      this.#end(job, fail(problem));
      return;
    }
    const line = this.#lines.get(job.key) ?? [];
    line.push(job);
    this.#lines.set(job.key, line);
    if (line.length === 1) void this.#work(job.key);
    this.#options.changed();
  }

  /** null: not decided within `waitMs`. An outcome is given once. An unknown id was begun at a replica that is gone. */
  async outcome(id: string, waitMs = SET_WAIT_MS): Promise<SetOutcome | null> {
    const job = this.#jobs.get(id);
    if (!job) return fail(GONE);
    let timer: unknown = null;
    const late = new Promise<null>((resolve) => {
      timer = this.#options.clock.setTimeout(() => resolve(null), waitMs);
    });
    const outcome = await Promise.race([job.done, late]);
    this.#options.clock.clearTimeout(timer);
    if (outcome) this.#jobs.delete(id);
    return outcome;
  }

  abort(id: string): void {
    const job = this.#jobs.get(id);
    if (!job || job.outcome) return;
    const started = this.#lines.get(job.key)?.[0] === job;
    this.#end(
      job,
      fail({
        type: 'aborted',
        message: started
          ? `The set of ${job.key} was given up; it may have been proposed already, and may still be decided. Read the key, or listen to it.`
          : `The set of ${job.key} was given up before its turn came.`,
      }),
    );
    if (started) this.#attempts.get(job.key)?.settle(job.outcome!);
  }

  // ---- what the replica says ----

  /** A durable head. */
  decided(entry: CertifiedEntry): void {
    if (entry.version >= (this.#refused.get(entry.key)?.version ?? Infinity)) this.#refused.delete(entry.key);
    const attempt = this.#attempts.get(entry.key);
    if (!attempt || entry.version < attempt.version) return;
    if (entry.version === attempt.version) attempt.settle(this.#outcomeOf(attempt, entry));
    else void this.#lookUp(entry.key, attempt);
  }

  refused(key: Key, digest: Digest, rule: string, message: string): void {
    const attempt = this.#attempts.get(key);
    if (attempt?.digest !== digest) return;
    this.#refused.set(key, { version: attempt.version, rule, message });
    if (this.#refused.size > MAX_REFUSED_KEYS) this.#refused.delete(this.#refused.keys().next().value!);
    attempt.settle(fail(refusal(key, rule, message)));
  }

  standing(standing: Standing): void {
    if (standing.kind !== 'observer' && standing.kind !== 'stopped') return;
    const error: SetError =
      standing.kind === 'stopped'
        ? GONE
        : { type: 'not-a-voter', message: `This replica only observes: ${standing.reason}` };
    for (const attempt of this.#attempts.values()) attempt.settle(fail(error));
  }

  /** This replica's own check has judged a body for a version. */
  judged(key: Key, version: Version, body: Uint8Array | null, verdict: Verdict): void {
    const attempt = this.#attempts.get(key);
    if (attempt?.version === version && sameBody(attempt.body, body)) attempt.verdict = verdict;
  }

  // ---- one key's line ----

  async #work(key: Key): Promise<void> {
    const line = this.#lines.get(key)!;
    while (line.length > 0) {
      const job = line[0]!;
      if (!job.outcome) this.#end(job, await this.#run(job));
      line.shift();
    }
    this.#lines.delete(key);
  }

  async #run(job: Job): Promise<SetOutcome> {
    for (let lost = 0; ; lost++) {
      const outcome = await this.#attempt(job);
      const again = job.options.retry && !outcome.ok && outcome.error.type === 'conflict' && !job.outcome;
      if (!again || lost >= MAX_SET_RETRIES) return outcome;
    }
  }

  async #attempt(job: Job): Promise<SetOutcome> {
    const { replica } = this.#options;
    const { key, body, options } = job;
    if (replica.stopped) return fail(GONE);
    let held: Held | null;
    try {
      held = await certifiedValue(replica, key);
    } catch (error) {
      return fail({ type: 'not-arrived', message: `${(error as Error).message} Set it again later.` });
    }
    // Given up while the bytes were waited for: nothing is proposed any more, so nothing would settle it.
    if (job.outcome) return job.outcome;
    const version = held?.entry.version ?? 0;
    if (options.base !== null && options.base !== version)
      return fail(conflictWith(key, version, held?.entry));
    const previous = held?.entry.digest ?? null;
    const digest = replica.options.hash(valueBytes(previous, body));
    const attempt = newAttempt(asVersion(version + 1), digest, body);
    this.#attempts.set(key, attempt);
    try {
      await this.#propose(key, previous, attempt, job);
      return await attempt.settled;
    } finally {
      this.#attempts.delete(key);
    }
  }

  /** Proposes until the core has it or the attempt is settled. A check that does not finish is tried again, ever more rarely. */
  async #propose(key: Key, previous: Digest | null, attempt: Attempt, job: Job): Promise<void> {
    const { replica, clock } = this.#options;
    for (let wait = PROPOSE_RETRY_MS; !job.outcome; wait = Math.min(2 * wait, MAX_PROPOSE_RETRY_MS)) {
      const proposed = await replica.propose(key, attempt.version, previous, attempt.body);
      if (proposed.ok) return;
      const { type, message } = proposed.error;
      switch (type) {
        case 'stopped':
          return attempt.settle(fail(GONE));
        case 'not-a-voter':
          return attempt.settle(fail({ type, message }));
        case 'already-voted': {
          // For another value, which may win the version; unless enough members have refused it.
          const before = this.#refused.get(key);
          if (before?.version === attempt.version) attempt.settle(fail(votedBefore(key, before)));
          return;
        }
        case 'version-passed':
          return this.#lookUp(key, attempt);
        case 'not-valid':
          if (attempt.verdict?.verdict === 'invalid') {
            return attempt.settle(fail(refusal(key, attempt.verdict.rule, message)));
          }
      }
      await Promise.race([attempt.settled, new Promise<void>((resolve) => clock.setTimeout(resolve, wait))]);
      const head = replica.heads.get(key);
      if (head && head.version >= attempt.version) return this.#lookUp(key, attempt);
    }
  }

  /** The version was decided; the head or the history says for which value. */
  async #lookUp(key: Key, attempt: Attempt): Promise<void> {
    const { replica, clock } = this.#options;
    const until = clock.now() + OUTCOME_PATIENCE_MS;
    for (;;) {
      const entry = await entryAt(replica, key, attempt.version);
      if (entry) return attempt.settle(this.#outcomeOf(attempt, entry));
      if (clock.now() > until || replica.stopped) break;
      await new Promise<void>((resolve) => clock.setTimeout(resolve, 50));
    }
    attempt.settle(
      fail({
        type: 'outcome-unknown',
        message: `Version ${attempt.version} of ${key} was decided while this replica was away, and its value is not here yet. Read the key.`,
      }),
    );
  }

  #outcomeOf(attempt: Attempt, entry: CertifiedEntry): SetOutcome {
    if (entry.digest === attempt.digest) return ok(certifiedOf(this.#options.replica, entry));
    return fail(conflictWith(entry.key, entry.version, entry));
  }

  // ---- bookkeeping ----

  #problem(job: Job): SetError | null {
    const malformed = keyProblem(job.key);
    if (malformed !== null) return { type: 'key-malformed', message: malformed };
    const refusal = this.#options.refuses?.(job.key);
    if (refusal) return refusal;
    if (job.body && job.body.length > MAX_BODY_BYTES) {
      const message = `The value of ${job.key} takes ${job.body.length} bytes; at most ${MAX_BODY_BYTES} fit.`;
      return { type: 'too-large', message };
    }
    if (this.#options.replica.stopped) return GONE;
    if (this.#jobs.size > MAX_PENDING_SETS || (this.#lines.get(job.key)?.length ?? 0) >= MAX_SETS_PER_KEY) {
      const message = `Too many sets wait here (${this.pending - 1}); ${job.key} was not proposed. Wait for some to be decided.`;
      return { type: 'too-many-sets', message };
    }
    return null;
  }

  #end(job: Job, outcome: SetOutcome): void {
    if (job.outcome) return;
    job.outcome = outcome;
    job.finish(outcome);
    this.#options.changed();
  }

  /** Outcomes that nobody fetched go first: their tab was closed. */
  #makeRoom(): void {
    for (const job of this.#jobs.values()) {
      if (this.#jobs.size < MAX_PENDING_SETS) return;
      if (job.outcome) this.#jobs.delete(job.id);
    }
  }
}

/** By the members of the epoch that its certificate names. */
export function certifiedOf(
  replica: Pick<Replica, 'epochs'>,
  { key, version, digest, certificate }: CertifiedEntry,
): Certified {
  const epoch = replica.epochs?.machine.chain.find((one) => one.digest === certificate.epoch);
  const signers = certificateSigners(certificate);
  return {
    key,
    version,
    digest,
    round: certificate.round,
    epoch: epoch?.number ?? 0,
    signers,
    signedBy: signers.flatMap((place) => epoch?.members[place]?.id ?? []),
  };
}

const GONE: SetError = {
  type: 'stopped',
  message:
    'The replica stopped, or another tab took it over, before the outcome was known. It may still be decided: read the key.',
};

function conflictWith(key: Key, version: number, winner: CertifiedEntry | undefined): SetError {
  return {
    type: 'conflict',
    message: winner
      ? `Another value is certified as version ${version} of ${key}. Read it, decide again, and set again.`
      : `${key} has no certified version yet. Read it, and set again without a base or with base 0.`,
    ...(winner && { winner: { version: winner.version, digest: winner.digest } }),
  };
}

const refusal = (key: Key, rule: string, message: string): SetError => ({
  type: 'refused',
  rule,
  message: `${key} was not changed. ${message}`,
});

const votedBefore = (key: Key, before: { version: Version; rule: string; message: string }): SetError => ({
  type: 'refused',
  rule: before.rule,
  message:
    `This replica has voted in version ${before.version} of ${key} for a value that the members refuse (${before.message}); ` +
    'a member votes once. It can propose again after another member has changed the key.',
});

const sameBody = (a: Uint8Array | null, b: Uint8Array | null): boolean =>
  a === null || b === null ? a === b : equalBytes(a, b);

function newJob(id: string, key: Key, body: Uint8Array | null, options: SetOptions): Job {
  const { promise, resolve } = withResolvers<SetOutcome>();
  return { id, key, body, options, done: promise, finish: resolve, outcome: null };
}

function newAttempt(version: Version, digest: Digest, body: Uint8Array | null): Attempt {
  const { promise, resolve } = withResolvers<SetOutcome>();
  return { version, digest, body, settled: promise, settle: resolve, verdict: null };
}

/** `Promise.withResolvers`, which not every browser of the last years has. */
function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((given) => (resolve = given));
  return { promise, resolve };
}
