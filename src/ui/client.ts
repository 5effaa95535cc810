/** What the app hands to the pages: the worker's calls, and the newest state of the open network. */
import type { StateSource } from '../react/source.ts';
import type { NetworkState, OpeningView, VerifyApi, WorkerApi } from '../worker/api.ts';

type Remote<F> = F extends (...args: infer A) => infer R ? (...args: A) => Promise<Awaited<R>> : never;

/** The worker's calls as they look through Comlink: every method answers with a promise. */
export type RemoteApi = { readonly [K in keyof WorkerApi]: Remote<WorkerApi[K]> };

export interface UiClient extends StateSource<NetworkState> {
  readonly api: RemoteApi;
  /** What the first state waits for, when that takes long; left out: never told. */
  getOpening?(): OpeningView;
  /** Calls `onChange` after each change of what `getState` or `getOpening` returns. Returns the way out. */
  subscribe(onChange: () => void): () => void;
  /** The verifier of evidence files in a worker of its own, started at the first call. Rejects when it cannot be loaded; the next call tries again. */
  verifier(): Promise<VerifyApi>;
}
