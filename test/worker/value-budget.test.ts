/** A member that brings in more than its share of bytes holds up itself, and nobody else. */
import { afterEach, describe, expect, it } from 'vitest';
import { asKey, asVersion, toHex, type Digest, type MemberIndex } from '../../src/codec/brand.ts';
import { MAX_VALUE_BYTES } from '../../src/codec/limits.ts';
import { randomBytes } from '../../src/crypto/keys.ts';
import { MAX_OPEN_BYTES_PER_AUTHOR } from '../../src/worker/limits.ts';
import { ValueCache } from '../../src/worker/replica/value-cache.ts';
import { Cluster, headOf, until } from './cluster.ts';

let cluster: Cluster;
afterEach(() => cluster?.stop());
const digest = (): Digest => toHex(randomBytes(32)) as Digest;
const key = (i: number) => asKey(`package/${i}`);
const [one, two] = [1, 2] as MemberIndex[];

describe('the cache', () => {
  it('counts pinned bytes by the member that brought them in, once, until they are needed no longer', () => {
    const cache = new ValueCache();
    const [a, b, c] = [digest(), digest(), digest()];
    cache.put(a, new Uint8Array(100), key(1), one!);
    cache.put(a, new Uint8Array(100), key(1), one!);
    cache.put(b, new Uint8Array(50), key(2), one!);
    cache.put(c, new Uint8Array(7), key(2), two!);
    expect([cache.bytesOf(one!), cache.bytesOf(two!)]).toEqual([150, 7]);
    cache.unpin(key(2));
    expect([cache.bytesOf(one!), cache.bytesOf(two!)]).toEqual([100, 0]);
    cache.release(a, key(9));
    expect(cache.bytesOf(one!)).toBe(100);
    cache.release(a, key(1));
    expect(cache.bytesOf(one!)).toBe(0);
    expect(cache.has(a)).toBe(true);
    expect(cache.pinnedBy.size).toBe(0);
  });
});

describe('a flood of large values', () => {
  it('is looked at up to the budget; another member is not held up', async () => {
    cluster = await Cluster.create(4);
    // Two of four: nothing can be decided, so what is proposed stays open.
    const [flooder, honest] = await Promise.all([0, 1].map((i) => cluster.start(i)));
    const others = await Promise.all([2, 3].map((i) => cluster.start(i)));
    await until('every replica may vote', () =>
      [flooder!, honest!, ...others].every((n) => n.standing.kind === 'voter'),
    );
    cluster.kill(2);
    cluster.kill(3);
    const size = MAX_VALUE_BYTES - 1024;
    const fits = Math.floor(MAX_OPEN_BYTES_PER_AUTHOR / (size + 64));
    for (let i = 0; i < fits + 8; i++) {
      const made = await flooder!.replica.propose(key(i), asVersion(1), null, new Uint8Array(size).fill(i));
      expect(made.ok).toBe(true);
    }
    const { cache, core } = honest!.replica;
    await until('the budget to be used up', () => cache.bytesOf(0 as MemberIndex) > (fits - 1) * size);
    await until('all of it to be heard of', () => core.instances.size === fits + 8);
    expect(cache.bytesOf(0 as MemberIndex)).toBeLessThanOrEqual(MAX_OPEN_BYTES_PER_AUTHOR);
    const started = [...core.instances.values()].filter((instance) => instance.ownVotes.length > 0);
    expect(started.length).toBeLessThanOrEqual(fits);

    // With the others back all of it is decided, and somebody else's proposal at once.
    const back = await Promise.all([2, 3].map((i) => cluster.start(i)));
    await until('the others vote', () => back.every((n) => n.standing.kind === 'voter'));
    await honest!.replica.propose(key(1000), asVersion(1), null, new Uint8Array(1000));
    await until('the honest decision', () => headOf(back[0]!, key(1000))?.version === 1);
  });
});
