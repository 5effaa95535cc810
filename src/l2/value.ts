/**
 * The body of a session value: canonical CBOR of exactly
 *
 *   { record, session: { baseVersion, id, member, operator, rulesVersion, signature,
 *                        transactions: [{ node, request: { body, method, path }, response: { body, status } }] } }
 *
 * A session that devices of the member took part in has one field more, `devices: { others, signer }`: certificates (src/codec/device.ts).
 * Unknown and missing fields are refused: what is not checked is not signed for.
 */
import { isHex } from '../codec/brand.ts';
import { decode, encode, type CborValue } from '../codec/cbor.ts';
import { decodeDevice, type DeviceCertificate } from '../codec/device.ts';
import { MAX_COUNTER } from '../codec/limits.ts';
import { fail, ok, type Result } from '../codec/result.ts';
import { deepFreeze } from './canonical.ts';
import { MAX_OPERATOR_LENGTH, MAX_SESSION_DEVICES, MAX_SESSION_VALUE_BYTES, MAX_STEPS } from './limits.ts';
import { isPath } from './registry.ts';
import type { CommittedSession, Method, SessionValue, Transaction } from './types.ts';

export const METHODS: readonly Method[] = ['GET', 'POST', 'PUT', 'DELETE'];

export interface ValueError {
  readonly type: 'value-malformed';
  readonly message: string;
}

export function encodeSessionValue(value: SessionValue): Uint8Array<ArrayBuffer> {
  return encode(value as unknown as CborValue);
}

/** What a session's signature covers beside network, rules version and base: all its fields but the signature. */
export function unsignedSession(session: Omit<CommittedSession, 'signature'>): CborValue {
  const { id, member, operator, rulesVersion, baseVersion, transactions, devices } = session;
  return {
    id,
    member,
    operator,
    rulesVersion,
    baseVersion,
    transactions: transactions as unknown as CborValue,
    ...(devices && { devices: devices as unknown as CborValue }),
  };
}

/** Parses a body strictly. Shape and limits only; src/l2/validate.ts checks what it says. */
export function parseSessionValue(body: Uint8Array): Result<SessionValue, ValueError> {
  const malformed = (what: string) =>
    fail({ type: 'value-malformed' as const, message: `This is not a session value: ${what}.` });
  const decoded = decode(body, MAX_SESSION_VALUE_BYTES);
  if (!decoded.ok) return malformed(decoded.error.message);
  const top = exactFields(decoded.value, ['record', 'session']);
  if (!top) return malformed('its fields are not record and session');
  const session = exactFields(top.session, FIELDS) ?? exactFields(top.session, FIELDS_WITH_DEVICES);
  if (!session) return malformed('the fields of its session differ from the format');
  if (!isHex(session.id, 32)) return malformed('the session id is not 32 hex digits');
  if (typeof session.member !== 'string' || !/^[a-z0-9-]{1,24}$/.test(session.member))
    return malformed('its member is not a member id');
  if (!isOperator(session.operator))
    return malformed(`the operator has not 1 to ${MAX_OPERATOR_LENGTH} characters`);
  if (!isCount(session.rulesVersion) || session.rulesVersion < 1)
    return malformed('its rules version is not a positive whole number');
  if (!isCount(session.baseVersion)) return malformed('its base version is not a whole number');
  if (!(session.signature instanceof Uint8Array) || session.signature.length !== 64)
    return malformed('its signature has not 64 bytes');
  if (!Array.isArray(session.transactions) || session.transactions.length < 1)
    return malformed('it has no steps');
  if (session.transactions.length > MAX_STEPS) return malformed(`it has more than ${MAX_STEPS} steps`);
  for (const [i, transaction] of (session.transactions as CborValue[]).entries()) {
    const problem = transactionProblem(transaction);
    if (problem) return malformed(`step ${i + 1}: ${problem}`);
  }
  const problem = session.devices === undefined ? null : devicesProblem(session.devices);
  if (problem) return malformed(problem);
  return ok(deepFreeze(decoded.value as unknown as SessionValue));
}

/** The certificates of a session, read; the shape was checked by `parseSessionValue`. */
export function devicesOf(session: Pick<CommittedSession, 'devices'>): {
  readonly signer: DeviceCertificate | null;
  readonly others: readonly DeviceCertificate[];
} {
  const read = (bytes: Uint8Array): DeviceCertificate => {
    const decoded = decodeDevice(bytes);
    if (!decoded.ok) throw new Error('the session was not parsed');
    return decoded.value;
  };
  const { devices } = session;
  return {
    signer: devices?.signer ? read(devices.signer) : null,
    others: devices?.others.map(read) ?? [],
  };
}

