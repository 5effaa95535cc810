/**
 * A session as it stands on this device's disk: canonical CBOR with a format number. Record, transactions and signed body are byte
 * strings within it, so that a step writes what it has already encoded. A proposal is stored as the very bytes that were handed to L1:
 * after a crash the same bytes are proposed, never a second version of them.
 */
import type { Digest, Key, Version } from '../codec/brand.ts';
import { asDigest, asKey, asVersion, isHex } from '../codec/brand.ts';
import { decode, encode, type CborValue } from '../codec/cbor.ts';
import { MAX_KEY_LENGTH } from '../codec/limits.ts';
import { fail, ok, type Result } from '../codec/result.ts';
import { deepFreeze } from './canonical.ts';
import {
  MAX_SESSION_DEVICES,
  MAX_SESSION_VALUE_BYTES,
  MAX_STEPS,
  MAX_STORED_SESSION_BYTES,
} from './limits.ts';
import type { ServiceResponse, SessionStatus, SessionView, Transaction } from './types.ts';
import { exactFields, isCount, isOperator, isStatus, transactionProblem } from './value.ts';

/** 1: before devices, mirrors and pauses. */
const FORMAT = 2;

/** A successful step, with its canonical bytes. */
export interface Step {
  readonly transaction: Transaction;
  readonly bytes: Uint8Array;
}

/** What a session builds on. `record` is undefined after a crash until the certified value was read again; it is not stored twice. */
export interface Base {
  readonly version: Version;
  readonly digest: Digest | null;
  readonly record: CborValue | undefined;
}

/** One session in memory; replaced whole at every change, never altered. */
export interface HeldSession {
  readonly id: string;
  readonly key: Key;
  readonly operator: string;
  readonly startedAt: number;
  readonly base: Base;
  readonly steps: readonly Step[];
  readonly record: CborValue;
  readonly recordBytes: Uint8Array;
  readonly status: SessionStatus;
  readonly rebases: number;
  /** What was handed to L1 for `base`; set exactly while the session is voting. */
  readonly proposal: { readonly body: Uint8Array; readonly digest: Digest } | null;
  /** Claimed time of the end, to know the oldest; null while open. */
  readonly finishedAt: number | null;
  /** Claimed time of the operator's last act on it. */
  readonly touchedAt: number;
  readonly pausedAt: number | null;
  /** Certificates of devices that may have run steps of it. */
  readonly nodes: readonly Uint8Array[];
  /** Null: it has never left this device. */
  readonly mirror: MirrorMark | null;
}

/** Where a session stands between its two devices. */
export interface MirrorMark {
  /** Key of the other device, which runs every step too; null: it goes on alone here. */
  readonly peer: string | null;
  /** One more each time that another device takes it over, or that it goes on alone. The highest is the one that goes on. */
  readonly term: number;
  /** Of the last operation on which both agreed. */
  readonly seq: number;
  /** Digest over the operations of this term; empty before the first. */
  readonly chain: string;
}

export interface StoredSessionError {
  readonly type: 'session-damaged' | 'session-format-unknown';
  readonly message: string;
}

/** What a new session begins with beside its work. */
export function newSession(start: {
  readonly id: string;
  readonly key: Key;
  readonly operator: string;
  readonly at: number;
  readonly base: Base;
}): Omit<HeldSession, 'steps' | 'record' | 'recordBytes'> {
  const { id, key, operator, at, base } = start;
  return {
    id,
    key,
    operator,
    startedAt: at,
    base,
    status: { state: 'local' },
    rebases: 0,
    proposal: null,
    finishedAt: null,
    touchedAt: at,
    pausedAt: null,
    nodes: [],
    mirror: null,
  };
}

export function viewOf(held: HeldSession): SessionView {
  return {
    id: held.id,
    key: held.key,
    operator: held.operator,
    startedAt: held.startedAt,
    baseVersion: held.base.version,
    transactions: held.steps.map((step) => step.transaction),
    record: held.record,
    status: held.status,
    rebases: held.rebases,
    ...(held.pausedAt !== null && { pausedAt: held.pausedAt }),
    ...(held.mirror?.peer && { mirror: { device: held.mirror.peer } }),
  };
}

