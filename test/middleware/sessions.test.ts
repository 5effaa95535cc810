import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asKey } from '../../src/codec/brand.ts';
import { MAX_STEPS } from '../../src/l2/limits.ts';
import { Abstain } from '../../src/middleware/errors.ts';
import {
  StepRefused,
  sessionIn,
  type SessionService,
  type SessionSummary,
} from '../../src/middleware/sessions.ts';
import type { Value } from '../../src/worker/kv/api.ts';
import { readProof } from '../../src/worker/kv/proofs.ts';
import { until } from '../worker/cluster.ts';
import { KvCluster, valueOf, versionOf } from './kv-cluster.ts';
import {
  committed,
  given,
  idOf,
  order,
  ORDERS,
  PLACED,
  startMember,
  startMembers,
  typeOf,
  type SessionNode,
} from './sessions-kit.ts';

let cluster: KvCluster;
beforeEach(async () => {
  cluster = await KvCluster.create();
});
afterEach(() => cluster.stop());

const everywhere = (nodes: readonly SessionNode[], key: string, version: number): Promise<void> =>
  until(`version ${version} everywhere`, () => nodes.every((one) => versionOf(one, key) === version));

const KEY = 'order/1';
const FULL = {
  kind: 'refuse',
  error: { type: 'store-failed', message: 'The disk is full.' },
} as const;

