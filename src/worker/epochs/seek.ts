/**
 * A replica that is alone may have slept through a change of members: the others meet elsewhere now. So may one that is linked to others who
 * slept as well. It asks at the doors of its epoch (docs/protocol.md, "The door") where the network is, at growing distances, for as long as
 * it is lost.
 */
import type { Bundle } from '../../codec/door.ts';
import type { Milliseconds } from '../../codec/brand.ts';
import { backoff } from '../../net/mesh/pace.ts';
import type { Clock, TimerHandle } from '../clock.ts';
import { FULL_MESH_MAX } from '../../net/limits.ts';
import { KNOCK_FIRST_MS, KNOCK_MAX_MS, SEEK_HEARD_MS, SEEK_STALLED_MS } from '../limits.ts';
import type { Replica } from '../replica/replica.ts';

export interface SeekOptions {
  readonly clock: Clock;
  random(bytes: number): Uint8Array;
  /** Nobody is linked, or the network is known to be elsewhere. */
  isLost(): boolean;
  /**
   * A quorum of members has just said that it meets here. Whoever has the join secret can say so for them, and a server can repeat what they said
   * once: it is a reason to wait, not to stay.
   */
  hearsQuorum(): boolean;
  knock(): Promise<Bundle | null>;
  found(bundle: Bundle): Promise<void>;
}

/** What tells whether the network may have gone on without a replica. */
export type Seeker = Pick<Replica, 'stopped' | 'core'> & {
  readonly links: { readonly size: number };
  readonly epochs: Pick<NonNullable<Replica['epochs']>, 'isElsewhere' | 'closedFor'> | null;
  readonly decisions: Pick<Replica['decisions'], 'waitsFor'>;
  readonly resume: Pick<Replica['resume'], 'waitsFor'>;
  readonly options: { readonly epoch: Pick<Replica['options']['epoch'], 'n' | 'quorum'> };
};

/** Nobody is linked; or the network is known to be elsewhere; or those who are here are too few, or wait in vain. */
export function isLost({ stopped, core, links, epochs, decisions, resume, options }: Seeker): boolean {
  if (stopped) return false;
  if (links.size === 0 || epochs?.isElsewhere) return true;
  const { n, quorum } = options.epoch;
  // In a larger network nobody sees everybody.
  if (n <= FULL_MESH_MAX && core.suspected.size > n - quorum) return true;
  const waits = [epochs?.closedFor(), decisions.waitsFor(), resume.waitsFor()];
  return waits.some((wait) => (wait ?? 0) > SEEK_STALLED_MS);
}

/**
 * A quorum of a large network was just heard, and nothing says that it is elsewhere. Where everybody links to everybody links come sooner than one would
 * ask; and who may vote, or whose epoch has been closed, has heard more than announcements.
 */
export function hearsQuorum({ epochs, resume, options }: Seeker, heard: number): boolean {
  const { n, quorum } = options.epoch;
  return (
    n > FULL_MESH_MAX &&
    resume.waitsFor() !== null &&
    !epochs?.isElsewhere &&
    epochs?.closedFor() == null &&
    heard >= quorum - 1
  );
}

/** Returns how to end it. */
export function seekNetwork({ clock, random, isLost, hearsQuorum, knock, found }: SeekOptions): () => void {
  let stopped = false;
  let timer: TimerHandle | null = null;
  let asked = 0;
  let lostSince: Milliseconds | null = null;
  /** When a large network starts at once, links take longer than this asks; and the answers, to everybody, take them longer still. */
  const isHeard = (): boolean => {
    lostSince ??= clock.now();
    return clock.now() - lostSince < SEEK_HEARD_MS && hearsQuorum();
  };
  const wait = (after: Milliseconds): void => {
    timer = clock.setTimeout(() => void look(), after);
  };
  const look = async (): Promise<void> => {
    if (!isLost()) {
      asked = 0;
      lostSince = null;
    } else if (!isHeard()) {
      asked++;
      const bundle = await knock().catch(() => null);
      if (stopped) return;
      if (bundle) await found(bundle);
    }
    if (!stopped) wait(backoff(asked + 1, KNOCK_FIRST_MS, KNOCK_MAX_MS, random));
  };
  wait(KNOCK_FIRST_MS);
  return () => {
    stopped = true;
    if (timer !== null) clock.clearTimeout(timer);
  };
}
