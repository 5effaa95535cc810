/** One identity's replica with its mesh and settings: what every application on the network has. */
import { NO_LOG } from '../codec/device.ts';
import type { Key, MemberIndex, Milliseconds, VoteKey } from '../codec/brand.ts';
import { PLAIN_KNOCK, type Bundle, type Knock } from '../codec/door.ts';
import { decodeDevice, type DeviceCertificate, type DeviceKey } from '../codec/device.ts';
import type { EpochLink } from '../codec/epochs.ts';
import { decodeGenesis, type Genesis, type MemberEntry } from '../codec/genesis.ts';
import { formatInvitation } from '../codec/invitation.ts';
import { fail, ok, type Result } from '../codec/result.ts';
import type { Epoch } from '../consensus/epochs/types.ts';
import { faultsTolerated } from '../consensus/membership.ts';
import type { EpochKeys } from '../crypto/certificates.ts';
import { certifierIn } from '../crypto/device.ts';
import { joinSecretDigest } from '../crypto/domains.ts';
import { epochKeysOf } from '../crypto/epochs.ts';
import { deriveSignaling } from '../crypto/handshake.ts';
import { newInstanceId, randomBytes } from '../crypto/keys.ts';
import type { Signer } from '../crypto/types.ts';
import { createMesh, type Mesh } from '../net/mesh/mesh.ts';
import type { PagePort, SocketLike } from '../net/mesh/options.ts';
import type { CloseReason, IceServer, Link, PeerStatus, TransportStatus } from '../net/types.ts';
import type { IdentityDb, IdbReplicaStore } from '../store/idb-store.ts';
import type { IdentityRecord, IdentitySettings, NetworkBinding } from '../store/identity.ts';
import type { StoredState } from '../store/types.ts';
import type {
  DoorError,
  MembersApi,
  MemberView,
  NetworkState,
  SiblingView,
  Standing,
  TraceEvent,
} from './api.ts';
import { systemClock } from './clock.ts';
import { inForce, openChain, type ChainSelf } from './epochs/chain.ts';
import { Changes } from './epochs/changes.ts';
import { createAskAgain, renewLog } from './epochs/ask-again.ts';
import { ASKING, readEpochs } from './epochs/disk.ts';
import { hearsQuorum, isLost, seekNetwork } from './epochs/seek.ts';
import { whyNot } from './epochs/why-not.ts';
import { withProfiles } from './door-tools.ts';
import { knock, openBundle } from './knock.ts';
import type { Deviation } from './deviation.ts';
import { signerOf } from './identity-keys.ts';
import { inspectReplica } from './inspect.ts';
import type { Inspection } from './inspection.ts';
import { HEAD_BYTES_PATIENCE_MS, INSPECT_PERIOD_MS, SEEK_FRESH_MS } from './limits.ts';
import { recentErrors } from './recent-errors.ts';
import { Replica } from './replica/replica.ts';
import type { Held, ReplicaListener, ReplicaOptions, SessionMessage } from './replica/types.ts';
import { sharedTools, type Tools } from './tools.ts';
import { TraceRing } from './trace-ring.ts';
import { evidenceMarks, initialsOf, pastEvidenceViews } from './views.ts';

