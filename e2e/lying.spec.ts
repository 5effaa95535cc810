/** A member that lies: only a demo has one, and it cannot harm the others. */
import { expect, NOTICES, test, unwrap, type Notice, type Replica } from './cluster.ts';

const [notice, other] = NOTICES as [Notice, Notice];

test('a replica whose handlers answer differently gets no votes for what it proposes', async ({
  cluster,
}) => {
  const made = await cluster({ demo: true });
  const [alfa, bravo, cargo, delta] = made.replicas as [Replica, Replica, Replica, Replica];
  await alfa.announce(notice);
  await made.agree(notice.sscc, 1);
  unwrap(await bravo.call('setLying', true));
  const { id } = await bravo.deliver(notice, false);
  for (const honest of [alfa, cargo, delta]) {
    await honest.waitFor(
      (state) =>
        state.instances.some((instance) => instance.refusals.length > 0) || state.evidence.length > 0,
      'the lie to be refused, or evidence of it',
    );
  }
  for (const honest of [alfa, cargo, delta]) {
    expect((await honest.call('package', notice.sscc))?.summary.version, honest.member.name).toBe(1);
  }
  const status = (await bravo.state())?.sessions.find((session) => session.id === id)?.status;
  expect(status?.state).not.toBe('committed');
});

test('a member that signs two values is found out, and the others go on without it', async ({ cluster }) => {
  const made = await cluster({ demo: true });
  const [alfa, bravo, cargo, delta] = made.replicas as [Replica, Replica, Replica, Replica];
  await alfa.announce(notice);
  await alfa.announce(other);
  for (const { sscc } of [notice, other]) await made.agree(sscc, 1);
  unwrap(await delta.call('setLying', true));
  const honest = [alfa, bravo, cargo];
  // Once it has heard of a quorum without it Delta signs no PRE-COMMIT, and lies in no other vote: without Alfa's there is none.
  unwrap(await alfa.call('setDelay', 3000));
  await bravo.deliver(notice);
  await made.agree(notice.sscc, 2, honest);
  for (const replica of honest) {
    const state = await replica.waitFor((now) => now.evidence.length > 0, 'evidence of the double vote');
    expect(state.evidence.map((entry) => entry.member)).toEqual([delta.index]);
    const [found] = state.evidence;
    const evidence = found?.evidence;
    if (!evidence || !('first' in evidence)) throw new Error('no evidence of a double vote');
    expect(evidence.first.digest).not.toBe(evidence.second.digest);
    expect(state.members[delta.index]?.evidence).toBe(true);
  }
  unwrap(await alfa.call('setDelay', 0));
  await cargo.deliver(other);
  await made.agree(other.sscc, 2, honest);
  await alfa.goto(alfa.path('network'));
  await expect(alfa.page.getByTestId('evidence')).toContainText('Delta Express signed two values');
});

test('only a demo can lie: a real network refuses every fault', async ({ cluster }) => {
  const made = await cluster();
  const bravo = made.replica(1);
  expect((await bravo.call('setLying', true)).ok).toBe(false);
  expect((await bravo.call('setOffline', true)).ok).toBe(false);
  expect((await bravo.call('setDelay', 500)).ok).toBe(false);
  expect((await bravo.state())?.faults).toBeNull();
});