describe('a session', () => {
  it('runs its steps at once, commits them as one version, and every member reads the record as it was given', async () => {
    const nodes = await startMembers(cluster);
    const [a, b] = nodes as [SessionNode, SessionNode];
    const placed = given(await a.sessions.start(KEY, '/place', PLACED, { operator: 'badge 7' }));
    expect(placed.response).toBe('placed');
    const { id } = placed.session;
    const added = given(await a.sessions.step(id, '/add', { item: 'pump', count: 2n }));
    expect(added.response).toEqual({ item: 'pump', now: 2n });
    const confirmed = given(await a.sessions.step(id, '/confirm'));
    expect(confirmed.response).toEqual({
      by: 'Member 0',
      operator: 'badge 7',
      after: ['/place', '/add'],
      baseVersion: 0,
    });
    expect(confirmed.session).toMatchObject({
      key: KEY,
      operator: 'badge 7',
      baseVersion: 0,
      stepCount: 3,
      status: { state: 'local' },
    });
    expect(await b.get(KEY)).toBe(undefined);

    const outcome = await committed(a, id);
    expect(outcome).toMatchObject({ state: 'committed', version: 1 });
    await everywhere(nodes, KEY, 1);
    const record = { lines: new Map([['pump', 2n]]), placedAt: PLACED, confirmed: true };
    for (const node of nodes) {
      expect(await node.get(KEY)).toEqual(record);
      const read = given(await node.app.read(KEY));
      expect(read).toMatchObject({
        version: 1,
        session: { id, member: 'm0', operator: 'badge 7', steps: 3 },
      });
      expect(node.changes.map(({ body }) => valueOf(body!))).toEqual([record]);
      const page = given(await node.app.page({ prefix: 'order/' }, null));
      expect(page.entries.map(({ body }) => valueOf(body!))).toEqual([record]);
    }
  });

  it('is the next version of its key at another member, and names whose it is', async () => {
    const nodes = await startMembers(cluster);
    const [a, b] = nodes as [SessionNode, SessionNode];
    await committed(a, await order(a, KEY));
    await everywhere(nodes, KEY, 1);
    const id = idOf(await b.sessions.start(KEY, '/add', { item: 'hose', count: 1n }));
    expect(await committed(b, id)).toMatchObject({ state: 'committed', version: 2 });
    await everywhere(nodes, KEY, 2);
    expect(await a.get(KEY)).toMatchObject({
      lines: new Map([
        ['pump', 2n],
        ['hose', 1n],
      ]),
    });
    expect(given(await a.app.read(KEY))?.session).toMatchObject({ member: 'm1', operator: 'm1', steps: 1 });
  });

  it('is not changed by a step that its handler refuses', async () => {
    const [a] = (await startMembers(cluster)) as [SessionNode];
    const id = await order(a, KEY);
    const before = await a.sessions.get(id);
    const refused = await a.sessions.step(id, '/add', { item: 'pump', count: 0n });
    expect(refused).toMatchObject({
      ok: false,
      error: {
        type: 'step-refused',
        message: '0 of pump cannot be ordered.',
        refused: { type: 'count-wrong' },
      },
    });
    expect(await a.sessions.get(id)).toEqual(before);
    expect(typeOf(await a.sessions.start('order/2', '/add', { item: 'pump', count: 1n }))).toBe(
      'step-refused',
    );
    expect((await a.sessions.list()).map(({ key }) => key)).toEqual([KEY]);
  });

  it('takes a step back, but never the first', async () => {
    const [a] = (await startMembers(cluster)) as [SessionNode];
    const id = await order(a, KEY, ['pump', 'hose']);
    given(await a.sessions.undo(id));
    const undone = given(await a.sessions.undo(id));
    expect(undone).toMatchObject({
      stepCount: 2,
      record: { lines: new Map([['pump', 2n]]), confirmed: false },
    });
    given(await a.sessions.undo(id));
    expect(typeOf(await a.sessions.undo(id))).toBe('nothing-to-undo');
  });

  it('may not be committed before the application says that it is complete', async () => {
    const [a] = (await startMembers(cluster)) as [SessionNode];
    const id = idOf(await a.sessions.start(KEY, '/place', PLACED));
    expect(await a.sessions.commit(id)).toMatchObject({
      error: { type: 'session-incomplete', message: 'The order is not confirmed yet.' },
    });
    given(await a.sessions.step(id, '/confirm'));
    expect(await committed(a, id)).toMatchObject({ state: 'committed' });
  });

  it('is one at a time on a key, is abandoned without a trace, and another may begin', async () => {
    const [a] = (await startMembers(cluster)) as [SessionNode];
    const id = await order(a, KEY);
    expect(await a.sessions.start(KEY, '/place', PLACED)).toMatchObject({
      error: { type: 'session-open-elsewhere', session: id },
    });
    expect(given(await a.sessions.abandon(id)).status).toEqual({ state: 'abandoned', why: 'asked' });
    expect(given(await a.sessions.outcome(id))).toEqual({ state: 'abandoned', why: 'asked' });
    expect(typeOf(await a.sessions.step(id, '/confirm'))).toBe('session-closed');
    expect(await committed(a, await order(a, KEY))).toMatchObject({ state: 'committed', version: 1 });
  });

  it('tells whoever subscribes of every change, and nobody after that', async () => {
    const [a] = (await startMembers(cluster)) as [SessionNode];
    const heard: string[][] = [];
    const leave = a.sessions.subscribe((list: readonly SessionSummary[]) => {
      heard.push(list.map(({ stepCount, status }) => `${stepCount} ${status.state}`));
    });
    await until('the list as it is', () => heard.length === 1);
    expect(heard).toEqual([[]]);
    const id = await order(a, KEY);
    await until('three steps', () => heard.at(-1)?.[0] === '3 local');
    await committed(a, id);
    await until('the commit', () => heard.at(-1)?.[0] === '3 committed');
    leave();
    const before = heard.length;
    await order(a, 'order/2');
    expect(heard.length).toBe(before);
  });

  it('gives no outcome to who has stopped waiting, and goes on', async () => {
    const [a] = (await startMembers(cluster)) as [SessionNode];
    const id = await order(a, KEY);
    const leaving = new AbortController();
    const waiting = a.sessions.outcome(id, { signal: leaving.signal });
    leaving.abort();
    expect(typeOf(await waiting)).toBe('aborted');
    expect(typeOf(await a.sessions.outcome(id, { signal: AbortSignal.abort() }))).toBe('aborted');
    expect(await committed(a, id)).toMatchObject({ state: 'committed' });
    expect(typeOf(await a.sessions.outcome('0'.repeat(32)))).toBe('session-unknown');
  });

  it('can be taken apart from what a proof of its key proves', async () => {
    const [a] = (await startMembers(cluster)) as [SessionNode];
    const id = await order(a, KEY);
    await committed(a, id);
    const proof = given(readProof(given(await a.app.prove(KEY, null)), cluster.cluster.tools.hash));
    const parts = sessionIn(valueOf(proof.body!));
    expect(parts?.record).toEqual(await a.get(KEY));
    expect(parts?.session).toMatchObject({ id, member: 'm0' });
    expect(sessionIn({ record: 1, session: 2 })).toBe(null);
  });
});

