/** The Comlink root of a worker: the doors, then one open network, as its replica or as a live view of another tab's. */
import { fail, ok, type Result } from '../codec/result.ts';
import type { PagePort } from '../net/mesh/options.ts';
import { RULES_VERSION } from '../domain/supply/registry.ts';
import { openIdentity, SCHEMA_VERSION } from '../store/idb-store.ts';
import type { DoorError, NetworkState, OpeningView, ProfileId, TraceEvent, WorkerApi } from './api.ts';
import { systemClock } from './clock.ts';
import type { Deviation } from './deviation.ts';
import type { AskDoor } from './door-tools.ts';
import { createDoors } from './doors.ts';
import { createHolder, type Holder } from './holder.ts';
import { createAskDoor } from './knock.ts';
import { MAX_TRACE_EVENTS, TRACE_PERIOD_MS } from './limits.ts';
import { openNetwork, type OpenNetwork } from './open-network.ts';
import { createTelling } from './telling.ts';

export interface RootOptions {
  /** A lying replica, for the demo's panes only; refused by the composition in any other network. */
  readonly deviation?: () => Deviation;
  /** For example `wss://host/signal`. */
  readonly homeSignaling: string;
  /** How the doors ask a member; over the page's connections unless given. */
  readonly askDoor?: AskDoor;
}

/** Calls that a view may forward to the holder. */
const FORWARDED = [
  'start', 'step', 'undo', 'abandon', 'commit', 'rebase', 'commitAll', 'pause', 'unpause',
  'mirrorTo', 'setMirror', 'takeOver', 'status', 'request', 'certifyDevice', 'revokeDevice', 'ownDevices',
  'signManifest', 'manifestKey', 'readManifests', 'createPackage', 'packages', 'package', 'evidence', 'misbehaviour', 'epcis', 'labelZpl', 'pruneHistory', 'fetchHistory', 'keepPhoto', 'photo',
  'prepareHandOff', 'readHandOff', 'sendHandOff', 'signHandOff', 'enterHandOff', 'signDelivery', 'readDelivery', 'enterDelivery',
  'runAlone', 'digestOf', 'directory', 'keyProofBytes', 'proveOwnKey',
  'setOffline', 'setLying', 'setDelay',
  'proposeChange', 'approveChange', 'dismissRequest', 'askAgain', 'proposeBreak', 'signBreak',
  'invitation', 'genesisFile', 'setSignaling', 'setIceServers', 'settings', 'inspect',
] as const satisfies readonly (keyof WorkerApi & keyof OpenNetwork)[]; // prettier-ignore

type Forwarded = (typeof FORWARDED)[number];

