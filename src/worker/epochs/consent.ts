/** The join of whoever is to be let in, with new keys (ask-doors.ts) or with a new log (ask-again.ts): which changes it agrees to, and how. */
import {
  asMemberIndex,
  equalBytes,
  type Digest,
  type MemberIndex,
  type NetworkId,
} from '../../codec/brand.ts';
import { encode, type CborValue } from '../../codec/cbor.ts';
import type { Bundle } from '../../codec/door.ts';
import type { Approval, Change } from '../../codec/epochs.ts';
import type { MemberEntry } from '../../codec/genesis.ts';
import { MAX_DRAFTS_PER_MESSAGE } from '../../codec/limits.ts';
import type { Epoch } from '../../consensus/epochs/types.ts';
import { checkDraft } from '../../consensus/epochs/values.ts';
import { approvalBytes, changeDigest } from '../../crypto/domains.ts';
import { countersign } from '../../crypto/epochs.ts';
import type { Hash, Signer } from '../../crypto/types.ts';

/** A change that lets the entry in, and its place in the next list. */
export interface NamingDraft {
  readonly change: Change;
  readonly digest: Digest;
  readonly at: MemberIndex;
  readonly approvals: number;
}

/** Changes of the newest epoch that could be sealed and that name the entry byte for byte as it was made here. */
export function draftsNaming(
  drafts: Bundle['drafts'],
  chain: readonly Epoch[],
  entry: MemberEntry,
  hash: Hash,
): NamingDraft[] {
  const own = encode(entry as unknown as CborValue);
  return drafts.flatMap(({ change, approvals }) => {
    const at = change.members.findIndex((m) => equalBytes(encode(m as unknown as CborValue), own));
    if (at < 0 || !checkDraft(chain, change).ok) return [];
    return [{ change, digest: changeDigest(hash, change), at: asMemberIndex(at), approvals }];
  });
}

/** Joins for these: those signed before that still count, and the others signed now; as many as one knock carries. */
export async function joinsFor(
  drafts: readonly NamingDraft[],
  newest: Epoch,
  known: readonly Approval[],
  network: NetworkId,
  signer: Signer,
): Promise<readonly Approval[]> {
  const { digest: epoch } = newest;
  const joins = known.filter((join) => join.epoch === epoch);
  for (const { digest: change, at: author } of drafts) {
    if (joins.some((join) => join.change === change)) continue;
    const signed = await countersign(signer, approvalBytes('join', network, epoch, change));
    joins.push({ kind: 'join', epoch, change, author, ...signed });
  }
  return joins.slice(-MAX_DRAFTS_PER_MESSAGE);
}
