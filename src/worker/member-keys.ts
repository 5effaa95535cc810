/** A member's keys, log id and entry, born together in a database of their own: for a draft of a genesis, or for a network that runs. */
import type { CborValue } from '../codec/cbor.ts';
import type { MemberId, NetworkId } from '../codec/brand.ts';
import { memberProblem, type MemberEntry } from '../codec/genesis.ts';
import { fail, ok, type Result } from '../codec/result.ts';
import { possessionOf } from '../crypto/genesis.ts';
import {
  createSigner,
  generateSecretKeys,
  generateWrappingKey,
  newLogId,
  sealSecretKeys,
} from '../crypto/keys.ts';
import { openIdentity } from '../store/idb-store.ts';
import type { DoorError } from './api.ts';
import { storage, withProfiles } from './door-tools.ts';
import { toSealed } from './identity-keys.ts';
import { DATABASE_PATIENCE_MS } from './limits.ts';
import { sharedTools } from './tools.ts';

/** What a person says of the member. */
export interface MemberDetails {
  readonly id: string;
  readonly name: string;
  readonly organisation: string;
  readonly role: MemberEntry['role'];
  readonly gln: string;
}

/** What the proof of possession covers besides the keys and the log. */
export interface ProofContext {
  /** Null: a draft. */
  readonly network: NetworkId | null;
  /** Of the draft of the genesis. */
  readonly nonce: string;
}

export async function makeMember(
  details: MemberDetails,
  { network, nonce }: ProofContext,
  replaces: MemberId | null = null,
): Promise<Result<MemberEntry, DoorError>> {
  const { bls } = await sharedTools();
  const keys = generateSecretKeys();
  const { voteKey, certificateKey } = await createSigner(keys, bls);
  const logId = newLogId();
  const proven = { network, certificateKey, voteKey, logId, nonce };
  const entry: MemberEntry = {
    id: details.id.trim() as MemberId,
    name: details.name.trim(),
    organisation: details.organisation.trim(),
    role: details.role,
    gln: details.gln.trim(),
    voteKey,
    certificateKey,
    logId,
    proofOfPossession: possessionOf(proven, keys.certificateSecret, bls),
  };
  const problem = memberProblem(entry as unknown as CborValue);
  if (problem)
    return fail({
      type: 'member-key-malformed',
      message: `These details cannot be used: ${problem}. Correct them and try again.`,
    });
  const wrappingKey = await generateWrappingKey();
  const sealedKeys = toSealed(await sealSecretKeys(keys, wrappingKey));
  keys.voteSeed.fill(0);
  keys.certificateSecret.fill(0);
  const label = entry.organisation;
  const createdAt = Date.now();
  const db = await openIdentity(voteKey, { giveUp: AbortSignal.timeout(DATABASE_PATIENCE_MS) });
  if (!db.ok) return fail(storage(db.error));
  const created = await db.value.create({
    sealedKeys,
    wrappingKey,
    logId,
    certificateKey,
    label,
    createdAt,
    entry,
    ...(replaces !== null && { replaces }),
  });
  db.value.close();
  if (!created.ok) return fail(storage(created.error));
  const listed = await withProfiles((index) => index.add({ id: voteKey, label, createdAt, network: null }));
  return listed.ok ? ok(entry) : fail(storage(listed.error));
}

/** The first 16 hex digits of a vote key in groups of four: what two people compare aloud. */
export const fingerprintOf = (voteKey: string): string => voteKey.slice(0, 16).match(/.{4}/g)!.join(' ');
