/**
 * Countersign as middleware: a replicated key-value store in which a change counts once a quorum of the members has signed it.
 * Every browser is a replica. docs/middleware.md shows how it is used; the interface is that of the BeauForT paper (section 4.1).
 *
 * Expected failures are values (`Result`); what throws is a mistake of the caller and says so in its description.
 */
import { proxy, transfer, wrap } from 'comlink';
import { attachPage } from './net/page/page.ts';
import type {
  AccessAnswer,
  Certificate,
  CertificateError,
  Certified,
  DoorError,
  IceServer,
  KvEntry,
  KvStatus,
  KvWorkerApi,
  OpenError,
  Pattern,
  ProfileSummary,
  ProposedChange,
  ProvenCertificate,
  ReadError,
  Result,
  Sealed,
  SetError,
  Value,
  VerifyInput,
} from './worker/kv/api.ts';
import { decodeBody, encodeBody, keyProblem } from './worker/kv/value.ts';

export type {
  AccessReport,
  Certificate,
  CertificateError,
  Certified,
  ChainBreak,
  DoorError,
  Failure,
  IceServer,
  KvStatus as NetworkStatus,
  OpenError,
  ProfileSummary,
  ProvenCertificate,
  ReadError,
  Result,
  Sealed,
  SetError,
  Value,
  VerifyInput,
} from './worker/kv/api.ts';
export {
  ACCESS_BUDGET_MS,
  MAX_BODY_BYTES,
  MAX_LISTENERS,
  MAX_PENDING_SETS,
  MAX_SETS_PER_KEY,
} from './worker/kv/limits.ts';

/** What was certified, and how to get what proves it. */
export interface SetHandle extends Certified {
  /** The quorum certificate, in its newest form: one BLS aggregate soon after the votes. null: this replica does not hold it (any more). */
  certificate(): Promise<Certificate | null>;
}

/** A certified value. */
export interface Entry extends SetHandle {
  /** undefined: deleted. */
  readonly value: Value | undefined;
}

/**
 * A change that this replica is asked to vote for. Every member must give the same answer for the same change, now and later: no clock,
 * no randomness, no other keys, nothing from outside.
 */
export interface Change {
  /** 64 hex digits. A signature that names it cannot be used in another network. */
  readonly network: string;
  readonly key: string;
  /** The version that it would become; the first is 1, deletes count. */
  readonly version: number;
  /** null: the key has no value, because it is new or was deleted. */
  readonly previous: { readonly value: Value } | null;
  /** undefined: a delete. */
  readonly value: Value | undefined;
}

/**
 * True allows the change. Anything else refuses it, for good; so does throwing. Taking longer than `ACCESS_BUDGET_MS` milliseconds
 * abstains: the change is asked about again, and the status reports it.
 */
export type AccessControl = (change: Change) => boolean | Promise<boolean>;

export interface OpenOptions {
  /** From `createIdentity` or `identities`. May be left out when only one identity of this browser fits. */
  readonly identity?: string;
  /** Needed the first time that an identity opens its network. */
  readonly invitation?: string;
  /** The genesis file: members and their public keys. Without it the members that can be reached are asked for it. */
  readonly genesis?: Uint8Array;
  /** 64 hex digits: with `genesis`, instead of an invitation. */
  readonly joinSecret?: string;
  /** `wss://…` addresses, at most 8; remembered. Unless given: the invitation's, or `/signal` on the server of the page. */
  readonly signaling?: readonly string[];
  /** STUN and TURN servers; remembered. */
  readonly iceServers?: readonly IceServer[];
  /** Version of `allow`, from 1: the network must have been sealed for the same. */
  readonly rules?: number;
  /** Unless given, every change is allowed. */
  readonly allow?: AccessControl;
}

export interface SetCallOptions {
  /** Gives up waiting; what was proposed may still be decided. */
  readonly signal?: AbortSignal;
  /** Only on this version of the key (0: it never had a value); a conflict otherwise. Give the version that the new value was made from. */
  readonly base?: number;
  /** After a conflict, propose the same value again on the winner: an overwrite by intention. False unless given. */
  readonly retry?: boolean;
}

