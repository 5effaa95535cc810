/** A network with real keys whose members change: links as its members would seal them, for tests of whoever follows them. */
import { asDigest, asMemberIndex, asRound, fromHex, type Digest } from '../../src/codec/brand.ts';
import type { Bundle } from '../../src/codec/door.ts';
import {
  CHANGE_KEY,
  encodeChangeValue,
  encodeOpening,
  OPENING_KEY,
  type Approval,
  type Change,
  type ChangeLink,
} from '../../src/codec/epochs.ts';
import { encodeGenesis, type MemberEntry } from '../../src/codec/genesis.ts';
import { formatInvitation } from '../../src/codec/invitation.ts';
import type { Certificate, CertificateGroup } from '../../src/codec/vote.ts';
import { openingOf } from '../../src/consensus/epochs/arms.ts';
import { endingVersion, genesisEpoch } from '../../src/consensus/epochs/chain.ts';
import { followChain } from '../../src/consensus/epochs/follow.ts';
import type { Epoch } from '../../src/consensus/epochs/types.ts';
import {
  approvalBytes,
  changeDigest,
  joinSecretDigest,
  reportBytes,
  valueBytes,
  voteBytes,
} from '../../src/crypto/domains.ts';
import { countersign, createEpochSignatures } from '../../src/crypto/epochs.ts';
import type { Signer } from '../../src/crypto/types.ts';
import { sharedTools } from '../../src/worker/tools.ts';
import { makeNetwork } from '../crypto/fixture.ts';

export interface ChainKit {
  /** Signers of the members of the genesis. */
  readonly signers: readonly Signer[];
  readonly members: readonly MemberEntry[];
  readonly chain: readonly Epoch[];
  readonly links: readonly ChangeLink[];
  /** Of the newest epoch. */
  readonly secret: string;
  /** Of the newest epoch, or of an earlier one. */
  invitation(epoch?: number): string;
  /** What would lead to these members. */
  draft(members: readonly MemberEntry[], reason?: string): Change;
  /** Members of the genesis approve, report and certify; the newest epoch is the next one. */
  seal(change: Change, joins?: readonly Approval[]): Promise<void>;
  /** What an honest member answers to the newest epoch's keys; to others without the secret. */
  bundle(more?: Partial<Bundle>): Bundle;
  digestOf(change: Change): Digest;
}

const secretOf = (epoch: number): string => (0xa0 + epoch).toString(16).repeat(32);

/** The first `n` members of each epoch have to be those of the genesis: they are a quorum of it. */
export async function createChainKit(n = 4): Promise<ChainKit> {
  const { bls, hash, ed25519 } = await sharedTools();
  const { genesis, signers, epoch } = await makeNetwork(bls, n);
  const { network } = epoch;
  const signatures = createEpochSignatures({ nonce: genesis.draftNonce, bls, ed25519 });
  let chain: readonly Epoch[] = [genesisEpoch(network, genesis)];
  const links: ChangeLink[] = [];

  const by = (who: number, { members }: Epoch): number =>
    members.findIndex((m) => m.voteKey === signers[who]!.voteKey);

  async function sign(message: Uint8Array, { members }: Epoch): Promise<CertificateGroup[]> {
    const present = signers.flatMap((signer) => {
      const at = members.findIndex((m) => m.voteKey === signer.voteKey);
      return at < 0 ? [] : [{ signer, at }];
    });
    const votes = await Promise.all(
      present.map(async ({ signer, at }) => ({
        author: asMemberIndex(at),
        ...(await countersign(signer, message)),
      })),
    );
    return [{ form: 'votes', votes }];
  }

  async function certify(key: Certificate['key'], digest: Digest, now: Epoch): Promise<Certificate> {
    const vote = { key, version: endingVersion(now), round: asRound(0), type: 'COMMIT' as const, digest };
    const groups = await sign(voteBytes(network, now.digest, vote), now);
    return { epoch: now.digest, key, version: vote.version, round: vote.round, digest, groups };
  }

  return {
    signers,
    members: genesis.members,
    get chain() {
      return chain;
    },
    get links() {
      return [...links];
    },
    get secret() {
      return secretOf(links.length);
    },
    invitation: (number = links.length) =>
      formatInvitation({
        network,
        joinSecret: secretOf(number),
        name: genesis.name,
        signaling: [],
        ...(number > 0 && { epoch: { number, digest: chain[number]!.digest } }),
      }),
    draft: (members, reason = 'a test') => ({
      format: 'countersign-change-1',
      epoch: chain.length,
      members,
      rulesVersion: 1,
      joinSecret: joinSecretDigest(hash, secretOf(chain.length)),
      reason,
    }),
    async seal(change, joins = []) {
      const now = chain.at(-1)!;
      const digest = changeDigest(hash, change);
      const approvals = await sign(approvalBytes('approve', network, now.digest, digest), now);
      const votes = joins.map(({ author, signature, share }) => ({ author, signature, share }));
      const joined: CertificateGroup[] = votes.length === 0 ? [] : [{ form: 'votes', votes }];
      const changed = valueBytes(
        now.began?.changeValue ?? null,
        encodeChangeValue({ change, approvals, joins: joined }),
      );
      const body = { epoch: now.digest, change: digest, root: asDigest('5'.repeat(64)), locks: [] };
      const reports = await Promise.all(
        signers.flatMap((signer, who) =>
          by(who, now) < 0
            ? []
            : [
                countersign(signer, reportBytes(network, body)).then((signed) => ({
                  ...body,
                  ...signed,
                  author: asMemberIndex(by(who, now)),
                  polkas: [],
                })),
              ],
        ),
      );
      const opening = valueBytes(now.began?.openingValue ?? null, encodeOpening(openingOf(reports)));
      const link: ChangeLink = {
        change: changed,
        changeCertificate: await certify(CHANGE_KEY, hash(changed), now),
        opening,
        openingCertificate: await certify(OPENING_KEY, hash(opening), now),
      };
      const followed = await followChain(chain, [link], hash, signatures);
      if (!followed.ok) throw new Error(followed.error.message);
      chain = followed.value.chain;
      links.push(link);
    },
    bundle: (more = {}) => ({
      genesis: encodeGenesis(genesis),
      links: [...links],
      secret: null,
      drafts: [],
      ...more,
    }),
    digestOf: (change) => changeDigest(hash, change),
  };
}

/** The join secret as a member tells it to a key of the newest epoch. */
export const toldSecret = (kit: ChainKit): NonNullable<Bundle['secret']> => ({
  epoch: kit.links.length,
  secret: fromHex(kit.secret),
});
