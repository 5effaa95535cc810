/** Which rows of a list are in the document. */

/** Rows kept ready above and below what is in sight: one flick of a wheel. */
const OVERSCAN = 6;

/** First row and the row after the last, for a list of `total` rows of `row` pixels. */
export function windowOf(
  scrollTop: number,
  height: number,
  row: number,
  total: number,
): { from: number; to: number } {
  const from = Math.max(0, Math.floor(scrollTop / row) - OVERSCAN);
  const to = Math.min(total, Math.ceil((scrollTop + height) / row) + OVERSCAN);
  return { from: Math.min(from, Math.max(0, to)), to: Math.max(0, to) };
}
