/**
 * Bytes of values on their way to a verdict: found, judged by the application, told to the core.
 */
import { isNetworkKey, type Digest, type Key, type MemberIndex, type Version } from '../../codec/brand.ts';
import { decodeValue } from '../../codec/value.ts';
import type { CertifiedEntry } from '../../store/types.ts';
import type { TimerHandle } from '../clock.ts';
import {
  MAX_OPEN_BYTES_PER_AUTHOR,
  MAX_VALIDATION_RETRY_DOUBLINGS,
  VALIDATION_BUDGET_MS,
  VALIDATION_RETRY_MS,
} from '../limits.ts';
import type { Replica } from './replica.ts';

const OVER_BUDGET =
  'Its member has too much under vote that is not decided; it is looked at when some of that is.';

export class Values {
  readonly #replica: Replica;

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  async need(key: Key, version: Version, digest: Digest, attempt = 0): Promise<void> {
    const bytes = await this.#replica.valueOf(digest);
    if (this.#replica.stopped || this.#replica.core.instances.get(key)?.version !== version) return;
    if (bytes) await this.#classify(key, version, digest, bytes, attempt);
    else this.#replica.fetcher.want(key, digest);
  }

  /** Asks again for every value that is lacking: the fetcher holds so many at once only. */
  wantMissing(): void {
    for (const { key, digest, previous } of this.#replica.heads.values())
      if (previous === undefined) this.#replica.fetcher.wantHead(key, digest);
    for (const { key, values, previousKnown } of this.#replica.core.instances.values()) {
      if (!previousKnown) continue;
      for (const [digest, status] of values)
        if (status === 'missing') this.#replica.fetcher.want(key, digest);
    }
  }

  /** Bytes that a neighbour sent; their digest names them. */
  arrived(digest: Digest, bytes: Uint8Array, keys: Iterable<Key>): void {
    this.#replica.cache.put(digest, bytes, null);
    for (const key of keys) {
      const head = this.#replica.heads.get(key);
      if (head?.digest === digest) this.#headArrived(head, bytes);
      const instance = this.#replica.core.instances.get(key);
      if (instance?.values.has(digest)) void this.#classify(key, instance.version, digest, bytes);
    }
  }

  #headArrived(head: CertifiedEntry, bytes: Uint8Array): void {
    const value = decodeValue(bytes);
    // q members certified it, so f + 1 honest ones found it valid; what is no value at all cannot carry q signatures.
    const entry: CertifiedEntry = { ...head, previous: value?.previous ?? null };
    this.#replica.heads.set(head.key, entry);
    this.#replica.outbox.value(head.digest, bytes);
    this.#replica.outbox.certify(entry, false);
    if (isNetworkKey(head.key)) this.#replica.epochs?.headArrived(head.key, head.digest);
    else {
      this.#replica.outbox.whenWritten(() =>
        this.#replica.options.listener.decided(entry, value?.body ?? null),
      );
      void this.#replica.history.fill(entry);
    }
    this.#replica.dispatch({ type: 'head-bytes', key: head.key, digest: head.digest });
  }

  async #classify(key: Key, version: Version, digest: Digest, bytes: Uint8Array, attempt = 0): Promise<void> {
    if (this.#replica.core.instances.get(key)?.version !== version) return;
    this.#replica.dispatch({ type: 'value', key, version, digest, status: 'checking' });
    const author = this.#broughtBy(key, digest);
    const isOver = (): boolean =>
      !this.#isCarried(key, version, digest) && this.#isOverBudget(key, digest, author, bytes.length);
    const judged = isOver() ? null : await this.judge(key, version, digest, bytes);
    // Asked again: while this one was judged, others were.
    const verdict =
      judged === null || (judged.verdict === 'valid' && isOver())
        ? ({ verdict: 'unknown', message: OVER_BUDGET } as const)
        : judged;
    if (this.#replica.stopped || this.#replica.core.instances.get(key)?.version !== version) return;
    if (verdict.verdict === 'valid') {
      // Kept in memory from here on, since a vote for it is written together with it; what nobody will vote for is not.
      this.#replica.cache.put(digest, bytes, key, author);
      this.#replica.dispatch({ type: 'value', key, version, digest, status: 'valid' });
      return;
    }
    // Acted on first: telling others of it must not be able to stop that.
    if (verdict.verdict === 'invalid') {
      this.#replica.dispatch({ type: 'value', key, version, digest, status: 'invalid' });
    } else {
      // Not valid yet: never remembered as invalid, tried again.
      const wait = VALIDATION_RETRY_MS * 2 ** Math.min(attempt, MAX_VALIDATION_RETRY_DOUBLINGS);
      this.#replica.options.clock.setTimeout(() => {
        if (!this.#replica.stopped) void this.need(key, version, digest, attempt + 1);
      }, wait);
    }
    const rule = verdict.verdict === 'invalid' ? verdict.rule : 'abstains';
    this.#replica.refusing.refuse(key, version, digest, rule, verdict.message);
  }

