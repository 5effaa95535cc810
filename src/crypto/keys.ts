/** Making, sealing and using a member's secret keys. Secrets leave this file only sealed, or as the bytes handed in by the caller. */
import { ed25519 } from '@noble/curves/ed25519.js';
import type { CertificateKey, InstanceId, LogId, VoteKey } from '../codec/brand.ts';
import { equalBytes, toHex } from '../codec/brand.ts';
import { decode, encode } from '../codec/cbor.ts';
import { fail, ok, type Result } from '../codec/result.ts';
import { isSecretKey, secretKeyFrom, SECRET_KEY_BYTES, SECRET_KEY_SEED_BYTES } from './bls-scheme.ts';
import { copyBytes, randomBytes, randomHex } from './bytes.ts';
import { signPlain, voteKeyOf } from './ed25519.ts';
import type { Bls, SecretKeys, Signer } from './types.ts';

export { randomBytes, randomHex } from './bytes.ts';

/** Length of an Ed25519 seed (RFC 8032 section 5.1.5). */
export const SEED_BYTES = 32;

export interface SealError {
  readonly type: 'keys-cannot-be-unsealed';
  readonly message: string;
}

/** An Ed25519 key pair by itself, for example a supplier's key for manifests. */
export interface Ed25519KeyPair {
  /** 32 bytes, secret. */
  readonly seed: Uint8Array;
  /** 64 hex digits. */
  readonly publicKey: VoteKey;
}

export function generateSecretKeys(): SecretKeys {
  return {
    voteSeed: randomBytes(SEED_BYTES),
    certificateSecret: secretKeyFrom(randomBytes(SECRET_KEY_SEED_BYTES)),
  };
}

export function generateEd25519(): Ed25519KeyPair {
  const seed = randomBytes(SEED_BYTES);
  return { seed, publicKey: voteKeyOf(seed) };
}

/** 64 bytes; by WebCrypto where it has Ed25519, else by @noble/curves: the same bytes. */
export async function signEd25519(seed: Uint8Array, message: Uint8Array): Promise<Uint8Array> {
  return (await ed25519SignerOf(seed))(message);
}

export function newLogId(): LogId {
  return randomHex(16) as LogId;
}

export function newInstanceId(): InstanceId {
  return randomHex(16) as InstanceId;
}

/**
 * Seals secret keys at rest. AES-256-GCM; it cannot be exported, but IndexedDB stores it by structured clone: a copy of the
 * database's files alone does not give the keys to a script.
 */
export function generateWrappingKey(): Promise<CryptoKey> {
  return crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
}

/** Nonce, then ciphertext. The nonce is random: a wrapping key seals a handful of times, far from 2^32 (NIST SP 800-38D, 8.3). */
export async function sealSecretKeys(
  keys: SecretKeys,
  wrappingKey: CryptoKey,
): Promise<Uint8Array<ArrayBuffer>> {
  return seal(encode([keys.voteSeed, keys.certificateSecret]), wrappingKey);
}

/** Seals one 32-byte seed, for example a supplier's manifest key, in the same way. */
export async function sealSeed(seed: Uint8Array, wrappingKey: CryptoKey): Promise<Uint8Array<ArrayBuffer>> {
  return seal(encode([seed]), wrappingKey);
}

export async function unsealSeed(
  sealed: Uint8Array,
  wrappingKey: CryptoKey,
): Promise<Result<Uint8Array, SealError>> {
  const fields = await unseal(sealed, wrappingKey);
  if (!fields.ok) return fields;
  const [seed] = fields.value;
  if (!(seed instanceof Uint8Array) || seed.length !== SEED_BYTES)
    return cannotUnseal('their format is unknown');
  return ok(copyBytes(seed));
}

export async function unsealSecretKeys(
  sealed: Uint8Array,
  wrappingKey: CryptoKey,
): Promise<Result<SecretKeys, SealError>> {
  const fields = await unseal(sealed, wrappingKey);
  if (!fields.ok) return fields;
  const [voteSeed, certificateSecret] = fields.value;
  if (!(voteSeed instanceof Uint8Array) || voteSeed.length !== SEED_BYTES) {
    return cannotUnseal('their format is unknown');
  }
  if (!(certificateSecret instanceof Uint8Array) || !isSecretKey(certificateSecret)) {
    return cannotUnseal('their format is unknown');
  }
  return ok({ voteSeed: copyBytes(voteSeed), certificateSecret: copyBytes(certificateSecret) });
}

