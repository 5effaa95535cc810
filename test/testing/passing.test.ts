/** Values pass between a test and a page as what they were. */
import { runInThisContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pack, unpack } from '../../testing/passing.ts';

/** As a page has it: the source text alone, where nothing of this file is. */
const asText = <T>(named: T): T => runInThisContext(`(${String(named)})`) as T;

const passed = (value: unknown): unknown => asText(unpack)(asText(pack)(value));

describe('a value that passes', () => {
  const simple = fc.oneof(
    fc.constantFrom(null, undefined, true, false, NaN, Infinity, -Infinity, -0, 0),
    fc.double(),
    fc.string({ unit: 'binary' }),
    fc.bigInt(),
    fc.date(),
    fc.uint8Array(),
    fc.float64Array(),
    fc.bigInt64Array(),
    fc.uint8Array().map((bytes) => bytes.slice().buffer),
  );
  const { value: any } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      simple,
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.string(), tie('value'), { maxKeys: 4, noNullPrototype: true }),
      fc.array(fc.tuple(simple, tie('value')), { maxLength: 4 }).map((pairs) => new Map(pairs)),
      fc.array(simple, { maxLength: 4 }).map((all) => new Set(all)),
    ),
  }));

  it('is what it was', () => {
    fc.assert(fc.property(any, (value) => void expect(passed(value)).toStrictEqual(value)));
  });

  it('may be larger than what a call takes as arguments', () => {
    const bytes = new Uint8Array(300_000).map((_, i) => i % 251);
    const { file } = passed({ file: bytes }) as { readonly file: Uint8Array };
    expect(file).toBeInstanceOf(Uint8Array);
    expect(Buffer.compare(file, bytes)).toBe(0);
  });

  it('loses its functions, which cannot cross', () => {
    expect(passed({ key: 'a', certificate: () => null })).toStrictEqual({ key: 'a' });
  });

  it('may name an object twice, and not hold itself', () => {
    const twice = { name: 'twice' };
    expect(passed([twice, twice])).toEqual([twice, twice]);
    const self: unknown[] = [];
    self.push(self);
    expect(() => pack(self)).toThrow('part of itself');
  });

  it('has no class of its own', () => {
    expect(() => pack(new URL('http://localhost/'))).toThrow('class URL');
  });

  it('tells an error by its name and words', () => {
    const error = passed(new RangeError('too far')) as Error;
    expect(error).toBeInstanceOf(Error);
    expect([error.name, error.message]).toEqual(['RangeError', 'too far']);
  });
});
