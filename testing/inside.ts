/**
 * What runs in every page of a member before the page's own code: it keeps the networks that the application joins, and has every address that
 * a connection would send packets to replaced by one of the test's (testing/lines.ts).
 *
 * That is done where a candidate arrives, not where it passes a signaling server: members that are linked relay signaling among themselves,
 * sealed, and no server sees it.
 */
import type { Network } from '../src/index.ts';
import { pack, unpack } from './passing.ts';

/** Asks the test; `redirect` answers with the candidate to use, or null: none. */
export type AskLines = (
  question:
    | { readonly type: 'own'; readonly connection: string; readonly candidate: string }
    | { readonly type: 'redirect'; readonly connection: string; readonly candidate: string }
    | { readonly type: 'closed'; readonly connection: string },
) => Promise<string | null>;

export interface Inside {
  /** Whether the page has joined this network and not closed it. */
  has(network: string): boolean;
  /** A call on it; arguments and result as `pack` has them. */
  call(network: string, method: string, args: string): Promise<string>;
}

/** Name of the binding of `AskLines`. */
export const ASK_LINES = '__COUNTERSIGN_LINES__';

/** For `addInitScript`. Programs that compile for Node by esbuild (tsx) wrap functions in `__name`, which the page has not. */
export const insideScript = (): string =>
  `{ const __name = (named) => named; (${inside.toString()})(${pack.toString()}, ${unpack.toString()}); }`;

/** As source text in the page: it refers to nothing outside. */
function inside(packed: typeof pack, unpacked: typeof unpack): void {
  const place = globalThis as unknown as {
    __COUNTERSIGN_TESTING__?: (network: Network) => void;
    __COUNTERSIGN_INSIDE__?: Inside;
    readonly __COUNTERSIGN_LINES__: AskLines;
  };

  // ---- networks ----

  /** By id; the newest last, because an application may close one and join it again. */
  const networks = new Map<string, Network[]>();
  place.__COUNTERSIGN_TESTING__ = (network) => {
    const close = network.close.bind(network);
    const same = networks.get(network.id) ?? [];
    networks.set(network.id, [...same, network]);
    const forget = (): void => {
      networks.set(
        network.id,
        (networks.get(network.id) ?? []).filter((one) => one !== network),
      );
    };
    network.close = () => {
      forget();
      return close();
    };
  };
  const newest = (id: string): Network | undefined => networks.get(id)?.at(-1);

  place.__COUNTERSIGN_INSIDE__ = {
    has: (id) => newest(id) !== undefined,
    async call(id, method, args) {
      const network = newest(id);
      if (network === undefined) throw new Error('This page has not joined the network, or has closed it.');
      const values = unpacked(args) as unknown[];
      if (method === 'entries') {
        const entries: unknown[] = [];
        for await (const entry of network.entries(values[0] as string)) entries.push(entry);
        return packed(entries);
      }
      if (method === 'certificate') {
        const read = await network.read(values[0] as string);
        return packed(read.ok && read.value !== null ? await read.value.certificate() : null);
      }
      const member = (network as unknown as Record<string, unknown>)[method];
      const result: unknown =
        typeof member === 'function'
          ? await (member as (...all: unknown[]) => unknown).apply(network, values)
          : member;
      return packed(result);
    },
  };

  // ---- packets ----

  if (typeof RTCPeerConnection === 'undefined') return;
  const document = crypto.getRandomValues(new Uint32Array(4)).join('-');
  const names = new WeakMap<RTCPeerConnection, string>();
  const order = new WeakMap<RTCPeerConnection, Promise<unknown>>();
  const ask = place.__COUNTERSIGN_LINES__;
  let serial = 0;

  const nameOf = (connection: RTCPeerConnection): string => {
    const known = names.get(connection);
    if (known !== undefined) return known;
    const name = `${document}/${++serial}`;
    names.set(connection, name);
    connection.addEventListener('icecandidate', ({ candidate }) => {
      if (candidate?.candidate) void ask({ type: 'own', connection: name, candidate: candidate.candidate });
    });
    return name;
  };
  /** One after the other, as the browser would take them. */
  const inTurn = <T>(connection: RTCPeerConnection, run: () => Promise<T>): Promise<T> => {
    const turn = (order.get(connection) ?? Promise.resolve()).then(run, run);
    order.set(connection, turn);
    return turn;
  };

  /** As they are called without callbacks, which only pages of long ago give. */
  const native = RTCPeerConnection.prototype as unknown as {
    setLocalDescription: (this: RTCPeerConnection, ...args: unknown[]) => Promise<void>;
    setRemoteDescription: (this: RTCPeerConnection, description: RTCSessionDescriptionInit) => Promise<void>;
    addIceCandidate: (
      this: RTCPeerConnection,
      candidate: RTCIceCandidateInit | null | undefined,
    ) => Promise<void>;
    close: (this: RTCPeerConnection) => void;
  };
  const { setLocalDescription, setRemoteDescription, addIceCandidate, close } = native;
  native.setLocalDescription = function (...args) {
    nameOf(this);
    return setLocalDescription.apply(this, args);
  };
  native.setRemoteDescription = function (description) {
    const connection = nameOf(this);
    return inTurn(this, async () => {
      const lines: string[] = [];
      for (const line of (description.sdp ?? '').split('\r\n')) {
        const candidate = line.startsWith('a=candidate:') ? line.slice(2) : null;
        const used = candidate === null ? null : await ask({ type: 'redirect', connection, candidate });
        if (candidate === null) lines.push(line);
        else if (used !== null) lines.push(`a=${used}`);
      }
      await setRemoteDescription.call(this, { type: description.type, sdp: lines.join('\r\n') });
    });
  };
  native.addIceCandidate = function (candidate) {
    const connection = nameOf(this);
    return inTurn(this, async () => {
      if (!candidate?.candidate) return addIceCandidate.call(this, candidate);
      const used = await ask({ type: 'redirect', connection, candidate: candidate.candidate });
      if (used === null) return;
      const { sdpMid = null, sdpMLineIndex = null, usernameFragment = null } = candidate;
      await addIceCandidate.call(this, { candidate: used, sdpMid, sdpMLineIndex, usernameFragment });
    });
  };
  native.close = function () {
    const connection = names.get(this);
    if (connection !== undefined) void ask({ type: 'closed', connection });
    close.call(this);
  };
}
