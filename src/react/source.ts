/** Something with a newest state: the status of a network, or of an application's own client. Its functions are called without `this`. */
import { useSyncExternalStore } from 'react';

export interface StateSource<S> {
  /** The same object until it changes; null while there is none. */
  getState(): S | null;
  /** Where pages are rendered to text, and while a page takes such text over: null unless there. */
  getServerState?(): S | null;
  /** Calls back after each change of what `getState` returns. Returns the way out. */
  subscribe(onChange: () => void): () => void;
}

const nothing = (): null => null;
const never = (): (() => void) => () => undefined;

/** The newest state; null while there is none, and without a source. Renders again on each change. */
export function useSource<S>(source: StateSource<S> | null): S | null {
  return useSyncExternalStore(
    source?.subscribe ?? never,
    source?.getState ?? nothing,
    source?.getServerState ?? nothing,
  );
}
