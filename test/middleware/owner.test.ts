import { ed25519 } from '@noble/curves/ed25519.js';
import { describe, expect, it } from 'vitest';
import { allow, change, type Owned } from '../../examples/owner/owner.ts';
import type { Change, Network, Value } from 'countersign';

const [alice, bob] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
const publicKey = (secret: Uint8Array): Uint8Array => ed25519.getPublicKey(secret);

/** What the example would propose on a network that stands as `version` and `previous` say. */
async function proposed(
  secret: Uint8Array,
  owner: Uint8Array,
  content: Value,
  at: { network?: string; key?: string; version?: number; previous?: Value } = {},
): Promise<Change> {
  const { network = 'n1', key = 'title/1', version = 1, previous } = at;
  let value: Value | undefined;
  const standIn = {
    id: network,
    read: async () => ({ ok: true, value: version > 1 ? { version: version - 1 } : null }),
    set: async (_: string, given: Value, { base }: { base: number }) => {
      expect(base).toBe(version - 1);
      value = given;
    },
  };
  await change(standIn as unknown as Network, key, secret, owner, content);
  const held = previous === undefined ? null : { value: previous, digest: 'd'.repeat(64) };
  return { network, key, version, previous: held, value, epoch: 0, members: [] };
}

describe('the owner example', () => {
  it('lets nobody but the present owner change or pass on a value', async () => {
    const first = await proposed(alice, publicKey(alice), 'field');
    expect(allow(first)).toBe(true);
    const previous = first.value!;
    expect(allow(await proposed(bob, publicKey(bob), 'mine', { version: 2, previous }))).toBe(false);
    const sold = await proposed(alice, publicKey(bob), 'sold', { version: 2, previous });
    expect(allow(sold)).toBe(true);
    const then = { version: 3, previous: sold.value! };
    expect(allow(await proposed(alice, publicKey(alice), 'back', then))).toBe(false);
    expect(allow(await proposed(bob, publicKey(bob), 'garden', then))).toBe(true);
  });

  it('does not take a signature for another key, version, network, owner or content', async () => {
    const first = await proposed(alice, publicKey(alice), 'field');
    const owned = first.value as unknown as Owned & { readonly [name: string]: Value };
    expect(allow({ ...first, key: 'title/2' })).toBe(false);
    expect(allow({ ...first, network: 'n2' })).toBe(false);
    expect(allow({ ...first, version: 2, previous: { value: owned, digest: 'd'.repeat(64) } })).toBe(false);
    expect(allow({ ...first, value: { ...owned, content: 'castle' } })).toBe(false);
    expect(allow({ ...first, value: { ...owned, owner: publicKey(bob) } })).toBe(false);
  });

  it('refuses deletes and other shapes, and does not throw over them', async () => {
    const first = await proposed(alice, publicKey(alice), 'field');
    const owned = first.value as unknown as Owned & { readonly [name: string]: Value };
    const shapes: (Value | undefined)[] = [
      undefined, null, 1, 'x', [], new Uint8Array(64), {}, { ...owned, extra: 1 }, { ...owned, owner: 'x' },
      { ...owned, owner: new Uint8Array(32).fill(255) }, { ...owned, signature: new Uint8Array(64) },
    ]; // prettier-ignore
    for (const value of shapes) expect(allow({ ...first, value })).toBe(false);
  });
});