/**
 * The certificates that a session needs: of the signer, and of the devices that ran steps, out of those that are known. Undefined when it
 * needs none. A device whose certificate is not among `known` is left out, and the session is then refused by everybody.
 */
export function devicesFor(
  transactions: readonly Transaction[],
  member: string,
  signer: Uint8Array | null,
  known: readonly Uint8Array[],
): CommittedSession['devices'] {
  const byKey = new Map<string, Uint8Array>();
  for (const bytes of known) {
    const decoded = decodeDevice(bytes);
    if (decoded.ok) byKey.set(decoded.value.device, bytes);
  }
  const own = signer && decodeDevice(signer);
  const needed = new Set(transactions.map((transaction) => transaction.node));
  needed.delete(member);
  if (own && own.ok) needed.delete(own.value.device);
  const others = [...needed].sort().flatMap((key) => byKey.get(key) ?? []);
  return signer === null && others.length === 0 ? undefined : { signer, others };
}

function devicesProblem(value: CborValue): string | null {
  const devices = exactFields(value, ['others', 'signer']);
  if (!devices || !Array.isArray(devices.others)) return 'its devices are malformed';
  if (devices.others.length > MAX_SESSION_DEVICES) return `it names more than ${MAX_SESSION_DEVICES} devices`;
  if (devices.signer === null && devices.others.length === 0) return 'its devices are empty';
  let last = '';
  for (const bytes of devices.others as CborValue[]) {
    const decoded = bytes instanceof Uint8Array ? decodeDevice(bytes) : null;
    if (!decoded?.ok) return 'a device certificate is malformed';
    if (decoded.value.device <= last) return 'its devices are not in order';
    last = decoded.value.device;
  }
  if (devices.signer === null) return null;
  const signer = devices.signer instanceof Uint8Array ? decodeDevice(devices.signer) : null;
  if (!signer?.ok) return 'the certificate of the device that signed is malformed';
  const keys = (devices.others as Uint8Array[]).map((bytes) => decodeDevice(bytes));
  return keys.some((one) => one.ok && one.value.device === signer.value.device)
    ? 'it names a device twice'
    : null;
}

const FIELDS = ['baseVersion', 'id', 'member', 'operator', 'rulesVersion', 'signature', 'transactions'];
const FIELDS_WITH_DEVICES = [...FIELDS, 'devices'].sort();

/** First thing that is wrong with a would-be transaction, or null. */
export function transactionProblem(value: CborValue): string | null {
  const transaction = exactFields(value, ['node', 'request', 'response']);
  if (!transaction) return 'its fields are not node, request and response';
  if (typeof transaction.node !== 'string' || transaction.node.length < 1 || transaction.node.length > 64)
    return 'its node is malformed';
  const request = exactFields(transaction.request, ['body', 'method', 'path']);
  if (!request || !METHODS.includes(request.method as Method) || !isPath(request.path))
    return 'its request is malformed';
  const response = exactFields(transaction.response, ['body', 'status']);
  if (!response || !isStatus(response.status)) return 'its response is malformed';
  return null;
}

/** The value as an object with exactly these fields (sorted), or null. */
export function exactFields(
  value: CborValue | undefined,
  fields: readonly string[],
): Record<string, CborValue> | null {
  if (value === null || typeof value !== 'object' || Array.isArray(value) || value instanceof Uint8Array)
    return null;
  const own = Object.keys(value).sort();
  if (own.length !== fields.length || own.some((name, i) => name !== fields[i])) return null;
  return value as Record<string, CborValue>;
}

/** A pseudonym: 1 to 24 characters, no space at the ends, nothing that is invisible to a reader or refused by the codec. */
export function isOperator(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length >= 1 &&
    value.length <= MAX_OPERATOR_LENGTH &&
    value.trim() === value &&
    !/[\p{Cc}\p{Cs}\uFEFF]/u.test(value)
  );
}

export const isStatus = (value: unknown): value is number => isCount(value) && value >= 200 && value <= 599;
export const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= MAX_COUNTER;
export const succeeds = (transaction: { readonly status: number }): boolean =>
  transaction.status >= 200 && transaction.status < 300;
