/**
 * Every bound of the signaling server. A public server is spoken to by strangers, so whatever a client can make grow
 * has a ceiling here, and whoever runs into one pays with its own connection, never with somebody else's.
 *
 * Sizes are bytes, times are milliseconds unless the name says otherwise. `docs/hosting.md` explains the ones that an
 * operator may wish to change.
 */
export const defaultLimits = {
  /** A sealed WebRTC offer is 4 to 12 KB; 64 KiB leaves room for many candidates. A larger frame is refused by name. */
  maxFrameBytes: 64 * 1024,
  /** Above this the WebSocket layer stops reading and closes (1009): nothing larger is ever held in memory, or passed on. */
  hardFrameBytes: 128 * 1024,
  /** Browsers send a message in one piece. Thousands of tiny pieces would cost far more memory than the bytes in them. */
  maxFragments: 64,
  /** Reads that one unfinished frame may take: 128 KiB in packets of 64 bytes. Slower senders hold memory on purpose. */
  maxPendingReads: 2_048,
  /** A client subscribes to two topics per network it takes part in, and one for each of a few earlier epochs; 64 is a very busy device. */
  maxTopicsPerConnection: 64,
  /** A derived topic is 64 hex digits, and 33 characters more where it is one start's; stock y-webrtc uses room names that people type. */
  maxTopicNameBytes: 256,
  /** Bounds the topic table at about 8 MiB of names, however many clients conspire. */
  maxTopics: 32_768,
  /** The largest network we introduce on one topic; it also bounds what one publish is multiplied by. */
  maxSubscribersPerTopic: 1_024,
  /** About 30 KB each with its socket: 4,096 fit a 256 MiB machine. */
  maxConnections: 4_096,
  /** A whole site may stand behind one address (NAT), and a test runs forty replicas on one machine. */
  maxConnectionsPerAddress: 256,
  /** All sockets, plain HTTP included. Beyond it the listener drops without answering: the last line of defence. */
  maxSockets: 8_192,
  /** Sockets of one address, plain HTTP included: its WebSockets and four times as many page loads at once. */
  maxSocketsPerAddress: 1_280,
  /** A page with several tabs and a proxy in front reconnecting everybody after a restart still fits. */
  connectBurstPerAddress: 512,
  /** Connections per second that one address earns back: reconnect loops with backoff stay below. */
  connectsPerSecondPerAddress: 8,
  /** Joining a mesh of 14 links with trickled candidates is about 200 frames at once; twice that is patience. */
  messageBurst: 512,
  /** Frames per second that one connection earns back; a settled client sends one ping in 15 s. */
  messagesPerSecond: 64,
  /** Bytes × subscribers that one address may cause at once: forty replicas meshing on one machine cause 112 MB. */
  fanOutBurstBytesPerAddress: 256 * 1024 * 1024,
  /** Bytes × subscribers per second that one address earns back: what one cheap uplink carries anyway. */
  fanOutBytesPerSecondPerAddress: 16 * 1024 * 1024,
  /** Refused messages a connection may have to its name before it is closed: an honest bug shows, a flood ends. */
  strikeBurst: 16,
  /** A refused message is forgiven after this long, so that a long-lived client is not closed for old mistakes. */
  strikeForgivenessMs: 10_000,
  /** Bytes waiting for a subscriber that does not read. Beyond it the subscriber is dropped: it can reconnect. */
  maxBufferedBytes: 1024 * 1024,
  /**
   * Bytes waiting for all subscribers together. Beyond it, whoever has more waiting than an even share (this divided by
   * `maxConnections`, 32 KiB) is dropped at the next frame: the slow ones pay, the others do not notice.
   */
  maxBufferedTotalBytes: 128 * 1024 * 1024,
  /** Below the 60 s after which common proxies and NATs forget a silent connection. Dead ones go after two beats. */
  heartbeatMs: 30_000,
  /** How long a client that was told to leave may take to acknowledge before its socket is destroyed. */
  closeGraceMs: 2_000,
  /** Clients in that state at once; beyond it they are destroyed at once, unacknowledged. Not counted when the server stops. */
  maxClosing: 256,
  /** How long downloads under way may go on when the server stops. */
  drainMs: 3_000,
  /** From SIGTERM to the end of the process at the latest; container runtimes kill after 10 s. */
  stopDeadlineMs: 8_000,
  /** Request headers: no cookie is ever set, so a large head is not one of ours. */
  maxHeaderBytes: 16 * 1024,
  /** A head (or a TLS handshake) that takes longer is somebody holding sockets open on purpose. */
  headersTimeoutMs: 10_000,
  /** A whole request: we read no bodies. */
  requestTimeoutMs: 15_000,
  /** Long enough for a page to fetch its chunks over one connection. */
  keepAliveMs: 5_000,
  /** An HTTP socket on which nothing moves, such as a download that is not read. WebSockets have the heartbeat. */
  idleTimeoutMs: 60_000,
  /** A request path; the longest of ours is an invitation's, whose secret stands in the fragment and never arrives. */
  maxPathBytes: 2_048,
  /** Compressed copies of the app's files kept in memory; the whole app is a few MiB. */
  maxCompressedCacheBytes: 32 * 1024 * 1024,
  /** A larger file is sent as it is: compressing it would hold up everybody. */
  maxCompressedFileBytes: 8 * 1024 * 1024,
  /** `GET /metrics` is computed at most this often: a scrape is cheap, a flood of them is not. */
  metricsCacheMs: 1_000,
  /** Log lines at once; what strangers do must not fill a disk. Errors are always written. */
  logBurst: 200,
  /** Log lines per second earned back; how many were left out is said in the next line. */
  logLinesPerSecond: 20,
  /** An attempt to reach Redis, its greeting included. */
  redisConnectMs: 5_000,
  /** First pause before Redis is tried again; it doubles, with jitter, so that many instances do not come back at once. */
  redisRetryFirstMs: 250,
  /** Longest pause before Redis is tried again. */
  redisRetryMaxMs: 15_000,
  /** Each instance tells the others that it lives, and hears its own message back: the round trip is the test of Redis. */
  redisBeatMs: 5_000,
  /** After three beats unheard an instance, or Redis itself, counts as gone. */
  redisDeadMs: 16_000,
  /** Changes of a topic's subscribers are told to the other instances together after this long. */
  redisPresenceDelayMs: 50,
  /** Bytes on their way to Redis. Beyond it frames reach this instance's clients only, and are counted as lost. */
  maxRedisPendingBytes: 16 * 1024 * 1024,
  /** Topics named in one command: a long list does not hold up the frames behind it. */
  redisBatch: 512,
  /** Instances under one name whose subscribers are counted: more than any community runs. */
  maxInstances: 64,
} as const;

export type Limits = { readonly [Name in keyof typeof defaultLimits]: number };

/** The defaults with some replaced; a value that is not a positive finite number is a bug of the caller. */
export function withDefaults(changed: Partial<Limits> = {}): Limits {
  const limits = { ...defaultLimits, ...changed };
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isFinite(value) || value <= 0)
      throw new RangeError(`limit ${name} must be a positive number`);
  }
  return limits;
}
