/** One attempt to reach a member, and the link that it becomes: the page's connection with the handshake on top. */
import type { InstanceId, MemberIndex, Milliseconds } from '../../codec/brand.ts';
import type { DeviceKey } from '../../codec/device.ts';
import { HANDSHAKE_TIMEOUT_MS, MAX_HELD_HANDSHAKE_FRAMES } from '../limits.ts';
import type { CloseReason, IceServer } from '../types.ts';
import { createAttempt, type Attempt } from './attempt.ts';
import type { Frame } from './frames.ts';
import { createHandshake, type Handshake, type Identity } from './handshake.ts';
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
  readonly iceServers: readonly IceServer[];
  readonly workerChannel: boolean;
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

export interface Connection extends Pick<Attempt, 'framing' | 'ended' | 'facts' | 'signal' | 'onPageEvent'> {
  readonly spec: ConnectionSpec;
  accept(): void;
  end(reason: CloseReason, tell: boolean, twin?: InstanceId): void;
}

export function createConnection(
  options: MeshOptions,
  spec: ConnectionSpec,
  handlers: ConnectionHandlers,
): Connection {
  let handshake: Handshake | null = null;
  let fingerprints: { readonly local: string; readonly remote: string } | null = null;
  let channelOpen = false;
  const held: Extract<Frame, { kind: 'hello' | 'proof' | 'ready' }>[] = [];

  const attempt = createAttempt(options, spec, {
    onSignal: (data) => handlers.onSignal(self, data),
    onChannelLost: () => handlers.onChannelLost(),
    onConnected(local, remote) {
      fingerprints ??= { local, remote };
      maybeStartHandshake();
    },
    onOpen() {
      channelOpen = true;
      attempt.setTimer(HANDSHAKE_TIMEOUT_MS);
      maybeStartHandshake();
    },
    onHandshakeFrame(frame) {
      if (handshake !== null) handshake.receive(frame);
      else if (held.length < MAX_HELD_HANDSHAKE_FRAMES) held.push(frame);
      else attempt.end('handshake-failed', true);
    },
    onMessage: (bytes) => handlers.onMessage(self, bytes),
    onRelay: (hops, sealed) => handlers.onRelay(self, hops, sealed),
    onHints: (urls) => handlers.onHints(self, urls),
    onRtt: (rtt) => handlers.onRtt(self, rtt),
    onEnd(ending) {
      handshake?.stop();
      handlers.onEnd(self, ending);
    },
  });

  /** Both are needed: an open channel, and the fingerprints that the signatures bind. They come in either order. */
  function maybeStartHandshake(): void {
    const wire = attempt.framing;
    if (wire === null || fingerprints === null || !channelOpen || handshake !== null || attempt.ended) return;
    handshake = createHandshake(
      {
        mesh: options,
        initiator: spec.initiator,
        expected: spec.member,
        expectedDevice: spec.device,
        localFingerprint: fingerprints.local,
        remoteFingerprint: fingerprints.remote,
      },
      {
        send: (frame) => wire.sendRaw(frame),
        onIdentity: (identity) => handlers.onIdentity(self, identity),
        onDone(identity) {
          attempt.setTimer(null);
          if (identity.device !== undefined) wire.refuseVotes();
          wire.establish();
          handlers.onLink(self, identity);
        },
        onFault: (reason) => attempt.end(reason, true),
      },
    );
    handshake.start();
    for (const frame of held.splice(0)) handshake.receive(frame);
  }

  const self: Connection = {
    spec,
    get framing() {
      return attempt.framing;
    },
    get ended() {
      return attempt.ended;
    },
    get facts() {
      return attempt.facts;
    },
    signal: (data) => attempt.signal(data),
    onPageEvent: (event) => attempt.onPageEvent(event),
    accept: () => handshake?.accept(),
    end: (reason, tell, twin) => attempt.end(reason, tell, twin),
  };
  return self;
}
