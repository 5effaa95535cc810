/** One open network: replica, session buffer and supply chain wired together. Runs only in the tab that holds the Web Lock. */
import { asKey, fromHex, type Digest, type InstanceId, type Key, type MemberIndex, type Milliseconds } from '../codec/brand.ts';
import { decodeGenesis, type Genesis } from '../codec/genesis.ts';
import { formatInvitation } from '../codec/invitation.ts';
import { fail, ok, type Result } from '../codec/result.ts';
import { faultsTolerated, firstEpoch, quorum } from '../consensus/membership.ts';
import type { EpochKeys } from '../crypto/certificates.ts';
import { sessionBytes, valueBytes } from '../crypto/domains.ts';
import { deriveSignaling } from '../crypto/handshake.ts';
import { newInstanceId, randomBytes, randomHex } from '../crypto/keys.ts';
import { makeEnvelope, readManifestFile } from '../domain/supply/manifest.ts';
import { createSupplyRegistry } from '../domain/supply/registry.ts';
import { SERVICES } from '../domain/supply/types.ts';
import { createSessionBuffer, type SessionBuffer } from '../l2/session-buffer.ts';
import type { L2Ports, ServiceRegistry } from '../l2/types.ts';
import { validateValue } from '../l2/validate.ts';
import { createMesh, type Mesh } from '../net/mesh/mesh.ts';
import type { PagePort, SocketLike } from '../net/mesh/options.ts';
import type { IceServer, TransportStatus } from '../net/types.ts';
import type { IdentityDb } from '../store/idb-store.ts';
import type { IdentityRecord } from '../store/identity.ts';
import type { CertifiedEntry } from '../store/types.ts';
import type { DoorError, MemberView, NetworkState, SupplyApi, SessionsApi, TraceEvent, FaultsApi } from './api.ts';
import { systemClock } from './clock.ts';
import type { Deviation } from './deviation.ts';
import { manifestKeyOf, signerOf, signWithManifestKey } from './identity-keys.ts';
import { HEAD_BYTES_PATIENCE_MS, MAX_FINISHED_SESSIONS_TOLD } from './limits.ts';
import { Packages } from './packages.ts';
import { Replica } from './replica/replica.ts';
import { sharedTools } from './tools.ts';
import { evidenceMarks, instanceView } from './views.ts';

export interface OpenOptions {
  readonly db: IdentityDb;
  readonly record: IdentityRecord;
  readonly pagePort: PagePort;
  /** Signaling address that is used when the settings name none: of the server that served the page. */
  readonly homeSignaling: string;
  readonly deviation: Deviation | null;
  changed(): void;
  trace(event: TraceEvent): void;
}

export interface OpenNetwork extends SessionsApi, SupplyApi, FaultsApi {
  state(): NetworkState;
  settings(): { signaling: readonly string[]; iceServers: readonly IceServer[] };
  setSignaling(urls: readonly string[]): Promise<Result<undefined, DoorError>>;
  setIceServers(servers: readonly IceServer[]): Promise<Result<undefined, DoorError>>;
  invitation(): string;
  genesisFile(): Uint8Array;
  setStorage(storage: NetworkState['storage']): void;
  /** Ends the replica; what was handed to the store is written first. */
  close(reason: string): Promise<void>;
}

