/**
 * What goes between a merchant's page and a customer's phone as a QR code or a link. Each text has a mark of kind and version, and a check sum:
 *
 * | mark  | |
 * |---|---|
 * | `LP1C.` | a customer's public key |
 * | `LP1Q.` | a request |
 * | `LP1A.` | an answer |
 * | `LP1R.` | a receipt |
 */
import type { Result, Value } from 'countersign';
import { fromText, toText } from './bytes64.ts';
import { MAX_RECEIPT_LENGTH, MAX_TEXT_LENGTH } from './limits.ts';
import { bytesOf, customer, customerKeyOf, hexOf, merchantOf } from './names.ts';
import { isOwner, readStatement } from './shape.ts';
import type { Give, Merge, Owner, Ref, Split, Swap } from './types.ts';

export interface TextError {
  readonly type:
    | 'text-too-long'
    /** Another kind of text, or something else altogether. */
    | 'text-foreign'
    /** Of a later version: update this page. */
    | 'text-version'
    /** Misread: the check sum is wrong. Scan again. */
    | 'text-damaged'
    /** Undamaged, and not what such a text may hold. */
    | 'text-malformed';
  readonly message: string;
}

/** What a customer is asked to sign. */
export interface Request {
  readonly statement: Give | Split | Merge | Swap;
  /** The customer whose signature is asked for. */
  readonly customer: Owner;
  /** Of a swap: the merchant's, where it signed already; else null. The customer does not need it. */
  readonly merchantSignature: Uint8Array | null;
}

/** A customer's signature. */
export interface Answer {
  /** 32 hex digits: of the statement that was signed. */
  readonly statement: string;
  readonly customer: Owner;
  readonly signature: Uint8Array;
}

/** At most `MAX_TEXT_LENGTH` characters. What the merchant signed is left out: the customer does not need it. */
export function requestText({ statement, customer }: Request): string {
  return toText(MARKS.request, utf8(JSON.stringify([customer, ...packed(statement)])));
}

export function readRequest(text: string): Result<Request, TextError> {
  const parts = opened('request', text);
  if (!parts.ok) return parts;
  const [customer, ...rest] = parts.value;
  const statement = unpacked(rest);
  if (statement === null || !isOwner(customer) || merchantOf(customer) !== null) return malformed();
  const request: Request = { statement, customer, merchantSignature: null };
  // One request has one text.
  return requestText(request) === text.trim() ? { ok: true, value: request } : malformed();
}

export function answerText({ statement, customer, signature }: Answer): string {
  return toText(MARKS.answer, utf8(JSON.stringify([statement, customer, hexOf(signature)])));
}

export function readAnswer(text: string): Result<Answer, TextError> {
  const parts = opened('answer', text);
  if (!parts.ok) return parts;
  const [statement, customer, signature] = parts.value;
  if (!isOwner(customer) || !isHex(statement, 32) || !isHex(signature, 128)) return malformed();
  const answer: Answer = { statement, customer, signature: bytesOf(signature) };
  return answerText(answer) === text.trim() ? { ok: true, value: answer } : malformed();
}

/** @throws TypeError for a merchant. */
export function customerText(owner: Owner): string {
  const key = customerKeyOf(owner);
  if (key === null) throw new TypeError(`${owner} is no customer`);
  return toText(MARKS.customer, key);
}

/** The customer, whose key is one that can own points. */
export function readCustomer(text: string): Result<Owner, TextError> {
  const bytes = bytesOfText('customer', text, MAX_TEXT_LENGTH);
  if (!bytes.ok) return bytes;
  const owner = customer(bytes.value);
  return bytes.value.length === 32 && customerKeyOf(owner) !== null
    ? { ok: true, value: owner }
    : malformed();
}

/** `proof`: of `network.prove`, of a version that the customer is shown; `receipt` makes one that is short. */
export const receiptText = (proof: Uint8Array): string => toText(MARKS.receipt, proof);

