/**
 * What the access-control callback may ask the replica that asks it. Whatever is answered with yes or no here is the same at every member that
 * votes in the same epoch: it follows from the question, from the chain up to that epoch, and from what a quorum has certified. What depends on
 * how much has arrived is `unknown`.
 */
import { toHex, type VoteKey } from '../../codec/brand.ts';
import { certificateSigners, type Certificate } from '../../codec/vote.ts';
import type { Epoch } from '../../consensus/epochs/types.ts';
import { checkCertificate } from '../../crypto/certificates.ts';
import { applicationBytes } from '../../crypto/domains.ts';
import { epochKeysOf } from '../../crypto/epochs.ts';
import { entryAt, type EntriesReplica } from '../entry-at.ts';
import type { Replica } from '../replica/replica.ts';
import type { JudgedProof, Judging, ProvenBody } from './api.ts';
import { MAX_SIGNED_BYTES } from './limits.ts';
import { readProof, type ReadProof } from './proofs.ts';

/** What is asked of a replica: the chain as it is known now, the newest versions, and those before them. */
export type JudgingReplica = EntriesReplica &
  Pick<Replica, 'epochs'> & {
    readonly options: Pick<Replica['options'], 'bls' | 'ed25519' | 'hash' | 'epoch'>;
  };

/** `opened`: the chain as it was when the replica was opened. */
export function createJudging(replica: JudgingReplica, opened: readonly Epoch[]): Judging {
  const { bls, ed25519, hash, epoch: own } = replica.options;
  const epochs = (): readonly Epoch[] => replica.epochs?.machine.chain ?? opened;

  return {
    async judgeProof(proof): Promise<JudgedProof> {
      const read = readProof(proof, hash);
      if (!read.ok) return NOTHING;
      const { certificate } = read.value;
      const { key, version } = certificate;
      const chain = epochs();
      const epoch = chain.find(({ digest }) => digest === certificate.epoch);
      // Another member may know it already; of another network it is unknown for ever, and nobody says yes.
      if (!epoch)
        return unknown(`The proof of version ${version} of ${key} is of an epoch that is not known here.`);
      if (!(await checkCertificate(certificate, epochKeysOf(epoch), { bls, ed25519 }))) return NOTHING;
      const proven: JudgedProof = { verdict: 'proven', proven: provenBody(read.value, epoch) };
      // OLD: keys of an epoch that has ended may be stolen by now. What was certified in it is in the state that this epoch began with.
      const inForce = chain.find(({ digest }) => digest === own.epoch)?.number ?? 0;
      if (epoch.number >= inForce) return proven;
      switch (await holding(replica, chain[inForce]!, certificate)) {
        case 'held':
          return proven;
        case 'another':
          return NOTHING;
        case 'not-held':
          return unknown(
            `The proof of version ${version} of ${key} is of epoch ${epoch.number}, which has ended, and this replica does not hold that version.`,
          );
      }
    },

    verifyMember: (publicKey, bytes, signature) => {
      if (bytes.length > MAX_SIGNED_BYTES) return Promise.resolve(false);
      const voteKey = toHex(publicKey) as VoteKey;
      return ed25519.verify(voteKey, applicationBytes(own.network, voteKey, bytes), signature);
    },
  };
}

/** Of a proof that was checked. */
export function provenBody({ certificate, body }: ReadProof, epoch: Epoch): ProvenBody {
  const { key, version, digest, round } = certificate;
  const signedBy = certificateSigners(certificate).map((place) => epoch.members[place]!.id as string);
  return { key, version, digest, body, round, epoch: epoch.number, signedBy };
}

const NOTHING: JudgedProof = { verdict: 'nothing' };
const unknown = (message: string): JudgedProof => ({ verdict: 'unknown', message });

/** `another`: it is not what the members of its epoch had certified, so that its keys have been used since. */
async function holding(
  replica: JudgingReplica,
  inForce: Epoch,
  { key, version, digest }: Certificate,
): Promise<'held' | 'another' | 'not-held'> {
  const machine = replica.epochs?.machine;
  if (machine?.leaves && machine.leaves.root === inForce.began?.root) {
    // R and what was carried are the same at all who vote in this epoch, and nothing else of an earlier one was ever newest.
    const known = [machine.leaves.leaves.get(key), machine.carried.get(key)];
    if (known.some((one) => one?.version === version && one.digest === digest)) return 'held';
    if (known.every((one) => (one?.version ?? 0) <= version)) return 'another';
  }
  const entry = await entryAt(replica, key, version);
  // What was certified in the epoch in force says nothing of an earlier one: whether it has arrived differs.
  if (!entry || entry.certificate.epoch === inForce.digest) return 'not-held';
  return entry.digest === digest ? 'held' : 'another';
}
