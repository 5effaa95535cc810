import { describe, expect, it } from 'vitest';
import { asVersion } from '../../src/codec/brand.ts';
import { canonical } from '../../src/l2/canonical.ts';
import { runRequest } from '../../src/l2/execute.ts';
import { MAX_REQUEST_BYTES } from '../../src/l2/limits.ts';
import { createRegistry } from '../../src/l2/registry.ts';
import type { HandlerContext, ServiceRequest } from '../../src/l2/types.ts';
import { ALPHA, counterRegistry, genesisOf, NETWORK, post, services } from './counter.ts';
import { runTwice } from './determinism.ts';
import { hash, KEY, verify } from './world.ts';

const context: HandlerContext = {
  key: KEY,
  network: NETWORK,
  genesis: genesisOf(),
  member: ALPHA,
  operator: 'op-7',
  baseVersion: asVersion(1),
  earlier: [],
  hash,
  verifyEd25519: verify,
};
const record = { total: 1, notes: [], open: true };
const run = (request: ServiceRequest, rulesVersion = 1) =>
  runRequest(counterRegistry([1, 2]), rulesVersion, record, request, context);

describe('the service registry', () => {
  it('re-executes old evidence by the handler of its own rules version', async () => {
    expect((await run(post('/add', { n: 2 }), 1)).record).toMatchObject({ total: 3 });
    expect((await run(post('/add', { n: 2 }), 2)).record).toMatchObject({ total: 5 });
    const registry = counterRegistry([1, 2]);
    expect(registry.list(1).filter((s) => s.path === '/add')).toHaveLength(1);
    expect(registry.list(2).find((s) => s.path === '/add')?.since).toBe(2);
    expect(registry.find(3, 'POST', '/add')).toBeUndefined();
  });

  it('refuses to be built with two handlers for one place', () => {
    expect(() =>
      createRegistry(
        [services[0]!, services[0]!],
        [1],
        () => null,
        () => null,
      ),
    ).toThrow(RangeError);
  });
});

describe('one request', () => {
  it('an unknown service, a forbidden role and a malformed request do not reach a handler', async () => {
    expect(await run(post('/nothing'))).toMatchObject({
      outcome: 'service-unknown',
      response: { status: 404 },
      record,
    });
    const forbidden = await run(post('/courier-only', { n: 1 }));
    expect(forbidden).toMatchObject({
      outcome: 'role-not-allowed',
      response: { status: 403, body: { type: 'role-not-allowed' } },
    });
    for (const request of [
      post('no-slash'),
      post(`/${'x'.repeat(200)}`),
      { method: 'POST' as const, path: '/add', body: undefined as never },
      post('/add', 'x'.repeat(MAX_REQUEST_BYTES)),
      { method: 'PATCH' as never, path: '/add', body: null },
    ]) {
      expect(await run(request)).toMatchObject({
        outcome: 'request-malformed',
        response: { status: 400 },
        record,
      });
    }
    let deep: unknown = 1;
    for (let i = 0; i < 30; i++) deep = [deep];
    expect(await run(post('/add', deep as never))).toMatchObject({ outcome: 'request-malformed' });
  });

  it('a handler that throws, changes its input or gives what cannot be written does not kill the replica', async () => {
    for (const path of ['/boom', '/surrogate', '/mutate', '/unwritable', '/nan']) {
      const execution = await run(post(path));
      expect(execution, path).toMatchObject({ outcome: 'handler-failed', response: { status: 500 } });
      expect(execution.record).toBe(record);
    }
    expect(record.total).toBe(1);
  });

  it('a handler at the device sees the same order of fields as one that re-executes from bytes', async () => {
    const here = await run(post('/fields', { zebra: 1, ant: 2, bee: 3 }));
    const there = await run(post('/fields', { bee: 3, ant: 2, zebra: 1 }));
    expect(there.responseBytes).toEqual(here.responseBytes);
  });

  it('canonical form settles negative zero, and refuses unpaired surrogates and cycles', () => {
    const form = canonical({ zero: -0, text: 'ab' }, 1000);
    if (!form.ok) throw new Error(form.error.message);
    const again = canonical(form.value.value, 1000);
    expect(again.ok && again.value.bytes).toEqual(form.value.bytes);
    expect(Object.is((form.value.value as { zero: number }).zero, 0)).toBe(true);
    expect(canonical('a\ud800b', 1000).ok).toBe(false);
    const cycle: unknown[] = [];
    cycle.push(cycle);
    expect(canonical(cycle, 1000).ok).toBe(false);
  });
});

describe('determinism', () => {
  const workflow = (paths: readonly ServiceRequest[]) =>
    runTwice({ registry: counterRegistry(), rulesVersion: 1, context, record, requests: paths });

  it('handlers give equal bytes under another clock, randomness and order of fields', async () => {
    const { first, second, statuses } = await workflow([
      post('/open'),
      post('/add', { n: 3, b: 1, a: 2 }),
      post('/note', { text: 'x' }),
      post('/fields', { b: 1, a: 2 }),
      post('/finish'),
    ]);
    expect(second).toEqual(first);
    expect(statuses).toEqual([200, 200, 200, 200, 200]);
  });

  it('finds a handler that reads the clock', async () => {
    const { first, second } = await workflow([post('/clock')]);
    expect(second).not.toEqual(first);
  });
});
