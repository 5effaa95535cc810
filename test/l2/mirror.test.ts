/** L2 = 2: a session on two devices. One may die at any await; what was acknowledged is at the other, and one session commits once. */
import { beforeEach, describe, expect, it } from 'vitest';
import { createRandom } from '../sim/scheduler.ts';
import { decodeAnswer, decodeMirror, encodeMirror } from '../../src/l2/mirror.ts';
import type { ServiceRequest, SessionView } from '../../src/l2/types.ts';
import { parseSessionValue } from '../../src/l2/value.ts';
import { ALPHA, counterRegistry, post, services, type Counter } from './counter.ts';
import { Duplex, Terminal } from './pair.ts';
import { Device, errorOf, KEY, Ledger, must } from './world.ts';

let ledger: Ledger;
let duplex: Duplex;
let first: Terminal;
let second: Terminal;
let rival: Device;

beforeEach(() => begin());

async function begin(): Promise<void> {
  ledger = new Ledger();
  duplex = new Duplex();
  first = new Terminal(ledger, duplex, '7');
  second = new Terminal(ledger, duplex, '8');
  rival = new Device(ledger, ALPHA);
  const created = must(await rival.buffer.start(KEY, 'op', post('/create', { total: 5 })));
  must(await rival.buffer.step(created.id, post('/finish')));
  must(await rival.buffer.commit(created.id));
  rival.hear(KEY, rival.proposals.pop()!.body);
  await rival.buffer.idle();
  first.buffer.setMirror(second.key);
}

const WORK: readonly ServiceRequest[] = [
  post('/open'),
  post('/add', { n: 1 }),
  post('/note', { text: 'checked' }),
  post('/add', { n: 10 }),
  post('/finish'),
];
const done = (view: SessionView | undefined): number => view?.transactions.length ?? 0;

/** Runs what is missing of WORK on a device, then commits; counts what was acknowledged. */
async function work(at: Terminal, acknowledged: { steps: number }, id?: string): Promise<string> {
  let session = id;
  for (let i = done(session === undefined ? undefined : at.buffer.get(session)); i < WORK.length; i++) {
    if (session === undefined) session = must(await at.buffer.start(KEY, 'dock 2', WORK[i]!)).id;
    else must(await at.buffer.step(session, WORK[i]!));
    acknowledged.steps = i + 1;
  }
  must(await at.buffer.commit(session!));
  return session!;
}

/** What every run must end with: the work done once, by one session, nothing doubled, and a value that everybody finds valid. */
async function checkCommittedOnce(label = ''): Promise<void> {
  const bodies = ledger.chain(KEY).map(({ body }) => must(parseSessionValue(body!)));
  const ids = bodies.map(({ session }) => session.id);
  expect(new Set(ids).size, `${label} sessions in the chain: ${ids.map((id) => id.slice(-4)).join()}`).toBe(
    ids.length,
  );
  for (const terminal of [first, second]) {
    expect(terminal.errors).toEqual([]);
    for (const p of terminal.proposals)
      expect(await ledger.validateAt(KEY, p.version, p.body)).toEqual({ verdict: 'valid' });
  }
}

async function certifyNext(): Promise<boolean> {
  const version = ledger.chain(KEY).length + 1;
  const open = [...first.proposals, ...second.proposals].filter((p) => p.version === version);
  if (open.length === 0) return false;
  first.hear(open.at(-1)!);
  await settle();
  return true;
}

