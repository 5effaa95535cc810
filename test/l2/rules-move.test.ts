/** Sessions on a device while its network moves to newer rules (docs/protocol.md, "Epochs"). */
import { beforeEach, expect, it } from 'vitest';
import { parseSessionValue } from '../../src/l2/value.ts';
import { ALPHA, BRAVO, counterRegistry, post } from './counter.ts';
import { Device, errorOf, KEY, Ledger, must } from './world.ts';

/** Rules 2 have another `/add`; a program knows them, or is older. */
class MovingLedger extends Ledger {
  override rulesVersion = 1;
  override registry = counterRegistry([1, 2]);
}

let ledger: MovingLedger;
let device: Device;

beforeEach(async () => {
  ledger = new MovingLedger();
  device = new Device(ledger, BRAVO);
  const { id } = must(await device.buffer.start(KEY, 'op', post('/create', { total: 5 })));
  must(await device.buffer.step(id, post('/finish')));
  must(await device.buffer.commit(id));
  device.hear(KEY, device.proposals.pop()!.body);
  await device.buffer.idle();
});

/** The epoch begins: the network is opened again from the disk. `known`: rules of the program that opens it. */
async function move(known: readonly number[]): Promise<void> {
  ledger.rulesVersion = 2;
  ledger.registry = counterRegistry(known);
  await device.restart();
  await device.buffer.idle();
}

async function work(steps: readonly [string, object?][]): Promise<string> {
  const { id } = must(await device.buffer.start(KEY, 'dock 2', post('/open')));
  for (const [path, body] of steps) must(await device.buffer.step(id, post(path, (body ?? null) as never)));
  return id;
}

const rulesOf = (body: Uint8Array): number => {
  const parsed = parseSessionValue(body);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value.session.rulesVersion;
};

it('a session that was voted on by the old rules is signed again by the new ones, where it would wait for ever', async () => {
  const id = await work([['/note', { text: 'a scratch' }], ['/finish']]);
  must(await device.buffer.commit(id));
  await move([1, 2]);
  const last = device.proposals.at(-1)!;
  expect(rulesOf(last.body)).toBe(2);
  expect(await ledger.validate(KEY, last.body)).toEqual({ verdict: 'valid' });
  device.hear(KEY, last.body);
  await device.buffer.idle();
  expect(device.buffer.get(id)?.status).toMatchObject({ state: 'committed', version: 2 });
});

it('one whose steps answer otherwise by the new rules is shown to its operator, and not sent', async () => {
  const id = await work([['/add', { n: 3 }], ['/finish']]);
  must(await device.buffer.commit(id));
  const sent = device.proposals.length;
  await move([1, 2]);
  expect(device.buffer.get(id)?.status).toMatchObject({ state: 'conflict', step: 1 });
  expect(device.proposals).toHaveLength(sent);
  expect(must(await device.buffer.rebase(id)).status.state).toBe('local');
});

it('one that the new epoch carries as it was signed before is committed once', async () => {
  const id = await work([['/note', { text: 'a scratch' }], ['/finish']]);
  must(await device.buffer.commit(id));
  const before = device.proposals.at(-1)!.body;
  await move([1, 2]);
  expect(device.proposals.at(-1)!.body).not.toEqual(before);
  const { digest } = device.hear(KEY, before);
  await device.buffer.idle();
  expect(device.buffer.get(id)?.status).toEqual({ state: 'committed', version: 2, digest });
  expect(device.proposals.filter(({ version }) => version === 3)).toEqual([]);
});

it('one that won as it was signed before is not sent again while the bytes that would tell are not here', async () => {
  let isHere = false;
  device = new Device(ledger, BRAVO, {
    decidedDigest: async (key, version) => ledger.chain(key)[version - 1]!.digest,
    decidedBody: async (key, version) =>
      isHere || version > 2 ? ledger.chain(key)[version - 1]!.body : null,
  });
  const id = await work([['/finish']]);
  must(await device.buffer.commit(id));
  const before = device.proposals.at(-1)!.body;
  await move([1, 2]);
  device.die();
  const { digest } = ledger.certify(KEY, before);
  const rival = new Device(ledger, ALPHA);
  for (const path of ['/open', '/open']) {
    const other = must(await rival.buffer.start(KEY, 'op', post(path)));
    must(await rival.buffer.step(other.id, post('/finish')));
    must(await rival.buffer.commit(other.id));
    rival.hear(KEY, rival.proposals.at(-1)!.body);
    await rival.buffer.idle();
  }
  const sent = device.proposals.length;
  await device.restart();
  await device.buffer.idle();
  expect(device.proposals).toHaveLength(sent);
  expect(device.buffer.get(id)?.status.state).toBe('conflict');
  isHere = true;
  expect(must(await device.buffer.rebase(id)).status).toEqual({ state: 'committed', version: 2, digest });
});

