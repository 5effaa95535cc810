import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { asKey, asVersion } from '../../src/codec/brand.ts';
import { decode, type CborValue } from '../../src/codec/cbor.ts';
import { sessionBytes } from '../../src/crypto/domains.ts';
import type { CommittedSession, Transaction } from '../../src/l2/types.ts';
import { encodeSessionValue, unsignedSession } from '../../src/l2/value.ts';
import { Abstain } from '../../src/middleware/errors.ts';
import { StepRefused, type SessionService, type StepHandler } from '../../src/middleware/sessions.ts';
import { systemClock } from '../../src/worker/clock.ts';
import type { Value } from '../../src/worker/kv/api.ts';
import { MAX_BODY_BYTES, MAX_STEP_CALLS } from '../../src/worker/kv/limits.ts';
import type { StepQuestion } from '../../src/worker/kv/sessions-api.ts';
import { StepAsker } from '../../src/worker/kv/sessions-steps.ts';
import { until } from '../worker/cluster.ts';
import { bodyOf, KvCluster, versionOf } from './kv-cluster.ts';
import {
  committed,
  genesisOf,
  given,
  idOf,
  order,
  ORDERS,
  PLACED,
  startMembers,
  typeOf,
  type SessionNode,
} from './sessions-kit.ts';

let cluster: KvCluster;
beforeEach(async () => {
  cluster = await KvCluster.create();
});
afterEach(() => cluster.stop());

const KEY = 'order/1';
const cbor = (value: Value): CborValue => given(decode(bodyOf(value), MAX_BODY_BYTES));

const everywhere = (nodes: readonly SessionNode[], key: string, version: number): Promise<void> =>
  until(`version ${version} everywhere`, () => nodes.every((one) => versionOf(one, key) === version));

/** The same service with one step's handler replaced. */
const withStep = (path: string, handler: StepHandler): SessionService => ({
  ...ORDERS,
  steps: { ...ORDERS.steps, [path]: handler },
});

// ---- what a faulty member puts together by hand ----

interface Forgery {
  readonly record?: CborValue;
  readonly transactions?: (honest: readonly Transaction[]) => readonly Transaction[];
  readonly session?: Partial<CommittedSession>;
  /** Whose key signs. */
  readonly signer?: number;
}

const RECORD = cbor({ lines: new Map([['pump', 2n]]), placedAt: PLACED, confirmed: true });

function step(path: string, body: Value, response: Value): Transaction {
  return {
    node: 'm0',
    request: { method: 'POST', path, body: cbor(body) },
    response: { status: 200, body: cbor(response) },
  };
}

const HONEST: readonly Transaction[] = [
  step('/place', PLACED, 'placed'),
  step('/add', { item: 'pump', count: 2n }, { item: 'pump', now: 2n }),
  step('/confirm', null, { by: 'Member 0', operator: 'm0', after: ['/place', '/add'], baseVersion: 0 }),
];

async function forged({ record = RECORD, transactions, session, signer = 0 }: Forgery): Promise<Uint8Array> {
  const content = {
    id: 'ab'.repeat(16),
    member: 'm0',
    operator: 'm0',
    rulesVersion: 1_000_001,
    baseVersion: 0,
    transactions: transactions?.(HONEST) ?? HONEST,
    ...session,
  } as Omit<CommittedSession, 'signature'>;
  const { network } = cluster.cluster.epoch;
  const bytes = sessionBytes(network, asKey(KEY), content.rulesVersion, null, unsignedSession(content));
  const signature = await cluster.cluster.members[signer]!.signer.signEd25519(bytes);
  return encodeSessionValue({ record, session: { ...content, signature } });
}

/** Proposes it without any check of its own; what the others say to it. */
async function proposed(nodes: readonly SessionNode[], body: Uint8Array | null): Promise<string> {
  const [liar] = nodes as [SessionNode];
  Object.assign(liar.app, { validate: () => Promise.resolve({ verdict: 'valid' }) });
  given(await liar.node.replica.propose(asKey(KEY), asVersion(1), null, body));
  const { refused } = liar.node;
  await until('an end', () => refused.length > 0 || versionOf(liar, KEY) === 1);
  return refused[0]?.rule ?? 'certified';
}

