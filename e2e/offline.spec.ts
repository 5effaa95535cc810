/** Members that are away: one may be, two may not, and what was sent waits for them. */
import { expect, NOTICES, test, type Notice, type Replica } from './cluster.ts';

const [notice] = NOTICES as [Notice];

for (const demo of [false, true]) {
  const kind = demo ? 'a demo' : 'a hand-made network';

  test(`one of four away does not stop a commit, in ${kind}`, async ({ cluster }) => {
    const made = await cluster({ demo });
    const [alfa, bravo, cargo, delta] = made.replicas as [Replica, Replica, Replica, Replica];
    await alfa.announce(notice);
    await made.agree(notice.sscc, 1);
    await delta.cut();
    await bravo.deliver(notice);
    await made.agree(notice.sscc, 2, [alfa, bravo, cargo]);
    await delta.heal();
    await made.agree(notice.sscc, 2);
    const { history } = await delta.holds(notice.sscc, 2);
    const signers = history.find(({ certificate }) => certificate.version === 2)?.certificate.signers;
    expect(signers, 'the one that was away has not signed').not.toContain(delta.index);
  });

  test(`with two of four away nothing commits, it says whose votes are missing, and goes on by itself, in ${kind}`, async ({
    cluster,
  }) => {
    const made = await cluster({ demo });
    const [alfa, bravo, cargo, delta] = made.replicas as [Replica, Replica, Replica, Replica];
    await alfa.announce(notice);
    await made.agree(notice.sscc, 1);
    // Before the others leave: a replica that starts needs a quorum to resume.
    await bravo.goto(bravo.path('bench'));
    await made.linked();
    await cargo.cut();
    await delta.cut();
    await bravo.waitFor((state) => state.here === 2, 'the two others to be seen away');
    const { id } = await bravo.deliver(notice, false);

    const waiting = await bravo.waitFor((state) => {
      const missing = state.instances[0]?.missing ?? [];
      return state.instances[0]?.preCommits === 2 && missing.every((entry) => entry.why === 'away');
    }, 'to be told whose votes are missing');
    expect(waiting.sessions.find((session) => session.id === id)?.status.state).toBe('voting');
    // Alfa and Bravo have pre-committed: they are not whom it waits for.
    expect(waiting.instances[0]?.missing.map((entry) => entry.member)).toEqual([cargo.index, delta.index]);
    await bravo.page.getByRole('button', { name: /^Package …1112/ }).click();
    await expect(bravo.page.getByText(/Cargo is offline, Delta is offline/)).toBeVisible();
    expect((await alfa.call('package', notice.sscc))?.summary.version).toBe(1);

    // Nobody touches Bravo: the session commits because a member came back.
    await cargo.heal();
    expect(await bravo.committed(id)).toBe(2);
    await made.agree(notice.sscc, 2, [alfa, bravo, cargo]);
  });
}

test('steps taken while alone are not lost: they are proposed when the network is back', async ({
  cluster,
}) => {
  const made = await cluster({ demo: true });
  const [alfa, bravo] = made.replicas as [Replica, Replica];
  await alfa.announce(notice);
  await made.agree(notice.sscc, 1);
  await bravo.cut();
  await bravo.waitFor((state) => state.here === 1, 'to be alone');
  const { id } = await bravo.deliver(notice, false);
  await bravo.reload();
  await bravo.waitFor(
    (state) => state.sessions.some((session) => session.id === id),
    'the session after a reload',
  );
  await bravo.heal();
  expect(await bravo.committed(id)).toBe(2);
  await made.agree(notice.sscc, 2);
});

test('a running network does not need its signaling server', async ({ cluster }) => {
  const made = await cluster();
  const [alfa, bravo] = made.replicas as [Replica, Replica];
  for (const replica of made.replicas) await replica.fetchedAhead();
  await made.server.close();
  await alfa.announce(notice);
  await bravo.holds(notice.sscc, 1);
  await bravo.deliver(notice);
  await made.agree(notice.sscc, 2);
});
