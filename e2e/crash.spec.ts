/** Reloads, killed processes and second tabs: what was acknowledged is there again, and nobody signs twice. */
import type { Page } from '@playwright/test';
import { callOn, expect, NOTICES, requestFor, test, unwrap, type Notice, type Replica } from './cluster.ts';

const [notice] = NOTICES as [Notice];

test('a reload in mid-session loses no step, and the bench goes on where it stood', async ({ cluster }) => {
  const made = await cluster();
  const { bravo } = await made.atBench(notice);
  const before = await bravo.work(notice, 'quality');
  await bravo.reload();
  const state = await bravo.waitFor((now) => now.sessions.length > 0, 'the session after the reload');
  const after = state.sessions.find((session) => session.id === before.id);
  expect(after?.transactions).toEqual(before.transactions);
  expect(after?.record).toEqual(before.record);
  await expect(bravo.page.getByRole('heading', { name: 'Choose the courier' })).toBeVisible();
  unwrap(await bravo.call('step', before.id, requestFor('label', notice)));
  unwrap(await bravo.call('step', before.id, requestFor('finish', notice)));
  unwrap(await bravo.call('commit', before.id));
  expect(await bravo.committed(before.id)).toBe(2);
  await made.agree(notice.sscc, 2);
});

test('a killed renderer loses no acknowledged step', async ({ cluster }) => {
  const made = await cluster();
  const { bravo } = await made.announced(notice);
  const before = await bravo.work(notice, 'validate');
  await bravo.killRenderer();
  await bravo.reopen('bench');
  const state = await bravo.waitFor((now) => now.sessions.length > 0, 'the session after the crash');
  expect(state.sessions[0]?.transactions).toEqual(before.transactions);
  await expect(bravo.page.getByRole('heading', { name: /^Check \d+ of \d+ pieces$/ })).toBeVisible();
  // The other three never noticed: theirs is the same network still.
  await made.linked();
});

test('a replica killed while it votes resumes and commits, and no evidence arises against it', async ({
  cluster,
}) => {
  const made = await cluster();
  const [alfa, bravo, cargo, delta] = made.replicas as [Replica, Replica, Replica, Replica];
  await alfa.announce(notice);
  await made.agree(notice.sscc, 1);
  // With Delta gone, all three others are needed: the vote cannot end without Bravo.
  await delta.close();
  await alfa.waitFor((state) => state.here === 3, 'Delta to be seen away');
  await cargo.close();
  const { id } = await bravo.deliver(notice, false);
  await bravo.waitFor((state) => state.instances.length > 0, 'its own vote to be under way');
  await bravo.killRenderer();
  await cargo.reopen();
  await bravo.reopen();
  expect(await bravo.committed(id)).toBe(2);
  await delta.reopen();
  await made.agree(notice.sscc, 2);
  for (const replica of made.replicas)
    expect((await replica.state())?.evidence, replica.member.name).toEqual([]);
});

test('a killed browser comes back from disk with its session, its votes and its record', async ({
  cluster,
}) => {
  const made = await cluster({ persistent: [1] });
  const [alfa, bravo] = made.replicas as [Replica, Replica];
  const second = NOTICES[1]!;
  await alfa.announce(notice);
  await alfa.announce(second);
  for (const { sscc } of [notice, second]) await bravo.holds(sscc, 1);
  await bravo.deliver(notice);
  const open = await bravo.work(second, 'scan');
  await bravo.killBrowser();
  await bravo.reopen('bench');
  const state = await bravo.waitFor((now) => now.sessions.some((s) => s.id === open.id), 'the open session');
  expect(state.sessions.find((s) => s.id === open.id)?.transactions).toEqual(open.transactions);
  await bravo.holds(notice.sscc, 2);
  await made.linked();
  for (const replica of made.replicas)
    expect((await replica.state())?.evidence, replica.member.name).toEqual([]);
});

test('two tabs with one identity are one replica, and the view takes over when the holder closes', async ({
  cluster,
}) => {
  const made = await cluster();
  const { alfa, bravo } = await made.announced(notice);
  const tab = await bravo.openTab(bravo.path('bench'));
  const modes = async (): Promise<string[]> => [await modeOf(bravo.page), await modeOf(tab)].sort();
  await expect.poll(modes).toEqual(['replica', 'view']);
  // To the others it is one member with one voice.
  await alfa.waitFor((state) => state.here === 4, 'four members, each once');

  // What is done in the one is seen in the other, whichever holds the replica.
  const session = await bravo.work(notice, 'scan');
  await expect
    .poll(
      async () =>
        (await callOn(tab, 'state'))?.sessions.find((s) => s.id === session.id)?.transactions.length,
    )
    .toBe(session.transactions.length);
  const taken = unwrap(await callOn(tab, 'step', session.id, requestFor('validate', notice)));
  await bravo.waitFor(
    (state) => state.sessions[0]?.transactions.length === taken.session.transactions.length,
    'the step that the other tab took',
  );

  await bravo.close();
  await expect.poll(() => modeOf(tab)).toBe('replica');
  for (const step of ['quality', 'label', 'finish'] as const) {
    unwrap(await callOn(tab, 'step', session.id, requestFor(step, notice)));
  }
  unwrap(await callOn(tab, 'commit', session.id));
  const [, , cargo] = made.replicas as [Replica, Replica, Replica];
  await cargo.holds(notice.sscc, 2);
  for (const replica of [alfa, cargo]) expect((await replica.state())?.evidence).toEqual([]);
});

async function modeOf(page: Page): Promise<string> {
  return (await callOn(page, 'state'))?.mode ?? 'none';
}
