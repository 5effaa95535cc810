/** The claimed time of a step, milliseconds since 1970: the only place of the pages that reads a clock. */
export const claimedNow = (): number => Date.now();
