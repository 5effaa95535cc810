import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asKey } from '../../src/codec/brand.ts';
import { decodeMessage, encodeMessage } from '../../src/codec/messages.ts';
import { checkCertificate } from '../../src/crypto/certificates.ts';
import { createBls } from '../../src/crypto/bls.ts';
import { createEd25519 } from '../../src/crypto/ed25519.ts';
import { MemoryDisk } from '../../src/store/memory-store.ts';
import type { AskAccess } from '../../src/worker/kv/api.ts';
import { MAX_SETS_PER_KEY } from '../../src/worker/kv/limits.ts';
import { until } from '../worker/cluster.ts';
import { bodyOf, KvCluster, valueOf, versionOf, voting, type KvNode } from './kv-cluster.ts';

let cluster: KvCluster;
beforeEach(async () => {
  cluster = await KvCluster.create();
});
afterEach(() => cluster.stop());

const everywhere = (nodes: readonly KvNode[], key: string, version: number): Promise<void> =>
  until(`version ${version} everywhere`, () => nodes.every((one) => versionOf(one, key) === version));

describe('set and get', () => {
  it('do not resolve before a certificate exists that anybody can verify', async () => {
    // However long the votes take, no round ends without them.
    cluster.cluster.w0 = 60_000;
    const nodes = await cluster.startAll();
    const [a, b] = nodes as [KvNode, KvNode];
    const value = { name: 'pump', parts: [1, 2.5, null, true], blob: Uint8Array.of(1, 2, 3) };
    const set = await a.set('doc/1', value);
    expect(set).toMatchObject({ ok: true, value: { key: 'doc/1', version: 1, round: 0 } });
    if (!set.ok) return;
    expect(set.value.signers.length).toBeGreaterThanOrEqual(3);
    await until('the value at another member', () => versionOf(b, 'doc/1') === 1);
    expect(await b.get('doc/1')).toEqual(value);
    const certificate = await a.app.certificate('doc/1', 1);
    const tools = { bls: await createBls(), ed25519: await createEd25519() };
    expect(await checkCertificate(certificate!, cluster.cluster.epoch, tools)).toBe(true);
    expect(certificate!.digest).toBe(set.value.digest);
    expect(await a.app.certificate('doc/1', 2)).toBe(null);
  });

  it('do not take a stored null for a value that is not there', async () => {
    const [a] = (await cluster.startAll()) as [KvNode];
    expect(await a.get('doc/1')).toBe(undefined);
    expect((await a.set('doc/1', null)).ok).toBe(true);
    expect(await a.get('doc/1')).toBe(null);
  });

  it('do not write into keys of the network, malformed ones, or beyond the size', async () => {
    const [a] = (await cluster.startAll()) as [KvNode];
    for (const key of ['', 'network/epoch', 'x'.repeat(201), 'half \ud800'])
      expect(await a.set(key, 1)).toMatchObject({ error: { type: 'key-malformed' } });
    const begun = a.app.begin('big', 'doc/1', new Uint8Array(512 * 1024), { base: null, retry: false });
    await begun;
    expect(await a.app.outcome('big')).toMatchObject({ error: { type: 'too-large' } });
  });

  it('are not voted for by others either when a faulty member goes around its own checks', async () => {
    const nodes = await cluster.startAll();
    const [a, b] = nodes as [KvNode, KvNode];
    for (const [key, body] of [
      ['network/epoch', bodyOf(1)],
      ['doc/not-canonical', Uint8Array.of(0x18, 0x01)],
      ['doc/none', null],
    ] as const) {
      const verdict = await b.app.validate({
        key: asKey(key),
        version: 1 as never,
        previousDigest: null,
        previousBody: null,
        body,
      });
      expect(verdict).toMatchObject({ verdict: 'invalid' });
    }
    expect(await a.delete('doc/none')).toMatchObject({
      error: { type: 'refused', rule: 'nothing-to-delete' },
    });
  });

  it('do not leave a set waiting for ever on a replica that stops', async () => {
    const [a] = (await cluster.startAll()) as [KvNode];
    for (const index of [1, 2, 3]) cluster.cluster.kill(index);
    const waiting = a.set('doc/1', 1);
    await until(
      'the proposal',
      () => a.app.status().pending === 1 && a.node.replica.core.instances.size === 1,
    );
    cluster.cluster.kill(0);
    expect(await waiting).toMatchObject({ error: { type: 'stopped' } });
    expect(await a.set('doc/2', 1)).toMatchObject({ error: { type: 'stopped' } });
  });

  it('do not propose from a replica that only observes', async () => {
    const [a] = (await cluster.startAll()) as [KvNode];
    a.node.replica.becomeObserver('The test says so.');
    expect(await a.set('doc/1', 1)).toMatchObject({ error: { type: 'not-a-voter' } });
  });
});

