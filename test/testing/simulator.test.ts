/** The simulator as whoever builds on the middleware uses it: a counter that only goes up by one, under faults. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { AccessControl, Value } from 'countersign';
import { asDigest, asKey, asVersion, type Digest } from '../../src/codec/brand.ts';
import { encodeBody } from '../../src/worker/kv/value.ts';
import { Community } from '../../testing/sim/community.ts';
import { Ledger } from '../../testing/sim/certified.ts';
import type { Seat, Tenant } from '../sim/world/guest.ts';
import { runWorld } from '../sim/world/world.ts';
import {
  drawFaults,
  roleNames,
  simulate,
  type SimulatedMember,
  type SimulatedWorld,
  type SimulateOptions,
  type SimulateResult,
} from 'countersign/testing/simulator';

/** Who counted is told as well: the same number from two members would be the same value, and both would have won. */
const counted = (count: number, by: number): Value => ({ count, by });
const countOf = (value: Value | undefined): number => {
  const { count } = Object(value) as { readonly count?: unknown };
  return typeof count === 'number' ? count : 0;
};

/** The rule of the application. */
const onlyOneMore: AccessControl = ({ previous, value }) => countOf(value) === countOf(previous?.value) + 1;

/** The invariant, whatever the rule lets through. */
const isOneMore: SimulateOptions['check'] = (_world, { key, value, previous }) => {
  if (countOf(value) !== countOf(previous) + 1)
    throw new Error(`${key} went from ${countOf(previous)} to ${countOf(value)}`);
};

/** Reads, and sets one more on what it read. Whoever loses a race leaves it at that. */
async function countOne(member: SimulatedMember): Promise<boolean> {
  const read = await member.read('counter');
  if (!read.ok) return false;
  const base = read.value?.version ?? 0;
  return (await member.set('counter', counted(countOf(read.value?.value) + 1, member.index), { base })).ok;
}

/** Everybody once, at some moment; a Byzantine member's person tries to count by two. */
async function everybodyCounts(world: SimulatedWorld): Promise<void> {
  for (const member of world.members) {
    if (member.byzantine === null) continue;
    const cheat = async (): Promise<void> => {
      await world.sleep(world.random.below(300));
      await member.set('counter', counted(countOf(world.certified.get('counter')) + 2, member.index));
    };
    // Nobody needs to answer it.
    void cheat();
  }
  await Promise.all(
    world.honest.map(async (member) => {
      for (let tries = 0; tries < 3; tries++) {
        await world.sleep(world.random.below(400));
        if (await countOne(member)) return;
      }
    }),
  );
}

function encodeValue(value: Value): Uint8Array {
  const encoded = encodeBody(value);
  if (!encoded.ok) throw new Error(encoded.error.message);
  return encoded.value;
}

const again = ({ seed, outcome, what }: SimulateResult): string => `seed ${seed}: ${outcome} ${what}`;

describe('a counter whose callback allows one more only', () => {
  const counter = { allow: onlyOneMore, check: isOneMore, run: everybodyCounts } as const;

  for (const from of [1, 26, 51, 76, 101, 126, 151, 176])
    it(`keeps its invariant over seeds ${from} to ${from + 24}, under whatever faults they draw`, async () => {
      let decided = 0;
      for (let seed = from; seed < from + 25; seed++) {
        const result = await simulate({ seed, ...counter, ...drawFaults(seed) });
        if (result.outcome !== 'done') expect.fail(again(result));
        decided += result.decided;
      }
      expect(decided).toBeGreaterThan(40);
    });

  it('is found out to be violated where the callback allows everything', async () => {
    const run = (seed: number, allow: AccessControl): Promise<SimulateResult> =>
      simulate({ seed, ...counter, allow, byzantine: ['replayer'] });
    for (let seed = 1; seed <= 20; seed++) {
      const result = await run(seed, () => true);
      if (result.outcome === 'done') continue;
      expect(result).toMatchObject({ outcome: 'violation', seed });
      expect(result.what).toMatch(/^check, after version \d+ of counter: counter went from \d+ to \d+$/);
      // Replayed, with every step.
      const { trace, ...replayed } = await simulate({
        seed,
        ...counter,
        allow: () => true,
        byzantine: ['replayer'],
        trace: true,
      });
      expect({ ...replayed, trace: [] }).toEqual(result);
      expect(trace.at(-1)).toContain(`VIOLATION ${result.what}`);
      // The rule that was taken away is what keeps it.
      expect((await run(seed, onlyOneMore)).outcome).toBe('done');
      return;
    }
    expect.fail('not found out within 20 seeds');
  });

  it('is violated as well where an honest member breaks it by itself', async () => {
    const result = await simulate({
      seed: 1,
      check: isOneMore,
      async run({ members: [first] }) {
        await first!.set('counter', counted(7, 0));
      },
    });
    expect(result).toMatchObject({ outcome: 'violation', decided: 1 });
  });
});

