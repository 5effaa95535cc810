/**
 * A network of four of the supply chain in one process, with a real genesis, real consensus and the real rules; and a forge, which holds
 * all its keys and can sign what no honest member would.
 */
import { entryListOf, type BatchEntry, type Inclusion } from '../../src/codec/batch.ts';
import {
  asKey,
  asRound,
  asVersion,
  fromHex,
  type Digest,
  type Key,
  type MemberIndex,
  type NetworkId,
} from '../../src/codec/brand.ts';
import { encode, type CborValue } from '../../src/codec/cbor.ts';
import { encodeDevice, type DeviceKey } from '../../src/codec/device.ts';
import { encodeGenesis, type Genesis, type MemberEntry } from '../../src/codec/genesis.ts';
import { certificateFields } from '../../src/codec/messages.ts';
import {
  membersBitmap,
  type Certificate,
  type CertificateGroup,
  type Equivocation,
  type Vote,
  type VoteBody,
} from '../../src/codec/vote.ts';
import { verifyTools } from '../../src/cli/verify.ts';
import { firstEpoch } from '../../src/consensus/membership.ts';
import { batchBytes, commitBytes, sessionBytes, valueBytes, voteBytes } from '../../src/crypto/domains.ts';
import { certifyDevice, deviceBytes } from '../../src/crypto/device.ts';
import { networkIdOf, possessionOf } from '../../src/crypto/genesis.ts';
import { createSigner, generateSecretKeys, newLogId, randomHex } from '../../src/crypto/keys.ts';
import type { SecretKeys, Signer } from '../../src/crypto/types.ts';
import {
  exportEvidence,
  writeBundle,
  type EvidenceBundle,
  type VerifyTools,
} from '../../src/domain/supply/evidence.ts';
import {
  epcisDocument,
  writeEpcis,
  type CommittedVersion,
  type EpcisDocument,
} from '../../src/domain/supply/epcis.ts';
import { deliveryBytes, handOffBytes, recordDigest } from '../../src/domain/supply/hand-off.ts';
import { createSupplyRegistry } from '../../src/domain/supply/registry.ts';
import { SERVICES, type DeliveryOutcome, type PackageRecord } from '../../src/domain/supply/types.ts';
import { runRequest } from '../../src/l2/execute.ts';
import type { CommittedSession, Transaction } from '../../src/l2/types.ts';
import { encodeSessionValue, parseSessionValue, unsignedSession } from '../../src/l2/value.ts';
import { recordOf, validateValue } from '../../src/l2/validate.ts';
import { MemoryDisk } from '../../src/store/memory-store.ts';
import type { Deviation } from '../../src/worker/deviation.ts';
import { decodeValue } from '../../src/codec/value.ts';
import { demoNetwork, exampleEnvelopes, T0, verifyEd25519 } from '../domain/support.ts';
import { Cluster, headOf, until, type Node } from '../worker/cluster.ts';

export const [PACKAGE, OTHER_PACKAGE, THIRD_PACKAGE] = exampleEnvelopes() as [
  { envelope: string; sscc: string },
  { envelope: string; sscc: string },
  { envelope: string; sscc: string },
];
export const KEY = asKey(`package/${PACKAGE.sscc}`);
export const OTHER_KEY = asKey(`package/${OTHER_PACKAGE.sscc}`);
export const THIRD_KEY = asKey(`package/${THIRD_PACKAGE.sscc}`);

/** A member that tells member 1 another PRE-COMMIT than the others. */
export const TWO_FACED: Deviation = {
  lying: true,
  setLying: () => undefined,
  registry: (honest) => honest,
  outgoing: async (link, message, tools) => {
    if (message.type !== 'votes' || link.member !== 1) return [message];
    const votes = await Promise.all(
      message.votes.map(async (vote) => {
        if (vote.type !== 'PRE-COMMIT' || vote.author !== 3) return vote;
        return tools.sign({ ...vote, digest: tools.otherDigest(vote.digest) });
      }),
    );
    return [{ ...message, votes }];
  },
};

interface WorldOptions {
  readonly liar?: boolean;
  readonly rulesVersion?: number;
  readonly name?: string;
}

type Request = { readonly path: string; readonly body: Record<string, CborValue> };

export class World {
  readonly tools: VerifyTools;
  readonly cluster: Cluster;
  readonly genesis: Genesis;
  readonly genesisBytes: Uint8Array;
  readonly network: NetworkId;
  readonly keys: readonly { readonly secret: SecretKeys; readonly signer: Signer }[];
  now = T0;

