/**
 * Messages between replicas, after the handshake. Each is one canonical CBOR array whose first element is the kind below.
 *
 * | kind | fields | what the receiver does |
 * |---|---|---|
 * | 1 votes | epoch, [votes of one value, or of one batch…] (votes.ts), [value bytes…] | drops what it knows, checks each signature, counts |
 * | 2 want-values | [digest…] | sends `values` for those it has |
 * | 3 values | [value bytes…] | takes those it asked for |
 * | 4 certificates | [certificate…] | checks; a higher version replaces its own, an aggregate replaces votes |
 * | 5 roots | tree, certified digest, open digest | compares; asks for nodes where they differ |
 * | 6 want-nodes | tree, [prefix…], [own digests, none, one or two levels below it…] or null for whole ones | sends `nodes` where it differs |
 * | 7 nodes | tree, [node…], how many prefixes are answered | descends, or asks for keys |
 * | 8 want-keys | [key…], [path…], values too? | sends certificates and open votes of those keys |
 * | 9 evidence | [[vote, vote], [COMMIT] or [report, report]…] | checks signatures, and that a single COMMIT's share is bad; keeps and passes on |
 * | 10 resume-ask | [asker, log id, instance, nonce, time, everywhere?, bitmap of who answered, digests of its certified state, short names of its votes], signature | checks once, passes on, answers |
 * | 11 resume-answer | epoch, [asker, nonce, answerer, complete?, other live instance or null], [vote of the asker…], [certificate with its bit…], [report of the asker…] if there is one, signature | checks once, passes on towards the asker: RESUME |
 * | 12 neighbours | bitmap of linked members | suspected; what needs no pushing |
 * | 13 want-history | key, below version | sends `history` |
 * | 14 history | key, [[certificate, value bytes]…] | checks the chain of previous digests |
 * | 15 refusal | key, version, digest, rule, message | advisory: shown, never counted as a vote |
 * | 16 probe | nonce | sends `alive`: a link that does not answer is no twin |
 * | 17 alive | nonce | |
 * | 18 witness | [[key, version, [[round, type, digest, bitmap]…]]…] | sends its own vote where it holds another of the same author |
 * | 19 enough | bitmap of authors | their votes come there over other links: not pushed over this one |
 * | 20 holds | as witness, of open versions | sends the votes that it holds beyond these |
 * | 21 session-ask | nonce, 0 mirror or 1 hand-over, bytes (src/l2/mirror.ts, src/l2/handover.ts) | works on it if the sender may ask, and answers |
 * | 22 session-answer | nonce, bytes | gives it to who asked, if it comes over the link that was asked |
 * | 23 notice | bytes (src/l2/notice.ts) | checks the signature, shows it, passes it on once; never counted |
 * | 24 hand-off | text of a request or an answer | advisory: shown to the person whom it names, never counted |
 * | 25 want-held | key, is the asker about to prune it? | sends `held`, and if so keeps what it says it holds for a while |
 * | 26 held | key, first and last version that it holds without a gap (0 and 0: none) | advisory: shown; f + 1 are needed to prune |
 *
 * From devices come kinds 2, 3, 4, 6, 8, 9, 13, 16, 21 to 23 and 25 (src/worker/replica/devices.ts).
 *
 * A message that breaks a shape or a limit costs its sender the link (`malformed-message`).
 */
