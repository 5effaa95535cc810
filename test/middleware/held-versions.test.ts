/** What an application asks about a version while the one after it is being written. */
import { afterEach, describe, expect, it } from 'vitest';
import { asKey, asVersion } from '../../src/codec/brand.ts';
import { createHash } from '../../src/crypto/hash.ts';
import { valueBytes } from '../../src/crypto/domains.ts';
import type { CertifiedEntry } from '../../src/store/types.ts';
import { OUTCOME_PATIENCE_MS } from '../../src/worker/kv/limits.ts';
import { Sets } from '../../src/worker/kv/sets.ts';
import type { Replica } from '../../src/worker/replica/replica.ts';
import { until } from '../worker/cluster.ts';
import { holdWrite, settled } from '../worker/held-write.ts';
import { bodyOf, KvCluster, versionOf, type KvNode } from './kv-cluster.ts';

let cluster: KvCluster | null = null;
afterEach(() => {
  cluster?.stop();
  cluster = null;
});

describe('a version that is held', () => {
  it('has a certificate and a proof while the version after it is being written', async () => {
    cluster = await KvCluster.create();
    const [a, b] = (await cluster.startAll()) as [KvNode, KvNode];
    await b.set('doc/1', 'first');
    await until('version 1', () => versionOf(a, 'doc/1') === 1);
    await a.node.replica.outbox.durable();
    const held = holdWrite(a.node.replica, asKey('doc/1'), 2);
    const set = b.set('doc/1', 'second');
    await until('the write of version 2', () => held.begun);
    const certificate = a.app.certificate('doc/1', 1);
    const proof = a.app.prove('doc/1', 1);
    await settled();
    held.go();
    expect(await certificate).toMatchObject({ version: 1 });
    expect(await proof).toMatchObject({ ok: true });
    expect(await set).toMatchObject({ ok: true });
  });

  it('is the outcome of a set, however long the version after it takes to be written', async () => {
    const hash = await createHash();
    const key = asKey('doc/1');
    const digest = hash(valueBytes(null, bodyOf(1)));
    const certificate = { epoch: 'e', round: 0, groups: [] };
    const entry = (version: number): CertifiedEntry =>
      ({ key, version: asVersion(version), digest, certificate }) as unknown as CertifiedEntry;
    const heads = new Map<string, CertifiedEntry>();
    const history: CertifiedEntry[] = [];
    let write: (() => void) | null = null;
    let now = 0;
    const clock = {
      now: () => now,
      wall: () => now,
      // As soon as there is nothing else to do; an endless patience never ends.
      setTimeout: (run: () => void, delay: number) =>
        delay === Number.POSITIVE_INFINITY ? undefined : setImmediate(() => ((now += delay), run())),
      clearTimeout: (handle: unknown) => clearImmediate(handle as NodeJS.Immediate),
    };
    const replica = {
      heads,
      held: () => Promise.resolve(null),
      // Decided elsewhere while the own check went on, and the next version after it.
      propose: () => {
        heads.set(key, entry(2));
        return Promise.resolve({ ok: false, error: { type: 'version-passed', message: '' } });
      },
      outbox: { durable: () => new Promise<boolean>((resolve) => (write = () => resolve(true))) },
      options: { clock, hash, store: { history: () => Promise.resolve(history) } },
    } as unknown as Replica;
    const sets = new Sets({ replica, clock, changed: () => undefined });
    sets.begin('one', key, bodyOf(1), { base: null, retry: false });
    const outcome = sets.outcome('one', Number.POSITIVE_INFINITY);
    await until('it waits for the write, or no more', () => write !== null || now > OUTCOME_PATIENCE_MS);
    now += 2 * OUTCOME_PATIENCE_MS;
    history.push(entry(1));
    (write as (() => void) | null)?.();
    expect(await outcome).toMatchObject({ ok: true, value: { key, version: 1, digest } });
  });
});
