import type { NetworkHealth } from '../../react/health.ts';
import { QUORUM } from './texts.ts';

/** Quorum health in words: how many are here, how many more losses the network can bear, and what is then not possible. */
export interface QuorumWords {
  readonly headline: string;
  readonly sentences: readonly string[];
}

export function quorumWords({ level, spare, here, n, q, f, convicted, lies }: NetworkHealth): QuorumWords {
  const now = { spare: QUORUM.spare(spare), edge: QUORUM.edge, short: QUORUM.short(-spare) }[level];
  const then = level === 'short' ? QUORUM.stillPossible : QUORUM.whenStopped;
  const faults = f > 0 ? QUORUM.faults(f) : QUORUM.noFaults(n);
  return {
    headline: here >= n ? QUORUM.allHere(n, q) : QUORUM.someHere(here, n, q),
    sentences: [now, then, ...(lies === 'none' ? [] : [LIES[lies](convicted, f)]), faults],
  };
}

const LIES = { fewer: QUORUM.liarsFewer, most: QUORUM.liarsMost, 'too-many': QUORUM.liarsTooMany } as const;
