/** Fresh databases for each test, and no server that ever answers: for what one browser does by itself. */
import { IDBFactory } from 'fake-indexeddb';
import 'fake-indexeddb/auto';
import { afterEach, beforeEach } from 'vitest';

/** Never opens. */
class NoSocket {
  onopen = null;
  onmessage = null;
  onclose = null;
  onerror = null;
  send(): void {}
  close(): void {}
}

/** For the tests of this file. What is put in here is closed when its test ends. */
export function withoutNetwork<T extends { close(reason: string): Promise<void> }>(): T[] {
  const opened: T[] = [];
  const realSocket = globalThis.WebSocket;
  beforeEach(() => {
    globalThis.indexedDB = new IDBFactory();
    globalThis.WebSocket = NoSocket as never;
  });
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.close('The test is over.');
    globalThis.WebSocket = realSocket;
  });
  return opened;
}
