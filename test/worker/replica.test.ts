import { afterEach, describe, expect, it } from 'vitest';
import { asKey, asVersion, type Digest, type MemberIndex } from '../../src/codec/brand.ts';
import { decodeMessage } from '../../src/codec/messages.ts';
import { certificateSigners, type Vote } from '../../src/codec/vote.ts';
import { checkCertificate } from '../../src/crypto/certificates.ts';
import { createBls } from '../../src/crypto/bls.ts';
import { createEd25519 } from '../../src/crypto/ed25519.ts';
import { MemoryDisk } from '../../src/store/memory-store.ts';
import type { Deviation } from '../../src/worker/deviation.ts';
import { newLogId } from '../../src/crypto/keys.ts';
import { Cluster, headOf, until, type Node } from './cluster.ts';

const KEY = asKey('package/040123450000001112');
const body = (text: string): Uint8Array => new TextEncoder().encode(text);
let cluster: Cluster;
afterEach(() => cluster.stop());

const voters = async (nodes: readonly Node[]): Promise<void> =>
  until('every replica may vote', () => nodes.every((n) => n.standing.kind === 'voter'));

const propose = (
  node: Node,
  text: string,
  version = 1,
  previous: Digest | null = null,
): ReturnType<Node['replica']['propose']> =>
  node.replica.propose(KEY, asVersion(version), previous, body(text));

