/** When a replica that is lost asks at the doors where the network is. */
import { describe, expect, it } from 'vitest';
import { hearsQuorum, seekNetwork, type Seeker } from '../../src/worker/epochs/seek.ts';
import { KNOCK_FIRST_MS, KNOCK_MAX_MS, SEEK_HEARD_MS } from '../../src/worker/limits.ts';

interface World {
  readonly knocks: readonly number[];
  lost: boolean;
  hears: boolean;
  pass(milliseconds: number): Promise<void>;
}

function world(): World {
  let now = 0;
  const timers: { readonly at: number; readonly run: () => void }[] = [];
  const knocks: number[] = [];
  const one = {
    knocks,
    ...{ lost: true, hears: true },
    async pass(milliseconds: number): Promise<void> {
      const end = now + milliseconds;
      for (;;) {
        timers.sort((a, b) => a.at - b.at);
        if (timers.length === 0 || timers[0]!.at > end) break;
        const next = timers.shift()!;
        now = next.at;
        next.run();
        for (let turns = 0; turns < 5; turns++) await Promise.resolve();
      }
      now = end;
    },
  };
  seekNetwork({
    clock: {
      ...{ now: () => now, wall: () => now, clearTimeout: () => undefined },
      setTimeout: (run, delay) => timers.push({ run, at: now + delay }),
    },
    random: (bytes) => new Uint8Array(bytes),
    isLost: () => one.lost,
    hearsQuorum: () => one.hears,
    knock: () => {
      knocks.push(now);
      return Promise.resolve(null);
    },
    found: () => Promise.resolve(),
  });
  return one;
}

describe('a quorum that is heard', () => {
  const seeker = (n: number, over: object = {}): Seeker =>
    ({
      ...{ epochs: { isElsewhere: false, closedFor: () => null }, resume: { waitsFor: () => 1 } },
      options: { epoch: { n, quorum: n - Math.floor((n - 1) / 3) } },
      ...over,
    }) as unknown as Seeker;

  it('is a reason to wait in a large network that starts, with one’s own', () => {
    expect(hearsQuorum(seeker(40), 26)).toBe(true);
    expect(hearsQuorum(seeker(40), 25)).toBe(false);
  });

  it('is none where all link to all, nor for who may vote, nor when the epoch was closed or is elsewhere', () => {
    expect(hearsQuorum(seeker(16), 16)).toBe(false);
    expect(hearsQuorum(seeker(40, { resume: { waitsFor: () => null } }), 40)).toBe(false);
    const epochs = { isElsewhere: false, closedFor: () => 0 };
    expect(hearsQuorum(seeker(40, { epochs }), 40)).toBe(false);
    expect(hearsQuorum(seeker(40, { epochs: { ...epochs, isElsewhere: true } }), 40)).toBe(false);
  });
});

describe('a replica that is lost', () => {
  it('asks soon when nobody says that the network is here', async () => {
    const one = world();
    one.hears = false;
    await one.pass(KNOCK_FIRST_MS);
    expect(one.knocks).toEqual([KNOCK_FIRST_MS]);
  });

  it('asks nobody while a quorum says so, for a while', async () => {
    const one = world();
    await one.pass(SEEK_HEARD_MS);
    expect(one.knocks).toEqual([]);
    // Whoever has the join secret can say it in the others' names.
    await one.pass(KNOCK_MAX_MS);
    expect(one.knocks.length).toBeGreaterThan(0);
  });

  it('asks as soon as they are silent, and waits anew when it was lost in between and no more', async () => {
    const one = world();
    await one.pass(SEEK_HEARD_MS / 2);
    one.hears = false;
    await one.pass(KNOCK_FIRST_MS);
    expect(one.knocks).toHaveLength(1);
    one.lost = false;
    one.hears = true;
    await one.pass(KNOCK_MAX_MS);
    one.lost = true;
    await one.pass(SEEK_HEARD_MS - KNOCK_FIRST_MS);
    expect(one.knocks).toHaveLength(1);
  });
});
