/**
 * The applicant's side of a member's door: says one thing to any member that answers, and takes its answer, with nothing in hand but an
 * invitation. It asks on the topic that the join secret names, offers one connection at a time to a member that bids it welcome
 * (applicants.ts), proves its key, lets the member prove its own (handshake.ts), sends one message, and takes one. Members that are gone, full
 * or wrong cost a turn each. Nobody is believed: `check` decides about the bytes, and may compare the member's key with them.
 */
import {
  toHex,
  type InstanceId,
  type MemberIndex,
  type Milliseconds,
  type NetworkId,
  type VoteKey,
} from '../../codec/brand.ts';
import { MAX_BUNDLE_BYTES, MAX_MEMBERS } from '../../codec/limits.ts';
import {
  APPLICANT_ANSWER_MS,
  APPLICANT_GATHER_MS,
  APPLICANT_TIMEOUT_MS,
  APPLICANT_TURN_MS,
  APPLY_FIRST_MS,
  APPLY_MAX_MS,
  MAX_APPLICANT_TURNS,
  MAX_ASKED,
  MAX_TURNS_PER_MEMBER,
  MAX_WILLING_MEMBERS,
} from '../limits.ts';
import type { IceServer } from '../types.ts';
import { createAttempt, type Attempt } from './attempt.ts';
import { createEnvelope } from './envelope.ts';
import { createEntrance } from './entrance.ts';
import { runHandshake } from './handshake.ts';
import type { Party } from './hello.ts';
import { encodeMessage, parseMessage, type MeshMessage } from './messages.ts';
import type { MeshOptions } from './options.ts';
import { uniform } from './pace.ts';
import { listenToPage } from './page-port.ts';
import { createSeen } from './seen.ts';
import { createSignaling } from './signaling.ts';

export interface KnockOptions extends Pick<
  MeshOptions,
  | 'signalingSecret'
  | 'signalingUrls'
  | 'pagePort'
  | 'clock'
  | 'random'
  | 'createSocket'
  | 'signer'
  | 'ed25519'
> {
  /** The invitation's. */
  readonly network: NetworkId;
  /** The key that `signer` signs with: the one that this applicant will vote with, or one of this session. */
  readonly voteKey: VoteKey;
  readonly iceServers: readonly IceServer[];
  /** What is said to each member that is tried: at most MAX_KNOCK_BYTES. */
  readonly knock: Uint8Array;
  /** Whether these bytes are an answer of the invitation's network. What fails is the next member's turn. Never rejects. */
  readonly check: (bytes: Uint8Array, from: AnswerSource) => boolean | Promise<boolean>;
  /** For all of it; APPLICANT_TIMEOUT_MS unless told. */
  readonly timeoutMs?: Milliseconds;
}

/** Who gave the bytes, as it says; that it has the key is proved. */
export interface AnswerSource {
  readonly member: MemberIndex;
  readonly voteKey: VoteKey;
}

/** Bytes that `check` has accepted; null when no member gave them in time. The page port is left as it was found. */
export function knockAtDoor(options: KnockOptions): Promise<Uint8Array | null> {
  return new Promise((resolve) => run(options, resolve));
}

interface Turn {
  readonly member: InstanceId;
  /** The connection's name, in signaling and at the page. */
  readonly peer: string;
  readonly attempt: Attempt;
}