describe('what the world checks by itself', () => {
  /** At this member the callback is never asked. */
  class Unasked extends Community {
    override attach(seat: Seat): Tenant {
      const tenant = super.attach(seat);
      if (seat.member !== 2) return tenant;
      return {
        ...tenant,
        async validate(proposal) {
          await tenant.validate(proposal);
          return { verdict: 'valid' };
        },
      };
    }
  }

  it('finds out a replica that votes for what its callback did not allow', async () => {
    const outside = { used: null, settle: () => Promise.resolve(), end: () => undefined };
    const options: SimulateOptions = {
      seed: 1,
      allowOf: (index) => (index === 2 ? () => false : undefined),
      async run({ members: [first] }) {
        await first!.set('counter', counted(1, 0));
      },
    };
    const voted = await runWorld({ seed: 1, n: 4, guest: new Unasked(options, outside) });
    expect(voted.outcome).toBe('violation');
    expect(voted.what).toMatch(/^validity: member 2 voted for an invalid value, counter v1/);
    expect((await runWorld({ seed: 1, n: 4, guest: new Community(options, outside) })).outcome).toBe(
      'decided',
    );
  });

  it('orders the versions of a key, whoever tells them, and knows what nobody was asked about', () => {
    const told: string[] = [];
    const failures: string[] = [];
    const ledger = new Ledger({
      now: () => 0,
      changed: ({ version, value, previous }) => told.push(`${version} ${String(previous)} ${String(value)}`),
      fail: (what) => failures.push(what),
    });
    const key = asKey('key');
    const digest = (i: number): Digest => asDigest(String(i).padStart(64, '0'));
    const body = (i: number): Uint8Array => encodeValue(i);
    const entry = (i: number) => ({ key, version: asVersion(i), digest: digest(i) });
    for (const i of [1, 2, 3]) ledger.asked(digest(i), i === 1 ? null : digest(i - 1), body(i));
    ledger.holds(entry(1));
    // Of version 2 nobody has told.
    ledger.holds(entry(3));
    ledger.holds(entry(2));
    expect(told).toEqual(['1 undefined 1', '2 1 2', '3 2 3']);
    expect(failures).toEqual([]);
    ledger.holds(entry(5));
    ledger.asked(digest(4), digest(2), body(4));
    ledger.holds(entry(4));
    expect(failures).toEqual([
      'key v5 is certified on a value that nobody was asked about',
      'key v4 does not build on the version before it',
    ]);
  });
});

