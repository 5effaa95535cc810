import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  byBls,
  bytesPerPackage,
  grownPerPackage,
  partOf,
  startTimes,
  weighed,
  weightOf,
} from '../../bench/studies/client/figures.ts';
import { bytesBelow, processorOf, pssOf, usedBetween } from '../../bench/studies/client/system.ts';

describe('what the system tells', () => {
  it('reads the proportional set size, and not one of its neighbours', () => {
    const text = 'Rss:  4096 kB\nPss:     1536 kB\nPss_Dirty:  512 kB\n';
    expect(pssOf(text)).toBe(1.5);
    expect(pssOf('Rss: 4096 kB\n')).toBeNull();
  });

  it('reads processor time of a process whose name has spaces and parentheses', () => {
    const fields = ['S', ...Array.from({ length: 10 }, () => '7'), '120', '30', '5', '6'];
    expect(processorOf(`42 (a (b) c) ${fields.join(' ')}`)).toBe(1500);
    expect(processorOf('')).toBeNull();
  });

  it('does not count a process that has ended, or one that was not there before', () => {
    const before = new Map([
      [1, 100],
      [2, 5000],
    ]);
    const after = new Map([
      [1, 130],
      [3, 900],
    ]);
    expect(usedBetween(before, after)).toBe(30);
  });

  it('adds up the files below a folder, and finds none where there is no folder', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'countersign-bench-test-'));
    try {
      await mkdir(join(folder, 'a', 'b'), { recursive: true });
      await writeFile(join(folder, 'one'), 'x'.repeat(3));
      await writeFile(join(folder, 'a', 'b', 'two'), 'x'.repeat(40));
      expect(await bytesBelow(folder)).toBe(43);
      expect(await bytesBelow(join(folder, 'none'))).toBe(0);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('what a package takes', () => {
  const look = (packages: number, member: string, estimate: number, onDisk: number) => ({
    packages,
    member,
    estimate,
    onDisk,
  });
  const looks = [look(0, 'a', 1000, 5000), look(0, 'b', 0, 0), look(10, 'a', 3000, 5500)];

  it('is the difference from the first look to the last, at each member', () => {
    const all = [...looks, look(10, 'b', 50, 60), look(20, 'a', 9000, 6000), look(20, 'b', 100, 200)];
    expect(bytesPerPackage(all, 'estimate')).toEqual([
      { member: 'a', bytes: 400 },
      { member: 'b', bytes: 5 },
    ]);
    expect(bytesPerPackage(all, 'onDisk')[0]).toEqual({ member: 'a', bytes: 50 });
    expect(() => bytesPerPackage(looks, 'estimate')).toThrow('b was looked at only once');
  });

  it('is told by store, the largest first, also for a store that was not there before', () => {
    const before = [{ store: 'values', records: 10, bytes: 1000 }];
    const after = [
      { store: 'logs', records: 4, bytes: 40 },
      { store: 'values', records: 18, bytes: 5000 },
    ];
    expect(grownPerPackage(before, after, 4)).toEqual([
      { store: 'values', records: 2, bytes: 1000 },
      { store: 'logs', records: 1, bytes: 10 },
    ]);
  });
});

describe('starts', () => {
  const starts = [900, 800, 100, 110].map((opened) => ({ opened, voter: opened + 1, linked: null }));

  it('are cold for the first of each member', () => {
    expect(startTimes(starts, 'opened', 2)).toEqual({ cold: [900, 800], samples: [100, 110] });
    expect(startTimes(starts, 'voter', 1)).toEqual({ cold: [901], samples: [801, 101, 111] });
  });

  it('are an error where one lacks its moment', () => {
    expect(() => startTimes(starts, 'linked', 2)).toThrow('linked');
  });
});

describe('what is told of few', () => {
  it('is the middle of the members, not of their reads', () => {
    const weight = (...reads: number[]) => ({ reads });
    expect(weightOf([weight(1), weight(2, 9, 3), weight(7, 7, 7, 7, 7)])).toBe(3);
    expect(weighed('m', [{ renderer: 10, GPU: 1 }, { renderer: 30, GPU: 2 }, { renderer: 20 }])).toEqual({
      member: 'm',
      reads: [11, 32, 20],
      kinds: { renderer: 20, GPU: 1 },
    });
  });

  it('is a ratio by the quicker BLS job, which others have stretched less', () => {
    expect(byBls(45, { bls: [180, 90], load: [1, 1] })).toBe(0.5);
  });
});

describe('what was fetched', () => {
  const load = { page: ['assets/index-1.js'], worker: ['assets/worker-1.js'] };
  it('is sorted by who runs it, and a module of wasm by what is in it', () => {
    expect(partOf('/assets/index-1.js', '', load)).toBe('page scripts');
    expect(partOf('/assets/worker-1.js', 'atob("AGFzbQEAAAA")', load)).toBe('worker scripts');
    expect(partOf('/assets/bls-1.js', 'export default "AGFzbQEAAAA"', load)).toBe('wasm');
    expect(partOf('/assets/reader-1.wasm', '', load)).toBe('fetched ahead of need');
    expect(partOf('/assets/later-1.js', 'export {}', load)).toBe('fetched ahead of need');
    expect(partOf('/', '', load)).toBe('page, styles and the rest');
  });
});
