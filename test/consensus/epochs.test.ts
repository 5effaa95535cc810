import { describe, expect, it } from 'vitest';
import { asDigest, asKey, asMemberIndex, asVersion } from '../../src/codec/brand.ts';
import type { EpochsEffect } from '../../src/consensus/epochs/types.ts';
import { instanceLog } from '../../src/consensus/log.ts';
import { restoreInstance } from '../../src/consensus/core.ts';
import { restoreEpochs, stepEpochs } from '../../src/consensus/epochs/machine.ts';
import { MAX_REPORTS_PER_AUTHOR } from '../../src/consensus/limits.ts';
import {
  changeTo,
  CHANGE_KEY,
  createMachine,
  digestOf,
  entry,
  first,
  leaf,
  linkAfter,
  lockOn,
  OPENING_KEY,
  PACKAGE,
  report,
  signed,
  vote,
} from './epochs-harness.ts';

const EPOCH = first();
const MEMBERS = EPOCH.members;
const types = (effects: readonly EpochsEffect[]): string[] => effects.map(({ type }) => type);
const packageVotes = (machine: ReturnType<typeof createMachine>): string[] =>
  machine.votes.filter(({ key }) => key === PACKAGE).map(({ type, digest }) => `${type} ${digest[0]}`);

/** Locked on `a` in round 0: the others voted for it, too. */
function lockedMachine() {
  const machine = createMachine();
  machine.propose('a');
  machine.take(...[1, 2].map((i) => vote(EPOCH, i, PACKAGE, 1, 'PRE-COMMIT', 'a')));
  expect(packageVotes(machine)).toEqual(['PRE-COMMIT a', 'COMMIT a']);
  return machine;
}

describe('CLOSE', () => {
  it('comes in the same write as the decision, so that no crash leaves one without the other', () => {
    const machine = createMachine();
    const found = machine.close();
    const [decide, mark] = [types(found).indexOf('decide'), types(found).indexOf('mark')];
    expect(decide).toBeGreaterThanOrEqual(0);
    expect(mark).toBeGreaterThan(decide);
    expect(machine.all('mark')[0]!.mark).toEqual({ state: 'closed', epoch: EPOCH.digest, by: digestOf('d') });
  });

  it('ends all votes but those for the opening', () => {
    const machine = createMachine();
    machine.close();
    machine.propose('a');
    machine.take(...[1, 2].map((i) => vote(EPOCH, i, PACKAGE, 1, 'PRE-COMMIT', 'a')));
    expect(machine.votes).toEqual([]);
    machine.propose('x', 1, OPENING_KEY);
    expect(machine.votes.map(({ key }) => key)).toEqual([OPENING_KEY]);
  });

  it('a vote whose signature was under way does not leave after it', () => {
    const machine = createMachine();
    machine.signs = false;
    machine.propose('a');
    expect(machine.all('sign')).toHaveLength(1);
    machine.close();
    machine.core({ type: 'signed', vote: vote(EPOCH, 0, PACKAGE, 1, 'PRE-COMMIT', 'a') });
    expect(machine.votes).toEqual([]);
  });

  it('DECIDE goes on: a certificate that comes late is taken', () => {
    const machine = createMachine();
    machine.close();
    machine.take(...[1, 2, 3].map((i) => vote(EPOCH, i, PACKAGE, 1, 'COMMIT', 'a')));
    expect(machine.state.core.certified.get(PACKAGE)?.digest).toBe(digestOf('a'));
  });
});

