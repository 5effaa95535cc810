/**
 * The genesis: who the members of a network are. Its BLAKE3 digest is the network id, which every signature covers.
 * Signaling and ICE addresses are hints beside it (src/codec/invitation.ts), never inside it.
 */
import type { CertificateKey, Digest, EpochDigest, LogId, MemberId, NetworkId, VoteKey } from './brand.ts';
import { isHex } from './brand.ts';
import { decode, encode, type CborValue } from './cbor.ts';
import {
  MAX_DIRECTORY_ENTRIES,
  MAX_EPOCHS,
  MAX_GENESIS_BYTES,
  MAX_MEMBERS,
  MAX_NAME_LENGTH,
} from './limits.ts';
import { fail, ok, type Result } from './result.ts';

export type Role = 'supplier' | 'warehouse' | 'courier';
export const ROLES: readonly Role[] = ['supplier', 'warehouse', 'courier'];

/** What a member hands to the creator of a network: public keys, its log id, and the proof that it holds the keys. */
export interface MemberEntry {
  /** 1 to 24 characters of a-z, 0-9 and `-`; unique in the network. */
  readonly id: MemberId;
  /** Person-readable name, for example `Bravo`. */
  readonly name: string;
  /** For example `Bravo Logistics`. */
  readonly organisation: string;
  readonly role: Role;
  /** GS1 Global Location Number, 13 digits with check digit. */
  readonly gln: string;
  readonly voteKey: VoteKey;
  readonly certificateKey: CertificateKey;
  readonly logId: LogId;
  /** BLS signature under the POP ciphersuite, 48 bytes as 96 hex digits; over (pop, zeros, keys, log id, nonce). */
  readonly proofOfPossession: string;
}

/** A supplier's key for signing manifests, with the period in which what it signs is accepted. */
export interface SupplierKeyEntry {
  /** The `keyid` of the DSSE signature; at most 80 characters. */
  readonly keyId: string;
  /** 64 hex digits: Ed25519. */
  readonly publicKey: string;
  /** GLN of the supplier that may be named in a manifest signed with this key. */
  readonly gln: string;
  readonly name: string;
  /** Seconds since 1970, inclusive; null = unbounded. Compared with the manifest's own issuedAt. */
  readonly validFrom: number | null;
  readonly validUntil: number | null;
}

export interface CourierEntry {
  /** 1 to 24 characters of a-z, 0-9 and `-`. */
  readonly id: string;
  readonly name: string;
  readonly gln: string;
}

export interface Directory {
  readonly supplierKeys: readonly SupplierKeyEntry[];
  readonly couriers: readonly CourierEntry[];
}

export interface Genesis {
  readonly format: 'countersign-genesis-1';
  readonly name: string;
  readonly rulesVersion: number;
  /** 32 hex digits: nonce of the draft that every proof of possession covers. */
  readonly draftNonce: string;
  /** Only a demo may hold a lying replica. */
  readonly demo: boolean;
  readonly members: readonly MemberEntry[];
  readonly directory: Directory;
}

/**
 * A genesis that names another network, which it goes on from because no quorum of that one is left (docs/protocol.md, "Going on beyond f").
 * Its members are the survivors, each with the entry that it had; its digest is the id of the network that they go on as.
 */
export interface Continuation extends Genesis {
  readonly continues: Continues;
}

/** Where a network was when its survivors went on without the others. */
export interface Continues {
  readonly network: NetworkId;
  /** Number and name of the epoch that is left: its members are those who may sign. */
  readonly epoch: number;
  readonly digest: EpochDigest;
  /** R of the certified state at which all survivors stand. */
  readonly root: Digest;
  /** 64 hex digits: digest of the join secret of the network that begins. */
  readonly joinSecret: string;
}

export interface GenesisError {
  readonly type: 'genesis-malformed' | 'genesis-too-large' | 'genesis-continues';
  readonly message: string;
}

export function encodeGenesis(genesis: Genesis): Uint8Array<ArrayBuffer> {
  return encode(genesis as unknown as CborValue);
}

