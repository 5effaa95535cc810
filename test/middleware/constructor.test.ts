/**
 * `openNetwork` as an application calls it: page side, Comlink, worker side and database, with what a browser has and Node lacks played
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
  encodeValue,
  identities,
  MAX_BODY_BYTES,
  NetworkError,
  openNetwork,
  sealNetwork,
  type Network,
  type OpenOptions,
  type Sealed,
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

let sealed: Sealed;
let other: Sealed;
/** Lists this member too. */
let third: Sealed;
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
  sealed = await sealOf(draft, memberKeys);
  const namur = await memberOf(draft, 'Namur');
  other = await sealOf(draft, [...memberKeys.slice(0, 3), namur]);
  third = await sealOf(draft, [...memberKeys.slice(1), namur]);
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

async function sealOf(draft: string, memberKeys: readonly string[]): Promise<Sealed> {
  const made = await sealNetwork({ draft, memberKeys, signaling: SIGNALING });
  if (!made.ok) throw new Error(made.error.message);
  return made.value;
}

/** In the member's browser; each opening with the databases that the one before left. */
async function opened(options: OpenOptions): Promise<Network | string> {
  vi.stubGlobal('indexedDB', browser);
  const result = await openNetwork(options);
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
    const joinSecret = secretOf(sealed.invitation);
    expect(await opened({ genesis: sealed.genesis })).toBe('invitation-malformed');
    expect(await opened({ joinSecret })).toBe('invitation-malformed');
    expect(await opened({})).toBe('profile-unknown');
  });

  it('refuses a damaged secret, a damaged genesis and one that does not list this member', async () => {
    const joinSecret = secretOf(sealed.invitation);
    const { genesis } = sealed;
    expect(await opened({ genesis, joinSecret: joinSecret.slice(1) })).toBe('invitation-malformed');
    expect(await opened({ genesis: genesis.slice(1), joinSecret })).toBe('genesis-malformed');
    expect(await opened({ genesis: other.genesis, joinSecret })).toBe('not-in-genesis');
    vi.stubGlobal('indexedDB', browser);
    expect((await identities())[0]!.network).toBe(null);
  });

  it('opens the network that an invitation would open, meets where it would, and the identity alone opens it again', async () => {
    const joinSecret = secretOf(sealed.invitation);
    const first = await opened({ genesis: sealed.genesis, joinSecret, signaling: SIGNALING });
    if (typeof first === 'string') throw new Error(first);
    expect([first.id, first.name, first.identity]).toEqual([sealed.network, 'Titles', identity]);
    expect(await first.invitation()).toBe(sealed.invitation);
    expect(await first.genesis()).toEqual(sealed.genesis);
    expect(first.status?.members.map(({ name }) => name)).toEqual(['Ghent', 'Bruges', 'Ostend', 'Ypres']);
    expect(first.status?.standing.kind).toBe('resuming');
    await expect.poll(() => NoSocket.opened).toContain(SIGNALING[0]);
    expect(await first.get('title/1')).toBe(undefined);
    await first.close();
    const again = await opened({ identity });
    if (typeof again === 'string') throw new Error(again);
    expect(again.id).toBe(sealed.network);
    expect(await again.invitation()).toBe(sealed.invitation);
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
