import { afterEach, describe, expect, it } from 'vitest';
import { entryListOf } from '../../src/codec/batch.ts';
import { asKey, asRound, asVersion, type Digest, type Key, type MemberIndex } from '../../src/codec/brand.ts';
import { decodeMessage, encodeMessage } from '../../src/codec/messages.ts';
import { certificateSigners, type Vote } from '../../src/codec/vote.ts';
import { createBls } from '../../src/crypto/bls.ts';
import { checkCertificate } from '../../src/crypto/certificates.ts';
import { batchBytes } from '../../src/crypto/domains.ts';
import { createEd25519 } from '../../src/crypto/ed25519.ts';
import type { Verdict } from '../../src/l2/types.ts';
import type { Proposal } from '../../src/worker/replica/types.ts';
import { Cluster, headOf, until, type Node, type Validate } from './cluster.ts';

const keys = (count: number): Key[] =>
  Array.from({ length: count }, (_, i) => asKey(`package/${String(i).padStart(18, '0')}`));
const proposals = (of: readonly Key[], text = 'inspected'): Proposal[] =>
  of.map((key) => ({
    key,
    version: asVersion(1),
    previous: null,
    body: new TextEncoder().encode(`${text} ${key}`),
  }));
const voters = async (nodes: readonly Node[]): Promise<void> =>
  until('every replica may vote', () => nodes.every((n) => n.standing.kind === 'voter'));
const decided = (nodes: readonly Node[], of: readonly Key[], version = 1): boolean =>
  nodes.every((n) => of.every((key) => headOf(n, key)?.version === version));
const compact = (nodes: readonly Node[], of: readonly Key[]): boolean =>
  nodes.every((n) =>
    of.every((key) => n.replica.heads.get(key)?.certificate.groups.every((g) => g.form === 'aggregate')),
  );

let cluster: Cluster;
afterEach(() => cluster.stop());

describe('a hundred keys proposed at once by one of four', () => {
  it('cost a few signatures, checks, writes and messages a replica, not a few a key', async () => {
    cluster = await Cluster.create(4);
    // However slow this machine is, no round ends, and no lost push is looked for.
    cluster.w0 = 60_000;
    const count = cluster.count();
    const nodes = await cluster.startAll();
    await voters(nodes);
    const of = keys(100);
    const before = count.snapshot();
    // One that hears of the decision first signs no COMMIT.
    const goOn = cluster.hub.holdVotes(({ type }) => type === 'COMMIT');
    const results = await nodes[0]!.replica.proposeBatch(proposals(of));
    expect(results.every((r) => r.ok)).toBe(true);
    await until('four COMMITs', () => count.since(before).shares >= 4);
    goOn();
    await until('all decided', () => decided(nodes, of));
    await until('compact certificates', () => compact(nodes, of));
    const cost = count.since(before);
    // Two signatures a replica, each checked once by the three others, and one pairing for all certificates. Answers to RESUME come on top
    // when this machine is busy; one by one the keys cost 800 signatures, 2,400 checks, 400 pairings, 1,600 writes and 2,400 messages.
    expect(cost.shares).toBe(4);
    expect(cost.signed).toBeLessThanOrEqual(4 * 6);
    expect(cost.checked).toBeLessThanOrEqual(4 * 20);
    expect(cost.pairings).toBeLessThanOrEqual(4 * 3);
    expect(cost.writes).toBeLessThanOrEqual(4 * 15);
    expect(cost.voteMessages).toBeLessThanOrEqual(4 * 3 * 8);
    const tools = { bls: await createBls(), ed25519: await createEd25519() };
    for (const key of of.slice(0, 3)) {
      const { certificate } = nodes[3]!.replica.heads.get(key)!;
      expect(certificate.groups.every((group) => group.batch?.size === 100)).toBe(true);
      expect(certificateSigners(certificate).length).toBeGreaterThanOrEqual(3);
      expect(await checkCertificate(certificate, cluster.epoch, tools)).toBe(true);
    }
  });

  it('are put together when they are proposed one by one in one turn', async () => {
    cluster = await Cluster.create(4);
    cluster.w0 = 60_000;
    const count = cluster.count();
    const nodes = await cluster.startAll();
    await voters(nodes);
    const of = keys(60);
    const before = count.snapshot();
    await Promise.all(
      proposals(of).map(({ key, version, previous, body }) =>
        nodes[1]!.replica.propose(key, version, previous, body),
      ),
    );
    await until('all decided', () => decided(nodes, of));
    expect(count.since(before).signed).toBeLessThanOrEqual(4 * 8);
  });
});

