/**
 * Epochs on the disk: records of the replica's own among `meta` (src/store), so that they are in the same atomic writes as logs and heads.
 *
 * | name | holds | until |
 * |---|---|---|
 * | `epochs/mark` | `closed`, `left` or `begun` (src/codec/epochs.ts); none: epoch 0, open | the next mark |
 * | `epochs/link/<n>` | the link to epoch n | for ever: evidence and sleepers need the chain |
 * | `epochs/leaves` | leaves of R of the epoch that is begun | the next BEGIN |
 * | `epochs/carried` | what that epoch's opening carried | the next BEGIN |
 * | `epochs/report/<R>`, `epochs/reported/<R>` | an own report; the leaves of its R | BEGIN |
 * | `epochs/draft/<C>` | a change that was proposed | BEGIN |
 * | `epochs/approval/<C>/<kind>/<author>` | an approval or a join | BEGIN |
 * | `epochs/break/<id>` | that the network goes on without some members, as far as it is signed | BEGIN |
 * | `aside/<version>/<key>` | a certificate that was put aside where the network was continued as another | for ever |
 * | `epochs/asking` | this browser's person asks to be let in again | it votes |
 * | `epochs/secret/<digest>` | a join secret of a change that was proposed or sealed | BEGIN, unless it is of an epoch of the chain |
 */
import { fromHex, toHex, type Digest, type Key, type Version } from '../../codec/brand.ts';
import {
  decodeEpochMessage,
  encodeEpochMessage,
  type BreakProposal,
  type StateLeaf,
} from '../../codec/epoch-messages.ts';
import {
  decodeChange,
  decodeLink,
  decodeMark,
  decodeReport,
  encodeChange,
  encodeLink,
  encodeMark,
  encodeReport,
  type Approval,
  type Change,
  type EpochLink,
  type EpochMark,
  type Report,
} from '../../codec/epochs.ts';
import { decode, encode, type CborValue } from '../../codec/cbor.ts';
import { MAX_LEAVES_PER_MESSAGE } from '../../codec/limits.ts';
import { certificateFields } from '../../codec/messages.ts';
import { fail, ok, type Result } from '../../codec/result.ts';
import type { Certificate } from '../../codec/vote.ts';
import type { Carried } from '../../consensus/epochs/types.ts';
import { EPOCH_MARK } from '../../store/epoch-guard.ts';

/** A record of `meta`; null: it goes. */
export interface OwnRecord {
  readonly name: string;
  readonly bytes: Uint8Array | null;
}

/** Everything about epochs that a start finds. */
export interface StoredEpochs {
  readonly mark: EpochMark | null;
  /** By the number of the epoch that they lead to. */
  readonly links: ReadonlyMap<number, EpochLink>;
  readonly leaves: readonly StateLeaf[];
  readonly carried: readonly Carried[];
  readonly reports: readonly Report[];
  readonly reported: ReadonlyMap<Digest, readonly StateLeaf[]>;
  readonly drafts: readonly Change[];
  readonly approvals: readonly Approval[];
  readonly breaks: readonly BreakProposal[];
  /** By digest, 64 hex digits each. */
  readonly secrets: ReadonlyMap<string, string>;
}

export interface EpochsDamaged {
  readonly type: 'store-damaged';
  readonly message: string;
}

const PREFIX = 'epochs/';
const MARK = EPOCH_MARK;
/** This browser's person has asked the others to let it in again (ask-again.ts). Goes once it votes. */
export const ASKING = `${PREFIX}asking`;
const LEAVES = `${PREFIX}leaves`;
const CARRIED = `${PREFIX}carried`;
const LINK = `${PREFIX}link/`;
const REPORT = `${PREFIX}report/`;
const REPORTED = `${PREFIX}reported/`;
const DRAFT = `${PREFIX}draft/`;
const APPROVAL = `${PREFIX}approval/`;
const SECRET = `${PREFIX}secret/`;
const BREAK = `${PREFIX}break/`;
/** What belongs to the epoch that ends, and goes when the next begins. */
const OF_THE_EPOCH = [REPORT, REPORTED, DRAFT, APPROVAL, BREAK];

