/**
 * What a customer's phone needs to check receipts without a network: the street's id, its genesis, and what led from each epoch to the next.
 * As text: `LPSTREET.` and base64url of JSON. The names of the stalls come along for reading and nobody has signed them: only the
 * ids are proved by a receipt. So names that a phone has are not replaced by a card (`otherName`).
 */
import * as v from 'valibot';

const Card = v.object({
  name: v.pipe(v.string(), v.maxLength(80)),
  /** Network id. */
  network: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  genesis: v.pipe(v.string(), v.regex(/^[\w-]*$/)),
  chain: v.array(v.pipe(v.string(), v.regex(/^[\w-]*$/))),
  stalls: v.pipe(
    v.array(v.object({ id: v.string(), label: v.pipe(v.string(), v.maxLength(80)) })),
    // Two stalls of one name could not be told apart.
    v.check((stalls) => new Set(stalls.map(({ label }) => label)).size === stalls.length),
    v.check((stalls) => new Set(stalls.map(({ id }) => id)).size === stalls.length),
  ),
});
export type StreetCard = v.InferOutput<typeof Card>;

const MARK = 'LPSTREET.';

export const cardText = (card: StreetCard): string =>
  MARK + toBase64Url(new TextEncoder().encode(JSON.stringify(card)));

/** null: another text. */
export function readCard(text: string): StreetCard | null {
  if (!text.startsWith(MARK)) return null;
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(fromBase64Url(text.slice(MARK.length))));
    const parsed = v.safeParse(Card, json);
    return parsed.success ? parsed.output : null;
  } catch {
    return null;
  }
}

export { Card as StreetCardShape };

/** The first 20 digits of a street's id, 80 bits: what two people compare. Fewer could be met by founding streets until one fits. */
export const streetCode = (network: string): string => (network.slice(0, 20).match(/.{4}/g) ?? []).join(' ');

/**
 * Of two cards of one street, the first name in which they contradict each other; null: in none. A stall that only one of them has does not count,
 * unless it bears the name of another. A phone that has forgotten the names (none are left) takes any.
 */
export function otherName(
  known: StreetCard,
  card: StreetCard,
): { readonly was: string | null; readonly says: string } | null {
  if (known.stalls.length === 0) return null;
  if (known.name !== card.name) return { was: known.name, says: card.name };
  for (const { id, label } of card.stalls) {
    const before = known.stalls.find((one) => one.id === id);
    if (before !== undefined && before.label !== label) return { was: before.label, says: label };
    if (before === undefined && known.stalls.some((one) => one.label === label))
      return { was: null, says: label };
  }
  return null;
}

export function toBase64Url(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** @throws DOMException for what is no base64. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
