/**
 * What passes between warehouse, courier and recipient, as bytes that people sign. Both statements are canonical CBOR lists whose first
 * element names the kind, so that a signature on one can never be taken for one on the other, on a vote or on a session; the signature is
 * Ed25519 over the bytes as they are.
 *
 * hand-off: `['hand-off', 1, network, SSCC, version, digest of the record, warehouse, courier, vehicle, seal, place, time]`, signed by
 * warehouse and courier. Version and digest name the very record that is handed over: if it changes meanwhile, nobody has signed that.
 *
 * delivery: `['delivery', 1, network, SSCC, digest of the hand-off, courier, outcome, place, recipient, time]`, signed by the courier, which
 * knows the hand-off and needs no replica.
 *
 * Neither holds anything that names a person: vehicle and seal are short codes, places are GLNs, a recipient is a salted digest.
 */
import { asNetworkId, fromHex, isHex, type Digest, type NetworkId } from '../../codec/brand.ts';
import { decode, encode, type CborValue } from '../../codec/cbor.ts';
import { count, hex, list, Malformed, text } from '../../codec/fields.ts';
import { fail, ok, type Result } from '../../codec/result.ts';
import { parseGln, parseSscc } from './gs1.ts';
import { MAX_SEAL_LENGTH, MAX_STATEMENT_BYTES, MAX_TIME, MAX_VEHICLE_LENGTH, MIN_TIME } from './limits.ts';
import { DELIVERY_OUTCOMES, type DeliveryOutcome } from './types.ts';

export interface HandOff {
  readonly network: NetworkId;
  readonly sscc: string;
  /** Of the package when it is handed over. */
  readonly version: number;
  /** `recordDigest` of that version's record. */
  readonly record: Digest;
  /** Member id. */
  readonly warehouse: string;
  /** Id in the directory. */
  readonly courier: string;
  /** Fleet number, A-Z, 0-9 and `-`. */
  readonly vehicle: string | null;
  readonly seal: string | null;
  /** GLN. */
  readonly place: string;
  /** Milliseconds since 1970, claimed. */
  readonly time: number;
}

export interface Delivery {
  readonly network: NetworkId;
  readonly sscc: string;
  /** `statementDigest` of the hand-off. */
  readonly handOff: Digest;
  readonly courier: string;
  readonly outcome: DeliveryOutcome;
  /** GLN, where the place has one. */
  readonly place: string | null;
  /** Salted digest (commitment.ts). */
  readonly recipient: Digest | null;
  readonly time: number;
}

export interface StatementError {
  readonly type: 'statement-malformed';
  readonly message: string;
}

type Hash = (bytes: Uint8Array) => Digest;

export const recordDigest = (hash: Hash, record: CborValue): Digest => hash(encode(record));
export const statementDigest = (hash: Hash, statement: Uint8Array): Digest => hash(statement);

/** The bytes to sign. What it makes, `readHandOff` reads; an error says which field is wrong. */
export function handOffBytes(h: HandOff): Result<Uint8Array<ArrayBuffer>, StatementError> {
  if (!isHex(h.network, 64) || !isHex(h.record, 64)) return malformed('hand-off', 'a digest is wrong');
  const bytes = encode([
    'hand-off',
    FORMAT,
    fromHex(h.network),
    h.sscc,
    h.version,
    fromHex(h.record),
    h.warehouse,
    h.courier,
    h.vehicle,
    h.seal,
    h.place,
    h.time,
  ]);
  const read = readHandOff(bytes);
  return read.ok ? ok(bytes) : read;
}

export function deliveryBytes(d: Delivery): Result<Uint8Array<ArrayBuffer>, StatementError> {
  if (!isHex(d.network, 64) || !isHex(d.handOff, 64) || !(d.recipient === null || isHex(d.recipient, 64)))
    return malformed('delivery', 'a digest is wrong');
  const bytes = encode([
    'delivery',
    FORMAT,
    fromHex(d.network),
    d.sscc,
    fromHex(d.handOff),
    d.courier,
    d.outcome,
    d.place,
    d.recipient === null ? null : fromHex(d.recipient),
    d.time,
  ]);
  const read = readDelivery(bytes);
  return read.ok ? ok(bytes) : read;
}

/** Shape alone: canonical bytes, right check digits, sane fields. */
export function readHandOff(bytes: Uint8Array): Result<HandOff, StatementError> {
  return reading('hand-off', bytes, 12, (f) => ({
    network: asNetworkId(hex(f[2], 32)),
    sscc: keyed(f[3], parseSscc),
    version: count(f[4]),
    record: hex(f[5], 32) as Digest,
    warehouse: id(f[6]),
    courier: id(f[7]),
    vehicle: code(f[8], MAX_VEHICLE_LENGTH),
    seal: code(f[9], MAX_SEAL_LENGTH),
    place: keyed(f[10], parseGln),
    time: time(f[11]),
  }));
}

export function readDelivery(bytes: Uint8Array): Result<Delivery, StatementError> {
  return reading('delivery', bytes, 10, (f) => ({
    network: asNetworkId(hex(f[2], 32)),
    sscc: keyed(f[3], parseSscc),
    handOff: hex(f[4], 32) as Digest,
    courier: id(f[5]),
    outcome: outcome(f[6]),
    place: f[7] === null ? null : keyed(f[7], parseGln),
    recipient: f[8] === null ? null : (hex(f[8], 32) as Digest),
    time: time(f[9]),
  }));
}

const FORMAT = 1;

function reading<T>(
  kind: 'hand-off' | 'delivery',
  bytes: Uint8Array,
  length: number,
  read: (fields: readonly CborValue[]) => T,
): Result<T, StatementError> {
  const decoded = decode(bytes, MAX_STATEMENT_BYTES);
  if (!decoded.ok) return malformed(kind, decoded.error.message);
  try {
    const fields = list(decoded.value, length, 'a statement');
    if (fields.length !== length || fields[0] !== kind || fields[1] !== FORMAT)
      return malformed(kind, 'it is something else, or of another form');
    return ok(read(fields));
  } catch (error) {
    if (error instanceof Malformed) return malformed(kind, error.message);
    throw error;
  }
}

function keyed(value: CborValue | undefined, parse: typeof parseSscc): string {
  const parsed = parse(text(value, 18));
  if (!parsed.ok) throw new Malformed(parsed.error.message);
  return parsed.value;
}

function id(value: CborValue | undefined): string {
  const found = text(value, 24);
  if (!/^[a-z0-9-]+$/.test(found)) throw new Malformed('an id is not 1 to 24 of a-z, 0-9 and -');
  return found;
}

function code(value: CborValue | undefined, max: number): string | null {
  if (value === null) return null;
  const found = text(value, max);
  if (!/^[A-Z0-9][A-Z0-9-]*$/.test(found))
    throw new Malformed(`a vehicle or seal is not 1 to ${max} of A-Z, 0-9 and -`);
  return found;
}

function time(value: CborValue | undefined): number {
  const found = count(value, MAX_TIME);
  if (found < MIN_TIME) throw new Malformed('its time is before 2020: set the clock of the device');
  return found;
}

function outcome(value: CborValue | undefined): DeliveryOutcome {
  const found = DELIVERY_OUTCOMES.find((one) => one === value);
  if (found === undefined) throw new Malformed(`its outcome is none of ${DELIVERY_OUTCOMES.join(', ')}`);
  return found;
}

function malformed(kind: string, what: string): { readonly ok: false; readonly error: StatementError } {
  return fail({
    type: 'statement-malformed',
    message: `The ${kind} can't be read: ${what}. Make it again and have it signed again.`,
  });
}
