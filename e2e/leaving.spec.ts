/** A member that leaves by its own wish: the others agree, and then it is none (docs/protocol.md, "Epochs"). */
import type { MemberIndex } from '../src/worker/api.ts';
import { expect, NOTICES, requestFor, test, unwrap, type Notice, type Replica } from './cluster.ts';
import { voteIn } from './epochs.ts';
import { screens } from './screens.ts';
import { signersOf } from './signed.ts';

const [first, second, third, fourth] = NOTICES as [Notice, Notice, Notice, Notice];

test('a member leaves by the page: it keeps and shows what it has, nothing more comes of what it does, and the others go on', async ({
  cluster,
}, info) => {
  const made = await cluster({ members: 5 });
  const [alfa, bravo, cargo, delta, fifth] = made.replicas as [Replica, Replica, Replica, Replica, Replica];
  const staying = [alfa, bravo, delta, fifth];
  for (const notice of [first, second]) await alfa.announce(notice);
  for (const notice of [first, second]) await made.agree(notice.sscc, 1);
  await bravo.deliver(first);
  await cargo.holds(first.sscc, 2);
  const { id } = await cargo.work(second, 'quality');

  const { organisation } = cargo.member;
  const title = `${organisation} is removed`;
  const digest = await test.step('it proposes that, and says what it means', async () => {
    const { page } = cargo;
    await cargo.goto(cargo.path('network/members'));
    // With somebody missing all would be warned first, and asked twice.
    await made.linked();
    await page.getByRole('button', { name: 'Leave Harbour receivers' }).click();
    const form = page.getByRole('form', { name: 'Leave Harbour receivers' });
    await expect(form).toContainText('Until the next epoch begins your vote is needed as before');
    await expect(form).toContainText('After it: 4 members: 1 may fail, 3 must sign.');
    await expect(form.getByLabel('Reason')).toHaveValue(`${organisation} leaves.`);
    await form.getByRole('button', { name: 'Propose and approve' }).click();
    await expect(page.getByRole('heading', { name: title })).toBeFocused();
    const { changes } = await cargo.waitFor(
      (state) => state.changes.some(({ approvals }) => approvals.includes(2 as MemberIndex)),
      'the change, with its own approval',
    );
    expect(changes[0]).toMatchObject({ approvals: [2], needed: 4, next: { n: 4, f: 1, q: 3 }, warnings: [] });
    return changes[0]!.digest;
  });

  await test.step('Alfa agrees by the page, and two others', async () => {
    await alfa.goto(alfa.path('network/members'));
    await made.linked();
    await expect(alfa.page.getByTestId('changes')).toContainText(`${organisation} leaves.`);
    await expect(alfa.page.getByTestId('changes')).toContainText(
      `Nothing is held here against ${organisation}.`,
    );
    await expect(alfa.page.getByRole('heading', { name: 'Before you approve' })).toHaveCount(0);
    await alfa.page.getByRole('button', { name: `Approve the change: ${title}` }).click();
    await bravo.waitFor(({ changes }) => changes[0]?.approvals.length === 2, 'the approval of Alfa');
    const since = Date.now();
    for (const replica of [bravo, delta]) {
      await replica.waitFor(({ changes }) => changes.some((one) => one.digest === digest), 'the change');
      unwrap(await replica.call('approveChange', digest));
    }
    await voteIn(1, staying, { since, info });
  });

  await test.step('the others are four, who cannot become fewer, and commit without it', async () => {
    for (const replica of staying) {
      const { n, q, members } = (await replica.state())!;
      expect({ n, q, ids: members.map((one) => one.id) }).toEqual({
        n: 4,
        q: 3,
        ids: staying.map(({ member }) => member.id),
      });
    }
    await expect(alfa.page.getByTestId('member-list')).toContainText(
      'With 4 members nobody can be removed or leave: the list may not become shorter than 4.',
    );
    await expect(alfa.page.getByRole('button', { name: /^(Leave|Remove)/ })).toHaveCount(0);
    const leave = await alfa.call('proposeChange', {
      kind: 'remove',
      member: 0 as MemberIndex,
      reason: 'Alfa leaves.',
    });
    expect(leave).toMatchObject({ ok: false, error: { type: 'change-invalid' } });
    await bravo.deliver(second);
    await made.agree(second.sscc, 2, staying);
    // With the fifth away every other is needed, under the place that it has now.
    await fifth.close();
    await alfa.announce(third);
    expect(await signersOf(third.sscc, 1, delta)).toEqual([0, 1, 2]);
  });

  await test.step('it reads that it is none any more, and what it has stays readable', async () => {
    const { page } = cargo;
    await cargo.waitFor(({ standing }) => standing.kind === 'observer', 'to observe');
    await expect(page.locator('.banners').first()).toContainText(
      `${organisation} is not on it since epoch 1. What was certified until then stays here and can be proved.`,
    );
    await expect(page.getByRole('heading', { name: 'Members in epoch 0' })).toBeVisible();
    await expect(page.getByRole('button', { name: 'Ask to be let in again' })).toHaveCount(0);
    await screens(cargo, 'members, left');
    await cargo.goto(cargo.path(`packages/${first.sscc}`));
    await expect(page.locator('main h1').first()).toContainText(first.sscc.slice(-4));
    await expect(page.getByText('labelled', { exact: false }).first()).toBeVisible();
    const { history } = await cargo.holds(first.sscc, 2);
    expect(history.map(({ certificate }) => certificate.version).sort()).toEqual([1, 2]);
    expect(unwrap(await cargo.call('evidence', first.sscc)).length).toBeGreaterThan(0);
  });

  await test.step('what it does is refused by its name, and reaches nobody', async () => {
    expect(
      await refusedBy(
        cargo.call('proposeChange', { kind: 'remove', member: 0 as MemberIndex, reason: 'no' }),
      ),
    ).toBe('not-a-voter');
    expect(await refusedBy(cargo.call('approveChange', digest))).toBe('not-a-voter');
    const held = (await cargo.state())?.sessions.find((session) => session.id === id);
    expect(held?.transactions.map(({ request }) => request.path)).toContain('/quality');
    for (const step of ['label', 'finish'] as const)
      unwrap(await cargo.call('step', id, requestFor(step, second)));
    expect(await refusedBy(cargo.call('commit', id))).toBe('not-a-voter');
    expect((await cargo.call('package', second.sscc))?.summary.version).toBe(1);
    await alfa.announce(fourth);
    for (const replica of [alfa, bravo, delta]) {
      expect((await replica.holds(second.sscc, 2)).summary.version, replica.member.name).toBe(2);
      expect((await replica.state())?.evidence, replica.member.name).toEqual([]);
    }
    expect(await cargo.call('package', fourth.sscc)).toBeNull();
  });
});

async function refusedBy(
  call: Promise<{ ok: true } | { ok: false; error: { type: string } }>,
): Promise<string> {
  const result = await call;
  return result.ok ? 'not refused' : result.error.type;
}