const changed = (at: number, change: (honest: Transaction) => Transaction) => ({
  transactions: (honest: readonly Transaction[]) => honest.map((one, i) => (i === at ? change(one) : one)),
});

describe('a session that a member puts together by hand', () => {
  it('is certified when everything in it is true', async () => {
    const nodes = await startMembers(cluster);
    expect(await proposed(nodes, await forged({}))).toBe('certified');
    await everywhere(nodes, KEY, 1);
    expect(await nodes[2]!.get(KEY)).toMatchObject({ lines: new Map([['pump', 2n]]) });
  });

  it.each<[string, string, Forgery]>([
    ['the signature of another member', 'session-signature', { signer: 1 }],
    [
      'another member’s name',
      'session-signature',
      {
        session: { member: 'm2' as never },
        transactions: (honest) => honest.map((one) => ({ ...one, node: 'm2' })),
      },
    ],
    ['steps that another member ran', 'node-wrong', changed(1, (one) => ({ ...one, node: 'm2' }))],
    ['somebody who is no member', 'member-unknown', { session: { member: 'm9' as never } }],
    [
      'a response that the handler does not give',
      'response-differs',
      changed(1, (one) => ({ ...one, response: { status: 200, body: cbor({ item: 'pump', now: 9n }) } })),
    ],
    [
      'another status of success',
      'response-differs',
      changed(0, (one) => ({ ...one, response: { ...one.response, status: 201 } })),
    ],
    [
      'a step that the handler refuses',
      'response-differs',
      changed(1, (one) => ({
        ...one,
        request: { ...one.request, body: cbor({ item: 'pump', count: -2n }) },
      })),
    ],
    [
      'a refused step that says so',
      'step-refused',
      changed(1, (one) => ({ ...one, response: { status: 422, body: cbor({ type: 'a', message: 'b' }) } })),
    ],
    [
      'a body that is no value',
      'response-differs',
      changed(0, (one) => ({ ...one, request: { ...one.request, body: { '\u0000': ['date', 'never'] } } })),
    ],
    [
      'a step that does not exist',
      'response-differs',
      changed(0, (one) => ({ ...one, request: { ...one.request, path: '/steal' } })),
    ],
    [
      'a name that every object has',
      'response-differs',
      changed(0, (one) => ({ ...one, request: { ...one.request, path: '/toString' } })),
    ],
    [
      'another method',
      'response-differs',
      changed(0, (one) => ({ ...one, request: { ...one.request, method: 'PUT' } })),
    ],
    [
      'another record',
      'record-differs',
      { record: cbor({ lines: new Map(), placedAt: PLACED, confirmed: true }) },
    ],
    [
      'less than the application asks for',
      'workflow-incomplete',
      {
        transactions: (honest) => honest.slice(0, 2),
        record: cbor({ lines: new Map([['pump', 2n]]), placedAt: PLACED, confirmed: false }),
      },
    ],
    ['another version below it', 'session-base', { session: { baseVersion: 3 } }],
  ])('is refused with %s', async (_what, rule, forgery) => {
    const nodes = await startMembers(cluster);
    expect(await proposed(nodes, await forged(forgery))).toBe(rule);
    expect(versionOf(nodes[1]!, KEY)).toBe(0);
    // The refusals of the other two are enough for the proposer.
    await until('its own report', () => nodes[1]!.app.status().access.length > 0);
    expect(nodes[1]!.app.status().access).toMatchObject([{ key: KEY, kind: 'refused' }]);
  });

  it.each<[string, string, () => Uint8Array | null]>([
    ['a plain value', 'value-malformed', () => bodyOf({ lines: [] })],
    ['a delete', 'tombstone-not-allowed', () => null],
    ['no canonical bytes', 'value-malformed', () => Uint8Array.of(0x18, 0x01)],
  ])('is refused when it is %s', async (_what, rule, body) => {
    const nodes = await startMembers(cluster);
    expect(await proposed(nodes, body())).toBe(rule);
  });

  it('is refused when it takes more than a value may, and abstained from when its rules are not known', async () => {
    const [a] = (await startMembers(cluster)) as [SessionNode];
    const judge = async (body: Uint8Array): Promise<unknown> =>
      a.app.validate({
        key: asKey(KEY),
        version: asVersion(1),
        previousDigest: null,
        previousBody: null,
        body,
      });
    const large = await forged({ record: new Uint8Array(MAX_BODY_BYTES) });
    expect(await judge(large)).toMatchObject({ verdict: 'invalid', rule: 'value-malformed' });
    expect(await judge(await forged({ session: { rulesVersion: 1_000_002 } }))).toMatchObject({
      verdict: 'unknown',
    });
    expect(genesisOf(cluster).rulesVersion).toBe(1_000_001);
  });
});