/** One open network. All tabs of a browser share one replica; `close` ends this tab's part. */
export interface Network {
  /** 64 hex digits: digest of the genesis. */
  readonly id: string;
  readonly name: string;
  readonly identity: string;
  /** The newest certified value; undefined when there is none or it was deleted. Rejects with `NetworkError` where `read` fails. */
  get(key: string): Promise<Value | undefined>;
  /** As `get`, with version, digest and signers; null when the key never had a value. */
  read(key: string): Promise<Result<Entry | null, ReadError>>;
  /** Resolves when the key's next version is decided: with its certificate's handle, or why it is not this value. Waits for a quorum as long as it takes. */
  set(key: string, value: Value, options?: SetCallOptions): Promise<Result<SetHandle, SetError>>;
  /** As `set`; leaves a tombstone, on which a later `set` builds. */
  delete(key: string, options?: SetCallOptions): Promise<Result<SetHandle, SetError>>;
  /**
   * Calls back once per certified change that this replica adopts from now on, by vote or by sync, each key in order of version.
   * Versions that were passed while the replica was away are not told one by one: the newest is. Ends with the returned function.
   * @throws RangeError for a key that cannot exist.
   */
  listen(pattern: string | { readonly prefix: string }, callback: (change: Entry) => void): () => void;
  /** null until the replica is open here or in another tab; then the newest, at most 50 ms old. */
  readonly status: KvStatus | null;
  subscribeStatus(callback: (status: KvStatus) => void): () => void;
  /** For others that are members: anyone who has it can find the members; it admits nobody. */
  invitation(): Promise<string>;
  /** The genesis file. */
  genesis(): Promise<Uint8Array>;
  /** What led from each epoch to the next: with the genesis, all that `verifyCertificate` needs. Empty while members never changed. */
  chain(): Promise<readonly Uint8Array[]>;
  /** Resolves when everything is on disk and the connections are closed. */
  close(): Promise<void>;
}

/** Of `get`, which answers with a bare value. */
export class NetworkError extends Error {
  readonly type: ReadError['type'];
  constructor(error: ReadError) {
    super(error.message);
    this.name = 'NetworkError';
    this.type = error.type;
  }
}

// ---- before a network is open ----

/** Text for the members-to-be of a new network: `createIdentity` needs it. `name` is cut to 80 characters. */
export const createDraft = (name: string): Promise<string> => atDoors((doors) => doors.newDraft(name));

/**
 * Makes the keys of a member in this browser; the secret ones never leave it. `label` is what the others read, 1 to 80 characters. `id` is
 * 1 to 24 of a-z, 0-9 and `-`, unique in the network; made from the label unless given. Hand `memberKey` to whoever seals the network.
 */
export function createIdentity(options: {
  readonly draft: string;
  readonly label: string;
  readonly id?: string;
}): Promise<Result<{ readonly identity: string; readonly memberKey: string }, DoorError>> {
  const { draft, label, id = idOf(label) } = options;
  return atDoors(async (doors) => {
    // The genesis has places for what a supply chain's members are; an application's members leave them at these.
    const made = await doors.createMemberKey({
      draft,
      id,
      name: label,
      organisation: label,
      role: 'warehouse',
      gln: NO_GLN,
    });
    return made.ok ? { ok: true, value: { identity: made.value.profile, memberKey: made.value.key } } : made;
  });
}

/**
 * Seals the member list for good: its digest is the network's id. Identities of this browser that are among the members are bound to it.
 * Hand `invitation` and `genesis` to every member. `rules`: version of the access-control callback that all of them run, 1 unless given.
 */
export const sealNetwork = (options: {
  readonly draft: string;
  readonly memberKeys: readonly string[];
  readonly signaling?: readonly string[];
  readonly rules?: number;
}): Promise<Result<Sealed, DoorError>> =>
  atDoors((doors) => doors.sealNetwork({ signaling: [], rules: 1, ...options }));

/** Identities of this browser, with the networks that they are bound to. */
export const identities = (): Promise<readonly ProfileSummary[]> => atDoors((doors) => doors.profiles());

/** Deletes an identity's keys and data from this browser. Nobody can bring them back: the member is gone from its network. */
export const forgetIdentity = (identity: string): Promise<Result<undefined, DoorError>> =>
  atDoors((doors) => doors.forget(identity));

