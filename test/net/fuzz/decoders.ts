/** Every decoder that bytes from outside reach, each with valid inputs to begin with and what must hold whatever comes. */
import type { InstanceId, LogId, MemberIndex, NetworkId, VoteKey } from '../../../src/codec/brand.ts';
import {
  asDigest,
  asEpochDigest,
  asMemberId,
  asRound,
  asVersion,
  equalBytes,
  fromHex,
} from '../../../src/codec/brand.ts';
import { decode, encode, type CborValue } from '../../../src/codec/cbor.ts';
import { decodeDevice, encodeDevice, type DeviceKey } from '../../../src/codec/device.ts';
import {
  decodeBundle,
  decodeKnock,
  encodeBundle,
  encodeKnock,
  PLAIN_KNOCK,
  type Knock,
} from '../../../src/codec/door.ts';
import { CHANGE_KEY, OPENING_KEY, type Change, type EpochLink } from '../../../src/codec/epochs.ts';
import { decodeGenesis, encodeGenesis, type MemberEntry } from '../../../src/codec/genesis.ts';
import { formatInvitation, parseInvitation } from '../../../src/codec/invitation.ts';
import { decodeMessage, encodeMessage, type PeerMessage } from '../../../src/codec/messages.ts';
import { decodeValue } from '../../../src/codec/value.ts';
import type { Certificate } from '../../../src/codec/vote.ts';
import { valueBytes } from '../../../src/crypto/domains.ts';
import { MAX_MESSAGE_BYTES } from '../../../src/net/limits.ts';
import type { ChannelHandlers } from '../../../src/net/mesh/channel.ts';
import { countCandidates, noFacts } from '../../../src/net/mesh/diagnosis.ts';
import {
  byeFrame,
  createReassembly,
  hintsFrame,
  parseFrame,
  partFrame,
  pingFrame,
  proofFrame,
  readyFrame,
  relayFrame,
  type Reassembly,
} from '../../../src/net/mesh/frames.ts';
import { createFraming, type Framing } from '../../../src/net/mesh/framing.ts';
import { createHandshake } from '../../../src/net/mesh/handshake.ts';
import { encodeHello, parseHello } from '../../../src/net/mesh/hello.ts';
import {
  encodeMessage as encodeMeshMessage,
  parseMessage,
  parseSignalData,
} from '../../../src/net/mesh/messages.ts';
import { createSignaling } from '../../../src/net/mesh/signaling.ts';
import type { SocketLike } from '../../../src/net/mesh/options.ts';
import { fingerprintOf } from '../../../src/net/page/fingerprint.ts';

export interface Decoder {
  readonly name: string;
  readonly seeds: readonly Uint8Array[];
  /** Names of map fields that it reads. */
  readonly fields: readonly string[];
  /** Bytes before the CBOR of an input. */
  readonly prefix: number;
  /** True when it was taken. Throws on what must not happen. */
  take(bytes: Uint8Array): boolean;
}

const utf8 = new TextEncoder();
const text = new TextDecoder();
const NETWORK = 'ab'.repeat(32) as NetworkId;
const KEY = 'cd'.repeat(32) as VoteKey;
const LOG = '01'.repeat(16) as LogId;
const INSTANCE = '02'.repeat(16) as InstanceId;
const member = (i: number): MemberIndex => i as MemberIndex;
/** Timers that never run: nothing here waits. */
const clock = { now: () => 0, setTimeout: () => 0, clearTimeout: () => undefined };

/** Of a member that has reported about the end of its epoch: a field more than other answers. */
const RESUME_ANSWER: PeerMessage = {
  type: 'resume-answer',
  epoch: asEpochDigest('ef'.repeat(32)),
  asker: member(1),
  nonce: '03'.repeat(16),
  answerer: member(2),
  complete: true,
  twin: null,
  votes: [],
  certificates: [],
  reports: [new Uint8Array(40).fill(4)],
  signature: new Uint8Array(64),
};

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

/** Of the end that is fuzzed; KEY is the other's. */
const OWN_KEY = '0e'.repeat(32) as VoteKey;
const hello = (fields: { [field: string]: CborValue } = {}): Uint8Array =>
  encode({
    v: 1,
    network: fromHex(NETWORK),
    role: 'member',
    member: 1,
    key: fromHex(KEY),
    log: fromHex(LOG),
    instance: fromHex(INSTANCE),
    challenge: new Uint8Array(32).fill(7),
    ...fields,
  });
