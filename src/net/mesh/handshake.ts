/**
 * How a new channel becomes a link: each end proves that it holds a member's or a device's key, on this very connection, now.
 *
 * | Step | From | Frame | Holds |
 * |---|---|---|---|
 * | 1 | initiator | hello | who it claims to be, and 32 fresh bytes (challenge) |
 * | 2 | responder | hello, proof | the same; its signature over the initiator's challenge |
 * | 3 | initiator | proof, ready | its signature over the responder's challenge; ready: I accept you |
 * | 4 | responder | ready | I accept you; the link counts on both ends |
 *
 * The responder says nothing about itself before it has seen a hello of a member or device of this network: a stranger gets a `bye`.
 *
 * hello is canonical CBOR, a map: `v` 1; `network` 32 bytes; `role` `member`; `member` index; `key` 32 bytes, the vote key;
 * `log` 16 bytes; `instance` 16 bytes, random per start; `challenge` 32 bytes. A device says `role` `device`, the index of its member, its
 * own `key`, zeros as `log`, and in `certificate` what its member signed for it (src/codec/device.ts). Devices talk to members, and to
 * devices of the same member.
 * proof is the Ed25519 signature over `handshakeBytes` (src/crypto/domains.ts) with the other end's challenge and both DTLS fingerprints
 * as the signer sees them, initiator's first. Somebody who sits between two connections shows each a fingerprint of its own, so the
 * signatures fail (`bad-signature`). The signed side keeps a proof from being sent back to its author.
 *
 * An applicant, who holds an invitation and asks for the genesis, has no key that the network knows and gets nothing else, so it proves
 * nothing: as initiator it says hello with `v`, `network` and `role` `applicant`, and the genesis follows as one bulk message
 * (applicants.ts, applicant.ts). What it gets is checked against the invitation's network id, so the member proves nothing either.
 *
 * | Refusal | When |
 * |---|---|
 * | `malformed-message` | a frame out of turn, or one that is not as above |
 * | `wrong-network` | another network id |
 * | `handshake-failed` | unknown version or role; a member index that does not exist, is our own, or has another key; not the member dialled |
 * | `device-certificate` | a device's certificate is not of this network and member, is forged, or not in force yet |
 * | `device-revoked` | the directory has revoked the device |
 * | `bad-signature` | the proof does not verify, or a fingerprint differs |
 * | `duplicate-link` | another start of the same log is alive (`twin` names it) |
 * | `equivocation` | the epoch excludes this member |
 * | `timeout` | not done after HANDSHAKE_TIMEOUT_MS |
 */
import {
  equalBytes,
  fromHex,
  toHex,
  type InstanceId,
  type LogId,
  type MemberIndex,
  type NetworkId,
  type VoteKey,
} from '../../codec/brand.ts';
import { decode, encode, type CborValue } from '../../codec/cbor.ts';
import {
  decodeDevice,
  encodeDevice,
  NO_LOG,
  type DeviceCertificate,
  type DeviceKey,
} from '../../codec/device.ts';
import { MAX_DEVICE_CERTIFICATE_BYTES } from '../../codec/limits.ts';
import { deviceProblem } from '../../crypto/device.ts';
import { handshakeBytes } from '../../crypto/domains.ts';
import { MAX_HANDSHAKE_FRAME_BYTES } from '../limits.ts';
import type { CloseReason } from '../types.ts';
import { helloFrame, proofFrame, readyFrame, type Frame } from './frames.ts';
import type { MeshOptions } from './options.ts';

export interface Identity {
  readonly member: MemberIndex;
  readonly logId: LogId;
  readonly instance: InstanceId;
  /** Of a device: `member` certified it. */
  readonly device?: DeviceCertificate;
}

export interface HandshakeInput {
  readonly mesh: Pick<MeshOptions, 'network' | 'self' | 'members' | 'signer' | 'ed25519' | 'random'> &
    Partial<Pick<MeshOptions, 'clock' | 'deviceRevoked'>>;
  readonly initiator: boolean;
  /** Whom the signaling introduced; another member than this is refused. */
  readonly expected: MemberIndex;
  /** Which of its devices; absent or null: the member itself. */
  readonly expectedDevice?: DeviceKey | null;
  /** From the page: what its own connection offered, and what the other end was seen to use. */
  readonly localFingerprint: string;
  readonly remoteFingerprint: string;
}

