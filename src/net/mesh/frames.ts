/**
 * Frames on a data channel. The channel is reliable, ordered and keeps message boundaries, so a frame needs no length.
 *
 * | Byte 0 | Name | Rest | Allowed |
 * |---|---|---|---|
 * | 0x01 | hello | handshake.ts, at most 1 KiB | before the link counts |
 * | 0x02 | proof | 64 bytes, an Ed25519 signature | before the link counts |
 * | 0x03 | ready | nothing | before the link counts |
 * | 0x04 | bye | canonical CBOR {reason, twin?}, at most 1 KiB | always; the last frame |
 * | 0x05 | ping | 4 bytes, a token | after |
 * | 0x06 | pong | the token of the ping | after |
 * | 0x07 | relay | 1 byte: hops left; a sealed signaling message (messages.ts) | after |
 * | 0x08 | hints | canonical CBOR: the sender's signaling addresses, at most 8 | after |
 * | 0x10 | vote | a part of a message, below | after |
 * | 0x11 | bulk | a part of a message, below | after |
 *
 * A part: byte 1 is 1 for the first part, 2 for the last, 3 for both, 0 for one between; the first part then has the length of the whole
 * message as 4 bytes, big-endian; the rest is content. Every part but the last makes a frame of exactly 64 KiB, so a message has
 * one form only and small parts cannot be used to make a receiver work. Parts of one lane follow one another; the two lanes may
 * interleave. Anything else is `malformed-message`; a frame over 64 KiB or a message over 2 MiB is `oversized-message`.
 */
import type { InstanceId } from '../../codec/brand.ts';
import { fromHex, toHex } from '../../codec/brand.ts';
import { decode, encode } from '../../codec/cbor.ts';
import { MAX_BUNDLE_BYTES } from '../../codec/limits.ts';
import {
  MAX_FRAME_BYTES,
  MAX_HANDSHAKE_FRAME_BYTES,
  MAX_HINTS_FRAME_BYTES,
  MAX_HINTS_PER_MEMBER,
  MAX_MESSAGE_BYTES,
  MAX_SEALED_BYTES,
  MAX_SIGNALING_URL_LENGTH,
  RELAY_HOPS,
} from '../limits.ts';
import type { CloseReason } from '../types.ts';

export type Lane = 'vote' | 'bulk';

export type Frame =
  | { readonly kind: 'hello' | 'proof' | 'ready'; readonly payload: Uint8Array }
  | { readonly kind: 'bye'; readonly reason: CloseReason; readonly twin?: InstanceId }
  | { readonly kind: 'ping' | 'pong'; readonly token: number }
  | { readonly kind: 'relay'; readonly hops: number; readonly sealed: Uint8Array }
  | { readonly kind: 'hints'; readonly urls: readonly string[] }
  | {
      readonly kind: 'part';
      readonly lane: Lane;
      readonly first: boolean;
      readonly last: boolean;
      readonly total: number;
      readonly content: Uint8Array;
    };

export type FrameFault = Extract<CloseReason, 'malformed-message' | 'oversized-message'>;

/** Bytes from the wire to a frame, or the reason for which its sender loses the link. */
export function parseFrame(bytes: Uint8Array): Frame | FrameFault {
  if (bytes.length > MAX_FRAME_BYTES) return 'oversized-message';
  const payload = bytes.subarray(1);
  switch (bytes[0]) {
    case HELLO:
      return payload.length > MAX_HANDSHAKE_FRAME_BYTES ? 'oversized-message' : { kind: 'hello', payload };
    case PROOF:
      return payload.length === 64 ? { kind: 'proof', payload } : 'malformed-message';
    case READY:
      return payload.length === 0 ? { kind: 'ready', payload } : 'malformed-message';
    case BYE:
      return parseBye(payload);
    case PING:
    case PONG:
      if (payload.length !== 4) return 'malformed-message';
      return { kind: bytes[0] === PING ? 'ping' : 'pong', token: viewOf(payload).getUint32(0) };
    case RELAY: {
      const hops = payload[0];
      if (hops === undefined || hops > RELAY_HOPS || payload.length < 2) return 'malformed-message';
      if (payload.length > MAX_SEALED_BYTES + 1) return 'oversized-message';
      return { kind: 'relay', hops, sealed: payload.subarray(1) };
    }
    case HINTS:
      return payload.length > MAX_HINTS_FRAME_BYTES ? 'oversized-message' : parseHints(payload);
    case VOTE:
    case BULK:
      return parsePart(bytes);
    default:
      return 'malformed-message';
  }
}

export const helloFrame = (payload: Uint8Array): Uint8Array<ArrayBuffer> => withKind(HELLO, payload);
export const proofFrame = (signature: Uint8Array): Uint8Array<ArrayBuffer> => withKind(PROOF, signature);
export const readyFrame = (): Uint8Array<ArrayBuffer> => withKind(READY, new Uint8Array());
export const pingFrame = (token: number): Uint8Array<ArrayBuffer> => withKind(PING, tokenBytes(token));
export const pongFrame = (token: number): Uint8Array<ArrayBuffer> => withKind(PONG, tokenBytes(token));

export function byeFrame(reason: CloseReason, twin?: InstanceId): Uint8Array<ArrayBuffer> {
  return withKind(BYE, encode(twin === undefined ? { reason } : { reason, twin: fromHex(twin) }));
}

export function relayFrame(hops: number, sealed: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(2 + sealed.length);
  frame[0] = RELAY;
  frame[1] = hops;
  frame.set(sealed, 2);
  return frame;
}

