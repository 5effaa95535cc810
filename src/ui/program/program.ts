/** The program that this page runs, as the pages show it: which build, whether it starts offline, and a newer one that waits. */
import type { Failure, Result } from '../../worker/api.ts';

export interface BuildView {
  /** 64 hex digits: the digest of every file of the build (docs/hosting.md, "Compare what you run"). */
  readonly digest: string;
  readonly files: number;
  readonly bytes: number;
}

export interface ProgramState {
  readonly version: string;
  /**
   * Why there is none: `looking`, `none` on a development server, `other` when the site has another build than this page is of, `insecure` where
   * browsers compute no digest.
   */
  readonly build: BuildView | 'looking' | 'none' | 'other' | 'unreachable' | 'insecure';
  /**
   * Whether the app starts without its server: `waiting` until the page has settled, `unsupported` by this browser, `off` where nothing is
   * stored on purpose, `failed` when the files could not be stored.
   */
  readonly offline: 'waiting' | 'storing' | 'ready' | 'unsupported' | 'off' | 'failed';
  readonly update: 'none' | 'storing' | 'ready' | 'taking';
  /** What this tab does that a newer version waits for. */
  readonly held: Held;
}

export type Held = 'session' | 'vote' | 'form' | null;

export interface TakeError extends Failure {
  readonly type: 'session-open-here' | 'session-open-elsewhere' | 'no-update' | 'update-stuck';
}

export interface ProgramView {
  getState(): ProgramState;
  subscribe(onChange: () => void): () => void;
  /** Changes to the version that waits: this page and the other tabs reload. */
  takeNow(): Promise<Result<undefined, TakeError>>;
}
