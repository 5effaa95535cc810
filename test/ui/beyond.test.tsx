/** Going on without a quorum, as a person meets it: what must be said before anything is signed, and what must not be offered. */
import { readFile } from 'node:fs/promises';
import { renderToStaticMarkup } from 'react-dom/server';
import type { ReactNode } from 'react';
import { describe, expect, it } from 'vitest';
import { Router } from 'wouter';
import { createVerifier } from '../../src/cli/verify.ts';
import type { Digest, EvidenceReport, NetworkState } from '../../src/worker/api.ts';
import { ApiProvider } from '../../src/ui/api-context.tsx';
import { AwaitedBanner, bannerNotes } from '../../src/ui/layout/Banners.tsx';
import { BREAKS } from '../../src/ui/members/break-texts.ts';
import {
  awaitedBreaks,
  breakAfter,
  breakSeal,
  breakTitle,
  isQuorum,
  mayBreak,
  networkOfEpoch,
  pastBreakSentences,
  survivorsOf,
  unsignedWords,
  signedAnotherWords,
} from '../../src/ui/members/break-words.ts';
import { Irreversible } from '../../src/ui/members/Breaks.tsx';
import { BreakForm } from '../../src/ui/members/GoneForGood.tsx';
import { MembersPage } from '../../src/ui/members/MembersPage.tsx';
import { cannotPropose } from '../../src/ui/members/words.ts';
import { NetworkPage } from '../../src/ui/network/NetworkPage.tsx';
import { Certificate } from '../../src/ui/package/Certificate.tsx';
import { AuditReport } from '../../src/ui/package/AuditReport.tsx';
import { History } from '../../src/ui/package/History.tsx';
import { historyFile } from '../../src/ui/package/history-file.ts';
import { tallySentence } from '../../src/ui/seal/seal-sentence.ts';
import { Report } from '../../src/ui/verify/Report.tsx';
import { VERIFY } from '../../src/ui/verify/texts.ts';
import { BREAK_FOLDER, type BreakVectors } from '../evidence/break-vectors.ts';
import { breakView, fakeClient, MEMBERS, pastBreak, sscc } from './fake-client.ts';

const twoGone: Partial<NetworkState> = {
  here: 2,
  members: MEMBERS.map((one) => ({ ...one, self: one.index === 1, here: one.index < 2 })),
};
const stateOf = (change: Partial<NetworkState> = {}): NetworkState =>
  fakeClient({ change: (state) => ({ ...state, ...change }) }).getState()!;
const shown = (change: Partial<NetworkState> = {}, page: ReactNode = <MembersPage />): string =>
  renderToStaticMarkup(
    <ApiProvider client={fakeClient({ change: (state) => ({ ...state, ...change }) })}>
      <Router ssrPath="/network/members">{page}</Router>
    </ApiProvider>,
  );
const signedReason = 'You have signed that the network goes on without Cargo Nord and Delta Express.';
const waiting: Partial<NetworkState> = {
  ...twoGone,
  breaks: [breakView({ self: 'signed' })],
  standing: { kind: 'observer', reason: signedReason },
};
const form = (change: Partial<NetworkState> = {}): string =>
  shown(change, <BreakForm state={stateOf(change)} onProposed={() => undefined} onClose={() => undefined} />);

