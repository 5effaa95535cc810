/**
 * How the replica's records look on the disk: the contract's own objects, field by field, with every byte array copied.
 *
 * Copied, because structured clone takes the whole buffer behind a view: a 64-byte signature cut from a 64 KiB message would cost
 * 64 KiB on disk; and because the caller may go on using its buffer. Packing throws TypeError on what has no place in a record: that
 * is a bug of the caller, and the adapters turn it into a failed write.
 */
import * as v from 'valibot';
import type { Digest, EpochDigest, Key, MemberIndex, Round, Version } from '../codec/brand.ts';
import { isInclusionShape, type Inclusion } from '../codec/batch.ts';
import { MAX_BATCH_ENTRIES, MAX_KEY_LENGTH, MAX_LOCKS_PER_REPORT, MAX_MEMBERS } from '../codec/limits.ts';
import type { Result } from '../codec/result.ts';
import {
  evidenceVote,
  isBadShare,
  isOfReports,
  type Certificate,
  type ContradictingReports,
  type Evidence,
  type SignedLocks,
  type Vote,
} from '../codec/vote.ts';
import type { StoreReadError } from './errors.ts';
import { MAX_BITMAP_BYTES, MAX_SIGNATURE_BYTES } from './limits.ts';
import { bytes, hex, isBytes, parseRecord, text, whole } from './shapes.ts';
import type { CertifiedEntry, InstanceLog, StoredSession } from './types.ts';

export interface EvidenceRecord {
  readonly member: MemberIndex;
  readonly evidence: Evidence;
}

// ---- to the disk ----

export function packBytes(source: Uint8Array): Uint8Array<ArrayBuffer> {
  if (!(source instanceof Uint8Array || isBytes(source)))
    throw new TypeError('a record holds bytes that are not a Uint8Array');
  return new Uint8Array(source);
}

export function packVote(vote: Vote): Vote {
  const { key, version, round, type, digest, epoch, author } = vote;
  return {
    ...{ key, version, round, type, digest, epoch, author, signature: packBytes(vote.signature) },
    ...(vote.share !== undefined && { share: packBytes(vote.share) }),
    ...packBatch(vote),
  };
}

/** The way to the root only: the list of a batch may be hundreds of times longer than one record. */
function packBatch({ batch }: { readonly batch?: Inclusion }): { readonly batch?: Inclusion } {
  if (batch === undefined) return {};
  const { root, size, index, path } = batch;
  return { batch: { root, size, index, path: packBytes(path) } };
}

export function packLog(log: InstanceLog): InstanceLog {
  return {
    key: packName(log.key),
    version: log.version,
    round: log.round,
    ownVotes: log.ownVotes.map(packVote),
    lock: log.lock && { digest: log.lock.digest, round: log.lock.round, polka: log.lock.polka.map(packVote) },
    previousRound: log.previousRound.map(packVote),
    values: [...log.values],
  };
}

export function packCertificate(certificate: Certificate): Certificate {
  const { epoch, key, version, round, digest } = certificate;
  const groups = certificate.groups.map((group) =>
    group.form === 'aggregate'
      ? {
          ...{ form: group.form, signers: packBytes(group.signers), signature: packBytes(group.signature) },
          ...packBatch(group),
        }
      : {
          form: group.form,
          votes: group.votes.map((vote) => ({
            author: vote.author,
            signature: packBytes(vote.signature),
            share: packBytes(vote.share),
          })),
          ...packBatch(group),
        },
  );
  return { epoch, key, version, round, digest, groups };
}

export function packEntry(entry: CertifiedEntry): CertifiedEntry {
  const packed = {
    key: packName(entry.key),
    version: entry.version,
    digest: entry.digest,
    certificate: packCertificate(entry.certificate),
  };
  return entry.previous === undefined ? packed : { ...packed, previous: entry.previous };
}

export function packEvidence(record: EvidenceRecord): EvidenceRecord {
  const { member, evidence } = record;
  if (isBadShare(evidence)) return { member, evidence: { kind: 'bad-share', vote: packVote(evidence.vote) } };
  if (isOfReports(evidence)) return { member, evidence: packReports(evidence) };
  return { member, evidence: { first: packVote(evidence.first), second: packVote(evidence.second) } };
}

function packReports({
  epoch,
  author,
  change,
  root,
  statements,
}: ContradictingReports): ContradictingReports {
  const packed = statements.map(({ locks, signature, share }): SignedLocks => ({
    locks: locks.map(({ key, version, digest, round }) => ({ key: packName(key), version, digest, round })),
    signature: packBytes(signature),
    share: packBytes(share),
  }));
  return { kind: 'reports', epoch, author, change, root, statements: [packed[0]!, packed[1]!] };
}

export function packSession(session: StoredSession): StoredSession {
  return { id: packName(session.id), bytes: packBytes(session.bytes) };
}

