import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Digest, Version } from '../../src/worker/api.ts';
import { manifestOf, suggestSscc, type NoticeForm } from '../../src/ui/announce/notice-form.ts';
import {
  addDefect,
  countOf,
  emptyDraft,
  giveVerdict,
  overLimit,
  removeDefect,
} from '../../src/ui/bench/quality-draft.ts';
import { readScan } from '../../src/ui/scan/scan-code.ts';
import { currentStep, openSession } from '../../src/ui/bench/steps.ts';
import { awaitsWords, voteSentence } from '../../src/ui/bench/texts.ts';
import { ssccGroups } from '../../src/ui/format.ts';
import { bannerNotes } from '../../src/ui/layout/Banners.tsx';
import { niceCeiling, quantile } from '../../src/ui/network/latency.ts';
import { healthOf, type HealthFacts } from '../../src/react/health.ts';
import { quorumWords } from '../../src/ui/network/quorum-health.ts';
import { barPaths } from '../../src/ui/parts/Bars.tsx';
import { statusWords } from '../../src/ui/parts/status-text.ts';
import { defaultPage } from '../../src/ui/routes.ts';
import { iceServersText, parseIceServers, parseSignaling } from '../../src/ui/settings/connections.ts';
import { parseLocalSettings } from '../../src/ui/theme/local-settings.ts';
import { blankSession, fakeClient, instance, MEMBERS, record, sscc, tx } from './fake-client.ts';

const quorum = (n: number) => ({ n, f: Math.floor((n - 1) / 3), q: n - Math.floor((n - 1) / 3) });

const quorumHealth = (facts: HealthFacts) => ({ ...healthOf(facts), ...quorumWords(healthOf(facts)) });

describe('quorum health', () => {
  it('says how many more may be lost', () => {
    expect(quorumHealth({ ...quorum(4), here: 4 }).sentences[0]).toContain('One more may be lost');
    expect(quorumHealth({ ...quorum(7), here: 7 }).sentences[0]).toContain('2 more may be lost');
  });
  it('warns at the edge', () => {
    const health = quorumHealth({ ...quorum(4), here: 3 });
    expect(health.level).toBe('edge');
    expect(health.sentences[0]).toBe('One more loss and nothing can be committed until someone returns.');
  });
  it('says what is not possible and what still is', () => {
    const health = quorumHealth({ ...quorum(4), here: 2 });
    expect(health.sentences[0]).toBe('Nothing can be committed until one more member returns.');
    expect(health.sentences[1]).toContain('saved on this device');
  });
  it('promises tolerance to networks that have none', () => {
    for (const n of [1, 2, 3])
      expect(quorumHealth({ ...quorum(n), here: n }).sentences.join(' ')).toContain('nobody may fail or lie');
  });
  it('passes over members who are known to have lied, or bears more of them than it can', () => {
    const said = (n: number, liars: number): string =>
      quorumHealth({ ...quorum(n), here: n, evidence: Array.from({ length: liars }) }).sentences.join(' ');
    expect(said(4, 0)).not.toContain('known to have lied');
    expect(said(7, 1)).toContain('One member is known to have lied; the network bears 2.');
    expect(said(4, 1)).toContain('One member is known to have lied, and the network bears no second one.');
    expect(said(7, 3)).toContain('3 members are known to have lied, more than the 2 that the network bears');
    expect(said(3, 1)).toContain('One member is known to have lied, more than the 0 that the network bears');
  });
  it('a level that disagrees with the quorum', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), fc.nat({ max: 400 }), (n, here) => {
        const health = quorumHealth({ ...quorum(n), here: Math.min(here, n) });
        expect(health.level === 'short').toBe(Math.min(here, n) < quorum(n).q);
      }),
    );
  });
});

describe('status badge', () => {
  it('never shows a bare failure', () => {
    expect(statusWords({ state: 'local' }, null).text).toBe('local');
    expect(statusWords({ state: 'voting' }, { commits: 2, needed: 3 }).text).toBe('voting 2 of 3');
    expect(statusWords({ state: 'committed', version: 4 as Version, digest: '' as Digest }, null).text).toBe(
      'committed v4',
    );
    const rejected = statusWords(
      { state: 'rejected', rule: 'label-before-quality', message: 'The label came first.' },
      null,
    );
    expect(rejected.meaning).toContain('label-before-quality');
    expect(rejected.meaning).toContain('The label came first.');
  });
});

