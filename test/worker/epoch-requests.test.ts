/** Who asks to be let in knocks at one door; every member must see it, and nobody can make more of it than it is. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { MemberId } from '../../src/codec/brand.ts';
import type { JoinRequest } from '../../src/codec/epoch-messages.ts';
import type { MemberEntry } from '../../src/codec/genesis.ts';
import { MAX_REQUEST_AGE_MS, MAX_REQUESTS_PER_MESSAGE } from '../../src/codec/limits.ts';
import { asMemberId } from '../../src/codec/brand.ts';
import type { Milliseconds } from '../../src/codec/brand.ts';
import { REQUEST_AGAIN_MS } from '../../src/worker/limits.ts';
import type { JoinRequests } from '../../src/worker/epochs/requests.ts';
import { until } from './cluster.ts';
import { EpochWorld } from './epoch-world.ts';

const NAMES = ['Alfa', 'Bravo', 'Cargo', 'Delta'];

describe('requests to join', () => {
  let world: EpochWorld;
  let echo: MemberEntry;

  const open = async (cut: readonly string[] = []): Promise<void> => {
    world = await EpochWorld.create(NAMES);
    for (const pair of cut) world.cut.add(pair);
    await world.openAll(NAMES);
    echo = (await world.newcomer('Echo')).entry;
  };
  const requests = (name: string): JoinRequests => world.person(name).replica!.epochs!.talk.requests;
  const ids = (name: string): string[] =>
    requests(name)
      .shown()
      .map(({ entry }) => entry.id);
  const tell = (to: string, from: string, request: Partial<JoinRequest> = {}): void =>
    void world.inject(to, from, {
      type: 'requests',
      requests: [{ entry: echo, replaces: null, age: 0, ...request }],
    });
  const links = (name: string): number => world.person(name).replica!.links.size;

  beforeEach(() => vi.useRealTimers());
  afterEach(() => {
    for (const name of NAMES) world.close(name);
  });

  it('are seen by every member, over several hops, whoever opened the door', async () => {
    await open(['0 2', '0 3', '1 3']);
    requests('Delta').heard(echo, null);
    await until('all see it', () => NAMES.every((name) => ids(name).includes('echo')));
    expect(requests('Alfa').of(echo.voteKey)?.entry).toEqual(echo);
  });

  it('reach a member that was away when the door was opened', async () => {
    await open();
    world.close('Alfa');
    requests('Bravo').heard(echo, null);
    await until('those who are here see it', () =>
      ['Cargo', 'Delta'].every((name) => ids(name).includes('echo')),
    );
    await world.open('Alfa');
    await until('Alfa sees it', () => ids('Alfa').includes('echo'));
  });

  it('with a proof that is not theirs cost the one who told them the link, and are not shown', async () => {
    await open();
    const before = links('Alfa');
    tell('Alfa', 'Bravo', { entry: { ...echo, logId: '9'.repeat(32) as MemberEntry['logId'] } });
    expect(ids('Alfa')).toEqual([]);
    expect(links('Alfa')).toBe(before - 1);
  });

  it('cannot be bent to take the place of another member, or to take none', async () => {
    await open();
    tell('Alfa', 'Bravo', { replaces: 'cargo' as MemberId });
    tell('Alfa', 'Bravo', { replaces: asMemberId('echo') });
    expect(ids('Alfa')).toEqual([]);
    const { entry } = await world.newcomer('Cargo2', world.person('Cargo').entry);
    tell('Alfa', 'Bravo', { entry });
    expect(ids('Alfa')).toEqual([]);
    tell('Alfa', 'Bravo', { entry, replaces: entry.id });
    expect(ids('Alfa')).toEqual(['cargo']);
    expect(links('Alfa'), 'none of it is a reason to close a link').toBe(3);
  });

  it('that were put away stay away while they ask on, for this member only', async () => {
    await open();
    requests('Alfa').heard(echo, null);
    await until('Bravo sees it', () => ids('Bravo').includes('echo'));
    expect(requests('Alfa').dismiss(echo.voteKey)).toBe(true);
    requests('Alfa').heard(echo, null);
    tell('Alfa', 'Bravo');
    expect(ids('Alfa')).toEqual([]);
    expect(ids('Bravo')).toEqual(['echo']);
    expect(requests('Delta').dismiss(world.person('Alfa').entry.voteKey), 'nobody asks under it').toBe(false);
  });

  it('are told once a minute, however often somebody knocks, and grow old though members repeat them', async () => {
    await open();
    const { replica } = world.person('Alfa');
    const send = vi.spyOn(replica!, 'send');
    const told = (): number => send.mock.calls.filter(([, message]) => message.type === 'requests').length;
    let now = replica!.now;
    vi.spyOn(replica!, 'now', 'get').mockImplementation(() => now);
    requests('Alfa').heard(echo, null);
    expect(told()).toBe(3);
    for (const pass of [1000, 2000, REQUEST_AGAIN_MS - 3001]) {
      now = (now + pass) as Milliseconds;
      requests('Alfa').heard(echo, null);
    }
    expect(told()).toBe(3);
    now = (now + 1) as Milliseconds;
    requests('Alfa').heard(echo, null);
    expect(told()).toBe(6);
    now = (now + MAX_REQUEST_AGE_MS) as Milliseconds;
    tell('Alfa', 'Bravo', { age: MAX_REQUEST_AGE_MS as Milliseconds });
    expect(ids('Alfa'), 'it was heard exactly that long ago').toEqual(['echo']);
    now = (now + 1) as Milliseconds;
    expect(ids('Alfa')).toEqual([]);
  });

  it('are bounded: the one that was not heard of for longest goes', async () => {
    await open();
    const many = await Promise.all(
      Array.from({ length: MAX_REQUESTS_PER_MESSAGE + 1 }, (_, i) => world.newcomer(`More${i}`)),
    );
    for (const { entry } of many.slice(0, -1)) requests('Alfa').heard(entry, null);
    requests('Alfa').heard(many[0]!.entry, null);
    requests('Alfa').heard(many.at(-1)!.entry, null);
    expect(ids('Alfa')).toHaveLength(MAX_REQUESTS_PER_MESSAGE);
    expect(ids('Alfa')).not.toContain('more1');
    expect(ids('Alfa')).toContain('more0');
  });
});
