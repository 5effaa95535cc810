/** The page of members: what it must say before somebody approves, and what it must not offer. */
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { Router } from 'wouter';
import type { EvidenceView, MemberIndex, NetworkState } from '../../src/worker/api.ts';
import { ApiProvider } from '../../src/ui/api-context.tsx';
import { AwaitedBanner, bannerNotes } from '../../src/ui/layout/Banners.tsx';
import { MembersPage } from '../../src/ui/members/MembersPage.tsx';
import { MEMBERS as TEXTS } from '../../src/ui/members/texts.ts';
import {
  approvalSeal,
  awaitedChanges,
  cannotPropose,
  changeTitle,
  epochWords,
  evidenceWords,
  heldAgainst,
  keyFingerprint,
  missingSentences,
  numbersOf,
  numbersWords,
  requestWords,
} from '../../src/ui/members/words.ts';
import { NetworkPage } from '../../src/ui/network/NetworkPage.tsx';
import { tallySentence } from '../../src/ui/seal/seal-sentence.ts';
import { ECHO, entryOf, fakeClient, joinRequest, memberChange, MEMBERS, sscc } from './fake-client.ts';

const stateOf = (change: Partial<NetworkState> = {}): NetworkState =>
  fakeClient({ change: (state) => ({ ...state, ...change }) }).getState()!;
const shown = (change: Partial<NetworkState> = {}, page = <MembersPage />): string =>
  renderToStaticMarkup(
    <ApiProvider client={fakeClient({ change: (state) => ({ ...state, ...change }) })}>
      <Router ssrPath="/network/members">{page}</Router>
    </ApiProvider>,
  );
const five: Partial<NetworkState> = {
  n: 5,
  q: 4,
  members: [
    ...MEMBERS.map((one) => ({ ...one, self: one.index === 1 })),
    { ...MEMBERS[3]!, ...ECHO, index: 4 as MemberIndex, initials: 'EF' },
  ],
};
const lied = (member: number): EvidenceView => ({
  member: member as MemberIndex,
  heldSince: 1,
  evidence: { first: { key: `package/${sscc(111)}`, version: 2 }, second: {} } as never,
});
const epoch = stateOf().epoch;
const closing = {
  ...epoch,
  phase: 'closing',
  reports: { here: [0, 1] as MemberIndex[], needed: 3 },
} as const;
const CANNOT_APPROVE = 'Approve<span';

describe('the numbers of a member list', () => {
  it('promise that somebody may fail where nobody may, or that fewer sign than must', () => {
    expect(epochWords(stateOf({ epoch: { ...epoch, number: 2, rulesVersion: 3 } }))).toBe(
      'Epoch 2 · rules 3 · 4 members: 1 may fail, 3 must sign',
    );
    expect(numbersWords(numbersOf(5))).toBe('5 members: 1 may fail, 4 must sign');
    expect(numbersWords(numbersOf(3))).toBe('3 members: nobody may fail, all 3 must sign');
    expect(numbersWords(numbersOf(1))).toBe('1 member: nobody may fail, it signs alone');
  });
  it('are told as those of today where the network has gone on without this replica', () => {
    const page = shown({ epoch: { ...epoch, newest: 2 } });
    expect(page).toContain('the network is in epoch 2');
    expect(page).toContain(TEXTS.listOf(0));
    expect(page).not.toContain(TEXTS.list);
    expect(page).not.toContain(TEXTS.bring);
    expect(shown()).toContain(TEXTS.list);
  });
});