export const markRecord = (mark: EpochMark): OwnRecord => ({ name: MARK, bytes: encodeMark(mark) });
export const linkRecord = (epoch: number, link: EpochLink): OwnRecord => ({
  name: `${LINK}${epoch}`,
  bytes: encodeLink(link),
});
export const draftRecord = (digest: Digest, change: Change): OwnRecord => ({
  name: `${DRAFT}${digest}`,
  bytes: encodeChange(change),
});
export const approvalRecord = (approval: Approval): OwnRecord => ({
  name: `${APPROVAL}${approval.change}/${approval.kind}/${approval.author}`,
  bytes: encodeEpochMessage({ type: 'approvals', epoch: approval.epoch, approvals: [approval] }),
});
export const reportRecords = (report: Report, leaves: readonly StateLeaf[]): OwnRecord[] => [
  { name: `${REPORT}${report.root}`, bytes: encodeReport(report) },
  leavesRecord(report.root, leaves),
];
/** The leaves of a state that this replica has signed: the others may need them when its own has grown. */
export const leavesRecord = (root: Digest, leaves: readonly StateLeaf[]): OwnRecord => ({
  name: `${REPORTED}${root}`,
  bytes: encodeLeaves(leaves),
});
export const breakRecord = (digest: string, proposal: BreakProposal): OwnRecord => ({
  name: breakName(digest),
  bytes: encodeEpochMessage({ type: 'break', ...proposal }),
});
export const breakName = (digest: string): string => `${BREAK}${digest}`;
export const asideRecord = (key: Key, version: Version, certificate: Certificate): OwnRecord => ({
  name: `aside/${version}/${key}`,
  bytes: encode(certificateFields(certificate)),
});
export const secretName = (digest: string): string => `${SECRET}${digest}`;
export const secretRecord = (digest: string, secret: string): OwnRecord => ({
  name: secretName(digest),
  bytes: fromHex(secret),
});

/** BEGIN, as one write. `names`: the records of `epochs/` that are there. `keep`: digests of the join secrets of the chain. */
export function beginRecords(
  mark: EpochMark,
  leaves: readonly StateLeaf[],
  carried: readonly Carried[],
  names: Iterable<string>,
  keep: ReadonlySet<string>,
): OwnRecord[] {
  const gone = [...names].filter(
    (name) =>
      OF_THE_EPOCH.some((prefix) => name.startsWith(prefix)) ||
      (name.startsWith(SECRET) && !keep.has(name.slice(SECRET.length))),
  );
  return [
    ...gone.map((name) => ({ name, bytes: null })),
    markRecord(mark),
    { name: LEAVES, bytes: encodeLeaves(leaves) },
    { name: CARRIED, bytes: encodeCarried(carried) },
  ];
}

/** Those of the records that are there which belong to one draft. `joinSecret`: its digest, if the secret goes too. */
export function draftNames(change: Digest, joinSecret: string | null, names: Iterable<string>): string[] {
  const own = new Set([`${DRAFT}${change}`, ...(joinSecret === null ? [] : [`${SECRET}${joinSecret}`])]);
  return [...names].filter((name) => own.has(name) || name.startsWith(`${APPROVAL}${change}/`));
}

export function readEpochs(meta: ReadonlyMap<string, Uint8Array>): Result<StoredEpochs, EpochsDamaged> {
  try {
    return ok(read(meta));
  } catch (error) {
    if (!(error instanceof Damaged)) throw error;
    return fail({
      type: 'store-damaged',
      message:
        `The record "${error.message}" of this browser's database is damaged. This replica must not vote from it. ` +
        'Restore the browser profile, or ask to be let in again with a new member key.',
    });
  }
}

/** Names the record. */
class Damaged extends Error {}

