/**
 * How members change: what people approve, what the last instances of an epoch decide, and the chain of epochs that follows
 * (docs/protocol.md, "Epochs"). All of it is canonical CBOR.
 *
 * | form | fields |
 * |---|---|
 * | change C | {epoch, format, joinSecret, members, reason, rulesVersion}; members as in the genesis |
 * | CHANGE, body of `network/change` | "change", bytes of C, [group…] of approvals, [group…] of joins |
 * | lock | key, version, digest, round |
 * | REPORT | author, digest of C, R, [lock…], signature, share, [votes of the polkas] |
 * | OPEN, body of `network/opening` | "opening", digest of C, R, [[[lock…], [group…]]…], [votes of the polkas] |
 * | link | "link", value and certificate of `network/change`, value and certificate of `network/opening` |
 * | break | "break", bytes of the continuation (src/codec/genesis.ts), [signature of each of its members, in their order] |
 * | mark | "closed", "left" or "begun", epoch, digest: of the value of `network/change`, of the continuation, of what opened the epoch |
 *
 * Locks ascend by key and a key stands once; statements ascend by their encoded locks; a polka is there once and for a lock that is
 * reported. So one set of reports has one opening.
 */
import { asKey, fromHex, isHex, type Digest, type EpochDigest, type MemberIndex } from './brand.ts';
import { decode, encode, type CborValue } from './cbor.ts';
import { count, exactly, hex, list, Malformed, bytes as bytesField } from './fields.ts';
import { memberProblem, type MemberEntry } from './genesis.ts';
import {
  MAX_CHANGE_REASON_LENGTH,
  MAX_GENESIS_BYTES,
  MAX_GROUPS_PER_CERTIFICATE,
  MAX_LINK_BYTES,
  MAX_MEMBERS,
  MAX_OPENING_VOTES,
  MAX_STATEMENTS,
  MAX_VALUE_BYTES,
} from './limits.ts';
import { lockFields, readLocks, type ReportedLock } from './locks.ts';
import { certificate, certificateFields, group, groupFields } from './messages.ts';
import { fail, ok, type Result } from './result.ts';
import type { Certificate, CertificateGroup, Vote } from './vote.ts';
import { readVotes, SHARE_BYTES, SIGNATURE_BYTES, votesFields } from './votes.ts';

export { lockFields, type ReportedLock };

export const CHANGE_KEY = asKey('network/change');
export const OPENING_KEY = asKey('network/opening');

/** C: what members approve. Its digest covers nothing else, so approvals can be collected for days. */
export interface Change {
  readonly format: 'countersign-change-1';
  /** Number of the epoch that it leads to. */
  readonly epoch: number;
  readonly members: readonly MemberEntry[];
  readonly rulesVersion: number;
  /** 64 hex digits: digest of the next join secret. */
  readonly joinSecret: string;
  /** For people. */
  readonly reason: string;
}

/** Signed like a COMMIT: an Ed25519 signature over a BLS share, so that equal texts aggregate. */
export interface Countersignature {
  /** A place in the member list of the epoch, or of the next one for a join. */
  readonly author: MemberIndex;
  readonly signature: Uint8Array;
  readonly share: Uint8Array;
}

/** APPROVE, or the consent of a member that is added (join). */
export interface Approval extends Countersignature {
  readonly kind: 'approve' | 'join';
  readonly epoch: EpochDigest;
  /** Digest of C. */
  readonly change: Digest;
}

/** Who signed one text. No batches: `network/` keys are never in one. */
export type SignerGroup = CertificateGroup;

/** What `network/change` holds. */
export interface ChangeValue {
  readonly change: Change;
  readonly approvals: readonly SignerGroup[];
  readonly joins: readonly SignerGroup[];
}

/** What one REPORT says; its author signs this. */
export interface ReportBody {
  readonly epoch: EpochDigest;
  /** Digest of C. */
  readonly change: Digest;
  /** R: certified root of the state without `network/`. */
  readonly root: Digest;
  readonly locks: readonly ReportedLock[];
}

export interface Report extends ReportBody, Countersignature {
  /** Votes of the polkas behind the locks: beside the signed bytes. */
  readonly polkas: readonly Vote[];
}