export async function openNetwork(options: OpenOptions): Promise<Result<OpenNetwork, DoorError>> {
  const { db, record, deviation } = options;
  const binding = record.binding;
  if (!binding) return fail({ type: 'profile-unknown', message: 'This key belongs to no network yet. Open the invitation first.' });
  const decoded = decodeGenesis(binding.genesis);
  if (!decoded.ok) return fail({ type: 'genesis-malformed', message: decoded.error.message });
  const genesis = decoded.value;
  if (deviation && !genesis.demo) {
    return fail({ type: 'storage-failed', message: 'Only a demo network may hold a lying replica. Open this network by its ordinary address.' });
  }
  const tools = await sharedTools();
  const signer = await signerOf(record, tools.bls);
  if (!signer.ok) return fail({ type: 'storage-failed', message: signer.error.message });
  const store = await db.openReplica();
  if (!store.ok) return fail({ type: 'storage-failed', message: store.error.message });
  const damaged = await store.value.readState();
  if (!damaged.ok) return fail({ type: 'storage-failed', message: damaged.error.message });
  const signaling = await deriveSignaling(binding.joinSecret);

  const epoch: EpochKeys = {
    network: binding.network,
    epoch: firstEpoch(binding.network),
    n: genesis.members.length,
    quorum: quorum(genesis.members.length),
    voteKeys: genesis.members.map((m) => m.voteKey),
    certificateKeys: genesis.members.map((m) => fromHex(m.certificateKey)),
  };
  const place = genesis.members.findIndex((m) => m.voteKey === record.voteKey);
  if (place < 0) return fail({ type: 'not-in-genesis', message: `${genesis.name} does not list this browser's key.` });
  const member = genesis.members[place]!;
  // RESUME: a log that the epoch does not name must not vote as if it had never voted.
  const self = member.logId === store.value.logId ? (place as MemberIndex) : null;
  const instance: InstanceId = newInstanceId();

  let settings = record.settings;
  let transportStatus: TransportStatus = { signaling: [], peers: [] };
  let storage: NetworkState['storage'] = { persisted: null, usageBytes: null, quotaBytes: null };
  const faults = { offline: false, lying: false, delayMs: 0 };
  const urls = (): readonly string[] => (settings.signaling.length > 0 ? settings.signaling : [options.homeSignaling]);

  const mesh: Mesh = createMesh({
    network: binding.network,
    self: { member: place as MemberIndex, voteKey: record.voteKey, logId: store.value.logId, instance },
    members: genesis.members,
    genesis: binding.genesis,
    signer: signer.value,
    ed25519: tools.ed25519,
    signalingSecret: signaling,
    signalingUrls: urls(),
    iceServers: settings.iceServers,
    pagePort: options.pagePort,
    clock: systemClock,
    random: randomBytes,
    createSocket: (url) => new WebSocket(url) as SocketLike,
    onTwin: () => replica.foundTwin(),
  });

  const registry = createSupplyRegistry();
  const rules = { network: binding.network, genesis, registry, sessionBytes, hash: tools.hash, verifyEd25519 };
  const replica: Replica = new Replica({
    ...tools,
    epoch,
    self,
    logIds: genesis.members.map((m) => m.logId),
    instance,
    signer: signer.value,
    store: store.value,
    transport: mesh,
    clock: systemClock,
    random: randomBytes,
    validate: (proposal) => validateValue(rules, proposal),
    deviation,
    listener: {
      decided: (entry, body) => decided(entry, body),
      refused: (key, digest, rule, message) => sessions.refused(key, digest, message, rule),
      changed: options.changed,
      trace: options.trace,
      standing: (standing) => {
        if (standing.kind === 'voter') sessions.retry();
        options.changed();
      },
      transport: (status) => {
        transportStatus = status;
        options.changed();
      },
    },
  });
  const packages = new Packages(replica, genesis);

  const ports: L2Ports = {
    network: binding.network,
    genesis,
    member,
    certified: (key) => certified(replica, key),
    propose: (key, version, previous, body) => replica.propose(key, version, previous, body),
    sign: (bytes) => signer.value.signEd25519(bytes),
    hash: tools.hash,
    verifyEd25519,
    saveSession: async (id, bytes) => {
      if (replica.stopped) return fail({ type: 'store-failed', message: 'This replica has stopped; the step was not saved. Reload the page.' });
      replica.outbox.session({ id, bytes });
      return durable(replica);
    },
    dropSession: async (id) => {
      replica.outbox.dropSession(id);
      return durable(replica);
    },
    wallClock: () => Math.trunc(systemClock.wall()),
    randomId: () => randomHex(16),
    changed: options.changed,
  };
  const sessions: SessionBuffer = createSessionBuffer({
    ports,
    registry: honestOrNot(registry, deviation),
    sessionBytes,
    valueDigest: (previous, body) => tools.hash(valueBytes(previous, body)),
    decidedDigest: async (key, version) => {
      const head = replica.heads.get(key);
      if (head?.version === version) return head.digest;
      return (await store.value.history(key)).find((entry) => entry.version === version)?.digest ?? null;
    },
    failed: (error) => console.error('countersign: session buffer', error),
  });

  async function verifyEd25519(publicKey: string, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
    return tools.ed25519.verify(publicKey as MemberEntryKey, message, signature);
  }

  function decided(entry: CertifiedEntry, body: Uint8Array | null | undefined): void {
    packages.decided(entry, body);
    if (body !== undefined) sessions.decided(entry.key, entry.version, entry.digest);
    options.changed();
  }

  await replica.start();
  await packages.load();
  void sessions.resume(damaged.value.sessions).then(options.changed);

  function memberViews(): MemberView[] {
    const convicted = evidenceMarks(replica);
    return genesis.members.map((m, i) => {
      const index = i as MemberIndex;
      const link = replica.linksOf(index)[0];
      const peer = transportStatus.peers.find((p) => p.member === index);
      return {
        index,
        id: m.id,
        name: m.name,
        initials: initialsOf(m.organisation),
        organisation: m.organisation,
        role: m.role,
        gln: m.gln,
        voteKey: m.voteKey,
        logId: m.logId,
        self: i === place,
        here: i === place || link !== undefined,
        rttMs: peer?.rttMs ?? null,
        evidence: convicted[i]!,
        observer: link !== undefined && link.logId !== m.logId,
      };
    });
  }

  async function saveSettings(change: Partial<typeof settings>): Promise<Result<undefined, DoorError>> {
    const next = { ...settings, ...change };
    const saved = await db.setSettings(next);
    if (!saved.ok) return fail({ type: 'storage-failed', message: saved.error.message });
    settings = next;
    mesh.setSignaling(urls());
    mesh.setIceServers(settings.iceServers);
    options.changed();
    return ok(undefined);
  }

  const onlyInDemo = (run: () => void): Promise<Result<undefined>> => {
    if (!genesis.demo) {
      return Promise.resolve(fail({ type: 'not-a-demo', message: 'Faults can be made in a demo network only.' }));
    }
    run();
    options.changed();
    return Promise.resolve(ok(undefined));
  };

  return ok({
    state: () => {
      const members = memberViews();
      const all = sessions.list();
      const open = all.filter((s) => s.status.state !== 'committed' && s.status.state !== 'abandoned');
      const finished = all.filter((s) => !open.includes(s)).slice(0, MAX_FINISHED_SESSIONS_TOLD);
      return {
        mode: 'replica',
        profile: record.voteKey,
        network: { id: binding.network, name: genesis.name, demo: genesis.demo, rulesVersion: genesis.rulesVersion },
        self: place as MemberIndex,
        standing: replica.standing,
        n: epoch.n,
        f: faultsTolerated(epoch.n),
        q: epoch.quorum,
        members,
        here: members.filter((m) => m.here && !m.observer && !(m.self && replica.standing.kind === 'observer')).length,
        transport: transportStatus,
        sessions: [...open, ...finished],
        instances: [...replica.core.instances.keys()].flatMap((key) => instanceView(replica, key) ?? []),
        evidence: [...replica.core.evidence].map(([index, evidence]) => ({
          member: index,
          evidence,
          heldSince: replica.evidenceSince.get(index) ?? 0,
        })),
        couriers: genesis.directory.couriers,
        supplierKeys: genesis.directory.supplierKeys,
        packagesRevision: packages.revision,
        packageCount: packages.count,
        latencies: replica.latencies,
        storage,
        faults: genesis.demo ? { ...faults } : null,
      };
    },
    settings: () => ({ signaling: urls(), iceServers: settings.iceServers }),
    setSignaling: (list) => saveSettings({ signaling: list }),
    setIceServers: (list) => saveSettings({ iceServers: list }),
    invitation: () => {
      const { network, joinSecret } = binding;
      return formatInvitation({ network, joinSecret, name: genesis.name, signaling: settings.signaling });
    },
    genesisFile: () => binding.genesis,
    setStorage: (next) => {
      storage = next;
      options.changed();
    },

    start: (key, operator) =>
      sessions.start(asKey(key), operator, { method: 'POST', path: SERVICES.startSession, body: { at: ports.wallClock() } }),
    step: (id, request) => sessions.step(id, request),
    undo: (id) => sessions.undo(id),
    abandon: (id) => sessions.abandon(id),
    commit: (id) => sessions.commit(id),
    rebase: (id) => sessions.rebase(id),

    async signManifest(manifestJson) {
      const key = await manifestKeyOf(db, record);
      if (!key.ok) return fail({ type: 'storage-failed', message: key.error.message });
      let refused: string | null = null;
      const sign = async (bytes: Uint8Array): Promise<Uint8Array> => {
        const signature = await signWithManifestKey(key.value, record.wrappingKey, bytes);
        if (signature.ok) return signature.value;
        refused = signature.error.message;
        return new Uint8Array(64);
      };
      const envelope = await makeEnvelope(manifestJson, { keyId: key.value.keyId, sign });
      if (refused !== null) return fail({ type: 'storage-failed', message: refused });
      return envelope.ok ? ok({ envelope: envelope.value }) : fail({ type: 'manifest-malformed', message: envelope.error.message });
    },
    async manifestKey() {
      const key = await manifestKeyOf(db, record);
      return key.ok ? { keyId: key.value.keyId, publicKey: key.value.publicKey } : { keyId: '', publicKey: '' };
    },
    async readManifests(text) {
      const read = readManifestFile(text);
      if (!read.ok) return fail({ type: read.error.type, message: read.error.message });
      return ok(
        read.value.map(({ envelope, manifest }) => ({
          envelope,
          sscc: manifest.sscc,
          asnId: manifest.asnId,
          lines: manifest.lines.length,
        })),
      );
    },
    async createPackage(envelope) {
      const read = readManifestFile(envelope);
      const first = read.ok ? read.value[0] : undefined;
      if (!first) {
        const message = read.ok ? 'The file holds no manifest.' : read.error.message;
        return fail({ type: 'request-malformed', message });
      }
      const body = { envelope: first.envelope, at: ports.wallClock() };
      const request = { method: 'POST', path: SERVICES.createPackage, body } as const;
      const started = await sessions.start(asKey(`package/${first.manifest.sscc}`), OFFICE, request);
      return started.ok ? sessions.commit(started.value.id) : started;
    },
    packages: async (query) => packages.query(query),
    package: (sscc) => packages.detail(sscc),

    setOffline: (offline) =>
      onlyInDemo(() => {
        faults.offline = offline;
        mesh.setOffline(offline);
      }),
    setLying: (lying) =>
      onlyInDemo(() => {
        deviation?.setLying(lying);
        faults.lying = deviation?.lying ?? false;
      }),
    setDelay: (milliseconds: Milliseconds) =>
      onlyInDemo(() => {
        faults.delayMs = milliseconds;
        mesh.setDelay(milliseconds);
      }),

    async close(reason) {
      await replica.outbox.durable();
      replica.stop(reason);
      store.value.close();
      db.close();
    },
  });
}