describe('vote in words', () => {
  it('says who signed, how many are missing, and why', () => {
    const members = MEMBERS.map((m) => (m.index === 2 ? { ...m, here: false } : m));
    const vote = instance(`package/${sscc(1)}` as never, 2 as Version, ['commit', 'commit', 'heard', 'pre'], {
      q: 3,
      members,
    });
    expect(voteSentence(vote, members)).toBe(
      'Alfa and Bravo signed. One more is needed: Cargo is offline, Delta is linked and has not answered.',
    );
    expect(awaitsWords(vote, members)).toBe('Awaits Cargo or Delta');
  });
});

describe('bench steps', () => {
  const started = {
    ...blankSession('a'),
    record: record(1) as never,
    transactions: [tx('/sessions', {}, {})],
  };
  const withSteps = (...paths: string[]) => ({
    ...started,
    transactions: [...started.transactions, ...paths.map((p) => tx(p, {}, {}))],
  });
  it('asks for the steps in the order of the workflow', () => {
    expect(currentStep(null)).toBe('scan');
    expect(currentStep(started)).toBe('scan');
    expect(currentStep(withSteps('/scan'))).toBe('supplier');
    expect(currentStep(withSteps('/scan', '/validate'))).toBe('quality');
    expect(currentStep(withSteps('/scan', '/validate', '/quality'))).toBe('label');
    expect(currentStep(withSteps('/scan', '/validate', '/quality', '/label'))).toBe('send');
  });
  it('asks for a label when no line was accepted, which the label step would refuse', () => {
    const held = {
      ...record(1),
      inspection: { at: 1, by: 'bravo', lines: [{ line: 0, verdict: 'quarantine' }] },
    };
    expect(currentStep({ ...withSteps('/scan', '/validate', '/quality'), record: held as never })).toBe(
      'send',
    );
  });
  it('loses the open session at a reload', () => {
    const old = { ...started, id: 'old', startedAt: 1 };
    const young = { ...started, id: 'young', startedAt: 2 };
    const done = { ...started, id: 'done', startedAt: 3, status: { state: 'voting' } as const };
    expect(openSession([old, young, done])?.id).toBe('young');
    expect(openSession([done])).toBeNull();
  });
});

describe('counting defects', () => {
  const plan = {
    lotSize: 240,
    letter: 'G',
    sampleSize: 32,
    major: { aql: 2.5, accept: 2, reject: 3 },
    minor: { aql: 4, accept: 3, reject: 4 },
  };
  it('accepts up to the limit and not one more', () => {
    let draft = emptyDraft(1);
    for (let i = 0; i < 2; i++) draft = addDefect(draft, 'major');
    expect(overLimit(draft.lines[0]!, plan)).toBeNull();
    draft = addDefect(draft, 'major');
    expect(overLimit(draft.lines[0]!, plan)).toBe('3 major, 2 are allowed');
    expect(overLimit(addDefect(emptyDraft(1), 'critical').lines[0]!, plan)).toBe(
      '1 critical, none is allowed',
    );
  });
  it('a minus that does not undo its plus', () => {
    const severities = fc.array(fc.constantFrom('critical' as const, 'major' as const, 'minor' as const), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(
        severities,
        fc.constantFrom('critical' as const, 'major' as const, 'minor' as const),
        (before, one) => {
          const draft = before.reduce((d, s) => addDefect(d, s), emptyDraft(2));
          const back = removeDefect(addDefect(draft, one), one);
          expect(back.lines).toEqual(draft.lines);
          expect(countOf(removeDefect(emptyDraft(1), one).lines[0]!, one)).toBe(0);
        },
      ),
    );
  });
  it('puts a scanned code on one defect only', () => {
    const draft = addDefect(addDefect({ ...emptyDraft(1), code: 'S-12' }, 'major'), 'major');
    expect(draft.lines[0]!.defects).toEqual([
      { code: 'S-12', severity: 'major', count: 1 },
      { code: 'unspecified', severity: 'major', count: 1 },
    ]);
    expect(giveVerdict(draft, 'accept').line).toBe(1);
  });
});