/** Until nothing moves at whoever lives. */
async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    for (const t of [first, second])
      if (t.isAlive) await Promise.race([Promise.all([t.buffer.idle(), t.host.idle()]), t.killed]);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('a mirrored session', () => {
  it('is on both disks before a step is acknowledged, and signed for by the second', async () => {
    const id = must(await first.buffer.start(KEY, 'dock 2', WORK[0]!)).id;
    must(await first.buffer.step(id, WORK[1]!));
    second.die();
    await second.restart();
    expect(second.host.list()).toMatchObject([{ session: { id, record: { total: 6 } }, from: first.key }]);
    expect(first.buffer.get(id)).toMatchObject({ mirror: { device: second.key } });
  });

  it('commits as with one device, and the value names the device and its certificate', async () => {
    const id = await work(first, { steps: 0 });
    const proposal = first.proposals[0]!;
    expect(await ledger.validate(KEY, proposal.body)).toEqual({ verdict: 'valid' });
    first.hear(proposal);
    await settle();
    expect(first.buffer.get(id)!.status).toMatchObject({ state: 'committed', version: 2 });
    expect(second.host.list()).toEqual([]);
    expect(second.disk.size).toBe(0);
  });

  it('killed after the quality check: the second finishes and commits, nothing asked twice', async () => {
    const id = must(await first.buffer.start(KEY, 'dock 2', WORK[0]!)).id;
    for (const request of WORK.slice(1, 3)) must(await first.buffer.step(id, request));
    first.die();
    const taken = must(await second.host.takeOver(id));
    expect(taken).toMatchObject({ id, status: { state: 'local' } });
    expect(done(taken)).toBe(3);
    await work(second, { steps: 0 }, id);
    const proposal = second.proposals[0]!;
    expect(await ledger.validate(KEY, proposal.body)).toEqual({ verdict: 'valid' });
    second.hear(proposal);
    await settle();
    const { session, record } = must(parseSessionValue(ledger.head(KEY)!.body!));
    expect(session.transactions.map((t) => t.node)).toEqual([
      first.key,
      first.key,
      first.key,
      second.key,
      second.key,
    ]);
    expect((record as Counter).total).toBe(16);
    await first.restart();
    await settle();
    expect(first.buffer.get(id)!.status.state).toBe('committed');
  });

  it('the second cannot be told another step than the one that it answers for', async () => {
    const doubling = services.filter((s) => s.path !== '/add' || s.since === 2);
    const strange = counterRegistry(
      [1],
      doubling.map((s) => ({ ...s, since: 1 })),
    );
    second = new Terminal(ledger, duplex, '8', strange);
    const id = must(await first.buffer.start(KEY, 'dock 2', WORK[0]!)).id;
    const error = errorOf(await first.buffer.step(id, WORK[1]!));
    expect(error).toMatchObject({ type: 'mirror-differs', response: { body: { added: 2 } } });
    expect(error.message).toContain('step');
    expect(done(first.buffer.get(id))).toBe(1);
    must(await first.buffer.mirrorTo(id, null));
    must(await first.buffer.step(id, WORK[1]!));
  });

  it('without an answer nothing is acknowledged; alone it goes on when a person says so', async () => {
    const id = must(await first.buffer.start(KEY, 'dock 2', WORK[0]!)).id;
    second.die();
    expect(errorOf(await first.buffer.step(id, WORK[1]!))).toMatchObject({ type: 'mirror-unreachable' });
    expect(done(first.buffer.get(id))).toBe(1);
    must(await first.buffer.mirrorTo(id, null));
    await work(first, { steps: 0 }, id);
    first.hear(first.proposals[0]!);
    await second.restart();
    await settle();
    await second.host.decided(KEY);
    expect(second.host.list()).toEqual([]);
  });

  it('whose end was not heard of is dropped, also when others have gone on from there', async () => {
    const id = must(await first.buffer.start(KEY, 'dock 2', WORK[0]!)).id;
    second.die();
    must(await first.buffer.mirrorTo(id, null));
    await work(first, { steps: 0 }, id);
    first.hear(first.proposals[0]!);
    await settle();
    first.buffer.setMirror(null);
    await work(first, { steps: 0 });
    first.hear(first.proposals.at(-1)!);
    await second.restart();
    await settle();
    expect(second.host.list()).toHaveLength(1);
    await second.host.decided(KEY);
    expect(second.host.list()).toEqual([]);
  });

  it('that nobody touches any more is given up, as it is where it was begun', async () => {
    const id = must(await first.buffer.start(KEY, 'dock 2', WORK[0]!)).id;
    must(await first.buffer.step(id, WORK[1]!));
    await second.host.expire();
    expect(second.host.list()).toHaveLength(1);
    await second.host.expire(-1);
    expect(second.host.list()).toEqual([]);
    // Still there where it runs, and mirrored again with its next step.
    must(await first.buffer.step(id, WORK[2]!));
    expect(second.host.list()).toMatchObject([{ session: { id } }]);
  });

  it('a device that comes back is told that it is the session no longer, and stops', async () => {
    const id = must(await first.buffer.start(KEY, 'dock 2', WORK[0]!)).id;
    duplex.cut = true;
    must(await second.host.takeOver(id));
    duplex.cut = false;
    expect(errorOf(await first.buffer.step(id, WORK[1]!))).toMatchObject({ type: 'session-moved' });
    expect(first.buffer.get(id)!.status).toEqual({ state: 'abandoned', why: 'moved' });
    await first.restart();
    expect(first.buffer.get(id)!.status).toEqual({ state: 'abandoned', why: 'moved' });
    await work(second, { steps: 0 }, id);
  });

  it('goes back to the first, which had lost it, with the next term', async () => {
    const id = must(await first.buffer.start(KEY, 'dock 2', WORK[0]!)).id;
    must(await second.host.takeOver(id));
    await settle();
    expect(first.buffer.get(id)!.status).toEqual({ state: 'abandoned', why: 'moved' });
    must(await second.buffer.mirrorTo(id, first.key));
    must(await second.buffer.step(id, WORK[1]!));
    second.die();
    expect(must(await first.host.takeOver(id))).toMatchObject({
      status: { state: 'local' },
      record: { total: 6 },
    });
    await work(first, { steps: 0 }, id);
    first.hear(first.proposals[0]!);
    await second.restart();
    await settle();
    expect(second.buffer.get(id)!.status.state).toBe('committed');
  });

  it('moves along when somebody else commits, on both devices', async () => {
    const id = must(await first.buffer.start(KEY, 'dock 2', WORK[0]!)).id;
    must(await first.buffer.step(id, WORK[1]!));
    const other = must(await rival.buffer.start(KEY, 'rival', post('/open')));
    must(await rival.buffer.step(other.id, post('/add', { n: 100 })));
    must(await rival.buffer.step(other.id, post('/finish')));
    must(await rival.buffer.commit(other.id));
    const { version, digest } = rival.hear(KEY, rival.proposals.pop()!.body);
    first.buffer.decided(KEY, version, digest);
    await settle();
    expect(first.buffer.get(id)).toMatchObject({ baseVersion: 2, rebases: 1 });
    first.die();
    expect(must(await second.host.takeOver(id))).toMatchObject({ baseVersion: 2, record: { total: 106 } });
  });

  it('both go on alone while they cannot hear each other: one commits, the other is shown what is missing', async () => {
    const id = must(await first.buffer.start(KEY, 'dock 2', WORK[0]!)).id;
    duplex.cut = true;
    must(await first.buffer.mirrorTo(id, null));
    must(await second.host.takeOver(id));
    must(await second.buffer.step(id, post('/add', { n: 1000 })));
    await work(first, { steps: 0 }, id);
    await work(second, { steps: 0 }, id);
    expect(first.proposals[0]!.digest).not.toBe(second.proposals[0]!.digest);
    first.hear(first.proposals[0]!);
    await settle();
    duplex.cut = false;
    expect(first.buffer.get(id)!.status.state).toBe('committed');
    expect(second.buffer.get(id)!.status).toMatchObject({ state: 'conflict', step: 1 });
    expect(errorOf(await second.buffer.rebase(id))).toMatchObject({ type: 'session-closed' });
    // Somebody who does not look does not get votes either.
    expect(await ledger.validate(KEY, second.proposals[0]!.body)).toMatchObject({ verdict: 'invalid' });
    must(await second.buffer.abandon(id));
    await checkCommittedOnce();
  });

  it('that won while its device was away is committed there by the digest of its version, before the bytes of that are here', async () => {
    const id = must(await first.buffer.start(KEY, 'dock 2', WORK[0]!)).id;
    duplex.cut = true;
    must(await first.buffer.mirrorTo(id, null));
    await work(first, { steps: 0 }, id);
    first.die();
    ledger.certify(KEY, first.proposals[0]!.body);
    for (let i = 0; i < 2; i++) {
      const other = must(await rival.buffer.start(KEY, 'rival', post('/open')));
      must(await rival.buffer.step(other.id, post('/finish')));
      must(await rival.buffer.commit(other.id));
      rival.hear(KEY, rival.proposals.pop()!.body);
      await settle();
    }
    first.lacksBodies = true;
    await first.restart();
    await settle();
    expect(first.buffer.get(id)!.status).toMatchObject({ state: 'committed', version: 2 });
    expect(first.proposals).toHaveLength(1);
  });

  it('that a stronger claim takes away with steps that only this device has stays here to be looked at, over a restart too', async () => {
    const id = must(await first.buffer.start(KEY, 'dock 2', WORK[0]!)).id;
    duplex.cut = true;
    must(await first.buffer.mirrorTo(id, null));
    must(await first.buffer.step(id, WORK[1]!));
    must(await second.host.takeOver(id));
    must(await second.buffer.mirrorTo(id, null));
    duplex.cut = false;
    // Its second claim is of a later term.
    await first.buffer.mirrorTo(id, second.key);
    await settle();
    const { status } = first.buffer.get(id)!;
    expect(status).toMatchObject({ state: 'conflict', why: 'moved', step: 1 });
    first.die();
    await first.restart();
    expect(first.buffer.get(id)!.status).toEqual(status);
  });

  it('claims that nobody of this member has signed move nothing', async () => {
    const id = must(await first.buffer.start(KEY, 'dock 2', WORK[0]!)).id;
    const stranger = 'f'.repeat(64);
    const claim = {
      session: id,
      term: 9,
      seq: 99,
      device: stranger,
      certificate: null,
      signature: new Uint8Array(64),
    };
    await first.host.handle(stranger, encodeMirror({ type: 'claim', claim }));
    expect(first.buffer.get(id)!.status.state).toBe('local');
    must(await first.buffer.step(id, WORK[1]!));
  });

  it('malformed messages get an answer, and change nothing', async () => {
    const id = must(await first.buffer.start(KEY, 'dock 2', WORK[0]!)).id;
    const random = createRandom(5);
    const good = encodeMirror({
      type: 'op',
      session: id,
      term: 1,
      seq: 2,
      op: { op: 'step', step: new Uint8Array(9) },
    });
    for (let i = 0; i < 400; i++) {
      const bytes = good.slice(0, random.chance(50) ? good.length : random.below(good.length));
      if (bytes.length > 0) bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
      const answer = decodeAnswer(await second.host.handle(first.key, bytes));
      expect(answer.ok).toBe(true);
      if (decodeMirror(bytes).ok) continue;
      expect(answer.ok && answer.value.verdict).toBe('later');
    }
    must(await first.buffer.step(id, WORK[1]!));
  });
});

