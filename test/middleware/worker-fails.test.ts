/** The page's side when its worker does not start, answers badly, or is shared: with workers that a test plays, and no replica. */
import { expose } from 'comlink';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  createDraft,
  createIdentity,
  identities,
  join,
  MAX_LISTENERS,
  NetworkError,
  verifyProof,
  type Network,
  type NetworkStatus,
} from '../../src/index.ts';

const PROOF = { network: '', genesis: new Uint8Array(), proof: new Uint8Array() };
const STATUS = { network: { id: 'n', name: 'Titles' }, members: [] } as unknown as NetworkStatus;
const opened = { ok: true, value: { identity: 'me', network: 'n', name: 'Titles', status: STATUS } };

/** What a worker answers; a call that is missing is an exception in it. */
type Answers = Readonly<Record<string, (...args: never[]) => unknown>>;
let answers: Answers;
/** How a worker starts: it may not load, or not even be allowed. */
let begins: (worker: PlayedWorker) => void;
const workers: PlayedWorker[] = [];

class PlayedWorker extends EventTarget {
  readonly ends = new MessageChannel();
  ended = false;
  constructor() {
    super();
    begins(this);
    workers.push(this);
    this.ends.port1.onmessage = ({ data }) => this.dispatchEvent(new MessageEvent('message', { data }));
  }
  load(): void {
    expose({ connectPage: () => undefined, visible: () => undefined, ...answers }, this.ends.port2 as never);
  }
  failsToLoad(): void {
    queueMicrotask(() => this.dispatchEvent(new Event('error')));
  }
  postMessage(message: unknown, transfer: Transferable[]): void {
    this.ends.port1.postMessage(message, transfer);
  }
  terminate(): void {
    this.ended = true;
    this.ends.port1.close();
  }
}

beforeEach(() => {
  workers.length = 0;
  begins = (worker) => worker.load();
  answers = { open: () => opened, close: () => undefined };
  vi.stubGlobal('Worker', PlayedWorker);
  vi.stubGlobal('navigator', {});
  vi.stubGlobal('location', { protocol: 'http:', hostname: 'localhost' });
  const page = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  vi.stubGlobal('document', page);
  vi.stubGlobal('window', page);
});
afterEach(async () => {
  // The worker of the doors is not handed from test to test.
  await expect.poll(() => workers.every(({ ended }) => ended)).toBe(true);
  vi.unstubAllGlobals();
});

async function joined(): Promise<Network> {
  const result = await join({ identity: 'me' });
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

describe('a worker that does not load', () => {
  const ways: readonly [string, (worker: PlayedWorker) => void][] = [
    ['is not served', (worker) => worker.failsToLoad()],
    ['answers what cannot be read', (worker) =>
      queueMicrotask(() => worker.dispatchEvent(new MessageEvent('messageerror')))],
    ['is not allowed', () => {
      throw new DOMException('Refused by the content security policy.', 'SecurityError');
    }],
  ]; // prettier-ignore
  for (const [way, begin] of ways)
    it(`because it ${way} is told by every call, and ended`, async () => {
      begins = begin;
      const failure = { ok: false, error: { type: 'worker-failed' } };
      expect(await join({ identity: 'me' })).toMatchObject(failure);
      expect(await verifyProof(PROOF)).toMatchObject(failure);
      expect(await createIdentity({ draft: '', label: 'Ghent' })).toMatchObject(failure);
      await expect(createDraft('Titles')).rejects.toMatchObject({ type: 'worker-failed' });
      await expect(identities()).rejects.toBeInstanceOf(NetworkError);
      expect(workers.every(({ ended }) => ended)).toBe(true);
    });

  it('keeps nobody from another try', async () => {
    begins = (worker) => worker.failsToLoad();
    expect(await verifyProof(PROOF)).toMatchObject({ error: { type: 'worker-failed' } });
    begins = (worker) => worker.load();
    answers = { newDraft: () => 'draft' };
    expect(await createDraft('Titles')).toBe('draft');
  });

  it('is not one that throws later, or that cannot open the network', async () => {
    const network = await joined();
    workers[0]!.dispatchEvent(new Event('error'));
    await network.close();
    answers = {
      open() {
        throw new Error('The database is broken.');
      },
    };
    const refused = await join({ identity: 'me' });
    expect(refused).toMatchObject({ error: { type: 'worker-failed' } });
    expect(refused.ok ? '' : refused.error.message).toContain('The database is broken.');
  });
});

describe('the doors', () => {
  it('share one worker, which is ended after the last call', async () => {
    let running = 0;
    let most = 0;
    answers = {
      async verifyProof() {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve));
        running--;
        return { ok: false, error: { type: 'proof-malformed', message: '' } };
      },
    };
    await Promise.all(Array.from({ length: 50 }, () => verifyProof(PROOF)));
    for (let i = 0; i < 3; i++)
      expect(await verifyProof(PROOF)).toMatchObject({ error: { type: 'proof-malformed' } });
    expect(most).toBeGreaterThan(1);
    expect(workers.length).toBe(1);
    expect(workers[0]!.ended).toBe(false);
    await expect.poll(() => workers[0]!.ended).toBe(true);
    await verifyProof(PROOF);
    expect(workers.length).toBe(2);
  });
});

