/**
 * What is not told because the other side knows it: roots between two that agree, votes of a decision between two that have compared,
 * the state to a page while it changes all the time. Each time also what has to be told all the same.
 */
import { describe, expect, it } from 'vitest';
import { asKey, asVersion, type Digest, type Key, type MemberIndex } from '../../src/codec/brand.ts';
import type { PeerMessage } from '../../src/codec/messages.ts';
import type { Evidence, Vote } from '../../src/codec/vote.ts';
import { createHash } from '../../src/crypto/hash.ts';
import type { Link, LinkId } from '../../src/net/types.ts';
import type { Instance } from '../../src/consensus/types.ts';
import type { CertifiedEntry } from '../../src/store/types.ts';
import {
  MAX_STATE_PERIOD_MS,
  ROOTS_DEBOUNCE_MS,
  ROOTS_PERIOD_MS,
  ROOTS_TOLD_AT_ONCE,
  STATE_PERIOD_MS,
  STATE_REST,
  WITNESS_DELAY_MS,
  WITNESS_LAST_MS,
  WITNESS_SECOND_MS,
} from '../../src/worker/limits.ts';
import { Convictions } from '../../src/worker/replica/convictions.ts';
import type { Replica } from '../../src/worker/replica/replica.ts';
import { SyncDriver } from '../../src/worker/replica/sync-driver.ts';
import { tellsFirst, Witness } from '../../src/worker/replica/witness.ts';
import { createTelling } from '../../src/worker/telling.ts';

const KEY = asKey('package/040123450000001112');
const hash = await createHash();
const digestOf = (text: string): Digest => hash(new TextEncoder().encode(text));

const to = (member: number): LinkId => `to ${member}` as LinkId;

/** Time passes when the test says so. */
class Time {
  now = 0;
  #timers: { readonly run: () => void; readonly at: number }[] = [];

  readonly clock = {
    now: () => this.now,
    wall: () => this.now,
    setTimeout: (run: () => void, delay: number) => {
      const timer = { run, at: this.now + delay };
      this.#timers.push(timer);
      return timer;
    },
    clearTimeout: (handle: unknown) => {
      this.#timers = this.#timers.filter((timer) => timer !== handle);
    },
  };

  pass(milliseconds: number): void {
    const end = this.now + milliseconds;
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.now = next.at;
      next.run();
    }
    this.now = end;
  }
}

/** One replica with links, of which only what it sends is real. */
class Lone {
  readonly time = new Time();
  readonly links = new Map<LinkId, { readonly id: LinkId; readonly member: MemberIndex }>();
  readonly devices = new Map<LinkId, object>();
  /** Links that take nothing at the moment. */
  readonly full = new Set<LinkId>();
  readonly evidence: unknown[] = [];
  #sent: { readonly to: LinkId; readonly message: PeerMessage }[] = [];
  readonly replica: Replica;
  readonly self: MemberIndex;

  constructor(n: number, self: MemberIndex) {
    this.self = self;
    for (let i = 0; i < n; i++)
      if (i !== self) this.links.set(to(i), { id: to(i), member: i as MemberIndex });
    const { time, links, devices, evidence } = this;
    const sent = (to: LinkId, message: PeerMessage): boolean =>
      !this.full.has(to) && this.#sent.push({ to, message }) > 0;
    this.replica = {
      counted: { n, epoch: 'e' },
      options: { clock: time.clock, hash, self, epoch: { n, epoch: 'e' }, transport: {} },
      ...{ links, devices, stopped: false },
      core: { instances: new Map(), evidence: new Map() },
      decisions: { waitsFor: () => null },
      resume: { waitsFor: () => null },
      history: { resume: () => undefined },
      outbox: { whenWritten: (run: () => void) => run(), flush: () => undefined },
      dispatch: (event: unknown) => evidence.push(event),
      send: sent,
      get now() {
        return time.now;
      },
    } as unknown as Replica;
  }

  /** What was sent since the last look, of one type. */
  take<T extends PeerMessage['type']>(
    type: T,
  ): { readonly to: LinkId; readonly message: Extract<PeerMessage, { type: T }> }[] {
    const found = this.#sent.filter(({ message }) => message.type === type);
    this.#sent = this.#sent.filter(({ message }) => message.type !== type);
    return found as never;
  }
}

const entry = (version: number): CertifiedEntry =>
  ({ key: KEY, version: asVersion(version), digest: digestOf(`version ${version}`) }) as CertifiedEntry;

