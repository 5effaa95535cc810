/** The client, for every component below. */
import { createContext, useContext, useSyncExternalStore, type ReactNode } from 'react';
import type { NetworkState, OpeningView } from '../worker/api.ts';
import type { RemoteApi, UiClient } from './client.ts';

const ClientContext = createContext<UiClient | null>(null);

export function ApiProvider({ client, children }: { client: UiClient; children: ReactNode }): ReactNode {
  return <ClientContext value={client}>{children}</ClientContext>;
}

export function useClient(): UiClient {
  const client = useContext(ClientContext);
  if (client === null) throw new Error('a page was rendered outside ApiProvider');
  return client;
}

export function useApi(): RemoteApi {
  return useClient().api;
}

/** The newest state of the network, or null while the worker has not told any. Renders again on each change. */
export function useNetworkState(): NetworkState | null {
  const client = useClient();
  // The third is for rendering to text.
  return useSyncExternalStore(client.subscribe, client.getState, client.getState);
}

/** What the opening of the network waits for, when it takes long. */
export function useOpening(): OpeningView {
  const client = useClient();
  const get = (): OpeningView => client.getOpening?.() ?? null;
  return useSyncExternalStore(client.subscribe, get, get);
}

/** For pages that `OperatorApp` shows only once there is a state. */
export function useNetwork(): NetworkState {
  const state = useNetworkState();
  if (state === null) throw new Error('a network page was rendered before the network state arrived');
  return state;
}
