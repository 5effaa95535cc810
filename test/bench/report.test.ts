import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { along, linear, logarithmic } from '../../bench/report/axis.ts';
import { samplesCsv } from '../../bench/report/csv.ts';
import { tablesMarkdown } from '../../bench/report/markdown.ts';
import { change, column, duration, shown, tick } from '../../bench/report/numbers.ts';
import { reportPage } from '../../bench/report/page.ts';
import { drawing } from '../../bench/report/plot.ts';
import { prefix, remaining } from '../../bench/report/progress.ts';
import {
  faultsOf,
  readResult,
  readResults,
  writeResults,
  type StudyResult,
} from '../../bench/report/result.ts';
import { TOKENS as REAL_TOKENS } from '../../bench/store.ts';
import type { Plot } from '../../bench/study.ts';
import { examples, outcome, result, series } from './example.ts';

const EXAMPLES = examples();
const TOKENS = "[data-theme='light'] { --m1: #1553d1; }";
const page = (results = EXAMPLES, tokens = TOKENS): string =>
  reportPage(results, {
    ...{ tokens, made: '2026-11-22T15:00:00Z' },
    studies: ['client', 'sessions', 'gossip', 'scale', 'throughput', 'peers'],
  });

describe('numbers', () => {
  it('have three digits that count', () => {
    expect(
      [0, 0.01234, 0.5, 1, 2.345, 9.999, 12.34, 240.4, 999.6, 1_234.5, 250_000].map((value) => shown(value)),
    ).toEqual([...['0', '0.0123', '0.500', '1', '2.35', '10.0', '12.3', '240', '1,000', '1,235', '250,000']]);
    expect(shown(Number.NaN)).toBe('–');
    expect(shown(-1_234)).toBe('-1,234');
  });

  it('of one column have the decimals that their study rounded to', () => {
    expect([7.5, 2, 3.25].map(column([7.5, 2, 3.25]))).toEqual(['7.50', '2.00', '3.25']);
    expect([7, 2_000].map(column([7, 2_000]))).toEqual(['7', '2,000']);
    expect([1 / 3, 20].map((value) => column([1 / 3, 20])(value))).toEqual(['0.333', '20']);
  });

  it('are short on an axis', () => {
    expect([0, 0.5, 2_000, 2.5e6, 3e9].map(tick)).toEqual(['0', '0.5', '2,000', '2.5 M', '3 G']);
  });

  it('say how much more or less', () => {
    expect([0.1234, -0.034, 0.0001, 12].map(change)).toEqual(['+12 %', '−3.4 %', '±0 %', '+1,200 %']);
  });

  it('say how long', () => {
    expect([3, 59.6, 600, 3_600, 4_000].map(duration)).toEqual([
      '3 s',
      '1 min',
      '10 min',
      '1 h',
      '1 h 7 min',
    ]);
  });
});

describe('axes', () => {
  it('begin at 0 and have round ticks', () => {
    expect(linear(37, 183.2, 5).ticks).toEqual([0, 50, 100, 150, 200]);
    expect(linear(0.001, 0.3, 5).ticks).toEqual([0, 0.1, 0.2, 0.3]);
    expect(linear(0, 0, 5).ticks[0]).toBe(0);
    expect(linear(180, 190, 5).from).toBe(0);
    expect(linear(-20, 30, 5).from).toBe(-20);
  });

  it('hold all values between their ends', () => {
    for (const high of [0.07, 1, 1.01, 9.99, 123, 9_999_999]) {
      const axis = linear(0, high, 5);
      expect(axis.to).toBeGreaterThanOrEqual(high);
      expect(axis.ticks.length).toBeLessThanOrEqual(8);
      const log = logarithmic(high / 1_000, high)!;
      expect(log.from).toBeLessThanOrEqual(high / 1_000);
      expect(log.to).toBeGreaterThanOrEqual(high * 0.999);
    }
  });

  it('do not begin at 0 along replicas', () => {
    expect(along(100, 200, 4).from).toBe(100);
    expect(along(7, 7, 4).share(7)).toBe(0.5);
  });

  it('have the same length for the same factor where they are logarithmic', () => {
    const axis = logarithmic(1, 1_000)!;
    expect(axis.ticks).toEqual([1, 10, 100, 1_000]);
    expect(axis.minor).toContain(20);
    expect(axis.share(10) - axis.share(1)).toBeCloseTo(axis.share(1_000) - axis.share(100));
    expect(logarithmic(20, 90)!.ticks).toEqual([20, 50, 100]);
    expect(logarithmic(5, 5)!.ticks).toEqual([5, 10]);
  });

  it('have no place for 0 where they are logarithmic', () => {
    expect(logarithmic(0, 10)).toBeNull();
    expect(logarithmic(-1, 10)).toBeNull();
  });
});

