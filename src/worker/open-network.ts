/** One open network of the supply chain: the replica with the session buffer and the packages. Runs in the tab that holds the Web Lock. */
import { asKey, isHex, type Milliseconds, type VoteKey } from '../codec/brand.ts';
import type { CborValue } from '../codec/cbor.ts';
import { fail, ok, type Result } from '../codec/result.ts';
import { randomHex } from '../crypto/keys.ts';
import { labelZpl } from '../domain/supply/label.ts';
import { makeEnvelope, readManifestFile } from '../domain/supply/manifest.ts';
import { createSupplyRegistry } from '../domain/supply/registry.ts';
import { SERVICES } from '../domain/supply/types.ts';
import { createSessionFetch } from '../l2/http.ts';
import type { SessionBuffer } from '../l2/session-buffer.ts';
import type {
  DevicesApi,
  DirectoryApi,
  DoorError,
  FaultsApi,
  HandOffApi,
  MembersApi,
  NetworkState,
  SessionsApi,
  SupplyApi,
} from './api.ts';
import { systemClock } from './clock.ts';
import { DirectoryIndex, directoryApi } from './directory.ts';
import { entryCertificates } from './entry-certificates.ts';
import { createHandOffs, type HandOffs } from './hand-offs.ts';
import { manifestKeyOf, signWithManifestKey } from './identity-keys.ts';
import { MAX_FINISHED_SESSIONS_TOLD } from './limits.ts';
import {
  certifiedValue,
  openReplica,
  type Application,
  type OpenOptions,
  type OpenReplica,
  type ReplicaParts,
} from './open-replica.ts';
import { Packages } from './packages.ts';
import { photosApi } from './photos-api.ts';
import { createOwnDevices } from './sessions/own-devices.ts';
import { answerPlain } from './sessions/plain-http.ts';
import { createSessionLayer, type SessionLayer } from './sessions/session-layer.ts';
import { transactionStatus } from './sessions/status.ts';
import { mirroredViews, noticeViews, type Known } from './sessions/views.ts';
import { instanceView } from './views.ts';

export type OpenNetwork = SessionsApi &
  SupplyApi &
  DevicesApi &
  HandOffApi &
  DirectoryApi &
  FaultsApi &
  MembersApi &
  Omit<OpenReplica<never>, 'parts' | 'application' | 'state' | 'members'> & { state(): NetworkState };

interface SupplyChain extends Application {
  readonly layer: SessionLayer;
  readonly sessions: SessionBuffer;
  readonly packages: Packages;
  readonly directory: DirectoryIndex;
  readonly handOffs: HandOffs;
}

export async function openNetwork(options: OpenOptions): Promise<Result<OpenNetwork, DoorError>> {
  const opened = await openReplica(options, supplyChain);
  if (!opened.ok) return opened;
  const { parts, application, members, ...common } = opened.value;
  const faults: Faults = { offline: false, delayMs: 0 };
  return ok({
    ...common,
    ...members,
    ...sessionsApi(parts, application),
    ...supplyApi(parts, application),
    ...createOwnDevices(parts, application.directory, application.handOffs.api.runAlone, common.invitation),
    ...application.handOffs.api,
    ...directoryApi(parts, application.directory),
    ...faultsApi(parts, faults),
    state: () => {
      const own = common.state();
      return { ...own, ...supplyState(parts, application, faults, own.siblings) };
    },
  });
}

/** What the demo's buttons have set. */
interface Faults {
  offline: boolean;
  delayMs: Milliseconds;
}

/** Pseudonym of sessions that no operator runs: a package announced by its supplier's office. */
const OFFICE = 'office';

