/**
 * BLS12-381 by mcl-wasm. The library instantiates its wasm from bytes embedded in its script, so that it runs under
 * `script-src 'self' 'wasm-unsafe-eval'` without fetching anything. Its settings are global to the module: set once, here.
 */
import * as mcl from 'mcl-wasm';
import { hash_to_field } from '@noble/curves/abstract/hash-to-curve.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { equalBytes, fromHex } from '../codec/brand.ts';
import { blsFrom, SIGNATURE_TAG, type BlsArithmetic } from './bls-scheme.ts';
import { MAX_VERIFY_MANY } from './limits.ts';
import type { Bls } from './types.ts';

/** Order of the base field, p. */
const FIELD_ORDER = BigInt(
  '0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab',
);
/** Generator of G2 in its compressed form (draft-irtf-cfrg-pairing-friendly-curves, section 4.2.1). */
const GENERATOR_G2 =
  '93e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e' +
  '024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8';

let ready: Promise<Bls> | undefined;

/** Rejects when wasm cannot run here. Every call gives the same backend. */
export function createMclBls(): Promise<Bls> {
  ready ??= start();
  return ready;
}

async function start(): Promise<Bls> {
  await mcl.init(mcl.BLS12_381);
  mcl.setMapToMode(mcl.IRTF);
  mcl.setETHserialization(true);
  // The subgroup is checked by name below: shares on their way into an aggregate go without.
  mcl.verifyOrderG1(false);
  mcl.verifyOrderG2(false);
  const generator = new mcl.G2();
  generator.deserialize(fromHex(GENERATOR_G2));
  return blsFrom(arithmeticWith(generator, new mcl.PrecomputedG2(generator)));
}

function arithmeticWith(generator: mcl.G2, precomputed: mcl.PrecomputedG2): BlsArithmetic<mcl.G1, mcl.G2> {
  return {
    name: 'mcl',
    readSignature(bytes, inSubgroup) {
      const point = new mcl.G1();
      point.deserialize(bytes);
      // mcl reads a dirty infinity (c0 … 01) as infinity: refuse by value, and whatever is not written back the same.
      if (point.isZero() || !point.isValid() || !equalBytes(point.serialize(), bytes)) return null;
      return inSubgroup && !point.isValidOrder() ? null : point;
    },
    readKey(bytes) {
      const point = new mcl.G2();
      point.deserialize(bytes);
      if (point.isZero() || !point.isValid() || !equalBytes(point.serialize(), bytes)) return null;
      return point.isValidOrder() ? point : null;
    },
    writeSignature: (point) => point.serialize(),
    derivePublicKey: (secretKey) => mcl.mul(generator, secretScalar(secretKey)).serialize(),
    signHashed: (secretKey, hashed) => mcl.mul(hashed, secretScalar(secretKey)),
    hashToPoint: (message, tag) =>
      // mcl's own hash uses this tag; for another one the typed API offers only the map to the curve.
      tag === SIGNATURE_TAG ? mcl.hashAndMapToG1(message) : hashWithTag(message, tag),
    addSignatures: (points) => points.slice(1).reduce((sum, point) => mcl.add(sum, point), points[0]!),
    addKeys: (points) => {
      const sum = points.slice(1).reduce((acc, point) => mcl.add(acc, point), points[0]!);
      sum.normalize();
      return sum;
    },
    isInfiniteSignature: (point) => point.isZero(),
    isInfiniteKey: (point) => point.isZero(),
    combine(points, scalars) {
      let sum: mcl.G1 | undefined;
      // In pieces: mulVec copies all its operands to the wasm stack.
      for (let from = 0; from < points.length; from += MAX_VERIFY_MANY) {
        const part = mcl.mulVec(
          points.slice(from, from + MAX_VERIFY_MANY),
          scalars.slice(from, from + MAX_VERIFY_MANY).map(scalarOf),
        );
        sum = sum === undefined ? part : mcl.add(sum, part);
      }
      return sum ?? new mcl.G1();
    },
    pairingHolds(signature, terms) {
      const [first, ...others] = terms;
      if (first === undefined) return false;
      let product = mcl.precomputedMillerLoop2mixed(first.point, first.key, mcl.neg(signature), precomputed);
      for (const { point, key } of others) product = mcl.mul(product, mcl.millerLoop(point, key));
      return mcl.finalExp(product).isOne();
    },
  };
}

/** RFC 9380 section 3, hash_to_curve: two field elements, each mapped and cleared of the cofactor, which is linear. */
function hashWithTag(message: Uint8Array, tag: string): mcl.G1 {
  const [u, v] = hash_to_field(message, 2, {
    p: FIELD_ORDER,
    m: 1,
    k: 128,
    expand: 'xmd',
    hash: sha256,
    DST: tag,
  });
  return mcl.add(fieldElement(u![0]!).mapToG1(), fieldElement(v![0]!).mapToG1());
}

function fieldElement(value: bigint): mcl.Fp {
  const out = new mcl.Fp();
  out.setStr(value.toString(16), 16);
  return out;
}

function secretScalar(secretKey: Uint8Array): mcl.Fr {
  const out = new mcl.Fr();
  out.deserialize(secretKey);
  return out;
}

function scalarOf(value: bigint): mcl.Fr {
  const out = new mcl.Fr();
  out.setStr(value.toString(16), 16);
  return out;
}
