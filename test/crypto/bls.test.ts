import { PointG1 as OracleG1, PointG2 as OracleG2, pairing as oraclePairing } from '@noble/bls12-381';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fromHex, toHex } from '../../src/codec/brand.ts';
import { createMclBls } from '../../src/crypto/bls-mcl.ts';
import { createNobleBls } from '../../src/crypto/bls-noble.ts';
import { POSSESSION_TAG, SIGNATURE_TAG } from '../../src/crypto/bls-scheme.ts';
import { createBls } from '../../src/crypto/bls.ts';
import { countingRandom, runBlsSuite } from './bls-suite.ts';

runBlsSuite('mcl', createMclBls);
runBlsSuite('noble', createNobleBls);

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('backends side by side', () => {
  it('two members with different backends write the same bytes', async () => {
    const mcl = await createMclBls();
    const noble = createNobleBls();
    const random = countingRandom();
    for (let i = 0; i < 12; i++) {
      const secret = mcl.secretKeyFrom(random(48));
      const message = random(i * 37);
      expect(toHex(noble.publicKey(secret))).toBe(toHex(mcl.publicKey(secret)));
      const signature = mcl.sign(secret, message);
      expect(toHex(noble.sign(secret, message))).toBe(toHex(signature));
      expect(toHex(noble.provePossession(secret, message))).toBe(toHex(mcl.provePossession(secret, message)));
      expect(noble.verify(mcl.publicKey(secret), message, signature)).toBe(true);
      expect(mcl.verify(noble.publicKey(secret), message, signature)).toBe(true);
      const shares = [signature, mcl.sign(mcl.secretKeyFrom(random(48)), message)];
      expect(toHex(noble.aggregate(shares)!)).toBe(toHex(mcl.aggregate(shares)!));
    }
  });

  it('an independent implementation finds the same keys, signatures and proofs', async () => {
    const bls = await createMclBls();
    for (const [tag, make] of [
      [SIGNATURE_TAG, bls.sign],
      [POSSESSION_TAG, bls.provePossession],
    ] as const) {
      const secret = bls.secretKeyFrom(new Uint8Array(48).fill(0x42));
      const message = utf8('independent');
      const hashed = await OracleG1.hashToCurve(message, { DST: tag });
      const signature = hashed.multiply(BigInt(`0x${toHex(secret)}`));
      expect(toHex(make(secret, message))).toBe(signature.toHex(true));
      const key = OracleG2.fromHex(bls.publicKey(secret));
      expect(oraclePairing(signature, OracleG2.BASE).equals(oraclePairing(hashed, key))).toBe(true);
      expect(key.equals(OracleG2.fromPrivateKey(secret))).toBe(true);
    }
  });

  it('hashes to the points of RFC 9380, appendix J.9.1', () => {
    // The tag differs from ours; what is checked is that the library both backends are compared with follows the standard.
    const tag = 'QUUX-V01-CS02-with-BLS12381G1_XMD:SHA-256_SSWU_RO_';
    const vectors: readonly [string, string][] = [
      [
        '',
        '052926add2207b76ca4fa57a8734416c8dc95e24501772c814278700eed6d1e4e8cf62d9c09db0fac349612b759e79a1',
      ],
      [
        'abc',
        '03567bc5ef9c690c2ab2ecdf6a96ef1c139cc0b2f284dca0a9a7943388a49a3aee664ba5379a7655d3c68900be2f6903',
      ],
    ];
    for (const [text, x] of vectors) {
      expect(bls12_381.G1.hashToCurve(utf8(text), { DST: tag }).toAffine().x).toBe(BigInt(`0x${x}`));
    }
  });

  it('the key of the secret 1 is the generator of the standard', async () => {
    const one = new Uint8Array(32);
    one[31] = 1;
    const generator = bls12_381.G2.Point.BASE.toBytes(true);
    expect(toHex((await createMclBls()).publicKey(one))).toBe(toHex(generator));
    expect(toHex(createNobleBls().publicKey(one))).toBe(toHex(generator));
  });

  it('a signature made once is still the same', async () => {
    const secret = fromHex('263dbd792f5b1be47ed85f8938c0f29586af0d3ac7b977f21c278fe1462040e3');
    const message = new Uint8Array(32).fill(0x56);
    const expected =
      '86ef6b4cb194bed848bf7a112112cd486d156ab82abd8521811d24ac27de0ad3f5bfc747639b7a650aaa619e28a5ffe9';
    for (const bls of [await createMclBls(), createNobleBls()])
      expect(toHex(bls.sign(secret, message))).toBe(expected);
  });
});

describe('choice of the backend', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  it('takes wasm where it runs', async () => {
    expect((await createBls()).name).toBe('mcl');
  });

  it('a browser without wasm still signs', async () => {
    vi.resetModules();
    vi.stubGlobal('WebAssembly', undefined);
    const fresh = await import('../../src/crypto/bls.ts');
    const bls = await fresh.createBls();
    expect(bls.name).toBe('noble');
    const secret = bls.secretKeyFrom(new Uint8Array(48).fill(1));
    expect(bls.verify(bls.publicKey(secret), utf8('x'), bls.sign(secret, utf8('x')))).toBe(true);
  });
});
