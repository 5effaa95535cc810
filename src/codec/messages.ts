/**
 * Messages between replicas, after the handshake. Each is one canonical CBOR array whose first element is the kind below.
 *
 * | kind | fields | what the receiver does |
 * |---|---|---|
 * | 1 votes | epoch, [vote…], [value bytes…] | drops what it knows, checks each signature, counts |
 * | 2 want-values | [digest…] | sends `values` for those it has |
 * | 3 values | [value bytes…] | takes those it asked for |
 * | 4 certificates | [certificate…] | checks; a higher version replaces its own, an aggregate replaces votes |
 * | 5 roots | tree, certified digest, open digest | compares; asks for nodes where they differ |
 * | 6 want-nodes | tree, [prefix…] | sends `nodes` |
 * | 7 nodes | tree, [node…] | descends, or asks for keys |
 * | 8 want-keys | [key…] | sends certificates and open votes of those keys |
 * | 9 evidence | [[vote, vote]…] | checks both signatures, keeps and passes on |
 * | 10 resume-ask | certified digest of the main tree | sends `resume-answer` |
 * | 11 resume-answer | epoch, [vote of the asker…], [certificate with its bit…], final, other live instance of the log id or null | RESUME |
 * | 12 neighbours | bitmap of linked members | suspected; what needs no pushing |
 * | 13 want-history | key, below version | sends `history` |
 * | 14 history | key, [[certificate, value bytes]…] | checks the chain of previous digests |
 * | 15 refusal | key, version, digest, rule, message | advisory: shown, never counted as a vote |
 * | 16 probe | nonce | sends `alive`: a link that does not answer is no twin |
 * | 17 alive | nonce | |
 * | 18 witness | [[key, version, [[round, type, digest, bitmap]…]]…] | sends its own vote where it holds another of the same author |

 *
 * A message that breaks a shape or a limit costs its sender the link (`malformed-message`).
 */
import type { Digest, EpochDigest, InstanceId, Key, MemberIndex, Round, Version } from './brand.ts';
import { fromHex, toHex } from './brand.ts';
import { decode, encode, type CborValue } from './cbor.ts';
import {
  MAX_CERTIFICATES_PER_MESSAGE,
  MAX_COUNTER,
  MAX_KEY_LENGTH,
  MAX_KEYS_PER_MESSAGE,
  MAX_MEMBERS,
  MAX_MESSAGE_BYTES,
  MAX_REASON_LENGTH,
  MAX_RESUME_ENTRIES,
  MAX_VALUE_BYTES,
  MAX_VALUES_PER_MESSAGE,
  MAX_VOTES_PER_MESSAGE,
} from './limits.ts';
import { fail, ok, type Result } from './result.ts';
import type { Certificate, CertificateGroup, Equivocation, Vote, VoteBody } from './vote.ts';

export type TreeName = 'main' | 'network';

/** A node of the sender's tree: sixteen children as pairs of digests, or its leaves when they are few. */
export type TreeNode =
  | {
      readonly prefix: string;
      readonly kind: 'inner';
      readonly children: readonly { certified: string; open: string }[];
    }
  | { readonly prefix: string; readonly kind: 'leaves'; readonly leaves: readonly TreeLeaf[] };

export interface TreeLeaf {
  readonly key: Key;
  /** 0 when the key has no certified value. */
  readonly version: Version;
  readonly digest: Digest | null;
  /** Digest of what is known of the open version; empty when nothing is. */
  readonly open: string;
}

