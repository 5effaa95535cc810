/**
 * Simulation consensus between two devices of one member (L2 = 2 of the session paper): what they say to each other, and what is signed.
 *
 * The holder runs the session; the mirror runs every step again and keeps it. An operation counts when both have it on their disks: the
 * mirror writes before it answers, the holder writes after the answer and before the operator sees anything. One operation is under way
 * per session, so the mirror is ahead by one at most, and of one that nobody was told of.
 *
 * | Operation | Holds | The mirror |
 * |---|---|---|
 * | state | the whole session on its base: at its start, after undo and rebase, and when the two stand at different places | runs all steps |
 * | step | one transaction | runs it on its own working copy |
 * | seal | the value as it will be proposed | compares it with its own copy; proposes these very bytes if it takes over |
 * | end | | forgets the session |
 *
 * Term: 1 at the start. Who takes a session over, or goes on alone with it, claims the next term: durable at the claimant before it does
 * anything, signed by its key. From then on it answers nothing of an older term (`fenced`, with the claim), so the other device gets no
 * answer, acknowledges nothing and seals nothing; when it hears of the claim it stops. Two claims of one term, made while the devices could
 * not hear each other, are ordered by `isStronger`.
 *
 * That both devices propose is possible then (each may go on alone), and harmless: proposals on one base compete for one version, of which
 * one value is certified; the other is never rebased, because a device that can have been doubled first looks for its session's id in every
 * version above its base (settlement.ts), and no replica votes for a session that is the version before it already (`session-repeated`).
 */
import {
  asDigest,
  asKey,
  asVersion,
  fromHex,
  type Digest,
  type Key,
  type NetworkId,
  type Version,
} from '../codec/brand.ts';
import { decode, encode, type CborValue } from '../codec/cbor.ts';
import { decodeDevice, type DeviceClaim } from '../codec/device.ts';
import { bytes, count, exactly, hex, key, list, Malformed, text } from '../codec/fields.ts';
import type { MemberEntry } from '../codec/genesis.ts';
import { MAX_DEVICE_CERTIFICATE_BYTES } from '../codec/limits.ts';
import { fail, ok, type Result } from '../codec/result.ts';
import {
  MAX_MIRROR_BYTES,
  MAX_OPERATOR_LENGTH,
  MAX_REQUEST_BYTES,
  MAX_RESPONSE_BYTES,
  MAX_SESSION_DEVICES,
  MAX_SESSION_VALUE_BYTES,
  MAX_STEPS,
} from './limits.ts';
import { isOperator, isStatus } from './value.ts';
import type { ServiceResponse } from './types.ts';

export type MirrorOp =
  | {
      readonly op: 'state';
      readonly key: Key;
      readonly operator: string;
      /** Milliseconds since 1970, claimed. */
      readonly startedAt: number;
      readonly base: { readonly version: Version; readonly digest: Digest | null };
      /** Canonical bytes of the transactions. */
      readonly steps: readonly Uint8Array[];
      readonly rebases: number;
      /** Certificates of the devices that ran them. */
      readonly nodes: readonly Uint8Array[];
    }
  | { readonly op: 'step'; readonly step: Uint8Array }
  | { readonly op: 'seal'; readonly body: Uint8Array }
  | { readonly op: 'end' };

export type MirrorMessage =
  | {
      readonly type: 'op';
      readonly session: string;
      readonly term: number;
      readonly seq: number;
      readonly op: MirrorOp;
    }
  | { readonly type: 'claim'; readonly claim: MirrorClaim };

/** "From this term on, this device runs the session." */
export interface MirrorClaim {
  readonly session: string;
  readonly term: number;
  /** Of the last operation that the claimant has. */
  readonly seq: number;
  /** Key of the claimant. */
  readonly device: string;
  /** What the member signed for it; null: it is the member itself. */
  readonly certificate: Uint8Array | null;
  readonly signature: Uint8Array;
}

export type MirrorAnswer =
  /** Run here with equal responses, and durable. */
  | { readonly verdict: 'agreed'; readonly chain: string; readonly signature: Uint8Array }
  | { readonly verdict: 'differs'; readonly step: number; readonly response: ServiceResponse }
  /** Stands elsewhere: send the whole session with a number above `seq`. */
  | { readonly verdict: 'resync'; readonly seq: number }
  /** Cannot say now: the certified version is not here, the disk is full, too many sessions. */
  | { readonly verdict: 'later'; readonly message: string }
  | { readonly verdict: 'fenced'; readonly claim: MirrorClaim }
  /** Of a claim: heard. */
  | { readonly verdict: 'noted' };

