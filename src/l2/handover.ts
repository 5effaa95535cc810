/**
 * A device does not vote, so it cannot propose: it hands its finished sessions to its member, or, when that is away, to any member, which
 * proposes them as they are. The value is signed by the device and judged by everybody, so whoever proposes it can change nothing.
 */
import { asDigest, asKey, asVersion, fromHex, type Digest } from '../codec/brand.ts';
import { decode, encode, type CborValue } from '../codec/cbor.ts';
import { bytes, count, hex, key, list, Malformed, text } from '../codec/fields.ts';
import { fail, ok, type Failure, type Result } from '../codec/result.ts';
import { MAX_HANDED_OVER, MAX_HANDOVER_BYTES, MAX_SESSION_VALUE_BYTES } from './limits.ts';
import type { SessionProposal } from './types.ts';

/** One answer for each proposal: its digest, once it is durable at the member, or why not. */
export type HandOverAnswer = readonly Result<{ readonly digest: Digest }, HandOverRefusal>[];

export interface HandOverRefusal {
  /** A type of the member's own `propose`, or of this file. */
  readonly type: string;
  readonly message: string;
}

export interface HandOverError {
  readonly type: 'handover-malformed';
  readonly message: string;
}

export function encodeHandOver(proposals: readonly SessionProposal[]): Uint8Array<ArrayBuffer> {
  return encode(
    proposals.map((p) => [p.key, p.version, p.previous === null ? null : fromHex(p.previous), p.body]),
  );
}

export function decodeHandOver(input: Uint8Array): Result<readonly SessionProposal[], HandOverError> {
  return read(input, (value) =>
    list(value, MAX_HANDED_OVER, 'proposals').map((one) => {
      const [name, version, previous, body, ...more] = list(one, 4, 'a proposal');
      if (more.length > 0 || body === undefined) throw new Malformed('a proposal of another form');
      return {
        key: asKey(key(name)),
        version: asVersion(count(version)),
        previous: previous === null ? null : asDigest(hex(previous, 32)),
        body: bytes(body, MAX_SESSION_VALUE_BYTES).slice(),
      };
    }),
  );
}

export function encodeHandOverAnswer(answer: HandOverAnswer): Uint8Array<ArrayBuffer> {
  return encode(
    answer.map((one): CborValue =>
      one.ok ? [fromHex(one.value.digest)] : [one.error.type, one.error.message.slice(0, MAX_TEXT)],
    ),
  );
}

export function decodeHandOverAnswer(input: Uint8Array): Result<HandOverAnswer, HandOverError> {
  return read(input, (value) =>
    list(value, MAX_HANDED_OVER, 'answers').map((one) => {
      const fields = list(one, 2, 'an answer');
      if (fields.length === 1) return ok({ digest: asDigest(hex(fields[0], 32)) });
      return fail({ type: text(fields[0], 64), message: text(fields[1], MAX_TEXT) });
    }),
  );
}

/** Who takes sessions from a device: its own member first, then the others. */
export interface HandOverWay {
  /** Members that are linked, the own one first. */
  members(): readonly string[];
  /** Null: no answer in time. */
  ask(member: string, message: Uint8Array): Promise<Uint8Array | null>;
}

/** `proposeBatch` of a device: resolves when a member has what was handed over on its disk. What nobody takes is proposed by `retry` later. */
export function handOverTo(
  way: HandOverWay,
): (proposals: readonly SessionProposal[]) => Promise<Result<{ digest: Digest }, Failure>[]> {
  return async (proposals) => {
    const results: (Result<{ digest: Digest }, Failure> | null)[] = proposals.map(() => null);
    for (const member of way.members()) {
      const left = proposals.flatMap((_, i) => (results[i]?.ok ? [] : [i]));
      if (left.length === 0) break;
      for (const page of pagesOf(left, proposals)) {
        const bytes = await way.ask(member, encodeHandOver(page.map((i) => proposals[i]!)));
        const answer = bytes && decodeHandOverAnswer(bytes);
        if (!answer?.ok || answer.value.length !== page.length) break;
        page.forEach((i, at) => (results[i] = answer.value[at]!));
      }
    }
    return results.map((result) => result ?? fail(NOBODY));
  };
}

/**
 * A member's side. `device`: whose link it came over, proved by the handshake; `revoked` is asked before anything is judged. Only what is
 * signed by a device or a member is ever proposed: `propose` judges each value like anybody else's.
 */
export async function takeHandOver(
  message: Uint8Array,
  member: {
    readonly revoked: boolean;
    propose(proposals: readonly SessionProposal[]): Promise<Result<{ digest: Digest }, Failure>[]>;
  },
): Promise<Uint8Array> {
  const decoded = decodeHandOver(message);
  if (!decoded.ok) return encodeHandOverAnswer([fail(decoded.error)]);
  if (member.revoked) return encodeHandOverAnswer(decoded.value.map(() => fail(REVOKED)));
  return encodeHandOverAnswer(await member.propose(decoded.value));
}

const MAX_TEXT = 400;

const NOBODY: HandOverRefusal = {
  type: 'no-member',
  message:
    'No member could be reached to propose this session. It is signed and stored here, and is handed over when one is.',
};
const REVOKED: HandOverRefusal = {
  type: 'device-revoked',
  message: 'This device has been revoked by its member. Run the session on another device.',
};

/** As many at once as one message holds. */
function pagesOf(places: readonly number[], proposals: readonly SessionProposal[]): number[][] {
  const pages: number[][] = [];
  let size = MAX_HANDOVER_BYTES;
  for (const i of places) {
    const more = proposals[i]!.body.length + ENTRY_BYTES;
    if (size + more > MAX_HANDOVER_BYTES || pages.at(-1)!.length >= MAX_HANDED_OVER) {
      pages.push([]);
      size = ENTRY_BYTES;
    }
    size += more;
    pages.at(-1)!.push(i);
  }
  return pages;
}

/** Key, version, previous digest and heads of one entry. */
const ENTRY_BYTES = 300;

function read<T>(input: Uint8Array, from: (value: CborValue) => T): Result<T, HandOverError> {
  const malformed = (what: string) =>
    fail({ type: 'handover-malformed' as const, message: `This is no hand-over of sessions: ${what}.` });
  const decoded = decode(input, MAX_HANDOVER_BYTES);
  if (!decoded.ok) return malformed(decoded.error.message);
  try {
    return ok(from(decoded.value));
  } catch (error) {
    if (error instanceof Malformed) return malformed(error.message);
    throw error;
  }
}