function read(meta: ReadonlyMap<string, Uint8Array>): StoredEpochs {
  const found = <T>(name: string, parse: (bytes: Uint8Array) => Result<T>): T | null => {
    const bytes = meta.get(name);
    return bytes ? parsed(name, bytes, parse) : null;
  };
  const all = <T>(prefix: string, parse: (bytes: Uint8Array) => Result<T>): [string, T][] =>
    [...meta]
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, bytes]) => [name.slice(prefix.length), parsed(name, bytes, parse)]);
  return {
    mark: found(MARK, decodeMark),
    links: new Map(all(LINK, decodeLink).map(([number, link]) => [Number(number), link])),
    leaves: found(LEAVES, decodeLeaves) ?? [],
    carried: found(CARRIED, decodeCarried) ?? [],
    reports: all(REPORT, decodeReport).map(([, report]) => report),
    reported: new Map(all(REPORTED, decodeLeaves).map(([root, leaves]) => [root as Digest, leaves])),
    drafts: all(DRAFT, decodeChange).map(([, change]) => change),
    approvals: all(APPROVAL, decodeApprovals).flatMap(([, approvals]) => approvals),
    breaks: all(BREAK, decodeBreak).map(([, proposal]) => proposal),
    secrets: new Map(
      [...meta]
        .filter(([name]) => name.startsWith(SECRET))
        .map(([name, bytes]) => [name.slice(SECRET.length), hexOf(name, bytes)]),
    ),
  };
}

function parsed<T>(name: string, bytes: Uint8Array, parse: (bytes: Uint8Array) => Result<T>): T {
  const result = parse(bytes);
  if (!result.ok) throw new Damaged(name);
  return result.value;
}

function hexOf(name: string, bytes: Uint8Array): string {
  if (bytes.length !== 32) throw new Damaged(name);
  return toHex(bytes);
}

/** Pages of a bounded number of items each: a document of all the leaves of a large state is more than the reader of one takes. */
function encodeLeaves(leaves: readonly StateLeaf[]): Uint8Array<ArrayBuffer> {
  const pages: Uint8Array[] = [];
  for (let from = 0; from < leaves.length; from += LEAVES_PER_PAGE) {
    const page = leaves.slice(from, from + LEAVES_PER_PAGE);
    pages.push(encode(page.map(({ key, version, digest }) => [key, version, fromHex(digest)])));
  }
  return encode(pages);
}

function decodeLeaves(bytes: Uint8Array): Result<readonly StateLeaf[]> {
  const pages = decode(bytes, MAX_RECORD_BYTES);
  if (!pages.ok) return pages;
  if (!Array.isArray(pages.value)) return notThis('a list of leaves');
  const leaves: StateLeaf[] = [];
  for (const encoded of pages.value as readonly CborValue[]) {
    if (!(encoded instanceof Uint8Array)) return notThis('a list of leaves');
    const page = decode(encoded, MAX_RECORD_BYTES);
    if (!page.ok) return page;
    if (!Array.isArray(page.value)) return notThis('a list of leaves');
    for (const one of page.value as readonly CborValue[]) {
      const [key, version, digest] = Array.isArray(one) ? (one as readonly CborValue[]) : [];
      if (typeof key !== 'string' || typeof version !== 'number' || !(digest instanceof Uint8Array))
        return notThis('a leaf');
      leaves.push({ key, version, digest: hexOf('leaf', digest) } as unknown as StateLeaf);
    }
  }
  return ok(leaves);
}

function encodeCarried(carried: readonly Carried[]): Uint8Array<ArrayBuffer> {
  return encodeLeaves(carried);
}

const decodeCarried = (bytes: Uint8Array): Result<readonly Carried[]> => decodeLeaves(bytes);

function decodeApprovals(bytes: Uint8Array): Result<readonly Approval[]> {
  const decoded = decodeEpochMessage(bytes);
  if (!decoded.ok) return decoded;
  return decoded.value.type === 'approvals' ? ok(decoded.value.approvals) : notThis('an approval');
}

function decodeBreak(bytes: Uint8Array): Result<BreakProposal> {
  const decoded = decodeEpochMessage(bytes);
  if (!decoded.ok) return decoded;
  return decoded.value.type === 'break' ? ok(decoded.value) : notThis('a proposal to go on');
}

const notThis = (what: string): Result<never> =>
  fail({ type: 'malformed-record', message: `This is not ${what}.` });

const LEAVES_PER_PAGE = MAX_LEAVES_PER_MESSAGE;
/** One record of leaves: MAX_LEAVES_HELD with the longest keys. A disk is read into memory once. */
const MAX_RECORD_BYTES = 256 * 1024 * 1024;