export interface MirrorError {
  readonly type: 'mirror-malformed';
  readonly message: string;
}

/** What the mirror's signature on an answer covers: which operations both have. */
export function answerBytes(
  network: NetworkId,
  session: string,
  term: number,
  seq: number,
  chain: string,
): Uint8Array {
  return encode(['mirror-answer', fromHex(network), fromHex(session), term, seq, fromHex(chain)]);
}

/** What the claimant's signature covers. */
export function claimBytes(
  network: NetworkId,
  claim: Omit<MirrorClaim, 'certificate' | 'signature'>,
): Uint8Array {
  const { session, term, seq, device } = claim;
  return encode(['mirror-claim', fromHex(network), fromHex(session), term, seq, fromHex(device)]);
}

/** Digest over all operations of a term: two devices with equal ones have run the same. A `state` begins anew. */
export function nextChain(
  hash: (bytes: Uint8Array) => Digest,
  chain: string,
  message: Extract<MirrorMessage, { type: 'op' }>,
): string {
  const before = message.op.op === 'state' || chain === '' ? null : fromHex(chain);
  return hash(
    encode(['mirror-op', before, fromHex(message.session), message.term, message.seq, opFields(message.op)]),
  );
}

/** Of two claims on one session, which goes on: the higher term; then who has more operations; then the greater key. */
export function isStronger(a: MirrorClaim, b: Pick<MirrorClaim, 'term' | 'seq' | 'device'>): boolean {
  if (a.term !== b.term) return a.term > b.term;
  if (a.seq !== b.seq) return a.seq > b.seq;
  return a.device > b.device;
}

/** True when the member itself, or a device that it certified, has signed the claim. */
export async function claimStands(
  claim: MirrorClaim,
  context: {
    readonly network: NetworkId;
    readonly member: MemberEntry;
    readonly deviceBytes: (claim: DeviceClaim) => Uint8Array;
    verifyEd25519(publicKeyHex: string, message: Uint8Array, signature: Uint8Array): Promise<boolean>;
  },
): Promise<boolean> {
  const { network, member, deviceBytes, verifyEd25519 } = context;
  if (claim.certificate === null) {
    if (claim.device !== member.voteKey) return false;
  } else {
    const certificate = decodeDevice(claim.certificate);
    if (!certificate.ok || certificate.value.device !== claim.device || certificate.value.network !== network)
      return false;
    if (!(await verifyEd25519(member.voteKey, deviceBytes(certificate.value), certificate.value.signature)))
      return false;
  }
  return verifyEd25519(claim.device, claimBytes(network, claim), claim.signature);
}

// ---- bytes ----

export function encodeMirror(message: MirrorMessage): Uint8Array<ArrayBuffer> {
  if (message.type === 'claim') return encode([CLAIM, claimFields(message.claim)]);
  return encode([OP, fromHex(message.session), message.term, message.seq, opFields(message.op)]);
}

export function decodeMirror(input: Uint8Array): Result<MirrorMessage, MirrorError> {
  return read(input, (value) => {
    const fields = list(value, 5, 'a mirror message');
    if (fields[0] === CLAIM && fields.length === 2) return { type: 'claim', claim: readClaim(fields[1]) };
    if (fields[0] !== OP || fields.length !== 5) throw new Malformed('it has another form');
    return {
      type: 'op',
      session: hex(fields[1], 16),
      term: count(fields[2]),
      seq: count(fields[3]),
      op: readOp(fields[4]),
    };
  });
}

export function encodeAnswer(answer: MirrorAnswer): Uint8Array<ArrayBuffer> {
  switch (answer.verdict) {
    case 'agreed':
      return encode(['agreed', fromHex(answer.chain), answer.signature]);
    case 'differs':
      return encode(['differs', answer.step, answer.response.status, answer.response.body]);
    case 'resync':
      return encode(['resync', answer.seq]);
    case 'later':
      return encode(['later', answer.message]);
    case 'fenced':
      return encode(['fenced', claimFields(answer.claim)]);
    case 'noted':
      return encode(['noted']);
  }
}

