/** The page of one package: its label as a file, evidence beside the record, and times in the list. */
import type { ReactNode } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { Router } from 'wouter';
import { ApiProvider } from '../../src/ui/api-context.tsx';
import { formatListed, formatTime } from '../../src/ui/format.ts';
import { Banner } from '../../src/ui/layout/Banner.tsx';
import { labelFile } from '../../src/ui/package/evidence-file.ts';
import { EvidenceKept, keptFor } from '../../src/ui/package/EvidenceKept.tsx';
import { History } from '../../src/ui/package/History.tsx';
import { LabelSheet } from '../../src/ui/package/LabelSheet.tsx';
import { StatusFacts } from '../../src/ui/package/LastTransaction.tsx';
import { labelWords } from '../../src/ui/parts/label-words.ts';
import type {
  CertificateView,
  EvidenceView,
  Key,
  MemberIndex,
  NetworkState,
  PackageRecord,
  PastEvidenceView,
  Version,
} from '../../src/worker/api.ts';
import { DIGEST_A, fakeClient, record, sscc } from './fake-client.ts';

const client = fakeClient({ packages: 3, versions: 3 });
const state = client.getState()!;
const shown = (page: ReactNode): string =>
  renderToStaticMarkup(
    <ApiProvider client={client}>
      <Router ssrPath="/packages">{page}</Router>
    </ApiProvider>,
  );
const DIGEST_B = '7b03e6aa'.padEnd(60, '1') + '10c9';

const vote = (digest: string, version = 2, key = `package/${sscc(111)}`): object => ({
  key,
  version,
  round: 0,
  type: 'PRE-COMMIT',
  digest,
});
const held = (member: number, evidence: object): EvidenceView =>
  ({ member: member as MemberIndex, heldSince: Date.UTC(2026, 2, 11), evidence }) as unknown as EvidenceView;
const withEvidence = (...evidence: EvidenceView[]): NetworkState => ({ ...state, evidence });

describe('evidence beside the record', () => {
  it('is left out, is shown with another package, or names nobody', () => {
    const twice = held(2, { first: vote(DIGEST_A), second: vote(DIGEST_B) });
    const share = held(3, { vote: vote(DIGEST_A, 1) });
    const elsewhere = held(0, { first: vote(DIGEST_A, 2, `package/${sscc(112)}`), second: vote(DIGEST_B) });
    const kept = keptFor(sscc(111), withEvidence(twice, share, elsewhere));
    expect(kept.map(({ version, who }) => [version, who])).toEqual([
      [1, 'Delta Express'],
      [2, 'Cargo Nord'],
    ]);
    const page = shown(<EvidenceKept kept={kept} certified={3} />);
    expect(page).toContain('Evidence kept with version 2');
    expect(page).toContain('Cargo Nord signed two values');
    expect(page).toContain('Delta Express signed a bad certificate share');
    expect(page.indexOf('version 1')).toBeLessThan(page.indexOf('version 2'));
  });

  it('says that a version is certified which is not', () => {
    const kept = keptFor(
      sscc(111),
      withEvidence(held(2, { first: vote(DIGEST_A, 4), second: vote(DIGEST_B, 4) })),
    );
    expect(shown(<EvidenceKept kept={kept} certified={4} />)).toContain('did not change the outcome');
    expect(shown(<EvidenceKept kept={kept} certified={3} />)).not.toContain('did not change the outcome');
  });

  it('of two reports, which are about no version, is taken for some', () => {
    const reports = held(2, { kind: 'reports', statements: [{ locks: [] }, { locks: [] }] });
    expect(keptFor(sscc(111), withEvidence(reports))).toEqual([]);
  });

  it('of an earlier epoch names a member of today, or says that links are closed', () => {
    const epoch = { number: 1, members: [{ organisation: 'Zulu Stores' }] };
    const past = [
      { epoch, member: 0, evidence: { first: vote(DIGEST_A), second: vote(DIGEST_B) } },
    ] as unknown as readonly PastEvidenceView[];
    const kept = keptFor(sscc(111), { ...state, evidence: [], pastEvidence: past });
    expect(kept[0]?.who).toBe('Zulu Stores');
    expect(shown(<EvidenceKept kept={kept} certified={3} />)).not.toContain(
      'Links to this member are closed',
    );
  });

  it('is not to be seen in the history', async () => {
    const detail = (await client.api.package(sscc(111)))!;
    const line = (kept: ReturnType<typeof keptFor>): string =>
      shown(
        <History
          sscc={sscc(111)}
          history={detail.history}
          prunedBelow={null}
          members={state.members}
          kept={kept}
          shown={null}
          onShow={() => undefined}
        />,
      );
    const kept = keptFor(sscc(111), withEvidence(held(2, { first: vote(DIGEST_A), second: vote(DIGEST_B) })));
    expect(line(kept).match(/Evidence kept against Cargo Nord/g)).toHaveLength(1);
    expect(line([])).not.toContain('Evidence kept');
  });
});

