/**
 * Links between simulated replicas: latency, jitter, loss, duplication, reordering, partitions, half-open links. Before GST anything
 * goes; after GST what is sent arrives, in order, unless a lasting loss was asked for.
 *
 * The product's transport is reliable and ordered on one link (SCTP). The messages that a link carries once, at its birth (neighbours,
 * RESUME, probes), rely on that, so loss only delays them here, by retransmission; every other message may really vanish, which is more
 * than the transport promises: sync must repair it. A link that was cut for long closes at both ends, each in its own time.
 */
import type { InstanceId, LogId, MemberIndex } from '../../../src/codec/brand.ts';
import { equalBytes } from '../../../src/codec/brand.ts';
import { decodeMessage } from '../../../src/codec/messages.ts';
import type { Vote } from '../../../src/codec/vote.ts';
import type { CloseReason, Link, LinkId, Transport, TransportHandlers } from '../../../src/net/types.ts';
import type { Random, Scheduler } from '../scheduler.ts';
import type { Cpu } from './cpu.ts';

export interface LinkModel {
  /** One way, milliseconds. */
  readonly latency: number;
  /** Added at random, up to this. */
  readonly jitter: number;
  /** Per cent, before GST. */
  readonly loss: number;
  /** Per cent, for ever. */
  readonly lossAfter: number;
  readonly duplication: number;
  readonly reorder: boolean;
  readonly settledAt: number;
  /** Mbit/s that a replica can send, all its links together; null: any number. What does not fit at once waits its turn. */
  readonly bandwidth: number | null;
  /** A dead path is noticed after the first so many milliseconds, and up to the second so many later; left out: soon, for runs that are short. */
  readonly deadAfter?: readonly [number, number];
}

/**
 * A message on the wire, as WebRTC's data channels put it there. UDP datagrams of at most 1,200 bytes (the usual limit without path
 * discovery); each carries IPv4 20 + UDP 8, DTLS 1.2 with AES-GCM 13 + 8 + 16, SCTP 12 + DATA chunk 16. Every message has packets of
 * its own: bundling of several in one packet is not counted.
 */
export function wireBytes(bytes: number): number {
  const packets = Math.max(1, Math.ceil(bytes / (DATAGRAM_BYTES - DTLS_BYTES - SCTP_DATA_BYTES)));
  return bytes + packets * (IP_UDP_BYTES + DTLS_BYTES + SCTP_DATA_BYTES);
}

const DATAGRAM_BYTES = 1200;
const IP_UDP_BYTES = 28;
const DTLS_BYTES = 37;
const SCTP_DATA_BYTES = 28;
/** A packet with nothing but a SACK: SCTP 12 + 16. For every second packet, or after 200 ms (RFC 9260, 6.2). */
export const SACK_BYTES = IP_UDP_BYTES + DTLS_BYTES + 28;
const SACK_DELAY_MS = 200;

/** A lost packet of a reliable channel comes this much later. */
const RETRANSMISSION_MS = 120;
/** A transport notices a dead path after this long, at the soonest; twice as long at the latest. */
const DEAD_AFTER_MS = 1500;
/** Both ends try again this long after a link failed. */
const REDIAL_MS = 400;
const DIAL_EVERY_MS = 100;
/** Kinds (src/codec/messages.ts) that a link carries once: resume-ask, resume-answer, neighbours, probe, alive. */
const ONCE: ReadonlySet<number> = new Set([10, 11, 12, 16, 17]);

const read = new WeakMap<Uint8Array, ReturnType<typeof decodeMessage>>();

/** What left once is read once, by the product's own decoder: the judge, a role and every receiver of these bytes share the result. */
export function readOnce(bytes: Uint8Array): ReturnType<typeof decodeMessage> {
  const known = read.get(bytes);
  if (known) return known;
  const decoded = shared(decodeMessage(bytes));
  read.set(bytes, decoded);
  return decoded;
}

/** Votes that were read before, by their signatures: a vote goes over hundreds of links, and a thousand replicas keep it. */
let votesRead = new Map<string, Vote>();
const MAX_VOTES_READ = 100_000;

