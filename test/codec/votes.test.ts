import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entryListOf, listOf } from '../../src/codec/batch.ts';
import {
  asDigest,
  asKey,
  asMemberIndex,
  asRound,
  asVersion,
  toHex,
  type EpochDigest,
} from '../../src/codec/brand.ts';
import { encode, type CborValue } from '../../src/codec/cbor.ts';
import { MAX_BATCH_ENTRIES, MAX_VOTES_PER_MESSAGE } from '../../src/codec/limits.ts';
import { decodeMessage, encodeMessage } from '../../src/codec/messages.ts';
import type { Vote, VoteType } from '../../src/codec/vote.ts';
import { pagesOfVotes, vote as readVote, voteFields, votesFields } from '../../src/codec/votes.ts';

const EPOCH = 'e0'.repeat(32) as EpochDigest;
const bytes = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (seed * 31 + i * 7) & 0xff);
const digestOf = (n: number): ReturnType<typeof asDigest> => asDigest(toHex(bytes(32, n)));

function voteOf(
  name: string,
  value: number,
  round: number,
  type: VoteType,
  author: number,
  version = 1,
): Vote {
  const seed = author * 7 + round * 3 + value;
  return {
    key: asKey(name),
    version: asVersion(version),
    round: asRound(round),
    type,
    digest: digestOf(value),
    epoch: EPOCH,
    author: asMemberIndex(author),
    signature: bytes(64, seed),
    ...(type === 'COMMIT' && { share: bytes(48, seed + 1) }),
  };
}

const batchOf = (names: readonly string[]): ReturnType<typeof entryListOf> =>
  entryListOf(
    names.map((name) => ({ key: asKey(name), version: asVersion(1), digest: digestOf(name.length) })),
  );

function batchVotes(
  list: ReturnType<typeof entryListOf>,
  round: number,
  type: VoteType,
  author: number,
): Vote[] {
  const signature = bytes(64, author + round);
  const share = bytes(48, author + round + 1);
  return list.entries.map((entry, i) => ({
    ...entry,
    ...{ round: asRound(round), type, epoch: EPOCH, author: asMemberIndex(author), signature },
    ...(type === 'COMMIT' && { share }),
    batch: list.inclusions[i]!,
  }));
}

/** Without the list behind it, as after a restart. */
const withPath = (vote: Vote): Vote => ({ ...vote, batch: { ...vote.batch! } });

const nameOf = ({ key, version, round, type, digest, author, signature, share, batch }: Vote): string =>
  [
    key,
    version,
    round,
    type,
    digest,
    author,
    toHex(signature),
    share && toHex(share),
    batch && JSON.stringify({ ...batch, path: toHex(batch.path) }),
  ].join('|');
const sorted = (votes: readonly Vote[]): string[] => votes.map(nameOf).sort();

const message = (votes: readonly Vote[]): Uint8Array =>
  encodeMessage({ type: 'votes', epoch: EPOCH, votes, values: [] });
const read = (sent: Uint8Array): readonly Vote[] => {
  const decoded = decodeMessage(sent);
  if (!decoded.ok || decoded.value.type !== 'votes') throw new Error(JSON.stringify(decoded));
  return decoded.value.votes;
};
const raw = (groups: CborValue): Uint8Array => encode([1, new Uint8Array(32).fill(0xe0), groups, []]);
const refusal = (groups: CborValue): string => {
  const decoded = decodeMessage(raw(groups));
  return decoded.ok ? 'accepted' : decoded.error.message;
};

const type = fc.constantFrom<VoteType>('PRE-COMMIT', 'COMMIT');
const single = fc
  .tuple(
    fc.constantFrom('a', 'b', 'a b', 'package/040123450000001112'),
    fc.nat(3),
    fc.nat(3),
    type,
    fc.nat(999),
    fc.integer({ min: 1, max: 3 }),
  )
  .map(([name, value, round, of, author, version]) => voteOf(name, value, round, of, author, version));
const batch = fc
  .tuple(
    fc.uniqueArray(fc.constantFrom('a', 'bb', 'ccc', 'dddd', 'eeeee', 'f'), { minLength: 2 }),
    fc.nat(2),
    type,
    fc.nat(999),
    fc.boolean(),
    fc.nat(2),
  )
  .map(([names, round, of, author, whole, leave]) => {
    const votes = batchVotes(batchOf([...names].sort()), round, of, author);
    return whole ? votes : votes.slice(Math.min(leave, votes.length - 1)).map(withPath);
  });