/**
 * Checks shape and limits only; proofs of possession are checked by `src/crypto`. A continuation is refused: alone it is not where a network
 * begins, and who took it for that would begin a second past.
 */
export function decodeGenesis(bytes: Uint8Array): Result<Genesis, GenesisError> {
  const value = readGenesis(bytes);
  if (!value.ok) return value;
  const problem = genesisProblem(value.value);
  if (problem === null) return ok(value.value as unknown as Genesis);
  if (decodeContinuation(bytes).ok)
    return fail({
      type: 'genesis-continues',
      message:
        'This member list continues another network and counts only at the end of that network’s chain. Use the genesis of the first network, or an invitation.',
    });
  return fail({ type: 'genesis-malformed', message: `This is not a genesis: ${problem}` });
}

export function encodeContinuation(genesis: Continuation): Uint8Array<ArrayBuffer> {
  return encode(genesis as unknown as CborValue);
}

/** Shape and limits only; what it says about the chain is checked by `followLink` of src/consensus/epochs. */
export function decodeContinuation(bytes: Uint8Array): Result<Continuation, GenesisError> {
  const value = readGenesis(bytes);
  if (!value.ok) return value;
  const { continues, ...genesis } = asFields(value.value) ?? {};
  const problem =
    continuesProblem(continues) ?? genesisProblem(asFields(value.value) === null ? value.value : genesis);
  return problem === null
    ? ok(value.value as unknown as Continuation)
    : fail({ type: 'genesis-malformed', message: `This does not continue a network: ${problem}` });
}

function readGenesis(bytes: Uint8Array): Result<CborValue, GenesisError> {
  const decoded = decode(bytes, MAX_GENESIS_BYTES);
  if (decoded.ok) return decoded;
  const type = decoded.error.type === 'cbor-too-large' ? 'genesis-too-large' : 'genesis-malformed';
  return fail({ type, message: `This is not a genesis: ${decoded.error.message}` });
}

function continuesProblem(value: CborValue | undefined): string | null {
  const c = asRecord(value, ['digest', 'epoch', 'joinSecret', 'network', 'root']);
  if (!c) return 'it does not say which network it goes on from';
  for (const field of ['network', 'digest', 'root', 'joinSecret'] as const)
    if (!isHex(c[field], 64)) return `its ${field} must be 64 hex digits`;
  if (!isCount(c.epoch) || c.epoch >= MAX_EPOCHS) return 'its epoch must be a number';
  return null;
}

/** First thing that is wrong with a would-be genesis, or null. Exact fields: an unknown field is refused. */
export function genesisProblem(value: CborValue): string | null {
  const g = asRecord(value, ['demo', 'directory', 'draftNonce', 'format', 'members', 'name', 'rulesVersion']);
  if (!g) return 'fields differ from the format';
  if (g.format !== 'countersign-genesis-1') return `format ${String(g.format)} is not known`;
  if (!isName(g.name)) return 'name must have 1 to 80 characters';
  if (!isCount(g.rulesVersion) || g.rulesVersion < 1) return 'rules version must be a positive whole number';
  if (!isHex(g.draftNonce, 32)) return 'draft nonce must be 32 hex digits';
  if (typeof g.demo !== 'boolean') return 'demo must be true or false';
  if (!Array.isArray(g.members) || g.members.length < 1) return 'there are no members';
  if (g.members.length > MAX_MEMBERS) return `more than ${MAX_MEMBERS} members`;
  for (const [i, member] of g.members.entries()) {
    const problem = memberProblem(member as CborValue);
    if (problem) return `member ${i + 1}: ${problem}`;
  }
  const members = g.members as unknown as MemberEntry[];
  for (const field of ['id', 'voteKey', 'certificateKey', 'logId'] as const) {
    if (new Set(members.map((m) => m[field])).size !== members.length)
      return `two members share one ${field}`;
  }
  return directoryProblem(g.directory as CborValue);
}

