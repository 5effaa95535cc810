/**
 * How a key and a prefix of a network are followed. Listening comes first, then reading: what is certified in between is heard, and of what is both
 * heard and read the higher version stands.
 */
import type { NetworkError } from '../middleware/errors.ts';
import type { SessionSummary, SessionView } from '../middleware/sessions.ts';
import type { Entry, Network } from '../middleware/types.ts';
import { again } from './again.ts';
import {
  MAX_LISTED_ENTRIES,
  MAX_WATCHED_KEYS,
  MAX_WATCHED_PREFIXES,
  MAX_WATCHED_SESSIONS,
} from './limits.ts';
import { failed, read, Watches, type Watch } from './watches.ts';

/** Why a hook has nothing to show. */
export interface ReadingError {
  readonly type:
    | NetworkError['type']
    /** More is looked at than the hooks hold; the message says of what. */
    | 'too-many';
  readonly message: string;
}

/** What the hooks need of a network. */
export type Followed = Pick<Network, 'read' | 'listen' | 'entries'> & {
  readonly sessions: Pick<Network['sessions'], 'get' | 'subscribe'>;
};

export interface Follows {
  readonly keys: Watches<Entry | null, ReadingError>;
  readonly prefixes: Watches<readonly Entry[], ReadingError>;
  readonly sessions: Watches<SessionView | null, ReadingError>;
  /** Of one name: there is one list. */
  readonly sessionLists: Watches<readonly SessionSummary[], ReadingError>;
}

const known = new WeakMap<Followed, Follows>();

/** What components show of this network, shared by all of them. */
export function followsOf(network: Followed): Follows {
  let follows = known.get(network);
  if (follows === undefined) {
    const tooMany = (what: string): ReadingError => ({
      type: 'too-many',
      message: `${what} are shown at once already. Show fewer, or one list of a longer prefix.`,
    });
    follows = {
      keys: new Watches({
        watch: followKey(network),
        limit: MAX_WATCHED_KEYS,
        tooMany: tooMany(`${MAX_WATCHED_KEYS} keys`),
      }),
      prefixes: new Watches({
        watch: followPrefix(network),
        limit: MAX_WATCHED_PREFIXES,
        tooMany: tooMany(`Lists of ${MAX_WATCHED_PREFIXES} prefixes`),
      }),
      sessions: new Watches({
        watch: followSession(network),
        limit: MAX_WATCHED_SESSIONS,
        tooMany: tooMany(`${MAX_WATCHED_SESSIONS} sessions`),
      }),
      sessionLists: new Watches({
        watch: (_, tell) => network.sessions.subscribe((list) => tell(read(list))),
        limit: 1,
        tooMany: tooMany('The sessions'),
      }),
    };
    known.set(network, follows);
  }
  return follows;
}

/** Of a key: its newest entry, null when it never had a value. */
export function followKey(network: Followed): Watch<Entry | null, ReadingError> {
  return (key, tell) => {
    let version = -1;
    const take = (entry: Entry | null): void => {
      // Heard and read, or heard before an older one was read.
      if ((entry?.version ?? 0) <= version) return;
      version = entry?.version ?? 0;
      tell(read(entry));
    };
    return listening(
      () => network.listen(key, take),
      tell,
      () =>
        again(async () => {
          const result = await network
            .read(key)
            .catch((error: unknown) => ({ ok: false as const, error: stopped(error) }));
          if (result.ok) take(result.value);
          else if (version < 0) tell(failed(result.error));
          return result.ok || version >= 0 || !mayPass(result.error);
        }),
    );
  };
}

