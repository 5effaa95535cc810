/**
 * A signaling server that holds the join secret: what a test, or somebody in the middle, may do with the messages that pass. Each is opened,
 * shown to `hook`, and passed on as the hook returns it, in order. What was not sealed with the secret passes untouched.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { encodeMessage, parseMessage, type MeshMessage } from '../src/net/mesh/messages.ts';
import type { SignalingSecret } from '../src/net/mesh/options.ts';

export type Hook = (message: MeshMessage) => MeshMessage | null | Promise<MeshMessage | null>;

export interface SignalTap {
  /** `ws://127.0.0.1:…/`. */
  readonly url: string;
  /** Pass messages through it; null drops one. */
  hook: Hook;
  /** Of the network whose messages are to be opened; until it is set nothing is. */
  secret: Pick<SignalingSecret, 'encrypt' | 'decrypt'> | null;
  /** Sends a message of one's own to everybody who listens now under the network's topic: to nobody, when nobody does yet. */
  inject(message: MeshMessage): Promise<void>;
  /** As a server that dies: sockets end, and the port refuses. */
  close(): Promise<void>;
}

const MAX_MEMBERS = 1_000;

export async function startTap(hook: Hook = (message) => message): Promise<SignalTap> {
  const http = createServer((_, response) => response.end());
  const sockets = new WebSocketServer({ server: http, maxPayload: 64 * 1024 });
  const topics = new Map<WebSocket, Set<string>>();
  let last: Promise<void> = Promise.resolve();
  let topicInUse = '';

  async function pass(topic: string, data: string): Promise<void> {
    const sealed = Uint8Array.from(Buffer.from(data, 'base64'));
    const plain = (await tap.secret?.decrypt(sealed)) ?? null;
    const message = plain === null ? null : parseMessage(plain, MAX_MEMBERS);
    if (message === null) return send(topic, data);
    // The network's, also where the message was for one start of a member alone.
    topicInUse = topic.split('/')[0]!;
    const changed = await tap.hook(message);
    if (changed !== null) await publish(changed);
  }

  async function publish(message: MeshMessage): Promise<void> {
    const sealed = await tap.secret?.encrypt(encodeMessage(message));
    if (sealed) send(topicInUse, Buffer.from(sealed).toString('base64'));
  }

  function send(topic: string, data: string): void {
    const frame = JSON.stringify({ type: 'publish', topic, data });
    for (const [socket, subscribed] of topics) if (subscribed.has(topic)) socket.send(frame);
  }

  sockets.on('connection', (socket) => {
    topics.set(socket, new Set());
    socket.on('close', () => topics.delete(socket));
    socket.on('error', () => undefined);
    socket.on('message', (raw) => {
      const frame = JSON.parse(String(raw)) as {
        type: string;
        topics?: string[];
        topic?: string;
        data?: string;
      };
      if (frame.type === 'ping') socket.send('{"type":"pong"}');
      for (const topic of frame.type === 'subscribe' ? (frame.topics ?? []) : [])
        topics.get(socket)?.add(topic);
      const { topic, data } = frame;
      if (frame.type === 'publish' && topic !== undefined && data !== undefined)
        last = last.then(() => pass(topic, data));
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const tap: SignalTap = {
    url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}/`,
    hook,
    secret: null,
    inject: publish,
    async close() {
      for (const socket of topics.keys()) socket.terminate();
      sockets.close();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
  return tap;
}