export function createWorkerRoot(options: RootOptions): WorkerApi {
  const doors = createDoors(
    options.askDoor ??
      createAskDoor(
        () => pagePort,
        () => options.homeSignaling,
      ),
  );
  const stateListeners: ((state: NetworkState) => void)[] = [];
  const openingListeners: ((why: OpeningView) => void)[] = [];
  const traceListeners: ((events: readonly TraceEvent[]) => void)[] = [];
  let pagePort: MessagePort | null = null;
  let holder: Holder | null = null;
  let network: OpenNetwork | null = null;
  let profile: ProfileId | null = null;
  let latest: NetworkState | null = null;
  let failure: DoorError | null = null;
  let traceTimer: unknown = null;
  /** Not told yet, to anybody. */
  let traced: TraceEvent[] = [];
  /** Told to the views, and waiting for a first listener of this tab. */
  let kept: TraceEvent[] = [];
  let opened: (() => void)[] = [];
  let openingWhy: OpeningView = null;

  function tell(state: NetworkState): void {
    latest = state;
    for (const listener of stateListeners) listener(state);
  }

  const telling = createTelling(systemClock, () => {
    if (!network || !holder?.holding) return;
    const state = network.state();
    tell(state);
    holder.tellState(state);
  });

  function flushTrace(events: readonly TraceEvent[]): void {
    if (traceListeners.length === 0) {
      kept.push(...events);
      if (kept.length > MAX_TRACE_EVENTS) kept.splice(0, kept.length - MAX_TRACE_EVENTS);
      return;
    }
    for (const listener of traceListeners) listener(events);
  }

  function trace(event: TraceEvent): void {
    if (traced.length < MAX_TRACE_EVENTS) traced.push(event);
    traceTimer ??= systemClock.setTimeout(() => {
      traceTimer = null;
      const events = traced;
      traced = [];
      flushTrace(events);
      holder?.tellTrace(events);
    }, TRACE_PERIOD_MS);
  }

  function tellOpening(why: OpeningView): void {
    if (why === openingWhy) return;
    openingWhy = why;
    for (const listener of openingListeners) listener(why);
  }

  /** The database belongs to a newer program from now on: nothing more is written or voted on here, and the person is told. */
  function superseded(): void {
    failure = { type: 'program-outdated', message: NEWER_ELSEWHERE };
    if (latest) tell({ ...latest, standing: { kind: 'stopped', reason: NEWER_ELSEWHERE } });
    settled();
  }

  function settled(): void {
    for (const resolve of opened) resolve();
    opened = [];
  }

  async function hold(): Promise<boolean> {
    const result = await openHere(profile!).catch((error: unknown) => fail(unexpected(error)));
    if (result.ok) {
      network = result.value;
      tellOpening(null);
      void measureStorage();
      telling.changed();
    } else failure = result.error;
    settled();
    return result.ok;
  }

  async function openHere(id: ProfileId): Promise<Result<OpenNetwork, DoorError>> {
    const db = await openIdentity(id, {
      // However long it takes: it goes on by itself when the other tab is gone, and says so until then.
      onBlocked: () => tellOpening('older-tab'),
      onLost: (why) => {
        if (why === 'upgraded') void holder?.giveWay();
      },
    });
    if (!db.ok) {
      const type = db.error.type === 'store-newer' ? 'program-outdated' : 'storage-failed';
      return fail({ type, message: db.error.message });
    }
    const record = await db.value.read();
    if (!record.ok) {
      const type = record.error.type === 'store-empty' ? 'profile-unknown' : 'storage-failed';
      return fail({ type, message: record.error.message });
    }
    const deviation = options.deviation?.() ?? null;
    const port = portOf(pagePort);
    const opened = await openNetwork({
      db: db.value,
      record: record.value,
      pagePort: port,
      homeSignaling: options.homeSignaling,
      rulesVersion: RULES_VERSION,
      reopen: () => void holder?.reopen('It is opened again, since the members of the network have changed.'),
      deviation,
      changed: telling.changed,
      trace,
    }).catch((error: unknown) => fail(unexpected(error)));
    if (!opened.ok) db.value.close();
    return opened;
  }

  async function release(reason: string): Promise<void> {
    const closing = network;
    network = null;
    await closing?.close(reason);
  }

  async function measureStorage(): Promise<void> {
    const manager = navigator.storage as StorageManager | undefined;
    const [persisted, estimate] = await Promise.all([
      manager?.persisted?.().catch(() => null) ?? null,
      manager?.estimate?.().catch(() => null) ?? null,
    ]);
    network?.setStorage({
      persisted,
      usageBytes: estimate?.usage ?? null,
      quotaBytes: estimate?.quota ?? null,
    });
  }

  /** A call on the open network: here, or at the tab that holds it. Waits while the lock or the database is being opened. */
  async function call(method: Forwarded, args: readonly unknown[]): Promise<unknown> {
    if (!holder) throw new Error('No network is open in this tab. Open one from the start page.');
    if (failure) throw new Error(failure.message);
    if (holder.holding && !network) await new Promise<void>((resolve) => opened.push(resolve));
    if (network) return callHere(method, args);
    return holder.forward(method, args);
  }

  /** For a view; waits while the network is opened again. */
  async function callForView(method: string, args: readonly unknown[]): Promise<unknown> {
    if (holder?.holding && !network && !failure) await new Promise<void>((resolve) => opened.push(resolve));
    return callHere(method, args);
  }

  function callHere(method: string, args: readonly unknown[]): Promise<unknown> {
    if (!network || !(FORWARDED as readonly string[]).includes(method)) {
      return Promise.reject(new Error(`${method} cannot be called here.`));
    }
    const run = network[method as Forwarded] as (...args: readonly unknown[]) => unknown;
    return Promise.resolve(run.apply(network, args as unknown[]));
  }

  const forwarded = Object.fromEntries(
    FORWARDED.map((method) => [method, (...args: unknown[]) => call(method, args)]),
  ) as unknown as Pick<WorkerApi, Forwarded>;

  return {
    ...doors,
    ...forwarded,

    async open(id) {
      if (profile !== null) return profile === id ? ok(undefined) : fail(wrongProfile());
      profile = id;
      const held = createHolder({
        profile: id,
        schema: SCHEMA_VERSION,
        hold,
        release,
        call: callForView,
        state: () => latest,
        onState: (state) => {
          tell(state);
          settled();
        },
        onTrace: flushTrace,
        onOlderHolder: () => tellOpening('older-tab'),
        onNewerProgram: superseded,
      });
      holder = held;
      // Either this tab gets the lock and opens the database, or the holder tells its state.
      await new Promise<void>((resolve) => opened.push(resolve));
      return failure ? fail(failure) : ok(undefined);
    },

    state: () => Promise.resolve(network && holder?.holding ? network.state() : latest),

    subscribe(onState) {
      stateListeners.push(onState);
      const state = network && holder?.holding ? network.state() : latest;
      if (state) onState(state);
      return Promise.resolve();
    },

    opening(onWhy) {
      openingListeners.push(onWhy);
      if (openingWhy !== null) onWhy(openingWhy);
      return Promise.resolve();
    },

    trace(onEvents) {
      traceListeners.push(onEvents);
      if (kept.length > 0) {
        const events = kept;
        kept = [];
        onEvents(events);
      }
      return Promise.resolve();
    },

    async requestPersistence() {
      // A worker cannot ask (Storage Standard: `persist` is a window's); the page has, and this takes in what came of it.
      await measureStorage();
      return network?.state().storage.persisted ?? false;
    },

    visible(visible) {
      holder?.setVisible(visible);
      return Promise.resolve();
    },

    connectPage(port) {
      pagePort = port;
      return Promise.resolve();
    },
  };
}

/** The mesh sets its own handler at each opening; without a page there are no connections, and everything else works. */
function portOf(port: MessagePort | null): PagePort {
  return (port as unknown as PagePort | null) ?? { postMessage: () => undefined, onmessage: null };
}

const unexpected = (error: unknown): DoorError => ({
  type: 'storage-failed',
  message: `This network could not be opened (${(error as Error).message}). Reload the page; nothing stored was changed.`,
});

const NEWER_ELSEWHERE =
  'A newer version of this program is open in another tab, and has taken over the database. What was saved here is there. Reload this page to run the newer version here too.';

const wrongProfile = (): DoorError => ({
  type: 'profile-unknown',
  message: 'Another network is open in this tab already. Open this one in a tab of its own.',
});
