/**
 * One honest replica around the real core: checks and signs with some delay, writes before it sends, fetches values, gossips the Merkle
 * tree, and starts again from what is on its disk. A crash may come between any write and what follows it.
 */
import type { Digest, Key, MemberIndex } from '../../src/codec/brand.ts';
import type { TreeNode } from '../../src/codec/messages.ts';
import {
  certificateSigners,
  type Certificate,
  type Evidence,
  type Vote,
  type VoteBody,
} from '../../src/codec/vote.ts';
import { newCore, restoreHead, restoreInstance, step } from '../../src/consensus/core.ts';
import { instanceLog, type InstanceLogLike } from '../../src/consensus/log.ts';
import { quorum } from '../../src/consensus/membership.ts';
import type {
  CoreConfig,
  CoreEffect,
  CoreEvent,
  CoreState,
  Instance,
  Polka,
} from '../../src/consensus/types.ts';
import { createMerkleTree, type MerkleTree } from '../../src/crdt/merkle.ts';
import { votesOf } from '../../src/crdt/open.ts';
import { compareNode } from '../../src/crdt/sync.ts';
import type { Ablation } from './ablations.ts';
import { Host } from './host.ts';
import type { Random, Scheduler } from './scheduler.ts';

export type Message =
  | { readonly type: 'votes'; readonly votes: readonly Vote[]; readonly values: readonly Digest[] }
  | { readonly type: 'certificates'; readonly certificates: readonly Certificate[] }
  | { readonly type: 'evidence'; readonly items: readonly Evidence[] }
  | { readonly type: 'node'; readonly node: TreeNode }
  | { readonly type: 'want-nodes'; readonly prefixes: readonly string[] }
  | { readonly type: 'want-keys'; readonly keys: readonly Key[] }
  | { readonly type: 'want-values'; readonly digests: readonly Digest[] }
  | { readonly type: 'values'; readonly digests: readonly Digest[] };

/** What survives a crash. */
export interface Disk {
  readonly logs: Map<Key, InstanceLogLike>;
  readonly heads: Map<Key, Certificate>;
  readonly values: Set<Digest>;
  readonly evidence: Map<MemberIndex, Evidence>;
}

/** What a replica needs of the world around it. */
export interface Surroundings {
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly ablation: Ablation | null;
  /** Longest delay of a check, a signature, a write; 0: all in one turn. */
  readonly pace: number;
  /** Chance in per cent that a write is the last thing before a crash. */
  readonly crashAtWrite: number;
  readonly gossipEvery: number;
  isSigned(vote: Vote): boolean;
  isValid(digest: Digest): boolean;
  sign(author: MemberIndex, vote: VoteBody): Vote;
  send(from: MemberIndex, to: MemberIndex, message: Message): void;
  /** The honest members, for gossip. */
  readonly peers: readonly MemberIndex[];
  onLeave(vote: Vote): void;
  onDecide(by: MemberIndex, certificate: Certificate): void;
  onStep(replica: SimReplica, event: CoreEvent): void;
  beforeTimer(replica: SimReplica, instance: Instance): void;
  afterVotes(replica: SimReplica, key: Key): void;
  onUnknownOwnVote(by: MemberIndex, vote: Vote): void;
  /** A vote of its own left while a crash would still have lost it. */
  onUnwrittenVote(by: MemberIndex, vote: Vote): void;
  crash(replica: SimReplica): void;
  /** Only when somebody reads it. */
  readonly note: ((by: MemberIndex, text: string) => void) | null;
  openDigest(core: CoreState, key: Key): string;
}

export class SimReplica {
  readonly index: MemberIndex;
  readonly disk: Disk = { logs: new Map(), heads: new Map(), values: new Set(), evidence: new Map() };
  core: CoreState;
  private readonly host: Host;
  private readonly around: Surroundings;
  private readonly config: CoreConfig;
  private readonly quorum: number;
  private tree: MerkleTree;
  private known = new Set<Digest>();
  private wanted = new Map<Digest, Key>();
  /** Own votes whose write has not ended: they leave in nothing, a polka neither. */
  private unwritten = new Set<Vote>();

  constructor(config: CoreConfig, around: Surroundings) {
    this.index = config.self!;
    this.config = config;
    this.quorum = around.ablation?.certificateQuorum?.(config.n) ?? quorum(config.n);
    this.around = around;
    const { random, scheduler, pace, ablation } = around;
    this.host = new Host({
      ...{ random, scheduler, pace, sendsFirst: ablation?.sendsFirst ?? false },
      crashAtWrite: () => around.crashAtWrite,
      crash: () => around.crash(this),
    });
    this.core = newCore(config);
    this.tree = this.newTree();
  }

  get up(): boolean {
    return this.host.up;
  }