describe('the label', () => {
  const labelled = {
    ...record(111),
    label: { courierId: 'delta', courierName: 'Delta Express', at: 0, by: 'bravo/op-7' },
  } as unknown as PackageRecord;

  it('says one thing on the page and another on the label printer', async () => {
    const words = labelWords(labelled, state.members, null);
    expect(words).toEqual({
      sscc: sscc(111),
      shipFrom: 'Bravo Logistics',
      shipTo: 'Cargo Nord',
      courier: 'Delta Express',
      reference: labelled.manifest.content.asnId,
    });
    const page = shown(<LabelSheet record={labelled} certificate={null} />);
    const file = await labelFile(client.api, words, 300);
    if (!file.ok) throw new Error(file.error.message);
    expect(file.value.name).toBe(`${sscc(111)}.300dpi.zpl`);
    const zpl = new TextDecoder().decode(file.value.bytes);
    for (const text of Object.values(words)) {
      expect(page).toContain(text);
      expect(zpl).toContain(`${text}`);
    }
    // No person is named on what leaves the house.
    expect(`${page}${zpl}`).not.toContain('op-7');
  });

  it('can be saved before there is one', () => {
    expect(shown(<LabelSheet record={record(111)} certificate={null} />)).not.toContain('ZPL');
    expect(shown(<LabelSheet record={labelled} certificate={null} />)).toContain('Save as ZPL, 203 dpi');
  });

  it('of a wrong number is saved all the same, or fails without a word', async () => {
    const words = { ...labelWords(labelled, state.members, null), sscc: '040123450000001113' };
    const file = await labelFile(client.api, words, 203);
    expect(file.ok ? 'saved' : file.error.type).toBe('sscc-check-digit');
  });
});

describe('the newest version that is certified', () => {
  it('is said to be signed by who signed the one before, or to be the first, while its contents are on their way', async () => {
    const [, before, newest] = (await client.api.package(sscc(111)))!.history.map((one) => one.certificate);
    const status = (await client.api.status(`package/${sscc(111)}` as Key))!;
    expect(newest!.version).toBe(status.version);
    const facts = (shownOne: CertificateView, of = status): string =>
      shown(<StatusFacts status={of} shown={shownOne} />);
    expect(facts(newest!)).toContain('version 3: 4 of 4 members signed');
    const late = facts(before!, { ...status, session: null, previous: null });
    expect(late).toContain('committed as version 3.');
    expect(late).not.toMatch(/members signed|first version/);
    expect(late.match(/not here yet/g)).toHaveLength(2);
    const first = facts(before!, { ...status, version: 1 as Version, previous: null });
    expect(first).toContain('first version');
  });
});

describe('times in a list', () => {
  it('do not tell one day or one year from another', () => {
    const now = new Date(2026, 10, 22, 18, 0).getTime();
    const today = new Date(2026, 10, 22, 9, 5).getTime();
    expect(formatListed(today, now)).toBe(formatTime(today));
    const march = formatListed(new Date(2026, 2, 11, 9, 5).getTime(), now);
    expect(march).toMatch(/11/);
    expect(march).not.toMatch(/09:05|2026/);
    expect(formatListed(new Date(2025, 10, 22, 9, 5).getTime(), now)).toMatch(/2025/);
  });
});

describe('a banner', () => {
  it('offers more where nothing is cut, or hides from a screen reader what it cuts', () => {
    const page = shown(<Banner kind="warn" head="Head." rest="The rest of it." />);
    expect(page).toContain('The rest of it.');
    expect(page).not.toContain('<button');
  });
});