  private constructor(
    parts: Pick<World, 'tools' | 'cluster' | 'genesis' | 'keys' | 'network' | 'genesisBytes'>,
  ) {
    this.tools = parts.tools;
    this.cluster = parts.cluster;
    this.genesis = parts.genesis;
    this.genesisBytes = parts.genesisBytes;
    this.network = parts.network;
    this.keys = parts.keys;
  }

  /** Keys and a sealed genesis; nothing runs yet. */
  static async create(options: WorldOptions = {}): Promise<World> {
    const tools = await verifyTools();
    const nonce = randomHex(16);
    const keys = await Promise.all(
      demoNetwork.members.map(async () => {
        const secret = generateSecretKeys();
        return { secret, signer: await createSigner(secret, tools.bls), logId: newLogId() };
      }),
    );
    const members = demoNetwork.members.map((member, i): MemberEntry => {
      const { secret, signer, logId } = keys[i]!;
      const { voteKey, certificateKey } = signer;
      const fields = { network: null, certificateKey, voteKey, logId, nonce };
      const proofOfPossession = possessionOf(fields, secret.certificateSecret, tools.bls);
      return { ...member, voteKey, certificateKey, logId, proofOfPossession };
    });
    const genesis: Genesis = {
      format: 'countersign-genesis-1',
      name: options.name ?? demoNetwork.name,
      rulesVersion: options.rulesVersion ?? 1,
      draftNonce: nonce,
      demo: false,
      members,
      directory: demoNetwork.directory,
    };
    const network = networkIdOf(genesis, tools.hash);
    const registry = createSupplyRegistry();
    const cluster = await Cluster.create(members.length, (proposal) =>
      validateValue(
        { network, genesis, registry, sessionBytes, deviceBytes, hash: tools.hash, verifyEd25519 },
        proposal,
      ),
    );
    cluster.members.forEach((member, i) => {
      const { signer, logId } = keys[i]!;
      cluster.members[i] = { ...member, signer, logId, disk: new MemoryDisk({ network, logId }) };
    });
    cluster.epoch = {
      ...cluster.epoch,
      network,
      epoch: firstEpoch(network),
      voteKeys: members.map((m) => m.voteKey),
      certificateKeys: members.map((m) => fromHex(m.certificateKey)),
    };
    return new World({ tools, cluster, genesis, network, keys, genesisBytes: encodeGenesis(genesis) });
  }

  /** The same, with all four replicas running and voting. */
  static async running(options: WorldOptions = {}): Promise<World> {
    const world = await World.create(options);
    const nodes = await Promise.all(
      world.keys.map((_, i) =>
        world.cluster.start(i, options.liar && i === 3 ? { deviation: TWO_FACED } : {}),
      ),
    );
    await until('all to vote', () => nodes.every((node) => node.standing.kind === 'voter'));
    return world;
  }

  node(index: number): Node {
    return this.cluster.members[index]!.node!;
  }

  /** Alfa announces; version 1. */
  announce(of = PACKAGE): Promise<void> {
    return this.commit(0, asKey(`package/${of.sscc}`), 'office', [
      this.#post(SERVICES.createPackage, { envelope: of.envelope }),
    ]);
  }

