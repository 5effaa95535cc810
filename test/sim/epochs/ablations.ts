/**
 * Rules of epochs taken away, one at a time, from outside: what every honest replica does, or takes for valid, without it. The product has no
 * such switches. `table.ts` says how each is found out.
 */
import type { Digest, Key } from '../../../src/codec/brand.ts';
import type { Opening, ReportedLock } from '../../../src/codec/epochs.ts';
import type { Epoch, EpochsState } from '../../../src/consensus/epochs/types.ts';
import { certificateSigners } from '../../../src/codec/vote.ts';
import { quorum } from '../../../src/consensus/membership.ts';

export interface EpochAblation {
  readonly what: string;
  /** After each step of the machine; `openings` gives the opening that began an epoch. */
  readonly after?: (machine: EpochsState, openingOf: (epoch: Epoch) => Opening) => void;
  /** The effect CARRY is not followed. */
  readonly carriesNothing?: boolean;
  /** An opening is made of, and valid with, reports of different roots. */
  readonly mixesRoots?: boolean;
  /** Reports fewer than a quorum that an opening is made of. */
  readonly fewerReports?: number;
  readonly forgives?: (error: string, opening: Opening, epoch: Epoch) => boolean;
  readonly takesAnyPolka?: boolean;
  /** A lost log is replaced by an empty one of the same name. */
  readonly keepsLogId?: boolean;
  readonly withoutEpoch?: boolean;
  readonly rootOverCertificates?: boolean;
  readonly oldUnbounded?: boolean;
  readonly servesOnlyItsState?: boolean;
  readonly forgetsClosed?: boolean;
}

const reporters = (opening: Opening): number =>
  opening.statements.reduce((sum, { groups }) => sum + certificateSigners({ groups }).length, 0);

export const epochAblations: Readonly<Record<string, EpochAblation>> = {
  'sign-after-close': {
    what: 'votes go on after CLOSE',
    after(machine) {
      machine.core.closed = false;
    },
  },
  'unequal-roots': { what: 'an opening takes reports of different roots', mixesRoots: true },
  'no-carry': {
    what: 'locks in reports are not carried',
    carriesNothing: true,
    after(machine) {
      machine.locks.clear();
      machine.carried = new Map();
    },
  },
  'carry-once': {
    what: 'a value is carried into one epoch only',
    after(machine, openingOf) {
      const { carried, chain, at } = machine;
      if (carried.size === 0 || at === 0) return;
      const named = new Set(
        openingOf(chain[at]!).statements.flatMap(({ locks }) => locks.map((lock) => lock.key)),
      );
      machine.carried = new Map([...carried].filter(([key]) => named.has(key)));
      for (const key of carried.keys()) if (!named.has(key)) machine.locks.delete(key);
    },
  },
  'lowest-lock': {
    what: 'the lowest lock of the reports is carried, not the highest',
    after(machine, openingOf) {
      const newest = machine.chain.at(-1)!;
      if (!newest.began) return;
      const lowest = new Map<Key, ReportedLock>();
      for (const { locks } of openingOf(newest).statements)
        for (const lock of locks)
          if ((lowest.get(lock.key)?.round ?? Infinity) > lock.round) lowest.set(lock.key, lock);
      const turned = (
        table: ReadonlyMap<Key, { key: Key; version: ReportedLock['version']; digest: Digest }>,
      ) =>
        [...table].map(([key, one]) => {
          const lock = lowest.get(key);
          return [key, lock?.version === one.version ? { ...one, digest: lock.digest } : one] as const;
        });
      for (const [key, one] of turned(machine.locks)) machine.locks.set(key, one);
      if (newest.number === machine.at) machine.carried = new Map(turned(machine.carried));
    },
  },
  'unchecked-polkas': {
    what: 'locks in reports are believed without their polkas',
    takesAnyPolka: true,
    forgives: (error) => error === 'opening-lock-without-polka' || error === 'opening-polka-unneeded',
  },
  'begin-without-state': {
    what: 'an epoch begins without the state of its R',
    after(machine) {
      // The leaves stay known; that each key has to be here is what is left out.
      if (machine.leaves) machine.leaves.leaves.values = () => [].values() as never;
    },
  },
  'fewer-reports': {
    what: 'one report less than a quorum makes an opening',
    fewerReports: 1,
    forgives: (error, opening, epoch) =>
      error === 'opening-reports-lacking' && reporters(opening) >= quorum(epoch.members.length) - 1,
  },
  'log-not-compared': { what: 'a replica that lost its log votes on with an empty one', keepsLogId: true },
  'no-epoch': { what: 'votes do not name their epoch', withoutEpoch: true },
  'root-over-certificates': {
    what: 'R covers the certificates that prove the state',
    rootOverCertificates: true,
  },
  'old-unbounded': {
    what: 'a certificate of an earlier epoch decides whatever it names',
    oldUnbounded: true,
  },
  'leaves-not-kept': {
    what: 'who reported keeps the leaves of its present state only',
    servesOnlyItsState: true,
  },
  'forget-closed': { what: 'a restart does not find the mark "closed"', forgetsClosed: true },
};