function supplyChain(parts: ReplicaParts): SupplyChain {
  const { replica, genesis, binding, chain, place, device, signer, tools, options } = parts;
  const registry = createSupplyRegistry({ checkCertificate: entryCertificates(replica, chain, tools) });
  const packages = new Packages(replica, genesis, binding.genesis, chain);
  const directory = new DirectoryIndex(replica, genesis);
  const layer = createSessionLayer({
    replica,
    network: binding.network,
    genesis,
    place,
    device,
    signer,
    registry,
    runs: options.deviation?.registry(registry),
    clock: systemClock,
    certified: (key) => certifiedValue(replica, key),
    verifyEd25519: (publicKey, message, signature) =>
      tools.ed25519.verify(publicKey as VoteKey, message, signature),
    randomHex,
    deviceRevoked: (member, key) => directory.deviceRevoked(member, key),
    // A step's answer carries the session itself, and telling the whole state at once would hold up what follows.
    changed: (session) =>
      options.changed(
        session !== undefined && session.status.state !== 'local' && session.status.state !== 'voting',
      ),
    failed: (error) => reportError(error),
  });
  const { sessions } = layer;
  sessions.setMirror(parts.mirror.get());
  const handOffs = createHandOffs(parts, sessions, directory, (to, text) => {
    const [link] = replica.linksOf(to);
    return link !== undefined && replica.send(link.id, { type: 'hand-off', text }, 'bulk');
  });
  return {
    layer,
    sessions,
    packages,
    directory,
    handOffs,
    validate: (proposal) => layer.validate(proposal),
    decided(entry, body) {
      packages.decided(entry, body);
      directory.decided(entry, body);
      handOffs.decided(entry.key, entry.version);
      layer.decided(entry, body);
      options.changed();
    },
    refused: (key, digest, rule, message) => layer.refused(key, digest, rule, message),
    standing(standing) {
      if (standing.kind === 'voter') layer.mayVote();
    },
    handOff: (from, text) => void handOffs.received(from, text),
    session: (link, message) => layer.receive(link, message),
    linked: (link) => layer.linked(link),
    unlinked: (link) => layer.unlinked(link.id),
    deviceRevoked: (member, key) => directory.deviceRevoked(member, key),
    deviceOf: (key) => directory.deviceOf(key),
    stopping: () => layer.stop(),
    async started(stored) {
      // First: until it is there no device counts as revoked.
      await directory.load();
      // Not waited for: lists tell what has been read so far, and a package that is asked for is read at once.
      packages.load().catch((error: unknown) => reportError(error));
      void layer.resume(stored.sessions).then(
        () => options.changed(),
        (error: unknown) => reportError(error),
      );
    },
  };
}

function sessionsApi(parts: ReplicaParts, { layer, sessions, directory }: SupplyChain): SessionsApi {
  const { replica, member, device } = parts;
  const step: SessionsApi['step'] = async (id, request) => {
    const session = sessions.get(id);
    const complete = session ? await directory.attach(session.key, request) : ok(request);
    return complete.ok ? sessions.step(id, complete.value) : complete;
  };
  const status: SessionsApi['status'] = (key, of = {}) => transactionStatus(replica, key, of);
  const fetch = createSessionFetch({
    ...sessions,
    async start(key, operator, request) {
      const complete = await directory.attach(key, request);
      return complete.ok ? sessions.start(key, operator, complete.value) : complete;
    },
    step,
    status: async (key, of) => (await status(key, of)) as unknown as CborValue,
  });
  return {
    start: (key, operator) =>
      sessions.start(asKey(key), operator, {
        method: 'POST',
        path: SERVICES.startSession,
        body: { at: wallClock() },
      }),
    step,
    undo: (id) => sessions.undo(id),
    abandon: (id) => sessions.abandon(id),
    commit: (id) => sessions.commit(id),
    rebase: (id) => sessions.rebase(id),
    commitAll: (ids) => sessions.commitAll(ids),
    pause: (id) => sessions.pause(id),
    unpause: (id) => sessions.unpause(id),
    mirrorTo: (id, key) => sessions.mirrorTo(id, key),
    async setMirror(key) {
      if (key !== null && (!isHex(key, 64) || key === (device?.device ?? member.voteKey))) {
        return fail({
          type: 'device-text-malformed',
          message:
            'Sessions are mirrored to another device of this member. Choose one of those that are linked.',
        });
      }
      const saved = await parts.mirror.set(key);
      if (saved.ok) sessions.setMirror(key);
      return saved;
    },
    takeOver: (id) => layer.host.takeOver(id),
    status,
    request: (request) => answerPlain(fetch, request),
  };
}