function shared(decoded: ReturnType<typeof decodeMessage>): ReturnType<typeof decodeMessage> {
  if (!decoded.ok || decoded.value.type !== 'votes') return decoded;
  return { ok: true, value: { ...decoded.value, votes: decoded.value.votes.map(sharedVote) } };
}

function sharedVote(vote: Vote): Vote {
  // Those of a batch know their list by the object.
  if (vote.batch) return vote;
  const view = new DataView(vote.signature.buffer, vote.signature.byteOffset, vote.signature.length);
  const name = `${vote.author} ${view.getFloat64(0)} ${view.getFloat64(8)}`;
  const known = votesRead.get(name);
  if (known && isSame(known, vote)) return known;
  if (votesRead.size >= MAX_VOTES_READ) votesRead = new Map();
  votesRead.set(name, vote);
  return vote;
}

function isSame(a: Vote, b: Vote): boolean {
  const { key, version, round, type, digest, epoch, author, signature, share } = a;
  return (
    author === b.author &&
    version === b.version &&
    round === b.round &&
    type === b.type &&
    digest === b.digest &&
    key === b.key &&
    epoch === b.epoch &&
    equalBytes(signature, b.signature) &&
    (share === undefined ? b.share === undefined : b.share !== undefined && equalBytes(share, b.share))
  );
}

export const kindOf = (bytes: Uint8Array): number => bytes[1] ?? 0;

interface Wire {
  readonly id: LinkId;
  readonly ends: readonly [SimTransport, SimTransport];
  /** Last arrival by direction: what is in order stays in order. */
  readonly last: Map<SimTransport, number>;
  readonly lastOnce: Map<SimTransport, number>;
  /** Sent while the path is cut: arrives when it heals, if the link lives so long. */
  held: { to: SimTransport; bytes: Uint8Array }[];
  /** By receiver: when a packet came that no SACK has answered yet. */
  readonly unanswered: Map<SimTransport, number>;
}

export interface NetHooks {
  /** A message is handed to the link layer. */
  sent(from: SimTransport, to: SimTransport, bytes: Uint8Array): void;
  /** A SACK of its own goes over the wire. */
  acknowledged(by: SimTransport, to: SimTransport): void;
  /** A message is about to be handled. */
  arrives(to: SimTransport, from: SimTransport, bytes: Uint8Array): void;
  closed(by: SimTransport, peer: SimTransport, reason: CloseReason): void;
}

export class SimNet {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly model: LinkModel;
  readonly hooks: NetHooks;
  readonly live = new Map<MemberIndex, SimTransport>();
  readonly #edges: Set<string>;
  readonly #retryAt = new Map<string, number>();
  readonly #wires = new Map<LinkId, Wire>();
  #side: readonly boolean[] | null = null;
  #links = 0;
  readonly #n: number;

  constructor(
    scheduler: Scheduler,
    random: Random,
    model: LinkModel,
    n: number,
    edges: ReadonlySet<string>,
    hooks: NetHooks,
  ) {
    this.scheduler = scheduler;
    this.random = random;
    this.model = model;
    this.hooks = hooks;
    this.#n = n;
    this.#edges = new Set(edges);
    const dial = (): void => {
      this.#dial();
      scheduler.at(scheduler.now + DIAL_EVERY_MS, dial);
    };
    scheduler.at(0.5, dial);
  }

  partition(side: readonly boolean[]): void {
    this.#side = side;
    for (const wire of this.#wires.values()) {
      const [a, b] = wire.ends;
      if (!this.isCut(a.self, b.self)) continue;
      for (const end of wire.ends) {
        const patience = this.#patience();
        this.scheduler.at(this.scheduler.now + patience, () => {
          if (!this.isCut(a.self, b.self)) return;
          end.drop(wire.id, 'timeout');
          // The path may heal now: the other end still waits for pings that nobody answers.
          const other = end === a ? b : a;
          this.scheduler.at(this.scheduler.now + DEAD_AFTER_MS, () => other.drop(wire.id, 'timeout'));
        });
      }
    }
  }

  heal(): void {
    this.#side = null;
    for (const wire of this.#wires.values()) {
      const { held } = wire;
      wire.held = [];
      for (const { to, bytes } of held) this.#carry(wire, to, bytes);
    }
  }