export function encodeStored(held: HeldSession): Uint8Array<ArrayBuffer> {
  return encode({
    format: FORMAT,
    id: held.id,
    key: held.key,
    operator: held.operator,
    startedAt: held.startedAt,
    baseVersion: held.base.version,
    baseDigest: held.base.digest,
    steps: held.steps.map((step) => step.bytes),
    record: held.recordBytes,
    status: held.status as unknown as CborValue,
    rebases: held.rebases,
    proposal: held.proposal === null ? null : { body: held.proposal.body, digest: held.proposal.digest },
    finishedAt: held.finishedAt,
    touchedAt: held.touchedAt,
    pausedAt: held.pausedAt,
    nodes: held.nodes,
    mirror: held.mirror as CborValue,
  });
}

export function decodeStored(id: string, bytes: Uint8Array): Result<HeldSession, StoredSessionError> {
  const damaged = (what: string) =>
    fail({
      type: 'session-damaged' as const,
      message: `The stored session ${id} cannot be read (${what}). Its committed steps are safe; start a new session for the rest.`,
    });
  const decoded = decode(bytes, MAX_STORED_SESSION_BYTES);
  if (!decoded.ok) return damaged(decoded.error.message);
  const format = formatOf(decoded.value);
  if (format !== null && format > FORMAT) {
    return fail({
      type: 'session-format-unknown',
      message: `The stored session ${id} was written by a newer copy of this app. Open it there, or update this copy.`,
    });
  }
  const s = exactFields(decoded.value, format === 1 ? FIRST_FIELDS : FIELDS);
  if (!s || format === null || format < 1) return damaged('its fields differ from the format');
  if (s.id !== id || !isHex(s.id, 32)) return damaged('it has another id');
  if (typeof s.key !== 'string' || s.key.length < 1 || s.key.length > MAX_KEY_LENGTH) return damaged('key');
  if (!isOperator(s.operator)) return damaged('operator');
  if (!isTime(s.startedAt) || !(s.finishedAt === null || isTime(s.finishedAt))) return damaged('times');
  if (!isCount(s.baseVersion) || !isCount(s.rebases)) return damaged('counters');
  if (
    (s.baseVersion === 0) !== (s.baseDigest === null) ||
    !(s.baseDigest === null || isHex(s.baseDigest, 64))
  )
    return damaged('base');
  const steps = stepsOf(s.steps);
  if (!steps) return damaged('steps');
  if (!(s.record instanceof Uint8Array)) return damaged('record');
  const record = decode(s.record, MAX_SESSION_VALUE_BYTES);
  if (!record.ok) return damaged('record');
  const status = statusOf(s.status);
  if (!status) return damaged('status');
  const proposal = proposalOf(s.proposal);
  if (proposal === undefined || (proposal !== null) !== (status.state === 'voting'))
    return damaged('proposal');
  if (isOpen(status) !== (s.finishedAt === null)) return damaged('status and end disagree');
  const { touchedAt = s.startedAt, pausedAt = null } = s;
  if (!isTime(touchedAt) || !(pausedAt === null || isTime(pausedAt))) return damaged('times');
  const mirror = markOf(s.mirror ?? null);
  if (mirror === undefined) return damaged('its mirror');
  const nodes: readonly CborValue[] | null = Array.isArray(s.nodes ?? [])
    ? ((s.nodes ?? []) as CborValue[])
    : null;
  if (!nodes || nodes.length > MAX_KNOWN_DEVICES || !nodes.every((one) => one instanceof Uint8Array))
    return damaged('its devices');
  return ok({
    id,
    key: asKey(s.key),
    operator: s.operator,
    startedAt: s.startedAt,
    base: {
      version: asVersion(s.baseVersion),
      digest: s.baseDigest === null ? null : asDigest(s.baseDigest),
      record: undefined,
    },
    steps,
    record: deepFreeze(record.value),
    recordBytes: s.record,
    status,
    rebases: s.rebases,
    proposal,
    finishedAt: s.finishedAt,
    touchedAt,
    pausedAt,
    nodes: nodes as readonly Uint8Array[],
    mirror,
  });
}

