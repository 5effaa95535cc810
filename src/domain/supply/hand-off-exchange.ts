/**
 * The hand-off between two devices that share no network: the warehouse shows a request as a QR code, the courier's phone checks it,
 * signs and shows an answer. The same texts go over any other way. A phone without a replica reports a delivery by a text of its own.
 *
 * Text: a mark of four characters and a point, then base32 (RFC 4648, upper case, no padding) of canonical CBOR. All of its characters are in a QR
 * code's alphanumeric alphabet, none is changed by trimming, by copying or by a scanner that types, and case does not matter.
 *
 * | Mark | Content |
 * |---|---|
 * | `CSH1` | request: [statement, warehouse's key, signature, certificate of its device or null] |
 * | `CSA1` | answer: [digest of the statement, courier's key, signature, certificate of its device or null] |
 * | `CSD1` | delivery: [statement, courier's key, signature, certificate of its device or null] |
 */
import { fromHex, isHex, toHex, type Digest, type NetworkId } from '../../codec/brand.ts';
import { decode, encode, type CborValue } from '../../codec/cbor.ts';
import { bytes, exactly, hex, list, Malformed } from '../../codec/fields.ts';
import { MAX_DEVICE_CERTIFICATE_BYTES } from '../../codec/limits.ts';
import { fail, ok, type Result } from '../../codec/result.ts';
import { readDelivery, readHandOff, statementDigest, type Delivery, type HandOff } from './hand-off.ts';
import { MAX_QR_TEXT_LENGTH, MAX_STATEMENT_BYTES } from './limits.ts';
import type { CertifiedUse, DeliverBody, HandOffBody, PartySignature } from './types.ts';

export interface ExchangeError {
  readonly type: 'text-unreadable' | 'text-too-long' | 'answer-to-another' | 'request-elsewhere';
  readonly message: string;
}

export interface HandOffRequest {
  readonly handOff: HandOff;
  readonly statement: Uint8Array;
  readonly warehouse: PartySignature;
}
export interface HandOffAnswer {
  /** Of the statement that the courier signed. */
  readonly statement: Digest;
  readonly courier: PartySignature;
}
export interface DeliveryReport {
  readonly delivery: Delivery;
  readonly statement: Uint8Array;
  readonly courier: PartySignature;
}

type Hash = (bytes: Uint8Array) => Digest;

export function writeHandOffRequest(
  statement: Uint8Array,
  warehouse: PartySignature,
): Result<string, ExchangeError> {
  return writeText('CSH1', [statement, ...partyFields(warehouse)]);
}

/** Shape alone; `requestProblem` says whether it is for this courier, and hand-off.ts what it holds. */
export function readHandOffRequest(text: string): Result<HandOffRequest, ExchangeError> {
  return readText('CSH1', 'hand-off request', text, (fields) => {
    const statement = bytes(fields[0], MAX_STATEMENT_BYTES);
    const handOff = readHandOff(statement);
    if (!handOff.ok) throw new Malformed(handOff.error.message);
    return { handOff: handOff.value, statement, warehouse: partyOf(fields) };
  });
}

/** Why the courier should not sign, or null: of another network, for another courier, or with a signature that does not hold. */
export async function requestProblem(
  request: HandOffRequest,
  expected: { readonly network: NetworkId; readonly courier: string },
  verify: (key: string, message: Uint8Array, signature: Uint8Array) => Promise<boolean>,
): Promise<ExchangeError | null> {
  const { handOff, statement, warehouse } = request;
  const elsewhere = (what: string): ExchangeError => ({
    type: 'request-elsewhere',
    message: `This hand-off of ${handOff.sscc} is not for you: ${what}. Don't sign it; ask the warehouse.`,
  });
  if (handOff.network !== expected.network) return elsewhere('it is of another network');
  if (handOff.courier !== expected.courier)
    return elsewhere(`it names the courier ${handOff.courier}, you are ${expected.courier}`);
  return (await verify(warehouse.key, statement, warehouse.signature))
    ? null
    : elsewhere('the warehouse’s signature does not hold');
}

export function writeHandOffAnswer(
  hash: Hash,
  statement: Uint8Array,
  courier: PartySignature,
): Result<string, ExchangeError> {
  return writeText('CSA1', [fromHex(statementDigest(hash, statement)), ...partyFields(courier)]);
}

export function readHandOffAnswer(text: string): Result<HandOffAnswer, ExchangeError> {
  return readText('CSA1', 'hand-off answer', text, (fields) => ({
    statement: hex(fields[0], 32) as Digest,
    courier: partyOf(fields),
  }));
}

/** The body of `POST /hand-off`. `entry`: the courier's entry of the directory, where its key is not a member's or its device's. */
export function handOffBody(
  hash: Hash,
  request: Pick<HandOffRequest, 'statement' | 'warehouse'>,
  answer: HandOffAnswer,
  at: number,
  entry?: CertifiedUse,
): Result<HandOffBody, ExchangeError> {
  if (answer.statement !== statementDigest(hash, request.statement)) {
    return fail({
      type: 'answer-to-another',
      message:
        'This answer signs another hand-off than the one shown here. Scan the answer to this one, or show the request again.',
    });
  }
  const { statement, warehouse } = request;
  return ok({ statement, warehouse, courier: answer.courier, at, ...(entry ? { entry } : {}) });
}

