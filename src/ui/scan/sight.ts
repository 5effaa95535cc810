/**
 * What the camera has in sight. A first decode can be wrong, so a code counts when two looks in a row agree; and one that was told is not
 * told again while it stays in sight. Looks in which nothing was found (a hand, a blur) change nothing.
 */
import { CAMERA_GONE_MS, MAX_IN_SIGHT } from '../limits.ts';
import { readScan } from './scan-code.ts';

export interface Sight {
  /** Codes of the last look that had any, and when it was, milliseconds. */
  readonly last: readonly string[];
  readonly lastAt: number;
  /** Codes that were told, and when each was seen last. */
  readonly told: ReadonlyMap<string, number>;
}

export const EMPTY_SIGHT: Sight = { last: [], lastAt: 0, told: new Map() };

/** Takes one look. `agreed`: codes that two looks have shown, and that were not told while they were in sight. */
export function look(
  sight: Sight,
  codes: readonly string[],
  at: number,
): { readonly sight: Sight; readonly agreed: readonly string[] } {
  const inSight = new Map([...sight.told].filter(([, seen]) => at - seen <= CAMERA_GONE_MS));
  if (codes.length === 0) return { sight: { ...sight, told: inSight }, agreed: [] };
  const before = at - sight.lastAt <= CAMERA_GONE_MS ? sight.last : [];
  const agreed: string[] = [];
  for (const code of new Set(codes)) {
    const known = inSight.has(code);
    if (!known && (!before.includes(code) || inSight.size >= MAX_IN_SIGHT)) continue;
    if (!known) agreed.push(code);
    inSight.set(code, at);
  }
  return { sight: { last: codes, lastAt: at, told: inSight }, agreed };
}

/** Codes that were not told after all: they may be told in a moment, without going out of sight. */
export function untold(sight: Sight, codes: readonly string[]): Sight {
  return { ...sight, told: new Map([...sight.told].filter(([code]) => !codes.includes(code))) };
}

/** What comes of codes on which two looks agree. */
export type Verdict =
  | { readonly kind: 'take'; readonly code: string }
  | { readonly kind: 'wrong-check-digit'; readonly read: string }
  | { readonly kind: 'product'; readonly gtin: string }
  | { readonly kind: 'several' }
  | { readonly kind: 'other' };

/** `package`: the code of one package. `named`: of a package or a product. `text`: whatever the barcode holds. */
export type Taken = 'package' | 'named' | 'text';

/** Nothing is taken whose check digit is wrong. Of a package's label its own number comes before its contents. */
export function judge(agreed: readonly string[], taken: Taken): Verdict | null {
  const [first] = agreed;
  if (first === undefined) return null;
  if (taken === 'text') return { kind: 'take', code: first };
  const read = agreed.map((code) => ({ code, scan: readScan(code) }));
  const packages = read.filter(({ scan }) => scan.kind === 'package');
  if (new Set(packages.map(({ scan }) => (scan.kind === 'package' ? scan.sscc : ''))).size > 1)
    return { kind: 'several' };
  if (packages[0] !== undefined) return { kind: 'take', code: packages[0].code };
  for (const { code, scan } of read) {
    if (scan.kind === 'product')
      return taken === 'named' ? { kind: 'take', code } : { kind: 'product', gtin: scan.gtin };
    if (scan.kind === 'wrong-check-digit') return { kind: 'wrong-check-digit', read: scan.read };
  }
  return { kind: 'other' };
}
