/**
 * Whom to dial now: the one place that decides it. At most MAX_DIALS dials of our own are under way; each leaves its place when it
 * is linked or has ended, and when it came no step further for DIAL_SLOT_MS. Who waits for a place is served in this order: our own choice before
 * those who only ask for us, fewer failures first, then who was dialled longest ago. Nothing here limits answering.
 */
import { toHex, type InstanceId, type Milliseconds } from '../../codec/brand.ts';
import {
  ANSWER_TIMEOUT_MS,
  ATTEMPT_TIMEOUT_MS,
  DIAL_SLOT_MS,
  MAX_DIALS,
  MAX_DIALS_UNDER_WAY,
} from '../limits.ts';
import type { IceServer } from '../types.ts';
import type { Choice } from './choice.ts';
import { createConnection, type Connection, type ConnectionHandlers } from './connection.ts';
import { dials } from './devices.ts';
import type { Slot } from './slot.ts';
import { everybody, isPresent, isRunning, type MeshState } from './state.ts';

export interface Dialling {
  /** Something has changed: chooses anew, and dials who is to be dialled and finds a place. */
  considerAll(): void;
  /** The other side dials: takes its call, which is this member's only attempt from now on. `inbox`: its offer said that it hears it. */
  answer(slot: Slot, peer: string, instance: InstanceId, inbox: boolean): Connection;
  /** No timer is left. */
  stop(): void;
}

export interface DiallingContext {
  readonly iceServers: () => readonly IceServer[];
  readonly handlers: ConnectionHandlers;
  readonly onAttempt: () => void;
}

export function createDialling(state: MeshState, choice: Choice, context: DiallingContext): Dialling {
  const { options, me } = state;
  const { clock, random } = options;
  let placeTimer: unknown = null;

  function considerAll(): void {
    choice.choose();
    if (!isRunning(state)) return;
    const waiting = everybody(state).filter(isDue).sort(inTurn);
    for (const slot of waiting) {
      const at = placeAt();
      if (at > clock.now()) return awaitPlace(at);
      dial(slot);
    }
  }

  /** To be dialled now. Where only time is missing a timer is set. */
  function isDue(slot: Slot): boolean {
    const { presence } = slot;
    if (!dials(me, slot) || state.refused.has(slot.member)) return false;
    if (slot.attempt !== null || presence === null || !isPresent(state, slot) || !choice.wants(slot))
      return false;
    if (slot.link?.link.instance === presence.instance) return false;
    const wait = slot.retryAt - clock.now();
    if (wait <= 0) return true;
    slot.retryTimer ??= clock.setTimeout(() => {
      slot.retryTimer = null;
      considerAll();
    }, wait);
    return false;
  }

  function inTurn(a: Slot, b: Slot): number {
    return (
      Number(choice.chosen(b)) - Number(choice.chosen(a)) ||
      a.failures - b.failures ||
      // Both may be -Infinity, whose difference is no number.
      (a.dialledAt === b.dialledAt ? 0 : a.dialledAt - b.dialledAt)
    );
  }

  /** The time at which a place is free, if nothing happens before; -Infinity: now; Infinity: only when a dial has ended. */
  function placeAt(): Milliseconds {
    const dialled = everybody(state).flatMap(({ attempt }) => (attempt?.spec.initiator ? [attempt] : []));
    if (dialled.length >= MAX_DIALS_UNDER_WAY) return Infinity;
    const taken = dialled.map(({ progressAt }) => progressAt + DIAL_SLOT_MS).filter((at) => at > clock.now());
    return taken.length < MAX_DIALS ? -Infinity : Math.min(...taken);
  }

  function awaitPlace(at: Milliseconds): void {
    if (placeTimer !== null) clock.clearTimeout(placeTimer);
    placeTimer = null;
    if (at === Infinity) return;
    placeTimer = clock.setTimeout(() => {
      placeTimer = null;
      considerAll();
    }, at - clock.now());
  }

  function dial(slot: Slot): void {
    if (slot.presence === null) return;
    slot.dialledAt = clock.now();
    const answerMs = Math.min(ATTEMPT_TIMEOUT_MS, ANSWER_TIMEOUT_MS * 2 ** Math.min(slot.failures, 8));
    open(slot, toHex(random(16)), slot.presence.instance, null, answerMs);
  }

  function open(
    slot: Slot,
    peer: string,
    instance: InstanceId,
    offer: { readonly inbox: boolean } | null,
    answerMs: number,
  ): Connection {
    const { member, device } = slot;
    const { workerChannel } = state;
    const connection = createConnection(
      options,
      {
        peer,
        member,
        device,
        instance,
        initiator: offer === null,
        inbox: offer?.inbox ?? false,
        iceServers: context.iceServers(),
        workerChannel,
        answerMs,
      },
      context.handlers,
    );
    slot.attempt = connection;
    state.connections.set(peer, connection);
    context.onAttempt();
    return connection;
  }

  return {
    considerAll,
    answer: (slot, peer, instance, inbox) => open(slot, peer, instance, { inbox }, ANSWER_TIMEOUT_MS),
    stop() {
      if (placeTimer !== null) clock.clearTimeout(placeTimer);
      placeTimer = null;
    },
  };
}
