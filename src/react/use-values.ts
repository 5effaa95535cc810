/** What is certified under a key or a prefix, kept up to date while a component shows it. */
import { use, useMemo } from 'react';
import { NetworkError } from '../middleware/errors.ts';
import type { Value } from '../index.ts';
import type { SessionSummary, SessionView } from '../middleware/sessions.ts';
import type { Entry } from '../middleware/types.ts';
import { useMaybeNetwork } from './context.tsx';
import { followsOf, type ReadingError } from './follow.ts';
import { useWatched } from './use-watched.ts';
import { read, type Reading, type Watches } from './watches.ts';

export interface Suspending {
  /**
   * Wait in the nearest `Suspense` until the value is known, and hand failures as `NetworkError` to the nearest error boundary. After one that may pass
   * the value is read again by itself; a boundary that is reset later shows it.
   */
  readonly suspense: true;
}

/**
 * The key's newest certified value; undefined when it has none or it was deleted.
 * @throws Error outside `NetworkProvider`; with `suspense`, also while no network is open.
 */
export function useValue(key: string): Reading<Value | undefined, ReadingError>;
export function useValue(key: string, options: Suspending): Value | undefined;
export function useValue(
  key: string,
  options?: Suspending,
): Reading<Value | undefined, ReadingError> | Value | undefined {
  const known = useKnown('keys', key, options !== undefined);
  const shown = useMemo(() => (known.state === 'read' ? read(known.value?.value) : known), [known]);
  return options === undefined ? shown : shown.value;
}

/** As `useValue`, with version, digest, signers and certificate; null when the key never had a value. A deleted one has a version and no value. */
export function useEntry(key: string): Reading<Entry | null, ReadingError>;
export function useEntry(key: string, options: Suspending): Entry | null;
export function useEntry(
  key: string,
  options?: Suspending,
): Reading<Entry | null, ReadingError> | Entry | null {
  const known = useKnown('keys', key, options !== undefined);
  return options === undefined ? known : present(known);
}

/** All entries whose key begins with `prefix`, ascending by key (UTF-16 code units), without deleted ones; `MAX_LISTED_ENTRIES` at most. */
export function useEntries(prefix: string): Reading<readonly Entry[], ReadingError>;
export function useEntries(prefix: string, options: Suspending): readonly Entry[];
export function useEntries(
  prefix: string,
  options?: Suspending,
): Reading<readonly Entry[], ReadingError> | readonly Entry[] {
  const known = useKnown('prefixes', prefix, options !== undefined);
  return options === undefined ? known : present(known);
}

/** A session of this browser's member, with its steps and its record; null when it is not on this device. */
export function useSession(id: string): Reading<SessionView | null, ReadingError>;
export function useSession(id: string, options: Suspending): SessionView | null;
export function useSession(
  id: string,
  options?: Suspending,
): Reading<SessionView | null, ReadingError> | SessionView | null {
  const known = useKnown('sessions', id, options !== undefined);
  return options === undefined ? known : present(known);
}

/** Sessions of this browser's member: all that are open and the newest that have ended, latest start first. */
export function useSessions(): Reading<readonly SessionSummary[], ReadingError>;
export function useSessions(options: Suspending): readonly SessionSummary[];
export function useSessions(
  options?: Suspending,
): Reading<readonly SessionSummary[], ReadingError> | readonly SessionSummary[] {
  const known = useKnown('sessionLists', '', options !== undefined);
  return options === undefined ? known : present(known);
}

type KnownOf = {
  readonly keys: Entry | null;
  readonly prefixes: readonly Entry[];
  readonly sessions: SessionView | null;
  readonly sessionLists: readonly SessionSummary[];
};

function useKnown<K extends keyof KnownOf>(
  kind: K,
  name: string,
  suspends: boolean,
): Reading<KnownOf[K], ReadingError> {
  const network = useMaybeNetwork();
  const watches =
    network === null ? null : (followsOf(network)[kind] as unknown as Watches<KnownOf[K], ReadingError>);
  const before = useWatched(watches, name);
  if (!suspends) return before;
  if (watches === null)
    throw new Error(
      'A value was to be waited for before the network was open. Show this component once it is.',
    );
  // Also when it is known already: what was once waited for is looked at again in every render.
  use(watches.arrival(name));
  // What cannot be watched is told while it begins to be.
  const known = before.state === 'reading' ? watches.known(name) : before;
  if (known.state === 'failed') throw thrown(known.error);
  return known;
}

function present<T>(known: Reading<T, ReadingError>): T {
  if (known.state !== 'read') throw new Error('A value that is not known was not waited for.');
  return known.value;
}

/** Too many at once is the page's own mistake. */
const thrown = ({ type, message }: ReadingError): Error =>
  type === 'too-many' ? new RangeError(message) : new NetworkError({ type, message });
