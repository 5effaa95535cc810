/** Fakes for the net room: a clock that is told the time, a signaling server and pages in this process, and meshes made of them. */
import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';
import {
  toHex,
  type InstanceId,
  type LogId,
  type MemberIndex,
  type NetworkId,
  type VoteKey,
} from '../../src/codec/brand.ts';
import { createMesh, type Mesh } from '../../src/net/mesh/mesh.ts';
import type { DataChannelLike } from '../../src/net/mesh/channel.ts';
import type {
  Clock,
  MeshOptions,
  PagePort,
  SignalingSecret,
  SocketLike,
} from '../../src/net/mesh/options.ts';
import type { CloseReason, Link, PageCommand, PageEvent, TransportStatus } from '../../src/net/types.ts';

export interface TestClock extends Clock {
  /** Runs everything due within `ms`, with all promises settled between. */
  advance(ms: number): Promise<void>;
  /** Advances in small steps until the condition holds; throws after `limit` ms of test time. */
  until(condition: () => boolean, what: string, limit?: number): Promise<void>;
  readonly pending: number;
}

export function createTestClock(): TestClock {
  let now = 1_000;
  let serial = 0;
  // A heap by time, then age; what is cleared stays in it and is passed over.
  const queue: Timer[] = [];
  const live = new Map<number, Timer>();
  const before = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.serial < b.serial);

  function push(timer: Timer): void {
    let at = queue.push(timer) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(timer, queue[parent]!)) break;
      queue[at] = queue[parent]!;
      at = parent;
    }
    queue[at] = timer;
  }

  function pop(): void {
    const last = queue.pop();
    if (last === undefined || queue.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= queue.length) break;
      if (child + 1 < queue.length && before(queue[child + 1]!, queue[child]!)) child += 1;
      if (!before(queue[child]!, last)) break;
      queue[at] = queue[child]!;
      at = child;
    }
    queue[at] = last;
  }

  const clock: TestClock = {
    now: () => now,
    setTimeout(run, delay) {
      serial += 1;
      const timer = { at: now + Math.max(0, delay), serial, run };
      live.set(serial, timer);
      push(timer);
      return serial;
    },
    clearTimeout: (handle) => void live.delete(handle as number),
    get pending() {
      return live.size;
    },
    async advance(ms) {
      const until = now + ms;
      await settle();
      for (let next = queue[0]; next !== undefined && next.at <= until; next = queue[0]) {
        pop();
        if (!live.delete(next.serial)) continue;
        now = Math.max(now, next.at);
        next.run();
        await settle();
      }
      now = until;
    },
    async until(condition, what, limit = 60_000) {
      const end = now + limit;
      await settle();
      while (!condition()) {
        if (now >= end) throw new Error(`not within ${limit} ms: ${what}`);
        await clock.advance(25);
      }
    },
  };
  return clock;
}

interface Timer {
  readonly at: number;
  readonly serial: number;
  readonly run: () => void;
}

/** Lets every promise and microtask in the process come to rest. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 4; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Deterministic bytes; not for keys of anything real. */
export function createRandom(seed: number): (bytes: number) => Uint8Array {
  let state = seed >>> 0 || 1;
  return (bytes) =>
    Uint8Array.from({ length: bytes }, () => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return state & 0xff;
    });
}

// ---- signaling ----

export interface FakeSocket extends SocketLike {
  readonly sent: string[];
  readonly url: string;
  closed: boolean;
  readonly topics: ReadonlySet<string>;
  /** From the server. */
  deliver(data: unknown): void;
}

export interface FakeHub {
  createSocket(url: string): FakeSocket;
  /** URLs that do not answer. */
  readonly dead: Set<string>;
  readonly sockets: Set<FakeSocket>;
  /** Closes every socket of a URL, as a server that goes away. */
  kill(url: string): void;
  readonly frames: string[];
}

