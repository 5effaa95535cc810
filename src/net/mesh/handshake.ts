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
 * An applicant, who holds an invitation and knocks at a member's door, is the initiator of the same four steps. Its hello has no `member` and
 * no `log`; its `key` is one that the network need not know, and is proved like any other, so that a member knows whom it talks to on this
 * connection. Then it sends one bulk message and gets one (applicants.ts, applicant.ts). The member's proof tells it that nobody
 * sits between them; which keys are members' it learns from the answer, which it checks against the invitation's network id.
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
  type InstanceId,
  type LogId,
  type MemberIndex,
  type NetworkId,
} from '../../codec/brand.ts';
import { NO_LOG, type DeviceCertificate, type DeviceKey } from '../../codec/device.ts';
import { deviceProblem } from '../../crypto/device.ts';
import { handshakeBytes } from '../../crypto/domains.ts';
import type { CloseReason } from '../types.ts';
import { helloFrame, proofFrame, readyFrame, type Frame } from './frames.ts';
import { encodeHello, parseHello, type Hello, type Party } from './hello.ts';
import type { MeshOptions } from './options.ts';

export interface Identity {
  readonly member: MemberIndex;
  readonly logId: LogId;
  readonly instance: InstanceId;
  /** Of a device: `member` certified it. */
  readonly device?: DeviceCertificate;
}

/** From the page: what its own connection offered, and what the other end was seen to use. */
export interface Fingerprints {
  readonly localFingerprint: string;
  readonly remoteFingerprint: string;
}

export interface HandshakeInput extends Fingerprints {
  readonly mesh: Pick<
    MeshOptions,
    'network' | 'deviceNetwork' | 'self' | 'members' | 'signer' | 'ed25519' | 'random'
  > &
    Partial<Pick<MeshOptions, 'clock' | 'deviceRevoked'>>;
  readonly initiator: boolean;
  /** Whom the signaling introduced; another member than this is refused. */
  readonly expected: MemberIndex;
  /** Which of its devices; absent or null: the member itself. */
  readonly expectedDevice?: DeviceKey | null;
}

export interface HandshakeHandlers<P = Identity> {
  send(frame: Uint8Array<ArrayBuffer>): void;
  /** The other end is who it says. Call `accept` of the handshake to go on, or end the connection. */
  onIdentity(identity: P): void;
  /** Both ends have accepted. */
  onDone(identity: P): void;
  onFault(reason: CloseReason): void;
}

export type HandshakeFrame = Extract<Frame, { kind: 'hello' | 'proof' | 'ready' }>;

export interface Handshake {
  start(): void;
  receive(frame: HandshakeFrame): void;
  accept(): void;
  /** Nothing is called after this; a signature under way is dropped. */
  stop(): void;
}

/** Between members and devices, of which one was introduced to the other. */
export function createHandshake(input: HandshakeInput, handlers: HandshakeHandlers): Handshake {
  const { mesh, initiator, localFingerprint, remoteFingerprint } = input;
  const { network, signer, ed25519, random } = mesh;
  const identityOf = (party: Party): Identity => {
    if (party.role === 'applicant') throw new Error('an applicant was judged fit for a link');
    const { member, logId, instance, device } = party;
    return { member, logId, instance, ...(device && { device }) };
  };
  return runHandshake(
    {
      network,
      own: ownParty(mesh),
      signer,
      ed25519,
      random,
      initiator,
      localFingerprint,
      remoteFingerprint,
      judge: (party) => (isExpected(party, input) ? certificateFault(party, mesh) : 'handshake-failed'),
    },
    {
      ...handlers,
      onIdentity: (party) => handlers.onIdentity(identityOf(party)),
      onDone: (party) => handlers.onDone(identityOf(party)),
    },
  );
}

/** This replica as it says hello. */
export function ownParty({ self }: Pick<MeshOptions, 'self'>): Party {
  const { member, voteKey, logId, instance, device } = self;
  if (device === undefined) return { role: 'member', member, voteKey, logId, instance };
  return { role: 'device', member, voteKey, logId, instance, device };
}

export interface RunInput extends Fingerprints, Pick<MeshOptions, 'signer' | 'ed25519' | 'random'> {
  readonly network: NetworkId;
  /** A responder goes by the one of these that the initiator's hello names, if it is none of `network`. */
  readonly formerNetworks?: readonly NetworkId[];
  readonly own: Party;
  readonly initiator: boolean;
  /** Why not to go on with who says this hello; null: go on. Of what it says only the key will be proved. */
  readonly judge: (party: Party) => CloseReason | null | Promise<CloseReason | null>;
}

