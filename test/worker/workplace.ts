/**
 * Members and their devices at work: real replicas (cluster.ts) with the session layer and the directory that the app gives them, and the
 * rules of the supply chain. Alfa (0) supplies, bravo (1) and cargo (2) are warehouses, delta (3) is a courier.
 */
import { asKey, type Key, type MemberIndex, type Milliseconds, type VoteKey } from '../../src/codec/brand.ts';
import type { CborValue } from '../../src/codec/cbor.ts';
import type { DeviceCertificate, DeviceKey } from '../../src/codec/device.ts';
import type { Genesis, MemberEntry } from '../../src/codec/genesis.ts';
import { certifyDevice, deviceRequestBytes } from '../../src/crypto/device.ts';
import { createSigner, generateSecretKeys, randomHex } from '../../src/crypto/keys.ts';
import { genesisCertificates } from '../../src/domain/supply/certified.ts';
import { directoryKey } from '../../src/domain/supply/directory.ts';
import { createSupplyRegistry } from '../../src/domain/supply/registry.ts';
import { DIRECTORY_SERVICES, SERVICES } from '../../src/domain/supply/types.ts';
import { encodeDevice } from '../../src/codec/device.ts';
import type { ServiceRequest, SessionView } from '../../src/l2/types.ts';
import { parseSessionValue } from '../../src/l2/value.ts';
import { systemClock } from '../../src/worker/clock.ts';
import { DirectoryIndex } from '../../src/worker/directory.ts';
import type { Replica } from '../../src/worker/replica/replica.ts';
import { createSessionLayer, type SessionLayer } from '../../src/worker/sessions/session-layer.ts';
import { accept, demoNetwork, goodEnvelope, newSigner, T0, type TestSigner } from '../domain/support.ts';
import { Cluster, until, type Node } from './cluster.ts';

export const ALFA = 0;
export const BRAVO = 1;
export const CARGO = 2;
export const DELTA = 3;

/** One replica in its place: a member's, or a device's. */
export interface Place {
  readonly index: number;
  readonly node: Node;
  readonly layer: SessionLayer;
  readonly directory: DirectoryIndex;
  readonly device: DeviceCertificate | null;
}

export class Workplace {
  readonly cluster: Cluster;
  readonly genesis: Genesis;
  readonly supplier: TestSigner;
  readonly places = new Map<number, Place>();
  readonly #devices = new Map<number, DeviceCertificate>();
  /** By device: its signature over its request for a certificate. */
  readonly #proofs = new Map<DeviceKey, Uint8Array>();

  private constructor(cluster: Cluster, genesis: Genesis, supplier: TestSigner) {
    this.cluster = cluster;
    this.genesis = genesis;
    this.supplier = supplier;
  }

  /** All members are there, and vote. */
  static async create(w0?: Milliseconds): Promise<Workplace> {
    const cluster = await Cluster.create(demoNetwork.members.length);
    cluster.w0 = w0 ?? cluster.w0;
    const supplier = await newSigner();
    const members = demoNetwork.members.map((member, i) => ({
      ...member,
      voteKey: cluster.members[i]!.signer.voteKey,
      certificateKey: cluster.members[i]!.signer.certificateKey,
      logId: cluster.members[i]!.logId,
      proofOfPossession: '0'.repeat(96),
    })) as unknown as MemberEntry[];
    const genesis: Genesis = {
      format: 'countersign-genesis-1',
      name: demoNetwork.name,
      rulesVersion: 1,
      draftNonce: '0'.repeat(32),
      demo: true,
      members,
      directory: { ...demoNetwork.directory, supplierKeys: [supplier.entry] },
    };
    const work = new Workplace(cluster, genesis, supplier);
    await Promise.all(members.map((_, i) => work.open(i)));
    await until('voters', () =>
      [...work.places.values()].every(({ node }) => node.standing.kind === 'voter'),
    );
    return work;
  }

  /** Starts, or starts again after `kill`, on the same disk. */
  async open(index: number): Promise<Place> {
    const device = this.#devices.get(index) ?? null;
    const { ed25519, bls } = this.cluster.tools;
    const made: { layer?: SessionLayer; directory?: DirectoryIndex } = {};
    const node = await this.cluster.start(index, {
      ...(device && { device }),
      validate: (proposal) => made.layer!.validate(proposal),
      made: (replica, signer) => {
        const directory = new DirectoryIndex(replica, this.genesis);
        made.directory = directory;
        made.layer = createSessionLayer({
          replica,
          network: this.cluster.epoch.network,
          genesis: this.genesis,
          place: device?.member ?? (index as MemberIndex),
          device,
          signer,
          registry: createSupplyRegistry({ checkCertificate: genesisCertificates(bls, ed25519) }),
          clock: systemClock,
          certified: (key) => held(replica, key),
          verifyEd25519: (key, message, signature) => ed25519.verify(key as VoteKey, message, signature),
          randomHex,
          deviceRevoked: (member, key) => directory.deviceRevoked(member, key),
          changed: () => undefined,
          failed: (error) => {
            throw error;
          },
        });
      },
      listener: {
        decided: (entry, body) => {
          made.directory!.decided(entry, body);
          made.layer!.decided(entry, body);
        },
        refused: (key, digest, rule, message) => made.layer!.refused(key, digest, rule, message),
        standing: (standing) => void (standing.kind === 'voter' && made.layer!.mayVote()),
        session: (link, message) => made.layer!.receive(link, message),
        linked: (link) => made.layer!.linked(link),
        unlinked: (link) => made.layer!.unlinked(link.id),
      },
    });
    await made.directory!.load();
    const { sessions } = await node.replica.options.store.load();
    await made.layer!.resume(sessions);
    const place: Place = { index, node, layer: made.layer!, directory: made.directory!, device };
    this.places.set(index, place);
    return place;
  }

