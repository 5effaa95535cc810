/** The worker of the page beside this file: one mesh with keys that follow from the member's index. */
import { ed25519 } from '@noble/curves/ed25519.js';
import {
  fromHex,
  toHex,
  type InstanceId,
  type LogId,
  type MemberIndex,
  type NetworkId,
  type VoteKey,
} from '../../../src/codec/brand.ts';
import { createMesh, type Mesh } from '../../../src/net/mesh/mesh.ts';
import type { PagePort, SocketLike } from '../../../src/net/mesh/options.ts';
import type { IceServer, Link, TransportStatus } from '../../../src/net/types.ts';

export type WorkerRequest =
  | {
      readonly type: 'start';
      readonly member: number;
      readonly members: number;
      readonly url: string;
      /** Of the key that it has, when that is not the member's. */
      readonly seed?: number;
      readonly iceServers?: readonly IceServer[];
    }
  | {
      readonly type: 'send';
      readonly member: number;
      readonly bytes: number;
      readonly count: number;
      readonly priority: 'vote' | 'bulk';
    }
  | { readonly type: 'echo'; readonly member: number; readonly count: number }
  | { readonly type: 'offline'; readonly offline: boolean }
  | { readonly type: 'state' };

export interface WorkerSnapshot {
  readonly links: readonly number[];
  readonly unlinks: readonly string[];
  readonly received: readonly { readonly from: number; readonly bytes: number; readonly intact: boolean }[];
  readonly status: TransportStatus | null;
  readonly echoes: readonly number[];
}

const seedOf = (member: number): Uint8Array => new Uint8Array(32).fill(member + 1);
const keyOf = (member: number): VoteKey => toHex(ed25519.getPublicKey(seedOf(member))) as VoteKey;
const random = (bytes: number): Uint8Array => crypto.getRandomValues(new Uint8Array(bytes));

const links = new Map<number, Link>();
const unlinks: string[] = [];
const received: { from: number; bytes: number; intact: boolean }[] = [];
const echoes: number[] = [];
let onEcho: (() => void) | null = null;
let status: TransportStatus | null = null;
let mesh: Mesh | null = null;
let port: MessagePort | null = null;

onmessage = async ({
  data,
}: MessageEvent<{ port: MessagePort } | { id: number; request: WorkerRequest }>) => {
  if ('port' in data) {
    port = data.port;
    return;
  }
  await obey(data.request);
  const snapshot: WorkerSnapshot = { links: [...links.keys()].sort(), unlinks, received, status, echoes };
  postMessage({ id: data.id, snapshot });
};

async function obey(request: WorkerRequest): Promise<void> {
  if (request.type === 'start' && port !== null) mesh = start(request, port);
  if (request.type === 'offline') mesh?.setOffline(request.offline);
  const link = 'member' in request ? links.get(request.member) : undefined;
  if (link === undefined) return;
  if (request.type === 'send') {
    const message = Uint8Array.from({ length: request.bytes }, (_, i) => i % 251);
    for (let i = 0; i < request.count; i++) {
      while (mesh?.send(link.id, message, request.priority) === false)
        await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  if (request.type === 'echo') {
    for (let i = 0; i < request.count; i++) {
      const at = performance.now();
      const back = new Promise<void>((resolve) => (onEcho = resolve));
      mesh?.send(link.id, new Uint8Array([0xee, 0]), 'vote');
      await back;
      echoes.push(performance.now() - at);
    }
  }
}

function start(request: Extract<WorkerRequest, { type: 'start' }>, pagePort: MessagePort): Mesh {
  const made = createMesh({
    network: 'ab'.repeat(32) as NetworkId,
    self: {
      member: request.member as MemberIndex,
      voteKey: keyOf(request.member),
      logId: request.member.toString(16).padStart(32, '0') as LogId,
      instance: toHex(random(16)) as InstanceId,
    },
    members: Array.from({ length: request.members }, (_, i) => ({ voteKey: keyOf(i) })),
    signer: { signEd25519: async (message) => ed25519.sign(message, seedOf(request.seed ?? request.member)) },
    ed25519: { verify: async (key, message, signature) => ed25519.verify(signature, message, fromHex(key)) },
    signalingSecret: { topic: 'net-smoke', encrypt: (plain) => plain, decrypt: (sealed) => sealed },
    signalingUrls: [request.url],
    iceServers: request.iceServers ?? [],
    pagePort: pagePort as unknown as PagePort,
    clock: {
      now: () => performance.now(),
      wall: () => Date.now(),
      setTimeout: (run, delay) => setTimeout(run, delay),
      clearTimeout: (handle) => clearTimeout(handle as number),
    },
    random,
    createSocket: (url) => new WebSocket(url) as unknown as SocketLike,
  });
  made.start({
    onLink: (link) => void links.set(link.member, link),
    onUnlink(link, reason) {
      links.delete(link.member);
      unlinks.push(reason);
    },
    onMessage(link, bytes) {
      if (bytes[0] === 0xee && bytes.length === 2) {
        if (bytes[1] === 0) made.send(link.id, new Uint8Array([0xee, 1]), 'vote');
        else onEcho?.();
        return;
      }
      received.push({ from: link.member, bytes: bytes.length, intact: bytes.every((b, i) => b === i % 251) });
    },
    onStatus(next) {
      status = next;
    },
  });
  return made;
}