describe('the signature over a root', () => {
  it('never leaves before the votes for all its entries are durable', async () => {
    cluster = await Cluster.create(4);
    const nodes = await cluster.startAll();
    await voters(nodes);
    const durable = nodes.map(() => new Set<string>());
    const decidedOnDisk = nodes.map(() => new Set<string>());
    for (const [i, { replica }] of nodes.entries()) {
      const { store } = replica.options;
      const write = store.write.bind(store);
      store.write = async (batch) => {
        await new Promise((resolve) => setTimeout(resolve, 4));
        const written = await write(batch);
        for (const log of batch.logs ?? [])
          for (const vote of log.ownVotes) durable[i]!.add(`${vote.round} ${vote.type} ${vote.key}`);
        // Decided in the turn that signed: the head closes the version as firmly as a log would.
        for (const { key } of batch.certified ?? []) decidedOnDisk[i]!.add(key);
        return written;
      };
    }
    const early: string[] = [];
    let whole = 0;
    cluster.hub.filter = (from, _to, bytes) => {
      const message = decodeMessage(bytes);
      if (!message.ok || message.value.type !== 'votes') return true;
      for (const { author, batch, round, type, key } of message.value.votes) {
        if (author !== from || !batch) continue;
        whole++;
        if (decidedOnDisk[from]!.has(key)) continue;
        if (!durable[from]!.has(`${round} ${type} ${key}`)) early.push(`${from} ${type} ${key}`);
      }
      return true;
    };
    const of = keys(30);
    await nodes[0]!.replica.proposeBatch(proposals(of));
    await until('all decided', () => decided(nodes, of));
    expect(whole).toBeGreaterThan(0);
    expect(early).toEqual([]);
  });
});

describe('a batch with an entry that one voter finds invalid', () => {
  it('is voted for entry by entry there, and everything valid is decided', async () => {
    const of = keys(12);
    const wrong = of[5]!;
    const strict: Validate = async ({ key }): Promise<Verdict> =>
      key === wrong ? { verdict: 'invalid', rule: 'test', message: 'not this one' } : { verdict: 'valid' };
    cluster = await Cluster.create(4);
    const nodes = [await cluster.start(0), await cluster.start(1)];
    nodes.push(await cluster.start(2, { validate: strict }), await cluster.start(3, { validate: strict }));
    await voters(nodes);
    await nodes[0]!.replica.proposeBatch(proposals(of));
    const valid = of.filter((key) => key !== wrong);
    await until('all valid ones decided', () => decided(nodes, valid));
    expect(headOf(nodes[0]!, wrong)).toBeUndefined();
    await until('compact certificates', () => compact(nodes, valid));
    const tools = { bls: await createBls(), ed25519: await createEd25519() };
    const { certificate } = nodes[1]!.replica.heads.get(valid[0]!)!;
    // q = 3 of 4, of whom two at most signed the root: the forms are mixed.
    expect(certificate.groups.some((group) => group.batch === undefined)).toBe(true);
    expect(await checkCertificate(certificate, cluster.epoch, tools)).toBe(true);
  });
});

