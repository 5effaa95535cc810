/** One open network of the supply chain: the replica with the session buffer and the packages. Runs in the tab that holds the Web Lock. */
import { asKey, type Milliseconds, type VoteKey } from '../codec/brand.ts';
import { fail, ok, type Result } from '../codec/result.ts';
import { sessionBytes, valueBytes } from '../crypto/domains.ts';
import { randomHex } from '../crypto/keys.ts';
import { genesisCertificates } from '../domain/supply/certified.ts';
import { makeEnvelope, readManifestFile } from '../domain/supply/manifest.ts';
import { createSupplyRegistry } from '../domain/supply/registry.ts';
import { SERVICES } from '../domain/supply/types.ts';
import { createSessionBuffer, type SessionBuffer } from '../l2/session-buffer.ts';
import type { L2Ports } from '../l2/types.ts';
import { validateValue } from '../l2/validate.ts';
import type {
  DirectoryApi,
  DoorError,
  FaultsApi,
  HandOffApi,
  NetworkState,
  SessionsApi,
  SupplyApi,
} from './api.ts';
import { systemClock } from './clock.ts';
import { DirectoryIndex, directoryApi } from './directory.ts';
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
import type { Replica } from './replica/replica.ts';
import { instanceView } from './views.ts';

export type OpenNetwork = SessionsApi &
  SupplyApi &
  HandOffApi &
  DirectoryApi &
  FaultsApi &
  Omit<OpenReplica<never>, 'parts' | 'application' | 'state'> & { state(): NetworkState };

interface SupplyChain extends Application {
  readonly sessions: SessionBuffer;
  readonly packages: Packages;
  readonly directory: DirectoryIndex;
  readonly handOffs: HandOffs;
}

