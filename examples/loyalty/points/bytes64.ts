/** Bytes as text that QR codes and links carry, with a check sum that tells a misread one. */
import { sha256 } from '@noble/hashes/sha2.js';

/** Of SHA-256: one misread in four thousand million goes unseen, and the signature sees that. */
const CHECK_BYTES = 4;

/** base64url (RFC 4648 section 5) without padding. */
export function toText(mark: string, bytes: Uint8Array): string {
  const whole = new Uint8Array([...bytes, ...check(mark, bytes)]);
  let text = '';
  for (let i = 0; i < whole.length; i += 3) {
    const left = Math.min(3, whole.length - i);
    const bits = (whole[i]! << 16) | ((whole[i + 1] ?? 0) << 8) | (whole[i + 2] ?? 0);
    for (let j = 0; j <= left; j++) text += ALPHABET[(bits >> (18 - 6 * j)) & 63]!;
  }
  return mark + text;
}

/** The bytes after a mark; null: damaged. */
export function fromText(mark: string, text: string): Uint8Array | null {
  const coded = text.slice(mark.length);
  const out = new Uint8Array(Math.floor((coded.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const letter of coded) {
    const digit = ALPHABET.indexOf(letter);
    if (digit < 0) return null;
    bits = ((bits << 6) | digit) & 0xffffff;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    out[at++] = (bits >> held) & 0xff;
  }
  // Bits that are left over are zero, so that one content has one text.
  if (held >= 6 || (bits & ((1 << held) - 1)) !== 0 || out.length <= CHECK_BYTES) return null;
  const bytes = out.subarray(0, -CHECK_BYTES);
  const wanted = check(mark, bytes);
  return wanted.every((byte, i) => byte === out[bytes.length + i]) ? bytes.slice() : null;
}

const check = (mark: string, bytes: Uint8Array): Uint8Array =>
  sha256.create().update(new TextEncoder().encode(mark)).update(bytes).digest().subarray(0, CHECK_BYTES);

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
