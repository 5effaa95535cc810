/**
 * What is said at a member's door (docs/protocol.md, "The door"): the one message of whoever knocks, and the one answer. Canonical CBOR.
 *
 * | form | fields |
 * |---|---|
 * | knock | "knock", entry or null, id of the member whose place it takes or null, [[epoch, digest of C, author, signature, share]…] |
 * | bundle | "bundle", genesis, [link…] from epoch 0 on, [epoch, join secret] or null, [[bytes of C, approvals]…] |
 */
import { fromHex, type Digest, type EpochDigest, type MemberId, type MemberIndex } from './brand.ts';
import { decode, encode, type CborValue } from './cbor.ts';
import {
  decodeChange,
  encodeChange,
  linkFields,
  readLink,
  type Approval,
  type Change,
  type EpochLink,
} from './epochs.ts';
import { bytes, count, exactly, hex, list, Malformed, text } from './fields.ts';
import { memberProblem, type MemberEntry } from './genesis.ts';
import {
  MAX_BUNDLE_BYTES,
  MAX_DRAFTS_PER_MESSAGE,
  MAX_EPOCHS,
  MAX_GENESIS_BYTES,
  MAX_KNOCK_BYTES,
  MAX_MEMBER_ID_LENGTH,
  MAX_MEMBERS,
  MAX_VALUE_BYTES,
} from './limits.ts';
import { fail, ok, type Result } from './result.ts';
import { SHARE_BYTES, SIGNATURE_BYTES } from './votes.ts';

/** Who knocks has proved a key on the connection; the rest is what it says. */
export interface Knock {
  /** "Let me in": its vote key is the one that was proved. Null: only asks where the network is. */
  readonly entry: MemberEntry | null;
  /** The member whose lost keys or log the entry takes the place of; null: a new member. */
  readonly replaces: MemberId | null;
  /** Consents to changes that name the entry as it is; each of kind `join`. */
  readonly joins: readonly Approval[];
}

/** Nothing in it is believed before it is checked: the genesis against the network id, each link against the epoch before. */
export interface Bundle {
  /** As `encodeGenesis` wrote it. */
  readonly genesis: Uint8Array;
  /** All that leads from epoch 0 to the newest epoch that the member knows. */
  readonly links: readonly EpochLink[];
  /** The join secret of an epoch, 32 bytes; only to a key that the newest epoch lists. */
  readonly secret: { readonly epoch: number; readonly secret: Uint8Array } | null;
  /** Changes that were proposed and name the proved key, with how many members have approved each. */
  readonly drafts: readonly { readonly change: Change; readonly approvals: number }[];
}

export interface DoorFormError {
  readonly type: 'knock-malformed' | 'knock-too-large' | 'bundle-malformed' | 'bundle-too-large';
  readonly message: string;
}

/** Asks where the network is, and for nothing else. */
export const PLAIN_KNOCK: Knock = { entry: null, replaces: null, joins: [] };

export function encodeKnock({ entry, replaces, joins }: Knock): Uint8Array<ArrayBuffer> {
  return encode(['knock', ...requestFields(entry, replaces), joins.map(joinFields)]);
}

/** Who asks to be let in, as a knock has it and as members pass it on. */
export function requestFields(entry: MemberEntry | null, replaces: MemberId | null): CborValue[] {
  return [entry as unknown as CborValue, replaces];
}

/** Shape only. Throws `Malformed`. */
export function readRequest(
  entry: CborValue | undefined,
  replaces: CborValue | undefined,
): Pick<Knock, 'entry' | 'replaces'> {
  if (entry === undefined) throw new Malformed('an entry is missing');
  const problem = entry === null ? null : memberProblem(entry);
  if (problem !== null) throw new Malformed(problem);
  const id = replaces === null ? null : text(replaces, MAX_MEMBER_ID_LENGTH);
  if (id !== null && !/^[a-z0-9-]{1,24}$/.test(id))
    throw new Malformed('the member that it replaces has no such id');
  return { entry: entry as unknown as MemberEntry | null, replaces: id as MemberId | null };
}

