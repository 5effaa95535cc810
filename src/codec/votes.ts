/**
 * How votes travel. In a message they are grouped by what was signed, so that many votes for one value, or of one batch, share it:
 *
 * | form | fields | |
 * |---|---|---|
 * | 0 | key, version, digest, slots | votes for one value |
 * | 1 | [[key, version, digest]…], slots | a batch: each signature is over the root of the list and is a vote for every entry |
 * | 2 | key, version, digest, [root, size, index, path], slots | the same for one entry, where the list is not known |
 *
 * A slot is [2 · round + type, authors, signatures] (PRE-COMMIT, 0) or [2 · round + type, authors, signatures, shares] (COMMIT, 1). Authors:
 * one as its number, several as a bitmap without zero bytes at its end; signatures and shares in their order, end to end. Groups and slots
 * ascend, none is empty, nobody stands twice in a slot: one set of groups has one encoding.
 */
import {
  entryListOf,
  isEntryList,
  isInclusionShape,
  listOf,
  type BatchEntry,
  type EntryList,
  type Inclusion,
} from './batch.ts';
import { fromHex, toHex, type Digest, type EpochDigest, type MemberIndex, type Round } from './brand.ts';
import type { Version } from './brand.ts';
import type { CborValue } from './cbor.ts';
import { bytes, count, exactly, hex, key, list, Malformed } from './fields.ts';
import { MAX_BATCH_ENTRIES, MAX_COUNTER, MAX_MEMBERS, MAX_VOTES_PER_MESSAGE } from './limits.ts';
import { bitmapMembers, membersBitmap, type Vote, type VoteBody } from './vote.ts';

export const SIGNATURE_BYTES = 64;
export const SHARE_BYTES = 48;

/** One vote by itself, for evidence and answers to RESUME. */
export function voteFields(vote: Vote): CborValue {
  const { key: name, version, round, digest, author, signature, share, batch } = vote;
  const type = vote.type === 'COMMIT' ? 1 : 0;
  const fields: CborValue[] = [name, version, round, type, fromHex(digest), author, signature, share ?? null];
  return batch ? [...fields, inclusionFields(batch)] : fields;
}

/** Reads what `voteFields` wrote. @throws Malformed */
export function vote(value: CborValue | undefined, epoch: EpochDigest): Vote {
  const f = list(value, 9, 'vote');
  if (f.length < 8) throw new Malformed('a vote has 8 or 9 fields');
  if (f[3] !== 0 && f[3] !== 1) throw new Malformed('a vote is a PRE-COMMIT or a COMMIT');
  const base = {
    ...entry([f[0]!, f[1]!, f[4]!]),
    round: count(f[2]) as Round,
    type: typeOf(f[3]),
    epoch,
    author: count(f[5], MAX_MEMBERS - 1) as MemberIndex,
    signature: exactly(f[6], SIGNATURE_BYTES),
    ...(f.length === 9 && { batch: inclusion(f[8]) }),
  };
  if (base.type === 'COMMIT') return { ...base, share: exactly(f[7], SHARE_BYTES) };
  if (f[7] !== null) throw new Malformed('a PRE-COMMIT has no share');
  return base;
}

export function inclusionFields({ root, size, index, path }: Inclusion): CborValue {
  return [fromHex(root), size, index, path];
}

/** @throws Malformed */
export function inclusion(value: CborValue | undefined): Inclusion {
  const f = list(value, 4, 'inclusion');
  if (f.length !== 4) throw new Malformed('an inclusion has 4 fields');
  const found = {
    root: hex(f[0], 32),
    size: count(f[1], MAX_BATCH_ENTRIES),
    index: count(f[2], MAX_BATCH_ENTRIES),
    path: bytes(f[3], MAX_PATH_BYTES),
  };
  if (!isInclusionShape(found))
    throw new Malformed('size, index and path of an inclusion do not fit together');
  return found;
}

/** Groups of votes, all of one epoch. A vote that is there twice in one form goes once. */
export function votesFields(votes: readonly Vote[]): CborValue {
  const groups = new Map<string, Group>();
  const wholes = wholeBatches(votes);
  for (const one of votes) {
    const whole = one.batch && listOf(one.batch);
    const name = whole && wholes.has(batchSlotOf(one, whole)) ? listName(whole) : nameOf(one);
    let group = groups.get(name);
    if (!group) {
      const head: CborValue[] =
        whole && name === listName(whole)
          ? [1, whole.entries.map(entryFields)]
          : one.batch
            ? [2, ...entryFields(one), inclusionFields(one.batch)]
            : [0, ...entryFields(one)];
      group = { head, slots: new Map() };
      groups.set(name, group);
    }
    const step = one.round * 2 + (one.type === 'COMMIT' ? 1 : 0);
    const slot = group.slots.get(step) ?? new Map<MemberIndex, Vote>();
    group.slots.set(step, slot);
    if (!slot.has(one.author)) slot.set(one.author, one);
  }
  const names = [...groups.keys()].sort();
  return names.map((name) => {
    const { head, slots } = groups.get(name)!;
    const steps = [...slots.keys()].sort((a, b) => a - b);
    return [...head, steps.map((step) => slotFields(step, slots.get(step)!))];
  });
}

