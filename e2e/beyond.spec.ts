/** Too many are gone for good: the others go on as a network of their own (docs/protocol.md, "Going on beyond f"), in real browsers. */
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { MemberView, NetworkState } from '../src/worker/api.ts';
import {
  expect,
  KNOCKS_MS,
  members,
  NOTICES,
  requestFor,
  test,
  unwrap,
  type Cluster,
  type Notice,
  type Replica,
} from './cluster.ts';
import { letIn, voteIn } from './epochs.ts';
import { screens } from './screens.ts';

const [first, second, third] = NOTICES as [Notice, Notice, Notice];
const PROGRAM = fileURLToPath(new URL('../src/cli/countersign.js', import.meta.url));
const NAME = 'Harbour receivers, going on';

const countersign = (...args: string[]): { status: number | null; stdout: string } =>
  spawnSync(process.execPath, [PROGRAM, 'verify', ...args], { encoding: 'utf8' });

// Every page is looked at by a screen reader’s rules at two sizes and in three themes.
test.setTimeout(600_000);

test('two of four are gone for good: the others go on by a tap each, with the record, and a fifth joins them', async ({
  cluster,
}, info) => {
  const made = await cluster();
  const [alfa, bravo, cargo, delta] = made.replicas as [Replica, Replica, Replica, Replica];
  const two = [alfa, bravo];
  await alfa.announce(first);
  await alfa.announce(second);
  for (const { sscc } of [first, second]) await made.agree(sscc, 1);
  // A session is open at Bravo, and outlives the network in which it began.
  const open = await bravo.work(first, 'quality');
  for (const gone of [cargo, delta]) await gone.close();
  // No quorum will ever tell Bravo again what it holds of its votes.
  await bravo.reload();
  await bravo.waitFor(({ standing, here }) => standing.kind === 'resuming' && here >= 1, 'to be back');
  await seesOnly(two);
  const old = (await alfa.state())!.network;

  await test.step('Alfa reads what it means, and is asked once more before it signs', async () => {
    const { page } = alfa;
    await alfa.goto(alfa.path('network'));
    await seesOnly(two);
    await page.getByRole('link', { name: 'When too many are gone for good' }).click();
    const section = page.getByTestId('beyond');
    await expect(section.getByText('nobody can prove that nothing else was agreed')).toBeHidden();
    await section.getByText('When too many are gone for good').click();
    await expect(section.getByText('nobody can prove that nothing else was agreed')).toBeVisible();
    await section.getByRole('button', { name: 'Go on without the others' }).click();
    const form = page.getByRole('form', { name: 'Go on without the others' });
    await expect(form.getByRole('checkbox', { name: /^Alfa/ })).toBeDisabled();
    await expect(form.getByRole('checkbox', { name: /^Bravo/ })).toBeChecked();
    await form.getByRole('checkbox', { name: /^Cargo/ }).check();
    await expect(form).toContainText('With these 3 a quorum is there');
    await form.getByRole('checkbox', { name: /^Cargo/ }).uncheck();
    await expect(form).toContainText('After it: 2 members: nobody may fail, all 2 must sign.');
    await form.getByLabel('Name of the network').fill('');
    await form.getByRole('button', { name: 'Continue' }).click();
    await expect(form).toContainText('Give the network a name.');
    await form.getByLabel('Name of the network').fill(NAME);
    await screens(alfa, 'beyond, form');
    await form.getByRole('button', { name: 'Continue' }).click();
    const asked = page.getByRole('dialog');
    await expect(asked).toContainText(`${cargo.member.organisation} and ${delta.member.organisation}`);
    await expect(asked).toContainText('After this, this browser signs nothing more in the old network.');
    await screens(alfa, 'beyond, question');
    await asked.getByRole('button', { name: 'Propose it and sign' }).click();
    await alfa.waitFor((state) => state.breaks[0]?.self === 'signed', 'its own signature');
    await expect(page.getByText('This browser signs nothing more in the old network.').first()).toBeVisible();
    await expect(page.getByTestId('breaks')).toContainText('One signature is missing. Not yet: Bravo');
    await screens(alfa, 'beyond, waiting');
    const refused = await alfa.call('proposeChange', { kind: 'rules', reason: 'test' });
    expect(refused.ok ? null : refused.error.type).toBe('not-a-voter');
  });

  await test.step('Bravo is told on every page, and signs with one tap and one answer', async () => {
    const { page } = bravo;
    await bravo.goto(bravo.path('packages'));
    await expect(page.getByTestId('awaited')).toContainText('You are asked to sign that the network goes on');
    await page.getByTestId('awaited').getByRole('link').click();
    const proposal = page.getByTestId('breaks').getByRole('article');
    await expect(proposal).toContainText(NAME);
    await expect(proposal).toContainText(`Left behind${cargo.member.organisation}`);
    await screens(bravo, 'beyond, to sign');
    await proposal.getByRole('button', { name: /^Sign it/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Sign it' }).click();
  });

  const next =
    await test.step('the two vote as another network, and both pages say how it came to be', async () => {
      await voteIn(1, two);
      await seesOnly(two);
      const states = await Promise.all(two.map((replica) => replica.state()));
      expect(states.map((state) => summaryOf(state!))).toEqual([
        summaryOf(states[0]!),
        summaryOf(states[0]!),
      ]);
      expect(summaryOf(states[0]!)).toEqual({ name: NAME, n: 2, q: 2, ids: ['alfa', 'bravo'], breaks: [1] });
      const { network } = states[0]!;
      expect(network.id).not.toBe(old.id);
      for (const replica of two) {
        await replica.goto(replica.path('network/members'));
        const told = replica.page.getByTestId('past-breaks');
        await expect(told).toContainText('Epoch 1 began with a break');
        await expect(told).toContainText(`Left behind: ${cargo.member.organisation}`);
      }
      await screens(alfa, 'beyond, members after it');
      await alfa.goto(alfa.path('network'));
      await expect(alfa.page.getByTestId('past-breaks')).toContainText('went on without a quorum');
      await screens(alfa, 'beyond, network after it');
      return network.id;
    });

  await test.step('the session that was open goes on, and what was certified before stays what it was', async () => {
    await bravo.waitFor((state) => state.sessions.some(({ id }) => id === open.id), 'the open session');
    for (const step of ['label', 'finish'] as const)
      unwrap(await bravo.call('step', open.id, requestFor(step, first)));
    unwrap(await bravo.call('commit', open.id));
    expect(await bravo.committed(open.id)).toBe(2);
    await made.agree(first.sscc, 2, two);
    await alfa.goto(alfa.path(`packages/${first.sscc}`));
    await expect(alfa.page.getByText('before the break of epoch 1')).toHaveCount(1);
    await alfa.page.getByRole('button', { name: /v1 / }).click();
    await expect(alfa.page.getByTestId('certificate')).toContainText('Signed before the break');
    await screens(alfa, 'beyond, package');
    // A package that was announced before gets its first session after.
    await bravo.deliver(second);
    await made.agree(second.sscc, 2, two);
  });

  await test.step('the command and the page show the break, and prove nothing of it to who trusts the old network alone', async () => {
    const file = info.outputPath(`${first.sscc}.evidence.json`);
    await writeFile(file, unwrap(await alfa.call('evidence', first.sscc)));
    const unfollowed = countersign(file, '--trust', old.id);
    expect(unfollowed.status, unfollowed.stdout).toBe(3);
    const followed = countersign(file, '--trust', next);
    expect(followed.status, followed.stdout).toBe(0);
    expect(countersign(file, '--trust', old.id, '--epoch', next).status).toBe(0);
    expect(countersign(file).status).toBe(3);
    for (const { stdout } of [unfollowed, followed]) {
      expect(stdout).toContain('Epoch 1 began with a break');
      expect(stdout).toContain(`without ${cargo.member.organisation}, ${delta.member.organisation}`);
    }
    const { page } = alfa;
    await page.goto(new URL(`/verify#${old.id}`, page.url()).href);
    await expect(page.getByText('Ready. From here on it works offline.')).toBeVisible();
    await page.getByTestId('evidence-file').setInputFiles(file);
    await expect(page.getByTestId('verdict')).toHaveText('Proves nothing to you yet');
    await expect(page.getByTestId('report-breaks')).toContainText('began with a break');
    await screens(alfa, 'beyond, verify, not followed');
    await page.getByLabel('Network that you trust').fill(next);
    await expect(page.getByTestId('verdict')).toHaveText('Valid');
    await screens(alfa, 'beyond, verify, followed');
    await alfa.goto(alfa.path());
  });

  await test.step('a fifth joins them as in any network', async () => {
    await voteIn(1, two);
    const before = made.invitation;
    made.invitation = (await bravo.call('invitation'))!;
    expect(unwrap(await bravo.call('readInvitation', made.invitation)).network).toBe(next);
    const echo = await made.newcomer(4, members(5)[4]!);
    await letIn(made, echo, two, { number: 2, others: two, info });
    await alfa.announce(third);
    await made.agree(third.sscc, 1, [...two, echo]);
    await echo.holds(first.sscc, 2);
    expect((await echo.state())!.epoch.breaks.map(({ from, network }) => [from, network])).toEqual([
      [old.id, next],
    ]);
    // The old invitation leads nobody over the break unasked.
    const late = await made.newcomer(5, members(6)[5]!);
    const refusal = async (): Promise<readonly [string, string]> => {
      const joined = await late.call('join', { invitation: before });
      return joined.ok ? ['joined', ''] : [joined.error.type, joined.error.message];
    };
    // Until a door answers in time it reads that nobody is there.
    await expect
      .poll(refusal, { timeout: KNOCKS_MS })
      .toEqual(['network-continued', expect.stringContaining(NAME)]);
  });

  await test.step('Delta comes back, is alone in the old network, and is told who went on', async () => {
    await delta.reopen('network');
    await expect(delta.page.getByTestId('quorum-health')).toContainText('1 of 4 members are here');
    // A knock that leads on takes its whole time.
    await delta.waitFor(({ epoch }) => epoch.continuedBy !== undefined, 'to hear who went on');
    await expect(delta.page.getByTestId('continued')).toContainText(`went on as “${NAME}”`);
    const { network, epoch, standing } = (await delta.state())!;
    expect([network.id, epoch.number]).toEqual([old.id, 0]);
    expect(standing.kind).not.toBe('voter');
    await screens(delta, 'beyond, left behind');
    for (const replica of two) expect((await replica.state())?.evidence, replica.member.name).toEqual([]);
  });
});

test('a browser killed when it has signed, while the other signs and goes on, ends in the same network', async ({
  cluster,
}) => {
  const made = await cluster({ persistent: [0] });
  const [alfa, bravo, cargo, delta] = made.replicas as [Replica, Replica, Replica, Replica];
  const two = [alfa, bravo];
  await alfa.announce(first);
  await made.agree(first.sscc, 1);
  for (const lost of [cargo, delta]) await lost.close();
  await seesOnly(two);
  const { digest } = unwrap(await alfa.call('proposeBreak', { members: await idsOf(two), name: NAME }));
  await bravo.waitFor((state) => state.breaks[0]?.self === 'asked', 'the proposal, and the way there');
  await alfa.killBrowser();
  await bravo.waitFor((state) => state.members[0]?.here === false, 'Alfa to be gone');
  unwrap(await bravo.call('signBreak', digest));
  // All have signed, so it goes on; to vote there it needs Alfa, whose votes it must ask for first.
  const gone = await bravo.waitFor(({ epoch }) => epoch.number === 1, 'to go on');
  expect([gone.network.id, gone.standing.kind]).toEqual([digest, 'resuming']);

  // It has signed nothing since, and what it has signed is all there.
  await alfa.reopen();
  await voteIn(1, two);
  await seesOnly(two);
  expect((await alfa.state())!.network.id).toBe(digest);
  await bravo.deliver(first);
  await made.agree(first.sscc, 2, two);
  for (const replica of two) expect((await replica.state())?.evidence, replica.member.name).toEqual([]);
});

test('a break that cannot be is refused by its name, and the network goes on as it was', async ({
  cluster,
}) => {
  const made: Cluster = await cluster();
  const [alfa, bravo, cargo, delta] = made.replicas as [Replica, Replica, Replica, Replica];
  await alfa.announce(first);
  await made.agree(first.sscc, 1);
  const ids = await idsOf([alfa, bravo, cargo, delta]);
  const propose = async (at: readonly (string | undefined)[], name = NAME): Promise<string> => {
    const done = await alfa.call('proposeBreak', { members: at as MemberView['id'][], name });
    return done.ok ? 'not refused' : done.error.type;
  };
  expect(await propose(ids.slice(0, 3))).toBe('quorum-is-there');
  expect(await propose([ids[0], 'zulu'])).toBe('member-unknown');
  expect(await propose(ids.slice(1, 3))).toBe('self-missing');
  expect(await propose(ids.slice(0, 2), '')).toBe('name-missing');
  const unknown = await alfa.call('signBreak', 'cd'.repeat(32) as never);
  expect(unknown.ok ? null : unknown.error.type).toBe('break-unknown');
  const { breaks, standing, epoch } = (await alfa.state())!;
  expect([breaks.length, standing.kind, epoch.number]).toEqual([0, 'voter', 0]);
  // The network is as it was, and works.
  await alfa.announce(second);
  await made.agree(second.sscc, 1);
});

const idsOf = async (replicas: readonly Replica[]): Promise<MemberView['id'][]> => {
  const { members: listed } = (await replicas[0]!.state())!;
  return replicas.map((replica) => listed.find(({ id }) => id === replica.member.id)!.id);
};

/** Waits until these are linked to one another and to nobody else. */
async function seesOnly(replicas: readonly Replica[]): Promise<void> {
  for (const replica of replicas)
    await replica.waitFor(
      (state) => state.members.every(({ id, self, here }) => self || here === isOf(replicas, id)),
      'the others, and nobody else',
    );
}

const isOf = (replicas: readonly Replica[], id: string): boolean =>
  replicas.some(({ member }) => member.id === id);

const summaryOf = ({ network, n, q, members: listed, epoch }: NetworkState): object => ({
  name: network.name,
  n,
  q,
  ids: listed.map(({ id }) => id),
  breaks: epoch.breaks.map((one) => one.epoch),
});