  get life(): number {
    return this.host.life;
  }

  version(key: Key): number {
    return this.core.certified.get(key)?.version ?? 0;
  }

  propose(key: Key, version: number, digest: Digest): boolean {
    const head = this.core.certified.get(key);
    if (!this.up || this.version(key) !== version - 1 || (head && !head.bytesKnown)) return false;
    this.known.add(digest);
    this.disk.values.add(digest);
    this.handle({ type: 'propose', key, version: version as never, digest });
    return true;
  }

  /** Bytes that arrived. */
  learn(digest: Digest): void {
    if (!this.up || this.known.has(digest)) return;
    this.known.add(digest);
    const key = this.wanted.get(digest);
    if (key === undefined) return;
    this.wanted.delete(digest);
    const head = this.core.certified.get(key);
    if (head?.digest === digest) {
      this.host.enqueue({ write: () => void this.disk.values.add(digest), send: () => undefined });
      this.handle({ type: 'head-bytes', key, digest });
    }
    this.classify(key, digest);
  }

  receive(from: MemberIndex, message: Message): void {
    if (!this.up) return;
    switch (message.type) {
      case 'votes':
        for (const digest of message.values) this.learn(digest);
        this.handle({ type: 'received', votes: message.votes, from: String(from) });
        break;
      case 'certificates':
        for (const certificate of message.certificates) this.takeCertificate(certificate);
        break;
      case 'evidence':
        for (const evidence of message.items) {
          const { isSigned } = this.around;
          // Shares are stand-ins here: there are no bad ones.
          if ('first' in evidence && isSigned(evidence.first) && isSigned(evidence.second))
            this.handle({ type: 'evidence', evidence });
        }
        break;
      case 'node': {
        const found = compareNode(this.tree, message.node);
        if (found.prefixes.length > 0) this.tell(from, { type: 'want-nodes', prefixes: found.prefixes });
        if (found.keys.length > 0) this.tell(from, { type: 'want-keys', keys: found.keys });
        if (found.ahead.length > 0) this.answer(from, found.ahead);
        break;
      }
      case 'want-nodes':
        for (const prefix of message.prefixes)
          this.tell(from, { type: 'node', node: this.tree.node(prefix) });
        break;
      case 'want-keys':
        this.answer(from, message.keys);
        break;
      case 'want-values': {
        const digests = message.digests.filter((digest) => this.known.has(digest));
        if (digests.length > 0) this.tell(from, { type: 'values', digests });
        break;
      }
      case 'values':
        for (const digest of message.digests) this.learn(digest);
        break;
    }
  }

  /** Gives votes at once, as an adversary that stands next to the replica can. */
  inject(votes: readonly Vote[]): void {
    if (this.up) this.handle({ type: 'received', votes, from: 'adversary' });
  }

  gossip(): void {
    const { random, peers } = this.around;
    if (!this.up || peers.length < 2) return;
    for (let i = 0; i < 2; i++) {
      const to = random.pick(peers);
      if (to === this.index) continue;
      this.tell(to, { type: 'node', node: this.tree.node('') });
      if (this.core.evidence.size > 0)
        this.tell(to, { type: 'evidence', items: [...this.core.evidence.values()] });
    }
    for (const digest of this.wanted.keys()) {
      this.tell(random.pick(peers.filter((p) => p !== this.index)), {
        type: 'want-values',
        digests: [digest],
      });
    }
  }

  /** Everything that is not on disk is gone. */
  stop(): void {
    this.host.stop();
  }

  restart(resumeAfter: number): void {
    const { ablation, scheduler } = this.around;
    this.host.start();
    this.core = newCore(this.config);
    this.tree = this.newTree();
    this.known = new Set(this.disk.values);
    this.wanted = new Map();
    this.unwritten = new Set();
    for (const [key, head] of this.disk.heads) {
      const bytesKnown = this.known.has(head.digest);
      restoreHead(this.core, key, { version: head.version, digest: head.digest, bytesKnown });
      this.tree.setCertified(key, head.version, head.digest);
      if (!bytesKnown) this.wanted.set(head.digest, key);
    }
    const effects: CoreEffect[] = [];
    for (const stored of this.disk.logs.values()) {
      const log = ablation?.restoreLog ? ablation.restoreLog(stored) : stored;
      if (!log) continue;
      effects.push(...restoreInstance(this.core, log, scheduler.now));
      this.tree.touchOpen(log.key);
      // Restart: the same signatures are sent again.
      for (const vote of log.ownVotes) effects.push({ type: 'push', vote });
    }
    ablation?.afterRestore?.(this.core);
    this.perform(effects);
    for (const evidence of this.disk.evidence.values()) this.handle({ type: 'evidence', evidence });
    this.host.later(resumeAfter, () => this.handle({ type: 'may-vote', mayVote: true }));
  }