describe('REPORT', () => {
  it('waits until "closed" is on disk', () => {
    const machine = createMachine();
    machine.close();
    expect(machine.all('sign-report')).toEqual([]);
    machine.durable();
    expect(machine.all('keep-report')).toHaveLength(1);
  });

  it('tells the lock, and its polka beside it', () => {
    const machine = lockedMachine();
    machine.close();
    machine.durable();
    const [told] = machine.all('keep-report');
    expect(told!.report.locks).toEqual([lockOn('a', 0)]);
    expect(told!.report.polkas.map(({ author }) => author).sort()).toEqual([0, 1, 2]);
  });

  it('is made again when the state grew, and once for each state', () => {
    const machine = lockedMachine();
    machine.close();
    machine.durable();
    machine.root = digestOf('2');
    machine.certified(EPOCH, 'a');
    machine.send({ type: 'root', root: digestOf('2') });
    expect(machine.all('keep-report').map(({ report: r }) => [r.root[0], r.locks.length])).toEqual([
      ['1', 1],
      ['2', 0],
    ]);
  });

  it('an observer makes none', () => {
    const machine = createMachine({ self: 1, log: 99 });
    machine.close();
    machine.durable();
    expect(machine.all('sign-report')).toEqual([]);
  });

  it('after a restart says the same as before it', () => {
    const machine = lockedMachine();
    machine.close();
    machine.durable();
    const own = machine.all('keep-report').map(({ report: r }) => r);
    const { state } = machine;
    const again = restoreEpochs(state.config, {
      chain: state.chain,
      carried: [],
      leaves: [],
      closedBy: digestOf('d'),
      ownReports: own,
    });
    restoreInstance(again.core, instanceLog(state.core, PACKAGE)!, 0);
    again.mayVote = again.core.mayVote = true;
    again.core.certified.set(CHANGE_KEY, { version: asVersion(1), digest: digestOf('d'), bytesKnown: true });
    stepEpochs(again, { type: 'change-read', value: digestOf('d'), digest: digestOf('c') }, 0);
    const { effects } = stepEpochs(again, { type: 'root', root: digestOf('1') }, 0);
    expect(types(effects)).not.toContain('sign-report');
    const later = stepEpochs(again, { type: 'root', root: digestOf('2') }, 0).effects;
    expect(later.find(({ type }) => type === 'sign-report')).toMatchObject({
      report: { locks: [lockOn('a', 0)] },
    });
  });

  it('of its own that the log lacks stops the replica', () => {
    const machine = createMachine();
    machine.close();
    machine.send({ type: 'report', report: report(EPOCH, 0, digestOf('7')), from: 'peer' });
    expect(machine.all('unknown-own-report')).toHaveLength(1);
    expect(machine.state.core.mayVote).toBe(false);
    machine.durable();
    expect(machine.all('sign-report')).toEqual([]);
  });

  it('of its own stays known, however many it has signed since and whoever tells the first of them again', () => {
    const machine = createMachine();
    machine.close();
    machine.durable();
    const letters = '123456789abc'.split('');
    for (const letter of letters) {
      machine.root = digestOf(letter);
      machine.certified(EPOCH, letter, letters.indexOf(letter) + 1);
    }
    const [oldest] = machine.all('keep-report');
    expect(machine.all('keep-report').length).toBeGreaterThan(MAX_REPORTS_PER_AUTHOR);
    machine.send({ type: 'report', report: oldest!.report, from: 'peer' });
    expect(machine.all('unknown-own-report')).toEqual([]);
    expect(machine.state.core.mayVote).toBe(true);
  });

  it('two with one state and different locks convict their author', () => {
    const machine = createMachine();
    machine.send({ type: 'report', report: report(EPOCH, 2, digestOf('1')), from: 'peer' });
    machine.send({ type: 'report', report: report(EPOCH, 2, digestOf('1'), [lockOn('a', 0)]), from: 'peer' });
    machine.send({ type: 'report', report: report(EPOCH, 2, digestOf('2'), [lockOn('a', 0)]), from: 'peer' });
    expect(machine.all('report-evidence')).toHaveLength(1);
  });
});