describe('samples.csv', () => {
  const csv = (...parts: Parameters<typeof series>): string[] =>
    [...samplesCsv([result('s', { series: [series(...parts)] })])].join('').split('\r\n');

  const OF = 'false,2026-11-22T14:03:00.000Z,0123456789';

  it('says of each sample whether it counts', () => {
    const all = [result('s', { series: [series('a', [1])] }, { quick: true, revision: null })];
    expect([...samplesCsv(all)][1]).toBe('s,a,,ms,0,false,1,true,2026-11-22T14:03:00.000Z,\r\n');
  });

  it('has every sample, the cold ones first and named so', () => {
    expect(csv('commit', [2.5, 3], { labels: { replicas: 4, l2: 'one' }, cold: [9] })).toEqual([
      'study,figure,labels,unit,index,cold,value,quick,date,revision',
      `s,commit,replicas=4;l2=one,ms,0,true,9,${OF}`,
      `s,commit,replicas=4;l2=one,ms,1,false,2.5,${OF}`,
      `s,commit,replicas=4;l2=one,ms,2,false,3,${OF}`,
      '',
    ]);
  });

  it('quotes what would be taken for two fields', () => {
    expect(csv('write, "confirmed"', [1])[1]).toBe(`s,"write, ""confirmed""",,ms,0,false,1,${OF}`);
    expect(csv('a\nb', [1])[1]).toContain('"a\nb"');
  });
});

describe('results', () => {
  it('are read as they were written', () => {
    const all = EXAMPLES;
    expect(readResults(writeResults(all))).toEqual(JSON.parse(JSON.stringify(all)));
  });

  it('that are of something else are refused with where they differ', () => {
    expect(() => readResult('{"format":2}')).toThrow('format');
    const wrong = { ...result('s', { series: [series('a', [1])] }) };
    const json = JSON.stringify(wrong).replace('"unit":"ms"', '"unit":"mile"');
    expect(() => readResult(json)).toThrow('outcome.series.0.unit');
  });

  it('name what is unfit to be shown', () => {
    const twice = [series('a', [1]), series('a', [2])];
    expect(faultsOf(outcome({ series: twice }))).toEqual(['a: there are two series of this name']);
    expect(faultsOf(outcome({ series: [series('a', [1, Number.NaN])] }))[0]).toContain(
      '1 samples are not numbers',
    );
    expect(faultsOf(outcome({ series: [series('a', [])] }))[0]).toContain('no samples');
    const ratio = { name: 'r', value: Number.NaN, better: 'lower', tolerance: 0.1 } as const;
    expect(faultsOf(outcome({ series: [series('a', [1])], ratios: [ratio] }))).toEqual([
      'r: is not a number',
    ]);
    expect(EXAMPLES.flatMap((one) => faultsOf(one.outcome!))).toEqual([]);
  });
});