/** Pseudonym of sessions that no operator runs: a package announced by its supplier's office. */
const OFFICE = 'office';

type MemberEntryKey = Genesis['members'][number]['voteKey'];

/** A value that is certified while its bytes are on their way is waited for: a session must not begin on an older one. */
async function certified(replica: Replica, key: Key): ReturnType<L2Ports['certified']> {
  const until = systemClock.now() + HEAD_BYTES_PATIENCE_MS;
  for (;;) {
    const held = await replica.held(key);
    if (held) return { version: held.entry.version, digest: held.entry.digest, body: held.body };
    const head: { digest: Digest } | undefined = replica.heads.get(key);
    if (!head) return null;
    if (systemClock.now() > until) throw new Error(`The certified value of ${key} has not arrived yet.`);
    await new Promise((resolve) => systemClock.setTimeout(() => resolve(undefined), 50));
  }
}

async function durable(replica: Replica): Promise<Result<undefined>> {
  if (await replica.outbox.durable()) return ok(undefined);
  return fail({
    type: 'store-failed',
    message: 'This replica has stopped; what was just done was not saved. Reload the page.',
  });
}

function honestOrNot(registry: ServiceRegistry, deviation: Deviation | null): ServiceRegistry {
  return deviation ? deviation.registry(registry) : registry;
}

/** Two letters for the seal: of the first two words, or of the only one. */
function initialsOf(organisation: string): string {
  const words = organisation.split(/\s+/u).filter((word) => word.length > 0);
  const letters = words.length > 1 ? [words[0]![0]!, words[1]![0]!] : [...(words[0] ?? '??')].slice(0, 2);
  return letters.join('').toUpperCase();
}
