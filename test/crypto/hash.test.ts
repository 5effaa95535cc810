import { hash as oracle } from 'blake3-wasm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/codec/brand.ts';
import { createHash, createPlainHash, hashBytes } from '../../src/crypto/hash.ts';

/** BLAKE3 test_vectors.json: input byte i is i mod 251; first 32 bytes of the output. */
const VECTORS: readonly [number, string][] = [
  [0, 'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262'],
  [1, '2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213'],
  [1024, '42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7'],
];
const pattern = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i % 251);

describe.each([
  ['wasm', createHash],
  ['plain', createPlainHash],
])('BLAKE3 by %s', (_name, create) => {
  it('gives the digests of the official vectors', async () => {
    const hash = await create();
    for (const [length, digest] of VECTORS) expect(hash(pattern(length))).toBe(digest);
    expect(toHex(hashBytes(hash, new Uint8Array(0)))).toBe(VECTORS[0]![1]);
  });

  it('two members with different libraries compute the same digest', async () => {
    const hash = await create();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), (bytes) => {
        expect(hash(bytes)).toBe(oracle(Buffer.from(bytes)).toString('hex'));
      }),
      { numRuns: 60 },
    );
  });

  it('one call leaves nothing behind for the next', async () => {
    const hash = await create();
    const other = await create();
    const first = hash(pattern(100));
    other(pattern(7));
    hash(pattern(3000));
    expect(hash(pattern(100))).toBe(first);
    expect(hash(pattern(200).subarray(0, 100))).toBe(first);
  });
});
