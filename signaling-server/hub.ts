/**
 * The hub: takes connections in, and passes frames on. It reads no frame's content, stores nothing, and holds a frame
 * only until it is written to the subscribers' sockets.
 *
 * Invariants: a connection is in the topic table exactly under the names in its own set, and only while it is open; an
 * address's `connections` is the number of open connections counted under it.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { RawData, WebSocket } from 'ws';
import { clientAddress } from './addresses.ts';
import { AddressTable } from './accounts.ts';
import type { Address } from './accounts.ts';
import { alone } from './backplane.ts';
import type { Backplane, BackplaneStats, OnBody } from './backplane.ts';
import { Bucket } from './bucket.ts';
import { BufferBudget } from './budget.ts';
import { Farewells } from './farewell.ts';
import type { Limits } from './limits.ts';
import { silent } from './log.ts';
import type { Log } from './log.ts';
import { parseFrame, renderBody, withClients } from './protocol.ts';
import type { ClientFrame, SignalingError, SignalingErrorType } from './protocol.ts';
import { TopicTable } from './topics.ts';

/** Why a connection was cut without a word: it did not read, or did not answer the heartbeat. */
export type DropReason = 'slow' | 'silent';

export interface HubStats {
  /** Open connections. */
  readonly connections: number;
  /** Connections that were told to leave and are not gone yet. */
  readonly closing: number;
  /** Topics with at least one subscriber here, and subscriptions of all connections together. */
  readonly topics: number;
  readonly subscriptions: number;
  /** Addresses that are remembered. */
  readonly addresses: number;
  /** Bytes that wait for subscribers to read, at most. */
  readonly buffered: number;
  /** Frames taken in and passed out since the start, and the bytes in them. */
  readonly received: number;
  readonly receivedBytes: number;
  readonly sent: number;
  readonly sentBytes: number;
  /** Frames and connections refused with an error, since the start; and how many of each. */
  readonly refused: number;
  readonly refusals: Readonly<Partial<Record<SignalingErrorType, number>>>;
  /** Connections cut since the start; and how many for what. */
  readonly dropped: number;
  readonly drops: Readonly<Record<DropReason, number>>;
  /** Of the other instances, if there are any. */
  readonly backplane: BackplaneStats & { readonly state: ReturnType<Backplane['state']> };
}

export interface Hub {
  /** Takes over an HTTP upgrade; the caller has decided that its path and origin are ours. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  stats(): HubStats;
  /** Tells every client that the server stops (1001), then destroys what is left. */
  close(): Promise<void>;
}

export interface HubOptions {
  readonly limits: Limits;
  readonly trustProxy?: boolean;
  readonly log?: Log;
  /** Other instances; alone when absent. */
  readonly backplane?: (onBody: OnBody) => Backplane;
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
  readonly id: number;
  readonly socket: WebSocket;
  readonly address: Address;
  readonly topics: Set<string>;
  readonly messages: Bucket;
  readonly strikes: Bucket;
  readonly openedAt: number;
  received: number;
  /** Bytes waiting for it, as the budget noted them. */
  noted: number;
  /** Something arrived since the last heartbeat. */
  alive: boolean;
  open: boolean;
}

