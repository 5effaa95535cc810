/** What each end of a new channel says it is (handshake.ts): canonical CBOR, unproven until the proof has come. */
import {
  fromHex,
  toHex,
  type InstanceId,
  type LogId,
  type MemberIndex,
  type NetworkId,
  type VoteKey,
} from '../../codec/brand.ts';
import { decode, encode, type CborValue } from '../../codec/cbor.ts';
import { decodeDevice, encodeDevice, NO_LOG, type DeviceCertificate } from '../../codec/device.ts';
import { MAX_DEVICE_CERTIFICATE_BYTES } from '../../codec/limits.ts';
import { MAX_HANDSHAKE_FRAME_BYTES } from '../limits.ts';
import type { CloseReason } from '../types.ts';

/** One who says hello; the challenge comes beside it. */
export type Party =
  | {
      readonly role: 'member' | 'device';
      readonly member: MemberIndex;
      /** Of a device: `member` certified it. */
      readonly device?: DeviceCertificate;
      /** The vote key, or the device's key. */
      readonly voteKey: VoteKey;
      readonly logId: LogId;
      readonly instance: InstanceId;
    }
  | {
      /** Holds an invitation, and no place in the network. */
      readonly role: 'applicant';
      /** Its own: the one that it will vote with once it is admitted, or one of this session. */
      readonly voteKey: VoteKey;
      readonly instance: InstanceId;
    };

export interface Hello {
  readonly party: Party;
  /** 32 fresh bytes that the other end is to sign. */
  readonly challenge: Uint8Array;
}

const VERSION = 1;

export function encodeHello(network: NetworkId, { party, challenge }: Hello): Uint8Array {
  const common = {
    v: VERSION,
    network: fromHex(network),
    role: party.role,
    key: fromHex(party.voteKey),
    instance: fromHex(party.instance),
    challenge,
  };
  if (party.role === 'applicant') return encode(common);
  return encode({
    ...common,
    ...(party.device && { certificate: encodeDevice(party.device) }),
    member: party.member,
    log: fromHex(party.logId),
  });
}

/** The other end's hello, or the reason to refuse it. */
export function parseHello(payload: Uint8Array, network: NetworkId): Hello | CloseReason {
  const fields = parseFields(payload);
  if (fields === null) return 'malformed-message';
  if (fields.v !== VERSION) return 'handshake-failed';
  const networkBytes = bytesOf(fields.network, 32);
  const key = bytesOf(fields.key, 32);
  const instance = bytesOf(fields.instance, 16);
  const challenge = bytesOf(fields.challenge, 32);
  if (!networkBytes || !key || !instance || !challenge) return 'malformed-message';
  const voteKey = toHex(key) as VoteKey;
  const common = { voteKey, instance: toHex(instance) as InstanceId };
  const isHere = toHex(networkBytes) === network;
  if (fields.role === 'applicant') {
    if (!isHere) return 'wrong-network';
    return { party: { role: 'applicant', ...common }, challenge: challenge.slice() };
  }
  const log = bytesOf(fields.log, 16);
  const { member } = fields;
  if (!log) return 'malformed-message';
  if (typeof member !== 'number' || !Number.isSafeInteger(member) || member < 0) return 'malformed-message';
  if (!isHere) return 'wrong-network';
  if (fields.role !== 'member' && fields.role !== 'device') return 'handshake-failed';
  const device = fields.role === 'device' ? deviceOf(fields.certificate) : undefined;
  if (device === null || (device !== undefined && toHex(log) !== NO_LOG)) return 'malformed-message';
  return {
    party: {
      role: fields.role,
      member: member as MemberIndex,
      ...(device && { device }),
      ...common,
      logId: toHex(log) as LogId,
    },
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