const DEVICE = encodeDevice({
  network: NETWORK,
  member: member(1),
  device: '0d'.repeat(32) as DeviceKey,
  name: 'dock 2',
  notBefore: 1,
  signature: new Uint8Array(64),
});
const framed = (kind: number, body: Uint8Array): Uint8Array => Uint8Array.from([kind, ...body]);

const FRAMES: readonly Uint8Array[] = [
  framed(0x01, hello()),
  proofFrame(new Uint8Array(64)),
  readyFrame(),
  byeFrame('rate-limit'),
  byeFrame('duplicate-link', INSTANCE),
  pingFrame(1),
  relayFrame(2, new Uint8Array([1, 2, 3])),
  hintsFrame(['wss://signal.test/']),
  partFrame('vote', new Uint8Array(5), 0).frame,
  partFrame('bulk', new Uint8Array(), 0).frame,
  Uint8Array.from([0x10, 1, 0, 1, 0, 0]),
  Uint8Array.from([0x10, 2, 9, 9]),
];

/** A member that is written to before anybody is believed: hello, proof and ready in any order. */
function handshakes(): (bytes: Uint8Array) => boolean {
  let handshake: ReturnType<typeof createHandshake> | null = null;
  let taken = 0;
  /** Said later, by a promise. */
  let violation: string | null = null;
  return (bytes) => {
    if (violation !== null) throw new Error(violation);
    const frame = parseFrame(bytes);
    if (typeof frame === 'string') return false;
    if (frame.kind !== 'hello' && frame.kind !== 'proof' && frame.kind !== 'ready') return false;
    let fault: string | null = null;
    handshake ??= createHandshake(
      {
        mesh: {
          network: NETWORK,
          self: { member: member(0), voteKey: OWN_KEY, logId: LOG, instance: INSTANCE },
          members: [{ voteKey: OWN_KEY }, { voteKey: KEY }],
          signer: { signEd25519: () => Promise.resolve(new Uint8Array(64)) },
          ed25519: { verify: () => Promise.resolve(false) },
          random: (length) => new Uint8Array(length),
        },
        initiator: false,
        expected: member(1),
        localFingerprint: 'aa',
        remoteFingerprint: 'bb',
      },
      {
        send: () => undefined,
        onIdentity: () => (violation = 'an identity without a signature'),
        onDone: () => (violation = 'a link without a signature'),
        onFault: (reason) => (fault = reason),
      },
    );
    handshake.receive(frame);
    taken += 1;
    const kept = fault === null;
    if (!kept || taken > 3) {
      handshake.stop();
      handshake = null;
      taken = 0;
    }
    return kept;
  };
}

/** A link with all its lanes: parts, pings, relays, hints and good-byes. */
function links(): (bytes: Uint8Array) => boolean {
  let handlers: ChannelHandlers | null = null;
  let framing: Framing | null = null;
  let ended = false;
  let received = 0;
  return (bytes) => {
    if (framing === null || ended || received > 512) {
      ended = false;
      received = 0;
      framing = createFraming(
        {
          path: 'worker-channel',
          bufferedAmount: 0,
          send: () => true,
          close: () => undefined,
          attach: (given) => (handlers = given),
        },
        clock,
        {
          onOpen: () => undefined,
          onHandshakeFrame: () => undefined,
          onMessage: (message) => must(message.length <= MAX_MESSAGE_BYTES, 'a message above its limit'),
          onRelay: () => undefined,
          onHints: (urls) => must(urls.length <= 8 && urls.every((url) => /^wss?:/.test(url)), 'hints'),
          onRtt: () => undefined,
          onEnd: () => (ended = true),
        },
      );
      framing.establish();
    }
    received += 1;
    handlers?.onFrame(bytes);
    return !ended;
  };
}

function reassembly(): (bytes: Uint8Array) => boolean {
  let parts: Reassembly = createReassembly();
  let given = 0;
  return (bytes) => {
    const frame = parseFrame(bytes);
    if (typeof frame === 'string') return false;
    if (frame.kind !== 'part') return true;
    given += frame.content.length;
    const message = parts.take(frame);
    if (message instanceof Uint8Array) must(message.length <= given, 'more bytes came out than went in');
    if (message !== null) {
      parts = createReassembly();
      given = 0;
    }
    return typeof message !== 'string';
  };
}

