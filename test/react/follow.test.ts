/** What components are shown of a key or a prefix, whatever comes in which order; without React, which e2e/react.spec.ts has. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NetworkError } from '../../src/middleware/errors.ts';
import { followsOf } from '../../src/react/follow.ts';
import {
  LET_GO_MS,
  MAX_LISTED_ENTRIES,
  MAX_READ_AGAIN_MS,
  MAX_WATCHED_KEYS,
  READ_AGAIN_MS,
} from '../../src/react/limits.ts';
import type { SessionView } from '../../src/middleware/sessions.ts';
import { FakeNetwork } from './fake-network.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** All that is under way and needs no timer. */
const settled = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);
const nothing = (): void => undefined;

function shown(network: FakeNetwork, key: string): unknown {
  const known = followsOf(network).keys.known(key);
  return known.state === 'read' ? (known.value?.value ?? null) : (known.error?.type ?? known.state);
}

describe('a key', () => {
  it('is listened to twice because two components show it, or is read for each', async () => {
    const network = new FakeNetwork();
    network.certify('a', 1);
    const { keys } = followsOf(network);
    const ends = [keys.subscribe('a', nothing), keys.subscribe('a', nothing), keys.subscribe('a', nothing)];
    await settled();
    expect(network.listening).toBe(1);
    expect(network.asked).toEqual(['a']);
    expect(shown(network, 'a')).toBe(1);
    ends.forEach((end) => end());
  });

  it('is held for ever after the last component is gone', async () => {
    const network = new FakeNetwork();
    const { keys } = followsOf(network);
    const [first, second] = [keys.subscribe('a', nothing), keys.subscribe('a', nothing)];
    await settled();
    first();
    await vi.advanceTimersByTimeAsync(LET_GO_MS * 2);
    expect(network.listening, 'one of two still shows it').toBe(1);
    second();
    await vi.advanceTimersByTimeAsync(LET_GO_MS - 1);
    expect(network.listening, 'React may come back').toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(network.listening).toBe(0);
    expect(keys.known('a').state).toBe('reading');
  });

  it('is let go although a component came back in time', async () => {
    const network = new FakeNetwork();
    const { keys } = followsOf(network);
    keys.subscribe('a', nothing)();
    await settled();
    keys.subscribe('a', nothing);
    await vi.advanceTimersByTimeAsync(LET_GO_MS * 2);
    expect(network.listening).toBe(1);
    expect(network.asked).toEqual(['a']);
  });

  it('misses what is certified between reading and the answer', async () => {
    const network = new FakeNetwork();
    network.certify('a', 'old');
    let answer: () => void = nothing;
    network.held = new Promise((resolve) => (answer = resolve));
    const told = vi.fn();
    followsOf(network).keys.subscribe('a', told);
    network.certify('a', 'new');
    expect(shown(network, 'a')).toBe('new');
    answer();
    await settled();
    expect(shown(network, 'a'), 'the older answer came later').toBe('new');
    expect(told).toHaveBeenCalledTimes(1);
  });

  it('is a new object although nothing has changed', async () => {
    const network = new FakeNetwork();
    network.certify('a', 1);
    const { keys } = followsOf(network);
    keys.subscribe('a', nothing);
    await settled();
    const before = keys.known('a');
    network.certify('b', 1);
    expect(keys.known('a')).toBe(before);
    network.certify('a', 2);
    expect(keys.known('a')).not.toBe(before);
  });

  it('stays failed when its bytes come', async () => {
    const network = new FakeNetwork();
    network.certify('a', 1);
    network.failures.push(
      { type: 'not-arrived', message: 'On its way.' },
      { type: 'stopped', message: 'Moved.' },
    );
    followsOf(network).keys.subscribe('a', nothing);
    await settled();
    expect(shown(network, 'a')).toBe('not-arrived');
    await vi.advanceTimersByTimeAsync(READ_AGAIN_MS);
    expect(shown(network, 'a')).toBe('stopped');
    await vi.advanceTimersByTimeAsync(READ_AGAIN_MS * 2);
    expect(shown(network, 'a')).toBe(1);
    await vi.advanceTimersByTimeAsync(MAX_READ_AGAIN_MS * 4);
    expect(network.asked).toHaveLength(3);
  });

  it('is asked for again after it was heard, or after nobody shows it', async () => {
    const network = new FakeNetwork();
    network.certify('a', 1);
    for (let i = 0; i < 50; i++) network.failures.push({ type: 'not-arrived', message: 'On its way.' });
    const { keys } = followsOf(network);
    keys.subscribe('a', nothing);
    const end = keys.subscribe('b', nothing);
    await settled();
    network.certify('a', 2);
    expect(shown(network, 'a')).toBe(2);
    end();
    await vi.advanceTimersByTimeAsync(LET_GO_MS);
    const asked = network.asked.length;
    await vi.advanceTimersByTimeAsync(MAX_READ_AGAIN_MS * 4);
    expect(network.asked).toHaveLength(asked);
    expect(shown(network, 'a')).toBe(2);
  });

  it('that cannot exist throws into a component, or is asked for again', async () => {
    const network = new FakeNetwork();
    followsOf(network).keys.subscribe('', nothing);
    expect(shown(network, '')).toBe('key-malformed');
    await vi.advanceTimersByTimeAsync(MAX_READ_AGAIN_MS);
    expect(network.asked).toEqual([]);
  });

  it('beyond the limit takes a listener, and stays away when there is room', async () => {
    const network = new FakeNetwork();
    const { keys } = followsOf(network);
    const ends = Array.from({ length: MAX_WATCHED_KEYS }, (_, i) => keys.subscribe(`k${i}`, nothing));
    const told = vi.fn();
    keys.subscribe('late', told);
    await settled();
    expect(shown(network, 'late')).toBe('too-many');
    expect(network.listening).toBe(MAX_WATCHED_KEYS);
    ends[0]!();
    await vi.advanceTimersByTimeAsync(LET_GO_MS);
    expect(told).toHaveBeenCalled();
    expect(shown(network, 'late')).toBe(null);
    expect(network.listening).toBe(MAX_WATCHED_KEYS);
  });

  it('that nobody shows any more keeps one out that is shown', async () => {
    const network = new FakeNetwork();
    const { keys } = followsOf(network);
    // A list that is scrolled: each row is gone before the next one comes.
    for (let i = 0; i < MAX_WATCHED_KEYS * 3; i++) keys.subscribe(`k${i}`, nothing)();
    await settled();
    expect(network.listening).toBe(MAX_WATCHED_KEYS);
    expect(shown(network, `k${MAX_WATCHED_KEYS * 3 - 1}`)).toBe(null);
    await vi.advanceTimersByTimeAsync(LET_GO_MS);
    expect(network.listening).toBe(0);
  });
});

