import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  entryListOf,
  isIncluded,
  isInclusionShape,
  pathBytes,
  type EntryList,
  type Inclusion,
} from '../../src/codec/batch.ts';
import { asDigest, asKey, asMemberIndex, asRound, asVersion, toHex } from '../../src/codec/brand.ts';
import { MAX_BATCH_ENTRIES } from '../../src/codec/limits.ts';
import {
  certificateSigners,
  votesGroups,
  type Certificate,
  type Vote,
  type VoteBody,
} from '../../src/codec/vote.ts';
import { createBls } from '../../src/crypto/bls.ts';
import {
  aggregateCertificate,
  checkCertificate,
  checkCertificates,
  checkShare,
  checkVote,
} from '../../src/crypto/certificates.ts';
import { batchBytes, commitBytes, voteBytes } from '../../src/crypto/domains.ts';
import { createEd25519 } from '../../src/crypto/ed25519.ts';
import type { Bls, Ed25519 } from '../../src/crypto/types.ts';
import { BODY, makeNetwork, makeVote, type Network } from './fixture.ts';

const listOfSize = (size: number, seed = 0): EntryList =>
  entryListOf(
    Array.from({ length: size }, (_, i) => ({
      key: asKey(`key/${String(i).padStart(4, '0')}`),
      version: asVersion(1 + ((i + seed) % 3)),
      digest: asDigest(toHex(new Uint8Array(32).fill(i + seed))),
    })),
  );
/** As it comes from elsewhere: nothing is known of the list. */
const alone = ({ root, size, index, path }: Inclusion): Inclusion => ({
  root,
  size,
  index,
  path: path.slice(),
});

let bls: Bls;
let ed25519: Ed25519;
let network: Network;
let checks = 0;
let pairings = 0;
beforeAll(async () => {
  const real = { bls: await createBls(), ed25519: await createEd25519() };
  network = await makeNetwork(real.bls, 4);
  ed25519 = {
    ...real.ed25519,
    verify: (...args) => {
      checks++;
      return real.ed25519.verify(...args);
    },
  };
  const counted = <T>(value: T): T => {
    pairings++;
    return value;
  };
  bls = {
    ...real.bls,
    verifyAggregate: (...args) => counted(real.bls.verifyAggregate(...args)),
    verifyMany: (...args) => counted(real.bls.verifyMany(...args)),
  };
});

/** One batch signature of a member: its votes for every entry. `share`: another than the right one. */
async function sign(
  list: EntryList,
  author: number,
  type: VoteBody['type'],
  share?: Uint8Array,
  round = 0,
): Promise<Vote[]> {
  const { epoch, signers } = network;
  const slot = { round: asRound(round), type };
  const bytes = batchBytes(epoch.network, epoch.epoch, slot, { root: list.root, size: list.entries.length });
  const signer = signers[author]!;
  const given = type === 'COMMIT' ? (share ?? signer.signShare(bytes)) : undefined;
  const signature = await signer.signEd25519(given ? commitBytes(bytes, given) : bytes);
  return list.entries.map((entry, i) => ({
    ...entry,
    ...slot,
    epoch: epoch.epoch,
    author: asMemberIndex(author),
    signature,
    ...(given && { share: given }),
    batch: list.inclusions[i]!,
  }));
}

function certificateFrom(votes: readonly Vote[]): Certificate {
  const { epoch, key, version, round, digest } = votes[0]!;
  return { epoch, key, version, round, digest, groups: votesGroups(votes) };
}

const certificatesOf = (lists: readonly (readonly Vote[])[]): Certificate[] =>
  lists[0]!.map((_, i) => certificateFrom(lists.map((votes) => votes[i]!)));