describe('a member of today', () => {
  it('cannot be compared by its key, or hides what is held against it', () => {
    const page = shown({
      evidence: [lied(2)],
      members: stateOf().members.map((one) => (one.index === 2 ? { ...one, evidence: true } : one)),
    });
    for (const member of MEMBERS) expect(page).toContain(keyFingerprint(member.voteKey));
    expect(keyFingerprint(MEMBERS[0]!.voteKey)).toBe('0a0a 0a0a 0a0a 0a0a');
    expect(page).toContain(TEXTS.deeds['two-values']);
    expect(evidenceWords([lied(2)], 2 as MemberIndex)).toContain('two values');
    expect(evidenceWords([lied(2)], 1 as MemberIndex)).toBeNull();
  });
  it('signed two reports, and the page speaks of values, or forgets it when the next epoch begins', () => {
    const statement = (locks: readonly unknown[]) => ({
      locks,
      signature: new Uint8Array(64),
      share: new Uint8Array(48),
    });
    const lock = { key: `package/${sscc(111)}`, version: 3, digest: 'ab'.repeat(32), round: 1 };
    const evidence = {
      ...{ kind: 'reports', epoch: 'e'.repeat(64), author: 2, change: 'c'.repeat(64), root: 'd'.repeat(64) },
      statements: [statement([]), statement([lock])],
    } as never;
    const held: EvidenceView = { member: 2 as MemberIndex, heldSince: 1, evidence };
    const members = stateOf().members.map((one) => (one.index === 2 ? { ...one, evidence: true } : one));
    expect(shown({ evidence: [held], members })).toContain(TEXTS.deeds['two-reports']);
    const network = shown({ evidence: [held], members }, <NetworkPage />);
    expect(network).toContain('signed two reports');
    expect(network).toContain('version 3, round 1');
    expect(network).toContain('no version that the other lacks');
    expect(network).not.toContain('igned two values');
    // In the next epoch it convicts nobody, and is a reason all the same, also where its author stands elsewhere in the list.
    const past = { number: 4, members: [MEMBERS[2]!, MEMBERS[0]!, MEMBERS[1]!] } as never;
    const pastEvidence = [{ epoch: past, member: 0 as MemberIndex, evidence }];
    expect(heldAgainst(stateOf({ pastEvidence }), 2 as MemberIndex)).toBe(
      'In epoch 4 it signed two different reports of one state as the epoch closed.',
    );
    expect(heldAgainst(stateOf({ pastEvidence }), 0 as MemberIndex)).toBeNull();
    expect(shown({ ...five, pastEvidence })).toContain(TEXTS.deedBefore);
    const change = memberChange({ changes: [{ kind: 'removed', member: 2 as MemberIndex }] });
    expect(shown({ changes: [change], pastEvidence })).toContain(
      'In epoch 4 it signed two different reports',
    );
  });
  it('can be removed where the list may not become shorter, with nothing said', () => {
    const four = shown();
    expect(four).not.toContain(`${TEXTS.remove}<span`);
    expect(four).toContain(TEXTS.cannotShrink(4));
    const more = shown(five);
    expect(more.split(`${TEXTS.remove}<span`)).toHaveLength(5);
    expect(more.split(`${TEXTS.leave}<span`)).toHaveLength(2);
    expect(more).not.toContain('may not become shorter');
  });
  it('is offered to a page that has no vote to propose with', () => {
    for (const standing of [
      { kind: 'observer', reason: 'Its log was lost.' },
      { kind: 'device', member: 1 as MemberIndex, name: 'Dock 2', revoked: false },
      { kind: 'stopped', reason: 'Two tabs.' },
    ] as const) {
      expect(cannotPropose(stateOf({ standing }))).not.toBeNull();
      expect(shown({ ...five, standing })).not.toContain(`${TEXTS.remove}<span`);
    }
    expect(cannotPropose(stateOf({ epoch: closing }))).toContain('is closing');
    expect(cannotPropose(stateOf())).toBeNull();
  });
});