describe('a row that is scrolled to', () => {
  it('is told that there is no room, although an old one makes it', async () => {
    const network = new FakeNetwork();
    const { keys } = followsOf(network);
    for (let i = 0; i < MAX_WATCHED_KEYS; i++) keys.subscribe(`k${i}`, nothing)();
    await settled();
    keys.subscribe('next', nothing);
    expect(shown(network, 'next')).toBe('reading');
    expect(network.listening).toBe(MAX_WATCHED_KEYS);
    await settled();
    expect(shown(network, 'next')).toBe(null);
  });
});

describe('what is waited for', () => {
  it('is asked for at each look, or a promise of its own each time', async () => {
    const network = new FakeNetwork();
    let answer: () => void = nothing;
    network.held = new Promise((resolve) => (answer = resolve));
    const { keys } = followsOf(network);
    const promise = keys.arrival('a');
    expect(keys.arrival('a')).toBe(promise);
    await vi.advanceTimersByTimeAsync(LET_GO_MS * 10);
    expect(keys.arrival('a'), 'a slow answer is not asked for again').toBe(promise);
    answer();
    await promise;
    expect(shown(network, 'a')).toBe(null);
    expect(network.asked).toEqual(['a']);
  });

  it('is listened to for ever when the component is never mounted', async () => {
    const network = new FakeNetwork();
    await followsOf(network).keys.arrival('a');
    expect(network.listening).toBe(1);
    await vi.advanceTimersByTimeAsync(LET_GO_MS);
    expect(network.listening).toBe(0);
  });
});

