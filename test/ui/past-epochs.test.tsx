/** A version that was certified before the members changed is told with the names, n and q of then, everywhere on a package's page. */
import type { ReactNode } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import type { CertificateView, MemberIndex, PackageDetail, PastEpoch } from '../../src/worker/api.ts';
import { Router } from 'wouter';
import { ApiProvider } from '../../src/ui/api-context.tsx';
import { Certificate } from '../../src/ui/package/Certificate.tsx';
import { History, Steps } from '../../src/ui/package/History.tsx';
import { historyFile } from '../../src/ui/package/history-file.ts';
import { ShippingLabel } from '../../src/ui/parts/ShippingLabel.tsx';
import { Seal } from '../../src/ui/seal/Seal.tsx';
import { epochWords, sealSentence } from '../../src/ui/seal/seal-sentence.ts';
import { DevicesPage } from '../../src/ui/devices/DevicesPage.tsx';
import { bannerNotes } from '../../src/ui/layout/Banners.tsx';
import { fakeClient, MEMBERS, sscc } from './fake-client.ts';

const number = sscc(111);
/** Zulu stood before all others, signed, and has left. */
const ZULU = { id: 'zulu', name: 'Zulu', initials: 'ZM', organisation: 'Zulu Mills', role: 'supplier' };
const past = { number: 1, members: [ZULU, ...MEMBERS] } as unknown as PastEpoch;

async function held(): Promise<{ detail: PackageDetail; certificate: CertificateView }> {
  const client = fakeClient({ versions: 2 });
  const detail = (await client.api.package(number))!;
  const [first, second] = detail.history as [
    PackageDetail['history'][number],
    PackageDetail['history'][number],
  ];
  const certificate: CertificateView = {
    ...first.certificate,
    epoch: 1,
    signers: [0, 1, 2, 4] as MemberIndex[],
    seal: {
      n: 5,
      q: 4,
      marks: ['commit', 'commit', 'commit', 'empty', 'commit'],
      evidence: [false, false, false, false, false],
      outcome: 'closed',
      past,
    },
  };
  const by = { id: 'zulu', name: 'Zulu', organisation: 'Zulu Mills' };
  return { certificate, detail: { ...detail, history: [{ ...first, certificate, by }, second] } };
}

const shown = (page: ReactNode): string =>
  renderToStaticMarkup(<ApiProvider client={fakeClient()}>{page}</ApiProvider>);

describe('a version of an earlier epoch', () => {
  it('is spoken with the names of its signers and says which epoch it was, how many members it had', async () => {
    const { certificate } = await held();
    const names = MEMBERS.map(({ name }) => name);
    const said = sealSentence(certificate.seal, names, 1);
    expect(said).toContain('4 of 5 signed, quorum reached: Zulu, Alfa, Bravo, Delta');
    expect(said).toContain('Version 1. Epoch 1, five members. Not heard: Cargo');
    expect(epochWords({ number: 1, members: past.members.slice(0, 4) })).toBe('Epoch 1, four members');
    const drawn = renderToStaticMarkup(<Seal seal={certificate.seal} members={MEMBERS} size={160} />);
    expect(drawn).toContain('Zulu, Alfa, Bravo, Delta');
    expect(drawn).toContain('>ZM<');
  });

  it('is not told as signed by who stands at that place today, on the certificate, in the history and the steps', async () => {
    const { detail, certificate } = await held();
    const sheet = shown(<Certificate certificate={certificate} network="5d11" members={MEMBERS} />);
    expect(sheet).toContain('Epoch 1, five members');
    expect(sheet).toContain('these 4 organisations signed this record, and that 4 of 5 were needed');
    const signed = [
      ...sheet.matchAll(/<span>([^<]+) <span class="quiet">[^<]*<\/span><\/span><span[^>]*>(not )?signed/g),
    ];
    expect(signed.map(([, name, not]) => [name, not === undefined])).toEqual([
      ['Zulu Mills', true],
      ...MEMBERS.map(({ organisation, index }) => [organisation, index !== 2]),
    ]);
    const history = shown(
      <History
        sscc={number}
        history={detail.history}
        prunedBelow={null}
        members={MEMBERS}
        shown={null}
        onShow={() => undefined}
      />,
    );
    expect(history).toContain('Zulu, desk-2');
    expect(history).toContain('4 of 5 signed in epoch 1');
    // Who holds it is of today.
    expect(history).toContain('held by 4 of 4 members');
    const steps = shown(<Steps entry={detail.history[0]!} members={MEMBERS} />);
    expect(steps).toContain('Zulu, Alfa, Bravo and Delta each ran');
  });

  it('has on its label who made it, also when that member has left, and how many there were', async () => {
    const { detail, certificate } = await held();
    const label = { courierId: 'delta', courierName: 'Delta Express', by: 'zulu', at: 0 };
    const record = { ...detail.record, label } as PackageDetail['record'];
    const printed = shown(<ShippingLabel record={record} certificate={certificate} />);
    expect(printed).toContain('Zulu Mills');
    expect(printed.replaceAll(/\s+/g, ' ')).toContain('signed by 4 of 5 members');
    const unknown = shown(<ShippingLabel record={record} certificate={detail.history[1]!.certificate} />);
    expect(unknown).toContain('<b>zulu</b>');
  });

  it('of the epoch in force says so, and nothing of earlier members', async () => {
    const { detail } = await held();
    const { certificate } = detail.history[1]!;
    expect(sealSentence(certificate.seal, ['Alfa', 'Bravo', 'Cargo', 'Delta'], 2)).not.toContain('Epoch');
    const sheet = shown(<Certificate certificate={certificate} network="5d11" members={MEMBERS} />);
    expect(sheet).toContain('Epoch 0, the one in force');
  });
});

it('a history file names holders by id, not by their places in the members of the genesis', () => {
  const report = { versions: [{ version: 1 }], members: [{ id: 'zulu' }], network: null, breaks: [] };
  const bytes = historyFile(report as never, new Map([[1, [MEMBERS[0]!]]]));
  const file = JSON.parse(new TextDecoder().decode(bytes)) as { versions: { heldBy: string[] }[] };
  expect(file.versions[0]!.heldBy).toEqual([MEMBERS[0]!.id]);
});

it('a device whose member has a new key is told so, before anything else', () => {
  const device = { key: 'd', name: 'Dock 2', member: 1, organisation: 'Bravo Logistics', revoked: false };
  const notes = bannerNotes({
    mode: 'replica',
    faults: null,
    standing: { kind: 'device', member: 1 as MemberIndex, name: 'Dock 2', revoked: false },
    members: MEMBERS,
    selfDevice: { ...device, outdated: 'Bravo Logistics has a new key.' } as never,
  });
  expect(notes).toContainEqual({
    kind: 'bad',
    head: 'The certificate of this device counts no more.',
    text: 'Bravo Logistics has a new key.',
  });
});

it('a device that has to be certified again leads to where its code is shown, with the key that it has', () => {
  const page = (outdated: string | null): string =>
    renderToStaticMarkup(
      <ApiProvider
        client={fakeClient({
          change: (state) => ({
            ...state,
            selfDevice: {
              key: 'd'.repeat(64) as never,
              name: 'Dock 2',
              member: 1 as MemberIndex,
              organisation: 'Bravo Logistics',
              revoked: false,
              outdated,
            },
          }),
        })}
      >
        <Router ssrPath="/devices">
          <DevicesPage />
        </Router>
      </ApiProvider>,
    );
  expect(page('Bravo Logistics has a new key.')).toContain('href="/device?profile=');
  expect(page(null)).not.toContain('/device?profile=');
});
