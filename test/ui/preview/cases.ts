/**
 * Every page in every state, on the network in memory: what has to be done to see each. For the tests of accessibility and of sizes
 * (e2e/a11y.spec.ts, e2e/sizes.spec.ts) and for pictures (scripts/screenshots.ts). A new page or state gets a line in one of these files.
 */
import { INVITATION, type Case, type Cases } from './acts.ts';
import { BENCH } from './cases-bench.ts';
import { DOORS } from './cases-doors.ts';
import { NETWORK } from './cases-network.ts';
import { PACKAGES } from './cases-packages.ts';

export type { Case } from './acts.ts';

/** By where they are in the app: the headings of docs/screens.md. */
export const GROUPS: Readonly<Record<string, Cases>> = {
  'Before a network is open, and evidence': DOORS,
  'The bench': BENCH,
  'Packages, hand-offs and notices': PACKAGES,
  'The network, its members, the directory and settings': NETWORK,
};

export const CASES: Cases = Object.assign({}, ...Object.values(GROUPS)) as Cases;

/** Where a case begins, on a server of the preview. */
export function addressOf(origin: string, [, path]: Case): string {
  if (!path.startsWith('door:')) return `${origin}/n/test${path}`;
  const door = path.slice('door:'.length);
  return door.includes('#') ? `${origin}${door}` : `${origin}${door}#${INVITATION}`;
}