export interface OpenOptions {
  readonly db: IdentityDb;
  readonly record: IdentityRecord;
  readonly pagePort: PagePort;
  /** Signaling address that is used when the settings name none: of the server that served the page. */
  readonly homeSignaling: string;
  /** The newest rules that this program knows. */
  readonly rulesVersion: number;
  /** Why a network with these members and rules is not opened; left out: any is. Asked before it could vote. */
  refuses?(inForce: Genesis): DoorError | null;
  /** The members have changed: everything is on disk, and the network has to be opened again. */
  reopen(): void;
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
  /** Id of the member that has entered this device in the directory and has not revoked it; left out: none is entered. */
  deviceOf?(device: DeviceKey): string | null;
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
  /** With the members and rules in force, those of the epoch whose members are linked to. */
  readonly genesis: Genesis;
  readonly binding: NetworkBinding;
  /** Every epoch that is known, from epoch 0, and what led from each to the next. */
  readonly chain: { readonly epochs: readonly Epoch[]; readonly links: readonly EpochLink[] };
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
  readonly members: MembersApi;
  settings(): { signaling: readonly string[]; iceServers: readonly IceServer[] };
  setSignaling(urls: readonly string[]): Promise<Result<undefined, DoorError>>;
  setIceServers(servers: readonly IceServer[]): Promise<Result<undefined, DoorError>>;
  invitation(): string;
  genesisFile(): Uint8Array;
  setStorage(storage: NetworkState['storage']): void;
  /** For a developer's eyes; asked again within INSPECT_PERIOD_MS it is the same. */
  inspect(): Promise<Inspection>;
  /** Ends the replica; what was handed to the store is written first. */
  close(reason: string): Promise<void>;
}

