/** Device certificates: what a member signs, and the check of it. */
import { fromHex, type MemberIndex, type NetworkId, type VoteKey } from '../codec/brand.ts';
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

/** Signed by the member that has the place `claim.member` now. */
export async function certifyDevice(
  signer: Pick<Signer, 'signEd25519'>,
  claim: DeviceClaim,
): Promise<DeviceCertificate> {
  return { ...claim, signature: await signer.signEd25519(deviceBytes(claim)) };
}

export type DeviceProblem = 'wrong-network' | 'unknown-member' | 'not-yet' | 'bad-signature';

/**
 * Null when the certificate stands: of this network, by the member `of`, in force. `members`: the list in force, in which `of` is a place;
 * the place that the certificate names is that of the day when it was signed, and places move when members change. So the key that signed
 * says whose device it is: a member that got a new key has to certify its devices again. `now`: milliseconds since 1970, undefined when the
 * time is not known. Whether it was revoked is not asked here. Never throws on a certificate that was decoded.
 */
export async function deviceProblem(
  certificate: DeviceCertificate,
  context: {
    readonly network: NetworkId;
    readonly members: readonly { readonly voteKey: VoteKey }[];
    readonly of: MemberIndex;
    readonly ed25519: Pick<Ed25519, 'verify'>;
    readonly now: number | undefined;
  },
): Promise<DeviceProblem | null> {
  const { network, members, of, ed25519, now } = context;
  if (certificate.network !== network) return 'wrong-network';
  const member = members[of];
  // Two keys for two purposes: a member's own key, or another member's, would get it links that are not for it.
  if (member === undefined || members.some(({ voteKey }) => (voteKey as string) === certificate.device))
    return 'unknown-member';
  if (now !== undefined && certificate.notBefore > now + CLOCKS_DIFFER_MS) return 'not-yet';
  return (await isSignedBy(certificate, member.voteKey, ed25519)) ? null : 'bad-signature';
}

/** The place in this list of the member whose key signed the certificate; null: of nobody there. Looks at every member if it must. */
export async function certifierIn(
  certificate: DeviceCertificate,
  members: readonly { readonly voteKey: VoteKey }[],
  ed25519: Pick<Ed25519, 'verify'>,
): Promise<MemberIndex | null> {
  // Where nobody has left, it is the place that it names.
  const places = new Set([certificate.member, ...members.keys()] as MemberIndex[]);
  for (const place of places) {
    const voteKey = members[place]?.voteKey;
    if (voteKey !== undefined && (await isSignedBy(certificate, voteKey, ed25519))) return place;
  }
  return null;
}

const isSignedBy = (
  certificate: DeviceCertificate,
  voteKey: VoteKey,
  ed25519: Pick<Ed25519, 'verify'>,
): Promise<boolean> => ed25519.verify(voteKey, deviceBytes(certificate), certificate.signature);