/** Reads what `votesFields` wrote; at most `most` votes, those of batches counted one by one. @throws Malformed */
export function readVotes(
  value: CborValue | undefined,
  epoch: EpochDigest,
  most = MAX_VOTES_PER_MESSAGE,
): Vote[] {
  const found: Vote[] = [];
  let before = '';
  for (const one of list(value, most, 'votes')) {
    const { name, members, slots } = group(one);
    if (name <= before) throw new Malformed('groups of votes ascend');
    before = name;
    for (const { round, type, authors, signatures, shares } of slots) {
      if (found.length + authors.length * members.length > most)
        throw new Malformed(`more than ${most} votes`);
      for (const [i, author] of authors.entries()) {
        // Copies, and one for all entries: whoever checks the signature knows it again by the object.
        const signature = signatures.slice(i * SIGNATURE_BYTES, (i + 1) * SIGNATURE_BYTES);
        const share = shares?.slice(i * SHARE_BYTES, (i + 1) * SHARE_BYTES);
        for (const { of, batch } of members) {
          const { key: voted, version, digest } = of;
          found.push({
            ...{ key: voted, version, round, type, digest, epoch, author, signature },
            ...(share && { share }),
            ...(batch && { batch }),
          });
        }
      }
    }
  }
  return found;
}

/**
 * Pages that one message can hold each, in the order given. Votes that carry their path count more: a page of them alone stays
 * below MAX_MESSAGE_BYTES with room for values.
 */
export function pagesOfVotes(votes: readonly Vote[]): Vote[][] {
  const pages: Vote[][] = [];
  let page: Vote[] = [];
  let weight = 0;
  for (const one of votes) {
    const more = one.batch ? PATH_WEIGHT : 1;
    if (page.length > 0 && weight + more > MAX_VOTES_PER_MESSAGE) {
      pages.push(page);
      page = [];
      weight = 0;
    }
    page.push(one);
    weight += more;
  }
  if (page.length > 0) pages.push(page);
  return pages;
}

/** A vote with its path has up to 500 bytes, one of a group 112. */
const PATH_WEIGHT = 2;
/** log2 of MAX_BATCH_ENTRIES digests. */
const MAX_PATH_BYTES = 32 * Math.ceil(Math.log2(MAX_BATCH_ENTRIES));

interface Group {
  readonly head: readonly CborValue[];
  readonly slots: Map<number, Map<MemberIndex, Vote>>;
}

interface ReadSlot {
  readonly round: Round;
  readonly type: VoteBody['type'];
  readonly authors: readonly MemberIndex[];
  readonly signatures: Uint8Array;
  readonly shares: Uint8Array | null;
}

interface ReadGroup {
  readonly name: string;
  readonly members: readonly { readonly of: BatchEntry; readonly batch: Inclusion | null }[];
  readonly slots: readonly ReadSlot[];
}

/**
 * Batch signatures that go with their whole list, by `batchSlotOf`: from a quarter of its votes on it is shorter than a path for each. The
 * receiver then gets votes of the same signatures that were not given here; together they stay within the limit.
 */
function wholeBatches(votes: readonly Vote[]): Set<string> {
  const counts = new Map<string, { list: EntryList; votes: number }>();
  for (const one of votes) {
    const whole = one.batch && listOf(one.batch);
    if (!whole) continue;
    const name = batchSlotOf(one, whole);
    const counted = counts.get(name) ?? { list: whole, votes: 0 };
    counted.votes++;
    counts.set(name, counted);
  }
  const found = new Set<string>();
  let room = MAX_VOTES_PER_MESSAGE - votes.length;
  for (const [name, { list: whole, votes: held }] of counts) {
    const more = Math.max(0, whole.entries.length - held);
    if (held * 4 < whole.entries.length || more > room) continue;
    room -= more;
    found.add(name);
  }
  return found;
}

const batchSlotOf = (vote: Vote, whole: EntryList): string =>
  `${whole.root} ${vote.round} ${vote.type} ${vote.author}`;

const listName = (whole: EntryList): string => `1 ${whole.root}`;