import type { Digest, EpochDigest, InstanceId, Key, LogId, MemberIndex, Round, Version } from './brand.ts';
import { fromHex, toHex } from './brand.ts';
import { decode, encode, type CborValue } from './cbor.ts';
import {
  MAX_CERTIFICATES_PER_MESSAGE,
  MAX_GROUPS_PER_CERTIFICATE,
  MAX_HAND_OFF_TEXT_LENGTH,
  MAX_KEYS_PER_MESSAGE,
  MAX_MEMBERS,
  MAX_MESSAGE_BYTES,
  MAX_NODES_PER_MESSAGE,
  MAX_NOTICE_BYTES,
  MAX_REASON_LENGTH,
  MAX_RESUME_ANSWER_BYTES,
  MAX_RESUME_CERTIFICATES,
  MAX_RESUME_KNOWN,
  MAX_RESUME_REPORTS,
  MAX_RESUME_VOTES,
  MAX_SESSION_TALK_BYTES,
  MAX_VALUE_BYTES,
  MAX_VALUES_PER_MESSAGE,
  MAX_VOTES_PER_MESSAGE,
  RESUME_DIGEST_BYTES,
  RESUME_NAME_BYTES,
  TREE_TAG_BYTES,
} from './limits.ts';
import { bytes, count, exactly, hex, key, list, Malformed, text } from './fields.ts';
import { lockFields, readLocks } from './locks.ts';
import { fail, ok, type Result } from './result.ts';
import {
  accusedOf,
  isBadShare,
  isOfReports,
  locksName,
  type Certificate,
  type CertificateGroup,
  type Evidence,
  type SignedLocks,
  type Vote,
  type VoteBody,
} from './vote.ts';
import {
  inclusion,
  inclusionFields,
  readVotes,
  SHARE_BYTES,
  SIGNATURE_BYTES,
  vote,
  voteFields,
  votesFields,
} from './votes.ts';

export type TreeName = 'main' | 'network';

/** A node of the sender's tree: sixteen children as pairs of digests, or its leaves when they are few. */
export type TreeNode =
  | {
      readonly prefix: string;
      readonly kind: 'inner';
      readonly children: readonly { certified: string; open: string }[];
    }
  | { readonly prefix: string; readonly kind: 'leaves'; readonly leaves: readonly TreeLeaf[] }
  /** Sixteen digests, TREE_TAG_BYTES each. */
  | { readonly prefix: string; readonly kind: 'tags'; readonly tags: Uint8Array }
  | { readonly prefix: string; readonly kind: 'paths'; readonly leaves: readonly ShortLeaf[] };

/** A leaf by the beginnings of its digests. Of a version there is one value: it need not be told. */
export interface ShortLeaf {
  /** Hex: beginning of the digest of the key. */
  readonly path: string;
  readonly version: Version;
  /** Hex: beginning of the open digest; empty when nothing is known. */
  readonly open: string;
}

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
  | {
      readonly type: 'want-nodes';
      readonly tree: TreeName;
      readonly prefixes: readonly string[];
      /** The asker's own digests below each prefix: what is equal need not be told. Left out: whole nodes are wanted. */
      readonly tags?: readonly Uint8Array[];
    }
  | {
      readonly type: 'nodes';
      readonly tree: TreeName;
      readonly nodes: readonly TreeNode[];
      /** How many of the prefixes asked for, from the first on, this answers; all when left out. */
      readonly answered?: number;
    }
  | {
      readonly type: 'want-keys';
      readonly keys: readonly Key[];
      /** Keys by the beginnings of their digests: names that the asker does not know yet. */
      readonly paths?: readonly string[];
      /** Small values come along. */
      readonly values?: boolean;
    }
  | { readonly type: 'evidence'; readonly items: readonly Evidence[] }
  | {
      readonly type: 'resume-ask';
      readonly asker: MemberIndex;
      readonly logId: LogId;
      /** Which start of the asker this is. */
      readonly instance: InstanceId;
      /** 16 bytes, fresh for each ask. */
      readonly nonce: string;
      /** Seconds since 1970 by the asker's clock: chooses a budget, decides nothing. */
      readonly time: number;
      /** Answers go over every link instead of back along the ways that the ask came. */
      readonly everywhere: boolean;
      /** Bitmap of members whose answers it has: they need not answer again. */
      readonly answered: Uint8Array;
      /** Sixteen digests of its certified state, RESUME_DIGEST_BYTES each (src/crdt/summary.ts). */
      readonly summary: Uint8Array;
      /** Names of its own votes in open versions, RESUME_NAME_BYTES each. */
      readonly known: Uint8Array;
      /** Ed25519, 64 bytes. */
      readonly signature: Uint8Array;
    }
  | {
      readonly type: 'resume-answer';
      readonly epoch: EpochDigest;
      readonly asker: MemberIndex;
      /** Of the ask that this answers. */
      readonly nonce: string;
      readonly answerer: MemberIndex;
      /** False: there is more than one answer may hold. Sync first; this does not count. */
      readonly complete: boolean;
      readonly twin: InstanceId | null;
      /** With signatures: nobody else can make this member believe that it voted. */
      readonly votes: readonly Vote[];
      readonly certificates: readonly Certificate[];
      /** The asker's about the end of this epoch, without polkas (`encodeReport` of epochs.ts); left out when there is none. */
      readonly reports?: readonly Uint8Array[];
      /** Ed25519, 64 bytes. */
      readonly signature: Uint8Array;
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
  | { readonly type: 'witness'; readonly items: readonly WitnessItem[] }
  | { readonly type: 'enough'; readonly authors: Uint8Array }
  | { readonly type: 'holds'; readonly items: readonly WitnessItem[] }
  /** Of the session layer, between devices of one member, or from a device to a member (src/worker/sessions/session-net.ts). */
  | {
      readonly type: 'session-ask';
      /** 16 bytes as hex. */
      readonly nonce: string;
      readonly about: 'mirror' | 'hand-over';
      readonly bytes: Uint8Array;
    }
  | { readonly type: 'session-answer'; readonly nonce: string; readonly bytes: Uint8Array }
  | { readonly type: 'notice'; readonly bytes: Uint8Array }
  | { readonly type: 'want-held'; readonly key: Key; readonly toPrune: boolean }
  | {
      readonly type: 'held';
      readonly key: Key;
      readonly from: number;
      readonly to: number;
      /** Of the question that it answers. */
      readonly toPrune: boolean;
    }
  /** Between the warehouse and the courier of a package, direct; the application reads the text. */
  | { readonly type: 'hand-off'; readonly text: string };

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
  enough: 19,
  holds: 20,
  'session-ask': 21,
  'session-answer': 22,
  notice: 23,
  'hand-off': 24,
  'want-held': 25,
  held: 26,
} as const satisfies Record<PeerMessage['type'], number>;