/** Text from a signaling server. */
function signalingFrames(): (bytes: Uint8Array) => boolean {
  let sealed = 0;
  const socket: SocketLike = {
    send: () => undefined,
    close: () => undefined,
    onopen: null,
    onmessage: null,
    onclose: null,
    onerror: null,
  };
  const open = (): void => {
    let now = 0;
    const signaling = createSignaling({
      topic: 'topic',
      // Each look at the clock is a second later, so that the rate is never the reason.
      clock: { ...clock, now: () => (now += 1_000) },
      random: (length) => new Uint8Array(length),
      createSocket: () => socket,
      onSealed: () => (sealed += 1),
      onOpen: () => undefined,
      onStatus: () => undefined,
    });
    signaling.setUrls(['ws://one.test']);
    signaling.setDown(false);
    socket.onopen?.();
  };
  open();
  return (bytes) => {
    const before = sealed;
    socket.onmessage?.({ data: text.decode(bytes) });
    return sealed > before;
  };
}

const GENESIS: { readonly [field: string]: CborValue } = {
  format: 'countersign-genesis-1',
  name: 'North',
  rulesVersion: 1,
  draftNonce: '0'.repeat(32),
  demo: false,
  members: [1, 2].map((i) => ({
    id: `m-${i}`,
    name: `Member ${i}`,
    organisation: `Organisation ${i}`,
    role: 'warehouse',
    gln: '4012345000009',
    voteKey: i.toString(16).padStart(64, '0'),
    certificateKey: i.toString(16).padStart(192, '0'),
    logId: i.toString(16).padStart(32, '0'),
    proofOfPossession: 'a'.repeat(96),
  })),
  directory: { supplierKeys: [], couriers: [{ id: 'c-1', name: 'Courier', gln: '4012345000009' }] },
};

const ENTRY = (GENESIS.members as readonly CborValue[])[0] as unknown as MemberEntry;
const CHANGE: Change = {
  format: 'countersign-change-1',
  epoch: 1,
  members: [ENTRY],
  rulesVersion: 1,
  joinSecret: 'c'.repeat(64),
  reason: 'Echo joins',
};
const SIGNED = { author: member(1), signature: new Uint8Array(64), share: new Uint8Array(48) };
const KNOCK: Knock = {
  entry: ENTRY,
  replaces: asMemberId('m-1'),
  joins: [
    { kind: 'join', epoch: asEpochDigest('e'.repeat(64)), change: asDigest('d'.repeat(64)), ...SIGNED },
  ],
};
const certificate = (key: Certificate['key']): Certificate => ({
  epoch: asEpochDigest('e'.repeat(64)),
  key,
  version: asVersion(1),
  round: asRound(0),
  digest: asDigest('9'.repeat(64)),
  groups: [{ form: 'votes', votes: [SIGNED] }],
});
const LINK: EpochLink = {
  change: new Uint8Array([1, 2]),
  changeCertificate: certificate(CHANGE_KEY),
  opening: new Uint8Array([3]),
  openingCertificate: certificate(OPENING_KEY),
};

const BREAK: EpochLink = { genesis: new Uint8Array([5, 6]), signatures: [new Uint8Array(64).fill(7)] };

const FINGERPRINT = Array.from({ length: 32 }, (_, i) => i.toString(16).padStart(2, '0')).join(':');

const SIGNAL = {
  id: '03'.repeat(8),
  from: member(0),
  instance: INSTANCE,
  to: INSTANCE,
  peer: '04'.repeat(16),
};