describe('the way on without a quorum', () => {
  it('is open without having said when it is right, what may be lost, and that the others can do the same', () => {
    const page = shown(twoGone);
    for (const words of [BREAKS.when(3, 4), BREAKS.notWhen(3), ...BREAKS.facts])
      expect(page).toContain(words);
    expect(page).toContain('<details');
    expect(page).not.toContain('<details open');
    expect(page.indexOf(BREAKS.facts[3])).toBeLessThan(page.indexOf(`>${BREAKS.open}<`));
  });

  it('is offered to a device, to who only observes, to one member alone, or where the network has gone on', () => {
    const { epoch } = stateOf();
    for (const change of [
      { standing: { kind: 'device', member: 1 as never, name: 'Dock 2', revoked: false } },
      { standing: { kind: 'observer', reason: 'Its log was lost.' } },
      { standing: { kind: 'stopped', reason: 'Two tabs.' } },
      { n: 1 },
      { epoch: { ...epoch, newest: 2 } },
    ] as const) {
      expect(mayBreak(stateOf(change)), JSON.stringify(change)).toBe(false);
      expect(shown(change)).not.toContain(BREAKS.title);
    }
  });

  it('is closed to a survivor that was reloaded, whom no quorum will ever answer', () => {
    const standing = { kind: 'resuming', answered: 2, needed: 3 } as const;
    expect(mayBreak(stateOf({ standing }))).toBe(true);
    expect(shown({ ...twoGone, standing })).toContain(BREAKS.title);
    // A second proposal, when the first never becomes complete.
    expect(mayBreak(stateOf(waiting))).toBe(true);
  });

  it('is found only by who looks for it: the Network page leads there when too few are left, and never before', () => {
    expect(shown(twoGone, <NetworkPage />)).toContain(BREAKS.title);
    expect(shown({}, <NetworkPage />)).not.toContain(BREAKS.title);
  });
});

describe('the form', () => {
  it('lets this member leave itself out, or does not say how many may then fail', () => {
    const page = form(twoGone);
    const ticks = [...page.matchAll(/<input type="checkbox"([^>]*)>/g)].map(([, attributes]) => ({
      checked: attributes!.includes('checked'),
      fixed: attributes!.includes('disabled'),
    }));
    expect(ticks).toEqual([
      { checked: true, fixed: false },
      { checked: true, fixed: true },
      { checked: false, fixed: false },
      { checked: false, fixed: false },
    ]);
    expect(page).toContain('After it: 2 members: nobody may fail, all 2 must sign.');
    expect(page).toContain('Cargo Nord and Delta Express');
    expect(page).toContain('value="Demo network"');
  });

  it('goes on to the question although a quorum is there', () => {
    const page = form();
    expect(page).toContain(BREAKS.quorum(4, 3));
    expect(page).toContain(`disabled="">${BREAKS.next}`);
    expect(form(twoGone)).not.toContain(`disabled="">${BREAKS.next}`);
    expect([1, 2, 3, 4].map((s) => isQuorum(s, 4))).toEqual([false, false, true, true]);
    expect(isQuorum(1, 2)).toBe(false);
    expect(isQuorum(1, 1)).toBe(true);
  });

  it('asks its last question without naming who is left behind, or that nothing is signed here any more', () => {
    const who = {
      survivors: [{ organisation: 'Alfa' }, { organisation: 'Bravo' }],
      gone: [{ organisation: 'Cargo' }, { organisation: 'Delta' }],
    };
    const nothing = (): void => undefined;
    const page = shown(
      {},
      <Irreversible open who={who} action={BREAKS.sign} onConfirm={nothing} onClose={nothing} />,
    );
    expect(page).toContain('Alfa and Bravo');
    expect(page).toContain('Cargo and Delta');
    expect(page).toContain(BREAKS.irreversible);
    expect(page).toContain(BREAKS.lost);
  });
});

