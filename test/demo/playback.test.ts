import { describe, expect, it } from 'vitest';
import type { Version } from '../../src/worker/api.ts';
import { makeAxis } from '../../src/demo/axis.ts';
import { DWELL_MS, QUIET_SHOWN_MS } from '../../src/demo/limits.ts';
import { advance, NOTHING_PLAYED, replay, step, type Playback } from '../../src/demo/playback.ts';
import { record, recordingId, type Recordings } from '../../src/demo/recording.ts';
import { A, B, event, HONEST, KEY, T0, X, type Script } from './fake.ts';

const of = (script: Script): Recordings =>
  script.reduce<Recordings>((all, [observer, entry]) => record(all, observer, [entry]), []);
const two = record(of(HONEST), A, [event(9_000, 'proposed', A, X, { version: 3 as Version })]);
const LATE = T0 + 1_000_000;

function opened(recordings: Recordings, rate = 1 / 40): Playback {
  return advance({ ...NOTHING_PLAYED, rate }, recordings.slice(0, 1), 0, LATE);
}

describe('playback', () => {
  it('goes at the viewer’s pace and not at the protocol’s', () => {
    const later = advance(opened(of(HONEST)), of(HONEST), 400, LATE);
    expect(later.position).toBeCloseTo(T0 + 10);
  });

  it('does not move while it is paused, and goes on where it was', () => {
    const paused = { ...advance(opened(of(HONEST)), of(HONEST), 400, LATE), paused: true };
    expect(advance(paused, of(HONEST), 5_000, LATE)).toBe(paused);
    expect(advance({ ...paused, paused: false }, of(HONEST), 40, LATE).position).toBeCloseTo(T0 + 11);
  });

  it('steps to the next thing that happened and stays there', () => {
    let at = opened(of(HONEST));
    const seen: number[] = [];
    for (let i = 0; i < 4; i++) {
      at = step(at, of(HONEST));
      seen.push(at.position - T0);
    }
    expect(seen).toEqual([1, 6, 7, 11]);
    expect(at.paused).toBe(true);
  });

  it('leaps over a silence, so that nobody watches ten seconds at a fortieth', () => {
    const gap = of([
      [B, event(0, 'proposed', B)],
      [B, event(10_000, 'commit', B)],
    ]);
    let at = opened(gap);
    for (let i = 0; i < 8 && at.position < T0 + 9_000; i++) at = advance(at, gap, 100, LATE);
    expect(at.position).toBeGreaterThanOrEqual(T0 + 10_000 - QUIET_SHOWN_MS);
    expect(at.position).toBeLessThan(T0 + 10_000);
  });

  it('never shows what has not happened yet', () => {
    const open = of(HONEST.slice(0, 3));
    const at = advance({ ...opened(open, 1), position: T0 + 6 }, open, 500, T0 + 9);
    expect(at.position).toBe(T0 + 9);
  });

  it('lets the end of one vote be seen before the next one begins', () => {
    const end = { ...opened(two), position: T0 + 42 };
    expect(advance(end, two, DWELL_MS - 1, LATE).id).toBe(recordingId(KEY, 2 as Version));
    expect(advance(end, two, DWELL_MS, LATE).id).toBe(recordingId(KEY, 3 as Version));
  });

  it('does not hang at a vote that never ends when a newer one has begun', () => {
    const stuck = of(HONEST.slice(0, 3));
    const both = record(stuck, A, [event(9_000, 'proposed', A, X, { version: 3 as Version })]);
    expect(advance({ ...opened(stuck), position: T0 + 6 }, both, DWELL_MS, LATE).id).toBe(
      recordingId(KEY, 3 as Version),
    );
  });

  it('does not play what a reloaded replica merely holds as if it were a vote', () => {
    const held = of([[A, event(0, 'decided', A)]]);
    expect(advance(NOTHING_PLAYED, held, 16, LATE).id).toBeNull();
  });

  it('replays from the beginning, unpaused', () => {
    const again = replay({ ...opened(of(HONEST)), position: T0 + 42, paused: true }, of(HONEST));
    expect(again).toMatchObject({ position: T0, paused: false });
  });
});

describe('time axis', () => {
  it('keeps votes apart on the plot although a silence of seconds lies between them', () => {
    const axis = makeAxis([T0, T0 + 20, T0 + 40, T0 + 8_000, T0 + 8_020], T0 + 8_020);
    expect(axis.x(T0 + 40) - axis.x(T0)).toBeGreaterThan(0.3);
    expect(axis.x(T0 + 8_020) - axis.x(T0 + 8_000)).toBeGreaterThan(0.15);
    expect(axis.breaks.map((gap) => gap.label)).toEqual(['7.9 s']);
  });

  it('never runs backwards and stays within the plot', () => {
    const axis = makeAxis([T0, T0 + 5, T0 + 400, T0 + 401], T0 + 2_000);
    let before = -1;
    for (let t = 0; t <= 2_000; t += 7) {
      const x = axis.x(T0 + t);
      expect(x).toBeGreaterThanOrEqual(before);
      expect(x).toBeLessThanOrEqual(1);
      before = x;
    }
  });
});
