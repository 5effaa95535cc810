/** A member whose keys are here, and whose vote log lacks something that it once signed. */
import { expect, KNOCKS_MS, NOTICES, test, unwrap, type Notice, type Replica } from './cluster.ts';

test('a member that found its own past asks to be let in again with a new log, and votes with it', async ({
  cluster,
}) => {
  const made = await cluster();
  const [alfa, bravo, cargo, delta] = made.replicas as [Replica, Replica, Replica, Replica];
  const [first, second] = NOTICES as [Notice, Notice];
  await alfa.announce(first);
  await made.agree(first.sscc, 1);
  const before = (await delta.state())?.members[3]?.logId;

  // As a replica writes it that finds a vote of its own that its log lacks.
  await delta.page.evaluate(async (name) => {
    const db = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(name);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(new Error('the database does not open'));
    });
    const transaction = db.transaction('meta', 'readwrite');
    transaction
      .objectStore('meta')
      .put(new TextEncoder().encode('An old copy was restored.'), 'own/observer');
    await new Promise((resolve) => (transaction.oncomplete = resolve));
    db.close();
  }, `countersign-${delta.profile}`);
  await delta.goto(delta.path('network/members'));
  await delta.waitFor((state) => state.standing.kind === 'observer', 'to observe');
  await delta.page.getByRole('button', { name: 'Ask to be let in again' }).click();
  await expect(delta.page.getByText('It asks the others to let it in again.')).toBeVisible();

  await expect
    .poll(async () => (await alfa.state())?.requests.map(({ voteKey, sameKey }) => ({ voteKey, sameKey })), {
      timeout: KNOCKS_MS,
    })
    .toEqual([{ voteKey: delta.profile, sameKey: true }]);
  const { digest } = unwrap(
    await alfa.call('proposeChange', {
      kind: 'admit',
      voteKey: delta.profile,
      reason: 'Delta restored a copy',
    }),
  );
  for (const other of [bravo, cargo]) {
    await other.waitFor((state) => state.changes.some((change) => change.digest === digest), 'the change');
    unwrap(await other.call('approveChange', digest));
  }
  for (const replica of made.replicas)
    await replica.waitFor(
      (state) => state.epoch.number === 1 && state.standing.kind === 'voter',
      'to vote in epoch 1',
    );
  expect((await alfa.state())?.members[3]?.logId).not.toBe(before);

  // Its vote is needed: with Cargo away, three of four must sign.
  await cargo.close();
  await alfa.announce(second);
  const { history } = await delta.holds(second.sscc, 1);
  const signers = history.find(({ certificate }) => certificate.version === 1)?.certificate.signers;
  expect([...(signers ?? [])].sort()).toEqual([0, 1, 3]);
});