describe('a member that signs a root and a contradicting vote for one entry', () => {
  it('is convicted by the two, and the same vote in both forms convicts nobody', async () => {
    cluster = await Cluster.create(4);
    const nodes = await Promise.all([0, 1, 2].map((i) => cluster.start(i)));
    await voters(nodes);
    const liar = await cluster.start(3);
    await voters([liar]);
    const [first, second] = keys(2);
    const digest = (byte: string): Digest => byte.repeat(32) as Digest;
    const list = entryListOf([
      { key: first!, version: asVersion(1), digest: digest('11') },
      { key: second!, version: asVersion(1), digest: digest('22') },
    ]);
    const { epoch } = cluster;
    const { signer } = cluster.members[3]!;
    const slot = { round: asRound(0), type: 'PRE-COMMIT' as const };
    const signature = await signer.signEd25519(
      batchBytes(epoch.network, epoch.epoch, slot, { root: list.root, size: 2 }),
    );
    const base = { ...slot, epoch: epoch.epoch, author: 3 as MemberIndex };
    const batch = list.entries.map((entry, i): Vote => ({
      ...entry,
      ...base,
      signature,
      batch: list.inclusions[i]!,
    }));
    const single = (key: Key, of: Digest): Promise<Vote> =>
      cluster.signSingle(3, { key, version: asVersion(1), ...slot, digest: of });
    const send = (votes: Vote[]): void => {
      const message = encodeMessage({ type: 'votes', epoch: epoch.epoch, votes, values: [] });
      for (const id of liar.transport.peers.keys()) liar.transport.send(id, message);
    };
    send(batch);
    send([await single(first!, digest('11'))]);
    const held = (n: Node): number =>
      n.replica.core.instances.get(first!)?.rounds.get(0)?.preCommits.get(digest('11'))?.size ?? 0;
    await until('the votes are counted', () => nodes.every((n) => held(n) === 1));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(nodes.every((n) => n.replica.core.evidence.size === 0)).toBe(true);
    send([await single(second!, digest('33'))]);
    await until('evidence', () => nodes.every((n) => n.replica.core.evidence.has(3 as MemberIndex)));
  });
});

describe('a replica that crashes in the middle of a batch', () => {
  it('sends the same signatures again after its start and the batch is decided', async () => {
    cluster = await Cluster.create(4);
    const nodes = await cluster.startAll();
    await voters(nodes);
    const of = keys(20);
    const sent = new Set<string>();
    let open = false;
    cluster.hub.filter = (from, _to, bytes) => {
      const message = decodeMessage(bytes);
      if (!message.ok || message.value.type !== 'votes') return true;
      for (const vote of message.value.votes)
        if (from === 0 && vote.author === 0)
          sent.add(`${vote.round} ${vote.type} ${vote.key} ${vote.signature.join()}`);
      return open;
    };
    await nodes[0]!.replica.proposeBatch(proposals(of));
    await until('the votes left', () => sent.size === 20);
    const told = [...sent];
    cluster.kill(0);
    sent.clear();
    open = true;
    const again = await cluster.start(0);
    await until('the restarted one may vote', () => again.standing.kind === 'voter');
    await until('all decided', () => decided([again, ...nodes.slice(1)], of));
    const preCommits = [...sent].filter((name) => name.startsWith('0 PRE-COMMIT'));
    expect(preCommits.sort()).toEqual(told.sort());
  });

  it('is not taken for a twin when its votes come back in the other form', async () => {
    cluster = await Cluster.create(4);
    const nodes = await cluster.startAll();
    await voters(nodes);
    const of = keys(3);
    cluster.hub.filter = (_from, to) => to !== 3;
    await nodes[3]!.replica.proposeBatch(proposals(of));
    await until('votes are on the disk', () =>
      of.every((key) => nodes[3]!.replica.core.instances.get(key)?.ownVotes.length === 1),
    );
    const own = nodes[3]!.replica.core.instances.get(of[0]!)!.ownVotes[0]!;
    cluster.hub.filter = () => true;
    const { batch: _, ...body } = own;
    const vote = await cluster.signSingle(3, body);
    nodes[3]!.replica.dispatch({ type: 'checked', votes: [vote] });
    await until('decided', () => decided(nodes, of));
    expect(nodes[3]!.standing.kind).toBe('voter');
  });
});

describe('a member that joins late', () => {
  it('takes over batch certificates after checking them', async () => {
    cluster = await Cluster.create(4);
    const nodes = await Promise.all([0, 1, 2].map((i) => cluster.start(i)));
    await voters(nodes);
    const of = keys(40);
    await nodes[0]!.replica.proposeBatch(proposals(of));
    await until('all decided', () => decided(nodes, of));
    await until('compact certificates', () => compact(nodes, of));
    const late = await cluster.start(3);
    await until('the late one has all', () => decided([late], of));
    const { certificate } = late.replica.heads.get(of[7]!)!;
    expect(certificate.groups[0]!.batch?.size).toBe(40);
    await until('and the values', () => late.decided.filter((entry) => entry.previous === null).length >= 40);
  });
});