describe('two sets of one key', () => {
  it('from two members at once: one is certified, the other is told which, and nothing is overwritten', async () => {
    const nodes = await cluster.startAll();
    const [a, b] = nodes as [KvNode, KvNode];
    const outcomes = await Promise.all([a.set('doc/1', 'of a'), b.set('doc/1', 'of b')]);
    const won = outcomes.filter((o) => o.ok);
    const lost = outcomes.filter((o) => !o.ok);
    expect([won.length, lost.length]).toEqual([1, 1]);
    const { digest } = won[0]!.ok ? won[0]!.value : { digest: '' };
    expect(lost[0]).toMatchObject({ error: { type: 'conflict', winner: { version: 1, digest } } });
    await everywhere(nodes, 'doc/1', 1);
    const winner = outcomes[0]!.ok ? 'of a' : 'of b';
    for (const node of nodes) expect(await node.get('doc/1')).toBe(winner);
  });

  it('with retry: the loser goes on top of the winner', async () => {
    const nodes = await cluster.startAll();
    const outcomes = await Promise.all(nodes.map((node, i) => node.set('doc/1', i, { retry: true })));
    expect(outcomes.every((o) => o.ok)).toBe(true);
    expect(outcomes.map((o) => (o.ok ? o.value.version : 0)).sort()).toEqual([1, 2, 3, 4]);
  });

  it('on a version that has passed: a conflict, and no proposal', async () => {
    const nodes = await cluster.startAll();
    const [a, b] = nodes as [KvNode, KvNode];
    await a.set('doc/1', 'first', { base: 0 });
    await everywhere(nodes, 'doc/1', 1);
    expect(await b.set('doc/1', 'blind', { base: 0 })).toMatchObject({
      error: { type: 'conflict', winner: { version: 1 } },
    });
    expect(await b.set('doc/1', 'seen', { base: 1 })).toMatchObject({ ok: true, value: { version: 2 } });
  });

  it('from one page: in order, one version each', async () => {
    const [a] = (await cluster.startAll()) as [KvNode];
    const outcomes = await Promise.all([a.set('doc/1', 'x'), a.set('doc/1', 'y'), a.delete('doc/1')]);
    expect(outcomes.map((o) => o.ok && o.value.version)).toEqual([1, 2, 3]);
    expect(await a.get('doc/1')).toBe(undefined);
  });

  it('beyond the line of a key: refused by name, not kept for ever', async () => {
    const [a] = (await cluster.startAll()) as [KvNode];
    for (const index of [1, 2, 3]) cluster.cluster.kill(index);
    for (let i = 0; i < MAX_SETS_PER_KEY; i++)
      await a.app.begin(`wait ${i}`, 'doc/1', bodyOf(i), { base: null, retry: false });
    expect(await a.set('doc/1', 'one too many')).toMatchObject({ error: { type: 'too-many-sets' } });
    for (let i = 0; i < MAX_SETS_PER_KEY; i++) await a.app.abort(`wait ${i}`);
    expect(await a.app.outcome('wait 31')).toMatchObject({ error: { type: 'aborted' } });
    await until('an empty line', () => a.app.status().pending === 0);
  });

  it('of which the first was given up before it was proposed: the line goes on', async () => {
    const [a] = (await cluster.startAll()) as [KvNode];
    await a.app.begin('first', 'doc/1', bodyOf('first'), { base: null, retry: false });
    // In the same turn: nothing has been proposed yet.
    await a.app.abort('first');
    expect(await a.app.outcome('first')).toMatchObject({ error: { type: 'aborted' } });
    expect((await a.set('doc/1', 'second')).ok).toBe(true);
    expect(await a.get('doc/1')).toBe('second');
  });

  it('of which the first was given up: the vote stands, and the second is told who won', async () => {
    const nodes = await cluster.startAll();
    const [a] = nodes as [KvNode];
    for (const index of [2, 3]) cluster.cluster.kill(index);
    await a.app.begin('first', 'doc/1', bodyOf('first'), { base: null, retry: false });
    await until(
      'the vote',
      () => a.node.replica.core.instances.get(asKey('doc/1'))?.ownPreCommits.size === 1,
    );
    await a.app.abort('first');
    expect(await a.app.outcome('first')).toMatchObject({ error: { type: 'aborted' } });
    const second = a.set('doc/1', 'second');
    await cluster.start(2);
    expect(await second).toMatchObject({ error: { type: 'conflict', winner: { version: 1 } } });
    expect(await a.get('doc/1')).toBe('first');
  });
});

