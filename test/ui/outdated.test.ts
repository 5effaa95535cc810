/** A program that is older than the network's rules says so, and what to do. */
import { expect, it } from 'vitest';
import { bannerNotes } from '../../src/ui/layout/Banners.tsx';
import { outdatedWords } from '../../src/ui/members/words.ts';
import type { ChangeView, EpochView } from '../../src/worker/api.ts';
import { memberChange } from './fake-client.ts';

const epoch = (rulesVersion: number, programRules?: number): EpochView => ({
  number: 1,
  digest: 'ab'.repeat(32) as EpochView['digest'],
  rulesVersion,
  phase: 'open',
  reports: null,
  newest: 1,
  carried: 0,
  breaks: [],
  ...(programRules === undefined ? {} : { programRules }),
});

const change = (to: number, sealing: boolean): ChangeView =>
  memberChange({ rulesVersion: { from: 1, to }, sealing });

it('an older program does not stay silent about why it signs nothing', () => {
  const notes = bannerNotes({
    mode: 'replica',
    standing: { kind: 'voter' },
    faults: { offline: false, lying: false, delayMs: 0 } as never,
    epoch: epoch(2, 1),
  });
  expect(notes).toHaveLength(1);
  expect(notes[0]?.kind).toBe('bad');
  expect(notes[0]?.text).toContain('The network works by rules 2, and this program knows rules 1');
  expect(notes[0]?.text).toContain('Reload this page');
});

it('it says so once the members vote on rules that it does not know, and not before', () => {
  expect(outdatedWords({ epoch: epoch(1, 1), changes: [change(2, false)] })).toBeNull();
  expect(outdatedWords({ epoch: epoch(1, 1), changes: [change(2, true)] })?.head).toContain('rules 2');
});

it('a program that knows the rules, or newer ones, is not called old', () => {
  for (const known of [undefined, 2, 3])
    expect(outdatedWords({ epoch: epoch(2, known), changes: [change(2, true)] })).toBeNull();
});