/**
 * Checks a certificate without a replica, by the members of the epoch that it names: for whoever is handed one, and trusts a network id. What it
 * proves is that a quorum of that epoch signed this digest. An old one proves less when keys of members who have left since may be stolen
 * (docs/protocol.md, "What it does not give").
 */
export const verifyCertificate = (input: VerifyInput): Promise<Result<ProvenCertificate, CertificateError>> =>
  atDoors((doors) => doors.verifyCertificate(input));

/** Canonical bytes of a value, the same on every machine: what an application signs. @throws TypeError for what cannot be stored. */
export function encodeValue(value: Value): Uint8Array {
  const encoded = encodeBody(value);
  if (!encoded.ok) throw new TypeError(encoded.error.message);
  return encoded.value;
}

// ---- an open network ----

/** Opens the network of an identity, as its replica or as a view of the tab that is. One worker each; several networks can be open. */
export async function openNetwork(options: OpenOptions): Promise<Result<Network, OpenError>> {
  const { identity = null, invitation = null, genesis = null, joinSecret = null } = options;
  const { signaling = null, iceServers = null, rules = 1, allow } = options;
  const { worker, remote } = startWorker();
  const detach = connectPage(remote);
  const listeners = new Map<number, (change: Entry) => void>();
  const statusListeners = new Set<(status: KvStatus) => void>();
  let status: KvStatus | null = null;
  let closed = false;
  let serial = 0;
  let ending: (error: { ok: false; error: { type: 'stopped'; message: string } }) => void;
  /** A worker that is terminated leaves its calls unanswered. */
  const ended = new Promise<{ ok: false; error: { type: 'stopped'; message: string } }>(
    (resolve) => (ending = resolve),
  );

  const tellVisible = (): void => void remote.visible(document.visibilityState === 'visible');
  const end = (): void => {
    closed = true;
    ending(failed('stopped', 'The network was closed. What was proposed may still be decided.'));
    document.removeEventListener('visibilitychange', tellVisible);
    detach();
    worker.terminate();
  };
  const onChange = (listener: number, change: KvEntry): void => {
    // Later callbacks are told whatever an earlier one does.
    guarded(() => listeners.get(listener)?.(entryOf(change)));
  };
  const onStatus = (next: KvStatus): void => {
    status = next;
    for (const listener of statusListeners) guarded(() => listener(next));
  };

  const opened = await remote.open(
    { identity, invitation, genesis, joinSecret, signaling, iceServers, rules },
    allow ? proxy((change: ProposedChange) => ask(allow, change)) : null,
    proxy(onChange),
    proxy(onStatus),
  );
  if (!opened.ok) {
    end();
    return opened;
  }
  document.addEventListener('visibilitychange', tellVisible);
  tellVisible();

  function handleOf(certified: Certified): SetHandle {
    const { key, version } = certified;
    const certificate = async (): Promise<Certificate | null> =>
      closed ? null : Promise.race([ended.then(() => null), remote.certificate(key, version)]);
    return { ...certified, certificate };
  }

  function entryOf({ body, ...certified }: KvEntry): Entry {
    return { ...handleOf(certified), value: body ? decoded(body).value : undefined };
  }

  async function propose(
    key: string,
    body: Uint8Array | null,
    { signal, base, retry = false }: SetCallOptions = {},
  ): Promise<Result<SetHandle, SetError>> {
    if (closed) return failed('stopped', 'The network is closed. Open it again.');
    const problem = keyProblem(key);
    if (problem !== null) return failed('key-malformed', problem);
    if (signal?.aborted) return failed('aborted', `The set of ${key} was given up before it began.`);
    const id = crypto.randomUUID();
    let giveUp: () => void = () => undefined;
    const given = new Promise<Result<never, SetError>>((resolve) => {
      giveUp = () => {
        void remote.abort(id).catch(() => undefined);
        resolve(
          failed(
            'aborted',
            `The set of ${key} was given up. What was proposed may still be decided: read the key.`,
          ),
        );
      };
    });
    signal?.addEventListener('abort', giveUp, { once: true });
    const outcome = await Promise.race([given, ended, run(id, key, body, { base: base ?? null, retry })]);
    signal?.removeEventListener('abort', giveUp);
    return outcome.ok ? { ok: true, value: handleOf(outcome.value) } : outcome;
  }

  async function run(
    id: string,
    key: string,
    body: Uint8Array | null,
    how: { base: number | null; retry: boolean },
  ): Promise<Result<Certified, SetError>> {
    try {
      await remote.begin(id, key, body, how);
    } catch (error) {
      return failed('stopped', (error as Error).message);
    }
    for (;;) {
      const outcome = await remote.outcome(id);
      if (outcome) return outcome;
    }
  }

  const network: Network = {
    id: opened.value.network,
    name: opened.value.name,
    identity: opened.value.identity,
    async get(key) {
      const read = await network.read(key);
      if (!read.ok) throw new NetworkError(read.error);
      return read.value?.value;
    },
    async read(key) {
      if (closed) return failed('stopped', 'The network is closed. Open it again.');
      const read = await Promise.race([ended, remote.read(key)]);
      if (!read.ok) return read;
      return { ok: true, value: read.value && entryOf(read.value) };
    },
    async set(key, value, how) {
      const encoded = encodeBody(value);
      return encoded.ok ? propose(key, encoded.value, how) : encoded;
    },
    delete: (key, how) => propose(key, null, how),
    listen(wanted, callback) {
      const problem = typeof wanted === 'string' ? keyProblem(wanted) : null;
      if (problem !== null) throw new RangeError(problem);
      const pattern: Pattern = typeof wanted === 'string' ? { key: wanted } : { prefix: wanted.prefix };
      const id = ++serial;
      listeners.set(id, callback);
      void remote.listen(id, pattern).catch(reportError);
      return () => {
        if (listeners.delete(id) && !closed) void remote.unlisten(id);
      };
    },
    get status() {
      return status;
    },
    subscribeStatus(callback) {
      statusListeners.add(callback);
      if (status) callback(status);
      return () => statusListeners.delete(callback);
    },
    invitation: () => remote.invitation(),
    genesis: () => remote.genesisFile(),
    chain: () => remote.chain(),
    async close() {
      if (closed) return;
      closed = true;
      listeners.clear();
      await remote.close();
      end();
    },
  };
  return { ok: true, value: network };
}

