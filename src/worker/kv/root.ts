/** The Comlink root of the middleware's worker: the doors, then one open network, as its replica or as a live view of another tab's. */
import { encodeLink } from '../../codec/epochs.ts';
import { fail, ok, type Result } from '../../codec/result.ts';
import { randomHex } from '../../crypto/keys.ts';
import type { PagePort } from '../../net/mesh/options.ts';
import { openIdentity, SCHEMA_VERSION } from '../../store/idb-store.ts';
import type { NetworkState, TraceEvent } from '../api.ts';
import { systemClock } from '../clock.ts';
import { createDoors } from '../doors.ts';
import { createHolder, type Holder } from '../holder.ts';
import { createAskDoor } from '../knock.ts';
import { DATABASE_PATIENCE_MS } from '../limits.ts';
import type { Deviation } from '../deviation.ts';
import { openReplica, type OpenReplica, type ReplicaParts } from '../open-replica.ts';
import { createTelling } from '../telling.ts';
import type {
  AccessPort,
  AskAccess,
  KvCalls,
  KvEntry,
  KvStatus,
  KvWorkerApi,
  OpenError,
  OpenInput,
  SetOutcome,
} from './api.ts';
import { createKvApplication, type KvApplication } from './application.ts';
import { createNetwork, invitationOf, rulesError, rulesVersionOf } from './doors.ts';
import { Listeners } from './listeners.ts';
import { asksOnly, type AskStep, type SessionCall } from './sessions-api.ts';
import { verifyCertificate, verifyProof } from './verify.ts';

/** Calls that a view forwards to the holder; `status` has a way of its own. */
const FORWARDED = [
  'begin', 'outcome', 'abort', 'read', 'certificate', 'versions', 'page', 'prove', 'sign', 'evidence', 'inspect', 'sessionCall',
  'setSignaling', 'setIceServers', 'invitation', 'genesisFile', 'chain',
] as const satisfies readonly (keyof KvCalls)[]; // prettier-ignore

const NEWER_ELSEWHERE =
  'A newer version of this application is open in another tab, and has taken over the database. What was stored here is there. Reload this page.';

/** One change on its way to the views, numbered so that a gap shows. */
interface Told {
  readonly holder: string;
  readonly changes: number;
  readonly entry: KvEntry;
}

interface Running {
  readonly replica: OpenReplica<KvApplication>;
  readonly calls: KvCalls;
}

/** What a benchmark does inside a worker of its own; the product's worker gives nothing of it. */
export interface KvInside {
  /** Misbehaves, in a demo's network only. */
  readonly deviation?: () => Deviation;
  /** A replica is about to start. */
  opening?(parts: ReplicaParts): void;
}

