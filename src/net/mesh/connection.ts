/** One attempt to reach a member, and the link that it becomes: the page's connection, its channel, the handshake, and the timers over them. */
import type { InstanceId, MemberIndex, Milliseconds } from '../../codec/brand.ts';
import {
  ANSWER_TIMEOUT_MS,
  ATTEMPT_TIMEOUT_MS,
  BYE_GRACE_MS,
  HANDSHAKE_TIMEOUT_MS,
  MAX_CANDIDATES,
  MAX_HELD_HANDSHAKE_FRAMES,
} from '../limits.ts';
import type { CloseReason, IceServer, PageEvent } from '../types.ts';
import { fromDataChannel, fromPort } from './channel.ts';
import type { Frame } from './frames.ts';
import { createFraming, type Framing } from './framing.ts';
import { createHandshake, type Handshake, type Identity } from './handshake.ts';
import { parseSignalData, type SignalData } from './messages.ts';
import type { Ending, MeshOptions } from './options.ts';

export interface ConnectionSpec {
  /** 32 hex digits, random. */
  readonly peer: string;
  readonly member: MemberIndex;
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
  onRtt(connection: Connection, rtt: Milliseconds): void;
  /** The page announced signals but its channel never arrived: this browser loses transferred channels. */
  onChannelLost(): void;
  onEnd(connection: Connection, ending: Ending): void;
}

export interface Connection {
  readonly spec: ConnectionSpec;
  /** Null until the page has handed over the channel. */
  readonly framing: Framing | null;
  readonly ended: boolean;
  /** From the other end, through signaling. Beyond one description and MAX_CANDIDATES it is ignored. */
  signal(data: SignalData): void;
  onPageEvent(event: Extract<PageEvent, { peer: string }>): void;
  accept(): void;
  end(reason: CloseReason, tell: boolean, twin?: InstanceId): void;
}

export function createConnection(
  options: MeshOptions,
  spec: ConnectionSpec,
  handlers: ConnectionHandlers,
): Connection {
  const { clock, pagePort } = options;
  const { peer, initiator } = spec;
  let framing: Framing | null = null;
  let handshake: Handshake | null = null;
  let fingerprints: { readonly local: string; readonly remote: string } | null = null;
  let channelOpen = false;
  let ended = false;
  let described = false;
  let candidates = 0;
  const held: Extract<Frame, { kind: 'hello' | 'proof' | 'ready' }>[] = [];
  let timer: unknown = null;

  function setTimer(delay: Milliseconds, reason: CloseReason): void {
    clearTimer();
    timer = clock.setTimeout(() => end(reason, true), delay);
  }

  function clearTimer(): void {
    if (timer !== null) clock.clearTimeout(timer);
    timer = null;
  }

  function finish(ending: Ending): void {
    if (ended) return;
    ended = true;
    clearTimer();
    handshake?.stop();
    const close = (): void => pagePort.postMessage({ type: 'close', peer });
    // Closing the connection at once would drop the bye that has just been written.
    if (framing === null) close();
    else clock.setTimeout(close, BYE_GRACE_MS);
    handlers.onEnd(self, ending);
  }

  function end(reason: CloseReason, tell: boolean, twin?: InstanceId): void {
    if (ended) return;
    if (framing === null) finish({ reason, told: false });
    else framing.end(reason, tell, twin);
  }

  /** Both are needed: an open channel, and the fingerprints that the signatures bind. They come in either order. */
  function maybeStartHandshake(): void {
    if (framing === null || fingerprints === null || !channelOpen || handshake !== null || ended) return;
    const wire = framing;
    handshake = createHandshake(
      {
        mesh: options,
        initiator,
        expected: spec.member,
        localFingerprint: fingerprints.local,
        remoteFingerprint: fingerprints.remote,
      },
      {
        send: (frame) => wire.sendRaw(frame),
        onIdentity: (identity) => handlers.onIdentity(self, identity),
        onDone(identity) {
          clearTimer();
          wire.establish();
          handlers.onLink(self, identity);
        },
        onFault: (reason) => end(reason, true),
      },
    );
    handshake.start();
    for (const frame of held.splice(0)) handshake.receive(frame);
  }

  function onChannel(event: Extract<PageEvent, { type: 'channel' }>): void {
    if (framing !== null) return;
    const channel =
      event.channel !== null
        ? fromDataChannel(event.channel)
        : event.port !== null
          ? fromPort(event.port)
          : null;
    if (channel === null) return end('transport-failed', false);
    framing = createFraming(channel, clock, {
      onOpen() {
        channelOpen = true;
        setTimer(HANDSHAKE_TIMEOUT_MS, 'timeout');
        maybeStartHandshake();
      },
      onHandshakeFrame(frame) {
        if (handshake !== null) handshake.receive(frame);
        else if (held.length < MAX_HELD_HANDSHAKE_FRAMES) held.push(frame);
        else end('handshake-failed', true);
      },
      onMessage: (bytes) => handlers.onMessage(self, bytes),
      onRelay: (hops, sealed) => handlers.onRelay(self, hops, sealed),
      onRtt: (rtt) => handlers.onRtt(self, rtt),
      onEnd: finish,
    });
  }

  const self: Connection = {
    spec,
    get framing() {
      return framing;
    },
    get ended() {
      return ended;
    },
    signal(data) {
      if (ended) return;
      if (data.type === 'candidate') {
        candidates += 1;
        if (candidates > MAX_CANDIDATES) return;
      } else {
        if (described || data.type !== (initiator ? 'answer' : 'offer')) return;
        described = true;
        setTimer(ATTEMPT_TIMEOUT_MS, 'timeout');
      }
      pagePort.postMessage({ type: 'signal', peer, data });
    },
    onPageEvent(event) {
      if (ended) return;
      switch (event.type) {
        case 'channel':
          return onChannel(event);
        case 'signal': {
          if (framing === null) {
            handlers.onChannelLost();
            return end('transport-failed', false);
          }
          const data = parseSignalData(event.data);
          if (data !== null) handlers.onSignal(self, data);
          return;
        }
        case 'connected':
          fingerprints ??= { local: event.localFingerprint, remote: event.remoteFingerprint };
          return maybeStartHandshake();
        case 'closed':
          return end('transport-failed', false);
      }
    },
    accept: () => handshake?.accept(),
    end,
  };

  setTimer(initiator ? ANSWER_TIMEOUT_MS : ATTEMPT_TIMEOUT_MS, 'timeout');
  pagePort.postMessage({
    type: 'open',
    peer,
    initiator,
    iceServers: spec.iceServers,
    workerChannel: spec.workerChannel,
  });
  return self;
}
