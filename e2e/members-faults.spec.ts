/** Changes of members where something is wrong: a liar, a crash in the middle, and calls that cannot be carried out. */
import type { ChangeView, Digest, MemberIndex } from '../src/worker/api.ts';
import {
  expect,
  KNOCKS_MS,
  members,
  NOTICES,
  requestFor,
  test,
  unwrap,
  type Notice,
  type Replica,
} from './cluster.ts';
import { firstOf, voteIn } from './epochs.ts';
import { screens } from './screens.ts';

const [first, second, third] = NOTICES as [Notice, Notice, Notice];

test('a member that signed two values is removed: it is told, nothing comes of what it does, and the others go on', async ({
  cluster,
}, info) => {
  const made = await cluster({ members: 5, demo: true });
  const [alfa, bravo, cargo, delta, fifth] = made.replicas as [Replica, Replica, Replica, Replica, Replica];
  const honest = [alfa, bravo, cargo, fifth];
  await alfa.announce(first);
  await alfa.announce(second);
  for (const { sscc } of [first, second]) await made.agree(sscc, 1);
  // A reload would end the lying: the page on which Delta reads of its removal is open from the start.
  await delta.goto(delta.path('network/members'));
  await made.linked();
  unwrap(await delta.call('setLying', true));
  // Once it has heard of a quorum without it Delta signs no PRE-COMMIT, and lies in no other vote: without the fifth's there is none.
  unwrap(await fifth.call('setDelay', 3000));
  const { id: contested } = await bravo.deliver(first, false);
  for (const replica of honest)
    await replica.waitFor(
      (state) => state.evidence.some(({ member }) => member === delta.index),
      'evidence of the double vote',
    );
  unwrap(await fifth.call('setDelay', 0));
  expect(await bravo.committed(contested)).toBe(2);
  await made.agree(first.sscc, 2, honest);
  const since = Date.now();
  await made.change(
    { kind: 'remove', member: delta.index as MemberIndex, reason: 'It signed two values.' },
    honest,
  );
  await voteIn(1, honest, { since, info });
  for (const replica of honest) {
    const { n, members: listed } = (await replica.state())!;
    expect({ n, ids: listed.map(({ id }) => id) }).toEqual({
      n: 4,
      ids: honest.map(({ member }) => member.id),
    });
    // What is held against Delta is not held against who has its place now.
    expect(listed.filter(({ evidence }) => evidence).map(({ id }) => id)).toEqual([]);
  }

  // Whom nobody links to asks at the door, less and less often.
  await delta.waitFor(({ epoch }) => epoch.newest === 1, 'to hear of epoch 1');
  await expect(delta.page.getByText(/is not on it since epoch 1/)).toBeVisible();
  await expect(delta.page.getByTestId('epoch-words')).toContainText('the network is in epoch 1');
  await expect(delta.page.getByRole('heading', { name: 'Members in epoch 0' })).toBeVisible();
  await screens(delta, 'members, removed');
  expect(
    refusal(
      await delta.call('proposeChange', { kind: 'remove', member: 0 as MemberIndex, reason: 'revenge' }),
    ),
  ).toBe('not-a-voter');
  await delta.waitFor(
    (state) => state.members.every(({ self, here }) => self || !here),
    'no link to anybody',
  );
  const lost = await delta.call('createPackage', third.envelope);

  await cargo.deliver(second);
  await made.agree(second.sscc, 2, honest);
  await alfa.announce(NOTICES[3]!);
  await made.agree(NOTICES[3]!.sscc, 1, honest);
  for (const replica of honest)
    expect(await replica.call('package', third.sscc), replica.member.name).toBeNull();
  if (lost.ok) {
    const { sessions } = (await delta.state())!;
    expect(sessions.find(({ id }) => id === lost.value.id)?.status.state).not.toBe('committed');
  }
});

