/**
 * What is not of the simulated world: real time, real chance, other threads. A workload, a callback or code of the product that asks for the first
 * two is told so, and the run ends; WebCrypto's answers are handed out in the order of the questions, while virtual time stands still. Everything else that takes real
 * time is found by its absence: nothing is scheduled, and the workload has not ended.
 */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Outside {
  /** The first thing that was used, with its place in the caller's code; null: nothing. */
  readonly used: string | null;
  /** Resolves when every answer of WebCrypto has been handed out. */
  settle(): Promise<void>;
  /** Puts everything back. */
  end(): void;
}

const here = dirname(fileURLToPath(import.meta.url));
const repository = dirname(dirname(here));
/** The simulator and the product, as files of the repository and as the package's. */
const OWN = [`${here}/`, ...['src', 'testing', 'test/sim'].map((room) => `${repository}/${room}/`)].map(
  slashed,
);
/** Test runners measure for themselves. */
const RUNNERS = /node_modules\/(?:\.pnpm\/)?(?:vitest|@vitest|chai|jest|@jest|mocha|expect)/;
const LIBRARY = /node_modules\//;

const TIME_ADVICE = 'Use world.sleep and world.now.';
const CHANCE_ADVICE = 'Use world.random.';
/** WebCrypto that gives the same answer to the same question. */
const ORDERED = [
  'decrypt', 'deriveBits', 'deriveKey', 'digest', 'encrypt', 'exportKey', 'importKey', 'sign', 'unwrapKey', 'verify', 'wrapKey',
] as const; // prettier-ignore

/** From here on until `end`. One at a time in a process. */
export function watchOutside(): Outside {
  let used: string | null = null;
  const undo: (() => void)[] = [];
  const waiting: { readonly answer: Promise<unknown>; deliver(of: PromiseSettledResult<unknown>): void }[] =
    [];

  function complain(name: string, advice: string, where: string): never {
    const who = isOwn(where) ? 'The product' : 'The workload';
    const message = `${who} used ${name} ${where}, which is not part of the simulated world: the same seed would not give the same run. ${advice}`;
    used ??= message;
    throw new Error(message);
  }

  /** `through`: also when a library does it for the caller. `spared`: not when the product does. */
  function watched<F extends (...args: never[]) => unknown>(
    name: string,
    original: F,
    advice: string,
    through: boolean,
    spared = false,
  ): F {
    const wrapper = function (this: unknown, ...args: never[]): unknown {
      const where = callerOf(wrapper, through);
      if (where !== null && !(spared && isOwn(where))) complain(name, advice, where);
      return original.apply(this, args);
    };
    return Object.assign(wrapper, original) as unknown as F;
  }

  function replace<T extends object, K extends keyof T>(of: T, key: K, value: T[K]): void {
    const before = Object.getOwnPropertyDescriptor(of, key);
    Object.defineProperty(of, key, { value, configurable: true, writable: true });
    undo.push(() => {
      if (before) Object.defineProperty(of, key, before);
      else delete of[key];
    });
  }

  for (const name of ['setTimeout', 'setInterval', 'setImmediate', 'fetch'] as const)
    replace(globalThis, name, watched(name, globalThis[name], TIME_ADVICE, false) as never);
  replace(performance, 'now', watched('performance.now', performance.now, TIME_ADVICE, false));
  replace(AbortSignal, 'timeout', watched('AbortSignal.timeout', AbortSignal.timeout, TIME_ADVICE, false));
  replace(Math, 'random', watched('Math.random', Math.random, CHANCE_ADVICE, true));
  replace(crypto, 'randomUUID', watched('crypto.randomUUID', crypto.randomUUID, CHANCE_ADVICE, true));
  // Libraries of elliptic curves blind their secrets with it, which changes no result.
  replace(
    crypto,
    'getRandomValues',
    watched('crypto.getRandomValues', crypto.getRandomValues, CHANCE_ADVICE, false, true) as never,
  );

  const now = watched('Date.now', Date.now, TIME_ADVICE, false);
  const RealDate = Date;
  const date: DateConstructor = new Proxy(RealDate, {
    get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
    construct(target, args, self) {
      const where = args.length === 0 ? callerOf(this.construct!, false) : null;
      if (where !== null) complain('new Date()', TIME_ADVICE, where);
      return Reflect.construct(target, args, self === date ? target : self) as Date;
    },
  });
  replace(globalThis, 'Date', date);

  const subtle = Object.getPrototypeOf(crypto.subtle) as SubtleCrypto;
  replace(
    subtle,
    'generateKey',
    watched('crypto.subtle.generateKey', subtle.generateKey, CHANCE_ADVICE, true),
  );
  for (const name of ORDERED) {
    const original = subtle[name] as (...args: unknown[]) => Promise<unknown>;
    const ordered = function (this: unknown, ...args: unknown[]): Promise<unknown> {
      const answer = original.apply(this, args);
      // The world waits for its own cryptography by itself.
      const where = callerOf(ordered, true);
      if (where === null || isOwn(where)) return answer;
      return new Promise((resolve, reject) => {
        const deliver = (of: PromiseSettledResult<unknown>): void =>
          of.status === 'fulfilled' ? resolve(of.value) : reject(of.reason as Error);
        waiting.push({ answer, deliver });
      });
    };
    replace(subtle, name, ordered as never);
  }

  return {
    get used() {
      return used;
    },
    async settle() {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const [answered] = await Promise.allSettled([next.answer]);
        next.deliver(answered!);
        // What follows from it may ask again.
        await new Promise<void>((resolve) => process.nextTick(resolve));
      }
    },
    end() {
      for (const back of undo.reverse()) back();
    },
  };
}

/**
 * Where the code stands that called `callee`; null: in what runs the test, or in a library, unless `through` looks for whoever called that.
 */
// eslint-disable-next-line typescript/no-unsafe-function-type
function callerOf(callee: Function, through: boolean): string | null {
  const at: { stack?: string } = {};
  Error.captureStackTrace(at, callee);
  for (const line of slashed(at.stack ?? '')
    .split('\n')
    .slice(1)) {
    if (line.includes('node:internal') || line.includes('<anonymous>')) continue;
    if (RUNNERS.test(line)) return null;
    if (isOwn(line) || !LIBRARY.test(line)) return line.trim();
    if (!through) return null;
  }
  return null;
}

function isOwn(line: string): boolean {
  return OWN.some((own) => line.includes(own));
}

/** As a stack tells files: with slashes on every system, and a URL's escapes undone. */
function slashed(text: string): string {
  const plain = text.replaceAll('\\', '/');
  try {
    return decodeURI(plain);
  } catch {
    return plain;
  }
}
