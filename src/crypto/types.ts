/** What the other rooms may ask of cryptography. Every backend passes test/crypto/bls-suite.ts. */
import type { CertificateKey, Digest, VoteKey } from '../codec/brand.ts';

/** Digest function for canonical bytes: BLAKE3-256. Injected, so that consensus stays free of platform code. */
export type Hash = (bytes: Uint8Array) => Digest;

/**
 * BLS12-381, minimal-signature-size (signature in G1, 48 bytes; public key in G2, 96 bytes), proof-of-possession
 * ciphersuite BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_ (draft-irtf-cfrg-bls-signature-05). Exact lengths, canonical encodings, no
 * infinity, subgroup checks where docs/protocol.md asks for them. Methods that check return false on any bad input; they never throw.
 */
export interface Bls {
  readonly name: 'mcl' | 'noble' | 'simulated';
  /** 32 bytes with 0 < key < r, from 48 bytes of randomness (RFC 9380 hash_to_field style reduction). */
  secretKeyFrom(random: Uint8Array): Uint8Array;
  publicKey(secretKey: Uint8Array): Uint8Array;
  /** 48 bytes. */
  sign(secretKey: Uint8Array, message: Uint8Array): Uint8Array;
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
  /** Sum of shares over one message; null when one of them is not a canonical non-zero point. Shares may skip the subgroup check. */
  aggregate(shares: readonly Uint8Array[]): Uint8Array | null;
  /** The aggregate is subgroup-checked. Public keys must have passed `isValidPublicKey` once. */
  verifyAggregate(publicKeys: readonly Uint8Array[], message: Uint8Array, signature: Uint8Array): boolean;
  /** Random linear combination over many (message, keys, signature); `random` gives fresh 8-byte scalars. */
  verifyMany(
    items: readonly { publicKeys: readonly Uint8Array[]; message: Uint8Array; signature: Uint8Array }[],
    random: (bytes: number) => Uint8Array,
  ): boolean;
  isValidPublicKey(publicKey: Uint8Array): boolean;
  /** Signs under the POP domain separation tag BLS_POP_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_. */
  provePossession(secretKey: Uint8Array, message: Uint8Array): Uint8Array;
  verifyPossession(publicKey: Uint8Array, message: Uint8Array, proof: Uint8Array): boolean;
}

/** Ed25519 (RFC 8032). WebCrypto where the platform has it, else @noble/curves. */
export interface Ed25519 {
  readonly name: 'webcrypto' | 'noble' | 'simulated';
  verify(publicKey: VoteKey, message: Uint8Array, signature: Uint8Array): Promise<boolean>;
}

/** A member's secret keys in use. The secrets never leave the object. */
export interface Signer {
  readonly voteKey: VoteKey;
  readonly certificateKey: CertificateKey;
  signEd25519(message: Uint8Array): Promise<Uint8Array>;
  /** BLS share over a COMMIT's bytes. */
  signShare(message: Uint8Array): Uint8Array;
}

/** Secret key material as it is sealed at rest and unsealed into a `Signer`. */
export interface SecretKeys {
  /** 32 bytes: Ed25519 seed (RFC 8032). */
  readonly voteSeed: Uint8Array;
  /** 32 bytes: BLS secret key. */
  readonly certificateSecret: Uint8Array;
}