  /** A terminal or phone that a member has certified, linked to everybody. */
  async addDevice(owner: number, name: string): Promise<Place> {
    const signer = await createSigner(generateSecretKeys(), this.cluster.tools.bls);
    const certificate = await certifyDevice(this.cluster.members[owner]!.signer, {
      network: this.cluster.epoch.network,
      member: owner as MemberIndex,
      device: signer.voteKey as string as DeviceKey,
      name,
      notBefore: 0,
    });
    const { index } = this.cluster.addDevice(owner, { signer, certificate });
    this.#devices.set(index, certificate);
    const { device } = certificate;
    this.#proofs.set(device, await signer.signEd25519(deviceRequestBytes(device, name)));
    const place = await this.open(index);
    await until(
      'linked',
      () => place.node.replica.links.size + place.node.replica.devices.size >= this.places.size - 1,
    );
    return place;
  }

  /** Its disk holds what was durable. */
  kill(index: number): void {
    this.places.get(index)?.layer.stop();
    this.places.delete(index);
    this.cluster.kill(index);
  }

  stop(): void {
    for (const { layer } of this.places.values()) layer.stop();
    this.cluster.stop();
  }

  at(index: number): Place {
    return this.places.get(index)!;
  }

  /** Alfa announces packages; everybody has them when it resolves. */
  async announce(ssccs: readonly string[]): Promise<Key[]> {
    const { sessions } = this.at(ALFA).layer;
    const keys = ssccs.map((sscc) => asKey(`package/${sscc}`));
    for (const sscc of ssccs) {
      const envelope = await goodEnvelope(this.supplier, { sscc });
      const started = must(
        await sessions.start(
          asKey(`package/${sscc}`),
          'office',
          post(SERVICES.createPackage, { envelope, at: T0 }),
        ),
      );
      must(await sessions.commit(started.id));
    }
    for (const key of keys) await this.decided(key, 1);
    return keys;
  }

  /** All that run have this version, with its bytes. */
  async decided(key: Key, version: number): Promise<void> {
    await until(`${key} v${version}`, () =>
      [...this.places.values()].every(({ node: { replica } }) => {
        const head = replica.heads.get(key);
        return head !== undefined && head.version >= version && head.previous !== undefined;
      }),
    );
  }

  /** A member enters a device in the directory, or revokes it. */
  async directoryChange(member: number, device: DeviceCertificate, change: 'add' | 'revoke'): Promise<void> {
    const key = directoryKey('device', device.device);
    const { sessions } = this.at(member).layer;
    const proof = this.#proofs.get(device.device)!;
    const request =
      change === 'add'
        ? post(DIRECTORY_SERVICES.add, { certificate: encodeDevice(device), proof, at: T0 })
        : post(DIRECTORY_SERVICES.revoke, { keyId: null, reason: 'lost', at: T0 + 1 });
    const started = must(await sessions.start(key, 'office', request));
    must(await sessions.commit(started.id));
    await this.decided(key, change === 'add' ? 1 : 2);
  }
}

export const post = (path: string, body: Record<string, CborValue>): ServiceRequest => ({
  method: 'POST',
  path,
  body,
});

/** Of a receipt, from its first scan to its label; `at` is claimed. */
export const stepsOf = (key: Key, at = T0): ServiceRequest[] => [
  post(SERVICES.startSession, { at }),
  post(SERVICES.scan, { code: key.slice('package/'.length), source: 'typed', at: at + 1 }),
  post(SERVICES.validate, { at: at + 2 }),
  post(SERVICES.quality, { lines: [accept(0), accept(1)], at: at + 3 }),
  post(SERVICES.label, { courierId: 'delta-express', at: at + 4 }),
  post(SERVICES.finish, { at: at + 5 }),
];

/** Runs the first `count` steps of a receipt, all when left out; not committed. */
export async function receive(
  { layer: { sessions } }: Place,
  key: Key,
  operator: string,
  count = 6,
): Promise<SessionView> {
  const [first, ...more] = stepsOf(key);
  let view = must(await sessions.start(key, operator, first!));
  for (const request of more.slice(0, count - 1)) view = must(await sessions.step(view.id, request)).session;
  return view;
}

/** The session in the newest certified version. */
export async function certifiedSession(
  { node: { replica } }: Place,
  key: Key,
): Promise<{ readonly version: number; readonly session: ReturnType<typeof sessionIn> }> {
  const found = (await replica.held(key))!;
  return { version: found.entry.version, session: sessionIn(found.body!) };
}

const sessionIn = (body: Uint8Array) => must(parseSessionValue(body)).session;

export function must<T>(
  result: { ok: true; value: T } | { ok: false; error: { type: string; message: string } },
): T {
  if (!result.ok) throw new Error(`${result.error.type}: ${result.error.message}`);
  return result.value;
}

async function held(replica: Replica, key: Key): ReturnType<Replica['held']> {
  for (;;) {
    const found = await replica.held(key);
    if (found || !replica.heads.has(key) || replica.stopped) return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
