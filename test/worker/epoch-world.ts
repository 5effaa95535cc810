/** Whole replicas whose members change: real core, machine, crypto and disks in memory; each epoch's members meet on a hub of their own. */
import type {
  Digest,
  Key,
  LogId,
  MemberId,
  MemberIndex,
  NetworkId,
  Round,
  Version,
} from '../../src/codec/brand.ts';
import { asKey, fromHex } from '../../src/codec/brand.ts';
import { encodeLink, type Change } from '../../src/codec/epochs.ts';
import { NO_LOG, type DeviceCertificate, type DeviceKey } from '../../src/codec/device.ts';
import type { Genesis, MemberEntry } from '../../src/codec/genesis.ts';
import { encodeReplicaMessage, type ReplicaMessage } from '../../src/codec/replica-message.ts';
import type { Certificate } from '../../src/codec/vote.ts';
import { firstEpoch } from '../../src/consensus/membership.ts';
import { createBls } from '../../src/crypto/bls.ts';
import { certifyDevice } from '../../src/crypto/device.ts';
import { changeDigest, commitBytes, joinSecretDigest, voteBytes } from '../../src/crypto/domains.ts';
import { createEd25519 } from '../../src/crypto/ed25519.ts';
import { epochKeysOf } from '../../src/crypto/epochs.ts';
import { networkIdOf, possessionOf } from '../../src/crypto/genesis.ts';
import { createHash } from '../../src/crypto/hash.ts';
import {
  createSigner,
  generateSecretKeys,
  newInstanceId,
  newLogId,
  randomBytes,
  randomHex,
} from '../../src/crypto/keys.ts';
import type { Signer } from '../../src/crypto/types.ts';
import type { LinkId } from '../../src/net/types.ts';
import { MemoryDisk } from '../../src/store/memory-store.ts';
import type { NetworkBinding } from '../../src/store/identity.ts';
import type { Standing } from '../../src/worker/api.ts';
import { systemClock } from '../../src/worker/clock.ts';
import { openChain, type OpenedChain } from '../../src/worker/epochs/chain.ts';
import { readEpochs } from '../../src/worker/epochs/disk.ts';
import { whyNot } from '../../src/worker/epochs/why-not.ts';
import { Replica } from '../../src/worker/replica/replica.ts';
import { Hub, HubTransport, until } from './cluster.ts';

export interface Person {
  readonly name: string;
  readonly signer: Signer;
  readonly entry: MemberEntry;
  disk: MemoryDisk;
  binding: Pick<NetworkBinding, 'network' | 'joinSecret' | 'chain'>;
  replica: Replica | null;
  opened: OpenedChain | null;
  standing: Standing;
  /** How often it was opened. */
  starts: number;
  /** Counts opening and closing: of two that overlap only the later one makes a replica. */
  turn: number;
  /** A device of the member with this entry: it has the member's, and a certificate. */
  readonly device?: DeviceCertificate;
  transport?: HubTransport;
  /** It runs beside another start with the same keys and log. */
  isCopy?: boolean;
}

