import { useCallback, useSyncExternalStore } from 'react';
import { READING, type Reading, type Watches } from './watches.ts';

/** What `watches` knows by this name; it is watched for as long as the component is mounted. Null: nothing is known. */
export function useWatched<T, E>(watches: Watches<T, E> | null, name: string): Reading<T, E> {
  const subscribe = useCallback(
    (onChange: () => void) => watches?.subscribe(name, onChange) ?? (() => undefined),
    [watches, name],
  );
  return useSyncExternalStore(
    subscribe,
    () => watches?.known(name) ?? READING,
    () => READING,
  );
}
