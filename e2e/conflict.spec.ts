/** Two sessions racing for one package. */
import { expect, NOTICES, requestFor, test, unwrap, type Notice, type Replica } from './cluster.ts';

const [notice] = NOTICES as [Notice];

test('two sessions that race for one package are not both committed, and the loser is told which step and why', async ({
  cluster,
}) => {
  const made = await cluster();
  const [alfa, bravo, cargo] = made.replicas as [Replica, Replica, Replica];
  await alfa.announce(notice);
  await made.agree(notice.sscc, 1);
  const racers = [bravo, cargo];
  const sessions = await Promise.all(racers.map((replica) => replica.work(notice)));
  const sent = await Promise.all(racers.map((replica, i) => replica.call('commit', sessions[i]!.id)));
  // One whose call is slow to leave its page may have lost the race by then, and is told so at once.
  expect(sent.filter((one) => one.ok).length).toBeGreaterThan(0);
  for (const one of sent) if (!one.ok) expect(one.error.type).toBe('session-closed');

  const ended = await Promise.all(
    racers.map((replica, i) =>
      replica.waitFor(
        (state) =>
          ['committed', 'conflict', 'rejected'].includes(statusIn(state, sessions[i]!.id)?.state ?? ''),
        'the race to be decided',
      ),
    ),
  );
  const statuses = ended.map((state, i) => statusIn(state, sessions[i]!.id)!);
  expect(statuses.map((status) => status.state).sort()).toEqual(['committed', 'conflict']);
  await made.agree(notice.sscc, 2);

  const lost = statuses.findIndex((status) => status.state === 'conflict');
  const loser = racers[lost]!;
  const status = statuses[lost]!;
  if (status.state !== 'conflict') throw new Error('unreachable');
  expect(status.message).not.toBe('');
  expect(status.after, 'the response on the new record').not.toEqual(status.before);
  await loser.goto(loser.path('bench'));
  await expect(
    loser.page.getByRole('heading', { name: 'Someone else changed this package first' }),
  ).toBeVisible();
  await expect(loser.page.getByText('On the new record', { exact: true })).toBeVisible();
});

test('a lost race does not end the session: kept steps are run on the new record', async ({ cluster }) => {
  const made = await cluster();
  const [alfa, bravo, cargo] = made.replicas as [Replica, Replica, Replica];
  await alfa.announce(notice);
  await made.agree(notice.sscc, 1);
  const late = await cargo.work(notice, 'scan');
  await bravo.deliver(notice);
  await cargo.holds(notice.sscc, 2);
  const conflict = await cargo.waitFor(
    (state) => ['conflict', 'local'].includes(statusIn(state, late.id)?.state ?? ''),
    'the session that was overtaken',
  );
  if (statusIn(conflict, late.id)?.state === 'local') {
    // Overtaken before it was sent: it is found when it is sent, or with the next step.
    await cargo.call('step', late.id, requestFor('validate', notice));
    await cargo.call('step', late.id, requestFor('quality', notice));
    await cargo.call('step', late.id, requestFor('label', notice));
    await cargo.call('step', late.id, requestFor('finish', notice));
    await cargo.call('commit', late.id);
  }
  await cargo.waitFor((state) => statusIn(state, late.id)?.state === 'conflict', 'the conflict to be found');
  const rebased = unwrap(await cargo.call('rebase', late.id));
  expect(rebased.status.state).toBe('local');
  expect(rebased.baseVersion).toBe(2);
  await made.agree(notice.sscc, 2);
});

test('a second session on a package that is open on this device is refused, and names the first', async ({
  cluster,
}) => {
  const made = await cluster();
  const { bravo } = await made.announced(notice);
  const first = await bravo.work(notice, 'scan');
  const second = await bravo.call('start', first.key, 'op-2');
  expect(second).toMatchObject({ ok: false, error: { type: 'session-open-elsewhere', sessionId: first.id } });
  unwrap(await bravo.call('step', first.id, requestFor('validate', notice)));
});

type States = NonNullable<Awaited<ReturnType<Replica['state']>>>;

function statusIn(state: States, id: string): States['sessions'][number]['status'] | undefined {
  return state.sessions.find((session) => session.id === id)?.status;
}