export function createKvRoot(homeSignaling: string, inside: KvInside = {}): KvWorkerApi {
  let pagePort: MessagePort | null = null;
  let signaling = homeSignaling;
  const doors = createDoors(
    createAskDoor(
      () => pagePort,
      () => signaling,
    ),
  );
  let holder: Holder | null = null;
  let running: Running | null = null;
  /** Asks the page's callback already while its replica starts. */
  let application: KvApplication | null = null;
  let latest: KvStatus | null = null;
  let failure: OpenError | null = null;
  let opened: (() => void)[] = [];
  let closed = false;
  let rules = 0;
  /** As a view: the last change of the holder that was heard. */
  let heard = { holder: '', changes: 0 };
  let tellStatus: (status: KvStatus) => void = () => undefined;
  let tellChange: (listener: number, change: KvEntry) => void = () => undefined;

  const listeners = new Listeners({
    versions: (pattern) => call('versions', [pattern]),
    async read(key) {
      const read = await call('read', [key]);
      return read.ok ? read.value : null;
    },
    deliver: (listener, change) => tellChange(listener, change),
  });

  function settled(): void {
    for (const resolve of opened) resolve();
    opened = [];
  }

  /** For good: calls are refused from now on, and a page that was open shows why. */
  function stopped(why: OpenError): void {
    failure = why;
    if (latest) tell({ ...latest, standing: { kind: 'stopped', reason: why.message } });
    settled();
  }

  function tell(status: KvStatus): void {
    latest = status;
    tellStatus(status);
  }

  function status(): KvStatus | null {
    return running && { ...running.replica.state(), ...running.replica.application.status() };
  }

  const { changed } = createTelling(systemClock, () => {
    const now = status();
    if (!now || !holder?.holding) return;
    tell(now);
    // What the holder tells and the views take is opaque to it.
    holder.tellState(now as unknown as NetworkState);
  });

  async function start(
    profile: string,
    input: OpenInput,
    ask: AskAccess | null,
    steps: AskStep | null,
  ): Promise<OpenError | null> {
    const db = await openIdentity(profile, {
      giveUp: AbortSignal.timeout(DATABASE_PATIENCE_MS),
      onLost: (why) => {
        if (why === 'upgraded') void holder?.giveWay();
      },
    });
    if (!db.ok) return { type: 'storage-failed', message: db.error.message };
    const record = await db.value.read();
    if (!record.ok) {
      db.value.close();
      const type = record.error.type === 'store-empty' ? 'profile-unknown' : 'storage-failed';
      return { type, message: record.error.message };
    }
    const instance = randomHex(8);
    let changes = 0;
    const replica = await openReplica(
      {
        db: db.value,
        record: record.value,
        pagePort: (pagePort as unknown as PagePort | null) ?? {
          postMessage: () => undefined,
          onmessage: null,
        },
        homeSignaling: signaling,
        rulesVersion: rulesVersionOf(input.rules),
        refuses: (inForce) => rulesError(inForce, input.rules),
        reopen: () =>
          void holder
            ?.reopen('It is opened again, since the members of the network have changed.')
            .catch((error: unknown) => stopped(unexpected(error))),
        deviation: inside.deviation?.() ?? null,
        changed,
        trace: () => undefined,
      },
      (parts) => {
        inside.opening?.(parts);
        return (application = createKvApplication({
          replica: parts.replica,
          // Where survivors went on as another network, theirs: the one that the page sees, and that signatures cover.
          network: parts.epoch.network,
          chain: parts.chain,
          genesis: parts.binding.genesis,
          clock: systemClock,
          ask,
          // A device has no place in a network of the middleware.
          sessions:
            input.sessions && steps && parts.device === null
              ? { genesis: parts.genesis, place: parts.place, outline: input.sessions, ask: steps }
              : null,
          holder: instance,
          changed,
          change(entry) {
            listeners.tell(entry);
            const told: Told = { holder: instance, changes: ++changes, entry };
            holder?.tellTrace([told as unknown as TraceEvent]);
          },
        }));
      },
    );
    if (!replica.ok) {
      db.value.close();
      return replica.error;
    }
    running = { replica: replica.value, calls: callsOf(replica.value) };
    return null;
  }

  function hearState(state: KvStatus): void {
    // The calls of a tab that has stopped are refused, whoever holds the replica by now.
    if (failure) return;
    const differ = rulesError(state.network, rules);
    if (differ) return stopped(differ);
    tell(state);
    settled();
    const { told } = state;
    if (told.holder === heard.holder && told.changes === heard.changes) return;
    heard = told;
    void listeners.catchUp();
  }

  function hearChanges(events: readonly Told[]): void {
    for (const { holder: from, changes, entry } of events) {
      // After a gap the next state makes this tab look again.
      if (from === heard.holder && changes === heard.changes + 1) heard = { holder: from, changes };
      listeners.tell(entry);
    }
  }

  /** A call on the open network: here, or at the tab that holds it. Waits while the lock or the database is being opened. */
  async function call<M extends (typeof FORWARDED)[number]>(
    method: M,
    args: Parameters<KvCalls[M]>,
  ): Promise<Awaited<ReturnType<KvCalls[M]>>> {
    const held = callable();
    if (held.holding && !running) {
      await new Promise<void>((resolve) => opened.push(resolve));
      // It may not have been opened again.
      callable();
    }
    if (!running) {
      try {
        return (await held.forward(method, args)) as Awaited<ReturnType<KvCalls[M]>>;
      } catch (error) {
        // The tab that held the replica is gone, and this one has taken it meanwhile. A step that was begun there may have been made.
        if (!running || (method === 'sessionCall' && !asksOnly(args[0] as SessionCall))) throw error;
      }
    }
    return (await callHere(method, args)) as Awaited<ReturnType<KvCalls[M]>>;
  }

  /** @throws when no call can be answered any more. */
  function callable(): Holder {
    if (!holder || closed) throw new Error('No network is open. Open one first.');
    if (failure) throw new Error(failure.message);
    return holder;
  }

  /** For a view; waits while the network is opened again. */
  async function callForView(method: string, args: readonly unknown[]): Promise<unknown> {
    if (holder?.holding && !running && !failure && !closed)
      await new Promise<void>((resolve) => opened.push(resolve));
    return callHere(method, args);
  }

  function callHere(method: string, args: readonly unknown[]): Promise<unknown> {
    if (!running || !(FORWARDED as readonly string[]).includes(method))
      return Promise.reject(new Error(`${method} cannot be called here.`));
    const run = running.calls[method as keyof KvCalls] as (...args: readonly unknown[]) => Promise<unknown>;
    return run(...args);
  }

  return {
    profiles: () => doors.profiles(),
    forget: (profile) => doors.forget(profile),
    newDraft: (name) => doors.newDraft(name),
    readDraft: (text) => doors.readDraft(text),
    createMemberKey: (input) => doors.createMemberKey(input),
    readMemberKey: (draft, text) => doors.readMemberKey(draft, text),
    createNetwork: (input) => createNetwork(doors, input),
    verifyCertificate: (input) => verifyCertificate(input),
    verifyProof: (input) => verifyProof(input),

    async open(input, access, steps, onChange, onStatus) {
      if (holder)
        return fail({ type: 'profile-unknown', message: 'This worker has a network open already.' });
      [tellChange, tellStatus, rules] = [onChange, onStatus, input.rules];
      signaling = input.signaling?.[0] ?? homeSignaling;
      const identity = await identityOf(input);
      if (!identity.ok) return identity;
      const profile = identity.value;
      // One for all openings: a call of the one before may still be running at the page, and is known there by its number.
      const ask = access && asking(access);
      holder = createHolder({
        profile,
        schema: SCHEMA_VERSION,
        async hold() {
          const why = await start(profile, input, ask, steps).catch(unexpected);
          if (why) {
            application = null;
            stopped(why);
            return false;
          }
          settled();
          changed();
          void listeners.catchUp();
          return true;
        },
        async release(reason) {
          const closing = running;
          [running, application] = [null, null];
          await closing?.replica.close(reason);
        },
        call: callForView,
        state: () => (status() ?? latest) as unknown as NetworkState | null,
        onState: (state) => hearState(state as unknown as KvStatus),
        onTrace: (events) => hearChanges(events as unknown as readonly Told[]),
        onOlderHolder: () => undefined,
        onNewerProgram: () => {
          stopped({ type: 'storage-failed', message: NEWER_ELSEWHERE });
        },
      });
      // Either this tab gets the lock and opens the database, or the holder tells its state.
      await new Promise<void>((resolve) => opened.push(resolve));
      if (failure) return fail(failure);
      const now = status() ?? latest!;
      tell(now);
      const applied = await applySettings(input).catch((error: unknown) => fail(unexpected(error)));
      if (!applied.ok) return applied;
      return ok({ identity: profile, network: now.network.id, name: now.network.name, status: now });
    },

    begin: (id, key, body, options) => call('begin', [id, key, body, options]),
    outcome: (id) => call('outcome', [id]).catch((error: unknown) => unreachable(error)),
    abort: (id) => call('abort', [id]),
    read: (key) => call('read', [key]).catch((error: unknown) => unreachable(error)),
    certificate: (key, version) => call('certificate', [key, version]),
    versions: (pattern) => call('versions', [pattern]),
    page: (pattern, after) => call('page', [pattern, after]).catch((error: unknown) => unreachable(error)),
    prove: (key, version) => call('prove', [key, version]).catch((error: unknown) => unreachable(error)),
    sign: (bytes) => call('sign', [bytes]).catch((error: unknown) => unreachable(error)),
    evidence: () => call('evidence', []),
    inspect: () => call('inspect', []),
    sessionCall: (asked) => call('sessionCall', [asked]).catch((error: unknown) => unreachable(error)),
    // The replica here has asked the callback of this page: no other tab's can answer for it.
    judgeProof: async (proof) => here().judgeProof(proof),
    verifyMember: async (publicKey, bytes, signature) => here().verifyMember(publicKey, bytes, signature),
    setSignaling: (urls) => call('setSignaling', [urls]),
    setIceServers: (servers) => call('setIceServers', [servers]),
    invitation: () => call('invitation', []),
    genesisFile: () => call('genesisFile', []),
    chain: () => call('chain', []),

    listen: (listener, pattern) => listeners.add(listener, pattern),
    unlisten: (listener) => Promise.resolve(listeners.remove(listener)),

    async close() {
      closed = true;
      const closing = running;
      [running, application] = [null, null];
      await closing?.replica.close('The application closed the network.');
    },

    visible: (visible) => Promise.resolve(holder?.setVisible(visible)),

    connectPage(port) {
      pagePort = port;
      return Promise.resolve();
    },
  };

  function here(): KvApplication {
    if (!application) throw new Error('The replica that asked has stopped.');
    return application;
  }

  async function identityOf(input: OpenInput): Promise<Result<string, OpenError>> {
    const invitation = await invitationOf(input);
    if (!invitation.ok) return invitation;
    if (invitation.value === null) {
      if (input.identity !== null) return ok(input.identity);
      const message =
        'Nothing says which network to open. Give an invitation, a genesis with its join secret, or an identity.';
      return fail({ type: 'profile-unknown', message });
    }
    const joined = await doors.join({
      invitation: invitation.value,
      ...(input.genesis && { genesisFile: input.genesis }),
      ...(input.identity !== null && { profile: input.identity }),
    });
    return joined.ok ? ok(joined.value.profile) : joined;
  }

  /** Kept with the identity, as every later opening's default. */
  async function applySettings(input: OpenInput): Promise<Result<undefined, OpenError>> {
    if (input.signaling) {
      const set = await call('setSignaling', [input.signaling]);
      if (!set.ok) return set;
    }
    return input.iceServers ? call('setIceServers', [input.iceServers]) : ok(undefined);
  }
}