describe('keys of sessions', () => {
  it('are changed by sessions alone: a set or delete is refused by name, and other keys are judged by the callback', async () => {
    const asked: string[] = [];
    const nodes = await startMembers(cluster, () => ({
      ask: async ({ key }) => {
        asked.push(key);
        return { allowed: key !== 'doc/no' };
      },
    }));
    const [a] = nodes as [SessionNode];
    await committed(a, await order(a, KEY));
    expect(typeOf(await a.set(KEY, { lines: [] }))).toBe('session-key');
    expect(typeOf(await a.delete(KEY))).toBe('session-key');
    // The prefix by itself is a key like any other.
    expect(typeOf(await a.set('order/', 1))).toBe('ok');
    expect(await a.set('doc/1', 1)).toMatchObject({ ok: true });
    expect(typeOf(await a.set('doc/no', 1))).toBe('refused');
    expect(new Set(asked)).toEqual(new Set(['order/', 'doc/1', 'doc/no']));
    for (const key of ['doc/1', 'order/', 'network/x', ''])
      expect(typeOf(await a.sessions.start(key, '/place', PLACED))).toBe('key-malformed');
  });

  it('make a member without the service abstain, which its status says, and the others decide', async () => {
    const nodes = await startMembers(cluster, (index) => (index === 3 ? { service: null } : {}));
    const [a, , , d] = nodes as [SessionNode, SessionNode, SessionNode, SessionNode];
    const id = await order(a, KEY);
    // The others are enough, and who has heard of them judges nothing.
    const goOn = cluster.cluster.hub.holdVotes(({ author }) => author !== 0);
    given(await a.sessions.commit(id));
    await until('it abstains', () => d.app.status().access.length > 0);
    goOn();
    expect(given(await a.sessions.outcome(id))).toMatchObject({ state: 'committed' });
    await everywhere(nodes, KEY, 1);
    expect(d.app.status().sessions.prefix).toBe(null);
    expect(d.app.status().access).toMatchObject([{ key: KEY, kind: 'abstained' }]);
    expect(d.node.refused).toEqual([]);
    expect(typeOf(await d.sessions.start(KEY, '/place', PLACED))).toBe('no-service');
    expect(await d.sessions.list()).toEqual([]);
  });

  it('are not certified while too many members have no service, and nobody refuses them', async () => {
    const nodes = await startMembers(cluster, (index) => (index >= 2 ? { service: null } : {}));
    const [a, , c, d] = nodes as [SessionNode, SessionNode, SessionNode, SessionNode];
    const id = await order(a, KEY);
    given(await a.sessions.commit(id));
    await until('both have abstained', () => [c, d].every(({ app }) => app.status().access.length > 0));
    expect((await a.sessions.get(id))?.status).toEqual({ state: 'voting' });
    expect(a.node.refused).toEqual([]);
    expect([c, d].flatMap(({ app }) => app.status().access.map(({ kind }) => kind))).toEqual([
      'abstained',
      'abstained',
    ]);
  });
});

