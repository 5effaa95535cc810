/** One identity's replica with its mesh and settings: what every application on the network has. */
import { fromHex, type Key, type MemberIndex } from '../codec/brand.ts';
import { decodeDevice, type DeviceCertificate, type DeviceKey } from '../codec/device.ts';
import { decodeGenesis, type Genesis, type MemberEntry } from '../codec/genesis.ts';
import { formatInvitation } from '../codec/invitation.ts';
import { fail, ok, type Result } from '../codec/result.ts';
import { faultsTolerated, firstEpoch, quorum } from '../consensus/membership.ts';
import type { EpochKeys } from '../crypto/certificates.ts';
import { deriveSignaling } from '../crypto/handshake.ts';
import { newInstanceId, randomBytes } from '../crypto/keys.ts';
import type { Signer } from '../crypto/types.ts';
import { createMesh, type Mesh } from '../net/mesh/mesh.ts';
import type { PagePort, SocketLike } from '../net/mesh/options.ts';
import type { CloseReason, IceServer, Link, PeerStatus, TransportStatus } from '../net/types.ts';
import type { IdentityDb, IdbReplicaStore } from '../store/idb-store.ts';
import type { IdentityRecord, IdentitySettings, NetworkBinding } from '../store/identity.ts';
import type { StoredState } from '../store/types.ts';
import type { DoorError, MemberView, NetworkState, SiblingView, Standing, TraceEvent } from './api.ts';
import { systemClock } from './clock.ts';
import type { Deviation } from './deviation.ts';
import { signerOf } from './identity-keys.ts';
import { HEAD_BYTES_PATIENCE_MS } from './limits.ts';
import { Replica } from './replica/replica.ts';
import type { Held, ReplicaListener, ReplicaOptions, SessionMessage } from './replica/types.ts';
import { sharedTools, type Tools } from './tools.ts';
import { evidenceMarks } from './views.ts';

export interface OpenOptions {
  readonly db: IdentityDb;
  readonly record: IdentityRecord;
  readonly pagePort: PagePort;
  /** Signaling address that is used when the settings name none: of the server that served the page. */
  readonly homeSignaling: string;
  readonly deviation: Deviation | null;
  /** `soon`: a person waits for just this. */
  changed(soon?: boolean): void;
  trace(event: TraceEvent): void;
}

/** What an application adds to a replica. */
export interface Application {
  validate: ReplicaOptions['validate'];
  decided: ReplicaListener['decided'];
  refused: ReplicaListener['refused'];
  standing(standing: Standing): void;
  /** A member shows a text to a person here. */
  handOff?(from: MemberIndex, text: string): void;
  /** Of the session layer, from a member or a device. */
  session?(link: Link, message: SessionMessage): void;
  linked?(link: Link): void;
  unlinked?(link: Link, reason: CloseReason): void;
  /** The directory has revoked this device; left out: none is. */
  deviceRevoked?(member: MemberIndex, device: DeviceKey): boolean;
  /** No link or message comes any more. */
  stopping?(): void;
  /** The replica has started; `stored` is what the disk held. */
  started(stored: StoredState): Promise<void>;
}

/** `undefined` takes the setting away. */
type SettingsChange = Partial<Omit<IdentitySettings, 'mirror'>> & { readonly mirror?: string | undefined };

export interface ReplicaParts {
  readonly options: OpenOptions;
  readonly tools: Tools;
  readonly genesis: Genesis;
  readonly binding: NetworkBinding;
  readonly member: MemberEntry;
  /** Of `member`. */
  readonly place: MemberIndex;
  /** This is a device of `member`, with which `signer` signs; null: it is the member itself. */
  readonly device: DeviceCertificate | null;
  readonly epoch: EpochKeys;
  readonly signer: Signer;
  readonly store: IdbReplicaStore;
  readonly mesh: Mesh;
  readonly replica: Replica;
  /** Where new sessions are mirrored to. */
  readonly mirror: {
    get(): string | null;
    set(device: string | null): Promise<Result<undefined, DoorError>>;
  };
}

