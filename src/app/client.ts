/** Starts a worker, gives it the page's half of the network, and keeps its newest state for the pages. */
import { proxy, transfer, wrap, type Remote } from 'comlink';
import type { RemoteApi, UiClient } from '../ui/client.ts';
import type {
  NetworkState,
  OpeningView,
  ProfileId,
  Result,
  DoorError,
  VerifyApi,
  WorkerApi,
} from '../worker/api.ts';
import { startVerifier } from './verifier.ts';

export interface AppClient extends UiClient {
  /** Opens a network in this tab: as its replica, or as a live view of the tab that holds it. */
  open(profile: ProfileId): Promise<Result<undefined, DoorError>>;
  /**
   * Rejects when the worker's script, or the half of the network that runs in the page, does not arrive or cannot be run: no call will
   * ever be answered, or there is no link to anybody. Never resolves.
   */
  readonly lost: Promise<never>;
}

export function startClient(worker: Worker): AppClient {
  const remote = wrap<WorkerApi>(worker);
  const api = callable(remote);
  const listeners = new Set<() => void>();
  let state: NetworkState | null = null;
  let opening: OpeningView = null;
  let verifier: Promise<VerifyApi> | null = null;

  const page = new MessageChannel();
  // Large, and nobody waits for it: what the worker says meanwhile waits in the port.
  const attached = import('../net/page/page.ts').then(({ attachPage }) => void attachPage(page.port1));
  const lost = neverCame(worker, attached);
  void remote.connectPage(transfer(page.port2, [page.port2]));
  void remote.subscribe(
    proxy((next: NetworkState) => {
      state = next;
      for (const listener of listeners) listener();
    }),
  );
  void remote.opening(
    proxy((why: OpeningView) => {
      opening = why;
      for (const listener of listeners) listener();
    }),
  );
  const tellVisible = (): void => void remote.visible(document.visibilityState === 'visible');
  document.addEventListener('visibilitychange', tellVisible);
  tellVisible();

  return {
    api,
    lost,
    open: (profile) => api.open(profile),
    getState: () => state,
    getOpening: () => opening,
    subscribe(onChange) {
      listeners.add(onChange);
      return () => listeners.delete(onChange);
    },
    verifier: () =>
      (verifier ??= loadedVerifier().catch((error: unknown) => {
        verifier = null;
        throw error;
      })),
  };
}

/** Exceptions of a worker that runs are another matter: it has answered something by then. */
function neverCame(worker: Worker, attached: Promise<void>): Promise<never> {
  const lost = new Promise<never>((_, reject) => {
    const failed = (event: Event): void =>
      reject(new Error(`The worker did not start (${(event as ErrorEvent).message || 'no script'}).`));
    worker.addEventListener('error', failed);
    worker.addEventListener('message', () => worker.removeEventListener('error', failed), { once: true });
    attached.catch(reject);
  });
  lost.catch(() => undefined);
  return lost;
}

async function loadedVerifier(): Promise<VerifyApi> {
  const started = startVerifier();
  await started.ready();
  return started;
}

/** Comlink's proxy answers every property, `then` included: a plain object of calls can be passed about safely. */
function callable(remote: Remote<WorkerApi>): RemoteApi {
  return new Proxy({} as RemoteApi, {
    get: (_, name) => {
      if (typeof name !== 'string' || name === 'then') return undefined;
      return (...args: unknown[]): unknown =>
        (remote as unknown as Record<string, (...a: unknown[]) => unknown>)[name]!(...args);
    },
  });
}