export function createHub(): FakeHub {
  const hub: FakeHub = {
    dead: new Set(),
    sockets: new Set(),
    frames: [],
    kill(url) {
      hub.dead.add(url);
      for (const socket of hub.sockets) if (socket.url === url) drop(socket);
    },
    createSocket(url) {
      if (!/^wss?:/.test(url)) throw new SyntaxError('not a WebSocket URL');
      const topics = new Set<string>();
      const socket: FakeSocket = {
        url,
        topics,
        sent: [],
        closed: false,
        onopen: null,
        onmessage: null,
        onclose: null,
        onerror: null,
        deliver: (data) => socket.onmessage?.({ data }),
        send(text) {
          if (socket.closed) throw new Error('closed');
          socket.sent.push(text);
          hub.frames.push(text);
          const frame = JSON.parse(text) as { type: string; topic?: string; topics?: string[] };
          if (frame.type === 'subscribe') for (const topic of frame.topics ?? []) topics.add(topic);
          if (frame.type === 'ping') queueMicrotask(() => socket.deliver('{"type":"pong"}'));
          if (frame.type === 'publish') {
            for (const other of hub.sockets) {
              if (other.url === url && other.topics.has(frame.topic ?? ''))
                queueMicrotask(() => other.deliver(text));
            }
          }
        },
        close() {
          socket.closed = true;
          hub.sockets.delete(socket);
        },
      };
      queueMicrotask(() => {
        if (hub.dead.has(url)) return void socket.onerror?.();
        if (socket.closed) return;
        hub.sockets.add(socket);
        socket.onopen?.();
      });
      return socket;
    },
  };
  function drop(socket: FakeSocket): void {
    socket.closed = true;
    hub.sockets.delete(socket);
    socket.onclose?.();
  }
  return hub;
}

/** Not encryption: a tag that a stranger does not know. */
export function fakeSecret(secret: string, topic = 'topic-of-the-network'): SignalingSecret {
  const tag = new TextEncoder().encode(secret);
  return {
    topic,
    encrypt: async (plain) => Uint8Array.from([...tag, ...plain]),
    decrypt: async (sealed) => (tag.every((b, i) => sealed[i] === b) ? sealed.slice(tag.length) : null),
  };
}

// ---- channels ----

export interface FakeChannel extends DataChannelLike {
  readyState: 'connecting' | 'open' | 'closed';
  bufferedAmount: number;
  other: FakeChannel | null;
  readonly sent: Uint8Array[];
  /** Frames stay in the buffer while true. */
  stalled: boolean;
  /** Frames vanish while true: a cut line of which nobody is told. */
  cut: boolean;
  open(): void;
  flush(): void;
}

export function createChannel(): FakeChannel {
  const waiting: Uint8Array[] = [];
  const emit = (name: 'onopen' | 'onmessage' | 'onclose' | 'onbufferedamountlow', event: unknown): void =>
    (channel[name] as ((event: unknown) => void) | null)?.(event);
  const channel: FakeChannel = {
    readyState: 'connecting',
    bufferedAmount: 0,
    bufferedAmountLowThreshold: 0,
    binaryType: 'blob',
    onopen: null,
    onmessage: null,
    onclose: null,
    onerror: null,
    onbufferedamountlow: null,
    other: null,
    sent: [],
    stalled: false,
    cut: false,
    open() {
      channel.readyState = 'open';
      emit('onopen', {});
    },
    send(data) {
      if (channel.readyState !== 'open') throw new Error('InvalidStateError');
      const bytes = new Uint8Array(data as ArrayBuffer).slice();
      channel.sent.push(bytes);
      waiting.push(bytes);
      channel.bufferedAmount += bytes.length;
      queueMicrotask(() => {
        if (!channel.stalled) channel.flush();
      });
    },
    flush() {
      for (const bytes of waiting.splice(0)) {
        channel.bufferedAmount -= bytes.length;
        const other = channel.other;
        if (channel.cut || other === null || other.readyState !== 'open') continue;
        (other.onmessage as ((event: unknown) => void) | null)?.({ data: bytes.buffer });
      }
      if (channel.bufferedAmount === 0) emit('onbufferedamountlow', {});
    },
    close() {
      if (channel.readyState === 'closed') return;
      channel.readyState = 'closed';
      channel.flush();
      const other = channel.other;
      queueMicrotask(() => {
        emit('onclose', {});
        if (other !== null && !channel.cut && other.readyState !== 'closed') {
          other.readyState = 'closed';
          (other.onclose as ((event: unknown) => void) | null)?.({});
        }
      });
    },
  };
  return channel;
}

// ---- pages ----

interface FakeConnection {
  readonly key: number;
  readonly page: FakePage;
  readonly peer: string;
  readonly initiator: boolean;
  readonly fingerprint: string;
  readonly channel: FakeChannel;
  remote: FakeConnection | null;
}

export interface FakePage extends PagePort {
  readonly commands: PageCommand[];
  readonly connections: Map<string, FakeConnection>;
  emit(event: PageEvent): void;
}

