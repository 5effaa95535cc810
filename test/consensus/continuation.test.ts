/** Going on beyond f: what may continue an epoch, and what its machine signs and believes from then on. */
import { describe, expect, it } from 'vitest';
import { asNetworkId } from '../../src/codec/brand.ts';
import type { Continuation } from '../../src/codec/genesis.ts';
import { breaksOf, epochAfter } from '../../src/consensus/epochs/chain.ts';
import { checkContinuation, continuationOf } from '../../src/consensus/epochs/continuation.ts';
import { restoreEpochs } from '../../src/consensus/epochs/machine.ts';
import type { CheckedLink, Epoch } from '../../src/consensus/epochs/types.ts';
import {
  changeTo,
  createMachine,
  digestOf,
  entry,
  first,
  leaf,
  linkAfter,
  lockOn,
  PACKAGE,
  vote,
} from './epochs-harness.ts';

const EPOCH = first();
const IDS = EPOCH.members.map(({ id }) => id);
const NEXT = { name: 'The rest', root: digestOf('1'), joinSecret: 'c'.repeat(64) };
const going = (epoch: Epoch = EPOCH, ids: readonly string[] = IDS.slice(0, 2)): Continuation =>
  continuationOf(epoch, NEXT, ids)!;
const breakAfter = (epoch: Epoch, letter = 'e'): Extract<CheckedLink, { type: 'break' }> => ({
  type: 'break',
  genesis: going(epoch),
  network: asNetworkId(letter.repeat(64)),
});

describe('a continuation', () => {
  it('of fewer than a quorum, with their own entries in their order, is one', () => {
    for (const ids of [[IDS[0]!], IDS.slice(0, 2), [IDS[1]!, IDS[3]!]])
      expect(checkContinuation(EPOCH, going(EPOCH, ids)).ok).toBe(true);
    // Whatever order they are named in.
    expect(going(EPOCH, [IDS[3]!, IDS[1]!]).members.map(({ id }) => id)).toEqual([IDS[1], IDS[3]]);
    expect(continuationOf(EPOCH, NEXT, ['nobody'])).toBeNull();
  });

  const good = going();
  const at = good.continues;
  const [one, two] = good.members;
  const refused: [string, string, Continuation][] = [
    [
      'of another network',
      'continues-elsewhere',
      { ...good, continues: { ...at, network: 'b'.repeat(64) as never } },
    ],
    ['of another epoch', 'continues-elsewhere', { ...good, continues: { ...at, epoch: 1 } }],
    [
      'of another history',
      'continues-elsewhere',
      { ...good, continues: { ...at, digest: 'b'.repeat(64) as never } },
    ],
    ['of a quorum', 'quorum-is-there', { ...good, members: EPOCH.members.slice(0, 3) }],
    ['of everybody', 'quorum-is-there', { ...good, members: EPOCH.members }],
    ['with a stranger', 'survivor-unknown', { ...good, members: [one!, entry(9)] }],
    [
      'with a key changed',
      'survivor-unknown',
      { ...good, members: [one!, { ...two!, voteKey: entry(9).voteKey }] },
    ],
    [
      'with a log changed',
      'survivor-unknown',
      { ...good, members: [one!, { ...two!, logId: entry(9).logId }] },
    ],
    ['with a name changed', 'survivor-unknown', { ...good, members: [one!, { ...two!, organisation: 'B' }] }],
    ['with one of them twice', 'survivor-twice', { ...good, members: [one!, one!] }],
    ['in another order', 'survivors-out-of-order', { ...good, members: [two!, one!] }],
    ['under other rules', 'rules-differ', { ...good, rulesVersion: 2 }],
    ['of another draft', 'genesis-differs', { ...good, draftNonce: 'b'.repeat(32) }],
    ['that becomes a demo', 'genesis-differs', { ...good, demo: true }],
    [
      'with another directory',
      'genesis-differs',
      { ...good, directory: { ...good.directory, couriers: [{ id: 'x', name: 'X', gln: '4012345000009' }] } },
    ],
  ];
  it.each(refused)('%s is refused by name', (_what, type, genesis) => {
    expect(checkContinuation(EPOCH, genesis)).toMatchObject({ ok: false, error: { type } });
  });

  it('leads to an epoch whose number goes on and whose name is its network’s', () => {
    const link = breakAfter(EPOCH);
    const next = epochAfter(EPOCH, link);
    expect(next).toMatchObject({ number: 1, network: link.network, digest: link.network });
    expect(next.began).toMatchObject({ root: NEXT.root, openingValue: link.network });
    expect(next.genesis.name).toBe('The rest');
    expect(breaksOf([EPOCH, next])).toEqual([{ from: EPOCH, to: next }]);
    expect(breaksOf([EPOCH, epochAfter(EPOCH, linkAfter(EPOCH, EPOCH.members, '1'))])).toEqual([]);
  });
});

