/**
 * Several instances of the server under one name, joined by Redis pub/sub (`REDIS_URL`). A topic with subscribers here is
 * a channel that this instance hears; a body goes to the channel, and every instance adds the number of clients that it
 * knows. Nothing is stored in Redis.
 *
 * - One connection both subscribes and publishes (RESP3, Redis 6 or newer), so what is published after a subscription
 *   cannot be answered before the subscription holds.
 * - Each connection to Redis is a client of its own, which starts with all subscriptions of that moment: nothing has to
 *   be repaired after a loss.
 * - Redis down, at the start or later: clients of this instance go on with one another, and Redis is tried again.
 *
 * Invariant: while `link` is up, the channels it was told to hear are those of `here`.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { createClient } from '@redis/client';
import type { Backplane, OnBody } from './backplane.ts';
import { decodeEnvelope, encodeEnvelope } from './envelope.ts';
import type { Envelope } from './envelope.ts';
import type { Limits } from './limits.ts';
import type { Log } from './log.ts';

export interface RedisOptions {
  /** `redis://` or `rediss://`, with user and password if there are any. */
  readonly url: string;
  readonly limits: Limits;
  readonly log: Log;
  readonly onBody: OnBody;
}

interface Topic {
  readonly name: string;
  /** Subscribers at this instance. */
  count: number;
  /** Subscribers at others, by instance. */
  readonly others: Map<string, number>;
}

interface Link {
  subscribe(channels: readonly string[]): void;
  unsubscribe(channels: readonly string[]): void;
  publish(channel: string, envelope: Envelope): boolean;
  /** Resolves when everything sent so far was answered, or the link is cut. */
  settled(): Promise<void>;
  cut(): void;
}

const PREFIX = 'countersign:';
const EVERYBODY = `${PREFIX}instances`;

export function createRedisBackplane({ url, limits, log, onBody }: RedisOptions): Backplane {
  const instance = randomBytes(8).toString('hex');
  const addressKey = randomBytes(32);
  const here = new Map<string, Topic>();
  /** Instances by when they were last heard. */
  const heard = new Map<string, number>();
  /** Instances that went silent: if one speaks again, it has to tell its counts again. */
  const silent = new Set<string>();
  /** Channels whose count is to be told, and whether others are to tell theirs. */
  const untold = new Map<string, 'count' | 'ask'>();
  const count = { published: 0, received: 0, lost: 0, malformed: 0 };
  let link: Link | null = null;
  let telling: NodeJS.Timeout | null = null;
  let retrying: NodeJS.Timeout | null = null;
  let failures = 0;
  let heardMyself = 0;
  let stopped = false;

  const beats = setInterval(beat, limits.redisBeatMs);
  beats.unref();
  void dial();

  async function dial(): Promise<void> {
    retrying = null;
    const opened = await openLink(url, limits, { onMessage: receive, onLost: lose });
    if (stopped) {
      if (typeof opened !== 'string') opened.cut();
      return;
    }
    if (typeof opened === 'string') {
      retry(opened);
      return;
    }
    link = opened;
    failures = 0;
    heardMyself = performance.now();
    log('info', 'redis-up', { topics: here.size });
    link.subscribe([EVERYBODY]);
    beat();
    const channels = [...here.keys()];
    for (let i = 0; i < channels.length; i += limits.redisBatch) {
      const some = channels.slice(i, i + limits.redisBatch).filter((channel) => here.has(channel));
      if (link !== opened) return;
      opened.subscribe(some);
      for (const channel of some) tellLater(channel, 'ask');
      await opened.settled();
    }
  }

  function retry(error: string): void {
    failures += 1;
    const longest = Math.min(
      limits.redisRetryMaxMs,
      limits.redisRetryFirstMs * 2 ** Math.min(failures - 1, 16),
    );
    const pause = Math.round(longest * (0.5 + Math.random() / 2));
    log('warn', 'redis-down', { error, milliseconds: pause });
    retrying = setTimeout(() => void dial(), pause);
    retrying.unref();
  }

  function lose(lost: Link, error: string): void {
    if (link !== lost) return;
    link = null;
    lost.cut();
    // Nobody elsewhere can be reached, so nobody elsewhere is counted.
    heard.clear();
    silent.clear();
    untold.clear();
    for (const topic of here.values()) topic.others.clear();
    if (!stopped) retry(error);
  }

  function beat(): void {
    if (!link) return;
    const now = performance.now();
    if (now - heardMyself > limits.redisDeadMs) {
      lose(link, 'silent');
      return;
    }
    link.publish(EVERYBODY, { kind: 'beat', instance });
    for (const [other, at] of heard) {
      if (now - at <= limits.redisDeadMs) continue;
      forget(other);
      if (silent.size < limits.maxInstances) silent.add(other);
    }
  }

  function forget(other: string): void {
    heard.delete(other);
    for (const topic of here.values()) topic.others.delete(other);
  }

  function receive(channel: string, bytes: Buffer): void {
    const envelope = decodeEnvelope(bytes, limits);
    if (!envelope) {
      count.malformed += 1;
      return;
    }
    const { instance: from } = envelope;
    if (from === instance) {
      heardMyself = performance.now();
      return;
    }
    if (envelope.kind === 'bye') {
      silent.delete(from);
      forget(from);
      return;
    }
    if (!heard.has(from) && heard.size >= limits.maxInstances) return;
    heard.set(from, performance.now());
    if (silent.delete(from)) for (const known of here.keys()) tellLater(known, 'ask');
    const topic = here.get(channel);
    if (!topic) return;
    if (envelope.kind === 'body') {
      count.received += 1;
      onBody(topic.name, `${from}:${envelope.sender}`, envelope.body);
    } else if (envelope.kind === 'count' || envelope.kind === 'ask') {
      if (envelope.count === 0) topic.others.delete(from);
      else topic.others.set(from, envelope.count);
      if (envelope.kind === 'ask') tellLater(channel, 'count');
    }
  }

  /** Changes within a moment are told once. */
  function tellLater(channel: string, kind: 'count' | 'ask'): void {
    if (!link) return;
    if (untold.get(channel) !== 'ask') untold.set(channel, kind);
    telling ??= setTimeout(tell, limits.redisPresenceDelayMs);
  }

  function tell(): void {
    telling = null;
    let left = limits.redisBatch;
    for (const [channel, kind] of untold) {
      if (left-- === 0) {
        telling = setTimeout(tell, limits.redisPresenceDelayMs);
        return;
      }
      untold.delete(channel);
      link?.publish(channel, { kind, instance, count: here.get(channel)?.count ?? 0 });
    }
  }

  return {
    state: () => (link ? 'up' : 'down'),
    setSubscribers(name, subscribers) {
      const channel = channelOf(name);
      const topic = here.get(channel);
      if (subscribers === 0) {
        if (!here.delete(channel)) return;
        link?.unsubscribe([channel]);
        tellLater(channel, 'count');
      } else if (topic) {
        topic.count = subscribers;
        tellLater(channel, 'count');
      } else {
        here.set(channel, { name, count: subscribers, others: new Map() });
        link?.subscribe([channel]);
        tellLater(channel, 'ask');
      }
    },
    elsewhere(name) {
      if (!link) return 0;
      let sum = 0;
      for (const others of here.get(channelOf(name))?.others.values() ?? []) sum += others;
      return sum;
    },
    publish(name, sender, body) {
      const tag = createHmac('sha256', addressKey).update(sender).digest('hex').slice(0, 16);
      const sent = link?.publish(channelOf(name), { kind: 'body', instance, sender: tag, body }) ?? false;
      count[sent ? 'published' : 'lost'] += 1;
    },
    stats: () => ({ ...count, instances: heard.size }),
    async close() {
      stopped = true;
      clearInterval(beats);
      if (telling) clearTimeout(telling);
      if (retrying) clearTimeout(retrying);
      const last = link;
      if (!last) return;
      last.publish(EVERYBODY, { kind: 'bye', instance });
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([
        last.settled(),
        new Promise<void>((resolve) => (timer = setTimeout(resolve, limits.closeGraceMs))),
      ]);
      clearTimeout(timer);
      link = null;
      last.cut();
    },
  };
}

