/** Older versions of a package on this device: which there are, who else holds them, and what came of removing or fetching them. */
import type { MemberIndex, PackageDetail } from '../../worker/api.ts';
import type { RemoteApi } from '../client.ts';
import { OLDER } from './texts.ts';
import { errorText } from '../errors.ts';

export interface Older {
  readonly first: number;
  readonly last: number;
  readonly newest: number;
  /** Other members that have said within the last hour that they hold every one of them. */
  readonly holders: number;
}

/** All but the newest version that is here; null: there is none. */
export function olderOf(history: PackageDetail['history'], self: MemberIndex | null): Older | null {
  const older = history.slice(0, -1);
  const [first, last, newest] = [older[0], older.at(-1), history.at(-1)];
  if (first === undefined || last === undefined || newest === undefined) return null;
  const holders = (first.heldBy ?? []).filter(
    (member) => member !== self && older.every(({ heldBy }) => heldBy?.includes(member)),
  );
  return {
    first: first.certificate.version,
    last: last.certificate.version,
    newest: newest.certificate.version,
    holders: holders.length,
  };
}

export interface Outcome {
  readonly bad: boolean;
  readonly text: string;
}

/** Keeps the newest only. The replica asks the other members first, which takes some seconds. */
export async function removeOlder(api: Pick<RemoteApi, 'pruneHistory'>, sscc: string): Promise<Outcome> {
  const done = await api.pruneHistory(sscc, 1).catch(() => null);
  if (done === null) return { bad: true, text: OLDER.failed };
  return done.ok
    ? { bad: false, text: OLDER.done(done.value.pruned) }
    : { bad: true, text: errorText(done.error) };
}

/** They arrive in the background. */
export async function fetchOlder(api: Pick<RemoteApi, 'fetchHistory'>, sscc: string): Promise<Outcome> {
  const asked = await api.fetchHistory(sscc).catch(() => null);
  if (asked === null) return { bad: true, text: OLDER.failed };
  return asked.ok ? { bad: false, text: OLDER.asked } : { bad: true, text: errorText(asked.error) };
}