describe('a request to join', () => {
  it('is shown without the key that two people compare, or as if what it says were proved', () => {
    const page = shown({ requests: [joinRequest(ECHO)] });
    expect(page).toContain('e7e7 e7e7 e7e7 e7e7');
    expect(page).toContain('with the one on their screen');
    expect(page).toContain(`${TEXTS.admit}<span`);
    expect(page).toContain(`${TEXTS.dismiss}<span`);
  });
  it('for the place of a member that is here, or under another name, raises no doubt', () => {
    const request = joinRequest(entryOf('d', 'Delta Ltd', 'courier', '9521143000012', 'delta'), {
      replaces: 'delta' as never,
    });
    const { doubts, asks } = requestWords(request, MEMBERS);
    expect(doubts.join(' ')).toContain('Delta Ltd');
    expect(doubts.join(' ')).toContain('here at this moment');
    expect(asks).toContain('its keys were lost');
    const away = MEMBERS.map((one) => (one.id === 'delta' ? { ...one, here: false } : one));
    const back = joinRequest(entryOf('d', 'Delta Express', 'courier', '9521143000012'), {
      replaces: 'delta' as never,
      sameKey: true,
    });
    expect(requestWords(back, away).doubts).toEqual([]);
    expect(requestWords(back, away).asks).toContain('only its vote log');
  });
  it('that a change names already can be proposed a second time', () => {
    const change = memberChange();
    const page = shown({ requests: [joinRequest(ECHO, { inChange: change.digest })], changes: [change] });
    expect(page).not.toContain(`${TEXTS.admit}<span`);
    expect(page).toContain(TEXTS.showChange);
  });
});

describe('a change', () => {
  it('can be approved without having read what it does, the next numbers and why', () => {
    const page = shown({ changes: [memberChange()] });
    expect(page).toContain('Echo Freight joins');
    expect(page).toContain('5 members: 1 may fail, 4 must sign');
    expect(page).toContain('drives for us from May');
    expect(page.indexOf('must sign.')).toBeLessThan(page.indexOf(CANNOT_APPROVE));
  });
  it('has its warning after the button that it warns of', () => {
    const warning = 'Only 3 of the 5 members of the next epoch are here.';
    const page = shown({ changes: [memberChange({ warnings: [warning] })] });
    expect(page).toContain(warning);
    expect(page.indexOf(warning)).toBeLessThan(page.indexOf(CANNOT_APPROVE));
  });
  it('is offered once more for approval, while it is sealed, or where the worker says why not', () => {
    for (const over of [{ approved: true }, { sealing: true }, { notHere: 'This is an observer.' }])
      expect(shown({ changes: [memberChange(over)] }), JSON.stringify(over)).not.toContain(CANNOT_APPROVE);
    expect(shown({ changes: [memberChange({ notHere: 'This is an observer.' })] })).toContain('an observer');
    expect(shown({ changes: [memberChange()], epoch: closing })).not.toContain(CANNOT_APPROVE);
  });
  it('warns as before an approval who has approved, or says that its vote comes when it is sealed', () => {
    const warnings = ['Only 3 of 4 members are reachable.'];
    const approved = shown({ changes: [memberChange({ approved: true, warnings })] });
    expect(approved).toContain(TEXTS.knowSince);
    expect(approved).not.toContain(TEXTS.know);
    const sealed = shown({ changes: [memberChange({ sealing: true, warnings })], epoch: closing });
    expect(sealed).toContain(TEXTS.sealed);
    expect(sealed).not.toContain(warnings[0]);
    expect(sealed).not.toContain(TEXTS.sealing);
  });
  it('waits for somebody, and does not say for whom', () => {
    const members = MEMBERS.map((one) => (one.id === 'delta' ? { ...one, here: false } : one));
    const change = memberChange({
      approvals: [0, 1] as MemberIndex[],
      changes: [{ kind: 'added', entry: ECHO, joined: false }],
    });
    expect(missingSentences(change, members)).toEqual([
      '1 more approval is needed. Not yet: Cargo and Delta (not here).',
      'Echo Freight has not signed that it joins: its page must be open.',
    ]);
    expect(missingSentences(memberChange({ approvals: [0, 1, 2] as MemberIndex[] }), members)).toEqual([]);
  });
  it('removes a member without naming the evidence, or that there is none', () => {
    const change = memberChange({ changes: [{ kind: 'removed', member: 2 as MemberIndex }] });
    expect(shown({ changes: [change], evidence: [lied(2)] })).toContain('It signed two values for package');
    expect(shown({ changes: [change] })).toContain(TEXTS.noEvidence('Cargo Nord'));
  });
  it('of the rules alone is called nothing at all', () => {
    expect(changeTitle({ changes: [], rulesVersion: { from: 3, to: 4 } }, MEMBERS)).toBe('Rules 3 → 4');
    expect(changeTitle({ changes: [], rulesVersion: { from: 3, to: 3 } }, MEMBERS)).toContain('same members');
  });
  it('has a seal that counts approvals as commits, or closes before the quorum', () => {
    const open = approvalSeal(memberChange({ approvals: [0, 2] as MemberIndex[] }), MEMBERS);
    expect(open.marks).toEqual(['commit', 'heard', 'commit', 'heard']);
    expect(open.outcome).toBe('voting');
    const names = MEMBERS.map((one) => one.name);
    expect(tallySentence('approve', open, names)).toBe(
      '2 of 3 approvals needed are here: Alfa, Cargo. Not yet: Bravo, Delta.',
    );
    const full = approvalSeal(memberChange({ approvals: [0, 1, 2] as MemberIndex[] }), MEMBERS);
    expect(full.outcome).toBe('closed');
    expect(tallySentence('approve', full, names)).toContain('3 of 4 have approved, enough');
    expect(shown({ changes: [memberChange()] })).not.toContain('>commit<');
  });
});