describe('votes in a message', () => {
  it('come back as they were, each once in one form, whatever their forms and order', () => {
    fc.assert(
      fc.property(
        fc.array(single, { maxLength: 40 }),
        fc.array(batch, { maxLength: 4 }),
        (singles, batches) => {
          const votes = [...new Map([...singles, ...batches.flat()].map((v) => [nameOf(v), v])).values()];
          // One author signs one text once; what a second signature adds is dropped.
          const slots = new Map(
            [...votes]
              .reverse()
              .map((v) => [nameOf({ ...v, signature: new Uint8Array(), share: undefined } as Vote), v]),
          );
          fc.pre(slots.size === votes.length);
          // A batch whose list goes along brings votes that stand there singly as well.
          expect([...new Set(sorted(read(message(votes))))]).toEqual(sorted(votes));
        },
      ),
    );
  });

  it('have one encoding: what was read is written byte for byte as it came, in any order', () => {
    fc.assert(
      fc.property(
        fc.array(single, { maxLength: 30 }),
        fc.array(batch, { maxLength: 3 }),
        fc.nat(1000),
        (a, b, turn) => {
          const votes = [...a, ...b.flat()];
          const once = read(message(votes));
          const at = once.length === 0 ? 0 : turn % once.length;
          const rotated = [...once.slice(at), ...once.slice(0, at)];
          expect(toHex(message(rotated))).toBe(toHex(message(once)));
          expect(toHex(message(read(message(once))))).toBe(toHex(message(once)));
        },
      ),
    );
  });

  it('cost 64 bytes each, or 112, beside what they share', () => {
    const quorum = Array.from({ length: 67 }, (_, author) =>
      voteOf('package/040123450000001112', 1, 0, 'PRE-COMMIT', author),
    );
    expect(message(quorum).length).toBeLessThan(67 * 64 + 180);
    const commits = Array.from({ length: 67 }, (_, author) =>
      voteOf('package/040123450000001112', 1, 0, 'COMMIT', author),
    );
    expect(message(commits).length).toBeLessThan(67 * 112 + 180);
    const list = batchOf(Array.from({ length: 100 }, (_, i) => `package/${String(i).padStart(18, '0')}`));
    const one = message(batchVotes(list, 0, 'COMMIT', 1)).length;
    const four = message([0, 1, 2, 3].flatMap((author) => batchVotes(list, 0, 'COMMIT', author))).length;
    expect(four - one).toBeLessThan(3 * 112 + 20);
  });

  it('of one batch signature share it and the list, so that it is checked once', () => {
    const list = batchOf(['a', 'bb', 'ccc']);
    const votes = read(message(batchVotes(list, 1, 'COMMIT', 5)));
    expect(new Set(votes.map((v) => v.signature)).size).toBe(1);
    expect(new Set(votes.map((v) => v.share)).size).toBe(1);
    expect(votes.every((v) => listOf(v.batch!)?.root === list.root)).toBe(true);
  });

  it('of a batch travel with a path each when few of them go, and are the same votes', () => {
    const list = batchOf(Array.from({ length: 40 }, (_, i) => `k${i + 100}`));
    const few = batchVotes(list, 0, 'PRE-COMMIT', 2).slice(3, 6);
    expect(sorted(read(message(few)))).toEqual(sorted(few));
  });

  it('never grow over the limit because a batch brings votes that were not given', () => {
    const lists = Array.from({ length: 40 }, (_, n) =>
      batchOf(Array.from({ length: 256 }, (_, i) => `k${n}-${i + 100}`)),
    );
    const votes = lists.flatMap((list) => batchVotes(list, 0, 'PRE-COMMIT', 2).slice(0, 100));
    expect(read(message(votes)).length).toBeLessThanOrEqual(MAX_VOTES_PER_MESSAGE);
  });

  it('that are too many for one message go in pages that each can be read', () => {
    const list = batchOf(Array.from({ length: 200 }, (_, i) => `k${i + 1000}`));
    const votes = Array.from({ length: 50 }, (_, author) => batchVotes(list, 0, 'COMMIT', author)).flat();
    const pages = pagesOfVotes(votes);
    expect(pages.flat()).toEqual(votes);
    const back = pages.flatMap((page) => read(message(page)));
    expect(new Set(sorted(back))).toEqual(new Set(sorted(votes)));
    for (const page of pages) expect(message(page.map(withPath)).length).toBeLessThan(1024 * 1024);
  });

  it('by themselves, in evidence, keep their path', () => {
    const [one] = batchVotes(batchOf(['a', 'bb']), 0, 'COMMIT', 1);
    expect(nameOf(readVote(voteFields(one!), EPOCH))).toBe(nameOf(one!));
  });
});