export interface FakeNet {
  createPage(): FakePage;
  /** What a page reports as the other end's fingerprint: a stranger in the middle changes it. */
  intercept: (remote: string) => string;
  /** Connections that never come up. */
  blocked: boolean;
}

export function createNet(): FakeNet {
  const all = new Map<number, FakeConnection>();
  let serial = 0;
  const net: FakeNet = { createPage, intercept: (remote) => remote, blocked: false };

  function createPage(): FakePage {
    const page: FakePage = {
      commands: [],
      connections: new Map(),
      onmessage: null,
      emit: (event) => queueMicrotask(() => page.onmessage?.({ data: event })),
      postMessage(command) {
        page.commands.push(command);
        if (command.type === 'open') open(page, command);
        if (command.type === 'close') close(page, command.peer);
        if (command.type === 'signal')
          signal(page, command.peer, command.data as { type: string; sdp?: string });
      },
    };
    return page;
  }

  function open(page: FakePage, command: Extract<PageCommand, { type: 'open' }>): void {
    const { peer, initiator } = command;
    const key = ++serial;
    const connection: FakeConnection = {
      key,
      page,
      peer,
      initiator,
      fingerprint: key.toString(16).padStart(64, '0'),
      channel: createChannel(),
      remote: null,
    };
    all.set(key, connection);
    page.connections.set(peer, connection);
    page.emit({
      type: 'channel',
      peer,
      channel: connection.channel as unknown as RTCDataChannel,
      port: null,
    });
    if (initiator) page.emit({ type: 'signal', peer, data: { type: 'offer', sdp: String(key) } });
    if (initiator) page.emit({ type: 'gathered', peer });
  }

  function signal(page: FakePage, peer: string, data: { type: string; sdp?: string }): void {
    const connection = page.connections.get(peer);
    if (connection === undefined || data.type === 'candidate') return;
    const remote = all.get(Number(data.sdp));
    if (remote === undefined) return page.emit({ type: 'closed', peer, detail: 'bad description' });
    connection.remote = remote;
    if (data.type === 'offer') {
      page.emit({ type: 'signal', peer, data: { type: 'answer', sdp: String(connection.key) } });
      page.emit({
        type: 'signal',
        peer,
        data: { type: 'candidate', candidate: { candidate: 'c', sdpMid: '0', sdpMLineIndex: 0 } },
      });
      page.emit({ type: 'gathered', peer });
      return;
    }
    if (net.blocked) return;
    for (const [one, other] of [
      [connection, remote],
      [remote, connection],
    ] as const) {
      one.channel.other = other.channel;
      one.page.emit({
        type: 'connected',
        peer: one.peer,
        localFingerprint: one.fingerprint,
        remoteFingerprint: net.intercept(other.fingerprint),
      });
    }
    queueMicrotask(() => {
      connection.channel.open();
      remote.channel.open();
    });
  }

  function close(page: FakePage, peer: string): void {
    const connection = page.connections.get(peer);
    page.connections.delete(peer);
    connection?.channel.close();
    if (connection !== undefined) all.delete(connection.key);
  }

  return net;
}

// ---- meshes ----

export interface TestMember {
  readonly seed: Uint8Array;
  readonly voteKey: VoteKey;
  readonly logId: LogId;
}

export function createMember(index: number): TestMember {
  const seed = new Uint8Array(32).fill(index + 1);
  return {
    seed,
    voteKey: toHex(ed25519.getPublicKey(seed)) as VoteKey,
    logId: (index + 1).toString(16).padStart(32, '0') as LogId,
  };
}

/** Of the platform: hundreds of members who shake hands with noble's cost a test its time. */
export const verifier: MeshOptions['ed25519'] = {
  async verify(publicKey, message, signature) {
    try {
      return verify(null, message, publicKeyOf(publicKey), signature);
    } catch {
      return false;
    }
  },
};

export function signerOf(member: TestMember): MeshOptions['signer'] {
  // PrivateKeyInfo of RFC 8410 section 7, up to the seed.
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), member.seed]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return { signEd25519: async (message) => new Uint8Array(sign(null, message, key)) };
}

function publicKeyOf(hex: string): KeyObject {
  let key = publicKeys.get(hex);
  if (key === undefined) {
    // SubjectPublicKeyInfo, up to the key.
    const der = Buffer.from(`302a300506032b6570032100${hex}`, 'hex');
    key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    publicKeys.set(hex, key);
  }
  return key;
}

const publicKeys = new Map<string, KeyObject>();

