/**
 * A member's door for applicants: who holds an invitation, of this epoch or an earlier one, says one thing and gets one answer (`Door`).
 * Everything about them is apart from the links (connections, their names, remembered messages, limits), because whoever has the invitation
 * can send any number of these: a flood costs other applicants their turn, never a member its link. Former topics (former.ts) have limits
 * of their own besides.
 *
 * | Step | From | Through signaling | Then |
 * |---|---|---|---|
 * | 1 | applicant | apply, to everybody | nothing is opened for it |
 * | 2 | members with room | welcome, to the applicant | |
 * | 3 | applicant | signal: an offer, to one of them | that one opens one connection and answers |
 *
 * On the connection both prove their keys (handshake.ts). Then the applicant sends one message, and the member one.
 */
import { toHex, type VoteKey } from '../../codec/brand.ts';
import { MAX_BUNDLE_BYTES, MAX_KNOCK_BYTES } from '../../codec/limits.ts';
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
import type { Door, MeshOptions } from './options.ts';
import { createTokenBucket, uniform, type TokenBucket } from './pace.ts';
import { createSeen } from './seen.ts';

export interface ApplicantsContext {
  readonly iceServers: () => readonly IceServer[];
  readonly workerChannel: () => boolean;
  readonly onChannelLost: () => void;
  /** Somebody has proved its key, or has gone. */
  readonly onStatus: () => void;
}

/** What applicants say through signaling. */
export type ApplicantMessage = Extract<MeshMessage, { type: 'apply' | 'signal' }>;

/** A side from which applicants come, with its own limits. */
export interface DoorSide {
  /** From a signaling server; `publish` leads back to the topic that it came on. */
  receive(message: ApplicantMessage, publish: (message: MeshMessage) => void): void;
}

export interface Applicants {
  /** One more side, from which so many applicants are connected at once. */
  side(places: number): DoorSide;
  /** Keys that the applicants connected now have proved. */
  proved(): readonly VoteKey[];
  /** Events of connections that are not ours are ignored. */
  onPageEvent(event: Extract<PageEvent, { peer: string }>): void;
  endAll(reason: CloseReason): void;
}

interface Side {
  readonly places: number;
  /** Of the connections that the page holds for applicants. */
  held: number;
  readonly turns: TokenBucket;
}

interface Served {
  readonly page: string;
  readonly attempt: Attempt;
  /** Null until it is proved. */
  key: VoteKey | null;
  /** Its one message has come. */
  heard: boolean;
}

export function createApplicants(options: MeshOptions, context: ApplicantsContext): Applicants {
  const { clock, random, self } = options;
  // Who serves proves a member's key; a device has none.
  const door = self.device === undefined ? options.door : undefined;
  /** By the name that the applicant chose, and its instance. The page knows them by names of ours. */
  const open = new Map<string, Served>();
  /** Connections that the page holds for applicants: one that has ended is there until its good-bye has left. */
  let held = 0;
  const hasRoom = (side: Side): boolean => held < MAX_APPLICANTS && side.held < side.places;

  /** In a large network a few answer at first; who asks again may have reached nobody, and more do. */
  function answers(asked: number): boolean {
    const members = options.members.length;
    return isFullMesh(members) || uniform(random) * members < APPLICANT_WELCOMES * 4 ** asked;
  }

  function serve(
    { knock, answer }: Door,
    side: Side,
    name: string,
    { instance, peer }: Extract<ApplicantMessage, { type: 'signal' }>,
    publish: (message: MeshMessage) => void,
  ): Attempt {
    const page = toHex(random(16));
    const entrance = createEntrance((fingerprints) =>
      runHandshake(
        {
          network: options.network,
          formerNetworks: options.formerNetworks ?? [],
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
      attempt.framing?.establish();
    }
    async function hear(bytes: Uint8Array): Promise<void> {
      const { key } = served;
      if (key === null || served.heard) return attempt.end('malformed-message', true);
      served.heard = true;
      await knock(key, bytes);
      if (attempt.ended) return;
      const told = answer(key);
      if (told.length > MAX_BUNDLE_BYTES) return attempt.end('oversized-message', true);
      attempt.framing?.send(told, 'bulk');
    }
    const attempt = createAttempt(
      options,
      {
        peer: page,
        initiator: false,
        iceServers: context.iceServers(),
        workerChannel: context.workerChannel(),
        maxMessageBytes: MAX_KNOCK_BYTES,
        maxSentBytes: MAX_BUNDLE_BYTES,
      },
      {
        onSignal: (data) =>
          publish({
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
        onMessage: (bytes) => void hear(bytes),
        // Nothing of it is passed on.
        onRelay: () => attempt.end('malformed-message', true),
        onHints: () => attempt.end('malformed-message', true),
        onRtt: () => undefined,
        onEnd() {
          entrance.stop();
          clock.clearTimeout(lifetime);
          open.delete(name);
          if (served.key !== null) context.onStatus();
          clock.setTimeout(() => {
            held -= 1;
            side.held -= 1;
          }, BYE_GRACE_MS);
        },
      },
    );
    const lifetime = clock.setTimeout(() => attempt.end('timeout', true), APPLICANT_LIFETIME_MS);
    held += 1;
    side.held += 1;
    const served: Served = { page, attempt, key: null, heard: false };
    open.set(name, served);
    return attempt;
  }

  return {
    side(places) {
      const side: Side = {
        places,
        held: 0,
        turns: createTokenBucket(clock, APPLICANT_BURST, APPLICANTS_PER_SECOND),
      };
      const welcomes = createTokenBucket(clock, WELCOME_BURST, WELCOMES_PER_SECOND);
      const seen = createSeen();
      return {
        receive(message, publish) {
          if (door === undefined || !seen.add(message.id)) return;
          if (message.type === 'apply') {
            const { instance, asked } = message;
            if (!hasRoom(side) || !answers(asked) || !welcomes.take()) return;
            const id = toHex(random(8));
            return publish({
              type: 'welcome',
              id,
              from: self.member,
              instance: self.instance,
              to: instance,
            });
          }
          if (message.to !== self.instance) return;
          const name = `${message.instance} ${message.peer}`;
          const existing = open.get(name);
          if (existing !== undefined) return existing.attempt.signal(message.data);
          if (message.data.type !== 'offer' || !hasRoom(side) || !side.turns.take()) return;
          serve(door, side, name, message, publish).signal(message.data);
        },
      };
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
