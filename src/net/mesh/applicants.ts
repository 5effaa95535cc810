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
 *
 * On the connection both prove their keys (handshake.ts); then the genesis goes out.
 */
import { toHex, type InstanceId, type VoteKey } from '../../codec/brand.ts';
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
import { createEntrance } from './entrance.ts';
import { ownParty, runHandshake } from './handshake.ts';
import type { Party } from './hello.ts';
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
  /** Somebody has proved its key, or has gone. */
  readonly onStatus: () => void;
}

export interface Applicants {
  /** From a signaling server. */
  receive(message: Extract<MeshMessage, { type: 'apply' | 'signal' }>): void;
  /** Keys that the applicants connected now have proved. */
  proved(): readonly VoteKey[];
  /** Events of connections that are not ours are ignored. */
  onPageEvent(event: Extract<PageEvent, { peer: string }>): void;
  endAll(reason: CloseReason): void;
}

interface Served {
  readonly page: string;
  readonly attempt: Attempt;
  /** Null until it is proved. */
  key: VoteKey | null;
}

export function createApplicants(options: MeshOptions, context: ApplicantsContext): Applicants {
  const { genesis, clock, random, self } = options;
  /** By the name that the applicant chose, and its instance. The page knows them by names of ours. */
  const open = new Map<string, Served>();
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
    const entrance = createEntrance((fingerprints) =>
      runHandshake(
        {
          network: options.network,
          own: ownParty(options),
          signer: options.signer,
          ed25519: options.ed25519,
          random,
          initiator: false,
          ...fingerprints,
          // Not the one whose offer this is: somebody passes off another's connection as its own.
          judge: (party) =>
            party.role === 'applicant' && party.instance === instance ? null : 'handshake-failed',
        },
        {
          send: (frame) => attempt.framing?.sendRaw(frame),
          onIdentity: () => entrance.accept(),
          onDone: welcome,
          onFault: (reason) => attempt.end(reason, true),
        },
      ),
    );
    function welcome({ voteKey }: Party): void {
      served.key = voteKey;
      context.onStatus();
      options.onApplicant?.(voteKey);
      attempt.framing?.establish();
      attempt.framing?.send(bytes, 'bulk');
    }
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
        onConnected: (local, remote) => entrance.connected(local, remote),
        onChannelLost: context.onChannelLost,
        onOpen: () => entrance.opened(),
        onHandshakeFrame(frame) {
          if (!entrance.receive(frame)) attempt.end('handshake-failed', true);
        },
        // The framing takes no message from it (maxMessageBytes), and nothing of it is passed on.
        onMessage: () => attempt.end('malformed-message', true),
        onRelay: () => attempt.end('malformed-message', true),
        onHints: () => attempt.end('malformed-message', true),
        onRtt: () => undefined,
        onEnd() {
          entrance.stop();
          clock.clearTimeout(lifetime);
          open.delete(name);
          if (served.key !== null) context.onStatus();
          clock.setTimeout(() => (held -= 1), BYE_GRACE_MS);
        },
      },
    );
    const lifetime = clock.setTimeout(() => attempt.end('timeout', true), APPLICANT_LIFETIME_MS);
    held += 1;
    const served: Served = { page, attempt, key: null };
    open.set(name, served);
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
    proved: () => [...open.values()].flatMap(({ key }) => key ?? []),
    onPageEvent(event) {
      for (const { page, attempt } of open.values()) if (page === event.peer) attempt.onPageEvent(event);
    },
    endAll(reason) {
      for (const { attempt } of [...open.values()]) attempt.end(reason, true);
    },
  };
}
