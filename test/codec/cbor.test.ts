import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/codec/brand.ts';
import { decode, encode, isCborText, type CborValue } from '../../src/codec/cbor.ts';
import { MAX_CBOR_DEPTH, MAX_CBOR_ITEMS } from '../../src/codec/limits.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 60 }).filter(isCborText);
const { value: anyValue } = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.maxSafeInteger(),
    // -0 and 0 are one number to CBOR's shortest form as we write it.
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (n === 0 ? 0 : n)),
    text,
    fc.uint8Array({ maxLength: 40 }),
    fc.array(tie('value'), { maxLength: 6 }),
    fc.dictionary(
      text.filter((key) => key !== '__proto__'),
      tie('value'),
      { maxKeys: 6, noNullPrototype: true },
    ),
  ),
}));
const refusal = (hex: string): string => {
  const result = decode(fromHex(hex), 1000);
  return result.ok ? 'accepted' : result.error.type;
};

describe('canonical CBOR', () => {
  it('what is written comes back, and is written the same again', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const bytes = encode(value);
        expect(decode(bytes, bytes.length)).toEqual({ ok: true, value });
      }),
      { numRuns: 400 },
    );
  });

  it('the order in which fields were set does not change the digest', () => {
    expect(toHex(encode({ bb: 1, a: 2, c: 3 }))).toBe(toHex(encode({ c: 3, a: 2, bb: 1 })));
    expect(toHex(encode({ bb: 1, a: 2 }))).toBe('a261610262626201');
  });

  it('writes the examples of RFC 8949, appendix A', () => {
    const examples: readonly [CborValue, string][] = [
      [0, '00'],
      [23, '17'],
      [24, '1818'],
      [1000000, '1a000f4240'],
      [-1, '20'],
      [-1000, '3903e7'],
      [1.5, 'f93e00'],
      [100000.5, 'fa47c35040'],
      [1.1, 'fb3ff199999999999a'],
      [false, 'f4'],
      [true, 'f5'],
      [null, 'f6'],
      ['', '60'],
      ['ü', '62c3bc'],
      [Uint8Array.of(1, 2, 3, 4), '4401020304'],
      [[1, [2, 3]], '8201820203'],
      [{ a: 1, b: [2, 3] }, 'a26161016162820203'],
    ];
    for (const [value, hex] of examples) {
      expect(toHex(encode(value))).toBe(hex);
      expect(decode(fromHex(hex), 100)).toEqual({ ok: true, value });
    }
  });

  it.each([
    ['a float that is an integer', 'f93c00'],
    ['a float64 that fits a float16', 'fb3ff8000000000000'],
    ['negative zero', 'f98000'],
    ['unsorted keys', 'a2616201616102'],
    ['keys sorted by text instead of encoding', 'a262616101616202'],
    ['bytes that are not UTF-8', '62c328'],
    ['a surrogate in UTF-8', '63eda080'],
    ['a byte order mark', '64efbbbf61'],
    ['a key __proto__', 'a1695f5f70726f746f5f5fa1617801'],
  ])('refuses %s: one value would have two digests, or a copy another meaning', (_what, hex) => {
    expect(refusal(hex)).toBe('cbor-not-canonical');
  });

  it.each([
    ['nothing', ''],
    ['a longer integer', '1800'],
    ['a 16-bit integer that fits 8', '190017'],
    ['a 64-bit integer that fits 32', '1b0000000000000001'],
    ['a longer length of text', '780161'],
    ['a longer length of bytes', '580101'],
    ['a longer length of an array', '980101'],
    ['a longer length of a map', 'b801616101'],
    ['a repeated key', 'a2616101616102'],
    ['an indefinite array', '9f01ff'],
    ['indefinite text', '7f6161ff'],
    ['undefined', 'f7'],
    ['NaN', 'f97e00'],
    ['infinity', 'f97c00'],
    ['a tag', 'c001'],
    ['a big number', 'c249010000000000000000'],
    ['an integer beyond 2^53', '1b0020000000000000'],
    ['an integer as a key', 'a10102'],
    ['bytes after the end', '0000'],
    ['a cut end', '8201'],
    ['an array said to have 2^32 items', '9b0000000100000000'],
    ['a reserved head', '1c'],
  ])('refuses %s', (_what, hex) => {
    expect(refusal(hex)).toBe('cbor-malformed');
  });

  it('a changed byte is refused or is another value, never the same one', () => {
    fc.assert(
      fc.property(anyValue, fc.nat(), fc.integer({ min: 1, max: 255 }), (value, at, change) => {
        const bytes = encode(value);
        const spoiled = new Uint8Array(bytes);
        spoiled[at % bytes.length]! ^= change;
        const result = decode(spoiled, 10_000);
        if (result.ok) expect(toHex(encode(result.value))).toBe(toHex(spoiled));
      }),
      { numRuns: 400 },
    );
  });

  it('bytes beyond the limit are not even looked at', () => {
    expect(decode(new Uint8Array(11), 10)).toMatchObject({ ok: false, error: { type: 'cbor-too-large' } });
    expect(decode(encode('x'.repeat(9)), 10)).toMatchObject({ ok: true });
  });

  it('deep nesting ends as an error, not as an overflow of the stack', () => {
    const nested = (levels: number): Uint8Array =>
      new Uint8Array([...new Array<number>(levels).fill(0x81), 0]);
    expect(decode(nested(MAX_CBOR_DEPTH), 1000).ok).toBe(true);
    expect(decode(nested(MAX_CBOR_DEPTH + 1), 1000)).toMatchObject({
      ok: false,
      error: { type: 'cbor-too-deep' },
    });
    expect(decode(nested(500_000), 1_000_000).ok).toBe(false);
  });

  it('too many items are refused', () => {
    const many = encode(new Array<number>(MAX_CBOR_ITEMS).fill(0));
    expect(decode(many, many.length)).toMatchObject({ ok: false, error: { type: 'cbor-too-deep' } });
  });

  it('a key __proto__ reaches no prototype', () => {
    decode(fromHex('a1695f5f70726f746f5f5fa168706f6c6c75746564f5'), 1000);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(() => encode(JSON.parse('{"a":{"__proto__":1}}') as CborValue)).toThrow(TypeError);
    expect(encode('__proto__')).toHaveLength(10);
  });

  it('what cannot come back the same is not written', () => {
    const values = [
      undefined,
      [undefined],
      { a: undefined },
      NaN,
      Infinity,
      () => 0,
      '\ud800',
      'a\udc00',
      '\ufeffa',
      { '\ud800': 1 },
    ];
    for (const value of values) expect(() => encode(value as CborValue)).toThrow();
    expect(toHex(encode('😀'))).toBe('64f09f9880');
    expect(isCborText('a\ufeff')).toBe(true);
  });
});

describe('hex', () => {
  it.each(['0', '0g', 'AB', '/0', ':0', 'a`', '\u01300', 'a\u0100'])('refuses %j', (bad) => {
    expect(() => fromHex(bad)).toThrow(RangeError);
  });
  it('reads what it writes, every byte', () => {
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    expect(fromHex(toHex(all))).toEqual(all);
  });
});