describe('a proposal', () => {
  it('is signed beside another one without a warning that both can part the survivors', () => {
    const other = breakView({ digest: 'b'.repeat(64) as Digest, self: 'asked' });
    expect(signedAnotherWords([])).toBeUndefined();
    expect(signedAnotherWords([other])).toBeUndefined();
    expect(signedAnotherWords([other, breakView({ self: 'signed' })])).toContain('with Alfa');
  });

  it('does not say who has signed, or who is waited for', () => {
    const seal = breakSeal(breakView());
    expect([seal.n, seal.q, seal.outcome, seal.marks]).toEqual([2, 2, 'voting', ['commit', 'heard']]);
    const names = survivorsOf(breakView(), MEMBERS).map(({ name }) => name);
    expect(tallySentence('sign', seal, names)).toBe(
      '1 of 2 signatures needed are here: Alfa. Not yet: Bravo.',
    );
    expect(unsignedWords(breakView())).toBe('One signature is missing. Not yet: Bravo Logistics.');
    const all = breakView().survivors.map((one) => ({ ...one, signed: true }));
    expect(unsignedWords({ survivors: all })).toBeNull();
    expect(breakSeal({ survivors: all }).outcome).toBe('closed');
    expect(breakTitle(breakView())).toBe(
      'Alfa Components and Bravo Logistics go on without Cargo Nord and Delta Express',
    );
    expect(breakTitle({ survivors: all.slice(0, 1), gone: breakView().gone })).toContain('goes on without');
  });

  it('is offered for a signature where the record differs, after one was given, or to who is left behind', () => {
    const button = `${BREAKS.sign}<span`;
    expect(shown({ ...twoGone, breaks: [breakView()] })).toContain(button);
    const differs = shown({ ...twoGone, breaks: [breakView({ sameRecord: false })] });
    expect(differs).not.toContain(button);
    expect(differs).toContain(BREAKS.differs('Alfa Components'));
    const elsewhere = shown({ breaks: [breakView({ notHere: 'This is an observer.' })] });
    expect(elsewhere).not.toContain(button);
    expect(elsewhere).toContain('This is an observer.');
    const signed = shown(waiting);
    expect(signed).not.toContain(button);
    expect(signed).toContain(BREAKS.signedRest);
    const left = shown({ breaks: [breakView({ self: 'not-listed' })] });
    expect(left).not.toContain(button);
    expect(left).toContain(BREAKS.notListed);
  });

  it('is not called for on the other pages, or called for again after it was signed', () => {
    const banner = (change: Partial<NetworkState>): string =>
      shown(change, <AwaitedBanner state={stateOf(change)} />);
    expect(banner({ breaks: [breakView()] })).toContain(BREAKS.awaited('Cargo Nord and Delta Express'));
    for (const over of [
      { self: 'signed' },
      { self: 'not-listed' },
      { sameRecord: false },
      { notHere: 'An observer.' },
    ] as const) {
      expect(awaitedBreaks(stateOf({ breaks: [breakView(over)] }))).toEqual([]);
      expect(banner({ breaks: [breakView(over)] })).not.toContain('You are asked');
    }
  });

  it('leaves who has signed to wonder why nothing is signed here, or to propose changes in vain', () => {
    const [note] = bannerNotes(stateOf(waiting));
    expect(note).toMatchObject({ head: BREAKS.observerHead, isMembers: true });
    expect(note?.text).toBe(
      `${signedReason} Nothing is signed in the old one any more. It goes on when Bravo Logistics has signed too.`,
    );
    const other = stateOf({ standing: { kind: 'observer', reason: 'Its log was lost.' } });
    expect(bannerNotes(other)[0]?.text).toBe('Its log was lost.');
    expect(cannotPropose(stateOf(waiting))).toContain('goes on without the others');
  });
});

