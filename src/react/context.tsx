/** The network and its status, for every component below. */
import { createContext, useContext, useMemo, type ReactNode } from 'react';
import type { Network } from '../middleware/types.ts';
import { healthOf, type HealthFacts, type NetworkHealth } from './health.ts';
import { useSource, type StateSource } from './source.ts';

export type NetworkStatus = Network['status'];

const NetworkContext = createContext<Network | null | undefined>(undefined);
/** Of a network, or of whatever else tells how a network is: the supply chain's pages have a client of their own. */
const StatusContext = createContext<StateSource<HealthFacts> | null | undefined>(undefined);

/**
 * Gives an open network to the hooks below. `network` null: it is not open yet, and hooks have nothing to show. When it is replaced by another one,
 * no hook shows anything of the one before. It is neither opened nor closed here: that is for whoever joined it.
 */
export function NetworkProvider({
  network,
  children,
}: {
  readonly network: Network | null;
  readonly children?: ReactNode;
}): ReactNode {
  const source = useMemo(() => (network === null ? null : statusSource(network)), [network]);
  return (
    <NetworkContext value={network}>
      <StatusProvider source={source}>{children}</StatusProvider>
    </NetworkContext>
  );
}

/** For a client that is no `Network`: gives `useNetworkHealth` what it looks at. */
export function StatusProvider({
  source,
  children,
}: {
  readonly source: StateSource<HealthFacts> | null;
  readonly children?: ReactNode;
}): ReactNode {
  return <StatusContext value={source}>{children}</StatusContext>;
}

/** @throws Error outside `NetworkProvider`, or where its network is not open yet. */
export function useNetwork(): Network {
  const network = useMaybeNetwork();
  if (network === null)
    throw new Error('useNetwork was called before the network was open. Show this component once it is.');
  return network;
}

/** Null: not open yet. @throws Error outside `NetworkProvider`. */
export function useMaybeNetwork(): Network | null {
  const network = useContext(NetworkContext);
  if (network === undefined) throw new Error('A hook of countersign/react was used outside NetworkProvider.');
  return network;
}

/** The newest status, at most 50 ms old; null while no network is open. @throws Error outside `NetworkProvider`. */
export function useStatus(): NetworkStatus | null {
  const network = useMaybeNetwork();
  return useSource(useMemo(() => (network === null ? null : statusSource(network)), [network]));
}

/**
 * Whether a quorum is here, how many more may go, and how many are known to have lied; null while no status is known.
 * @throws Error outside `NetworkProvider` and `StatusProvider`.
 */
export function useNetworkHealth(): NetworkHealth | null {
  const source = useContext(StatusContext);
  if (source === undefined) throw new Error('A hook of countersign/react was used outside NetworkProvider.');
  const status = useSource(source);
  return useMemo(() => (status === null ? null : healthOf(status)), [status]);
}

/** A network's status as a source. */
export const statusSource = (
  network: Pick<Network, 'status' | 'subscribeStatus'>,
): StateSource<NetworkStatus> => ({
  getState: () => network.status,
  subscribe: (onChange) => network.subscribeStatus(onChange),
});
