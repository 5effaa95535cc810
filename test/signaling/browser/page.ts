/** A page with a stock y-webrtc client and nothing of ours. Driven by e2e/y-webrtc.spec.ts. */
import { WebrtcProvider } from 'y-webrtc';
import * as Y from 'yjs';

export interface YClient {
  /** Connects the document to the room through these servers. */
  join(room: string, signaling: readonly string[]): void;
  write(key: string, value: string): void;
  read(): Record<string, unknown>;
  /** Other clients that this one reached over WebRTC. */
  peers(): number;
}

declare global {
  interface Window {
    client: YClient;
  }
}

const doc = new Y.Doc();
const map = doc.getMap<string>('map');
let peers = 0;

window.client = {
  join(room, signaling) {
    const peerOpts = { config: { iceServers: [] } };
    const provider = new WebrtcProvider(room, doc, { signaling: [...signaling], peerOpts });
    provider.on('peers', ({ webrtcPeers }: { webrtcPeers: readonly string[] }) => {
      peers = webrtcPeers.length;
    });
  },
  write: (key, value) => void map.set(key, value),
  read: () => map.toJSON(),
  peers: () => peers,
};
