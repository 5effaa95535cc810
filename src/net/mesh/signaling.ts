/**
 * Signaling servers, several at once, spoken to in the y-webrtc protocol (JSON text frames): `subscribe` {topics}, `publish` {topic, data},
 * `ping` answered by `pong`. A publish comes back to its sender too. `data` is a sealed message in base64 (messages.ts); whatever
 * else is in a frame is ignored, and a frame that is not understood is dropped: a server cannot do more than stay silent. One that says
 * `error` because it has no room for a topic is asked once more without the inbox, and then left for a while.
 */
import type { MemberIndex } from '../../codec/brand.ts';
import {
  FORMER_FRAMES_BURST,
  FORMER_FRAMES_PER_SECOND,
  MAX_SIGNALING_BACKLOG,
  MAX_SIGNALING_FRAME,
  MAX_SIGNALING_URLS,
  SIGNALING_BURST,
  SIGNALING_CHECK_MS,
  SIGNALING_CONNECT_MS,
  SIGNALING_DEAD_MS,
  SIGNALING_FRAMES_PER_SECOND,
  SIGNALING_PING_MS,
  SIGNALING_RETRY_FIRST_MS,
  SIGNALING_RETRY_MAX_MS,
  SIGNALING_STABLE_MS,
} from '../limits.ts';
import type { Diagnosis, SignalingStatus } from '../types.ts';
import { diagnoseServer, UNKNOWN_SURROUNDINGS, type Surroundings } from './diagnosis.ts';
import type { Clock, SocketLike } from './options.ts';
import { backoff, createTokenBucket, type Random } from './pace.ts';

export interface SignalingOptions {
  readonly topic: string;
  /** Listened to as well, as `topic` is: what is for this start alone comes there. */
  readonly inbox?: string;
  /** Listened to as well, with a small rate of their own. */
  readonly formerTopics?: readonly string[];
  readonly clock: Clock;
  readonly random: Random;
  readonly createSocket: (url: string) => SocketLike;
  /** A sealed message, from whichever server brought it. */
  readonly onSealed: (sealed: Uint8Array, topic: string) => void;
  /** One more server listens, or one has no room for the inbox: announce. */
  readonly onOpen: () => void;
  readonly onStatus: () => void;
  /** For the words of a failure; unknown unless given. */
  readonly surroundings?: () => Surroundings;
}

/** An address that another member uses. */
export interface Hint {
  readonly url: string;
  readonly member: MemberIndex | null;
}

export interface Signaling {
  /**
   * Replaces the list; servers on both lists keep their sockets. At most MAX_SIGNALING_URLS are used, the own ones first. `hints` are
   * what other members use.
   */
  setUrls(urls: readonly string[], hints?: readonly Hint[]): void;
  /** To every open server, on `topic` or another one. False when none is open; unless it is for a former topic it then waits for one. */
  publish(sealed: Uint8Array, topic?: string): boolean;
  /** Dials what waits now: the network is back. */
  kick(): void;
  /** The machine slept or changed its network: sockets that look open are asked, and dialled anew when they do not answer. */
  check(): void;
  setDown(down: boolean): void;
  readonly open: number;
  /** What is published on the inbox is heard, as far as is known: no open server has refused it. */
  readonly hearsInbox: boolean;
  statuses(): readonly SignalingStatus[];
}

export function createSignaling(options: SignalingOptions): Signaling {
  let servers: readonly Server[] = [];
  let hinted: ReadonlyMap<string, Hint> = new Map();
  let down = true;
  let backlog: { readonly sealed: Uint8Array; readonly topic: string }[] = [];

  const hooks: ServerOptions = {
    ...options,
    isHinted: (url) => hinted.has(url),
    onOpen() {
      const waiting = backlog;
      backlog = [];
      for (const { sealed, topic } of waiting) publish(sealed, topic);
      options.onOpen();
    },
  };

  function publish(sealed: Uint8Array, topic: string): boolean {
    const frame = JSON.stringify({ type: 'publish', topic, data: toBase64(sealed) });
    let any = false;
    for (const server of servers) any = server.send(frame) || any;
    return any;
  }

  return {
    setUrls(urls, hints = []) {
      const own = new Set(urls);
      hinted = new Map(hints.filter((hint) => !own.has(hint.url)).map((hint) => [hint.url, hint]));
      const wanted = [...own, ...hinted.keys()].slice(0, MAX_SIGNALING_URLS);
      for (const server of servers) if (!wanted.includes(server.url)) server.stop();
      servers = wanted.map((url) => servers.find((s) => s.url === url) ?? createServer(url, hooks));
      if (!down) for (const server of servers) server.start();
      options.onStatus();
    },
    publish(sealed, topic = options.topic) {
      if (publish(sealed, topic)) return true;
      if (options.formerTopics?.includes(topic)) return false;
      if (!down && servers.length > 0)
        backlog = [...backlog, { sealed, topic }].slice(-MAX_SIGNALING_BACKLOG);
      return false;
    },
    kick() {
      for (const server of servers) server.kick();
    },
    check() {
      for (const server of servers) server.check();
    },
    setDown(next) {
      down = next;
      backlog = [];
      for (const server of servers) {
        if (down) server.stop();
        else server.start();
      }
      options.onStatus();
    },
    get open() {
      return servers.filter((s) => s.status().state === 'open').length;
    },
    get hearsInbox() {
      return options.inbox !== undefined && !servers.some((server) => server.refusesInbox);
    },
    statuses: () =>
      servers.map((server) => {
        const hint = hinted.get(server.url);
        if (hint === undefined) return { ...server.status(), source: 'own' };
        const { member } = hint;
        return { ...server.status(), source: 'hint', ...(member === null ? {} : { hintedBy: member }) };
      }),
  };
}

