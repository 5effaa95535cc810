/** A page with nothing but the net room: connections here, the mesh in its worker (worker.ts), as in the app. */
import { attachPage } from '../../src/net/page/page.ts';
import type { MeshAnswer, MeshRequest } from './worker.ts';

declare global {
  interface Window {
    askMesh(request: MeshRequest): Promise<MeshAnswer>;
  }
}

const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
const { port1, port2 } = new MessageChannel();
const waiting = new Map<number, (answer: MeshAnswer) => void>();
let serial = 0;

// `?port`: this browser cannot transfer data channels, so the bytes go through the page.
if (location.search.includes('port')) {
  const post = MessagePort.prototype.postMessage;
  MessagePort.prototype.postMessage = function (this: MessagePort, message: unknown, transfer?: unknown) {
    if (Array.isArray(transfer) && transfer.some((one) => one instanceof RTCDataChannel))
      throw new DOMException('', 'DataCloneError');
    return post.call(this, message, transfer as StructuredSerializeOptions);
  } as typeof post;
}

worker.onmessage = ({ data }: MessageEvent<{ id: number; answer: MeshAnswer }>) => {
  waiting.get(data.id)?.(data.answer);
  waiting.delete(data.id);
};
window.askMesh = (request) =>
  new Promise((resolve) => {
    waiting.set(++serial, resolve);
    worker.postMessage({ id: serial, request });
  });
attachPage(port1);
worker.postMessage({ port: port2 }, [port2]);