export function createHub(options: HubOptions): Hub {
  const { limits, trustProxy = false, log = silent, now = () => performance.now() } = options;
  const acceptor = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: limits.hardFrameBytes,
    maxFragments: limits.maxFragments,
    maxBufferedChunks: limits.maxPendingReads,
    // Compression would let a small frame grow into a large one; sealed payloads do not compress anyway.
    perMessageDeflate: false,
    // An answer for each ping, unread, would be a queue without an end: see `onPing`.
    autoPong: false,
  });
  const connections = new Set<Connection>();
  const farewells = new Farewells(limits);
  const budget = new BufferBudget(limits, connections);
  const addresses = new AddressTable(limits);
  const topics = new TopicTable<Connection>(limits, (topic, count) => backplane.setSubscribers(topic, count));
  const backplane = options.backplane?.(onBody) ?? alone;
  const count = { received: 0, receivedBytes: 0, sent: 0, sentBytes: 0 };
  const refusals: Partial<Record<SignalingErrorType, number>> = {};
  const drops: Record<DropReason, number> = { slow: 0, silent: 0 };
  let serial = 0;
  let stopped = false;

  const heartbeat = setInterval(() => {
    for (const connection of connections) {
      if (connection.alive) {
        connection.alive = false;
        connection.socket.ping();
      } else {
        drop(connection, 'silent');
      }
    }
    addresses.forgetIdle(now());
    budget.countAnew(now());
  }, limits.heartbeatMs);
  heartbeat.unref();

  function accept(socket: WebSocket, request: IncomingMessage): void {
    // Without a listener an error event would end the process; 'close' follows and does the cleaning.
    socket.on('error', () => undefined);
    const address = addresses.of(clientAddress(request, trustProxy), now());
    const refusal = stopped ? tooMany('The server is stopping') : admit(address);
    if (refusal) {
      refuse(refusal);
      log('info', 'refused', { error: refusal.type, connections: connections.size });
      socket.send(errorFrame(refusal), { binary: false }, ignoreSendError);
      farewells.dismiss(socket, closeCode.tryAgainLater, refusal.type);
      return;
    }
    const connection: Connection = {
      id: (serial += 1),
      socket,
      address,
      topics: new Set(),
      messages: new Bucket(limits.messageBurst, limits.messagesPerSecond, now()),
      strikes: new Bucket(limits.strikeBurst, 1000 / limits.strikeForgivenessMs, now()),
      openedAt: now(),
      received: 0,
      noted: 0,
      alive: true,
      open: true,
    };
    connections.add(connection);
    address.connections += 1;
    log('debug', 'opened', { connection: connection.id, connections: connections.size });
    socket.on('message', (data, isBinary) => receive(connection, data, isBinary));
    socket.on('ping', (data) => onPing(connection, data));
    socket.on('pong', () => {
      connection.alive = true;
    });
    socket.on('close', () => release(connection));
    // A frame that the WebSocket layer itself refuses (too large, not UTF-8, not a frame): it has sent the code.
    socket.on('error', () => {
      if (connection.open) log('info', 'expelled', { connection: connection.id, error: 'protocol-error' });
      release(connection);
      farewells.dismiss(socket, closeCode.policyViolation, 'protocol-error');
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
    const bytes = toBuffer(data);
    if (!comesIn(connection, bytes.length)) return;
    if (isBinary) {
      const error = {
        type: 'binary-frame',
        message: 'This server speaks JSON in text frames only.',
      } as const;
      expel(connection, closeCode.unsupportedData, error);
      return;
    }
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

  /** A ping of the WebSocket layer (RFC 6455, 5.5.2) is a frame like the others: counted, limited, and answered. */
  function onPing(connection: Connection, data: Buffer): void {
    if (!comesIn(connection, data.length)) return;
    if (!budget.allows(connection, data.length, now())) {
      drop(connection, 'slow');
      return;
    }
    connection.socket.pong(data, false, ignoreSendError);
    budget.note(connection);
  }

  /** Whether a frame may be looked at. */
  function comesIn(connection: Connection, bytes: number): boolean {
    if (!connection.open) return false;
    connection.alive = true;
    connection.received += 1;
    count.received += 1;
    count.receivedBytes += bytes;
    if (connection.messages.take(1, now())) return true;
    strike(connection, {
      type: 'rate-limited',
      message: `More than ${limits.messagesPerSecond} frames a second. This frame was not passed on; slow down.`,
    });
    return false;
  }

  function act(connection: Connection, frame: ClientFrame): SignalingError | undefined {
    switch (frame.type) {
      case 'ping':
        send(connection, pong);
        return undefined;
      case 'subscribe':
        return topics.subscribe(connection, frame.topics);
      case 'unsubscribe':
        for (const topic of frame.topics) topics.unsubscribe(connection, topic);
        return undefined;
      case 'publish':
        return publish(connection.address, frame.topic, frame.frame);
    }
  }

  function publish(
    address: Address,
    topic: string,
    frame: Readonly<Record<string, unknown>>,
  ): SignalingError | undefined {
    const subscribers = topics.of(topic);
    if (subscribers.size === 0 && backplane.state() === 'none') return undefined;
    const body = renderBody(frame);
    if (!body)
      return { type: 'malformed-message', message: 'The frame is nested too deeply to be passed on.' };
    if (body.length > limits.hardFrameBytes) {
      // Written out, `1e20` is five times as long: a frame can grow.
      return {
        type: 'frame-too-large',
        message: `Written out the frame has ${body.length} bytes, more than the ${limits.hardFrameBytes} that are passed on.`,
      };
    }
    if (!deliver(address, topic, body)) {
      return {
        type: 'fan-out-limited',
        message: 'Your address sends more than this server passes on. Slow down.',
      };
    }
    backplane.publish(topic, address.name, body);
    return undefined;
  }

  /** To the subscribers here. False when the sender's address has caused too much already. */
  function deliver(address: Address, topic: string, body: Buffer): boolean {
    const subscribers = topics.of(topic);
    const bytes = withClients(body, subscribers.size + backplane.elsewhere(topic));
    if (!address.fanOut.take(bytes.length * Math.max(1, subscribers.size), now())) return false;
    for (const subscriber of subscribers) send(subscriber, bytes);
    return true;
  }

  /** From another instance: its client is counted here like one of ours, under a name that is no address. */
  function onBody(topic: string, sender: string, body: Buffer): void {
    if (!stopped) deliver(addresses.of(`elsewhere ${sender}`, now()), topic, body);
  }

  function send(connection: Connection, bytes: Buffer): void {
    if (!connection.open) return;
    if (!budget.allows(connection, bytes.length, now())) {
      drop(connection, 'slow');
      return;
    }
    count.sent += 1;
    count.sentBytes += bytes.length;
    connection.socket.send(bytes, { binary: false }, ignoreSendError);
    budget.note(connection);
  }

  function refuse(error: SignalingError): void {
    refusals[error.type] = (refusals[error.type] ?? 0) + 1;
  }

  function strike(connection: Connection, error: SignalingError): void {
    if (!connection.strikes.take(1, now())) {
      expel(connection, closeCode.policyViolation, error);
      return;
    }
    refuse(error);
    send(connection, errorFrame(error));
  }

  /** For good: the last error, then the close code with the error's type as its reason. */
  function expel(connection: Connection, code: number, error: SignalingError): void {
    refuse(error);
    log('info', 'expelled', { connection: connection.id, error: error.type });
    send(connection, errorFrame(error));
    release(connection);
    farewells.dismiss(connection.socket, code, error.type);
  }

  function drop(connection: Connection, reason: DropReason): void {
    drops[reason] += 1;
    log('info', 'dropped', { connection: connection.id, reason });
    release(connection);
    // No close frame: it would queue behind what the peer does not read.
    connection.socket.terminate();
  }

  function release(connection: Connection): void {
    if (!connection.open) return;
    connection.open = false;
    topics.release(connection);
    connections.delete(connection);
    budget.forget(connection);
    connection.address.connections -= 1;
    log('debug', 'closed', {
      connection: connection.id,
      connections: connections.size,
      received: connection.received,
      seconds: Math.round((now() - connection.openedAt) / 1000),
    });
  }

  return {
    handleUpgrade(request, socket, head) {
      acceptor.handleUpgrade(request, socket, head, (accepted) => accept(accepted, request));
    },
    stats: () => ({
      connections: connections.size,
      closing: farewells.size,
      topics: topics.size,
      subscriptions: topics.subscriptions,
      addresses: addresses.size,
      buffered: budget.bytes,
      ...count,
      refused: total(refusals),
      refusals: { ...refusals },
      dropped: total(drops),
      drops: { ...drops },
      backplane: { state: backplane.state(), ...backplane.stats() },
    }),
    async close() {
      stopped = true;
      clearInterval(heartbeat);
      const leaving = [...connections];
      const gone = leaving.map(
        ({ socket }) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
      );
      for (const connection of leaving) {
        release(connection);
        farewells.dismiss(connection.socket, closeCode.goingAway, 'server-stopping', true);
      }
      await Promise.all([...gone, backplane.close()]);
      farewells.destroyAll();
    },
  };
}

const pong = Buffer.from(JSON.stringify({ type: 'pong' }));

function errorFrame(error: SignalingError): Buffer {
  return Buffer.from(JSON.stringify({ type: 'error', error }));
}

function tooMany(what: string): SignalingError {
  return {
    type: 'too-many-connections',
    message: `${what}. Try again later, or use another signaling server.`,
  };
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, one) => sum + one, 0);
}

/** A socket that fails while being written to also emits 'close', where it is cleaned up. */
function ignoreSendError(): void {}

function toBuffer(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}
