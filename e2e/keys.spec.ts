/** A member's keys from one browser to another, by the pages: two have them, and one at a time votes. */
import { readFile } from 'node:fs/promises';
import { expect, NOTICES, test, type Cluster, type Notice, type Replica } from './cluster.ts';
import { screens } from './screens.ts';

const PASSPHRASE = 'harbour crane seven lemons';
const [first, second, third] = NOTICES as [Notice, Notice, Notice];

// Who was refused for a copy of its keys tries again within a minute.
test.setTimeout(360_000);

test('keys that are taken to another browser vote there once the members have let it in, and never in two places', async ({
  cluster,
}) => {
  const made = await cluster();
  const [alfa, bravo, cargo, delta] = made.replicas as [Replica, Replica, Replica, Replica];
  await alfa.announce(first);
  await made.agree(first.sscc, 1);
  const file = await exported(delta);
  expect((await delta.state())?.standing.kind, 'the export stops no vote').toBe('voter');

  const other = await made.furtherBrowser(delta);
  await imported(other, file);
  other.profile = delta.profile;
  const { page } = other;
  await other.waitFor((state) => state.standing.kind === 'observer', 'to observe');
  await expect(page.locator('.banners').first()).toContainText('a vote log of its own');
  await expect(page.getByText('here they all seem away')).toBeVisible();

  await test.step('while both are open only the old one votes', async () => {
    const { members } = (await delta.state())!;
    // With Cargo away every other vote is needed.
    await cargo.close();
    await alfa.announce(second);
    expect(await signersOf(made, second, 1)).toEqual([0, 1, 3]);
    expect((await delta.state())?.standing.kind).toBe('voter');
    expect((await other.state())?.standing.kind).toBe('observer');
    expect((await other.state())?.members[3]?.logId).toBe(members[3]?.logId);
    await cargo.reopen();
    await made.linked(made.replicas);
  });

  await page.getByRole('button', { name: 'Ask to be let in again' }).click();
  await expect(page.getByText('It asks the others to let it in again.')).toBeVisible();
  await screens(other, 'asks to be let in');
  await expect
    .poll(async () => (await alfa.state())?.requests.map(({ voteKey, sameKey }) => ({ voteKey, sameKey })))
    .toEqual([{ voteKey: delta.profile, sameKey: true }]);
  const input = { kind: 'admit', voteKey: delta.profile, reason: 'Delta has a new terminal' } as const;
  await made.change(input, [alfa, bravo, cargo]);
  for (const replica of [alfa, bravo, cargo, other])
    await replica.waitFor(
      (state) => state.epoch.number === 1 && state.standing.kind === 'voter',
      'to vote in epoch 1',
    );
  await delta.waitFor(
    (state) => state.epoch.newest === 1 && state.standing.kind === 'observer',
    'the old browser to observe',
  );

  await test.step('the vote of the new one is needed and counted, and the old one signs nothing', async () => {
    await cargo.close();
    await alfa.announce(third);
    expect(await signersOf(made, third, 1)).toEqual([0, 1, 3]);
    expect((await other.holds(third.sscc, 1)).summary.version).toBe(1);
    expect((await delta.state())?.standing.kind).toBe('observer');
    const refused = await delta.call('createPackage', NOTICES[3]!.envelope);
    if (refused.ok) {
      const { sessions } = (await delta.state())!;
      expect(sessions.find(({ id }) => id === refused.value.id)?.status.state).not.toBe('committed');
    }
    // Without the new one, and with Cargo away, nothing can be certified: the old one does not stand in.
    await other.close();
    const waiting = await alfa.announce(NOTICES[4]!, false);
    for (const replica of [alfa, bravo])
      await replica.waitFor(
        (state) => state.instances.some(({ key, preCommits }) => key === waiting.key && preCommits === 2),
        'two of the three votes that are needed',
      );
    // It has the place of the other one meanwhile, and is asked for its vote like any member.
    const linked = await alfa.waitFor(
      ({ members }) => members[3]?.here === true && members[3].observer,
      'the old browser to be linked',
    );
    expect(linked.instances.find(({ key }) => key === waiting.key)?.preCommits).toBe(2);
    expect((await delta.state())?.standing.kind).toBe('observer');
    await other.reopen();
    await alfa.committed(waiting.id);
    expect(await signersOf(made, NOTICES[4]!, 1)).toEqual([0, 1, 3]);
  });

  await test.step('the old one says why, and can ask in its turn', async () => {
    await delta.goto(delta.path('network/members'));
    await delta.waitFor(({ standing }) => standing.kind === 'observer', 'to observe');
    await expect(delta.page.locator('.banners').first()).toContainText(
      'The vote log of another browser stands for Delta Express since epoch 1',
    );
    await expect(delta.page.getByRole('button', { name: 'Ask to be let in again' })).toBeVisible();
    await screens(delta, 'votes no more');
  });
  for (const replica of [alfa, bravo, other]) expect((await replica.state())?.evidence).toEqual([]);
});

