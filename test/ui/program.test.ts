import { describe, expect, it, vi } from 'vitest';
import type { NetworkState } from '../../src/worker/api.ts';
import { compareDigest } from '../../src/ui/program/compare.ts';
import { inSession, votesUnderWay } from '../../src/ui/program/holds.ts';
import { keepAwake } from '../../src/ui/wake-lock/use-wake-lock.ts';

const step = (path: string): object => ({ request: { method: 'POST', path, body: {} } });
const epoch = { rulesVersion: 1, programRules: 1 };
const state = (sessions: object[], rules: object = epoch): NetworkState =>
  ({ sessions, epoch: rules, instances: [], standing: { kind: 'voter' } }) as unknown as NetworkState;
const local = { id: 's', status: { state: 'local' }, transactions: [step('/start')] };

describe('what a newer version waits for', () => {
  it('is a session in somebody’s hands, and not one that rests, is finished, or cannot be worked by these rules', () => {
    expect(inSession(state([local]))).toBe(true);
    expect(inSession(state([{ ...local, pausedAt: 1 }]))).toBe(false);
    expect(inSession(state([{ ...local, transactions: [step('/start'), step('/finish')] }]))).toBe(false);
    expect(inSession(state([{ ...local, status: { state: 'voting' } }]))).toBe(false);
    // Otherwise an older program would wait for a session that only the newer one can go on with.
    expect(inSession(state([local], { rulesVersion: 2, programRules: 1 }))).toBe(false);
    // Nor is one that nobody can go on with, since the replica has stopped: the newer version may be the cure.
    const stopped = { ...state([local]), standing: { kind: 'stopped', reason: 'disk' } } as const;
    expect(inSession(stopped)).toBe(false);
  });

  it('tells a vote that moves from one that stands still', () => {
    const voting = { ...local, status: { state: 'voting' } };
    const at = (commits: number): NetworkState =>
      ({
        ...state([voting]),
        instances: [{ key: 'k', version: 1, round: 0, preCommits: 3, commits }],
      }) as never;
    expect(votesUnderWay(state([local]))).toBeNull();
    expect(votesUnderWay(at(1))).toBe(votesUnderWay(at(1)));
    expect(votesUnderWay(at(1))).not.toBe(votesUnderWay(at(2)));
  });
});

describe('comparing digests', () => {
  const own = '0123456789abcdef'.repeat(4);
  it('takes two builds for the same, or the same for two', () => {
    expect(compareDigest(own, ` ${own.slice(0, 8).toUpperCase()} ${own.slice(8)}\n`)).toBe('same');
    expect(compareDigest(own, own.slice(0, 16))).toBe('sameStart');
    expect(compareDigest(own, `1${own.slice(1)}`)).toBe('differs');
    expect(compareDigest(own, own.slice(0, 8))).toBe('notADigest');
    expect(compareDigest(own, `${own}0`)).toBe('notADigest');
    expect(compareDigest(own, 'hello')).toBe('notADigest');
    expect(compareDigest(own, ' ')).toBeNull();
  });
});

describe('the screen during a session', () => {
  function page(): { visibilityState: DocumentVisibilityState; shown: () => void } & Pick<
    Document,
    'addEventListener' | 'removeEventListener'
  > {
    let listener: (() => void) | null = null;
    return {
      visibilityState: 'visible',
      addEventListener: (_: string, added: unknown) => void (listener = added as () => void),
      removeEventListener: () => void (listener = null),
      shown: () => listener?.(),
    };
  }
  const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

  it('goes dark after the page was hidden once, or stays on when the session is over', async () => {
    const sentinels: { released: boolean; release: () => Promise<void> }[] = [];
    const request = vi.fn(async () => {
      const made = { released: false, release: async () => void (made.released = true) };
      sentinels.push(made);
      return made;
    });
    const own = page();
    const end = keepAwake({ wakeLock: { request } } as never, own);
    await settle();
    own.shown();
    await settle();
    expect(sentinels).toHaveLength(1);
    // The browser takes it away when the page is hidden.
    sentinels[0]!.released = true;
    own.shown();
    await settle();
    expect(sentinels.map((one) => one.released)).toEqual([true, false]);
    end();
    expect(sentinels.map((one) => one.released)).toEqual([true, true]);
    own.shown();
    await settle();
    expect(request).toHaveBeenCalledTimes(2);
  });

  it('throws where there is no such lock, or where the browser refuses it', async () => {
    keepAwake({}, page())();
    const end = keepAwake(
      { wakeLock: { request: () => Promise.reject(new Error('battery')) } } as never,
      page(),
    );
    await settle();
    end();
  });

  it('is kept on for good when the session ended while the browser was still asked', async () => {
    let give = (_: unknown): void => undefined;
    const request = (): Promise<unknown> => new Promise((resolve) => (give = resolve));
    const release = vi.fn(async () => undefined);
    const end = keepAwake({ wakeLock: { request } } as never, page());
    end();
    give({ released: false, release });
    await settle();
    expect(release).toHaveBeenCalledOnce();
  });
});