/** The four steps, whoever the two are. */
export function runHandshake(input: RunInput, handlers: HandshakeHandlers<Party>): Handshake {
  const { own, initiator } = input;
  let { network } = input;
  const challenge = input.random(32).slice();
  let hello: Hello | null = null;
  /** Ends when the other end has been judged. */
  let judged: Promise<unknown> = Promise.resolve();
  let expecting: 'hello' | 'proof' | 'ready' | 'nothing' = 'hello';
  let accepted = false;
  let theirReady = false;
  let stopped = false;

  function fault(reason: CloseReason): void {
    if (stopped) return;
    stopped = true;
    handlers.onFault(reason);
  }

  function signedBytes(side: 'initiator' | 'responder', who: Party, answered: Uint8Array): Uint8Array {
    const { localFingerprint, remoteFingerprint } = input;
    return handshakeBytes({
      network,
      role: who.role,
      side,
      publicKey: who.voteKey,
      logId: who.role === 'applicant' ? NO_LOG : who.logId,
      instance: who.instance,
      challenge: answered,
      initiatorFingerprint: initiator ? localFingerprint : remoteFingerprint,
      responderFingerprint: initiator ? remoteFingerprint : localFingerprint,
    });
  }

  function sendHello(): void {
    handlers.send(helloFrame(encodeHello(network, { party: own, challenge })));
  }

  async function sendProof(theirs: Hello): Promise<boolean> {
    const side = initiator ? 'initiator' : 'responder';
    const signature = await input.signer.signEd25519(signedBytes(side, own, theirs.challenge));
    if (stopped) return false;
    handlers.send(proofFrame(signature));
    return true;
  }

  function onHello(payload: Uint8Array): void {
    let parsed = parseHello(payload, network);
    for (const former of initiator ? [] : (input.formerNetworks ?? [])) {
      if (parsed !== 'wrong-network') break;
      parsed = parseHello(payload, former);
      if (typeof parsed !== 'string') network = former;
    }
    if (typeof parsed === 'string') return fault(parsed);
    // Our own bytes sent back to us prove nothing, and neither does our own key.
    if (equalBytes(parsed.challenge, challenge) || parsed.party.voteKey === own.voteKey)
      return fault('handshake-failed');
    hello = parsed;
    expecting = 'proof';
    const verdict = input.judge(parsed.party);
    if (verdict === null) return greet(parsed);
    if (typeof verdict === 'string') return fault(verdict);
    judged = verdict.then((wrong) => {
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

  async function onProof(theirs: Hello, signature: Uint8Array): Promise<void> {
    // Who is judged unfit has stopped this handshake by then.
    await judged;
    if (stopped) return;
    const { party } = theirs;
    const side = initiator ? 'responder' : 'initiator';
    const signed = signedBytes(side, party, challenge);
    const valid = await input.ed25519.verify(party.voteKey, signed, signature);
    if (stopped) return;
    if (!valid) return fault('bad-signature');
    if (initiator && !(await sendProof(theirs))) return;
    handlers.onIdentity(party);
  }

  function finishIfDone(): void {
    if (stopped || !accepted || !theirReady || hello === null) return;
    stopped = true;
    handlers.onDone(hello.party);
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

/** Who it says it is may be linked here, and was introduced. */
function isExpected(party: Party, { mesh, expected, expectedDevice }: HandshakeInput): boolean {
  if (party.role === 'applicant') return false;
  const { self } = mesh;
  const { member, voteKey, device } = party;
  if (member !== expected || (device?.device ?? null) !== (expectedDevice ?? null)) return false;
  if (device === undefined)
    return mesh.members[member]?.voteKey === voteKey && (member !== self.member || self.device !== undefined);
  if ((device.device as string) !== voteKey) return false;
  return self.device === undefined || self.member === member;
}

function certificateFault(
  party: Party,
  { network, deviceNetwork = network, members, ed25519, clock, deviceRevoked }: HandshakeInput['mesh'],
): null | Promise<CloseReason | null> {
  if (party.role === 'applicant' || party.device === undefined) return null;
  const { device, member: of } = party;
  return deviceProblem(device, { network: deviceNetwork, members, of, ed25519, now: clock?.wall?.() }).then(
    (problem) => {
      if (problem !== null) return 'device-certificate';
      return deviceRevoked?.(of, device.device) === true ? 'device-revoked' : null;
    },
  );
}
