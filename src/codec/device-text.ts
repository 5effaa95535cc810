/**
 * What a new device and its member show each other, as QR code, link or text:
 *
 * | Text | From | After the first dot, base64url of canonical CBOR |
 * |---|---|---|
 * | `csdevice1.…` | the device | [1, its Ed25519 public key, its name, its signature over `deviceRequestBytes` (src/crypto/device.ts)] |
 * | `cscert1.…` | the member | [1, the certificate (device.ts), an invitation]: one scan is enough to join |
 */
import { fromHex } from './brand.ts';
import { decode, encode, type CborValue } from './cbor.ts';
import { decodeDevice, encodeDevice, type DeviceCertificate, type DeviceKey } from './device.ts';
import { bytes, exactly, hex, list, Malformed, text } from './fields.ts';
import { fromBase64Url, parseInvitation, toBase64Url, type Invitation } from './invitation.ts';
import {
  MAX_DEVICE_CERTIFICATE_BYTES,
  MAX_DEVICE_TEXT_LENGTH,
  MAX_INVITATION_LENGTH,
  MAX_NAME_LENGTH,
} from './limits.ts';
import { fail, ok, type Result } from './result.ts';

export interface DeviceRequest {
  readonly device: DeviceKey;
  /** As people of the organisation know it. */
  readonly name: string;
  /** By the device's key, 64 bytes: whoever asks holds it. */
  readonly signature: Uint8Array;
}

export interface DeviceGrant {
  readonly certificate: DeviceCertificate;
  readonly invitation: Invitation;
}

export interface DeviceTextError {
  readonly type: 'device-text-malformed';
  readonly message: string;
}

export function formatDeviceRequest({ device, name, signature }: DeviceRequest): string {
  return REQUEST + toBase64Url(encode([VERSION, fromHex(device), name, signature]));
}

/** Takes the bare text, or a link that ends in it after a #. The signature is checked by whoever certifies. */
export function parseDeviceRequest(input: string): Result<DeviceRequest, DeviceTextError> {
  return parse(input, REQUEST, 'request of a device', 'Show its code again and scan it whole.', (fields) => ({
    device: hex(fields[1], 32) as DeviceKey,
    name: nameOf(fields[2]),
    signature: exactly(fields[3], 64).slice(),
  }));
}

/** `invitation`: as `formatInvitation` writes it. */
export function formatDeviceGrant(certificate: DeviceCertificate, invitation: string): string {
  return GRANT + toBase64Url(encode([VERSION, encodeDevice(certificate), invitation]));
}

/** Takes the bare text, or a link that ends in it after a #. Shapes only: whether the certificate stands is for `deviceProblem`. */
export function parseDeviceGrant(input: string): Result<DeviceGrant, DeviceTextError> {
  return parse(input, GRANT, 'certificate of a device', 'Have the member show it again.', (fields) => {
    const certificate = decodeDevice(bytes(fields[1], MAX_DEVICE_CERTIFICATE_BYTES));
    if (!certificate.ok) throw new Malformed('its certificate is damaged');
    const invitation = parseInvitation(text(fields[2], MAX_INVITATION_LENGTH));
    if (!invitation.ok) throw new Malformed('its invitation is damaged');
    return { certificate: certificate.value, invitation: invitation.value };
  });
}

/** Why a device cannot be called so, or null. */
export function deviceNameProblem(name: string): string | null {
  const fits = name.length >= 1 && name.length <= MAX_NAME_LENGTH && name.trim() === name;
  return fits
    ? null
    : `The name of a device has 1 to ${MAX_NAME_LENGTH} characters, without space at the ends. Choose another one.`;
}

const VERSION = 1;
const REQUEST = 'csdevice1.';
const GRANT = 'cscert1.';
const FIELDS: Readonly<Record<string, number>> = { [REQUEST]: 4, [GRANT]: 3 };

function parse<T>(
  input: string,
  prefix: string,
  what: string,
  next: string,
  read: (fields: readonly CborValue[]) => T,
): Result<T, DeviceTextError> {
  const bad = (why: string): Result<never, DeviceTextError> =>
    fail({ type: 'device-text-malformed', message: `This is no ${what}: ${why}. ${next}` });
  // A link's own part is as long as a browser's address line takes; what counts is behind the #.
  const bare = input
    .slice(-(MAX_DEVICE_TEXT_LENGTH + 1))
    .trim()
    .split('#')
    .at(-1)!;
  if (bare.length > MAX_DEVICE_TEXT_LENGTH) return bad('it is too long');
  if (!bare.startsWith(prefix)) return bad(`it does not begin with ${prefix.slice(0, -1)}`);
  try {
    const decoded = decode(fromBase64Url(bare.slice(prefix.length)), MAX_DEVICE_TEXT_LENGTH);
    if (!decoded.ok) return bad('it is damaged');
    const fields = list(decoded.value, 4, 'it');
    if (fields.length !== FIELDS[prefix] || fields[0] !== VERSION) return bad('it has another form');
    return ok(read(fields));
  } catch (error) {
    if (error instanceof Malformed) return bad(error.message);
    if (error instanceof RangeError || error instanceof DOMException) return bad('it is damaged');
    throw error;
  }
}

function nameOf(value: CborValue | undefined): string {
  const name = text(value, MAX_NAME_LENGTH);
  if (deviceNameProblem(name) !== null) throw new Malformed('it has no name');
  return name;
}
