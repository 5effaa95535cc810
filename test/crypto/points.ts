/** Encoded points that no honest member makes, built from the curve equations alone. */
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { toHex } from '../../src/codec/brand.ts';

const { G1, G2, fields } = bls12_381;
const { Fp, Fp2 } = fields;

type Affine = { x: bigint; y: bigint };

/** Compressed form (ZCash serialization) of any point of the curve, in the subgroup or not. */
export function encodeG1({ x, y }: Affine): Uint8Array {
  const out = bigEndian(x, 48);
  out[0]! |= 0x80 | (y > Fp.ORDER - y ? 0x20 : 0);
  return out;
}

/** (0, 2): on y^2 = x^3 + 4, of order 3. */
export const ORDER_THREE: Affine = { x: 0n, y: 2n };

/** `signature` plus a point outside the subgroup. */
export function withStrayComponent(signature: Uint8Array, times = 1): Uint8Array {
  const stray = G1.Point.fromAffine(times === 1 ? ORDER_THREE : { x: 0n, y: Fp.ORDER - 2n });
  return encodeG1(G1.Point.fromBytes(signature).add(stray).toAffine());
}

/** A point of E(Fp) with a large component outside the subgroup. */
export function strayG1(): Uint8Array {
  for (let x = 1n; ; x++) {
    try {
      const y = Fp.sqrt(Fp.create(x ** 3n + 4n));
      const point = G1.Point.fromAffine({ x, y });
      if (!point.isTorsionFree()) return encodeG1({ x, y });
    } catch {
      // No square root: the next x.
    }
  }
}

/** The same on the twist. */
export function strayG2(): Uint8Array {
  for (let c0 = 1n; ; c0++) {
    try {
      const x = Fp2.fromBigTuple([c0, 1n]);
      const y = Fp2.sqrt(Fp2.add(Fp2.pow(x, 3n), Fp2.fromBigTuple([4n, 4n])));
      if (G2.Point.fromAffine({ x, y }).isTorsionFree()) continue;
      const out = new Uint8Array([...bigEndian(1n, 48), ...bigEndian(c0, 48)]);
      out[0]! |= 0x80 | (y.c1 > Fp.ORDER - y.c1 ? 0x20 : 0);
      return out;
    } catch {
      // No square root: the next x.
    }
  }
}

/** The negative of an encoded point: the sign bit turned. */
export function negated(point: Uint8Array): Uint8Array {
  const out = new Uint8Array(point);
  out[0]! ^= 0x20;
  return out;
}

/** Infinity as it is written: c0 and zeros. */
export function infinity(length: number): Uint8Array {
  const out = new Uint8Array(length);
  out[0] = 0xc0;
  return out;
}

/** Infinity with a bit too many, which mcl reads as infinity. */
export function dirtyInfinity(length: number): Uint8Array {
  const out = infinity(length);
  out[length - 1] = 1;
  return out;
}

/** The same field element once more, beyond the field's order; null when it does not fit. */
export function withUnreducedX(point: Uint8Array): Uint8Array | null {
  const flags = point[0]! & 0xe0;
  const bare = new Uint8Array(point);
  bare[0]! &= 0x1f;
  const x = BigInt(`0x${toHex(bare)}`) + Fp.ORDER;
  if (x >= 1n << 381n) return null;
  const out = bigEndian(x, 48);
  out[0]! |= flags;
  return out;
}

function bigEndian(value: bigint, length: number): Uint8Array {
  const hex = value.toString(16).padStart(length * 2, '0');
  return Uint8Array.from({ length }, (_, i) => parseInt(hex.slice(i * 2, i * 2 + 2), 16));
}