describe('plots', () => {
  const one = (plot: Plot, found = EXAMPLES.flatMap((example) => example.outcome!.series)) =>
    drawing(outcome({ series: found }), plot, 'p');
  const box = { kind: 'box', title: 't', figure: 'a', by: 'n' } as const;
  const line = { kind: 'line', title: 't', figure: 'a', by: 'n' } as const;
  const at = (n: number, samples: readonly number[], more = {}) =>
    series('a', samples, { labels: { n, ...more } });

  it('that nothing was measured for are none', () => {
    expect(one({ ...box, figure: 'nothing' }).svg).toBeNull();
  });

  it('leave out series that `where` does not mean', () => {
    const found = [at(4, [1], { kind: 'x' }), at(4, [99], { kind: 'y' })];
    expect(one({ ...box, where: { kind: 'x' } }, found).rows[0]!.map(({ html }) => html)).toContain('1');
    expect(one({ ...box, where: { kind: 'x' } }, found).rows[0]!.map(({ html }) => html)).not.toContain('99');
  });

  it('put series together that differ in nothing that is drawn, and say so', () => {
    const drawn = one(box, [at(4, [1, 2, 3], { topology: 1 }), at(4, [4, 5, 6], { topology: 2 })]);
    expect(drawn.rows).toHaveLength(1);
    expect(drawn.rows[0]![1]!.html).toBe('6');
    expect(drawn.notes.join()).toContain('2 series');
  });

  it('order sizes by number', () => {
    const drawn = one(box, [at(16, [1]), at(4, [1]), at(7, [1])]);
    expect(drawn.rows.map((row) => row[0]!.html)).toEqual(['4', '7', '16']);
  });

  it('draw few samples as dots and more as a box', () => {
    expect(one(box, [at(4, [1, 2, 3, 4])]).svg!.wide).not.toContain('class="box"');
    expect(one(box, [at(4, [1, 2, 3, 4, 5])]).svg!.wide).toContain('class="box"');
  });

  it('give a split the same ink in every plot of its figure', () => {
    const found = ['a', 'b', 'c'].map((engine) =>
      at(4, [1, 2, 3, 4, 5], { engine, on: engine === 'b' ? 'x' : 'y' }),
    );
    const inks = (where: Record<string, string>): (number | null)[] =>
      one({ ...box, split: 'engine', where }, found).legend.map(({ ink }) => ink);
    expect(inks({ on: 'y' })).toEqual([1, 3]);
    expect(inks({ on: 'x' })).toEqual([2]);
  });

  it('say when an axis cannot be logarithmic', () => {
    expect(one({ ...box, logarithmic: true }, [at(4, [0, 1, 2])]).notes.join()).toContain('0 or below');
    expect(one({ ...box, logarithmic: true }, [at(4, [0.1, 1, 2])]).notes).toEqual([]);
  });

  it.each([box, line])(
    'say whose the published marks are, and have them and goals in the table of a $kind',
    (plot) => {
      const published = [
        { value: 3, source: 'Other, 16 nodes' },
        { value: 4_000, source: 'far' },
      ];
      const goal = { value: 2.5, percentile: 50, source: 'own' };
      const found = [series('a', [1, 2, 3], { labels: { n: 4 }, published, goal })];
      const drawn = one(plot, found);
      expect(drawn.legend.map(({ text }) => text)).toEqual(
        expect.arrayContaining(['published: Other', 'goal']),
      );
      expect(drawn.head.slice(-2)).toEqual(['published', 'goal']);
      expect(drawn.rows[0]!.slice(-2).map(({ html }) => html)).toEqual([
        '3: Other, 16 nodes; 4,000: far',
        '2.50',
      ]);
      expect(one(plot, [at(4, [1, 2])]).head).not.toContain('goal');
    },
  );

  it('do not let a published figure press everything to the ground', () => {
    const published = [{ value: 4_000, source: 'paper' }];
    const found = [series('a', [1, 2, 3], { labels: { n: 4 }, published })];
    const drawn = one(box, found);
    expect(drawn.svg!.wide).not.toContain('4,000');
    expect(drawn.notes.join()).toContain('table alone');
    expect(drawn.rows[0]!.at(-1)!.html).toBe('4,000: paper');
    expect(one({ ...box, logarithmic: true }, found).svg!.wide).toContain('class="published"');
  });

  it('give no percentile in their tables that would be the smallest or the largest', () => {
    const html = (plot: Plot, n: number): readonly string[] =>
      one(plot, [
        at(
          4,
          Array.from({ length: n }, (_, i) => i + 1),
        ),
      ]).rows[0]!.map((cell) => cell.html);
    expect(html(box, 99).slice(1)).toEqual(['99', '1', '–', '25', '50', '75', '–', '99']);
    expect(html(box, 100).slice(1)).toEqual(['100', '1', '1', '25', '50', '75', '99', '100']);
    expect(html(line, 9).slice(1)).toEqual(['9', '–', '5', '–', '–', '9']);
    expect(html(line, 10).slice(1)).toEqual(['10', '1', '5', '9', '–', '10']);
    expect(html(line, 100).slice(1)).toEqual(['100', '10', '50', '90', '99', '100']);
  });

  it('leave out what is no number, and say how many', () => {
    const odd = [
      at(4, [1, Number.NaN, 2, Number.POSITIVE_INFINITY, 3, 4, 5]),
      at(7, [Number.NaN]),
      at(10, [7]),
    ];
    for (const plot of [
      box,
      line,
      { ...box, logarithmic: true },
      { ...box, kind: 'stacked', stack: 'n' },
    ] as const) {
      const drawn = one(plot, odd);
      expect(drawn.svg!.wide).not.toMatch(/NaN|Infinity/);
      expect(drawn.rows.map((row) => row[0]!.html)).toEqual(['4', '10']);
      expect(drawn.notes.join()).toContain('Not drawn: 3 samples that are no number.');
    }
    expect(one(box, [at(4, [1, 2])]).notes).toEqual([]);
  });

  it('have a line for each split and no number along that is none', () => {
    const drawn = one({ ...line, split: 'd' }, [
      at(4, [1], { d: 5 }),
      at(7, [2], { d: 5 }),
      at(4, [1], { d: 7 }),
    ]);
    expect(drawn.svg!.wide.match(/<polyline/g)).toHaveLength(2);
    expect(one(line, [series('a', [1], { labels: { n: 'many' } })]).svg).toBeNull();
  });

  it('count the samples of a timeline between its marks', () => {
    const points = [
      [1, 10],
      [2, 20],
      [5, 500],
      [6, 600],
    ] as const;
    const drawn = one({
      kind: 'timeline',
      title: 't',
      unit: 'ms',
      points,
      marks: [{ at: 4, text: 'stops' }],
    });
    expect(drawn.rows.map((row) => row.map(({ html }) => html))).toEqual([
      ['–', '0', 'until then', '2', '10', '–', '20'],
      ['1', '4', 'stops', '2', '500', '–', '600'],
    ]);
  });

  it('number marks together that fall together', () => {
    const points = [
      [0, 1],
      [100, 1],
    ] as const;
    const marks = [3, 3.1, 3.2, 60].map((moment, i) => ({ at: moment, text: `m${i}` }));
    const drawn = one({ kind: 'timeline', title: 't', unit: 'ms', points, marks });
    const numbers = [...drawn.svg!.wide.matchAll(/class="number"[^>]*>([^<]+)</g)].map((match) => match[1]);
    expect(numbers).toEqual(['1–3', '4']);
    expect(drawn.legend.map(({ text }) => text)).toContain('2, at 3.10 s: m1');
  });

  it('are bounded in size however many samples there are', () => {
    const points = Array.from({ length: 20_000 }, (_, i) => [i / 100, (i * 7_919) % 1_000] as const);
    const drawn = one({ kind: 'timeline', title: 't', unit: 'ms', points, marks: [] });
    expect(drawn.svg!.wide.length).toBeLessThan(100_000);
  });
});

