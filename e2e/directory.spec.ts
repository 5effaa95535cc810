/** The directory by its page: keys are entered with their proof, replaced and revoked by whoever answers for them, and used. */
import { generateKeyPairSync, sign } from 'node:crypto';
import {
  bringNumber,
  checkDigit,
  expect,
  NOTICES,
  test,
  unwrap,
  type Notice,
  type Replica,
} from './cluster.ts';
import { screens } from './screens.ts';

const [notice] = NOTICES as [Notice];
test.setTimeout(600_000);

test('a supplier enters its browser’s key, signs a notice with it, and after its revocation cannot', async ({
  cluster,
}) => {
  const made = await cluster();
  const [alfa, bravo] = made.replicas as [Replica, Replica];
  const { page } = alfa;
  const manifest = async (serial: string): Promise<string> => {
    const digits = `04012345${serial}`;
    const sscc = digits + checkDigit(digits);
    const content = {
      asnId: `ASN-${serial}`,
      sscc,
      supplierGln: alfa.member.gln,
      shipToGln: bravo.member.gln,
      lines: [
        {
          gtin: '04012345000207',
          description: 'Bearing',
          lot: null,
          serial: null,
          quantity: 5,
          expiry: null,
        },
      ],
      issuedAt: new Date().toISOString(),
    };
    return unwrap(await alfa.call('signManifest', JSON.stringify(content))).envelope;
  };

  const refused = await alfa.call('createPackage', await manifest('000008001'));
  expect(refused).toMatchObject({ ok: false, error: { type: 'step-refused' } });

  await alfa.goto(alfa.path('directory'));
  await expect(page.getByText('From the founding list of the network').first()).toBeVisible();
  await screens(alfa, 'directory, of a supplier');
  await page.getByRole('radio', { name: /The key of this browser/ }).check();
  await page.getByRole('button', { name: 'Enter it' }).click();
  const entry = page.getByTestId(`entry-supplier-${alfa.member.gln}`);
  await expect(entry).toContainText('in force');
  // The founding key stands in the entry too, so that it can be revoked.
  await expect(entry).toContainText('alfa-2026');

  const announced = unwrap(await alfa.call('createPackage', await manifest('000008002')));
  await alfa.committed(announced.id);
  const sscc = announced.key.slice('package/'.length);
  const held = await bravo.holds(sscc, 1);
  expect(held.record.manifest.supplier).toBe('Alfa Components');
  await bravo.goto(bravo.path('bench'));
  await bringNumber(bravo.page, sscc);
  await bravo.page.getByRole('button', { name: 'Check supplier signature' }).click();
  await expect(bravo.page.getByRole('heading', { name: /^Check \d+ of/ })).toBeVisible();

  const own = unwrap(await alfa.call('manifestKey')).keyId;
  await entry.getByRole('button', { name: `Revoke ${own}` }).click();
  await page.getByLabel('Why').selectOption('Stolen');
  await screens(alfa, 'directory, revoke');
  await page.getByRole('button', { name: 'Revoke it for good' }).click();
  await expect(entry).toContainText('revoked');
  const after = await alfa.call('createPackage', await manifest('000008003'));
  expect(after.ok).toBe(false);
});

test('a warehouse enters a courier that is no member, with a key that proves itself; nobody else may change it', async ({
  cluster,
}) => {
  const made = await cluster();
  const [alfa, bravo, cargo] = made.replicas as [Replica, Replica, Replica];
  const { page } = bravo;
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const hex = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex');
  const digits = '952119900001';
  const gln = digits + checkDigit(digits);

  await bravo.goto(bravo.path('directory'));
  await page.getByLabel('Name', { exact: true }).fill('Echo Freight');
  await page.getByLabel(/^Id/).fill('echo-freight');
  await page.getByLabel('GLN, 13 digits').fill(gln);
  await page.getByLabel('Name of the key').fill('echo-phone-1');
  await page.getByLabel(/^Public key/).fill(hex);
  await page.getByRole('button', { name: 'Show the bytes to sign' }).click();
  const bytes = Buffer.from(await page.getByLabel('The new key signs these bytes').inputValue(), 'hex');

  // A signature of another key is refused, by the rule that every member runs.
  const other = generateKeyPairSync('ed25519').privateKey;
  await page.getByLabel(/^Signature/).fill(sign(null, bytes, other).toString('hex'));
  await page.getByRole('button', { name: 'Enter it' }).click();
  await expect(page.getByRole('alert')).toContainText('it has not signed for this entry');
  await screens(bravo, 'directory, refused key');

  await page.getByLabel(/^Signature/).fill(sign(null, bytes, privateKey).toString('base64'));
  await page.getByRole('button', { name: 'Enter it' }).click();
  const entry = page.getByTestId('entry-courier-echo-freight');
  await expect(entry).toContainText('echo-phone-1');

  await test.step('another member sees the entry, and why it may not change it', async () => {
    await cargo.goto(cargo.path('directory'));
    const seen = cargo.page.getByTestId('entry-courier-echo-freight');
    await expect(seen).toContainText('Only Bravo Logistics may change this entry.');
    await expect(seen.getByRole('button')).toHaveCount(0);
    await screens(cargo, 'directory, of another');
  });

  await test.step('the courier can be chosen at the bench, and its entry goes along', async () => {
    await alfa.announce(notice);
    await bravo.holds(notice.sscc, 1);
    await bravo.work(notice, 'quality');
    await bravo.goto(bravo.path('bench'));
    await page.getByRole('radio', { name: 'Echo Freight' }).check();
    await page.getByRole('button', { name: 'Label for Echo Freight' }).click();
    await page.getByRole('button', { name: 'Send for signatures' }).click();
    await expect(page.getByRole('heading', { name: 'Signed and sealed' })).toBeVisible();
    const { record } = await cargo.holds(notice.sscc, 2);
    expect(record.label).toMatchObject({ courierId: 'echo-freight', courierGln: gln });
  });

  await test.step('a new key takes the place of the old one, which ends', async () => {
    await bravo.goto(bravo.path('directory'));
    const next = generateKeyPairSync('ed25519');
    const form = page.getByRole('form', { name: 'Bring a new key for Echo Freight' });
    await entry.getByRole('button', { name: /^Bring a new key/ }).click();
    await form.getByLabel('Name of the key').fill('echo-phone-2');
    await form
      .getByLabel(/^Public key/)
      .fill(next.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex'));
    await form.getByRole('button', { name: 'Show the bytes to sign' }).click();
    const proof = Buffer.from(await form.getByLabel('The new key signs these bytes').inputValue(), 'hex');
    await form.getByLabel(/^Signature/).fill(sign(null, proof, next.privateKey).toString('hex'));
    await form.getByLabel('The key that it takes the place of').selectOption('echo-phone-1');
    await screens(bravo, 'directory, new key');
    await form.getByRole('button', { name: 'Enter the new key' }).click();
    await expect(entry).toContainText('echo-phone-2');
    await expect
      .poll(async () => {
        const [held] = (await cargo.call('directory')).filter(({ entry: e }) => e.id === 'echo-freight');
        return held?.version;
      })
      .toBe(2);
  });
});
