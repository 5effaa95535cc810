/** A running network whose signaling servers are gone takes back a member that left. */
import { expect, NOTICES, startServer, test, unwrap, type Notice, type Replica } from './cluster.ts';
import { together } from './together.ts';

const [notice] = NOTICES as [Notice];

// Thirteen are what one machine bears: twelve links each.
for (const members of [4, 13]) {
  test(`a member of ${members} leaves after the network's server died, and returns by a server that another member named`, async ({
    cluster,
  }) => {
    if (members > 7) test.slow();
    const made = await cluster({ members, demo: true });
    const [alfa, bravo, cargo] = made.replicas as [Replica, Replica, Replica];
    await together(made.replicas, (replica) => replica.fetchedAhead());
    // Cargo's office runs a small server of its own. Nobody else sets it: they hear of it over their links.
    const second = await startServer();
    try {
      const url = `${second.url.replace('http', 'ws')}/signal`;
      const home = `${made.server.url.replace('http', 'ws')}/signal`;
      unwrap(await cargo.call('setSignaling', [home, url]));
      for (const replica of made.replicas)
        await replica.waitFor(
          (state) =>
            state.transport.signaling.some((server) => server.url === url && server.state === 'open'),
          'the other server to be open',
        );
      const told = (await alfa.state())?.transport.signaling.find((server) => server.url === url);
      expect(told).toMatchObject({ source: 'hint', hintedBy: cargo.index });

      await made.server.close();
      await alfa.cut();
      await bravo.waitFor((state) => state.here === members - 1, 'Alfa to be away');
      await alfa.heal();
      await made.linked();
      await alfa.announce(notice);
      await bravo.holds(notice.sscc, 1);
      await bravo.deliver(notice);
      await made.agree(notice.sscc, 2);
    } finally {
      await second.close();
    }
  });
}