describe('an open network', () => {
  it('is closed once for all that close it, also where the disk fails', async () => {
    let closings = 0;
    let finish = (): void => undefined;
    answers = {
      ...answers,
      close: () => (closings++, new Promise<void>((resolve) => (finish = resolve))),
    };
    const network = await joined();
    const done: string[] = [];
    const first = network.close().then(() => done.push('first'));
    const second = network.close().then(() => done.push('second'));
    await expect.poll(() => closings).toBe(1);
    expect([done, workers[0]!.ended]).toEqual([[], false]);
    finish();
    await Promise.all([first, second]);
    expect([closings, workers[0]!.ended]).toEqual([1, true]);

    answers = {
      ...answers,
      async close() {
        throw new Error('The disk is full.');
      },
    };
    const full = await joined();
    await expect(full.close()).rejects.toThrow('The disk is full.');
    expect(workers[1]!.ended).toBe(true);
  });

  it('refuses a listener beyond the limit where it is given, and makes room when one ends', async () => {
    answers = { ...answers, listen: () => undefined, unlisten: () => undefined };
    const network = await joined();
    const ends = Array.from({ length: MAX_LISTENERS }, () => network.listen('k', () => undefined));
    expect(() => network.listen('k', () => undefined)).toThrow(RangeError);
    const begin = async (): Promise<void> => {
      for await (const _ of network.changes('k')) break;
    };
    await expect(begin()).rejects.toBeInstanceOf(RangeError);
    ends[0]!();
    const loop = begin();
    await network.close();
    await loop;
    network.listen('k', () => undefined)();
  });

  it('says as what it knows that the tab with the replica is gone', async () => {
    let told: ((listener: number, change: unknown) => void) | null = null;
    answers = {
      ...answers,
      open: (...args: never[]) => ((told = args[3] as never), opened),
      listen: () => undefined,
      certificate() {
        throw new Error('The tab that holds the replica does not answer.');
      },
    };
    const network = await joined();
    const failing = new Promise((resolve) =>
      network.listen('k', (entry) => void entry.certificate().catch(resolve)),
    );
    told!(1, { key: 'k', version: 1, body: null });
    expect(await failing).toBeInstanceOf(NetworkError);
    await network.close();
  });

  it('takes bytes alone to sign, and one function twice to tell its status', async () => {
    let tell: (status: NetworkStatus) => void = () => undefined;
    answers = { ...answers, open: (...args: never[]) => ((tell = args[4] as never), opened) };
    const network = await joined();
    await expect(network.sign('text' as never)).rejects.toBeInstanceOf(TypeError);
    const heard: NetworkStatus[] = [];
    const listener = (status: NetworkStatus): void => void heard.push(status);
    const leaves = [network.subscribeStatus(listener), network.subscribeStatus(listener)];
    leaves[0]!();
    tell({ ...STATUS, n: 5 });
    await expect.poll(() => heard.length).toBe(3);
    expect(heard.at(-1)).toMatchObject({ n: 5 });
    await network.close();
  });
});