describe('a delete', () => {
  it('is not undone by a late joiner that missed it, and a later set builds on it', async () => {
    const nodes = await cluster.startAll();
    const [a, b, c] = nodes as [KvNode, KvNode, KvNode];
    await a.set('doc/1', 'old');
    await everywhere(nodes, 'doc/1', 1);
    cluster.cluster.kill(3);
    expect(await a.delete('doc/1')).toMatchObject({ ok: true, value: { version: 2 } });
    // The one that comes back holds version 1 and says so to everybody.
    const late = await cluster.start(3);
    await until('the tombstone', () => versionOf(late, 'doc/1') === 2 && late.changes.length === 1);
    expect(late.changes).toMatchObject([{ version: 2, body: null }]);
    await everywhere([a, b, c, late], 'doc/1', 2);
    for (const node of [a, b, c, late]) expect(await node.get('doc/1')).toBe(undefined);
    await voting([late]);
    expect(await late.set('doc/1', 'new')).toMatchObject({ ok: true, value: { version: 3 } });
    await everywhere([a, b, c, late], 'doc/1', 3);
    expect(await a.get('doc/1')).toBe('new');
  });

  it('is not revived by whoever replays everything that was ever said of the value, nor for a joiner that hears that first', async () => {
    const said: { to: number; bytes: Uint8Array }[] = [];
    cluster.cluster.hub.filter = (_from, to, bytes) => {
      const decoded = decodeMessage(bytes);
      if (decoded.ok && ['votes', 'certificates', 'values'].includes(decoded.value.type))
        said.push({ to, bytes });
      return true;
    };
    const nodes = await cluster.startAll();
    const [a, b, c] = nodes as [KvNode, KvNode, KvNode];
    await a.set('doc/1', 'old');
    await everywhere(nodes, 'doc/1', 1);
    const old = a.node.replica.heads.get(asKey('doc/1'))!.certificate;
    const bytes = (await a.node.replica.valueOf(old.digest))!;
    cluster.cluster.hub.filter = () => true;
    await a.delete('doc/1');
    await everywhere(nodes, 'doc/1', 2);
    const replay = (to: KvNode): void => {
      for (const { id } of b.node.replica.linksOf(to.node.transport.self)) {
        for (const one of said) b.node.transport.send(id, one.bytes);
        for (const message of [
          { type: 'values', values: [bytes] },
          { type: 'certificates', certificates: [old] },
        ] as const)
          b.node.transport.send(id, encodeMessage(message));
      }
    };
    for (const to of [a, c, nodes[3]!]) replay(to);
    cluster.cluster.kill(3);
    cluster.cluster.members[3]!.disk = new MemoryDisk(cluster.cluster.members[3]!.disk);
    const joiner = await cluster.start(3);
    await until('a link', () => b.node.replica.linksOf(joiner.node.transport.self).length > 0);
    replay(joiner);
    await until(
      'the tombstone',
      () => versionOf(joiner, 'doc/1') === 2 && joiner.changes.at(-1)?.version === 2,
    );
    // Whatever was replayed is looked at before this is.
    expect(await c.set('doc/2', 'later')).toMatchObject({ ok: true });
    await everywhere([a, b, c, joiner], 'doc/2', 1);
    for (const node of [a, b, c, joiner]) {
      expect(versionOf(node, 'doc/1')).toBe(2);
      expect(await node.get('doc/1')).toBe(undefined);
      const told = node.changes.filter(({ key }) => key === 'doc/1').map(({ version }) => version);
      expect(told).toEqual([...new Set(told)].sort());
    }
  });

  it('is not revived by a member that proposes the deleted value again', async () => {
    const nodes = await cluster.startAll();
    const [a, b] = nodes as [KvNode, KvNode];
    await a.set('doc/1', 'old');
    await everywhere(nodes, 'doc/1', 1);
    await a.delete('doc/1');
    await everywhere(nodes, 'doc/1', 2);
    expect(await b.set('doc/1', 'old', { base: 0 })).toMatchObject({ error: { type: 'conflict' } });
    expect(await b.set('doc/1', 'old', { base: 1 })).toMatchObject({ error: { type: 'conflict' } });
    expect(await a.get('doc/1')).toBe(undefined);
  });
});