/** Fields of `NetworkState` that do not depend on the application. */
export type ReplicaState = Omit<
  NetworkState,
  | 'sessions'
  | 'mirrored'
  | 'mirrorTo'
  | 'notices'
  | 'instances'
  | 'couriers'
  | 'supplierKeys'
  | 'packagesRevision'
  | 'packageCount'
  | 'faults'
>;

export interface OpenReplica<A> {
  readonly parts: ReplicaParts;
  readonly application: A;
  state(): ReplicaState;
  settings(): { signaling: readonly string[]; iceServers: readonly IceServer[] };
  setSignaling(urls: readonly string[]): Promise<Result<undefined, DoorError>>;
  setIceServers(servers: readonly IceServer[]): Promise<Result<undefined, DoorError>>;
  invitation(): string;
  genesisFile(): Uint8Array;
  setStorage(storage: NetworkState['storage']): void;
  /** Ends the replica; what was handed to the store is written first. */
  close(reason: string): Promise<void>;
}

export async function openReplica<A extends Application>(
  options: OpenOptions,
  createApplication: (parts: ReplicaParts) => A,
): Promise<Result<OpenReplica<A>, DoorError>> {
  const { db, record, deviation } = options;
  const { binding } = record;
  if (!binding) {
    return fail({
      type: 'profile-unknown',
      message: 'This key belongs to no network yet. Open the invitation first.',
    });
  }
  const decoded = decodeGenesis(binding.genesis);
  if (!decoded.ok) return fail({ type: 'genesis-malformed', message: decoded.error.message });
  const genesis = decoded.value;
  if (deviation && !genesis.demo) {
    const message =
      'Only a demo network may hold a lying replica. Open this network by its ordinary address.';
    return fail({ type: 'storage-failed', message });
  }
  const certificate = binding.certificate ? decodeDevice(binding.certificate) : null;
  if (certificate && !certificate.ok)
    return fail({ type: 'device-certificate-wrong', message: certificate.error.message });
  const device = certificate?.value ?? null;
  const place =
    device?.member ?? (genesis.members.findIndex((m) => m.voteKey === record.voteKey) as MemberIndex);
  const member = genesis.members[place];
  if (!member)
    return fail({ type: 'not-in-genesis', message: `${genesis.name} does not list this browser's key.` });
  const tools = await sharedTools();
  const signer = await signerOf(record, tools.bls);
  if (!signer.ok) return fail({ type: 'storage-failed', message: signer.error.message });
  const store = await db.openReplica();
  if (!store.ok) return fail({ type: 'storage-failed', message: store.error.message });
  const stored = await store.value.readState();
  if (!stored.ok) return fail({ type: 'storage-failed', message: stored.error.message });

  let settings = record.settings;
  let lastWrite: Promise<unknown> = Promise.resolve();
  let transport: TransportStatus = { signaling: [], peers: [] };
  let storage: NetworkState['storage'] = { persisted: null, usageBytes: null, quotaBytes: null };
  const urls = (): readonly string[] =>
    settings.signaling.length > 0 ? settings.signaling : [options.homeSignaling];
  const epoch = epochOf(genesis, binding);
  const instance = newInstanceId();
  const { logId } = store.value;
  const mesh = createMesh({
    network: binding.network,
    self: { member: place, voteKey: record.voteKey, logId, instance, ...(device && { device }) },
    deviceRevoked: (of, key) => application.deviceRevoked?.(of, key) ?? false,
    members: genesis.members,
    genesis: binding.genesis,
    signer: signer.value,
    ed25519: tools.ed25519,
    signalingSecret: await deriveSignaling(binding.joinSecret),
    signalingUrls: urls(),
    hintedUrls: settings.hinted ?? [],
    // Not kept: nothing is lost but a way in that the next start would have had.
    onHints: (hinted) => void write({ hinted }),
    iceServers: settings.iceServers,
    pagePort: options.pagePort,
    clock: systemClock,
    random: randomBytes,
    createSocket: (url) => new WebSocket(url) as SocketLike,
    onTwin: (_instance, toldBy) => replica.foundTwin(toldBy),
  });
  const replica: Replica = new Replica({
    ...tools,
    epoch,
    // RESUME: a log that the epoch does not name must not vote as if it had never voted.
    self: device === null && member.logId === logId ? place : null,
    isDevice: device !== null,
    instance,
    signer: signer.value,
    store: store.value,
    transport: mesh,
    clock: systemClock,
    random: randomBytes,
    validate: (proposal) => application.validate(proposal),
    deviation,
    listener: {
      decided: (entry, body) => application.decided(entry, body),
      refused: (key, digest, rule, message) => application.refused(key, digest, rule, message),
      changed: () => options.changed(),
      trace: options.trace,
      handOff: (from, text) => application.handOff?.(from, text),
      session: (link, message) => application.session?.(link, message),
      linked: (link) => application.linked?.(link),
      unlinked: (link, reason) => application.unlinked?.(link, reason),
      standing: (standing) => {
        application.standing(standing);
        options.changed();
      },
      transport: (status) => {
        transport = status;
        options.changed();
      },
    },
  });
  const parts: ReplicaParts = {
    options,
    tools,
    genesis,
    binding,
    member,
    place,
    device,
    epoch,
    signer: signer.value,
    store: store.value,
    mesh,
    replica,
    mirror: {
      get: () => settings.mirror ?? null,
      set: (key) => save(key === null ? { mirror: undefined } : { mirror: key }),
    },
  };
  const application = createApplication(parts);
  try {
    await replica.start();
    await application.started(stored.value);
  } catch (error) {
    // Half an application must not vote, nor hold links.
    application.stopping?.();
    replica.stop('The network could not be opened.');
    throw error;
  }

  /** One after the other: a hint that comes while a person saves takes nothing back. */
  function write(change: SettingsChange): ReturnType<typeof db.setSettings> {
    const written = lastWrite.then(async () => {
      const { mirror, ...next } = { ...settings, ...change };
      const whole = mirror === undefined ? next : { ...next, mirror };
      const saved = await db.setSettings(whole);
      if (saved.ok) settings = whole;
      return saved;
    });
    lastWrite = written;
    return written;
  }

  async function save(change: SettingsChange): Promise<Result<undefined, DoorError>> {
    const saved = await write(change);
    if (!saved.ok) return fail({ type: 'storage-failed', message: saved.error.message });
    mesh.setSignaling(urls());
    mesh.setIceServers(settings.iceServers);
    options.changed();
    return ok(undefined);
  }

  return ok({
    parts,
    application,
    state: () => {
      const members = memberViews(parts, transport);
      const standing = standingOf(parts, application, transport.peers);
      return {
        mode: 'replica',
        profile: record.voteKey,
        network: {
          id: binding.network,
          name: genesis.name,
          demo: genesis.demo,
          rulesVersion: genesis.rulesVersion,
        },
        self: place,
        standing,
        n: epoch.n,
        f: faultsTolerated(epoch.n),
        q: epoch.quorum,
        members,
        here: members.filter((m) => m.here && !m.observer && !(m.self && standing.kind === 'observer'))
          .length,
        ...(device && {
          selfDevice: {
            key: device.device,
            name: device.name,
            member: place,
            organisation: member.organisation,
            revoked: isRevoked(parts, application, transport.peers),
          },
        }),
        siblings: siblingViews(parts),
        transport,
        evidence: [...replica.core.evidence].map(([index, evidence]) => ({
          member: index,
          evidence,
          heldSince: replica.evidenceSince.get(index) ?? 0,
        })),
        latencies: replica.latencies,
        delays: { w0: replica.core.w0, twoMessages: replica.delays.twoMessages },
        storage,
      };
    },
    settings: () => ({ signaling: urls(), iceServers: settings.iceServers }),
    setSignaling: (list) => save({ signaling: list }),
    setIceServers: (list) => save({ iceServers: list }),
    invitation: () => {
      const { network, joinSecret } = binding;
      return formatInvitation({ network, joinSecret, name: genesis.name, signaling: settings.signaling });
    },
    genesisFile: () => binding.genesis,
    setStorage: (next) => {
      storage = next;
      options.changed();
    },
    async close(reason) {
      await replica.outbox.durable();
      application.stopping?.();
      replica.stop(reason);
      store.value.close();
      db.close();
    },
  });
}

