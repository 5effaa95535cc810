/** The access-control callback as an application writes it, with its tools, on real replicas. */
import { ed25519 } from '@noble/curves/ed25519.js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { asNetworkId, asRound, asVersion, type Digest } from '../../src/codec/brand.ts';
import { applicationBytes, voteBytes } from '../../src/crypto/domains.ts';
import { Abstain, type AccessControl, type Change } from '../../src/index.ts';
import { accessPort, answerer } from '../../src/middleware/access.ts';
import { MAX_TOOL_CALLS } from '../../src/middleware/limits.ts';
import { asKey } from '../../src/codec/brand.ts';
import type { AskAccess, Judging, ProposedChange } from '../../src/worker/kv/api.ts';
import { MAX_OBJECTIONS_TOLD, MAX_SIGNED_BYTES } from '../../src/worker/kv/limits.ts';
import { votingView } from '../../src/worker/kv/voting.ts';
import type { Replica } from '../../src/worker/replica/replica.ts';
import { until } from '../worker/cluster.ts';
import { bodyOf, KvCluster, versionOf, type KvNode, type StartOptions } from './kv-cluster.ts';

let cluster: KvCluster;
beforeEach(async () => {
  cluster = await KvCluster.create();
});
afterEach(() => cluster.stop());

/** Each replica judges by its own callback, as a page would have it. */
function startAll(
  allow: (index: number) => AccessControl | null,
  more: (index: number) => StartOptions = () => ({}),
): Promise<KvNode[]> {
  const apps: (KvNode | undefined)[] = [];
  return cluster
    .startAll((index) => {
      const callback = allow(index);
      const app = (): Judging => apps[index]!.app;
      const judging: Judging = {
        judgeProof: (proof) => app().judgeProof(proof),
        verifyMember: (...of) => app().verifyMember(...of),
      };
      return { ...more(index), ask: callback && answerer(callback, judging) };
    })
    .then((nodes) => {
      for (const node of nodes) apps[node.node.replica.options.self!] = node;
      return nodes;
    });
}

const ok = <T>(result: { ok: true; value: T } | { ok: false; error: { message: string } }): T => {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
};

