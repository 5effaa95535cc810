/**
 * RTCPeerConnection exists on the main thread only. This side owns the connections and does what the worker says: it decides nothing and
 * sets no timer, because a hidden page's timers are slowed down and a busy page's are late.
 */
import SimplePeer from 'simple-peer/simplepeer.min.js';
import type { SignalData } from 'simple-peer';
import { MAX_PAGE_CONNECTIONS } from '../limits.ts';
import type { IceServer, PageCommand, PageEvent } from '../types.ts';
import { bridge } from './bridge.ts';
import { fingerprintOf } from './fingerprint.ts';
import { routeOf } from './route.ts';
import { watchSurroundings } from './surroundings.ts';

/**
 * Obeys the commands that come through `port` (its other end is in the worker) until the returned function is called, which closes
 * every connection.
 */
export function attachPage(port: MessagePort): () => void {
  const peers = new Map<string, SimplePeer>();

  function tell(event: PageEvent, transfer: Transferable[] = []): void {
    port.postMessage(event, transfer);
  }

  function close(peer: string, detail: string): void {
    const connection = peers.get(peer);
    if (connection === undefined) return;
    peers.delete(peer);
    connection.destroy();
    tell({ type: 'closed', peer, detail });
  }

  function open(command: Extract<PageCommand, { type: 'open' }>): void {
    const { peer } = command;
    if (peers.has(peer)) return;
    if (peers.size >= MAX_PAGE_CONNECTIONS)
      return tell({ type: 'closed', peer, detail: 'too many connections' });
    let connection: SimplePeer;
    try {
      connection = new SimplePeer({
        initiator: command.initiator,
        trickle: true,
        config: { iceServers: command.iceServers.map(rtcIceServer) },
        channelName: 'simple-peer',
        // Negotiated like ours, so that a channel that the other end opens by itself finds nobody.
        channelConfig: { negotiated: true, id: SIMPLE_PEER_CHANNEL_ID },
      });
    } catch (error) {
      // A malformed ICE server, or a browser without WebRTC.
      return tell({ type: 'closed', peer, detail: String(error) });
    }
    const rtc = connection._pc;
    if (rtc === null)
      return tell({ type: 'closed', peer, detail: 'the browser refused to make a connection' });
    peers.set(peer, connection);
    connection.on('error', (error) => close(peer, error.message));
    connection.on('close', () => close(peer, 'closed'));
    // Before simple-peer negotiates (in a microtask), so that the first offer has it and none is needed after.
    const channel = rtc.createDataChannel('countersign', { negotiated: true, id: CHANNEL_ID, ordered: true });
    channel.binaryType = 'arraybuffer';
    handOver(peer, channel, command.workerChannel);
    connection.on('signal', (data) => {
      if (peers.has(peer)) tell({ type: 'signal', peer, data });
    });
    rtc.addEventListener('icegatheringstatechange', () => {
      if (rtc.iceGatheringState === 'complete' && peers.has(peer)) tell({ type: 'gathered', peer });
    });
    rtc.addEventListener('icecandidateerror', ({ url, errorCode }: RTCPeerConnectionIceErrorEvent) => {
      if (peers.has(peer)) tell({ type: 'ice-error', peer, url, code: errorCode });
    });
    // simple-peer's own `connect` polls statistics with timers; the state changes once DTLS has checked the certificates.
    rtc.addEventListener('connectionstatechange', () => {
      if (rtc.connectionState === 'connected' && peers.has(peer)) reportConnected(peer, rtc);
    });
  }

  function handOver(peer: string, channel: RTCDataChannel, workerChannel: boolean): void {
    if (workerChannel) {
      try {
        return tell({ type: 'channel', peer, channel, port: null }, [channel as unknown as Transferable]);
      } catch {
        // DataCloneError: this browser cannot transfer channels. The page keeps it and the bytes go through a port.
      }
    }
    const { port1, port2 } = new MessageChannel();
    bridge(channel, port1);
    tell({ type: 'channel', peer, channel: null, port: port2 }, [port2]);
  }

  function reportConnected(peer: string, rtc: RTCPeerConnection): void {
    const localFingerprint = fingerprintOf(rtc.localDescription?.sdp ?? '');
    const remoteFingerprint = fingerprintOf(rtc.remoteDescription?.sdp ?? '');
    if (localFingerprint === null || remoteFingerprint === null) {
      return close(peer, 'a session description does not name exactly one SHA-256 certificate fingerprint');
    }
    tell({ type: 'connected', peer, localFingerprint, remoteFingerprint });
    watchRoute(peer, rtc);
  }

  /** Now, and whenever the browser says that it goes another way. */
  function watchRoute(peer: string, rtc: RTCPeerConnection): void {
    const look = (): void =>
      void rtc.getStats().then(
        (report) => {
          const route = routeOf(report as unknown as Map<string, unknown>);
          if (route !== null && peers.has(peer)) tell({ type: 'route', peer, route });
        },
        // Closed meanwhile: nobody asks any more.
        () => undefined,
      );
    // Firefox has no such event: there it is what was chosen first.
    const ice = rtc.sctp?.transport.iceTransport as EventTarget | undefined;
    ice?.addEventListener('selectedcandidatepairchange', look);
    look();
  }

  function obey(command: PageCommand): void {
    switch (command.type) {
      case 'open':
        return open(command);
      case 'signal':
        // The worker has checked its shape (src/net/mesh/messages.ts).
        return peers.get(command.peer)?.signal(command.data as SignalData);
      case 'close':
        return close(command.peer, 'closed by the replica');
    }
  }

  // A page that goes says so: the others need not wait for the silence of a dead link. A page that comes back links anew.
  const onLeave = (): void => {
    for (const peer of [...peers.keys()]) close(peer, 'the page was left');
  };
  const onVisibility = (): void => tell({ type: 'visibility', hidden: document.hidden });
  const onNetwork = (): void => tell({ type: 'network', online: navigator.onLine });
  const leaving = new AbortController();
  const on = (target: EventTarget | undefined, event: string, listener: () => void): void =>
    target?.addEventListener(event, listener, { signal: leaving.signal });
  port.onmessage = ({ data }: MessageEvent<PageCommand>) => obey(data);
  on(document, 'visibilitychange', onVisibility);
  // Of the page's life cycle: thawed after a freeze, and shown again out of the back-forward cache.
  on(document, 'resume', onNetwork);
  on(window, 'pageshow', onNetwork);
  on(window, 'online', onNetwork);
  on(window, 'offline', onNetwork);
  on(window, 'pagehide', onLeave);
  // Wi-Fi to mobile or back, where the browser tells (Chromium on phones). Its estimates of speed change all the time and say nothing.
  const { connection } = navigator as { readonly connection?: EventTarget & { readonly type?: string } };
  let type = connection?.type;
  on(connection, 'change', () => {
    if (connection?.type === type) return;
    type = connection?.type;
    onNetwork();
  });
  onVisibility();
  onNetwork();
  watchSurroundings(tell, leaving.signal);

  return () => {
    leaving.abort();
    for (const peer of [...peers.keys()]) close(peer, 'the page was detached');
    port.onmessage = null;
  };
}

/** Fixed on both ends. Above the low ids, which the browser gives to channels that are not negotiated. */
const SIMPLE_PEER_CHANNEL_ID = 100;
const CHANNEL_ID = 101;

function rtcIceServer({ urls, username, credential }: IceServer): RTCIceServer {
  return {
    urls: typeof urls === 'string' ? urls : [...urls],
    ...(username === undefined ? {} : { username }),
    ...(credential === undefined ? {} : { credential }),
  };
}