/** What could not be a signaling address, and what exceeds MAX_HINTS_PER_MEMBER, is left out. */
export function hintsFrame(urls: readonly string[]): Uint8Array<ArrayBuffer> {
  return withKind(HINTS, encode(urls.filter(isSignalingUrl).slice(0, MAX_HINTS_PER_MEMBER)));
}

/** The part of `message` that starts at `offset`, as a frame, and where the next one starts (its length: that was the last). */
export function partFrame(
  lane: Lane,
  message: Uint8Array,
  offset: number,
): { frame: Uint8Array<ArrayBuffer>; next: number } {
  const header = offset === 0 ? FIRST_HEADER : REST_HEADER;
  const next = Math.min(message.length, offset + MAX_FRAME_BYTES - header);
  const frame = new Uint8Array(header + next - offset);
  frame[0] = lane === 'vote' ? VOTE : BULK;
  frame[1] = (offset === 0 ? FIRST : 0) | (next === message.length ? LAST : 0);
  if (offset === 0) viewOf(frame).setUint32(2, message.length);
  frame.set(message.subarray(offset, next), header);
  return { frame, next };
}

export interface Reassembly {
  /** The whole message with its last part, null before it, or the fault that ends the link. */
  take(part: Extract<Frame, { kind: 'part' }>): Uint8Array | null | FrameFault;
}

/** One partial message per lane; memory grows with what arrived, never with what was announced. */
export function createReassembly(maxMessageBytes = MAX_MESSAGE_BYTES): Reassembly {
  const partial: Record<Lane, { total: number; received: number; parts: Uint8Array[] } | null> = {
    vote: null,
    bulk: null,
  };
  return {
    take(part) {
      const current = partial[part.lane];
      if (part.first !== (current === null)) return 'malformed-message';
      const open = current ?? { total: part.total, received: 0, parts: [] };
      if (open.total > maxMessageBytes) return 'oversized-message';
      open.received += part.content.length;
      open.parts.push(part.content);
      if (open.received > open.total || part.last !== (open.received === open.total))
        return 'malformed-message';
      partial[part.lane] = part.last ? null : open;
      return part.last ? join(open.parts, open.total) : null;
    },
  };
}

const HELLO = 0x01;
const PROOF = 0x02;
const READY = 0x03;
const BYE = 0x04;
const PING = 0x05;
const PONG = 0x06;
const RELAY = 0x07;
const HINTS = 0x08;
const VOTE = 0x10;
const BULK = 0x11;
const FIRST = 1;
const LAST = 2;
const REST_HEADER = 2;
const FIRST_HEADER = 6;

const CLOSE_REASONS: ReadonlySet<string> = new Set<CloseReason>([
  'malformed-message',
  'oversized-message',
  'bad-signature',
  'equivocation',
  'rate-limit',
  'duplicate-link',
  'handshake-failed',
  'wrong-network',
  'shutdown',
  'timeout',
  'transport-failed',
  'offline',
  'no-room',
  'rotated',
  'device-certificate',
  'device-revoked',
  'device-vote',
]);

function parsePart(bytes: Uint8Array): Frame | FrameFault {
  const flags = bytes[1];
  if (flags === undefined || flags > (FIRST | LAST)) return 'malformed-message';
  const first = (flags & FIRST) !== 0;
  const last = (flags & LAST) !== 0;
  const header = first ? FIRST_HEADER : REST_HEADER;
  if (bytes.length < header || (!last && bytes.length !== MAX_FRAME_BYTES)) return 'malformed-message';
  const total = first ? viewOf(bytes).getUint32(2) : 0;
  // The reassembly of each link has the limit of that link.
  if (total > MAX_BUNDLE_BYTES) return 'oversized-message';
  const lane = bytes[0] === VOTE ? 'vote' : 'bulk';
  return { kind: 'part', lane, first, last, total, content: bytes.subarray(header) };
}

function parseBye(payload: Uint8Array): Frame | FrameFault {
  const decoded = decode(payload, MAX_HANDSHAKE_FRAME_BYTES);
  if (!decoded.ok) return 'malformed-message';
  const { value } = decoded;
  if (value === null || typeof value !== 'object' || !('reason' in value)) return 'malformed-message';
  const { reason, twin } = value as { readonly [field: string]: unknown };
  if (typeof reason !== 'string' || !CLOSE_REASONS.has(reason)) return 'malformed-message';
  if (twin === undefined) return { kind: 'bye', reason: reason as CloseReason };
  if (!(twin instanceof Uint8Array) || twin.length !== 16) return 'malformed-message';
  return { kind: 'bye', reason: reason as CloseReason, twin: toHex(twin) as InstanceId };
}

function parseHints(payload: Uint8Array): Frame | FrameFault {
  const decoded = decode(payload, MAX_HINTS_FRAME_BYTES);
  if (!decoded.ok || !Array.isArray(decoded.value)) return 'malformed-message';
  const urls = decoded.value as readonly unknown[];
  if (urls.length > MAX_HINTS_PER_MEMBER || !urls.every(isSignalingUrl)) return 'malformed-message';
  return { kind: 'hints', urls: urls as readonly string[] };
}

function isSignalingUrl(value: unknown): value is string {
  return (
    typeof value === 'string' && value.length <= MAX_SIGNALING_URL_LENGTH && /^wss?:\/\/[^\s/]/.test(value)
  );
}

function join(parts: readonly Uint8Array[], total: number): Uint8Array {
  const only = parts.length === 1 ? parts[0] : undefined;
  if (only !== undefined) return only;
  const whole = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function withKind(kind: number, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(1 + payload.length);
  frame[0] = kind;
  frame.set(payload, 1);
  return frame;
}

function tokenBytes(token: number): Uint8Array {
  const bytes = new Uint8Array(4);
  viewOf(bytes).setUint32(0, token);
  return bytes;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