/** Local, voting or in conflict: it stands in the way of another session on its key. */
export const isOpen = (status: SessionStatus): boolean =>
  status.state === 'local' || status.state === 'voting' || status.state === 'conflict';

const FIRST_FIELDS: readonly string[] = [
  'baseDigest',
  'baseVersion',
  'finishedAt',
  'format',
  'id',
  'key',
  'operator',
  'proposal',
  'rebases',
  'record',
  'startedAt',
  'status',
  'steps',
];
const FIELDS = [...FIRST_FIELDS, 'mirror', 'nodes', 'pausedAt', 'touchedAt'].sort();
/** The signer's and the others'. */
const MAX_KNOWN_DEVICES = MAX_SESSION_DEVICES + 1;

const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

function formatOf(value: CborValue): number | null {
  if (value === null || typeof value !== 'object' || !('format' in value)) return null;
  return isCount(value.format) ? value.format : null;
}

function markOf(value: CborValue): MirrorMark | null | undefined {
  if (value === null) return null;
  const mark = exactFields(value, ['chain', 'peer', 'seq', 'term']);
  if (!mark || !(mark.peer === null || isHex(mark.peer, 64)) || !isCount(mark.term) || !isCount(mark.seq))
    return undefined;
  if (mark.chain !== '' && !isHex(mark.chain, 64)) return undefined;
  return { peer: mark.peer, term: mark.term, seq: mark.seq, chain: mark.chain };
}

export function stepsOf(value: CborValue | undefined): Step[] | null {
  if (!Array.isArray(value) || value.length < 1 || value.length > MAX_STEPS) return null;
  const steps: Step[] = [];
  for (const bytes of value as CborValue[]) {
    if (!(bytes instanceof Uint8Array)) return null;
    const decoded = decode(bytes, MAX_SESSION_VALUE_BYTES);
    if (!decoded.ok || transactionProblem(decoded.value) !== null) return null;
    steps.push({ transaction: deepFreeze(decoded.value as unknown as Transaction), bytes });
  }
  return steps;
}

function proposalOf(value: CborValue | undefined): HeldSession['proposal'] | undefined {
  if (value === null) return null;
  const proposal = exactFields(value, ['body', 'digest']);
  if (!proposal || !(proposal.body instanceof Uint8Array) || !isHex(proposal.digest, 64)) return undefined;
  return { body: proposal.body, digest: asDigest(proposal.digest) };
}

function statusOf(value: CborValue | undefined): SessionStatus | null {
  const text = (v: CborValue | undefined): v is string => typeof v === 'string';
  for (const state of ['local', 'voting', 'abandoned'] as const) {
    if (exactFields(value, ['state'])?.state === state) return { state };
  }
  const ended = exactFields(value, ['state', 'why']);
  if (ended?.state === 'abandoned' && (ended.why === 'expired' || ended.why === 'moved'))
    return { state: 'abandoned', why: ended.why };
  const committed = exactFields(value, ['digest', 'state', 'version']);
  if (committed?.state === 'committed' && isCount(committed.version) && isHex(committed.digest, 64)) {
    return { state: 'committed', version: asVersion(committed.version), digest: asDigest(committed.digest) };
  }
  const rejected = exactFields(value, ['message', 'rule', 'state']);
  if (rejected?.state === 'rejected' && text(rejected.rule) && text(rejected.message)) {
    return { state: 'rejected', rule: rejected.rule, message: rejected.message };
  }
  const moved = exactFields(value, ['after', 'before', 'message', 'state', 'step', 'why']);
  const conflict = moved ?? exactFields(value, ['after', 'before', 'message', 'state', 'step']);
  if (moved && moved.why !== 'moved') return null;
  if (conflict?.state === 'conflict' && text(conflict.message) && isCount(conflict.step)) {
    const before = responseOf(conflict.before);
    const after = responseOf(conflict.after);
    if (before && after) {
      const { message, step } = conflict;
      return { state: 'conflict', message, step, before, after, ...(moved && { why: 'moved' as const }) };
    }
  }
  return null;
}

function responseOf(value: CborValue | undefined): ServiceResponse | null {
  const response = exactFields(value, ['body', 'status']);
  return response && isStatus(response.status)
    ? { status: response.status, body: response.body ?? null }
    : null;
}
