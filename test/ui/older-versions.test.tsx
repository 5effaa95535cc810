import type { ReactNode } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import type { EvidenceReport, MemberIndex, PackageDetail, Version } from '../../src/worker/api.ts';
import { ApiProvider } from '../../src/ui/api-context.tsx';
import { awaitsVersions, chainOf, chainWords } from '../../src/ui/package/chain.ts';
import { epcisFile, evidenceFile } from '../../src/ui/package/evidence-file.ts';
import { Exports } from '../../src/ui/package/Exports.tsx';
import { History } from '../../src/ui/package/History.tsx';
import { makeReport } from '../../src/ui/package/make-report.ts';
import { fetchOlder, olderOf, removeOlder } from '../../src/ui/package/older-versions.ts';
import { Consequences } from '../../src/ui/package/OlderVersions.tsx';
import { AUDIT, OLDER, PACKAGE } from '../../src/ui/package/texts.ts';
import { fakeClient, MEMBERS, sscc, type Fake } from './fake-client.ts';

const number = sscc(111);
const detailOf = async (client: Fake): Promise<PackageDetail> => (await client.api.package(number))!;
const shown = (client: Fake, page: ReactNode): string =>
  renderToStaticMarkup(<ApiProvider client={client}>{page}</ApiProvider>);
const historyOf = (client: Fake, { history, prunedBelow }: PackageDetail): string =>
  shown(
    client,
    <History
      sscc={number}
      history={history}
      prunedBelow={prunedBelow ?? null}
      members={MEMBERS}
      shown={null}
      onShow={() => undefined}
    />,
  );
const words = ({ history, prunedBelow }: PackageDetail): string | null =>
  chainWords(chainOf(history.map((entry) => entry.certificate))!, prunedBelow ?? 1);
const text = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes));

describe('removing older versions', () => {
  it('counts the own copy, or a member that lacks one of the versions, among those that hold the rest', async () => {
    const { history } = await detailOf(fakeClient({ versions: 3 }));
    const self = 1 as MemberIndex;
    expect(olderOf(history, self)).toEqual({ first: 1, last: 2, newest: 3, holders: 3 });
    const lacking = history.map((entry, i) =>
      i === 0 ? { ...entry, heldBy: [0, 1] as MemberIndex[] } : entry,
    );
    expect(olderOf(lacking, self)?.holders).toBe(1);
    expect(olderOf(lacking, null)?.holders).toBe(2);
    const untold = history.map(({ certificate, operator, by, transactions }) => ({
      certificate,
      operator,
      by,
      transactions,
    }));
    expect(olderOf(untold, self)?.holders).toBe(0);
  });

  it('offers to remove the only version that there is', async () => {
    const client = fakeClient();
    const held = await detailOf(client);
    expect(olderOf(held.history, null)).toBeNull();
    expect(historyOf(client, held)).not.toContain(OLDER.remove);
    const more = fakeClient({ versions: 2 });
    expect(historyOf(more, await detailOf(more))).toContain(OLDER.remove);
  });

  it('does not say what goes, what stays, who holds the rest and what it costs', () => {
    const page = renderToStaticMarkup(
      <Consequences older={{ first: 1, last: 2, newest: 3, holders: 2 }} needed={2} />,
    );
    expect(page).toContain('versions 1 to 2');
    expect(page).toContain('What stays: version 3');
    expect(page).toContain('2 other members have said');
    expect(page).toContain('unless 2 others hold it');
    expect(page).toContain('Evidence and an audit report');
  });

  it('leaves a person with a history that looks damaged, or as if it were coming by itself', async () => {
    const client = fakeClient({ versions: 3 });
    expect(await removeOlder(client.api, number)).toEqual({
      bad: false,
      text: '2 older versions were removed from this device.',
    });
    const held = await detailOf(client);
    expect(held.history.map((entry) => entry.certificate.version)).toEqual([3]);
    expect(words(held)).toBeNull();
    const page = historyOf(client, held);
    expect(page).toContain(OLDER.removed(3));
    expect(page).toContain(OLDER.fetch);
    expect(page).not.toContain(OLDER.remove);
    expect(page).not.toContain('in the background');

    expect((await fetchOlder(client.api, number)).bad).toBe(false);
    const again = await detailOf(client);
    expect(words(again)).toContain('The whole history is here: 3 versions');
    expect(historyOf(client, again)).not.toContain(OLDER.fetch);
  });

  it('hides why the replica refused, or that it did not answer', async () => {
    const alone = fakeClient({ versions: 3, holders: [1, 2] });
    const refused = await removeOlder(alone.api, number);
    expect(refused.bad).toBe(true);
    expect(refused.text).toContain('1 other members say that they hold them, and 2 must');
    expect((await detailOf(alone)).history).toHaveLength(3);
    expect(await fetchOlder(alone.api, number)).toEqual({
      bad: true,
      text: 'Nothing of it was pruned here.',
    });
    const gone = () => Promise.reject(new Error('closed'));
    expect(await removeOlder({ pruneHistory: gone }, number)).toEqual({ bad: true, text: OLDER.failed });
    expect(await fetchOlder({ fetchHistory: gone }, number)).toEqual({ bad: true, text: OLDER.failed });
  });

  it('calls versions awaited that were removed, or removed what is awaited', async () => {
    const { history } = await detailOf(fakeClient({ versions: 5 }));
    const from = (version: number) => chainOf(history.slice(version - 1).map((entry) => entry.certificate))!;
    expect(awaitsVersions(from(3), 1)).toBe(true);
    expect(awaitsVersions(from(3), 3)).toBe(false);
    expect(awaitsVersions(from(1), 1)).toBe(false);
    expect(chainWords(from(4), 3)).toContain('Version 3 is not here yet');
    expect(chainWords(from(5), 3)).toContain('Versions 3 to 4 are not here yet');
    expect(chainWords(from(2), 1)).toContain('Version 1 is not here yet');
    const [first, , third] = history.map((entry) => entry.certificate);
    expect(awaitsVersions(chainOf([first!, third!]), 1)).toBe(true);
  });
});