  /** One event, and the effects of what it leads to. */
  handle(event: CoreEvent): void {
    if (!this.up) return;
    const { scheduler, ablation } = this.around;
    const effects = ablation?.step
      ? ablation.step(this.core, event, scheduler.now)
      : step(this.core, event, scheduler.now).effects;
    ablation?.after?.(this.core);
    // Votes that only came in are not counted yet.
    if (event.type !== 'received') for (const key of this.core.instances.keys()) this.tree.touchOpen(key);
    this.around.onStep(this, event);
    this.perform(effects);
    if (event.type === 'checked')
      for (const key of new Set(event.votes.map((vote) => vote.key))) this.around.afterVotes(this, key);
  }

  private perform(effects: readonly CoreEffect[]): void {
    const { random } = this.around;
    const now: CoreEvent[] = [];
    const writes: (() => void)[] = [];
    const sends: (() => void)[] = [];
    for (const effect of effects) {
      switch (effect.type) {
        case 'check': {
          const votes = this.around.ablation?.takesForged
            ? effect.votes
            : effect.votes.filter(this.around.isSigned);
          if (votes.length === 0) break;
          const event: CoreEvent = { type: 'checked', votes };
          const delay = effect.from === 'adversary' ? 0 : random.below(this.around.pace + 1);
          if (delay === 0) now.push(event);
          else this.host.later(delay, () => this.handle(event));
          break;
        }
        case 'sign': {
          const vote = this.around.sign(this.index, effect.vote);
          const event: CoreEvent = { type: 'signed', vote };
          if (this.host.signsAtOnce(() => this.handle(event))) now.push(event);
          break;
        }
        case 'persist':
          writes.push(this.writeOfLog(effect.key));
          break;
        case 'push':
          this.unwritten.add(effect.vote);
          sends.push(() => this.push(effect.vote));
          break;
        case 'need-value':
          if (this.known.has(effect.digest))
            now.push(this.verdict(effect.key, effect.digest, effect.version));
          else this.wanted.set(effect.digest, effect.key);
          break;
        case 'decide':
          writes.push(this.writeOfDecision(effect.certificate, effect.bytesKnown));
          break;
        case 'evidence':
          writes.push(() => void this.disk.evidence.set(effect.member, effect.evidence));
          sends.push(() => this.tellAll({ type: 'evidence', items: [effect.evidence] }));
          break;
        case 'timer':
          this.setTimer(effect.key, effect.at);
          break;
        case 'unknown-own-vote':
          this.around.onUnknownOwnVote(this.index, effect.vote);
          break;
        case 'behind':
          if (effect.from !== 'adversary')
            this.tell(Number(effect.from) as MemberIndex, { type: 'want-keys', keys: [effect.key] });
          break;
        case 'ahead':
          if (effect.from !== 'adversary') this.answer(Number(effect.from) as MemberIndex, [effect.key]);
          break;
        case 'forgotten':
        case 'value-unneeded':
        case 'heard':
        case 'trace':
          break;
      }
    }
    if (writes.length > 0 || sends.length > 0) {
      this.host.enqueue({
        write: writes.length > 0 ? () => writes.forEach((write) => write()) : null,
        send: () => sends.forEach((send) => send()),
      });
    }
    for (const event of now) this.handle(event);
  }

  /** The log as it is now: later changes belong to later writes. */
  private writeOfLog(key: Key): () => void {
    const log = instanceLog(this.core, key);
    return () => {
      if (!log || (this.disk.heads.get(key)?.version ?? 0) >= log.version) return;
      this.disk.logs.set(key, log);
      for (const digest of log.values) if (this.around.isValid(digest)) this.disk.values.add(digest);
    };
  }

  private writeOfDecision(certificate: Certificate, bytesKnown: boolean): () => void {
    const { key, version, digest } = certificate;
    this.around.onDecide(this.index, certificate);
    this.around.note?.(
      this.index,
      `decides ${key} v${version} = ${digest.slice(0, 6)} from round ${certificate.round}`,
    );
    this.tree.setCertified(key, version, digest);
    this.tree.touchOpen(key);
    for (const [wanted, of] of this.wanted) if (of === key) this.wanted.delete(wanted);
    if (this.known.has(digest)) {
      if (!bytesKnown) this.host.later(0, () => this.handle({ type: 'head-bytes', key, digest }));
    } else this.wanted.set(digest, key);
    const known = this.known.has(digest);
    return () => {
      this.disk.heads.set(key, certificate);
      this.disk.logs.delete(key);
      if (this.around.ablation?.dropsDecidedBytes) this.disk.values.delete(digest);
      else if (known) this.disk.values.add(digest);
    };
  }