/** A fresh set: some keep state between inputs, as a link does. */
export function createDecoders(): readonly Decoder[] {
  return [
    {
      name: 'frames and reassembly',
      seeds: FRAMES,
      fields: ['reason', 'twin'],
      prefix: 1,
      take: reassembly(),
    },
    { name: 'link', seeds: FRAMES, fields: ['reason', 'twin'], prefix: 1, take: links() },
    {
      name: 'handshake',
      seeds: [
        framed(0x01, hello()),
        framed(0x01, hello({ role: 'applicant' })),
        framed(0x01, hello({ role: 'device', log: new Uint8Array(16), certificate: DEVICE })),
        FRAMES[1]!,
        FRAMES[2]!,
      ],
      fields: ['v', 'network', 'role', 'member', 'key', 'log', 'instance', 'challenge', 'certificate'],
      prefix: 1,
      take: handshakes(),
    },
    {
      name: 'hello',
      seeds: [
        hello({ role: 'applicant' }),
        hello(),
        hello({ role: 'device', log: new Uint8Array(16), certificate: DEVICE }),
      ],
      fields: ['v', 'network', 'role', 'member', 'key', 'log', 'instance', 'challenge', 'certificate'],
      prefix: 0,
      take(bytes) {
        const parsed = parseHello(bytes, NETWORK);
        if (typeof parsed === 'string') return false;
        const again = parseHello(encodeHello(NETWORK, parsed), NETWORK);
        must(JSON.stringify(again) === JSON.stringify(parsed), 'a hello changes when it is told again');
        return true;
      },
    },
    {
      name: 'device certificate',
      seeds: [DEVICE],
      fields: [],
      prefix: 0,
      take(bytes) {
        const decoded = decodeDevice(bytes);
        if (!decoded.ok) return false;
        must(equalBytes(encodeDevice(decoded.value), bytes), 'a certificate has two forms');
        return true;
      },
    },
    {
      name: 'signaling message',
      seeds: [
        encodeMeshMessage({
          type: 'announce',
          id: SIGNAL.id,
          from: member(2),
          instance: INSTANCE,
          want: [member(1)],
        }),
        encodeMeshMessage({
          type: 'announce',
          id: SIGNAL.id,
          from: member(2),
          device: '0d'.repeat(32) as DeviceKey,
          instance: INSTANCE,
          want: [member(1)],
        }),
        encodeMeshMessage({ type: 'apply', id: SIGNAL.id, instance: INSTANCE, asked: 1 }),
        encodeMeshMessage({
          type: 'welcome',
          id: SIGNAL.id,
          from: member(1),
          instance: INSTANCE,
          to: INSTANCE,
        }),
        encodeMeshMessage({
          type: 'signal',
          ...SIGNAL,
          data: { type: 'offer', sdp: 'v=0\r\na=fingerprint:sha-256 00' },
        }),
        encodeMeshMessage({
          type: 'signal',
          ...SIGNAL,
          data: { type: 'candidate', candidate: { candidate: 'candidate:1', sdpMid: '0', sdpMLineIndex: 0 } },
        }),
      ],
      fields: [
        'device',
        't',
        'id',
        'from',
        'instance',
        'to',
        'want',
        'peer',
        'data',
        'asked',
        'type',
        'sdp',
        'candidate',
        'mid',
        'line',
      ],
      prefix: 0,
      take(bytes) {
        const message = parseMessage(bytes, 7);
        if (message === null) return false;
        must(
          'from' in message === false || message.from === null || message.from < 7,
          'a member that does not exist',
        );
        must(
          parseMessage(encodeMeshMessage(message), 7) !== null,
          'what was taken is refused when it is written again',
        );
        return true;
      },
    },
    {
      name: 'signal from the page',
      seeds: [
        encode({ type: 'offer', sdp: 'v=0' }),
        encode({ type: 'candidate', candidate: { candidate: 'c', sdpMid: '0', sdpMLineIndex: 0 } }),
      ],
      fields: ['type', 'sdp', 'candidate', 'sdpMid', 'sdpMLineIndex'],
      prefix: 0,
      take(bytes) {
        const value = decode(bytes, bytes.length);
        const data = parseSignalData(value.ok ? value.value : bytes);
        if (data === null) return false;
        countCandidates(noFacts().local, data);
        if (data.type !== 'candidate') fingerprintOf(data.sdp);
        return true;
      },
    },
    {
      name: 'frame of a signaling server',
      seeds: [
        '{"type":"publish","topic":"topic","data":"AAEC"}',
        // As servers pass it on, with the number of receivers.
        '{"type":"publish","topic":"topic","data":"AAECAwQFBgcICQ==","clients":3}',
        '{"type":"pong"}',
        '{"type":"publish","topic":["topic"],"data":{}}',
        '[[[[]]]]',
        '"publish"',
      ].map((one) => utf8.encode(one)),
      fields: [],
      prefix: 0,
      take: signalingFrames(),
    },
    {
      name: 'session description',
      seeds: [
        utf8.encode(
          `v=0\r\na=fingerprint:sha-256 ${FINGERPRINT}\r\na=candidate:1 1 udp 1 1.2.3.4 5 typ host\r\n`,
        ),
      ],
      fields: [],
      prefix: 0,
      take(bytes) {
        const sdp = text.decode(bytes);
        countCandidates(noFacts().local, { type: 'offer', sdp });
        const print = fingerprintOf(sdp);
        must(print === null || /^[0-9a-f]{64}$/.test(print), 'a fingerprint that is none');
        return print !== null;
      },
    },
    {
      name: 'message of a replica',
      // One of each number with plausible fields; what is taken joins them.
      seeds: [
        ...Array.from({ length: 32 }, (_, kind) =>
          encode([kind, new Uint8Array(32), [new Uint8Array(32)], []]),
        ),
        ...Array.from({ length: 32 }, (_, kind) => encode([kind, 'package/095200000000000017', 1])),
        ...Array.from({ length: 32 }, (_, kind) => encode([kind, [new Uint8Array(32)]])),
        ...Array.from({ length: 32 }, (_, kind) => encode([kind, 1])),
        encodeMessage(RESUME_ANSWER),
      ],
      fields: [],
      prefix: 0,
      take(bytes) {
        const message = decodeMessage(bytes);
        if (!message.ok) return false;
        must(
          decodeMessage(encodeMessage(message.value)).ok,
          'what was taken is refused when it is written again',
        );
        return true;
      },
    },
    {
      name: 'genesis',
      seeds: [encode(GENESIS)],
      fields: Object.keys(GENESIS),
      prefix: 0,
      take(bytes) {
        const genesis = decodeGenesis(bytes);
        if (genesis.ok)
          must(equalBytes(encodeGenesis(genesis.value), bytes), 'a genesis with two forms has two ids');
        return genesis.ok;
      },
    },
    {
      name: 'knock',
      seeds: [encodeKnock(PLAIN_KNOCK), encodeKnock({ ...PLAIN_KNOCK, entry: ENTRY }), encodeKnock(KNOCK)],
      fields: [],
      prefix: 0,
      take(bytes) {
        const knock = decodeKnock(bytes);
        if (knock.ok) must(equalBytes(encodeKnock(knock.value), bytes), 'a knock has two forms');
        return knock.ok;
      },
    },
    {
      name: 'bundle',
      seeds: [
        encodeBundle({ genesis: encode(GENESIS), links: [], secret: null, drafts: [] }),
        encodeBundle({
          genesis: encode(GENESIS),
          links: [LINK, BREAK, LINK],
          secret: { epoch: 2, secret: new Uint8Array(32) },
          drafts: [{ change: CHANGE, approvals: 2 }],
        }),
      ],
      fields: [],
      prefix: 0,
      take(bytes) {
        const bundle = decodeBundle(bytes);
        if (bundle.ok)
          must(equalBytes(encodeBundle(bundle.value), bytes), 'what a member answers has two forms');
        return bundle.ok;
      },
    },
    {
      name: 'value',
      seeds: [valueBytes(null, new Uint8Array([1])), valueBytes(null, null)],
      fields: ['previous', 'body', 'tombstone'],
      prefix: 0,
      take(bytes) {
        const value = decodeValue(bytes);
        if (value !== null)
          must(
            equalBytes(valueBytes(value.previous, value.body), bytes),
            'a value with two forms has two digests',
          );
        return value !== null;
      },
    },
    {
      name: 'invitation',
      seeds: [
        utf8.encode(
          formatInvitation({
            network: NETWORK,
            joinSecret: 'ef'.repeat(32),
            name: 'x',
            signaling: ['wss://x.test/'],
          }),
        ),
        utf8.encode(
          formatInvitation({
            network: NETWORK,
            joinSecret: 'ef'.repeat(32),
            name: 'x',
            signaling: [],
            epoch: { number: 2, digest: asEpochDigest('cd'.repeat(32)) },
          }),
        ),
      ],
      fields: [],
      prefix: 0,
      take: (bytes) => parseInvitation(text.decode(bytes)).ok,
    },
    {
      name: 'canonical CBOR',
      seeds: [encode([1, 'x', null, { a: new Uint8Array(3) }])],
      fields: [],
      prefix: 0,
      take(bytes) {
        const value = decode(bytes, 65_536);
        if (value.ok) must(equalBytes(encode(value.value), bytes), 'one value with two encodings');
        return value.ok;
      },
    },
  ];
}
