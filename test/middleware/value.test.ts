import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encode, isCborText, type CborValue } from '../../src/codec/cbor.ts';
import type { Value } from '../../src/worker/kv/api.ts';
import { MAX_BODY_BYTES } from '../../src/worker/kv/limits.ts';
import { decodeBody, encodeBody, keyProblem } from '../../src/worker/kv/value.ts';

const text = fc.string({ unit: 'grapheme' }).filter(isCborText);
const { value } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.double().map((n) => n + 0),
    fc.integer(),
    fc.bigInt(),
    text,
    fc.date({ noInvalidDate: false }),
    fc.uint8Array(),
    fc.uint16Array(),
    fc.float64Array(),
    fc.bigInt64Array(),
    fc.uint8Array().map((bytes) => bytes.slice().buffer),
    fc.array(fc.option(tie('value'), { nil: undefined })),
    fc.array(fc.tuple(text, tie('value'))).map((pairs) => new Map(pairs)),
    fc.uniqueArray(fc.integer()).map((list) => new Set(list)),
    fc.dictionary(
      text.filter((name) => name !== '__proto__' && name !== '\0'),
      tie('value'),
      { noNullPrototype: true },
    ),
  ),
}));

describe('a value', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(value, (given) => {
        const encoded = encodeBody(given);
        expect(encoded.ok).toBe(true);
        if (encoded.ok) expect(decodeBody(encoded.value)!.value).toEqual(given);
      }),
    );
  });

  it('has the same bytes whatever the order of its names', () => {
    const [a, b] = [encodeBody({ x: 1, yy: [2] }), encodeBody({ yy: [2], x: 1 })];
    expect(a.ok && b.ok && a.value).toEqual(b.ok && b.value);
  });

  it('that would come back changed is refused by its place', () => {
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    for (const [bad, place] of [
      [undefined, 'value'],
      [{ a: [1, () => 1] }, 'value.a[1]'],
      [new Map([[1, new Map([[/x/, 2]])]]), 'value.values[0].keys[0]'],
      [new Set([new Error('x')]), 'value.values[0]'],
      [{ big: 10n ** 10_000n }, 'value.big'],
      [{ '\0': ['date', 1] }, 'value'],
      [{ s: Symbol('x') }, 'value.s'],
      [{ [Symbol('x')]: 1 }, 'value'],
      [new (class Point {})(), 'value'],
      [new DataView(new ArrayBuffer(1)), 'value'],
      [new WeakMap(), 'value'],
      ['half \udc00', 'value'],
      [JSON.parse('{"__proto__": 1}'), 'value'],
      [cycle, 'value.self'],
    ] as const) {
      const encoded = encodeBody(bad);
      expect(encoded).toMatchObject({ ok: false, error: { type: 'value-unsupported' } });
      if (!encoded.ok) expect(encoded.error.message).toContain(place);
    }
  });

  it('comes back like a structured clone of it', () => {
    const sparse = new Array<number>(2);
    sparse[1] = 1;
    const given = {
      when: new Date('2026-11-21T11:00:00Z'),
      never: new Date(NaN),
      map: new Map<unknown, unknown>([
        [1n, new Set(['a', undefined])],
        [[NaN], -Infinity],
      ]),
      array: new Float32Array([1.5, NaN]).subarray(1),
      missing: undefined,
    };
    const encoded = encodeBody(given);
    expect(encoded.ok && decodeBody(encoded.value)!.value).toStrictEqual(structuredClone(given));
    const holes = encodeBody(sparse);
    expect(holes.ok && decodeBody(holes.value)!.value).toStrictEqual([undefined, 1]);
  });

  it('has one form only: bytes that no value has are no value', () => {
    const special = (kind: string, content: CborValue, more: object = {}): CborValue => ({
      '\0': [kind, content],
      ...more,
    });
    expect(decodeBody(encode(special('bigint', '12')))).toEqual({ value: 12n });
    for (const [name, bytes] of Object.entries({
      kind: special('regexp', 'x'),
      prototype: special('toString', new Uint8Array(0)),
      'second name': special('bigint', '1', { a: 1 }),
      'leading zero': special('bigint', '012'),
      'minus zero': special('bigint', '-0'),
      'too many digits': special('bigint', '1'.repeat(10_001)),
      'a number that has a form': special('number', '1'),
      'no whole milliseconds': special('date', 1.5),
      'no time': special('date', 8.64e15 + 2),
      'half an element': special('Uint16Array', Uint8Array.of(1, 2, 3)),
      'bytes in two forms': special('Uint8Array', Uint8Array.of(1)),
      'a key twice': special('map', [
        [1, 2],
        [1, 3],
      ]),
      'a member twice': special('set', [1, 1]),
      'half a pair': special('map', [[1]]),
      deleted: special('undefined', null),
      'not a pair': { '\0': 'date' },
    }))
      expect(decodeBody(encode(bytes)), name).toBe(null);
  });

  it('is copied: what the caller changes later is not what was proposed', () => {
    const bytes = Uint8Array.of(1);
    const encoded = encodeBody({ bytes });
    bytes[0] = 2;
    expect(encoded.ok && decodeBody(encoded.value)).toEqual({ value: { bytes: Uint8Array.of(1) } });
  });

  it('of one byte too many is refused, and the largest one is not', () => {
    // Five bytes of CBOR head.
    expect(encodeBody(new Uint8Array(MAX_BODY_BYTES - 5)).ok).toBe(true);
    expect(encodeBody(new Uint8Array(MAX_BODY_BYTES - 4))).toMatchObject({ error: { type: 'too-large' } });
  });
});

describe('a key', () => {
  it('that no member would take has a reason', () => {
    expect(keyProblem('doc/1')).toBe(null);
    expect(keyProblem('x'.repeat(200))).toBe(null);
    for (const bad of ['', 'x'.repeat(201), 'network/epoch', '\ufeffdoc', 'half \ud800', 7, null])
      expect(keyProblem(bad)).toMatch(/\.$/);
  });
});
