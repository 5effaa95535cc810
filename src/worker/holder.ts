/**
 * Which of this browser's tabs runs the replica. The Web Lock of the identity decides; the others are live views that forward calls to the
 * holder by plain messages. A hidden holder yields to a visible tab; one that is frozen loses the lock, and the store's generation fences it.
 */
import type { NetworkState, ProfileId, TraceEvent } from './api.ts';
import { systemClock } from './clock.ts';
import {
  FORWARD_TIMEOUT_MS,
  HOLDER_PATIENCE_MS,
  HOLDER_PING_MS,
  MAX_FORWARDED_CALLS,
  VIEW_PATIENCE_MS,
} from './limits.ts';

type Message =
  | {
      readonly type: 'call';
      readonly from: string;
      readonly id: number;
      readonly method: string;
      readonly args: readonly unknown[];
    }
  | {
      readonly type: 'answer';
      readonly to: string;
      readonly id: number;
      readonly value: unknown;
      readonly error: string | null;
    }
  | { readonly type: 'taken'; readonly to: string; readonly id: number }
  | { readonly type: 'state'; readonly state: NetworkState; readonly schema?: number }
  | { readonly type: 'trace'; readonly events: readonly TraceEvent[] }
  /** `schema` is that of the sender's program; left out: 1. */
  | { readonly type: 'hello'; readonly schema?: number }
  | { readonly type: 'alive'; readonly schema?: number }
  | { readonly type: 'please-yield' };

export interface HolderOptions {
  readonly profile: ProfileId;
  /** Version of the database that this tab's program knows: tabs of different ones cannot be views of each other. */
  readonly schema: number;
  /** Opens the replica. False when it cannot be opened: the lock is let go at once, and not asked for again. Never rejects. */
  hold(): Promise<boolean>;
  /** Stops the replica: the lock is wanted by a visible tab, or was taken. */
  release(reason: string): Promise<void>;
  /** Runs a call that a view forwarded. */
  call(method: string, args: readonly unknown[]): Promise<unknown>;
  /** The newest state here, for views that ask. */
  state(): NetworkState | null;
  onState(state: NetworkState): void;
  onTrace(events: readonly TraceEvent[]): void;
  /** The tab that holds the replica runs an older program: it is asked to give way, and this one goes on by itself. */
  onOlderHolder(): void;
  /** Another tab runs a newer program: this one has given way, or is about to, and never holds again. */
  onNewerProgram(): void;
}

export interface Holder {
  readonly holding: boolean;
  /** As a view: runs a call at the holder. */
  forward(method: string, args: readonly unknown[]): Promise<unknown>;
  tellState(state: NetworkState): void;
  tellTrace(events: readonly TraceEvent[]): void;
  setVisible(visible: boolean): void;
  /** As the holder: ends the replica and opens it again, under the same lock. What wants the lock meanwhile waits for it. */
  reopen(reason: string): Promise<void>;
  /** A newer program wants the database: what is being written is finished, then the lock is let go for good. */
  giveWay(): Promise<void>;
}