/** Equal reports as one. */
export interface Statement {
  readonly locks: readonly ReportedLock[];
  readonly groups: readonly SignerGroup[];
}

/** What `network/opening` holds. */
export interface Opening {
  /** Digest of C. */
  readonly change: Digest;
  readonly root: Digest;
  readonly statements: readonly Statement[];
  readonly polkas: readonly Vote[];
}

/** One step of the chain of epochs: all that leads from an epoch to the next. */
export type EpochLink = ChangeLink | BreakLink;

/** A quorum has changed the members. Values as they are stored. */
export interface ChangeLink {
  readonly change: Uint8Array;
  readonly changeCertificate: Certificate;
  readonly opening: Uint8Array;
  readonly openingCertificate: Certificate;
}

/** No quorum was left, and the survivors went on. */
export interface BreakLink {
  /** As `encodeContinuation` wrote it; its digest is the id of the network that begins. */
  readonly genesis: Uint8Array;
  /** Ed25519, 64 bytes each: one of each of its members, in the order of its list. */
  readonly signatures: readonly Uint8Array[];
}

export const isBreakLink = (link: EpochLink): link is BreakLink => 'genesis' in link;

/** What a replica writes when it has closed an epoch, left it for a continuation of the network, or begun one. */
export interface EpochMark {
  readonly state: 'closed' | 'left' | 'begun';
  readonly epoch: EpochDigest;
  /** Digest of what did it: the value of `network/change`, the continuation that was signed, what opened the epoch. */
  readonly by: Digest;
}

export interface EpochFormError {
  readonly type:
    | 'change-malformed'
    | 'change-too-large'
    | 'report-malformed'
    | 'opening-malformed'
    | 'opening-too-large'
    | 'epoch-link-malformed'
    | 'epoch-mark-malformed';
  readonly message: string;
}

/** The bytes that digest C is of. */
export function encodeChange(change: Change): Uint8Array<ArrayBuffer> {
  return encode(change as unknown as CborValue);
}

/** Shape and limits; proofs and what the chain says are checked by `src/crypto/epochs.ts` and `src/consensus/epochs`. */
export function decodeChange(bytes: Uint8Array): Result<Change, EpochFormError> {
  const decoded = decode(bytes, MAX_VALUE_BYTES);
  if (!decoded.ok)
    return fail({
      type: decoded.error.type === 'cbor-too-large' ? 'change-too-large' : 'change-malformed',
      message: `This is no change of members: ${decoded.error.message}.`,
    });
  const problem = changeProblem(decoded.value);
  return problem
    ? fail({ type: 'change-malformed', message: `This is no change of members: ${problem}.` })
    : ok(decoded.value as unknown as Change);
}

export function encodeChangeValue({ change, approvals, joins }: ChangeValue): Uint8Array<ArrayBuffer> {
  return encode(['change', encodeChange(change), approvals.map(groupFields), joins.map(groupFields)]);
}

/** Body of a value of `network/change`. */
export function decodeChangeValue(bytes: Uint8Array): Result<ChangeValue, EpochFormError> {
  const found = reading(bytes, MAX_VALUE_BYTES, 'change-malformed', 'no change of members', (f) => {
    if (f.length !== 4 || f[0] !== 'change') throw new Malformed('it has another form');
    const change = decodeChange(bytesField(f[1], MAX_VALUE_BYTES));
    if (!change.ok) throw new Malformed(change.error.message);
    return { change: change.value, approvals: groups(f[2]), joins: groups(f[3]) };
  });
  return tooLarge(found, 'change-too-large', bytes);
}

export function encodeReport(report: Report): Uint8Array<ArrayBuffer> {
  return encode([fromHex(report.epoch), reportFields(report)]);
}

export function decodeReport(bytes: Uint8Array): Result<Report, EpochFormError> {
  return reading(bytes, MAX_VALUE_BYTES, 'report-malformed', 'no report of an epoch', (f) => {
    if (f.length !== 2) throw new Malformed('it has another form');
    return readReport(f[1], hex(f[0], 32) as EpochDigest);
  });
}

