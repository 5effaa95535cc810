/** Something that the members have to certify: pending until they have, and never points before. */
import type { Result } from 'countersign';
import { failed, type LoyaltyError } from './errors.ts';

/**
 * pending: not certified; nothing that it would bring may be spent or handed over for. certified: done, for good. lost: another change of the same
 * points won. failed: refused, wrong from the start, or given up; the error says which.
 */
export type OperationState = 'pending' | 'certified' | 'lost' | 'failed';

/** One key that the operation changes. */
export interface Step {
  readonly key: string;
  readonly what:
    | 'issue'
    | 'place'
    | 'settle'
    | 'give'
    | 'split'
    | 'lock'
    | 'merge'
    | 'swap'
    | 'receive'
    | 'unlock'
    | 'open-retirement'
    | 'retire'
    | 'close-retirement'
    | 'offers';
  readonly state: OperationState;
}

export interface Operation<T> {
  readonly state: OperationState;
  /** The same array until one changes: a source for `useSyncExternalStore`. */
  readonly steps: readonly Step[];
  /** Never rejects. */
  readonly result: Promise<Result<T, LoyaltyError>>;
  /** Called after each change of `state` or `steps`. Ends with the returned function. */
  subscribe(callback: () => void): () => void;
}

/** What an operation tells while it runs. */
export interface Work {
  readonly signal: AbortSignal | undefined;
  /** A step begins; the returned function says how it ended. */
  step(key: string, what: Step['what']): (state: Exclude<OperationState, 'pending'>) => void;
}

/** Starts `run` at once. */
export function operation<T>(
  signal: AbortSignal | undefined,
  run: (work: Work) => Promise<Result<T, LoyaltyError>>,
): Operation<T> {
  const listeners = new Set<() => void>();
  let state: OperationState = 'pending';
  let steps: readonly Step[] = [];
  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  const work: Work = {
    signal,
    step(key, what) {
      const at = steps.length;
      steps = [...steps, { key, what, state: 'pending' }];
      tell();
      return (ended) => {
        steps = steps.map((step, i) => (i === at ? { ...step, state: ended } : step));
        tell();
      };
    },
  };
  const result = Promise.resolve()
    .then(() => run(work))
    // A network that is closed while it is read from throws.
    .catch((error: unknown) => failed('failed', error instanceof Error ? error.message : String(error)))
    .then((ended) => {
      state = ended.ok ? 'certified' : ended.error.type === 'lost' ? 'lost' : 'failed';
      tell();
      return ended;
    });
  return {
    get state() {
      return state;
    },
    get steps() {
      return steps;
    },
    result,
    subscribe(callback) {
      listeners.add(callback);
      return () => void listeners.delete(callback);
    },
  };
}
