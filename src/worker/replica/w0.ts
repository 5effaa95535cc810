/**
 * W0 from measured delays. It has to cover two message delays: a vote that goes out, over some hops, and one that comes back because of it.
 * Two measurements, the greater counts:
 *
 * - echoes: from the own vote for an own proposal to each member's vote for the same value. That is what W0 waits for, with all hops,
 *   checks and writes; only proposers see it.
 * - probes: there and back to each neighbour, times the hops that a vote needs.
 *
 * Of each the time within which a quorum answers is taken: with f of the members lying in either direction it lies between the least and the
 * greatest that an honest one gives. Whatever is measured, the bounds hold, so no two honest members differ by more than a factor of 10.
 * Nothing is kept over a restart.
 */
import type { Key, MemberIndex, Milliseconds } from '../../codec/brand.ts';
import type { Vote } from '../../codec/vote.ts';
import { quorum } from '../../consensus/membership.ts';
import type { Link, LinkId } from '../../net/types.ts';
import type { TimerHandle } from '../clock.ts';
import {
  MAX_ECHOES,
  MAX_W0_MS,
  MIN_W0_MS,
  W0_CHANGE,
  W0_FACTOR,
  W0_PROBE_MS,
  W0_SMOOTHING,
} from '../limits.ts';
import type { Replica } from './replica.ts';

/** The new smoothed delay: the first sample as it is, later ones move it a part of the way. */
export function smoothed(before: Milliseconds | undefined, sample: Milliseconds): Milliseconds {
  const bounded = Math.min(Math.max(0, sample), MAX_W0_MS);
  return before === undefined ? bounded : before + (bounded - before) * W0_SMOOTHING;
}

/** The delay within which as many of those who were measured answer as a quorum needs of all; null without samples. */
export function quorumDelay(delays: readonly Milliseconds[], n: number): Milliseconds | null {
  if (delays.length === 0) return null;
  const sorted = [...delays].sort((a, b) => a - b);
  const share = n > 1 ? (quorum(n) - 1) / (n - 1) : 1;
  return sorted[Math.max(1, Math.ceil(sorted.length * share)) - 1]!;
}

/** Hops to nearly all of n members when each has `degree` neighbours: 1 in a full mesh. */
export function hopsOf(n: number, degree: number): number {
  if (degree >= n - 1 || n <= 2) return 1;
  return Math.max(2, Math.ceil(Math.log(n) / Math.log(Math.max(2, degree))));
}

/** W0 for a measured delay of two messages; what is not measured keeps the value before. */
export function w0Of(twoMessages: Milliseconds | null, before: Milliseconds): Milliseconds {
  if (twoMessages === null) return before;
  return Math.round(Math.min(MAX_W0_MS, Math.max(MIN_W0_MS, W0_FACTOR * twoMessages)));
}

export class MeasuredW0 {
  readonly #replica: Replica;
  readonly #probes = new Map<LinkId, { readonly nonce: string; readonly sentAt: Milliseconds }>();
  readonly #roundTrips = new Map<LinkId, Milliseconds>();
  /** Own proposals that wait for votes: since when. */
  readonly #proposed = new Map<Key, { readonly vote: Vote; readonly at: Milliseconds }>();
  readonly #echoes = new Map<MemberIndex, Milliseconds>();
  #timer: TimerHandle | null = null;

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  /** Two message delays as measured here; null while nothing is known. */
  get twoMessages(): Milliseconds | null {
    const { n } = this.#replica.options.epoch;
    const there = quorumDelay([...this.#roundTrips.values()], n);
    const echo = this.#echoes.size < quorum(n) - 1 ? null : quorumDelay([...this.#echoes.values()], n);
    if (there === null) return echo;
    return Math.max(there * hopsOf(n, this.#replica.links.size), echo ?? 0);
  }

  /** How many measurements there are of either kind. */
  get samples(): { readonly roundTrips: number; readonly echoes: number } {
    return { roundTrips: this.#roundTrips.size, echoes: this.#echoes.size };
  }

  linked(link: Link): void {
    if (this.#isFixed) return;
    this.#probe(link.id);
    this.#timer ??= this.#later();
  }

  unlinked(link: Link): void {
    this.#probes.delete(link.id);
    this.#roundTrips.delete(link.id);
  }

  /** False when the answer is to somebody else's question. */
  alive(link: Link, nonce: string): boolean {
    const probe = this.#probes.get(link.id);
    if (probe?.nonce !== nonce) return false;
    this.#probes.delete(link.id);
    const sample = this.#replica.now - probe.sentAt;
    this.#roundTrips.set(link.id, smoothed(this.#roundTrips.get(link.id), sample));
    this.#follow();
    return true;
  }

  /** An own vote that goes out. */
  pushed(vote: Vote): void {
    if (this.#isFixed || vote.round !== 0 || vote.type !== 'PRE-COMMIT') return;
    const instance = this.#replica.core.instances.get(vote.key);
    if (instance?.proposal !== vote.digest) return;
    // With votes for it from before, a restart's, nothing would be measured.
    if ((instance.rounds.get(0)?.preCommits.get(vote.digest)?.size ?? 0) > 1) return;
    if (this.#proposed.size >= MAX_ECHOES) this.#proposed.delete(this.#proposed.keys().next().value!);
    this.#proposed.set(vote.key, { vote, at: this.#replica.now });
  }

  heard(vote: Vote): void {
    const own = this.#proposed.get(vote.key);
    if (!own || vote.round !== 0 || vote.type !== 'PRE-COMMIT') return;
    if (vote.version !== own.vote.version || vote.digest !== own.vote.digest) return;
    const sample = this.#replica.now - own.at;
    this.#echoes.set(vote.author, smoothed(this.#echoes.get(vote.author), sample));
    this.#follow();
  }

  decided(key: Key): void {
    this.#proposed.delete(key);
  }

  stop(): void {
    if (this.#timer !== null) this.#replica.options.clock.clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** A W0 that was given is not measured: tests and the simulator. */
  get #isFixed(): boolean {
    return this.#replica.options.w0 !== undefined;
  }

  #later(): TimerHandle {
    return this.#replica.options.clock.setTimeout(() => {
      this.#timer = null;
      if (this.#replica.stopped || this.#replica.links.size === 0) return;
      for (const link of this.#replica.links.keys()) this.#probe(link);
      this.#timer = this.#later();
    }, W0_PROBE_MS);
  }

  /** One that was never answered is forgotten: a dead link is noticed elsewhere, and a silent neighbour measures nothing. */
  #probe(link: LinkId): void {
    const nonce = this.#replica.nonce(16);
    this.#probes.set(link, { nonce, sentAt: this.#replica.now });
    this.#replica.send(link, { type: 'probe', nonce }, 'vote');
  }

  #follow(): void {
    const before = this.#replica.core.w0;
    const w0 = w0Of(this.twoMessages, before);
    if (Math.abs(w0 - before) > before * W0_CHANGE) this.#replica.dispatch({ type: 'w0', w0 });
  }
}
