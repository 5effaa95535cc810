/** Starts a worker, gives it the page's half of the network, and keeps its newest state for the pages. */
import { proxy, transfer, wrap, type Remote } from 'comlink';
import { attachPage } from '../net/page/page.ts';
import type { RemoteApi, UiClient } from '../ui/client.ts';
import type { NetworkState, ProfileId, Result, DoorError, VerifyApi, WorkerApi } from '../worker/api.ts';
import { startVerifier } from './verifier.ts';

export interface AppClient extends UiClient {
  /** Opens a network in this tab: as its replica, or as a live view of the tab that holds it. */
  open(profile: ProfileId): Promise<Result<undefined, DoorError>>;
}

export function startClient(worker: Worker): AppClient {
  const remote = wrap<WorkerApi>(worker);
  const api = callable(remote);
  const listeners = new Set<() => void>();
  let state: NetworkState | null = null;
  let verifier: Promise<VerifyApi> | null = null;

  const page = new MessageChannel();
  attachPage(page.port1);
  void remote.connectPage(transfer(page.port2, [page.port2]));
  void remote.subscribe(
    proxy((next: NetworkState) => {
      state = next;
      for (const listener of listeners) listener();
    }),
  );
  const tellVisible = (): void => void remote.visible(document.visibilityState === 'visible');
  document.addEventListener('visibilitychange', tellVisible);
  tellVisible();

  return {
    api,
    open: (profile) => api.open(profile),
    getState: () => state,
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