describe('a cluster of four replicas', () => {
  it('commits a proposal everywhere and ends with one aggregate that verifies', async () => {
    cluster = await Cluster.create(4);
    const nodes = await cluster.startAll();
    await voters(nodes);
    const proposed = await propose(nodes[0]!, 'first');
    expect(proposed.ok).toBe(true);
    await until('four decisions', () => nodes.every((n) => headOf(n, KEY)?.version === 1));
    expect(new Set(nodes.map((n) => headOf(n, KEY)!.digest)).size).toBe(1);
    await until('compact certificates', () =>
      nodes.every((n) => n.replica.heads.get(KEY)!.certificate.groups.every((g) => g.form === 'aggregate')),
    );
    const tools = { bls: await createBls(), ed25519: await createEd25519() };
    for (const node of nodes) {
      const { certificate } = node.replica.heads.get(KEY)!;
      expect(certificateSigners(certificate).length).toBeGreaterThanOrEqual(3);
      expect(await checkCertificate(certificate, cluster.epoch, tools)).toBe(true);
      expect((await node.replica.held(KEY))!.body).toEqual(body('first'));
    }
  });

  it('commits several versions in a row, each on the one before it', async () => {
    cluster = await Cluster.create(4);
    const nodes = await cluster.startAll();
    await voters(nodes);
    for (let version = 1; version <= 5; version++) {
      const proposer = nodes[version % 4]!;
      await until('the version before', () =>
        nodes.every((n) => (headOf(n, KEY)?.version ?? 0) === version - 1),
      );
      const result = await propose(proposer, `v${version}`, version, headOf(proposer, KEY)?.digest ?? null);
      expect(result.ok).toBe(true);
    }
    await until('version 5', () => nodes.every((n) => headOf(n, KEY)?.version === 5));
    const history = await cluster.members[2]!.node!.replica.options.store.history(KEY);
    expect(history.map((entry) => entry.version)).toEqual([1, 2, 3, 4]);
  });

  it('agrees when all four propose different values at once', async () => {
    cluster = await Cluster.create(4);
    const nodes = await cluster.startAll();
    await voters(nodes);
    await Promise.all(nodes.map((node, i) => propose(node, `rival ${i}`)));
    await until('a decision', () => nodes.every((n) => headOf(n, KEY)?.version === 1));
    expect(new Set(nodes.map((n) => headOf(n, KEY)!.digest)).size).toBe(1);
  });

  it('commits with one member away and not with two, then by itself when one returns', async () => {
    cluster = await Cluster.create(4);
    const nodes = await cluster.startAll();
    await voters(nodes);
    cluster.kill(3);
    await propose(nodes[0]!, 'three are enough');
    await until('a decision of three', () => nodes.slice(0, 3).every((n) => headOf(n, KEY)?.version === 1));
    cluster.kill(2);
    await propose(nodes[0]!, 'two are not', 2, headOf(nodes[0]!, KEY)!.digest);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(headOf(nodes[0]!, KEY)!.version).toBe(1);
    const back = await cluster.start(2);
    await until(
      'the decision by itself',
      () => headOf(nodes[0]!, KEY)?.version === 2 && headOf(back, KEY)?.version === 2,
    );
  });

  it('brings a late joiner with an empty store to the same state, history included', async () => {
    cluster = await Cluster.create(4);
    const nodes = await Promise.all([0, 1, 2].map((i) => cluster.start(i)));
    await voters(nodes);
    for (let version = 1; version <= 3; version++) {
      await propose(nodes[0]!, `v${version}`, version, headOf(nodes[0]!, KEY)?.digest ?? null);
      await until('a decision', () => nodes.every((n) => headOf(n, KEY)?.version === version));
    }
    const late = await cluster.start(3);
    await until('the head', () => headOf(late, KEY)?.digest === headOf(nodes[0]!, KEY)!.digest);
    const { store } = late.replica.options;
    let versions: number[] = [];
    await until('its history', () => {
      void store.history(KEY).then((past) => (versions = past.map((entry) => entry.version)));
      return versions.length === 2;
    });
    expect((await late.replica.held(KEY))!.body).toEqual(body('v3'));
  });

  it('gives no votes to a value that the others find invalid, and tells the proposer why', async () => {
    cluster = await Cluster.create(4, async ({ body: proposed }) =>
      new TextDecoder().decode(proposed!).startsWith('bad')
        ? { verdict: 'invalid', rule: 'response-differs', message: 'Step 3 gives another response here.' }
        : { verdict: 'valid' },
    );
    const nodes = await Promise.all(
      [0, 1, 2, 3].map((i) =>
        cluster.start(i, i === 0 ? { validate: async () => ({ verdict: 'valid' }) } : {}),
      ),
    );
    await voters(nodes);
    await propose(nodes[0]!, 'bad response');
    await until('the refusal', () => nodes[0]!.refused.length > 0);
    expect(nodes[0]!.refused[0]!.rule).toBe('response-differs');
    const honest = await propose(nodes[1]!, 'good response');
    expect(honest.ok).toBe(true);
    await until('the honest session', () => nodes.every((n) => headOf(n, KEY)?.version === 1));
    expect((await nodes[2]!.replica.held(KEY))!.body).toEqual(body('good response'));
  });

  it('convicts a replica that signs two values in one round, and commits without it', async () => {
    cluster = await Cluster.create(4);
    let lies = 0;
    const liar: Deviation = {
      lying: true,
      setLying: () => undefined,
      registry: (honest) => honest,
      outgoing: async (link, message, tools) => {
        if (message.type !== 'votes' || link.member % 2 === 0) return [message];
        lies++;
        const votes = await Promise.all(
          message.votes.map((vote) => tools.sign({ ...vote, digest: tools.otherDigest(vote.digest) })),
        );
        return [{ ...message, votes: [...message.votes, ...votes] }];
      },
    };
    const nodes = await Promise.all(
      [0, 1, 2, 3].map((i) => cluster.start(i, i === 3 ? { deviation: liar } : {})),
    );
    await voters(nodes);
    // It is not needed for the decision, and signs nothing once it has heard of it.
    const goOn = cluster.hub.holdVotes(({ author }) => author !== 0);
    await propose(nodes[0]!, 'with a liar');
    await until('a lie', () => lies > 0);
    goOn();
    const honest = nodes.slice(0, 3);
    await until('a decision', () => honest.every((n) => headOf(n, KEY)?.version === 1));
    await until('evidence everywhere', () =>
      honest.every((n) => n.replica.core.evidence.has(3 as MemberIndex)),
    );
    await until('closed links', () => honest.every((n) => n.replica.linksOf(3 as MemberIndex).length === 0));
    await propose(nodes[1]!, 'without it', 2, headOf(nodes[1]!, KEY)!.digest);
    await until('the next decision', () => honest.every((n) => headOf(n, KEY)?.version === 2));
  });
});

it('finds an equivocator that told each member one value only, though the version was decided at once', async () => {
  cluster = await Cluster.create(4);
  let lies = 0;
  const liar: Deviation = {
    lying: true,
    setLying: () => undefined,
    registry: (honest) => honest,
    outgoing: async (link, message, tools) => {
      if (message.type !== 'votes' || link.member !== 1) return [message];
      lies++;
      const lie = (v: Vote): Promise<Vote> => tools.sign({ ...v, digest: tools.otherDigest(v.digest) });
      const votes = await Promise.all(
        message.votes.map((v) => (v.type === 'PRE-COMMIT' && v.author === 3 ? lie(v) : Promise.resolve(v))),
      );
      return [{ ...message, votes }];
    },
  };
  const nodes = await Promise.all(
    [0, 1, 2, 3].map((i) => cluster.start(i, i === 3 ? { deviation: liar } : {})),
  );
  await voters(nodes);
  // Once it has heard of a quorum without it, it sends no PRE-COMMIT.
  const goOn = cluster.hub.holdVotes(({ author }) => author !== 0);
  await propose(nodes[0]!, 'two faces');
  await until('a lie', () => lies > 0);
  goOn();
  const honest = nodes.slice(0, 3);
  await until('a decision', () => honest.every((n) => headOf(n, KEY)?.version === 1));
  await until('evidence everywhere', () =>
    honest.every((n) => n.replica.core.evidence.has(3 as MemberIndex)),
  );
});

