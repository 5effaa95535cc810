import { ed25519 as curve } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fromHex, toHex, type VoteKey } from '../../src/codec/brand.ts';
import {
  createEd25519,
  createNobleEd25519,
  createWebCryptoEd25519,
  isValidVoteKey,
  voteKeyOf,
} from '../../src/crypto/ed25519.ts';
import { generateEd25519, signEd25519 } from '../../src/crypto/keys.ts';

const { Point } = curve;
const L = Point.Fn.ORDER;
const P = 2n ** 255n - 19n;
const webcrypto = createWebCryptoEd25519();
const noble = createNobleEd25519();

/** RFC 8032 section 7.1: seed, public key, message, signature. */
const VECTORS: readonly [string, string, string, string][] = [
  [
    '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  ],
  [
    '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ],
  [
    'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    'af82',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  ],
];

const little = (value: bigint): Uint8Array =>
  Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
const concat = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));
const hashToScalar = (...parts: Uint8Array[]): bigint =>
  BigInt(`0x${toHex(new Uint8Array(sha512(concat(...parts))).reverse())}`) % L;

/** The eight points of small order, and their encodings that are not canonical. */
const SMALL = (() => {
  const eighth = Point.fromBytes(fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'));
  return Array.from({ length: 8 }, (_, i) => (i === 0 ? Point.ZERO : eighth.multiplyUnsafe(BigInt(i))));
})();
const NON_CANONICAL = [
  P,
  P + 1n,
  P + 2n,
  P + 18n,
  1n | (1n << 255n),
  (P - 1n) | (1n << 255n),
  P | (1n << 255n),
].map(little);

/** A signature (R, S) that satisfies the cofactored equation: r B + stray, under a key a B + keyStray. */
function craft(
  a: bigint,
  r: bigint,
  message: Uint8Array,
  keyStray: number,
  stray: number,
): { key: Uint8Array; signature: Uint8Array } {
  const key = Point.BASE.multiply(a).add(SMALL[keyStray]!).toBytes();
  const R = Point.BASE.multiply(r).add(SMALL[stray]!).toBytes();
  return { key, signature: concat(R, little((r + hashToScalar(R, key, message) * a) % L)) };
}

async function verdicts(key: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  const hex = toHex(key) as VoteKey;
  const [first, second] = await Promise.all([
    webcrypto.verify(hex, message, signature),
    noble.verify(hex, message, signature),
  ]);
  expect(second, `key ${hex} signature ${toHex(signature)}`).toBe(first);
  return first;
}

describe('Ed25519', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('signs and verifies the vectors of RFC 8032', async () => {
    for (const [seed, key, message, signature] of VECTORS) {
      expect(voteKeyOf(fromHex(seed))).toBe(key);
      expect(toHex(await signEd25519(fromHex(seed), fromHex(message)))).toBe(signature);
      expect(await verdicts(fromHex(key), fromHex(message), fromHex(signature))).toBe(true);
      expect(
        await verdicts(fromHex(key), concat(fromHex(message), new Uint8Array(1)), fromHex(signature)),
      ).toBe(false);
    }
  });

  it('members agree that no key of small order signs anything', async () => {
    const message = new Uint8Array([1]);
    const keys = [...SMALL.map((point) => point.toBytes()), ...NON_CANONICAL];
    const rs = [...keys, Point.BASE.toBytes()];
    for (const key of keys) {
      expect(isValidVoteKey(toHex(key))).toBe(false);
      for (const r of rs) {
        for (const s of [0n, 1n]) expect(await verdicts(key, message, concat(r, little(s)))).toBe(false);
      }
    }
  });

  it('members agree on R of small order under an honest key', async () => {
    const a = 12345n;
    const message = new Uint8Array([2]);
    const key = Point.BASE.multiply(a).toBytes();
    for (const R of [...SMALL.map((point) => point.toBytes()), ...NON_CANONICAL]) {
      const s = (hashToScalar(R, key, message) * a) % L;
      expect(await verdicts(key, message, concat(R, little(s)))).toBe(false);
    }
  });

  it('members agree on stray components, where cofactored and cofactorless verification differ', async () => {
    let accepted = 0;
    let apart = 0;
    for (let i = 0; i < 40; i++) {
      const message = new Uint8Array([i]);
      const { key, signature } = craft(777n + BigInt(i), 999n, message, i % 8, (i >> 3) % 8);
      const cofactored = curve.verify(signature, message, key);
      const ours = await verdicts(key, message, signature);
      if (ours) accepted++;
      if (cofactored && !ours) apart++;
    }
    // Both kinds occur, so that the agreement above is about something.
    expect(accepted).toBeGreaterThan(0);
    expect(apart).toBeGreaterThan(0);
  });

  it('a key with a stray component is not admitted, though its encoding is canonical', () => {
    for (let i = 1; i < 8; i++)
      expect(isValidVoteKey(toHex(Point.BASE.multiply(5n).add(SMALL[i]!).toBytes()))).toBe(false);
    expect(isValidVoteKey(generateEd25519().publicKey)).toBe(true);
    expect(isValidVoteKey('zz')).toBe(false);
    expect(isValidVoteKey(toHex(little(2n)))).toBe(false);
  });

  it('members agree that S must be below L, so that a signature has one form', async () => {
    const [, key, message, signature] = VECTORS[1]!;
    const bytes = fromHex(signature);
    const s = BigInt(`0x${toHex(bytes.slice(32).reverse())}`);
    for (const twin of [s + L, s + 2n * L, s + 8n * L]) {
      expect(await verdicts(fromHex(key), fromHex(message), concat(bytes.slice(0, 32), little(twin)))).toBe(
        false,
      );
    }
    expect(await verdicts(fromHex(key), fromHex(message), concat(bytes.slice(0, 32), little(L)))).toBe(false);
  });

  it('members agree on damaged signatures, keys and lengths', async () => {
    const { seed, publicKey } = generateEd25519();
    const message = new TextEncoder().encode('vote');
    const signature = await signEd25519(seed, message);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 511 }), fc.boolean(), async (bit, inKey) => {
        const key = fromHex(publicKey);
        const spoiled = new Uint8Array(signature);
        if (inKey) key[(bit >> 3) & 31]! ^= 1 << (bit & 7);
        else spoiled[bit >> 3]! ^= 1 << (bit & 7);
        expect(await verdicts(key, message, spoiled)).toBe(false);
      }),
      { numRuns: 80 },
    );
    for (const length of [0, 32, 63, 65]) {
      expect(await verdicts(fromHex(publicKey), message, new Uint8Array(length).fill(1))).toBe(false);
    }
    expect(await webcrypto.verify(publicKey.toUpperCase() as VoteKey, message, signature)).toBe(false);
    expect(await noble.verify(publicKey.slice(2) as VoteKey, message, signature)).toBe(false);
  });

  it('takes WebCrypto where it works, and the fallback where the platform lacks Ed25519', async () => {
    expect((await createEd25519()).name).toBe('webcrypto');
    vi.stubGlobal('crypto', {
      getRandomValues: (bytes: Uint8Array) => bytes,
      subtle: {
        importKey: () => Promise.reject(new DOMException('Unrecognized name.', 'NotSupportedError')),
      },
    });
    const fallback = await createEd25519();
    expect(fallback.name).toBe('noble');
    const [seed, key, message, signature] = VECTORS[2]!;
    expect(await fallback.verify(key as VoteKey, fromHex(message), fromHex(signature))).toBe(true);
    expect(toHex(await signEd25519(fromHex(seed), fromHex(message)))).toBe(signature);
  });
});