export type PeerMessage =
  | {
      readonly type: 'votes';
      readonly epoch: EpochDigest;
      readonly votes: readonly Vote[];
      readonly values: readonly Uint8Array[];
    }
  | { readonly type: 'want-values'; readonly digests: readonly Digest[] }
  | { readonly type: 'values'; readonly values: readonly Uint8Array[] }
  | { readonly type: 'certificates'; readonly certificates: readonly Certificate[] }
  | { readonly type: 'roots'; readonly tree: TreeName; readonly certified: string; readonly open: string }
  | { readonly type: 'want-nodes'; readonly tree: TreeName; readonly prefixes: readonly string[] }
  | { readonly type: 'nodes'; readonly tree: TreeName; readonly nodes: readonly TreeNode[] }
  | { readonly type: 'want-keys'; readonly keys: readonly Key[] }
  | { readonly type: 'evidence'; readonly items: readonly Equivocation[] }
  | { readonly type: 'resume-ask'; readonly root: string }
  | {
      readonly type: 'resume-answer';
      readonly epoch: EpochDigest;
      /** With signatures: nobody else can make this member believe that it voted. */
      readonly votes: readonly Vote[];
      readonly certificates: readonly Certificate[];
      readonly final: boolean;
      readonly twin: InstanceId | null;
    }
  | { readonly type: 'neighbours'; readonly members: Uint8Array }
  | { readonly type: 'want-history'; readonly key: Key; readonly below: Version }
  | {
      readonly type: 'history';
      readonly key: Key;
      readonly entries: readonly { certificate: Certificate; value: Uint8Array }[];
    }
  | {
      readonly type: 'refusal';
      readonly key: Key;
      readonly version: Version;
      readonly digest: Digest;
      readonly rule: string;
      readonly message: string;
    }
  | { readonly type: 'probe'; readonly nonce: string }
  | { readonly type: 'alive'; readonly nonce: string }
  | { readonly type: 'witness'; readonly items: readonly WitnessItem[] };

/** Whose votes a replica held for a version when it was decided: in a full mesh nobody else compares what an equivocator told whom. */
export interface WitnessItem {
  readonly key: Key;
  readonly version: Version;
  readonly votes: readonly {
    readonly round: Round;
    readonly type: VoteBody['type'];
    readonly digest: Digest;
    readonly authors: Uint8Array;
  }[];
}

export interface MessageError {
  readonly type: 'malformed-message';
  readonly message: string;
}

export function encodeMessage(message: PeerMessage): Uint8Array<ArrayBuffer> {
  return encode(toFields(message));
}

/** Shape and limits only; signatures, certificates and digests are checked by whoever uses the message. */
export function decodeMessage(bytes: Uint8Array): Result<PeerMessage, MessageError> {
  const decoded = decode(bytes, MAX_MESSAGE_BYTES);
  if (!decoded.ok) return fail({ type: 'malformed-message', message: decoded.error.message });
  try {
    return ok(fromFields(decoded.value));
  } catch (error) {
    if (error instanceof Malformed) return fail({ type: 'malformed-message', message: error.message });
    throw error;
  }
}

/** Canonical form of a vote inside messages, the store's copies and evidence files. */
export function voteFields(vote: Vote): CborValue {
  return [...bodyFields(vote), vote.author, vote.signature, vote.share ?? null];
}

export function certificateFields(certificate: Certificate): CborValue {
  const { epoch, key, version, round, digest, groups } = certificate;
  return [fromHex(epoch), key, version, round, fromHex(digest), groups.map(groupFields)];
}

/** Reads what `certificateFields` wrote. */
export function readCertificate(value: CborValue): Result<Certificate, MessageError> {
  try {
    return ok(certificate(value));
  } catch (error) {
    if (error instanceof Malformed) return fail({ type: 'malformed-message', message: error.message });
    throw error;
  }
}

const KIND = {
  votes: 1,
  'want-values': 2,
  values: 3,
  certificates: 4,
  roots: 5,
  'want-nodes': 6,
  nodes: 7,
  'want-keys': 8,
  evidence: 9,
  'resume-ask': 10,
  'resume-answer': 11,
  neighbours: 12,
  'want-history': 13,
  history: 14,
  refusal: 15,
  probe: 16,
  alive: 17,
  witness: 18,
} as const satisfies Record<PeerMessage['type'], number>;

