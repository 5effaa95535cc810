/**
 * A device certificate: the member says that this key is a terminal or phone of its organisation. A device runs sessions, syncs and
 * verifies; it never votes. Canonical CBOR, a list:
 *
 * | Place | Field |
 * |---|---|
 * | 0 | 1, the version of this form |
 * | 1 | network id, 32 bytes |
 * | 2 | the member's place in the list of members when it was signed; it may have another now, and counts for nothing |
 * | 3 | the device's Ed25519 public key, 32 bytes |
 * | 4 | its name, 1 to MAX_NAME_LENGTH characters, as people of the organisation know it |
 * | 5 | not before: milliseconds since 1970 |
 * | 6 | the member's Ed25519 signature over `deviceBytes` (src/crypto/device.ts), 64 bytes |
 *
 * It has no end: the directory revokes it.
 */
import { fromHex, type Brand, type LogId, type MemberIndex, type NetworkId } from './brand.ts';
import { decode, encode } from './cbor.ts';
import { count, exactly, hex, list, Malformed, text } from './fields.ts';
import { MAX_DEVICE_CERTIFICATE_BYTES, MAX_MEMBERS, MAX_NAME_LENGTH } from './limits.ts';
import { fail, ok, type Result } from './result.ts';

/** 64 lowercase hex digits: Ed25519 public key of a device. */
export type DeviceKey = Brand<string, 'DeviceKey'>;

/** Stands in handshakes where a member's log id does: a device has no vote log. */
export const NO_LOG = '00'.repeat(16) as LogId;

/** What the member's signature covers. */
export interface DeviceClaim {
  readonly network: NetworkId;
  /** Its place when it signed. Whose device it is says the key that signed. */
  readonly member: MemberIndex;
  readonly device: DeviceKey;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly notBefore: number;
}

export interface DeviceCertificate extends DeviceClaim {
  readonly signature: Uint8Array;
}

export interface DeviceMalformed {
  readonly type: 'device-malformed';
  readonly message: string;
}

export function encodeDevice(certificate: DeviceCertificate): Uint8Array<ArrayBuffer> {
  const { network, member, device, name, notBefore, signature } = certificate;
  return encode([VERSION, fromHex(network), member, fromHex(device), name, notBefore, signature]);
}

/** The shape only: whose signature it is, and whether it is one, is for `deviceProblem` (src/crypto/device.ts). */
export function decodeDevice(bytes: Uint8Array): Result<DeviceCertificate, DeviceMalformed> {
  try {
    const decoded = decode(bytes, MAX_DEVICE_CERTIFICATE_BYTES);
    if (!decoded.ok) return malformed(decoded.error.message);
    const fields = list(decoded.value, FIELDS, 'a device certificate');
    if (fields.length !== FIELDS || fields[0] !== VERSION) return malformed('it has another form');
    const name = text(fields[4], MAX_NAME_LENGTH);
    if (name.length === 0) return malformed('it has no name');
    return ok({
      network: hex(fields[1], 32) as NetworkId,
      member: count(fields[2], MAX_MEMBERS - 1) as MemberIndex,
      device: hex(fields[3], 32) as DeviceKey,
      name,
      notBefore: count(fields[5], Number.MAX_SAFE_INTEGER),
      signature: exactly(fields[6], 64).slice(),
    });
  } catch (error) {
    if (error instanceof Malformed) return malformed(error.message);
    throw error;
  }
}

const VERSION = 1;
const FIELDS = 7;

function malformed(what: string): Result<never, DeviceMalformed> {
  return fail({
    type: 'device-malformed',
    message: `This is no device certificate: ${what}. Have the member certify the device again.`,
  });
}
