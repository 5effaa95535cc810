/**
 * A member's door for applicants: who holds the invitation but not the genesis gets the genesis, and nothing else. Everything about them
 * is apart from the links (connections, their names, remembered messages, limits), because whoever has the invitation can send
 * any number of these: a flood costs other applicants their turn, never a member its link.
 *
 * | Step | From | Through signaling | Then |
 * |---|---|---|---|
 * | 1 | applicant | apply, to everybody | nothing is opened for it |
 * | 2 | members with room | welcome, to the applicant | |
 * | 3 | applicant | signal: an offer, to one of them | that one opens one connection and answers |
 */
import { toHex, type InstanceId } from '../../codec/brand.ts';
import {
  APPLICANTS_PER_SECOND,
  APPLICANT_BURST,
  APPLICANT_LIFETIME_MS,
  APPLICANT_WELCOMES,
  BYE_GRACE_MS,
  MAX_APPLICANTS,
  WELCOMES_PER_SECOND,
  WELCOME_BURST,
} from '../limits.ts';
import type { CloseReason, IceServer, PageEvent } from '../types.ts';
import { createAttempt, type Attempt } from './attempt.ts';
import { applicantHelloFault } from './handshake.ts';
import type { MeshMessage } from './messages.ts';
import { isFullMesh } from './neighbours.ts';
import type { MeshOptions } from './options.ts';
import { createTokenBucket, uniform } from './pace.ts';
import { createSeen } from './seen.ts';

export interface ApplicantsContext {
  readonly iceServers: () => readonly IceServer[];
  readonly workerChannel: () => boolean;
  readonly onChannelLost: () => void;
  readonly publish: (message: MeshMessage) => void;
}

export interface Applicants {
  /** From a signaling server. */
  receive(message: Extract<MeshMessage, { type: 'apply' | 'signal' }>): void;
  /** Events of connections that are not ours are ignored. */
  onPageEvent(event: Extract<PageEvent, { peer: string }>): void;
  endAll(reason: CloseReason): void;
}

export function createApplicants(options: MeshOptions, context: ApplicantsContext): Applicants {
  const { genesis, clock, random, self } = options;
  /** By the name that the applicant chose, and its instance. The page knows them by names of ours. */
  const open = new Map<string, { readonly page: string; readonly attempt: Attempt }>();
  /** Connections that the page holds for applicants: one that has ended is there until its good-bye has left. */
  let held = 0;
  const seen = createSeen();
  const turns = createTokenBucket(clock, APPLICANT_BURST, APPLICANTS_PER_SECOND);
  const welcomes = createTokenBucket(clock, WELCOME_BURST, WELCOMES_PER_SECOND);

  /** In a large network a few answer at first; who asks again may have reached nobody, and more do. */
  function answers(asked: number): boolean {
    const members = options.members.length;
    return isFullMesh(members) || uniform(random) * members < APPLICANT_WELCOMES * 4 ** asked;
  }

  function onApply(instance: InstanceId, asked: number): void {
    if (held >= MAX_APPLICANTS || !answers(asked) || !welcomes.take()) return;
    context.publish({
      type: 'welcome',
      id: toHex(random(8)),
      from: self.member,
      instance: self.instance,
      to: instance,
    });
  }

  function serve(name: string, instance: InstanceId, peer: string, bytes: Uint8Array): Attempt {
    const page = toHex(random(16));
    let greeted = false;
    const attempt = createAttempt(
      options,
      {
        peer: page,
        initiator: false,
        iceServers: context.iceServers(),
        workerChannel: context.workerChannel(),
        maxMessageBytes: 0,
      },
      {
        onSignal: (data) =>
          context.publish({
            type: 'signal',
            id: toHex(random(8)),
            from: self.member,
            instance: self.instance,
            to: instance,
            peer,
            data,
          }),
        onConnected: () => undefined,
        onChannelLost: context.onChannelLost,
        onOpen: () => undefined,
        onHandshakeFrame(frame) {
          const fault =
            frame.kind !== 'hello' || greeted
              ? 'malformed-message'
              : applicantHelloFault(frame.payload, options.network);
          if (fault !== null) return attempt.end(fault, true);
          greeted = true;
          attempt.framing?.establish();
          attempt.framing?.send(bytes, 'bulk');
        },
        // The framing takes no message from it (maxMessageBytes), and nothing of it is passed on.
        onMessage: () => attempt.end('malformed-message', true),
        onRelay: () => attempt.end('malformed-message', true),
        onHints: () => attempt.end('malformed-message', true),
        onRtt: () => undefined,
        onEnd() {
          clock.clearTimeout(lifetime);
          open.delete(name);
          clock.setTimeout(() => (held -= 1), BYE_GRACE_MS);
        },
      },
    );
    const lifetime = clock.setTimeout(() => attempt.end('timeout', true), APPLICANT_LIFETIME_MS);
    held += 1;
    open.set(name, { page, attempt });
    return attempt;
  }

  return {
    receive(message) {
      if (genesis === undefined || !seen.add(message.id)) return;
      if (message.type === 'apply') return onApply(message.instance, message.asked);
      if (message.to !== self.instance) return;
      const { instance, peer, data } = message;
      const name = `${instance} ${peer}`;
      const existing = open.get(name);
      if (existing !== undefined) return existing.attempt.signal(data);
      if (data.type !== 'offer' || held >= MAX_APPLICANTS || !turns.take()) return;
      serve(name, instance, peer, genesis).signal(data);
    },
    onPageEvent(event) {
      for (const { page, attempt } of open.values()) if (page === event.peer) attempt.onPageEvent(event);
    },
    endAll(reason) {
      for (const { attempt } of [...open.values()]) attempt.end(reason, true);
    },
  };
}
