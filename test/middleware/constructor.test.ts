/**
 * `join` as an application calls it: page side, Comlink, worker side and database, with what a browser has and Node lacks played
 * by stand-ins. Nobody is reached here: e2e/middleware.spec.ts has four browsers.
 */
import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { expose } from 'comlink';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseInvitation } from '../../src/codec/invitation.ts';
import {
  createDraft,
  createIdentity,
  createNetwork,
  encodeValue,
  identities,
  MAX_BODY_BYTES,
  MAX_LISTENERS,
  MAX_SIGNED_BYTES,
  NetworkError,
  verifyProof,
  join,
  type CreatedNetwork,
  type JoinOptions,
  type Network,
} from '../../src/index.ts';
import { createKvRoot } from '../../src/worker/kv/root.ts';

const HOME = 'ws://localhost:1/signal';
const SIGNALING = ['wss://signal.example.org/signal'];

/** What `new Worker` gives: the product's root behind a port. */
class WorkerHere {
  readonly #ends = new MessageChannel();
  constructor() {
    expose(createKvRoot(HOME), this.#ends.port2 as never);
  }
  postMessage(message: unknown, transfer: Transferable[]): void {
    this.#ends.port1.postMessage(message, transfer);
  }
  addEventListener(type: string, listener: (event: MessageEvent) => void): void {
    this.#ends.port1.addEventListener(type, listener as never);
    this.#ends.port1.start();
  }
  removeEventListener(type: string, listener: (event: MessageEvent) => void): void {
    this.#ends.port1.removeEventListener(type, listener as never);
  }
  terminate(): void {
    this.#ends.port1.close();
  }
}

/** A server that is never reached. */
class NoSocket extends EventTarget {
  static readonly opened: string[] = [];
  readonly readyState = 0;
  constructor(url: string) {
    super();
    NoSocket.opened.push(url);
  }
  send(): void {}
  close(): void {}
}

/** Web Locks for one tab. */
const locks = { request: (_name: string, _options: unknown, run: () => Promise<unknown>) => run() };

let created: CreatedNetwork;
let other: CreatedNetwork;
/** Lists this member too. */
let third: CreatedNetwork;
/** The member's own browser: its identity and nothing else. */
let browser: IDBFactory;
let identity: string;
const open: Network[] = [];

beforeAll(async () => {
  vi.stubGlobal('Worker', WorkerHere);
  vi.stubGlobal('WebSocket', NoSocket);
  vi.stubGlobal('navigator', { locks });
  vi.stubGlobal('location', { protocol: 'http:', hostname: 'localhost' });
  const page = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  vi.stubGlobal('document', page);
  vi.stubGlobal('window', page);
  const draft = await createDraft('Titles');
  const memberKeys: string[] = [];
  for (const label of ['Ghent', 'Bruges', 'Ostend']) memberKeys.push(await memberOf(draft, label));
  const elsewhere = indexedDB;
  browser = new IDBFactory();
  vi.stubGlobal('indexedDB', browser);
  memberKeys.push(await memberOf(draft, 'Ypres'));
  identity = (await identities())[0]!.id;
  vi.stubGlobal('indexedDB', elsewhere);
  created = await networkOf(draft, memberKeys);
  const namur = await memberOf(draft, 'Namur');
  other = await networkOf(draft, [...memberKeys.slice(0, 3), namur]);
  third = await networkOf(draft, [...memberKeys.slice(1), namur]);
});

afterEach(async () => {
  for (const network of open.splice(0)) await network.close();
  NoSocket.opened.length = 0;
});
afterAll(() => vi.unstubAllGlobals());

async function memberOf(draft: string, label: string): Promise<string> {
  const made = await createIdentity({ draft, label });
  if (!made.ok) throw new Error(made.error.message);
  return made.value.memberKey;
}

async function networkOf(draft: string, memberKeys: readonly string[]): Promise<CreatedNetwork> {
  const made = await createNetwork({ draft, memberKeys, signaling: SIGNALING });
  if (!made.ok) throw new Error(made.error.message);
  return made.value;
}

/** In the member's browser; each opening with the databases that the one before left. */
async function opened(options: JoinOptions): Promise<Network | string> {
  vi.stubGlobal('indexedDB', browser);
  const result = await join(options);
  if (!result.ok) {
    expect(result.error.message.length).toBeGreaterThan(20);
    return result.error.type;
  }
  open.push(result.value);
  return result.value;
}

const secretOf = (invitation: string): string => {
  const read = parseInvitation(invitation);
  if (!read.ok) throw new Error(read.error.message);
  return read.value.joinSecret;
};

describe('the constructor with genesis and join secret', () => {
  it('refuses one without the other, and neither without an identity', async () => {
    const joinSecret = secretOf(created.invitation);
    expect(await opened({ genesis: created.genesis })).toBe('invitation-malformed');
    expect(await opened({ joinSecret })).toBe('invitation-malformed');
    expect(await opened({})).toBe('profile-unknown');
  });

  it('refuses a damaged secret, a damaged genesis and one that does not list this member', async () => {
    const joinSecret = secretOf(created.invitation);
    const { genesis } = created;
    expect(await opened({ genesis, joinSecret: joinSecret.slice(1) })).toBe('invitation-malformed');
    expect(await opened({ genesis: genesis.slice(1), joinSecret })).toBe('genesis-malformed');
    expect(await opened({ genesis: other.genesis, joinSecret })).toBe('not-in-genesis');
    vi.stubGlobal('indexedDB', browser);
    expect((await identities())[0]!.network).toBe(null);
  });

  it('opens the network that an invitation would open, meets where it would, and the identity alone opens it again', async () => {
    const joinSecret = secretOf(created.invitation);
    const first = await opened({ genesis: created.genesis, joinSecret, signaling: SIGNALING });
    if (typeof first === 'string') throw new Error(first);
    expect([first.id, first.name, first.identity]).toEqual([created.network, 'Titles', identity]);
    expect(await first.invitation()).toBe(created.invitation);
    expect(await first.genesis()).toEqual(created.genesis);
    expect(first.status?.members.map(({ name }) => name)).toEqual(['Ghent', 'Bruges', 'Ostend', 'Ypres']);
    expect(first.status?.standing.kind).toBe('resuming');
    await expect.poll(() => NoSocket.opened).toContain(SIGNALING[0]);
    expect(await first.get('title/1')).toBe(undefined);
    await first.close();
    const again = await opened({ identity });
    if (typeof again === 'string') throw new Error(again);
    expect(again.id).toBe(created.network);
    expect(await again.invitation()).toBe(created.invitation);
  });

  it('does not open another network, or another version of the callback, with an identity that is bound', async () => {
    const joinSecret = secretOf(third.invitation);
    expect(await opened({ identity, genesis: third.genesis, joinSecret })).toBe('profile-bound-elsewhere');
    expect(await opened({ identity, rules: 2 })).toBe('rules-differ');
  });
});

describe('an open network without a quorum', () => {
  async function alone(): Promise<Network> {
    const network = await opened({ identity });
    if (typeof network === 'string') throw new Error(network);
    return network;
  }

  it('does not keep a caller waiting that gives up, or that closes it', async () => {
    const network = await alone();
    const giveUp = new AbortController();
    const waiting = network.set('title/1', 'x', { signal: giveUp.signal });
    giveUp.abort();
    expect(await waiting).toMatchObject({ error: { type: 'aborted' } });
    expect(await network.set('title/1', 'x', { signal: giveUp.signal })).toMatchObject({
      error: { type: 'aborted' },
    });
    const left = network.delete('title/2');
    await network.close();
    expect(await left).toMatchObject({ error: { type: 'stopped' } });
    expect(await network.set('title/1', 'x')).toMatchObject({ error: { type: 'stopped' } });
    expect(await network.read('title/1')).toMatchObject({ error: { type: 'stopped' } });
    await expect(network.get('title/1')).rejects.toBeInstanceOf(NetworkError);
  });

  it('says at once what can never be set, read or heard of', async () => {
    const network = await alone();
    expect(await network.set('', 1)).toMatchObject({ error: { type: 'key-malformed' } });
    expect(await network.set('x', (() => 1) as never)).toMatchObject({
      error: { type: 'value-unsupported' },
    });
    const large = new Uint8Array(MAX_BODY_BYTES + 1);
    expect(await network.set('x', large)).toMatchObject({ error: { type: 'too-large' } });
    expect(await network.read('network/epoch')).toMatchObject({ error: { type: 'key-malformed' } });
    expect(() => network.listen('k'.repeat(201), () => undefined)).toThrow(RangeError);
    expect(() => encodeValue(Symbol('x') as never)).toThrow(TypeError);
  });
});

describe('joining', () => {
  it('is given up by its signal: before it began and while it lasts, and the network can be joined after', async () => {
    vi.stubGlobal('indexedDB', browser);
    const before = AbortSignal.abort();
    expect(await join({ identity, signal: before })).toMatchObject({ error: { type: 'aborted' } });
    const stop = new AbortController();
    const joining = join({ identity, signal: stop.signal });
    stop.abort();
    const gaveUp = await joining;
    expect(gaveUp).toMatchObject({ error: { type: 'aborted' } });
    const again = await opened({ identity });
    expect(typeof again).not.toBe('string');
  });

  it('tells a test fixture of the network, and is not ended by its own signal once it is done', async () => {
    const told: Network[] = [];
    vi.stubGlobal('__COUNTERSIGN_TESTING__', (network: Network) => told.push(network));
    const stop = new AbortController();
    const network = await opened({ identity, signal: stop.signal });
    expect(told).toEqual([network]);
    stop.abort();
    expect(await told[0]!.read('title/1')).toEqual({ ok: true, value: null });
    vi.stubGlobal('__COUNTERSIGN_TESTING__', undefined);
  });
});

describe('an open network, from its page', () => {
  async function alone(): Promise<Network> {
    const network = await opened({ identity });
    if (typeof network === 'string') throw new Error(network);
    return network;
  }

  it('names its members with their keys, signs with its own, and shows what the replica does', async () => {
    const network = await alone();
    expect(network.members().map(({ label }) => label)).toEqual(['Ghent', 'Bruges', 'Ostend', 'Ypres']);
    expect(Buffer.from(network.members()[3]!.publicKey).toString('hex')).toBe(identity);
    const [one, same, other] = await Promise.all([1, 1, 2].map((n) => network.sign(Uint8Array.of(n))));
    expect(one).toMatchObject({ ok: true });
    expect(one).toEqual(same);
    expect(one).not.toEqual(other);
    expect(await network.sign(new Uint8Array(MAX_SIGNED_BYTES + 1))).toMatchObject({
      error: { type: 'too-large' },
    });
    expect(await network.inspect()).toMatchObject({ n: 4, f: 1, q: 3, self: 3, standing: 'resuming' });
    expect(await network.evidence()).toEqual([]);
    expect(await network.prove('title/1')).toMatchObject({ error: { type: 'not-held' } });
  });

  it('has loops that end with it, by their signal, and when they are left', async () => {
    const network = await alone();
    const seen: string[] = [];
    for await (const { key } of network.entries({ prefix: '' })) seen.push(key);
    expect(seen).toEqual([]);
    for await (const { n } of network.statuses()) {
      expect(n).toBe(4);
      break;
    }
    const stop = new AbortController();
    const count = async (loop: AsyncIterable<unknown>): Promise<number> => {
      let turns = 0;
      for await (const _ of loop) turns++;
      return turns;
    };
    const byItsSignal = count(network.changes('title/1', { signal: stop.signal }));
    stop.abort();
    expect(await byItsSignal).toBe(0);
    expect(await count(network.entries('title/1', { signal: stop.signal }))).toBe(0);
    expect(() => network.changes('')).toThrow(RangeError);
    expect(() => network.entries('network/epoch')).toThrow(RangeError);
    const withTheNetwork = [count(network.changes({ prefix: '' })), count(network.statuses())];
    await network[Symbol.asyncDispose]();
    expect(await Promise.all(withTheNetwork)).toEqual([0, 1]);
    await expect(count(network.entries({ prefix: '' }))).rejects.toMatchObject({ type: 'stopped' });
    expect(await count(network.changes({ prefix: '' }))).toBe(0);
    await expect(network.evidence()).rejects.toBeInstanceOf(NetworkError);
    await expect(network.chain()).rejects.toBeInstanceOf(NetworkError);
    expect(await network.sign(new Uint8Array())).toMatchObject({ error: { type: 'stopped' } });
    expect(await network.prove('title/1')).toMatchObject({ error: { type: 'stopped' } });
  });

  it('makes room for another listener when the signal of one is aborted', async () => {
    const network = await alone();
    const errors = vi.fn();
    vi.stubGlobal('reportError', errors);
    for (let i = 0; i < MAX_LISTENERS + 1; i++) {
      const stop = new AbortController();
      network.listen('title/1', () => undefined, { signal: stop.signal });
      stop.abort();
    }
    network.listen('title/1', () => undefined);
    // Calls of one port are answered in order: the listener was taken, or refused, before this.
    await network.read('title/1');
    expect(errors).not.toHaveBeenCalled();
  });

  it('checks a proof that somebody hands over, without being asked for an open network', async () => {
    const { network, genesis } = created;
    const checked = await verifyProof({ network, genesis, proof: new Uint8Array(10) });
    expect(checked).toMatchObject({ ok: false, error: { type: 'proof-malformed' } });
  });
});
