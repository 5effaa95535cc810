/** A cluster that cannot be made, or not be closed as a whole, leaves nothing behind. The browser is a stand-in; servers and sockets are real. */
import { Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext, Page } from '@playwright/test';
import { describe, expect, it, vi } from 'vitest';
import { Cluster } from '../../testing/cluster.ts';
import { endClusters } from '../../testing/ending.ts';
import { AT_ONCE } from '../../testing/limits.ts';
import { Lines } from '../../testing/lines.ts';
import { Member } from '../../testing/member.ts';

vi.mock('../../scripts/browser.ts', () => ({ PERMISSIONS: [] }));

const FOLDER = fileURLToPath(new URL('application', import.meta.url));

/** `newPage` and `close` get the place of their context, the first is 0. */
function browserOf({
  newPage = () => Promise.reject(new Error('No page.')),
  close = () => Promise.resolve(),
}: {
  newPage?: (index: number) => Promise<Page>;
  close?: (index: number) => Promise<void>;
}): { browser: Browser; opened: () => number; closed: () => number } {
  let [opened, closed] = [0, 0];
  const newContext = (): Promise<BrowserContext> => {
    const index = opened++;
    const context: Partial<BrowserContext> = {
      exposeBinding: () => Promise.resolve({ dispose: () => Promise.resolve() } as never),
      addInitScript: () => Promise.resolve({ dispose: () => Promise.resolve() } as never),
      on: () => context as BrowserContext,
      newPage: () => newPage(index),
      close: () => {
        closed++;
        return close(index);
      },
    };
    return Promise.resolve(context as BrowserContext);
  };
  const browser = { newContext } as unknown as Browser;
  return { browser, opened: () => opened, closed: () => closed };
}

describe('a cluster', () => {
  it('that fails opens no further browser, closes all, and says what failed first', async () => {
    const listen = vi.spyOn(Server.prototype, 'listen');
    let failed = (_: unknown): void => undefined;
    const first = new Promise((resolve) => (failed = resolve));
    const { browser, opened, closed } = browserOf({
      async newPage(index) {
        // The others under way end after it: two fail as well, one succeeds.
        if (index > 0) await first;
        failed(null);
        if (index === AT_ONCE - 1) return { goto: () => Promise.resolve(null) } as unknown as Page;
        throw new Error(`No page for ${index}.`);
      },
      close: (index) => (index === 1 ? Promise.reject(new Error('It cannot be closed.')) : Promise.resolve()),
    });
    const made = Cluster.create(browser, FOLDER, { site: FOLDER, members: AT_ONCE + 3 });
    await expect(made).rejects.toThrow('No page for 0.');
    expect(opened()).toBe(AT_ONCE);
    expect(closed()).toBe(AT_ONCE);
    // Signaling, and a proxy for each member.
    expect(listen.mock.contexts.map((server) => (server as Server).listening)).toEqual(
      Array<boolean>(1 + AT_ONCE + 3).fill(false),
    );
    listen.mockRestore();
  });
});

describe('a member', () => {
  const memberOf = (browser: Browser, close = (): Promise<void> => Promise.resolve()): Member =>
    new Member({
      ...{ index: 0, label: 'Bakery', id: 'bakery-1', origin: 'http://127.0.0.1', context: {} },
      ...{ browser, lines: new Lines() },
      proxy: { url: 'http://127.0.0.1', skew: null, cutSignaling: () => undefined, close },
    });

  it('opens no page when its cluster is closed', async () => {
    const { browser, opened } = browserOf({});
    const member = memberOf(browser);
    await member.dispose();
    await expect(member.open('/')).rejects.toThrow('The cluster of Bakery is closed');
    expect(opened()).toBe(0);
  });

  it('closes a browser that was being made when its cluster was closed', async () => {
    const { browser, closed } = browserOf({});
    const member = memberOf(browser);
    const page = member.open('/');
    await member.dispose();
    await expect(page).rejects.toThrow('The cluster of Bakery is closed');
    expect(closed()).toBe(1);
  });

  it('ends its proxy even where its browser cannot be closed', async () => {
    const close = vi.fn(() => Promise.resolve());
    const { browser } = browserOf({ close: () => Promise.reject(new Error('It cannot be closed.')) });
    const member = memberOf(browser, close);
    await expect(member.open('/')).rejects.toThrow('No page.');
    await expect(member.dispose()).rejects.toThrow('It cannot be closed.');
    expect(close).toHaveBeenCalledTimes(1);
  });
});

describe('the end of a test', () => {
  const clusterOf = (complaints: readonly string[] = []) => ({
    ...{ complaints, up: [] },
    describe: vi.fn(() => Promise.resolve('how it is')),
    close: vi.fn(() => Promise.resolve()),
  });
  const infoOf = (status: 'passed' | 'failed') => ({ status, attach: vi.fn(() => Promise.resolve()) });

  it('fails one whose pages complained, with what they said', async () => {
    const [quiet, loud, info] = [clusterOf(), clusterOf(['Bakery: broken']), infoOf('passed')];
    await expect(endClusters([quiet, loud], info)).rejects.toThrow('Bakery: broken');
    expect(info.attach).toHaveBeenCalledTimes(2);
    for (const { close } of [quiet, loud]) expect(close).toHaveBeenCalledTimes(1);
  });

  it('hides no failure behind what pages complained of, and reports nothing where nothing is wrong', async () => {
    const info = infoOf('passed');
    await endClusters([clusterOf()], info);
    expect(info.attach).not.toHaveBeenCalled();
    await endClusters([clusterOf(['Bakery: broken'])], infoOf('failed'));
  });

  it('closes every cluster where one cannot be described and one not be closed', async () => {
    const [one, two, three] = [clusterOf(), clusterOf(), clusterOf()];
    one.describe.mockRejectedValue(new Error('No answer.'));
    two.close.mockRejectedValue(new Error('It cannot be closed.'));
    await expect(endClusters([one, two, three], infoOf('failed'))).rejects.toThrow('No answer.');
    for (const { close } of [one, two, three]) expect(close).toHaveBeenCalledTimes(1);
  });
});
