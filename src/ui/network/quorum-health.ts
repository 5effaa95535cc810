import { QUORUM } from './texts.ts';

/** Quorum health in words: how many are here, how many more losses the network can bear, and what is then not possible. */
export interface QuorumHealth {
  /** `spare`: losses can be borne. `edge`: none. `short`: nothing can be committed. */
  readonly level: 'spare' | 'edge' | 'short';
  /** How many more members may go before commits stop; 0 at the edge, negative when short. */
  readonly spare: number;
  readonly headline: string;
  readonly sentences: readonly string[];
}

/**
 * `n` members, `q` of them must sign, `f` may lie; `here` of them are linked (or this one) and can vote. `evidence`: of whom it is known that
 * they have lied, one entry a member.
 */
export function quorumHealth({
  n,
  q,
  f,
  here,
  evidence = [],
}: {
  n: number;
  q: number;
  f: number;
  here: number;
  evidence?: readonly unknown[];
}): QuorumHealth {
  const spare = here - q;
  const level = spare > 0 ? 'spare' : spare === 0 ? 'edge' : 'short';
  const now = level === 'spare' ? QUORUM.spare(spare) : level === 'edge' ? QUORUM.edge : QUORUM.short(-spare);
  const then = level === 'short' ? QUORUM.stillPossible : QUORUM.whenStopped;
  const faults = f > 0 ? QUORUM.faults(f) : QUORUM.noFaults(n);
  return {
    level,
    spare,
    headline: here >= n ? QUORUM.allHere(n, q) : QUORUM.someHere(here, n, q),
    sentences: [now, then, ...(evidence.length > 0 ? [liars(evidence.length, f)] : []), faults],
  };
}

function liars(known: number, f: number): string {
  return known < f
    ? QUORUM.liarsFewer(known, f)
    : known === f
      ? QUORUM.liarsMost(known)
      : QUORUM.liarsTooMany(known, f);
}
