/** BLAKE3-256 (github.com/BLAKE3-team/BLAKE3-specs), synchronous once it is loaded. */
import { createBLAKE3 } from 'hash-wasm';
import type { Digest } from '../codec/brand.ts';
import { asDigest, fromHex, toHex } from '../codec/brand.ts';
import type { Hash } from './types.ts';

/** By wasm; where wasm cannot run, the slower @noble/hashes. One hasher instance serves all calls: they never overlap. */
export async function createHash(): Promise<Hash> {
  try {
    const hasher = await createBLAKE3();
    return (bytes) => asDigest(hasher.init().update(bytes).digest('hex'));
  } catch {
    return createPlainHash();
  }
}

/** Without wasm; 15 to 30 times slower. */
export async function createPlainHash(): Promise<Hash> {
  const { blake3 } = await import('@noble/hashes/blake3.js');
  return (bytes) => asDigest(toHex(blake3(bytes)));
}

/** The digest as 32 bytes. */
export function hashBytes(hash: Hash, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return fromHex(hash(bytes) satisfies Digest);
}