describe('LEAVE', () => {
  it('ends all signing in the epoch: votes, also for an opening, approvals, and what was under way', () => {
    const machine = createMachine();
    machine.signs = false;
    const [sign] = machine.propose('a').filter((effect) => effect.type === 'sign');
    machine.signs = true;
    machine.send({ type: 'leave' });
    if (sign?.type !== 'sign') throw new Error('it would have voted');
    machine.core({
      type: 'signed',
      vote: { ...sign.vote, epoch: EPOCH.digest, author: 0 as never, signature: new Uint8Array(64) },
    });
    machine.propose('b', 1);
    machine.take(...[1, 2, 3].map((i) => vote(EPOCH, i, PACKAGE, 1, 'PRE-COMMIT', 'a')));
    // RESUME that ends late does not lift it.
    machine.send({ type: 'may-vote', mayVote: true });
    machine.close();
    machine.durable();
    const draft = changeTo(EPOCH.members);
    machine.send({ type: 'draft', change: draft, digest: digestOf('c') });
    machine.send({ type: 'approve', change: digestOf('c') });
    expect(machine.votes).toEqual([]);
    expect(machine.all('sign-report')).toEqual([]);
    expect(machine.all('sign-approval')).toEqual([]);
    // Its mark stands: "closed" would say less.
    expect(machine.all('mark')).toEqual([]);
  });

  it('stays after a restart', () => {
    const machine = createMachine();
    const state = restoreEpochs(machine.state.config, {
      chain: [EPOCH],
      carried: [],
      leaves: [],
      closedBy: null,
      ownReports: [],
      left: true,
    });
    expect(state.left).toBe(true);
    expect(createMachine().state.left).toBe(false);
  });

  it('does not end merging: what others certify is decided', () => {
    const machine = createMachine();
    machine.send({ type: 'leave' });
    machine.certified(EPOCH, 'a');
    expect(machine.state.core.certified.get(PACKAGE)).toMatchObject({ version: 1, digest: digestOf('a') });
  });
});

describe('CONTINUE', () => {
  it('begins with R, carries nothing, and votes under the new epoch’s name', () => {
    const machine = createMachine();
    machine.send({ type: 'leave' });
    machine.certified(EPOCH, 'a');
    machine.send(breakAfter(EPOCH));
    machine.leaves('1', leaf('a', 1));
    expect(machine.state.at).toBe(1);
    expect(machine.all('begin')[0]).toMatchObject({
      carried: [],
      mark: { state: 'begun', epoch: 'e'.repeat(64) },
    });
    expect(machine.state.left).toBe(false);
    machine.send({ type: 'may-vote', mayVote: true });
    machine.propose('b', 2);
    expect(machine.votes.map(({ epoch, version }) => [epoch, version])).toEqual([['e'.repeat(64), 2]]);
  });

  it('drops what an earlier opening carried and nobody decided since', () => {
    const machine = createMachine();
    const link = linkAfter(EPOCH, EPOCH.members, '1', [lockOn('a', 0)]);
    machine.send(link);
    machine.leaves('1');
    expect([...machine.state.carried.values()]).toHaveLength(1);
    machine.send({ ...breakAfter(machine.epoch), network: asNetworkId('f'.repeat(64)) });
    machine.leaves('1');
    expect(machine.state.at).toBe(2);
    expect([...machine.state.carried.values()]).toEqual([]);
  });

  it('refuses what R lacks, and takes what R has: a certificate of the network that was left', () => {
    const machine = createMachine();
    machine.send(breakAfter(EPOCH));
    machine.leaves('1', leaf('a', 1));
    // Not begun: it lacks version 1.
    expect(machine.state.at).toBe(0);
    machine.certified(EPOCH, 'b');
    expect(machine.all('old-refused')).toHaveLength(1);
    expect(machine.state.core.certified.has(PACKAGE)).toBe(false);
    machine.certified(EPOCH, 'a');
    expect(machine.state.at).toBe(1);
    machine.certified(EPOCH, 'b', 2);
    expect(machine.all('old-refused')).toHaveLength(2);
    expect(machine.state.core.certified.get(PACKAGE)!.version).toBe(1);
  });

  it('no votes of the network that was left decide anything once the break is known', () => {
    const machine = createMachine();
    machine.send(breakAfter(EPOCH));
    machine.take(...[1, 2, 3].map((i) => vote(EPOCH, i, PACKAGE, 1, 'COMMIT', 'a')));
    expect(machine.state.core.certified.has(PACKAGE)).toBe(false);
    expect(machine.votes).toEqual([]);
  });

  it('of another epoch than the newest changes nothing', () => {
    const machine = createMachine();
    const link = linkAfter(EPOCH, EPOCH.members, '1');
    machine.send(link);
    machine.send(breakAfter(EPOCH));
    expect(machine.state.chain.map(({ number, network }) => [number, network])).toEqual([
      [0, EPOCH.network],
      [1, EPOCH.network],
    ]);
  });
});
