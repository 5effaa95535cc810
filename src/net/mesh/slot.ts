/** What the mesh remembers of one member, and how it is told to a person. */
import type { InstanceId, MemberIndex, Milliseconds } from '../../codec/brand.ts';
import {
  REFUSED_FIRST_MS,
  REFUSED_MAX_MS,
  ROTATED_REST_MS,
  RETRY_FIRST_MS,
  RETRY_MAX_MS,
  SIGNALING_STABLE_MS,
  UNREACHABLE_AFTER,
} from '../limits.ts';
import type { DeviceKey } from '../../codec/device.ts';
import type { CloseReason, Diagnosis, Link, PeerStatus } from '../types.ts';
import type { Connection } from './connection.ts';
import type { Ending } from './options.ts';
import { backoff, type DelayLine, type Random } from './pace.ts';

export interface Established {
  readonly link: Link;
  readonly connection: Connection;
  readonly outgoing: DelayLine;
  readonly incoming: DelayLine;
}

export interface Slot {
  readonly member: MemberIndex;
  /** Of a device: which of the member's. */
  readonly device: DeviceKey | null;
  /** From announcements: unproven, a hint whom to dial. */
  presence: {
    readonly instance: InstanceId;
    readonly heardAt: Milliseconds;
    readonly wantsUs: boolean;
    readonly relayed: boolean;
    /** It hears what is published for this start alone. */
    readonly inbox: boolean;
  } | null;
  link: Established | null;
  /** At most one at a time. */
  attempt: Connection | null;
  probing: boolean;
  failures: number;
  /** Dials of its present start in a row that nobody answered; MAX_INBOX_UNANSWERED and more stay. */
  unanswered: number;
  refusals: number;
  retryAt: Milliseconds;
  retryTimer: unknown;
  /** When it was last dialled: of those who wait for a place, who has not been is first. */
  dialledAt: Milliseconds;
  /** When an announcement last ended its wait. */
  hastenedAt: Milliseconds;
  /** When a dial to an earlier start was last given up for a later one. */
  droppedAt: Milliseconds;
  lastEnding: Ending | null;
  /** Of the last attempt that failed. */
  diagnosis: Diagnosis | null;
  /** Signaling addresses that it told. */
  hints: readonly string[];
  /** Rotated: until then others get their turn. */
  restUntil: Milliseconds;
  /** Of links that are over. */
  bytesSent: number;
  bytesReceived: number;
}

export function createSlot(member: MemberIndex, device: DeviceKey | null = null): Slot {
  return {
    member,
    device,
    presence: null,
    link: null,
    attempt: null,
    probing: false,
    failures: 0,
    unanswered: 0,
    refusals: 0,
    retryAt: 0,
    retryTimer: null,
    dialledAt: -Infinity,
    hastenedAt: -Infinity,
    droppedAt: -Infinity,
    lastEnding: null,
    diagnosis: null,
    hints: [],
    restUntil: -Infinity,
    bytesSent: 0,
    bytesReceived: 0,
  };
}

/** Takes the end of a link or attempt into account: when to try again, and whether to wait for word first. */
export function recordEnding(
  slot: Slot,
  ending: Ending,
  livedMs: Milliseconds | null,
  now: Milliseconds,
  random: Random,
): void {
  slot.lastEnding = ending;
  if (livedMs !== null && livedMs >= SIGNALING_STABLE_MS) slot.failures = slot.refusals = 0;
  if (ending.told && (ending.reason === 'shutdown' || ending.reason === 'offline')) {
    // It said good-bye: nobody is there until it announces itself again.
    slot.presence = null;
    slot.retryAt = now;
    return;
  }
  if (ending.reason === 'rotated' || ending.reason === 'no-room') {
    // No fault of either end: somebody else's turn.
    slot.restUntil = slot.retryAt = now + (ending.reason === 'rotated' ? ROTATED_REST_MS : REFUSED_FIRST_MS);
    return;
  }
  if (REFUSALS.has(ending.reason)) {
    slot.refusals += 1;
    slot.retryAt = now + backoff(slot.refusals, REFUSED_FIRST_MS, REFUSED_MAX_MS, random);
  } else {
    slot.failures += 1;
    slot.retryAt = now + backoff(slot.failures, RETRY_FIRST_MS, RETRY_MAX_MS, random);
  }
}

