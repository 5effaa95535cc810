/** Two votes inside batches that contradict each other convict their author, wherever they are shown and without the batches' other entries. */
import { beforeAll, describe, expect, it } from 'vitest';
import { entryListOf } from '../../src/codec/batch.ts';
import {
  asKey,
  asRound,
  asVersion,
  fromHex,
  type Digest,
  type MemberIndex,
  type NetworkId,
} from '../../src/codec/brand.ts';
import { decodeMessage, encodeMessage } from '../../src/codec/messages.ts';
import type { Equivocation, Evidence, Vote, VoteType } from '../../src/codec/vote.ts';
import { firstEpoch } from '../../src/consensus/membership.ts';
import { newCore, step } from '../../src/consensus/core.ts';
import { createBls } from '../../src/crypto/bls.ts';
import { checkVote, type EpochKeys } from '../../src/crypto/certificates.ts';
import { batchBytes, commitBytes, voteBytes } from '../../src/crypto/domains.ts';
import { createEd25519 } from '../../src/crypto/ed25519.ts';
import { createHash } from '../../src/crypto/hash.ts';
import { createSigner, generateSecretKeys, randomHex } from '../../src/crypto/keys.ts';
import type { Bls, Ed25519, Signer } from '../../src/crypto/types.ts';
import { provesMisbehaviour } from '../../src/domain/supply/evidence/misbehaviour.ts';

const AUTHOR = 2 as MemberIndex;
const DISPUTED = asKey('package/3');
const [A, B] = ['a'.repeat(64), 'b'.repeat(64)] as [Digest, Digest];
const hash = await createHash();
let [bls, ed25519]: [Bls, Ed25519] = [] as never;
let signers: readonly Signer[];
let epoch: EpochKeys;

beforeAll(async () => {
  [bls, ed25519] = await Promise.all([createBls(), createEd25519()]);
  signers = await Promise.all(Array.from({ length: 4 }, () => createSigner(generateSecretKeys(), bls)));
  const network = randomHex(32) as NetworkId;
  epoch = {
    network,
    epoch: firstEpoch(network),
    n: 4,
    quorum: 3,
    voteKeys: signers.map((signer) => signer.voteKey),
    certificateKeys: signers.map((signer) => fromHex(signer.certificateKey)),
  };
});

const other = (name: string, version: number, digest: Digest) => ({
  key: asKey(name),
  version: asVersion(version),
  digest,
});

/** The author's votes for every entry of a list; the disputed key has that digest. Inclusions without their list, as from a stranger. */
async function inBatch(
  digest: Digest,
  names: readonly string[],
  type: VoteType,
  round = 1,
  badShare = false,
): Promise<Vote> {
  const entries = [
    ...names.map((name) => other(name, 4, A)),
    { key: DISPUTED, version: asVersion(7), digest },
  ];
  entries.sort((x, y) => (x.key < y.key ? -1 : 1));
  const list = entryListOf(entries);
  const { root, size, index, path } = list.inclusions[entries.findIndex(({ key }) => key === DISPUTED)]!;
  const bytes = batchBytes(epoch.network, epoch.epoch, { round: asRound(round), type }, { root, size });
  return { ...(await signed(bytes, digest, type, round, badShare)), batch: { root, size, index, path } };
}

const alone = (digest: Digest, type: VoteType, round = 1): Promise<Vote> =>
  signed(voteBytes(epoch.network, epoch.epoch, bodyOf(digest, type, round)), digest, type, round, false);

const bodyOf = (digest: Digest, type: VoteType, round: number) => ({
  key: DISPUTED,
  version: asVersion(7),
  round: asRound(round),
  type,
  digest,
});

async function signed(
  bytes: Uint8Array,
  digest: Digest,
  type: VoteType,
  round: number,
  badShare: boolean,
): Promise<Vote> {
  const signer = signers[AUTHOR]!;
  const vote = { ...bodyOf(digest, type, round), epoch: epoch.epoch, author: AUTHOR };
  if (type === 'PRE-COMMIT') return { ...vote, signature: await signer.signEd25519(bytes) };
  const share = signer.signShare(badShare ? Uint8Array.of(...bytes, 0) : bytes);
  return { ...vote, share, signature: await signer.signEd25519(commitBytes(bytes, share)) };
}