describe('killed at every await', () => {
  it('the first: the second has all that was acknowledged, finishes and commits; the first, back, proposes nothing else', async () => {
    await work(first, { steps: 0 });
    const calls = first.calls;
    expect(calls).toBeGreaterThan(15);
    for (let at = 0; at < calls; at++) {
      for (const effect of [false, true]) {
        await begin();
        const acknowledged = { steps: 0 };
        first.kill = { afterCalls: at, effect };
        await Promise.race([work(first, acknowledged), first.killed]);
        await settle();
        const mirrored = second.host.list()[0];
        expect(done(mirrored?.session), `${at} ${effect}`).toBeGreaterThanOrEqual(acknowledged.steps);
        // Nothing began before the second knew of it.
        if (!mirrored) {
          await first.restart();
          expect(acknowledged.steps).toBe(0);
          continue;
        }
        const { id } = mirrored.session;
        must(await second.host.takeOver(id));
        if (second.buffer.get(id)!.status.state === 'local') await work(second, { steps: 0 }, id);
        await settle();
        await first.restart();
        await settle();
        await certifyNext();
        expect(second.buffer.get(id)!.status.state, `${at} ${effect}`).toBe('committed');
        expect((must(parseSessionValue(ledger.head(KEY)!.body!)).record as Counter).total).toBe(16);
        const there = first.buffer.get(id)?.status;
        expect(
          there === undefined || there.state === 'committed' || there.state === 'abandoned',
          `${at} ${effect} ${there?.state}`,
        ).toBe(true);
        // The same session on the same base has one value, whoever proposed it.
        expect(new Set([...first.proposals, ...second.proposals].map((p) => p.digest)).size).toBe(1);
        await checkCommittedOnce();
      }
    }
  });

  it('the second, also while it takes over: it comes back, or the first goes on alone', async () => {
    await work(first, { steps: 0 });
    const calls = second.calls;
    for (let at = 0; at < calls; at++) {
      for (const effect of [false, true]) {
        await begin();
        const acknowledged = { steps: 0 };
        second.kill = { afterCalls: at, effect };
        await work(first, acknowledged).catch(() => undefined);
        await settle();
        await second.restart();
        const id = first.buffer.list()[0]?.id;
        await work(first, acknowledged, id);
        await certifyNext();
        expect(first.buffer.list()[0]!.status.state).toBe('committed');
        await checkCommittedOnce();
      }
    }
    for (let at = 0; at < 8; at++) {
      for (const effect of [false, true]) {
        await begin();
        const id = must(await first.buffer.start(KEY, 'dock 2', WORK[0]!)).id;
        first.die();
        second.kill = { afterCalls: at, effect };
        await Promise.race([second.host.takeOver(id), second.killed]);
        await settle();
        if (!second.isAlive) await second.restart();
        second.kill = null;
        if (second.host.list().length > 0) must(await second.host.takeOver(id));
        await work(second, { steps: 0 }, id);
        await first.restart();
        expect(await first.buffer.step(id, WORK[1]!)).toMatchObject({ ok: false });
        await certifyNext();
        await checkCommittedOnce();
      }
    }
  });
});

