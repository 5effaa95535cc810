import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  arcPath,
  bondShare,
  FIRST_ANGLE,
  placeOf,
  sealMetrics,
  type SealSize,
} from '../../src/ui/seal/seal-geometry.ts';
import { gaugeStrokes, memberInk, placeStrokes, type Mark } from '../../src/ui/seal/seal-inks.ts';
import { sealSentence } from '../../src/ui/seal/seal-sentence.ts';
import { seal } from './fake-client.ts';

const sizes = fc.constantFrom<SealSize>(20, 48, 160);
const members = fc.integer({ min: 1, max: 300 });
const mark = fc.constantFrom<Mark>('empty', 'heard', 'pre', 'commit', 'refused', 'other');
const quorum = (n: number): number => n - Math.floor((n - 1) / 3);
const NAMES = ['Alfa', 'Bravo', 'Cargo', 'Delta'];

describe('seal geometry', () => {
  it('a place that moves or overlaps its neighbour', () => {
    fc.assert(
      fc.property(members, sizes, (n, size) => {
        const m = sealMetrics(size, n);
        let end = FIRST_ANGLE;
        for (let i = 0; i < n; i++) {
          const place = placeOf(i, n, m);
          expect(place.from).toBeGreaterThanOrEqual(end);
          expect(place.to).toBeGreaterThan(place.from);
          // In its own share of the turn, whatever was signed: marks are no argument at all.
          expect(place.to).toBeLessThanOrEqual(FIRST_ANGLE + ((i + 1) * 2 * Math.PI) / n + 1e-9);
          end = place.to;
        }
      }),
    );
  });

  it('a bond that closes before the quorum, or stays open at it', () => {
    fc.assert(
      fc.property(members, fc.integer({ min: 0, max: 300 }), (n, votes) => {
        const q = quorum(n);
        expect(bondShare(votes, q) === 1).toBe(votes >= q);
        expect(bondShare(votes + 1, q)).toBeGreaterThanOrEqual(bondShare(votes, q));
      }),
    );
  });

  it('a path with NaN or an empty path, which a browser drops silently', () => {
    fc.assert(
      fc.property(members, sizes, mark, fc.boolean(), fc.nat(), (n, size, state, lied, at) => {
        const m = sealMetrics(size, n);
        const index = at % n;
        const strokes = placeStrokes(m, placeOf(index, n, m), state, lied, memberInk(index).ink);
        expect(strokes.length).toBeGreaterThan(0);
        for (const stroke of strokes) {
          expect(stroke.d).toMatch(/^M/);
          expect(JSON.stringify(stroke)).not.toMatch(/NaN|null|Infinity/);
        }
      }),
    );
  });

  it('a whole turn drawn as one arc, which SVG does not draw', () => {
    const m = sealMetrics(160, 4);
    expect(arcPath(m, 30, { from: 0, to: 2 * Math.PI }).match(/A/g)).toHaveLength(2);
    expect(arcPath(m, 30, { from: 0, to: Math.PI }).match(/A/g)).toHaveLength(1);
  });

  it('two of the first eight members with one colour or one ink; 64 pairs before one repeats', () => {
    const pairs = Array.from({ length: 64 }, (_, i) => memberInk(i));
    expect(new Set(pairs.slice(0, 8).map((p) => p.colour)).size).toBe(8);
    expect(new Set(pairs.slice(0, 8).map((p) => p.ink)).size).toBe(8);
    expect(new Set(pairs.map((p) => `${p.colour}/${p.ink}`)).size).toBe(64);
  });

  it('a gauge that loses the single liar among hundreds', () => {
    const marks = Array.from({ length: 300 }, (): Mark => 'commit');
    const lied = marks.map((_, i) => i === 17);
    const strokes = gaugeStrokes(sealMetrics(48, 300), marks, lied);
    expect(strokes.map((s) => s.ink)).toContain('lied');
  });
});

describe('seal sentence', () => {
  it('counts commits against the quorum while voting', () => {
    expect(sealSentence(seal(['commit', 'commit', 'heard', 'pre']), NAMES)).toBe(
      'Voting: 2 of 3 commits needed, from Alfa, Bravo. Pre-committed: Delta. Not signed: Cargo.',
    );
  });
  it('says the quorum is reached, the version, and who has not signed', () => {
    expect(sealSentence(seal(['commit', 'commit', 'heard', 'commit'], 'closed'), NAMES, 4)).toBe(
      '3 of 4 signed, quorum reached: Alfa, Bravo, Delta. Version 4. Not signed: Cargo.',
    );
  });
  it('does not hide a lie behind a counted signature', () => {
    const said = sealSentence(
      seal(['commit', 'commit', 'commit', 'heard'], 'closed', [false, false, true, false]),
      NAMES,
      2,
    );
    expect(said).toContain('3 of 4 signed');
    expect(said).toContain('Signed two different values: Cargo');
  });
  it('says that nobody has signed, and who was not heard', () => {
    expect(sealSentence(seal(['heard', 'empty', 'empty', 'heard']), NAMES)).toBe(
      'Nobody has signed yet; 3 of 4 needed. Not signed: Alfa, Delta. Not heard: Bravo, Cargo.',
    );
  });
  it('cuts a long list instead of reading out a hundred names', () => {
    const names = Array.from({ length: 40 }, (_, i) => `M${i}`);
    const said = sealSentence(
      seal(
        names.map(() => 'commit' as const),
        'closed',
      ),
      names,
      1,
    );
    expect(said).toContain('M4 and 35 more');
  });
  it('names refusals when the value is rejected', () => {
    expect(sealSentence(seal(['refused', 'commit', 'refused', 'refused'], 'rejected'), NAMES)).toBe(
      'Rejected: 1 of 4 signed. Refused: Alfa, Cargo, Delta.',
    );
  });
});
