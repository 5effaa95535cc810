/** One attempt to reach a member, and the link that it becomes: the page's connection with the handshake on top. */
import type { InstanceId, MemberIndex, Milliseconds } from '../../codec/brand.ts';
import type { DeviceKey } from '../../codec/device.ts';
import { HANDSHAKE_TIMEOUT_MS } from '../limits.ts';
import type { CloseReason, IceServer } from '../types.ts';
import { createAttempt, type Attempt } from './attempt.ts';
import { createEntrance } from './entrance.ts';
import { createHandshake, type Identity } from './handshake.ts';
import type { SignalData } from './messages.ts';
import type { Ending, MeshOptions } from './options.ts';

export interface ConnectionSpec {
  /** 32 hex digits, random. */
  readonly peer: string;
  readonly member: MemberIndex;
  /** Which of its devices; null: the member itself. */
  readonly device: DeviceKey | null;
  /** Whom signaling says we talk to; the handshake tells the truth. */
  readonly instance: InstanceId;
  readonly initiator: boolean;
  /** Of one that was offered: the offer said that its sender hears its inbox. */
  readonly inbox: boolean;
  readonly iceServers: readonly IceServer[];
  readonly workerChannel: boolean;
  /** For an answer to the offer; ANSWER_TIMEOUT_MS unless told. */
  readonly answerMs?: Milliseconds;
}

export interface ConnectionHandlers {
  onSignal(connection: Connection, data: SignalData): void;
  /** Authenticated, not yet accepted: answer with `accept` or `end`. */
  onIdentity(connection: Connection, identity: Identity): void;
  onLink(connection: Connection, identity: Identity): void;
  onMessage(connection: Connection, bytes: Uint8Array): void;
  onRelay(connection: Connection, hops: number, sealed: Uint8Array): void;
  onHints(connection: Connection, urls: readonly string[]): void;
  onRtt(connection: Connection, rtt: Milliseconds): void;
  /** The page announced signals but its channel never arrived: this browser loses transferred channels. */
  onChannelLost(): void;
  onEnd(connection: Connection, ending: Ending): void;
}

export interface Connection extends Pick<
  Attempt,
  'framing' | 'ended' | 'progressAt' | 'facts' | 'signal' | 'onPageEvent'
> {
  readonly spec: ConnectionSpec;
  accept(): void;
  end(reason: CloseReason, tell: boolean, twin?: InstanceId): void;
}

export function createConnection(
  options: MeshOptions,
  spec: ConnectionSpec,
  handlers: ConnectionHandlers,
): Connection {
  const attempt = createAttempt(options, spec, {
    onSignal: (data) => handlers.onSignal(self, data),
    onChannelLost: () => handlers.onChannelLost(),
    onConnected: (local, remote) => entrance.connected(local, remote),
    onOpen() {
      attempt.setTimer(HANDSHAKE_TIMEOUT_MS);
      entrance.opened();
    },
    onHandshakeFrame(frame) {
      if (!entrance.receive(frame)) attempt.end('handshake-failed', true);
    },
    onMessage: (bytes) => handlers.onMessage(self, bytes),
    onRelay: (hops, sealed) => handlers.onRelay(self, hops, sealed),
    onHints: (urls) => handlers.onHints(self, urls),
    onRtt: (rtt) => handlers.onRtt(self, rtt),
    onEnd(ending) {
      entrance.stop();
      handlers.onEnd(self, ending);
    },
  });

  const entrance = createEntrance((fingerprints) =>
    createHandshake(
      {
        mesh: options,
        initiator: spec.initiator,
        expected: spec.member,
        expectedDevice: spec.device,
        ...fingerprints,
      },
      {
        send: (frame) => attempt.framing?.sendRaw(frame),
        onIdentity: (identity) => handlers.onIdentity(self, identity),
        onDone(identity) {
          attempt.setTimer(null);
          if (identity.device !== undefined) attempt.framing?.refuseVotes();
          attempt.framing?.establish();
          handlers.onLink(self, identity);
        },
        onFault: (reason) => attempt.end(reason, true),
      },
    ),
  );

  const self: Connection = {
    spec,
    get framing() {
      return attempt.framing;
    },
    get ended() {
      return attempt.ended;
    },
    get progressAt() {
      return attempt.progressAt;
    },
    get facts() {
      return attempt.facts;
    },
    signal: (data) => attempt.signal(data),
    onPageEvent: (event) => attempt.onPageEvent(event),
    accept: () => entrance.accept(),
    end: (reason, tell, twin) => attempt.end(reason, tell, twin),
  };
  return self;
}
