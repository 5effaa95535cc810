/**
 * Ed25519 (RFC 8032) with one verdict everywhere. Members run different implementations, and a signature that half of
 * them accept would split what they count. Implementations differ in four places; each is settled here, before or instead of them:
 * - encodings of A and R that are not canonical (y >= p): refused up front;
 * - A or R of small order (a key that signs anything): refused up front, as the WebCrypto draft demands;
 * - S >= L (malleable): refused up front (RFC 8032 section 5.1.7);
 * - cofactored or cofactorless equation: WebCrypto is cofactorless, and compares encodings of R. The fallback computes
 *   the same, because @noble/curves' own `verify` multiplies by the cofactor and would accept an R or A with a stray component.
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import type { VoteKey } from '../codec/brand.ts';
import { equalBytes, fromHex, isHex, toHex } from '../codec/brand.ts';
import { BoundedCache, copyBytes } from './bytes.ts';
import { MAX_CACHED_VOTE_KEYS } from './limits.ts';
import type { Ed25519 } from './types.ts';

export const VOTE_SIGNATURE_BYTES = 64;
const { Point } = ed25519;

/** WebCrypto when it passes a known test, checked once; else the fallback. */
export async function createEd25519(): Promise<Ed25519> {
  const native = createWebCryptoEd25519();
  return (await passesSelfTest(native)) ? native : createNobleEd25519();
}

/** By WebCrypto, with a bounded cache of imported keys. Answers false to everything where the platform has no Ed25519. */
export function createWebCryptoEd25519(): Ed25519 {
  const imported = new BoundedCache<Promise<CryptoKey | null>>(MAX_CACHED_VOTE_KEYS);
  const keyOf = (publicKey: VoteKey): Promise<CryptoKey | null> => {
    const known = imported.get(publicKey);
    if (known !== undefined) return known;
    const bytes = fromHex(publicKey);
    const key = isAcceptablePoint(bytes)
      ? crypto.subtle.importKey('raw', bytes, { name: 'Ed25519' }, false, ['verify']).catch(() => null)
      : Promise.resolve(null);
    imported.set(publicKey, key);
    return key;
  };
  return {
    name: 'webcrypto',
    async verify(publicKey, message, signature) {
      if (!isHex(publicKey, 64) || !isAcceptableSignature(signature)) return false;
      try {
        const key = await keyOf(publicKey);
        if (key === null) return false;
        return await crypto.subtle.verify({ name: 'Ed25519' }, key, copyBytes(signature), copyBytes(message));
      } catch {
        return false;
      }
    },
  };
}

/** By @noble/curves: [S]B - [k]A is computed and its encoding compared with R, as RFC 8032 section 5.1.7 allows. */
export function createNobleEd25519(): Ed25519 {
  return {
    name: 'noble',
    verify: (publicKey, message, signature) => Promise.resolve(verifyPlain(publicKey, message, signature)),
  };
}

/** True for a key that an honest member can have: canonical, on the curve, not of small order, in the prime-order group. */
export function isValidVoteKey(publicKey: string): publicKey is VoteKey {
  if (!isHex(publicKey, 64)) return false;
  const bytes = fromHex(publicKey);
  if (!isAcceptablePoint(bytes)) return false;
  try {
    return Point.fromBytes(bytes).isTorsionFree();
  } catch {
    return false;
  }
}

/** Public key of a 32-byte seed, as hex. */
export function voteKeyOf(seed: Uint8Array): VoteKey {
  return toHex(ed25519.getPublicKey(seed)) as VoteKey;
}

/** Without WebCrypto; deterministic, so that both give the same bytes. */
export function signPlain(seed: Uint8Array, message: Uint8Array): Uint8Array {
  return ed25519.sign(message, seed);
}

function verifyPlain(publicKey: VoteKey, message: Uint8Array, signature: Uint8Array): boolean {
  if (!isHex(publicKey, 64) || !isAcceptableSignature(signature)) return false;
  const key = fromHex(publicKey);
  if (!isAcceptablePoint(key)) return false;
  try {
    const r = signature.subarray(0, 32);
    const k = littleEndian(sha512.create().update(r).update(key).update(message).digest()) % Point.Fn.ORDER;
    const s = littleEndian(signature.subarray(32));
    const expected = Point.BASE.multiplyUnsafe(s).subtract(Point.fromBytes(key).multiplyUnsafe(k));
    return equalBytes(expected.toBytes(), r);
  } catch {
    return false;
  }
}

/** The y of every point of small order: orders 4, 1, 2, and 8 twice. The sign bit is masked before comparing. */
const SMALL_ORDER_Y: ReadonlySet<string> = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
]);

function isAcceptableSignature(signature: Uint8Array): boolean {
  return (
    signature.length === VOTE_SIGNATURE_BYTES &&
    isAcceptablePoint(signature.subarray(0, 32)) &&
    littleEndian(signature.subarray(32)) < Point.Fn.ORDER
  );
}

/** Canonical y, and not one of the eight points of small order. */
function isAcceptablePoint(encoded: Uint8Array): boolean {
  if (encoded.length !== 32) return false;
  const y = new Uint8Array(encoded);
  y[31]! &= 0x7f;
  const canonical = y[31]! !== 0x7f || y[0]! < 0xed || y.subarray(1, 31).some((byte) => byte !== 0xff);
  return canonical && !SMALL_ORDER_Y.has(toHex(y));
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(new Uint8Array(bytes).reverse())}`);
}

/** RFC 8032 section 7.1, test 3; and the same with one bit changed. */
async function passesSelfTest(candidate: Ed25519): Promise<boolean> {
  const key = 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025' as VoteKey;
  const signature = fromHex(
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac' +
      '18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  );
  return (
    (await candidate.verify(key, new Uint8Array([0xaf, 0x82]), signature)) &&
    !(await candidate.verify(key, new Uint8Array([0xaf, 0x83]), signature))
  );
}