describe('a prefix', () => {
  const list = (network: FakeNetwork): unknown => {
    const known = followsOf(network).prefixes.known('p/');
    return known.state === 'read'
      ? known.value.map(({ key, value }) => `${key}=${String(value)}`)
      : (known.error?.type ?? known.state);
  };

  it('brings back what was deleted while it was read, or loses what came', async () => {
    const network = new FakeNetwork();
    for (const key of ['p/a', 'p/b', 'p/c']) network.certify(key, 1);
    let answer: () => void = nothing;
    network.held = new Promise((resolve) => (answer = resolve));
    followsOf(network).prefixes.subscribe('p/', nothing);
    network.certify('p/b', undefined);
    network.certify('p/aa', 7);
    network.certify('p/c', 2);
    network.certify('q/a', 1);
    expect(list(network)).toBe('reading');
    answer();
    await settled();
    expect(list(network)).toEqual(['p/a=1', 'p/aa=7', 'p/c=2']);
  });

  it('differs from what is certified, after any changes', async () => {
    vi.useRealTimers();
    const change = fc.record({
      key: fc.constantFrom('p/a', 'p/b', 'p/ba', 'p/ä', 'p/😀', 'p/\uffee', 'q/a'),
      value: fc.option(fc.nat(9), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change), fc.array(change), async (before, after) => {
        const network = new FakeNetwork();
        for (const { key, value } of before) network.certify(key, value);
        followsOf(network).prefixes.subscribe('p/', nothing);
        await vi.waitFor(() => expect(list(network)).not.toBe('reading'), { interval: 1 });
        for (const { key, value } of after) network.certify(key, value);
        const values = new Map([...before, ...after].map(({ key, value }) => [key, value]));
        const expected = [...values]
          .filter(([key, value]) => key.startsWith('p/') && value !== undefined)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, value]) => `${key}=${value}`);
        expect(list(network)).toEqual(expected);
      }),
    );
  });

  it('that is too long is held, or said to be whole', async () => {
    const network = new FakeNetwork();
    for (let i = 0; i <= MAX_LISTED_ENTRIES; i++) network.certify(`p/${i}`, i);
    followsOf(network).prefixes.subscribe('p/', nothing);
    await settled();
    await vi.waitFor(() => expect(list(network)).toBe('too-many'));
    network.certify('p/x', 1);
    expect(list(network)).toBe('too-many');
  });

  it('that was cut is said to be whole, since some of what was heard meanwhile was deleted', async () => {
    const network = new FakeNetwork();
    for (let i = 0; i < MAX_LISTED_ENTRIES; i++) network.certify(`p/${i}`, i);
    let answer: () => void = nothing;
    network.held = new Promise((resolve) => (answer = resolve));
    followsOf(network).prefixes.subscribe('p/', nothing);
    for (const key of ['p/gone', 'p/gone too', 'p/gone again']) {
      network.certify(key, 1);
      network.certify(key, undefined);
    }
    answer();
    await settled();
    await vi.waitFor(() => expect(list(network)).toBe('too-many'));
    network.certify('p/x', 1);
    expect(list(network)).toBe('too-many');
  });

  it('loses why it could not be read where the class of the error is there twice, or takes a browser’s for it', async () => {
    class NetworkErrorOfAnotherCopy extends Error {
      override readonly name = 'NetworkError';
      readonly type = 'key-malformed';
    }
    const failing = async (error: Error): Promise<unknown> => {
      const network = new FakeNetwork();
      network.entries = () => {
        throw error;
      };
      followsOf(network).prefixes.subscribe('p/', nothing);
      await settled();
      return list(network);
    };
    expect(await failing(new NetworkErrorOfAnotherCopy('No key.'))).toBe('key-malformed');
    expect(await failing(new DOMException('No route.', 'NetworkError'))).toBe('stopped');
  });

  it('stays empty after a reading that failed', async () => {
    const network = new FakeNetwork();
    network.certify('p/a', 1);
    const entries = network.entries.bind(network);
    let fails = true;
    network.entries = async function* (pattern) {
      if (fails) throw new NetworkError({ type: 'not-arrived', message: 'On its way.' });
      yield* entries(pattern);
    };
    followsOf(network).prefixes.subscribe('p/', nothing);
    await settled();
    expect(list(network)).toBe('not-arrived');
    fails = false;
    await vi.advanceTimersByTimeAsync(READ_AGAIN_MS);
    expect(list(network)).toEqual(['p/a=1']);
  });
});

describe('a session', () => {
  const session = (record: number): SessionView => ({ id: 's', record }) as unknown as SessionView;
  const record = (network: FakeNetwork): unknown => {
    const known = followsOf(network).sessions.known('s');
    return known.state === 'read' ? (known.value?.record ?? null) : (known.error?.type ?? known.state);
  };

  it('is shown as it was before its last step, whichever answer comes last', async () => {
    const network = new FakeNetwork();
    network.stepTo(session(1));
    let answer: () => void = nothing;
    network.held = new Promise((resolve) => (answer = resolve));
    followsOf(network).sessions.subscribe('s', nothing);
    network.held = null;
    network.stepTo(session(2));
    await settled();
    expect(record(network)).toBe(2);
    answer();
    await settled();
    expect(record(network)).toBe(2);
  });

  it('is unknown for ever after one question that failed', async () => {
    const network = new FakeNetwork();
    network.failures.push({ type: 'stopped', message: 'Moved.' }, { type: 'stopped', message: 'Moved.' });
    followsOf(network).sessions.subscribe('s', nothing);
    await settled();
    expect(record(network)).toBe('stopped');
    await vi.advanceTimersByTimeAsync(READ_AGAIN_MS);
    expect(record(network)).toBe(null);
  });

  it('is missing from the list, or the list is followed twice', async () => {
    const network = new FakeNetwork();
    const { sessionLists } = followsOf(network);
    sessionLists.subscribe('', nothing);
    sessionLists.subscribe('', nothing);
    expect(sessionLists.known('').value).toEqual([]);
    network.stepTo(session(1));
    expect(sessionLists.known('').value).toHaveLength(1);
  });
});

it('two networks do not share what is known of a key', async () => {
  const [one, other] = [new FakeNetwork(), new FakeNetwork()];
  one.certify('a', 1);
  followsOf(one).keys.subscribe('a', nothing);
  await settled();
  expect(shown(one, 'a')).toBe(1);
  expect(followsOf(other).keys.known('a').state).toBe('reading');
});
