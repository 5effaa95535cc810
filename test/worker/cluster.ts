/** A cluster of whole replicas in one process: real core, crypto and store code; memory disks, in-process links, real timers. */
import {
  toHex,
  type Digest,
  type InstanceId,
  type Key,
  type LogId,
  type MemberIndex,
  type Milliseconds,
  type NetworkId,
  type VoteKey,
} from '../../src/codec/brand.ts';
import { NO_LOG, type DeviceCertificate, type DeviceKey } from '../../src/codec/device.ts';
import { decodeMessage, encodeMessage } from '../../src/codec/messages.ts';
import type { Vote, VoteBody } from '../../src/codec/vote.ts';
import { faultsTolerated, firstEpoch, quorum } from '../../src/consensus/membership.ts';
import type { EpochKeys } from '../../src/crypto/certificates.ts';
import { commitBytes, voteBytes } from '../../src/crypto/domains.ts';
import { createEd25519 } from '../../src/crypto/ed25519.ts';
import { createBls } from '../../src/crypto/bls.ts';
import { createHash } from '../../src/crypto/hash.ts';
import {
  createSigner,
  generateSecretKeys,
  newInstanceId,
  newLogId,
  randomBytes,
} from '../../src/crypto/keys.ts';
import type { Signer } from '../../src/crypto/types.ts';
import type { Verdict } from '../../src/l2/types.ts';
import type { CloseReason, Link, LinkId, Transport, TransportHandlers } from '../../src/net/types.ts';
import { MemoryDisk } from '../../src/store/memory-store.ts';
import type { CertifiedEntry } from '../../src/store/types.ts';
import type { Standing, TraceEvent } from '../../src/worker/api.ts';
import { systemClock, type Clock } from '../../src/worker/clock.ts';
import type { Deviation } from '../../src/worker/deviation.ts';
import { Replica } from '../../src/worker/replica/replica.ts';
import type { ReplicaListener, ReplicaOptions } from '../../src/worker/replica/types.ts';

export type Validate = ReplicaOptions['validate'];

export interface Member {
  readonly index: MemberIndex;
  readonly signer: Signer;
  readonly logId: LogId;
  disk: MemoryDisk;
  node: Node | null;
}

export interface Node {
  readonly replica: Replica;
  readonly transport: HubTransport;
  readonly instance: InstanceId;
  readonly decided: CertifiedEntry[];
  readonly refused: { key: Key; rule: string; message: string }[];
  readonly trace: TraceEvent[];
  standing: Standing;
}

/** Moves bytes between the transports of one test; pairs can be cut. */
export class Hub {
  /** Of everything that runs here. */
  clock: Clock = systemClock;
  readonly transports = new Map<MemberIndex, HubTransport>();
  readonly cut = new Set<string>();
  /** Sees every message before it is delivered; false drops it. */
  filter: (from: MemberIndex, to: MemberIndex, bytes: Uint8Array) => boolean = () => true;
  voteMessages = 0;
  #count = 0;
  /** Null: nothing waits. */
  #holds: { readonly picks: (vote: Vote) => boolean; readonly held: (() => void)[] } | null = null;

  join(transport: HubTransport): void {
    this.transports.get(transport.self)?.stop();
    this.transports.set(transport.self, transport);
    for (const other of this.transports.values()) if (other !== transport) this.connect(transport, other);
  }

  connect(a: HubTransport, b: HubTransport): void {
    if (this.cut.has(pair(a.self, b.self)) || a.refused.has(b.self) || b.refused.has(a.self)) return;
    const id = `link-${++this.#count}` as LinkId;
    a.open(id, b);
    b.open(id, a);
  }

  sever(a: MemberIndex, b: MemberIndex): void {
    this.cut.add(pair(a, b));
    const [x, y] = [this.transports.get(a), this.transports.get(b)];
    for (const [id, other] of x?.peers ?? []) if (other === y) x!.close(id, 'transport-failed');
  }

  heal(): void {
    this.cut.clear();
    const all = [...this.transports.values()];
    for (const [i, a] of all.entries()) {
      for (const b of all.slice(i + 1)) if (![...a.peers.values()].includes(b)) this.connect(a, b);
    }
  }