function toFields(m: PeerMessage): CborValue {
  const kind = KIND[m.type];
  switch (m.type) {
    case 'votes':
      return [kind, fromHex(m.epoch), m.votes.map(voteFields), m.values];
    case 'want-values':
      return [kind, m.digests.map(fromHex)];
    case 'values':
      return [kind, m.values];
    case 'certificates':
      return [kind, m.certificates.map(certificateFields)];
    case 'roots':
      return [kind, m.tree, fromHex(m.certified), fromHex(m.open)];
    case 'want-nodes':
      return [kind, m.tree, m.prefixes];
    case 'nodes':
      return [kind, m.tree, m.nodes.map(nodeFields)];
    case 'want-keys':
      return [kind, m.keys];
    case 'evidence':
      return [
        kind,
        m.items.map(({ first, second }) => [fromHex(first.epoch), voteFields(first), voteFields(second)]),
      ];
    case 'resume-ask':
      return [kind, fromHex(m.root)];
    case 'resume-answer':
      return [
        kind,
        fromHex(m.epoch),
        m.votes.map(voteFields),
        m.certificates.map(certificateFields),
        m.final,
        m.twin === null ? null : fromHex(m.twin),
      ];
    case 'neighbours':
      return [kind, m.members];
    case 'want-history':
      return [kind, m.key, m.below];
    case 'history':
      return [kind, m.key, m.entries.map((e) => [certificateFields(e.certificate), e.value])];
    case 'refusal':
      return [kind, m.key, m.version, fromHex(m.digest), m.rule, m.message];
    case 'probe':
    case 'alive':
      return [kind, fromHex(m.nonce)];
    case 'witness':
      return [
        kind,
        m.items.map((i) => [
          i.key,
          i.version,
          i.votes.map((v) => [v.round, v.type === 'COMMIT' ? 1 : 0, fromHex(v.digest), v.authors]),
        ]),
      ];
  }
}

function fromFields(value: CborValue): PeerMessage {
  const f = list(value, 8, 'message');
  const [kind] = f;
  const has = (count: number): void => {
    if (f.length !== count)
      throw new Malformed(`a message of kind ${String(kind)} has ${count} fields, not ${f.length}`);
  };
  switch (kind) {
    case KIND.votes: {
      has(4);
      const epoch = hex(f[1], 32) as EpochDigest;
      const votes = list(f[2], MAX_VOTES_PER_MESSAGE, 'votes').map((v) => vote(v, epoch));
      return { type: 'votes', epoch, votes, values: values(f[3]) };
    }
    case KIND['want-values']:
      has(2);
      return {
        type: 'want-values',
        digests: list(f[1], MAX_VALUES_PER_MESSAGE, 'digests').map((d) => hex(d, 32) as Digest),
      };
    case KIND.values:
      has(2);
      return { type: 'values', values: values(f[1]) };
    case KIND.certificates:
      has(2);
      return {
        type: 'certificates',
        certificates: list(f[1], MAX_CERTIFICATES_PER_MESSAGE, 'certificates').map(certificate),
      };
    case KIND.roots:
      has(4);
      return { type: 'roots', tree: tree(f[1]), certified: hex(f[2], 32), open: hex(f[3], 32) };
    case KIND['want-nodes']:
      has(3);
      return {
        type: 'want-nodes',
        tree: tree(f[1]),
        prefixes: list(f[2], MAX_KEYS_PER_MESSAGE, 'prefixes').map(prefix),
      };
    case KIND.nodes:
      has(3);
      return { type: 'nodes', tree: tree(f[1]), nodes: list(f[2], MAX_KEYS_PER_MESSAGE, 'nodes').map(node) };
    case KIND['want-keys']:
      has(2);
      return { type: 'want-keys', keys: list(f[1], MAX_KEYS_PER_MESSAGE, 'keys').map(key) };
    case KIND.evidence:
      has(2);
      return { type: 'evidence', items: list(f[1], MAX_MEMBERS, 'evidence').map(equivocation) };
    case KIND['resume-ask']:
      has(2);
      return { type: 'resume-ask', root: hex(f[1], 32) };
    case KIND['resume-answer']: {
      has(6);
      if (typeof f[4] !== 'boolean') throw new Malformed('final is not true or false');
      const epoch = hex(f[1], 32) as EpochDigest;
      return {
        type: 'resume-answer',
        epoch,
        votes: list(f[2], MAX_RESUME_ENTRIES, 'votes').map((v) => vote(v, epoch)),
        certificates: list(f[3], MAX_CERTIFICATES_PER_MESSAGE, 'certificates').map(certificate),
        final: f[4],
        twin: f[5] === null ? null : (hex(f[5], 16) as InstanceId),
      };
    }
    case KIND.neighbours:
      has(2);
      return { type: 'neighbours', members: bytes(f[1], MAX_MEMBERS / 8) };
    case KIND['want-history']:
      has(3);
      return { type: 'want-history', key: key(f[1]), below: count(f[2]) as Version };
    case KIND.history:
      has(3);
      return {
        type: 'history',
        key: key(f[1]),
        entries: list(f[2], MAX_CERTIFICATES_PER_MESSAGE, 'entries').map((e) => {
          const pair = list(e, 2, 'entry');
          return { certificate: certificate(pair[0]), value: bytes(pair[1], MAX_VALUE_BYTES) };
        }),
      };
    case KIND.refusal:
      has(6);
      return {
        type: 'refusal',
        key: key(f[1]),
        version: count(f[2]) as Version,
        digest: hex(f[3], 32) as Digest,
        rule: text(f[4], 60),
        message: text(f[5], MAX_REASON_LENGTH),
      };
    case KIND.probe:
    case KIND.alive:
      has(2);
      return { type: kind === KIND.probe ? 'probe' : 'alive', nonce: hex(f[1], 16) };
    case KIND.witness:
      has(2);
      return { type: 'witness', items: list(f[1], MAX_KEYS_PER_MESSAGE, 'items').map(witness) };
    default:
      throw new Malformed(`message kind ${String(kind)} is not known`);
  }
}