/** The secrets are copied into closures; the caller may wipe its own. Throws RangeError on keys of a wrong form. */
export async function createSigner(keys: SecretKeys, bls: Bls): Promise<Signer> {
  const secret = copyBytes(keys.certificateSecret);
  const voteKey = voteKeyOf(keys.voteSeed);
  const certificateKey = toHex(bls.publicKey(secret)) as CertificateKey;
  const sign = await ed25519SignerOf(keys.voteSeed);
  return {
    voteKey,
    certificateKey,
    signEd25519: (message) => sign(message),
    signShare: (message) => bls.sign(secret, message),
  };
}

const NONCE_BYTES = 12;
/** Two byte strings of 32 bytes with their heads. */
const MAX_SEALED_BYTES = 2 * (SECRET_KEY_BYTES + 2) + 1;
const PURPOSE = new TextEncoder().encode('countersign secret keys 1');
/** PrivateKeyInfo of RFC 8410 section 7, up to the seed. */
const PKCS8_HEAD = new Uint8Array([
  0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
]);

async function seal(
  clear: Uint8Array<ArrayBuffer>,
  wrappingKey: CryptoKey,
): Promise<Uint8Array<ArrayBuffer>> {
  const nonce = randomBytes(NONCE_BYTES);
  const sealed = new Uint8Array(await crypto.subtle.encrypt(gcm(nonce), wrappingKey, clear));
  clear.fill(0);
  const out = new Uint8Array(NONCE_BYTES + sealed.length);
  out.set(nonce);
  out.set(sealed, NONCE_BYTES);
  return out;
}

async function unseal(
  sealed: Uint8Array,
  wrappingKey: CryptoKey,
): Promise<Result<readonly unknown[], SealError>> {
  let clear: Uint8Array;
  try {
    const parameters = gcm(copyBytes(sealed.subarray(0, NONCE_BYTES)));
    const bytes = copyBytes(sealed.subarray(NONCE_BYTES));
    clear = new Uint8Array(await crypto.subtle.decrypt(parameters, wrappingKey, bytes));
  } catch {
    return cannotUnseal('they were sealed with another key, or are damaged');
  }
  const decoded = decode(clear, MAX_SEALED_BYTES);
  clear.fill(0);
  if (!decoded.ok || !Array.isArray(decoded.value)) return cannotUnseal('their format is unknown');
  return ok(decoded.value as readonly unknown[]);
}

function gcm(iv: Uint8Array<ArrayBuffer>): AesGcmParams {
  return { name: 'AES-GCM', iv, additionalData: PURPOSE };
}

function cannotUnseal(why: string): Result<never, SealError> {
  return fail({
    type: 'keys-cannot-be-unsealed',
    message: `This member's secret keys cannot be opened: ${why}. Import the exported keys, or make new ones and ask to be admitted.`,
  });
}

/** A signing function over a key that cannot be read back. WebCrypto has to reproduce a known signature first. */
async function ed25519SignerOf(seed: Uint8Array): Promise<(message: Uint8Array) => Promise<Uint8Array>> {
  if (seed.length !== SEED_BYTES)
    throw new RangeError(`an Ed25519 seed has ${SEED_BYTES} bytes, not ${seed.length}`);
  const native = await webCryptoSignerOf(seed);
  if (native !== null) return native;
  const own = copyBytes(seed);
  return (message) => Promise.resolve(signPlain(own, message));
}

async function webCryptoSignerOf(
  seed: Uint8Array,
): Promise<((message: Uint8Array) => Promise<Uint8Array>) | null> {
  const pkcs8 = new Uint8Array(PKCS8_HEAD.length + SEED_BYTES);
  pkcs8.set(PKCS8_HEAD);
  pkcs8.set(seed, PKCS8_HEAD.length);
  try {
    const key = await crypto.subtle.importKey('pkcs8', pkcs8, { name: 'Ed25519' }, false, ['sign']);
    const sign = async (message: Uint8Array): Promise<Uint8Array> =>
      new Uint8Array(await crypto.subtle.sign({ name: 'Ed25519' }, key, copyBytes(message)));
    const probe = new Uint8Array([0]);
    const expected = ed25519.sign(probe, seed);
    return equalBytes(await sign(probe), expected) ? sign : null;
  } catch {
    return null;
  } finally {
    pkcs8.fill(0);
  }
}
