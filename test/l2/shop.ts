/**
 * Whole members under virtual time: replica, session buffer and the supply chain's own registry, with tabs that are killed at any moment.
 * Network, disks, clocks and stand-in cryptography are the simulator's (test/sim/world).
 */
import {
  asKey,
  fromHex,
  type Digest,
  type InstanceId,
  type Key,
  type LogId,
  type MemberIndex,
  type NetworkId,
  type VoteKey,
} from '../../src/codec/brand.ts';
import type { Genesis, MemberEntry } from '../../src/codec/genesis.ts';
import { decodeValue } from '../../src/codec/value.ts';
import { firstEpoch, quorum } from '../../src/consensus/membership.ts';
import type { EpochKeys } from '../../src/crypto/certificates.ts';
import { deviceBytes } from '../../src/crypto/device.ts';
import { sessionBytes, valueBytes } from '../../src/crypto/domains.ts';
import { createHash } from '../../src/crypto/hash.ts';
import { checkDigit } from '../../src/domain/supply/gs1.ts';
import { makeEnvelope } from '../../src/domain/supply/manifest.ts';
import { createSupplyRegistry } from '../../src/domain/supply/registry.ts';
import { createSessionBuffer, type SessionBuffer } from '../../src/l2/session-buffer.ts';
import type { L2Ports } from '../../src/l2/types.ts';
import { validateValue } from '../../src/l2/validate.ts';
import { fail, ok } from '../../src/codec/result.ts';
import { MemoryDisk } from '../../src/store/memory-store.ts';
import { Replica } from '../../src/worker/replica/replica.ts';
import { demoNetwork, manifestObject } from '../domain/support.ts';
import { createRandom, createScheduler, type Random } from '../sim/scheduler.ts';
import { FREE } from '../sim/world/costs.ts';
import { Cpu } from '../sim/world/cpu.ts';
import { simulatedCrypto, type WorldCrypto } from '../sim/world/crypto.ts';
import { readOnce, SimNet, SimTransport, topology } from '../sim/world/network.ts';
import { Durable, SimStore } from '../sim/world/store.ts';

const hash = await createHash();

export interface ShopCounts {
  /** Messages and bytes on all links. */
  messages: number;
  voteMessages: number;
  bytes: number;
  /** Ed25519 signatures made, BLS shares made, signatures checked, BLS checks. */
  signed: number;
  shares: number;
  checked: number;
  pairings: number;
  writes: number;
}

export interface Tab {
  readonly member: ShopMember;
  readonly replica: Replica;
  readonly buffer: SessionBuffer;
  isAlive: boolean;
  isVoter: boolean;
}

export interface ShopVersion {
  readonly version: number;
  readonly digest: Digest;
  readonly body: Uint8Array;
}

export interface ShopMember {
  readonly index: MemberIndex;
  readonly disk: MemoryDisk;
  readonly durable: Durable;
  tab: Tab | null;
  kills: number;
}

export class Shop {
  readonly scheduler = createScheduler();
  readonly random: Random;
  readonly members: ShopMember[] = [];
  readonly genesis: Genesis;
  readonly epoch: EpochKeys;
  readonly crypto: WorldCrypto;
  readonly counts: ShopCounts = {
    messages: 0,
    voteMessages: 0,
    bytes: 0,
    signed: 0,
    shares: 0,
    checked: 0,
    pairings: 0,
    writes: 0,
  };
  /** What left with each vote's place: two digests there are a contradiction. */
  readonly votes = new Map<string, string>();
  readonly problems: string[] = [];
  readonly net: SimNet;
  /** Called with every new tab. */
  onTab: (tab: Tab) => void = () => undefined;
  #instances = 0;

  constructor(seed: number, settings: { readonly writeMs?: number } = {}) {
    this.random = createRandom(seed);
    const n = demoNetwork.members.length;
    this.crypto = simulatedCrypto(hash, n, FREE);
    const network = this.random.hex(64) as NetworkId;
    const { voteKeys, certificateKeys } = this.crypto;
    const members = demoNetwork.members.map((member, i) => ({
      ...member,
      voteKey: voteKeys[i]!,
      certificateKey: String(i).repeat(192),
      logId: this.random.hex(32),
      proofOfPossession: String(i).repeat(96),
    })) as unknown as MemberEntry[];
    const supplier = {
      keyId: 'shop-key',
      publicKey: voteKeys[0]!,
      gln: '4012345000115',
      name: 'Alfa Components',
      validFrom: null,
      validUntil: null,
    };
    this.genesis = {
      format: 'countersign-genesis-1',
      name: 'shop',
      rulesVersion: 1,
      draftNonce: '0'.repeat(32),
      demo: true,
      members,
      directory: { supplierKeys: [supplier], couriers: demoNetwork.directory.couriers },
    };
    this.epoch = { network, epoch: firstEpoch(network), n, quorum: quorum(n), voteKeys, certificateKeys };
    for (let i = 0; i < n; i++) {
      const logId = members[i]!.logId as LogId;
      const disk = new MemoryDisk({ network, logId });
      this.members.push({ index: i as MemberIndex, disk, durable: new Durable(), tab: null, kills: 0 });
    }
    const edges = topology(n, n - 1, this.random, () => true);
    const model = {
      latency: 5,
      jitter: 3,
      loss: 0,
      lossAfter: 0,
      duplication: 0,
      reorder: false,
      bandwidth: null,
      settledAt: 0,
    };
    this.net = new SimNet(this.scheduler, this.random, model, n, edges, {
      sent: (from, _to, bytes) => this.#sent(from.self, bytes),
      acknowledged: () => undefined,
      arrives: () => undefined,
      closed: (by, peer, reason) => {
        if (reason !== 'shutdown')
          this.problems.push(`${by.self} closes the link to ${peer.self}: ${reason}`);
      },
    });
    this.writeMs = settings.writeMs ?? 2;
  }

