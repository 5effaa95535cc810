/** Whether the versions of a package hang together: each names the digest of the one before. */
import type { CertificateView } from '../../worker/api.ts';
import { CHAIN } from './texts.ts';

export interface Chain {
  /** missing: the beginning is not here. gap: one in the middle is not. broken: two that follow each other do not fit. */
  readonly state: 'whole' | 'missing' | 'gap' | 'broken';
  /** whole: how many. missing: the first that is here. gap, broken: the first that is not here, or does not fit. */
  readonly version: number;
}

/** Whether versions that are wanted here, those from `floor` on, have yet to come from other members. */
export const awaitsVersions = (chain: Chain | null, floor: number): boolean =>
  chain?.state === 'gap' || (chain?.state === 'missing' && chain.version > floor);

/** What is missing below `floor` was removed here by hand, and is nothing to wait for: null then. */
export function chainWords(chain: Chain, floor: number): string | null {
  if (chain.state !== 'missing') return CHAIN[chain.state](chain.version);
  return awaitsVersions(chain, floor) ? CHAIN.missing(chain.version, floor) : null;
}

/** `held`: ascending versions. Null when there is none. What is broken is told before what is missing. */
export function chainOf(
  held: readonly Pick<CertificateView, 'version' | 'digest' | 'previous'>[],
): Chain | null {
  const [first] = held;
  if (first === undefined) return null;
  let gap: number | null = null;
  for (const [i, one] of held.entries()) {
    const before = held[i - 1];
    const follows = before !== undefined && one.version === before.version + 1;
    if (follows && one.previous !== before.digest) return { state: 'broken', version: one.version };
    if (before !== undefined && !follows) gap ??= before.version + 1;
    if ((one.version === 1) !== (one.previous === null)) return { state: 'broken', version: one.version };
  }
  if (first.version > 1) return { state: 'missing', version: first.version };
  return gap === null ? { state: 'whole', version: held.length } : { state: 'gap', version: gap };
}
