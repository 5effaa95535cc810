/**
 * Certificates of entries of the directory that come with a request (src/domain/supply/certified.ts), as this replica judges them over epochs. One of
 * the epoch in force counts by its signatures. Of one that has ended the keys may be stolen by now, so it counts only for a version that this
 * replica holds as certified: what R or CARRIED brought here (OLD of docs/protocol.md, "Epochs"). Else it abstains, as another may hold more.
 */
import type { Certificate } from '../codec/vote.ts';
import type { Bls, Ed25519 } from '../crypto/types.ts';
import { chainCertificates, type CertificateChecker } from '../domain/supply/certified.ts';
import type { KnownChain } from '../domain/supply/evidence.ts';
import { entryAt, type EntriesReplica } from './entry-at.ts';

export function entryCertificates(
  replica: EntriesReplica,
  { epochs }: Pick<KnownChain, 'epochs'>,
  { bls, ed25519 }: { readonly bls: Bls; readonly ed25519: Ed25519 },
): CertificateChecker {
  const signed = chainCertificates(bls, ed25519, epochs);
  const newest = epochs.at(-1)?.digest;
  return async (certificate, network, genesis) => {
    const standing = await signed(certificate, network, genesis);
    if (standing !== 'holds' || certificate.epoch === newest) return standing;
    return (await isHeld(replica, certificate)) ? 'holds' : 'unknown';
  };
}

async function isHeld(replica: EntriesReplica, { key, version, digest }: Certificate): Promise<boolean> {
  return (await entryAt(replica, key, version))?.digest === digest;
}
