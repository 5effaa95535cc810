/**
 * The program that this page runs: registers the service worker once the page has settled, says which build this is, and changes to a newer
 * one between sessions. Nothing here is needed for the app to work: each failure is a state that the settings show.
 */
import { inSession, votesUnderWay } from '../../ui/program/holds.ts';
import type { Held, ProgramState, ProgramView, TakeError } from '../../ui/program/program.ts';
import { takeWords } from '../../ui/program/texts.ts';
import type { NetworkState } from '../../worker/api.ts';
import {
  SETTLE_PATIENCE_MS,
  TAKE_PATIENCE_MS,
  TAKE_RETRY_MS,
  UPDATE_CHECK_LEAST_MS,
  UPDATE_CHECK_MS,
  VOTE_HOLDS_MS,
} from '../limits.ts';
import { isWhole } from './stored-program.ts';
import type { ToServiceWorker } from '../service-worker/scope.ts';
import { BUILD_LIST, readBuildList, SERVICE_WORKER } from './build-list.ts';
import { watchEditedFields } from './edited-fields.ts';
import { leftSession } from './left-session.ts';
import { createTabHolds, whenFree } from './tab-holds.ts';

declare const __APP_VERSION__: string;

export interface Program extends ProgramView {
  /** A network is being opened in this tab: until `follow` or `settled` nothing is known of its sessions. */
  opening(): void;
  /** Its sessions and votes, from now on. */
  follow(client: { getState(): NetworkState | null; subscribe(onChange: () => void): () => void }): void;
  /** What the page came for is there, or will not come: now the program may be stored. */
  settled(): void;
  /** A page that works without a network's state and would lose what is on it: the demo. */
  busyWhileShown(): void;
}