// ---- handlers that misbehave ----

describe('a handler that disagrees', () => {
  const other = withStep('/place', (_record, body) => ({
    record: { lines: new Map(), placedAt: body as Date, confirmed: false },
    response: 'taken',
  }));

  it('at one member of four changes nothing, and its status says what differs', async () => {
    const nodes = await startMembers(cluster, (index) => (index === 3 ? { service: other } : {}));
    const [a] = nodes as [SessionNode];
    const id = await order(a, KEY);
    // The others are enough, and who has heard of them judges nothing.
    const goOn = cluster.cluster.hub.holdVotes(({ author }) => author !== 0);
    given(await a.sessions.commit(id));
    await until('its report', () => nodes[3]!.app.status().access.length > 0);
    goOn();
    expect(given(await a.sessions.outcome(id))).toMatchObject({ state: 'committed' });
    expect(nodes[3]!.app.status().access).toMatchObject([{ key: KEY, kind: 'refused' }]);
    await everywhere(nodes, KEY, 1);
  });

  it('at the member that proposes ends in rejected with the rule, until another member moves the key on', async () => {
    const nodes = await startMembers(cluster, (index) => (index === 0 ? { service: other } : {}));
    const [a, b] = nodes as [SessionNode, SessionNode];
    const first = await order(a, KEY);
    expect(await committed(a, first)).toMatchObject({ state: 'rejected', rule: 'response-differs' });
    // It has voted in this version, so what it proposes next would wait for ever.
    const again = await committed(a, await order(a, KEY, ['hose']));
    expect(again).toMatchObject({ state: 'rejected', rule: 'response-differs' });
    expect(again.state === 'rejected' && again.message).toContain('a member votes once');
    expect(await committed(b, await order(b, KEY))).toMatchObject({ state: 'committed', version: 1 });
    await until('the version here', () => versionOf(a, KEY) === 1);
    const third = idOf(await a.sessions.start(KEY, '/add', { item: 'hose', count: 1n }));
    expect(await committed(a, third)).toMatchObject({ state: 'committed', version: 2 });
  });

  it('with itself is told as rejected by the own replica, and nothing was proposed', async () => {
    let runs = 0;
    const service = withStep('/place', (_record, body) => ({
      record: { lines: new Map(), placedAt: body as Date, confirmed: false },
      response: ++runs,
    }));
    const [a] = (await startMembers(cluster, (index) => (index === 0 ? { service } : {}))) as [SessionNode];
    const id = await order(a, KEY);
    expect(await committed(a, id)).toMatchObject({ state: 'rejected', rule: 'response-differs' });
    expect(a.node.refused).toEqual([]);
    expect(a.node.replica.core.instances.size).toBe(0);
  });
});