describe('a path', () => {
  it('leads from every entry to the root, for every size', () => {
    for (const size of [2, 3, 4, 5, 7, 8, 9, 31, 100, 255, MAX_BATCH_ENTRIES]) {
      const list = listOfSize(size);
      list.entries.forEach((entry, i) => {
        const inclusion = alone(list.inclusions[i]!);
        expect(isIncluded(entry, inclusion)).toBe(true);
        expect(inclusion.path.length).toBe(pathBytes(size, i));
        expect(inclusion.path.length).toBeLessThanOrEqual(32 * Math.ceil(Math.log2(size)));
      });
    }
  });

  it('leads from no other entry, place, size, root or path', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 70 }), fc.nat(), fc.nat(), fc.nat(255), (size, a, b, flip) => {
        const list = listOfSize(size);
        const index = a % size;
        const entry = list.entries[index]!;
        const right = alone(list.inclusions[index]!);
        const bad = (change: Partial<Inclusion>): boolean => isIncluded(entry, { ...right, ...change });
        expect(isIncluded({ ...entry, version: asVersion(entry.version + 1) }, right)).toBe(false);
        expect(isIncluded({ ...entry, digest: asDigest('00'.repeat(31) + 'fe') }, right)).toBe(false);
        expect(isIncluded({ ...entry, key: asKey('key/other') }, right)).toBe(false);
        const elsewhere = b % size;
        if (elsewhere !== index) expect(bad({ index: elsewhere })).toBe(false);
        expect(bad({ root: toHex(new Uint8Array(32)) })).toBe(false);
        expect(bad({ index: size })).toBe(false);
        expect(bad({ index: -1 })).toBe(false);
        expect(bad({ index: 0.5 })).toBe(false);
        const path = right.path.slice();
        path[flip % path.length]! ^= 1;
        expect(bad({ path })).toBe(false);
        expect(bad({ path: right.path.subarray(32) })).toBe(false);
        expect(bad({ path: new Uint8Array([...right.path, ...right.path.subarray(0, 32)]) })).toBe(false);
      }),
    );
  });

  it('of another size is another text, though the way to the root may be the same', () => {
    const list = listOfSize(5);
    const { epoch } = network;
    const slot = { round: asRound(0), type: 'COMMIT' as const };
    const five = batchBytes(epoch.network, epoch.epoch, slot, { root: list.root, size: 5 });
    const six = batchBytes(epoch.network, epoch.epoch, slot, { root: list.root, size: 6 });
    expect(toHex(five)).not.toBe(toHex(six));
  });

  it('with inner nodes in place of an entry is none: leaves and nodes are hashed apart', () => {
    const list = listOfSize(4);
    // The pair (0, 1) as a leaf of a batch of two with the same root would need an entry whose leaf is that node.
    const shorter = { root: list.root, size: 2, index: 0, path: list.inclusions[0]!.path.subarray(32) };
    expect(isInclusionShape(shorter)).toBe(true);
    for (const entry of list.entries) expect(isIncluded(entry, shorter)).toBe(false);
  });

  it.each([
    ['unsorted', [1, 0, 2]],
    ['with a key twice', [0, 0, 1]],
    ['of one entry', [0]],
    ['of none', []],
  ])('is never made for a list %s', (_, places) => {
    const { entries } = listOfSize(3);
    expect(() => entryListOf(places.map((at) => entries[at]!))).toThrow(RangeError);
  });
});

