/** From an identity's sealed record to keys in use, and back. */
import { ok, type Result } from '../codec/result.ts';
import {
  createSigner,
  generateEd25519,
  sealSeed,
  signEd25519,
  unsealSecretKeys,
  unsealSeed,
} from '../crypto/keys.ts';
import type { Bls, Signer } from '../crypto/types.ts';
import type { IdentityDb } from '../store/idb-store.ts';
import type { IdentityRecord, ManifestKey, SealedBytes } from '../store/identity.ts';

/** AES-GCM nonce length: NIST SP 800-38D, 5.2.1.1. */
const NONCE_BYTES = 12;

/** src/crypto puts the nonce before the ciphertext; the store keeps them apart. */
export function toSealed(bytes: Uint8Array<ArrayBuffer>): SealedBytes {
  return { iv: bytes.slice(0, NONCE_BYTES), ciphertext: bytes.slice(NONCE_BYTES) };
}

export function fromSealed(sealed: SealedBytes): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(sealed.iv.length + sealed.ciphertext.length);
  out.set(sealed.iv);
  out.set(sealed.ciphertext, sealed.iv.length);
  return out;
}

export async function signerOf(record: IdentityRecord, bls: Bls): Promise<Result<Signer>> {
  const keys = await unsealSecretKeys(fromSealed(record.sealedKeys), record.wrappingKey);
  if (!keys.ok) return keys;
  const signer = await createSigner(keys.value, bls);
  keys.value.voteSeed.fill(0);
  keys.value.certificateSecret.fill(0);
  return ok(signer);
}

/** The supplier's manifest key of an identity, made on first use. */
export async function manifestKeyOf(db: IdentityDb, record: IdentityRecord): Promise<Result<ManifestKey>> {
  if (record.manifestKey) return ok(record.manifestKey);
  const pair = generateEd25519();
  const sealed = toSealed(await sealSeed(pair.seed, record.wrappingKey));
  pair.seed.fill(0);
  return db.setManifestKey({
    keyId: `key-${pair.publicKey.slice(0, 12)}`,
    publicKey: pair.publicKey,
    sealed,
  });
}

export async function signWithManifestKey(
  key: ManifestKey,
  wrappingKey: CryptoKey,
  message: Uint8Array,
): Promise<Result<Uint8Array>> {
  const seed = await unsealSeed(fromSealed(key.sealed), wrappingKey);
  if (!seed.ok) return seed;
  const signature = await signEd25519(seed.value, message);
  seed.value.fill(0);
  return ok(signature);
}
