/** Whole replicas over bad lines: far apart, lossy, parted, and two that cannot reach each other at all. */
import { expect, NOTICES, test, type Cluster, type Notice, type Replica } from './cluster.ts';
import { shapedCluster, type ShapedCluster } from './shaped-cluster.ts';
import { CLEAR } from './udp-shaper.ts';

const [notice, second] = NOTICES as [Notice, Notice];
let shaped: ShapedCluster | null = null;

test.afterEach(async () => {
  await shaped?.close();
  shaped = null;
});

/** Waits until each of these has this many links to the others. */
async function linked(made: Cluster, links: readonly number[]): Promise<void> {
  for (const [i, replica] of made.replicas.entries()) {
    const wanted = (links[i] ?? 0) + 1;
    await replica.waitFor(
      (state) => state.here === wanted && state.standing.kind === 'voter',
      `${wanted} to be here`,
    );
  }
}

test('seven members 60 ms apart, over lines that lose two packets of a hundred, commit', async ({
  chromium,
}) => {
  shaped = await shapedCluster(chromium, 7, (shaper) => {
    shaper.path = () => ({ delay: 60, loss: 0.02, cut: false });
  });
  const { made, shaper } = shaped;
  await linked(made, Array<number>(7).fill(6));
  await made.replica(0).announce(notice);
  await made.replica(1).holds(notice.sscc, 1);
  await made.replica(1).deliver(notice);
  await made.agree(notice.sscc, 2);
  expect(shaper.stats.lost).toBeGreaterThan(0);
  // Their lines are what we made of them: there and back, 120 ms.
  const shortest = async (): Promise<number> =>
    Math.min(...(await made.replica(0).state())!.transport.peers.map((peer) => peer.rttMs ?? 0));
  await expect.poll(shortest, { timeout: 40_000 }).toBeGreaterThan(100);
});

test('a network that is parted two and two commits nothing, heals by itself, and then commits', async ({
  chromium,
}) => {
  shaped = await shapedCluster(chromium, 4);
  const { made, shaper } = shaped;
  const [alfa, bravo] = made.replicas as [Replica, Replica];
  await linked(made, [3, 3, 3, 3]);
  await alfa.announce(notice);
  await made.agree(notice.sscc, 1);
  shaper.path = (a, b) => (a < 2 === b < 2 ? CLEAR : { ...CLEAR, cut: true });
  const { id } = await bravo.deliver(notice, false);
  await linked(made, [1, 1, 1, 1]);
  expect((await bravo.state())?.sessions.find((session) => session.id === id)?.status.state).toBe('voting');
  shaper.path = () => CLEAR;
  expect(await bravo.committed(id)).toBe(2);
  await made.agree(notice.sscc, 2);
  await linked(made, [3, 3, 3, 3]);
});

test('what two members that cannot reach each other do goes through the others, and each reads why', async ({
  chromium,
}) => {
  shaped = await shapedCluster(chromium, 4, (shaper) => {
    shaper.path = (a, b) => ({ ...CLEAR, cut: a + b === 1 });
  });
  const { made } = shaped;
  const [alfa, bravo] = made.replicas as [Replica, Replica];
  await linked(made, [2, 2, 3, 3]);
  await alfa.announce(notice);
  await bravo.holds(notice.sscc, 1);
  await bravo.deliver(notice);
  await made.agree(notice.sscc, 2);
  await alfa.announce(second);
  await made.agree(second.sscc, 1);
  await alfa.goto(alfa.path('network'));
  // An answer that is late is told of first.
  await alfa.waitFor(
    (now) => now.transport.peers.some((peer) => peer.member === 1 && peer.diagnosis === 'no-turn'),
    'to be told that a TURN server is missing',
  );
  await expect(alfa.page.getByText(/TURN/).first()).toBeVisible();
});