describe('the tools of a callback', () => {
  it('prove in one key what stands in another, at every member, and nothing else', async () => {
    // A voucher is spent by whoever shows that it was issued.
    const allow: AccessControl = async ({ key, value }, tools) => {
      if (key.startsWith('issued/')) return true;
      const { voucher, proof } = value as { voucher: string; proof: Uint8Array };
      const proven = await tools.verifyProof(proof);
      return proven !== null && proven.key === `issued/${voucher}` && proven.value === 5;
    };
    const nodes = await startAll(() => allow);
    const [a, b] = nodes as [KvNode, KvNode];
    await a.set('issued/1', 5);
    await a.set('issued/2', 6);
    const proof = ok(await a.app.prove('issued/1', null));
    expect(await b.set('spent/1', { voucher: '1', proof })).toMatchObject({ ok: true });
    const dear = ok(await a.app.prove('issued/2', null));
    for (const [voucher, wrong] of [
      ['2', proof],
      ['2', dear],
      ['3', proof.slice(1)],
      ['3', 'text'],
      ['3', undefined],
    ] as const)
      // prettier-ignore
      expect(await b.set(`spent/${voucher}`, { voucher, proof: wrong as never })).toMatchObject({
        error: { type: 'refused', rule: 'access-control' },
      });
  });

  it('prove old versions and deletes, and say what this replica does not hold', async () => {
    const nodes = await startAll(() => null);
    const [a] = nodes as [KvNode];
    await a.set('n', 1);
    await a.set('n', 2);
    await a.delete('n');
    const verdicts = [];
    for (const version of [null, 1, 2, 3])
      verdicts.push(await a.app.judgeProof(ok(await a.app.prove('n', version))));
    expect(verdicts).toMatchObject([
      { proven: { version: 3, body: null } },
      { proven: { version: 1, body: bodyOf(1) } },
      { proven: { version: 2, body: bodyOf(2) } },
      { proven: { version: 3, body: null } },
    ]);
    expect(await a.app.prove('n', 4)).toMatchObject({ error: { type: 'not-held' } });
    expect(await a.app.prove('m', null)).toMatchObject({ error: { type: 'not-held' } });
    expect(await a.app.prove('network/change', null)).toMatchObject({ error: { type: 'key-malformed' } });
  });

  it('know a member by its key: in this network, in this domain, over these bytes', async () => {
    const allow: AccessControl = async ({ members, value }, tools) => {
      const { by, bytes, signature } = value as { by: string; bytes: Uint8Array; signature: Uint8Array };
      return members.length === 4 && tools.verifyMember(by, bytes, signature);
    };
    const nodes = await startAll(() => allow);
    const [a, b] = nodes as [KvNode, KvNode];
    const bytes = Uint8Array.of(1, 2, 3);
    const signature = ok(await a.app.sign(bytes));
    expect(await b.set('k', { by: 'm0', bytes, signature })).toMatchObject({ ok: true });

    const { signer } = cluster.cluster.members[0]!;
    const { network, epoch } = cluster.cluster.epoch;
    const elsewhere = await signer.signEd25519(
      applicationBytes(asNetworkId('a'.repeat(64)), signer.voteKey, bytes),
    );
    const otherKey = cluster.cluster.members[1]!.signer.voteKey;
    const vote = voteBytes(network, epoch, {
      key: asKey('k'), version: asVersion(1), round: asRound(0), type: 'COMMIT', digest: 'b'.repeat(64) as Digest,
    }); // prettier-ignore
    const refused: [string, Uint8Array, Uint8Array][] = [
      ['m1', bytes, signature],
      ['m9', bytes, signature],
      ['m0', Uint8Array.of(1, 2), signature],
      ['m0', bytes, signature.map((byte, i) => (i === 0 ? byte ^ 1 : byte))],
      ['m0', bytes, signature.slice(1)],
      ['m0', bytes, await signer.signEd25519(bytes)],
      ['m0', bytes, elsewhere],
      ['m0', bytes, await signer.signEd25519(applicationBytes(network, otherKey, bytes))],
      // What it signs for the protocol is nothing that an application can be shown.
      ['m0', vote, await signer.signEd25519(vote)],
      ['m0', 'text' as never, signature],
    ];
    for (const [by, of, with_] of refused)
      expect(await b.set('other', { by, bytes: of, signature: with_ })).toMatchObject({
        error: { type: 'refused' },
      });
    // And it signs nothing that a vote could be made of.
    expect(ed25519.verify(ok(await a.app.sign(vote)), vote, Buffer.from(signer.voteKey, 'hex'))).toBe(false);
    expect(await a.app.sign(new Uint8Array(MAX_SIGNED_BYTES + 1))).toMatchObject({
      error: { type: 'too-large' },
    });
  });

  it('tell every member the same: digest of the version before, epoch and members', async () => {
    const asked: Change[][] = [[], [], [], []];
    const nodes = await startAll((index) => (change) => {
      asked[index]!.push(change);
      return true;
    });
    const [a] = nodes as [KvNode];
    const first = ok(await a.set('k', 'one'));
    await until('it everywhere', () => nodes.every((one) => versionOf(one, 'k') === 1));
    // Three are enough, and who has heard of them is not asked.
    const goOn = cluster.cluster.hub.holdVotes(({ author }) => author !== 0);
    const second = a.set('k', 'two');
    await until('all were asked twice', () => asked.every((all) => all.some(({ version }) => version === 2)));
    goOn();
    ok(await second);
    const seconds = asked.map((all) => all.find(({ version }) => version === 2)!);
    expect(seconds[0]).toMatchObject({
      key: 'k',
      epoch: 0,
      previous: { value: 'one', digest: first.digest },
      value: 'two',
    });
    expect(seconds[0]!.members.map(({ id, label }) => `${id} ${label}`)).toEqual(
      [0, 1, 2, 3].map((i) => `m${i} Member ${i}`),
    );
    expect(Buffer.from(seconds[0]!.members[2]!.publicKey).toString('hex')).toBe(
      cluster.cluster.members[2]!.signer.voteKey,
    );
    for (const one of seconds) expect(one).toEqual(seconds[0]);
  });
});