/** Of a prefix: the entries that have a value, ascending by key (UTF-16 code units). */
export function followPrefix(network: Followed): Watch<readonly Entry[], ReadingError> {
  return (prefix, tell) => {
    /** Heard or read until all is read; with deleted ones, whose older value may still be on its way. */
    const newest = new Map<string, Entry>();
    let shown: readonly Entry[] | null = null;
    /** Of what is too long nothing more is kept, nor read: of those that were left out some may have a value. */
    let isTooLong = false;
    const take = (entry: Entry): void => {
      if (entry.version > (newest.get(entry.key)?.version ?? 0)) newest.set(entry.key, entry);
    };
    const show = (next: readonly Entry[]): void => {
      shown = next;
      newest.clear();
      isTooLong ||= next.length > MAX_LISTED_ENTRIES;
      tell(isTooLong ? failed(TOO_LONG) : read(next));
    };
    return listening(
      () =>
        network.listen({ prefix }, (entry) => {
          if (shown === null) return take(entry);
          const next = isTooLong ? shown : placed(shown, entry);
          if (next !== shown) show(next);
        }),
      tell,
      () =>
        again(async (signal) => {
          try {
            for await (const entry of network.entries({ prefix }, { signal })) {
              take(entry);
              isTooLong = newest.size > MAX_LISTED_ENTRIES;
              if (isTooLong) break;
            }
          } catch (error) {
            const why = stopped(error);
            if (!signal.aborted) tell(failed(why));
            return !mayPass(why);
          }
          if (!signal.aborted)
            show([...newest.values()].filter(({ value }) => value !== undefined).sort(byKey));
          return true;
        }),
    );
  };
}

/** Of a session of this browser's member: as it is after each change of any; null when it is not on this device. */
export function followSession(network: Followed): Watch<SessionView | null, ReadingError> {
  return (id, tell) => {
    let [asked, told] = [0, 0];
    const ask = async (): Promise<boolean> => {
      const question = ++asked;
      // An answer that a later question has overtaken is older.
      const isNews = (): boolean => question > told && ((told = question), true);
      try {
        const session = await network.sessions.get(id);
        if (isNews()) tell(read(session));
        return true;
      } catch (error) {
        const why = stopped(error);
        if (told === 0) tell(failed(why));
        return told > 0 || !mayPass(why);
      }
    };
    const endList = network.sessions.subscribe(() => void ask());
    const endFirst = again(ask);
    return () => {
      endList();
      endFirst();
    };
  };
}

const TOO_LONG: ReadingError = {
  type: 'too-many',
  message: `More than ${MAX_LISTED_ENTRIES} keys begin with this prefix. Show a longer prefix, or loop over the entries.`,
};

/** Listens, then follows; a key that cannot exist is told as an error. */
function listening(
  listen: () => () => void,
  tell: (known: ReturnType<typeof failed<ReadingError>>) => void,
  follow: () => () => void,
): () => void {
  let unlisten: () => void;
  try {
    unlisten = listen();
  } catch (error) {
    tell(failed({ type: 'key-malformed', message: (error as Error).message }));
    return () => undefined;
  }
  const end = follow();
  return () => {
    unlisten();
    end();
  };
}

const byKey = (a: Entry, b: Entry): number => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);

/** A copy with the entry in its place, or without it when it was deleted; the same list where that changes nothing. */
function placed(entries: readonly Entry[], entry: Entry): readonly Entry[] {
  let [from, to] = [0, entries.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (byKey(entries[middle]!, entry) < 0) from = middle + 1;
    else to = middle;
  }
  const there = entries[from]?.key === entry.key ? entries[from] : undefined;
  if ((there?.version ?? 0) >= entry.version || (there === undefined && entry.value === undefined))
    return entries;
  const next = [...entries];
  next.splice(from, there === undefined ? 0 : 1, ...(entry.value === undefined ? [] : [entry]));
  return next;
}

/** Bytes arrive, and a replica that moves to another tab is there again; nothing makes a key of what is none. */
const mayPass = ({ type }: ReadingError): boolean => type === 'not-arrived' || type === 'stopped';

/** By its name: an application may have this class twice, here and where its network comes from. The browser has another one of that name. */
const isNetworkError = (error: unknown): error is NetworkError =>
  error instanceof Error && error.name === 'NetworkError' && 'type' in error;

const stopped = (error: unknown): ReadingError =>
  isNetworkError(error)
    ? { type: error.type, message: error.message }
    : { type: 'stopped', message: error instanceof Error ? error.message : String(error) };