  /** A whole inspection by a warehouse. `verdicts`: by line, accept unless given. */
  async inspect(member = 1, verdicts: Record<number, CborValue> = {}, of = PACKAGE): Promise<void> {
    const key = asKey(`package/${of.sscc}`);
    const previous = await this.#certified(0, key);
    const { manifest } = recordOf(previous.body) as unknown as {
      manifest: { content: { lines: unknown[] } };
    };
    const lines = manifest.content.lines.map(
      (_, line) => verdicts[line] ?? { line, defects: [], photos: [], verdict: 'accept' },
    );
    const labelled = lines.some((line) => (line as { verdict: string }).verdict === 'accept');
    await this.commit(member, key, 'op-7', [
      this.#post(SERVICES.startSession),
      this.#post(SERVICES.scan, { code: `]C100${of.sscc}`, source: 'wedge' }),
      this.#post(SERVICES.validate),
      this.#post(SERVICES.quality, { lines }),
      ...(labelled ? [this.#post(SERVICES.label, { courierId: 'delta-express' })] : []),
      this.#post(SERVICES.finish),
    ]);
  }

  /** One of the services that are a session of their own. */
  lone(member: number, path: string, body: Record<string, CborValue>, key = KEY): Promise<void> {
    return this.commit(member, key, 'op-7', [this.#post(path, body)]);
  }

  /** Bravo hands the package to Delta Express; both sign. */
  async handOff(member = 1, key = KEY): Promise<void> {
    const { version, body } = await this.#certified(member, key);
    const record = recordOf(body)!;
    const { gln } = this.genesis.members[member]!;
    const statement = handOffBytes({
      network: this.network,
      sscc: key.slice('package/'.length),
      version,
      record: recordDigest(this.tools.hash, record),
      warehouse: this.genesis.members[member]!.id,
      courier: 'delta-express',
      vehicle: 'DX-17',
      seal: 'S-4711',
      place: gln,
      time: (this.now += 1000),
    });
    if (!statement.ok) throw new Error(statement.error.message);
    const [warehouse, courier] = await Promise.all([
      this.#party(member, statement.value),
      this.#party(3, statement.value),
    ]);
    await this.lone(member, SERVICES.handOff, { statement: statement.value, warehouse, courier }, key);
  }

  /** Delta Express reports how its way ended. */
  async deliver(outcome: DeliveryOutcome, key = KEY): Promise<void> {
    const { body } = await this.#certified(3, key);
    const record = recordOf(body) as unknown as PackageRecord;
    const statement = deliveryBytes({
      network: this.network,
      sscc: record.sscc,
      handOff: record.handOff!.digest as Digest,
      courier: 'delta-express',
      outcome,
      place: outcome === 'delivered' ? record.manifest.content.shipToGln : null,
      recipient: null,
      time: (this.now += 1000),
    });
    if (!statement.ok) throw new Error(statement.error.message);
    const courier = await this.#party(3, statement.value);
    await this.lone(3, SERVICES.deliver, { statement: statement.value, courier, photos: [] }, key);
  }

  async #party(member: number, statement: Uint8Array): Promise<CborValue> {
    const { signer } = this.keys[member]!;
    return { key: signer.voteKey as string, signature: await signer.signEd25519(statement), device: null };
  }

  /** The EPCIS document of a version in an exported file, made of what stands in it. */
  epcis(evidence: EvidenceBundle, version: number): EpcisDocument {
    const committed = evidence.versions.map(({ version: at, value }): CommittedVersion => {
      const session = parseSessionValue(decodeValue(value)!.body!);
      if (!session.ok) throw new Error(session.error.message);
      return { version: at, digest: this.tools.hash(value), value: session.value };
    });
    const document = epcisDocument({
      network: this.network,
      genesis: this.genesis,
      key: evidence.key,
      committed: committed[version - 1]!,
      before: committed.slice(0, version - 1),
      hash: this.tools.hash,
    });
    if (!document) throw new Error('no document');
    return document;
  }

  /** The same bundle with the EPCIS documents of all its versions. */
  withEpcis(evidence: EvidenceBundle): EvidenceBundle {
    const epcis = evidence.versions.map(({ version }) => {
      return { version, mapping: 1, document: writeEpcis(this.epcis(evidence, version)) };
    });
    return { ...evidence, epcis };
  }

  /** A session like this one, signed by a device of the member instead. */
  async signByDevice(
    member: number,
    key: Key,
    base: Digest | null,
    record: CborValue,
    session: Omit<CommittedSession, 'signature'>,
  ): Promise<Uint8Array> {
    const device = await createSigner(generateSecretKeys(), this.tools.bls);
    const certificate = await certifyDevice(this.keys[member]!.signer, {
      network: this.network,
      member: member as MemberIndex,
      device: device.voteKey as string as DeviceKey,
      name: 'Dock phone',
      notBefore: T0,
    });
    const named = { ...session, devices: { signer: encodeDevice(certificate), others: [] } };
    const bytes = sessionBytes(this.network, key, session.rulesVersion, base, unsignedSession(named));
    return encodeSessionValue({ record, session: { ...named, signature: await device.signEd25519(bytes) } });
  }

  /** Runs the steps by the real handlers, signs the session, proposes it at that member, and waits until all four hold it as an aggregate. */
  async commit(member: number, key: Key, operator: string, requests: readonly Request[]): Promise<void> {
    const previous = await this.#certified(member, key);
    const body = await this.session(member, key, operator, requests, previous);
    const node = this.node(member);
    const version = asVersion(previous.version + 1);
    const proposed = await node.replica.propose(key, version, previous.digest, body);
    if (!proposed.ok) throw new Error(proposed.error.message);
    const nodes = this.keys.map((_, i) => this.node(i));
    await until(`${key} v${version} everywhere, as an aggregate`, () =>
      nodes.every(
        (n) =>
          headOf(n, key)?.version === version &&
          n.replica.heads.get(key)!.certificate.groups.every((group) => group.form === 'aggregate'),
      ),
    );
    await Promise.all(nodes.map((n) => n.replica.outbox.durable()));
  }

  /** The signed body of a session that runs these requests. */
  async session(
    member: number,
    key: Key,
    operator: string,
    requests: readonly Request[],
    base: { version: number; digest: Digest | null; body: Uint8Array | null },
  ): Promise<Uint8Array> {
    const entry = this.genesis.members[member]!;
    let record = recordOf(base.body) ?? null;
    const transactions: Transaction[] = [];
    for (const { path, body } of requests) {
      const request = { method: 'POST' as const, path, body };
      const done = await runRequest(createSupplyRegistry(), 1, record, request, {
        key,
        network: this.network,
        genesis: this.genesis,
        member: entry,
        operator,
        baseVersion: asVersion(base.version),
        earlier: [...transactions],
        hash: this.tools.hash,
        verifyEd25519,
      });
      if (done.outcome !== 'success') throw new Error(`${path}: ${JSON.stringify(done.response)}`);
      record = done.record;
      transactions.push({ request: done.request, response: done.response, node: entry.id });
    }
    return this.sign(member, key, base.digest, record, {
      id: randomHex(16),
      member: entry.id,
      operator,
      rulesVersion: 1,
      baseVersion: base.version,
      transactions,
    });
  }

  async sign(
    member: number,
    key: Key,
    base: Digest | null,
    record: CborValue,
    session: Omit<CommittedSession, 'signature'>,
  ): Promise<Uint8Array> {
    const bytes = sessionBytes(this.network, key, session.rulesVersion, base, unsignedSession(session));
    const signature = await this.keys[member]!.signer.signEd25519(bytes);
    return encodeSessionValue({ record, session: { ...session, signature } });
  }

  /** What any member exports. */
  async evidence(member: number, key = KEY): Promise<Uint8Array> {
    const { replica } = this.node(member);
    const entries = [...(await replica.options.store.history(key)), replica.heads.get(key)!];
    const made = exportEvidence({
      network: this.network,
      key,
      genesis: this.genesisBytes,
      held: await Promise.all(
        entries.map(async ({ version, certificate, digest }) => ({
          version,
          certificate,
          value: (await replica.valueOf(digest)) ?? undefined,
        })),
      ),
      equivocations: [...replica.core.evidence.values()],
    });
    if (!made.ok) throw new Error(made.error.message);
    return made.value;
  }

  // ---- the forge ----

  /** A certificate that these members sign: by one aggregate, or by their votes. */
  async certify(
    body: { key: Key; version: number; digest: Digest; round?: number },
    signers: readonly number[],
    form: 'aggregate' | 'votes' = 'aggregate',
  ): Promise<Certificate> {
    const epoch = firstEpoch(this.network);
    const vote: VoteBody = {
      key: body.key,
      version: asVersion(body.version),
      round: asRound(body.round ?? 0),
      type: 'COMMIT',
      digest: body.digest,
    };
    const bytes = voteBytes(this.network, epoch, vote);
    const votes = await Promise.all(
      signers.map(async (author) => {
        const { signer } = this.keys[author]!;
        const share = signer.signShare(bytes);
        return {
          author: author as MemberIndex,
          share,
          signature: await signer.signEd25519(commitBytes(bytes, share)),
        };
      }),
    );
    const { key, version, round, digest } = vote;
    if (form === 'votes') return { epoch, key, version, round, digest, groups: [{ form, votes }] };
    const signature = this.tools.bls.aggregate(votes.map((v) => v.share))!;
    const bitmap = membersBitmap(signers as MemberIndex[], this.keys.length);
    return { epoch, key, version, round, digest, groups: [{ form, signers: bitmap, signature }] };
  }

  /** A certificate out of a batch of four: these members signed the root of all of them. */
  async certifyBatch(
    body: { key: Key; version: number; digest: Digest },
    signers: readonly number[],
    form: 'aggregate' | 'votes' = 'aggregate',
    round = 0,
  ): Promise<Certificate> {
    const epoch = firstEpoch(this.network);
    const own: BatchEntry = { key: body.key, version: asVersion(body.version), digest: body.digest };
    const others = ['package/0', 'package/1', 'package/z'].map((name) => ({
      key: asKey(name),
      version: asVersion(4),
      digest: 'cd'.repeat(32) as Digest,
    }));
    const entries = [...others, own].sort((a, b) => (a.key < b.key ? -1 : 1));
    const { root, size, index, path } = entryListOf(entries).inclusions[entries.indexOf(own)]!;
    const batch: Inclusion = { root, size, index, path };
    const bytes = batchBytes(this.network, epoch, { round: asRound(round), type: 'COMMIT' }, { root, size });
    const votes = await Promise.all(
      signers.map(async (author) => {
        const { signer } = this.keys[author]!;
        const share = signer.signShare(bytes);
        const signature = await signer.signEd25519(commitBytes(bytes, share));
        return { author: author as MemberIndex, share, signature };
      }),
    );
    const signature = this.tools.bls.aggregate(votes.map((v) => v.share))!;
    const bitmap = membersBitmap(signers as MemberIndex[], this.keys.length);
    const { key, version, digest } = own;
    const group: CertificateGroup =
      form === 'votes' ? { form, votes, batch } : { form, signers: bitmap, signature, batch };
    return { epoch, key, version, round: asRound(round), digest, groups: [group] };
  }

  /** A bundle of these bodies, each certified by `signers`. */
  async forge(
    key: Key,
    bodies: readonly (Uint8Array | null)[],
    signers: readonly number[] = [0, 1, 2],
    form: 'aggregate' | 'votes' = 'aggregate',
  ): Promise<EvidenceBundle> {
    let previous: Digest | null = null;
    const versions: EvidenceBundle['versions'][number][] = [];
    for (const [i, body] of bodies.entries()) {
      const value: Uint8Array = valueBytes(previous, body);
      const digest = this.tools.hash(value);
      const certificate = await this.certify({ key, version: i + 1, digest }, signers, form);
      versions.push({
        version: asVersion(i + 1),
        value,
        certificate: encode(certificateFields(certificate)),
      });
      previous = digest;
    }
    return { network: this.network, key, genesis: this.genesisBytes, versions, equivocations: [], epcis: [] };
  }

  /** Two PRE-COMMITs of one member for these digests, in round 0 of a package's second version. */
  async contradiction(author: number, digests: readonly [string, string], key = KEY): Promise<Equivocation> {
    const epoch = firstEpoch(this.network);
    const [first, second] = await Promise.all(
      digests.map(async (digest): Promise<Vote> => {
        const vote: VoteBody = {
          key,
          version: asVersion(2),
          round: asRound(0),
          type: 'PRE-COMMIT',
          digest: digest as Digest,
        };
        const signature = await this.keys[author]!.signer.signEd25519(voteBytes(this.network, epoch, vote));
        return { ...vote, epoch, author: author as MemberIndex, signature };
      }),
    );
    return { first: first!, second: second! };
  }

  /** The body of version 1 of a package. */
  announcement(of = PACKAGE): Promise<Uint8Array> {
    const request = this.#post(SERVICES.createPackage, { envelope: of.envelope });
    const base = { version: 0, digest: null, body: null };
    return this.session(0, asKey(`package/${of.sscc}`), 'office', [request], base);
  }

  stop(): void {
    this.cluster.stop();
  }

  #post(path: string, body: Record<string, CborValue> = {}): Request {
    this.now += 1000;
    return { path, body: { ...body, at: this.now } };
  }

  async #certified(
    member: number,
    key: Key,
  ): Promise<{ version: number; digest: Digest | null; body: Uint8Array | null }> {
    const { replica } = this.node(member);
    const head = replica.heads.get(key);
    if (!head) return { version: 0, digest: null, body: null };
    const bytes = await replica.valueOf(head.digest);
    const value = bytes && decodeValue(bytes);
    if (!value) throw new Error(`the value of ${key} v${head.version} is not here`);
    return { version: head.version, digest: head.digest, body: value.body };
  }
}

/** A bundle as a file, with parts exchanged. */
export function rewritten(bundle: EvidenceBundle, over: Partial<EvidenceBundle>): Uint8Array {
  return writeBundle({ ...bundle, ...over });
}