interface Server {
  readonly url: string;
  start(): void;
  stop(): void;
  kick(): void;
  check(): void;
  send(frame: string): boolean;
  /** Open, and without room for the inbox. */
  readonly refusesInbox: boolean;
  status(): Omit<SignalingStatus, 'source' | 'hintedBy'>;
}

interface ServerOptions extends SignalingOptions {
  /** It is used because another member does. */
  isHinted(url: string): boolean;
}

function createServer(url: string, options: ServerOptions): Server {
  const { clock, topic, inbox, formerTopics = [] } = options;
  const own = inbox === undefined ? [topic] : [topic, inbox];
  const optional = (inbox === undefined ? 0 : 1) + (formerTopics.length > 0 ? 1 : 0);
  const topics: ReadonlySet<string> = new Set([...own, ...formerTopics]);
  const quoted = formerTopics.map((one) => JSON.stringify(one));
  let state: SignalingStatus['state'] = 'off';
  let detail: string | undefined = 'Not connected, because this replica is offline.';
  let diagnosis: Diagnosis | undefined;
  let socket: SocketLike | null = null;
  let timer: unknown = null;
  let failures = 0;
  let openedAt = 0;
  let heardAt = 0;
  /** Since it is open: so many of our topics it had no room for. */
  let refusals = 0;
  let bucket = createTokenBucket(clock, SIGNALING_BURST, SIGNALING_FRAMES_PER_SECOND);
  const formerBucket = createTokenBucket(clock, FORMER_FRAMES_BURST, FORMER_FRAMES_PER_SECOND);

  function become(next: SignalingStatus['state'], why?: string, cause?: Diagnosis): void {
    state = next;
    detail = why;
    diagnosis = cause;
    options.onStatus();
  }

  function setTimer(run: () => void, delay: number): void {
    clearTimer();
    timer = clock.setTimeout(() => {
      timer = null;
      run();
    }, delay);
  }

  function clearTimer(): void {
    if (timer !== null) clock.clearTimeout(timer);
    timer = null;
  }

  function dial(): void {
    let next: SocketLike;
    try {
      next = options.createSocket(url);
    } catch {
      // The constructor throws for a URL that is not a WebSocket's, or that the page's policy forbids: time mends neither.
      become(
        'failed',
        `${url} cannot be used as a signaling server. Correct it in the settings (it starts with ws:// or wss://).`,
        diagnoseServer(url, options.surroundings?.() ?? UNKNOWN_SURROUNDINGS, true),
      );
      return;
    }
    socket = next;
    become('connecting', `Connecting to ${url}.`);
    setTimer(() => drop(next, 'did not answer'), SIGNALING_CONNECT_MS);
    next.onopen = () => {
      if (socket !== next) return;
      openedAt = heardAt = clock.now();
      refusals = 0;
      bucket = createTokenBucket(clock, SIGNALING_BURST, SIGNALING_FRAMES_PER_SECOND);
      // Apart: a server takes all topics of a frame or none, and only the first cannot be done without.
      subscribe(next, [topic]);
      if (inbox !== undefined) subscribe(next, [inbox]);
      if (formerTopics.length > 0) subscribe(next, formerTopics);
      become('open');
      setTimer(() => beat(next), SIGNALING_PING_MS);
      options.onOpen();
    };
    next.onmessage = (event) => {
      if (socket === next) receive(event.data);
    };
    next.onclose = () => drop(next, state === 'open' ? 'closed the connection' : 'cannot be reached');
    next.onerror = () => drop(next, 'cannot be reached');
  }

  function subscribe(current: SocketLike, names: readonly string[]): void {
    write(current, JSON.stringify({ type: 'subscribe', topics: names }));
  }

  /** It does not say which of the topics it has no room for. The one of today stands if it has nothing to say against that alone. */
  function refused(current: SocketLike): void {
    refusals++;
    // A server that only another member uses would send everybody's introductions to the topic that all hear.
    if (refusals > optional || options.isHinted(url)) return drop(current, 'has no room for this network');
    subscribe(current, [topic]);
    options.onOpen();
  }

  function beat(current: SocketLike): void {
    if (clock.now() - heardAt >= SIGNALING_DEAD_MS) return drop(current, 'went silent');
    write(current, JSON.stringify({ type: 'ping' }));
    setTimer(() => beat(current), SIGNALING_PING_MS);
  }

  function receive(data: unknown): void {
    heardAt = clock.now();
    if (typeof data !== 'string' || data.length > MAX_SIGNALING_FRAME) return;
    // Before it is parsed: who was removed still has a former topic, and must not use up what members need.
    const isFormer = quoted.some((one) => data.includes(one));
    const pace = isFormer ? formerBucket : bucket;
    if (!pace.take()) return;
    const frame = parseFrame(data, topics);
    if (frame === 'no-room' && socket !== null) refused(socket);
    else if (frame !== null && frame !== 'no-room') options.onSealed(frame.sealed, frame.topic);
  }

  function drop(current: SocketLike, what: string): void {
    if (socket !== current) return;
    const lived = state === 'open' && clock.now() - openedAt >= SIGNALING_STABLE_MS;
    release();
    failures = lived ? 1 : failures + 1;
    const wait = backoff(failures, SIGNALING_RETRY_FIRST_MS, SIGNALING_RETRY_MAX_MS, options.random);
    setTimer(dial, wait);
    become(
      'waiting',
      `${url} ${what}. The next attempt is in ${Math.max(1, Math.round(wait / 1000))} s.`,
      diagnoseServer(url, options.surroundings?.() ?? UNKNOWN_SURROUNDINGS, false),
    );
  }

  function release(): void {
    clearTimer();
    const old = socket;
    socket = null;
    if (old === null) return;
    old.onopen = old.onmessage = old.onclose = old.onerror = null;
    // Some sockets report through onerror what happens when they are closed while they connect.
    old.onerror = () => undefined;
    try {
      old.close();
    } catch {
      // Already gone.
    }
  }

  function write(current: SocketLike, frame: string): boolean {
    try {
      current.send(frame);
      return true;
    } catch {
      return false;
    }
  }

  return {
    url,
    start() {
      if (socket === null && timer === null && state !== 'failed') dial();
    },
    stop() {
      release();
      failures = 0;
      become('off', 'Not connected, because this replica is offline.');
    },
    kick() {
      if (state !== 'waiting') return;
      clearTimer();
      dial();
    },
    check() {
      const current = socket;
      if (state !== 'open' || current === null) return;
      const askedAt = clock.now();
      write(current, JSON.stringify({ type: 'ping' }));
      setTimer(() => {
        if (heardAt < askedAt) drop(current, 'went silent');
        else beat(current);
      }, SIGNALING_CHECK_MS);
    },
    send: (frame) => state === 'open' && socket !== null && write(socket, frame),
    get refusesInbox() {
      return state === 'open' && refusals > 0;
    },
    status: () => ({
      url,
      state,
      ...(detail === undefined ? {} : { detail }),
      ...(diagnosis === undefined ? {} : { diagnosis }),
    }),
  };
}

/** `no-room`: the server has refused a topic. Null: nothing that concerns us. */
function parseFrame(
  text: string,
  topics: ReadonlySet<string>,
): { readonly sealed: Uint8Array; readonly topic: string } | 'no-room' | null {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return null;
  }
  if (frame === null || typeof frame !== 'object') return null;
  const { type, topic, data, error } = frame as Readonly<Record<string, unknown>>;
  if (type === 'error') return isNoRoom(error) ? 'no-room' : null;
  if (type !== 'publish' || typeof topic !== 'string' || !topics.has(topic)) return null;
  const sealed = typeof data === 'string' ? fromBase64(data) : null;
  return sealed && { sealed, topic };
}

const NO_ROOM: readonly unknown[] = ['too-many-topics', 'topic-full', 'topic-name-too-long'];

const isNoRoom = (error: unknown): boolean =>
  error !== null && typeof error === 'object' && NO_ROOM.includes((error as { type?: unknown }).type);

function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

function fromBase64(text: string): Uint8Array | null {
  let binary: string;
  try {
    binary = atob(text);
  } catch {
    return null;
  }
  // Everybody on the topic opens every message: a loop is ten times as fast as Uint8Array.from with a function.
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
