/**
 * Chromium by its own protocol: Playwright keeps every page visible and awake, and these tests are about pages that are not.
 * https://chromedevtools.github.io/devtools-protocol/
 */
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import WebSocket from 'ws';
import { BROWSER_FLAGS, findBrowser } from '../scripts/browser.ts';

export interface RawPage {
  evaluate<T>(expression: string): Promise<T>;
  /** Puts the page out of sight, as minimizing its window or choosing another tab does; resolves when it knows. */
  hide(): Promise<void>;
  /** As the system does it to pages in the background: nothing of it runs, worker included. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  close(): Promise<void>;
}

export interface RawBrowser {
  /** In a window of its own. */
  open(url: string): Promise<RawPage>;
  /** Of the system, of all its processes. */
  processes(): Promise<readonly number[]>;
  close(): Promise<void>;
}

interface Answer {
  /** Absent: an event. */
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly sessionId?: string;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

export async function launchRaw(): Promise<RawBrowser> {
  const found = findBrowser();
  if (!found.ok) throw new Error(found.message);
  const folder = await mkdtemp(join(tmpdir(), 'countersign-raw-'));
  const child = spawn(
    found.path,
    [
      ...BROWSER_FLAGS,
      // Without a media permission, which this protocol has no short way to give: loopback candidates in the open.
      '--disable-features=WebRtcHideLocalIpsWithMdns',
      `--user-data-dir=${folder}`,
      '--remote-debugging-port=0',
      'about:blank',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  // An interrupted run ends without `close`; its browser and its folder go all the same.
  const leave = (): void => {
    child.kill('SIGKILL');
    try {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    } catch {
      // What is left in the folder for temporary files must not keep other listeners from ending their browsers.
    }
  };
  process.once('exit', leave);
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const address = await new Promise<string>((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (data: Buffer) => {
      said = (said + String(data)).slice(-10_000);
      const match = /listening on (ws:\S+)/.exec(said);
      if (match?.[1]) resolve(match[1]);
    });
    child.once('exit', () => reject(new Error(`Chromium ended: ${said}`)));
  });
  const socket = new WebSocket(address);
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const waiting = new Map<number, (answer: Answer) => void>();
  let serial = 0;
  const listeners = new Set<(event: Answer) => void>();
  socket.on('message', (raw) => {
    const answer = JSON.parse(String(raw)) as Answer;
    if (answer.id === undefined) for (const listener of [...listeners]) listener(answer);
    else waiting.get(answer.id)?.(answer);
    if (answer.id !== undefined) waiting.delete(answer.id);
  });

  function send<T>(method: string, params: object = {}, sessionId?: string): Promise<T> {
    const id = ++serial;
    socket.send(JSON.stringify({ id, method, params, sessionId }));
    return new Promise((resolve, reject) =>
      waiting.set(id, ({ error, result }) =>
        error ? reject(new Error(`${method}: ${error.message}`)) : resolve(result as T),
      ),
    );
  }

  /**
   * Loads an address and waits until its document is complete. To ask the page itself is no way: the document that a window begins with is
   * thrown away on the way to the first, mostly together with its process, and a question between the two finds no execution context, or
   * dies with the old one.
   */
  async function load(session: string, url: string): Promise<void> {
    let loader: string | null = null;
    const complete = new Set<string>();
    let done: () => void = () => undefined;
    const listener = ({ method, params, sessionId }: Answer): void => {
      if (sessionId !== session || method !== 'Page.lifecycleEvent') return;
      const { name, loaderId } = params as { readonly name: string; readonly loaderId: string };
      if (name === 'load') complete.add(loaderId);
      if (loader !== null && complete.has(loader)) done();
    };
    const loaded = new Promise<void>((resolve) => (done = resolve));
    listeners.add(listener);
    try {
      await send('Page.enable', {}, session);
      await send('Page.setLifecycleEventsEnabled', { enabled: true }, session);
      const { loaderId, errorText } = await send<{ loaderId: string; errorText?: string }>(
        'Page.navigate',
        { url },
        session,
      );
      if (errorText) throw new Error(`${url} cannot be loaded: ${errorText}`);
      loader = loaderId;
      if (complete.has(loaderId)) done();
      await loaded;
    } finally {
      listeners.delete(listener);
    }
  }

  async function evaluate<T>(session: string, expression: string): Promise<T> {
    const { result, exceptionDetails } = await send<{ result: { value: T }; exceptionDetails?: object }>(
      'Runtime.evaluate',
      { expression, awaitPromise: true, returnByValue: true },
      session,
    );
    if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails).slice(0, 500));
    return result.value;
  }

  return {
    async open(url) {
      const { targetId } = await send<{ targetId: string }>('Target.createTarget', {
        url: 'about:blank',
        newWindow: true,
      });
      const { sessionId } = await send<{ sessionId: string }>('Target.attachToTarget', {
        targetId,
        flatten: true,
      });
      await load(sessionId, url);
      const isHidden = (): Promise<boolean> => evaluate(sessionId, 'document.visibilityState === "hidden"');
      return {
        evaluate: (expression) => evaluate(sessionId, expression),
        async hide() {
          const { windowId } = await send<{ windowId: number }>('Browser.getWindowForTarget', { targetId });
          const bounds = { windowState: 'minimized' };
          await send('Browser.setWindowBounds', { windowId, bounds }).catch(() => undefined);
          for (let i = 0; i < 25 && !(await isHidden()); i++)
            await new Promise((resolve) => setTimeout(resolve, 20));
          if (await isHidden()) return;
          // A headless window may not be minimized: another tab in front does the same.
          const front = await send<{ targetId: string }>('Target.createTarget', { url: 'about:blank' });
          await send('Target.activateTarget', { targetId: front.targetId });
          for (let i = 0; i < 100 && !(await isHidden()); i++)
            await new Promise((resolve) => setTimeout(resolve, 20));
          if (!(await isHidden())) throw new Error('The page could not be hidden.');
        },
        freeze: () => send('Page.setWebLifecycleState', { state: 'frozen' }, sessionId),
        close: async () => void (await send('Target.closeTarget', { targetId })),
        thaw: () => send('Page.setWebLifecycleState', { state: 'active' }, sessionId),
      };
    },
    async processes() {
      const { processInfo } = await send<{ processInfo: readonly { id: number }[] }>(
        'SystemInfo.getProcessInfo',
      );
      return processInfo.map(({ id }) => id);
    },
    async close() {
      socket.close();
      child.kill('SIGKILL');
      await exited;
      process.off('exit', leave);
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
