/** A small network with real keys, for the tests of this room. */
import {
  asDigest,
  asKey,
  asMemberId,
  asMemberIndex,
  asRound,
  asVersion,
  fromHex,
  type EpochDigest,
  type MemberIndex,
} from '../../src/codec/brand.ts';
import type { Genesis, MemberEntry } from '../../src/codec/genesis.ts';
import type { Certificate, Vote, VoteBody } from '../../src/codec/vote.ts';
import { secretKeyFrom } from '../../src/crypto/bls-scheme.ts';
import type { EpochKeys } from '../../src/crypto/certificates.ts';
import { commitBytes, voteBytes } from '../../src/crypto/domains.ts';
import { networkIdOf, possessionOf } from '../../src/crypto/genesis.ts';
import { createHash } from '../../src/crypto/hash.ts';
import { createSigner } from '../../src/crypto/keys.ts';
import type { Bls, SecretKeys, Signer } from '../../src/crypto/types.ts';

export interface Network {
  readonly genesis: Genesis;
  readonly epoch: EpochKeys;
  readonly secrets: readonly SecretKeys[];
  readonly signers: readonly Signer[];
}

export const DRAFT_NONCE = '0f'.repeat(16);
const GLNS = ['4012345000009', '4012345000016', '4012345000023', '4012345000030'];

export async function makeNetwork(bls: Bls, n: number): Promise<Network> {
  const secrets = Array.from({ length: n }, (_, i) => ({
    voteSeed: new Uint8Array(32).fill(i + 1),
    certificateSecret: secretKeyFrom(new Uint8Array(48).fill(i + 1)),
  }));
  const signers = await Promise.all(secrets.map((keys) => createSigner(keys, bls)));
  const members = signers.map((signer, i): MemberEntry => {
    const logId = (i + 1).toString(16).padStart(32, '0') as MemberEntry['logId'];
    const fields = {
      network: null,
      certificateKey: signer.certificateKey,
      voteKey: signer.voteKey,
      logId,
      nonce: DRAFT_NONCE,
    };
    return {
      id: asMemberId(`member-${i}`),
      name: `Member ${i}`,
      organisation: `Organisation ${i}`,
      role: 'warehouse',
      gln: GLNS[i % GLNS.length]!,
      voteKey: signer.voteKey,
      certificateKey: signer.certificateKey,
      logId,
      proofOfPossession: possessionOf(fields, secrets[i]!.certificateSecret, bls),
    };
  });
  const genesis: Genesis = {
    format: 'countersign-genesis-1',
    name: 'Test',
    rulesVersion: 1,
    draftNonce: DRAFT_NONCE,
    demo: false,
    members,
    directory: { supplierKeys: [], couriers: [] },
  };
  const network = networkIdOf(genesis, await createHash());
  const epoch: EpochKeys = {
    network,
    epoch: network as string as EpochDigest,
    n,
    quorum: n - Math.floor((n - 1) / 3),
    voteKeys: signers.map((signer) => signer.voteKey),
    certificateKeys: signers.map((signer) => fromHex(signer.certificateKey)),
  };
  return { genesis, epoch, secrets, signers };
}

export const BODY: Omit<VoteBody, 'type'> = {
  key: asKey('package/040123450000001112'),
  version: asVersion(3),
  round: asRound(0),
  digest: asDigest('ab'.repeat(32)),
};

export async function makeVote(
  network: Network,
  author: number,
  type: VoteBody['type'],
  change: Partial<VoteBody> = {},
): Promise<Vote> {
  const { epoch, signers } = network;
  const body = { ...BODY, type, ...change };
  const message = voteBytes(epoch.network, epoch.epoch, body);
  const base = { ...body, epoch: epoch.epoch, author: asMemberIndex(author) };
  const signer = signers[author]!;
  if (type === 'PRE-COMMIT') return { ...base, signature: await signer.signEd25519(message) };
  const share = signer.signShare(message);
  return { ...base, share, signature: await signer.signEd25519(commitBytes(message, share)) };
}

/** A checked COMMIT whose share is good for nothing: what a lying member sends. */
export async function makeBadShareVote(network: Network, author: number, share?: Uint8Array): Promise<Vote> {
  const vote = await makeVote(network, author, 'COMMIT');
  const bad = share ?? network.signers[author]!.signShare(new Uint8Array([0]));
  const message = voteBytes(network.epoch.network, network.epoch.epoch, vote);
  return {
    ...vote,
    share: bad,
    signature: await network.signers[author]!.signEd25519(commitBytes(message, bad)),
  };
}

export function certificateOf(votes: readonly Vote[]): Certificate {
  const { epoch, key, version, round, digest } = votes[0]!;
  return {
    epoch,
    key,
    version,
    round,
    digest,
    groups: [
      {
        form: 'votes',
        votes: votes.map(({ author, signature, share }) => ({
          author: author as MemberIndex,
          signature,
          share: share!,
        })),
      },
    ],
  };
}