function run(options: KnockOptions, resolve: (bytes: Uint8Array | null) => void): void {
  const { clock, random, network, iceServers } = options;
  const instance = toHex(random(16)) as InstanceId;
  const envelope = createEnvelope(options.signalingSecret);
  const seen = createSeen();
  /** Turns taken with each member that is or was willing. */
  const taken = new Map<InstanceId, number>();
  const willing = new Set<InstanceId>();
  let turn: Turn | null = null;
  let turns = 0;
  let workerChannel = true;
  let asked = 0;
  let applyTimer: unknown = null;
  let gathering: unknown = null;
  let done = false;

  function finish(bytes: Uint8Array | null): void {
    if (done) return;
    done = true;
    clock.clearTimeout(timeout);
    if (applyTimer !== null) clock.clearTimeout(applyTimer);
    if (gathering !== null) clock.clearTimeout(gathering);
    turn?.attempt.end('shutdown', true);
    signaling.setDown(true);
    leavePage();
    resolve(bytes);
  }

  function publish(message: MeshMessage): void {
    envelope.seal(encodeMessage(message), (sealed) => {
      if (!done) signaling.publish(sealed);
    });
  }

  /** Asks everybody, and again, until somebody is willing and while nobody is being tried. */
  function apply(): void {
    if (applyTimer !== null) clock.clearTimeout(applyTimer);
    applyTimer = null;
    if (done || turn !== null || signaling.open === 0) return;
    publish({ type: 'apply', id: toHex(random(8)), instance, asked: Math.min(asked, MAX_ASKED) });
    const wait = Math.min(APPLY_MAX_MS, APPLY_FIRST_MS * 1.6 ** asked);
    asked += 1;
    applyTimer = clock.setTimeout(apply, wait * (0.75 + uniform(random) / 2));
  }

  function receive(plain: Uint8Array): void {
    const message = parseMessage(plain, MAX_MEMBERS);
    if (message === null || done || message.type === 'apply' || message.type === 'announce') return;
    if (message.to !== instance || !seen.add(message.id)) return;
    if (message.type === 'welcome') {
      if (taken.size >= MAX_WILLING_MEMBERS && !taken.has(message.instance)) return;
      const before = taken.get(message.instance) ?? 0;
      taken.set(message.instance, before);
      if (before < MAX_TURNS_PER_MEMBER && turn?.member !== message.instance) willing.add(message.instance);
      // The first one waits for others: whoever is quickest would be asked each time, and could keep a request to itself.
      if (turn === null && willing.size > 0)
        gathering ??= clock.setTimeout(() => {
          gathering = null;
          if (turn === null) next();
        }, APPLICANT_GATHER_MS);
    } else if (turn !== null && message.instance === turn.member && message.peer === turn.peer) {
      turn.attempt.signal(message.data);
    }
  }

  /** One of those who are willing, at random. */
  function next(): void {
    if (done) return;
    if (turns >= MAX_APPLICANT_TURNS) return finish(null);
    const members = [...willing];
    const member = members[Math.floor(uniform(random) * members.length)];
    if (member === undefined) return apply();
    willing.delete(member);
    turns += 1;
    taken.set(member, (taken.get(member) ?? 0) + 1);
    turn = begin(member);
  }

  function begin(member: InstanceId): Turn {
    const peer = toHex(random(16));
    let source: AnswerSource | null = null;
    let answered = false;
    const entrance = createEntrance((fingerprints) =>
      runHandshake(
        {
          network,
          own: { role: 'applicant', voteKey: options.voteKey, instance },
          signer: options.signer,
          ed25519: options.ed25519,
          random,
          initiator: true,
          ...fingerprints,
          judge: (party) =>
            party.role === 'member' && party.instance === member ? null : 'handshake-failed',
        },
        {
          send: (frame) => attempt.framing?.sendRaw(frame),
          onIdentity: () => entrance.accept(),
          onDone: believe,
          onFault: (reason) => attempt.end(reason, true),
        },
      ),
    );
    function believe(party: Party): void {
      if (party.role !== 'member') return;
      source = { member: party.member, voteKey: party.voteKey };
      attempt.framing?.establish();
      attempt.framing?.send(options.knock, 'bulk');
    }
    async function judge(bytes: Uint8Array): Promise<void> {
      if (done || source === null) return;
      if (answered) return attempt.end('malformed-message', true);
      answered = true;
      // A turn that ends while its answer is being checked has still brought it.
      if (await options.check(bytes, source)) return finish(bytes);
      taken.set(member, MAX_TURNS_PER_MEMBER);
      attempt.end('wrong-network', true);
    }
    const attempt = createAttempt(
      options,
      {
        peer,
        initiator: true,
        iceServers,
        workerChannel,
        answerMs: APPLICANT_ANSWER_MS,
        maxMessageBytes: MAX_BUNDLE_BYTES,
      },
      {
        onSignal: (data) =>
          publish({ type: 'signal', id: toHex(random(8)), from: null, instance, to: member, peer, data }),
        onConnected: (local, remote) => entrance.connected(local, remote),
        onChannelLost() {
          workerChannel = false;
          willing.add(member);
        },
        onOpen: () => entrance.opened(),
        onHandshakeFrame(frame) {
          if (!entrance.receive(frame)) attempt.end('handshake-failed', true);
        },
        // Members that have proved themselves say nothing to an applicant but their answer, and good-bye.
        onRelay: () => attempt.end('malformed-message', true),
        onHints: () => attempt.end('malformed-message', true),
        onRtt: () => undefined,
        onMessage: (bytes) => void judge(bytes),
        onEnd() {
          entrance.stop();
          clock.clearTimeout(limit);
          turn = null;
          next();
        },
      },
    );
    const limit = clock.setTimeout(() => attempt.end('timeout', true), APPLICANT_TURN_MS);
    return { member, peer, attempt };
  }

  const signaling = createSignaling({
    topic: options.signalingSecret.topic,
    clock,
    random,
    createSocket: options.createSocket,
    onSealed: (sealed) => envelope.open(sealed, receive),
    onOpen: apply,
    onStatus: () => undefined,
  });
  const leavePage = listenToPage(options.pagePort, (event) => {
    if ('peer' in event && event.peer === turn?.peer) turn.attempt.onPageEvent(event);
  });
  const timeout = clock.setTimeout(() => finish(null), options.timeoutMs ?? APPLICANT_TIMEOUT_MS);
  signaling.setUrls(options.signalingUrls);
  signaling.setDown(false);
}
