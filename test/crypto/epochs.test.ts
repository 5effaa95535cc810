/** One change of members with real keys: what a verifier that has the genesis alone accepts, and what it refuses. */
import { beforeAll, describe, expect, it } from 'vitest';
import {
  asDigest,
  asEpochDigest,
  asKey,
  asMemberId,
  asMemberIndex,
  asRound,
  asVersion,
  type Digest,
} from '../../src/codec/brand.ts';
import {
  CHANGE_KEY,
  encodeChangeValue,
  encodeOpening,
  OPENING_KEY,
  type Change,
  type ChangeValue,
  type ChangeLink,
  type Opening,
  type Report,
} from '../../src/codec/epochs.ts';
import type { MemberEntry } from '../../src/codec/genesis.ts';
import type { Certificate } from '../../src/codec/vote.ts';
import { genesisEpoch } from '../../src/consensus/epochs/chain.ts';
import { followChain, followLink } from '../../src/consensus/epochs/follow.ts';
import { openingOf } from '../../src/consensus/epochs/arms.ts';
import type { Epoch } from '../../src/consensus/epochs/types.ts';
import { createMclBls } from '../../src/crypto/bls-mcl.ts';
import { approvalBytes, changeDigest, reportBytes, valueBytes, voteBytes } from '../../src/crypto/domains.ts';
import { createEd25519 } from '../../src/crypto/ed25519.ts';
import {
  aggregateSigners,
  checkApproval,
  checkReport,
  countersign,
  createEpochSignatures,
  type EpochTools,
} from '../../src/crypto/epochs.ts';
import { possessionOf } from '../../src/crypto/genesis.ts';
import { createHash } from '../../src/crypto/hash.ts';
import type { Bls, Hash, Signer } from '../../src/crypto/types.ts';
import { DRAFT_NONCE, makeNetwork, makeVote, type Network } from './fixture.ts';

let bls: Bls;
let hash: Hash;
let network: Network;
let joiner: Signer;
let entry: MemberEntry;
let epoch: Epoch;
let tools: EpochTools;
const ROOT = asDigest('5'.repeat(64));

beforeAll(async () => {
  bls = await createMclBls();
  hash = await createHash();
  network = await makeNetwork(bls, 4);
  const more = await makeNetwork(bls, 5);
  joiner = more.signers[4]!;
  const fields = {
    network: network.epoch.network,
    certificateKey: joiner.certificateKey,
    voteKey: joiner.voteKey,
    logId: 'e'.repeat(32) as MemberEntry['logId'],
    nonce: DRAFT_NONCE,
  };
  entry = {
    ...more.genesis.members[4]!,
    id: asMemberId('echo'),
    logId: fields.logId,
    proofOfPossession: possessionOf(fields, more.secrets[4]!.certificateSecret, bls),
  };
  epoch = genesisEpoch(network.epoch.network, network.genesis);
  tools = { nonce: DRAFT_NONCE, bls, ed25519: await createEd25519() };
});

const changeOf = (part: Partial<Change> = {}): Change => ({
  format: 'countersign-change-1',
  epoch: 1,
  members: [...network.genesis.members.slice(0, 3), entry],
  rulesVersion: 1,
  joinSecret: 'c'.repeat(64),
  reason: 'Echo instead of the fourth',
  ...part,
});

async function sign(who: readonly [number, Signer][], message: Uint8Array) {
  const votes = await Promise.all(
    who.map(async ([author, signer]) => ({
      author: asMemberIndex(author),
      ...(await countersign(signer, message)),
    })),
  );
  return [{ form: 'votes' as const, votes }];
}

const members = (...places: number[]) => places.map((i): [number, Signer] => [i, network.signers[i]!]);

async function changeValue(
  change: Change,
  approvers = members(0, 1, 2),
  joins: readonly [number, Signer][] = [[3, joiner]],
): Promise<ChangeValue> {
  const digest = changeDigest(hash, change);
  const bytes = (kind: 'approve' | 'join') => approvalBytes(kind, epoch.network, epoch.digest, digest);
  return {
    change,
    approvals: await sign(approvers, bytes('approve')),
    joins: joins.length === 0 ? [] : await sign(joins, bytes('join')),
  };
}

const LOCK = {
  key: asKey('package/a'),
  version: asVersion(1),
  digest: asDigest('7'.repeat(64)),
  round: asRound(1),
};

async function reportOf(author: number, change: Change, withLock: boolean): Promise<Report> {
  const polkas = withLock
    ? await Promise.all([0, 1, 2].map((i) => makeVote(network, i, 'PRE-COMMIT', LOCK)))
    : [];
  const body = {
    epoch: epoch.digest,
    change: changeDigest(hash, change),
    root: ROOT,
    locks: withLock ? [LOCK] : [],
  };
  const signed = await countersign(network.signers[author]!, reportBytes(epoch.network, body));
  return { ...body, ...signed, author: asMemberIndex(author), polkas };
}

async function openingFor(change: Change, reporters = [0, 1, 2]): Promise<Opening> {
  return openingOf(await Promise.all(reporters.map((i) => reportOf(i, change, i === 1))));
}

async function certify(key: Certificate['key'], digest: Digest, signers = [0, 1, 2]): Promise<Certificate> {
  const vote = { key, version: asVersion(1), round: asRound(0), type: 'COMMIT' as const, digest };
  const groups = await sign(members(...signers), voteBytes(epoch.network, epoch.digest, vote));
  return { epoch: epoch.digest, key, version: vote.version, round: vote.round, digest, groups };
}