describe('a callback that cannot say yet', () => {
  it('abstains, is asked again, and its member votes then; nothing was refused', async () => {
    let arrived = false;
    const allow: AccessControl = () => {
      if (!arrived) throw new Abstain('the price list is on its way');
      return true;
    };
    const nodes = await startAll((index) => (index < 2 ? null : allow));
    const [a, , c] = nodes as [KvNode, KvNode, KvNode];
    const set = a.set('k', 1);
    await until('the proposer was told of all four', () => {
      const found = a.app.status().voting[0];
      return found?.abstaining === 2 && found.inFavour === 2;
    });
    expect(c.app.status().access).toMatchObject([{ key: 'k', version: 1, kind: 'abstained' }]);
    expect(c.app.status().access[0]!.message).toContain('the price list is on its way');
    const [voting] = a.app.status().voting;
    expect(voting).toMatchObject({
      inFavour: 2,
      refusing: 0,
      abstaining: 2,
      silent: 0,
      away: 0,
      blocked: null,
    });
    expect(voting!.objections).toMatchObject([
      { id: 'm2', label: 'Member 2', kind: 'abstains', rule: null },
      { id: 'm3', label: 'Member 3', kind: 'abstains', rule: null },
    ]);
    expect(voting!.objections[0]!.message).toContain('the price list is on its way');
    arrived = true;
    expect(await set).toMatchObject({ ok: true, value: { version: 1 } });
  });

  it('does not answer for what it could not check, whatever it makes of it', async () => {
    const change = {
      key: 'k',
      version: 1,
      members: [],
      previous: null,
      body: null,
    } as unknown as ProposedChange;
    const never = new AbortController().signal;
    const unknown: Judging = {
      judgeProof: () => Promise.resolve({ verdict: 'unknown', message: 'of epoch 9' }),
      verifyMember: () => Promise.reject(new Error('the replica has stopped')),
    };
    const caught =
      (answer: boolean): AccessControl =>
      async (_, tools) => {
        await tools.verifyProof(new Uint8Array(1)).catch(() => null);
        return answer;
      };
    for (const allow of [caught(true), caught(false)])
      expect(await answerer(allow, unknown)(change, never)).toEqual({ abstains: 'of epoch 9' });
    const thrown: AccessControl = async (_, tools) => {
      await tools.verifyProof(new Uint8Array(1)).catch(() => undefined);
      throw new TypeError('no such field');
    };
    expect(await answerer(thrown, unknown)(change, never)).toEqual({ abstains: 'of epoch 9' });
    const member: AccessControl = (_, tools) =>
      tools.verifyMember('m0', new Uint8Array(), new Uint8Array(64));
    expect(await answerer(member, unknown)(change, never)).toEqual({ allowed: false });
    const known = { ...change, members: [{ id: 'm0', label: 'M', publicKey: new Uint8Array(32) }] };
    expect(await answerer(member, unknown)(known, never)).toMatchObject({
      abstains: expect.stringContaining('the replica has stopped'),
    });
  });

  it('refuses beyond the number of checks that a change may have: the same at every member', async () => {
    const change = {
      key: 'k',
      version: 1,
      members: [],
      previous: null,
      body: null,
    } as unknown as ProposedChange;
    const nothing: Judging = {
      judgeProof: () => Promise.resolve({ verdict: 'nothing' }),
      verifyMember: () => Promise.resolve(false),
    };
    const many =
      (count: number): AccessControl =>
      async (_, tools) => {
        for (let i = 0; i < count; i++) await tools.verifyProof(new Uint8Array(1));
        return true;
      };
    const never = new AbortController().signal;
    expect(await answerer(many(MAX_TOOL_CALLS), nothing)(change, never)).toEqual({ allowed: true });
    expect(await answerer(many(MAX_TOOL_CALLS + 1), nothing)(change, never)).toMatchObject({
      threw: expect.stringContaining('RangeError'),
    });
  });

  it('that hangs is told when nobody waits for it any more, and the others know who has not voted', async () => {
    let late: unknown = null;
    const hangs: AccessControl = (_, { signal }) =>
      new Promise(() => signal.addEventListener('abort', () => (late = signal.reason)));
    const refuses: AccessControl = ({ key }) => key !== 'k';
    const port = (ask: AskAccess | null): AskAccess | null => {
      if (!ask) return null;
      const across = accessPort(ask);
      return (change, signal) => {
        signal.addEventListener('abort', () => across.late(1), { once: true });
        return across.ask(1, change);
      };
    };
    const nodes = await cluster.startAll((index) => {
      const judging = {} as Judging;
      if (index === 2) return { ask: answerer(refuses, judging) };
      return index === 3 ? { ask: port(answerer(hangs, judging)), accessBudgetMs: 60 } : {};
    });
    const [a] = nodes as [KvNode];
    const set = a.set('k', 1);
    await until('all four are known', () => {
      const found = a.app.status().voting[0];
      return found?.objections.length === 2 && found.inFavour === 2;
    });
    expect(late).toMatchObject({ name: 'TimeoutError' });
    expect(a.app.status().voting[0]).toMatchObject({
      key: 'k',
      version: 1,
      needed: 3,
      inFavour: 2,
      refusing: 1,
      abstaining: 1,
      blocked: null,
      objections: [
        { id: 'm2', kind: 'refuses', rule: 'access-control' },
        { id: 'm3', kind: 'abstains' },
      ],
    });
    expect(versionOf(a, 'k')).toBe(0);
    cluster.stop();
    await set;
  });
});