/** @param script address of the page's entry, which tells one build from another */
export function startProgram(own: Window & typeof globalThis, script: string): Program {
  const { navigator, document } = own;
  const container = 'serviceWorker' in navigator ? navigator.serviceWorker : undefined;
  const locks = 'locks' in navigator ? navigator.locks : undefined;
  const holds = locks === undefined ? null : createTabHolds(locks);
  const left = leftSession(() => own.localStorage);
  // Soon: a build that is stored a moment later would take the page. Not within the event: what is drawn anew before the field’s own listeners loses the key.
  const edited = watchEditedFields(document, () => void setTimeout(look, 0));
  const listeners = new Set<() => void>();
  let state: ProgramState = {
    version: __APP_VERSION__,
    build: import.meta.env.DEV ? 'none' : 'looking',
    offline: import.meta.env.DEV ? 'off' : container === undefined ? 'unsupported' : 'waiting',
    update: 'none',
    held: null,
  };
  let registration: ServiceWorkerRegistration | null = null;
  let network: (() => NetworkState | null) | null = null;
  let isOpening = false;
  let isDemo = false;
  let votes: { what: string | null; since: number } = { what: null, since: 0 };
  let retry: ReturnType<typeof setTimeout> | undefined;
  let lookedAt = Date.now();
  /** Another build has taken over this page, which was in the middle of something. */
  let reloadsWhenFree = false;
  let begun = false;
  /** The service worker whose files have been looked at. */
  let looked: ServiceWorker | null = null;
  let isBack = false;

  function set(change: Partial<ProgramState>): void {
    state = { ...state, ...change };
    for (const listener of listeners) listener();
  }

  // ---- what this tab is in the middle of ----

  function heldNow(): Held {
    const now = network?.() ?? null;
    if (isOpening && now === null) return 'session';
    if (now !== null && inSession(now)) return 'session';
    const what = now === null ? null : votesUnderWay(now);
    if (what !== votes.what) votes = { what, since: Date.now() };
    if (what !== null && Date.now() - votes.since < VOTE_HOLDS_MS) return 'vote';
    return edited.any || (isDemo && document.visibilityState === 'visible') ? 'form' : null;
  }

  function look(): void {
    const held = heldNow();
    holds?.set(held);
    if (held !== state.held) set({ held });
    if (!isBack && network?.()) {
      isBack = true;
      left.back();
    }
    if (reloadsWhenFree && held !== 'session') own.location.reload();
  }

  // ---- a newer build ----

  /** Resolves when the build that waits has taken over, false when it does not. */
  function takeOver(): Promise<boolean> {
    const waiting = registration?.waiting;
    if (!waiting || !container) return Promise.resolve(false);
    return new Promise((resolve) => {
      const over = new AbortController();
      const end = (taken: boolean): void => {
        clearTimeout(timer);
        over.abort();
        resolve(taken);
      };
      const timer = setTimeout(end, TAKE_PATIENCE_MS, false);
      // The worker of before may be claiming this page at the same time.
      const look = (): void => void (waiting.state === 'installed' || end(true));
      container.addEventListener('controllerchange', look, { signal: over.signal });
      waiting.postMessage({ type: 'take' } satisfies ToServiceWorker);
    });
  }

  async function takeWhenFree(): Promise<void> {
    clearTimeout(retry);
    if (!registration?.waiting || !locks || state.update === 'taking') return;
    look();
    if (state.held === null && !left.recent && (await whenFree(locks, true, takeOver)) === 'taken') return;
    clearTimeout(retry);
    retry = setTimeout(() => void takeWhenFree(), TAKE_RETRY_MS);
  }

  function noteWorkers(): void {
    if (!registration) return;
    const { active, installing, waiting } = registration;
    if (active) {
      if (looked !== active) void lookAtStored(active);
      set({
        update: waiting ? (state.update === 'taking' ? 'taking' : 'ready') : installing ? 'storing' : 'none',
      });
      if (waiting) void takeWhenFree();
    } else set({ offline: installing || waiting ? 'storing' : 'failed' });
  }

  /** Browsers, tools and people take files out of a cache, and the worker stays: what lacks is fetched again at each start. */
  async function lookAtStored(active: ServiceWorker): Promise<void> {
    looked = active;
    const whole = await isWhole(active);
    if (looked === active) set({ offline: whole ? 'ready' : 'failed' });
  }

  function watch(found: ServiceWorkerRegistration): void {
    registration = found;
    const follow = (): void => {
      noteWorkers();
      found.installing?.addEventListener('statechange', noteWorkers);
    };
    found.addEventListener('updatefound', follow);
    found.waiting?.addEventListener('statechange', noteWorkers);
    follow();
    setInterval(lookForNewer, UPDATE_CHECK_MS);
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') lookForNewer();
    });
  }

  function lookForNewer(): void {
    if (Date.now() - lookedAt < UPDATE_CHECK_LEAST_MS) return;
    lookedAt = Date.now();
    // Without its server there is nothing newer to be had.
    registration?.update().catch(() => undefined);
  }

  async function register(): Promise<void> {
    if (begun || !container || import.meta.env.DEV) return;
    begun = true;
    // A frame of the demo runs what the page around it runs.
    if (own.top !== own) return set({ offline: container.controller ? 'ready' : 'waiting' });
    let controlled = container.controller !== null;
    container.addEventListener('controllerchange', () => {
      if (controlled) {
        set({ update: 'taking' });
        reloadsWhenFree = true;
        look();
      }
      controlled = true;
      noteWorkers();
    });
    try {
      const found = (await container.register(`/${SERVICE_WORKER}`, {
        scope: '/',
        updateViaCache: 'none',
      })) as ServiceWorkerRegistration | undefined;
      // Where service workers are blocked by a tool, there may be no error and no registration.
      if (found === undefined) set({ offline: 'off' });
      else watch(found);
    } catch {
      set({ offline: 'failed' });
    }
  }

  // ---- which build this is ----

  async function readOwnBuild(): Promise<void> {
    // Digests are computed in secure contexts only; the verification page works in others too.
    if (!own.isSecureContext) return set({ build: 'insecure' });
    const response = await fetch(`/${BUILD_LIST}`, { cache: 'no-cache' }).catch(() => null);
    if (!response?.ok) return set({ build: 'unreachable' });
    const list = await readBuildList(await response.text());
    if (!list.ok) return set({ build: 'unreachable' });
    const { files, digest } = list.value;
    const path = new URL(script).pathname.slice(1);
    if (!files.some((file) => file.path === path)) return set({ build: 'other' });
    set({ build: { digest, files: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) } });
  }

  function settle(): void {
    clearTimeout(patience);
    whenIdle(own, () => {
      void register();
      if (state.build === 'looking') void readOwnBuild();
    });
  }
  const patience = setTimeout(settle, SETTLE_PATIENCE_MS);
  setInterval(look, TAKE_RETRY_MS);
  own.addEventListener('pagehide', () => {
    if (state.held === 'session') left.leave();
  });

  return {
    getState: () => state,
    subscribe(onChange) {
      listeners.add(onChange);
      return () => listeners.delete(onChange);
    },
    opening() {
      isOpening = true;
      look();
    },
    follow(client) {
      network = () => client.getState();
      client.subscribe(look);
      look();
    },
    settled() {
      isOpening = false;
      look();
      settle();
    },
    busyWhileShown() {
      isDemo = true;
      document.addEventListener('visibilitychange', look);
      look();
    },
    async takeNow() {
      look();
      if (!registration?.waiting || !locks) return refused('no-update');
      if (state.held === 'session') return refused('session-open-here');
      const outcome = await whenFree(locks, false, takeOver);
      if (outcome === 'taken') return { ok: true, value: undefined };
      return refused(outcome === 'held' ? 'session-open-elsewhere' : 'update-stuck');
    },
  };
}

const refused = (type: TakeError['type']): { readonly ok: false; readonly error: TakeError } => ({
  ok: false,
  error: { type, message: takeWords(type) },
});

/** After the page has loaded, when there is nothing else to do. */
function whenIdle(own: Window, run: () => void): void {
  const idle = (): void => {
    if ('requestIdleCallback' in own) own.requestIdleCallback(run, { timeout: SETTLE_PATIENCE_MS });
    else setTimeout(run, 0);
  };
  if (own.document.readyState === 'complete') idle();
  else own.addEventListener('load', idle, { once: true });
}