  isCut(a: MemberIndex, b: MemberIndex): boolean {
    return this.#side !== null && this.#side[a] !== this.#side[b];
  }

  get settled(): boolean {
    return this.scheduler.now >= this.model.settledAt;
  }

  carry(from: SimTransport, id: LinkId, bytes: Uint8Array): void {
    const wire = this.#wires.get(id);
    if (!wire) return;
    const to = wire.ends[0] === from ? wire.ends[1] : wire.ends[0];
    this.hooks.sent(from, to, bytes);
    if (this.isCut(from.self, to.self)) wire.held.push({ to, bytes });
    else this.#carry(wire, to, bytes);
  }

  /** Both ends had a goodbye. */
  sever(id: LinkId, by: SimTransport, reason: CloseReason): void {
    const wire = this.#wires.get(id);
    if (!wire) return;
    const other = wire.ends[0] === by ? wire.ends[1] : wire.ends[0];
    const [a, b] = wire.ends;
    const wait = reason === 'bad-signature' || reason === 'malformed-message' ? 10_000 : REDIAL_MS;
    this.#retryAt.set(edge(a.self, b.self), this.scheduler.now + wait);
    by.drop(id, reason);
    this.#later(other, this.#delay(), () => {
      other.drop(id, reason);
      this.#wires.delete(id);
    });
  }

  /** One end went away without a word: the other notices in its own time. */
  abandon(transport: SimTransport, atOnce: boolean): void {
    if (this.live.get(transport.self) === transport) this.live.delete(transport.self);
    for (const wire of [...this.#wires.values()]) {
      if (!wire.ends.includes(transport)) continue;
      const other = wire.ends[0] === transport ? wire.ends[1] : wire.ends[0];
      const patience = atOnce ? this.#delay() : this.#patience();
      this.scheduler.at(this.scheduler.now + patience, () => {
        other.drop(wire.id, atOnce ? 'shutdown' : 'timeout');
        this.#wires.delete(wire.id);
      });
    }
  }

  #carry(wire: Wire, to: SimTransport, bytes: Uint8Array): void {
    const { random, model } = this;
    const loss = this.settled ? model.lossAfter : model.loss;
    const once = ONCE.has(kindOf(bytes));
    let delay = this.#delay();
    if (once) {
      while (random.chance(Math.min(loss, 80))) delay += RETRANSMISSION_MS;
    } else if (random.chance(loss)) return;
    const inOrder = once || this.settled || !model.reorder;
    const last = once ? wire.lastOnce : wire.last;
    let at = this.#leaves(wire.ends[0] === to ? wire.ends[1] : wire.ends[0], bytes.length) + delay;
    if (inOrder) {
      at = Math.max(at, last.get(to) ?? 0);
      last.set(to, at);
    }
    const copies = !once && !this.settled && random.chance(model.duplication) ? 2 : 1;
    this.#acknowledge(wire, to, at);
    for (let i = 0; i < copies; i++) {
      const when = i === 0 ? at : at + random.below(200);
      this.scheduler.at(when, () => to.arrive(wire.id, bytes));
    }
  }

  /** When the last byte has left: behind what the replica sends on its other links. */
  #leaves(from: SimTransport, bytes: number): number {
    const { bandwidth } = this.model;
    if (bandwidth === null) return this.scheduler.now;
    const free = Math.max(this.scheduler.now, from.busyUntil);
    return (from.busyUntil = free + (wireBytes(bytes) * 8) / (bandwidth * 1000));
  }

  /** One SACK for two packets that come soon after each other, and one for a packet that comes alone. */
  #acknowledge(wire: Wire, to: SimTransport, at: number): void {
    const first = wire.unanswered.get(to);
    if (first !== undefined && at <= first + SACK_DELAY_MS) wire.unanswered.delete(to);
    else {
      wire.unanswered.set(to, at);
      this.hooks.acknowledged(to, wire.ends[0] === to ? wire.ends[1] : wire.ends[0]);
    }
  }

  #patience(): number {
    const [least, more] = this.model.deadAfter ?? [DEAD_AFTER_MS, DEAD_AFTER_MS];
    return least + this.random.below(more);
  }

  #delay(): number {
    const { latency, jitter } = this.model;
    const spread = this.settled ? jitter : jitter * 4;
    return latency + (spread > 0 ? this.random.below(Math.round(spread * 10) + 1) / 10 : 0);
  }

  #later(_for: SimTransport, wait: number, task: () => void): void {
    this.scheduler.at(this.scheduler.now + wait, task);
  }

  #dial(): void {
    for (const name of this.#edges) {
      const [x, y] = name.split(' ').map(Number) as [MemberIndex, MemberIndex];
      const [a, b] = [this.live.get(x), this.live.get(y)];
      if (!a || !b || this.isCut(x, y) || a.isLinked(b) || b.isLinked(a)) continue;
      if (a.refused.has(y) || b.refused.has(x)) {
        this.#replace(name, a, b);
        continue;
      }
      if ((this.#retryAt.get(name) ?? 0) > this.scheduler.now) continue;
      this.#open(a, b);
    }
  }

  /** Who refuses a neighbour looks for another one, as the mesh does. */
  #replace(name: string, a: SimTransport, b: SimTransport): void {
    this.#edges.delete(name);
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      if (!one.refused.has(other.self)) continue;
      const free = Array.from({ length: this.#n }, (_, i) => i as MemberIndex).filter(
        (i) => i !== one.self && !one.refused.has(i) && !this.#edges.has(edge(one.self, i)),
      );
      if (free.length > 0) this.#edges.add(edge(one.self, this.random.pick(free)));
    }
  }

  #open(a: SimTransport, b: SimTransport): void {
    const id = `link-${++this.#links}` as LinkId;
    const wire: Wire = {
      id,
      ends: [a, b],
      last: new Map(),
      lastOnce: new Map(),
      held: [],
      unanswered: new Map(),
    };
    this.#wires.set(id, wire);
    // The ends are authenticated at different moments: one may send before the other knows the link.
    a.open(id, b);
    b.open(id, a);
  }
}