describe('votes of a batch', () => {
  it('hold, and cost one signature check together', async () => {
    const votes = await sign(listOfSize(20), 1, 'PRE-COMMIT');
    checks = 0;
    for (const vote of votes) expect(await checkVote(vote, network.epoch, ed25519)).toBe(true);
    expect(checks).toBe(1);
  });

  it('are checked again when their signature is another object, or stands in another vote', async () => {
    const [first, second] = await sign(listOfSize(3), 1, 'COMMIT');
    expect(await checkVote(first!, network.epoch, ed25519)).toBe(true);
    for (const change of [
      { author: asMemberIndex(2) },
      { round: asRound(1) },
      { type: 'PRE-COMMIT' as const },
      { share: network.signers[2]!.signShare(Uint8Array.of(1)) },
      { batch: { ...second!.batch!, size: 4 } },
      { batch: { ...second!.batch!, root: listOfSize(3, 1).root } },
      { batch: first!.batch! },
    ])
      expect(await checkVote({ ...second!, ...change }, network.epoch, ed25519)).toBe(false);
    const { batch: _, ...single } = second!;
    expect(await checkVote(single, network.epoch, ed25519)).toBe(false);
    const forged = second!.signature.slice();
    forged[5]! ^= 1;
    expect(await checkVote({ ...second!, signature: forged }, network.epoch, ed25519)).toBe(false);
    expect(await checkVote(second!, network.epoch, ed25519)).toBe(true);
  });

  it('are no signature of a single vote, nor the other way round', async () => {
    const vote = await makeVote(network, 0, 'PRE-COMMIT');
    const list = entryListOf([
      { key: asKey('a'), version: asVersion(1), digest: BODY.digest },
      { key: BODY.key, version: BODY.version, digest: BODY.digest },
    ]);
    expect(await checkVote({ ...vote, batch: list.inclusions[1]! }, network.epoch, ed25519)).toBe(false);
    const { epoch } = network;
    const texts = [
      voteBytes(epoch.network, epoch.epoch, { ...BODY, type: 'COMMIT' }),
      batchBytes(
        epoch.network,
        epoch.epoch,
        { round: BODY.round, type: 'COMMIT' },
        { root: list.root, size: 2 },
      ),
    ].map(toHex);
    expect(new Set(texts).size).toBe(2);
  });

  it('have a share over the root that can be checked alone', async () => {
    const list = listOfSize(3);
    const [vote] = await sign(list, 1, 'COMMIT');
    const [bad] = await sign(list, 1, 'COMMIT', network.signers[1]!.signShare(Uint8Array.of(1)));
    expect(checkShare(vote!, network.epoch, bls)).toBe(true);
    expect(checkShare(bad!, network.epoch, bls)).toBe(false);
    const { batch: _, ...single } = vote!;
    expect(checkShare(single, network.epoch, bls)).toBe(false);
  });
});

