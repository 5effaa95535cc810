/**
 * What every BLS backend does the same way, written once: lengths, tags, secret keys, and the order of checks.
 * A backend brings only the arithmetic (`BlsArithmetic`); `blsFrom` makes a `Bls` of it, so that no backend can forget a rule.
 *
 * Rules (draft-irtf-cfrg-bls-signature-05, section 2 and 3.3; docs/protocol.md "Signatures"):
 * - exact lengths; a point's canonical encoding only; never the point at infinity, as signature, key or aggregate.
 *   A check of (infinite signature, infinite key) would hold for every message;
 * - subgroup check on every public key, on every signature that is checked alone and on every aggregate before its pairing.
 *   Shares on their way into an aggregate may skip it: what is stray shows in the aggregate, and what cancels does no harm;
 * - in a random linear combination each signature gets its own subgroup check: a component of order 3 would vanish with
 *   one random scalar in three.
 */
import { toHex } from '../codec/brand.ts';
import { BoundedCache } from './bytes.ts';
import { MAX_BLS_MESSAGE_BYTES, MAX_CACHED_PUBLIC_KEYS, MAX_SCALAR_DRAWS } from './limits.ts';
import type { Bls } from './types.ts';

export const SIGNATURE_BYTES = 48;
export const PUBLIC_KEY_BYTES = 96;
export const SECRET_KEY_BYTES = 32;
/** ceil((255 + 128) / 8): RFC 9380 section 5, so that the reduction is uniform to 2^-128. */
export const SECRET_KEY_SEED_BYTES = 48;
/** Section 4.2.3 of the draft. */
export const SIGNATURE_TAG = 'BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_';
export const POSSESSION_TAG = 'BLS_POP_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_';
/** Order of the groups, r. */
export const GROUP_ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;

/** Arithmetic of one library. Points are opaque here. `read…` check length, encoding, curve and infinity; null = refused. */
export interface BlsArithmetic<SignaturePoint, KeyPoint> {
  readonly name: Bls['name'];
  /** Canonical and not infinite; the subgroup is checked when `inSubgroup` is true, and may be otherwise. */
  readSignature(bytes: Uint8Array, inSubgroup: boolean): SignaturePoint | null;
  /** Canonical, not infinite, in the subgroup. */
  readKey(bytes: Uint8Array): KeyPoint | null;
  writeSignature(point: SignaturePoint): Uint8Array;
  derivePublicKey(secretKey: Uint8Array): Uint8Array;
  signHashed(secretKey: Uint8Array, hashed: SignaturePoint): SignaturePoint;
  hashToPoint(message: Uint8Array, tag: string): SignaturePoint;
  addSignatures(points: readonly SignaturePoint[]): SignaturePoint;
  addKeys(points: readonly KeyPoint[]): KeyPoint;
  isInfiniteSignature(point: SignaturePoint): boolean;
  isInfiniteKey(point: KeyPoint): boolean;
  /** Sum of scalar times point; scalars below 2^64. */
  combine(points: readonly SignaturePoint[], scalars: readonly bigint[]): SignaturePoint;
  /** e(signature, g2) = product of e(point, key). No argument is infinite. */
  pairingHolds(
    signature: SignaturePoint,
    terms: readonly { point: SignaturePoint; key: KeyPoint }[],
  ): boolean;
}

