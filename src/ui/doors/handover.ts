/** Links of what is handed over, and the text inside whatever was pasted: the bare text, or a link with it as fragment. */

export function fragmentLink(page: 'key' | 'create' | 'join', text: string, origin: string): string {
  return `${origin}/${page}#${text}`;
}

/** `https://…/key#csdraft1…` → `csdraft1…`; several lines → the first one that is not empty. */
export function bareText(pasted: string): string {
  const line = pasted
    .split(/\r?\n/)
    .map((part) => part.trim())
    .find((part) => part !== '');
  if (line === undefined) return '';
  return line.includes('#') ? line.slice(line.indexOf('#') + 1) : line;
}

/** Several keys pasted or dropped at once: one per line, as text or link. */
export function bareTexts(pasted: string): readonly string[] {
  return pasted
    .split(/\s+/)
    .map((part) => bareText(part))
    .filter((part) => part !== '');
}

/** The page's fragment without `#`, percent-decoded where a messenger has encoded it. */
export function fragmentOf(hash: string): string {
  const raw = hash.startsWith('#') ? hash.slice(1) : hash;
  try {
    return decodeURIComponent(raw);
  } catch {
    return raw;
  }
}

/** A file name that every system takes: `delta-express.countersign-key.txt`. */
export function fileName(stem: string, ending: string): string {
  const safe = stem
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40);
  return `${safe || 'countersign'}.${ending}`;
}