/**
 * The newest certified value of a key. One whose bytes are on their way is waited for: nothing may be built on an older one.
 * Rejects when they do not come.
 */
export async function certifiedValue(replica: Replica, key: Key): Promise<Held | null> {
  const until = systemClock.now() + HEAD_BYTES_PATIENCE_MS;
  for (;;) {
    const held = await replica.held(key);
    if (held) return held;
    if (!replica.heads.has(key)) return null;
    if (systemClock.now() > until) throw new Error(`The certified value of ${key} has not arrived yet.`);
    await new Promise((resolve) => systemClock.setTimeout(() => resolve(undefined), 50));
  }
}

/** What the replica calls an observer is, for a person, a device that does its work. */
function standingOf(parts: ReplicaParts, application: Application, peers: readonly PeerStatus[]): Standing {
  const { replica, device, place } = parts;
  if (device === null || replica.standing.kind !== 'observer') return replica.standing;
  return { kind: 'device', member: place, name: device.name, revoked: isRevoked(parts, application, peers) };
}

/**
 * As the directory has it; or, when that came while this device was away and nobody links to it any more, as the own member says, or so
 * many members that one of them is honest.
 */
function isRevoked(
  { device, place, epoch }: ReplicaParts,
  application: Application,
  peers: readonly PeerStatus[],
): boolean {
  if (device === null) return false;
  if (application.deviceRevoked?.(place, device.device)) return true;
  const saying = peers.filter((peer) => peer.revokesUs);
  return saying.some((peer) => peer.member === place) || saying.length > faultsTolerated(epoch.n);
}

