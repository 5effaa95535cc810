import { beforeEach, describe, expect, it } from 'vitest';
import { asKey, asVersion } from '../../src/codec/brand.ts';
import { encode } from '../../src/codec/cbor.ts';
import {
  MAX_FINISHED_SESSIONS,
  MAX_OPEN_SESSIONS,
  MAX_STEPS,
  MAX_WAITING_CALLS,
} from '../../src/l2/limits.ts';
import { ALPHA, BRAVO, counterRegistry, post } from './counter.ts';
import { Device, digestOf, errorOf, KEY, Ledger, must } from './world.ts';

let ledger: Ledger;
let device: Device;
let rival: Device;

beforeEach(async () => {
  ledger = new Ledger();
  device = new Device(ledger, BRAVO);
  rival = new Device(ledger, ALPHA);
  const created = must(await rival.buffer.start(KEY, 'op', post('/create', { total: 5 })));
  must(await rival.buffer.step(created.id, post('/finish')));
  must(await rival.buffer.commit(created.id));
  rival.hear(KEY, rival.proposals.pop()!.body);
  await rival.buffer.idle();
});

const start = async (on = device, key = KEY): Promise<string> =>
  must(await on.buffer.start(key, 'dock 2', post('/open'))).id;
const add = async (id: string, n: number) => must(await device.buffer.step(id, post('/add', { n })));
const note = async (id: string, text: string) => must(await device.buffer.step(id, post('/note', { text })));
const commit = async (id: string) => {
  must(await device.buffer.step(id, post('/finish')));
  return must(await device.buffer.commit(id));
};
/** The rival commits a session of its own, and the device hears of it. */
async function rivalCommits(path: '/add' | '/note', body: { n: number } | { text: string }) {
  const id = await start(rival);
  must(await rival.buffer.step(id, post(path, body)));
  must(await rival.buffer.step(id, post('/finish')));
  must(await rival.buffer.commit(id));
  const proposal = rival.proposals.pop()!;
  expect(await ledger.validate(KEY, proposal.body)).toEqual({ verdict: 'valid' });
  const certified = rival.hear(KEY, proposal.body);
  await rival.buffer.idle();
  if (!device.isAlive) return;
  device.buffer.decided(KEY, certified.version, certified.digest);
  await device.buffer.idle();
}