class Malformed extends Error {}

function bodyFields(vote: VoteBody): CborValue[] {
  return [vote.key, vote.version, vote.round, vote.type === 'COMMIT' ? 1 : 0, fromHex(vote.digest)];
}

function groupFields(group: CertificateGroup): CborValue {
  if (group.form === 'aggregate') return [0, group.signers, group.signature];
  return [1, group.votes.map((v) => [v.author, v.signature, v.share])];
}

function nodeFields(n: TreeNode): CborValue {
  if (n.kind === 'inner')
    return [n.prefix, 0, n.children.map((c) => [fromHex(c.certified), fromHex(c.open)])];
  return [
    n.prefix,
    1,
    n.leaves.map((l) => [l.key, l.version, l.digest === null ? null : fromHex(l.digest), fromHex(l.open)]),
  ];
}

function body(f: readonly CborValue[]): VoteBody {
  if (f[3] !== 0 && f[3] !== 1) throw new Malformed('a vote is a PRE-COMMIT or a COMMIT');
  const version = count(f[1]);
  if (version < 1) throw new Malformed('versions begin at 1');
  return {
    key: key(f[0]),
    version: version as Version,
    round: count(f[2]) as Round,
    type: f[3] === 1 ? 'COMMIT' : 'PRE-COMMIT',
    digest: hex(f[4], 32) as Digest,
  };
}

function vote(value: CborValue | undefined, epoch: EpochDigest): Vote {
  const f = list(value, 8, 'vote');
  if (f.length !== 8) throw new Malformed('a vote has 8 fields');
  const base = {
    ...body(f),
    epoch,
    author: count(f[5], MAX_MEMBERS - 1) as MemberIndex,
    signature: exactly(f[6], 64),
  };
  if (base.type === 'COMMIT') return { ...base, share: exactly(f[7], 48) };
  if (f[7] !== null) throw new Malformed('a PRE-COMMIT has no share');
  return base;
}

function certificate(value: CborValue | undefined): Certificate {
  const f = list(value, 6, 'certificate');
  if (f.length !== 6) throw new Malformed('a certificate has 6 fields');
  const version = count(f[2]);
  if (version < 1) throw new Malformed('versions begin at 1');
  return {
    epoch: hex(f[0], 32) as EpochDigest,
    key: key(f[1]),
    version: version as Version,
    round: count(f[3]) as Round,
    digest: hex(f[4], 32) as Digest,
    groups: list(f[5], 4, 'groups').map(group),
  };
}

function group(value: CborValue): CertificateGroup {
  const f = list(value, 3, 'group');
  if (f[0] === 0 && f.length === 3) {
    return { form: 'aggregate', signers: bytes(f[1], MAX_MEMBERS / 8), signature: exactly(f[2], 48) };
  }
  if (f[0] === 1 && f.length === 2) {
    const votes = list(f[1], MAX_MEMBERS, 'votes').map((v) => {
      const p = list(v, 3, 'vote');
      return {
        author: count(p[0], MAX_MEMBERS - 1) as MemberIndex,
        signature: exactly(p[1], 64),
        share: exactly(p[2], 48),
      };
    });
    return { form: 'votes', votes };
  }
  throw new Malformed('a certificate group is an aggregate or a list of votes');
}