describe('RESUME', () => {
  it('sends the same signatures again after a kill, never different ones', async () => {
    cluster = await Cluster.create(4);
    const sent = new Map<string, Set<string>>();
    cluster.hub.filter = (from, _to, bytes) => {
      const message = decodeMessage(bytes);
      if (message.ok && message.value.type === 'votes') {
        for (const v of message.value.votes) {
          if (v.author !== from) continue;
          const name = `${v.author} ${v.version} ${v.round} ${v.type}`;
          sent.set(
            name,
            (sent.get(name) ?? new Set()).add(v.digest + Buffer.from(v.signature).toString('hex')),
          );
        }
      }
      return true;
    };
    const nodes = [await cluster.start(0), await cluster.start(1), await cluster.start(2)];
    await voters(nodes);
    cluster.kill(2);
    await propose(nodes[0]!, 'undecided');
    await until('own vote', () => nodes[0]!.trace.some((t) => t.kind === 'pre-commit'));
    cluster.kill(0);
    const again = await cluster.start(0);
    await cluster.start(2);
    await cluster.start(3);
    await until('a decision', () => headOf(again, KEY)?.version === 1);
    expect((await again.replica.held(KEY))!.body).toEqual(body('undecided'));
    for (const [name, digests] of sent) expect([name, digests.size]).toEqual([name, 1]);
  });

  it('comes to vote however often its page is reloaded in a minute', async () => {
    cluster = await Cluster.create(4);
    const nodes = await cluster.startAll();
    await voters(nodes);
    for (let times = 1; times <= 25; times++) {
      cluster.kill(3);
      const again = await cluster.start(3);
      await until(`vote after ${times} reloads`, () => again.standing.kind === 'voter');
    }
  });

  it('makes a replica with a restored backup observe before it signs anything new', async () => {
    cluster = await Cluster.create(4);
    const nodes = await cluster.startAll();
    await voters(nodes);
    await propose(nodes[0]!, 'first');
    await until('version 1', () => nodes.every((n) => headOf(n, KEY)?.version === 1));
    const backup = cluster.members[3]!.disk.snapshot();
    // With one away there is no quorum without the one whose disk is restored.
    cluster.kill(2);
    await propose(nodes[0]!, 'second', 2, headOf(nodes[0]!, KEY)!.digest);
    await until('a certificate', () => [0, 1].every((i) => headOf(nodes[i]!, KEY)?.version === 2));
    cluster.kill(3);
    const { certificate } = nodes[0]!.replica.heads.get(KEY)!;
    expect(certificateSigners(certificate)).toContain(3);
    cluster.members[3]!.disk = MemoryDisk.fromSnapshot(backup);
    const restored = await cluster.start(3);
    await until('the observer', () => restored.standing.kind === 'observer');
    expect(restored.trace.filter((t) => t.kind === 'pre-commit' || t.kind === 'commit')).toEqual([]);
  });

  it('makes a replica whose log id the epoch does not name observe and sync', async () => {
    cluster = await Cluster.create(4);
    const nodes = await Promise.all([0, 1, 2].map((i) => cluster.start(i)));
    await voters(nodes);
    await propose(nodes[0]!, 'first');
    const other = newLogId();
    cluster.members[3]!.disk = new MemoryDisk({ network: cluster.epoch.network, logId: other });
    const lost = await cluster.start(3, { logId: other });
    await until('synced', () => headOf(lost, KEY)?.version === 1);
    expect(lost.standing.kind).toBe('observer');
    const refused = await propose(lost, 'no', 2, headOf(lost, KEY)!.digest);
    expect(refused).toMatchObject({ ok: false, error: { type: 'not-a-voter' } });
  });
});

describe('bad input from a peer', () => {
  it('costs a sender of garbage its link and nothing else', async () => {
    cluster = await Cluster.create(4);
    const nodes = await cluster.startAll();
    await voters(nodes);
    const link = nodes[1]!.replica.linksOf(0 as MemberIndex)[0]!;
    nodes[1]!.transport.send(link.id, Uint8Array.of(0xff, 1, 2));
    await until('closed', () => nodes[0]!.transport.closings.some((c) => c.reason === 'malformed-message'));
    expect(nodes[0]!.transport.closings).toEqual([{ member: 1, reason: 'malformed-message' }]);
    await propose(nodes[2]!, 'goes on');
    await until('a decision', () => [0, 2, 3].every((i) => headOf(nodes[i]!, KEY)?.version === 1));
  });
});