describe('the page', () => {
  const html = page();

  it('loads and runs nothing, and forbids it', () => {
    expect(html).not.toMatch(/<script|<link|<img|<iframe|@import|url\((?!#)|\son[a-z]+=|\sstyle=/i);
    expect(html).not.toMatch(/https?:/);
    const style = /<style>([\s\S]*?)<\/style>/.exec(html)![1]!;
    const hash = createHash('sha256').update(style).digest('base64');
    expect(html).toContain(`default-src &#39;none&#39;; style-src &#39;sha256-${hash}&#39;`);
  });

  it('allows its style, and nothing from elsewhere, with the colours of the app too', () => {
    const tokens = readFileSync(REAL_TOKENS, 'utf8');
    const found = page(EXAMPLES, tokens);
    const [style] = [...found.matchAll(/<style>([\s\S]*?)<\/style>/g)].map((match) => match[1]!);
    const hash = createHash('sha256').update(style!).digest('base64');
    expect(found).toContain(`default-src &#39;none&#39;; style-src &#39;sha256-${hash}&#39;`);
    expect(style).toContain(tokens);
    expect(found).not.toMatch(/<script|<link|@import|@font-face|url\((?!#)|https?:/i);
    const used = [...found.matchAll(/var\((--[a-z0-9-]+)/g)].map((match) => match[1]!);
    expect(used.filter((name) => !found.includes(`${name}:`))).toEqual([]);
    const paper = style!.slice(style!.lastIndexOf('@media print'));
    expect(paper).toContain('--ground: #');
  });

  it('ranks the samples that are numbers, and counts them', () => {
    const text = tablesMarkdown([result('s', { series: [series('a', [5, Number.NaN, 1, 3])] })]);
    expect(text).toContain('| 3 | 3 | – | – | 5 |');
  });

  it('has no number that is none, whatever a study found', () => {
    const none = Number.NaN;
    const of = (value: number, more = {}) =>
      series('a', [value, 1, 2], {
        ...{ labels: { n: 4, kind: String(more) }, cold: [value] },
        goal: { value, percentile: 50, source: 'g' },
        published: [{ value, source: 'p' }],
        conditions: { bls: [value, 1], load: [value, 1] },
        ...more,
      });
    const odd = outcome({
      series: [of(none), of(Number.POSITIVE_INFINITY, { labels: { n: 7 } }), of(1, { labels: { n: none } })],
      plots: [
        { kind: 'box', title: 't', figure: 'a', by: 'n', split: 'n' },
        { kind: 'line', title: 't', figure: 'a', by: 'n', logarithmic: true },
        { kind: 'stacked', title: 't', figure: 'a', by: 'n', stack: 'n' },
        {
          kind: 'timeline',
          title: 't',
          unit: 'ms',
          points: [
            [1, none],
            [2, 3],
          ],
          marks: [{ at: none, text: 'm' }],
        },
      ],
      tables: [{ title: 't', head: ['a'], rows: [[none]] }],
      ratios: [{ name: 'r', value: none, better: 'lower', tolerance: none }],
    });
    expect(page([result('s', odd)])).not.toMatch(/NaN|Infinity/);
    expect(tablesMarkdown([result('s', odd)])).not.toMatch(/NaN|Infinity/);
  });

  it('counts only what counts, and marks each row of the rest', () => {
    const goal = { value: 10, percentile: 50, source: 'g' };
    const found = { series: [series('a', [1], { goal, published: [{ value: 1, source: 'p' }] })] };
    const ratios = [{ name: 'r', value: 1, better: 'lower', tolerance: 0.1 } as const];
    const told = (more: Partial<StudyResult>) =>
      page([
        result('sessions', { ...found, ratios }),
        result('peers', { ...found, ratios }, { date: '2026-11-21T00:00:00.000Z', ...more }),
      ]);
    const machine = result('x', null).machine;
    const counts = (html: string): readonly string[] =>
      [...html.matchAll(/<dd>([^<]*)<small>([^<]*)<\/small>/g)].map((match) => `${match[1]}${match[2]}`);
    const marked = (html: string, mark: string): number =>
      html.split(`<small class="marked">${mark}</small>`).length - 1;
    expect(counts(told({}))).toEqual(['2 of 6', '2 of 2']);
    expect(told({})).not.toContain('class="marked"');
    const apart = [
      ['quick run', told({ quick: true })],
      ['failed', told({ failed: { date: '2026-11-22', message: 'm' } })],
      ['another machine', told({ machine: { ...machine, fileSystem: 'tmpfs' } })],
      ['another machine', told({ machine: { ...machine, node: 'v99' } })],
    ] as const;
    for (const [mark, html] of apart) {
      expect(counts(html)).toEqual(['1 of 6', '1 of 1']);
      expect(marked(html, mark)).toBe(3);
      expect(html).toContain('Not in these totals, and marked wherever they stand: peers.');
    }
    const sources = told({ revision: 'abc' });
    expect(counts(sources)).toEqual(['2 of 6', '2 of 2']);
    expect(marked(sources, 'other sources')).toBe(3);
    expect(sources).toContain('Not measured into this report: client, gossip, scale, throughput.');
  });

  it('takes nothing of a study for markup', () => {
    const bad = '<img src=x onerror=alert(1)>"\'&';
    const found = page([
      result(
        's',
        {
          series: [series(bad, [1, 2], { labels: { [bad]: bad }, published: [{ value: 1, source: bad }] })],
          plots: [
            { kind: 'box', title: bad, figure: bad, by: bad },
            { kind: 'timeline', title: bad, unit: 'ms', points: [[0, 1]], marks: [{ at: 0, text: bad }] },
          ],
          tables: [{ title: bad, head: [bad], rows: [[bad]] }],
          ratios: [{ name: bad, value: 1, better: 'lower', tolerance: 0.1 }],
          notes: [bad],
          notComparable: [bad],
          skipped: [bad],
        },
        { title: bad, failed: { date: bad, message: bad } },
      ),
    ]);
    expect(found).not.toContain('<img');
    expect(found).toContain('&lt;img');
  });

  it('sets what stands between backticks as code, and nothing else', () => {
    const found = page([result('s', { notes: ['a `set` of <b>`', '`<i>`'] })]);
    expect(found).toContain('a <code>set</code> of &lt;b&gt;`');
    expect(found).toContain('<code>&lt;i&gt;</code>');
  });

  it('has a heading in its contents for every study, and every link leads somewhere', () => {
    const ids = new Set([...html.matchAll(/\sid="([^"]+)"/g)].map((match) => match[1]));
    const links = [...html.matchAll(/href="#([^"]+)"/g)].map((match) => match[1]);
    expect(links.length).toBeGreaterThan(8);
    expect(links.filter((link) => !ids.has(link))).toEqual([]);
    for (const { study } of EXAMPLES) expect(links).toContain(`study-${study}`);
  });

  it('has no id twice, and names every drawing', () => {
    const ids = [...html.matchAll(/\sid="([^"]+)"/g)].map((match) => match[1]);
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
    const drawings = [...html.matchAll(/<svg [^>]*role="img" aria-labelledby="(\S+) (\S+)"/g)];
    expect(drawings).toHaveLength(2 * 7);
    for (const [, title, description] of drawings) {
      expect(ids).toContain(title);
      expect(ids).toContain(description);
    }
    expect(html.match(/The same as a table/g)).toHaveLength(7);
  });

  it('says once what all series of a table share, and gives a figure of some size its own table', () => {
    const of = (figure: string, replicas: number) =>
      series(figure, [1, 2], { labels: { replicas, storage: 'disk' } });
    const found = page([
      result('s', { series: [4, 7, 10].flatMap((n) => [of('commit', n), of('step', n)]) }),
    ]);
    expect(found).toContain('>commit, ms (storage disk)<');
    expect(found).toContain('>step, ms (storage disk)<');
    expect(found).not.toContain('<td>disk</td>');
  });

  it('says of each study why its figures may not count', () => {
    expect(html).toContain('its figures do not count');
    expect(html).toContain('a browser ended unasked');
    expect(html).toContain('Measured on another machine');
    expect(html).toContain('go is not installed');
    expect(html).toContain('Docker containers');
  });

  it('tells met goals from missed ones by words, and takes a rate for a floor', () => {
    expect(html).toContain('p50 ≥ 50 a second');
    const goal = { value: 10, percentile: 50, source: 'g' };
    const of = (unit: 'ms' | '/s', value: number): string =>
      page([result('s', { series: [series('a', [value], { unit, goal })] })]);
    expect(of('ms', 9)).toContain('✓ met');
    expect(of('ms', 11)).toContain('✗ missed');
    expect(of('/s', 9)).toContain('✗ missed');
    expect(of('/s', 11)).toContain('✓ met');
  });

  it('keeps cold samples out of every percentile', () => {
    const found = page([result('s', { series: [series('a', [1, 1, 1], { cold: [777] })] })]);
    expect(found.match(/777/g)).toHaveLength(1);
  });

  it('gives no p99 of fewer than a hundred samples', () => {
    const row = (n: number): string =>
      tablesMarkdown([
        result('s', {
          series: [
            series(
              'a',
              Array.from({ length: n }, (_, i) => i),
            ),
          ],
        }),
      ]);
    expect(row(99)).toContain('| 99 | 49 | 89 | – | 98 |');
    expect(row(100)).toContain('| 100 | 49 | 89 | 98 | 99 |');
  });

  it('can be made of nothing at all', () => {
    expect(page([])).toContain('nothing measured yet');
    expect(page([result('s', null, { failed: { date: '2026-11-22', message: 'no browser' } })])).toContain(
      'no browser',
    );
  });
});

describe('tables.md', () => {
  it('stands beside the published figure and the goal, with where both are from', () => {
    const text = tablesMarkdown([
      result('s', {
        series: [
          series('commit | all', [5], {
            labels: { replicas: 4 },
            published: [{ value: 240.4, source: 'paper, table 2' }],
            goal: { value: 2, percentile: 50, source: 'our own' },
          }),
        ],
        skipped: ['Firefox'],
      }),
    ]);
    expect(text).toContain('| replicas | n | p50 | p90 | p99 | max | published | goal |');
    expect(text).toContain('| 4 | 1 | 5 | – | – | 5 | 240 [1] | p50 ≤ 2 [2]: **missed** |');
    expect(text).toContain('[1] paper, table 2');
    expect(text).toContain('- Firefox');
  });

  it('marks a quick run', () => {
    expect(tablesMarkdown([result('s', {}, { quick: true })])).toContain('do not count');
  });
});

describe('progress', () => {
  const plan = [
    { name: 'a', minutes: 10 },
    { name: 'b', minutes: 30 },
    { name: 'c', minutes: 20 },
  ];

  it('is what the studies say of themselves at first', () => {
    expect(remaining(plan, [], 0)).toBe(3_600);
    expect(remaining(plan, [], 300)).toBe(3_300);
  });

  it('follows the pace of what is done', () => {
    expect(remaining(plan, [1_200], 0)).toBe(6_000);
    expect(remaining(plan, [300], 0)).toBe(1_500);
  });

  it('does not promise the rest at once after a study that was over at once', () => {
    expect(remaining(plan, [1], 0)).toBe(1_500);
    expect(remaining(plan, [600_000], 0)).toBe(9_000);
  });

  it('does not go below what is still to come', () => {
    expect(remaining(plan, [], 99_999)).toBe(3_000);
    expect(remaining(plan, [600, 1_800, 1_200], 0)).toBe(0);
  });

  it('stands before every line', () => {
    expect(prefix('gossip', 185, 4_200)).toBe('[gossip 3:05, about 1 h 10 min left]');
  });
});
