/** Pause, expiry, and many sessions that are committed together. */
import { beforeEach, describe, expect, it } from 'vitest';
import { asKey, type Key } from '../../src/codec/brand.ts';
import { decode, encode, type CborValue } from '../../src/codec/cbor.ts';
import { ok, type Failure, type Result } from '../../src/codec/result.ts';
import { createProposer } from '../../src/l2/proposer.ts';
import type { L2Ports, SessionProposal } from '../../src/l2/types.ts';
import { BRAVO, post } from './counter.ts';
import { Device, errorOf, KEY, Ledger, must } from './world.ts';

let ledger: Ledger;
let device: Device;

beforeEach(() => {
  ledger = new Ledger();
  device = new Device(ledger, BRAVO);
});
const named = (i: number): Key =>
  asKey(`counter/${[...String(i)].map((d) => 'abcdefghij'[Number(d)]).join('')}`);
const start = async (key = KEY): Promise<string> =>
  must(await device.buffer.start(key, 'op', post('/create', { total: 1 }))).id;

describe('a session that rests', () => {
  it('takes no step, undo or commit until it is continued, also after a crash', async () => {
    const id = await start();
    must(await device.buffer.step(id, post('/finish')));
    expect(must(await device.buffer.pause(id))).toMatchObject({ pausedAt: expect.any(Number) });
    await device.restart();
    for (const call of [
      device.buffer.step(id, post('/add', { n: 1 })),
      device.buffer.undo(id),
      device.buffer.commit(id),
    ])
      expect(errorOf<Failure>(await (call as Promise<Result<unknown>>))).toMatchObject({
        type: 'session-paused',
      });
    expect(errorOf(await device.buffer.start(KEY, 'op', post('/create', { total: 1 })))).toMatchObject({
      type: 'session-open-elsewhere',
    });
    const { pausedAt } = must(await device.buffer.unpause(id));
    expect(pausedAt).toBeUndefined();
    must(await device.buffer.commit(id));
    expect(errorOf(await device.buffer.pause(id))).toMatchObject({ type: 'session-closed' });
  });
});

describe('a session that was forgotten', () => {
  it('ends when nobody has touched it, keeps its steps in the list, and frees its package', async () => {
    const id = await start();
    const other = await start(named(1));
    must(await device.buffer.step(other, post('/finish')));
    must(await device.buffer.commit(other));
    await device.buffer.expire(1_000_000);
    expect(device.buffer.get(id)!.status.state).toBe('local');
    await device.buffer.expire(-1);
    expect(device.buffer.get(id)).toMatchObject({
      status: { state: 'abandoned', why: 'expired' },
      transactions: [{}],
    });
    // What is being voted on is not forgotten.
    expect(device.buffer.get(other)!.status.state).toBe('voting');
    await device.restart();
    expect(device.buffer.get(id)!.status).toEqual({ state: 'abandoned', why: 'expired' });
    await start();
  });

  it('is measured from the last step, not from its start', async () => {
    const id = await start();
    for (let i = 0; i < 20; i++) must(await device.buffer.step(id, post('/add', { n: 1 })));
    await device.buffer.expire(15);
    expect(device.buffer.get(id)!.status.state).toBe('local');
  });
});

describe('stored by an earlier copy of the app', () => {
  it('a session is taken up', async () => {
    const id = await start();
    const stored = decode(device.disk.get(id)!, 1_000_000);
    if (!stored.ok) throw new Error(stored.error.message);
    const first: Record<string, CborValue> = { ...(stored.value as Record<string, CborValue>), format: 1 };
    for (const name of ['mirror', 'nodes', 'pausedAt', 'touchedAt']) delete first[name];
    device.disk.set(id, encode(first));
    await device.restart();
    expect(device.buffer.damaged()).toEqual([]);
    must(await device.buffer.step(id, post('/add', { n: 1 })));
  });
});

