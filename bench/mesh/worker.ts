/** One mesh with keys that follow from the member's index, its links with the time of each, and echoes of votes. */
import { ed25519 } from '@noble/curves/ed25519.js';
import {
  fromHex,
  toHex,
  type InstanceId,
  type LogId,
  type MemberIndex,
  type NetworkId,
  type VoteKey,
} from '../../src/codec/brand.ts';
import { createMesh, type Mesh } from '../../src/net/mesh/mesh.ts';
import type { PagePort, SocketLike } from '../../src/net/mesh/options.ts';
import type { Link, TransportStatus } from '../../src/net/types.ts';

export type MeshRequest =
  | {
      readonly type: 'start';
      readonly member: number;
      readonly members: number;
      readonly urls: readonly string[];
    }
  | { readonly type: 'echo'; readonly member: number; readonly count: number; readonly bytes: number }
  | { readonly type: 'offline'; readonly offline: boolean }
  | { readonly type: 'signaling'; readonly urls: readonly string[] }
  | { readonly type: 'state' };

export interface MeshEvent {
  /** Milliseconds since 1970: one clock for all browsers of a machine. */
  readonly at: number;
  readonly kind: 'link' | 'unlink';
  readonly member: number;
}

export interface MeshAnswer {
  readonly links: readonly number[];
  readonly events: readonly MeshEvent[];
  readonly status: TransportStatus | null;
  /** Of the last `echo`: there and back, milliseconds. */
  readonly echoes: readonly number[];
}

const QUESTION = 1;
const ECHO = 2;

const seedOf = (member: number): Uint8Array => new Uint8Array(32).fill(member + 1);
const keyOf = (member: number): VoteKey => toHex(ed25519.getPublicKey(seedOf(member))) as VoteKey;
const random = (bytes: number): Uint8Array => crypto.getRandomValues(new Uint8Array(bytes));

const links = new Map<number, Link>();
const events: MeshEvent[] = [];
let echoes: number[] = [];
let onEcho: (() => void) | null = null;
let status: TransportStatus | null = null;
let mesh: Mesh | null = null;
let port: MessagePort | null = null;

onmessage = async ({ data }: MessageEvent<{ port: MessagePort } | { id: number; request: MeshRequest }>) => {
  if ('port' in data) {
    port = data.port;
    return;
  }
  await obey(data.request);
  const answer: MeshAnswer = { links: [...links.keys()], events, status, echoes };
  postMessage({ id: data.id, answer });
};

async function obey(request: MeshRequest): Promise<void> {
  if (request.type === 'start' && port !== null) mesh = start(request, port);
  if (request.type === 'offline') mesh?.setOffline(request.offline);
  if (request.type === 'signaling') mesh?.setSignaling(request.urls);
  if (request.type !== 'echo') return;
  echoes = [];
  const link = links.get(request.member);
  if (!link || !mesh) return;
  const question = new Uint8Array(request.bytes).fill(QUESTION);
  for (let i = 0; i < request.count; i++) {
    const at = performance.now();
    const back = new Promise<void>((resolve) => (onEcho = resolve));
    mesh.send(link.id, question, 'vote');
    await back;
    echoes.push(performance.now() - at);
  }
}

function start(request: Extract<MeshRequest, { type: 'start' }>, pagePort: MessagePort): Mesh {
  const { member, members, urls } = request;
  const note = (kind: MeshEvent['kind'], link: Link): void =>
    void events.push({ at: Date.now(), kind, member: link.member });
  const made = createMesh({
    network: 'ab'.repeat(32) as NetworkId,
    self: {
      member: member as MemberIndex,
      voteKey: keyOf(member),
      logId: member.toString(16).padStart(32, '0') as LogId,
      instance: toHex(random(16)) as InstanceId,
    },
    members: Array.from({ length: members }, (_, i) => ({ voteKey: keyOf(i) })),
    signer: { signEd25519: async (message) => ed25519.sign(message, seedOf(member)) },
    ed25519: { verify: async (key, message, signature) => ed25519.verify(signature, message, fromHex(key)) },
    signalingSecret: { topic: 'mesh-bench', encrypt: (plain) => plain, decrypt: (sealed) => sealed },
    signalingUrls: urls,
    iceServers: [],
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
    onLink(link) {
      links.set(link.member, link);
      note('link', link);
    },
    onUnlink(link) {
      links.delete(link.member);
      note('unlink', link);
    },
    onMessage(link, bytes) {
      if (bytes[0] === ECHO) onEcho?.();
      else if (bytes[0] === QUESTION) made.send(link.id, new Uint8Array(bytes.length).fill(ECHO), 'vote');
    },
    onStatus: (next) => void (status = next),
  });
  return made;
}