describe('OPEN', () => {
  it('is offered when q report one state, and not before', () => {
    const machine = createMachine();
    machine.close();
    machine.durable();
    machine.send({ type: 'report', report: report(EPOCH, 1, digestOf('1')), from: 'peer' });
    machine.send({ type: 'report', report: report(EPOCH, 2, digestOf('2')), from: 'peer' });
    expect(machine.all('offer')).toEqual([]);
    machine.send({ type: 'report', report: report(EPOCH, 3, digestOf('1'), [lockOn('a', 2)]), from: 'peer' });
    const [offer] = machine.all('offer');
    expect(offer).toMatchObject({ version: 1, previous: null, value: { key: OPENING_KEY } });
    const value = offer!.value as Extract<typeof offer, object>['value'] & { opening?: unknown };
    expect(value).toMatchObject({ opening: { root: digestOf('1'), statements: [{}, {}] } });
  });

  it('reports about another change do not count', () => {
    const machine = createMachine();
    machine.close();
    machine.durable();
    for (const i of [1, 2, 3])
      machine.send({
        type: 'report',
        report: report(EPOCH, i, digestOf('1'), [], digestOf('e')),
        from: 'peer',
      });
    expect(machine.all('offer')).toEqual([]);
  });
});

describe('BEGIN', () => {
  it('waits for the leaves of R, and for a state that holds them', () => {
    const machine = createMachine();
    machine.send(linkAfter(EPOCH, MEMBERS, '5'));
    expect(machine.all('need-leaves')).toMatchObject([{ root: digestOf('5') }]);
    machine.leaves('5', leaf('a', 1));
    expect(machine.state.at).toBe(0);
    machine.certified(EPOCH, 'a');
    expect(machine.state.at).toBe(1);
    expect(machine.all('begin')).toHaveLength(1);
  });

  it('starts all instances afresh and keeps the state', () => {
    const machine = lockedMachine();
    machine.certified(EPOCH, 'x', 1, asKey('package/b'));
    machine.send(linkAfter(EPOCH, MEMBERS, '5'));
    machine.leaves('5');
    expect(machine.state.core.instances.size).toBe(0);
    expect(machine.state.core.config.epoch).toBe(machine.epoch.digest);
    expect(machine.state.core.certified.get(asKey('package/b'))?.digest).toBe(digestOf('x'));
    expect(machine.state.core.certified.get(OPENING_KEY)?.version).toBe(1);
    machine.propose('b');
    expect(machine.votes.at(-1)).toMatchObject({ epoch: machine.epoch.digest, digest: digestOf('b') });
  });

  it('a replica whose log the epoch does not name signs nothing in it', () => {
    const machine = createMachine();
    machine.send(linkAfter(EPOCH, [entry(1, 77), ...MEMBERS.slice(1)], '5'));
    machine.leaves('5');
    expect(machine.state.core.config.self).toBeNull();
    machine.propose('a');
    expect(machine.votes).toEqual([]);
  });

  it('a joiner follows the chain from the genesis and votes from the epoch on that names it', () => {
    const machine = createMachine({ self: 9 });
    machine.propose('a');
    expect(machine.votes).toEqual([]);
    machine.send(linkAfter(EPOCH, [...MEMBERS.slice(0, 3), entry(9)], '5'));
    machine.leaves('5');
    expect(machine.state.core.config.self).toBe(asMemberIndex(3));
    machine.propose('a');
    expect(packageVotes(machine)).toEqual(['PRE-COMMIT a']);
  });

  it('whoever slept through two epochs begins the newest at once', () => {
    const machine = createMachine();
    const one = linkAfter(EPOCH, MEMBERS, '5', [lockOn('a', 0)]);
    machine.send(one);
    const [, second] = machine.state.chain;
    machine.send(linkAfter(second!, MEMBERS, '6'));
    machine.leaves('5');
    expect(machine.state.at).toBe(0);
    machine.leaves('6');
    expect(machine.state.at).toBe(2);
    expect(machine.state.carried.get(PACKAGE)).toEqual({ key: PACKAGE, version: 1, digest: digestOf('a') });
  });

  it('votes of the epoch before count nowhere', () => {
    const machine = createMachine();
    machine.send(linkAfter(EPOCH, MEMBERS, '5'));
    machine.leaves('5');
    const old = [1, 2, 3].map((i) => vote(EPOCH, i, PACKAGE, 1, 'COMMIT', 'a'));
    const found = machine.core({ type: 'received', votes: old, from: 'peer' });
    expect(types(found)).toContain('tell-links');
    expect(types(found)).not.toContain('check');
    machine.take(...old);
    expect(machine.state.core.certified.get(PACKAGE)).toBeUndefined();
  });
});

