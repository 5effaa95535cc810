/** What the replica asks of the network. Every adapter passes test/net/transport-suite.ts. */
import type { InstanceId, LogId, MemberIndex, Milliseconds, VoteKey } from '../codec/brand.ts';
import type { DeviceCertificate, DeviceKey } from '../codec/device.ts';

/** Names one link of this run; a member that reconnects gets a new one. */
export type LinkId = string & { readonly __brand: 'LinkId' };

/** An authenticated channel: both ends have signed the handshake. */
export interface Link {
  readonly id: LinkId;
  /** Of a device: the member whose organisation it belongs to. */
  readonly member: MemberIndex;
  /** The other end is a device, certified by `member`: it says nothing in that member's name, and never votes. */
  readonly device?: DeviceCertificate;
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
  | 'offline'
  /** The other end holds as many links as it may. */
  | 'no-room'
  /** Replaced by a link to another member, so that nobody can surround a replica for long. */
  | 'rotated'
  /** A device's certificate does not stand: another network or member, a forged signature, or not in force yet. */
  | 'device-certificate'
  /** The directory has revoked the device. */
  | 'device-revoked'
  /** A device sent what only voters send. */
  | 'device-vote';

/** Why a connection does not open, as far as it can be told from outside; the words for people are the pages'. */
export type Diagnosis =
  /** The system says that there is no network. */
  | 'offline'
  /** The browser found no network interface to offer: none is up, or a setting or extension hides them all. */
  | 'no-interface'
  /** The browser asks the person, or was told, not to let this page reach devices of the local network. */
  | 'local-network-permission'
  /** Both sides offered local names only, and neither could find the other: multicast names are blocked, or the access point isolates its clients. */
  | 'local-names-blocked'
  /** No direct way, and neither side has a TURN server. */
  | 'no-turn'
  /** A TURN server is set and refused the user name and password, or their time has passed. */
  | 'turn-refused'
  /** A TURN server is set and did not answer. */
  | 'turn-unreachable'
  /** There was a relay, and still no way: a firewall between. */
  | 'blocked'
  /** The other side never answered through signaling. */
  | 'no-answer'
  /** No signaling server is open, and no member that is linked can introduce. */
  | 'no-introduction'
  /** The browser allows ws:// to the server of this page and to this machine only. */
  | 'insecure-signaling'
  /** Not the address of a WebSocket server. */
  | 'malformed-address'
  /** The signaling server cannot be reached. */
  | 'server-unreachable';

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
  readonly diagnosis?: Diagnosis;
  /** `own`: from the settings or the invitation. `hint`: another member uses it and said so. */
  readonly source: 'own' | 'hint';
  /** Whose hint it is. */
  readonly hintedBy?: MemberIndex;
}

export interface PeerStatus {
  readonly member: MemberIndex;
  readonly state: 'linked' | 'connecting' | 'waiting' | 'unreachable' | 'refused';
  readonly detail?: string;
  /** Why the last attempts failed, once one has. */
  readonly diagnosis?: Diagnosis;
  readonly rttMs?: Milliseconds;
  /** How the bytes go: a channel owned by the worker, or a port transferred from the page. */
  readonly path?: 'worker-channel' | 'page-port';
  /** Which way they go over the network; left out: the browser has not said. */
  readonly route?: Route;
  /** It refused this device's last link because the directory has revoked it, as it says. */
  readonly revokesUs?: true;
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

/**
 * What ICE chose (RFC 8445), by kind: `relay` on either side means that a TURN server carries the bytes. Never an address.
 */
export interface Route {
  readonly local: CandidateKind;
  readonly remote: CandidateKind;
  readonly protocol: 'udp' | 'tcp' | 'unknown';
}

export type CandidateKind = 'host' | 'srflx' | 'prflx' | 'relay' | 'unknown';

/** One link's figures, for whoever looks for what is slow. */
export interface LinkFigures {
  readonly id: LinkId;
  /** This side dialled. */
  readonly dialled: boolean;
  readonly path: 'worker-channel' | 'page-port' | null;
  readonly route: Route | null;
  readonly rttMs: Milliseconds | null;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Messages that wait for the channel, by lane. */
  readonly queued: {
    readonly voteMessages: number;
    readonly voteBytes: number;
    readonly bulkMessages: number;
    readonly bulkBytes: number;
  };
  /** Bytes that the channel has taken and the network has not. */
  readonly bufferedAmount: number;
}

/** A device that is linked. */
export interface DeviceStatus {
  readonly member: MemberIndex;
  readonly device: DeviceKey;
  readonly name: string;
  readonly rttMs?: Milliseconds;
}

export interface TransportStatus {
  readonly signaling: readonly SignalingStatus[];
  readonly peers: readonly PeerStatus[];
  /** Absent where none can be linked. */
  readonly devices?: readonly DeviceStatus[];
  /** Keys of applicants that are connected now and have proved them. Absent where none can be served. */
  readonly applicants?: readonly VoteKey[];
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
  /**
   * This neighbour has just told something true that was news here: a vote that counts, a newer certificate, a value that was wanted.
   * Optional, as is `waiting`: an adapter that always links everybody to everybody has no neighbours to choose.
   */
  useful?(link: LinkId): void;
  /**
   * For how long the oldest own proposal has waited for its decision; null when none waits. Told again and again, every few seconds.
   * Links that were of no use meanwhile are replaced (eclipse defence).
   */
  waiting?(forMs: Milliseconds | null): void;
  /** Of every link; for the inspector. Optional: an adapter may count nothing. */
  figures?(): readonly LinkFigures[];
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
  /** The browser knows all candidates of this connection; their signals came before this. */
  | { readonly type: 'gathered'; readonly peer: string }
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
  /** Which candidates the browser uses, once it says so and again when they change. */
  | { readonly type: 'route'; readonly peer: string; readonly route: Route }
  | { readonly type: 'closed'; readonly peer: string; readonly detail: string }
  /** An ICE server answered with an error (RFC 8445 and 8656; 701: no answer), see RTCPeerConnectionIceErrorEvent. */
  | { readonly type: 'ice-error'; readonly peer: string; readonly url: string; readonly code: number }
  | { readonly type: 'visibility'; readonly hidden: boolean }
  /** Also when the network changed under the page, and when the page was thawed. */
  | { readonly type: 'network'; readonly online: boolean }
  /** What the browser lets this page do; for the words that a person reads. */
  | {
      readonly type: 'surroundings';
      /** The page came over https. */
      readonly secure: boolean;
      readonly localNetwork: 'granted' | 'prompt' | 'denied' | 'unknown';
    };

export interface IceServer {
  readonly urls: string | readonly string[];
  readonly username?: string;
  readonly credential?: string;
  /**
   * The secret that the TURN server shares with its users (coturn: `static-auth-secret`). User name and password are made of it, for
   * TURN_VALIDITY_MS each; it never leaves this replica.
   */
  readonly secret?: string;
}