export async function openNetwork(options: OpenOptions): Promise<Result<OpenNetwork, DoorError>> {
  const opened = await openReplica(options, supplyChain);
  if (!opened.ok) return opened;
  const { parts, application, ...common } = opened.value;
  const faults: Faults = { offline: false, delayMs: 0 };
  return ok({
    ...common,
    ...sessionsApi(application),
    ...supplyApi(parts, application),
    ...application.handOffs.api,
    ...directoryApi(parts, application.directory),
    ...faultsApi(parts, faults),
    state: () => ({ ...common.state(), ...supplyState(parts, application, faults) }),
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
  const { replica, genesis, binding, member, signer, store, tools, options } = parts;
  const { network } = binding;
  const registry = createSupplyRegistry({ checkCertificate: genesisCertificates(tools.bls, tools.ed25519) });
  const verifyEd25519 = (publicKey: string, message: Uint8Array, signature: Uint8Array): Promise<boolean> =>
    tools.ed25519.verify(publicKey as VoteKey, message, signature);
  const rules = { network, genesis, registry, sessionBytes, hash: tools.hash, verifyEd25519 };
  const ports: L2Ports = {
    network,
    genesis,
    member,
    certified: async (key) => {
      const held = await certifiedValue(replica, key);
      return held && { version: held.entry.version, digest: held.entry.digest, body: held.body };
    },
    propose: (key, version, previous, body) => replica.propose(key, version, previous, body),
    sign: (bytes) => signer.signEd25519(bytes),
    hash: tools.hash,
    verifyEd25519,
    saveSession: (id, bytes) => {
      replica.outbox.session({ id, bytes });
      return durable(replica);
    },
    dropSession: (id) => {
      replica.outbox.dropSession(id);
      return durable(replica);
    },
    wallClock,
    randomId: () => randomHex(16),
    // A step's answer carries the session itself, and telling the whole state at once would hold up what follows.
    changed: (session) =>
      options.changed(session.status.state !== 'local' && session.status.state !== 'voting'),
  };
  const sessions = createSessionBuffer({
    ports,
    registry: options.deviation?.registry(registry) ?? registry,
    sessionBytes,
    valueDigest: (previous, body) => tools.hash(valueBytes(previous, body)),
    decidedDigest: async (key, version) => {
      const head = replica.heads.get(key);
      if (head?.version === version) return head.digest;
      return (await store.history(key)).find((entry) => entry.version === version)?.digest ?? null;
    },
    failed: (error) => reportError(error),
  });
  const packages = new Packages(replica, genesis, binding.genesis);
  const directory = new DirectoryIndex(replica);
  const handOffs = createHandOffs(parts, sessions, directory, (to, text) => {
    const [link] = replica.linksOf(to);
    return link !== undefined && replica.send(link.id, { type: 'hand-off', text }, 'bulk');
  });
  return {
    sessions,
    packages,
    directory,
    handOffs,
    validate: (proposal) => validateValue(rules, proposal),
    decided(entry, body) {
      packages.decided(entry, body);
      directory.decided(entry, body);
      handOffs.decided(entry.key, entry.version);
      // Without its bytes the version cannot be built on yet: told again when they are here.
      if (body !== undefined) sessions.decided(entry.key, entry.version, entry.digest);
      options.changed();
    },
    refused: (key, digest, rule, message) => sessions.refused(key, digest, message, rule),
    standing(standing) {
      if (standing.kind === 'voter') sessions.retry();
    },
    handOff: (from, text) => void handOffs.received(from, text),
    async started(stored) {
      await packages.load();
      await directory.load();
      void sessions.resume(stored.sessions).then(() => options.changed());
    },
  };
}

function sessionsApi({ sessions, directory }: SupplyChain): SessionsApi {
  return {
    start: (key, operator) =>
      sessions.start(asKey(key), operator, {
        method: 'POST',
        path: SERVICES.startSession,
        body: { at: wallClock() },
      }),
    async step(id, request) {
      const session = sessions.get(id);
      return sessions.step(id, session ? await directory.attach(session.key, request) : request);
    },
    undo: (id) => sessions.undo(id),
    abandon: (id) => sessions.abandon(id),
    commit: (id) => sessions.commit(id),
    rebase: (id) => sessions.rebase(id),
  };
}

function supplyApi({ options }: ReplicaParts, { sessions, packages, directory }: SupplyChain): SupplyApi {
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
      const started = await sessions.start(key, OFFICE, await directory.attach(key, request));
      return started.ok ? sessions.commit(started.value.id) : started;
    },
    packages: (query) => Promise.resolve(packages.query(query)),
    package: (sscc) => packages.detail(sscc),
    evidence: (sscc) => packages.evidence(sscc),
    misbehaviour: async (member) => packages.misbehaviour(member),
    epcis: (sscc, version) => packages.epcis(sscc, version),
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
  { replica, genesis, options }: ReplicaParts,
  { sessions, packages, directory, handOffs }: SupplyChain,
  faults: Faults,
): Omit<NetworkState, keyof ReturnType<OpenReplica<never>['state']>> {
  const all = sessions.list();
  const live = handOffs.view();
  const open = all.filter((s) => s.status.state !== 'committed' && s.status.state !== 'abandoned');
  const finished = all.filter((s) => !open.includes(s)).slice(0, MAX_FINISHED_SESSIONS_TOLD);
  return {
    sessions: [...open, ...finished],
    instances: [...replica.core.instances.keys()].flatMap((key) => instanceView(replica, key) ?? []),
    ...directory.overlaid(genesis.directory),
    ...(live === undefined ? {} : { handOffs: live }),
    packagesRevision: packages.revision,
    packageCount: packages.count,
    faults: genesis.demo ? { ...faults, lying: options.deviation?.lying ?? false } : null,
  };
}

const wallClock = (): number => Math.trunc(systemClock.wall());

async function durable(replica: Replica): Promise<Result<undefined>> {
  if (await replica.outbox.durable()) return ok(undefined);
  return fail({
    type: 'store-failed',
    message: 'This replica has stopped; what was just done was not saved. Reload the page.',
  });
}
