/** What the replica asks of the network. Every adapter passes test/net/transport-suite.ts. */
import type { InstanceId, LogId, MemberIndex, Milliseconds } from '../codec/brand.ts';

/** Names one link of this run; a member that reconnects gets a new one. */
export type LinkId = string & { readonly __brand: 'LinkId' };

/** An authenticated channel: both ends have signed the handshake. */
export interface Link {
  readonly id: LinkId;
  readonly member: MemberIndex;
  /** The log id the other end runs with; one that the epoch does not name is an observer's. */
  readonly logId: LogId;
  readonly instance: InstanceId;
  readonly openedAt: Milliseconds;
}

/** Why a link ended, in a form that the other side can see. */
export type CloseReason =
  | 'malformed-message'
  | 'oversized-message'
  | 'bad-signature'
  | 'equivocation'
  | 'rate-limit'
  | 'duplicate-link'
  | 'handshake-failed'
  | 'wrong-network'
  | 'shutdown'
  | 'timeout'
  | 'transport-failed'
  | 'offline';

export interface TransportHandlers {
  onLink(link: Link): void;
  onUnlink(link: Link, reason: CloseReason): void;
  onMessage(link: Link, bytes: Uint8Array): void;
  /** Anything a person may want to read on the network page has changed. */
  onStatus(status: TransportStatus): void;
}

export interface SignalingStatus {
  readonly url: string;
  readonly state: 'connecting' | 'open' | 'waiting' | 'failed' | 'off';
  /** A sentence, when the state is not `open`. */
  readonly detail?: string;
}

export interface PeerStatus {
  readonly member: MemberIndex;
  readonly state: 'linked' | 'connecting' | 'waiting' | 'unreachable' | 'refused';
  readonly detail?: string;
  readonly rttMs?: Milliseconds;
  /** How the bytes go: a channel owned by the worker, or a port transferred from the page. */
  readonly path?: 'worker-channel' | 'page-port';
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

export interface TransportStatus {
  readonly signaling: readonly SignalingStatus[];
  readonly peers: readonly PeerStatus[];
}

export interface Transport {
  start(handlers: TransportHandlers): void;
  /** Queues a whole message. `vote` overtakes `bulk`. False when the link is gone or its queue is full (bulk only). */
  send(link: LinkId, bytes: Uint8Array, priority: 'vote' | 'bulk'): boolean;
  close(link: LinkId, reason: CloseReason): void;
  /** Members not to dial or accept in this epoch: an equivocator's links stay closed. */
  refuse(members: ReadonlySet<MemberIndex>): void;
  /** Drops every link and signaling connection, or takes them up again. */
  setOffline(offline: boolean): void;
  stop(): void;
}

// ---- worker <-> page: the page owns RTCPeerConnection and obeys. One MessagePort carries these. ----

/** From the worker to the page. `peer` is a random id of one connection attempt. */
export type PageCommand =
  | {
      readonly type: 'open';
      readonly peer: string;
      readonly initiator: boolean;
      readonly iceServers: readonly IceServer[];
      readonly workerChannel: boolean;
    }
  | { readonly type: 'signal'; readonly peer: string; readonly data: unknown }
  | { readonly type: 'close'; readonly peer: string };

/** From the page to the worker. The channel or port is in the transfer list of `channel`. */
export type PageEvent =
  | { readonly type: 'signal'; readonly peer: string; readonly data: unknown }
  | {
      readonly type: 'channel';
      readonly peer: string;
      readonly channel: RTCDataChannel | null;
      readonly port: MessagePort | null;
    }
  | {
      readonly type: 'connected';
      readonly peer: string;
      readonly localFingerprint: string;
      readonly remoteFingerprint: string;
    }
  | { readonly type: 'closed'; readonly peer: string; readonly detail: string }
  | { readonly type: 'visibility'; readonly hidden: boolean }
  | { readonly type: 'network'; readonly online: boolean };

export interface IceServer {
  readonly urls: string | readonly string[];
  readonly username?: string;
  readonly credential?: string;
}
