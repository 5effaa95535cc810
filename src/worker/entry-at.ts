/** One certified version of a key, the newest or one before it, as this replica holds it. */
import type { Key } from '../codec/brand.ts';
import type { CertifiedEntry } from '../store/types.ts';
import type { Replica } from './replica/replica.ts';

/** What is asked of a replica: its heads, and the versions before them. */
export type EntriesReplica = Pick<Replica, 'heads'> & {
  readonly outbox: Pick<Replica['outbox'], 'durable'>;
  readonly options: { readonly store: Pick<Replica['options']['store'], 'history'> };
};

/** Null: it is not held. Heads are ahead of the disk: a version which is no head any more is looked for again once all is written. */
export async function entryAt(
  replica: EntriesReplica,
  key: Key,
  version: number,
): Promise<CertifiedEntry | null> {
  const head = replica.heads.get(key);
  if (!head || head.version < version) return null;
  if (head.version === version) return head;
  const stored = async (): Promise<CertifiedEntry | null> =>
    (await replica.options.store.history(key)).find((entry) => entry.version === version) ?? null;
  const found = await stored();
  if (found) return found;
  // It goes to the history with the write of the version after it. No write waits for anybody who asks here.
  await replica.outbox.durable();
  return stored();
}