describe('roots', () => {
  function linked(n: number): { lone: Lone; driver: SyncDriver; agree: () => void } {
    const lone = new Lone(n, 0 as MemberIndex);
    const driver = new SyncDriver(lone.replica);
    driver.start();
    for (const link of lone.links.keys()) driver.linked(link);
    const agree = (): void => {
      for (const { tree, certified, open } of driver.figures().trees)
        for (const link of lone.links.keys()) driver.receive(link, { type: 'roots', tree, certified, open });
    };
    return { lone, driver, agree };
  }

  it('are told to a new neighbour, and no more once both have told the same', () => {
    const { lone, agree } = linked(4);
    expect(lone.take('roots')).toHaveLength(3 * 2);
    agree();
    lone.time.pass(10 * ROOTS_PERIOD_MS);
    expect(lone.take('roots')).toEqual([]);
  });

  it('are told again and again to one that has told others, or none', () => {
    const { lone, driver, agree } = linked(4);
    agree();
    lone.take('roots');
    driver.receive(to(2), { type: 'roots', tree: 'main', certified: digestOf('x'), open: digestOf('y') });
    driver.unlinked(to(3));
    driver.linked(to(3));
    expect(lone.take('roots').map((one) => one.to)).toEqual([to(3), to(3)]);
    for (let times = 0; times < 3; times++) {
      lone.time.pass(ROOTS_PERIOD_MS);
      const told = lone.take('roots').map((one) => `${one.to} ${one.message.tree}`);
      expect(told.sort()).toEqual(['to 2 main', 'to 3 main', 'to 3 network']);
    }
  });

  it('are told to one that has told the new ones first: it does not know that they are the same here', () => {
    const { lone, driver, agree } = linked(6);
    agree();
    lone.time.pass(ROOTS_PERIOD_MS + 1);
    driver.headChanged(entry(1));
    agree();
    lone.take('roots');
    lone.time.pass(ROOTS_PERIOD_MS);
    expect(new Set(lone.take('roots').map((one) => one.to)).size).toBe(5);
  });

  it('go to a few after a change, to others after the next, and to all within the period; of the tree that changed alone', () => {
    const { lone, driver, agree } = linked(10);
    agree();
    // Away from the period's own telling.
    lone.time.pass(ROOTS_PERIOD_MS + 1);
    lone.take('roots');
    const after = (version: number): LinkId[] => {
      driver.headChanged(entry(version));
      lone.time.pass(ROOTS_DEBOUNCE_MS);
      const told = lone.take('roots');
      expect(told.map(({ message }) => message.tree)).toEqual(told.map(() => 'main'));
      return told.map((one) => one.to);
    };
    const [first, second] = [after(1), after(2)];
    expect(first).toHaveLength(ROOTS_TOLD_AT_ONCE);
    expect(second).toHaveLength(ROOTS_TOLD_AT_ONCE);
    expect(new Set([...first, ...second]).size).toBe(2 * ROOTS_TOLD_AT_ONCE);
    lone.time.pass(ROOTS_PERIOD_MS);
    expect(new Set(lone.take('roots').map((one) => one.to)).size).toBe(9);
    agree();
    lone.time.pass(2 * ROOTS_PERIOD_MS);
    expect(lone.take('roots')).toEqual([]);
  });
});

describe('roots that', () => {
  it('a link does not take are told again', () => {
    const lone = new Lone(2, 0 as MemberIndex);
    const driver = new SyncDriver(lone.replica);
    driver.start();
    lone.full.add(to(1));
    driver.linked(to(1));
    for (const { tree, certified, open } of driver.figures().trees)
      driver.receive(to(1), { type: 'roots', tree, certified, open });
    lone.time.pass(ROOTS_PERIOD_MS);
    lone.full.clear();
    lone.time.pass(ROOTS_PERIOD_MS);
    expect(lone.take('roots')).toHaveLength(2);
  });

  it('have changed are told to every device, however many neighbours there are', () => {
    const lone = new Lone(16, 0 as MemberIndex);
    const driver = new SyncDriver(lone.replica);
    driver.start();
    const phones = [to(100), to(101)];
    for (const phone of phones) lone.devices.set(phone, {});
    for (const link of [...lone.links.keys(), ...phones]) driver.linked(link);
    lone.time.pass(ROOTS_PERIOD_MS + 1);
    for (let version = 1; version <= 3; version++) {
      lone.take('roots');
      driver.headChanged(entry(version));
      lone.time.pass(ROOTS_DEBOUNCE_MS);
      const told = new Set(lone.take('roots').map((one) => one.to));
      expect(phones.filter((phone) => told.has(phone))).toEqual(phones);
      expect(told.size).toBe(ROOTS_TOLD_AT_ONCE + phones.length);
    }
  });
});