  /** CARRIED: judged in the epoch before, and valid without being judged again; a `no` now would be told and change nothing. */
  #isCarried(key: Key, version: Version, digest: Digest): boolean {
    const carried = this.#replica.epochs?.machine.carried.get(key);
    return carried?.version === version && carried.digest === digest;
  }

  /** Whose vote for the value is the oldest here; null: an own one, or none that is kept. */
  #broughtBy(key: Key, digest: Digest): MemberIndex | null {
    const rounds = this.#replica.core.instances.get(key)?.rounds ?? [];
    for (const [, { preCommits }] of [...rounds].sort(([a], [b]) => a - b)) {
      const [first] = preCommits.get(digest)?.keys() ?? [];
      if (first !== undefined) return first === this.#replica.options.self ? null : first;
    }
    return null;
  }

  /**
   * A member that brings in more bytes than its budget while nothing of it is decided waits, and nobody else does. What more than f members
   * vote for is judged all the same: an honest one among them had room for it, and its value may be what a lock or a polka is for.
   */
  #isOverBudget(key: Key, digest: Digest, author: MemberIndex | null, size: number): boolean {
    if (author === null || this.#replica.cache.bytesOf(author) + size <= MAX_OPEN_BYTES_PER_AUTHOR)
      return false;
    const voters = new Set<MemberIndex>();
    for (const { preCommits, polka } of this.#replica.core.instances.get(key)?.rounds.values() ?? []) {
      if (polka?.digest === digest) return false;
      for (const voter of preCommits.get(digest)?.keys() ?? []) voters.add(voter);
    }
    const { n, quorum } = this.#replica.counted;
    return voters.size <= n - quorum;
  }

  async judge(
    key: Key,
    version: Version,
    digest: Digest,
    bytes: Uint8Array,
  ): Promise<
    | { verdict: 'valid' }
    | { verdict: 'invalid'; rule: string; message: string }
    | { verdict: 'unknown'; message: string }
  > {
    const value = decodeValue(bytes);
    const head = this.#replica.core.certified.get(key);
    if (!value)
      return {
        verdict: 'invalid',
        rule: 'value-malformed',
        message: `The value ${digest.slice(0, 8)} of ${key} is malformed.`,
      };
    if (version !== (head?.version ?? 0) + 1) return { verdict: 'unknown', message: `${key} has moved on.` };
    if (value.previous !== (head?.digest ?? null)) {
      return {
        verdict: 'invalid',
        rule: 'value-base',
        message: `The value does not name the version before it of ${key}.`,
      };
    }
    if (this.#isCarried(key, version, digest)) return { verdict: 'valid' };
    if (isNetworkKey(key) && this.#replica.epochs) return this.#replica.epochs.judge(key, version, bytes);
    let previousBody: Uint8Array | null = null;
    if (head) {
      const previous = await this.#replica.valueOf(head.digest);
      if (!previous) {
        this.#replica.fetcher.wantHead(key, head.digest);
        return { verdict: 'unknown', message: `The version before it of ${key} is not here yet.` };
      }
      previousBody = decodeValue(previous)?.body ?? null;
    }
    const { validate, clock } = this.#replica.options;
    let timer: TimerHandle;
    const late = new Promise<{ verdict: 'unknown'; message: string }>((resolve) => {
      const answer = { verdict: 'unknown' as const, message: 'The check took too long; it is tried again.' };
      timer = clock.setTimeout(() => resolve(answer), VALIDATION_BUDGET_MS);
    });
    const judged = validate({
      key,
      version,
      previousDigest: head?.digest ?? null,
      previousBody,
      body: value.body,
    }).catch((error: unknown) => ({
      verdict: 'unknown' as const,
      message: `The check failed: ${(error as Error).message}`,
    }));
    return Promise.race([judged, late]).finally(() => clock.clearTimeout(timer));
  }
}
