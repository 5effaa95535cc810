/**
 * Messages about epochs. They stand beside those of messages.ts and share their numbers' space: each is one canonical CBOR array whose
 * first element is the kind.
 *
 * | kind | fields | what the receiver does |
 * |---|---|---|
 * | 32 drafts | [bytes of C…] | shows them to its person |
 * | 33 approvals | epoch, [[approve 0 or join 1, digest of C, author, signature, share]…] | checks each, keeps, passes on |
 * | 34 reports | epoch, [report…] | checks signature and polkas, keeps one for each author and root |
 * | 35 want-chain | number of the epoch that the sender is in | sends `chain` from there |
 * | 36 chain | number of the first epoch that it leads to, [link…] | checks each link against the epoch before |
 * | 37 want-leaves | root, first key that is wanted or empty | sends `leaves` |
 * | 38 leaves | root, [[key, version, digest]…], complete? | collects them, and compares their root |
 * | 39 join-secret | epoch that it is for, 32 bytes | only from a member, over its authenticated link: compares with the digest in C |
 * | 40 requests | [[entry, id of the member whose place it takes or null, age in ms]…] | shows them to its person, and passes on what is new |
 * | 42 break | bytes of a continuation, [[author, signature]…] | checks each, keeps, passes on: src/worker/replica/breaks.ts |
 *
 * A message that breaks a shape or a limit costs its sender the link (`malformed-message`).
 */
import type { Digest, EpochDigest, Key, MemberIndex, Milliseconds, Version } from './brand.ts';
import { fromHex } from './brand.ts';
import { decode, encode, type CborValue } from './cbor.ts';
import { readRequest, requestFields, type Knock } from './door.ts';
import {
  linkFields,
  readLink,
  readReport,
  reportFields,
  type Approval,
  type EpochLink,
  type Report,
} from './epochs.ts';
import { bytes, count, exactly, hex, key, list, Malformed, text } from './fields.ts';
import type { MemberEntry } from './genesis.ts';
import {
  MAX_APPROVALS_PER_MESSAGE,
  MAX_DRAFTS_PER_MESSAGE,
  MAX_EPOCHS,
  MAX_GENESIS_BYTES,
  MAX_KEY_LENGTH,
  MAX_LEAVES_PER_MESSAGE,
  MAX_LINKS_PER_MESSAGE,
  MAX_MEMBERS,
  MAX_MESSAGE_BYTES,
  MAX_REQUEST_AGE_MS,
  MAX_REQUESTS_PER_MESSAGE,
  MAX_VALUE_BYTES,
} from './limits.ts';
import { fail, ok, type Result } from './result.ts';
import { SHARE_BYTES, SIGNATURE_BYTES } from './votes.ts';

/** A leaf of R: the certified version of one key. */
export interface StateLeaf {
  readonly key: Key;
  readonly version: Version;
  readonly digest: Digest;
}

export type EpochMessage =
  | { readonly type: 'drafts'; readonly changes: readonly Uint8Array[] }
  | { readonly type: 'approvals'; readonly epoch: EpochDigest; readonly approvals: readonly Approval[] }
  | { readonly type: 'reports'; readonly epoch: EpochDigest; readonly reports: readonly Report[] }
  | { readonly type: 'want-chain'; readonly above: number }
  | { readonly type: 'chain'; readonly first: number; readonly links: readonly EpochLink[] }
  /** `from`: the first key that is wanted, in the order of keys; empty: all. */
  | { readonly type: 'want-leaves'; readonly root: Digest; readonly from: string }
  | {
      readonly type: 'leaves';
      readonly root: Digest;
      readonly leaves: readonly StateLeaf[];
      readonly complete: boolean;
    }
  | { readonly type: 'join-secret'; readonly epoch: number; readonly secret: Uint8Array }
  | { readonly type: 'requests'; readonly requests: readonly JoinRequest[] }
  | ({ readonly type: 'break' } & BreakProposal);

