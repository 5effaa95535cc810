/** The status of any transaction, as any replica can tell it: which version holds it, by which digest, and the certificate that proves it. */
import type { Digest, Key, Version } from '../../codec/brand.ts';
import { decodeValue } from '../../codec/value.ts';
import type { Certificate } from '../../codec/vote.ts';
import { parseSessionValue } from '../../l2/value.ts';
import type { CertifiedEntry } from '../../store/types.ts';
import type { EntriesReplica } from '../entry-at.ts';
import type { Replica } from '../replica/replica.ts';

export interface TransactionStatus {
  readonly key: Key;
  readonly version: Version;
  readonly digest: Digest;
  /** Of the version before it; null for the first. */
  readonly previous: Digest | null;
  /** Null while the bytes are not here. */
  readonly session: string | null;
  readonly certificate: Certificate;
}

/** By session id or by version; the newest version when neither is given. Null: this replica holds no such version (yet). */
export async function transactionStatus(
  replica: EntriesReplica & Pick<Replica, 'valueOf'>,
  key: Key,
  of: { readonly session?: string; readonly version?: number },
): Promise<TransactionStatus | null> {
  const head = replica.heads.get(key);
  if (!head) return null;
  const isNewest = of.session === undefined && of.version === undefined;
  const earlier = isNewest || of.version === head.version ? [] : await versionsBefore(replica, head);
  // The newest first: what is asked for has usually just been committed.
  for (const entry of [head, ...[...earlier].reverse()]) {
    if (of.version !== undefined && entry.version !== of.version) continue;
    const session = await sessionOf(replica, entry);
    if (of.session !== undefined && session !== of.session) continue;
    const { version, digest, certificate, previous } = entry;
    return { key, version, digest, previous: previous ?? null, session, certificate };
  }
  return null;
}

/** All that are held, ascending. The last of them is in the history once the head is written, and so is the head once there is a newer one. */
async function versionsBefore(replica: EntriesReplica, head: CertifiedEntry): Promise<CertifiedEntry[]> {
  await replica.outbox.durable();
  return (await replica.options.store.history(head.key)).filter(({ version }) => version < head.version);
}

async function sessionOf(replica: Pick<Replica, 'valueOf'>, entry: CertifiedEntry): Promise<string | null> {
  const bytes = await replica.valueOf(entry.digest);
  const body = bytes && decodeValue(bytes)?.body;
  const parsed = body && parseSessionValue(body);
  return parsed && parsed.ok ? parsed.value.session.id : null;
}