describe('CARRIED', () => {
  function carrying(locks: Parameters<typeof linkAfter>[3][] = [[lockOn('a', 0)]]) {
    const machine = createMachine();
    machine.send(linkAfter(EPOCH, MEMBERS, '5', ...locks));
    machine.leaves('5');
    return machine;
  }

  it('no other value is voted for, however valid it looks', () => {
    const machine = carrying();
    machine.propose('b');
    expect(machine.votes).toEqual([]);
    machine.take(...[1, 2].map((i) => vote(machine.epoch, i, PACKAGE, 1, 'PRE-COMMIT', 'b')));
    expect(machine.votes).toEqual([]);
    expect(machine.state.core.instances.get(PACKAGE)?.values.get(digestOf('b'))).toBe('invalid');
  });

  it('is valid without being run again, also when the rules of today refuse it', () => {
    const machine = createMachine({ valid: '' });
    machine.send(linkAfter(EPOCH, MEMBERS, '5', [lockOn('a', 0)]));
    machine.leaves('5');
    expect(machine.all('carry')).toMatchObject([{ carried: { digest: digestOf('a') } }]);
    machine.take(vote(machine.epoch, 1, PACKAGE, 1, 'PRE-COMMIT', 'a'));
    expect(packageVotes(machine)).toEqual(['PRE-COMMIT a']);
  });

  it('of two locks the higher one', () => {
    const machine = carrying([[lockOn('b', 1)], [lockOn('a', 3)], [lockOn('b', 2)]]);
    expect(machine.state.carried.get(PACKAGE)?.digest).toBe(digestOf('a'));
  });

  it('goes on through epochs until an R names the version', () => {
    const machine = carrying();
    machine.send(linkAfter(machine.epoch, MEMBERS, '6'));
    machine.leaves('6');
    expect(machine.state.carried.get(PACKAGE)?.digest).toBe(digestOf('a'));
    machine.certified(machine.epoch, 'a');
    machine.send(linkAfter(machine.epoch, MEMBERS, '7'));
    machine.leaves('7', leaf('a', 1));
    expect(machine.state.carried.size).toBe(0);
  });

  it('a lock on a version that R has passed, or not reached, carries nothing', () => {
    const machine = createMachine();
    machine.certified(EPOCH, 'x', 2);
    machine.send(linkAfter(EPOCH, MEMBERS, '5', [lockOn('a', 4, 2)], [lockOn('b', 0, 1)]));
    machine.leaves('5', leaf('x', 2));
    expect(machine.state.carried.size).toBe(0);
  });
});