async function linkOf(value: ChangeValue, opening: Opening, signers = [0, 1, 2]): Promise<ChangeLink> {
  const change = valueBytes(null, encodeChangeValue(value));
  const opened = valueBytes(null, encodeOpening(opening));
  return {
    change,
    changeCertificate: await certify(CHANGE_KEY, hash(change), signers),
    opening: opened,
    openingCertificate: await certify(OPENING_KEY, hash(opened), signers),
  };
}

async function errorOf(value: ChangeValue, opening: Opening, signers = [0, 1, 2]): Promise<string | null> {
  const link = await linkOf(value, opening, signers);
  const found = await followLink([epoch], link, hash, createEpochSignatures(tools));
  return found.ok ? null : found.error.type;
}

describe('a link of the chain', () => {
  it('of a change that was approved, reported and certified leads to the next epoch', async () => {
    const change = changeOf();
    const link = await linkOf(await changeValue(change), await openingFor(change));
    const found = await followChain([epoch], [link], hash, createEpochSignatures(tools));
    if (!found.ok) throw new Error(found.error.message);
    const next = found.value.chain[1]!;
    expect(next.number).toBe(1);
    expect(next.digest).toBe(asEpochDigest(hash(link.opening)));
    expect(next.members).toEqual(change.members);
    expect(next.began!.root).toBe(ROOT);
    expect(found.value.links[0]).toMatchObject({ type: 'link', opening: { statements: [{}, {}] } });
  });

  it('may hold its approvals and reports as aggregates', async () => {
    const change = changeOf();
    const value = await changeValue(change);
    const digest = changeDigest(hash, change);
    const text = approvalBytes('approve', epoch.network, epoch.digest, digest);
    const approvals = aggregateSigners(value.approvals, text, epoch.members, bls);
    expect(approvals).toMatchObject([{ form: 'aggregate' }]);
    expect(await errorOf({ ...value, approvals }, await openingFor(change))).toBeNull();
  });

  it('with approvals of two of four, or one signed for another change, is refused', async () => {
    const change = changeOf();
    const opening = await openingFor(change);
    expect(await errorOf(await changeValue(change, members(0, 1)), opening)).toBe('link-change-invalid');
    const other = await changeValue(changeOf({ reason: 'something else' }));
    expect(await errorOf({ ...other, change }, opening)).toBe('link-signature-wrong');
  });

  it('that adds somebody who did not sign, or who holds no such key, is refused', async () => {
    const change = changeOf();
    expect(await errorOf(await changeValue(change, members(0, 1, 2), []), await openingFor(change))).toBe(
      'link-change-invalid',
    );
    const proof = network.genesis.members[0]!.proofOfPossession;
    const rogue = changeOf({
      members: [...change.members.slice(0, 3), { ...entry, proofOfPossession: proof }],
    });
    expect(await errorOf(await changeValue(rogue), await openingFor(rogue))).toBe('link-signature-wrong');
  });

  it('with too few reports, a lock without its polka, or a vote that nobody signed is refused', async () => {
    const change = changeOf();
    const value = await changeValue(change);
    expect(await errorOf(value, await openingFor(change, [0, 1]))).toBe('link-opening-invalid');
    const opening = await openingFor(change);
    expect(await errorOf(value, { ...opening, polkas: opening.polkas.slice(1) })).toBe(
      'link-opening-invalid',
    );
    const [first, ...rest] = opening.polkas;
    const forged = { ...first!, signature: first!.signature.map((byte) => byte ^ 1) };
    expect(await errorOf(value, { ...opening, polkas: [forged, ...rest] })).toBe('link-signature-wrong');
  });

  it('whose certificate has too few signers, or whose reports are about another change, is refused', async () => {
    const change = changeOf();
    const value = await changeValue(change);
    expect(await errorOf(value, await openingFor(change), [0, 1])).toBe('link-certificate-wrong');
    expect(await errorOf(value, await openingFor(changeOf({ reason: 'another' })))).toBe(
      'link-opening-invalid',
    );
  });

  it('of another epoch does not follow', async () => {
    const change = changeOf();
    const link = await linkOf(await changeValue(change), await openingFor(change));
    const later = { ...epoch, number: 1, digest: asEpochDigest('9'.repeat(64)) };
    const found = await followLink([epoch, later], link, hash, createEpochSignatures(tools));
    expect(found).toMatchObject({ ok: false, error: { type: 'link-wrong-place' } });
  });
});

describe('approvals and reports by themselves', () => {
  it('count with the key of the place that they name, for the epoch that they name', async () => {
    const change = changeOf();
    const digest = changeDigest(hash, change);
    const text = approvalBytes('approve', epoch.network, epoch.digest, digest);
    const signed = await countersign(network.signers[1]!, text);
    const approval = {
      kind: 'approve' as const,
      epoch: epoch.digest,
      change: digest,
      author: asMemberIndex(1),
      ...signed,
    };
    expect(await checkApproval(approval, epoch, change.members, tools)).toBe(true);
    expect(await checkApproval({ ...approval, author: asMemberIndex(2) }, epoch, change.members, tools)).toBe(
      false,
    );
    expect(await checkApproval({ ...approval, kind: 'join' }, epoch, change.members, tools)).toBe(false);
    const later = { ...epoch, digest: asEpochDigest('9'.repeat(64)) };
    expect(await checkApproval({ ...approval, epoch: later.digest }, later, change.members, tools)).toBe(
      false,
    );
  });

  it('a report whose polka was forged is wrong', async () => {
    const report = await reportOf(1, changeOf(), true);
    expect(await checkReport(report, epoch, tools)).toBe(true);
    const polkas = report.polkas.map((vote, i) => (i === 0 ? { ...vote, author: asMemberIndex(3) } : vote));
    expect(await checkReport({ ...report, polkas }, epoch, tools)).toBe(false);
    expect(await checkReport({ ...report, root: asDigest('6'.repeat(64)) }, epoch, tools)).toBe(false);
  });
});
