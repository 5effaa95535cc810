/** The same exchange with y-webrtc's own server and with ours: whatever a stock client can see must be the same. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createServer } from '../../signaling-server/server.ts';
import type { RunningServer } from '../../signaling-server/server.ts';
import { connect } from './client.ts';
import type { Client, Frame } from './client.ts';
import { startStockServer } from './processes.ts';
import type { Program } from './processes.ts';

let ours: RunningServer;
let stock: Program;
beforeAll(async () => {
  ours = await createServer({
    port: 0,
    limits: {
      messageBurst: 1_000_000,
      connectBurstPerAddress: 1_000_000,
      connectsPerSecondPerAddress: 1_000_000,
    },
  });
  stock = await startStockServer();
});
afterAll(async () => {
  await ours.close();
  await stock.kill();
});

const CLIENTS = 3;
type Step = { readonly who: number; readonly frame: Record<string, unknown> };

const topic = fc.constantFrom('a', 'b', 'é', '__proto__', 'toString', '0');
const topics = fc.array(topic, { maxLength: 4 });
const frame = fc.oneof(
  fc.record({ type: fc.constantFrom('subscribe', 'unsubscribe'), topics }),
  // `clients` may stand there already: the server's number counts.
  fc.record(
    { type: fc.constant('publish'), topic, data: fc.jsonValue(), clients: fc.jsonValue() },
    { requiredKeys: ['type', 'topic'] },
  ),
  fc.record({ type: fc.constant('ping') }),
);
const script = fc.array(fc.record({ who: fc.nat(CLIENTS - 1), frame }), { maxLength: 40 });

/** What each client received, in order. Steps are taken one at a time, so that the order is no accident. */
async function play(url: string, room: number, steps: readonly Step[]): Promise<Frame[][]> {
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => connect({ url }, '/')));
  const heard: Frame[][] = clients.map(() => []);
  const name = (text: string): string => (text === '__proto__' ? text : `${room} ${text}`);
  for (const { who, frame: sent } of steps) {
    const named = {
      ...sent,
      ...(Array.isArray(sent.topics) ? { topics: (sent.topics as string[]).map(name) } : {}),
      ...(typeof sent.topic === 'string' ? { topic: name(sent.topic) } : {}),
    };
    clients[who]!.send(named);
    for (const [i, client] of settleOrder(clients, who)) {
      const frames = await client.settled();
      heard[i]!.push(...frames);
    }
  }
  for (const client of clients) client.socket.terminate();
  return heard;
}

/** The sender first: when it has its pong, everybody has been sent the frame. */
function settleOrder(clients: readonly Client[], first: number): [number, Client][] {
  const entries = [...clients.entries()];
  return [...entries.filter(([i]) => i === first), ...entries.filter(([i]) => i !== first)];
}

test('a stock client sees another server than its own', async () => {
  let room = 0;
  await fc.assert(
    fc.asyncProperty(script, async (steps) => {
      room += 1;
      // Topic "__proto__" is shared by all rooms; wait until both servers have let go of the room before.
      const [a, b] = [
        await play(ours.url, room, steps),
        await play(`http://127.0.0.1:${stock.port}`, room, steps),
      ];
      expect(a).toEqual(b);
      await expect.poll(() => ours.stats().connections).toBe(0);
    }),
    { numRuns: 40, seed: 4 },
  );
});