describe('words that are cut in the middle of a character', () => {
  // Every place of the cut, at 300 and at 400 units, whatever stands before it.
  const words = ['', 'x'].map((first) => first + '😀'.repeat(250));

  it.each(words)('refuse all the same, and the proposer is told', async (why) => {
    const nodes = await startAll((index) => (index < 2 ? null : () => Promise.reject(new Error(why))));
    for (const key of ['k', '😀'.repeat(95), `x${'😀'.repeat(95)}`])
      expect(await nodes[0]!.set(key, 1)).toMatchObject({
        error: { type: 'refused', rule: 'access-control' },
      });
  });

  it.each(words)('leave whoever says that it cannot judge yet to be asked again', async (why) => {
    let knows = false;
    const nodes = await startAll((index) =>
      index < 2
        ? null
        : () => {
            if (!knows) throw new Abstain(why);
            return true;
          },
    );
    const [a, , c] = nodes as [KvNode, KvNode, KvNode];
    const set = a.set('k', 1);
    await until('it abstains', () => c.app.status().access[0]?.kind === 'abstained');
    await until('the proposer has heard', () => a.app.status().voting[0]?.abstaining === 2);
    knows = true;
    expect(await set).toMatchObject({ ok: true, value: { version: 1 } });
  });
});

describe('an answer after its time', () => {
  const change = {
    key: 'k',
    version: 1,
    members: [],
    previous: null,
    body: null,
  } as unknown as ProposedChange;

  it('is the time’s doing, whatever its signal made it throw', async () => {
    const late = new AbortController();
    const allow: AccessControl = (_, { signal }) => signal.throwIfAborted() ?? true;
    expect(await answerer(allow, {} as Judging)(change, late.signal)).toEqual({ allowed: true });
    late.abort();
    expect(await answerer(allow, {} as Judging)(change, late.signal)).toMatchObject({
      abstains: expect.stringContaining('time'),
    });
  });

  it('has nothing checked any more', async () => {
    let checks = 0;
    const judging: Judging = {
      judgeProof: () => (checks++, Promise.resolve({ verdict: 'nothing' })),
      verifyMember: () => Promise.resolve(false),
    };
    const late = new AbortController();
    const allow: AccessControl = async (_, tools) => {
      await tools.verifyProof(new Uint8Array(1));
      late.abort();
      await tools.verifyProof(new Uint8Array(1)).catch(() => null);
      return true;
    };
    expect(await answerer(allow, judging)(change, late.signal)).toMatchObject({
      abstains: expect.stringContaining('time'),
    });
    expect(checks).toBe(1);
  });

  it('of a replica that was closed takes no time from the next one, whose calls have the same numbers', async () => {
    const signals: AbortSignal[] = [];
    const answers: (() => void)[] = [];
    const port = accessPort((_, signal) => {
      signals.push(signal);
      return new Promise((resolve) => answers.push(() => resolve({ allowed: true })));
    });
    void port.ask(1, change);
    const newer = port.ask(1, change);
    port.late(1);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    answers[0]!();
    await Promise.resolve();
    // The older one’s end is not the newer one’s.
    port.late(1);
    expect(signals[1]!.aborted).toBe(true);
    answers[1]!();
    expect(await newer).toEqual({ allowed: true });
  });

  it('is an abstention too when another copy of this package made it', async () => {
    vi.resetModules();
    const copy = await import('../../src/middleware/errors.ts');
    expect(copy.Abstain).not.toBe(Abstain);
    const allow: AccessControl = () => {
      throw new copy.Abstain('not yet');
    };
    const never = new AbortController().signal;
    expect(await answerer(allow, {} as Judging)(change, never)).toEqual({ abstains: 'not yet' });
  });
});