function supplyApi(
  { options, replica }: ReplicaParts,
  { sessions, packages, directory }: SupplyChain,
): SupplyApi {
  const { db, record } = options;
  return {
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
      if (!envelope.ok) return fail({ type: 'manifest-malformed', message: envelope.error.message });
      return ok({ envelope: envelope.value });
    },
    async manifestKey() {
      const key = await manifestKeyOf(db, record);
      if (!key.ok) return fail({ type: 'storage-failed', message: key.error.message });
      return ok({ keyId: key.value.keyId, publicKey: key.value.publicKey });
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
        const message = read.ok ? 'The file holds no manifest. Choose another file.' : read.error.message;
        return fail({ type: 'request-malformed', message });
      }
      const body = { envelope: first.envelope, at: wallClock() };
      const request = { method: 'POST', path: SERVICES.createPackage, body } as const;
      const key = asKey(`package/${first.manifest.sscc}`);
      const complete = await directory.attach(key, request);
      if (!complete.ok) return complete;
      const started = await sessions.start(key, OFFICE, complete.value, { alone: true });
      return started.ok ? sessions.commit(started.value.id) : started;
    },
    packages: (query) => Promise.resolve(packages.query(query)),
    package: (sscc) => packages.detail(sscc),
    evidence: (sscc, options) => packages.evidence(sscc, options),
    pruneHistory: (sscc, keepVersions) => packages.pruneHistory(sscc, keepVersions),
    fetchHistory: (sscc) => packages.fetchHistory(sscc),
    ...photosApi(replica),
    misbehaviour: async (member, epoch) => packages.misbehaviour(member, epoch),
    epcis: (sscc, version) => packages.epcis(sscc, version),
    labelZpl: (content, dpi) => {
      const zpl = labelZpl(content, dpi);
      return Promise.resolve(zpl.ok ? ok(new TextEncoder().encode(zpl.value)) : zpl);
    },
  };
}

function faultsApi({ genesis, mesh, options }: ReplicaParts, faults: Faults): FaultsApi {
  const onlyInDemo = (run: () => void): Promise<Result<undefined>> => {
    if (!genesis.demo) {
      return Promise.resolve(
        fail({ type: 'not-a-demo', message: 'Faults can be made in a demo network only.' }),
      );
    }
    run();
    options.changed();
    return Promise.resolve(ok(undefined));
  };
  return {
    setOffline: (offline) =>
      onlyInDemo(() => {
        faults.offline = offline;
        mesh.setOffline(offline);
      }),
    setLying: (lying) => onlyInDemo(() => options.deviation?.setLying(lying)),
    setDelay: (milliseconds) =>
      onlyInDemo(() => {
        faults.delayMs = milliseconds;
        mesh.setDelay(milliseconds);
      }),
  };
}

function supplyState(
  { replica, genesis, member, place, mirror, options }: ReplicaParts,
  { layer, sessions, packages, directory, handOffs }: SupplyChain,
  faults: Faults,
  siblings: NetworkState['siblings'],
): Omit<NetworkState, keyof ReturnType<OpenReplica<never>['state']>> {
  const all = sessions.list();
  const live = handOffs.view();
  const open = all.filter((s) => s.status.state !== 'committed' && s.status.state !== 'abandoned');
  const finished = all.filter((s) => !open.includes(s)).slice(0, MAX_FINISHED_SESSIONS_TOLD);
  const known: Known = {
    genesis,
    place,
    siblings,
    nameOf: (key) => directory.deviceName(member.id, key),
  };
  return {
    sessions: [...open, ...finished],
    mirrorTo: mirror.get(),
    mirrored: mirroredViews(layer, known),
    notices: noticeViews(layer, known, systemClock.now()),
    instances: [...replica.core.instances.keys()].flatMap((key) => instanceView(replica, key) ?? []),
    ...directory.overlaid(genesis.directory),
    ...(live === undefined ? {} : { handOffs: live }),
    packagesRevision: packages.revision,
    packageCount: packages.count,
    faults: genesis.demo ? { ...faults, lying: options.deviation?.lying ?? false } : null,
  };
}

const wallClock = (): number => Math.trunc(systemClock.wall());
