/** One channel's traffic: two lanes out, messages in, pings, counters, and the end of it with a reason that both sides know. */
import type { InstanceId, Milliseconds } from '../../codec/brand.ts';
import {
  BULK_HIGH_WATER,
  DEAD_AFTER_MS,
  HINTS_BURST,
  HINTS_PER_SECOND,
  LATE_PROBE_MS,
  LATE_TIMER_MS,
  MAX_BULK_QUEUE_BYTES,
  MAX_BULK_QUEUE_MESSAGES,
  MAX_HANDSHAKE_FRAME_BYTES,
  MAX_MESSAGE_BYTES,
  MAX_VOTE_QUEUE_BYTES,
  MAX_VOTE_QUEUE_MESSAGES,
  MESSAGES_PER_SECOND,
  MESSAGE_BURST,
  MESSAGE_BURST_BYTES,
  MESSAGE_BYTES_PER_SECOND,
  PING_BURST,
  PING_INTERVAL_MS,
  PINGS_PER_SECOND,
  RELAYS_PER_SECOND,
  RELAY_BURST,
  VOTE_HIGH_WATER,
} from '../limits.ts';
import type { CloseReason, LinkFigures } from '../types.ts';
import type { ByteChannel } from './channel.ts';
import {
  byeFrame,
  createReassembly,
  hintsFrame,
  parseFrame,
  partFrame,
  pingFrame,
  pongFrame,
  relayFrame,
  type Frame,
  type Lane,
} from './frames.ts';
import type { Clock, Ending } from './options.ts';
import { createTokenBucket } from './pace.ts';

export interface FramingHandlers {
  /** The channel is open; the handshake may begin. */
  onOpen(): void;
  onHandshakeFrame(frame: Extract<Frame, { kind: 'hello' | 'proof' | 'ready' }>): void;
  onMessage(bytes: Uint8Array): void;
  onRelay(hops: number, sealed: Uint8Array): void;
  /** Signaling addresses that the other end uses. */
  onHints(urls: readonly string[]): void;
  onRtt(rtt: Milliseconds): void;
  /** Called once; nothing is called after it. */
  onEnd(ending: Ending): void;
}

export interface Framing {
  readonly path: ByteChannel['path'];
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly rtt: Milliseconds | undefined;
  /** What waits here, and in the channel. */
  readonly waiting: Pick<LinkFigures, 'queued' | 'bufferedAmount'>;
  /** A handshake frame, past the lanes. */
  sendRaw(frame: Uint8Array<ArrayBuffer>): void;
  /** The handshake is over: messages may flow, pings start. */
  establish(): void;
  /** The other end is a device: from now on a part in its vote lane ends the link. */
  refuseVotes(): void;
  /** Queues a message. False when the lane is full or the link is over. A full vote lane ends the link with `timeout`. */
  send(bytes: Uint8Array, lane: Lane): boolean;
  /** Best effort: dropped when the channel is busy. */
  relay(hops: number, sealed: Uint8Array): void;
  /** Tells the own signaling addresses. */
  hint(urls: readonly string[]): void;
  /** Pings now; true when any frame arrives within `within`. */
  probe(within: Milliseconds, answer: (alive: boolean) => void): void;
  /** Tells the other side why (if `tell`), closes, and reports the end. */
  end(reason: CloseReason, tell: boolean, twin?: InstanceId): void;
}

