/** Cryptography that every part of the worker shares, made once. */
import { createBls } from '../crypto/bls.ts';
import { createEd25519 } from '../crypto/ed25519.ts';
import { createHash } from '../crypto/hash.ts';
import type { Bls, Ed25519, Hash } from '../crypto/types.ts';

export interface Tools {
  readonly bls: Bls;
  readonly ed25519: Ed25519;
  readonly hash: Hash;
}

let made: Promise<Tools> | null = null;

export function sharedTools(): Promise<Tools> {
  made ??= Promise.all([createBls(), createEd25519(), createHash()]).then(([bls, ed25519, hash]) => ({
    bls,
    ed25519,
    hash,
  }));
  return made;
}