/** One report as it stands in a message, whose epoch stands beside it. */
export function reportFields(report: Report): CborValue {
  const { author, change, root, locks, signature, share, polkas } = report;
  return [
    author,
    fromHex(change),
    fromHex(root),
    locks.map(lockFields),
    signature,
    share,
    votesFields(polkas),
  ];
}

/** @throws Malformed */
export function readReport(value: CborValue | undefined, epoch: EpochDigest): Report {
  const f = list(value, 7, 'report');
  if (f.length !== 7) throw new Malformed('a report has 7 fields');
  return {
    epoch,
    author: count(f[0], MAX_MEMBERS - 1) as MemberIndex,
    change: hex(f[1], 32) as Digest,
    root: hex(f[2], 32) as Digest,
    locks: readLocks(f[3]),
    signature: exactly(f[4], SIGNATURE_BYTES).slice(),
    share: exactly(f[5], SHARE_BYTES).slice(),
    polkas: readVotes(f[6], epoch, MAX_OPENING_VOTES),
  };
}

export function encodeOpening(opening: Opening): Uint8Array<ArrayBuffer> {
  const { change, root, statements, polkas } = opening;
  const sorted = statements
    .map((one): CborValue => [one.locks.map(lockFields), one.groups.map(groupFields)])
    .sort((a, b) => order(locksOf(a), locksOf(b)));
  return encode(['opening', fromHex(change), fromHex(root), sorted, votesFields(polkas)]);
}

/** Body of a value of `network/opening`; `epoch` is the one that it ends, which the votes of its polkas name. */
export function decodeOpening(bytes: Uint8Array, epoch: EpochDigest): Result<Opening, EpochFormError> {
  const found = reading(bytes, MAX_VALUE_BYTES, 'opening-malformed', 'no opening of an epoch', (f) => {
    if (f.length !== 5 || f[0] !== 'opening') throw new Malformed('it has another form');
    const raw = list(f[3], MAX_STATEMENTS, 'reports');
    const statements = raw.map((one): Statement => {
      const pair = list(one, 2, 'reports');
      if (pair.length !== 2) throw new Malformed('reports are locks and who signed');
      return { locks: readLocks(pair[0]), groups: groups(pair[1]) };
    });
    const names = raw.map(locksOf);
    if (names.some((name, i) => i > 0 && order(names[i - 1]!, name) >= 0))
      throw new Malformed('reports ascend by their locks, and equal ones are one');
    return {
      change: hex(f[1], 32) as Digest,
      root: hex(f[2], 32) as Digest,
      statements,
      polkas: readVotes(f[4], epoch, MAX_OPENING_VOTES),
    };
  });
  return tooLarge(found, 'opening-too-large', bytes);
}

export function encodeLink(link: EpochLink): Uint8Array<ArrayBuffer> {
  return encode(linkFields(link));
}

export function linkFields(link: EpochLink): CborValue {
  if (isBreakLink(link)) return ['break', link.genesis, link.signatures];
  const { change, changeCertificate, opening, openingCertificate } = link;
  return [
    'link',
    change,
    certificateFields(changeCertificate),
    opening,
    certificateFields(openingCertificate),
  ];
}

/** Shape only: `followLink` of src/crypto/epochs.ts checks it against the epoch before. */
export function decodeLink(bytes: Uint8Array): Result<EpochLink, EpochFormError> {
  return reading(bytes, MAX_LINK_BYTES, 'epoch-link-malformed', 'no link of a chain of epochs', readLink);
}

/** @throws Malformed */
export function readLink(value: CborValue | undefined): EpochLink {
  const f = list(value, 5, 'link');
  if (f[0] === 'break') {
    if (f.length !== 3) throw new Malformed('a break has a genesis and signatures');
    const signatures = list(f[2], MAX_MEMBERS, 'signatures').map((one) =>
      exactly(one, SIGNATURE_BYTES).slice(),
    );
    return { genesis: bytesField(f[1], MAX_GENESIS_BYTES).slice(), signatures };
  }
  if (f.length !== 5 || f[0] !== 'link') throw new Malformed('a link has two values with certificates');
  const link: ChangeLink = {
    change: bytesField(f[1], MAX_VALUE_BYTES),
    changeCertificate: certificate(f[2]),
    opening: bytesField(f[3], MAX_VALUE_BYTES),
    openingCertificate: certificate(f[4]),
  };
  const { changeCertificate: c, openingCertificate: o } = link;
  if (c.key !== CHANGE_KEY || o.key !== OPENING_KEY || c.version !== o.version || c.epoch !== o.epoch)
    throw new Malformed('its certificates are of other values');
  return link;
}

