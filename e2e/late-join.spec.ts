/** Members that come late, with empty storage. */
import { expect, NOTICES, test, type Notice, type Replica } from './cluster.ts';

test('a member that joins late with empty storage gets every package and its history, proved', async ({
  cluster,
}) => {
  const made = await cluster({ absent: [3] });
  const [alfa, bravo, cargo, delta] = made.replicas as [Replica, Replica, Replica, Replica];
  const few = NOTICES.slice(0, 5);
  for (const notice of few) await alfa.announce(notice, false);
  for (const notice of few) await bravo.holds(notice.sscc, 1);
  for (const notice of few.slice(0, 3)) await bravo.deliver(notice);
  await made.agree(few[2]!.sscc, 2, [alfa, bravo, cargo]);

  await delta.reopen('packages');
  for (const [i, notice] of few.entries()) await made.agree(notice.sscc, i < 3 ? 2 : 1);
  await expect(delta.page.getByText('5 packages')).toBeVisible();
  // What was superseded before it came is fetched in the background, by the chain of digests.
  await expect
    .poll(async () =>
      (await delta.call('package', few[0]!.sscc))?.history.map((entry) => entry.certificate.version),
    )
    .toEqual([1, 2]);
});

test('a late joiner is not only a reader: its vote is counted when it is needed', async ({ cluster }) => {
  const [notice] = NOTICES as [Notice];
  const made = await cluster({ demo: true, absent: [3] });
  const [alfa, bravo, cargo, delta] = made.replicas as [Replica, Replica, Replica, Replica];
  await alfa.announce(notice);
  await bravo.holds(notice.sscc, 1);
  await delta.reopen();
  await made.linked();
  await cargo.cut();
  await bravo.waitFor((state) => state.here === 3, 'Cargo to be away');
  await bravo.deliver(notice);
  const { history } = await delta.holds(notice.sscc, 2);
  const signers = history.find((entry) => entry.certificate.version === 2)?.certificate.signers;
  expect([...(signers ?? [])].sort()).toEqual([alfa.index, bravo.index, delta.index]);
});
