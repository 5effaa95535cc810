/**
 * Signaling servers, several at once, spoken to in the y-webrtc protocol (JSON text frames): `subscribe` {topics}, `publish` {topic, data},
 * `ping` answered by `pong`. A publish comes back to its sender too. `data` is a sealed message in base64 (messages.ts); whatever
 * else is in a frame is ignored, and a frame that is not understood is dropped: a server cannot do more than stay silent. One that says
 * `error` because it has no room for the network's topic is left for a while.
 *
 * Where a server takes a topic for one start of a member alone, its inbox, a frame of one's own comes back on it. Until that has come, what is for one
 * member goes through that server to all, whatever the reason: full, names too long for it, or of a kind that nobody thought of. Answers are taken to come
 * in the order of their questions: a pong says that nothing comes any more of what was asked before its ping.
 */
import type { MemberIndex } from '../../codec/brand.ts';
import {
  FORMER_FRAMES_BURST,
  FORMER_FRAMES_PER_SECOND,
  INBOX_PATIENCE_MS,
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
  /** One more server listens, and has said whether it has the inbox or has had its time; or what is known of inboxes has changed: announce. */
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
  /**
   * To every open server, on `topic` or another one; where inboxes are heard, on `inbox` instead. False when none is open; unless it is for a
   * former topic it then waits for one.
   */
  publish(sealed: Uint8Array, topic?: string, inbox?: string): boolean;
  /** Dials what waits now: the network is back. */
  kick(): void;
  /** The machine slept or changed its network: sockets that look open are asked, and dialled anew when they do not answer. */
  check(): void;
  setDown(down: boolean): void;
  readonly open: number;
  /** A server is open, and has said whether it has the inbox or has had its time. Until then announcing is too early. */
  readonly isReady: boolean;
  /**
   * What is published on the inbox is heard: an own server gave it back, and none that is open has said in time that it has none. One that is used because
   * another member does has no say while there are others, or whoever tells of one that is full would have everybody's introductions sent to all.
   */
  readonly hearsInbox: boolean;
  statuses(): readonly SignalingStatus[];
}

