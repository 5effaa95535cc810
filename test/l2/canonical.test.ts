import fc from 'fast-check';
import { encode as cborgEncode, rfc8949EncodeOptions } from 'cborg';
import { describe, expect, it } from 'vitest';
import { equalBytes } from '../../src/codec/brand.ts';
import { decodeOwn, encode, isCborText, type CborValue } from '../../src/codec/cbor.ts';
import { sameValue } from '../../src/l2/canonical.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 30 }).filter((t) => isCborText(t) && t !== '__proto__');
const { value } = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    text,
    fc.uint8Array({ maxLength: 40 }),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(text, tie('value'), { maxKeys: 6 }),
  ) as fc.Arbitrary<CborValue>,
}));
const canonical = (v: CborValue): CborValue => {
  const decoded = decodeOwn(encode(v), 1_000_000);
  if (!decoded.ok) throw new Error(decoded.error.message);
  return decoded.value;
};

describe('canonical values', () => {
  it('are equal exactly when their bytes are: a vote must not hang on which comparison was made', () => {
    fc.assert(
      fc.property(value, value, (a, b) => {
        expect(sameValue(canonical(a), canonical(b))).toBe(equalBytes(encode(a), encode(b)));
        expect(sameValue(canonical(a), canonical(canonical(a)))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('have the order of keys that RFC 8949 asks for', () => {
    fc.assert(
      fc.property(value, (v) => {
        expect(encode(v)).toEqual(new Uint8Array(cborgEncode(v, rfc8949EncodeOptions)));
      }),
      { numRuns: 500 },
    );
  });
});