describe('steps', () => {
  it('a step is on disk before it is announced, and a killed tab has it again', async () => {
    const id = await start();
    await add(id, 3);
    device.saveError = { type: 'disk-full', message: 'The disk is full.' };
    expect(errorOf(await device.buffer.step(id, post('/add', { n: 9 })))).toMatchObject({
      type: 'store-failed',
    });
    expect(device.buffer.get(id)!.transactions).toHaveLength(2);
    device.saveError = null;
    await device.restart();
    expect(device.buffer.get(id)).toMatchObject({
      record: { total: 8 },
      status: { state: 'local' },
      operator: 'dock 2',
    });
    await add(id, 1);
    expect(device.buffer.get(id)).toMatchObject({ record: { total: 9 } });
  });

  it('a refused step changes nothing stored, and the session goes on', async () => {
    const id = await start();
    const disk = device.disk.get(id);
    const error = errorOf(await device.buffer.step(id, post('/add', { n: 'x' })));
    expect(error).toMatchObject({
      type: 'step-refused',
      message: 'Send a number n.',
      response: { status: 400 },
    });
    expect(errorOf(await device.buffer.step(id, post('/nothing')))).toMatchObject({
      type: 'service-unknown',
    });
    expect(errorOf(await device.buffer.step(id, post('/courier-only', { n: 1 })))).toMatchObject({
      type: 'role-not-allowed',
    });
    expect(errorOf(await device.buffer.step(id, post('bad')))).toMatchObject({ type: 'request-malformed' });
    expect(errorOf(await device.buffer.step(id, post('/boom')))).toMatchObject({
      type: 'step-refused',
      response: { status: 500 },
    });
    expect(device.disk.get(id)).toBe(disk);
    await add(id, 1);
  });

  it('steps given at once run one after another in their order', async () => {
    const id = await start();
    const answers = await Promise.all(
      ['a', 'b', 'c'].map((text) => device.buffer.step(id, post('/note', { text }))),
    );
    expect(answers.map((a) => must(a).response.body)).toEqual(
      [0, 1, 2].map((index) => ({ index, steps: index + 1 })),
    );
  });

  it('a program that runs wild is stopped at the limits', async () => {
    const id = await start();
    const flood = await Promise.all(
      Array.from({ length: MAX_WAITING_CALLS + 5 }, () => device.buffer.step(id, post('/add', { n: 1 }))),
    );
    expect(flood.filter((a) => !a.ok).map((a) => errorOf(a).type)).toEqual(Array(5).fill('too-many-steps'));
    while (device.buffer.get(id)!.transactions.length < MAX_STEPS) await add(id, 1);
    expect(errorOf(await device.buffer.step(id, post('/add', { n: 1 })))).toMatchObject({
      type: 'too-many-steps',
    });
  });

  it('a session that would not fit into one value says so at the step, not at the commit', async () => {
    const id = await start();
    must(await device.buffer.step(id, post('/big')));
    const error = errorOf(await device.buffer.step(id, post('/add', { n: 1, pad: 'x'.repeat(100 * 1024) })));
    expect(error).toMatchObject({ type: 'too-many-steps' });
    expect(await commit(id)).toMatchObject({ status: { state: 'voting' } });
  });

  it('undo takes back the last step, never the first', async () => {
    const id = await start();
    await add(id, 3);
    await note(id, 'x');
    expect(must(await device.buffer.undo(id))).toMatchObject({ record: { total: 8, notes: [] } });
    await device.restart();
    expect(must(await device.buffer.undo(id))).toMatchObject({ record: { total: 5 } });
    expect(errorOf(await device.buffer.undo(id))).toMatchObject({ type: 'nothing-to-undo' });
  });
});

describe('start and end', () => {
  it('a second session on the same key of this device names the first', async () => {
    const id = await start();
    expect(errorOf(await device.buffer.start(KEY, 'other', post('/open')))).toMatchObject({
      type: 'session-open-elsewhere',
      sessionId: id,
    });
    must(await device.buffer.abandon(id));
    expect(errorOf(await device.buffer.step(id, post('/open')))).toMatchObject({ type: 'session-closed' });
    await start();
  });

  it('two starts at once give one session', async () => {
    const answers = await Promise.all([1, 2].map(() => device.buffer.start(KEY, 'op', post('/open'))));
    expect(answers.map((a) => a.ok)).toEqual([true, false]);
  });

  it('bad starts leave nothing behind', async () => {
    expect(errorOf(await device.buffer.start(asKey('parcel/1'), 'op', post('/open')))).toMatchObject({
      type: 'key-unknown',
    });
    expect(errorOf(await device.buffer.start(KEY, '', post('/open')))).toMatchObject({
      type: 'request-malformed',
    });
    expect(errorOf(await device.buffer.start(KEY, 'x'.repeat(25), post('/open')))).toMatchObject({
      type: 'request-malformed',
    });
    expect(errorOf(await device.buffer.start(asKey('counter/none'), 'op', post('/open')))).toMatchObject({
      type: 'step-refused',
      response: { status: 404, body: { type: 'counter-unknown' } },
    });
    expect(errorOf(await device.buffer.step('f'.repeat(32), post('/open')))).toMatchObject({
      type: 'session-unknown',
    });
    expect(device.disk.size).toBe(0);
  });

  it('open sessions are bounded', async () => {
    const name = (i: number) =>
      asKey(`counter/${[...String(i)].map((d) => 'abcdefghij'[Number(d)]).join('')}`);
    const all = Array.from({ length: MAX_OPEN_SESSIONS + 1 }, (_, i) =>
      device.buffer.start(name(i + 10), 'op', post('/create', { total: i })),
    );
    const answers = await Promise.all(all);
    expect(answers.filter((a) => !a.ok).map((a) => errorOf(a).type)).toEqual(['too-many-sessions']);
  });

  it('finished sessions are kept as history up to a limit, also over restarts', async () => {
    let first = '';
    for (let i = 0; i < MAX_FINISHED_SESSIONS + 3; i++) {
      const id = await start();
      first ||= id;
      must(await device.buffer.abandon(id));
    }
    expect(device.buffer.list()).toHaveLength(MAX_FINISHED_SESSIONS);
    expect(device.disk.size).toBe(MAX_FINISHED_SESSIONS);
    expect(device.disk.has(first)).toBe(false);
    await device.restart();
    expect(device.buffer.list()).toHaveLength(MAX_FINISHED_SESSIONS);
  });

  it('a damaged stored session is listed, and the others are there', async () => {
    const id = await start();
    const bytes = device.disk.get(id)!;
    device.disk.set('1'.repeat(32), bytes.slice(1));
    device.disk.set('2'.repeat(32), bytes);
    device.disk.set('3'.repeat(32), encode({ format: 3 }));
    await device.restart();
    expect(device.buffer.damaged().map((d) => [d.id[0], d.error.type])).toEqual([
      ['1', 'session-damaged'],
      ['2', 'session-damaged'],
      ['3', 'session-format-unknown'],
    ]);
    expect(device.buffer.list().map((s) => s.id)).toEqual([id]);
  });
});

