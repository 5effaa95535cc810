/**
 * What a customer's phone needs to check receipts without a network: the street's id, its genesis, and what led from each epoch to the next.
 * As text: `LPSTREET.` and base64url of JSON. The names of the stalls come along for reading; only the ids in them are proved by a receipt.
 */
import * as v from 'valibot';

const Card = v.object({
  name: v.pipe(v.string(), v.maxLength(80)),
  /** Network id. */
  network: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  genesis: v.pipe(v.string(), v.regex(/^[\w-]*$/)),
  chain: v.array(v.pipe(v.string(), v.regex(/^[\w-]*$/))),
  stalls: v.array(v.object({ id: v.string(), label: v.pipe(v.string(), v.maxLength(80)) })),
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

/** The first characters of a street's id: what two people compare. */
export const streetCode = (network: string): string => `${network.slice(0, 4)} ${network.slice(4, 8)}`;

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
