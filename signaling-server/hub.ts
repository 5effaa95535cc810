/**
 * The hub: who is subscribed to what, and passing frames on. It reads no frame's content, stores nothing, and holds a
 * frame only until it is written to the subscribers' sockets.
 *
 * Invariants: a connection is in `topics` exactly under the names in its own set; a topic without subscribers is not
 * in the table; an address's `connections` is the number of open connections counted under it.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { RawData, WebSocket } from 'ws';
import { clientAddress } from './addresses.ts';
import { AddressTable } from './accounts.ts';
import type { Address } from './accounts.ts';
import { Bucket } from './bucket.ts';
import type { Limits } from './limits.ts';
import { parseFrame, renderPublish, tooManyTopics } from './protocol.ts';
import type { ClientFrame, SignalingError } from './protocol.ts';

export interface HubStats {
  /** Open connections. */
  readonly connections: number;
  /** Topics with at least one subscriber. */
  readonly topics: number;
  /** Frames taken in and passed out since the start. */
  readonly received: number;
  readonly sent: number;
  /** Frames and connections refused with an error, since the start. */
  readonly refused: number;
  /** Subscribers dropped because they did not read, or were dead. */
  readonly dropped: number;
}

export interface Hub {
  /** Takes over an HTTP upgrade; the caller has decided that its path is ours. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  stats(): HubStats;
  /** Tells every client that the server stops (1001), then destroys what is left. */
  close(): Promise<void>;
}

export interface HubOptions {
  readonly limits: Limits;
  readonly trustProxy?: boolean;
  /** Milliseconds, never backwards. Tests pass their own. */
  readonly now?: () => number;
}

/** WebSocket close codes (RFC 6455, 7.4.1; 1013 from the IANA registry). */
const closeCode = {
  goingAway: 1001,
  unsupportedData: 1003,
  policyViolation: 1008,
  tryAgainLater: 1013,
} as const;

interface Connection {
  readonly socket: WebSocket;
  readonly address: Address;
  readonly topics: Set<string>;
  readonly messages: Bucket;
  readonly strikes: Bucket;
  /** Something arrived since the last heartbeat. */
  alive: boolean;
  open: boolean;
}