/** By number. */
const ABOUT = ['mirror', 'hand-over'] as const;

function toFields(m: PeerMessage): CborValue {
  const kind = KIND[m.type];
  switch (m.type) {
    case 'votes':
      return [kind, fromHex(m.epoch), votesFields(m.votes), m.values];
    case 'want-values':
      return [kind, m.digests.map(fromHex)];
    case 'values':
      return [kind, m.values];
    case 'certificates':
      return [kind, m.certificates.map(certificateFields)];
    case 'roots':
      return [kind, m.tree, fromHex(m.certified), fromHex(m.open)];
    case 'want-nodes':
      return [kind, m.tree, m.prefixes, m.tags ?? null];
    case 'nodes':
      return [kind, m.tree, m.nodes.map(nodeFields), m.answered ?? null];
    case 'want-keys':
      return [kind, m.keys, (m.paths ?? []).map(fromHex), m.values ?? false];
    case 'evidence':
      return [kind, m.items.map((item) => [fromHex(accusedOf(item).epoch), ...evidenceFields(item)])];
    case 'resume-ask':
      return [
        kind,
        [
          m.asker,
          fromHex(m.logId),
          fromHex(m.instance),
          fromHex(m.nonce),
          m.time,
          m.everywhere,
          m.answered,
          m.summary,
          m.known,
        ],
        m.signature,
      ];
    case 'resume-answer':
      return [
        kind,
        fromHex(m.epoch),
        [m.asker, fromHex(m.nonce), m.answerer, m.complete, m.twin === null ? null : fromHex(m.twin)],
        m.votes.map(voteFields),
        m.certificates.map(certificateFields),
        ...(m.reports && m.reports.length > 0 ? [m.reports] : []),
        m.signature,
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
    case 'enough':
      return [kind, m.authors];
    case 'session-ask':
      return [kind, fromHex(m.nonce), ABOUT.indexOf(m.about), m.bytes];
    case 'session-answer':
      return [kind, fromHex(m.nonce), m.bytes];
    case 'notice':
      return [kind, m.bytes];
    case 'hand-off':
      return [kind, m.text];
    case 'want-held':
      return [kind, m.key, m.toPrune];
    case 'held':
      return [kind, m.key, m.from, m.to, m.toPrune];
    case 'witness':
    case 'holds':
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
      return { type: 'votes', epoch, votes: readVotes(f[2], epoch), values: values(f[3]) };
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
    case KIND['want-nodes']: {
      has(4);
      const prefixes = list(f[2], MAX_KEYS_PER_MESSAGE, 'prefixes').map(prefix);
      if (f[3] === null) return { type: 'want-nodes', tree: tree(f[1]), prefixes };
      const tags = list(f[3], MAX_KEYS_PER_MESSAGE, 'digests').map(levelsOfTags);
      if (tags.length !== prefixes.length) throw new Malformed('digests go with each prefix, or with none');
      return { type: 'want-nodes', tree: tree(f[1]), prefixes, tags };
    }
    case KIND.nodes: {
      has(4);
      const nodes = list(f[2], MAX_NODES_PER_MESSAGE, 'nodes').map(node);
      if (f[3] === null) return { type: 'nodes', tree: tree(f[1]), nodes };
      return { type: 'nodes', tree: tree(f[1]), nodes, answered: count(f[3], MAX_KEYS_PER_MESSAGE) };
    }
    case KIND['want-keys']: {
      has(4);
      if (typeof f[3] !== 'boolean') throw new Malformed('values is not true or false');
      return {
        type: 'want-keys',
        keys: list(f[1], MAX_KEYS_PER_MESSAGE, 'keys').map(key),
        paths: list(f[2], MAX_KEYS_PER_MESSAGE, 'paths').map((p) => toHex(bytes(p, 32))),
        values: f[3],
      };
    }
    case KIND.evidence:
      has(2);
      return { type: 'evidence', items: list(f[1], MAX_MEMBERS, 'evidence').map(evidence) };
    case KIND['resume-ask']:
      has(3);
      return resumeAsk(f);
    case KIND['resume-answer']: {
      const hasReports = f.length === 7;
      has(hasReports ? 7 : 6);
      const reports = hasReports ? reportsTold(f[5]) : undefined;
      const about = list(f[2], 5, 'answer');
      if (typeof about[3] !== 'boolean') throw new Malformed('complete is not true or false');
      const epoch = hex(f[1], 32) as EpochDigest;
      return {
        type: 'resume-answer',
        epoch,
        asker: count(about[0], MAX_MEMBERS - 1) as MemberIndex,
        nonce: hex(about[1], 16),
        answerer: count(about[2], MAX_MEMBERS - 1) as MemberIndex,
        complete: about[3],
        twin: about[4] === null ? null : (hex(about[4], 16) as InstanceId),
        votes: list(f[3], MAX_RESUME_VOTES, 'votes').map((v) => vote(v, epoch)),
        certificates: list(f[4], MAX_RESUME_CERTIFICATES, 'certificates').map(certificate),
        ...(reports && { reports }),
        signature: exactly(f.at(-1), 64),
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
    case KIND['session-ask']:
      has(4);
      return {
        type: 'session-ask',
        nonce: hex(f[1], 16),
        about: ABOUT[count(f[2], ABOUT.length - 1)]!,
        bytes: bytes(f[3], MAX_SESSION_TALK_BYTES),
      };
    case KIND['session-answer']:
      has(3);
      return { type: 'session-answer', nonce: hex(f[1], 16), bytes: bytes(f[2], MAX_SESSION_TALK_BYTES) };
    case KIND.notice:
      has(2);
      return { type: 'notice', bytes: bytes(f[1], MAX_NOTICE_BYTES) };
    case KIND['want-held']:
      has(3);
      if (typeof f[2] !== 'boolean') throw new Malformed('want-held says yes or no to pruning');
      return { type: 'want-held', key: key(f[1]), toPrune: f[2] };
    case KIND.held: {
      has(5);
      const held = { from: count(f[2]), to: count(f[3]) };
      if (held.from > held.to || (held.from === 0 && held.to > 0))
        throw new Malformed('versions held run backwards');
      if (typeof f[4] !== 'boolean') throw new Malformed('held says yes or no to pruning');
      return { type: 'held', key: key(f[1]), ...held, toPrune: f[4] };
    }
    case KIND['hand-off']:
      has(2);
      return { type: 'hand-off', text: text(f[1], MAX_HAND_OFF_TEXT_LENGTH) };
    case KIND.enough:
      has(2);
      return { type: 'enough', authors: bytes(f[1], MAX_MEMBERS / 8) };
    case KIND.holds:
    case KIND.witness:
      has(2);
      return {
        type: kind === KIND.holds ? 'holds' : 'witness',
        items: list(f[1], MAX_KEYS_PER_MESSAGE, 'items').map(witness),
      };
    default:
      throw new Malformed(`message kind ${String(kind)} is not known`);
  }
}

/** Left out when there is none: one answer has one form. */
function reportsTold(value: CborValue | undefined): Uint8Array[] {
  const reports = list(value, MAX_RESUME_REPORTS, 'reports').map((one) =>
    bytes(one, MAX_RESUME_ANSWER_BYTES),
  );
  if (reports.length === 0) throw new Malformed('an answer names reports or leaves them out');
  return reports;
}

function resumeAsk(f: readonly CborValue[]): PeerMessage {
  const ask = list(f[1], 9, 'ask');
  if (ask.length !== 9) throw new Malformed('an ask has 9 fields');
  if (typeof ask[5] !== 'boolean') throw new Malformed('everywhere is not true or false');
  const known = bytes(ask[8], MAX_RESUME_KNOWN * RESUME_NAME_BYTES);
  if (known.length % RESUME_NAME_BYTES !== 0) throw new Malformed('a name of a vote is cut');
  return {
    type: 'resume-ask',
    asker: count(ask[0], MAX_MEMBERS - 1) as MemberIndex,
    logId: hex(ask[1], 16) as LogId,
    instance: hex(ask[2], 16) as InstanceId,
    nonce: hex(ask[3], 16),
    time: count(ask[4]),
    everywhere: ask[5],
    answered: bytes(ask[6], MAX_MEMBERS / 8),
    summary: exactly(ask[7], 16 * RESUME_DIGEST_BYTES),
    known,
    signature: exactly(f[2], 64),
  };
}

/** Who signed one text, as a certificate and an approval hold it. */
export function groupFields(group: CertificateGroup): CborValue {
  const fields: CborValue[] =
    group.form === 'aggregate'
      ? [0, group.signers, group.signature]
      : [1, group.votes.map((v) => [v.author, v.signature, v.share])];
  return group.batch ? [...fields, inclusionFields(group.batch)] : fields;
}

function nodeFields(n: TreeNode): CborValue {
  if (n.kind === 'inner')
    return [n.prefix, 0, n.children.map((c) => [fromHex(c.certified), fromHex(c.open)])];
  if (n.kind === 'tags') return [n.prefix, 2, n.tags];
  if (n.kind === 'paths')
    return [n.prefix, 3, n.leaves.map((l) => [fromHex(l.path), l.version, fromHex(l.open)])];
  return [
    n.prefix,
    1,
    n.leaves.map((l) => [l.key, l.version, l.digest === null ? null : fromHex(l.digest), fromHex(l.open)]),
  ];
}

/** Reads what `certificateFields` wrote. @throws Malformed */
export function certificate(value: CborValue | undefined): Certificate {
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
    groups: list(f[5], MAX_GROUPS_PER_CERTIFICATE, 'groups').map(group),
  };
}

/** A batch's groups have one field more: the root that was signed, and the way to it. @throws Malformed */
export function group(value: CborValue): CertificateGroup {
  const f = list(value, 4, 'group');
  if (f[0] === 0 && f.length >= 3) {
    const signers = bytes(f[1], MAX_MEMBERS / 8);
    const found = { form: 'aggregate' as const, signers, signature: exactly(f[2], 48) };
    return f.length === 3 ? found : { ...found, batch: inclusion(f[3]) };
  }
  if (f[0] === 1 && (f.length === 2 || f.length === 3)) {
    const votes = list(f[1], MAX_MEMBERS, 'votes').map((v) => {
      const p = list(v, 3, 'vote');
      return {
        author: count(p[0], MAX_MEMBERS - 1) as MemberIndex,
        signature: exactly(p[1], 64),
        share: exactly(p[2], 48),
      };
    });
    return f.length === 2 ? { form: 'votes', votes } : { form: 'votes', votes, batch: inclusion(f[2]) };
  }
  throw new Malformed('a certificate group is an aggregate or a list of votes');
}

function evidenceFields(item: Evidence): CborValue[] {
  if (isBadShare(item)) return [voteFields(item.vote)];
  if (!isOfReports(item)) return [voteFields(item.first), voteFields(item.second)];
  const { author, change, root, statements } = item;
  const told = statements.map(({ locks, signature, share }) => [locks.map(lockFields), signature, share]);
  return [author, fromHex(change), fromHex(root), ...told];
}

/** Two votes that contradict each other, one whose share is bad, or two reports. */
function evidence(value: CborValue): Evidence {
  const f = list(value, 6, 'evidence');
  const epoch = hex(f[0], 32) as EpochDigest;
  if (f.length === 6) return reports(f, epoch);
  if (f.length === 3) return { first: vote(f[1], epoch), second: vote(f[2], epoch) };
  const bad = vote(f[1], epoch);
  if (f.length !== 2 || bad.type !== 'COMMIT') throw new Malformed('evidence is two votes, or one COMMIT');
  return { kind: 'bad-share', vote: bad };
}

/** Both in one form: the locks that come first by name are told first, and they differ. */
function reports(f: readonly CborValue[], epoch: EpochDigest): Evidence {
  const [first, second] = [f[4], f[5]].map((one): SignedLocks => {
    const parts = list(one, 3, 'report');
    if (parts.length !== 3) throw new Malformed('a report here has locks, a signature and a share');
    const [signature, share] = [exactly(parts[1], SIGNATURE_BYTES), exactly(parts[2], SHARE_BYTES)];
    return { locks: readLocks(parts[0]), signature: signature.slice(), share: share.slice() };
  });
  if (locksName(first!.locks) >= locksName(second!.locks))
    throw new Malformed('two reports differ in their locks, and the first comes first');
  return {
    kind: 'reports',
    epoch,
    author: count(f[1], MAX_MEMBERS - 1) as MemberIndex,
    change: hex(f[2], 32) as Digest,
    root: hex(f[3], 32) as Digest,
    statements: [first!, second!],
  };
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
  if (f[1] === 2) return { prefix: at, kind: 'tags', tags: exactly(f[2], 16 * TREE_TAG_BYTES) };
  if (f[1] === 3) {
    const leaves = list(f[2], MAX_NODES_PER_MESSAGE, 'leaves').map((l): ShortLeaf => {
      const p = list(l, 3, 'leaf');
      return {
        path: toHex(bytes(p[0], 32)),
        version: count(p[1]) as Version,
        open: toHex(bytes(p[2], 32)),
      };
    });
    return { prefix: at, kind: 'paths', leaves };
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

/** Digests of a node's sixteen children, of its 256 grandchildren, or none. */
function levelsOfTags(value: CborValue): Uint8Array {
  const found = bytes(value, 256 * TREE_TAG_BYTES);
  if (![0, 16, 256].includes(found.length / TREE_TAG_BYTES))
    throw new Malformed('digests of none, one or two whole levels');
  return found;
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

function prefix(value: CborValue): string {
  const found = text(value, 64);
  if (!/^[0-9a-f]*$/.test(found)) throw new Malformed('a prefix is hex');
  return found;
}

function tree(value: CborValue | undefined): TreeName {
  if (value !== 'main' && value !== 'network') throw new Malformed('there are two trees: main and network');
  return value;
}
