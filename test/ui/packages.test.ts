/** The list of packages: what is asked of the replica, which rows are in the document, and where a person is in it. */
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { MAX_KEPT_PAGES, PACKAGE_PAGE, ROWS_PATIENCE_MS } from '../../src/ui/limits.ts';
import { Opener } from '../../src/ui/packages/opener.ts';
import { readPlace, readWrongDigit, writePlace } from '../../src/ui/packages/place.ts';
import { indexOf, rowOf, RowSource, type Wanted } from '../../src/ui/packages/row-source.ts';
import { scannedSearch, searchedText, statusWordsOf } from '../../src/ui/packages/search-words.ts';
import { scanTo, type ScanTo } from '../../src/ui/packages/use-scan-to-package.ts';
import { isOfInputMethod } from '../../src/ui/scan/use-scanner.ts';
import { rowByKey, scrollTo, shownOf, windowOf } from '../../src/ui/packages/window.ts';
import type { PackageAnswer, PackageQuery, PackageSummary } from '../../src/worker/api.ts';

const summary = (sscc: string, version = 1): PackageSummary =>
  ({ sscc, version, status: 'announced', seal: { marks: ['commit'] } }) as unknown as PackageSummary;

const answerOf = (query: PackageQuery, names: readonly string[], version = 1): PackageAnswer => ({
  total: names.length,
  rows: names.slice(query.offset, query.offset + query.limit).map((name) => summary(name, version)),
  counts: { announced: names.length },
  reading: false,
});

const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `p${i}`);

const wanted = (change: Partial<Wanted> = {}): Wanted => ({
  text: '',
  status: 'all',
  statusWords: {},
  from: 0,
  to: 20,
  revision: 1,
  ...change,
});

/** A replica that answers when it is told to. */
class Slow {
  readonly asked: PackageQuery[] = [];
  readonly #waiting: { give: (answer: PackageAnswer) => void; fail: () => void }[] = [];

