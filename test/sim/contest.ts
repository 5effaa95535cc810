/** Who proposed what, who won: the paper promises no fairness, so it is counted. */
import type { Digest, Key, MemberIndex } from '../../src/codec/brand.ts';

export interface Contest {
  proposed(by: MemberIndex, key: Key, version: number, digest: Digest): void;
  /** The first to decide a version settles it. */
  decided(key: Key, version: number, digest: Digest): void;
  /** Most versions in a row in which one member proposed and another value was decided. */
  readonly mostLosses: number;
  /** Versions won, by member; a value that several proposed counts for each of them. */
  readonly wins: readonly number[];
}

export function createContest(n: number): Contest {
  const proposals = new Map<string, Map<MemberIndex, Digest>>();
  const settled = new Set<string>();
  const losses = new Map<string, number>();
  const wins = Array.from({ length: n }, () => 0);
  let mostLosses = 0;
  return {
    proposed(by, key, version, digest) {
      const place = `${key} ${version}`;
      if (settled.has(place)) return;
      const made = proposals.get(place) ?? new Map<MemberIndex, Digest>();
      proposals.set(place, made.set(by, digest));
    },
    decided(key, version, digest) {
      const place = `${key} ${version}`;
      if (settled.has(place)) return;
      settled.add(place);
      for (const [by, proposal] of proposals.get(place) ?? []) {
        const row = `${by} ${key}`;
        const lost = proposal === digest ? 0 : (losses.get(row) ?? 0) + 1;
        losses.set(row, lost);
        if (lost === 0) wins[by] = wins[by]! + 1;
        mostLosses = Math.max(mostLosses, lost);
      }
      proposals.delete(place);
    },
    get mostLosses() {
      return mostLosses;
    },
    wins,
  };
}