export const edge = (a: number, b: number): string => (a < b ? `${a} ${b}` : `${b} ${a}`);

/** What holds a replica's links in a browser: another thread than the worker's, which every message passes on its way out and in. */
export interface Page {
  readonly cpu: Cpu;
  readonly messageMs: number;
}

export class SimTransport implements Transport {
  readonly self: MemberIndex;
  readonly identity: { readonly logId: LogId; readonly instance: InstanceId };
  refused: ReadonlySet<MemberIndex> = new Set();
  bytesSent = 0;
  messagesSent = 0;
  /** When the last byte that was given to the network has left. */
  busyUntil = 0;
  /** Last word on what leaves: a Byzantine member's. null: as it is. */
  intercept: ((link: Link, bytes: Uint8Array) => void) | null = null;
  overhear: ((link: Link, bytes: Uint8Array) => void) | null = null;
  readonly #net: SimNet;
  readonly #cpu: Cpu;
  readonly #onReceive: (bytes: number) => void;
  readonly #page: Page | null;
  #handlers: TransportHandlers | null = null;
  readonly #links = new Map<LinkId, { readonly link: Link; readonly peer: SimTransport }>();
  #dead = false;

  constructor(
    net: SimNet,
    cpu: Cpu,
    self: MemberIndex,
    identity: { logId: LogId; instance: InstanceId },
    onReceive: (bytes: number) => void,
    page: Page | null = null,
  ) {
    this.#net = net;
    this.#page = page;
    this.#cpu = cpu;
    this.self = self;
    this.identity = identity;
    this.#onReceive = onReceive;
  }

  start(handlers: TransportHandlers): void {
    this.#handlers = handlers;
    const before = this.#net.live.get(this.self);
    if (before) this.#net.abandon(before, true);
    this.#net.live.set(this.self, this);
  }

