/** Free text on its way into a file: what is known to be secret is struck out, and whatever looks as if it named a person, place or key. */

/** Known texts shorter than this are struck out only as whole words: `op` is in `open`. */
const SHORT = 6;

/** `isCut`: the text's end is missing, maybe half a secret. */
export type Scrub = (text: string, isCut?: boolean) => string;

/** `secrets`: texts as they are; their hex, base64 and base64url forms go as well. */
export function scrubber(secrets: readonly string[]): Scrub {
  const forms = formsOf(secrets);
  const known = forms.map((form) => [form, folded(form)] as const);
  return (text, isCut = false) => {
    let clean = isCut ? withoutHalf(text, forms) : text;
    // Most of many are not there: a search for each as a pattern would take seconds.
    let among = folded(clean);
    for (const [form, needle] of known) {
      if (!among.includes(needle)) continue;
      clean = clean.replaceAll(patternOf(form), '[secret]');
      among = folded(clean);
    }
    for (const [pattern, word] of PATTERNS) clean = clean.replaceAll(pattern, word);
    return clean;
  };
}

/** The same for all that a pattern takes for the same: upper case alone tells `ß` from `ẞ`. */
const folded = (text: string): string => text.toLowerCase().toUpperCase();

function patternOf(secret: string): RegExp {
  const escaped = secret.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  const pattern = secret.length < SHORT ? `(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])` : escaped;
  return new RegExp(pattern, 'giu');
}

const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/\b[a-z][a-z0-9+.-]*:\/\/\S+/gi, '[address]'],
  [/\b(?:turns?|stuns?|mailto|data|blob):\S+/gi, '[address]'],
  [/\S+@\S+/g, '[address]'],
  [/(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]\d)/g, '[address]'],
  // IPv6, also shortened by `::`.
  [/(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])/gi, '[address]'],
  [/\b[\w-]+\.local\b/gi, '[address]'],
  // An application's keys, `order/Acme-17`. A quote after one stays, for what is quoted next.
  [/[\p{L}\p{N}_.:~-]+\/\S*[^\s"'`”’“‘]/gu, '[key]'],
  // Digests and secrets in whatever form; class names of the browser may go with them.
  [/[A-Za-z0-9+/_=-]{20,}/g, '[…]'],
  // Numbers of packages, parties and people.
  [/\d{6,}/g, '[number]'],
  // What is quoted may be anybody's; a name of the program's own may stay.
  [/(["'`“‘])(?![A-Za-z_$][\w$.]{0,31}["'`”’])[^"'`”’]{1,200}["'`”’]/g, '[quoted]'],
];

/** Takes the last word, and what could be the beginning of a secret with spaces in it. */
function withoutHalf(text: string, forms: readonly string[]): string {
  const lower = text.toLowerCase();
  let keep = lower.replace(/\S*$/u, '').length;
  for (const form of forms) {
    const half = form.toLowerCase();
    for (let length = Math.min(half.length, text.length); length >= HALF; length--)
      if (lower.endsWith(half.slice(0, length))) keep = Math.min(keep, text.length - length);
  }
  return `${text.slice(0, keep)}…`;
}

/** Characters of a secret that are told from chance. */
const HALF = 4;

/** Longest first, so that one secret within another leaves nothing of it. */
function formsOf(secrets: readonly string[]): string[] {
  const forms = new Set<string>();
  for (const secret of secrets) {
    if (secret.length < 2) continue;
    forms.add(secret);
    for (const bytes of [new TextEncoder().encode(secret), bytesOfHex(secret)]) {
      if (bytes === null) continue;
      const base64 = btoa(String.fromCharCode(...bytes)).replaceAll('=', '');
      forms.add(base64);
      forms.add(base64.replaceAll('+', '-').replaceAll('/', '_'));
      forms.add([...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(''));
    }
  }
  return [...forms].sort((a, b) => b.length - a.length);
}

function bytesOfHex(text: string): Uint8Array | null {
  if (text.length % 2 !== 0 || !/^[0-9a-f]+$/i.test(text)) return null;
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