/** Names that become IndexedDB keys must be strings: anything else would be filed under a key that nobody asks for. */
export function packName<T extends string>(name: T): T {
  if (typeof name !== 'string') throw new TypeError('a record has a name that is not a string');
  return name;
}

/** One conviction per act: the same pair found twice is one record. */
export function evidenceKey({ member, evidence }: EvidenceRecord): (string | number)[] {
  if (isOfReports(evidence)) return [member, evidence.epoch, evidence.root, 0, 0, 'REPORT'];
  const { epoch, key, version, round, type } = evidenceVote(evidence);
  return [member, epoch, key, version, round, type];
}

// ---- from the disk ----

export const readLog = (name: string, value: unknown): Result<InstanceLog, StoreReadError> =>
  parseRecord(LOG, 'logs', name, value);
export const readEntry = (
  store: string,
  name: string,
  value: unknown,
): Result<CertifiedEntry, StoreReadError> => parseRecord(ENTRY, store, name, value);
export const readEvidence = (name: string, value: unknown): Result<EvidenceRecord, StoreReadError> =>
  parseRecord(EVIDENCE, 'evidence', name, value);
export const readSession = (name: string, value: unknown): Result<StoredSession, StoreReadError> =>
  parseRecord(SESSION, 'sessions', name, value);
export const readBytes = (store: string, name: string, value: unknown): Result<Uint8Array, StoreReadError> =>
  parseRecord(bytes(), store, name, value);

const DIGEST = hex<Digest>(64);
const EPOCH = hex<EpochDigest>(64);
const KEY = text<Key>(1, MAX_KEY_LENGTH);
const VERSION = whole<Version>(1);
const ROUND = whole<Round>(0);
const MEMBER = whole<MemberIndex>(0, MAX_MEMBERS - 1);
// A range, not 64 and 48: whether a signature is one is the verifier's question, and the simulator signs with a stand-in.
const SIGNATURE = bytes(1, MAX_SIGNATURE_BYTES);

const INCLUSION = v.pipe(
  v.object({
    root: hex<string>(64),
    size: whole<number>(2, MAX_BATCH_ENTRIES),
    index: whole<number>(0, MAX_BATCH_ENTRIES - 1),
    path: bytes(),
  }),
  v.check((found) => isInclusionShape(found), 'size, index and path of an inclusion do not fit together'),
);

const VOTE = v.pipe(
  v.object({
    key: KEY,
    version: VERSION,
    round: ROUND,
    type: v.picklist(['PRE-COMMIT', 'COMMIT']),
    digest: DIGEST,
    epoch: EPOCH,
    author: MEMBER,
    signature: SIGNATURE,
    share: v.optional(SIGNATURE),
    batch: v.optional(INCLUSION),
  }),
  v.check(
    (vote) => (vote.type === 'COMMIT') === (vote.share !== undefined),
    'a share belongs to a COMMIT and only there',
  ),
);

const LOG = v.object({
  key: KEY,
  version: VERSION,
  round: whole<Round>(-1),
  ownVotes: v.array(VOTE),
  lock: v.nullable(v.object({ digest: DIGEST, round: ROUND, polka: v.array(VOTE) })),
  previousRound: v.array(VOTE),
  values: v.array(DIGEST),
});

const GROUP = v.variant('form', [
  v.object({
    form: v.literal('aggregate'),
    signers: bytes(1, MAX_BITMAP_BYTES),
    signature: SIGNATURE,
    batch: v.optional(INCLUSION),
  }),
  v.object({
    form: v.literal('votes'),
    votes: v.array(v.object({ author: MEMBER, signature: SIGNATURE, share: SIGNATURE })),
    batch: v.optional(INCLUSION),
  }),
]);

const ENTRY = v.object({
  key: KEY,
  version: VERSION,
  digest: DIGEST,
  certificate: v.object({
    epoch: EPOCH,
    key: KEY,
    version: VERSION,
    round: ROUND,
    digest: DIGEST,
    groups: v.array(GROUP),
  }),
  previous: v.optional(v.nullable(DIGEST)),
});

const SIGNED_LOCKS = v.object({
  locks: v.pipe(
    v.array(v.object({ key: KEY, version: VERSION, digest: DIGEST, round: ROUND })),
    v.maxLength(MAX_LOCKS_PER_REPORT),
  ),
  signature: SIGNATURE,
  share: SIGNATURE,
});

const EVIDENCE = v.object({
  member: MEMBER,
  evidence: v.union([
    v.object({ first: VOTE, second: VOTE }),
    v.object({ kind: v.literal('bad-share'), vote: VOTE }),
    v.object({
      kind: v.literal('reports'),
      epoch: EPOCH,
      author: MEMBER,
      change: DIGEST,
      root: DIGEST,
      statements: v.tuple([SIGNED_LOCKS, SIGNED_LOCKS]),
    }),
  ]),
});
const SESSION = v.object({ id: v.string(), bytes: bytes() });