  readonly ask = (query: PackageQuery): Promise<PackageAnswer> => {
    this.asked.push(query);
    return new Promise((give, fail) => this.#waiting.push({ give, fail: () => fail(new Error('gone')) }));
  };

  async answer(all: readonly string[], version = 1): Promise<void> {
    const waiting = this.#waiting.shift()!;
    waiting.give(answerOf(this.asked[this.asked.length - 1 - this.#waiting.length]!, all, version));
    await settled();
  }

  async fail(): Promise<void> {
    this.#waiting.shift()!.fail();
    await settled();
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

describe('rows of the list', () => {
  it('a person who types faster than the replica answers leaves one question behind, and the last word counts', async () => {
    const replica = new Slow();
    const source = new RowSource(replica.ask);
    for (const text of ['1', '11', '111', '1112']) source.want(wanted({ text }));
    expect(replica.asked.map(({ text }) => text)).toEqual(['1']);
    await replica.answer(names(5));
    // Nobody wants that one any more.
    expect(source.rows().total).toBeNull();
    expect(replica.asked.map(({ text }) => text)).toEqual(['1', '1112']);
    await replica.answer(names(2));
    expect(source.rows()).toMatchObject({ total: 2, text: '1112' });
    expect(replica.asked).toHaveLength(2);
  });

  it('the rows of the last search stay until those of the next have come, with the number that is theirs', async () => {
    const replica = new Slow();
    const source = new RowSource(replica.ask);
    source.want(wanted());
    await replica.answer(names(3));
    source.want(wanted({ text: 'x' }));
    expect(source.rows()).toMatchObject({ total: 3, text: '' });
    await replica.answer([]);
    expect(source.rows()).toMatchObject({ total: 0, text: 'x' });
  });

  it('a change is asked for once, and what has not changed is not drawn again', async () => {
    const replica = new Slow();
    const source = new RowSource(replica.ask);
    source.want(wanted());
    await replica.answer(names(10));
    const before = source.rows();
    for (let revision = 2; revision < 30; revision++) source.want(wanted({ revision }));
    await replica.answer(['new', ...names(10)]);
    await replica.answer(['new', ...names(10)]);
    expect(replica.asked).toHaveLength(3);
    const after = source.rows();
    expect(rowOf(after, 0)?.sscc).toBe('new');
    expect(rowOf(after, 4)).toBe(rowOf(before, 3));
    expect([indexOf(after, 'p9'), indexOf(after, 'p10')]).toEqual([10, -1]);
    source.want(wanted({ revision: 30 }));
    await replica.answer(names(10), 2);
    expect(rowOf(source.rows(), 3)).not.toBe(rowOf(before, 3));
  });

  it('keeps a bounded number of pages however far somebody scrolls, and asks for those in sight only', async () => {
    const all = names(10_000);
    const asked: PackageQuery[] = [];
    const source = new RowSource(async (query) => {
      asked.push(query);
      return answerOf(query, all);
    });
    for (let from = 0; from < all.length; from += PACKAGE_PAGE) {
      source.want(wanted({ from, to: from + 20 }));
      await settled();
      expect(rowOf(source.rows(), from)?.sscc).toBe(`p${from}`);
      expect(source.rows().pages.size).toBeLessThanOrEqual(MAX_KEPT_PAGES);
    }
    expect(asked.length).toBe(all.length / PACKAGE_PAGE);
  });

  it('a list that became shorter is known to be, also by whoever looks at where its end was', async () => {
    const source = new RowSource(async (query) => answerOf(query, query.text === '' ? names(400) : names(3)));
    source.want(wanted({ from: 380, to: 400 }));
    await settled();
    source.want(wanted({ from: 380, to: 400, text: 'x' }));
    await settled();
    expect(source.rows()).toMatchObject({ total: 3, text: 'x' });
    source.want(wanted({ text: 'x' }));
    await settled();
    expect(rowOf(source.rows(), 2)?.sscc).toBe('p2');
  });

  it('an older replica, which counts nothing, takes the page down', async () => {
    const source = new RowSource(async (query) => {
      const { counts: _, ...older } = answerOf(query, names(3));
      return older as PackageAnswer;
    });
    source.want(wanted());
    await settled();
    const { total, counts, reading } = source.rows();
    expect([total, counts, reading]).toEqual([3, {}, false]);
  });

  it('a failure is told, keeps what was there, and is over with the next answer', async () => {
    const replica = new Slow();
    const source = new RowSource(replica.ask);
    source.want(wanted());
    await replica.answer(names(3));
    source.want(wanted({ revision: 2 }));
    await replica.fail();
    expect(source.rows()).toMatchObject({ failed: true, total: 3 });
    expect(replica.asked).toHaveLength(2);
    source.again();
    await replica.answer(names(4));
    expect(source.rows()).toMatchObject({ failed: false, total: 4 });
  });
});

describe('what a scan or Enter opens', () => {
  const SSCC = '040123450000001112';
  /** A replica whose answers are given one by one, in any order. */
  const slow = () => {
    const waiting: { give: (answer: unknown) => void; fail: (error: Error) => void }[] = [];
    const asked: unknown[] = [];
    const ask = (what: unknown): Promise<never> => {
      asked.push(what);
      return new Promise((give, fail) => waiting.push({ give: give as (answer: unknown) => void, fail }));
    };
    return { opener: new Opener({ package: ask, packages: ask }), asked, waiting };
  };
  const page = (change: Partial<PackageAnswer> = {}): PackageAnswer => ({
    total: 1,
    rows: [summary(SSCC)],
    counts: { announced: 1 },
    reading: false,
    ...change,
  });

  it('a right label is not here while the replica reads its disk', async () => {
    const { opener, asked, waiting } = slow();
    const opening = opener.named(SSCC);
    // The package itself: the list knows it only when it has been read.
    expect(asked).toEqual([SSCC]);
    waiting[0]!.give({ summary: summary(SSCC) });
    expect(await opening).toEqual({ kind: 'open', sscc: SSCC });
    const other = opener.named(SSCC);
    waiting[1]!.give(null);
    expect(await other).toEqual({ kind: 'not-here' });
  });

  it('a replica that does not answer says that there is no such package', async () => {
    const { opener, waiting } = slow();
    for (const ask of [() => opener.named(SSCC), () => opener.only('1112', 'all')]) {
      const opening = ask();
      waiting.shift()!.fail(new Error('closed'));
      expect(await opening).toEqual({ kind: 'no-answer' });
    }
    vi.useFakeTimers();
    try {
      const opening = opener.named(SSCC);
      await vi.advanceTimersByTimeAsync(ROWS_PATIENCE_MS);
      expect(await opening).toEqual({ kind: 'no-answer' });
    } finally {
      vi.useRealTimers();
    }
  });

  it('the first of several that are still being read is taken for the only one', async () => {
    const { opener, asked, waiting } = slow();
    const ask = async (answer: PackageAnswer): Promise<unknown> => {
      const opening = opener.only('1112', 'announced');
      waiting.shift()!.give(answer);
      return opening;
    };
    expect(await ask(page({ reading: true }))).toEqual({ kind: 'list' });
    expect(await ask(page())).toEqual({ kind: 'open', sscc: SSCC });
    expect(await ask(page({ total: 2 }))).toEqual({ kind: 'list' });
    expect(await ask(page({ total: 0, rows: [] }))).toEqual({ kind: 'list' });
    expect(asked[0]).toMatchObject({ text: '1112', status: 'announced', offset: 0, limit: 1 });
    // Enter in an empty field opens nothing, also where there is only one package.
    expect(await opener.only('', 'all')).toEqual({ kind: 'list' });
    expect(asked).toHaveLength(4);
  });

  it('a late answer takes away from somebody who has typed, or scanned, something else since', async () => {
    const { opener, waiting } = slow();
    const typed = opener.only('1112', 'all');
    opener.forget();
    const first = opener.named(SSCC);
    const second = opener.named(SSCC);
    waiting[2]!.give({ summary: summary(SSCC) });
    waiting[1]!.give(null);
    waiting[0]!.give(page());
    expect(await Promise.all([typed, first, second])).toEqual([
      { kind: 'overtaken' },
      { kind: 'overtaken' },
      { kind: 'open', sscc: SSCC },
    ]);
    const emptied = opener.only('1112', 'all');
    await opener.only('', 'all');
    waiting[3]!.give(page());
    expect(await emptied).toEqual({ kind: 'overtaken' });
  });
});

describe('keys in the search', () => {
  it('an input method’s Enter or arrow, which end and choose its words, open a package or leave the field', () => {
    const key = (name: string, keyCode: number, isComposing: boolean): boolean =>
      isOfInputMethod({ key: name, keyCode, isComposing });
    // While it composes; and where a browser says so by the code alone, after the word has ended.
    expect([key('Enter', 13, true), key('ArrowDown', 40, true)]).toEqual([true, true]);
    expect([key('Enter', 229, false), key('ArrowDown', 229, false)]).toEqual([true, true]);
    expect([key('Enter', 13, false), key('ArrowDown', 40, false)]).toEqual([false, false]);
  });
});

describe('a scan on a page without a search', () => {
  const search = (to: ScanTo | null): string => new URL(to!.url, 'http://localhost').search;

  it('a misread number comes to the list without the warning that the list gives', () => {
    const to = scanTo('040123450000001113', false);
    expect(to).toMatchObject({ wrongDigit: true });
    expect(readPlace(search(to), to!.state).text).toBe('040123450000001113');
    expect(readWrongDigit(structuredClone(to!.state))).toBe(true);
    // The warning is over when the list has noted a place of its own.
    const place = { text: '12', status: 'all', top: 0, active: null } as const;
    expect(readWrongDigit(writePlace(place, '/packages', to!.state).state)).toBe(false);
    const product = scanTo(']C10104012345001013', false);
    expect(search(product)).toBe('?q=04012345001013');
    expect(readWrongDigit(product!.state)).toBe(false);
    for (const state of [null, undefined, 3, {}]) expect(readWrongDigit(state)).toBe(false);
  });

  it('leads past a question that is open, or from a label to the list', () => {
    expect(scanTo(']C100040123450000001112', true)).toBeNull();
    expect(scanTo('040123450000001113', true)).toBeNull();
    expect(scanTo(']C100040123450000001112', false)).toEqual({
      url: '/packages/040123450000001112',
      state: null,
      wrongDigit: false,
    });
  });
});

describe('the window of rows', () => {
  it('holds all that is in sight, and a bounded number besides, at every position', () => {
    const position = fc.record({
      top: fc.nat(800_000),
      height: fc.integer({ min: 100, max: 1200 }),
      row: fc.integer({ min: 60, max: 224 }),
    });
    fc.assert(
      fc.property(position, ({ top, height, row }) => {
        const span = windowOf(top, height, row);
        expect(span.from * row).toBeLessThanOrEqual(top);
        expect(span.to * row).toBeGreaterThanOrEqual(top + height);
        expect(span.to - span.from).toBeLessThanOrEqual(height / row + 26);
      }),
    );
  });

  it('keeps the row with the focus in the document, wherever it is, once', () => {
    const span = { from: 100, to: 103 };
    expect(shownOf(span, 1000, 5)).toEqual([5, 100, 101, 102]);
    expect(shownOf(span, 1000, 101)).toEqual([100, 101, 102]);
    expect(shownOf(span, 1000, 500)).toEqual([100, 101, 102, 500]);
    expect(shownOf(span, 102, 500)).toEqual([100, 101]);
    expect(shownOf(span, 0, -1)).toEqual([]);
  });

  it('keys go from row to row and stop at both ends; other keys are left to the page', () => {
    const to = (key: string, index: number): number | null => rowByKey(key, index, 100, 8);
    expect(['ArrowDown', 'ArrowUp', 'PageDown', 'PageUp', 'Home', 'End'].map((key) => to(key, 50))).toEqual([
      51, 49, 57, 43, 0, 99,
    ]);
    expect([to('ArrowUp', 0), to('PageDown', 97), to('a', 3), to('Enter', 3)]).toEqual([0, 99, null, null]);
  });

  it('scrolls no further than a row needs to be whole in sight', () => {
    expect(scrollTo(3, 100, 0, 400)).toBeNull();
    expect(scrollTo(4, 100, 0, 400)).toBe(100);
    expect(scrollTo(0, 100, 50, 400)).toBe(0);
  });
});

describe('the place in the list', () => {
  it('comes back from the address and the history, and leaves what others keep there', () => {
    const place = {
      text: 'delta & 1112',
      status: 'in-transit',
      top: 40.5,
      active: { sscc: '040123450000001112', index: 42 },
    } as const;
    const { url, state } = writePlace(place, '/n/ab/packages', { of: 'others' });
    expect(state).toMatchObject({ of: 'others' });
    expect(readPlace(new URL(url, 'http://localhost').search, structuredClone(state))).toEqual(place);
    expect(writePlace({ text: '', status: 'all', top: 0, active: null }, '/p', null).url).toBe('/p');
  });

  it('is the top of the whole list where nothing of use was kept', () => {
    const nothing = { text: '', status: 'all', top: 0, active: null };
    for (const state of [null, undefined, 3, { 'countersign-packages': { top: -1, index: 2 } }])
      expect(readPlace('?status=eaten', state)).toEqual(nothing);
  });
});

describe('what is searched for', () => {
  it('a scan becomes the words that the list knows', () => {
    expect(scannedSearch(']C100040123450000001112')).toMatchObject({
      sscc: '040123450000001112',
      text: '040123450000001112',
    });
    expect(scannedSearch(']d2010401234500101317291028' + '10L2640A\u001d21S-9').text).toBe(
      '04012345001013 L2640A S-9',
    );
    expect(scannedSearch('https://id.gs1.org/01/04012345001013/10/L%2F1').text).toBe('04012345001013 L/1');
    // With the kind of the barcode in front, as a camera and most scanners give it.
    expect(scannedSearch(']Q1https://id.gs1.org/01/04012345001013/10/L1').text).toBe('04012345001013 L1');
    expect(scannedSearch(']E04012345001013').text).toBe('4012345001013');
    expect(scannedSearch('(01)04012345001013(10)L2640A').text).toBe('04012345001013 L2640A');
    // What a package holds, from the second barcode of its label.
    expect(scannedSearch(']C10204012345001013372410L2640A').text).toBe('04012345001013');
    expect(scannedSearch(']C10204012345001013' + '10L2640A\u001d37240').text).toBe('04012345001013 L2640A');
    expect(scannedSearch('040123450000001113')).toMatchObject({ wrongDigit: true, sscc: null });
  });

  it('a product’s code is taken apart as the scan step takes it apart: every way to spell a separator, every element that needs none', () => {
    const GTIN = '04012345001013';
    for (const separator of ['\u001d', '<GS>', '{GS}', '^]', '\\x1d', '\\u001d', '␝'])
      expect(scannedSearch(`]d201${GTIN}10L2640A${separator}21S-9`).text, separator).toBe(
        `${GTIN} L2640A S-9`,
      );
    const fixed = ['11', '12', '13', '14', '15', '16', '17', '18', '19'].map((ai) => `${ai}261231`);
    for (const element of [...fixed, '2001', '3103001250', '3202000100', '3601000100', '4104012345000115'])
      expect(scannedSearch(`]d201${GTIN}${element}10L2640A`).text, element).toBe(`${GTIN} L2640A`);
    for (const link of [`01/${GTIN}?10=L2640A&21=S-9`, `shop/01/${GTIN}/22/2A/10/L2640A/21/S-9`])
      expect(scannedSearch(`https://example.com/${link}`).text, link).toBe(`${GTIN} L2640A S-9`);
    // The number in front may be another one.
    expect(scannedSearch(`]d210L2640A<GS>01${GTIN}`).text).toBe(`${GTIN} L2640A`);
    expect(scannedSearch(`(10)L2640A(01)${GTIN}`).text).toBe(`${GTIN} L2640A`);
    // Two products in one code: nobody knows which is meant.
    expect(scannedSearch(`]d201${GTIN}0104012345000207`).text).not.toBe('04012345000207');
  });

  it('a number written in other digits, or copied with marks that nobody sees, is the same number', () => {
    for (const text of ['٠١١١٢', '۰۱۱۱۲', '０１１１２', '\u206801112\u2069', ' \ufeff01112\u200e\u00a0'])
      expect(searchedText(text), text).toBe('01112');
    expect(searchedText('دلتا اكسبرس')).toBe('دلتا اكسبرس');
  });

  it('the page’s word for a status finds it, also where the record has another one', () => {
    expect(statusWordsOf('NOT delivered')).toMatchObject({
      not: ['undelivered'],
      delivered: ['delivered', 'undelivered'],
    });
    expect(statusWordsOf('transit 1112')).toEqual({ transit: ['in-transit'] });
  });
});
