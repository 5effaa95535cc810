/** Words and choices about devices, sessions that rest or wait, and sessions of others. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { NetworkState, NoticeView, SessionView, Transaction } from '../../src/worker/api.ts';
import { MAX_SEEN_EXPIRED } from '../../src/ui/limits.ts';
import { answerLink } from '../../src/ui/devices/AddDevice.tsx';
import { readSeen, writeSeen } from '../../src/ui/bench/seen.ts';
import { canUndo, isFinished, openSession, readyToSend } from '../../src/ui/bench/steps.ts';
import { errorTitle } from '../../src/ui/bench/texts.ts';
import { bareText } from '../../src/ui/doors/handover.ts';
import { formatTime } from '../../src/ui/format.ts';
import { bannerNotes } from '../../src/ui/layout/Banners.tsx';
import { whoWords, workingWords } from '../../src/ui/notice-words.ts';
import { deviceName, mirrorChoices, mirrorOf, noticesOn } from '../../src/ui/organisation.ts';
import { errorWords } from '../../src/ui/services.ts';
import { blankSession, MEMBERS, sscc, tx } from './fake-client.ts';

const steps = (...paths: string[]): Transaction[] => paths.map((path) => tx(path, {}, {}));
const open = (id: string, startedAt: number, more: Partial<SessionView> = {}): SessionView => ({
  ...blankSession(id),
  startedAt,
  transactions: steps('/sessions', '/scan'),
  ...more,
});
const WHOLE = steps('/sessions', '/scan', '/validate', '/quality', '/label', '/finish');

describe('which session is in front', () => {
  it('a session that rests is put before the operator again after a reload', () => {
    const resting = open('resting', 2, { pausedAt: 3 });
    expect(openSession([open('a', 1), resting])?.id).toBe('a');
    expect(openSession([resting])).toBeNull();
    expect(canUndo(resting)).toBe(false);
  });
  it('a finished session hides the one that still has steps to take', () => {
    const finished = open('finished', 9, { transactions: WHOLE });
    expect(openSession([open('a', 1), finished])?.id).toBe('a');
    expect(openSession([finished, open('a', 1)])?.id).toBe('a');
    expect(openSession([finished])?.id).toBe('finished');
  });
});

describe('sending a shift', () => {
  it('sends what is not finished, rests, is sent already, or is no inspection', () => {
    const finished = open('finished', 1, { transactions: WHOLE });
    const handOff = open('hand-off', 1, { transactions: steps('/hand-off') });
    const list = [
      finished,
      open('open', 1),
      open('resting', 1, { transactions: WHOLE, pausedAt: 2 }),
      open('sent', 1, { transactions: WHOLE, status: { state: 'voting' } }),
      handOff,
    ];
    expect(readyToSend(list).map((one) => one.id)).toEqual(['finished']);
    expect(isFinished(list[3]!)).toBe(false);
  });
});

const known: Pick<NetworkState, 'siblings' | 'members' | 'self'> = {
  members: MEMBERS,
  self: MEMBERS[1]!.index,
  siblings: [{ key: '7c'.repeat(32), name: 'Dock 2 phone', member: false }],
};

describe('the second device of a session', () => {
  it('a device that is not linked is shown as if it answered', () => {
    const mirror = { device: '8d'.repeat(32) };
    expect(mirrorOf(known, open('a', 1, { mirror }))).toEqual({
      key: mirror.device,
      name: 'Device 8d8d 8d8d',
      linked: false,
    });
    expect(mirrorOf(known, open('a', 1, { mirror }), new Map([[mirror.device, 'Forklift']]))?.name).toBe(
      'Forklift',
    );
    expect(mirrorOf(known, open('a', 1, { mirror: { device: '7c'.repeat(32) } }))?.linked).toBe(true);
    expect(mirrorOf(known, open('a', 1))).toBeNull();
  });
  it('the member itself is called by its key', () => {
    const member = MEMBERS[1]!.voteKey;
    expect(deviceName(known, member)).toBe('Bravo Logistics’s own browser');
    const onDevice = { ...known, siblings: [{ key: member, name: 'Bravo', member: true }] };
    expect(mirrorChoices(onDevice).map((one) => one.name)).toEqual(['Bravo Logistics’s own browser']);
  });
});

const notice = (more: Partial<NoticeView> = {}): NoticeView => ({
  sessionId: 'n',
  key: `package/${sscc(1)}` as NoticeView['key'],
  member: MEMBERS[1]!.index,
  organisation: 'Bravo Logistics',
  device: 'Dock 2',
  operator: 'op-7',
  since: new Date(2026, 2, 11, 14, 2).getTime(),
  own: false,
  ...more,
});

describe('sessions of others', () => {
  it('says who, where and since when, and the operator where no device has a name', () => {
    expect(whoWords(notice())).toBe(`Bravo Logistics, Dock 2, since ${formatTime(notice().since)}`);
    expect(whoWords(notice({ device: null }))).toContain('op-7');
    expect(workingWords([])).toBeNull();
    expect(workingWords([notice(), notice({ organisation: 'Cargo Nord' })])).toMatch(
      /Bravo Logistics.*; Cargo Nord.*each is working/,
    );
  });
  it('a notice of another package is shown', () => {
    expect(noticesOn({ notices: [notice()], sessions: [] }, `package/${sscc(2)}`)).toEqual([]);
  });
  it('a session that was taken over is still told of as another’s', () => {
    const state = { notices: [notice(), notice({ sessionId: 'm' })], sessions: [open('n', 1)] };
    expect(noticesOn(state, notice().key).map((one) => one.sessionId)).toEqual(['m']);
  });
});

describe('what a device says of itself', () => {
  const device = (revoked: boolean, here = true): ReturnType<typeof bannerNotes> =>
    bannerNotes({
      mode: 'replica',
      faults: null,
      members: MEMBERS.map((one) => ({ ...one, here })),
      standing: { kind: 'device', member: MEMBERS[1]!.index, name: 'Dock 2 phone', revoked },
    });
  it('a device is taken for a replica that fails to vote', () => {
    const [note] = device(false);
    expect(note).toMatchObject({ kind: '', head: 'This is a device of Bravo Logistics: Dock 2 phone.' });
    expect(note?.text).toBe('It runs sessions and checks everything; votes are Bravo Logistics’s.');
    expect(device(false, false)[0]?.text).toContain('any other member');
  });
  it('a revoked device is not told what has become of its work', () => {
    const [note] = device(true);
    expect(note).toMatchObject({ kind: 'bad', head: 'Bravo Logistics has revoked this device.' });
    expect(note?.text).toContain('What it handed in before stays valid');
  });
});

describe('errors of sessions', () => {
  it.each(['session-paused', 'session-moved', 'mirror-unreachable', 'mirror-differs'] as const)(
    '%s has only the general heading',
    (type) => expect(errorTitle(type)).not.toBe(errorTitle('no such type')),
  );
  it('a package is called by the name of its key', () => {
    const message = `The session on package/${sscc(111)} rests. Continue it first.`;
    expect(errorWords({ type: 'session-paused', message }).message).toBe(
      'The session on package 0 4012345 000000 1112 rests. Continue it first.',
    );
  });
});

describe('the answer for a device', () => {
  it('a link loses the text on its way', () => {
    const link = answerLink('cscert1.abc-_', 'https://countersign.example');
    expect(link).toBe('https://countersign.example/device#cscert1.abc-_');
    expect(bareText(link)).toBe('cscert1.abc-_');
    expect(answerLink(link, 'https://other.example')).toBe(link);
  });
});

describe('expired sessions that were told of', () => {
  const held = new Map<string, string>();
  beforeEach(() => {
    held.clear();
    vi.stubGlobal('localStorage', {
      getItem: (key: string) => held.get(key) ?? null,
      setItem: (key: string, value: string) => void held.set(key, value),
    });
    return () => vi.unstubAllGlobals();
  });
  it('are told again, or grow without an end', () => {
    expect(readSeen()).toEqual([]);
    writeSeen(['a', 'b']);
    expect(writeSeen(['b', 'c'])).toEqual(['a', 'b', 'c']);
    const many = Array.from({ length: 2 * MAX_SEEN_EXPIRED }, (_, i) => `id-${i}`);
    expect(writeSeen(many)).toHaveLength(MAX_SEEN_EXPIRED);
    expect(readSeen().at(-1)).toBe(many.at(-1));
  });
  it('a damaged entry keeps the bench from opening', () => {
    held.set('countersign.expired-seen', '{"not": "a list"');
    expect(readSeen()).toEqual([]);
  });
});
