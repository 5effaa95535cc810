import fc from 'fast-check';
import { encode as cborgEncode, rfc8949EncodeOptions } from 'cborg';
import { describe, expect, it } from 'vitest';
import { equalBytes } from '../../src/codec/brand.ts';
import { decodeOwn, encode, isCborText, type CborValue } from '../../src/codec/cbor.ts';
import { byEncoding, canonical as canonicalForm, sameValue } from '../../src/l2/canonical.ts';
import { settle } from '../../src/l2/settle.ts';

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

/** As the handler's world is: mostly what `settle` does by itself. */
const common = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom(null, true, false, 0, -0, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32),
    fc.maxSafeInteger(),
    fc.double(),
    fc.integer({ min: -4096, max: 4096 }).map((n) => n / 64),
    fc.constantFrom(2.5, 0.065, 0.1, 1 / 64, 1 / 128, 2047 / 64, 2049 / 64, 1.5e-45, 5e-324, 1e300, -1e39),
    fc.string({ maxLength: 40 }),
    fc.constantFrom('', 'é', '\ufeff', '\ud800', 'x'.repeat(300), '\u007f', '\u0080'),
    fc.uint8Array({ maxLength: 300 }),
    fc.array(tie('value'), { maxLength: 30 }),
    fc.dictionary(fc.oneof(fc.string({ maxLength: 4 }), fc.constantFrom('1', '10', 'toJSON')), tie('value'), {
      maxKeys: 8,
    }),
    fc.constantFrom(undefined, NaN, 1.5, 2 ** 60, 10n, () => 1, new Date(0), new Map()),
  ),
})).value;

/** Values with the order of their keys, and whether each part is frozen. */
const shape = (v: unknown): unknown =>
  v === null || typeof v !== 'object' || v instanceof Uint8Array
    ? v
    : [Object.isFrozen(v), Array.isArray(v), Object.entries(v).map(([name, part]) => [name, shape(part)])];

describe('the short way to canonical form', () => {
  it('comes to what encoding and decoding comes to, in value, order, size and refusal', () => {
    let short = 0;
    fc.assert(
      fc.property(common, fc.nat(400), (v, maxBytes) => {
        for (const limit of [maxBytes, 1_000_000]) {
          const byBytes = byEncoding(v, limit);
          const settled = settle(v, limit);
          if (settled) {
            short++;
            // Never more generous than the definition.
            if (!byBytes.ok) throw new Error(`taken, and refused by the encoder: ${byBytes.error.message}`);
            expect(shape(settled.value)).toEqual(shape(byBytes.value.value));
            expect(Object.is(settled.value, -0)).toBe(false);
            expect(encode(settled.value)).toEqual(byBytes.value.bytes);
            // A second time it is known, and the same.
            const again = settle({ again: settled.value }, 1_000_000)!;
            expect(encode((again.value as { again: CborValue }).again)).toEqual(byBytes.value.bytes);
            expect(settle(settled.value, byBytes.value.bytes.length)).not.toBeNull();
            expect(settle(settled.value, byBytes.value.bytes.length - 1)).toBeNull();
          }
          const whole = canonicalForm(v, limit);
          expect(whole.ok).toBe(byBytes.ok);
          if (whole.ok && byBytes.ok) expect(whole.value.bytes).toEqual(byBytes.value.bytes);
          if (!whole.ok && !byBytes.ok) expect(whole.error).toEqual(byBytes.error);
        }
      }),
      { numRuns: 2000 },
    );
    expect(short).toBeGreaterThan(500);
  });

  it('gives bytes away that nobody else holds, and nothing that can be changed', () => {
    const bytes = Uint8Array.of(1, 2, 3);
    const first = settle({ list: [{ bytes }], other: { n: 1 } }, 1000)!.value as {
      list: { bytes: Uint8Array }[];
      other: object;
    };
    const second = settle({ ...first }, 1000)!.value as typeof first;
    first.list[0]!.bytes[0] = 9;
    expect(bytes[0]).toBe(1);
    expect(second.list[0]!.bytes[0]).toBe(1);
    expect(second.other).toBe(first.other);
    expect(() => Object.assign(first.other, { n: 2 })).toThrow(TypeError);
  });

  it('goes as deep as the encoder and no deeper', () => {
    let v: unknown = 1;
    for (let depth = 0; depth < 30; depth++) {
      expect(settle(v, 1000) !== null).toBe(byEncoding(v, 1000).ok);
      const known = settle(v, 1000)?.value;
      if (known !== undefined) expect(settle([known], 1000) !== null).toBe(byEncoding([v], 1000).ok);
      v = [v];
    }
  });
});

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