export interface HandshakeHandlers {
  send(frame: Uint8Array<ArrayBuffer>): void;
  /** The other end is who it says. Call `accept` of the handshake to go on, or end the connection. */
  onIdentity(identity: Identity): void;
  /** Both ends have accepted. */
  onDone(identity: Identity): void;
  onFault(reason: CloseReason): void;
}

export interface Handshake {
  start(): void;
  receive(frame: Extract<Frame, { kind: 'hello' | 'proof' | 'ready' }>): void;
  accept(): void;
  /** Nothing is called after this; a signature under way is dropped. */
  stop(): void;
}

export function createHandshake(input: HandshakeInput, handlers: HandshakeHandlers): Handshake {
  const { mesh, initiator } = input;
  const challenge = mesh.random(32).slice();
  let hello: Hello | null = null;
  /** Ends when a device's certificate has been looked at. */
  let checked: Promise<unknown> = Promise.resolve();
  let expecting: 'hello' | 'proof' | 'ready' | 'nothing' = 'hello';
  let accepted = false;
  let theirReady = false;
  let stopped = false;

  function fault(reason: CloseReason): void {
    if (stopped) return;
    stopped = true;
    handlers.onFault(reason);
  }

  function signedBytes(side: 'initiator' | 'responder', who: Hello, answered: Uint8Array): Uint8Array {
    const { localFingerprint, remoteFingerprint } = input;
    return handshakeBytes({
      network: mesh.network,
      role: who.role,
      side,
      publicKey: who.voteKey,
      logId: who.logId,
      instance: who.instance,
      challenge: answered,
      initiatorFingerprint: initiator ? localFingerprint : remoteFingerprint,
      responderFingerprint: initiator ? remoteFingerprint : localFingerprint,
    });
  }

  function sendHello(): void {
    handlers.send(helloFrame(encodeHello(mesh, challenge)));
  }

  async function sendProof(theirs: Hello): Promise<boolean> {
    const { member, voteKey, logId, instance, device } = mesh.self;
    const role = device === undefined ? 'member' : 'device';
    const own: Hello = { role, member, voteKey, logId, instance, challenge };
    const side = initiator ? 'initiator' : 'responder';
    const signature = await mesh.signer.signEd25519(signedBytes(side, own, theirs.challenge));
    if (stopped) return false;
    handlers.send(proofFrame(signature));
    return true;
  }

  function onHello(payload: Uint8Array): void {
    const parsed = parseHello(payload, mesh.network);
    if (typeof parsed === 'string') return fault(parsed);
    if (!isExpected(parsed)) return fault('handshake-failed');
    // Our own bytes sent back to us prove nothing.
    if (equalBytes(parsed.challenge, challenge)) return fault('handshake-failed');
    hello = parsed;
    expecting = 'proof';
    if (parsed.device === undefined) return greet(parsed);
    checked = certificateFault(parsed.device).then((wrong) => {
      if (stopped) return;
      if (wrong === null) greet(parsed);
      else fault(wrong);
    });
  }

  function greet(theirs: Hello): void {
    if (initiator) return;
    sendHello();
    void sendProof(theirs);
  }

  /** Who it says it is may be linked here, and was introduced. */
  function isExpected({ member, voteKey, device }: Hello): boolean {
    const { self } = mesh;
    if (member !== input.expected || (device?.device ?? null) !== (input.expectedDevice ?? null))
      return false;
    if (device === undefined)
      return (
        mesh.members[member]?.voteKey === voteKey && (member !== self.member || self.device !== undefined)
      );
    if (device.member !== member || (device.device as string) !== voteKey || voteKey === self.voteKey)
      return false;
    return self.device === undefined || self.member === member;
  }

  async function certificateFault(device: DeviceCertificate): Promise<CloseReason | null> {
    const { network, members, ed25519, clock } = mesh;
    if ((await deviceProblem(device, { network, members, ed25519, now: clock?.wall?.() })) !== null)
      return 'device-certificate';
    return mesh.deviceRevoked?.(device.member, device.device) === true ? 'device-revoked' : null;
  }

  async function onProof(theirs: Hello, signature: Uint8Array): Promise<void> {
    // A certificate that does not stand has stopped this handshake by then.
    await checked;
    if (stopped) return;
    const side = initiator ? 'responder' : 'initiator';
    const valid = await mesh.ed25519.verify(theirs.voteKey, signedBytes(side, theirs, challenge), signature);
    if (stopped) return;
    if (!valid) return fault('bad-signature');
    if (initiator && !(await sendProof(theirs))) return;
    handlers.onIdentity(theirs);
  }

  function finishIfDone(): void {
    if (stopped || !accepted || !theirReady || hello === null) return;
    stopped = true;
    const { member, logId, instance, device } = hello;
    handlers.onDone({ member, logId, instance, ...(device && { device }) });
  }

  return {
    start() {
      if (initiator) sendHello();
    },
    receive({ kind, payload }) {
      if (stopped) return;
      if (kind !== expecting) return fault('malformed-message');
      if (kind === 'hello') {
        onHello(payload);
      } else if (kind === 'proof' && hello !== null) {
        expecting = 'ready';
        void onProof(hello, payload.slice());
      } else {
        expecting = 'nothing';
        theirReady = true;
        finishIfDone();
      }
    },
    accept() {
      if (stopped || accepted) return;
      accepted = true;
      handlers.send(readyFrame());
      finishIfDone();
    },
    stop() {
      stopped = true;
    },
  };
}