export function writeDeliveryReport(
  statement: Uint8Array,
  courier: PartySignature,
): Result<string, ExchangeError> {
  return writeText('CSD1', [statement, ...partyFields(courier)]);
}

export function readDeliveryReport(text: string): Result<DeliveryReport, ExchangeError> {
  return readText('CSD1', 'delivery', text, (fields) => {
    const statement = bytes(fields[0], MAX_STATEMENT_BYTES);
    const delivery = readDelivery(statement);
    if (!delivery.ok) throw new Malformed(delivery.error.message);
    return { delivery: delivery.value, statement, courier: partyOf(fields) };
  });
}

/** The body of `POST /delivery`. */
export function deliverBody(
  report: Pick<DeliveryReport, 'statement' | 'courier'>,
  photos: readonly string[],
  at: number,
  entry?: CertifiedUse,
): DeliverBody {
  const { statement, courier } = report;
  return { statement, courier, photos, at, ...(entry ? { entry } : {}) };
}

/** Which of the texts this is, by its mark; null: none. A scan sink asks before it takes a scan for a package. */
export function exchangeKind(text: string): 'request' | 'answer' | 'delivery' | null {
  const kinds = { CSH1: 'request', CSA1: 'answer', CSD1: 'delivery' } as const;
  const mark = /^\s*(CS[HAD]1)\./i.exec(text)?.[1]?.toUpperCase();
  return mark === undefined ? null : (kinds[mark as Mark] ?? null);
}

type Mark = 'CSH1' | 'CSA1' | 'CSD1';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const MAX_EXCHANGE_BYTES = MAX_STATEMENT_BYTES + MAX_DEVICE_CERTIFICATE_BYTES + 32 + 64 + 32;

const partyFields = ({ key, signature, device }: PartySignature): CborValue[] => [
  isHex(key, 64) ? fromHex(key) : new Uint8Array(0),
  signature,
  device,
];

/** From the second field on, in every text. */
function partyOf(fields: readonly CborValue[]): PartySignature {
  const device = fields[3];
  return {
    key: toHex(exactly(fields[1], 32)),
    signature: exactly(fields[2], 64).slice(),
    device: device === null ? null : bytes(device, MAX_DEVICE_CERTIFICATE_BYTES).slice(),
  };
}

function writeText(mark: Mark, fields: readonly CborValue[]): Result<string, ExchangeError> {
  const written = `${mark}.${toBase32(encode(fields))}`;
  return written.length <= MAX_QR_TEXT_LENGTH
    ? ok(written)
    : fail({
        type: 'text-too-long',
        message: `The code would have ${written.length} characters, at most ${MAX_QR_TEXT_LENGTH} can be scanned. Leave out the vehicle or the seal.`,
      });
}

function readText<T>(
  mark: Mark,
  what: string,
  given: string,
  read: (fields: readonly CborValue[]) => T,
): Result<T, ExchangeError> {
  const unreadable = (why: string) =>
    fail({
      type: 'text-unreadable' as const,
      message: `This is no ${what}: ${why}. Show the code again, larger, and scan it.`,
    });
  if (given.length > 2 * MAX_QR_TEXT_LENGTH) return unreadable(`it has ${given.length} characters`);
  const text = given.trim().toUpperCase();
  if (text.length > MAX_QR_TEXT_LENGTH) return unreadable(`it has ${text.length} characters`);
  if (!text.startsWith(`${mark}.`)) return unreadable(`it does not begin with ${mark}`);
  const content = fromBase32(text.slice(mark.length + 1));
  if (!content) return unreadable('it holds characters that do not belong there');
  const decoded = decode(content, MAX_EXCHANGE_BYTES);
  if (!decoded.ok) return unreadable(decoded.error.message);
  try {
    const fields = list(decoded.value, 4, 'it');
    if (fields.length !== 4) return unreadable('it has another form');
    return ok(read(fields));
  } catch (error) {
    if (error instanceof Malformed) return unreadable(error.message);
    throw error;
  }
}

function toBase32(input: Uint8Array): string {
  let out = '';
  let bits = 0;
  let held = 0;
  for (const byte of input) {
    held = (held << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) out += ALPHABET[(held >> (bits - 5)) & 31]!;
    held &= (1 << bits) - 1;
  }
  return bits === 0 ? out : out + ALPHABET[(held << (5 - bits)) & 31]!;
}

/** Null for other characters, and for text that is not the one way to write these bytes. */
function fromBase32(text: string): Uint8Array<ArrayBuffer> | null {
  const out = new Uint8Array(Math.floor((text.length * 5) / 8));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const character of text) {
    const value = ALPHABET.indexOf(character);
    if (value < 0) return null;
    held = (held << 5) | value;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      out[at++] = (held >> bits) & 255;
      held &= (1 << bits) - 1;
    }
  }
  return held === 0 && toBase32(out) === text ? out : null;
}
