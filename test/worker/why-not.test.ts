/** What a browser says that has a member's keys and may not vote with them. */
import { describe, expect, it } from 'vitest';
import type { LogId, VoteKey } from '../../src/codec/brand.ts';
import type { MemberEntry } from '../../src/codec/genesis.ts';
import type { Epoch } from '../../src/consensus/epochs/types.ts';
import { whyNot } from '../../src/worker/epochs/why-not.ts';
import { PROFILES } from '../epochs/make-chain.ts';

const KEY = 'b'.repeat(64) as VoteKey;
const [HERE, THERE] = ['1'.repeat(32), '2'.repeat(32)] as LogId[] as [LogId, LogId];

/** Bravo's log in epoch after epoch. */
const chainOf = (...logs: readonly LogId[]): Epoch[] =>
  logs.map((logId, number) => {
    const bravo = { ...PROFILES[1]!, voteKey: KEY, logId } as MemberEntry;
    return { number, digest: `${number}`, members: [bravo], rulesVersion: 1, began: null } as never;
  });
const said = (chain: readonly Epoch[], logId: LogId): string | null => {
  const newest = chain.at(-1)!;
  return whyNot(chain, newest, newest.members[0]!, logId, KEY);
};

describe('a browser whose person has signed to go on without others', () => {
  it('does not say without whom, or whose signature it waits for', () => {
    const [epoch] = chainOf(HERE);
    const words = (survivors: string[], gone: string[]): string | null =>
      whyNot([epoch!], epoch!, epoch!.members[0]!, HERE, KEY, { survivors, gone });
    const two = words(['Alfa Components', 'Bravo Logistics'], ['Cargo Nord', 'Delta Express']);
    expect(two).toContain('goes on without Cargo Nord and Delta Express.');
    expect(two).toContain('as soon as Alfa Components has signed too.');
    const three = words(['Alfa Components', 'Bravo Logistics', 'Echo'], ['Cargo Nord']);
    expect(three).toContain('without Cargo Nord.');
    expect(three).toContain('as soon as Alfa Components and Echo have signed too.');
  });
});

describe('a browser whose epoch the others have left', () => {
  it('reads that the list does not name it, while it fetches what it lacks', () => {
    const chain = chainOf(HERE, HERE);
    const met = chain[1]!;
    const words = whyNot(chain, met, met.members[0]!, HERE, KEY, null, false);
    expect(words).toMatch(/^The others have begun epoch 1, and this browser is fetching/);
  });
});

describe('a browser with a member’s keys and another log than the list names', () => {
  it('is told nothing although it may vote, or something although it does', () => {
    expect(said(chainOf(HERE), HERE)).toBeNull();
    expect(said(chainOf(HERE, THERE), THERE)).toBeNull();
  });
  it('that has just got the keys reads that it once voted', () => {
    expect(said(chainOf(THERE), HERE)).toMatch(/a vote log of its own that the member list does not name/);
  });
  it('that has voted until its keys were let in elsewhere does not learn since when, or what to do', () => {
    const words = said(chainOf(HERE, HERE, THERE, THERE), HERE);
    expect(words).toContain('The vote log of another browser stands for Bravo Logistics since epoch 2');
    expect(words).toContain('ask the others on the page Members');
  });
});
