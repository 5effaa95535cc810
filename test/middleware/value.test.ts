import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCborText } from '../../src/codec/cbor.ts';
import type { Value } from '../../src/worker/kv/api.ts';
import { MAX_BODY_BYTES } from '../../src/worker/kv/limits.ts';
import { decodeBody, encodeBody, keyProblem } from '../../src/worker/kv/value.ts';

const text = fc.string({ unit: 'grapheme' }).filter(isCborText);
const { value } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0),
    fc.integer(),
    text,
    fc.uint8Array(),
    fc.array(tie('value')),
    fc.dictionary(
      text.filter((name) => name !== '__proto__'),
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
    const sparse = new Array<number>(2);
    sparse[1] = 1;
    for (const [bad, place] of [
      [undefined, 'value'],
      [{ a: [1, undefined] }, 'value.a[1]'],
      [sparse, 'value[0]'],
      [{ n: NaN }, 'value.n'],
      [[Infinity], 'value[0]'],
      [{ when: new Date(0) }, 'value.when'],
      [new Map(), 'value'],
      [{ big: 1n }, 'value.big'],
      [{ f: () => 1 }, 'value.f'],
      [{ s: Symbol('x') }, 'value.s'],
      [{ [Symbol('x')]: 1 }, 'value'],
      [new (class Point {})(), 'value'],
      [new Uint16Array(1), 'value'],
      [new ArrayBuffer(1), 'value'],
      ['half \udc00', 'value'],
      [JSON.parse('{"__proto__": 1}'), 'value'],
      [cycle, 'value.self'],
    ] as const) {
      const encoded = encodeBody(bad);
      expect(encoded).toMatchObject({ ok: false, error: { type: 'value-unsupported' } });
      if (!encoded.ok) expect(encoded.error.message).toContain(place);
    }
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