function callsOf({
  application,
  parts,
  setSignaling,
  setIceServers,
  invitation,
  genesisFile,
  inspect,
}: OpenReplica<KvApplication>): KvCalls {
  const { begin, outcome, abort, read, certificate, versions, page, prove, sign, evidence } = application;
  const { sessionCall } = application;
  return {
    begin,
    outcome,
    abort,
    read,
    certificate,
    versions,
    page,
    prove,
    sign,
    evidence,
    inspect,
    sessionCall,
    setSignaling,
    setIceServers,
    invitation: () => Promise.resolve(invitation()),
    genesisFile: () => Promise.resolve(genesisFile()),
    chain: () => Promise.resolve((parts.replica.epochs?.links ?? []).map(encodeLink)),
  };
}

/** The callback of the page: a signal cannot cross the port, the number of a call can. */
function asking(access: AccessPort): AskAccess {
  let calls = 0;
  return (change, signal) => {
    const call = ++calls;
    signal.addEventListener('abort', () => void access.late(call), { once: true });
    return access.ask(call, change);
  };
}

const unexpected = (error: unknown): OpenError => ({
  type: 'storage-failed',
  message: `This network could not be opened (${(error as Error).message}). Reload the page; nothing stored was changed.`,
});

/** The tab that holds the replica does not answer: expected when it was closed just now. */
const unreachable = (
  error: unknown,
): Extract<SetOutcome, { ok: false }> & { error: { type: 'stopped' } } => ({
  ok: false,
  error: { type: 'stopped', message: (error as Error).message },
});
