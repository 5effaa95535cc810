import { beforeAll, describe, expect, it } from 'vitest';
import { asDigest, asMemberIndex, asRound, type EpochDigest } from '../../src/codec/brand.ts';
import {
  certificateSigners,
  membersBitmap,
  type AggregateGroup,
  type Certificate,
  type CertificateGroup,
  type Vote,
} from '../../src/codec/vote.ts';
import { createMclBls } from '../../src/crypto/bls-mcl.ts';
import {
  aggregateCertificate,
  checkCertificate,
  checkCertificates,
  checkShare,
  checkVote,
  type CertificateTools,
} from '../../src/crypto/certificates.ts';
import { createEd25519 } from '../../src/crypto/ed25519.ts';
import type { Bls, Ed25519 } from '../../src/crypto/types.ts';
import { certificateOf, makeBadShareVote, makeNetwork, makeVote, type Network } from './fixture.ts';
import { infinity, negated, strayG1, withStrayComponent } from './points.ts';

let bls: Bls;
let ed25519: Ed25519;
let tools: CertificateTools;
let network: Network;
let commits: Vote[];

beforeAll(async () => {
  bls = await createMclBls();
  ed25519 = await createEd25519();
  tools = { bls, ed25519 };
  network = await makeNetwork(bls, 10);
  commits = await Promise.all(network.signers.map((_, i) => makeVote(network, i, 'COMMIT')));
});

const check = (certificate: Certificate): Promise<boolean> =>
  checkCertificate(certificate, network.epoch, tools);
const aggregated = (votes: readonly Vote[]): Certificate =>
  aggregateCertificate(certificateOf(votes), network.epoch, bls).certificate;
const withGroups = (groups: readonly CertificateGroup[]): Certificate => ({
  ...certificateOf(commits),
  groups,
});
const aggregateOf = (votes: readonly Vote[]): AggregateGroup => aggregated(votes).groups[0] as AggregateGroup;
const votesGroup = (votes: readonly Vote[]): CertificateGroup => certificateOf(votes).groups[0]!;

describe('checking a vote', () => {
  it('accepts both kinds from an honest member', async () => {
    expect(await checkVote(commits[2]!, network.epoch, ed25519)).toBe(true);
    expect(await checkVote(await makeVote(network, 2, 'PRE-COMMIT'), network.epoch, ed25519)).toBe(true);
    expect(checkShare(commits[2]!, network.epoch, bls)).toBe(true);
  });

  it('refuses a vote that was changed in any field that it signs', async () => {
    const vote = commits[2]!;
    const changes: Partial<Vote>[] = [
      { author: asMemberIndex(3) },
      { author: asMemberIndex(10) },
      { author: asMemberIndex(-1) },
      { author: asMemberIndex(1.5) },
      { round: asRound(1) },
      { version: 4 as Vote['version'] },
      { key: 'package/2' as Vote['key'] },
      { digest: asDigest('cd'.repeat(32)) },
      { epoch: '11'.repeat(32) as EpochDigest },
      { type: 'PRE-COMMIT' },
      { share: commits[3]!.share! },
      { share: vote.share!.subarray(0, 47) },
      { signature: vote.signature.subarray(0, 63) },
    ];
    for (const change of changes) {
      expect(await checkVote({ ...vote, ...change }, network.epoch, ed25519), Object.keys(change)[0]).toBe(
        false,
      );
    }
  });

  it('a COMMIT without a share and a PRE-COMMIT with one are refused', async () => {
    const { share: _share, ...bare } = commits[0]!;
    expect(await checkVote(bare, network.epoch, ed25519)).toBe(false);
    const preCommit = await makeVote(network, 0, 'PRE-COMMIT');
    expect(await checkVote({ ...preCommit, share: commits[0]!.share! }, network.epoch, ed25519)).toBe(false);
    expect(await checkVote({ ...preCommit, type: 'COMMIT' }, network.epoch, ed25519)).toBe(false);
  });

  it('a vote of another network or epoch is no vote here', async () => {
    const elsewhere = { ...network.epoch, network: '22'.repeat(32) as typeof network.epoch.network };
    expect(await checkVote(commits[0]!, elsewhere, ed25519)).toBe(false);
  });

  it('a bad share passes as a vote, since it convicts its author', async () => {
    const vote = await makeBadShareVote(network, 1);
    expect(await checkVote(vote, network.epoch, ed25519)).toBe(true);
    expect(checkShare(vote, network.epoch, bls)).toBe(false);
  });
});