function equivocation(value: CborValue): Equivocation {
  const f = list(value, 3, 'evidence');
  if (f.length !== 3) throw new Malformed('evidence has 3 fields');
  const epoch = hex(f[0], 32) as EpochDigest;
  return { first: vote(f[1], epoch), second: vote(f[2], epoch) };
}

function node(value: CborValue): TreeNode {
  const f = list(value, 3, 'node');
  const at = prefix(f[0] ?? null);
  if (f[1] === 0) {
    const children = list(f[2], 16, 'children').map((c) => {
      const pair = list(c, 2, 'child');
      return { certified: hex(pair[0], 32), open: hex(pair[1], 32) };
    });
    if (children.length !== 16) throw new Malformed('an inner node has 16 children');
    return { prefix: at, kind: 'inner', children };
  }
  if (f[1] !== 1) throw new Malformed('a node is inner or has leaves');
  const leaves = list(f[2], MAX_KEYS_PER_MESSAGE, 'leaves').map((l): TreeLeaf => {
    const p = list(l, 4, 'leaf');
    return {
      key: key(p[0]),
      version: count(p[1]) as Version,
      digest: p[2] === null ? null : (hex(p[2], 32) as Digest),
      open: hex(p[3], 32),
    };
  });
  return { prefix: at, kind: 'leaves', leaves };
}

function witness(value: CborValue): WitnessItem {
  const f = list(value, 3, 'item');
  const votes = list(f[2], MAX_VOTES_PER_MESSAGE, 'votes').map((one) => {
    const v = list(one, 4, 'votes');
    if (v[1] !== 0 && v[1] !== 1) throw new Malformed('a vote is a PRE-COMMIT or a COMMIT');
    const type: VoteBody['type'] = v[1] === 1 ? 'COMMIT' : 'PRE-COMMIT';
    const authors = bytes(v[3], MAX_MEMBERS / 8);
    return { round: count(v[0]) as Round, type, digest: hex(v[2], 32) as Digest, authors };
  });
  return { key: key(f[0]), version: count(f[1]) as Version, votes };
}

function values(value: CborValue | undefined): Uint8Array[] {
  return list(value, MAX_VALUES_PER_MESSAGE, 'values').map((v) => bytes(v, MAX_VALUE_BYTES));
}

function list(value: CborValue | undefined, max: number, what: string): readonly CborValue[] {
  if (!Array.isArray(value)) throw new Malformed(`${what} is not a list`);
  if (value.length > max)
    throw new Malformed(`${what}: ${value.length} entries, at most ${max} are accepted`);
  return value as readonly CborValue[];
}

function bytes(value: CborValue | undefined, max: number): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new Malformed('not bytes');
  if (value.length > max) throw new Malformed(`${value.length} bytes, at most ${max} are accepted`);
  return value;
}

function exactly(value: CborValue | undefined, length: number): Uint8Array {
  const found = bytes(value, length);
  if (found.length !== length) throw new Malformed(`${found.length} bytes instead of ${length}`);
  return found;
}

function hex(value: CborValue | undefined, length: number): string {
  return toHex(exactly(value, length));
}

function count(value: CborValue | undefined, max = MAX_COUNTER): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > max) {
    throw new Malformed(`not a whole number from 0 to ${max}`);
  }
  return value;
}

function text(value: CborValue | undefined, max: number): string {
  if (typeof value !== 'string' || value.length > max)
    throw new Malformed(`not a text of at most ${max} characters`);
  return value;
}

function key(value: CborValue | undefined): Key {
  const found = text(value, MAX_KEY_LENGTH);
  if (found.length === 0) throw new Malformed('a key is not empty');
  return found as Key;
}

function prefix(value: CborValue): string {
  const found = text(value, 64);
  if (!/^[0-9a-f]*$/.test(found)) throw new Malformed('a prefix is hex');
  return found;
}

function tree(value: CborValue | undefined): TreeName {
  if (value !== 'main' && value !== 'network') throw new Malformed('there are two trees: main and network');
  return value;
}