export function createHub(options: HubOptions): Hub {
  const { limits, trustProxy = false, now = () => performance.now() } = options;
  const acceptor = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: limits.hardFrameBytes,
    // Compression would let a small frame grow into a large one; sealed payloads do not compress anyway.
    perMessageDeflate: false,
  });
  const connections = new Set<Connection>();
  const closing = new Map<WebSocket, NodeJS.Timeout>();
  const topics = new Map<string, Set<Connection>>();
  const addresses = new AddressTable(limits);
  const count = { received: 0, sent: 0, refused: 0, dropped: 0 };
  let stopped = false;

  const heartbeat = setInterval(() => {
    for (const connection of connections) {
      if (connection.alive) {
        connection.alive = false;
        connection.socket.ping();
      } else {
        drop(connection);
      }
    }
    addresses.forgetIdle(now());
  }, limits.heartbeatMs);
  heartbeat.unref();

  function accept(socket: WebSocket, request: IncomingMessage): void {
    // Without a listener an error event would end the process; 'close' follows and does the cleaning.
    socket.on('error', () => undefined);
    const address = addresses.of(clientAddress(request, trustProxy), now());
    const refusal = stopped ? tooMany('The server is stopping') : admit(address);
    if (refusal) {
      count.refused += 1;
      tell(socket, refusal);
      dismiss(socket, closeCode.tryAgainLater, refusal.type);
      return;
    }
    const connection: Connection = {
      socket,
      address,
      topics: new Set(),
      messages: new Bucket(limits.messageBurst, limits.messagesPerSecond, now()),
      strikes: new Bucket(limits.strikeBurst, 1000 / limits.strikeForgivenessMs, now()),
      alive: true,
      open: true,
    };
    connections.add(connection);
    address.connections += 1;
    socket.on('message', (data, isBinary) => receive(connection, data, isBinary));
    socket.on('pong', () => {
      connection.alive = true;
    });
    socket.on('close', () => release(connection));
    // A frame that the WebSocket layer itself refuses (too large, not UTF-8, not a frame): it has sent the code.
    socket.on('error', () => {
      release(connection);
      dismiss(socket, closeCode.policyViolation, 'protocol-error');
    });
  }

  function admit(address: Address): SignalingError | undefined {
    if (connections.size >= limits.maxConnections) return tooMany('This server is full');
    if (address.connections >= limits.maxConnectionsPerAddress)
      return tooMany('Too many connections from your address');
    if (!address.opens.take(1, now())) {
      return {
        type: 'rate-limited',
        message: 'Your address connects too often. Wait a little before trying again.',
      };
    }
    return undefined;
  }

  function receive(connection: Connection, data: RawData, isBinary: boolean): void {
    if (!connection.open) return;
    connection.alive = true;
    count.received += 1;
    if (!connection.messages.take(1, now())) {
      strike(connection, {
        type: 'rate-limited',
        message: `More than ${limits.messagesPerSecond} frames a second. This frame was not passed on; slow down.`,
      });
      return;
    }
    if (isBinary) {
      const error = {
        type: 'binary-frame',
        message: 'This server speaks JSON in text frames only.',
      } as const;
      expel(connection, closeCode.unsupportedData, error);
      return;
    }
    const bytes = toBuffer(data);
    if (bytes.length > limits.maxFrameBytes) {
      strike(connection, {
        type: 'frame-too-large',
        message: `A frame may have ${limits.maxFrameBytes} bytes; this one has ${bytes.length}.`,
      });
      return;
    }
    const parsed = parseFrame(bytes.toString('utf8'), limits);
    const error = parsed.ok ? act(connection, parsed.value) : parsed.error;
    if (error) strike(connection, error);
  }

  function act(connection: Connection, frame: ClientFrame): SignalingError | undefined {
    switch (frame.type) {
      case 'ping':
        send(connection, pong);
        return undefined;
      case 'subscribe':
        return subscribe(connection, frame.topics);
      case 'unsubscribe':
        for (const topic of frame.topics) unsubscribe(connection, topic);
        return undefined;
      case 'publish':
        return publish(connection, frame.topic, frame.frame);
    }
  }

  /** All of the topics or none: a client never has to guess which half was taken. */
  function subscribe(connection: Connection, names: readonly string[]): SignalingError | undefined {
    const added = [...new Set(names)].filter((name) => !connection.topics.has(name));
    if (connection.topics.size + added.length > limits.maxTopicsPerConnection) return tooManyTopics(limits);
    const created = added.filter((name) => !topics.has(name)).length;
    if (topics.size + created > limits.maxTopics) {
      return {
        type: 'too-many-topics',
        message: 'This server holds no more topics. Use another signaling server.',
      };
    }
    const full = added.find((name) => (topics.get(name)?.size ?? 0) >= limits.maxSubscribersPerTopic);
    if (full !== undefined) {
      return {
        type: 'topic-full',
        message: `A topic takes ${limits.maxSubscribersPerTopic} subscribers and has them.`,
      };
    }
    for (const name of added) {
      const subscribers = topics.get(name) ?? new Set();
      topics.set(name, subscribers.add(connection));
      connection.topics.add(name);
    }
    return undefined;
  }

  function unsubscribe(connection: Connection, name: string): void {
    if (!connection.topics.delete(name)) return;
    const subscribers = topics.get(name);
    subscribers?.delete(connection);
    if (subscribers?.size === 0) topics.delete(name);
  }

  function publish(
    connection: Connection,
    topic: string,
    frame: Readonly<Record<string, unknown>>,
  ): SignalingError | undefined {
    const subscribers = topics.get(topic);
    if (!subscribers) return undefined;
    const bytes = renderPublish(frame, subscribers.size);
    if (!bytes)
      return { type: 'malformed-message', message: 'The frame is nested too deeply to be passed on.' };
    if (!connection.address.fanOut.take(bytes.length * subscribers.size, now())) {
      return {
        type: 'fan-out-limited',
        message: 'Your address sends more than this server passes on. Slow down.',
      };
    }
    for (const subscriber of subscribers) send(subscriber, bytes);
    return undefined;
  }

  function send(connection: Connection, bytes: Buffer): void {
    if (!connection.open) return;
    if (connection.socket.bufferedAmount + bytes.length > limits.maxBufferedBytes) {
      drop(connection);
      return;
    }
    count.sent += 1;
    connection.socket.send(bytes, { binary: false }, ignoreSendError);
  }

  function strike(connection: Connection, error: SignalingError): void {
    if (!connection.strikes.take(1, now())) {
      expel(connection, closeCode.policyViolation, error);
      return;
    }
    count.refused += 1;
    send(connection, errorFrame(error));
  }

  /** For good: the last error, then the close code with the error's type as its reason. */
  function expel(connection: Connection, code: number, error: SignalingError): void {
    count.refused += 1;
    send(connection, errorFrame(error));
    release(connection);
    dismiss(connection.socket, code, error.type);
  }

  function drop(connection: Connection): void {
    count.dropped += 1;
    release(connection);
    // No close frame: it would queue behind what the peer does not read.
    connection.socket.terminate();
  }

  function release(connection: Connection): void {
    if (!connection.open) return;
    connection.open = false;
    for (const topic of connection.topics) unsubscribe(connection, topic);
    connections.delete(connection);
    connection.address.connections -= 1;
  }

  function dismiss(socket: WebSocket, code: number, reason: string): void {
    if (closing.size >= limits.maxClosing) {
      socket.terminate();
      return;
    }
    const timer = setTimeout(() => socket.terminate(), limits.closeGraceMs);
    closing.set(socket, timer);
    socket.once('close', () => {
      clearTimeout(timer);
      closing.delete(socket);
    });
    socket.close(code, reason);
  }

  return {
    handleUpgrade(request, socket, head) {
      acceptor.handleUpgrade(request, socket, head, (accepted) => accept(accepted, request));
    },
    stats: () => ({ connections: connections.size, topics: topics.size, ...count }),
    async close() {
      stopped = true;
      clearInterval(heartbeat);
      const leaving = [...connections];
      const gone = leaving.map(
        ({ socket }) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
      );
      for (const connection of leaving) {
        release(connection);
        dismiss(connection.socket, closeCode.goingAway, 'server-stopping');
      }
      await Promise.all(gone);
      for (const socket of closing.keys()) socket.terminate();
    },
  };
}

const pong = Buffer.from(JSON.stringify({ type: 'pong' }));

function tell(socket: WebSocket, error: SignalingError): void {
  socket.send(errorFrame(error), { binary: false }, ignoreSendError);
}

function errorFrame(error: SignalingError): Buffer {
  return Buffer.from(JSON.stringify({ type: 'error', error }));
}

function tooMany(what: string): SignalingError {
  return {
    type: 'too-many-connections',
    message: `${what}. Try again later, or use another signaling server.`,
  };
}

/** A socket that fails while being written to also emits 'close', where it is cleaned up. */
function ignoreSendError(): void {}

function toBuffer(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}