describe('a reload', () => {
  it('finds the session with every step that was answered, and it goes on', async () => {
    const nodes = await startMembers(cluster);
    const [a] = nodes as [SessionNode];
    const id = await order(a, KEY);
    const before = await a.sessions.get(id);
    cluster.cluster.kill(0);
    const again = await startMember(cluster, 0);
    expect((await again.sessions.list()).map((one) => one.id)).toEqual([id]);
    expect(await again.sessions.get(id)).toEqual(before);
    await until('it may vote', () => again.node.standing.kind === 'voter');
    given(await again.sessions.undo(id));
    given(await again.sessions.step(id, '/confirm'));
    expect(await committed(again, id)).toMatchObject({ state: 'committed', version: 1 });
    cluster.cluster.kill(0);
    const third = await startMember(cluster, 0);
    expect(given(await third.sessions.outcome(id))).toMatchObject({ state: 'committed', version: 1 });
  });

  it('proposes again what was under vote, and tells the outcome to who asks then', async () => {
    const nodes = await startMembers(cluster);
    const [a] = nodes as [SessionNode];
    for (const other of [1, 2, 3]) cluster.cluster.hub.sever(a.node.transport.self, other as never);
    const id = await order(a, KEY);
    given(await a.sessions.commit(id));
    expect((await a.sessions.get(id))?.status.state).toBe('voting');
    cluster.cluster.kill(0);
    cluster.cluster.hub.heal();
    const again = await startMember(cluster, 0);
    expect(given(await again.sessions.outcome(id))).toMatchObject({ state: 'committed', version: 1 });
  });

  it('does not resolve a step whose write has failed, and keeps what was before', async () => {
    const [a] = (await startMembers(cluster)) as [SessionNode];
    const id = await order(a, KEY);
    const before = await a.sessions.get(id);
    cluster.cluster.members[0]!.disk.setFault((batch) => (batch.sessions?.length ? FULL : null));
    expect(typeOf(await a.sessions.step(id, '/add', { item: 'pump', count: 1n }))).toBe('store-failed');
    expect((await a.sessions.get(id))?.stepCount).toBe(before?.stepCount);
  });
});