/** The other devices of the own member that are linked, and on a device the member. */
function siblingViews({ replica, place, member, device }: ReplicaParts): SiblingView[] {
  const own = device !== null && replica.linksOf(place).length > 0;
  const views = own ? [{ key: member.voteKey as string, name: member.name, member: true }] : [];
  for (const link of replica.devices.values())
    if (link.device && link.member === place)
      views.push({ key: link.device.device, name: link.device.name, member: false });
  return views;
}

function epochOf(genesis: Genesis, binding: NetworkBinding): EpochKeys {
  return {
    network: binding.network,
    epoch: firstEpoch(binding.network),
    n: genesis.members.length,
    quorum: quorum(genesis.members.length),
    voteKeys: genesis.members.map((m) => m.voteKey),
    certificateKeys: genesis.members.map((m) => fromHex(m.certificateKey)),
  };
}

function memberViews(
  { genesis, place, device, replica }: ReplicaParts,
  transport: TransportStatus,
): MemberView[] {
  const convicted = evidenceMarks(replica);
  return genesis.members.map((m, i) => {
    const index = i as MemberIndex;
    const link = replica.linksOf(index)[0];
    const peer = transport.peers.find((p) => p.member === index);
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
      self: index === place,
      here: (index === place && device === null) || link !== undefined,
      rttMs: peer?.rttMs ?? null,
      evidence: convicted[i]!,
      observer: link !== undefined && link.logId !== m.logId,
    };
  });
}

/** Two letters for the seal: of the first two words, or of the only one. */
function initialsOf(organisation: string): string {
  const words = organisation.split(/\s+/u).filter((word) => word.length > 0);
  const letters = words.length > 1 ? [words[0]![0]!, words[1]![0]!] : [...(words[0] ?? '??')].slice(0, 2);
  return letters.join('').toUpperCase();
}
