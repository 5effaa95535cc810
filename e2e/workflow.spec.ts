/** The whole workflow, by the pages that people use, on a network of four that was made by hand. */
import { bringNumber, dataFile, expect, MEMBERS, NOTICES, test, type Replica } from './cluster.ts';
import { scanByWedge } from './wedge.ts';

const [notice] = NOTICES;
if (!notice) throw new Error('examples/data holds no notice.');

test('a package goes from a signed notice to a label, and all four hold the same certified history', async ({
  cluster,
}) => {
  const made = await cluster();
  const [alfa, bravo] = made.replicas as [Replica, Replica];

  await test.step('the supplier announces the package from a file that another tool signed', async () => {
    await alfa.goto(alfa.path('announce'));
    const { page } = alfa;
    await page.getByLabel('Choose a file').setInputFiles(dataFile('asn-2026-11.dsse.json'));
    await expect(page.getByText('24 signed notices')).toBeVisible();
    await page.getByRole('button', { name: 'Untick all' }).click();
    const row = page
      .getByRole('listitem')
      .filter({ has: page.getByRole('checkbox') })
      .first();
    await row.getByRole('checkbox').check();
    await page.getByRole('button', { name: 'Announce 1 package' }).click();
    await expect(row.getByTestId('status-badge')).toHaveText(/committed v1/);
    await made.agree(notice.sscc, 1);
  });

  await test.step('the operator scans, checks, labels and sends', async () => {
    await bravo.goto(bravo.path('bench'));
    const { page } = bravo;
    const badge = page.getByTestId('status-badge').first();
    await bringNumber(page, `]C100${notice.sscc}`);
    await expect(page.getByRole('heading', { name: 'Check who sent it' })).toBeVisible();
    await expect(badge).toHaveText('local');
    await page.getByRole('button', { name: 'Check supplier signature' }).click();
    for (const [i] of notice.lines.entries()) {
      await page.getByRole('button', { name: `Accept line ${i + 1}`, exact: true }).click();
    }
    await page.getByRole('radio', { name: 'Delta Express' }).check();
    await page.getByRole('button', { name: 'Label for Delta Express' }).click();
    await page.getByRole('button', { name: 'Send for signatures' }).click();
    await expect(page.getByRole('heading', { name: 'Signed and sealed' })).toBeVisible();
    await expect(badge).toHaveText(/committed v2/);
    await expect(page.getByText(/Committed as version 2, round \d+, digest .*Signed by /)).toBeVisible();
  });

  await test.step('all four show the package, its history and its certificate', async () => {
    await made.agree(notice.sscc, 2);
    for (const replica of made.replicas) {
      await replica.goto(replica.path(`packages/${notice.sscc}`));
      const certificate = replica.page.getByTestId('certificate');
      await expect(certificate).toContainText('Certificate of version 2');
      await expect(certificate).toContainText('one aggregate signature (BLS12-381)');
      const signers = certificate.locator('li').filter({ hasText: /(?<!not )signed$/ });
      expect(await signers.count(), 'organisations that signed').toBeGreaterThanOrEqual(3);
      const history = replica.page.getByRole('region', { name: 'History' });
      await expect(history.getByRole('button')).toHaveCount(2);
      await expect(history).toContainText('v1 Announced from a signed notice');
      await expect(replica.page.getByText('Delta Express').first()).toBeVisible();
    }
  });
});

test('what the supplier announced is told from what an operator typed: the manifest is the very text that was signed', async ({
  cluster,
}) => {
  const made = await cluster();
  await made.replica(0).announce(notice);
  const { record, history } = await made.replica(3).holds(notice.sscc, 1);
  expect(record.manifest.envelope).toBe(notice.envelope);
  expect(record.status).toBe('announced');
  expect(history[0]?.transactions.map((entry) => entry.request.path)).toEqual(['/packages']);
  expect(history[0]?.transactions[0]?.node).toBe('alfa');
});

test('the network page does not count a member that left, and says what is then not possible', async ({
  cluster,
}) => {
  const made = await cluster();
  const [alfa, , cargo, delta] = made.replicas as [Replica, Replica, Replica, Replica];
  await alfa.goto(alfa.path('network'));
  const health = alfa.page.getByTestId('quorum-health');
  await expect(health).toContainText('All 4 members are here; 3 must sign. One more may be lost');
  await delta.cut();
  await expect(health).toContainText(
    '3 of 4 members are here; 3 must sign. One more loss and nothing can be committed',
  );
  await cargo.cut();
  await expect(health).toContainText(
    '2 of 4 members are here; 3 must sign. Nothing can be committed until one more member returns',
  );
});

test('many packages announced at once are all committed, and no two of them wait for each other', async ({
  cluster,
}) => {
  const made = await cluster();
  const [alfa, bravo, cargo] = made.replicas as [Replica, Replica, Replica];
  const few = NOTICES.slice(0, 6);
  for (const each of few) await alfa.announce(each, false);
  for (const each of few) await made.agree(each.sscc, 1);
  // Two warehouses at work at once, each on packages of its own.
  const bravos = await Promise.all(few.slice(0, 3).map((each) => bravo.deliver(each, false)));
  const cargos = await Promise.all(few.slice(3).map((each) => cargo.deliver(each, false)));
  for (const { id } of bravos) expect(await bravo.committed(id)).toBe(2);
  for (const { id } of cargos) expect(await cargo.committed(id)).toBe(2);
  for (const each of few) await made.agree(each.sscc, 2);
});

test('the bench hears a keyboard wedge, not only typing', async ({ cluster }) => {
  const made = await cluster();
  const { bravo, page } = await made.atBench(notice);
  await page.getByTestId('scan-sink').focus();
  // What a wedge does: the code as keystrokes, then Enter.
  await scanByWedge(page, `]C100${notice.sscc}`);
  await expect(page.getByRole('heading', { name: 'Check who sent it' })).toBeVisible();
  const state = await bravo.waitFor(
    (now) => now.sessions.some((s) => s.status.state === 'local'),
    'an open session',
  );
  expect(state.sessions[0]?.key).toBe(`package/${notice.sscc}`);
  expect(state.members.map((member) => member.organisation)).toEqual(
    MEMBERS.map((member) => member.organisation),
  );
});