export function statusOf(
  slot: Slot,
  context: {
    readonly refused: boolean;
    readonly offline: boolean;
    /** A signaling server is open, or a member is linked that can introduce. */
    readonly introduced: boolean;
    /** As the browser sees it. */
    readonly online: boolean;
  },
): PeerStatus {
  const framing = slot.link?.connection.framing;
  const revokesUs = slot.lastEnding?.reason === 'device-revoked' && slot.lastEnding.told;
  const base = {
    member: slot.member,
    ...(revokesUs && { revokesUs }),
    bytesSent: slot.bytesSent + (framing?.bytesSent ?? 0),
    bytesReceived: slot.bytesReceived + (framing?.bytesReceived ?? 0),
  };
  if (framing) {
    const route = slot.link?.connection.facts.route ?? null;
    return {
      ...base,
      state: 'linked',
      path: framing.path,
      ...(route === null ? {} : { route }),
      ...(framing.rtt === undefined ? {} : { rttMs: framing.rtt }),
    };
  }
  if (context.refused) return { ...base, state: 'refused', detail: REASONS.equivocation };
  if (context.offline) return { ...base, state: 'waiting', detail: 'This replica is offline.' };
  // A refusal is certain at once; the attempt itself goes on for a while.
  const cause = slot.attempt?.facts.turnRefused ? 'turn-refused' : slot.diagnosis;
  const diagnosis = cause === null ? {} : { diagnosis: cause };
  if (slot.attempt !== null) return { ...base, ...diagnosis, state: 'connecting', detail: 'Connecting.' };
  const ending = slot.lastEnding;
  if (ending !== null && REFUSALS.has(ending.reason))
    return { ...base, state: 'refused', detail: sentence(ending) };
  if (slot.failures >= UNREACHABLE_AFTER) {
    return {
      ...base,
      ...diagnosis,
      state: 'unreachable',
      detail: `No connection after ${slot.failures} attempts.`,
    };
  }
  if (slot.presence === null) {
    // With no way to be introduced, "not heard of" is no word about the member.
    const why = context.introduced
      ? diagnosis
      : { diagnosis: context.online ? ('no-introduction' as const) : ('offline' as const) };
    return { ...base, ...why, state: 'waiting', detail: ending ? sentence(ending) : 'Not heard of yet.' };
  }
  return { ...base, ...diagnosis, state: 'waiting', detail: ending ? sentence(ending) : 'About to connect.' };
}

const REFUSALS: ReadonlySet<CloseReason> = new Set<CloseReason>([
  'malformed-message',
  'oversized-message',
  'bad-signature',
  'equivocation',
  'rate-limit',
  'duplicate-link',
  'handshake-failed',
  'wrong-network',
  'device-certificate',
  'device-revoked',
  'device-vote',
]);

const REASONS: Record<CloseReason, string> = {
  'malformed-message':
    'a message could not be read. If it comes again, one of the two runs another version of this app',
  'oversized-message':
    'a message was larger than allowed. If it comes again, one of the two runs another version of this app',
  'bad-signature':
    'a signature did not fit the key or the connection. Somebody may be sitting between the two',
  equivocation:
    'signed what an honest member does not sign. Its links stay closed in this epoch; the evidence is kept',
  'rate-limit': 'too many messages at once. The link is tried again in a while',
  'duplicate-link': 'another tab or device runs with the same key. Close one of them',
  'handshake-failed':
    'the keys do not fit the member list. Check that both opened the same genesis with their own key',
  'wrong-network': 'the other end belongs to another network. Check the invitation',
  shutdown: 'it was closed. It will announce itself when it is back',
  timeout: 'it did not answer in time. It is tried again by itself',
  'transport-failed': 'the connection broke. It is tried again by itself',
  offline: 'it went offline. It will announce itself when it is back',
  'no-room': 'it holds as many links as it may. Others are tried, and it again later',
  'device-certificate':
    'the certificate of this device does not stand. Have its member certify it again, and check the clocks of both',
  'device-revoked': 'the directory has revoked this device. Its member can certify it again under a new key',
  'device-vote':
    'a device sent what only members send. It runs another version of this app, or is not to be trusted',
  rotated: 'it was replaced by a link to another member, as happens to every link now and then',
};

function sentence(ending: Ending): string {
  const who = ending.told ? 'The other side closed the link' : 'The link ended';
  return `${who}: ${REASONS[ending.reason]}.`;
}