/** That a network goes on without some of its members, as far as it is signed. */
export interface BreakProposal {
  /** As `encodeContinuation` wrote it. */
  readonly genesis: Uint8Array;
  /** One at least. `author`: a place in the epoch that is left. Ed25519, 64 bytes. */
  readonly signatures: readonly { readonly author: MemberIndex; readonly signature: Uint8Array }[];
}

/** "Let me in", as some member heard it at its door. */
export interface JoinRequest extends Pick<Knock, 'replaces'> {
  readonly entry: MemberEntry;
  /** Since it was last heard at a door, as the sender knows it: at most MAX_REQUEST_AGE_MS. */
  readonly age: Milliseconds;
}

export interface EpochMessageError {
  readonly type: 'malformed-message';
  readonly message: string;
}

const KIND = {
  drafts: 32,
  approvals: 33,
  reports: 34,
  'want-chain': 35,
  chain: 36,
  'want-leaves': 37,
  leaves: 38,
  'join-secret': 39,
  requests: 40,
  break: 42,
} as const;

export const isEpochType = (type: string): type is EpochMessage['type'] => Object.hasOwn(KIND, type);

/** True when the first element of a message says that it is one of these. */
export const isEpochKind = (kind: unknown): boolean => (Object.values(KIND) as unknown[]).includes(kind);

export function encodeEpochMessage(m: EpochMessage): Uint8Array<ArrayBuffer> {
  return encode(fieldsOf(m));
}

/** Shape and limits only; signatures and digests are checked by whoever uses the message. */
export function decodeEpochMessage(encoded: Uint8Array): Result<EpochMessage, EpochMessageError> {
  const decoded = decode(encoded, MAX_MESSAGE_BYTES);
  if (!decoded.ok) return malformed(decoded.error.message);
  try {
    return ok(read(list(decoded.value, 4, 'message')));
  } catch (error) {
    if (error instanceof Malformed) return malformed(error.message);
    throw error;
  }
}

function fieldsOf(m: EpochMessage): CborValue {
  const kind = KIND[m.type];
  switch (m.type) {
    case 'drafts':
      return [kind, m.changes];
    case 'approvals':
      return [kind, fromHex(m.epoch), m.approvals.map(approvalFields)];
    case 'reports':
      return [kind, fromHex(m.epoch), m.reports.map(reportFields)];
    case 'want-chain':
      return [kind, m.above];
    case 'chain':
      return [kind, m.first, m.links.map(linkFields)];
    case 'want-leaves':
      return [kind, fromHex(m.root), m.from];
    case 'leaves':
      return [kind, fromHex(m.root), m.leaves.map((l) => [l.key, l.version, fromHex(l.digest)]), m.complete];
    case 'join-secret':
      return [kind, m.epoch, m.secret];
    case 'requests':
      return [kind, m.requests.map(({ entry, replaces, age }) => [...requestFields(entry, replaces), age])];
    case 'break':
      return [kind, m.genesis, m.signatures.map(({ author, signature }) => [author, signature])];
  }
}