  readonly writeMs: number;

  start(member: ShopMember): void {
    if (member.tab) return;
    const { random, scheduler, genesis, epoch, counts } = this;
    const cpu = new Cpu(scheduler, { skew: 0, rate: 1, slowness: 1 });
    const instance = (++this.#instances).toString(16).padStart(32, '0') as InstanceId;
    const transport = new SimTransport(
      this.net,
      cpu,
      member.index,
      { logId: member.disk.logId, instance },
      () => undefined,
    );
    const model = { latency: () => this.writeMs, readLatency: () => 0, acknowledgesEarly: false };
    const store = new SimStore(member.disk, member.durable, model, scheduler);
    const write = store.write.bind(store);
    store.write = (batch) => {
      counts.writes++;
      return write(batch);
    };
    const plain = this.crypto.tools(member.index, null);
    const tools: typeof plain = {
      signer: {
        ...plain.signer,
        signEd25519: (message) => (counts.signed++, plain.signer.signEd25519(message)),
        signShare: (message) => (counts.shares++, plain.signer.signShare(message)),
      },
      ed25519: { ...plain.ed25519, verify: (...asked) => (counts.checked++, plain.ed25519.verify(...asked)) },
      bls: {
        ...plain.bls,
        verify: (...asked) => (counts.pairings++, plain.bls.verify(...asked)),
        verifyAggregate: (...asked) => (counts.pairings++, plain.bls.verifyAggregate(...asked)),
        verifyMany: (...asked) => (counts.pairings++, plain.bls.verifyMany(...asked)),
      },
    };
    const verifyEd25519 = (key: string, message: Uint8Array, signature: Uint8Array) =>
      tools.ed25519.verify(key as VoteKey, message, signature);
    const registry = createSupplyRegistry();
    const { network } = epoch;
    const rules = { network, genesis, registry, sessionBytes, deviceBytes, hash, verifyEd25519 };
    const tab = { member, isAlive: true, isVoter: false } as unknown as {
      -readonly [K in keyof Tab]: Tab[K];
    };
    const replica = new Replica({
      ...tools,
      hash,
      epoch,
      self: member.index,
      instance,
      store,
      transport,
      clock: cpu,
      random: (count) => fromHex(random.hex(count * 2)),
      decode: readOnce,
      w0: 150,
      validate: (proposal) => validateValue(rules, proposal),
      listener: {
        decided: (entry, body) => {
          if (body !== undefined) tab.buffer.decided(entry.key, entry.version, entry.digest);
        },
        refused: (key, digest, rule, message) => tab.buffer.refused(key, digest, message, rule),
        changed: () => undefined,
        trace: () => undefined,
        standing: (standing) => {
          tab.isVoter = standing.kind === 'voter';
          if (tab.isVoter) tab.buffer.retry();
          if (standing.kind === 'stopped' && tab.isAlive)
            this.problems.push(`${member.index} stopped: ${standing.reason}`);
        },
        transport: () => undefined,
      },
    });
    const durable = async () =>
      (await replica.outbox.durable())
        ? ok(undefined)
        : fail({ type: 'store-failed', message: 'The replica has stopped.' });
    const ports: L2Ports = {
      network,
      genesis,
      member: genesis.members[member.index]!,
      certified: async (key) => {
        const held = await replica.held(key);
        return held && { version: held.entry.version, digest: held.entry.digest, body: held.body };
      },
      propose: (key, version, previous, body) => replica.propose(key, version, previous, body),
      proposeBatch: (proposals) => replica.proposeBatch(proposals),
      sign: (bytes) => tools.signer.signEd25519(bytes),
      hash,
      verifyEd25519,
      saveSession: (id, bytes) => {
        replica.outbox.session({ id, bytes });
        return durable();
      },
      dropSession: (id) => {
        replica.outbox.dropSession(id);
        return durable();
      },
      wallClock: () => Math.trunc(cpu.wall()),
      randomId: () => random.hex(32),
      changed: () => undefined,
    };
    tab.replica = replica;
    tab.buffer = createSessionBuffer({
      ports,
      registry,
      sessionBytes,
      valueDigest: (previous, body) => hash(valueBytes(previous, body)),
      decidedDigest: async (key, version) => {
        const head = replica.heads.get(key);
        if (head?.version === version) return head.digest;
        return (await store.history(key)).find((entry) => entry.version === version)?.digest ?? null;
      },
      failed: (error) => this.problems.push(`${member.index}: ${String(error)}`),
    });
    member.tab = tab;
    this.#cut.set(tab, () => {
      store.crash(random);
      transport.crash();
      cpu.kill();
    });
    void (async () => {
      const stored = await store.load();
      await replica.start();
      if (!tab.isAlive) return;
      await tab.buffer.resume(stored.sessions);
      if (tab.isAlive) this.onTab(tab);
    })();
  }

  readonly #cut = new Map<Tab, () => void>();

  /** The tab is gone between two moments; a write under way may have reached the disk or not. */
  kill(member: ShopMember): void {
    const { tab } = member;
    if (!tab) return;
    tab.isAlive = false;
    member.tab = null;
    member.kills++;
    this.#cut.get(tab)?.();
    this.#cut.delete(tab);
  }

  at(time: number, task: () => void): void {
    this.scheduler.at(time, task);
  }

  /** Resolves after this much virtual time; never, when the tab has died. */
  sleep(tab: Tab | null, milliseconds: number): Promise<void> {
    return new Promise((resolve) =>
      this.scheduler.at(this.scheduler.now + milliseconds, () => {
        if (tab === null || tab.isAlive) resolve();
      }),
    );
  }

  /** Runs until `isOver`, or throws at the horizon (virtual milliseconds from now). */
  async run(isOver: () => boolean, horizon: number): Promise<void> {
    const until = this.scheduler.now + horizon;
    let failed: unknown;
    const caught = (error: unknown): void => void (failed ??= error);
    process.on('unhandledRejection', caught);
    try {
      for (let turns = 1; !isOver(); turns++) {
        const more = this.scheduler.next(until);
        await new Promise<void>((resolve) =>
          turns % 64 === 0 ? setImmediate(resolve) : process.nextTick(resolve),
        );
        if (failed) throw failed instanceof Error ? failed : new Error(String(failed));
        if (!more)
          throw new Error(
            `not over after ${horizon} virtual milliseconds: ${this.problems.slice(0, 5).join('; ')}`,
          );
      }
    } finally {
      process.off('unhandledRejection', caught);
    }
  }

  async startAll(): Promise<void> {
    for (const member of this.members) this.start(member);
    await this.run(() => this.members.every((m) => m.tab?.isVoter === true), 20_000);
  }

  /** A signed manifest and the key of its package. */
  async packageNumber(i: number): Promise<{ key: Key; sscc: string; envelope: string }> {
    const digits = `04012345${String(i).padStart(9, '0')}`;
    const sscc = digits + checkDigit(digits)!;
    const { signer } = this.crypto.tools(0, null);
    const manifest = JSON.stringify(manifestObject({ sscc, asnId: `ASN-${i}` }));
    const made = await makeEnvelope(manifest, {
      keyId: 'shop-key',
      sign: (bytes) => signer.signEd25519(bytes),
    });
    if (!made.ok) throw new Error(made.error.message);
    return { key: asKey(`package/${sscc}`), sscc, envelope: made.value };
  }

  /** Reads one member's disk: all versions of a key, oldest first. */
  async chains(member: ShopMember): Promise<(key: Key) => Promise<readonly ShopVersion[]>> {
    const store = member.disk.openReplica();
    const heads = new Map((await store.load()).certified.map((entry) => [entry.key, entry]));
    return async (key) => {
      const head = heads.get(key);
      const entries = [...(await store.history(key)), ...(head ? [head] : [])];
      return Promise.all(
        entries.map(async ({ version, digest }) => {
          const bytes = await store.value(digest);
          const value = bytes && decodeValue(bytes);
          if (!value?.body) throw new Error(`${key} v${version} has no body here`);
          return { version, digest, body: value.body };
        }),
      );
    };
  }

  #sent(from: MemberIndex, bytes: Uint8Array): void {
    this.counts.messages++;
    this.counts.bytes += bytes.length;
    const message = readOnce(bytes);
    if (!message.ok || message.value.type !== 'votes') return;
    this.counts.voteMessages++;
    for (const vote of message.value.votes) {
      if (vote.author !== from) continue;
      const place = `${from} ${vote.key} ${vote.version} ${vote.round} ${vote.type}`;
      const known = this.votes.get(place);
      if (known !== undefined && known !== vote.digest) this.problems.push(`contradictory votes: ${place}`);
      this.votes.set(place, vote.digest);
    }
  }
}
