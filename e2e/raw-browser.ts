/**
 * Chromium by its own protocol: Playwright keeps every page visible and awake, and these tests are about pages that are not.
 * https://chromedevtools.github.io/devtools-protocol/
 */
import { spawn } from 'node:child_process';
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
  close(): Promise<void>;
}

interface Answer {
  readonly id?: number;
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
  socket.on('message', (raw) => {
    const answer = JSON.parse(String(raw)) as Answer;
    if (answer.id !== undefined) waiting.get(answer.id)?.(answer);
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
      const { targetId } = await send<{ targetId: string }>('Target.createTarget', { url, newWindow: true });
      const { sessionId } = await send<{ sessionId: string }>('Target.attachToTarget', {
        targetId,
        flatten: true,
      });
      // The empty document that a window begins with is complete too, and between the two there is none to ask.
      const loaded = `document.readyState === 'complete' && location.href === ${JSON.stringify(url)}`;
      while (!(await evaluate<boolean>(sessionId, loaded).catch(withoutDocument)))
        await new Promise((resolve) => setTimeout(resolve, 20));
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
    async close() {
      socket.close();
      child.kill('SIGKILL');
      await exited;
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** No document at this moment; everything else is an error. */
function withoutDocument(error: unknown): false {
  if (error instanceof Error && /context/i.test(error.message)) return false;
  throw error;
}