describe('callbacks that disagree', () => {
  it('are counted each, and some tell why: those that refuse before those that abstain', async () => {
    const nodes = await startAll((index) => (index === 0 ? null : () => false));
    const [a] = nodes as [KvNode];
    await a.set('k', 1);
    const { core, refusals, ...rest } = {
      core: a.node.replica.core,
      refusals: a.node.replica.refusals.get(asKey('k'))!,
      links: new Map(),
    };
    const options = { self: 0, epoch: { ...a.node.replica.options.epoch, n: 40, quorum: 27 } };
    const said = Array.from({ length: 39 }, (_, i) => ({
      ...refusals[0]!,
      member: i + 1,
      rule: i < 30 ? 'abstains' : 'access-control',
    }));
    const convicted = new Map();
    const all = new Map([['k', said]]);
    const large = { ...rest, core, convicted, options, refusals: all } as unknown as Replica;
    const view = votingView(large, [], asKey('k'))!;
    expect(view).toMatchObject({ inFavour: 1, refusing: 9, abstaining: 30, blocked: null });
    expect(view.refusals).toHaveLength(MAX_OBJECTIONS_TOLD);
    expect(view.objections.map(({ kind }) => kind)).toEqual(
      Array.from({ length: MAX_OBJECTIONS_TOLD }, () => 'refuses'),
    );
  });

  it('leave no quorum: the proposer is told the rule and the reason, and everybody sees who refuses', async () => {
    const says =
      (why: string): AccessControl =>
      () => {
        throw new Error(why);
      };
    const nodes = await startAll((index) => (index < 2 ? () => true : says(`price ${index} is unknown`)));
    const [a, b] = nodes as [KvNode, KvNode];
    const set = await a.set('k', 1);
    expect(set).toMatchObject({ ok: false, error: { type: 'refused', rule: 'access-control' } });
    if (!set.ok) expect(set.error.message).toMatch(/price [23] is unknown/);
    await until('an onlooker knows, too', () => b.app.status().voting[0]?.refusing === 2);
    const [voting] = b.app.status().voting;
    expect(voting!.blocked).toMatch(
      /^2 of 4 members refuse .* version 1 of k, and it needs 3\. Member 2: .*price 2 is unknown/,
    );
    const { inFavour, refusing, abstaining, otherwise, silent, away } = voting!;
    expect(inFavour + refusing + abstaining + otherwise + silent + away).toBe(4);
    expect(versionOf(b, 'k')).toBe(0);
  });
});

describe('what is certified now', () => {
  it('comes in pages, ascending by key, without what was deleted and without the network’s own', async () => {
    const nodes = await startAll(() => null);
    const [a] = nodes as [KvNode];
    const keys = ['doc/b', 'doc/a', 'other', 'doc/ab', 'doc/é', 'doc/Z'];
    for (const key of keys) ok(await a.set(key, key));
    ok(await a.delete('doc/ab'));
    const page = ok(await a.app.page({ prefix: 'doc/' }, null));
    expect(page.entries.map(({ key }) => key)).toEqual(['doc/Z', 'doc/a', 'doc/b', 'doc/é']);
    expect(page.entries[1]).toMatchObject({ version: 1, body: bodyOf('doc/a') });
    expect(page.next).toBe(null);
    expect(ok(await a.app.page({ prefix: 'doc/' }, 'doc/a')).entries.map(({ key }) => key)).toEqual([
      'doc/b',
      'doc/é',
    ]);
    expect(ok(await a.app.page({ key: 'other' }, null)).entries.length).toBe(1);
    expect(ok(await a.app.page({ prefix: 'none' }, null))).toEqual({ entries: [], next: null });
  });
});
