/** What a member has signed: as the others certified it, and as its own disk has it. */
import type { Page } from '@playwright/test';
import type { Replica } from './replica.ts';

/** Places, in the list of the epoch in which it was certified, of those who signed a version. */
export async function signersOf(sscc: string, version: number, at: Replica): Promise<number[]> {
  const { history } = await at.holds(sscc, version);
  const entry = history.find(({ certificate }) => certificate.version === version);
  return [...(entry?.certificate.signers ?? [])].sort((a, b) => a - b);
}

/**
 * Names of a member's own votes in its vote log, sorted. A vote is on the disk before it leaves, and stays until its version is decided: what
 * is not here, and in no certificate, was not signed.
 */
export const votesOnDisk = (replica: Replica): Promise<string[]> => votesOf(replica.page, replica.profile);

/** The same of any page of the origin; `identity` is its vote key. */
export function votesOf(page: Page, identity: string): Promise<string[]> {
  return page.evaluate(async (name) => {
    const answer = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(new Error('the database does not answer'));
      });
    const db = await answer(indexedDB.open(name));
    interface Log {
      readonly ownVotes: readonly {
        readonly key: string;
        readonly version: number;
        readonly round: number;
        readonly type: string;
        readonly digest: string;
      }[];
    }
    const logs = (await answer(db.transaction('logs').objectStore('logs').getAll())) as Log[];
    db.close();
    const votes = logs.flatMap(({ ownVotes }) => ownVotes);
    return votes
      .map(({ key, version, round, type, digest }) => `${key} ${version} ${round} ${type} ${digest}`)
      .sort();
  }, `countersign-${identity}`);
}