describe('notice form', () => {
  const form: NoticeForm = {
    asnId: 'ASN-1',
    sscc: suggestSscc('4012345000115', 42),
    shipToGln: '9521141000014',
    lines: [{ gtin: '4012345000207', description: 'Bearing', lot: '', quantity: '240', expiry: '' }],
  };
  it('makes a manifest of a good form, with the GTIN padded to 14 digits', () => {
    const made = manifestOf(form, '4012345000115', '2026-03-11T13:00:00Z');
    expect(made.ok && made.value.lines[0]).toMatchObject({
      gtin: '04012345000207',
      lot: null,
      quantity: 240,
      expiry: null,
    });
  });
  it('names the field and what it should be', () => {
    const wrong = manifestOf({ ...form, sscc: '040123450000001117' }, '4012345000115', '');
    expect(wrong).toEqual({
      ok: false,
      error: { type: 'field:sscc', message: 'The check digit of this SSCC should be 2, not 7.' },
    });
    const none = manifestOf(
      { ...form, lines: [{ ...form.lines[0]!, quantity: '1.5' }] },
      '4012345000115',
      '',
    );
    expect(none).toMatchObject({ error: { type: 'field:lines.0.quantity' } });
  });
  it('suggests numbers that a scanner takes', () => {
    fc.assert(
      fc.property(fc.nat(), (serial) => {
        expect(readScan(suggestSscc('4012345000115', serial)).kind).toBe('package');
      }),
    );
  });
});

describe('the rest', () => {
  it('groups an SSCC 1 7 6 4', () =>
    expect(ssccGroups('040123450000001112')).toEqual(['0', '4012345', '000000', '1112']));
  it('draws no barcode for a wrong check digit', () => {
    expect(barPaths('040123450000001117')).toBeNull();
    expect(barPaths('040123450000001112')?.paths.length).toBeGreaterThan(0);
  });
  it('says that this tab is a view, and how far a replica has resumed', () => {
    const notes = bannerNotes({
      mode: 'view',
      standing: { kind: 'resuming', answered: 2, needed: 3 },
      faults: null,
    });
    expect(notes.map((n) => n.head)).toEqual([
      'Another tab holds the replica;',
      'This replica does not vote yet.',
    ]);
    expect(notes[1]!.text).toContain('2 of the 3');
    expect(bannerNotes({ mode: 'replica', standing: { kind: 'voter' }, faults: null })).toEqual([]);
  });
  it('begins where the role works', () =>
    expect([defaultPage('supplier'), defaultPage('warehouse'), defaultPage('courier')]).toEqual([
      'announce',
      'bench',
      'deliveries',
    ]));
  it('takes damaged settings for defaults', () => {
    expect(parseLocalSettings('x').theme).toBe('system');
    expect(
      parseLocalSettings({ theme: 'pink', sounds: false, operator: ' ', bench: 'B'.repeat(99) }),
    ).toMatchObject({ theme: 'system', sounds: false, operator: 'operator-1' });
    expect(parseLocalSettings({ bench: 'B'.repeat(99) }).bench).toHaveLength(24);
  });
  it('refuses addresses that could not work, naming them', () => {
    expect(parseSignaling('http://example.org')).toMatchObject({ ok: false });
    expect(parseSignaling('wss://a.example\n\nws://localhost:8080/x')).toEqual({
      ok: true,
      value: ['wss://a.example', 'ws://localhost:8080/x'],
    });
    expect(parseIceServers('turn:turn.example.org')).toMatchObject({ ok: false });
    const good = parseIceServers('stun:stun.example.org\nturn:turn.example.org:3478 anna secret');
    expect(good.ok && iceServersText(good.value)).toBe(
      'stun:stun.example.org\nturn:turn.example.org:3478 anna secret',
    );
  });
  it('takes the nearest rank and a round axis', () => {
    expect(quantile([5, 1, 3], 0.5)).toBe(3);
    expect(quantile([], 0.5)).toBeNull();
    expect([niceCeiling(13), niceCeiling(58), niceCeiling(0.3)].map((v) => Number(v.toFixed(3)))).toEqual([
      20, 100, 0.5,
    ]);
  });
  it('gives the same state object until something changes, as an external store must', () => {
    const client = fakeClient();
    expect(client.getState()).toBe(client.getState());
  });
});