describe('newer rules', () => {
  it('are offered though the network has them, or a change to them is proposed', () => {
    expect(shown()).not.toContain('Move to rules');
    const newer = { epoch: { ...epoch, programRules: 2 } };
    expect(shown(newer)).toContain('Move to rules 2');
    expect(shown({ ...newer, changes: [memberChange({ rulesVersion: { from: 1, to: 2 } })] })).not.toContain(
      'Move to rules',
    );
  });
});

describe('the epoch while it changes', () => {
  it('looks as if work had to stop, or as if nothing went on', () => {
    const [note] = bannerNotes(stateOf({ epoch: closing }));
    expect(note?.head).toContain('Epoch 0 is closing');
    expect(note?.text).toContain('2 of 3 reports are here: Alfa and Bravo');
    expect(note?.text).not.toContain('cannot report');
    const full = { ...closing, reports: { ...closing.reports, tooManyLocks: 600 } };
    expect(shown({ epoch: full })).toContain('it has voted on 600 versions that are not decided');
    expect(note?.text).toContain('Sessions go on');
    const [behind] = bannerNotes(stateOf({ epoch: { ...epoch, phase: 'catching-up', newest: 3 } }));
    expect(behind?.head).toContain('the network is in epoch 3');
    expect(bannerNotes(stateOf())).toEqual([]);
    expect(shown({ epoch: closing })).toContain('2 of 3 reports needed are here: Alfa, Bravo');
    expect(shown({ epoch: { ...epoch, carried: 2 } })).toContain('2 values that were carried over');
  });
});

describe('a member that is asked', () => {
  const banner = (change: Partial<NetworkState>): string =>
    shown(change, <AwaitedBanner state={stateOf(change)} />);
  it('does not learn of it on the other pages, or is called again after it has approved', () => {
    expect(banner({ changes: [memberChange()] })).toContain(TEXTS.awaited(1));
    expect(banner({ requests: [joinRequest(ECHO)] })).toContain(TEXTS.asking(1));
    expect(banner({ changes: [memberChange({ approved: true })] })).not.toContain('approval');
    expect(banner({ requests: [joinRequest(ECHO, { inChange: memberChange().digest })] })).not.toContain(
      'asks',
    );
    expect(awaitedChanges(stateOf({ changes: [memberChange()], epoch: closing }))).toEqual([]);
  });
  it('finds no way from the members of the Network page to their changes', () => {
    expect(shown({}, <NetworkPage />)).toContain('href="/network/members"');
  });
});