export function decodeAnswer(input: Uint8Array): Result<MirrorAnswer, MirrorError> {
  return read(input, (value) => {
    const fields = list(value, 4, 'an answer');
    switch (`${String(fields[0])} ${fields.length}`) {
      case 'agreed 3':
        return { verdict: 'agreed', chain: hex(fields[1], 32), signature: exactly(fields[2], 64).slice() };
      case 'differs 4': {
        const [, step, status, body] = fields;
        if (!isStatus(status)) throw new Malformed('no status');
        return { verdict: 'differs', step: count(step, MAX_STEPS), response: { status, body: body ?? null } };
      }
      case 'resync 2':
        return { verdict: 'resync', seq: count(fields[1]) };
      case 'later 2':
        return { verdict: 'later', message: text(fields[1], MAX_MESSAGE_LENGTH) };
      case 'fenced 2':
        return { verdict: 'fenced', claim: readClaim(fields[1]) };
      case 'noted 1':
        return { verdict: 'noted' };
      default:
        throw new Malformed('it has another form');
    }
  });
}

export function claimFields(claim: MirrorClaim): CborValue {
  const { session, term, seq, device, certificate, signature } = claim;
  return [fromHex(session), term, seq, fromHex(device), certificate, signature];
}

/** Throws `Malformed`. */
export function readClaim(value: CborValue | undefined): MirrorClaim {
  const fields = list(value, 6, 'a claim');
  if (fields.length !== 6) throw new Malformed('a claim of another form');
  return {
    session: hex(fields[0], 16),
    term: count(fields[1]),
    seq: count(fields[2]),
    device: hex(fields[3], 32),
    certificate: fields[4] === null ? null : bytes(fields[4], MAX_DEVICE_CERTIFICATE_BYTES).slice(),
    signature: exactly(fields[5], 64).slice(),
  };
}

const OP = 1;
const CLAIM = 2;

const MAX_MESSAGE_LENGTH = 400;
const MAX_TRANSACTION_BYTES = MAX_REQUEST_BYTES + MAX_RESPONSE_BYTES;

function opFields(op: MirrorOp): CborValue {
  switch (op.op) {
    case 'state': {
      const { operator, startedAt, base, steps, rebases, nodes } = op;
      const digest = base.digest === null ? null : fromHex(base.digest);
      return ['state', op.key, operator, startedAt, base.version, digest, steps, rebases, nodes];
    }
    case 'step':
      return ['step', op.step];
    case 'seal':
      return ['seal', op.body];
    case 'end':
      return ['end'];
  }
}

function readOp(value: CborValue | undefined): MirrorOp {
  const fields = list(value, 9, 'an operation');
  switch (`${String(fields[0])} ${fields.length}`) {
    case 'state 9': {
      const [, name, operator, startedAt, version, digest, steps, rebases, nodes] = fields;
      if (!isOperator(text(operator, MAX_OPERATOR_LENGTH))) throw new Malformed('no operator');
      if ((version === 0) !== (digest === null)) throw new Malformed('a base without its digest');
      const transactions = list(steps, MAX_STEPS, 'steps').map((one) => bytes(one, MAX_TRANSACTION_BYTES));
      if (transactions.length === 0) throw new Malformed('no steps');
      return {
        op: 'state',
        key: asKey(key(name)),
        operator: operator as string,
        startedAt: count(startedAt, Number.MAX_SAFE_INTEGER),
        base: {
          version: asVersion(count(version)),
          digest: digest === null ? null : asDigest(hex(digest, 32)),
        },
        steps: transactions,
        rebases: count(rebases),
        nodes: list(nodes, MAX_SESSION_DEVICES + 1, 'devices').map((one) =>
          bytes(one, MAX_DEVICE_CERTIFICATE_BYTES),
        ),
      };
    }
    case 'step 2':
      return { op: 'step', step: bytes(fields[1], MAX_TRANSACTION_BYTES) };
    case 'seal 2':
      return { op: 'seal', body: bytes(fields[1], MAX_SESSION_VALUE_BYTES) };
    case 'end 1':
      return { op: 'end' };
    default:
      throw new Malformed('an operation of another form');
  }
}

function read<T>(input: Uint8Array, from: (value: CborValue) => T): Result<T, MirrorError> {
  const malformed = (what: string) =>
    fail({
      type: 'mirror-malformed' as const,
      message: `This is no message between a session's devices: ${what}.`,
    });
  const decoded = decode(input, MAX_MIRROR_BYTES);
  if (!decoded.ok) return malformed(decoded.error.message);
  try {
    return ok(from(decoded.value));
  } catch (error) {
    if (error instanceof Malformed) return malformed(error.message);
    throw error;
  }
}