describe('malformed votes are refused:', () => {
  const list = batchOf(['a', 'bb', 'ccc']);
  const [plain] = votesFields([voteOf('a', 1, 0, 'PRE-COMMIT', 1)]) as CborValue[][];
  const [both] = votesFields([
    voteOf('a', 1, 0, 'PRE-COMMIT', 1),
    voteOf('a', 1, 0, 'PRE-COMMIT', 9),
    voteOf('a', 1, 0, 'COMMIT', 1),
  ]) as CborValue[][];
  const [whole] = votesFields(batchVotes(list, 0, 'COMMIT', 2)) as CborValue[][];
  const [path] = votesFields([withPath(batchVotes(list, 0, 'COMMIT', 2)[2]!)]) as CborValue[][];
  const change = (group: CborValue[], at: number, to: CborValue): CborValue =>
    group.map((f, i) => (i === at ? to : f));
  const slots = (of: CborValue[]): CborValue[][] => of.at(-1) as CborValue[][];
  const signature = bytes(64, 1);
  const share = bytes(48, 1);
  const entries = whole![1] as CborValue[][];
  const inclusion = path![4] as CborValue[];

  it('the groups that are changed below are accepted as they are', () => {
    for (const group of [plain!, both!, whole!, path!]) expect(refusal([group])).toBe('accepted');
  });

  const two = votesFields([
    voteOf('a', 1, 0, 'PRE-COMMIT', 1),
    voteOf('b', 2, 0, 'PRE-COMMIT', 1),
  ]) as CborValue[][];
  it.each<[string, CborValue]>([
    ['groups that descend', [...two].reverse()],
    ['a group twice', [plain!, plain!]],
    ['an unknown form', [change(plain!, 0, 3)]],
    ['a missing field', [plain!.slice(0, 4)]],
    ['a field too many', [[...plain!, 0]]],
    ['version 0', [change(plain!, 2, 0)]],
    ['an empty key', [change(plain!, 1, '')]],
    ['a short digest', [change(plain!, 3, bytes(31, 1))]],
    ['no slots', [change(plain!, 4, [])]],
    ['slots that descend', [change(both!, 4, [...slots(both!)].reverse())]],
    ['a slot twice', [change(plain!, 4, [...slots(plain!), ...slots(plain!)])]],
    ['a round that is no whole number', [change(plain!, 4, [[0.5, 1, signature]])]],
    ['a negative round', [change(plain!, 4, [[-2, 1, signature]])]],
    ['a PRE-COMMIT with a share', [change(plain!, 4, [[0, 1, signature, share]])]],
    ['a COMMIT without one', [change(plain!, 4, [[1, 1, signature]])]],
    ['an author beyond the limit', [change(plain!, 4, [[0, 1000, signature]])]],
    ['one author as a bitmap', [change(plain!, 4, [[0, Uint8Array.of(2), signature]])]],
    ['no author', [change(plain!, 4, [[0, new Uint8Array(), new Uint8Array()]])]],
    ['a bitmap with zero bytes at its end', [change(plain!, 4, [[0, Uint8Array.of(3, 0), bytes(128, 1)]])]],
    [
      'a bitmap that is too long',
      [change(plain!, 4, [[0, new Uint8Array(126).fill(1), bytes(64 * 126, 1)]])],
    ],
    ['fewer signatures than authors', [change(plain!, 4, [[0, Uint8Array.of(3), signature]])]],
    ['more signatures than authors', [change(plain!, 4, [[0, 1, bytes(128, 1)]])]],
    ['fewer shares than authors', [change(plain!, 4, [[1, Uint8Array.of(3), bytes(128, 1), share]])]],
    ['a batch of one entry', [change(whole!, 1, entries.slice(0, 1))]],
    ['a batch of none', [change(whole!, 1, [])]],
    ['a batch with a key twice', [change(whole!, 1, [entries[0]!, entries[0]!, entries[1]!])]],
    ['a batch that is not sorted', [change(whole!, 1, [...entries].reverse())]],
    ['an entry with a field too few', [change(whole!, 1, [entries[0]!.slice(0, 2), entries[1]!])]],
    [
      'a batch that is too long',
      [
        change(
          whole!,
          1,
          Array.from({ length: MAX_BATCH_ENTRIES + 1 }, (_, i) => [`k${i + 1000}`, 1, bytes(32, 1)]),
        ),
      ],
    ],
    ['a path that is too short', [change(path!, 4, change(inclusion, 3, new Uint8Array()))]],
    ['a path that is too long', [change(path!, 4, change(inclusion, 3, bytes(64, 1)))]],
    ['a place outside of the batch', [change(path!, 4, change(inclusion, 2, 3))]],
    ['a batch of size one', [change(path!, 4, [inclusion[0]!, 1, 0, new Uint8Array()])]],
    ['a size beyond the limit', [change(path!, 4, change(inclusion, 1, MAX_BATCH_ENTRIES + 1))]],
    ['a short root', [change(path!, 4, change(inclusion, 0, bytes(31, 1)))]],
    ['no list', { votes: 1 }],
  ])('%s', (_, groups) => {
    expect(refusal(groups)).not.toBe('accepted');
  });

  it('batches whose votes are more than a message may hold', () => {
    const long = batchOf(Array.from({ length: 256 }, (_, i) => `k${i + 1000}`));
    const [one] = votesFields(batchVotes(long, 0, 'PRE-COMMIT', 1)) as CborValue[][];
    const authors = new Uint8Array(3).fill(0xff);
    expect(refusal([change(one!, 2, [[0, authors.subarray(0, 2), bytes(64 * 16, 1)]])])).toBe('accepted');
    expect(refusal([change(one!, 2, [[0, authors, bytes(64 * 24, 1)]])])).toContain('votes');
  });
});
