/**
 * The rules move on: a site serves a newer program, members who have it move the network to its rules, and one whose page is still the old one
 * abstains and is asked to update (docs/protocol.md, "Epochs").
 */
import { spawnSync } from 'node:child_process';
import { cp, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Locator } from '@playwright/test';
import type { NetworkState, ServiceRequest } from '../src/worker/api.ts';
import { copySite, expect, NOTICES, requestFor, test, unwrap, type Notice, type Replica } from './cluster.ts';
import { voteIn } from './epochs.ts';
import { buildNewer } from './newer/build.ts';
import { screens } from './screens.ts';
import { signersOf } from './signed.ts';

const [first, second] = NOTICES as [Notice, Notice];
const PROGRAM = fileURLToPath(new URL('../src/cli/countersign.js', import.meta.url));
const PHOTO = 'ab'.repeat(32);

/** A build is made on the way, which takes as long as many a test. */
test.setTimeout(600_000);

test('the rules move by an epoch: who has the older program abstains and is asked to update, and what was made by the old rules verifies', async ({
  cluster,
}, info) => {
  const site = await copySite(info.outputPath('site'));
  const newer = info.outputPath('newer');
  await buildNewer(newer);
  const made = await cluster({ site });
  const [alfa, bravo, cargo, delta] = made.replicas as [Replica, Replica, Replica, Replica];
  for (const notice of [first, second]) await alfa.announce(notice);
  for (const notice of [first, second]) await bravo.holds(notice.sscc, 1);
  await bravo.deliver(first);
  await made.agree(first.sscc, 2);
  await made.agree(second.sscc, 1);
  // It is worked on while the rules change.
  const open = await bravo.work(second, 'validate');
  await delta.goto(delta.path('network/members'));
  await cargo.close();

  await test.step('the site is updated; Alfa and Bravo reload, Delta leaves its page as it is', async () => {
    await cp(newer, site, { recursive: true });
    await alfa.goto(alfa.path('network/members'));
    await bravo.reload();
    await made.linked([alfa, bravo, delta]);
    const programs = [alfa, bravo, delta].map(async (one) => (await one.state())?.epoch.programRules);
    expect(await Promise.all(programs)).toEqual([2, 2, 1]);
  });

  await test.step('the older program cannot judge the change that its person has approved: it abstains and says so', async () => {
    const { page } = alfa;
    const rules = page.getByRole('region', { name: 'Newer rules' });
    await expect(rules).toContainText('This program knows rules 2; the network works by rules 1.');
    await rules.getByRole('button', { name: 'Move to rules 2' }).click();
    await page.getByRole('button', { name: 'Propose and approve' }).click();
    const { changes } = await delta.waitFor((state) => state.changes.length > 0, 'the change');
    expect(changes[0]?.rulesVersion).toEqual({ from: 1, to: 2 });
    expect(changes[0]?.warnings[0]).toContain('This program knows rules 1, not rules 2');
    const seen = await bravo.waitFor((state) => state.changes.length > 0, 'the change');
    expect(seen.changes[0]?.warnings.join(' ')).not.toContain('This program');
    for (const replica of [bravo, delta]) unwrap(await replica.call('approveChange', changes[0]!.digest));
    await expect(bannersOf(delta)).toContainText('The members move to rules 2. This program knows rules 1');
    // With Cargo away all three votes are needed, and one of them does not come.
    for (const replica of [alfa, delta])
      await replica.waitFor(isHeldUp('network/change'), 'two of the three votes that are needed');
    expect((await delta.state())?.epoch).toMatchObject({ number: 0, phase: 'open' });
  });

  await test.step('with Cargo, whose page is the newer one, the network moves', async () => {
    const since = Date.now();
    await cargo.reopen();
    await voteIn(1, made.replicas, { since, info });
    for (const replica of made.replicas) expect((await replica.state())?.epoch.rulesVersion).toBe(2);
    await expect(alfa.page.getByTestId('epoch-words')).toContainText('Epoch 1 · rules 2');
    await expect(alfa.page.getByRole('region', { name: 'Newer rules' })).toHaveCount(0);
    await cargo.close();
  });

  await test.step('a session from before goes on by the new rules, and waits for the member that cannot judge it', async () => {
    const bare = requestFor('quality', second);
    expect(await refusal(bravo.call('step', open.id, bare))).toBe('step-refused');
    unwrap(await bravo.call('step', open.id, withPhotos(bare)));
    for (const step of ['label', 'finish'] as const)
      unwrap(await bravo.call('step', open.id, requestFor(step, second)));
    unwrap(await bravo.call('commit', open.id));
    for (const replica of [bravo, delta])
      await replica.waitFor(isHeldUp(open.key), 'two of the three votes that are needed');
    expect(await refusal(delta.call('start', open.key, 'op-1'))).toBe('rules-unknown');
    await expect(bannersOf(delta)).toContainText(
      'The network works by rules 2, and this program knows rules 1: here no session is checked, voted on or worked. Reload this page',
    );
    await screens(delta, 'members, an older program');
  });

  await test.step('Delta reloads as it is asked to, and its vote is the third', async () => {
    await delta.reload();
    expect(await bravo.committed(open.id)).toBe(2);
    expect(await signersOf(second.sscc, 2, delta)).toEqual([0, 1, 3]);
    await expect(bannersOf(delta)).not.toContainText('rules');
    for (const replica of [alfa, bravo, delta]) expect((await replica.state())?.evidence).toEqual([]);
  });

  await test.step('the newer program verifies what was made by either; the older one says which it does not know', async () => {
    const [tab] = await Promise.all([
      delta.page.context().waitForEvent('page'),
      delta.page.getByRole('link', { name: 'Verify an evidence file, in a new tab' }).click(),
    ]);
    await tab.getByLabel('Network that you trust').fill(made.network);
    const verdicts: unknown[] = [];
    for (const { sscc } of [first, second]) {
      const file = info.outputPath(`${sscc}.evidence.json`);
      await writeFile(file, unwrap(await delta.call('evidence', sscc)));
      await tab.getByTestId('evidence-file').setInputFiles(file);
      await expect(tab.getByTestId('evidence-report')).toContainText(sscc.slice(-4));
      await expect(tab.getByTestId('verdict')).toHaveText('Valid');
      const run = spawnSync(process.execPath, [PROGRAM, 'verify', file, '--trust', made.network, '--json'], {
        encoding: 'utf8',
      });
      verdicts.push([run.status, run.stdout.includes('rules-unknown')]);
    }
    expect(verdicts).toEqual([
      [0, false],
      [3, true],
    ]);
  });
});

const isHeldUp =
  (key: string) =>
  ({ instances }: NetworkState): boolean =>
    instances.some((one) => one.key === key && one.preCommits === 2);

const bannersOf = ({ page }: Replica): Locator => page.locator('.banners').first();

function withPhotos(request: ServiceRequest): ServiceRequest {
  const body = request.body as unknown as { lines: object[] };
  const lines = body.lines.map((line) => ({ ...line, photos: [PHOTO] }));
  return { ...request, body: { ...body, lines } } as unknown as ServiceRequest;
}

/** Its name, after this call has been refused. */
async function refusal(
  call: Promise<{ ok: true } | { ok: false; error: { type: string } }>,
): Promise<string> {
  const result = await call;
  return result.ok ? 'not refused' : result.error.type;
}
