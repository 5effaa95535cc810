/** The list of packages in the worker: what is found, in which order, and that it follows each change. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asKey } from '../../src/codec/brand.ts';
import type { Genesis } from '../../src/codec/genesis.ts';
import { matchesSearch, searchText } from '../../src/domain/supply/summary.ts';
import type { PackageRecord } from '../../src/domain/supply/types.ts';
import type { PackageStatus } from '../../src/worker/api.ts';
import { MAX_KEPT_SEARCHES } from '../../src/worker/limits.ts';
import { PackageIndex, type IndexedPackage } from '../../src/worker/package-index.ts';

const row = (
  sscc: string,
  text: string,
  updatedAt: number,
  status: PackageStatus = 'announced',
): IndexedPackage => ({
  key: asKey(`package/${sscc}`),
  version: 1,
  fields: { sscc, status, asnId: '', supplier: '', courier: null, lots: [], gtins: [] },
  text: `${sscc}\n${text}`,
  updatedAt,
});

const found = (index: PackageIndex, text: string, status: PackageStatus | 'all' = 'all'): string[] =>
  index.find({ text, status }).rows.map(({ fields }) => fields.sscc);

describe('a search among packages', () => {
  it('finds what has all words, each in any field, and puts the newest change first', () => {
    const index = new PackageIndex();
    index.put(row('1112', 'l-77\ndelta express', 10));
    index.put(row('2229', 'l-77\necho', 30));
    index.put(row('3336', 'l-78\ndelta express', 20));
    expect(found(index, '')).toEqual(['2229', '3336', '1112']);
    expect(found(index, 'DELTA  l-7')).toEqual(['3336', '1112']);
    expect(found(index, 'delta 111')).toEqual(['1112']);
    expect(found(index, 'delta echo')).toEqual([]);
  });

  it('knows a status by the word of the page that asks, in any language', () => {
    const index = new PackageIndex();
    index.put(row('1', 'x', 1, 'undelivered'));
    index.put(row('2', 'x', 2, 'delivered'));
    const statusWords = { no: ['undelivered'], entregado: ['delivered', 'undelivered'] } as const;
    const of = (text: string): string[] =>
      index.find({ text, status: 'all', statusWords }).rows.map(({ fields }) => fields.sscc);
    expect(of('entregado')).toEqual(['2', '1']);
    expect(of('no entregado')).toEqual(['1']);
    // The same letters without their meaning are another search.
    expect(found(index, 'entregado')).toEqual([]);
  });

  it('a word that every object inherits is a word like any other, with a page’s words for statuses or without', () => {
    const index = new PackageIndex();
    index.put(row('1', 'constructor of __proto__ gear', 1));
    index.put(row('2', 'x', 2));
    for (const text of ['constructor', '__proto__', '__PROTO__ Constructor', 'hasownproperty']) {
      const expected = text.startsWith('has') ? [] : ['1'];
      expect(found(index, text), text).toEqual(expected);
      const asked = { text, status: 'all', statusWords: { transit: ['in-transit'] } } as const;
      expect(
        index.find(asked).rows.map(({ fields }) => fields.sscc),
        text,
      ).toEqual(expected);
    }
  });

  it('a number in the reader’s own digits, or a name with marks that nobody sees, is found as it was announced', () => {
    const text = (name: string): string =>
      searchText(
        {
          sscc: '040123450000001112',
          status: 'announced',
          label: null,
          supplierCheck: null,
          manifest: {
            keyId: 'A-2',
            supplier: name,
            content: { asnId: 'ASN-1', supplierGln: '4012345000115', lines: [] },
          },
        } as unknown as PackageRecord,
        { directory: { supplierKeys: [] } } as unknown as Genesis,
      );
    const announced = text('مخازن ٤٢ می\u200cدان');
    for (const query of [
      '٠١١١٢',
      '۰۱۱۱۲',
      '\u206601112\u2069',
      '0111\u200e2',
      'مخازن 42',
      'ميدان'.replace('ي', 'ی'),
    ])
      expect(matchesSearch(announced, query), query).toBe(true);
    expect(matchesSearch(announced, '٠١١١٣')).toBe(false);
  });

  it('follows every change as if it were made anew, whatever was asked before', () => {
    const word = fc.constantFrom('', 'a', 'ab', 'abc', 'b', 'bc', 'a b', 'abc 1', '12', '1', 'Å');
    const status = fc.constantFrom<PackageStatus[]>('announced', 'labelled', 'delivered');
    const step = fc.oneof(
      fc.record({ put: fc.nat(12), text: word, at: fc.nat(5), status }),
      fc.record({ ask: word, of: fc.oneof(fc.constant('all' as const), status) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const index = new PackageIndex();
        const all = new Map<string, IndexedPackage>();
        for (const one of steps) {
          if ('put' in one) {
            const put = row(String(one.put), one.text, one.at, one.status);
            all.set(put.key, put);
            index.put(put);
            continue;
          }
          const fits = [...all.values()].filter(({ text }) => matchesSearch(text, one.ask));
          const expected = fits
            .filter(({ fields }) => one.of === 'all' || fields.status === one.of)
            .sort((a, b) => b.updatedAt - a.updatedAt || (a.key < b.key ? -1 : 1));
          const { rows, counts } = index.find({ text: one.ask, status: one.of });
          expect(rows).toEqual(expected);
          const counted = Object.values(counts).reduce((sum, count) => sum + count, 0);
          expect(counted).toBe(fits.length);
          for (const [name, count] of Object.entries(counts))
            expect(count).toBe(fits.filter(({ fields }) => fields.status === name).length);
        }
        expect(index.size).toBe(all.size);
      }),
    );
  });

  it('looks for a longer word in what the shorter one found, and does not look again', () => {
    const index = new PackageIndex();
    let looked = 0;
    for (let i = 0; i < 1000; i++) {
      const text = `${i}`.padStart(4, '0');
      const one = row(text, '', i);
      index.put({
        ...one,
        get text() {
          looked += 1;
          return text;
        },
      });
    }
    const costOf = (text: string): number => {
      const before = looked;
      found(index, text);
      return looked - before;
    };
    expect(costOf('9')).toBe(1000);
    expect(costOf('98')).toBe(271);
    expect(costOf('98')).toBe(0);
    // A change costs one look for each kept search, however many packages there are.
    const before = looked;
    index.put(row('0001', '', 5000));
    expect(looked - before).toBeLessThanOrEqual(2 * MAX_KEPT_SEARCHES);
  });
});