/** By the settings page. Gives the path of the file that the browser saved. */
async function exported(replica: Replica): Promise<string> {
  await replica.goto(replica.path('settings'));
  await replica.waitFor((state) => state.standing.kind === 'voter', 'to vote');
  const { page } = replica;
  const section = page.getByRole('region', { name: 'Keys on another device' });
  await section.getByRole('button', { name: 'Export the keys' }).click();
  const passphrase = section.getByLabel('Passphrase', { exact: true });
  await expect(passphrase).toBeFocused();
  await passphrase.fill('too short');
  await section.getByRole('button', { name: 'Export and save the file' }).click();
  await expect(section.getByText('It has 9 characters: 6 more are needed.')).toBeVisible();
  await expect(passphrase).toBeFocused();
  await passphrase.fill(PASSPHRASE);
  await section.getByLabel('The same passphrase again').fill(PASSPHRASE.toUpperCase());
  await section.getByLabel('Show the passphrase').check();
  await expect(passphrase).toHaveAttribute('type', 'text');
  await section.getByRole('button', { name: 'Export and save the file' }).click();
  await expect(section.getByText('The two differ in capital letters.')).toBeVisible();
  await screens(replica, 'settings with the export');
  await section.getByLabel('The same passphrase again').fill(PASSPHRASE);
  const download = page.waitForEvent('download');
  await section.getByRole('button', { name: 'Export and save the file' }).click();
  const saved = await download;
  expect(saved.suggestedFilename()).toBe('countersign-keys-delta-express.txt');
  await expect(section.getByTestId('keys-saved')).toContainText('countersign-keys-delta-express.txt');
  const path = test.info().outputPath('countersign-keys-delta-express.txt');
  await saved.saveAs(path);
  expect(await readFile(path, 'utf8')).toMatch(/^cskeys1\.[\w-]+\n$/);
  return path;
}

/** By the start page, with a wrong passphrase first; the page of the members is open then. */
async function imported(replica: Replica, file: string): Promise<void> {
  const { page } = replica;
  await page.getByRole('link', { name: 'Bring keys from another device' }).click();
  await page.getByLabel('Or paste its whole text').fill('not a file of keys');
  await page.getByLabel('Passphrase', { exact: true }).fill(PASSPHRASE);
  await page.getByRole('button', { name: 'Bring the keys here' }).click();
  await expect(page.getByText('This is not a whole export of keys')).toBeVisible();
  await expect(page.getByLabel('Or paste its whole text')).toBeFocused();
  await page.getByLabel('Choose the file').setInputFiles(file);
  const passphrase = page.getByLabel('Passphrase', { exact: true });
  await passphrase.fill(`${PASSPHRASE}!`);
  await page.getByRole('button', { name: 'Bring the keys here' }).click();
  await expect(page.getByText('The passphrase does not open this file.')).toBeVisible();
  await expect(passphrase).toBeFocused();
  await screens(replica, 'keys with a wrong passphrase');
  expect(await replica.call('profiles')).toEqual([]);
  await passphrase.fill(PASSPHRASE);
  await page.getByRole('button', { name: 'Bring the keys here' }).click();
  await page.waitForURL(/\/n\/[0-9a-f]{64}\/network\/members$/);
}

async function signersOf({ replicas }: Cluster, { sscc }: Notice, version: number): Promise<number[]> {
  const { history } = await replicas[0]!.holds(sscc, version);
  const entry = history.find(({ certificate }) => certificate.version === version);
  return [...(entry?.certificate.signers ?? [])].sort();
}