// ---- helpers ----

/** GS1's modulo-10 check digit of twelve zeros is zero: well-formed, and nobody's. */
const NO_GLN = '0000000000000';

/** The callback's answer as data. It cannot throw past here, so whatever does not arrive is the worker's or the port's failure. */
async function ask(allow: AccessControl, change: ProposedChange): Promise<AccessAnswer> {
  const { network, key, version, previous, body } = change;
  try {
    const allowed: unknown = await allow({
      network,
      key,
      version,
      previous: previous && decoded(previous),
      value: body ? decoded(body).value : undefined,
    });
    return { allowed: allowed === true };
  } catch (error) {
    return { threw: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
}

/** What a quorum has certified was checked by this replica or by more than f honest ones. */
function decoded(body: Uint8Array): { readonly value: Value } {
  const value = decodeBody(body);
  if (!value) throw new Error('A certified value is not canonical: more than f members are faulty.');
  return value;
}

const failed = <T extends string>(type: T, message: string) => ({
  ok: false as const,
  error: { type, message },
});

function guarded(run: () => void): void {
  try {
    run();
  } catch (error) {
    reportError(error);
  }
}

/** A label's letters and digits, and six random ones, so that two of the same name can be members. */
function idOf(label: string): string {
  const stem = label
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 16);
  return `${stem || 'member'}-${crypto.randomUUID().slice(0, 6)}`;
}

function startWorker(): { worker: Worker; remote: KvWorkerApi } {
  const worker = new Worker(new URL('./worker/kv/worker.ts', import.meta.url), { type: 'module' });
  // Every call of it is asynchronous, so that Comlink's proxy of it has the same type.
  return { worker, remote: wrap(worker) as unknown as KvWorkerApi };
}

/** WebRTC exists on the main thread only: the worker directs, this page connects. */
function connectPage(remote: KvWorkerApi): () => void {
  const { port1, port2 } = new MessageChannel();
  const detach = attachPage(port1);
  void remote.connectPage(transfer(port2, [port2]));
  return detach;
}

/** A worker for as long as one call lasts: keys are made and handed over once. */
async function atDoors<T>(run: (doors: KvWorkerApi) => Promise<T>): Promise<T> {
  const { worker, remote } = startWorker();
  try {
    return await run(remote);
  } finally {
    worker.terminate();
  }
}