describe('exports', () => {
  it('forgets the choice of EPCIS events, or makes it unasked', async () => {
    const { api } = fakeClient();
    const plain = await evidenceFile(api, number, false);
    const events = await evidenceFile(api, number, true);
    expect(plain.ok && text(plain.value.bytes)).toEqual({ sscc: number, epcis: false });
    expect(events.ok && text(events.value.bytes)).toEqual({ sscc: number, epcis: true });
    expect(events.ok && events.value.name).toBe(`${number}.evidence.json`);
    const one = await epcisFile(api, number, 2);
    expect(one.ok && one.value.name).toBe(`${number}.v2.epcis.json`);
  });

  it('leaves the choice unlabelled', () => {
    const page = shown(fakeClient(), <Exports sscc={number} version={1} />);
    expect(page).toMatch(new RegExp(`<label[^>]*><input type="checkbox"/>${PACKAGE.withEpcis}</label>`));
  });

  it('says nothing when the past was removed or the replica is gone', async () => {
    const client = fakeClient({ versions: 2 });
    await removeOlder(client.api, number);
    expect(await evidenceFile(client.api, number, true)).toMatchObject({
      ok: false,
      error: { message: 'Older versions were pruned in this browser.' },
    });
    const gone = { evidence: () => Promise.reject(new Error('closed')) };
    expect(await evidenceFile(gone, number, true)).toMatchObject({
      error: { message: PACKAGE.exportFailed },
    });
  });
});

describe('the audit report', () => {
  const report = { verdict: 'valid', versions: [{ version: 1 as Version }] } as unknown as EvidenceReport;

  it('trusts the network that the file names, or checks other bytes than it offers', async () => {
    const { api } = fakeClient();
    const asked: unknown[] = [];
    const made = await makeReport(
      {
        api,
        verifier: async () => ({
          ready: async () => undefined,
          verify: async (file, trust) => {
            asked.push(file, trust);
            return { ok: true, value: report };
          },
        }),
      },
      number,
      'the network of this replica',
    );
    expect(made).toMatchObject({ state: 'made', report });
    expect(asked).toEqual([made.state === 'made' && made.evidence, 'the network of this replica']);
  });

  it('waits for ever for a verifier that cannot be loaded', async () => {
    expect(await makeReport(fakeClient(), number, '')).toEqual({ state: 'failed', message: AUDIT.failed });
  });
});