export const NETWORK = 'ab'.repeat(32) as NetworkId;
export const URL_ONE = 'ws://one.test/signal';
export const URL_TWO = 'ws://two.test/signal';

export interface Observed {
  readonly mesh: Mesh;
  readonly page: FakePage;
  readonly sockets: FakeSocket[];
  /** To members. */
  readonly links: Map<MemberIndex, Link>;
  /** To devices, open now. */
  deviceLinks: readonly Link[];
  readonly unlinks: { readonly link: Link; readonly reason: CloseReason }[];
  readonly messages: { readonly from: MemberIndex; readonly bytes: Uint8Array }[];
  readonly twins: { readonly instance: InstanceId; readonly toldBy: MemberIndex }[];
  status: TransportStatus | null;
  /** How often a status was told. */
  reports: number;
  /** More than one link to one member at a time would be a bug. */
  doubleLinks: number;
}

export interface Cluster {
  readonly clock: TestClock;
  readonly hub: FakeHub;
  readonly net: FakeNet;
  readonly members: readonly TestMember[];
  readonly nodes: Observed[];
  /** One more start of a member, or a stranger, depending on what is overridden. */
  add(index: number, overrides?: Partial<MeshOptions>): Observed;
  linked(indexes?: readonly number[]): boolean;
  /** As SIGKILL does it: no good-bye, nobody is told, nothing of it runs on. */
  kill(index: number): void;
}

export function createCluster(size: number, options: { start?: boolean } = {}): Cluster {
  const clock = createTestClock();
  const hub = createHub();
  const net = createNet();
  const members = Array.from({ length: size }, (_, i) => createMember(i));
  let starts = 0;
  const cluster: Cluster = {
    clock,
    hub,
    net,
    members,
    nodes: [],
    add(index, overrides = {}) {
      starts += 1;
      const member = members[index] ?? createMember(index);
      const random = createRandom(starts * 7919 + index);
      const page = net.createPage();
      const observed: Omit<Observed, 'mesh'> = {
        page,
        sockets: [],
        links: new Map(),
        deviceLinks: [],
        unlinks: [],
        messages: [],
        twins: [],
        status: null,
        reports: 0,
        doubleLinks: 0,
      };
      const mesh = createMesh({
        network: NETWORK,
        self: {
          member: index as MemberIndex,
          voteKey: member.voteKey,
          logId: member.logId,
          instance: toHex(random(16)) as InstanceId,
        },
        members,
        signer: signerOf(member),
        ed25519: verifier,
        signalingSecret: fakeSecret('join secret'),
        signalingUrls: [URL_ONE],
        iceServers: [],
        pagePort: page,
        clock,
        random,
        createSocket(url) {
          const socket = hub.createSocket(url);
          observed.sockets.push(socket);
          return socket;
        },
        onTwin: (instance, toldBy) => void observed.twins.push({ instance, toldBy }),
        ...overrides,
      });
      const node: Observed = Object.assign(observed, { mesh });
      mesh.start({
        onLink(link) {
          const { device } = link;
          if (device) {
            if (node.deviceLinks.some((other) => other.device?.device === device.device))
              node.doubleLinks += 1;
            node.deviceLinks = [...node.deviceLinks, link];
            return;
          }
          if (node.links.has(link.member)) node.doubleLinks += 1;
          node.links.set(link.member, link);
        },
        onUnlink(link, reason) {
          if (node.links.get(link.member)?.id === link.id) node.links.delete(link.member);
          node.deviceLinks = node.deviceLinks.filter((other) => other.id !== link.id);
          node.unlinks.push({ link, reason });
        },
        onMessage: (link, bytes) => void node.messages.push({ from: link.member, bytes }),
        onStatus: (status) => {
          node.status = status;
          node.reports += 1;
        },
      });
      return node;
    },
    kill(index) {
      const node = cluster.nodes[index];
      if (node === undefined) return;
      for (const c of node.page.connections.values()) {
        c.channel.cut = true;
        if (c.channel.other) c.channel.other.cut = true;
      }
      node.page.onmessage = null;
      for (const socket of node.sockets) {
        hub.sockets.delete(socket);
        socket.closed = true;
      }
      node.mesh.stop();
    },
    linked(indexes = members.map((_, i) => i)) {
      return indexes.every((i) =>
        indexes.every((j) => i === j || cluster.nodes[i]?.links.has(j as MemberIndex) === true),
      );
    },
  };
  if (options.start !== false) members.forEach((_, i) => cluster.nodes.push(cluster.add(i)));
  return cluster;
}