describe('callbacks that fail', () => {
  const broken: Readonly<Record<string, AccessControl>> = {
    throws: () => {
      throw new Error('no such table');
    },
    hangs: () => new Promise(() => undefined),
    disagrees: () => false,
  };
  const oneSet: SimulateOptions['run'] = async ({ members: [first], settled, sleep }) => {
    const set = await first!.set('counter', counted(1, 0));
    if (!set.ok) throw new Error(`${set.error.type}, ${set.error.rule}: ${set.error.message}`);
    // As long as a callback may take.
    await sleep(2500);
    await settled();
  };
  const run = (name: string, at: readonly number[], more: Partial<SimulateOptions> = {}) =>
    simulate({
      seed: 3,
      allowOf: (index) => (at.includes(index) ? broken[name] : onlyOneMore),
      run: oneSet,
      patience: 20_000,
      ...more,
    });
  const kinds = { throws: 'threw', hangs: 'slow', disagrees: 'refused' } as const;

  for (const [name, kind] of Object.entries(kinds)) {
    it(`at f members: one that ${name} is told, and the value is certified`, async () => {
      const result = await run(name, [2]);
      expect(result, again(result)).toMatchObject({ outcome: 'done', decided: 1 });
      expect(result.refused).toMatchObject([{ member: 2, kind, key: 'counter', version: 1 }]);
    });
  }

  it('more than f that say no: no quorum, and who set it is told why', async () => {
    const result = await run('disagrees', [2, 3]);
    expect(result.outcome).toBe('violation');
    expect(result.what).toMatch(
      /The workload failed: Error: refused, access-control: counter was not changed/,
    );
    expect(result.decided).toBe(0);
    expect(new Set(result.refused.map(({ member }) => member))).toEqual(new Set([2, 3]));
  });

  it('more than f that throw: the same, with what they threw', async () => {
    const result = await run('throws', [1, 3]);
    expect(result.what).toContain('no such table');
    expect(result.refused.map(({ kind }) => kind)).toEqual(['threw', 'threw']);
  });

  it('more than f that hang: nobody has refused, so it waits, and the outcome says for whom', async () => {
    const result = await run('hangs', [1, 3]);
    expect(result.outcome).toBe('stuck');
    expect(result.decided).toBe(0);
    expect(result.what).toContain('member 0: set of counter');
    expect(result.what).toMatch(/member 1, slow.*took longer than 2000 ms over version 1 of counter/);
    expect(result.what).toMatch(/member 3, slow/);
    expect(result.what).not.toMatch(/member 2, slow/);
  });

  it('hangs at its own replica alone: the others certify what it could not judge', async () => {
    const result = await simulate({
      seed: 4,
      allowOf: (index) => (index === 3 ? broken.hangs : onlyOneMore),
      async run({ members }) {
        await members[0]!.set('counter', counted(1, 0));
        // Adopted by its certificate.
        while (countOf(await members[3]!.get('counter')) !== 1);
      },
    });
    expect(result.outcome, again(result)).toBe('done');
  });
});

describe('one seed is one run', () => {
  const faults = { ...drawFaults(6), byzantine: 1, crashes: 1, loss: 10 };
  const run = (seed: number, more: Partial<SimulateOptions> = {}): Promise<SimulateResult> =>
    simulate({ seed, allow: onlyOneMore, run: everybodyCounts, ...faults, ...more });

  it('with the same hash and the same trace; another seed is another', async () => {
    const [a, b] = [await run(77, { trace: true }), await run(77, { trace: true })];
    expect(a.trace.length).toBeGreaterThan(50);
    expect(a).toEqual(b);
    expect((await run(78)).hash).not.toBe(a.hash);
    // Looking changes nothing.
    expect((await run(77)).hash).toBe(a.hash);
  });

  it('when runs are started at once', async () => {
    const [alone] = [await run(5)];
    const together = await Promise.all([run(5), run(6), run(5)]);
    expect(together.map(({ hash }) => hash === alone.hash)).toEqual([true, false, true]);
  });

  it('with the product’s own cryptography, and WebCrypto in the callback', async () => {
    const allow: AccessControl = async (change) => {
      const bytes = new TextEncoder().encode(JSON.stringify(change.value));
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
      await Promise.all([1, 2, 3].map((i) => crypto.subtle.digest('SHA-256', digest.subarray(i))));
      return onlyOneMore(change, undefined as never);
    };
    for (const realCrypto of [false, true]) {
      const [a, b] = [await run(9, { realCrypto, allow }), await run(9, { realCrypto, allow })];
      expect(a.outcome, again(a)).toBe('done');
      expect(a).toEqual(b);
    }
  });

  it('whatever roles are named', async () => {
    for (const role of roleNames) {
      const result = await simulate({
        seed: 20,
        allow: onlyOneMore,
        check: isOneMore,
        run: everybodyCounts,
        byzantine: [role],
        settledAt: 500,
      });
      expect(result.outcome, again(result)).toBe('done');
      expect(result.roles).toEqual([role]);
    }
  });
});