describe('a handler that throws', () => {
  it('refuses the step here with what it threw, and the session at the members where it throws', async () => {
    const throwing = withStep('/confirm', () => {
      throw new TypeError('lines is not iterable');
    });
    const nodes = await startMembers(cluster, (index) => (index >= 2 ? { service: throwing } : {}));
    const [a, , c] = nodes as [SessionNode, SessionNode, SessionNode];
    const outcome = await committed(a, await order(a, KEY));
    expect(outcome).toMatchObject({ state: 'rejected', rule: 'response-differs' });
    expect(outcome.state === 'rejected' && outcome.message).toContain('lines is not iterable');
    const id = idOf(await c.sessions.start('order/2', '/place', PLACED));
    expect(await c.sessions.step(id, '/confirm')).toMatchObject({
      error: { type: 'step-refused', message: 'lines is not iterable', refused: { type: 'handler-threw' } },
    });
    expect((await c.sessions.get(id))?.stepCount).toBe(1);
  });

  it('with what another copy of this package has made is understood', async () => {
    vi.resetModules();
    const copy = await import('../../src/middleware/sessions.ts');
    expect(copy.StepRefused).not.toBe(StepRefused);
    const service = withStep('/place', () => {
      throw new copy.StepRefused('closed', 'Closed today.');
    });
    const [a] = (await startMembers(cluster, () => ({ service }))) as [SessionNode];
    expect(await a.sessions.start(KEY, '/place', PLACED)).toMatchObject({
      error: { refused: { type: 'closed', message: 'Closed today.' } },
    });
  });

  it('refuses as well when it gives what cannot be stored, or nothing', async () => {
    const service: SessionService = {
      prefix: 'order/',
      steps: {
        '/function': () => ({ record: (() => 1) as never }),
        '/nothing': () => undefined as never,
        '/no-record': () => ({ response: 1 }) as never,
        '/half': () => {
          throw new StepRefused('Wrong Type', `half a ${'\ud83d'}`);
        },
      },
    };
    const [a] = (await startMembers(cluster, () => ({ service }))) as [SessionNode];
    const told = async (path: string): Promise<unknown> => {
      const started = await a.sessions.start(KEY, path);
      return started.ok ? 'ok' : [started.error.type, started.error.refused?.type];
    };
    expect(await told('/function')).toEqual(['step-refused', 'value-unsupported']);
    expect(await told('/nothing')).toEqual(['step-refused', 'handler-threw']);
    expect(await told('/no-record')).toEqual(['step-refused', 'value-unsupported']);
    expect(await told('/half')).toEqual(['step-refused', 'refused']);
  });
});

