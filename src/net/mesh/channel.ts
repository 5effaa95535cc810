/**
 * The bytes of one connection, however they reach the worker: over a data channel that the page transferred, or over a port behind
 * which the page sends on a channel of its own. Messages on that port:
 *
 * | Direction | Message | Meaning |
 * |---|---|---|
 * | both | ArrayBuffer | one frame |
 * | worker to page | `close` | close the channel when all is sent |
 * | page to worker | `open`, `close` | the channel's events |
 * | page to worker | number | bytes handed to the network since the last such number |
 */
import { LOW_WATER } from '../limits.ts';

export interface ChannelHandlers {
  onOpen(): void;
  /** A text message arrives as null: we never send one. */
  onFrame(frame: Uint8Array | null): void;
  onClose(): void;
  /** `bufferedAmount` has fallen below LOW_WATER. */
  onDrain(): void;
}

export interface ByteChannel {
  readonly path: 'worker-channel' | 'page-port';
  /** Bytes accepted and not yet handed to the network. */
  readonly bufferedAmount: number;
  /** False when the channel does not take it: it is not open, or its queue is full. */
  send(frame: Uint8Array<ArrayBuffer>): boolean;
  /** Sends what is buffered, then closes. */
  close(): void;
  /** Call once, at once: events before it are lost. */
  attach(handlers: ChannelHandlers): void;
}

/** The part of RTCDataChannel that is used. */
export interface DataChannelLike {
  readonly readyState: string;
  readonly bufferedAmount: number;
  bufferedAmountLowThreshold: number;
  binaryType: string;
  send(data: ArrayBuffer | ArrayBufferView<ArrayBuffer>): void;
  close(): void;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  onbufferedamountlow: ((event: never) => void) | null;
}

/** The part of MessagePort that is used. */
export interface PortLike {
  postMessage(message: unknown, transfer?: Transferable[]): void;
  close(): void;
  onmessage: ((event: never) => void) | null;
}

export function fromDataChannel(channel: DataChannelLike): ByteChannel {
  channel.binaryType = 'arraybuffer';
  channel.bufferedAmountLowThreshold = LOW_WATER;
  return {
    path: 'worker-channel',
    get bufferedAmount() {
      return channel.bufferedAmount;
    },
    send(frame) {
      if (channel.readyState !== 'open') return false;
      try {
        channel.send(frame);
        return true;
      } catch {
        // OperationError when the browser's own queue is full, InvalidStateError when it closed meanwhile.
        return false;
      }
    },
    close() {
      channel.close();
    },
    attach(handlers) {
      const closeOnce = once(() => handlers.onClose());
      const openOnce = once(() => handlers.onOpen());
      channel.onopen = openOnce;
      channel.onmessage = (event: { data: unknown }) => handlers.onFrame(bytesOf(event.data));
      channel.onclose = closeOnce;
      channel.onerror = closeOnce;
      channel.onbufferedamountlow = () => handlers.onDrain();
      if (channel.readyState === 'open') openOnce();
      if (channel.readyState === 'closed') closeOnce();
    },
  };
}

export function fromPort(port: PortLike): ByteChannel {
  let open = false;
  let waiting = 0;
  return {
    path: 'page-port',
    get bufferedAmount() {
      return waiting;
    },
    send(frame) {
      if (!open) return false;
      const whole = frame.byteLength === frame.buffer.byteLength ? frame.buffer : frame.slice().buffer;
      waiting += whole.byteLength;
      port.postMessage(whole, [whole]);
      return true;
    },
    close() {
      open = false;
      port.postMessage('close');
    },
    attach(handlers) {
      port.onmessage = (event: { data: unknown }) => {
        const { data } = event;
        if (typeof data === 'number') {
          const before = waiting;
          waiting = Math.max(0, waiting - data);
          if (before > LOW_WATER && waiting <= LOW_WATER) handlers.onDrain();
        } else if (data === 'open') {
          open = true;
          handlers.onOpen();
        } else if (data === 'close') {
          open = false;
          handlers.onClose();
          port.close();
        } else {
          handlers.onFrame(bytesOf(data));
        }
      };
    },
  };
}

function bytesOf(data: unknown): Uint8Array | null {
  return data instanceof ArrayBuffer ? new Uint8Array(data) : null;
}

function once(run: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    run();
  };
}