describe('proofs and signatures in a callback', () => {
  /** `paid/<n>` needs a proof of `order/<n>`, and the signature of the member that it names. */
  const allow: AccessControl = async ({ key, value }, { verifyProof, verifyMember }) => {
    if (!key.startsWith('paid/')) return typeof value === 'number';
    const { proof, by, signature } = value as { proof: Uint8Array; by: string; signature: Uint8Array };
    const proven = await verifyProof(proof);
    if (proven === null || proven.key !== key.replace('paid', 'order')) return false;
    return verifyMember(by, new TextEncoder().encode(`${key} ${String(proven.value)}`), signature);
  };

  for (const realCrypto of [false, true])
    it(`are checked ${realCrypto ? 'by the product’s own cryptography' : 'by the stand-ins'}`, async () => {
      const result = await simulate({
        seed: 11,
        realCrypto,
        allow,
        loss: 10,
        async run({ members: [a, b], certified }) {
          expect(await a!.set('order/1', 30)).toMatchObject({ ok: true, value: { epoch: 0, version: 1 } });
          await a!.set('order/2', 40);
          const proof = await a!.prove('order/1');
          const other = await a!.prove('order/2');
          if (!proof.ok || !other.ok) throw new Error('no proof');
          const text = new TextEncoder().encode('paid/1 30');
          const signed = await b!.sign(text);
          const wrong = await a!.sign(text);
          if (!signed.ok || !wrong.ok) throw new Error('no signature');
          const right = { proof: proof.value, by: b!.identity, signature: signed.value };
          for (const false_ of [
            { ...right, proof: other.value },
            { ...right, proof: proof.value.map((byte, i, all) => (i === all.length - 1 ? byte ^ 1 : byte)) },
            { ...right, signature: wrong.value },
            { ...right, by: 'nobody' },
          ]) {
            const set = await b!.set('paid/1', false_);
            expect(set).toMatchObject({ ok: false, error: { type: 'refused', rule: 'access-control' } });
          }
          expect(await b!.set('paid/1', right)).toMatchObject({ ok: true });
          expect(certified.entries('paid/').map(({ key }) => key)).toEqual(['paid/1']);
        },
      });
      expect(result.outcome, again(result)).toBe('done');
      expect(result.decided).toBe(3);
    });
});

describe('what the world gives', () => {
  it('tells listeners every change in order, also of what came while the replica was down', async () => {
    const heard: string[] = [];
    const result = await simulate({
      seed: 12,
      async run({ members: [a, b], sleep }) {
        b!.listen({ prefix: 'a' }, ({ key, version, value }) =>
          heard.push(`${key} ${version} ${String(value)}`),
        );
        await a!.set('a1', 1);
        await a!.set('other', 1);
        while (heard.length < 1) await sleep(10);
        b!.crash(5000);
        expect(b!.isUp).toBe(false);
        await a!.set('a1', 2);
        await a!.set('a2', 1);
        expect(heard).toEqual(['a1 1 1']);
        // Answered by the replica that comes up, which knows what was on its disk until the others tell it more.
        expect(await b!.get('a1')).toBe(1);
        expect(b!.isUp).toBe(true);
        while ((await b!.get('a1')) !== 2);
        await a!.delete('a1');
        while (heard.length < 4) await sleep(10);
      },
    });
    expect(result.outcome, again(result)).toBe('done');
    expect(result.restarts).toBe(1);
    expect(heard.filter((line) => line.startsWith('a1'))).toEqual(['a1 1 1', 'a1 2 2', 'a1 3 undefined']);
    expect(heard).toContain('a2 1 1');
  });

  it('ends a set whose replica goes down', async () => {
    const result = await simulate({
      seed: 13,
      // Long enough under way for a crash in the middle.
      latency: 50,
      async run({ members: [a], sleep }) {
        const set = a!.set('key', 1);
        await sleep(200);
        a!.crash(100);
        expect(await set).toMatchObject({ ok: false, error: { type: 'stopped' } });
      },
    });
    expect(result.outcome, again(result)).toBe('done');
  });

  it('shows every version that was certified, with the one before', async () => {
    const seen: string[] = [];
    const result = await simulate({
      seed: 14,
      async run({ members: [a, b], certified, sleep }) {
        await a!.set('x', 1);
        await b!.set('x', 2, { retry: true });
        await b!.delete('x');
        expect(certified.history('x').map(({ value, previous }) => [previous, value])).toEqual([
          [undefined, 1],
          [1, 2],
          [2, undefined],
        ]);
        expect(certified.entries()).toEqual([]);
        const stop = new AbortController();
        const loop = (async () => {
          const keys: string[] = [];
          for await (const { key } of a!.changes({ prefix: 'y' }, { signal: stop.signal })) keys.push(key);
          return keys;
        })();
        await a!.set('y1', 1);
        await a!.set('y2', 1);
        await sleep(50);
        stop.abort();
        expect(await loop).toEqual(['y1', 'y2']);
        const entries: string[] = [];
        for await (const { key } of a!.entries({ prefix: '' })) entries.push(key);
        expect(entries).toEqual(['y1', 'y2']);
      },
      check: ({ certified, now }, { key, version, value, at }) => {
        expect(certified.get(key)).toBe(value);
        expect(at).toBe(now);
        seen.push(`${key} ${version}`);
      },
    });
    expect(result.outcome, again(result)).toBe('done');
    expect(seen).toEqual(['x 1', 'x 2', 'x 3', 'y1 1', 'y2 1']);
  });

  it('calls a workload that throws, and a check that cannot be one, a violation', async () => {
    const thrown = await simulate({
      seed: 1,
      async run() {
        throw new Error('as it should not');
      },
    });
    expect(thrown.outcome).toBe('violation');
    expect(thrown.what).toContain('The workload failed: Error: as it should not');
    const late = await simulate({
      seed: 1,
      async run({ members: [a] }) {
        await a!.set('key', 1);
      },
      check: () => Promise.resolve() as unknown as void,
    });
    expect(late.what).toMatch(/^check, after version 1 of key: check answers with a promise/);
  });

  it('takes no options that cannot be', () => {
    const run = (): Promise<void> => Promise.resolve();
    expect(() => simulate({ seed: 0.5, run })).toThrow(RangeError);
    expect(() => simulate({ seed: 1, members: 0, run })).toThrow(RangeError);
    expect(() => simulate({ seed: 1, members: 4, byzantine: 2, run })).toThrow('tolerate 1');
    expect(() => simulate({ seed: 1, byzantine: ['polite'], run })).toThrow('polite is no role');
  });
});