/** Shape and limits only. That `entry` has the key that was proved, and its proof of possession, is for the caller to check. */
export function decodeKnock(encoded: Uint8Array): Result<Knock, DoorFormError> {
  return reading('knock', encoded, MAX_KNOCK_BYTES, (f) => {
    if (f.length !== 4 || f[0] !== 'knock') throw new Malformed('it has another form');
    const { entry, replaces } = readRequest(f[1], f[2]);
    const joins = list(f[3], MAX_DRAFTS_PER_MESSAGE, 'joins').map(join);
    if (entry === null && (replaces !== null || joins.length > 0))
      throw new Malformed('who joins or replaces a member has an entry');
    return { entry, replaces, joins };
  });
}

export function encodeBundle({ genesis, links, secret, drafts }: Bundle): Uint8Array<ArrayBuffer> {
  return encode([
    'bundle',
    genesis,
    links.map(linkFields),
    secret && [secret.epoch, secret.secret],
    drafts.map(({ change, approvals }) => [encodeChange(change), approvals]),
  ]);
}

/** Shape and limits only. */
export function decodeBundle(encoded: Uint8Array): Result<Bundle, DoorFormError> {
  return reading('bundle', encoded, MAX_BUNDLE_BYTES, (f) => {
    if (f.length !== 5 || f[0] !== 'bundle') throw new Malformed('it has another form');
    return {
      genesis: bytes(f[1], MAX_GENESIS_BYTES).slice(),
      links: list(f[2], MAX_EPOCHS, 'links').map(readLink),
      secret: f[3] === null ? null : readSecret(f[3]),
      drafts: list(f[4], MAX_DRAFTS_PER_MESSAGE, 'drafts').map(draft),
    };
  });
}

function joinFields({ epoch, change, author, signature, share }: Approval): CborValue {
  return [fromHex(epoch), fromHex(change), author, signature, share];
}

function join(value: CborValue): Approval {
  const f = list(value, 5, 'join');
  if (f.length !== 5) throw new Malformed('a join has 5 fields');
  return {
    kind: 'join',
    epoch: hex(f[0], 32) as EpochDigest,
    change: hex(f[1], 32) as Digest,
    author: count(f[2], MAX_MEMBERS - 1) as MemberIndex,
    signature: exactly(f[3], SIGNATURE_BYTES).slice(),
    share: exactly(f[4], SHARE_BYTES).slice(),
  };
}

function readSecret(value: CborValue | undefined): NonNullable<Bundle['secret']> {
  const f = list(value, 2, 'join secret');
  if (f.length !== 2) throw new Malformed('a join secret comes with its epoch');
  return { epoch: count(f[0], MAX_EPOCHS), secret: exactly(f[1], 32).slice() };
}

function draft(value: CborValue): Bundle['drafts'][number] {
  const f = list(value, 2, 'draft');
  if (f.length !== 2) throw new Malformed('a draft is a change and how many approve it');
  const change = decodeChange(bytes(f[0], MAX_VALUE_BYTES));
  if (!change.ok) throw new Malformed(change.error.message);
  return { change: change.value, approvals: count(f[1], MAX_MEMBERS) };
}

function reading<T>(
  kind: 'knock' | 'bundle',
  encoded: Uint8Array,
  most: number,
  read: (fields: readonly CborValue[]) => T,
): Result<T, DoorFormError> {
  const what = kind === 'knock' ? 'What came to the door is no knock' : "A member's answer cannot be read";
  const decoded = decode(encoded, most);
  if (!decoded.ok) {
    const type =
      decoded.error.type === 'cbor-too-large'
        ? (`${kind}-too-large` as const)
        : (`${kind}-malformed` as const);
    return fail({ type, message: `${what}: ${decoded.error.message}.` });
  }
  try {
    return ok(read(list(decoded.value, 5, kind)));
  } catch (error) {
    if (error instanceof Malformed)
      return fail({ type: `${kind}-malformed`, message: `${what}: ${error.message}.` });
    throw error;
  }
}
