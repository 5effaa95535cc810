/** Records for the store's tests: shaped like real ones, with recognisable bytes. Plain code, so that it runs in a browser too. */
import type { Inclusion } from '../../src/codec/batch.ts';
import type {
  Digest,
  EpochDigest,
  Key,
  LogId,
  MemberIndex,
  NetworkId,
  Round,
  Version,
} from '../../src/codec/brand.ts';
import type {
  Certificate,
  CertificateGroup,
  ContradictingReports,
  Equivocation,
  Vote,
  VoteType,
} from '../../src/codec/vote.ts';
import type { CertifiedEntry, InstanceLog, StoredSession } from '../../src/store/types.ts';

export const NETWORK = hex(1, 64) as NetworkId;
export const OTHER_NETWORK = hex(2, 64) as NetworkId;
export const EPOCH = hex(1, 64) as EpochDigest;
export const LOG_ID = hex(7, 32) as LogId;

export function hex(seed: number, digits: number): string {
  return seed
    .toString(16)
    .padStart(8, '0')
    .repeat(Math.ceil(digits / 8))
    .slice(0, digits);
}

export const key = (name: string | number): Key => `package/${name}` as Key;
export const digest = (seed: number): Digest => hex(0xd0000000 + seed, 64) as Digest;
export const fill = (length: number, byte: number): Uint8Array<ArrayBuffer> =>
  new Uint8Array(length).fill(byte);

export function vote(
  k: Key,
  version: number,
  round: number,
  type: VoteType,
  value: Digest,
  author = 0,
): Vote {
  const body = {
    key: k,
    version: version as Version,
    round: round as Round,
    type,
    digest: value,
    epoch: EPOCH,
    author: author as MemberIndex,
    signature: fill(64, 16 * round + author),
  };
  return type === 'COMMIT' ? { ...body, share: fill(48, author + 1) } : body;
}

/** Third of five: its way to the root has three steps. */
export const INCLUSION: Inclusion = { root: 'ab'.repeat(32), size: 5, index: 2, path: fill(96, 7) };

export function log(k: Key, version: number, round = 0, value = digest(version)): InstanceLog {
  const polka = [0, 1, 2].map((author) => vote(k, version, 0, 'PRE-COMMIT', value, author));
  return {
    key: k,
    version: version as Version,
    round: round as Round,
    ownVotes: [vote(k, version, 0, 'PRE-COMMIT', value), vote(k, version, 0, 'COMMIT', value)],
    lock: { digest: value, round: 0 as Round, polka },
    previousRound: round > 0 ? polka : [],
    values: [value],
  };
}

/** The digest follows from key and version: one value per version, as agreement has it. `byte` tells certificates apart. */
export function entry(k: Key, version: number, options: EntryOptions = {}): CertifiedEntry {
  const value = digest(version * 100 + k.length);
  const certificate: Certificate = {
    epoch: EPOCH,
    key: k,
    version: version as Version,
    round: 0 as Round,
    digest: value,
    groups: [options.form === 'votes' ? votesGroup(options.byte ?? 1) : aggregateGroup(options.byte ?? 1)],
  };
  const bare = { key: k, version: version as Version, digest: value, certificate };
  return options.previous === undefined ? bare : { ...bare, previous: options.previous };
}

export interface EntryOptions {
  readonly form?: 'votes' | 'aggregate';
  readonly byte?: number;
  readonly previous?: Digest | null;
}

export function evidence(
  member: number,
  k: Key = key('e'),
  version = 1,
): { member: MemberIndex; evidence: Equivocation } {
  const first = vote(k, version, 0, 'PRE-COMMIT', digest(1), member);
  return { member: member as MemberIndex, evidence: { first, second: { ...first, digest: digest(2) } } };
}

/** Two reports of one state: `digest(root)`. */
export function reports(member: number, root = 1): { member: MemberIndex; evidence: ContradictingReports } {
  const author = member as MemberIndex;
  const lock = { key: key('locked'), version: 3 as Version, digest: digest(3), round: 1 as Round };
  const statement = (locks: readonly (typeof lock)[], byte: number) => ({
    locks,
    signature: fill(64, byte),
    share: fill(48, byte),
  });
  return {
    member: author,
    evidence: {
      ...{ kind: 'reports', epoch: EPOCH, author, change: digest(9), root: digest(root) },
      statements: [statement([], 1), statement([lock], 2)],
    },
  };
}

export const session = (id: string, byte = 1): StoredSession => ({ id, bytes: fill(20, byte) });

const aggregateGroup = (byte: number): CertificateGroup => ({
  form: 'aggregate',
  signers: fill(1, 0b111),
  signature: fill(48, byte),
});

const votesGroup = (byte: number): CertificateGroup => ({
  form: 'votes',
  votes: [0, 1, 2].map((author) => ({
    author: author as MemberIndex,
    signature: fill(64, byte),
    share: fill(48, byte),
  })),
});