export function createSignaling(options: SignalingOptions): Signaling {
  let servers: readonly Server[] = [];
  let hinted: ReadonlyMap<string, Hint> = new Map();
  let down = true;
  /** Of the inbox, as it was when there was last a reason to announce. */
  let claimed = false;
  let backlog: { readonly sealed: Uint8Array; readonly topic: string; readonly inbox?: string }[] = [];

  const hooks: ServerOptions = {
    ...options,
    onListening() {
      const waiting = backlog;
      backlog = [];
      for (const { sealed, topic, inbox } of waiting) publish(sealed, topic, inbox);
    },
    onOpen() {
      claimed = hearsInbox();
      options.onOpen();
    },
    onInbox: tellClaim,
    onStatus() {
      options.onStatus();
      tellClaim();
    },
  };

  /** What others were told of the inbox is not so any more, and there is a server to say it through. */
  function tellClaim(): void {
    if (!down && servers.some((server) => server.isReady) && hearsInbox() !== claimed) hooks.onOpen();
  }

  function hearsInbox(): boolean {
    const listening = servers.filter((server) => server.isReady);
    // One that says nothing has no say.
    const own = listening.filter(
      (server) => !hinted.has(server.url) && (server.hearsInbox || server.lacksInbox),
    );
    const asked = own.length > 0 ? own : listening;
    return asked.some((server) => server.hearsInbox) && !asked.some((server) => server.lacksInbox);
  }

  function publish(sealed: Uint8Array, topic: string, inbox?: string): boolean {
    const data = toBase64(sealed);
    let any = false;
    for (const server of servers) {
      const to = inbox !== undefined && server.hearsInbox ? inbox : topic;
      any = server.send(JSON.stringify({ type: 'publish', topic: to, data })) || any;
    }
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
      hooks.onStatus();
    },
    publish(sealed, topic = options.topic, inbox) {
      if (publish(sealed, topic, inbox)) return true;
      if (options.formerTopics?.includes(topic)) return false;
      if (!down && servers.length > 0)
        backlog = [...backlog, { sealed, topic, ...(inbox === undefined ? {} : { inbox }) }].slice(
          -MAX_SIGNALING_BACKLOG,
        );
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
    get isReady() {
      return servers.some((server) => server.isReady);
    },
    get hearsInbox() {
      return hearsInbox();
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
  /** Open, and announced through. */
  readonly isReady: boolean;
  /** Since it is open it gave back what was published on the inbox. */
  readonly hearsInbox: boolean;
  /** It answers, and has not given it back. */
  readonly lacksInbox: boolean;
  status(): Omit<SignalingStatus, 'source' | 'hintedBy'>;
}

interface ServerOptions extends SignalingOptions {
  /** What has waited may go. */
  onListening(): void;
  /** Whether it has the inbox is known: all that was asked when it opened has been answered. */
  onInbox(): void;
}

function createServer(url: string, options: ServerOptions): Server {
  const { clock, topic, inbox, formerTopics = [] } = options;
  const topics: ReadonlySet<string> = new Set([
    topic,
    ...(inbox === undefined ? [] : [inbox]),
    ...formerTopics,
  ]);
  const quoted = formerTopics.map((one) => JSON.stringify(one));
  let state: SignalingStatus['state'] = 'off';
  let detail: string | undefined = 'Not connected, because this replica is offline.';
  let diagnosis: Diagnosis | undefined;
  let socket: SocketLike | null = null;
  let timer: unknown = null;
  let failures = 0;
  let openedAt = 0;
  let heardAt = 0;
  // Since it is open. After the first pong nothing is said of `topic` any more, after the second nothing of `inbox`.
  let pongs = 0;
  let hearsInbox = false;
  let announced = false;
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
      pongs = 0;
      hearsInbox = announced = false;
      bucket = createTokenBucket(clock, SIGNALING_BURST, SIGNALING_FRAMES_PER_SECOND);
      // Apart: a server takes all topics of a frame or none, and only the first cannot be done without.
      subscribe(next, [topic]);
      write(next, PING);
      if (inbox !== undefined) {
        subscribe(next, [inbox]);
        write(next, JSON.stringify({ type: 'publish', topic: inbox, data: '' }));
        write(next, PING);
      }
      if (formerTopics.length > 0) subscribe(next, formerTopics);
      become('open');
      options.onListening();
      if (inbox === undefined) announce(next);
      else setTimer(() => announce(next), INBOX_PATIENCE_MS);
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

  /** Once for each time that it opens. */
  function announce(current: SocketLike): void {
    setTimer(() => beat(current), SIGNALING_PING_MS);
    announced = true;
    options.onOpen();
  }

  function beat(current: SocketLike): void {
    if (clock.now() - heardAt >= SIGNALING_DEAD_MS) return drop(current, 'went silent');
    write(current, PING);
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
    if (frame === null || socket === null) return;
    if (frame === 'pong') {
      pongs++;
      if (pongs > 1 && !announced) announce(socket);
      else if (pongs === 2) options.onInbox();
    } else if (frame === 'no-room') {
      if (pongs === 0) drop(socket, 'has no room for this network');
    } else {
      if (frame.topic === inbox && !hearsInbox) {
        hearsInbox = true;
        if (announced) options.onOpen();
        else announce(socket);
      }
      // Our own to ourselves has nothing in it.
      if (frame.sealed.length > 0) options.onSealed(frame.sealed, frame.topic);
    }
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
      // One that has just opened is being asked already.
      if (state !== 'open' || current === null || !announced) return;
      const askedAt = clock.now();
      write(current, PING);
      setTimer(() => {
        if (heardAt < askedAt) drop(current, 'went silent');
        else beat(current);
      }, SIGNALING_CHECK_MS);
    },
    send: (frame) => state === 'open' && socket !== null && write(socket, frame),
    get isReady() {
      return state === 'open' && announced;
    },
    get hearsInbox() {
      return state === 'open' && hearsInbox;
    },
    get lacksInbox() {
      return state === 'open' && pongs > 1 && !hearsInbox;
    },
    status: () => ({
      url,
      state,
      ...(detail === undefined ? {} : { detail }),
      ...(diagnosis === undefined ? {} : { diagnosis }),
    }),
  };
}

const PING = JSON.stringify({ type: 'ping' });

/** `no-room`: the server has refused a topic. Null: nothing that concerns us. */
function parseFrame(
  text: string,
  topics: ReadonlySet<string>,
): { readonly sealed: Uint8Array; readonly topic: string } | 'no-room' | 'pong' | null {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return null;
  }
  if (frame === null || typeof frame !== 'object') return null;
  const { type, topic, data, error } = frame as Readonly<Record<string, unknown>>;
  if (type === 'pong') return 'pong';
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