/** The proof: whether it proves anything `checkReceipt` says. */
export const readReceipt = (text: string): Result<Uint8Array, TextError> =>
  bytesOfText('receipt', text, MAX_RECEIPT_LENGTH);

// ---- one form each ----

const MARKS = { customer: 'LP1C.', request: 'LP1Q.', answer: 'LP1A.', receipt: 'LP1R.' } as const;
type Kind = keyof typeof MARKS;

function bytesOfText(kind: Kind, given: string, longest: number): Result<Uint8Array, TextError> {
  const text = given.trim();
  if (text.length > longest)
    return wrong('text-too-long', `${text.length} characters; such a text has at most ${longest}.`);
  const [mark, version] = /^LP(\d{1,4})[A-Z]\./.exec(text) ?? [];
  if (mark === undefined || mark.slice(-2) !== MARKS[kind].slice(-2))
    return wrong('text-foreign', `This is no ${kind}: look for a code that begins with ${MARKS[kind]}`);
  if (version !== '1')
    return wrong(
      'text-version',
      `This ${kind} is of version ${version}; this page reads 1. Update the page.`,
    );
  const bytes = fromText(MARKS[kind], text);
  return bytes === null
    ? wrong('text-damaged', `This ${kind} was not read right. Scan it again.`)
    : { ok: true, value: bytes };
}

function opened(kind: Kind, text: string): Result<readonly unknown[], TextError> {
  const bytes = bytesOfText(kind, text, MAX_TEXT_LENGTH);
  if (!bytes.ok) return bytes;
  try {
    const parts: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.value));
    return Array.isArray(parts) ? { ok: true, value: parts as unknown[] } : malformed();
  } catch {
    return malformed();
  }
}

/** Without what is told twice. */
function packed(statement: Request['statement']): readonly unknown[] {
  const { kind, network } = statement;
  const id = ({ key, seq, amount, expires }: Ref): unknown[] => [
    key.slice('points/'.length),
    seq,
    amount,
    expires,
  ];
  const whole = (ref: Ref): unknown[] => [...id(ref), ref.issuer, ref.owner];
  switch (kind) {
    case 'give':
      return [kind, network, whole(statement.from), statement.to];
    case 'split':
      return [
        kind,
        network,
        whole(statement.from),
        statement.outputs.map(({ amount, owner }) => [amount, owner]),
      ];
    case 'merge':
      return [kind, network, whole(statement.target), statement.sources.map(id)];
    case 'swap':
      return [kind, network, whole(statement.first), whole(statement.second)];
  }
}

function unpacked(parts: readonly unknown[]): Request['statement'] | null {
  const [kind, network, first, second] = parts;
  const ref = (one: unknown, shared?: unknown): unknown => {
    const [id, seq, amount, expires, issuer, owner] = asList(one);
    const { issuer: i, owner: o } = (shared ?? { issuer, owner }) as Partial<Ref>;
    return { key: `points/${String(id)}`, seq, issuer: i, amount, owner: o, expires };
  };
  const from = ref(first);
  switch (kind) {
    case 'give':
      return readStatement({ kind, network, from, to: second } as Value);
    case 'split': {
      const outputs = asList(second).map((one) => {
        const [amount, owner] = asList(one);
        return { amount, owner };
      });
      return readStatement({ kind, network, from, outputs } as Value);
    }
    case 'merge': {
      const sources = asList(second).map((one) => ref(one, from));
      return readStatement({ kind, network, target: from, sources } as Value);
    }
    case 'swap':
      return readStatement({ kind, network, first: from, second: ref(second) } as Value);
    default:
      return null;
  }
}

const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);
const isHex = (value: unknown, digits: number): value is string =>
  typeof value === 'string' && value.length === digits && /^[0-9a-f]*$/.test(value);
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

const wrong = (
  type: TextError['type'],
  message: string,
): { readonly ok: false; readonly error: TextError } => ({ ok: false, error: { type, message } });
const malformed = () =>
  wrong('text-malformed', 'This code holds something that no page of this street writes.');