test('tabs killed between CLOSE and BEGIN: the closing ends, no step is lost, and nobody has signed two things', async ({
  cluster,
}, info) => {
  const made = await cluster({ demo: true });
  const { replicas } = made;
  const [alfa, bravo, cargo] = replicas as [Replica, Replica, Replica, Replica];
  await alfa.announce(first);
  await alfa.announce(second);
  for (const { sscc } of [first, second]) await made.agree(sscc, 1);
  const echo = await made.newcomer(4, members(5)[4]!);
  await made.ask(echo, alfa);
  const sessions = new Map<Replica, Awaited<ReturnType<Replica['work']>>>([
    [bravo, await bravo.work(first, 'quality')],
    [cargo, await cargo.work(second, 'validate')],
  ]);
  const input = { kind: 'admit', voteKey: echo.profile, reason: 'a warehouse more' } as const;
  const change = await made.change(input, [alfa]);
  await expect.poll(() => made.knock(echo), { timeout: KNOCKS_MS }).toBe('drafted');
  for (const replica of replicas)
    await replica.waitFor(({ changes }) => changes.some(joined), 'the change, joined by Echo');
  // So slow that a report of one is not yet with the others when it has closed.
  for (const replica of replicas) unwrap(await replica.call('setDelay', 1500));
  const since = Date.now();
  for (const replica of [bravo, cargo]) unwrap(await replica.call('approveChange', change));

  // The first that has closed loses the others, which lose one another.
  const closed = await firstOf(replicas, async (one) => (await one.state())?.epoch.phase === 'closing');
  const others = replicas.filter((one) => one !== closed);
  await Promise.all(others.map((one) => one.call('setOffline', true)));
  await closed.waitFor((state) => state.here === 1, 'to be alone');
  expect((await closed.state())?.epoch).toMatchObject({ number: 0, phase: 'closing', newest: 0 });
  await closed.killRenderer();
  await closed.reopen('network/members');
  const hung = await closed.waitFor(({ epoch }) => epoch.phase === 'closing', 'its network');
  expect(hung.epoch).toMatchObject({ number: 0, phase: 'closing', newest: 0 });
  expect(refusal(await closed.call('proposeChange', input))).toBe('closing');
  const kept = sessions.get(closed);
  if (kept) expect(hung.sessions.find(({ id }) => id === kept.id)?.transactions).toEqual(kept.transactions);

  await expect(closed.page.getByTestId('phase')).toContainText('Nothing else is signed until epoch 1 begins');
  await expect(closed.page.getByTestId('changes')).toContainText('It is sealed');
  await screens(closed, 'members, closing');

  // They find one another again; whoever first has another's report, or the whole link, is killed with it.
  await Promise.all(others.map((one) => one.call('setOffline', false)));
  const further = await firstOf(others, async (one) => {
    const { epoch } = (await one.state())!;
    return epoch.newest === 1 || (epoch.reports?.here.length ?? 0) > 1;
  });
  const at = (await further.state())?.epoch;
  await further.killRenderer();
  await further.reopen();
  // The last of them knows how it ends, and is killed as it begins.
  const last = await firstOf(
    others.filter((one) => one !== further),
    async (one) => (await one.state())?.epoch.newest === 1,
  );
  await last.killRenderer();
  await last.reopen();
  info.annotations.push({
    type: 'killed',
    description:
      `${closed.member.name} as it closed, ${further.member.name} as it had ${at?.reports?.here.length ?? 'no'} reports ` +
      `and knew epoch ${at?.newest}, ${last.member.name} as it began`,
  });

  await made.enter(echo);
  const all = [...replicas, echo];
  await voteIn(1, all, { since, info });
  for (const replica of all) expect((await replica.state())?.evidence, replica.member.name).toEqual([]);
  for (const [replica, { id, transactions }] of sessions) {
    const now = (await replica.state())?.sessions.find((session) => session.id === id);
    expect(now?.transactions, `steps at ${replica.member.name}`).toEqual(transactions);
  }
  const { id } = sessions.get(bravo)!;
  for (const step of ['label', 'finish'] as const)
    unwrap(await bravo.call('step', id, requestFor(step, first)));
  unwrap(await bravo.call('commit', id));
  expect(await bravo.committed(id)).toBe(2);
  await made.agree(first.sscc, 2, all);
});

test('what cannot be is refused by its name, and nothing changes', async ({ cluster }) => {
  const made = await cluster();
  const [alfa, bravo] = made.replicas as [Replica, Replica];
  const echo = await made.newcomer(4, members(5)[4]!);
  await made.ask(echo, alfa);
  const propose = async (input: Parameters<typeof made.change>[0]): Promise<string> =>
    refusal(await alfa.call('proposeChange', input));
  const reason = 'test';
  expect(await propose({ kind: 'admit', voteKey: 'ab'.repeat(32), reason })).toBe('request-unknown');
  expect(await propose({ kind: 'admit', voteKey: alfa.profile, reason })).toBe('request-unknown');
  // Of four, three would be left: none of them may fail.
  expect(await propose({ kind: 'remove', member: 3 as MemberIndex, reason })).toBe('change-invalid');
  expect(await propose({ kind: 'remove', member: 9 as MemberIndex, reason })).toBe('member-unknown');
  expect(await propose({ kind: 'remove', member: -1 as MemberIndex, reason })).toBe('member-unknown');
  expect(await propose({ kind: 'rules', reason })).toBe('change-invalid');
  expect(refusal(await alfa.call('approveChange', 'cd'.repeat(32) as never))).toBe('change-unknown');
  expect(refusal(await alfa.call('dismissRequest', 'ef'.repeat(32)))).toBe('request-unknown');
  expect((await alfa.state())?.changes).toEqual([]);

  const change = await made.change({ kind: 'admit', voteKey: echo.profile, reason }, [alfa]);
  await approvedBy(alfa, change);
  expect(refusal(await alfa.call('approveChange', change))).toBe('already-approved');
  unwrap(
    await bravo
      .waitFor((state) => state.changes.length > 0, 'the change')
      .then(() => bravo.call('approveChange', change)),
  );
  await approvedBy(bravo, change);
  expect(refusal(await bravo.call('approveChange', change))).toBe('already-approved');
  for (const replica of made.replicas) {
    const { changes } = await replica.waitFor(
      (state) => state.changes.some(({ approvals }) => approvals.length === 2),
      'both approvals',
    );
    expect(changes.map(({ approvals, needed }) => ({ approvals, needed }))).toEqual([
      { approvals: [0, 1], needed: 3 },
    ]);
  }
  // The network is as it was, and works.
  await alfa.announce(first);
  await made.agree(first.sscc, 1);
  for (const replica of made.replicas) {
    const { epoch, n } = (await replica.state())!;
    expect({ number: epoch.number, phase: epoch.phase, n }).toEqual({ number: 0, phase: 'open', n: 4 });
  }
});

/** The call that approves answers before the approval is signed. */
const approvedBy = (replica: Replica, change: Digest): Promise<unknown> =>
  replica.waitFor(
    ({ changes }) =>
      changes.some(
        ({ digest, approvals }) => digest === change && approvals.includes(replica.index as MemberIndex),
      ),
    'its own approval',
  );

/** Its name, after this call has been refused. */
function refusal(result: { ok: true } | { ok: false; error: { type: string } }): string {
  return result.ok ? 'not refused' : result.error.type;
}

const joined = ({ changes }: ChangeView): boolean =>
  changes.every((one) => one.kind !== 'added' || one.joined);