  get links(): readonly Link[] {
    return [...this.#links.values()].map(({ link }) => link);
  }

  isLinked(peer: SimTransport): boolean {
    for (const other of this.#links.values()) if (other.peer === peer) return true;
    return false;
  }

  open(id: LinkId, peer: SimTransport): void {
    const link: Link = { id, member: peer.self, ...peer.identity, openedAt: this.#cpu.now() };
    this.#links.set(id, { link, peer });
    this.#cpu.run(() => this.#links.has(id) && this.#handlers?.onLink(link));
  }

  send(id: LinkId, bytes: Uint8Array, _priority: 'vote' | 'bulk'): boolean {
    const open = this.#links.get(id);
    if (!open || this.#dead) return false;
    if (this.intercept) this.intercept(open.link, bytes);
    else this.put(id, bytes);
    return true;
  }

  /** Past the interception. */
  put(id: LinkId, bytes: Uint8Array): void {
    if (this.#dead || !this.#links.has(id)) return;
    this.bytesSent += bytes.length;
    this.messagesSent++;
    this.#throughPage(() => this.#net.carry(this, id, bytes));
  }

  #throughPage(done: () => void): void {
    if (this.#page === null) done();
    else this.#page.cpu.work('page', this.#page.messageMs, done);
  }

  arrive(id: LinkId, bytes: Uint8Array): void {
    if (this.#dead || !this.#links.has(id)) return;
    this.#throughPage(() => this.#cpu.run(() => this.#handle(id, bytes)));
  }

  #handle(id: LinkId, bytes: Uint8Array): void {
    const open = this.#links.get(id);
    if (!open || this.#dead) return;
    this.#onReceive(bytes.length);
    this.#net.hooks.arrives(this, open.peer, bytes);
    this.overhear?.(open.link, bytes);
    this.#handlers?.onMessage(open.link, bytes);
  }

  close(id: LinkId, reason: CloseReason): void {
    const open = this.#links.get(id);
    if (!open) return;
    this.#net.hooks.closed(this, open.peer, reason);
    this.#net.sever(id, this, reason);
  }

  drop(id: LinkId, reason: CloseReason): void {
    const open = this.#links.get(id);
    if (!open) return;
    this.#links.delete(id);
    if (!this.#dead) this.#handlers?.onUnlink(open.link, reason);
  }

  refuse(members: ReadonlySet<MemberIndex>): void {
    this.refused = new Set(members);
  }

  setOffline(): void {
    throw new Error('the simulated network has no switch');
  }

  /** Power off. */
  crash(): void {
    this.#dead = true;
    this.#links.clear();
    this.#net.abandon(this, false);
  }

  stop(): void {
    if (this.#dead) return;
    this.#dead = true;
    for (const id of [...this.#links.keys()]) this.#links.delete(id);
    this.#net.abandon(this, true);
  }
}

/** A full mesh up to 16 members, else a random graph where everyone has `degree` links, or one more or less. */
export function topology(
  n: number,
  degree: number,
  random: Random,
  isConnected: (edges: ReadonlySet<string>) => boolean,
): ReadonlySet<string> {
  const full = new Set<string>();
  if (degree >= n - 1) {
    for (let a = 0; a < n; a++) for (let b = a + 1; b < n; b++) full.add(edge(a, b));
    return full;
  }
  for (let attempt = 0; attempt < 200; attempt++) {
    const edges = regular(n, degree, random);
    if (isConnected(edges)) return edges;
  }
  throw new Error(`no connected graph of degree ${degree} was found for ${n} members`);
}

function regular(n: number, degree: number, random: Random): Set<string> {
  const edges = new Set<string>();
  const count = new Array<number>(n).fill(0);
  const add = (a: number, b: number): void => {
    edges.add(edge(a, b));
    count[a]!++;
    count[b]!++;
  };
  // A ring through all in random order keeps it whole; the rest at random between those who have the fewest.
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  for (let i = 0; i < n; i++) {
    const [a, b] = [order[i]!, order[(i + 1) % n]!];
    if (!edges.has(edge(a, b))) add(a, b);
  }
  for (let failures = 0; failures < 50 * n;) {
    const open = order.filter((i) => count[i]! < degree);
    if (open.length < 2) break;
    const [a, b] = [random.pick(open), random.pick(open)];
    if (a === b || edges.has(edge(a, b))) failures++;
    else add(a, b);
  }
  return edges;
}
