import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MemberIndex, Round, TraceEvent, Version } from '../../src/worker/api.ts';
import { MAX_EVENTS_PER_RECORDING, MAX_RECORDINGS } from '../../src/demo/limits.ts';
import { decidedAt, endOf, record, startOf, type Recordings } from '../../src/demo/recording.ts';
import { A, B, D, event, HONEST, T0, X, type Script } from './fake.ts';

function play(script: Script): Recordings {
  return script.reduce<Recordings>((all, [observer, entry]) => record(all, observer, [entry]), []);
}

describe('recording', () => {
  it('does not depend on the order in which batches of the panes arrive', () => {
    const whole = play(HONEST);
    fc.assert(
      fc.property(fc.shuffledSubarray([...HONEST], { minLength: HONEST.length }), (shuffled) => {
        expect(play(shuffled)).toEqual(whole);
      }),
      { numRuns: 100 },
    );
  });

  it('does not show a re-sent vote as a second vote', () => {
    const once = play(HONEST);
    expect(play([...HONEST, ...HONEST])).toEqual(once);
    const again = record(once, A, [event(900, 'heard-pre-commit', B)]);
    expect(again[0]!.events).toHaveLength(once[0]!.events.length);
  });

  it('keeps versions of one key apart and in the order in which they began', () => {
    const later = record(play(HONEST), D, [event(500, 'pre-commit', D, X, { version: 3 as Version })]);
    const both = record(later, A, [event(-500, 'pre-commit', A, X, { version: 1 as Version })]);
    expect(both.map((recording) => recording.version)).toEqual([1, 2, 3]);
  });

  it('leaves out what belongs to no vote', () => {
    const step: TraceEvent = { at: T0, kind: 'session-step', member: B, detail: '/scan' };
    const link: TraceEvent = { at: T0, kind: 'link', member: A };
    const before: Recordings = [];
    expect(record(before, B, [step, link])).toBe(before);
  });

  it('knows when the first replica had decided', () => {
    const [recording] = play(HONEST);
    expect(startOf(recording!)).toBe(T0);
    expect(decidedAt(recording!)).toBe(T0 + 36);
    expect(endOf(recording!)).toBe(T0 + 42);
  });

  it('stays bounded when a replica floods the page with rounds and versions', () => {
    const rounds = Array.from({ length: MAX_EVENTS_PER_RECORDING + 50 }, (_, i) =>
      event(i, 'round', A, X, { round: i as Round }),
    );
    expect(record([], A, rounds)[0]!.events).toHaveLength(MAX_EVENTS_PER_RECORDING);
    const versions = Array.from({ length: MAX_RECORDINGS + 9 }, (_, i) =>
      event(i, 'commit', A, X, { version: (i + 1) as Version }),
    );
    const all = record([], 0 as MemberIndex, versions);
    expect(all).toHaveLength(MAX_RECORDINGS);
    expect(all.at(-1)!.version).toBe(MAX_RECORDINGS + 9);
  });
});