/** The key last: nothing else can hold a space. */
function nameOf(of: BatchEntry & { readonly batch?: Inclusion }): string {
  const { key: name, version, digest, batch } = of;
  if (!batch) return `0 ${digest} ${version} ${name}`;
  return `2 ${batch.root} ${batch.size} ${batch.index} ${toHex(batch.path)} ${digest} ${version} ${name}`;
}

const entryFields = ({ key: name, version, digest }: BatchEntry): CborValue[] => [
  name,
  version,
  fromHex(digest),
];

function slotFields(step: number, votes: ReadonlyMap<MemberIndex, Vote>): CborValue {
  const authors = [...votes.keys()].sort((a, b) => a - b);
  const sorted = authors.map((author) => votes.get(author)!);
  const who: CborValue = authors.length === 1 ? authors[0]! : membersBitmap(authors, authors.at(-1)! + 1);
  const fields: CborValue[] = [step, who, joined(sorted, SIGNATURE_BYTES, (v) => v.signature)];
  return step % 2 === 0 ? fields : [...fields, joined(sorted, SHARE_BYTES, (v) => v.share)];
}

function joined(
  votes: readonly Vote[],
  length: number,
  part: (vote: Vote) => Uint8Array | undefined,
): Uint8Array {
  const out = new Uint8Array(votes.length * length);
  votes.forEach((one, i) => {
    const found = part(one);
    if (found?.length !== length) throw new TypeError(`a vote has no part of ${length} bytes`);
    out.set(found, i * length);
  });
  return out;
}

function group(value: CborValue): ReadGroup {
  const f = list(value, 6, 'group of votes');
  switch (f[0]) {
    case 0: {
      if (f.length !== 5) throw new Malformed('a group of votes for one value has 5 fields');
      const of = entry(f.slice(1, 4));
      return { name: nameOf(of), members: [{ of, batch: null }], slots: slotsOf(f[4]) };
    }
    case 1: {
      if (f.length !== 3) throw new Malformed('a group of votes of one batch has 3 fields');
      const entries = list(f[1], MAX_BATCH_ENTRIES, 'entries').map((e) => entry(list(e, 3, 'entry')));
      if (!isEntryList(entries))
        throw new Malformed('entries of a batch are 2 or more, and their keys ascend');
      const slots = slotsOf(f[2]);
      const whole = entryListOf(entries);
      const members = whole.inclusions.map((batch, i) => ({ of: whole.entries[i]!, batch }));
      return { name: listName(whole), members, slots };
    }
    case 2: {
      if (f.length !== 6) throw new Malformed('a group of votes with a path has 6 fields');
      const of = entry(f.slice(1, 4));
      const batch = inclusion(f[4]);
      return { name: nameOf({ ...of, batch }), members: [{ of, batch }], slots: slotsOf(f[5]) };
    }
    default:
      throw new Malformed('a group of votes has form 0, 1 or 2');
  }
}

function entry(f: readonly CborValue[]): BatchEntry {
  if (f.length !== 3) throw new Malformed('an entry has 3 fields');
  const version = count(f[1]);
  if (version < 1) throw new Malformed('versions begin at 1');
  return { key: key(f[0]), version: version as Version, digest: hex(f[2], 32) as Digest };
}

function slotsOf(value: CborValue | undefined): ReadSlot[] {
  const found: ReadSlot[] = [];
  let before = -1;
  for (const one of list(value, MAX_VOTES_PER_MESSAGE, 'slots')) {
    const f = list(one, 4, 'slot');
    const step = count(f[0], 2 * MAX_COUNTER + 1);
    if (step <= before) throw new Malformed('slots ascend');
    before = step;
    const type = typeOf(step % 2);
    if (f.length !== (type === 'COMMIT' ? 4 : 3)) throw new Malformed('shares belong to COMMITs');
    const authors = authorsOf(f[1]);
    found.push({
      round: Math.floor(step / 2) as Round,
      type,
      authors,
      signatures: exactly(f[2], authors.length * SIGNATURE_BYTES),
      shares: type === 'COMMIT' ? exactly(f[3], authors.length * SHARE_BYTES) : null,
    });
  }
  if (found.length === 0) throw new Malformed('a group of votes is not empty');
  return found;
}

function authorsOf(value: CborValue | undefined): MemberIndex[] {
  if (typeof value === 'number') return [count(value, MAX_MEMBERS - 1) as MemberIndex];
  const bitmap = bytes(value, MAX_MEMBERS / 8);
  const authors = bitmapMembers(bitmap);
  if (authors.length < 2 || bitmap.at(-1) === 0)
    throw new Malformed('authors: several, and no zero bytes at the end');
  return authors;
}

const typeOf = (bit: number): VoteBody['type'] => (bit === 1 ? 'COMMIT' : 'PRE-COMMIT');
