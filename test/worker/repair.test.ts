/** What a member answers that is told whose votes a neighbour holds. */
import { describe, expect, it } from 'vitest';
import { asKey, asVersion, type Key } from '../../src/codec/brand.ts';
import type { WitnessItem } from '../../src/codec/messages.ts';
import type { LinkId } from '../../src/net/types.ts';
import { REPAIR_ANSWER_EVERY_MS } from '../../src/worker/limits.ts';
import { Repair } from '../../src/worker/replica/repair.ts';
import type { Replica } from '../../src/worker/replica/replica.ts';

const KEY = asKey('package/040123450000001112');
const LINK = 'to 1' as LinkId;
const held = (version: number): WitnessItem => ({ key: KEY, version: asVersion(version), votes: [] });

function replica(open: number): { repair: Repair; asked: Key[]; pass(milliseconds: number): void } {
  const asked: Key[] = [];
  const one = {
    ...{ now: 0, counted: { n: 4, epoch: 'e', quorum: 3 } },
    openVersion: () => asVersion(open),
    core: { instances: new Map() },
    decisions: { askKey: (key: Key) => asked.push(key) },
  };
  const pass = (milliseconds: number): void => void (one.now += milliseconds);
  return { repair: new Repair(one as unknown as Replica), asked, pass };
}

describe('a member that is told of votes', () => {
  it('asks back where nothing of the version came to it: what was pushed is lost', () => {
    const { repair, asked, pass } = replica(1);
    repair.answer(LINK, [held(1)]);
    expect(asked).toEqual([KEY]);
    // Each time that it is told, as often as it would have answered.
    repair.answer(LINK, [held(1)]);
    expect(asked).toHaveLength(1);
    pass(REPAIR_ANSWER_EVERY_MS);
    repair.answer(LINK, [held(1)]);
    expect(asked).toHaveLength(2);
  });

  it('asks back where it is behind', () => {
    const { repair, asked } = replica(1);
    repair.answer(LINK, [held(2)]);
    expect(asked).toEqual([KEY]);
  });
});