describe('what listeners are told', () => {
  it('is every version once and in order at every member', async () => {
    const nodes = await cluster.startAll();
    const [a, b] = nodes as [KvNode, KvNode];
    for (let i = 1; i <= 4; i++) {
      await (i % 2 ? a : b).set('doc/1', i);
      await everywhere(nodes, 'doc/1', i);
    }
    await until('four changes each', () => nodes.every(({ changes }) => changes.length >= 4));
    // The aggregate replaces the votes: the same version, not told again.
    await until('aggregates', () =>
      nodes.every(({ node }) =>
        node.replica.heads.get(asKey('doc/1'))!.certificate.groups.every((g) => g.form === 'aggregate'),
      ),
    );
    for (const { changes } of nodes) {
      expect(changes.map(({ version, body }) => [version, valueOf(body!)])).toEqual([
        [1, 1],
        [2, 2],
        [3, 3],
        [4, 4],
      ]);
    }
  });

  it('is a version once, when its bytes are here, however often the replica says that it was decided', async () => {
    const nodes = await cluster.startAll();
    const [a] = nodes as [KvNode];
    await a.set('doc/1', 'one');
    await until('the change', () => a.changes.length === 1);
    const head = a.node.replica.heads.get(asKey('doc/1'))!;
    a.app.decided(head, bodyOf('one'));
    const next = { ...head, version: 2 as typeof head.version };
    a.app.decided(next, undefined);
    expect(a.changes.length).toBe(1);
    a.app.decided(next, null);
    a.app.decided(next, null);
    a.app.decided(head, bodyOf('one'));
    expect(a.changes.map(({ version }) => version)).toEqual([1, 2]);
  });

  it('holds what came by sync, and nothing that was certified before a restart', async () => {
    const nodes = await cluster.startAll();
    const [a] = nodes as [KvNode];
    await a.set('doc/1', 'one');
    await everywhere(nodes, 'doc/1', 1);
    await until('durable at the one that leaves', () => nodes[3]!.changes.length === 1);
    cluster.cluster.kill(3);
    await a.set('doc/1', 'two');
    await a.set('doc/2', 'elsewhere');
    const back = await cluster.start(3);
    await until('what it missed', () => back.changes.length === 2);
    expect(back.changes.map(({ key, version }) => `${key} ${version}`).sort()).toEqual([
      'doc/1 2',
      'doc/2 1',
    ]);
    expect(new Map(await back.app.versions({ prefix: 'doc/' }))).toEqual(
      new Map([
        ['doc/1', 2],
        ['doc/2', 1],
      ]),
    );
  });
});

