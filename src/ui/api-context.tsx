/** The client, for every component below. Its state is read by the hooks that other applications use, too (src/react). */
import { createContext, useContext, useMemo, type ReactNode } from 'react';
import { StatusProvider } from '../react/context.tsx';
import { useSource, type StateSource } from '../react/source.ts';
import type { NetworkState, OpeningView } from '../worker/api.ts';
import type { RemoteApi, UiClient } from './client.ts';

const ClientContext = createContext<UiClient | null>(null);

export function ApiProvider({ client, children }: { client: UiClient; children: ReactNode }): ReactNode {
  return (
    <ClientContext value={client}>
      <StatusProvider source={client}>{children}</StatusProvider>
    </ClientContext>
  );
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
  return useSource(useClient());
}

/** What the opening of the network waits for, when it takes long. */
export function useOpening(): OpeningView {
  const client = useClient();
  const source = useMemo(
    (): StateSource<NonNullable<OpeningView>> => ({
      getState: () => client.getOpening?.() ?? null,
      subscribe: client.subscribe,
    }),
    [client],
  );
  return useSource(source);
}

/** For pages that `OperatorApp` shows only once there is a state. */
export function useNetwork(): NetworkState {
  const state = useNetworkState();
  if (state === null) throw new Error('a network page was rendered before the network state arrived');
  return state;
}