describe('commit', () => {
  it('an incomplete session is not proposed', async () => {
    const id = await start();
    expect(errorOf(await device.buffer.commit(id))).toMatchObject({
      type: 'session-incomplete',
      message: expect.stringContaining('/finish'),
    });
    expect(device.proposals).toHaveLength(0);
    await add(id, 1);
  });

  it('what is proposed is valid at another replica, and ends as committed', async () => {
    const id = await start();
    await add(id, 2);
    expect(await commit(id)).toMatchObject({ status: { state: 'voting' } });
    const proposal = device.proposals[0]!;
    expect(proposal).toMatchObject({ version: 2, previous: ledger.head(KEY)!.digest });
    expect(await ledger.validate(KEY, proposal.body)).toEqual({ verdict: 'valid' });
    expect(errorOf(await device.buffer.step(id, post('/add', { n: 1 })))).toMatchObject({
      type: 'session-closed',
    });
    expect(errorOf(await device.buffer.abandon(id))).toMatchObject({ type: 'session-closed' });
    device.hear(KEY, proposal.body);
    await device.buffer.idle();
    const committed = { state: 'committed', version: 2, digest: proposal.digest };
    expect(device.buffer.get(id)).toMatchObject({ status: committed, record: { total: 7 } });
    await device.restart();
    expect(device.buffer.get(id)).toMatchObject({ status: committed });
    await start();
  });

  it('the next package can be started while the last one is voting', async () => {
    await commit(await start());
    must(await device.buffer.start(asKey('counter/b'), 'op', post('/create', { total: 1 })));
  });

  it('a crash between storing and proposing proposes the same bytes, never others', async () => {
    const id = await start();
    must(await device.buffer.step(id, post('/finish')));
    for (let calls = 0; calls < 4; calls++) {
      device.kill = { afterCalls: calls, effect: calls % 2 === 0 };
      await Promise.race([device.buffer.commit(id), device.killed]);
      await device.restart();
    }
    await device.buffer.commit(id);
    expect(device.buffer.get(id)!.status.state).toBe('voting');
    expect(new Set(device.proposals.map((p) => p.digest)).size).toBe(1);
  });

  it('a proposal that the replica refuses waits for the next version', async () => {
    const id = await start();
    await add(id, 1);
    device.proposeError = { type: 'already-voted', message: 'Voted for another value in this version.' };
    expect(await commit(id)).toMatchObject({ status: { state: 'voting' } });
    device.proposeError = null;
    await rivalCommits('/add', { n: 10 });
    expect(device.proposals.map((p) => p.version)).toEqual([3]);
    expect(device.buffer.get(id)).toMatchObject({
      status: { state: 'voting' },
      rebases: 1,
      record: { total: 16 },
    });
  });

  it('an observer is told, and its session is proposed once it votes', async () => {
    const id = await start();
    must(await device.buffer.step(id, post('/finish')));
    device.proposeError = { type: 'not-a-voter', message: 'This replica is an observer.' };
    expect(errorOf(await device.buffer.commit(id))).toMatchObject({ type: 'not-a-voter' });
    device.proposeError = null;
    device.buffer.retry();
    await device.buffer.idle();
    expect(device.proposals).toHaveLength(1);
  });

  it('a value that members refuse ends as rejected with the rule, and frees the key', async () => {
    const id = await start();
    await commit(id);
    device.buffer.refused(KEY, digestOf(null, new Uint8Array(1)), 'another value');
    await device.buffer.idle();
    expect(device.buffer.get(id)!.status.state).toBe('voting');
    device.buffer.refused(KEY, device.proposals[0]!.digest, 'Step 2 differs.', 'response-differs');
    await device.buffer.idle();
    expect(device.buffer.get(id)!.status).toEqual({
      state: 'rejected',
      rule: 'response-differs',
      message: 'Step 2 differs.',
    });
    await start();
  });
});