it('one that only lost before is moved on as ever, though the bytes of what won next are not here', async () => {
  device = new Device(ledger, BRAVO, {
    decidedDigest: async (key, version) => ledger.chain(key)[version - 1]?.digest ?? null,
    decidedBody: async (key, version) =>
      version === 3 ? null : (ledger.chain(key)[version - 1]?.body ?? null),
  });
  const rival = new Device(ledger, ALPHA);
  const rivalWins = async (): Promise<{ version: number; digest: string }> => {
    const other = must(await rival.buffer.start(KEY, 'op', post('/open')));
    must(await rival.buffer.step(other.id, post('/finish')));
    must(await rival.buffer.commit(other.id));
    const won = rival.hear(KEY, rival.proposals.at(-1)!.body);
    await rival.buffer.idle();
    return won;
  };
  const id = await work([['/finish']]);
  must(await device.buffer.commit(id));
  const second = await rivalWins();
  device.buffer.decided(KEY, second.version as never, second.digest as never);
  await device.buffer.idle();
  expect(device.buffer.get(id)).toMatchObject({ rebases: 1, status: { state: 'voting' } });
  // Of the third it hears nothing, as with a head whose bytes are late.
  await rivalWins();
  const fourth = await rivalWins();
  device.buffer.decided(KEY, fourth.version as never, fourth.digest as never);
  await device.buffer.idle();
  expect(device.buffer.get(id)).toMatchObject({ rebases: 2, status: { state: 'voting' } });
  expect(device.proposals.at(-1)).toMatchObject({ sessionId: id, version: 5 });
});

it('one that was taken up again by hand is found when the new epoch carries it as it was signed, and is not sent twice', async () => {
  const id = await work([['/add', { n: 3 }], ['/finish']]);
  must(await device.buffer.commit(id));
  const before = device.proposals.at(-1)!.body;
  await move([1, 2]);
  expect(must(await device.buffer.rebase(id)).status.state).toBe('local');
  device.hear(KEY, before);
  await device.buffer.idle();
  // Its own steps answer otherwise than what is certified: a person sees both, and nothing is added to it.
  expect(device.buffer.get(id)?.status.state).toBe('conflict');
  expect(errorOf(await device.buffer.rebase(id)).type).toBe('session-closed');
  expect(device.proposals.filter(({ version }) => version > 2)).toEqual([]);
});

it('a program that does not know the rules keeps what is open, takes no step, and the newer one goes on', async () => {
  const id = await work([['/note', { text: 'a scratch' }]]);
  const before = device.buffer.get(id);
  const sent = device.proposals.length;
  await move([1]);
  expect(device.buffer.get(id)).toEqual(before);
  const refused = [
    await device.buffer.step(id, post('/finish')),
    await device.buffer.undo(id),
    await device.buffer.commit(id),
    await device.buffer.start('counter/b' as typeof KEY, 'dock 2', post('/create', { total: 1 })),
  ];
  expect(refused.map((result) => errorOf(result as never).type)).toEqual(refused.map(() => 'rules-unknown'));
  expect(device.proposals).toHaveLength(sent);
  await move([1, 2]);
  must(await device.buffer.step(id, post('/finish')));
  must(await device.buffer.commit(id));
  expect(await ledger.validate(KEY, device.proposals.at(-1)!.body)).toEqual({ verdict: 'valid' });
});

it('what an older program holds as voted on stays so, and the newer one signs it again', async () => {
  const id = await work([['/note', { text: 'a scratch' }], ['/finish']]);
  must(await device.buffer.commit(id));
  await move([1]);
  expect(device.buffer.get(id)?.status.state).toBe('voting');
  await move([1, 2]);
  expect(rulesOf(device.proposals.at(-1)!.body)).toBe(2);
});