/** An applicant's whole handshake. */
export function encodeApplicantHello(network: NetworkId): Uint8Array {
  return encode({ v: VERSION, network: fromHex(network), role: 'applicant' });
}

/** Null when it is an applicant's hello to this network; else why not. */
export function applicantHelloFault(payload: Uint8Array, network: NetworkId): CloseReason | null {
  const fields = parseFields(payload);
  const named = bytesOf(fields?.network, 32);
  if (fields === null || named === null) return 'malformed-message';
  if (toHex(named) !== network) return 'wrong-network';
  return fields.v === VERSION && fields.role === 'applicant' ? null : 'handshake-failed';
}

const VERSION = 1;

interface Hello extends Identity {
  readonly role: 'member' | 'device';
  /** The vote key, or the device's key. */
  readonly voteKey: VoteKey;
  readonly challenge: Uint8Array;
}

function encodeHello(mesh: HandshakeInput['mesh'], challenge: Uint8Array): Uint8Array {
  const { self } = mesh;
  return encode({
    v: VERSION,
    network: fromHex(mesh.network),
    role: self.device === undefined ? 'member' : 'device',
    ...(self.device && { certificate: encodeDevice(self.device) }),
    member: self.member,
    key: fromHex(self.voteKey),
    log: fromHex(self.logId),
    instance: fromHex(self.instance),
    challenge,
  });
}

function parseHello(payload: Uint8Array, network: string): Hello | CloseReason {
  const fields = parseFields(payload);
  if (fields === null) return 'malformed-message';
  if (fields.v !== VERSION) return 'handshake-failed';
  const networkBytes = bytesOf(fields.network, 32);
  const key = bytesOf(fields.key, 32);
  const log = bytesOf(fields.log, 16);
  const instance = bytesOf(fields.instance, 16);
  const challenge = bytesOf(fields.challenge, 32);
  const { member } = fields;
  if (!networkBytes || !key || !log || !instance || !challenge) return 'malformed-message';
  if (typeof member !== 'number' || !Number.isSafeInteger(member) || member < 0) return 'malformed-message';
  if (toHex(networkBytes) !== network) return 'wrong-network';
  if (fields.role !== 'member' && fields.role !== 'device') return 'handshake-failed';
  const device = fields.role === 'device' ? deviceOf(fields.certificate) : undefined;
  if (device === null || (device !== undefined && toHex(log) !== NO_LOG)) return 'malformed-message';
  return {
    role: fields.role,
    ...(device && { device }),
    member: member as MemberIndex,
    voteKey: toHex(key) as VoteKey,
    logId: toHex(log) as LogId,
    instance: toHex(instance) as InstanceId,
    challenge: challenge.slice(),
  };
}

function deviceOf(value: CborValue | undefined): DeviceCertificate | null {
  if (!(value instanceof Uint8Array) || value.length > MAX_DEVICE_CERTIFICATE_BYTES) return null;
  const decoded = decodeDevice(value);
  return decoded.ok ? decoded.value : null;
}

function parseFields(payload: Uint8Array): { readonly [field: string]: CborValue | undefined } | null {
  const decoded = decode(payload, MAX_HANDSHAKE_FRAME_BYTES);
  if (!decoded.ok) return null;
  const { value } = decoded;
  if (value === null || typeof value !== 'object' || Array.isArray(value) || value instanceof Uint8Array)
    return null;
  return value as { readonly [field: string]: CborValue };
}

function bytesOf(value: CborValue | undefined, length: number): Uint8Array | null {
  return value instanceof Uint8Array && value.length === length ? value : null;
}