describe('races for one key', () => {
  it('the same responses on the new record: proposed again without asking', async () => {
    const id = await start();
    await add(id, 1);
    await commit(id);
    await rivalCommits('/add', { n: 100 });
    expect(device.proposals.map((p) => p.version)).toEqual([2, 3]);
    const again = device.proposals[1]!;
    expect(await ledger.validate(KEY, again.body)).toEqual({ verdict: 'valid' });
    device.hear(KEY, again.body);
    await device.buffer.idle();
    expect(device.buffer.get(id)).toMatchObject({
      status: { state: 'committed', version: 3 },
      rebases: 1,
      record: { total: 106 },
    });
  });

  it('another response on the new record: the operator sees the step and both responses, and nothing is overwritten', async () => {
    const id = await start();
    await add(id, 1);
    await note(id, 'mine');
    await commit(id);
    await rivalCommits('/note', { text: 'theirs' });
    expect(device.buffer.get(id)!.status).toMatchObject({
      state: 'conflict',
      step: 2,
      before: { body: { index: 0 } },
      after: { body: { index: 1 } },
      message: expect.stringContaining('step 3 (POST /note)'),
    });
    expect(device.proposals).toHaveLength(1);
    await device.restart();
    expect(device.buffer.get(id)!.status.state).toBe('conflict');
    expect(errorOf(await device.buffer.commit(id))).toMatchObject({ type: 'session-closed' });
    const rebased = must(await device.buffer.rebase(id));
    expect(rebased).toMatchObject({
      status: { state: 'local' },
      baseVersion: 2,
      record: { total: 6, notes: ['dock 2: theirs'] },
    });
    expect(rebased.transactions.map((t) => t.request.path)).toEqual(['/open', '/add', '/finish']);
    must(await device.buffer.undo(id));
    await note(id, 'mine');
    await commit(id);
    expect(await ledger.validate(KEY, device.proposals.at(-1)!.body)).toEqual({ verdict: 'valid' });
  });

  it('a local session moves along silently, or becomes a conflict', async () => {
    const id = await start();
    await add(id, 1);
    await rivalCommits('/add', { n: 10 });
    expect(device.buffer.get(id)).toMatchObject({
      status: { state: 'local' },
      rebases: 1,
      baseVersion: 2,
      record: { total: 16 },
    });
    await note(id, 'mine');
    await rivalCommits('/note', { text: 'theirs' });
    expect(device.buffer.get(id)).toMatchObject({ status: { state: 'conflict', step: 2 }, baseVersion: 2 });
    expect(errorOf(await device.buffer.start(KEY, 'op', post('/open')))).toMatchObject({
      type: 'session-open-elsewhere',
    });
    must(await device.buffer.abandon(id));
  });

  it('a first step that is refused on the new record is a conflict at step 0, and cannot be continued', async () => {
    const id = await start();
    await rivalCommits('/add', { n: -100 });
    expect(device.buffer.get(id)!.status).toMatchObject({
      state: 'conflict',
      step: 0,
      after: { status: 409 },
    });
    expect(errorOf(await device.buffer.rebase(id))).toMatchObject({
      type: 'step-refused',
      response: { status: 409 },
    });
    must(await device.buffer.abandon(id));
  });

  it('the key moved on while the session was away on disk', async () => {
    const id = await start();
    await add(id, 1);
    await commit(id);
    device.die();
    await rivalCommits('/add', { n: 10 });
    await device.restart();
    expect(device.proposals.at(-1)).toMatchObject({ version: 3 });
    expect(device.buffer.get(id)).toMatchObject({ rebases: 1, status: { state: 'voting' } });
  });

  it('a session that won while this device was off is committed, not run a second time', async () => {
    const id = await start();
    await add(id, 1);
    await commit(id);
    device.die();
    ledger.certify(KEY, device.proposals[0]!.body);
    await device.restart();
    expect(device.buffer.get(id)!.status).toMatchObject({ state: 'committed', version: 2 });
    expect(device.proposals).toHaveLength(1);
  });

  /** The device is off from its commit on; whether it won, and how many versions of others follow, is decided meanwhile. */
  async function commitAndMiss({ won, others }: { won: boolean; others: number }): Promise<string> {
    const id = await start();
    await add(id, 1);
    await commit(id);
    device.die();
    if (won) ledger.certify(KEY, device.proposals[0]!.body);
    for (let i = 0; i < others; i++) await rivalCommits('/add', { n: 10 });
    await device.restart();
    await device.buffer.idle();
    return id;
  }

  it('when others went on from an unknown outcome, a person decides, or the history tells', async () => {
    for (const knows of [false, true]) {
      ledger.chains.set(KEY, ledger.chain(KEY).slice(0, 1));
      const extra = knows
        ? {
            decidedDigest: async (key: typeof KEY, version: number) => ledger.chain(key)[version - 1]!.digest,
          }
        : {};
      device = new Device(ledger, BRAVO, extra);
      const id = await commitAndMiss({ won: true, others: 2 });
      expect(device.buffer.get(id)!.status.state).toBe(knows ? 'committed' : 'conflict');
      expect(device.proposals).toHaveLength(1);
    }
  });

  it('the version after the missed one tells who won it, also when only that much of the history is here', async () => {
    for (const others of [1, 2]) {
      for (const won of [true, false]) {
        ledger.chains.set(KEY, ledger.chain(KEY).slice(0, 1));
        const from3 = <T>(version: number, told: T): T | null => (version >= 3 ? told : null);
        device = new Device(ledger, BRAVO, {
          decidedDigest: async (key, version) => from3(version, ledger.chain(key)[version - 1]!.digest),
          decidedBody: async (key, version) => from3(version, ledger.chain(key)[version - 1]!.body),
        });
        const id = await commitAndMiss({ won, others: won ? others : others + 1 });
        const { status } = device.buffer.get(id)!;
        if (won) expect(status).toMatchObject({ state: 'committed', version: 2 });
        else expect(status.state).toBe('voting');
        expect(device.proposals.slice(1).map(({ version }) => version)).toEqual(won ? [] : [others + 3]);
      }
    }
  });

  it('a person who goes on after the history has come is told that the session won, and it is not run again', async () => {
    for (const won of [true, false]) {
      ledger.chains.set(KEY, ledger.chain(KEY).slice(0, 1));
      let isHere = false;
      device = new Device(ledger, BRAVO, {
        decidedDigest: async (key, version) => (isHere ? ledger.chain(key)[version - 1]!.digest : null),
        decidedBody: async (key, version) => (isHere ? ledger.chain(key)[version - 1]!.body : null),
      });
      const id = await commitAndMiss({ won, others: won ? 2 : 3 });
      expect(device.buffer.get(id)!.status.state).toBe('conflict');
      isHere = true;
      const { status } = must(await device.buffer.rebase(id));
      if (won)
        expect(status).toEqual({ state: 'committed', version: 2, digest: ledger.chain(KEY)[1]!.digest });
      else expect(status).toEqual({ state: 'local' });
      expect(device.proposals).toHaveLength(1);
    }
  });

  it('while the bytes of the newest version are late nothing is started or signed, and what is open is looked at when they come', async () => {
    const voting = await start();
    await commit(voting);
    const certified = ledger.certify(KEY, device.proposals[0]!.body);
    device.certifiedError = new Error('The certified value has not arrived yet.');
    device.buffer.retry();
    await device.buffer.idle();
    expect(device.errors).toEqual([]);
    expect(device.buffer.get(voting)!.status.state).toBe('voting');
    device.certifiedError = null;
    device.buffer.decided(KEY, certified.version, certified.digest);
    await device.buffer.idle();
    expect(device.buffer.get(voting)!.status.state).toBe('committed');

    const id = await start();
    await add(id, 1);
    must(await device.buffer.step(id, post('/finish')));
    const proposed = device.proposals.length;
    device.certifiedError = new Error('The certified value has not arrived yet.');
    expect(errorOf(await device.buffer.commit(id))).toMatchObject({ type: 'key-unknown' });
    const elsewhere = await device.buffer.start(asKey('counter/b'), 'op', post('/create', { total: 1 }));
    expect(errorOf(elsewhere)).toMatchObject({ type: 'key-unknown' });
    expect(device.buffer.get(id)!.status.state).toBe('local');
    expect(device.proposals).toHaveLength(proposed);
    device.certifiedError = null;
    expect(must(await device.buffer.commit(id)).status.state).toBe('voting');
  });

  it('a decision that comes during the start is not lost', async () => {
    const starting = start();
    await Promise.resolve();
    const certified = ledger.certify(KEY, ledger.head(KEY)!.body);
    device.buffer.decided(KEY, certified.version, certified.digest);
    const id = await starting;
    await device.buffer.idle();
    expect(device.buffer.get(id)!.baseVersion).toBe(2);
  });

  it('a decision whose storing fails is shown, and found again after a restart', async () => {
    const id = await start();
    await commit(id);
    device.saveError = { type: 'disk-full', message: 'The disk is full.' };
    device.hear(KEY, device.proposals[0]!.body);
    await device.buffer.idle();
    expect(device.buffer.get(id)!.status.state).toBe('committed');
    device.saveError = null;
    await device.restart();
    expect(device.buffer.get(id)!.status.state).toBe('committed');
  });

  it('a session whose end the disk could not take does not hide behind the next one on its key after a restart', async () => {
    const first = await start();
    await commit(first);
    device.saveError = { type: 'disk-full', message: 'The disk is full.' };
    device.hear(KEY, device.proposals[0]!.body);
    await device.buffer.idle();
    device.saveError = null;
    const second = await start();
    await device.restart();
    expect(device.buffer.get(first)!.status.state).toBe('committed');
    expect(device.buffer.get(second)!.status.state).toBe('local');
  });

  it('a decision heard before the bytes of its value are here is taken up when they arrive', async () => {
    const id = await start();
    await add(id, 1);
    device.buffer.decided(KEY, asVersion(2), digestOf(null, new Uint8Array(3)));
    await device.buffer.idle();
    expect(device.buffer.get(id)).toMatchObject({ rebases: 0, status: { state: 'local' } });
    await rivalCommits('/add', { n: 10 });
    expect(device.buffer.get(id)).toMatchObject({ rebases: 1 });
  });

  it('handlers that an update changed make a stored local session a conflict, not a rejected value', async () => {
    const changed = counterRegistry(
      [1],
      counterRegistry([2, 1])
        .list(2)
        .map((s) => ({ ...s, since: 1 })),
    );
    const id = await start();
    await add(id, 1);
    device.die();
    const updated = new Device(Object.assign(new Ledger(changed), { chains: ledger.chains }), BRAVO);
    await updated.buffer.resume([...device.disk].map(([sessionId, bytes]) => ({ id: sessionId, bytes })));
    expect(updated.buffer.get(id)!.status).toMatchObject({
      state: 'conflict',
      step: 1,
      before: { body: { added: 1 } },
      after: { body: { added: 2 } },
    });
  });
});
