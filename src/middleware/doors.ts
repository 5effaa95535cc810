/** What needs no open network: keys, making a network, and checking what somebody else hands over. */
import type {
  CertificateError,
  CreatedNetwork,
  DoorError,
  ProfileSummary,
  ProofInput,
  ProvenCertificate,
  Result,
  Value,
  VerifyInput,
} from '../worker/kv/api.ts';
import { encodeBody } from '../worker/kv/value.ts';
import { provenValue } from './decoded.ts';
import type { ProvenValue } from './types.ts';
import { atDoors, toldAtDoors } from './worker.ts';

/** Text for the members-to-be of a new network: `createIdentity` needs it. `name` is cut to 80 characters. Rejects with `NetworkError`. */
export const createDraft = (name: string): Promise<string> => toldAtDoors((doors) => doors.newDraft(name));

/**
 * Makes the keys of a member in this browser; the secret ones never leave it. `label` is what the others read, 1 to 80 characters. `id` is
 * 1 to 24 of a-z, 0-9 and `-`, unique in the network; made from the label unless given. Hand `memberKey` to whoever creates the network.
 */
export function createIdentity(options: {
  readonly draft: string;
  readonly label: string;
  readonly id?: string;
}): Promise<Result<{ readonly identity: string; readonly memberKey: string }, DoorError>> {
  const { draft, label, id = idOf(label) } = options;
  return atDoors(async (doors) => {
    // The genesis has places for what a supply chain's members are; an application's members leave them at these.
    const made = await doors.createMemberKey({
      draft,
      id,
      name: label,
      organisation: label,
      role: 'warehouse',
      gln: NO_GLN,
    });
    return made.ok ? { ok: true, value: { identity: made.value.profile, memberKey: made.value.key } } : made;
  });
}

/**
 * Makes a network of these members: its id is the digest of their list. Identities of this browser that are among them are bound to it. Hand
 * `invitation` and `genesis` to every member. `rules`: version of the access-control callback that all of them run, 1 unless given.
 */
export const createNetwork = (options: {
  readonly draft: string;
  readonly memberKeys: readonly string[];
  readonly signaling?: readonly string[];
  readonly rules?: number;
}): Promise<Result<CreatedNetwork, DoorError>> =>
  atDoors((doors) => doors.createNetwork({ signaling: [], rules: 1, ...options }));

/** Identities of this browser, with the networks that they are bound to. Rejects with `NetworkError`. */
export const identities = (): Promise<readonly ProfileSummary[]> => toldAtDoors((doors) => doors.profiles());

/** Deletes an identity's keys and data from this browser. Nobody can bring them back: the member is gone from its network. */
export const forgetIdentity = (identity: string): Promise<Result<undefined, DoorError>> =>
  atDoors((doors) => doors.forget(identity));

/**
 * Checks a certificate without a replica, by the members of the epoch that it names: for whoever is handed one, and trusts a network id. What it
 * proves is that a quorum of that epoch signed this digest. An old one proves less when keys of members who have left since may be stolen
 * (docs/protocol.md, "What it does not give").
 */
export const verifyCertificate = (input: VerifyInput): Promise<Result<ProvenCertificate, CertificateError>> =>
  atDoors((doors) => doors.verifyCertificate(input));

/**
 * Checks what `prove` of a network made, without a replica: that a quorum of the epoch that its certificate names signed the digest of just this
 * value as this version of this key. What `verifyCertificate` says of old epochs holds here, too.
 */
export const verifyProof = (input: ProofInput): Promise<Result<ProvenValue, CertificateError>> =>
  atDoors(async (doors) => {
    const proven = await doors.verifyProof(input);
    return proven.ok ? { ok: true, value: provenValue(proven.value) } : proven;
  });

/** Canonical bytes of a value, the same on every machine: what an application signs. @throws TypeError for what cannot be stored. */
export function encodeValue(value: Value): Uint8Array {
  const encoded = encodeBody(value);
  if (!encoded.ok) throw new TypeError(encoded.error.message);
  return encoded.value;
}

/** GS1's modulo-10 check digit of twelve zeros is zero: well-formed, and nobody's. */
const NO_GLN = '0000000000000';

/** A label's letters and digits, and six random ones, so that two of the same name can be members. */
function idOf(label: string): string {
  const stem = label
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 16);
  return `${stem || 'member'}-${crypto.randomUUID().slice(0, 6)}`;
}
