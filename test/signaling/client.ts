import { once } from 'node:events';
import { WebSocket } from 'ws';

export interface Frame {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** A plain `ws` client that remembers what it received and lets a test wait for it. */
export interface Client {
  readonly socket: WebSocket;
  send(frame: unknown): void;
  /** The next frame that was not taken yet. */
  next(): Promise<Frame>;
  /** Frames received and not taken. */
  readonly waiting: readonly Frame[];
  readonly closed: Promise<{ code: number; reason: string }>;
  /** Resolves when the server has handled everything sent before: its answer to a ping comes last. */
  settled(): Promise<Frame[]>;
}

/** @param server one of ours, or whatever else listens at `url`. */
export async function connect(
  server: { readonly url: string },
  path = '/signal',
  headers: Record<string, string> = {},
): Promise<Client> {
  const socket = new WebSocket(`${server.url.replace(/^http/, 'ws')}${path}`, { headers });
  const waiting: Frame[] = [];
  /** Pings sent whose pong was not taken: a test may ping, too, and its pong must not end a later wait. */
  let pings = 0;
  let wake: (() => void) | undefined;
  socket.on('message', (data) => {
    waiting.push(JSON.parse((data as Buffer).toString('utf8')) as Frame);
    wake?.();
  });
  socket.on('error', () => undefined);
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => {
      resolve({ code, reason: reason.toString() });
      wake?.();
    });
  });
  await once(socket, 'open');
  const client: Client = {
    socket,
    waiting,
    closed,
    send(frame) {
      if (isPing(frame)) pings += 1;
      socket.send(typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame));
    },
    async next() {
      for (;;) {
        const frame = waiting.shift();
        if (frame) {
          if (frame.type === 'pong') pings -= 1;
          return frame;
        }
        if (socket.readyState >= WebSocket.CLOSING) throw new Error('closed while a frame was awaited');
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
    async settled() {
      client.send({ type: 'ping' });
      const frames: Frame[] = [];
      for (;;) {
        const frame = await client.next();
        if (frame.type === 'pong' && pings === 0) return frames;
        frames.push(frame);
      }
    },
  };
  return client;
}

function isPing(frame: unknown): boolean {
  return typeof frame === 'object' && frame !== null && 'type' in frame && frame.type === 'ping';
}

export function errorType(frame: Frame | undefined): unknown {
  return (frame?.error as { type?: unknown } | undefined)?.type;
}
