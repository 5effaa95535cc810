/** The network id, and whether every key of a genesis is one that its member holds. */
import type { LogId, MemberId, NetworkId } from '../codec/brand.ts';
import { asNetworkId, fromHex, toHex } from '../codec/brand.ts';
import { encodeGenesis, type Genesis, type MemberEntry } from '../codec/genesis.ts';
import { fail, ok, type Result } from '../codec/result.ts';
import { possessionBytes } from './domains.ts';
import { isValidVoteKey } from './ed25519.ts';
import type { Bls, Hash } from './types.ts';

export interface GenesisKeyError {
  readonly type:
    | 'genesis-vote-key-invalid'
    | 'genesis-certificate-key-invalid'
    | 'genesis-possession-invalid'
    | 'genesis-supplier-key-invalid';
  /** The member; of a supplier key, its key id. */
  readonly subject: MemberId | string;
  readonly message: string;
}

/** What a proof of possession covers (epochs: nonce and zeros in a genesis, the network id in a change). */
export interface PossessionFields {
  /** Null in a genesis draft. */
  readonly network: NetworkId | null;
  readonly certificateKey: string;
  readonly voteKey: string;
  readonly logId: LogId;
  readonly nonce: string;
}

export function networkIdOf(genesis: Genesis, hash: Hash): NetworkId {
  return asNetworkId(hash(encodeGenesis(genesis)));
}

/**
 * Every key is one that an honest member can have, and every member proves that it holds its own: without the proof, a
 * member could choose its key so that an aggregate names somebody who never signed (rogue key). The shape was checked by
 * `decodeGenesis`. Costs about 4 ms a member.
 */
export function checkGenesis(genesis: Genesis, bls: Bls): Result<Genesis, GenesisKeyError> {
  for (const member of genesis.members) {
    const checked = checkMember(member, null, genesis.draftNonce, bls);
    if (!checked.ok) return checked;
  }
  for (const supplier of genesis.directory.supplierKeys) {
    if (isValidVoteKey(supplier.publicKey)) continue;
    return fail({
      type: 'genesis-supplier-key-invalid',
      subject: supplier.keyId,
      message: `The manifest key ${supplier.keyId} of ${supplier.name} is not a valid Ed25519 key. Ask the supplier for its key again.`,
    });
  }
  return ok(genesis);
}

/** The same for one entry, when it is handed in or added by a change. `network` is null in a genesis draft. */
export function checkMember(
  member: MemberEntry,
  network: NetworkId | null,
  nonce: string,
  bls: Bls,
): Result<MemberEntry, GenesisKeyError> {
  const refuse = (type: GenesisKeyError['type'], what: string): Result<never, GenesisKeyError> =>
    fail({
      type,
      subject: member.id,
      message: `${what} of member ${member.id} (${member.organisation}) is not valid. Ask ${member.name} for its key again.`,
    });
  if (!isValidVoteKey(member.voteKey)) return refuse('genesis-vote-key-invalid', 'The vote key');
  const certificateKey = fromHex(member.certificateKey);
  if (!bls.isValidPublicKey(certificateKey)) {
    return refuse('genesis-certificate-key-invalid', 'The certificate key');
  }
  const message = possessionBytes({
    network,
    certificateKey: member.certificateKey,
    voteKey: member.voteKey,
    logId: member.logId,
    nonce,
  });
  if (!bls.verifyPossession(certificateKey, message, fromHex(member.proofOfPossession))) {
    return refuse('genesis-possession-invalid', 'The proof of possession');
  }
  return ok(member);
}

/** Proof that whoever calls holds the certificate key: 96 hex digits for the member's entry. */
export function possessionOf(fields: PossessionFields, certificateSecret: Uint8Array, bls: Bls): string {
  return toHex(bls.provePossession(certificateSecret, possessionBytes(fields)));
}