/** As it comes to somebody who has nothing but the message and the members' keys. */
async function convicts(evidence: Evidence): Promise<boolean> {
  const read = decodeMessage(encodeMessage({ type: 'evidence', items: [evidence] }));
  if (!read.ok || read.value.type !== 'evidence') throw new Error('the message cannot be read');
  expect(read.value.items).toEqual([evidence]);
  return provesMisbehaviour(read.value.items[0]!, epoch, { bls, ed25519 });
}

const FEW = ['package/1', 'package/9'];
const MANY = Array.from({ length: 21 }, (_, i) => `package/3${i}`);

describe('an equivocation inside batches', () => {
  for (const type of ['PRE-COMMIT', 'COMMIT'] as const) {
    it(`is evidence when both ${type}s have a path to their roots`, async () => {
      const [first, second] = [await inBatch(A, FEW, type), await inBatch(B, MANY, type)];
      expect(await convicts({ first, second })).toBe(true);
      // The same entries but for the disputed one.
      expect(await convicts({ first, second: await inBatch(B, FEW, type) })).toBe(true);
    });

    it(`is evidence when one ${type} was signed alone`, async () => {
      expect(await convicts({ first: await alone(B, type), second: await inBatch(A, MANY, type) })).toBe(
        true,
      );
    });
  }

  it('is none when one value was signed in two batches, or in a batch and alone', async () => {
    const [few, many] = [await inBatch(A, FEW, 'COMMIT', 0), await inBatch(A, MANY, 'COMMIT', 0)];
    expect(few.batch!.root).not.toBe(many.batch!.root);
    for (const second of [many, await alone(A, 'COMMIT', 0)]) {
      expect(await convicts({ first: few, second })).toBe(false);
      const effects = taken([few, second]);
      expect(effects.some(({ type }) => type === 'evidence')).toBe(false);
    }
  });

  it('is none when the rounds differ, though the roots do too', async () => {
    const [first, second] = [await inBatch(A, FEW, 'COMMIT', 1), await inBatch(B, FEW, 'COMMIT', 2)];
    expect(await convicts({ first, second })).toBe(false);
  });

  it('frames nobody: another digest, place or author does not hold under a root', async () => {
    const [first, second] = [await inBatch(A, FEW, 'COMMIT'), await inBatch(A, MANY, 'COMMIT')];
    const path = second.batch!.path.slice();
    path[0]! ^= 1;
    for (const framed of [
      { ...second, digest: B },
      { ...second, digest: B, batch: first.batch! },
      { ...(await inBatch(B, MANY, 'COMMIT')), batch: { ...second.batch!, path } },
      { ...(await inBatch(B, MANY, 'COMMIT')), signature: first.signature },
    ])
      expect(await convicts({ first, second: framed })).toBe(false);
    const contradiction = { first, second: await inBatch(B, MANY, 'COMMIT') };
    const author = 3 as MemberIndex;
    expect(
      await convicts({
        first: { ...contradiction.first, author },
        second: { ...contradiction.second, author },
      }),
    ).toBe(false);
  });

  it('is found by the core from the votes themselves, with what proves it to others', async () => {
    const votes = [await inBatch(A, FEW, 'PRE-COMMIT', 0), await inBatch(B, MANY, 'PRE-COMMIT', 0)];
    for (const vote of votes) expect(await checkVote(vote, epoch, ed25519)).toBe(true);
    const [found] = taken(votes).filter((effect) => effect.type === 'evidence');
    expect(found).toMatchObject({ member: AUTHOR });
    expect(
      await convicts(found!.type === 'evidence' ? (found!.evidence as Equivocation) : (null as never)),
    ).toBe(true);
  });
});

it('a bad share under a batch is evidence by itself, a good one is not', async () => {
  expect(await convicts({ kind: 'bad-share', vote: await inBatch(A, MANY, 'COMMIT', 1, true) })).toBe(true);
  expect(await convicts({ kind: 'bad-share', vote: await inBatch(A, MANY, 'COMMIT') })).toBe(false);
});

/** What a core says of checked votes. */
function taken(votes: readonly Vote[]) {
  const core = newCore({ epoch: epoch.epoch, n: 4, self: 0 as MemberIndex, w0: 100, hash });
  core.certified.set(DISPUTED, { version: asVersion(6), digest: A, bytesKnown: true });
  return step(core, { type: 'checked', votes }, 0).effects;
}