describe('killed while a session is given a second device', () => {
  it('and both go on with it: it commits once, though the first does not know what the second has', async () => {
    for (let at = 0; at < 8; at++) {
      for (const effect of [false, true]) {
        await begin();
        first.buffer.setMirror(null);
        const id = must(await first.buffer.start(KEY, 'dock 2', WORK[0]!)).id;
        first.kill = { afterCalls: at, effect };
        await Promise.race([first.buffer.mirrorTo(id, second.key), first.killed]);
        await settle();
        await first.restart();
        duplex.cut = true;
        if (second.host.list().length > 0) {
          must(await second.host.takeOver(id));
          await work(second, { steps: 0 }, id);
          await certifyNext();
        }
        must(await rival.buffer.start(KEY, 'rival', post('/open')));
        // The version after it comes before the first has looked.
        const other = rival.buffer.list()[0]!.id;
        must(await rival.buffer.step(other, post('/finish')));
        must(await rival.buffer.commit(other));
        const { version, digest } = rival.hear(KEY, rival.proposals.pop()!.body);
        first.buffer.decided(KEY, version, digest);
        await settle();
        await first.buffer.mirrorTo(id, null);
        if (first.buffer.get(id)!.status.state === 'local') await work(first, { steps: 0 }, id);
        await settle();
        await certifyNext();
        await checkCommittedOnce(`${at} ${effect}`);
        const ids = ledger.chain(KEY).map(({ body }) => must(parseSessionValue(body!)).session.id);
        expect(ids.filter((one) => one === id)).toHaveLength(1);
      }
    }
  });

  it('a take-over does not hide steps that this device has made in the same session', async () => {
    const id = must(await first.buffer.start(KEY, 'dock 2', WORK[0]!)).id;
    duplex.cut = true;
    must(await first.buffer.mirrorTo(id, null));
    must(await first.buffer.step(id, post('/add', { n: 7 })));
    must(await second.host.takeOver(id));
    duplex.cut = false;
    // The first is told that the second goes on, and sees what it has made itself as a conflict.
    expect(errorOf(await second.buffer.mirrorTo(id, first.key))).toMatchObject({
      type: 'mirror-unreachable',
    });
    await settle();
    expect(first.buffer.get(id)!.status.state).toBe('conflict');
    must(await second.buffer.mirrorTo(id, first.key));
    await settle();
    if (first.host.list().length === 0) throw new Error('the first mirrors nothing');
    expect(errorOf(await first.host.takeOver(id))).toMatchObject({ type: 'session-closed' });
    must(await second.buffer.step(id, post('/add', { n: 1 })));
    must(await first.buffer.abandon(id));
    must(await second.buffer.step(id, post('/add', { n: 1 })));
    expect(done(must(await first.host.takeOver(id)))).toBe(3);
  });

  it('a conflict that a claim has made stays in sight when the claim comes again', async () => {
    const id = must(await first.buffer.start(KEY, 'dock 2', WORK[0]!)).id;
    duplex.cut = true;
    must(await first.buffer.mirrorTo(id, null));
    must(await first.buffer.step(id, post('/add', { n: 7 })));
    must(await second.host.takeOver(id));
    duplex.cut = false;
    for (const device of [first.key, null, first.key, null]) {
      await second.buffer.mirrorTo(id, device);
      await settle();
      const states = [first, second].map((t) => t.buffer.get(id)!);
      const keeper = states.find((view) => view.transactions.length === 2)!;
      expect(['conflict', 'local']).toContain(keeper.status.state);
    }
  });
});

