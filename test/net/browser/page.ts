/** A page with nothing but the net room: connections here, mesh in the worker. Driven by e2e/net-smoke.spec.ts. */
import { attachPage } from '../../../src/net/page/page.ts';
import type { WorkerRequest, WorkerSnapshot } from './worker.ts';

declare global {
  interface Window {
    ask(request: WorkerRequest): Promise<WorkerSnapshot>;
  }
}

const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
const { port1, port2 } = new MessageChannel();
const answers = new Map<number, (snapshot: WorkerSnapshot) => void>();
let serial = 0;

// `?port` makes this page one whose browser cannot transfer data channels.
if (location.search.includes('port')) {
  const post = MessagePort.prototype.postMessage;
  MessagePort.prototype.postMessage = function (this: MessagePort, message: unknown, transfer?: unknown) {
    if (Array.isArray(transfer) && transfer.some((t) => t instanceof RTCDataChannel))
      throw new DOMException('', 'DataCloneError');
    return post.call(this, message, transfer as StructuredSerializeOptions);
  } as typeof post;
}

worker.onmessage = ({ data }: MessageEvent<{ id: number; snapshot: WorkerSnapshot }>) => {
  answers.get(data.id)?.(data.snapshot);
  answers.delete(data.id);
};
window.ask = (request) =>
  new Promise((resolve) => {
    answers.set(++serial, resolve);
    worker.postMessage({ id: serial, request });
  });
attachPage(port1);
worker.postMessage({ port: port2 }, [port2]);
