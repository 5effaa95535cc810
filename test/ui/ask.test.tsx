/** The door “Ask to join”: the page that waits, and what is remembered of it. */
import { renderToStaticMarkup } from 'react-dom/server';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { KnockView, NetworkId } from '../../src/worker/api.ts';
import {
  askedFor,
  forgetAsked,
  keepInvitation,
  keptInvitation,
  rememberAsked,
  type Asked,
} from '../../src/ui/doors/ask-memory.ts';
import { ASK, knockWords } from '../../src/ui/doors/ask-texts.ts';
import { AskForm } from '../../src/ui/doors/AskForm.tsx';
import { AskStanding } from '../../src/ui/doors/AskWaiting.tsx';
import {
  afterKnock,
  keepKnocking,
  NOT_KNOCKED,
  type KnockAnswer,
  type Knocked,
} from '../../src/ui/doors/keep-knocking.ts';
import { KNOCK_PERIOD_MS, MAX_REMEMBERED_REQUESTS } from '../../src/ui/doors/limits.ts';
import { fakeMemory } from '../demo/fake.ts';
import { MEMBERS } from './fake-client.ts';

const NETWORK = '5d'.repeat(32) as NetworkId;
const PROFILE = 'e7'.repeat(32);
const asked: Asked = {
  network: NETWORK,
  profile: PROFILE,
  fingerprint: 'e7e7 e7e7 e7e7 e7e7',
  organisation: 'Echo Freight',
  replaces: null,
};
const members = MEMBERS.map(({ id, name, organisation, role }) => ({ id, name, organisation, role }));
const NET = { network: { id: NETWORK, name: 'Harbour' }, epoch: 2, members };
const ASKED: KnockView = { state: 'asked', ...NET };
const DRAFTED: KnockView = { state: 'drafted', approvals: 2, needed: 3, reason: 'Echo joins.', ...NET };
const ADMITTED: KnockView = { state: 'admitted', profile: PROFILE, network: NETWORK, name: 'Harbour' };
const said = (value: KnockView): KnockAnswer => ({ ok: true, value });
const after = (...answers: KnockAnswer[]): Knocked => answers.reduce<Knocked>(afterKnock, NOT_KNOCKED);
const shown = (knocked: Knocked, one = asked): string =>
  renderToStaticMarkup(
    <AskStanding asked={one} knocked={knocked} onOpen={() => undefined} onGiveUp={() => undefined} />,
  );

describe('knocking', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('knocks a second time before the first is answered, or only once', async () => {
    let answer: (view: KnockAnswer & object) => void = () => undefined;
    const knock = vi.fn(() => new Promise<KnockAnswer & object>((resolve) => (answer = resolve)));
    const stop = keepKnocking(knock as never, () => undefined);
    await vi.advanceTimersByTimeAsync(KNOCK_PERIOD_MS * 3);
    expect(knock).toHaveBeenCalledTimes(1);
    answer({ ok: true, value: { state: 'nobody' } });
    await vi.advanceTimersByTimeAsync(KNOCK_PERIOD_MS - 1);
    expect(knock).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(knock).toHaveBeenCalledTimes(2);
    stop();
  });
  it('goes on when the page was left, or when it has been let in', async () => {
    const told: KnockAnswer[] = [];
    const knock = vi.fn(() => Promise.resolve(said(ASKED)));
    const stop = keepKnocking(knock as never, (one) => told.push(one));
    await vi.advanceTimersByTimeAsync(0);
    stop();
    await vi.advanceTimersByTimeAsync(KNOCK_PERIOD_MS * 4);
    expect(knock).toHaveBeenCalledTimes(1);
    expect(told).toHaveLength(1);
    const last = vi.fn(() => Promise.resolve(said(ADMITTED)));
    keepKnocking(last as never, (one) => told.push(one));
    await vi.advanceTimersByTimeAsync(KNOCK_PERIOD_MS * 4);
    expect(last).toHaveBeenCalledTimes(1);
  });
  it('gives up for good after one failure', async () => {
    const told: KnockAnswer[] = [];
    const knock = vi.fn(() => Promise.reject(new Error('worker gone')));
    const stop = keepKnocking(knock, (one) => told.push(one));
    await vi.advanceTimersByTimeAsync(KNOCK_PERIOD_MS * 2);
    expect(told).toEqual([null, null, null]);
    expect(after(null).problem).toContain('Reload');
    stop();
  });
});