export async function openReplica<A extends Application>(
  options: OpenOptions,
  createApplication: (parts: ReplicaParts) => A,
): Promise<Result<OpenReplica<A>, DoorError>> {
  const { db, deviation } = options;
  const renewed = await renewLog(db, options.record);
  if (!renewed.ok) return fail({ type: 'storage-failed', message: renewed.error.message });
  const record = renewed.value;
  const { binding } = record;
  if (!binding) {
    return fail({
      type: 'profile-unknown',
      message: 'This key belongs to no network yet. Open the invitation first.',
    });
  }
  const decoded = decodeGenesis(binding.genesis);
  if (!decoded.ok) return fail({ type: 'genesis-malformed', message: decoded.error.message });
  const sealed = decoded.value;
  if (deviation && !sealed.demo) {
    const message =
      'Only a demo network may hold a lying replica. Open this network by its ordinary address.';
    return fail({ type: 'storage-failed', message });
  }
  const certificate = binding.certificate ? decodeDevice(binding.certificate) : null;
  if (certificate && !certificate.ok)
    return fail({ type: 'device-certificate-wrong', message: certificate.error.message });
  const device = certificate?.value ?? null;
  const tools = await sharedTools();
  const signer = await signerOf(record, tools.bls);
  if (!signer.ok) return fail({ type: 'storage-failed', message: signer.error.message });
  const store = await db.openReplica();
  if (!store.ok) return fail({ type: 'storage-failed', message: store.error.message });
  const stored = await store.value.readState();
  if (!stored.ok) return fail({ type: 'storage-failed', message: stored.error.message });

  const kept = readEpochs(stored.value.meta);
  if (!kept.ok) return fail({ type: 'storage-failed', message: kept.error.message });
  const { logId } = store.value;
  const opened = await openChain(
    sealed,
    binding,
    kept.value,
    device === null
      ? { voteKey: record.voteKey, logId }
      : (known) => memberOfDevice(device, known, tools.ed25519),
    tools.hash,
  );
  if (!opened.ok) return fail({ type: 'storage-failed', message: opened.error.message });
  const {
    chain,
    links,
    checked,
    mesh: met,
    secret,
    knockSecret,
    formerSecrets,
    place,
    self,
    left,
    isBegun,
  } = opened.value;
  const genesis = inForce(sealed, met);
  const member = genesis.members[place];
  if (!member)
    return fail({ type: 'not-in-genesis', message: `${genesis.name} does not list this browser's key.` });
  const refusal = options.refuses?.(genesis);
  if (refusal) return fail(refusal);
  // The one that this browser was bound with: an epoch that is not known here yet may name it.
  const bindingSecret = [joinSecretDigest(tools.hash, binding.joinSecret), binding.joinSecret] as const;
  const storedEpochs = { ...kept.value, secrets: new Map([bindingSecret, ...kept.value.secrets]) };

  let settings = record.settings;
  let lastWrite: Promise<unknown> = Promise.resolve();
  let transport: TransportStatus = { signaling: [], peers: [] };
  let storage: NetworkState['storage'] = { persisted: null, usageBytes: null, quotaBytes: null };
  const urls = (): readonly string[] =>
    settings.signaling.length > 0 ? settings.signaling : [options.homeSignaling];
  const epoch = epochKeysOf(met);
  const instance = newInstanceId();
  const ring = new TraceRing();
  let inspected: { readonly at: Milliseconds; readonly inspection: Inspection } | null = null;
  const former = new Set(chain.slice(0, met.number).map(({ network }) => network));
  former.delete(met.network);
  const mesh = createMesh({
    network: met.network,
    formerNetworks: [...former],
    deviceNetwork: binding.network,
    self: { member: place, voteKey: record.voteKey, logId, instance, ...(device && { device }) },
    deviceRevoked: (of, key) => application.deviceRevoked?.(of, key) ?? false,
    members: genesis.members,
    // Made below, and asked once somebody knocks.
    door: {
      knock: (key, bytes) => changes.door.knock(key, bytes),
      answer: (key) => changes.door.answer(key),
    },
    signer: signer.value,
    ed25519: tools.ed25519,
    signalingSecret: await deriveSignaling(secret),
    formerSecrets: await Promise.all(formerSecrets.map((former) => deriveSignaling(former))),
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
    self: device === null ? self : null,
    whyNot: whyNot(chain, met, member, logId, record.voteKey, left, isBegun),
    isDevice: device !== null,
    epochs: {
      self: device === null ? { voteKey: record.voteKey, logId } : null,
      member: member.voteKey,
      nonce: sealed.draftNonce,
      rulesVersion: options.rulesVersion,
      stored: storedEpochs,
      chain,
      links,
      checked,
      mesh: met.number,
      moved: () => options.reopen(),
    },
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
      trace: (event) => {
        ring.add(event);
        options.trace(event);
      },
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
  const atDoor = async (said: Knock): Promise<Bundle | null> =>
    mesh.isOffline()
      ? null
      : knock({
          invitation: {
            network: met.network,
            joinSecret: knockSecret,
            name: genesis.name,
            signaling: urls(),
          },
          pagePort: options.pagePort,
          homeSignaling: options.homeSignaling,
          iceServers: settings.iceServers,
          signer: { voteKey: record.voteKey, signEd25519: (message) => signer.value.signEd25519(message) },
          knock: said,
        });
  const isAsking = stored.value.meta.has(ASKING);
  const again = createAskAgain({
    replica,
    record,
    genesis: sealed,
    member,
    signer: signer.value,
    tools,
    isAsking,
    self: left ? place : self,
    isDevice: device !== null,
    knock: atDoor,
    reopen: () => options.reopen(),
    random: randomBytes,
  });
  const changes: Changes = new Changes({
    replica,
    epochs: replica.epochs!,
    genesis: binding.genesis,
    epoch: met,
    place,
    isDevice: device !== null,
    rulesVersion: options.rulesVersion,
    again,
    deviceOf: (key) => application.deviceOf?.(key) ?? null,
    changed: () => options.changed(true),
  });
  const parts: ReplicaParts = {
    options,
    tools,
    genesis,
    binding,
    chain: { epochs: chain, links },
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
    // It is named again: nothing is asked for any more.
    if (isAsking && self !== null) replica.outbox.meta(ASKING, null);
    await application.started(stored.value);
    // Survivors went on under another name: the list of this browser's identities shows it. Not kept: it is tried at the next start again.
    if (met.network !== binding.network)
      void withProfiles((index) =>
        index.update(record.voteKey, {
          network: { id: met.network, name: genesis.name, demo: genesis.demo },
        }),
      );
  } catch (error) {
    // Half an application must not vote, nor hold links.
    application.stopping?.();
    replica.stop('The network could not be opened.');
    throw error;
  }

  const leaveOff = seekNetwork({
    clock: systemClock,
    random: randomBytes,
    isLost: () => isLost(replica) && !mesh.isOffline(),
    hearsQuorum: () => hearsQuorum(replica, mesh.heardWithin(SEEK_FRESH_MS)),
    knock: () => atDoor(PLAIN_KNOCK),
    async found(bundle) {
      // Where others went on from here without this member, the replica says so and stays.
      const checkedBundle = await openBundle(bundle);
      const isHere = checkedBundle.ok && checkedBundle.value.chain[0]!.network === binding.network;
      if (isHere && !replica.stopped) await replica.epochs?.talk.takeBundle(bundle);
    },
  });

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
          id: met.network,
          name: genesis.name,
          demo: genesis.demo,
          rulesVersion: genesis.rulesVersion,
        },
        self: place,
        standing,
        epoch: changes.epochView(),
        requests: changes.requestViews(),
        changes: changes.changeViews(),
        breaks: changes.breakViews(),
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
            outdated: outdatedDevice(member, replica.epochs!.newest, met),
          },
        }),
        siblings: siblingViews(parts),
        transport,
        evidence: [...replica.convicted].map(([index, evidence]) => ({
          member: index,
          evidence,
          heldSince: replica.evidenceSince.get(index) ?? 0,
        })),
        ...(replica.pastEvidence.length > 0 && { pastEvidence: pastEvidenceViews(replica) }),
        latencies: replica.latencies,
        delays: { w0: replica.core.w0, twoMessages: replica.delays.twoMessages },
        storage,
      };
    },
    members: changes.api,
    settings: () => ({ signaling: urls(), iceServers: settings.iceServers }),
    setSignaling: (list) => save({ signaling: list }),
    setIceServers: (list) => save({ iceServers: list }),
    invitation: () => {
      return formatInvitation({
        network: met.network,
        joinSecret: knockSecret,
        name: genesis.name,
        signaling: settings.signaling,
        ...(met.number > 0 && { epoch: { number: met.number, digest: met.digest } }),
      });
    },
    genesisFile: () => binding.genesis,
    setStorage: (next) => {
      storage = next;
      options.changed();
    },
    async inspect() {
      const now = systemClock.now();
      if (inspected === null || now - inspected.at >= INSPECT_PERIOD_MS) {
        const { members, rulesVersion } = genesis;
        const around = {
          members,
          place,
          rulesVersion,
          transport,
          storage,
          trace: ring,
          errors: recentErrors(),
        };
        inspected = { at: now, inspection: inspectReplica(replica, around) };
      }
      return inspected.inspection;
    },
    async close(reason) {
      leaveOff();
      again.stop();
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
  const { clock } = replica.options;
  const until = clock.now() + HEAD_BYTES_PATIENCE_MS;
  for (;;) {
    const held = await replica.held(key);
    if (held) return held;
    if (!replica.heads.has(key)) return null;
    if (clock.now() > until) throw new Error(`The certified value of ${key} has not arrived yet.`);
    await new Promise((resolve) => clock.setTimeout(() => resolve(undefined), 50));
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

/** By whose key the certificate is signed, in the newest epoch that lists it: a device goes where its member goes. */
async function memberOfDevice(
  device: DeviceCertificate,
  chain: readonly Epoch[],
  ed25519: Tools['ed25519'],
): Promise<ChainSelf> {
  for (const { members } of [...chain].reverse()) {
    const place = await certifierIn(device, members, ed25519);
    if (place !== null) return { voteKey: members[place]!.voteKey, logId: NO_LOG };
  }
  return { voteKey: device.device as string as VoteKey, logId: NO_LOG };
}

/** Why nobody takes this device's certificate any more, in words; null: they do, unless it was revoked. */
function outdatedDevice(member: MemberEntry, newest: Epoch, met: Epoch): string | null {
  if (newest === met || newest.members.some(({ voteKey }) => voteKey === member.voteKey)) return null;
  return newest.members.some(({ id }) => id === member.id)
    ? `${member.organisation} has a new key since epoch ${newest.number} or earlier, and this device is certified by the old one. Have it certified again: its key stays, and what is on it stays.`
    : `${member.organisation} is no member any more since epoch ${newest.number} or earlier, so its devices are not taken. What was certified until then stays here and can be proved.`;
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