function read(f: readonly CborValue[]): EpochMessage {
  const fields = (wanted: number): void => {
    if (f.length !== wanted)
      throw new Malformed(`a message of kind ${String(f[0])} has ${wanted} fields, not ${f.length}`);
  };
  switch (f[0]) {
    case KIND.drafts:
      fields(2);
      return {
        type: 'drafts',
        changes: list(f[1], MAX_DRAFTS_PER_MESSAGE, 'changes').map((one) => bytes(one, MAX_VALUE_BYTES)),
      };
    case KIND.approvals: {
      fields(3);
      const epoch = hex(f[1], 32) as EpochDigest;
      const approvals = list(f[2], MAX_APPROVALS_PER_MESSAGE, 'approvals').map((a) => approval(a, epoch));
      return { type: 'approvals', epoch, approvals };
    }
    case KIND.reports: {
      fields(3);
      const epoch = hex(f[1], 32) as EpochDigest;
      const reports = list(f[2], MAX_APPROVALS_PER_MESSAGE, 'reports').map((r) => readReport(r, epoch));
      return { type: 'reports', epoch, reports };
    }
    case KIND['want-chain']:
      fields(2);
      return { type: 'want-chain', above: count(f[1], MAX_EPOCHS) };
    case KIND.chain:
      fields(3);
      return {
        type: 'chain',
        first: count(f[1], MAX_EPOCHS),
        links: list(f[2], MAX_LINKS_PER_MESSAGE, 'links').map(readLink),
      };
    case KIND['want-leaves']:
      fields(3);
      return { type: 'want-leaves', root: hex(f[1], 32) as Digest, from: text(f[2], MAX_KEY_LENGTH) };
    case KIND.leaves:
      fields(4);
      if (typeof f[3] !== 'boolean') throw new Malformed('a page of leaves is the last one or not');
      return {
        type: 'leaves',
        root: hex(f[1], 32) as Digest,
        leaves: list(f[2], MAX_LEAVES_PER_MESSAGE, 'leaves').map(leaf),
        complete: f[3],
      };
    case KIND['join-secret']:
      fields(3);
      return { type: 'join-secret', epoch: count(f[1], MAX_EPOCHS), secret: exactly(f[2], 32).slice() };
    case KIND.requests:
      fields(2);
      return {
        type: 'requests',
        requests: list(f[1], MAX_REQUESTS_PER_MESSAGE, 'requests').map(request),
      };
    case KIND.break: {
      fields(3);
      const signatures = list(f[2], MAX_MEMBERS, 'signatures').map(signed);
      if (signatures.length === 0) throw new Malformed('nobody has signed it');
      return { type: 'break', genesis: bytes(f[1], MAX_GENESIS_BYTES).slice(), signatures };
    }
    default:
      throw new Malformed(`message kind ${String(f[0])} is not known`);
  }
}

function approvalFields({ kind, change, author, signature, share }: Approval): CborValue {
  return [kind === 'join' ? 1 : 0, fromHex(change), author, signature, share];
}

function approval(value: CborValue, epoch: EpochDigest): Approval {
  const f = list(value, 5, 'approval');
  if (f.length !== 5 || (f[0] !== 0 && f[0] !== 1)) throw new Malformed('an approval has 5 fields');
  return {
    kind: f[0] === 1 ? 'join' : 'approve',
    epoch,
    change: hex(f[1], 32) as Digest,
    author: count(f[2], MAX_MEMBERS - 1) as MemberIndex,
    signature: exactly(f[3], SIGNATURE_BYTES).slice(),
    share: exactly(f[4], SHARE_BYTES).slice(),
  };
}

function signed(value: CborValue): BreakProposal['signatures'][number] {
  const f = list(value, 2, 'signature');
  if (f.length !== 2) throw new Malformed('a signature comes with its author');
  return {
    author: count(f[0], MAX_MEMBERS - 1) as MemberIndex,
    signature: exactly(f[1], SIGNATURE_BYTES).slice(),
  };
}

function request(value: CborValue): JoinRequest {
  const f = list(value, 3, 'request');
  if (f.length !== 3) throw new Malformed('a request has 3 fields');
  const { entry, replaces } = readRequest(f[0], f[1]);
  if (entry === null) throw new Malformed('who asks to be let in has an entry');
  return { entry, replaces, age: count(f[2], MAX_REQUEST_AGE_MS) as Milliseconds };
}

function leaf(value: CborValue): StateLeaf {
  const f = list(value, 3, 'leaf');
  if (f.length !== 3) throw new Malformed('a leaf has 3 fields');
  const version = count(f[1]);
  if (version < 1) throw new Malformed('versions begin at 1');
  return { key: key(f[0]), version: version as Version, digest: hex(f[2], 32) as Digest };
}

function malformed(what: string): Result<never, EpochMessageError> {
  return fail({ type: 'malformed-message', message: `A message about epochs is malformed: ${what}.` });
}