describe('after a break', () => {
  const { epoch } = stateOf();
  const after: Partial<NetworkState> = {
    n: 2,
    f: 0,
    q: 2,
    members: twoGone.members!.slice(0, 2),
    epoch: { ...epoch, number: 1, newest: 1, breaks: [pastBreak] },
  };

  it('Members and Network hide it, or who was left behind', () => {
    for (const page of [shown(after), shown(after, <NetworkPage />)]) {
      expect(page).toContain(BREAKS.broken);
      for (const sentence of pastBreakSentences(pastBreak)) expect(page).toContain(sentence);
      expect(page).toContain(BREAKS.brokenText(1));
    }
    expect(pastBreakSentences(pastBreak)).toEqual([
      'Epoch 1 began with a break, as “Demo network two”: Alfa Components and Bravo Logistics went on without a quorum.',
      'Left behind: Cargo Nord and Delta Express.',
    ]);
    expect(shown()).not.toContain(BREAKS.broken);
  });

  it('who was left behind is not told, or not by whom and without whom', () => {
    const behind = { epoch: { ...epoch, continuedBy: [pastBreak] } };
    const [note] = bannerNotes(stateOf(behind));
    expect(note).toMatchObject({ head: BREAKS.continuedHead, isMembers: true });
    expect(note?.text).toBe(
      'Alfa Components and Bravo Logistics went on as “Demo network two” with epoch 1, without a quorum. Left behind: Cargo Nord and Delta Express.',
    );
    for (const page of [shown(behind), shown(behind, <NetworkPage />)]) {
      expect(page).toContain(BREAKS.continued);
      expect(page).toContain(BREAKS.continuedText);
      expect(page).not.toContain(BREAKS.broken);
    }
  });

  it('a certificate from before it passes for one of the new network, or one of after it is marked', async () => {
    const client = fakeClient({ versions: 2 });
    const { history } = (await client.api.package(sscc(111)))!;
    const [first, second] = [history[0]!, history[1]!];
    const now = pastBreak.network;
    const sheet = (certificate: typeof first.certificate): string =>
      shown(
        {},
        <Certificate certificate={certificate} network={now} breaks={[pastBreak]} members={MEMBERS} />,
      );
    const later = { ...second.certificate, epoch: 1 };
    expect(sheet(first.certificate)).toContain('Signed before the break with which epoch 1 began');
    expect(sheet(first.certificate)).toContain(pastBreak.from);
    expect(sheet(later)).not.toContain(BREAKS.beforeLabel);
    expect(sheet(later)).toContain(now);
    const line = shown(
      {},
      <History
        sscc={sscc(111)}
        history={[first, { ...second, certificate: later }]}
        prunedBelow={null}
        members={MEMBERS}
        breaks={[pastBreak]}
        shown={null}
        onShow={() => undefined}
      />,
    );
    expect(line.split(BREAKS.before(1))).toHaveLength(2);
  });

  it('a second one is mistaken for the first', () => {
    const second = { ...pastBreak, epoch: 3, from: pastBreak.network, network: '9d'.repeat(32) as never };
    const both = [second, pastBreak];
    expect([0, 1, 2, 3, 4].map((number) => breakAfter(number, both)?.epoch ?? null)).toEqual([
      1,
      3,
      3,
      null,
      null,
    ]);
    expect([0, 2, 3].map((number) => networkOfEpoch(number, both, second.network))).toEqual([
      pastBreak.from,
      pastBreak.network,
      second.network,
    ]);
  });
});

describe('a report on a file over two breaks', () => {
  const reported = async (trust: number): Promise<EvidenceReport> => {
    const { networks } = JSON.parse(await readFile(`${BREAK_FOLDER}vectors.json`, 'utf8')) as BreakVectors;
    const verify = await createVerifier();
    const file = new Uint8Array(await readFile(`${BREAK_FOLDER}good/two-breaks.evidence.json`));
    return verify(file, { kind: 'network', network: networks[trust] as never });
  };

  it('shows neither of them, or takes an epoch that began with one for the genesis or for a change', async () => {
    for (const trust of [0, 2]) {
      const report = await reported(trust);
      const page = renderToStaticMarkup(<Report report={report} file="x.evidence.json" />);
      expect(page).toContain(VERIFY.breaks);
      for (const { summary } of report.breaks) expect(page).toContain(summary);
      expect(page).toContain(VERIFY.broke('Alfa Components, Bravo Logistics'));
      expect(page).toContain(VERIFY.broke('Bravo Logistics'));
      expect(page.split('the 4 members of the genesis')).toHaveLength(2);
      expect(page.split('Reason given:')).toHaveLength(2);
      const audit = renderToStaticMarkup(
        <AuditReport report={report} heldBy={new Map()} madeAt={0} madeBy={null} />,
      );
      for (const { summary } of report.breaks) expect(audit).toContain(summary);
      const history = JSON.parse(new TextDecoder().decode(historyFile(report, new Map()))) as object;
      expect(history).toMatchObject({ breaks: [{ epoch: 1 }, { epoch: 3 }] });
    }
  });

  it('gives the id of the old network as the one to verify with again, when that proves nothing', async () => {
    const { networks } = JSON.parse(await readFile(`${BREAK_FOLDER}vectors.json`, 'utf8')) as BreakVectors;
    const page = (report: EvidenceReport): string =>
      renderToStaticMarkup(<Report report={report} file="x.evidence.json" />);
    expect(page(await reported(2))).toContain(`--trust ${networks[2]}`);
    expect(page(await reported(0))).not.toContain(`--trust ${networks[0]}`);
  });
});