describe('what is not of the world is told', () => {
  const wait = (run: (world: SimulatedWorld) => Promise<unknown>): Promise<SimulateResult> =>
    simulate({
      seed: 1,
      async run(world) {
        await run(world);
      },
    });

  const forbidden: Readonly<Record<string, () => unknown>> = {
    setTimeout: () => new Promise((resolve) => setTimeout(resolve, 1)),
    'Date.now': () => Date.now(),
    'new Date': () => new Date(),
    'performance.now': () => performance.now(),
    'Math.random': () => Math.random(),
    'crypto.randomUUID': () => crypto.randomUUID(),
    'crypto.getRandomValues': () => crypto.getRandomValues(new Uint8Array(1)),
    fetch: () => fetch('http://127.0.0.1:1/'),
  };
  for (const [name, use] of Object.entries(forbidden))
    it(`${name}, in the workload or in a callback`, async () => {
      const inRun = await wait(async () => use());
      expect(inRun).toMatchObject({ outcome: 'stuck' });
      expect(inRun.what).toContain(`The workload used ${name}`);
      expect(inRun.what).toContain('simulator.test.ts');
      const inCallback = await simulate({
        seed: 1,
        allow: async () => {
          await use();
          return true;
        },
        async run({ members: [a] }) {
          await a!.set('key', 1);
        },
      });
      expect(inCallback.what).toContain(`The workload used ${name}`);
    });

  it('waiting for a file, or for nothing at all', async () => {
    for (const never of [() => readFile(import.meta.filename), () => new Promise(() => undefined)]) {
      const result = await wait(never);
      expect(result.outcome).toBe('stuck');
      expect(result.what).toContain('waits for something that is not of this world');
      expect(result.duration).toBeLessThan(1000);
    }
  });

  it('dates that are given, and everything after the run, are as ever', async () => {
    const result = await wait(async () => {
      expect(new Date(5).getTime()).toBe(5);
      expect(new Date(5)).toBeInstanceOf(Date);
      expect(Object.prototype.toString.call(new Date(5))).toBe('[object Date]');
    });
    expect(result.outcome, again(result)).toBe('done');
    expect(Date.now()).toBeGreaterThan(0);
    expect(new Date().getTime()).toBeGreaterThan(0);
    expect(Math.random()).toBeLessThan(1);
    await new Promise((resolve) => setTimeout(resolve, 1));
  });
});
