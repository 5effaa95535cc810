/** How often RESUME asks, and when it gives up the short ways: on time of its own, so that a busy machine changes nothing. */
import { afterEach, describe, expect, it } from 'vitest';
import type { MemberIndex } from '../../src/codec/brand.ts';
import {
  MAX_RESUME_NARROW_ASKS,
  RESUME_NARROW_ASKS,
  RESUME_PUT_OFF_MS,
  RESUME_RETRY_FIRST_MS,
} from '../../src/worker/limits.ts';
import { Cluster } from './cluster.ts';
import { OwnTime } from './own-time.ts';
import { listen, type Heard } from './resume-kit.ts';

let cluster: Cluster;
afterEach(() => cluster?.stop());

const LATE = 0;

interface Ask {
  readonly at: number;
  readonly everywhere: boolean;
}

/** Members, of which the first starts last: its asks, and answers as `mayPass` lets them through. */
async function starting(
  mayPass: (heard: Heard, asks: readonly Ask[]) => boolean | number,
  n = 7,
): Promise<{ time: OwnTime; asks: readonly Ask[]; start: () => Promise<unknown> }> {
  cluster = await Cluster.create(n);
  const time = new OwnTime(cluster);
  cluster.hub.clock = time;
  const nodes = await Promise.all(Array.from({ length: n - 1 }, (_, i) => cluster.start(i + 1)));
  await time.until('the others to vote', () => nodes.every(({ standing }) => standing.kind === 'voter'));
  const asks: Ask[] = [];
  const nonces = new Set<string>();
  listen(cluster, (heard) => {
    const { from, to, message, bytes } = heard;
    if (message.type === 'resume-ask' && message.asker === LATE && !nonces.has(message.nonce)) {
      nonces.add(message.nonce);
      asks.push({ at: time.now(), everywhere: message.everywhere });
    }
    if (message.type !== 'resume-answer' || to !== LATE) return true;
    const wait = mayPass(heard, asks);
    if (typeof wait === 'boolean') return wait;
    const { hub } = cluster;
    const [id] = [...hub.transports.get(from as MemberIndex)!.peers].find(([, { self }]) => self === to)!;
    time.setTimeout(() => hub.transports.get(to as MemberIndex)?.deliver(id, bytes), wait);
    return false;
  });
  return { time, asks, start: () => cluster.start(LATE) };
}

const standing = (): string => cluster.members[LATE]!.node!.standing.kind;

describe('RESUME', () => {
  it('asks once while answers come, however long they take together', async () => {
    const step = RESUME_RETRY_FIRST_MS * 0.9;
    // One after the other, each within the wait after the one before.
    const { time, asks, start } = await starting(({ from }) => from * step);
    await start();
    await time.until('its vote', () => standing() === 'voter');
    expect(time.now() - asks[0]!.at).toBeGreaterThan(3 * RESUME_RETRY_FIRST_MS);
    expect(asks).toHaveLength(1);
  });

  it('does not let answers that come one by one put the next ask off for ever', async () => {
    const step = RESUME_RETRY_FIRST_MS * 0.95;
    const { time, asks, start } = await starting(({ from }) => from * step, 25);
    await start();
    await time.until('its vote', () => standing() === 'voter');
    // The second is due one to two seconds after the first, and put off from then on.
    const [first, second] = asks as [Ask, Ask];
    expect(second.at - first.at).toBeGreaterThan(RESUME_PUT_OFF_MS + RESUME_RETRY_FIRST_MS);
    expect(second.at - first.at).toBeLessThan(RESUME_PUT_OFF_MS + 3 * RESUME_RETRY_FIRST_MS);
  });

  it('asks again when they stop, and over every link once some asks in a row brought nothing', async () => {
    const { time, asks, start } = await starting(() => false);
    await start();
    await time.until('many asks', () => asks.length === RESUME_NARROW_ASKS + 2);
    expect(asks.map(({ everywhere }) => everywhere)).toEqual([
      ...Array.from({ length: RESUME_NARROW_ASKS }, () => false),
      true,
      true,
    ]);
  });

  it('goes on along the short ways while each ask brings something, and not for ever', async () => {
    // Each of three asks one new answer: with its own four make no quorum.
    const { time, asks, start } = await starting(({ from }, all) => from <= all.length && from <= 3);
    await start();
    await time.until('many asks', () => asks.length === MAX_RESUME_NARROW_ASKS + 1, 600_000);
    expect(asks.map(({ everywhere }) => everywhere)).toEqual([false, false, false, false, true]);
    expect(standing()).toBe('resuming');
  });
});