/** `maxMessageBytes` bounds what is taken, `maxSentBytes` what is sent. */
export function createFraming(
  channel: ByteChannel,
  clock: Clock,
  handlers: FramingHandlers,
  maxMessageBytes: number = MAX_MESSAGE_BYTES,
  maxSentBytes: number = MAX_MESSAGE_BYTES,
): Framing {
  let phase: 'handshake' | 'established' | 'ended' = 'handshake';
  let bytesSent = 0;
  let bytesReceived = 0;
  let rtt: Milliseconds | undefined;
  let lastHeard = clock.now();
  let pingTimer: unknown = null;
  let pingDue = 0;
  let token = 0;
  let votesRefused = false;
  let pinged: { readonly token: number; readonly at: Milliseconds } | null = null;
  const probes = new Set<Probe>();
  const reassembly = createReassembly(maxMessageBytes);
  const messageBucket = createTokenBucket(clock, MESSAGE_BURST, MESSAGES_PER_SECOND);
  const byteBucket = createTokenBucket(clock, MESSAGE_BURST_BYTES, MESSAGE_BYTES_PER_SECOND);
  const pingBucket = createTokenBucket(clock, PING_BURST, PINGS_PER_SECOND);
  const hintsBucket = createTokenBucket(clock, HINTS_BURST, HINTS_PER_SECOND);
  const relayBucket = createTokenBucket(clock, RELAY_BURST, RELAYS_PER_SECOND);
  const lanes: Record<Lane, Queue> = {
    vote: createQueue(MAX_VOTE_QUEUE_MESSAGES, MAX_VOTE_QUEUE_BYTES),
    bulk: createQueue(MAX_BULK_QUEUE_MESSAGES, MAX_BULK_QUEUE_BYTES),
  };

  function write(frame: Uint8Array<ArrayBuffer>): boolean {
    // Read the length first: a port takes the buffer away.
    const { length } = frame;
    if (!channel.send(frame)) return false;
    bytesSent += length;
    return true;
  }

  /** Votes first, between any two parts of bulk. */
  function pump(): void {
    while (phase === 'established') {
      const { bufferedAmount } = channel;
      const lane: Lane | null =
        lanes.vote.head !== undefined && bufferedAmount < VOTE_HIGH_WATER
          ? 'vote'
          : lanes.vote.head === undefined && lanes.bulk.head !== undefined && bufferedAmount < BULK_HIGH_WATER
            ? 'bulk'
            : null;
      if (lane === null) return;
      const queue = lanes[lane];
      const head = queue.head;
      if (head === undefined) return;
      const { frame, next } = partFrame(lane, head.message, head.offset);
      // A channel that takes nothing while it says that it has room is dying: its close event or the pings will tell.
      if (!write(frame)) return;
      if (next === head.message.length) queue.shift();
      else head.offset = next;
    }
  }

  function ping(): void {
    token = (token + 1) >>> 0;
    pinged = { token, at: clock.now() };
    write(pingFrame(token));
  }

  function onPingTimer(): void {
    const now = clock.now();
    // A worker that was busy or frozen reads its clock before its messages: silence counts only if this timer was on time.
    const late = now - pingDue > PING_INTERVAL_MS;
    if (late) lastHeard = now - PING_INTERVAL_MS;
    if (now - lastHeard >= DEAD_AFTER_MS) {
      end('timeout', true);
      return;
    }
    // The channel loses nothing, so one ping at a time is enough.
    if (pinged === null) ping();
    armPing();
    pump();
  }

  function armPing(): void {
    pingDue = clock.now() + PING_INTERVAL_MS;
    pingTimer = clock.setTimeout(onPingTimer, PING_INTERVAL_MS);
  }

  function receive(bytes: Uint8Array | null): void {
    if (phase === 'ended') return;
    if (bytes === null) return end('malformed-message', true);
    bytesReceived += bytes.length;
    lastHeard = clock.now();
    for (const probe of probes) settle(probe, true);
    if (phase === 'handshake' && bytes.length > 1 + MAX_HANDSHAKE_FRAME_BYTES)
      return end('oversized-message', true);
    const frame = parseFrame(bytes);
    if (typeof frame === 'string') return end(frame, true);
    if (frame.kind === 'bye')
      return finish({ reason: frame.reason, told: true, ...(frame.twin ? { twin: frame.twin } : {}) });
    if (frame.kind === 'hello' || frame.kind === 'proof' || frame.kind === 'ready') {
      if (phase === 'handshake') handlers.onHandshakeFrame(frame);
      else end('malformed-message', true);
      return;
    }
    if (phase === 'handshake') return end('handshake-failed', true);
    switch (frame.kind) {
      case 'part': {
        if (votesRefused && frame.lane === 'vote') return end('device-vote', true);
        // A message counts when it begins, its bytes as they come: half a message is work too.
        if ((frame.first && !messageBucket.take()) || !byteBucket.take(bytes.length))
          return end('rate-limit', true);
        const taken = reassembly.take(frame);
        if (typeof taken === 'string') end(taken, true);
        else if (taken !== null) handlers.onMessage(taken);
        return;
      }
      case 'ping':
        if (pingBucket.take()) write(pongFrame(frame.token));
        else end('rate-limit', true);
        return;
      case 'pong':
        if (frame.token !== pinged?.token) return;
        rtt = clock.now() - pinged.at;
        pinged = null;
        handlers.onRtt(rtt);
        return;
      case 'hints':
        if (hintsBucket.take()) handlers.onHints(frame.urls);
        else end('rate-limit', true);
        return;
      case 'relay':
        // Beyond its rate it is dropped and the link stays: most of it is others', whom this neighbour only served.
        if (relayBucket.take()) handlers.onRelay(frame.hops, frame.sealed);
    }
  }

  function settle(probe: Probe, alive: boolean): void {
    if (!probes.delete(probe)) return;
    clock.clearTimeout(probe.timer);
    probe.answer(alive);
  }

  function end(reason: CloseReason, tell: boolean, twin?: InstanceId): void {
    if (phase === 'ended') return;
    if (tell) write(byeFrame(reason, twin));
    finish({ reason, told: false });
  }

  function finish(ending: Ending): void {
    if (phase === 'ended') return;
    phase = 'ended';
    if (pingTimer !== null) clock.clearTimeout(pingTimer);
    lanes.vote.clear();
    lanes.bulk.clear();
    channel.close();
    for (const probe of probes) settle(probe, false);
    handlers.onEnd(ending);
  }

  channel.attach({
    onOpen: () => {
      if (phase === 'handshake') handlers.onOpen();
      // A frame can come before word that the channel is open; what was answered to it has waited for this.
      else pump();
    },
    onFrame: receive,
    onClose: () => finish({ reason: 'transport-failed', told: false }),
    onDrain: pump,
  });

  return {
    path: channel.path,
    get bytesSent() {
      return bytesSent;
    },
    get bytesReceived() {
      return bytesReceived;
    },
    get rtt() {
      return rtt;
    },
    get waiting() {
      const { vote, bulk } = lanes;
      return {
        queued: {
          voteMessages: vote.length,
          voteBytes: vote.bytes,
          bulkMessages: bulk.length,
          bulkBytes: bulk.bytes,
        },
        bufferedAmount: channel.bufferedAmount,
      };
    },
    sendRaw(frame) {
      if (phase !== 'ended') write(frame);
    },
    establish() {
      if (phase !== 'handshake') return;
      phase = 'established';
      lastHeard = clock.now();
      ping();
      armPing();
    },
    refuseVotes() {
      votesRefused = true;
    },
    send(bytes, lane) {
      if (phase !== 'established') return false;
      if (bytes.length > maxSentBytes)
        throw new RangeError(`a message of ${bytes.length} bytes exceeds ${maxSentBytes}`);
      if (!lanes[lane].push(bytes)) {
        if (lane === 'vote') end('timeout', true);
        return false;
      }
      pump();
      return true;
    },
    relay(hops, sealed) {
      if (phase === 'established' && channel.bufferedAmount < BULK_HIGH_WATER)
        write(relayFrame(hops, sealed));
    },
    hint(urls) {
      if (phase === 'established') write(hintsFrame(urls));
    },
    probe(within, answer) {
      if (phase !== 'established') return answer(false);
      const due = clock.now() + within;
      const probe: Probe = { timer: null, answer };
      probe.timer = clock.setTimeout(() => {
        // A worker that was busy reads its clock before its messages, and the answer may be among them.
        if (clock.now() - due < LATE_PROBE_MS) return settle(probe, false);
        probe.timer = clock.setTimeout(() => settle(probe, false), LATE_TIMER_MS);
      }, within);
      probes.add(probe);
      ping();
    },
    end,
  };
}

interface Probe {
  timer: unknown;
  readonly answer: (alive: boolean) => void;
}

interface Queued {
  readonly message: Uint8Array;
  offset: number;
}

interface Queue {
  readonly head: Queued | undefined;
  readonly length: number;
  readonly bytes: number;
  push(message: Uint8Array): boolean;
  shift(): void;
  clear(): void;
}

/** First in, first out, bounded by count and bytes; taking from the front is constant time. */
function createQueue(maxMessages: number, maxBytes: number): Queue {
  let items: (Queued | undefined)[] = [];
  let start = 0;
  let bytes = 0;
  return {
    get head() {
      return items[start];
    },
    get length() {
      return items.length - start;
    },
    get bytes() {
      return bytes;
    },
    push(message) {
      if (items.length - start >= maxMessages || bytes + message.length > maxBytes) return false;
      items.push({ message, offset: 0 });
      bytes += message.length;
      return true;
    },
    shift() {
      bytes -= items[start]?.message.length ?? 0;
      items[start] = undefined;
      start += 1;
      if (start > 1024 || start === items.length) {
        items = items.slice(start);
        start = 0;
      }
    },
    clear() {
      items = [];
      start = 0;
      bytes = 0;
    },
  };
}
