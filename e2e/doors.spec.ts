/** The doors, by the pages: asking for keys, sealing, inviting, joining. */
import { expect, test, type Replica } from './cluster.ts';

test('four organisations make a network by its pages alone, and find one another', async ({ prepared }) => {
  const made = await prepared();
  const [alfa, ...others] = made.replicas as [Replica, ...Replica[]];
  const creator = alfa.page;
  await creator.getByRole('link', { name: /Create a network/ }).click();
  await creator.getByLabel('Name of the network').fill('Harbour receivers');
  await creator.getByRole('button', { name: 'Begin' }).click();
  const draft = await creator.getByTestId('draft-link').getByRole('textbox').inputValue();
  await creator.getByRole('button', { name: 'Add my own key' }).click();
  await fillMember(alfa, 'Make and add my key');
  await expect(creator.getByTestId('member-list').getByRole('listitem')).toHaveCount(1);

  const keys: string[] = [];
  for (const replica of others) {
    await replica.page.goto(draft);
    await fillMember(replica, 'Make my key');
    keys.push(await replica.page.getByTestId('key-text').getByRole('textbox').inputValue());
  }
  await creator.getByLabel('Keys of the others').fill(keys.join('\n'));
  await creator.getByRole('button', { name: 'Check and add' }).click();
  await expect(creator.getByTestId('member-list').getByRole('listitem')).toHaveCount(4);
  await expect(creator.getByTestId('quorum-words')).toHaveText('4 members: 3 must sign; one may fail.');
  await creator.getByRole('button', { name: 'Fill with example data' }).click();
  await creator.getByRole('button', { name: 'Seal the member list' }).click();
  const invitation = await creator.getByTestId('invitation').getByRole('textbox').inputValue();
  const network = await creator.getByTestId('network-id').textContent();
  const download = creator.waitForEvent('download');
  await creator.getByRole('link', { name: 'Save the member list' }).click();
  const genesis = await (await download).path();
  await creator.getByRole('link', { name: 'Open Harbour receivers' }).click();

  for (const replica of others) {
    await replica.page.goto(invitation);
    await expect(replica.page, 'the secret leaves the address bar').toHaveURL(/\/join$/);
    await expect(replica.page.getByText(network ?? '')).toBeVisible();
    await replica.page.getByLabel('Choose a file').setInputFiles(genesis);
    // Until the file has been read there is no joining without it.
    await replica.page.getByRole('button', { name: 'Join', exact: true }).click();
  }
  for (const replica of made.replicas) {
    await replica.page.waitForURL(/\/n\/[0-9a-f]{64}/);
    const state = await replica.waitFor((now) => now.here === 4, 'all four to be here');
    expect(state.network.id).toBe(network);
    expect(state.network.demo).toBe(false);
  }
});

test('fewer than four members are allowed, with the plain words that nobody may fail', async ({
  prepared,
}) => {
  const { page } = (await prepared({ members: 1 })).replica(0);
  await page.getByRole('link', { name: /Create a network/ }).click();
  await page.getByLabel('Name of the network').fill('Alone');
  await page.getByRole('button', { name: 'Begin' }).click();
  await page.getByRole('button', { name: 'Add my own key' }).click();
  await page.getByLabel('Organisation').fill('Alfa Components');
  await page.getByLabel('GLN', { exact: true }).fill('4012345000115');
  await page.getByRole('button', { name: 'Make and add my key' }).click();
  await expect(page.getByTestId('quorum-words')).toContainText('nobody may fail');
});

async function fillMember(replica: Replica, action: string): Promise<void> {
  const { page, member } = replica;
  await page.getByLabel('Organisation').fill(member.organisation);
  await page.getByLabel('Short name').fill(member.name);
  await page.getByLabel('Id', { exact: true }).fill(member.id);
  await page.getByRole('radio', { name: new RegExp(`^${member.role}`, 'i') }).check();
  await page.getByLabel('GLN', { exact: true }).fill(member.gln);
  await page.getByRole('button', { name: action }).click();
}