  private push(vote: Vote): void {
    this.unwritten.delete(vote);
    this.leaves(vote);
    this.around.note?.(
      this.index,
      `${vote.type} ${vote.digest.slice(0, 6)} in ${vote.key} v${vote.version} r${vote.round}`,
    );
    const instance = this.core.instances.get(vote.key);
    const tellsPolka = instance?.version === vote.version && !this.around.ablation?.keepsPolkasToItself;
    const polka = tellsPolka ? newestPolka(instance) : null;
    const values = this.known.has(vote.digest) && this.around.random.chance(60) ? [vote.digest] : [];
    const others = polka?.votes.filter((other) => !this.unwritten.has(other)) ?? [];
    for (const other of others) if (other.author === this.index) this.leaves(other);
    this.tellAll({ type: 'votes', votes: [vote, ...others], values });
  }

  private leaves(vote: Vote): void {
    this.around.onLeave(vote);
    const { key, version, round, type } = vote;
    if ((this.disk.heads.get(key)?.version ?? 0) >= version) return;
    const log = this.disk.logs.get(key);
    const written =
      log?.version === version && log.ownVotes.some((own) => own.round === round && own.type === type);
    if (!written) this.around.onUnwrittenVote(this.index, vote);
  }

  /** Certificate, and every vote of the open version. */
  private answer(to: MemberIndex, keys: readonly Key[]): void {
    const certificates = keys.map((key) => this.certificateOf(key)).filter((c) => c !== null);
    const votes = keys.flatMap((key) => {
      const instance = this.core.instances.get(key);
      if (!instance) return [];
      return this.around.ablation?.keepsPolkasToItself ? countedVotes(instance) : votesOf(instance);
    });
    this.host.enqueue({
      write: null,
      send: () => {
        for (const vote of votes) if (vote.author === this.index) this.leaves(vote);
        if (certificates.length > 0) this.around.send(this.index, to, { type: 'certificates', certificates });
        if (votes.length > 0) this.around.send(this.index, to, { type: 'votes', votes, values: [] });
      },
    });
  }

  private certificateOf(key: Key): Certificate | null {
    // Only what is durable is told.
    return this.disk.heads.get(key) ?? null;
  }

  private takeCertificate(certificate: Certificate): void {
    const { key, version, epoch, round, digest } = certificate;
    if (this.version(key) >= version) return;
    let signers = certificateSigners(certificate);
    if (this.around.ablation?.refusesConvicted) signers = signers.filter((i) => !this.core.evidence.has(i));
    if (signers.length < this.quorum) return;
    for (const group of certificate.groups) {
      if (group.form !== 'votes') return;
      for (const { author, signature, share } of group.votes) {
        if (
          !this.around.isSigned({
            epoch,
            key,
            version,
            round,
            type: 'COMMIT',
            digest,
            author,
            signature,
            share,
          })
        )
          return;
      }
    }
    this.handle({ type: 'certified', certificate, bytesKnown: this.known.has(digest) });
  }

  private classify(key: Key, digest: Digest): void {
    const instance = this.core.instances.get(key);
    if (instance?.values.has(digest)) this.handle(this.verdict(key, digest, instance.version));
  }

  private verdict(key: Key, digest: Digest, version: Instance['version']): CoreEvent {
    return { type: 'value', key, version, digest, status: this.around.isValid(digest) ? 'valid' : 'invalid' };
  }

  private setTimer(key: Key, at: number | null): void {
    this.host.setTimer(key, at, () => {
      const instance = this.core.instances.get(key);
      if (instance) this.around.beforeTimer(this, instance);
      this.handle({ type: 'tick', key });
    });
  }

  private tell(to: MemberIndex, message: Message): void {
    this.host.enqueue({ write: null, send: () => this.around.send(this.index, to, message) });
  }

  /** Called when what it tells may leave. */
  private tellAll(message: Message): void {
    for (const to of this.around.peers) if (to !== this.index) this.around.send(this.index, to, message);
  }

  private newTree(): MerkleTree {
    return createMerkleTree(this.config.hash, (key) => this.around.openDigest(this.core, key));
  }
}

/** Without the votes that are only in a polka. */
function countedVotes(instance: Instance): Vote[] {
  return [...instance.rounds.values()].flatMap(({ preCommits, commits }) =>
    [...preCommits.values(), ...commits.values()].flatMap((votes) => [...votes.values()]),
  );
}

/** Of the latest round that has one. */
export function newestPolka(instance: Instance): Polka | null {
  for (let round = instance.round + 1; round >= 0; round--) {
    const polka = instance.rounds.get(round)?.polka;
    if (polka) return polka;
  }
  return null;
}