export function blsFrom<S, K>(arithmetic: BlsArithmetic<S, K>): Bls {
  const keys = new BoundedCache<K>(MAX_CACHED_PUBLIC_KEYS);

  /** Decoding and subgroup check of a key cost more than an addition: what passed once is kept. */
  function keyOf(bytes: Uint8Array): K | null {
    if (bytes.length !== PUBLIC_KEY_BYTES) return null;
    const name = toHex(bytes);
    const known = keys.get(name);
    if (known !== undefined) return known;
    const key = arithmetic.readKey(bytes);
    if (key !== null) keys.set(name, key);
    return key;
  }

  function signatureOf(bytes: Uint8Array, inSubgroup: boolean): S | null {
    return bytes.length === SIGNATURE_BYTES ? arithmetic.readSignature(bytes, inSubgroup) : null;
  }

  /** Sum of the keys; null when there is none, one is refused, or they cancel. */
  function sumOfKeys(publicKeys: readonly Uint8Array[]): K | null {
    const points: K[] = [];
    for (const bytes of publicKeys) {
      const point = keyOf(bytes);
      if (point === null) return null;
      points.push(point);
    }
    if (points.length === 0) return null;
    const sum = points.length === 1 ? points[0]! : arithmetic.addKeys(points);
    return arithmetic.isInfiniteKey(sum) ? null : sum;
  }

  function check(
    publicKeys: readonly Uint8Array[],
    message: Uint8Array,
    signature: Uint8Array,
    tag: string,
  ): boolean {
    if (message.length > MAX_BLS_MESSAGE_BYTES) return false;
    const point = signatureOf(signature, true);
    if (point === null) return false;
    const key = sumOfKeys(publicKeys);
    return (
      key !== null && arithmetic.pairingHolds(point, [{ point: arithmetic.hashToPoint(message, tag), key }])
    );
  }

  function sign(secretKey: Uint8Array, message: Uint8Array, tag: string): Uint8Array {
    requireSecretKey(secretKey);
    if (message.length > MAX_BLS_MESSAGE_BYTES) {
      throw new RangeError(
        `a message of ${message.length} bytes is not signed, at most ${MAX_BLS_MESSAGE_BYTES}`,
      );
    }
    return arithmetic.writeSignature(arithmetic.signHashed(secretKey, arithmetic.hashToPoint(message, tag)));
  }

  return {
    name: arithmetic.name,
    secretKeyFrom,
    publicKey(secretKey) {
      requireSecretKey(secretKey);
      return arithmetic.derivePublicKey(secretKey);
    },
    sign: (secretKey, message) => sign(secretKey, message, SIGNATURE_TAG),
    verify: (publicKey, message, signature) =>
      guarded(() => check([publicKey], message, signature, SIGNATURE_TAG)),
    aggregate(shares) {
      const points: S[] = [];
      for (const share of shares) {
        const point = refusing(() => signatureOf(share, false));
        if (point === null) return null;
        points.push(point);
      }
      if (points.length === 0) return null;
      const sum = arithmetic.addSignatures(points);
      return arithmetic.isInfiniteSignature(sum) ? null : arithmetic.writeSignature(sum);
    },
    verifyAggregate: (publicKeys, message, signature) =>
      guarded(() => check(publicKeys, message, signature, SIGNATURE_TAG)),
    verifyMany: (items, random) =>
      guarded(() => {
        if (items.length === 0) return true;
        const signatures: S[] = [];
        const scalars: bigint[] = [];
        const sets = new Map<string, { key: K; points: S[]; scalars: bigint[] }>();
        for (const item of items) {
          if (item.message.length > MAX_BLS_MESSAGE_BYTES) return false;
          const signature = signatureOf(item.signature, true);
          if (signature === null) return false;
          const name = item.publicKeys.map(toHex).sort().join();
          let set = sets.get(name);
          if (set === undefined) {
            const key = sumOfKeys(item.publicKeys);
            if (key === null) return false;
            set = { key, points: [], scalars: [] };
            sets.set(name, set);
          }
          const scalar = randomScalar(random);
          signatures.push(signature);
          scalars.push(scalar);
          set.points.push(arithmetic.hashToPoint(item.message, SIGNATURE_TAG));
          set.scalars.push(scalar);
        }
        const combined = arithmetic.combine(signatures, scalars);
        const terms = [...sets.values()].map((set) => ({
          point: arithmetic.combine(set.points, set.scalars),
          key: set.key,
        }));
        // Random scalars make these infinite once in 2^64 for honest items; refusing only sends them to the single check.
        if (arithmetic.isInfiniteSignature(combined)) return false;
        if (terms.some((term) => arithmetic.isInfiniteSignature(term.point))) return false;
        return arithmetic.pairingHolds(combined, terms);
      }),
    isValidPublicKey: (publicKey) => guarded(() => keyOf(publicKey) !== null),
    provePossession: (secretKey, message) => sign(secretKey, message, POSSESSION_TAG),
    verifyPossession: (publicKey, message, proof) =>
      guarded(() => check([publicKey], message, proof, POSSESSION_TAG)),
  };
}

/** 32 bytes with 0 < key < r, of 48 random bytes; throws RangeError on another length and on a multiple of r. */
export function secretKeyFrom(random: Uint8Array): Uint8Array {
  if (random.length !== SECRET_KEY_SEED_BYTES) {
    throw new RangeError(`${SECRET_KEY_SEED_BYTES} random bytes make a BLS key, not ${random.length}`);
  }
  const key = toNumber(random) % GROUP_ORDER;
  if (key === 0n) throw new RangeError('these random bytes make no BLS key, draw others');
  const out = new Uint8Array(SECRET_KEY_BYTES);
  let rest = key;
  for (let i = SECRET_KEY_BYTES - 1; i >= 0; i--) {
    out[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return out;
}

/** True for 32 big-endian bytes with 0 < key < r. */
export function isSecretKey(bytes: Uint8Array): boolean {
  if (bytes.length !== SECRET_KEY_BYTES) return false;
  const key = toNumber(bytes);
  return key > 0n && key < GROUP_ORDER;
}

/** Big-endian bytes as a number. */
export function toNumber(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${toHex(bytes)}`);
}

function requireSecretKey(bytes: Uint8Array): void {
  if (!isSecretKey(bytes)) throw new RangeError('a BLS secret key is 32 bytes with 0 < key < r');
}

function randomScalar(random: (bytes: number) => Uint8Array): bigint {
  for (let draw = 0; draw < MAX_SCALAR_DRAWS; draw++) {
    const bytes = random(8);
    if (bytes.length !== 8) throw new RangeError('a scalar needs 8 random bytes');
    const scalar = toNumber(bytes);
    if (scalar !== 0n) return scalar;
  }
  throw new RangeError('the source of randomness gives only zeros');
}

/** Libraries report bad points by exceptions; a check answers false instead (`Bls`). */
function guarded(check: () => boolean): boolean {
  try {
    return check();
  } catch {
    return false;
  }
}

function refusing<T>(read: () => T | null): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
