/**
 * Certificates of entries of the directory that come with a request (src/domain/supply/certified.ts), as this replica judges them over epochs. One of
 * the epoch in force counts by its signatures. Of one that has ended the keys may be stolen by now, so it counts only for a version that this
 * replica holds as certified: what R or CARRIED brought here (OLD of docs/protocol.md, "Epochs"). Else it abstains, as another may hold more.
 */
import type { Certificate } from '../codec/vote.ts';
import type { Bls, Ed25519 } from '../crypto/types.ts';
import { chainCertificates, type CertificateChecker } from '../domain/supply/certified.ts';
import type { KnownChain } from '../domain/supply/evidence.ts';
import type { Replica } from './replica/replica.ts';

/** What is asked of a replica: its heads, and the versions before them. */
type Holder = Pick<Replica, 'heads'> & {
  readonly options: { readonly store: Pick<Replica['options']['store'], 'history'> };
};

export function entryCertificates(
  replica: Holder,
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

async function isHeld(replica: Holder, { key, version, digest }: Certificate): Promise<boolean> {
  const head = replica.heads.get(key);
  if (!head || head.version < version) return false;
  if (head.version === version) return head.digest === digest;
  const history = await replica.options.store.history(key);
  return history.some((entry) => entry.version === version && entry.digest === digest);
}
