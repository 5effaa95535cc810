import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/codec/brand.ts';
import { createNobleBls } from '../../src/crypto/bls-noble.ts';
import { BoundedCache } from '../../src/crypto/bytes.ts';
import { createNobleEd25519 } from '../../src/crypto/ed25519.ts';
import {
  createSigner,
  generateSecretKeys,
  generateWrappingKey,
  newInstanceId,
  newLogId,
  randomHex,
  sealSecretKeys,
  unsealSecretKeys,
} from '../../src/crypto/keys.ts';

const bls = createNobleBls();

describe('secret keys', () => {
  it('come back after sealing, as after a restart', async () => {
    const keys = generateSecretKeys();
    const wrapping = await generateWrappingKey();
    const sealed = await sealSecretKeys(keys, wrapping);
    expect(await unsealSecretKeys(sealed, wrapping)).toEqual({ ok: true, value: keys });
  });

  it('are not readable in the sealed bytes, and two seals differ', async () => {
    const keys = generateSecretKeys();
    const wrapping = await generateWrappingKey();
    const first = toHex(await sealSecretKeys(keys, wrapping));
    expect(first).not.toContain(toHex(keys.voteSeed));
    expect(first).not.toContain(toHex(keys.certificateSecret));
    expect(toHex(await sealSecretKeys(keys, wrapping))).not.toBe(first);
  });

  it('damaged or foreign seals give an error that names the next step', async () => {
    const wrapping = await generateWrappingKey();
    const sealed = await sealSecretKeys(generateSecretKeys(), wrapping);
    const spoiled = new Uint8Array(sealed);
    spoiled[20]! ^= 1;
    for (const [bytes, key] of [
      [spoiled, wrapping],
      [sealed.subarray(0, 10), wrapping],
      [new Uint8Array(0), wrapping],
      [sealed, await generateWrappingKey()],
    ] as const) {
      const result = await unsealSecretKeys(bytes, key);
      expect(result).toMatchObject({ ok: false, error: { type: 'keys-cannot-be-unsealed' } });
      if (!result.ok) expect(result.error.message).toMatch(/Import the exported keys/);
    }
  });

  it('the wrapping key survives a structured clone and cannot be exported', async () => {
    const wrapping = await generateWrappingKey();
    expect(wrapping.extractable).toBe(false);
    await expect(crypto.subtle.exportKey('raw', wrapping)).rejects.toThrow();
    const keys = generateSecretKeys();
    expect(
      await unsealSecretKeys(await sealSecretKeys(keys, wrapping), structuredClone(wrapping)),
    ).toMatchObject({ ok: true });
  });

  it('a signer signs for its keys, and its secrets cannot be reached', async () => {
    const keys = generateSecretKeys();
    const signer = await createSigner(keys, bls);
    const message = new TextEncoder().encode('vote');
    const hex = [toHex(keys.voteSeed), toHex(keys.certificateSecret)];
    keys.voteSeed.fill(0);
    keys.certificateSecret.fill(0);
    expect(
      await createNobleEd25519().verify(signer.voteKey, message, await signer.signEd25519(message)),
    ).toBe(true);
    const key = Uint8Array.from(Buffer.from(signer.certificateKey, 'hex'));
    expect(bls.verify(key, message, signer.signShare(message))).toBe(true);
    expect(Object.keys(signer).sort()).toEqual(['certificateKey', 'signEd25519', 'signShare', 'voteKey']);
    for (const secret of hex) expect(JSON.stringify(signer)).not.toContain(secret);
  });

  it('a seed of a wrong length makes no signer', async () => {
    const keys = generateSecretKeys();
    await expect(createSigner({ ...keys, voteSeed: new Uint8Array(31) }, bls)).rejects.toThrow();
    await expect(createSigner({ ...keys, certificateSecret: new Uint8Array(32) }, bls)).rejects.toThrow(
      RangeError,
    );
  });
});

describe('random ids', () => {
  it('have the length of their format, and do not repeat', () => {
    expect(newLogId()).toMatch(/^[0-9a-f]{32}$/);
    expect(newInstanceId()).toMatch(/^[0-9a-f]{32}$/);
    expect(randomHex(5)).toMatch(/^[0-9a-f]{10}$/);
    expect(new Set(Array.from({ length: 50 }, newLogId)).size).toBe(50);
    expect(() => randomHex(-1)).toThrow(RangeError);
  });
});

describe('bounded cache', () => {
  it('forgets what was used least recently, so that strangers cannot fill the memory', () => {
    const cache = new BoundedCache<number>(2);
    cache.set('a', 1);
    cache.set('b', 2);
    expect(cache.get('a')).toBe(1);
    cache.set('c', 3);
    expect(cache.get('b')).toBeUndefined();
    expect(cache.get('a')).toBe(1);
    expect(cache.size).toBe(2);
  });
});
