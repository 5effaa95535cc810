/** Device certificates: what a member signs, and the check of it. */
import { fromHex, type NetworkId, type VoteKey } from '../codec/brand.ts';
import { encode } from '../codec/cbor.ts';
import type { DeviceCertificate, DeviceClaim, DeviceKey } from '../codec/device.ts';
import { CLOCKS_DIFFER_MS } from './limits.ts';
import type { Ed25519, Signer } from './types.ts';

/** What the member's Ed25519 signature covers; the first element keeps it apart from all other signatures (src/crypto/domains.ts). */
export function deviceBytes(claim: DeviceClaim): Uint8Array {
  const { network, member, device, name, notBefore } = claim;
  return encode(['device', fromHex(network), member, fromHex(device), name, notBefore]);
}

/** What a new device signs when it asks for a certificate: it holds the key that it shows. */
export function deviceRequestBytes(device: DeviceKey, name: string): Uint8Array {
  return encode(['device-request', fromHex(device), name]);
}

/** Signed by the member that `claim.member` names. */
export async function certifyDevice(
  signer: Pick<Signer, 'signEd25519'>,
  claim: DeviceClaim,
): Promise<DeviceCertificate> {
  return { ...claim, signature: await signer.signEd25519(deviceBytes(claim)) };
}

export type DeviceProblem = 'wrong-network' | 'unknown-member' | 'not-yet' | 'bad-signature';

/**
 * Null when the certificate stands: of this network, by this member, in force. `now`: milliseconds since 1970, undefined when the time is
 * not known. Whether it was revoked is not asked here. Never throws on a certificate that was decoded.
 */
export async function deviceProblem(
  certificate: DeviceCertificate,
  context: {
    readonly network: NetworkId;
    readonly members: readonly { readonly voteKey: VoteKey }[];
    readonly ed25519: Pick<Ed25519, 'verify'>;
    readonly now: number | undefined;
  },
): Promise<DeviceProblem | null> {
  const { network, members, ed25519, now } = context;
  if (certificate.network !== network) return 'wrong-network';
  const member = members[certificate.member];
  // Two keys for two purposes: a member's own key, or another member's, would get it links that are not for it.
  if (member === undefined || members.some(({ voteKey }) => (voteKey as string) === certificate.device))
    return 'unknown-member';
  if (now !== undefined && certificate.notBefore > now + CLOCKS_DIFFER_MS) return 'not-yet';
  const { signature } = certificate;
  return (await ed25519.verify(member.voteKey, deviceBytes(certificate), signature)) ? null : 'bad-signature';
}