describe('a handler that hangs', () => {
  /** A step that waits for a gate. */
  function gated(): { readonly service: SessionService; open(): void; readonly asked: { count: number } } {
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const asked = { count: 0 };
    const service = withStep('/place', async (record, body, context) => {
      asked.count++;
      await gate;
      return ORDERS.steps['/place']!(record, body, context);
    });
    return { service, open: () => open(), asked };
  }

  it('leaves its member without a vote, and it votes when the handler answers again', async () => {
    const { service, open } = gated();
    const nodes = await startMembers(cluster, (index) =>
      index >= 2 ? { service, patience: { value: 1000 } } : {},
    );
    const [a, , c, d] = nodes as [SessionNode, SessionNode, SessionNode, SessionNode];
    const id = await order(a, KEY);
    given(await a.sessions.commit(id));
    await until('both say so', () => [c, d].every(({ app }) => app.status().access[0]?.kind === 'slow'));
    expect((await a.sessions.get(id))?.status).toEqual({ state: 'voting' });
    expect(a.node.refused).toEqual([]);
    open();
    expect(given(await a.sessions.outcome(id))).toMatchObject({ state: 'committed', version: 1 });
  });

  it('leaves an own session under vote, which is proposed once the handler answers', async () => {
    let hangs = false;
    const gates: (() => void)[] = [];
    const service = withStep('/place', async (record, body, context) => {
      if (hangs) await new Promise<void>((resolve) => gates.push(resolve));
      return ORDERS.steps['/place']!(record, body, context);
    });
    const [a] = (await startMembers(cluster, (index) =>
      index === 0 ? { service, patience: { value: 1000 } } : {},
    )) as [SessionNode];
    const id = await order(a, KEY);
    hangs = true;
    given(await a.sessions.commit(id));
    expect((await a.sessions.get(id))?.status).toEqual({ state: 'voting' });
    expect(a.node.replica.core.instances.size).toBe(0);
    hangs = false;
    for (const open of gates) open();
    expect(given(await a.sessions.outcome(id))).toMatchObject({ state: 'committed', version: 1 });
  });

  it('fails the step that somebody waits for, which has changed nothing', async () => {
    const { service, open } = gated();
    const [a] = (await startMembers(cluster, () => ({ service, patience: { step: 1500 } }))) as [SessionNode];
    expect(typeOf(await a.sessions.start(KEY, '/place', PLACED))).toBe('step-unanswered');
    expect(await a.sessions.list()).toEqual([]);
    open();
    expect(typeOf(await a.sessions.start(KEY, '/place', PLACED))).toBe('ok');
  });

  it('is waited for when a session is run again on a newer version: a busy page is no conflict', async () => {
    let hangs = false;
    const waiting: (() => void)[] = [];
    const service = withStep('/add', async (record, body, context) => {
      // Own sessions only: what it judges for others is another thing.
      if (hangs && context.member.id === 'm1') await new Promise<void>((resolve) => waiting.push(resolve));
      return ORDERS.steps['/add']!(record, body, context);
    });
    const nodes = await startMembers(cluster, (index) =>
      index === 1 ? { service, patience: { step: 1500 } } : {},
    );
    const [a, b] = nodes as [SessionNode, SessionNode];
    await committed(a, await order(a, KEY));
    await everywhere(nodes, KEY, 1);
    const id = idOf(await b.sessions.start(KEY, '/add', { item: 'hose', count: 1n }));
    const elsewhere = await order(b, 'order/2');
    hangs = true;
    await committed(a, idOf(await a.sessions.start(KEY, '/add', { item: 'valve', count: 1n })));
    await until('b runs it again', () => waiting.length > 0);
    // A new step is given up after the time in which the other is still waited for.
    expect(typeOf(await b.sessions.step(elsewhere, '/add', { item: 'hose', count: 1n }))).toBe(
      'step-unanswered',
    );
    expect((await b.sessions.get(id))?.status).toEqual({ state: 'local' });
    hangs = false;
    for (const resume of waiting) resume();
    expect(await committed(b, id)).toMatchObject({ state: 'committed', version: 3 });
  });

  it('or cannot judge yet tells who waits for the step in its own words', async () => {
    const service = withStep('/place', () => {
      throw new Abstain('The price list has not arrived.');
    });
    const [a] = (await startMembers(cluster, () => ({ service }))) as [SessionNode];
    expect(await a.sessions.start(KEY, '/place', PLACED)).toMatchObject({
      error: {
        type: 'step-unanswered',
        message: 'The price list has not arrived. Nothing was changed. Try again.',
      },
    });
  });

  it('or says that it cannot judge yet is asked again', async () => {
    let knows = false;
    const service = withStep('/place', (record, body, context) => {
      if (!knows) throw new Abstain('The price list has not arrived.');
      return ORDERS.steps['/place']!(record, body, context);
    });
    const nodes = await startMembers(cluster, (index) => (index >= 2 ? { service } : {}));
    const [a, , c, d] = nodes as [SessionNode, SessionNode, SessionNode, SessionNode];
    const id = await order(a, KEY);
    given(await a.sessions.commit(id));
    await until('both say so', () => [c, d].every(({ app }) => app.status().access[0]?.kind === 'abstained'));
    expect(c.app.status().access[0]!.message).toContain('The price list has not arrived.');
    knows = true;
    expect(given(await a.sessions.outcome(id))).toMatchObject({ state: 'committed', version: 1 });
  });

  it('for ever does not pile up questions', async () => {
    let asked = 0;
    const asker = new StepAsker({
      ask: () => {
        asked++;
        return new Promise(() => undefined);
      },
      clock: systemClock,
    });
    const question = { about: 'end', record: bodyOf(1), context: { key: KEY } } as unknown as StepQuestion;
    const ask = (): Promise<unknown> => asker.ask(question, 1).catch((error: { why: string }) => error.why);
    const first = await Promise.all(Array.from({ length: MAX_STEP_CALLS }, ask));
    expect(new Set(first)).toEqual(new Set(['slow']));
    expect(await ask()).toBe('busy');
    expect(asked).toBe(MAX_STEP_CALLS);
  });
});