describe('two members that end a session on one key at once', () => {
  it('are both committed when the later one answers the same on the record of the first', async () => {
    const nodes = await startMembers(cluster);
    const [a, b] = nodes as [SessionNode, SessionNode];
    await committed(a, await order(a, KEY));
    await everywhere(nodes, KEY, 1);
    const first = idOf(await a.sessions.start(KEY, '/add', { item: 'hose', count: 1n }));
    const second = idOf(await b.sessions.start(KEY, '/add', { item: 'valve', count: 1n }));
    const [one, two] = await Promise.all([committed(a, first), committed(b, second)]);
    expect(
      [one, two].map((outcome) => (outcome.state === 'committed' ? outcome.version : outcome.state)).sort(),
    ).toEqual([2, 3]);
    await everywhere(nodes, KEY, 3);
    const { lines } = (await a.get(KEY)) as { lines: Map<string, bigint> };
    expect([...lines.keys()].sort()).toEqual(['hose', 'pump', 'valve']);
    const rebases = await Promise.all([a.sessions.get(first), b.sessions.get(second)]);
    expect(rebases.map((one) => one!.rebases).sort()).toEqual([0, 1]);
  });

  it('tell one of them what is different now; it may keep the rest, or abandon it', async () => {
    const nodes = await startMembers(cluster);
    const [a, b] = nodes as [SessionNode, SessionNode];
    await committed(a, await order(a, KEY));
    await everywhere(nodes, KEY, 1);
    const later = idOf(await b.sessions.start(KEY, '/add', { item: 'valve', count: 1n }));
    given(await b.sessions.step(later, '/add', { item: 'pump', count: 1n }));
    await committed(a, idOf(await a.sessions.start(KEY, '/add', { item: 'pump', count: 5n })));
    const outcome = given(await b.sessions.outcome(later));
    expect(outcome).toMatchObject({
      state: 'conflict',
      step: 1,
      before: { ok: true, response: { item: 'pump', now: 3n } },
      after: { ok: true, response: { item: 'pump', now: 8n } },
    });
    expect(typeOf(await b.sessions.commit(later))).toBe('session-closed');
    const rebased = given(await b.sessions.rebase(later));
    expect(rebased).toMatchObject({ baseVersion: 2, stepCount: 1, status: { state: 'local' } });
    expect(await committed(b, later)).toMatchObject({ state: 'committed', version: 3 });
  });

  it('lose no step that gives no answer on the newer record: nothing changes, and it is rebased later', async () => {
    let answers = true;
    const service: SessionService = {
      ...ORDERS,
      steps: {
        ...ORDERS.steps,
        '/note': (record) => {
          if (!answers) throw new Abstain('The notes have not arrived.');
          return { record };
        },
      },
    };
    const nodes = await startMembers(cluster, () => ({ service }));
    const [a, b] = nodes as [SessionNode, SessionNode];
    await committed(a, await order(a, KEY));
    await everywhere(nodes, KEY, 1);
    const later = idOf(await b.sessions.start(KEY, '/add', { item: 'valve', count: 1n }));
    given(await b.sessions.step(later, '/add', { item: 'pump', count: 1n }));
    given(await b.sessions.step(later, '/note'));
    await committed(a, idOf(await a.sessions.start(KEY, '/add', { item: 'pump', count: 5n })));
    expect(given(await b.sessions.outcome(later))).toMatchObject({ state: 'conflict', step: 1 });
    answers = false;
    expect(await b.sessions.rebase(later)).toMatchObject({
      error: { type: 'step-unanswered', message: expect.stringContaining('The notes have not arrived.') },
    });
    expect(await b.sessions.get(later)).toMatchObject({ stepCount: 3, status: { state: 'conflict' } });
    answers = true;
    expect(given(await b.sessions.rebase(later)).steps.map(({ path }) => path)).toEqual(['/add', '/note']);
  });

  it('keep the steps of the later one when it is no longer complete on the record of the first', async () => {
    const service: SessionService = {
      prefix: 'list/',
      steps: { '/add': (record, body) => ({ record: [...((record as Value[] | null) ?? []), body] }) },
      incomplete: (record) => ((record as Value[]).length < 3 ? null : 'Three are too many.'),
    };
    const nodes = await startMembers(cluster, () => ({ service }));
    const [a, b] = nodes as [SessionNode, SessionNode];
    await committed(a, idOf(await a.sessions.start('list/1', '/add', 1)));
    await everywhere(nodes, 'list/1', 1);
    const later = idOf(await b.sessions.start('list/1', '/add', 2));
    // Under vote, and nobody hears of it.
    for (const other of [0, 2, 3]) cluster.cluster.hub.sever(b.node.transport.self, other as never);
    given(await b.sessions.commit(later));
    await committed(a, idOf(await a.sessions.start('list/1', '/add', 3)));
    cluster.cluster.hub.heal();
    const outcome = given(await b.sessions.outcome(later));
    expect(outcome).toMatchObject({ state: 'conflict' });
    expect(outcome.state === 'conflict' && outcome.message).toContain('Three are too many.');
    expect(await b.sessions.get(later)).toMatchObject({ stepCount: 1 });
    expect(given(await b.sessions.rebase(later))).toMatchObject({
      baseVersion: 2,
      status: { state: 'local' },
    });
  });

  it('tell what the handler says when a step is refused on the newer record', async () => {
    const nodes = await startMembers(cluster);
    const [a, b] = nodes as [SessionNode, SessionNode];
    const mine = await order(a, KEY);
    const theirs = await order(b, KEY);
    await committed(a, mine);
    expect(given(await b.sessions.outcome(theirs))).toMatchObject({
      state: 'conflict',
      step: 0,
      after: { ok: false, type: 'order-known' },
    });
    expect(typeOf(await b.sessions.rebase(theirs))).toBe('step-refused');
    expect(given(await b.sessions.abandon(theirs)).status.state).toBe('abandoned');
  });
});

