/** What every `Bls` backend has to pass: run by test/crypto/bls.test.ts, and by whoever writes another. */
import { beforeAll, describe, expect, it } from 'vitest';
import { toHex } from '../../src/codec/brand.ts';
import { GROUP_ORDER } from '../../src/crypto/bls-scheme.ts';
import type { Bls } from '../../src/crypto/types.ts';
import {
  dirtyInfinity,
  encodeG1,
  infinity,
  negated,
  ORDER_THREE,
  strayG1,
  strayG2,
  withStrayComponent,
  withUnreducedX,
} from './points.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
/** Deterministic, so that a failure can be repeated; never zero. */
export function countingRandom(): (bytes: number) => Uint8Array {
  let state = 0x9e3779b97f4a7c15n;
  return (bytes) =>
    Uint8Array.from({ length: bytes }, () => {
      state = (state * 6364136223846793005n + 1442695040888963407n) & ((1n << 64n) - 1n);
      return Number(state >> 56n);
    });
}

export function runBlsSuite(name: string, create: () => Bls | Promise<Bls>): void {
  describe(`BLS backend ${name}`, () => {
    let bls: Bls;
    let secrets: Uint8Array[];
    let keys: Uint8Array[];
    const message = utf8('commit package 1 in round 0');

    beforeAll(async () => {
      bls = await create();
      secrets = [1, 2, 3, 4].map((i) => bls.secretKeyFrom(new Uint8Array(48).fill(i)));
      keys = secrets.map((secret) => bls.publicKey(secret));
    });

    const shares = (): Uint8Array[] => secrets.map((secret) => bls.sign(secret, message));

    it('accepts what an honest member signed, and nothing else', () => {
      const signature = bls.sign(secrets[0]!, message);
      expect(signature).toHaveLength(48);
      expect(keys[0]).toHaveLength(96);
      expect(bls.verify(keys[0]!, message, signature)).toBe(true);
      expect(bls.verify(keys[1]!, message, signature)).toBe(false);
      expect(bls.verify(keys[0]!, utf8('another'), signature)).toBe(false);
      expect(bls.verify(keys[0]!, message, negated(signature))).toBe(false);
    });

    it('keeps secret keys between 0 and r', () => {
      const order = bigEndian(GROUP_ORDER);
      expect(() => bls.sign(new Uint8Array(32), message)).toThrow(RangeError);
      expect(() => bls.sign(order, message)).toThrow(RangeError);
      expect(() => bls.publicKey(order)).toThrow(RangeError);
      expect(() => bls.publicKey(new Uint8Array(31).fill(1))).toThrow(RangeError);
      expect(() => bls.secretKeyFrom(new Uint8Array(47).fill(1))).toThrow(RangeError);
      expect(() => bls.secretKeyFrom(new Uint8Array(48))).toThrow(RangeError);
      const reduced = bls.secretKeyFrom(
        new Uint8Array([...new Uint8Array(16), ...bigEndian(GROUP_ORDER + 5n)]),
      );
      expect(toHex(reduced)).toBe(toHex(bigEndian(5n)));
      const largest = bigEndian(GROUP_ORDER - 1n);
      expect(bls.verify(bls.publicKey(largest), message, bls.sign(largest, message))).toBe(true);
    });

    it('refuses an infinite signature under an infinite key, which would hold for every message', () => {
      for (const signature of [infinity(48), dirtyInfinity(48)]) {
        for (const key of [infinity(96), dirtyInfinity(96)]) {
          expect(bls.verify(key, message, signature)).toBe(false);
          expect(bls.verifyAggregate([key], message, signature)).toBe(false);
          expect(bls.verifyPossession(key, message, signature)).toBe(false);
          expect(bls.verifyMany([{ publicKeys: [key], message, signature }], countingRandom())).toBe(false);
        }
        expect(bls.verify(keys[0]!, message, signature)).toBe(false);
        expect(bls.aggregate([signature])).toBeNull();
        expect(bls.aggregate([...shares(), signature])).toBeNull();
      }
    });

    it('refuses keys and signatures that cancel to infinity', () => {
      const signature = bls.sign(secrets[0]!, message);
      expect(bls.isValidPublicKey(negated(keys[0]!))).toBe(true);
      expect(bls.aggregate([signature, negated(signature)])).toBeNull();
      expect(bls.verifyAggregate([keys[0]!, negated(keys[0]!)], message, infinity(48))).toBe(false);
      expect(bls.verifyAggregate([keys[0]!, negated(keys[0]!)], message, signature)).toBe(false);
    });

    it('refuses wrong lengths, flags and encodings that are not canonical', () => {
      const signature = bls.sign(secrets[0]!, message);
      const bad = [
        signature.subarray(0, 47),
        new Uint8Array([...signature, 0]),
        new Uint8Array(0),
        new Uint8Array(48),
        new Uint8Array(48).fill(0xff),
        new Uint8Array([signature[0]! & 0x7f, ...signature.subarray(1)]),
        new Uint8Array([signature[0]! | 0x40, ...signature.subarray(1)]),
        new Uint8Array([0xe0, ...new Uint8Array(47)]),
        withUnreducedX(encodeG1(ORDER_THREE))!,
      ];
      for (const bytes of bad) {
        expect(bls.verify(keys[0]!, message, bytes), toHex(bytes)).toBe(false);
        expect(bls.aggregate([bytes]), toHex(bytes)).toBeNull();
      }
      const badKeys = [
        keys[0]!.subarray(0, 95),
        new Uint8Array([...keys[0]!, 0]),
        new Uint8Array(96),
        new Uint8Array([keys[0]![0]! & 0x7f, ...keys[0]!.subarray(1)]),
        new Uint8Array([keys[0]![0]! | 0x40, ...keys[0]!.subarray(1)]),
      ];
      for (const key of badKeys) {
        expect(bls.isValidPublicKey(key), toHex(key)).toBe(false);
        expect(bls.verify(key, message, signature), toHex(key)).toBe(false);
      }
    });

    it('accepts every signature that is written, and no x that is not reduced', () => {
      let unreduced = 0;
      for (let i = 0; i < 24; i++) {
        const text = utf8(`m${i}`);
        const signature = bls.sign(secrets[0]!, text);
        const twin = withUnreducedX(signature);
        if (twin === null) continue;
        unreduced++;
        expect(bls.verify(keys[0]!, text, twin)).toBe(false);
      }
      expect(unreduced).toBeGreaterThan(0);
    });

    it('refuses points outside the subgroup as key, signature and aggregate', () => {
      const signature = bls.sign(secrets[0]!, message);
      expect(bls.isValidPublicKey(strayG2())).toBe(false);
      expect(bls.verify(keys[0]!, message, strayG1())).toBe(false);
      expect(bls.verify(keys[0]!, message, encodeG1(ORDER_THREE))).toBe(false);
      expect(bls.verify(keys[0]!, message, withStrayComponent(signature))).toBe(false);
      const spoiled = bls.aggregate([withStrayComponent(shares()[0]!), ...shares().slice(1)]);
      expect(spoiled === null || !bls.verifyAggregate(keys, message, spoiled)).toBe(true);
    });

    it('verifies an aggregate for exactly its signers', () => {
      const aggregate = bls.aggregate(shares())!;
      expect(bls.verifyAggregate(keys, message, aggregate)).toBe(true);
      expect(bls.verifyAggregate([...keys].reverse(), message, aggregate)).toBe(true);
      expect(bls.verifyAggregate(keys.slice(1), message, aggregate)).toBe(false);
      expect(bls.verifyAggregate([], message, aggregate)).toBe(false);
      expect(bls.aggregate([])).toBeNull();
      expect(toHex(bls.aggregate([shares()[0]!])!)).toBe(toHex(shares()[0]!));
    });

    it('never takes a proof of possession for a signature, nor a signature for a proof', () => {
      const proof = bls.provePossession(secrets[0]!, message);
      expect(bls.verifyPossession(keys[0]!, message, proof)).toBe(true);
      expect(bls.verifyPossession(keys[1]!, message, proof)).toBe(false);
      expect(bls.verify(keys[0]!, message, proof)).toBe(false);
      expect(bls.verifyPossession(keys[0]!, message, bls.sign(secrets[0]!, message))).toBe(false);
    });

    it('verifies many certificates together, by the same signers and by others', () => {
      const items = [[0, 1, 2], [0, 1, 2], [1, 2, 3], [0]].map((set, i) => {
        const text = utf8(`key ${i}`);
        const signature = bls.aggregate(set.map((at) => bls.sign(secrets[at]!, text)))!;
        return { publicKeys: set.map((at) => keys[at]!), message: text, signature };
      });
      expect(bls.verifyMany(items, countingRandom())).toBe(true);
      expect(bls.verifyMany(items.slice(0, 1), countingRandom())).toBe(true);
      expect(bls.verifyMany([], countingRandom())).toBe(true);
      for (let at = 0; at < items.length; at++) {
        const spoiled = items.map((item, i) => (i === at ? { ...item, message: utf8('other') } : item));
        expect(bls.verifyMany(spoiled, countingRandom())).toBe(false);
        const nobody = items.map((item, i) => (i === at ? { ...item, publicKeys: [] } : item));
        expect(bls.verifyMany(nobody, countingRandom())).toBe(false);
      }
    });

    it('finds two bad signatures of one signer set that cancel in a plain sum', () => {
      const texts = [utf8('first'), utf8('second')];
      const [first, second] = texts.map((text) => bls.sign(secrets[0]!, text)) as [Uint8Array, Uint8Array];
      const delta = bls.sign(secrets[1]!, message);
      const publicKeys = [keys[0]!];
      const items = [
        { publicKeys, message: texts[0]!, signature: bls.aggregate([first, delta])! },
        { publicKeys, message: texts[1]!, signature: bls.aggregate([second, negated(delta)])! },
      ];
      const plainSum = bls.aggregate(items.map((item) => item.signature))!;
      expect(toHex(plainSum)).toBe(toHex(bls.aggregate([first, second])!));
      expect(bls.verifyMany(items, countingRandom())).toBe(false);
    });

    it('finds a component of order 3 whatever the random scalars are', () => {
      const signature = withStrayComponent(bls.sign(secrets[0]!, message));
      const random = countingRandom();
      for (let i = 0; i < 8; i++) {
        expect(bls.verifyMany([{ publicKeys: [keys[0]!], message, signature }], random)).toBe(false);
      }
      const three = (bytes: number): Uint8Array => new Uint8Array(bytes).fill(3, bytes - 1);
      expect(bls.verifyMany([{ publicKeys: [keys[0]!], message, signature }], three)).toBe(false);
    });

    it('draws a scalar again when it is zero, and gives up on a source of zeros', () => {
      const item = { publicKeys: [keys[0]!], message, signature: bls.sign(secrets[0]!, utf8('other')) };
      expect(bls.verifyMany([item], (bytes) => new Uint8Array(bytes))).toBe(false);
      const good = { ...item, signature: bls.sign(secrets[0]!, message) };
      const random = countingRandom();
      let draws = 0;
      expect(bls.verifyMany([good], (bytes) => (draws++ === 0 ? new Uint8Array(bytes) : random(bytes)))).toBe(
        true,
      );
      expect(draws).toBe(2);
    });

    it('treats an empty message and the longest like others, and refuses a longer one', () => {
      for (const text of [new Uint8Array(0), new Uint8Array(64 * 1024).fill(9)]) {
        expect(bls.verify(keys[0]!, text, bls.sign(secrets[0]!, text))).toBe(true);
      }
      const long = new Uint8Array(64 * 1024 + 1);
      expect(() => bls.sign(secrets[0]!, long)).toThrow(RangeError);
      expect(bls.verify(keys[0]!, long, bls.sign(secrets[0]!, message))).toBe(false);
    });
  });
}

function bigEndian(value: bigint): Uint8Array {
  const hex = value.toString(16).padStart(64, '0');
  return Uint8Array.from({ length: 32 }, (_, i) => parseInt(hex.slice(i * 2, i * 2 + 2), 16));
}