describe('aggregating', () => {
  it('q votes become one signature and a bitmap', async () => {
    const { certificate, badShares } = aggregateCertificate(
      certificateOf(commits.slice(0, 7)),
      network.epoch,
      bls,
    );
    expect(badShares).toEqual([]);
    expect(certificate.groups).toHaveLength(1);
    expect(certificate.groups[0]).toMatchObject({ form: 'aggregate', signers: Uint8Array.of(0x7f, 0) });
    expect(certificateSigners(certificate)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(await check(certificate)).toBe(true);
  });

  it('bad shares are found, named, and their votes kept, so that the certificate stands', async () => {
    for (const bad of [[0], [6], [1, 4], [0, 1, 2, 3, 4, 5, 6]]) {
      const votes = await Promise.all(
        commits
          .slice(0, 7)
          .map((vote, i) => (bad.includes(i) ? makeBadShareVote(network, i) : Promise.resolve(vote))),
      );
      const { certificate, badShares } = aggregateCertificate(certificateOf(votes), network.epoch, bls);
      expect(badShares).toEqual(bad);
      expect(certificateSigners(certificate)).toHaveLength(7);
      expect(certificate.groups.map((group) => group.form)).toEqual(
        bad.length === 7 ? ['votes'] : ['aggregate', 'votes'],
      );
      expect(await check(certificate)).toBe(true);
    }
  });

  it('shares that are infinite, off the curve or outside the subgroup do not spoil the others', async () => {
    const good = commits[1]!.share!;
    for (const share of [infinity(48), new Uint8Array(48), strayG1(), withStrayComponent(good)]) {
      const votes = [commits[0]!, await makeBadShareVote(network, 1, share), ...commits.slice(2, 7)];
      const { certificate, badShares } = aggregateCertificate(certificateOf(votes), network.epoch, bls);
      expect(badShares).toEqual([1]);
      expect(await check(certificate)).toBe(true);
    }
  });

  it('two bad shares that cancel do no harm', async () => {
    const delta = network.signers[0]!.signShare(new Uint8Array([7]));
    const shares = [
      bls.aggregate([commits[0]!.share!, delta])!,
      bls.aggregate([commits[1]!.share!, negated(delta)])!,
    ];
    const votes = [
      await makeBadShareVote(network, 0, shares[0]),
      await makeBadShareVote(network, 1, shares[1]),
      ...commits.slice(2, 7),
    ];
    const { certificate } = aggregateCertificate(certificateOf(votes), network.epoch, bls);
    expect(certificate.groups).toHaveLength(1);
    expect(await check(certificate)).toBe(true);
  });

  it('votes join an aggregate that is already there without counting anybody twice', async () => {
    const mixed = withGroups([aggregateOf(commits.slice(0, 4)), votesGroup(commits.slice(2, 7))]);
    const { certificate } = aggregateCertificate(mixed, network.epoch, bls);
    expect(certificate.groups.map((group) => group.form)).toEqual(['aggregate', 'aggregate']);
    expect(certificateSigners(certificate)).toHaveLength(7);
    expect(await check(certificate)).toBe(true);
  });
});

describe('checking a certificate', () => {
  it('accepts votes, an aggregate, and any mix with q distinct signers', async () => {
    expect(await check(certificateOf(commits.slice(0, 7)))).toBe(true);
    expect(await check(aggregated(commits))).toBe(true);
    expect(await check(withGroups([aggregateOf(commits.slice(0, 3)), votesGroup(commits.slice(3, 7))]))).toBe(
      true,
    );
    expect(
      await check(withGroups([aggregateOf(commits.slice(0, 5)), aggregateOf(commits.slice(3, 7))])),
    ).toBe(true);
  });

  it('q - 1 members are not a quorum, however often they are listed', async () => {
    expect(await check(certificateOf(commits.slice(0, 6)))).toBe(false);
    expect(await check(aggregated(commits.slice(0, 6)))).toBe(false);
    const six = commits.slice(0, 6);
    expect(await check(withGroups([aggregateOf(six), votesGroup(six), aggregateOf(six.slice(2))]))).toBe(
      false,
    );
    expect(await check(withGroups([votesGroup([...six, six[0]!])]))).toBe(false);
  });

  it('a bitmap that claims others than those who signed is refused', async () => {
    const group = aggregateOf(commits.slice(0, 7));
    const claim = (signers: Uint8Array): Promise<boolean> => check(withGroups([{ ...group, signers }]));
    expect(await claim(group.signers)).toBe(true);
    expect(await claim(membersBitmap([0, 1, 2, 3, 4, 5, 7].map(asMemberIndex), 10))).toBe(false);
    expect(await claim(membersBitmap([0, 1, 2, 3, 4, 5, 6, 7].map(asMemberIndex), 10))).toBe(false);
  });

  it('a bitmap of a wrong length, with bits beyond n, or empty is refused', async () => {
    const group = aggregateOf(commits.slice(0, 7));
    const claim = (signers: Uint8Array): Promise<boolean> => check(withGroups([{ ...group, signers }]));
    expect(await claim(Uint8Array.of(0x7f))).toBe(false);
    expect(await claim(Uint8Array.of(0x7f, 0, 0))).toBe(false);
    expect(await claim(Uint8Array.of(0x7f, 0x04))).toBe(false);
    expect(await claim(Uint8Array.of(0x7f, 0x80))).toBe(false);
    expect(await check(withGroups([group, { ...group, signers: Uint8Array.of(0, 0) }]))).toBe(false);
    expect(await check(withGroups([group, { form: 'votes', votes: [] }]))).toBe(false);
    expect(await check(withGroups([]))).toBe(false);
    expect(await check(withGroups(Array.from({ length: 9 }, () => group)))).toBe(false);
  });

  it('one bad group spoils the certificate, even beside a quorum', async () => {
    const good = aggregateOf(commits.slice(0, 7));
    const foreign = { ...good, signature: negated(good.signature) };
    expect(await check(withGroups([good, foreign]))).toBe(false);
    expect(await check(withGroups([good, { ...good, signature: infinity(48) }]))).toBe(false);
    const wrong = { ...commits[8]!, signature: commits[7]!.signature };
    expect(await check(withGroups([good, votesGroup([wrong])]))).toBe(false);
    expect(await check(withGroups([good, votesGroup([{ ...commits[8]!, author: asMemberIndex(10) }])]))).toBe(
      false,
    );
  });

  it('another value, round or epoch than the signed one is refused', async () => {
    const good = aggregated(commits.slice(0, 7));
    expect(await check({ ...good, digest: asDigest('cd'.repeat(32)) })).toBe(false);
    expect(await check({ ...good, round: asRound(1) })).toBe(false);
    expect(await check({ ...good, epoch: '11'.repeat(32) as EpochDigest })).toBe(false);
  });

  it('PRE-COMMIT signatures never make a certificate', async () => {
    const votes = await Promise.all(network.signers.map((_, i) => makeVote(network, i, 'PRE-COMMIT')));
    const dressed = votes.map((vote, i) => ({ ...vote, share: commits[i]!.share! }));
    expect(await check(certificateOf(dressed))).toBe(false);
  });

  it('many certificates together get the verdict that each gets alone', async () => {
    const certificates: Certificate[] = [];
    for (let i = 0; i < 6; i++) {
      const votes = await Promise.all(
        network.signers
          .slice(0, 7)
          .map((_, at) => makeVote(network, at, 'COMMIT', { key: `package/${i}` as Vote['key'] })),
      );
      certificates.push(aggregated(votes));
    }
    expect(await checkCertificates(certificates, network.epoch, tools)).toEqual(Array(6).fill(true));
    const spoiled = certificates.map((certificate, i) =>
      i === 1 || i === 4 ? { ...certificate, digest: asDigest('cd'.repeat(32)) } : certificate,
    );
    expect(await checkCertificates(spoiled, network.epoch, tools)).toEqual([
      true,
      false,
      true,
      true,
      false,
      true,
    ]);
    expect(await checkCertificates([], network.epoch, tools)).toEqual([]);
    expect(await checkCertificates(certificates, network.epoch, { ...tools, quorum: 8 })).toEqual(
      Array(6).fill(false),
    );
  });
});