describe('whose votes a decision was made of', () => {
  const vote = (author: number, of = 'value'): Vote =>
    ({
      ...{ author, key: KEY, version: 1, round: 0, type: 'PRE-COMMIT', epoch: 'e' },
      digest: digestOf(of),
    }) as unknown as Vote;

  function decided(n: number, self: number): { lone: Lone; witness: Witness } {
    const lone = new Lone(n, self as MemberIndex);
    const witness = new Witness(lone.replica);
    const preCommits = new Map([
      [digestOf('value'), new Map(Array.from({ length: n - 1 }, (_, i) => [i, vote(i)]))],
    ]);
    const rounds = new Map([[0, { preCommits, commits: new Map(), polka: null }]]);
    witness.decided({ key: KEY, version: 1, rounds } as unknown as Instance);
    return { lone, witness };
  }
  const other = (key: Key): Instance => {
    const preCommits = new Map([[digestOf('value'), new Map([[1, { ...vote(1), key }]])]]);
    const rounds = new Map([[0, { preCommits, commits: new Map(), polka: null }]]);
    return { key, version: 1, rounds } as unknown as Instance;
  };
  const tell = (witness: Witness, from: LinkId): void =>
    witness.answer(from, [{ key: KEY, version: asVersion(1), votes: [] }]);

  it('is told to all at once when the epoch is closed: nobody compares after the next has begun', () => {
    const { lone, witness } = decided(4, 0);
    Object.assign(lone.replica, { epochs: { closedFor: () => 0 } });
    witness.closed();
    expect(lone.take('witness').map((sent) => sent.to)).toEqual([...lone.links.keys()]);
  });

  it('is told a moment later for a vote that comes after that, though a later turn was set', () => {
    const { lone, witness } = decided(4, 0);
    Object.assign(lone.replica, { epochs: { closedFor: () => 0 } });
    witness.closed();
    lone.take('witness');
    witness.late(vote(3));
    lone.time.pass(WITNESS_LAST_MS);
    expect(lone.take('witness')).toHaveLength(3);
    lone.time.pass(60_000);
    expect(lone.take('witness')).toEqual([]);
  });

  it('is told by exactly one of any two first, and by each to about as many', () => {
    for (const n of [4, 7, 16, 40]) {
      for (let a = 0; a < n; a++) {
        let first = 0;
        for (let b = 0; b < n; b++) {
          if (a === b) continue;
          expect(tellsFirst(a as MemberIndex, b as MemberIndex)).not.toBe(
            tellsFirst(b as MemberIndex, a as MemberIndex),
          );
          if (tellsFirst(a as MemberIndex, b as MemberIndex)) first++;
        }
        expect(Math.abs(first - (n - 1) / 2)).toBeLessThanOrEqual(1);
      }
    }
  });

  it('is told at the second turn to those alone who have not told it', () => {
    const { lone, witness } = decided(8, 3);
    const others = [...lone.links.values()];
    const mine = others.filter(({ member }) => tellsFirst(lone.self, member)).map(({ id }) => id);
    const theirs = others.filter(({ member }) => !tellsFirst(lone.self, member)).map(({ id }) => id);
    lone.time.pass(WITNESS_DELAY_MS);
    expect(lone.take('witness').map((one) => one.to)).toEqual(mine);
    const [silent, ...told] = theirs;
    for (const link of told) tell(witness, link);
    lone.time.pass(WITNESS_SECOND_MS);
    expect(lone.take('witness').map((one) => one.to)).toEqual([silent]);
    lone.time.pass(60_000);
    expect(lone.take('witness')).toEqual([]);
  });

  it('is told at the second turn when every neighbour has had its time, whatever else is told meanwhile', () => {
    const { lone, witness } = decided(8, 3);
    // The first turn of another version comes just before the second one of this.
    lone.time.pass(WITNESS_SECOND_MS - 10);
    const later = asKey('package/040123450000001129');
    witness.decided(other(later));
    lone.time.pass(WITNESS_DELAY_MS);
    lone.take('witness');
    lone.time.pass(WITNESS_SECOND_MS - WITNESS_DELAY_MS);
    const keys = (): string[] =>
      lone.take('witness').flatMap(({ message }) => message.items.map(({ key }) => key));
    expect(new Set(keys())).toEqual(new Set([KEY]));
    lone.time.pass(2 * WITNESS_SECOND_MS);
    expect(new Set(keys())).toEqual(new Set([later]));
  });

  it('is told anew, whoever has told it, when another vote comes', () => {
    const { lone, witness } = decided(4, 0);
    for (const link of lone.links.keys()) tell(witness, link);
    lone.time.pass(WITNESS_DELAY_MS + WITNESS_SECOND_MS);
    const mine = [...lone.links.values()].filter(({ member }) => tellsFirst(lone.self, member)).length;
    expect(lone.take('witness')).toHaveLength(mine);
    witness.late(vote(3));
    lone.time.pass(WITNESS_DELAY_MS + WITNESS_SECOND_MS);
    const told = lone.take('witness');
    expect(told).toHaveLength(3);
    for (const { message } of told)
      expect(message.items[0]!.votes[0]!.authors).toEqual(Uint8Array.of(0b1111));
  });

  it('is told to one that told it before the decision was made here', () => {
    const lone = new Lone(4, 0 as MemberIndex);
    const witness = new Witness(lone.replica);
    for (const link of lone.links.keys()) tell(witness, link);
    const preCommits = new Map([[digestOf('value'), new Map([[1, vote(1)]])]]);
    const rounds = new Map([[0, { preCommits, commits: new Map(), polka: null }]]);
    witness.decided({ key: KEY, version: 1, rounds } as unknown as Instance);
    lone.time.pass(WITNESS_DELAY_MS + WITNESS_SECOND_MS);
    expect(lone.take('witness')).toHaveLength(3);
  });
});