describe('OLD', () => {
  it('a certificate of an epoch that was left decides nothing that R does not hold', () => {
    const machine = createMachine();
    machine.send(linkAfter(EPOCH, MEMBERS, '5'));
    machine.leaves('5');
    machine.certified(EPOCH, 'a');
    expect(machine.state.core.certified.get(PACKAGE)).toBeUndefined();
    expect(machine.all('old-refused')).toHaveLength(1);
    machine.certified(machine.epoch, 'a');
    expect(machine.state.core.certified.get(PACKAGE)?.digest).toBe(digestOf('a'));
  });

  it('neither does it while the new epoch is known, but not begun', () => {
    const machine = createMachine();
    machine.send(linkAfter(EPOCH, MEMBERS, '5'));
    machine.certified(EPOCH, 'b');
    expect(machine.state.core.certified.get(PACKAGE)).toBeUndefined();
    machine.leaves('5', leaf('a', 1));
    machine.certified(EPOCH, 'b');
    expect(machine.state.core.certified.get(PACKAGE)).toBeUndefined();
    machine.certified(EPOCH, 'a');
    expect(machine.state.at).toBe(1);
  });

  it('what is carried it does decide', () => {
    const machine = createMachine();
    machine.send(linkAfter(EPOCH, MEMBERS, '5', [lockOn('a', 0)]));
    machine.leaves('5');
    machine.certified(EPOCH, 'b');
    expect(machine.state.core.certified.get(PACKAGE)).toBeUndefined();
    machine.certified(EPOCH, 'a');
    expect(machine.state.core.certified.get(PACKAGE)?.digest).toBe(digestOf('a'));
  });

  it('a certificate of an epoch that nobody here knows leads to the question for links', () => {
    const machine = createMachine();
    const stranger = { ...EPOCH, digest: asDigest('9'.repeat(64)) as never };
    machine.certified(stranger, 'a');
    expect(machine.all('need-links')).toHaveLength(1);
    expect(machine.state.core.certified.get(PACKAGE)).toBeUndefined();
  });

  it('another change or opening of an epoch that was left is not taken', () => {
    const machine = createMachine();
    machine.send(linkAfter(EPOCH, MEMBERS, '5'));
    machine.close();
    expect(machine.state.core.certified.get(CHANGE_KEY)).toBeUndefined();
  });
});

describe('APPROVE and CHANGE', () => {
  const joining = changeTo([...MEMBERS.slice(0, 3), entry(5)]);
  const approval = (author: number, kind: 'approve' | 'join' = 'approve', epoch = EPOCH.digest) => ({
    kind,
    epoch,
    change: digestOf('c'),
    ...signed(author),
  });

  it('a change is offered with q approvals and the consent of all who join, and not before', () => {
    const machine = createMachine();
    machine.send({ type: 'draft', change: joining, digest: digestOf('c') });
    machine.send({ type: 'approve', change: digestOf('c') });
    machine.send({ type: 'approval', approval: approval(1) });
    machine.send({ type: 'approval', approval: approval(1) });
    machine.send({ type: 'approval', approval: approval(3, 'join') });
    expect(machine.all('offer')).toEqual([]);
    machine.send({ type: 'approval', approval: approval(2) });
    const [offer] = machine.all('offer');
    expect(offer).toMatchObject({ version: 1, value: { key: CHANGE_KEY, change: { change: joining } } });
    expect(machine.all('keep-approval')).toHaveLength(4);
  });

  it('approvals of another epoch do not count', () => {
    const machine = createMachine();
    machine.send({ type: 'draft', change: joining, digest: digestOf('c') });
    machine.send({ type: 'approval', approval: approval(3, 'join') });
    for (const i of [0, 1, 2, 3])
      machine.send({ type: 'approval', approval: approval(i, 'approve', '9'.repeat(64) as never) });
    expect(machine.all('offer')).toEqual([]);
    expect(machine.all('keep-approval')).toHaveLength(1);
  });

  it('a member that lost its log approves its own return, and consents to it', () => {
    const machine = createMachine({ self: 1, log: 9 });
    const back = changeTo([entry(1, 9), ...MEMBERS.slice(1)]);
    machine.send({ type: 'draft', change: back, digest: digestOf('c') });
    machine.send({ type: 'approve', change: digestOf('c') });
    expect(machine.all('sign-approval').map(({ approval: a }) => a.kind)).toEqual(['approve', 'join']);
  });

  it('approvals end with their epoch', () => {
    const machine = createMachine();
    machine.send({ type: 'draft', change: joining, digest: digestOf('c') });
    for (const i of [0, 1, 2]) machine.send({ type: 'approval', approval: approval(i) });
    machine.send(linkAfter(EPOCH, MEMBERS, '5'));
    machine.leaves('5');
    machine.send({ type: 'approval', approval: approval(3, 'join') });
    expect(machine.state.drafts.size).toBe(0);
    expect(machine.all('offer')).toEqual([]);
  });
});