export function createHolder(options: HolderOptions): Holder {
  const name = `countersign-${options.profile}`;
  const channel = new BroadcastChannel(name);
  const self = crypto.randomUUID();
  const waiting = new Map<
    number,
    {
      readonly method: string;
      readonly args: readonly unknown[];
      /** A holder has begun to run it. */
      taken: boolean;
      resolve(value: unknown): void;
      reject(error: Error): void;
      readonly timer: unknown;
    }
  >();
  let calls = 0;
  let holding = false;
  let visible = true;
  let letGo: (() => void) | null = null;
  let opening: Promise<boolean> = Promise.resolve(true);
  /** The replica could not be opened here: this tab says why, and leaves the lock to others. */
  let failed = false;
  let gaveWay = false;
  let heardAt = systemClock.now();
  /** When a view last spoke to this holder. */
  let viewAt = -Infinity;

  const post = (message: Message): void => channel.postMessage(message);
  /** A broadcast copies the whole state, listener or not; most replicas never have a second tab. A view says hello and is told at once. */
  const hasViews = (): boolean => systemClock.now() - viewAt < VIEW_PATIENCE_MS;

  channel.onmessage = (event: MessageEvent<Message>): void => {
    const message = event.data;
    switch (message.type) {
      case 'call':
        viewAt = systemClock.now();
        if (holding) void answer(message);
        break;
      case 'answer': {
        const call = message.to === self ? waiting.get(message.id) : undefined;
        if (!call) break;
        waiting.delete(message.id);
        systemClock.clearTimeout(call.timer);
        if (message.error === null) call.resolve(message.value);
        else call.reject(new Error(message.error));
        break;
      }
      case 'taken': {
        const call = message.to === self ? waiting.get(message.id) : undefined;
        if (call) call.taken = true;
        break;
      }
      case 'state':
        if (isOther(message.schema)) break;
        heardAt = systemClock.now();
        if (!holding && !gaveWay) options.onState({ ...message.state, mode: 'view' });
        break;
      case 'trace':
        if (!holding) options.onTrace(message.events);
        break;
      case 'hello': {
        if (isOther(message.schema)) {
          // So that it can say what it waits for, while the last writes are finished.
          if (letGo !== null) post({ type: 'alive', schema: options.schema });
          break;
        }
        viewAt = systemClock.now();
        if (!holding) break;
        post({ type: 'alive', schema: options.schema });
        const state = options.state();
        if (state) post({ type: 'state', state, schema: options.schema });
        break;
      }
      case 'alive':
        if (isOther(message.schema)) break;
        heardAt = systemClock.now();
        break;
      case 'please-yield':
        if (holding && !visible) void yieldLock('A visible tab took over.');
        break;
    }
  };

  /**
   * Whether the sender's program has another schema; whichever is the older gives way. What an older one says is no sign of life: should it not
   * give way, its lock is taken, and its writes are fenced.
   */
  function isOther(schema = 1): boolean {
    if (schema > options.schema) void giveWay();
    else if (schema < options.schema && !holding) options.onOlderHolder();
    return schema !== options.schema;
  }

  async function giveWay(): Promise<void> {
    if (gaveWay) return;
    gaveWay = true;
    failed = true;
    options.onNewerProgram();
    await yieldLock('A newer version of this program was opened in another tab.');
  }

  async function answer(call: Extract<Message, { type: 'call' }>): Promise<void> {
    post({ type: 'taken', to: call.from, id: call.id });
    try {
      const value = await options.call(call.method, call.args);
      post({ type: 'answer', to: call.from, id: call.id, value, error: null });
    } catch (error) {
      post({ type: 'answer', to: call.from, id: call.id, value: null, error: (error as Error).message });
    }
  }

  async function yieldLock(reason: string): Promise<void> {
    if (!holding) return;
    holding = false;
    // Whoever holds now has its own patience: this tab has heard nobody while it held.
    heardAt = systemClock.now();
    // A replica that is still being opened could not be closed, and would run on without the lock.
    await opening;
    try {
      await options.release(reason);
    } finally {
      letGo?.();
      letGo = null;
    }
  }

  async function reopen(reason: string): Promise<void> {
    if (!holding) return;
    opening = opening.then(async (open) => {
      if (!open || !holding) return open;
      await options.release(reason);
      return options.hold();
    });
    if (await opening) return;
    failed = true;
    await yieldLock('The replica could not be opened again.');
  }

  /** Waits for the lock, holds it until it is yielded or taken, then waits again. */
  async function run(): Promise<void> {
    while (!failed) await take(false);
  }

  async function take(steal: boolean): Promise<void> {
    const lock = steal ? { steal: true } : { mode: 'exclusive' as const };
    try {
      await navigator.locks.request(name, lock, async () => {
        // It was waited for before this tab gave way.
        if (failed) return;
        const held = new Promise<void>((resolve) => (letGo = resolve));
        holding = true;
        opening = options.hold();
        if (await opening) {
          takeOver();
          return held;
        }
        failed = true;
        holding = false;
      });
    } catch {
      // The lock was stolen while this tab was frozen: the store's generation has fenced its writes already.
      await yieldLock('Another tab took over while this one was not running.');
    }
  }

  /**
   * Calls that wait for a holder which is gone, as in a reload: one that nobody took is run here; one that was begun may have been done.
   */
  function takeOver(): void {
    for (const [id, call] of waiting) {
      waiting.delete(id);
      systemClock.clearTimeout(call.timer);
      if (call.taken) {
        const message =
          'The tab that ran this was closed before it answered. Look whether it was done, then try again.';
        call.reject(new Error(message));
      } else void options.call(call.method, call.args).then(call.resolve, call.reject);
    }
  }

  function watch(): void {
    if (failed) return;
    if (!holding) {
      post({ type: 'hello', schema: options.schema });
      if (visible) post({ type: 'please-yield' });
      const silent = systemClock.now() - heardAt > HOLDER_PATIENCE_MS;
      if (silent && visible) {
        heardAt = systemClock.now();
        void take(true);
      }
    }
    systemClock.setTimeout(watch, HOLDER_PING_MS);
  }

  void run();
  watch();

  return {
    get holding() {
      return holding;
    },
    forward(method, args) {
      if (waiting.size >= MAX_FORWARDED_CALLS)
        return Promise.reject(new Error('Too many calls wait for the tab that holds the replica.'));
      const id = ++calls;
      return new Promise((resolve, reject) => {
        const timer = systemClock.setTimeout(() => {
          waiting.delete(id);
          reject(new Error('The tab that holds the replica does not answer. Close it, or show it.'));
        }, FORWARD_TIMEOUT_MS);
        waiting.set(id, { method, args, taken: false, resolve, reject, timer });
        post({ type: 'call', from: self, id, method, args });
      });
    },
    tellState(state) {
      if (hasViews()) post({ type: 'state', state, schema: options.schema });
    },
    tellTrace(events) {
      if (hasViews()) post({ type: 'trace', events });
    },
    reopen,
    giveWay,
    setVisible(now) {
      visible = now;
      if (visible && !holding) post({ type: 'please-yield' });
    },
  };
}