describe('committed together', () => {
  const batches = (): { calls: SessionProposal[][]; ports: Pick<L2Ports, 'propose' | 'proposeBatch'> } => {
    const calls: SessionProposal[][] = [];
    const proposeBatch = async (proposals: readonly SessionProposal[]) => {
      calls.push([...proposals]);
      return proposals.map((p) => ok({ digest: p.key as never }));
    };
    const propose = async (
      key: Key,
      version: SessionProposal['version'],
      previous: SessionProposal['previous'],
      body: Uint8Array,
    ) => (await proposeBatch([{ key, version, previous, body }]))[0]!;
    return { calls, ports: { propose, proposeBatch } };
  };
  const proposal = (i: number): SessionProposal => ({
    key: named(i),
    version: 1 as never,
    previous: null,
    body: new Uint8Array(),
  });

  it('what ends in one turn, or with one group of tickets, goes to L1 as one; nothing else waits', async () => {
    const { calls, ports } = batches();
    const proposer = createProposer(ports);
    await Promise.all([proposer.propose(proposal(1)), proposer.propose(proposal(2))]);
    expect(calls.map((c) => c.length)).toEqual([2]);
    const [a, b, c] = proposer.together(3);
    const waiting = [a!.propose(proposal(3)), b!.propose(proposal(4))];
    await proposer.propose(proposal(5));
    expect(calls.map((one) => one.length)).toEqual([2, 1]);
    c!.done();
    c!.done();
    await Promise.all(waiting);
    expect(calls.map((one) => one.length)).toEqual([2, 1, 2]);
  });

  it('a failure of the replica reaches everybody who waits', async () => {
    const broken = async (): Promise<never> => Promise.reject(new Error('gone'));
    const proposer = createProposer({ propose: broken, proposeBatch: broken });
    const results = await Promise.allSettled([proposer.propose(proposal(1)), proposer.propose(proposal(2))]);
    expect(results.map((one) => one.status)).toEqual(['rejected', 'rejected']);
  });

  it('a shift: one that cannot be committed holds back none, and two calls at once do not block each other', async () => {
    const ids = await Promise.all(Array.from({ length: 30 }, (_, i) => start(named(i))));
    for (const [i, id] of ids.entries()) if (i !== 7) must(await device.buffer.step(id, post('/finish')));
    const twice = [...ids, ids[3]!, 'f'.repeat(32)];
    const [first, second] = await Promise.all([
      device.buffer.commitAll(twice),
      device.buffer.commitAll([...ids].reverse()),
    ]);
    expect(first.map((one) => (one.ok ? 'ok' : one.error.type)).filter((one) => one !== 'ok')).toEqual([
      'session-incomplete',
      'session-unknown',
    ]);
    expect(second.filter((one) => one.ok)).toHaveLength(29);
    expect(new Set(device.proposals.map((p) => p.digest)).size).toBe(29);
    // A crash in the middle of it loses nothing: the same bytes again.
    await device.restart();
    expect(new Set(device.proposals.map((p) => p.digest)).size).toBe(29);
  });

  it('killed at every await: each session is either not begun to commit, or proposed with the same bytes', async () => {
    for (let at = 0; at < 30; at++) {
      ledger = new Ledger();
      device = new Device(ledger, BRAVO);
      const ids = await Promise.all(Array.from({ length: 5 }, (_, i) => start(named(i))));
      for (const id of ids) must(await device.buffer.step(id, post('/finish')));
      device.kill = { afterCalls: at, effect: at % 2 === 0 };
      await Promise.race([device.buffer.commitAll(ids), device.killed]);
      await device.restart();
      device.kill = null;
      for (const one of await device.buffer.commitAll(ids)) must(one);
      const digests = new Map<string, Set<string>>();
      for (const p of device.proposals)
        digests.set(p.sessionId, (digests.get(p.sessionId) ?? new Set()).add(p.digest));
      expect([...digests.values()].map((set) => set.size)).toEqual([1, 1, 1, 1, 1]);
    }
  });
});
