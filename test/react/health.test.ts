import { describe, expect, it } from 'vitest';
import { healthOf, type HealthFacts } from '../../src/react/health.ts';

const four = (change: Partial<HealthFacts> = {}): HealthFacts => ({ n: 4, f: 1, q: 3, here: 4, ...change });
const member = (change: Partial<NonNullable<HealthFacts['members']>[number]> = {}) => ({
  here: true,
  observer: false,
  self: false,
  evidence: false,
  ...change,
});

describe('health of a network', () => {
  it('calls a network healthy that has lost its quorum', () => {
    expect([4, 3, 2].map((here) => healthOf(four({ here })).level)).toEqual(['spare', 'edge', 'short']);
    expect(healthOf(four({ here: 1 })).spare).toBe(-2);
  });

  it('counts on a member that is convicted and still linked', () => {
    const liar = member({ evidence: true });
    const members = [member({ self: true }), member(), member(), liar];
    expect(healthOf(four({ members, evidence: [1] }))).toMatchObject({
      here: 3,
      level: 'edge',
      lies: 'most',
    });
  });

  it('takes off twice who is not counted anyway', () => {
    const members = [
      member({ self: true, evidence: true }),
      member({ here: false, evidence: true }),
      member({ observer: true, evidence: true }),
      member(),
    ];
    expect(healthOf(four({ here: 2, members, evidence: [1, 2, 3] }))).toMatchObject({
      here: 2,
      convicted: 3,
      lies: 'too-many',
    });
  });

  it('says that the network bears as many liars as it does not', () => {
    const lies = (convicted: number) =>
      healthOf({ n: 7, f: 2, q: 5, here: 5, evidence: Array.from({ length: convicted }) }).lies;
    expect([0, 1, 2, 3].map(lies)).toEqual(['none', 'fewer', 'most', 'too-many']);
  });
});
