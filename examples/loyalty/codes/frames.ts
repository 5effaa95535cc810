/**
 * A text as one or several QR codes. One that fits is shown as it is; a longer one is cut, and each part carries which one it is:
 *
 *     LP/<mark>/<part, from 1>/<parts>/<characters>
 *
 * `mark` is eight hex digits of FNV-1a over the whole text: parts of two texts are not mixed, and a wrong whole is noticed. It protects from
 * mistakes only; what the text says is checked by whoever takes it.
 */
import { FRAME_CHARACTERS, MAX_COLLECTED, MAX_FRAMES } from '../limits.ts';

/** @throws RangeError for a text that would need more than `MAX_FRAMES` pictures. */
export function framesOf(text: string): readonly string[] {
  if (text.length <= FRAME_CHARACTERS) return [text];
  const count = Math.ceil(text.length / FRAME_CHARACTERS);
  if (count > MAX_FRAMES)
    throw new RangeError(`A text of ${text.length} characters is too long for pictures.`);
  const mark = markOf(text);
  // Of equal length, so that no picture is much finer than the others.
  const length = Math.ceil(text.length / count);
  return Array.from(
    { length: count },
    (_, i) => `LP/${mark}/${i + 1}/${count}/${text.slice(i * length, (i + 1) * length)}`,
  );
}

export type Collected =
  | { readonly kind: 'whole'; readonly text: string }
  | { readonly kind: 'part'; readonly have: number; readonly of: number }
  /** Looks like a part and is none, or the parts do not make the text that they are said to make. */
  | { readonly kind: 'damaged' };

export interface Collector {
  /** Takes what one picture said, in any order and as often as it is seen. */
  take(read: string): Collected;
}

export function createCollector(): Collector {
  const texts = new Map<string, Map<number, string>>();
  return {
    take(read) {
      const parsed = /^LP\/([0-9a-f]{8})\/(\d{1,2})\/(\d{1,2})\/([^]*)$/.exec(read);
      if (parsed === null) return { kind: 'whole', text: read };
      const [, mark, part, of, characters] = parsed as unknown as [string, string, string, string, string];
      const [at, count] = [Number(part), Number(of)];
      if (count < 2 || count > MAX_FRAMES || at < 1 || at > count || characters.length > FRAME_CHARACTERS)
        return { kind: 'damaged' };
      const name = `${mark}/${count}`;
      const parts = texts.get(name) ?? new Map<number, string>();
      // The one that was seen last is kept longest.
      texts.delete(name);
      texts.set(name, parts);
      parts.set(at, characters);
      for (const oldest of texts.keys()) {
        if (texts.size <= MAX_COLLECTED) break;
        texts.delete(oldest);
      }
      if (parts.size < count) return { kind: 'part', have: parts.size, of: count };
      texts.delete(name);
      const text = Array.from({ length: count }, (_, i) => parts.get(i + 1)).join('');
      return markOf(text) === mark ? { kind: 'whole', text } : { kind: 'damaged' };
    },
  };
}

/** FNV-1a, 32 bits, over UTF-16 units. */
function markOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, '0');
}
