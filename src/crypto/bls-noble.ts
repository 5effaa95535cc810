/**
 * BLS12-381 by @noble/curves: no wasm, two to four times slower. It always checks a share's subgroup on reading, which
 * is stricter than asked; a certificate that holds under one backend holds under the other.
 */
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { equalBytes } from '../codec/brand.ts';
import { blsFrom, PUBLIC_KEY_BYTES, SIGNATURE_BYTES, toNumber, type BlsArithmetic } from './bls-scheme.ts';
import type { Bls } from './types.ts';

const { G1, G2, fields, pairingBatch } = bls12_381;
type G1Point = typeof G1.Point.BASE;
type G2Point = typeof G2.Point.BASE;

export function createNobleBls(): Bls {
  return blsFrom(arithmetic);
}

const arithmetic: BlsArithmetic<G1Point, G2Point> = {
  name: 'noble',
  readSignature(bytes) {
    if (bytes.length !== SIGNATURE_BYTES) return null;
    const point = G1.Point.fromBytes(bytes);
    if (point.is0() || !equalBytes(point.toBytes(true), bytes)) return null;
    point.assertValidity();
    return point;
  },
  readKey(bytes) {
    if (bytes.length !== PUBLIC_KEY_BYTES) return null;
    const point = G2.Point.fromBytes(bytes);
    if (point.is0() || !equalBytes(point.toBytes(true), bytes)) return null;
    point.assertValidity();
    return point;
  },
  writeSignature: (point) => point.toBytes(true),
  derivePublicKey: (secretKey) => G2.Point.BASE.multiply(toNumber(secretKey)).toBytes(true),
  signHashed: (secretKey, hashed) => hashed.multiply(toNumber(secretKey)),
  hashToPoint: (message, tag) => G1.hashToCurve(message, { DST: tag }),
  addSignatures: (points) => points.reduce((sum, point) => sum.add(point)),
  addKeys: (points) => points.reduce((sum, point) => sum.add(point)),
  isInfiniteSignature: (point) => point.is0(),
  isInfiniteKey: (point) => point.is0(),
  combine: (points, scalars) =>
    points.map((point, i) => point.multiplyUnsafe(scalars[i]!)).reduce((sum, point) => sum.add(point)),
  pairingHolds(signature, terms) {
    const pairs = terms.map(({ point, key }) => ({ g1: point, g2: key }));
    const product = pairingBatch([{ g1: signature.negate(), g2: G2.Point.BASE }, ...pairs]);
    return fields.Fp12.eql(product, fields.Fp12.ONE);
  },
};
