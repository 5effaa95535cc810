/** What a mesh is given: everything that touches a clock, randomness, keys, the page or a socket comes in here. */
import type { InstanceId, LogId, MemberIndex, Milliseconds, NetworkId, VoteKey } from '../../codec/brand.ts';
import type { DeviceCertificate, DeviceKey } from '../../codec/device.ts';
import type { Ed25519, Signer } from '../../crypto/types.ts';
import type { CloseReason, IceServer, PageCommand, PageEvent } from '../types.ts';

export interface MeshOptions {
  /** What handshakes are bound to: the network in force. */
  readonly network: NetworkId;
  /** Networks that this one continues: applicants may still ask for them at the door. */
  readonly formerNetworks?: readonly NetworkId[];
  /** The network that certificates of devices name: the first of the chain. Absent: `network`. */
  readonly deviceNetwork?: NetworkId;
  readonly self: {
    readonly member: MemberIndex;
    readonly voteKey: VoteKey;
    readonly logId: LogId;
    readonly instance: InstanceId;
    /**
     * This replica is a device: `member` is whose it is, `voteKey` the device's own key with which `signer` signs, `logId` is NO_LOG.
     * It links to members and to other devices of the same member.
     */
    readonly device?: DeviceCertificate;
  };
  /** By member index; a member's key is all that a handshake needs of it. */
  readonly members: readonly { readonly voteKey: VoteKey; readonly logId?: LogId }[];
  /** For applicants, who hold an invitation of this epoch or an earlier one. Absent: none is served. A device serves none. */
  readonly door?: Door;
  /** Of earlier epochs, the newest first: on their topics nothing but the door is served. MAX_FORMER_TOPICS are used. */
  readonly formerSecrets?: readonly SignalingSecret[];
  /** Whether the directory has revoked a device's certificate; asked at each handshake and while links last. Absent: none is. */
  readonly deviceRevoked?: (member: MemberIndex, device: DeviceKey) => boolean;
  readonly signer: Pick<Signer, 'signEd25519'>;
  readonly ed25519: Pick<Ed25519, 'verify'>;
  readonly signalingSecret: SignalingSecret;
  readonly signalingUrls: readonly string[];
  /** Addresses that other members told in earlier runs, the newest first. */
  readonly hintedUrls?: readonly string[];
  /** Members told other addresses than before: keep them for the next start, when no server of the settings may answer. */
  readonly onHints?: (urls: readonly string[]) => void;
  readonly iceServers: readonly IceServer[];
  readonly pagePort: PagePort;
  readonly clock: Clock;
  /** Cryptographically random bytes. */
  readonly random: (bytes: number) => Uint8Array;
  readonly createSocket: (url: string) => SocketLike;
  /**
   * Another start of this member's log is alive: `toldBy` holds a live link to `instance` and refused us. This replica is
   * the later one (docs/protocol.md, RESUME). Told by one member; what it is worth is for the replica to decide.
   */
  readonly onTwin?: (instance: InstanceId, toldBy: MemberIndex) => void;
  /** Visibility of the page, as it reports it. */
  readonly onVisibility?: (hidden: boolean) => void;
}

/** An applicant says one thing and gets one answer. What both are (src/codec/door.ts) is not for the mesh to know. */
export interface Door {
  /**
   * What an applicant that has proved this key brought: at most MAX_KNOCK_BYTES, perhaps none. Called before `answer`, which waits for it.
   * Never throws or rejects.
   */
  knock(voteKey: VoteKey, bytes: Uint8Array): void | Promise<void>;
  /** What it gets: at most MAX_BUNDLE_BYTES, or it gets nothing. */
  answer(voteKey: VoteKey): Uint8Array;
}

/** Topic and sealing, both derived from the join secret. `decrypt` gives null for what was not sealed with it. */
export interface SignalingSecret {
  readonly topic: string;
  encrypt(plain: Uint8Array): Uint8Array | Promise<Uint8Array>;
  decrypt(sealed: Uint8Array): Uint8Array | null | Promise<Uint8Array | null>;
}

export interface Clock {
  now(): Milliseconds;
  /** Milliseconds since 1970. Only TURN servers with a shared secret need it. */
  wall?(): Milliseconds;
  setTimeout(run: () => void, delay: Milliseconds): unknown;
  clearTimeout(handle: unknown): void;
}

/** The worker's end of the port to src/net/page. */
export interface PagePort {
  postMessage(command: PageCommand): void;
  onmessage: ((event: { readonly data: PageEvent }) => void) | null;
  start?(): void;
}

/** The part of WebSocket that signaling uses. */
export interface SocketLike {
  send(text: string): void;
  close(): void;
  onopen: (() => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: (() => void) | null;
  onerror: (() => void) | null;
}

/** Why a link ended, and who said so. */
export interface Ending {
  readonly reason: CloseReason;
  /** True when the other end gave the reason in a `bye`. */
  readonly told: boolean;
  /** With `duplicate-link`: the live instance that was preferred. */
  readonly twin?: InstanceId;
}