  /**
   * From here on votes that this picks wait. A member that hears of enough others first, or of the decision, neither votes nor judges.
   * What waits goes on in its order when the function that is returned is called.
   */
  holdVotes(picks: (vote: Vote) => boolean): () => void {
    const held: (() => void)[] = [];
    this.#holds = { picks, held };
    return () => {
      this.#holds = null;
      for (const go of held.splice(0)) go();
    };
  }

  carry(to: HubTransport, id: LinkId, bytes: Uint8Array): void {
    const go = (of: Uint8Array): void => void this.clock.setTimeout(() => to.deliver(id, of), 0);
    if (this.#holds === null) return go(bytes);
    const { picks, held } = this.#holds;
    const message = decodeMessage(bytes);
    if (!message.ok || message.value.type !== 'votes') return go(bytes);
    const others = message.value.votes.filter((vote) => !picks(vote));
    if (others.length === message.value.votes.length) return go(bytes);
    held.push(() => go(bytes));
    if (others.length > 0) go(encodeMessage({ ...message.value, votes: others }));
  }
}

const pair = (a: number, b: number): string => (a < b ? `${a} ${b}` : `${b} ${a}`);

interface HubIdentity {
  readonly logId: LogId;
  readonly instance: InstanceId;
  readonly device?: DeviceCertificate;
}

export class HubTransport implements Transport {
  readonly peers = new Map<LinkId, HubTransport>();
  refused: ReadonlySet<MemberIndex> = new Set();
  readonly closings: { member: MemberIndex; reason: CloseReason }[] = [];
  /** Whom the replica has called useful, and how long it said that its proposals wait. */
  readonly usefulMembers: MemberIndex[] = [];
  readonly waits: (Milliseconds | null)[] = [];
  #handlers: TransportHandlers | null = null;
  readonly #links = new Map<LinkId, Link>();
  readonly #hub: Hub;
  readonly self: MemberIndex;
  readonly #identity: HubIdentity;

  constructor(hub: Hub, self: MemberIndex, identity: HubIdentity) {
    this.#hub = hub;
    this.self = self;
    this.#identity = identity;
  }

  start(handlers: TransportHandlers): void {
    this.#handlers = handlers;
    this.#hub.join(this);
  }

