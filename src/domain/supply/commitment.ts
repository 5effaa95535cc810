/**
 * What rivals must not see (a price, a customer, who took the parcel) enters a record as a salted digest. The salt and the text stay with
 * whoever needs them; shown to an auditor they prove what the record says. Without the salt nobody can find a short secret by trying.
 */
import { fromHex, isHex, type Digest, type NetworkId } from '../../codec/brand.ts';
import { encode, isCborText } from '../../codec/cbor.ts';
import { fail, ok, type Result } from '../../codec/result.ts';
import { MAX_SALT_BYTES, MAX_SECRET_LENGTH, MIN_SALT_BYTES } from './limits.ts';

/** What a digest stands for. Kept off the network. */
export interface Opening {
  /** For what: the same text under another name has another digest. 1 to 24 of a-z, 0-9 and `-`. */
  readonly name: string;
  readonly text: string;
  /** Random, 16 to 64 bytes, another one for each secret. */
  readonly salt: Uint8Array;
}

export interface CommitmentError {
  readonly type: 'salt-too-short' | 'secret-malformed';
  readonly message: string;
}

type Hash = (bytes: Uint8Array) => Digest;

/** The digest that enters the record, 64 hex digits. Bound to the network and the key of the record, so that it means nothing elsewhere. */
export function commitTo(
  hash: Hash,
  network: NetworkId,
  key: string,
  opening: Opening,
): Result<Digest, CommitmentError> {
  const { name, text, salt } = opening;
  if (salt.length < MIN_SALT_BYTES || salt.length > MAX_SALT_BYTES) {
    return fail({
      type: 'salt-too-short',
      message: `The salt of ${name} has ${salt.length} bytes; ${MIN_SALT_BYTES} to ${MAX_SALT_BYTES} are needed. Make a new random one.`,
    });
  }
  if (!isSealName(name) || text.length > MAX_SECRET_LENGTH || !isCborText(text)) {
    return fail({
      type: 'secret-malformed',
      message: `The secret ${name} can't be sealed: its name must be 1 to 24 of a-z, 0-9 and -, its text at most ${MAX_SECRET_LENGTH} characters. Correct it.`,
    });
  }
  return ok(hash(encode(['sealed', fromHex(network), key, name, salt, text])));
}

/** True when the opening is what the digest was made of. */
export function opens(
  hash: Hash,
  network: NetworkId,
  key: string,
  digest: string,
  opening: Opening,
): boolean {
  const made = commitTo(hash, network, key, opening);
  return made.ok && isHex(digest, 64) && made.value === digest;
}

export const isSealName = (name: string): boolean => /^[a-z0-9-]{1,24}$/.test(name);