describe('certificates of a batch', () => {
  it('are aggregated with one pairing and checked with one', async () => {
    const list = listOfSize(30);
    const certificates = certificatesOf([
      await sign(list, 0, 'COMMIT'),
      await sign(list, 1, 'COMMIT'),
      await sign(list, 3, 'COMMIT'),
    ]);
    const shared = new Map();
    pairings = 0;
    const made = certificates.map((one) => aggregateCertificate(one, network.epoch, bls, shared));
    expect(pairings).toBe(1);
    expect(made.every(({ badShares }) => badShares.length === 0)).toBe(true);
    pairings = 0;
    const verdicts = await checkCertificates(
      made.map((one) => one.certificate),
      network.epoch,
      { bls, ed25519 },
    );
    expect(verdicts.every(Boolean)).toBe(true);
    expect(pairings).toBe(1);
  });

  it('in votes form are checked with one check a signature', async () => {
    const list = listOfSize(30);
    const certificates = certificatesOf([
      await sign(list, 0, 'COMMIT'),
      await sign(list, 1, 'COMMIT'),
      await sign(list, 3, 'COMMIT'),
    ]);
    checks = 0;
    expect((await checkCertificates(certificates, network.epoch, { bls, ed25519 })).every(Boolean)).toBe(
      true,
    );
    expect(checks).toBe(3);
  });

  it('may hold signatures over the root, over other roots and over the entry alone, together a quorum', async () => {
    const list = listOfSize(6);
    const other = entryListOf(list.entries.slice(1, 4));
    const [a, b] = [await sign(list, 0, 'COMMIT'), await sign(other, 1, 'COMMIT')];
    const entry = list.entries[2]!;
    const single = await makeVote(network, 2, 'COMMIT', { ...entry, round: asRound(0) });
    const certificate = certificateFrom([a[2]!, b[1]!, single]);
    expect(certificate.groups).toHaveLength(3);
    expect(await checkCertificate(certificate, network.epoch, { bls, ed25519 })).toBe(true);
    const made = aggregateCertificate(certificate, network.epoch, bls).certificate;
    expect(made.groups.map((g) => g.form)).toEqual(['aggregate', 'aggregate', 'aggregate']);
    expect(certificateSigners(made)).toEqual([0, 1, 2]);
    expect(await checkCertificate(made, network.epoch, { bls, ed25519 })).toBe(true);
    // The same member in two forms is one signer.
    const again = certificateFrom([
      a[2]!,
      b[1]!,
      await makeVote(network, 0, 'COMMIT', { ...entry, round: asRound(0) }),
    ]);
    expect(await checkCertificate(again, network.epoch, { bls, ed25519 })).toBe(false);
  });

  it('are refused for another entry, place, size, root or round than was signed', async () => {
    const list = listOfSize(6);
    const certificates = certificatesOf([
      await sign(list, 0, 'COMMIT'),
      await sign(list, 1, 'COMMIT'),
      await sign(list, 2, 'COMMIT'),
    ]);
    for (const form of ['votes', 'aggregate'] as const) {
      const [one, two] = certificates
        .slice(0, 2)
        .map((c) => (form === 'votes' ? c : aggregateCertificate(c, network.epoch, bls).certificate));
      const holds = (change: Partial<Certificate>): Promise<boolean> =>
        checkCertificate({ ...one!, ...change }, network.epoch, { bls, ed25519 });
      expect(await holds({})).toBe(true);
      expect(await holds({ digest: two!.digest })).toBe(false);
      expect(await holds({ key: two!.key })).toBe(false);
      expect(await holds({ version: asVersion(9) })).toBe(false);
      expect(await holds({ round: asRound(1) })).toBe(false);
      expect(await holds({ groups: two!.groups })).toBe(false);
      const [group] = one!.groups;
      const { batch, ...bare } = group!;
      expect(await holds({ groups: [bare as typeof group & object] })).toBe(false);
      expect(await holds({ groups: [{ ...group!, batch: { ...batch!, size: 7 } }] })).toBe(false);
      expect(await holds({ groups: [{ ...group!, batch: { ...batch!, index: 1 } }] })).toBe(false);
      expect(
        await holds({
          groups: [{ ...group!, batch: { ...batch!, path: new Uint8Array(batch!.path.length) } }],
        }),
      ).toBe(false);
    }
  });

  it('with a bad share become mixed, and one false certificate in a page spoils no other', async () => {
    const list = listOfSize(5);
    const bad = await sign(list, 1, 'COMMIT', network.signers[1]!.signShare(Uint8Array.of(7)));
    const certificates = certificatesOf([await sign(list, 0, 'COMMIT'), bad, await sign(list, 2, 'COMMIT')]);
    const made = certificates.map((one) => aggregateCertificate(one, network.epoch, bls));
    expect(made[3]!.badShares).toEqual([1]);
    expect(made[3]!.certificate.groups.map((g) => [g.form, g.batch?.root])).toEqual([
      ['aggregate', list.root],
      ['votes', list.root],
    ]);
    const page = made.map((one) => one.certificate);
    const [group] = page[2]!.groups;
    const false_ = {
      ...page[2]!,
      groups: [
        { ...group!, signature: network.signers[0]!.signShare(Uint8Array.of(1)) },
        page[2]!.groups[1]!,
      ],
    };
    const verdicts = await checkCertificates(
      [...page.slice(0, 2), false_ as Certificate, ...page.slice(3)],
      network.epoch,
      { bls, ed25519 },
    );
    expect(verdicts).toEqual([true, true, false, true, true]);
  });
});
