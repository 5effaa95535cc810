/**
 * The verifier of evidence files, put together: the supply chain's rules, run by the session room, over real cryptography. The command
 * and the offline page (src/worker/verify-worker.ts) are the same code from here on.
 */
import type { EpochDigest, VoteKey } from '../codec/brand.ts';
import { createBls } from '../crypto/bls.ts';
import { deviceBytes } from '../crypto/device.ts';
import { sessionBytes } from '../crypto/domains.ts';
import { createEd25519 } from '../crypto/ed25519.ts';
import { createHash } from '../crypto/hash.ts';
import { chainCertificates } from '../domain/supply/certified.ts';
import {
  verifyEvidence,
  type EvidenceReport,
  type Trust,
  type VerifyTools,
} from '../domain/supply/evidence.ts';
import { createSupplyRegistry } from '../domain/supply/registry.ts';
import { validateValue } from '../l2/validate.ts';
import { parseSessionValue } from '../l2/value.ts';

/** `pin`: the digest of an epoch that the reader knows to be of that network. */
export type Verifier = (bytes: Uint8Array, trust: Trust, pin?: EpochDigest | null) => Promise<EvidenceReport>;

/** Loads the cryptography once; after that nothing is fetched from anywhere. */
export async function createVerifier(): Promise<Verifier> {
  const tools = await verifyTools();
  return (bytes, trust, pin = null) => verifyEvidence(bytes, { trust, pin, tools });
}

export async function verifyTools(): Promise<VerifyTools> {
  const [bls, ed25519, hash] = await Promise.all([createBls(), createEd25519(), createHash()]);
  const verifyEd25519 = (publicKey: string, message: Uint8Array, signature: Uint8Array): Promise<boolean> =>
    ed25519.verify(publicKey as VoteKey, message, signature);
  return {
    bls,
    ed25519,
    hash,
    judge: (genesis, network, chain) => {
      const registry = createSupplyRegistry({ checkCertificate: chainCertificates(bls, ed25519, chain) });
      const options = { network, genesis, registry, sessionBytes, deviceBytes, hash, verifyEd25519 };
      return (proposed) => validateValue(options, proposed);
    },
    session: (body) => {
      const parsed = parseSessionValue(body);
      return parsed.ok ? parsed.value : null;
    },
  };
}