  open(id: LinkId, peer: HubTransport): void {
    this.peers.set(id, peer);
    const { logId, instance } = peer.#identity;
    const { device } = peer.#identity;
    const member = device?.member ?? peer.self;
    const link: Link = {
      id,
      member,
      ...(device && { device }),
      logId,
      instance,
      openedAt: this.#hub.clock.now(),
    };
    this.#links.set(id, link);
    queueMicrotask(() => this.#links.has(id) && this.#handlers?.onLink(link));
  }

  send(id: LinkId, bytes: Uint8Array): boolean {
    const peer = this.peers.get(id);
    if (!peer) return false;
    const copy = bytes.slice();
    // An array of less than 24 fields, the first of which is 1: a message of kind 1.
    if (copy[1] === 1) this.#hub.voteMessages++;
    if (this.#hub.filter(this.self, peer.self, copy)) this.#hub.carry(peer, id, copy);
    return true;
  }

  deliver(id: LinkId, bytes: Uint8Array): void {
    const link = this.#links.get(id);
    if (link) this.#handlers?.onMessage(link, bytes);
  }

  close(id: LinkId, reason: CloseReason): void {
    const peer = this.peers.get(id);
    if (!peer) return;
    this.closings.push({ member: peer.self, reason });
    this.drop(id, reason);
    peer.drop(id, reason);
  }

  drop(id: LinkId, reason: CloseReason): void {
    const link = this.#links.get(id);
    this.peers.delete(id);
    this.#links.delete(id);
    if (link) this.#handlers?.onUnlink(link, reason);
  }

  useful(id: LinkId): void {
    const link = this.#links.get(id);
    if (link) this.usefulMembers.push(link.member);
  }

  waiting(forMs: Milliseconds | null): void {
    this.waits.push(forMs);
  }

  refuse(members: ReadonlySet<MemberIndex>): void {
    this.refused = members;
  }

  setOffline(offline: boolean): void {
    if (offline) this.stop();
    else this.#hub.join(this);
  }

  stop(): void {
    for (const id of [...this.peers.keys()]) this.close(id, 'shutdown');
    if (this.#hub.transports.get(this.self) === this) this.#hub.transports.delete(this.self);
  }
}

export interface Counts {
  /** Ed25519 signatures made. */
  readonly signed: number;
  /** BLS shares made. */
  readonly shares: number;
  /** Ed25519 signatures checked. */
  readonly checked: number;
  /** BLS checks, each of one signature or of many together. */
  readonly pairings: number;
  /** Durable writes. */
  readonly writes: number;
  /** Messages of votes on all links. */
  readonly voteMessages: number;
}

export class Cluster {
  readonly hub = new Hub();
  readonly members: Member[] = [];
  epoch!: EpochKeys;
  readonly validate: Validate;
  w0 = 150;
  #tools!: Pick<ReplicaOptions, 'bls' | 'hash' | 'ed25519'>;
  /** Signatures that are being made or checked, on threads of their own. */
  underWay = 0;
  readonly #counts = { signed: 0, shares: 0, checked: 0, pairings: 0, writes: 0 };

  private constructor(validate: Validate) {
    this.validate = validate;
  }

  static async create(
    n: number,
    validate: Validate = async (): Promise<Verdict> => ({ verdict: 'valid' }),
  ): Promise<Cluster> {
    const cluster = new Cluster(validate);
    const [bls, hash, ed25519] = await Promise.all([createBls(), createHash(), createEd25519()]);
    cluster.#tools = cluster.#counted({ bls, hash, ed25519 });
    const network = toHex(randomBytes(32)) as NetworkId;
    for (let i = 0; i < n; i++) {
      const signer = cluster.#countedSigner(await createSigner(generateSecretKeys(), bls));
      const logId = newLogId();
      const disk = new MemoryDisk({ network, logId });
      cluster.members.push({ index: i as MemberIndex, signer, logId, disk, node: null });
    }
    cluster.epoch = {
      network,
      epoch: firstEpoch(network),
      n,
      quorum: quorum(n),
      voteKeys: cluster.members.map((m) => m.signer.voteKey as VoteKey),
      certificateKeys: cluster.members.map((m) =>
        Uint8Array.from(Buffer.from(m.signer.certificateKey, 'hex')),
      ),
    };
    return cluster;
  }

  /** What all replicas have done since a moment. */
  count(): { snapshot(): Counts; since(before: Counts): Counts } {
    return {
      snapshot: () => ({ ...this.#counts, voteMessages: this.hub.voteMessages }),
      since: (before) => {
        const now: Counts = { ...this.#counts, voteMessages: this.hub.voteMessages };
        const names = Object.keys(now) as (keyof Counts)[];
        return Object.fromEntries(names.map((name) => [name, now[name] - before[name]])) as unknown as Counts;
      },
    };
  }

  /** A vote by itself, whatever the member's log says. */
  async signSingle(index: number, body: VoteBody): Promise<Vote> {
    const { signer } = this.members[index]!;
    const { epoch, network } = this.epoch;
    const bytes = voteBytes(network, epoch, body);
    const base = { ...body, epoch, author: index as MemberIndex };
    if (body.type === 'PRE-COMMIT') return { ...base, signature: await signer.signEd25519(bytes) };
    const share = signer.signShare(bytes);
    return { ...base, share, signature: await signer.signEd25519(commitBytes(bytes, share)) };
  }

  #counted(tools: Pick<ReplicaOptions, 'bls' | 'hash' | 'ed25519'>): typeof tools {
    const { bls, ed25519 } = tools;
    const pairing = <T>(value: T): T => {
      this.#counts.pairings++;
      return value;
    };
    return {
      ...tools,
      bls: {
        ...bls,
        verify: (key, message, signature) => pairing(bls.verify(key, message, signature)),
        verifyAggregate: (keys, message, signature) => pairing(bls.verifyAggregate(keys, message, signature)),
        verifyMany: (items, random) => pairing(bls.verifyMany(items, random)),
      },
      ed25519: {
        ...ed25519,
        verify: (key, message, signature) => {
          this.#counts.checked++;
          return this.#underWay(ed25519.verify(key, message, signature));
        },
      },
    };
  }

  #countedSigner(signer: Signer): Signer {
    return {
      voteKey: signer.voteKey,
      certificateKey: signer.certificateKey,
      signEd25519: (message) => {
        this.#counts.signed++;
        return this.#underWay(signer.signEd25519(message));
      },
      signShare: (message) => {
        this.#counts.shares++;
        return signer.signShare(message);
      },
    };
  }

  #underWay<T>(work: Promise<T>): Promise<T> {
    this.underWay++;
    return work.finally(() => this.underWay--);
  }

  get f(): number {
    return faultsTolerated(this.epoch.n);
  }

  async start(
    index: number,
    change: {
      validate?: Validate;
      deviation?: Deviation;
      logId?: LogId;
      device?: DeviceCertificate;
      listener?: Partial<ReplicaListener>;
      /** The replica is made and has not started. */
      made?: (replica: Replica, signer: Signer) => void;
    } = {},
  ): Promise<Node> {
    const member = this.members[index]!;
    const instance = newInstanceId();
    const { device } = change;
    const logId = device ? NO_LOG : (change.logId ?? member.logId);
    const transport = new HubTransport(this.hub, member.index, {
      logId,
      instance,
      ...(device && { device }),
    });
    const opened = member.disk.openReplica();
    const write = opened.write.bind(opened);
    opened.write = (batch) => {
      this.#counts.writes++;
      return write(batch);
    };
    const node = { transport, instance, decided: [], refused: [], trace: [] } as unknown as {
      -readonly [K in keyof Node]: Node[K];
    };
    node.standing = { kind: 'observer', reason: '' };
    node.replica = new Replica({
      ...this.#tools,
      epoch: this.epoch,
      self: logId === member.logId && !device ? member.index : null,
      instance,
      isDevice: device !== undefined,
      signer: member.signer,
      store: opened,
      transport,
      clock: this.hub.clock,
      random: randomBytes,
      w0: this.w0,
      validate: change.validate ?? this.validate,
      deviation: change.deviation ?? null,
      listener: {
        decided: (entry) => node.decided.push(entry),
        refused: (key, _digest, rule, message) => node.refused.push({ key, rule, message }),
        changed: () => undefined,
        trace: (event) => node.trace.push(event),
        transport: () => undefined,
        ...change.listener,
        standing: (standing) => {
          node.standing = standing;
          change.listener?.standing?.(standing);
        },
      },
    });
    member.node = node;
    change.made?.(node.replica, member.signer);
    await node.replica.start();
    return node;
  }

  get tools(): Pick<ReplicaOptions, 'bls' | 'hash' | 'ed25519'> {
    return this.#tools;
  }

  /** A device of a member: a disk of its own, and links to everybody. Started with `start` and the certificate that is given here. */
  addDevice(
    owner: number,
    own?: { readonly signer: Signer; readonly certificate: DeviceCertificate },
  ): { readonly index: number; readonly certificate: DeviceCertificate } {
    const index = this.members.length as MemberIndex;
    const { network } = this.epoch;
    this.members.push({
      index,
      signer: own?.signer ?? this.members[owner]!.signer,
      logId: NO_LOG,
      disk: new MemoryDisk({ network, logId: NO_LOG }),
      node: null,
    });
    const certificate: DeviceCertificate = own?.certificate ?? {
      network,
      member: owner as MemberIndex,
      device: toHex(randomBytes(32)) as DeviceKey,
      name: `device ${index}`,
      notBefore: 0,
      signature: new Uint8Array(64),
    };
    return { index, certificate };
  }

  async startAll(): Promise<Node[]> {
    return Promise.all(this.members.map((m) => this.start(m.index)));
  }

  /** Kills without any goodbye: what is on the disk is what was durable. */
  kill(index: number): void {
    const node = this.members[index]!.node;
    node?.transport.stop();
    node?.replica.stop('killed by the test');
    this.members[index]!.node = null;
  }

  stop(): void {
    for (const member of this.members) this.kill(member.index);
  }
}

/** The limit is for what hangs, and ends before the test's own; what is slow on a busy machine is no failure. */
export async function until(what: string, holds: () => boolean, milliseconds = 40_000): Promise<void> {
  const end = performance.now() + milliseconds;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`waited ${milliseconds} ms in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export const headOf = (node: Node, key: Key): { version: number; digest: Digest } | undefined => {
  const entry = node.replica.heads.get(key);
  return entry && { version: entry.version, digest: entry.digest };
};