export function encodeMark({ state, epoch, by }: EpochMark): Uint8Array<ArrayBuffer> {
  return encode([state, fromHex(epoch), fromHex(by)]);
}

export function decodeMark(bytes: Uint8Array): Result<EpochMark, EpochFormError> {
  return reading(bytes, MAX_MARK_BYTES, 'epoch-mark-malformed', 'no mark of an epoch', (f) => {
    const [state] = f;
    if (f.length !== 3 || (state !== 'closed' && state !== 'left' && state !== 'begun'))
      throw new Malformed('it has another form');
    return { state, epoch: hex(f[1], 32) as EpochDigest, by: hex(f[2], 32) as Digest };
  });
}

const MAX_MARK_BYTES = 128;

/** First thing that is wrong with a would-be change, or null. Exact fields. */
function changeProblem(value: CborValue): string | null {
  if (value === null || typeof value !== 'object' || Array.isArray(value) || value instanceof Uint8Array)
    return 'its fields differ from the format';
  const c = value as Readonly<Record<string, CborValue>>;
  const names = ['epoch', 'format', 'joinSecret', 'members', 'reason', 'rulesVersion'];
  if (Object.keys(c).sort().join() !== names.join()) return 'its fields differ from the format';
  if (c.format !== 'countersign-change-1') return `format ${String(c.format)} is not known`;
  if (!isNumber(c.epoch) || c.epoch < 1) return 'an epoch that is begun has a positive number';
  if (!isNumber(c.rulesVersion) || c.rulesVersion < 1)
    return 'the rules version must be a positive whole number';
  if (!isHex(c.joinSecret, 64)) return 'the digest of the join secret must be 64 hex digits';
  if (typeof c.reason !== 'string' || c.reason.length > MAX_CHANGE_REASON_LENGTH)
    return `the reason must have at most ${MAX_CHANGE_REASON_LENGTH} characters`;
  if (!Array.isArray(c.members) || c.members.length < 1) return 'it names no members';
  if (c.members.length > MAX_MEMBERS) return `it names more than ${MAX_MEMBERS} members`;
  for (const [i, member] of c.members.entries()) {
    const problem = memberProblem(member as CborValue);
    if (problem) return `member ${i + 1}: ${problem}`;
  }
  return null;
}

const isNumber = (v: unknown): v is number => typeof v === 'number' && Number.isSafeInteger(v);

function groups(value: CborValue | undefined): SignerGroup[] {
  const found = list(value, MAX_GROUPS_PER_CERTIFICATE, 'signers').map(group);
  if (found.some((one) => one.batch !== undefined))
    throw new Malformed('an approval or report is in no batch');
  return found;
}

const locksOf = (statement: CborValue): Uint8Array => encode((statement as readonly CborValue[])[0] ?? null);

function order(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

function reading<T>(
  bytes: Uint8Array,
  most: number,
  type: EpochFormError['type'],
  what: string,
  read: (fields: readonly CborValue[]) => T,
): Result<T, EpochFormError> {
  const decoded = decode(bytes, most);
  if (!decoded.ok) return fail({ type, message: `This is ${what}: ${decoded.error.message}.` });
  try {
    return ok(read(list(decoded.value, 8, what)));
  } catch (error) {
    if (error instanceof Malformed) return fail({ type, message: `This is ${what}: ${error.message}.` });
    throw error;
  }
}

function tooLarge<T>(
  found: Result<T, EpochFormError>,
  type: EpochFormError['type'],
  bytes: Uint8Array,
): Result<T, EpochFormError> {
  if (found.ok || bytes.length <= MAX_VALUE_BYTES) return found;
  return fail({ type, message: found.error.message });
}