function show(turn: number, at: Terminal): void {
  const of = (t: Terminal): string =>
    t.buffer
      .list()
      .map(
        (s) =>
          `${s.id.slice(-4)} ${s.status.state}${'why' in s.status ? s.status.why : ''} ${s.transactions.length} base${s.baseVersion} m${s.mirror?.device[0] ?? '-'}`,
      )
      .join(', ') +
    ` [${t.host
      .list()
      .map((m) => `${m.session.id.slice(-4)} ${m.session.transactions.length}`)
      .join(',')}]${t.isAlive ? '' : ' dead'}`;
  console.log(
    `${turn} at ${at.key[0]} ${duplex.cut ? 'cut' : ''} chain ${ledger.chain(KEY).length}\n   7: ${of(first)}\n   8: ${of(second)}`,
  );
}

describe('random kills, cuts, take-overs and rivals', () => {
  it('never lose an acknowledged step in silence, and never commit one session twice', async () => {
    let committed = 0;
    let moved = 0;
    const from = Number(process.env.SEED ?? 1);
    for (let seed = from; seed < from + Number(process.env.RUNS ?? 40); seed++) {
      await begin();
      const random = createRandom(seed);
      /** Session → tags of steps that were acknowledged, wherever. */
      const acknowledged = new Map<string, Set<number>>();
      let tags = 0;
      for (let turn = 0; turn < 30; turn++) {
        const at = random.chance(50) ? first : second;
        const other = at === first ? second : first;
        if (!at.isAlive) await at.restart();
        if (random.chance(12)) at.kill = { afterCalls: random.below(8), effect: random.chance(50) };
        if (random.chance(8)) duplex.cut = !duplex.cut;
        const open = at.buffer.list().find((s) => s.status.state === 'local');
        const act = async (): Promise<void> => {
          const roll = random.below(100);
          if (roll < 15 && at.host.list()[0]) {
            if ((await at.host.takeOver(at.host.list()[0]!.session.id)).ok) moved++;
          } else if (roll < 22 && open)
            await at.buffer.mirrorTo(open.id, random.chance(50) ? null : other.key);
          else if (!open) {
            at.buffer.setMirror(random.chance(80) ? other.key : null);
            const started = await at.buffer.start(KEY, 'dock', post('/open'));
            if (started.ok) acknowledged.set(started.value.id, new Set());
          } else if (roll < 75) {
            const tag = ++tags;
            const stepped = await at.buffer.step(open.id, post('/add', { n: 1, tag }));
            if (stepped.ok) acknowledged.get(open.id)?.add(tag);
          } else {
            await at.buffer.step(open.id, post('/finish'));
            await at.buffer.commit(open.id);
          }
        };
        await Promise.race([act(), at.killed, other.killed.then(() => settle())]);
        await settle();
        if (process.env.SHOW) show(turn, at);
        if (random.chance(20)) await certifyNext();
      }
      duplex.cut = false;
      for (const t of [first, second]) {
        t.kill = null;
        await t.restart();
      }
      await settle();
      while (await certifyNext());
      await checkCommittedOnce(`seed ${seed}`);
      const chain = ledger.chain(KEY).map(({ body }) => must(parseSessionValue(body!)).session);
      const tagsIn = (steps: SessionView['transactions']): number[] =>
        steps.map((t) => Number((t.request.body as { tag?: number } | null)?.tag ?? 0));
      for (const [id, steps] of acknowledged) {
        const places = [
          ...chain.filter((s) => s.id === id).map((s) => s.transactions),
          ...[first, second].flatMap((t) =>
            t.buffer
              .list()
              .filter((s) => s.id === id && !(s.status.state === 'abandoned'))
              .map((s) => s.transactions),
          ),
          ...[first, second].flatMap((t) =>
            t.host
              .list()
              .filter((m) => m.session.id === id)
              .map((m) => m.session.transactions),
          ),
        ].map(tagsIn);
        for (const tag of steps)
          expect(
            places.some((tagged) => tagged.includes(tag)),
            `seed ${seed}: step ${tag} of ${id}`,
          ).toBe(true);
      }
      committed += chain.length - 1;
    }
    expect(Math.min(committed, moved)).toBeGreaterThan(5);
  }, 3_600_000);
});