/** Hashed: a name of any length and any characters becomes one of 43 plain ones. */
function channelOf(topic: string): string {
  return PREFIX + createHash('sha256').update(topic).digest('base64url');
}

interface LinkEvents {
  readonly onMessage: (channel: string, bytes: Buffer) => void;
  readonly onLost: (link: Link, error: string) => void;
}

/** A connection that is up, or the code of what went wrong. Never throws. */
async function openLink(url: string, limits: Limits, events: LinkEvents): Promise<Link | string> {
  const client = createClient({
    url,
    RESP: 3,
    disableOfflineQueue: true,
    maintNotifications: 'disabled',
    // We dial anew ourselves, with a client that has no past.
    socket: { connectTimeout: limits.redisConnectMs, reconnectStrategy: false },
  });
  let pendingBytes = 0;
  let isCut = false;
  const pending = new Set<Promise<unknown>>();

  function track(answer: Promise<unknown>, bytes: number): void {
    pendingBytes += bytes;
    const done = answer.then(
      () => undefined,
      // A command fails when the connection does, and then onLost follows; or Redis refuses it, and then this link is no use.
      (error: unknown) => events.onLost(link, codeOf(error)),
    );
    pending.add(done);
    void done.then(() => {
      pending.delete(done);
      pendingBytes -= bytes;
    });
  }

  // The channel comes back as text, and the message as bytes.
  const listener = (message: Buffer, channel: Buffer): void => {
    if (!isCut) events.onMessage(channel.toString(), message);
  };
  const link: Link = {
    subscribe(channels) {
      if (channels.length > 0) track(client.subscribe([...channels], listener, true), 0);
    },
    unsubscribe(channels) {
      track(client.unsubscribe([...channels], listener, true), 0);
    },
    publish(channel, envelope) {
      const bytes = encodeEnvelope(envelope);
      if (pendingBytes + bytes.length > limits.maxRedisPendingBytes) return false;
      track(client.publish(channel, bytes), bytes.length);
      return true;
    },
    async settled() {
      await Promise.all(pending);
    },
    cut() {
      if (isCut) return;
      isCut = true;
      client.destroy();
    },
  };

  // Without a listener an error event would end the process.
  client.on('error', (error: unknown) => events.onLost(link, codeOf(error)));
  client.on('end', () => events.onLost(link, 'closed'));
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('timeout')), limits.redisConnectMs);
  });
  try {
    await Promise.race([client.connect(), late]);
    return link;
  } catch (error) {
    isCut = true;
    if (client.isOpen) client.destroy();
    return codeOf(error);
  } finally {
    clearTimeout(timer);
  }
}

/** A short name for logs; never the message, which may quote the URL with its password. */
function codeOf(error: unknown): string {
  if (typeof error === 'object' && error !== null) {
    if ('code' in error && typeof error.code === 'string') return error.code;
    // Redis puts the code first: "WRONGPASS invalid username-password pair".
    const code = error instanceof Error ? /^[A-Z]{3,20}(?= |$)/.exec(error.message)?.[0] : undefined;
    if (code !== undefined) return code;
    if (error instanceof Error) return error.message === 'timeout' ? 'timeout' : error.constructor.name;
  }
  return 'unknown';
}
