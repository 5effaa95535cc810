/** What a person gives as what they trust: a network, by its id or its member list (the genesis file), and perhaps an epoch of it. */
import { isHex, type EpochDigest, type NetworkId } from '../../../codec/brand.ts';
import { decodeGenesis } from '../../../codec/genesis.ts';
import { fail, ok, type Result } from '../../../codec/result.ts';
import type { Trust, TrustError } from './types.ts';

/** `given`: what was typed, or the bytes of a file. An empty text is no trust. */
export function parseTrust(given: string | Uint8Array): Result<Trust, TrustError> {
  if (typeof given === 'string') {
    const id = given.trim().toLowerCase();
    if (id === '') return ok(null);
    const { length } = id;
    if (isHex(id, 64)) return ok({ kind: 'network', network: id as NetworkId });
    return fail({
      type: 'trust-malformed',
      message: `A network id has 64 hex digits; this has ${length} characters. Copy it whole from a member's network page, or choose the genesis file.`,
    });
  }
  const genesis = decodeGenesis(given);
  if (!genesis.ok) {
    return fail({
      type: 'trust-malformed',
      message: `${genesis.error.message}. Choose the file that a member saved as the network's genesis.`,
    });
  }
  return ok({ kind: 'genesis', genesis: given });
}

/** A pin: the digest of an epoch that must be on the file's chain. An empty text is none. */
export function parsePin(given: string): Result<EpochDigest | null, TrustError> {
  const digest = given.trim().toLowerCase();
  const { length } = digest;
  if (length === 0) return ok(null);
  if (isHex(digest, 64)) return ok(digest as EpochDigest);
  return fail({
    type: 'pin-malformed',
    message: `The digest of an epoch has 64 hex digits; this has ${length} characters. Copy it whole from where a member showed it to you, or leave it out.`,
  });
}