describe('the access-control callback', () => {
  const onlyUp: AskAccess = ({ previous, body }) => {
    const [old, next] = [previous && valueOf(previous.body), body && valueOf(body)];
    return Promise.resolve({ allowed: typeof next === 'number' && (typeof old !== 'number' || next > old) });
  };

  it('refuses at the member itself, before anything is proposed', async () => {
    const nodes = await cluster.startAll(() => ({ ask: onlyUp }));
    const [a] = nodes as [KvNode];
    expect((await a.set('n', 5)).ok).toBe(true);
    expect(await a.set('n', 4)).toMatchObject({ error: { type: 'refused', rule: 'access-control' } });
    expect(await a.delete('n')).toMatchObject({ error: { type: 'refused' } });
    expect(a.node.replica.core.instances.get(asKey('n'))?.proposal ?? null).toBe(null);
    expect((await a.set('n', 6)).ok).toBe(true);
  });

  it('gives a forger no votes, and its key goes on without it', async () => {
    const nodes = await cluster.startAll((i) => ({ ask: i === 0 ? null : onlyUp }));
    const [forger, b] = nodes as [KvNode, KvNode];
    await b.set('n', 5);
    await everywhere(nodes, 'n', 1);
    expect(await forger.set('n', 1)).toMatchObject({ error: { type: 'refused', rule: 'access-control' } });
    expect(await forger.set('n', 9)).toMatchObject({ error: { type: 'refused', rule: 'access-control' } });
    expect(await b.set('n', 6)).toMatchObject({ ok: true, value: { version: 2 } });
    await everywhere(nodes, 'n', 2);
    expect(await forger.set('n', 9)).toMatchObject({ ok: true, value: { version: 3 } });
  });

  it('that throws refuses the value and says so in the status', async () => {
    const broken: AskAccess = () => Promise.resolve({ threw: 'TypeError: no such field' });
    const nodes = await cluster.startAll((i) => ({ ask: i === 0 ? null : broken }));
    const [a, b] = nodes as [KvNode, KvNode];
    expect(await a.set('doc/1', 1)).toMatchObject({ error: { type: 'refused', rule: 'access-control' } });
    // The refusals of the other two are enough for the proposer.
    await until('its own report', () => b.app.status().access.length > 0);
    expect(b.app.status().access).toMatchObject([{ key: 'doc/1', version: 1, kind: 'threw', count: 1 }]);
    expect(b.app.status().access[0]!.message).toContain('no such field');
  });

  it('that cannot be reached abstains: it may be reached at others, so that nothing is refused for it', async () => {
    let gone = true;
    const nodes = await cluster.startAll(() => ({
      ask: () => (gone ? Promise.reject(new Error('the page is gone')) : Promise.resolve({ allowed: true })),
    }));
    const [a] = nodes as [KvNode];
    const set = a.set('doc/1', 1);
    await until('a report', () => a.app.status().access.length === 1);
    expect(a.app.status().access).toMatchObject([{ kind: 'abstained' }]);
    gone = false;
    expect(await set).toMatchObject({ ok: true, value: { version: 1 } });
  });

  it('that is slow abstains, is asked again, and its vote comes then', async () => {
    let slow = true;
    let asked = 0;
    const sometimes: AskAccess = async () => {
      asked++;
      while (slow) await new Promise((resolve) => setTimeout(resolve, 5));
      return { allowed: true };
    };
    const nodes = await cluster.startAll((i) => (i < 2 ? {} : { ask: sometimes, accessBudgetMs: 60 }));
    const [a, , c] = nodes as [KvNode, KvNode, KvNode];
    const set = a.set('doc/1', 1);
    await until('a second question', () => (c.app.status().access[0]?.count ?? 0) >= 2);
    expect(c.app.status().access).toMatchObject([{ key: 'doc/1', kind: 'slow' }]);
    expect(versionOf(a, 'doc/1')).toBe(0);
    slow = false;
    expect((await set).ok).toBe(true);
    expect(asked).toBeGreaterThanOrEqual(2);
  });

  it('that is slow at the proposer holds the set back and does not fail it', async () => {
    let slow = true;
    const nodes = await cluster.startAll((i) =>
      i > 0
        ? {}
        : {
            accessBudgetMs: 60,
            ask: () => (slow ? new Promise(() => undefined) : Promise.resolve({ allowed: true })),
          },
    );
    const [a] = nodes as [KvNode];
    const set = a.set('doc/1', 1);
    await until('a report', () => a.app.status().access.length === 1);
    slow = false;
    expect(await set).toMatchObject({ ok: true, value: { version: 1 } });
  });
});
