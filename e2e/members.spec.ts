/** Members come and come back while the network runs: epochs (docs/protocol.md, "Epochs"), in real browsers. */
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, members, NOTICES, test, unwrap, type Notice, type Replica } from './cluster.ts';
import { letIn, voteIn } from './epochs.ts';

const [first, second, third] = NOTICES as [Notice, Notice, Notice];
const PROGRAM = fileURLToPath(new URL('../src/cli/countersign.js', import.meta.url));

test('a fifth organisation joins while sessions go on: none is lost, and its vote is needed', async ({
  cluster,
}, info) => {
  const made = await cluster();
  const [alfa, bravo, cargo, delta] = made.replicas as [Replica, Replica, Replica, Replica];
  await alfa.announce(first);
  await made.agree(first.sscc, 1);
  const echo = await made.newcomer(4, members(5)[4]!);
  // A session is open at Bravo while the members change.
  const open = await bravo.deliver(first, false);
  const others = [alfa, bravo, cargo, delta];
  await letIn(made, echo, [alfa, bravo, cargo], { number: 1, others, info });
  const all = [...others, echo];
  expect(await bravo.committed(open.id)).toBe(2);
  await made.agree(first.sscc, 2, all);

  // Of five, four must sign: with Delta away Echo's vote is one of them.
  await delta.close();
  await alfa.announce(second);
  await bravo.holds(second.sscc, 1);
  await bravo.deliver(second);
  expect(await signersOf(second.sscc, 2, echo)).toEqual([0, 1, 2, 4]);

  // Who was away finds the others where they are now.
  await delta.reopen();
  await voteIn(1, [delta]);
  await alfa.announce(third);
  await made.agree(third.sscc, 1, all);
});

test('a member that lost its storage is let in again, in its own place, and its vote is needed', async ({
  cluster,
}, info) => {
  const made = await cluster();
  const [alfa, bravo, cargo, delta] = made.replicas as [Replica, Replica, Replica, Replica];
  await alfa.announce(first);
  await made.agree(first.sscc, 1);
  await delta.dispose();
  await alfa.waitFor((state) => state.here === 3, 'Delta to be seen away');
  const again = await made.newcomer(delta.index, delta.member);
  const others = [alfa, bravo, cargo];
  await letIn(made, again, others, { number: 1, others, info, replaces: delta.member.id });
  const all = [...others, again];
  for (const replica of all) {
    const { n, self, members: listed } = (await replica.state())!;
    expect({ n, self }).toEqual({ n: 4, self: replica.index });
    expect(listed[3]).toMatchObject({ id: delta.member.id, voteKey: again.profile, evidence: false });
  }
  // It has what was certified before; and of four, three must sign: with Cargo away it is one of them.
  await again.holds(first.sscc, 1);
  await cargo.close();
  await alfa.announce(second);
  await bravo.deliver(first);
  expect(await signersOf(first.sscc, 2, again)).toEqual([0, 1, 3]);
});

test('a member asleep through two epochs comes back by itself and votes; evidence verifies from the genesis alone', async ({
  cluster,
}, info) => {
  const made = await cluster();
  const [alfa, bravo, cargo, delta] = made.replicas as [Replica, Replica, Replica, Replica];
  await alfa.announce(first);
  await made.agree(first.sscc, 1);
  await delta.close();
  const echo = await made.newcomer(4, members(5)[4]!);
  const foxtrot = await made.newcomer(5, members(6)[5]!);
  const three = [alfa, bravo, cargo];
  await letIn(made, echo, three, { number: 1, others: three, info });
  await bravo.deliver(first);
  const four = [...three, echo];
  await letIn(made, foxtrot, four, { number: 2, others: four, info });

  const asleep = Date.now();
  await delta.reopen();
  await voteIn(2, [delta]);
  info.annotations.push({ type: 'from waking up to votes', description: `${Date.now() - asleep} ms` });
  // Of six, five must sign: with Cargo away Delta's vote is one of them.
  await cargo.close();
  await alfa.announce(second);
  expect(await signersOf(second.sscc, 1, delta)).toEqual([0, 1, 3, 4, 5]);

  await test.step('the command follows the epochs from the genesis', async () => {
    const genesis = info.outputPath('network.genesis');
    await writeFile(genesis, made.genesisFile);
    for (const [{ sscc }, version, reached] of [
      [first, 2, 1],
      [second, 1, 2],
    ] as const) {
      const file = info.outputPath(`${sscc}.evidence.json`);
      await delta.holds(sscc, version);
      await writeFile(file, unwrap(await delta.call('evidence', sscc)));
      const run = spawnSync(process.execPath, [PROGRAM, 'verify', file, '--trust', genesis, '--json'], {
        encoding: 'utf8',
      });
      expect(run.status, run.stderr + run.stdout.slice(0, 2000)).toBe(0);
      const report = JSON.parse(run.stdout) as { epochs: { number: number }[] };
      expect(report.epochs.map(({ number }) => number)).toEqual([...Array(reached + 1).keys()]);
    }
  });
});

/** Places, in the list of the epoch in which it was certified, of those who signed a version. */
async function signersOf(sscc: string, version: number, at: Replica): Promise<number[]> {
  const { history } = await at.holds(sscc, version);
  const entry = history.find(({ certificate }) => certificate.version === version);
  return [...(entry?.certificate.signers ?? [])].sort((a, b) => a - b);
}