describe('the page that waits', () => {
  it('does not show the key that is to be compared, or whose place is asked for', () => {
    expect(shown(NOT_KNOCKED)).toContain('e7e7 e7e7 e7e7 e7e7');
    expect(shown(NOT_KNOCKED, { ...asked, replaces: 'delta' })).toContain('in place of the member delta');
  });
  it('forgets what a member has said as soon as nobody answers', () => {
    const knocked = after(said(DRAFTED), said({ state: 'nobody' }));
    expect(knockWords(knocked)).toContain('2 of 3 approvals are here');
    expect(knockWords(knocked)).toContain('no member answers');
    expect(knockWords(after(said({ state: 'nobody' })))).toContain('No member has answered yet');
  });
  it('says an old problem after a knock that was answered', () => {
    const failed: KnockAnswer = {
      ok: false,
      error: { type: 'storage-failed', message: 'The disk is full.' },
    };
    expect(shown(after(said(ASKED), failed))).toContain('The disk is full.');
    expect(shown(after(failed, said(ASKED)))).not.toContain('The disk is full.');
  });
  it('leaves open what is awaited, and from whom', () => {
    const waiting = shown(after(said(ASKED)));
    expect(waiting).toContain('One of them must propose you, and 3 of the 4 must approve.');
    for (const member of MEMBERS) expect(waiting).toContain(member.organisation);
    const drafted = shown(after(said(DRAFTED)));
    expect(drafted).toContain('<progress');
    expect(drafted).toContain('2 of 3');
    expect(drafted).toContain('Echo joins.');
    const admitted = shown(after(said(ADMITTED)));
    expect(admitted).toContain('Open Harbour');
    expect(admitted).not.toContain(ASK.again);
  });
});

describe('the form', () => {
  it('asks for a place that is already taken without saying so, or hides who is a member', () => {
    const form = renderToStaticMarkup(
      <AskForm members={members} busy={false} problem="It was refused." onAsk={() => undefined} />,
    );
    expect(form).toContain(ASK.newPlace);
    expect(form).toContain(ASK.oldPlace);
    expect(form).toContain('It was refused.');
  });
});

describe('what is remembered', () => {
  it('loses a request over a reload, mixes up two networks, or grows without end', () => {
    const memory = fakeMemory();
    rememberAsked(memory, asked);
    rememberAsked(memory, { ...asked, organisation: 'Echo, again' });
    expect(askedFor(memory, NETWORK)?.organisation).toBe('Echo, again');
    for (let i = 0; i < MAX_REMEMBERED_REQUESTS + 5; i++)
      rememberAsked(memory, { ...asked, network: i.toString(16).padStart(64, '0') as NetworkId });
    expect(askedFor(memory, NETWORK)).toBeNull();
    const last = (MAX_REMEMBERED_REQUESTS + 4).toString(16).padStart(64, '0') as NetworkId;
    expect(askedFor(memory, last)).not.toBeNull();
    forgetAsked(memory, last);
    expect(askedFor(memory, last)).toBeNull();
    memory.setItem('countersign.asked', '{"not":"a list"}');
    expect(askedFor(memory, NETWORK)).toBeNull();
  });
  it('keeps the join secret where other tabs and later days find it', () => {
    const tab = fakeMemory();
    keepInvitation(tab, 'v1.secret');
    expect(keptInvitation(tab)).toBe('v1.secret');
    keepInvitation(tab, '');
    expect(tab.length).toBe(0);
    const memory = fakeMemory();
    rememberAsked(memory, { ...asked });
    expect(memory.getItem('countersign.asked')).not.toContain('secret');
  });
});
