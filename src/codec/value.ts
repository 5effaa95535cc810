/** Reading the bytes of a value: {previous, body} or {previous, tombstone}. Written by crypto/domains.ts `valueBytes`. */
import { toHex, type Digest } from './brand.ts';
import { decode } from './cbor.ts';
import { MAX_VALUE_BYTES } from './limits.ts';

export interface DecodedValue {
  readonly previous: Digest | null;
  /** null: a tombstone. */
  readonly body: Uint8Array | null;
}

/** null when the bytes are not a value. */
export function decodeValue(bytes: Uint8Array): DecodedValue | null {
  const decoded = decode(bytes, MAX_VALUE_BYTES);
  if (!decoded.ok || decoded.value === null || typeof decoded.value !== 'object') return null;
  if (Array.isArray(decoded.value) || decoded.value instanceof Uint8Array) return null;
  const { previous, body, tombstone, ...rest } = decoded.value as Record<string, unknown>;
  if (Object.keys(rest).length > 0) return null;
  const link =
    previous === null
      ? null
      : previous instanceof Uint8Array && previous.length === 32
        ? toHex(previous)
        : undefined;
  if (link === undefined) return null;
  if (tombstone === true && body === undefined) return { previous: link as Digest | null, body: null };
  if (tombstone === undefined && body instanceof Uint8Array) return { previous: link as Digest | null, body };
  return null;
}