describe('what convicts a member', () => {
  it('is told to whoever comes, two votes as well, but not to that member', () => {
    const lone = new Lone(4, 0 as MemberIndex);
    const evidence = { first: { author: 2 }, second: { author: 2 } } as unknown as Evidence;
    Object.assign(lone.replica, { convicted: new Map([[2, evidence]]) });
    const convictions = new Convictions(lone.replica);
    for (const member of [1, 2]) convictions.linked({ id: to(member), member } as unknown as Link);
    expect(lone.take('evidence')).toEqual([{ to: to(1), message: { type: 'evidence', items: [evidence] } }]);
  });
});

describe('the state, to a page', () => {
  function telling(costs: () => number): { time: Time; told: number[]; changed: (soon?: boolean) => void } {
    const time = new Time();
    const told: number[] = [];
    const { changed } = createTelling(time.clock, () => {
      told.push(time.now);
      time.now += costs();
    });
    return { time, told, changed };
  }

  it('is told once for many changes, and each change is told', () => {
    const { time, told, changed } = telling(() => 0);
    for (let i = 0; i < 5; i++) changed();
    time.pass(STATE_PERIOD_MS);
    expect(told).toEqual([STATE_PERIOD_MS]);
    time.pass(10_000);
    expect(told).toHaveLength(1);
    changed();
    time.pass(STATE_PERIOD_MS);
    expect(told).toHaveLength(2);
  });

  it('takes a small share of the worker’s time, and is late by no more than its limit', () => {
    for (const cost of [1, 10, 1_000]) {
      const { time, told, changed } = telling(() => cost);
      changed();
      time.pass(STATE_PERIOD_MS);
      changed();
      time.pass(2 * MAX_STATE_PERIOD_MS + cost);
      const wait = Math.min(MAX_STATE_PERIOD_MS, Math.max(STATE_PERIOD_MS, cost * STATE_REST));
      expect(told[1]! - told[0]!).toBeGreaterThanOrEqual(wait);
      expect(told[1]! - told[0]!).toBeLessThanOrEqual(wait + cost);
    }
  });

  it('is told at once for what a person waits for, once', () => {
    const { time, told, changed } = telling(() => 20);
    changed();
    time.pass(STATE_PERIOD_MS);
    changed();
    changed(true);
    changed(true);
    const now = time.now;
    time.pass(0);
    expect(told).toHaveLength(2);
    expect(told[1]).toBe(now);
    time.pass(MAX_STATE_PERIOD_MS);
    expect(told).toHaveLength(2);
  });
});