export class EpochWorld {
  readonly people: Person[] = [];
  readonly hubs = new Map<string, Hub>();
  network!: NetworkId;
  genesis!: Genesis;
  readonly nonce = randomHex(16);
  /** Pairs of places that are not linked, in every epoch: `"1 3"`. */
  readonly cut = new Set<string>();
  /** Sees every replica before it starts. */
  made: (person: Person, replica: Replica) => void = () => undefined;
  #tools!: {
    bls: Awaited<ReturnType<typeof createBls>>;
    hash: Awaited<ReturnType<typeof createHash>>;
    ed25519: Awaited<ReturnType<typeof createEd25519>>;
  };

  static async create(names: readonly string[]): Promise<EpochWorld> {
    const world = new EpochWorld();
    const [bls, hash, ed25519] = await Promise.all([createBls(), createHash(), createEd25519()]);
    world.#tools = { bls, hash, ed25519 };
    const made = await Promise.all(names.map((name) => world.#keys(name, null)));
    world.genesis = {
      format: 'countersign-genesis-1',
      name: 'Test',
      rulesVersion: 1,
      draftNonce: world.nonce,
      demo: false,
      members: made.map(({ entry }) => entry),
      directory: { supplierKeys: [], couriers: [] },
    };
    world.network = networkIdOf(world.genesis, hash);
    const joinSecret = randomHex(32);
    for (const { signer, entry } of made)
      world.#person(signer, entry, { network: world.network, joinSecret });
    return world;
  }

  /** Everybody votes, and all hold version 1 of `a/1`. */
  static async withRecord(names: readonly string[], by: string): Promise<EpochWorld> {
    const world = await EpochWorld.create(names);
    await world.openAll(names);
    await world.put(by, 'a/1');
    await world.agree(names, 'a/1', 1);
    return world;
  }

  /** Keys of one who is not yet a member. `as`: the member whose place they take. `of`: the network in force. */
  async newcomer(name: string, as: MemberEntry | null = null, of = this.network): Promise<Person> {
    const { signer, entry } = await this.#keys(name, of);
    const placed = as
      ? { ...entry, id: as.id, organisation: as.organisation, role: as.role, gln: as.gln }
      : entry;
    return this.#person(signer, placed, { network: this.network, joinSecret: '0'.repeat(64) });
  }

  async #keys(name: string, network: NetworkId | null): Promise<{ signer: Signer; entry: MemberEntry }> {
    const { bls } = this.#tools;
    const keys = generateSecretKeys();
    const signer = await createSigner(keys, bls);
    const logId: LogId = newLogId();
    const { voteKey, certificateKey } = signer;
    const fields = { network, certificateKey, voteKey, logId, nonce: this.nonce };
    return {
      signer,
      entry: {
        id: name.toLowerCase() as MemberId,
        name,
        organisation: `${name} Ltd`,
        role: 'warehouse',
        gln: '4012345000009',
        voteKey,
        certificateKey,
        logId,
        proofOfPossession: possessionOf(fields, keys.certificateSecret, bls),
      },
    };
  }

  #person(signer: Signer, entry: MemberEntry, binding: Person['binding']): Person {
    const disk = new MemoryDisk({ network: this.network, logId: entry.logId });
    const person: Person = {
      name: entry.name,
      signer,
      entry,
      disk,
      binding,
      replica: null,
      opened: null,
      standing: { kind: 'observer', reason: '' },
      starts: 0,
      turn: 0,
    };
    this.people.push(person);
    return person;
  }

  /** A further terminal of a member, certified today. */
  async device(name: string, of: string): Promise<Person> {
    const owner = this.person(of);
    const { signer } = await this.#keys(name, null);
    const member = owner.opened!.place;
    const claim = { network: this.network, member, device: signer.voteKey as string as DeviceKey };
    const device = await certifyDevice(owner.signer, { ...claim, name, notBefore: 1 });
    const person: Person = {
      ...this.#person(signer, owner.entry, { ...owner.binding }),
      name,
      disk: new MemoryDisk({ network: this.network, logId: NO_LOG }),
      device,
    };
    this.people.splice(-1, 1, person);
    return person;
  }

  person(name: string): Person {
    return this.people.findLast((one) => one.name === name)!;
  }

  async open(name: string): Promise<void> {
    const person = this.person(name);
    const turn = ++person.turn;
    const { hash } = this.#tools;
    const store = person.disk.openReplica();
    const state = await store.load();
    const stored = readEpochs(state.meta);
    if (!stored.ok) throw new Error(stored.error.message);
    const { device } = person;
    const { voteKey } = person.entry;
    const logId = device ? NO_LOG : person.entry.logId;
    const opened = await openChain(this.genesis, person.binding, stored.value, { voteKey, logId }, hash);
    if (!opened.ok) throw new Error(opened.error.message);
    if (person.turn !== turn) return;
    const { chain, links, checked, mesh, secret, place, self, left, isBegun } = opened.value;
    person.opened = opened.value;
    person.starts++;
    const instance = newInstanceId();
    const hub = this.hubs.get(secret) ?? new Hub();
    if (!this.hubs.has(secret)) for (const pair of this.cut) hub.cut.add(pair);
    this.hubs.set(secret, hub);
    // It stops what it knows of a member that joins again.
    if (person.isCopy) hub.transports.delete(place);
    // The hub goes by the place of the day.
    const transport = device
      ? new HubTransport(hub, (100 + this.people.indexOf(person)) as MemberIndex, {
          logId,
          instance,
          device: { ...device, member: place },
        })
      : new HubTransport(hub, place, { logId, instance });
    person.transport = transport;
    const replica: Replica = new Replica({
      ...this.#tools,
      epoch: epochKeysOf(mesh),
      self,
      whyNot: mesh.members[place]
        ? whyNot(chain, mesh, mesh.members[place], logId, voteKey, left, isBegun)
        : null,
      isDevice: device !== undefined,
      instance,
      signer: person.signer,
      store,
      transport,
      clock: systemClock,
      random: randomBytes,
      w0: 150,
      validate: () => Promise.resolve({ verdict: 'valid' }),
      epochs: {
        self: device ? null : { voteKey, logId },
        member: voteKey,
        nonce: this.nonce,
        rulesVersion: 9,
        stored: stored.value,
        chain,
        links,
        checked,
        mesh: mesh.number,
        moved: () => {
          if (person.replica === replica) void this.reopen(name);
        },
      },
      listener: {
        decided: () => undefined,
        refused: () => undefined,
        changed: () => undefined,
        trace: () => undefined,
        transport: () => undefined,
        standing: (standing) => (person.standing = standing),
      },
    });
    person.replica = replica;
    this.made(person, replica);
    await replica.start();
  }

  close(name: string): void {
    const person = this.person(name);
    person.turn++;
    person.replica?.stop('closed by the test');
    person.replica = null;
  }

  async reopen(name: string): Promise<void> {
    this.close(name);
    await this.open(name);
  }

  async openAll(names: readonly string[]): Promise<void> {
    await Promise.all(names.map((name) => this.open(name)));
    await until('everybody votes', () => names.every((name) => this.person(name).standing.kind === 'voter'));
  }

  /** As a page does it: a draft with a fresh secret, proposed and approved by one. */
  propose(by: string, members: readonly MemberEntry[], rulesVersion = 1): Digest {
    const { replica, opened } = this.person(by);
    const { hash } = this.#tools;
    const secret = randomHex(32);
    const change: Change = {
      format: 'countersign-change-1',
      epoch: opened!.mesh.number + 1,
      members,
      rulesVersion,
      joinSecret: joinSecretDigest(hash, secret),
      reason: 'test',
    };
    const digest = changeDigest(hash, change);
    replica!.epochs!.talk.propose(change, digest, secret);
    this.approve(by, digest);
    return digest;
  }

  /** A change that all of `names` approve, the first of whom proposes it. */
  async seal(names: readonly string[], members: readonly MemberEntry[]): Promise<Digest> {
    const change = this.propose(names[0]!, members);
    await until('all have the draft', () => names.every((name) => this.hasDraft(name, change)));
    for (const name of names.slice(1)) this.approve(name, change);
    return change;
  }

  /** As a page that is lost does, again and again: asks at the door of `from` until it is in this epoch. */
  async bringIn(name: string, from: string, epoch: number): Promise<void> {
    await until(`${name} is in epoch ${epoch}`, () => {
      if (this.meets(name) === epoch && this.begun(name) === epoch) return true;
      if (this.meets(from) === epoch) this.knock(name, from);
      return false;
    });
  }

  /** One knock at the door of a member, by one that the newest epoch lists. */
  knock(name: string, from: string): void {
    const { secret, mesh } = this.person(from).opened!;
    const { epochs } = this.person(from).replica!;
    const bundle = { links: epochs!.links, secret: { epoch: mesh.number, secret: fromHex(secret) } };
    const { replica } = this.person(name);
    if (replica && !replica.stopped) void replica.epochs!.talk.takeBundle(bundle);
  }

  /** Gives `to` a message as if it came over its link to `from`. */
  inject(to: string, from: string, message: ReplicaMessage): LinkId {
    const at = this.person(to).transport!;
    const [id] = [...at.peers].find(([, peer]) => peer === this.person(from).transport)!;
    at.deliver(id, encodeReplicaMessage(message));
    return id;
  }

  /** A certificate of an epoch with the members of epoch 0, of that one unless told otherwise, by whoever has these keys. */
  async certificate(
    key: string,
    digest: Digest,
    signers: readonly string[],
    epoch = firstEpoch(this.network),
    of = 1,
  ): Promise<Certificate> {
    const vote = {
      key: key as Key,
      version: of as Version,
      round: 0 as Round,
      type: 'COMMIT' as const,
      digest,
      epoch,
    };
    const bytes = voteBytes(this.network, epoch, vote);
    const votes = await Promise.all(
      signers.map(async (name) => {
        const { signer, entry } = this.person(name);
        const share = signer.signShare(bytes);
        const author = this.genesis.members.findIndex((m) => m.voteKey === entry.voteKey) as MemberIndex;
        return { author, share, signature: await signer.signEd25519(commitBytes(bytes, share)) };
      }),
    );
    const sorted = votes.sort((a, b) => a.author - b.author);
    const { key: at, version, round } = vote;
    return { epoch, key: at, version, round, digest, groups: [{ form: 'votes', votes: sorted }] };
  }

  /** Everybody votes, agrees on a new version, and has nothing against anybody. */
  async isSound(names: readonly string[], key: string): Promise<void> {
    await until('everybody votes', () => names.every((name) => this.person(name).standing.kind === 'voter'));
    const before = this.version(names[0]!, key);
    await this.put(names[0]!, key);
    await this.agree(names, key, before + 1);
    for (const name of names) {
      const { core } = this.person(name).replica!;
      if (core.evidence.size > 0)
        throw new Error(`${name} has evidence against ${[...core.evidence.keys()].join()}`);
    }
  }

  /** As a page does it: a proposal to go on with these members alone, signed by the first of them. */
  async proposeBreak(names: readonly string[], called = 'The rest'): Promise<Digest> {
    const members = names.map((name) => this.person(name).entry.id);
    const { breaks } = this.person(names[0]!).replica!.epochs!;
    const proposed = await breaks.propose({ members, name: called });
    if (!proposed.ok) throw new Error(proposed.error.message);
    return proposed.value.digest;
  }

  /** True once this member can sign it: it has the proposal, and the way to the others. */
  canSign(name: string, digest: Digest): boolean {
    const { epochs } = this.person(name).replica ?? {};
    const proposed = epochs?.breaks.all.find(({ network }) => (network as string) === digest);
    return (
      proposed !== undefined && epochs?.talk.secretOf(proposed.genesis.continues.joinSecret) !== undefined
    );
  }

  async signBreak(name: string, digest: Digest): Promise<string> {
    await until(`${name} can sign`, () => this.canSign(name, digest));
    const signed = await this.person(name).replica!.epochs!.breaks.sign(digest);
    return signed.ok ? 'signed' : signed.error.type;
  }

  /** A break that all of `names` sign; ends when they are in the network that begins. */
  async goOn(names: readonly string[], called?: string): Promise<Digest> {
    const before = this.meets(names[0]!);
    const digest = await this.proposeBreak(names, called);
    for (const name of names.slice(1)) {
      const said = await this.signBreak(name, digest);
      if (said !== 'signed') throw new Error(`${name}: ${said}`);
    }
    await until('all go on', () => names.every((name) => this.begun(name) === before + 1));
    await until('all are there', () => names.every((name) => this.meets(name) === before + 1));
    return digest;
  }

  /** A device `Terminal` of a member, with the record; and a certificate for version 1 of `x/1` that nobody has yet. */
  async terminalAndHidden(of: string, signers: readonly string[]): Promise<Certificate> {
    await this.device('Terminal', of);
    await this.open('Terminal');
    await until('it has the record', () => this.version('Terminal', 'a/1') === 1);
    return this.certificate('x/1', this.#tools.hash(new Uint8Array([7])), signers);
  }

  approve(by: string, change: Digest): void {
    this.person(by).replica!.epochs!.dispatch({ type: 'approve', change });
  }

  hasDraft(of: string, change: Digest): boolean {
    return this.person(of).replica?.epochs?.machine.drafts.has(change) ?? false;
  }

  /** The join of one who is let in, as its knock at the door of a member brings it. */
  async join(name: string, change: Digest, at: string): Promise<void> {
    const { signer, entry } = this.person(name);
    const { replica } = this.person(at);
    const { epochs } = replica!;
    const { approvalBytes } = await import('../../src/crypto/domains.ts');
    const { countersign } = await import('../../src/crypto/epochs.ts');
    const draft = epochs!.machine.drafts.get(change)!;
    const author = draft.change.members.findIndex((m) => m.voteKey === entry.voteKey) as MemberIndex;
    const { digest: epoch, network } = epochs!.epoch;
    const signed = await countersign(signer, approvalBytes('join', network, epoch, change));
    await epochs!.talk.takeJoins([{ kind: 'join', epoch, change, author, ...signed }]);
  }

  /** What the door gives to one whom the newest epoch lists. */
  admit(name: string, from: string): void {
    const member = this.person(from);
    const { mesh, secret, links } = member.opened!;
    const person = this.person(name);
    person.binding = {
      network: this.network,
      joinSecret: secret,
      chain: { links: links.map((link) => encodeLink(link)), secretEpoch: mesh.number },
    };
  }

  /** Number of the epoch whose members it links to, since it was opened again. */
  meets(name: string): number {
    const { replica, opened } = this.person(name);
    return replica === null || replica.stopped ? -1 : opened!.mesh.number;
  }

  begun(name: string): number {
    return this.person(name).replica?.epochs?.machine.at ?? -1;
  }

  async put(by: string, key: string): Promise<void> {
    const { replica } = this.person(by);
    const name = asKey(key);
    const head = replica!.core.certified.get(name);
    const version = ((head?.version ?? 0) + 1) as Version;
    const proposed = await replica!.propose(name, version, head?.digest ?? null, fromHex(randomHex(8)));
    if (!proposed.ok) throw new Error(proposed.error.message);
  }

  version(of: string, key: string): number {
    return this.person(of).replica?.core.certified.get(key as Key)?.version ?? 0;
  }

  async agree(names: readonly string[], key: string, version: number): Promise<void> {
    await until(`version ${version} of ${key}`, () =>
      names.every((name) => this.version(name, key) >= version),
    );
    const digests = names.map((name) => this.person(name).replica!.core.certified.get(key as Key)!.digest);
    if (new Set(digests).size !== 1) throw new Error(`${key} differs: ${digests.join()}`);
  }

  stop(): void {
    for (const { name } of this.people) this.close(name);
  }
}
