/** Between a page and its replica: keeps back what one of them says to the other, and counts the page's sounds. */

interface HeldBack {
  /** From now on the worker's answers to calls of this name are kept from the page. */
  answers(method: string): void;
  /** From now on the page's calls of this name are kept from the worker. */
  calls(method: string): void;
  held(): number;
  /** Delivers what was kept, and keeps nothing more. */
  release(): void;
  beeps(): number;
  /** Those of a taken step, not those of an error. */
  goodBeeps(): number;
}

declare global {
  interface Window {
    heldBack: HeldBack;
  }
}

/** Runs in the page before its own scripts. */
export function listenIn(): void {
  let holding: { what: 'answers' | 'calls'; method: string } | null = null;
  let good = 0;
  let all = 0;
  const methods = new Map<unknown, string>();
  const kept: { readonly id: unknown; readonly deliver: () => void }[] = [];
  const isHeld = (what: 'answers' | 'calls', method: string | undefined): boolean =>
    holding?.what === what && holding.method === method;
  const post = Worker.prototype.postMessage;
  Worker.prototype.postMessage = function (this: Worker, message: unknown, ...rest: never[]): void {
    const call = message as { readonly id?: unknown; readonly path?: readonly string[] } | null;
    const method = call?.path?.at(-1);
    if (method !== undefined) methods.set(call?.id, method);
    if (isHeld('calls', method))
      kept.push({ id: call?.id, deliver: () => post.call(this, message, ...rest) });
    else post.call(this, message, ...rest);
  } as typeof post;
  const listen = Worker.prototype.addEventListener;
  Worker.prototype.addEventListener = function (
    this: Worker,
    type: string,
    listener: unknown,
    ...rest: never[]
  ): void {
    const heard = listener as (event: Event) => void;
    const kind = type as 'message';
    if (type !== 'message' || typeof listener !== 'function') return listen.call(this, kind, heard, ...rest);
    listen.call(this, kind, (event: Event) => {
      const { id } = ((event as MessageEvent).data ?? {}) as { readonly id?: unknown };
      if (isHeld('answers', methods.get(id))) kept.push({ id, deliver: () => heard(event) });
      else heard(event);
    });
  } as typeof listen;
  const create = AudioContext.prototype.createOscillator;
  AudioContext.prototype.createOscillator = function (this: AudioContext) {
    const oscillator = create.call(this);
    all++;
    // The tone of a taken step is a sine, those of an error are not.
    queueMicrotask(() => oscillator.type === 'sine' && good++);
    return oscillator;
  };
  window.heldBack = {
    answers: (method) => void (holding = { what: 'answers', method }),
    calls: (method) => void (holding = { what: 'calls', method }),
    // Every listener hears every message.
    held: () => new Set(kept.map(({ id }) => id)).size,
    release() {
      holding = null;
      for (const { deliver } of kept.splice(0)) deliver();
    },
    beeps: () => all,
    goodBeeps: () => good,
  };
}
