/**
 * Code 128 (ISO/IEC 15417) for element strings: the widths of bars and spaces, so that a label can be drawn without asking a library on the
 * printing side. Digits go in pairs in code set C, the rest in B; the choice is the shortest, as label.ts counts it.
 */

/** A symbol character's value, 0 to 106. */
type Code = number;

export const START_B: Code = 104;
export const START_C: Code = 105;
export const FNC1: Code = 102;
const TO_B: Code = 100;
const TO_C: Code = 99;
const STOP: Code = 106;
const GS = '\x1d';

/** Widths in modules, bar first, of the whole symbol without quiet zones; null when a character is in neither set. */
export function gs1Code128(elementString: string): readonly number[] | null {
  const codes = encodeGs1(elementString);
  return codes === null ? null : code128Widths(codes);
}

/** Widths for these symbol characters, start first; check character and stop are added. */
export function code128Widths(codes: readonly Code[]): readonly number[] {
  const check = codes.reduce((sum, code, i) => sum + code * Math.max(i, 1), 0) % 103;
  return [...codes, check, STOP].flatMap((code) => [...(PATTERNS[code] ?? '')].map(Number));
}

interface Way {
  readonly codes: readonly Code[];
}

/** Start, FNC1, then the data by dynamic programming over the two sets. */
function encodeGs1(data: string): readonly Code[] | null {
  const b: (Way | undefined)[] = [{ codes: [START_B, FNC1] }];
  const c: (Way | undefined)[] = [{ codes: [START_C, FNC1] }];
  const better = (old: Way | undefined, codes: readonly Code[]): Way =>
    old === undefined || codes.length < old.codes.length ? { codes } : old;
  for (let i = 0; i < data.length; i++) {
    const [fromB, fromC] = [b[i], c[i]];
    // The first character needs no change of set: the start character chooses.
    const inB = i > 0 && fromC ? better(fromB, [...fromC.codes, TO_B]) : fromB;
    const inC = i > 0 && fromB ? better(fromC, [...fromB.codes, TO_C]) : fromC;
    const character = data[i] ?? '';
    const single = character === GS ? FNC1 : character.charCodeAt(0) - 32;
    if (single < 0 || single > 102 || (single > 94 && character !== GS)) return null;
    if (inB) b[i + 1] = better(b[i + 1], [...inB.codes, single]);
    if (inC && character === GS) c[i + 1] = better(c[i + 1], [...inC.codes, FNC1]);
    const pair = data.slice(i, i + 2);
    if (inC && /^[0-9]{2}$/.test(pair)) c[i + 2] = better(c[i + 2], [...inC.codes, Number(pair)]);
  }
  const [endB, endC] = [b[data.length], c[data.length]];
  if (!endB || !endC) return (endB ?? endC)?.codes ?? null;
  return (endC.codes.length <= endB.codes.length ? endC : endB).codes;
}

/** Six widths for each value, seven for the stop: ISO/IEC 15417, table 1. */
const PATTERNS: readonly string[] = (
  '212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222 ' +
  '123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321 ' +
  '232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121 ' +
  '313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224 ' +
  '111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111 ' +
  '111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113 ' +
  '114311 411113 411311 113141 114131 311141 411131 211412 211214 211232 2331112'
).split(' ');