describe('limits', () => {
  it(`are ${MAX_STEPS} steps; that many are committed`, async () => {
    const nodes = await startMembers(cluster);
    const [a] = nodes as [SessionNode];
    const id = await order(a, KEY, []);
    for (let i = 2; i < MAX_STEPS; i++)
      given(await a.sessions.step(id, '/add', { item: `part ${i}`, count: 1n }));
    expect(await a.sessions.step(id, '/add', { item: 'one more', count: 1n })).toMatchObject({
      error: { type: 'too-many-steps' },
    });
    expect(await committed(a, id)).toMatchObject({ state: 'committed' });
    await everywhere(nodes, KEY, 1);
    expect(((await nodes[3]!.get(KEY)) as { lines: Map<string, bigint> }).lines.size).toBe(MAX_STEPS - 2);
  });

  it('are sizes of a request, a response and a record, each told before anything is stored', async () => {
    const bytes = (size: number): Uint8Array => new Uint8Array(size).fill(7);
    const service: SessionService = {
      prefix: 'blob/',
      steps: {
        '/keep': (_record, body) => ({ record: body }),
        '/echo': (record, body) => ({ record, response: bytes(Number(body)) }),
        '/grow': (_record, body) => ({ record: bytes(Number(body)) }),
      },
    };
    const nodes = await startMembers(cluster, () => ({ service }));
    const [a] = nodes as [SessionNode];
    const refused = async (path: string, body: number | Uint8Array): Promise<string> =>
      typeOf(await a.sessions.start('blob/1', path, body));
    expect(await refused('/keep', bytes(256 * 1024))).toBe('request-malformed');
    expect(await refused('/keep', bytes(1024 * 1024))).toBe('too-large');
    expect(await refused('/echo', 256 * 1024)).toBe('step-refused');
    expect(await refused('/grow', 1024 * 1024)).toBe('step-refused');
    expect(await a.sessions.list()).toEqual([]);
    // The largest that the buffer lets through is one that every replica takes.
    let size = 512 * 1024;
    let id: string | null = null;
    for (; id === null; size -= 256) {
      const started = await a.sessions.start('blob/1', '/grow', size);
      if (started.ok) ({ id } = started.value.session);
      else expect(['too-many-steps', 'step-refused']).toContain(started.error.type);
    }
    expect(await committed(a, id)).toMatchObject({ state: 'committed' });
    await everywhere(nodes, 'blob/1', 1);
    expect(((await nodes[2]!.get('blob/1')) as Uint8Array).length).toBeGreaterThan(500 * 1024);
  });

  it('are paths and services that can be', async () => {
    const [a] = (await startMembers(cluster)) as [SessionNode];
    expect(typeOf(await a.sessions.start(KEY, '/unknown'))).toBe('path-unknown');
    expect(typeOf(await a.sessions.start(KEY, 'place'))).toBe('request-malformed');
    expect(typeOf(await a.sessions.start(KEY, '/place', PLACED, { operator: 'x'.repeat(25) }))).toBe(
      'request-malformed',
    );
    expect(typeOf(await a.sessions.start(KEY, '/place', (() => 1) as never))).toBe('value-unsupported');
    const { steps } = ORDERS;
    for (const wrong of [
      { prefix: '', steps },
      { prefix: 'net', steps },
      { prefix: 'network/x', steps },
      { prefix: 'order/', steps: {} },
      { prefix: 'order/', steps: { place: steps['/place']! } },
    ])
      await expect(startMember(cluster, 0, { service: wrong })).rejects.toThrow(RangeError);
    expect(versionOf(a, KEY)).toBe(0);
    expect(asKey(KEY)).toBe(KEY);
    expect(new StepRefused('a', 'b')).toMatchObject({ name: 'StepRefused', type: 'a', message: 'b' });
  });
});
