/** A Yjs document over y-webrtc, and nothing of ours: when was which key set here, and when had it come. */
import { WebrtcProvider } from 'y-webrtc';
import * as Y from 'yjs';

declare global {
  interface Window {
    readonly yjs: typeof yjs;
  }
}

const doc = new Y.Doc();
const map = doc.getMap<Uint8Array>('map');
let peers = 0;
/** By key: milliseconds since 1970. One browser's pages read one clock. */
const seen = new Map<string, number>();
const waiting = new Map<string, (at: number) => void>();

const now = (): number => performance.timeOrigin + performance.now();

map.observe(({ keysChanged }) => {
  const at = now();
  for (const key of keysChanged) {
    if (seen.has(key)) continue;
    seen.set(key, at);
    waiting.get(key)?.(at);
    waiting.delete(key);
  }
});

const yjs = {
  /** No password: clients with one wait for each other for ever now and then. */
  join(room: string, signaling: string): void {
    const provider = new WebrtcProvider(room, doc, {
      signaling: [signaling],
      peerOpts: { config: { iceServers: [] } },
    });
    provider.on('peers', ({ webrtcPeers }: { webrtcPeers: readonly string[] }) => {
      peers = webrtcPeers.length;
    });
  },
  /** Other clients that this one has links to. */
  peers: (): number => peers,
  /** When it was called, milliseconds since 1970. */
  set(key: string, bytes: number): number {
    const value = crypto.getRandomValues(new Uint8Array(bytes));
    const at = now();
    map.set(key, value);
    return at;
  },
  /** When this page had the key, milliseconds since 1970, once it has it. */
  arrival(key: string, patience: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const at = seen.get(key);
      if (at !== undefined) return resolve(at);
      waiting.set(key, resolve);
      setTimeout(() => reject(new Error(`${key} has not come in ${patience} ms.`)), patience);
    });
  },
};

Object.assign(window, { yjs });