/** First thing that is wrong with a would-be member entry, or null. */
export function memberProblem(value: CborValue): string | null {
  const m = asRecord(value, [
    'certificateKey',
    'gln',
    'id',
    'logId',
    'name',
    'organisation',
    'proofOfPossession',
    'role',
    'voteKey',
  ]);
  if (!m) return 'fields differ from the format';
  if (!isShortId(m.id)) return 'id must be 1 to 24 of a-z, 0-9 and -';
  if (!isName(m.name) || !isName(m.organisation)) return 'names must have 1 to 80 characters';
  if (!ROLES.includes(m.role as Role)) return 'role must be supplier, warehouse or courier';
  if (!isGln(m.gln)) return `GLN ${String(m.gln)} must be 13 digits with a right check digit`;
  if (!isHex(m.voteKey, 64)) return 'vote key must be 64 hex digits';
  if (!isHex(m.certificateKey, 192)) return 'certificate key must be 192 hex digits';
  if (!isHex(m.logId, 32)) return 'log id must be 32 hex digits';
  if (!isHex(m.proofOfPossession, 96)) return 'proof of possession must be 96 hex digits';
  return null;
}

function directoryProblem(value: CborValue): string | null {
  const d = asRecord(value, ['couriers', 'supplierKeys']);
  if (!d || !Array.isArray(d.couriers) || !Array.isArray(d.supplierKeys)) return 'the directory is malformed';
  if (d.couriers.length > MAX_DIRECTORY_ENTRIES || d.supplierKeys.length > MAX_DIRECTORY_ENTRIES)
    return `the directory has more than ${MAX_DIRECTORY_ENTRIES} entries`;
  for (const entry of d.supplierKeys as CborValue[]) {
    const s = asRecord(entry, ['gln', 'keyId', 'name', 'publicKey', 'validFrom', 'validUntil']);
    if (!s || !isName(s.keyId) || !isName(s.name) || !isGln(s.gln) || !isHex(s.publicKey, 64)) {
      return 'a supplier key of the directory is malformed';
    }
    if (!isTimeBound(s.validFrom) || !isTimeBound(s.validUntil))
      return 'a supplier key has a malformed period';
  }
  for (const entry of d.couriers as CborValue[]) {
    const c = asRecord(entry, ['gln', 'id', 'name']);
    if (!c || !isShortId(c.id) || !isName(c.name) || !isGln(c.gln))
      return 'a courier of the directory is malformed';
  }
  return null;
}

function asRecord(value: CborValue | undefined, keys: readonly string[]): Record<string, CborValue> | null {
  const fields = asFields(value);
  const own = Object.keys(fields ?? {}).sort();
  if (own.length !== keys.length || own.some((k, i) => k !== keys[i])) return null;
  return fields;
}

function asFields(value: CborValue | undefined): Record<string, CborValue> | null {
  if (value === null || typeof value !== 'object' || Array.isArray(value) || value instanceof Uint8Array)
    return null;
  return value as Record<string, CborValue>;
}

const isName = (v: unknown): v is string =>
  typeof v === 'string' && v.length >= 1 && v.length <= MAX_NAME_LENGTH && v.trim() === v;
const isShortId = (v: unknown): v is string => typeof v === 'string' && /^[a-z0-9-]{1,24}$/.test(v);
const isCount = (v: unknown): v is number => typeof v === 'number' && Number.isSafeInteger(v) && v >= 0;
const isTimeBound = (v: unknown): boolean => v === null || isCount(v);

/** GS1 General Specifications 7.9.1: modulo-10 check digit, weights 3, 1 from the right. */
function isGln(v: unknown): v is string {
  if (typeof v !== 'string' || !/^\d{13}$/.test(v)) return false;
  let sum = 0;
  for (let i = 0; i < 12; i++) sum += Number(v[i]) * (i % 2 === 0 ? 1 : 3);
  return (10 - (sum % 10)) % 10 === Number(v[12]);
}
