/** Opening, closing and losing an IndexedDB database, and one helper for short transactions. */
import { deleteDB, openDB, type IDBPDatabase, type IDBPTransaction } from 'idb';
import { fail, ok, type Failure, type Result } from '../codec/result.ts';
import { closedError, fromDomError, newerError, type IdentityError } from './errors.ts';

export interface Connection {
  readonly db: IDBPDatabase<unknown>;
  /** For messages to a person. */
  readonly what: string;
  readonly closed: boolean;
  /** Transactions that already run are finished first. */
  close(): void;
}

export type Transaction = IDBPTransaction<unknown, string[], 'readwrite'>;

/** Upgraded by a newer program, or deleted, in another tab; or taken by the browser. */
export type LostReason = 'upgraded' | 'deleted' | 'taken';

export interface OpenOptions {
  readonly name: string;
  readonly what: string;
  readonly version: number;
  readonly upgrade: (db: IDBPDatabase<unknown>, from: number) => void;
  /** The database went away without a `close` of ours. */
  readonly onLost?: (why: LostReason) => void;
  /** Another tab is in the way, and is waited for. */
  readonly onBlocked?: () => void;
  readonly giveUp?: AbortSignal;
}

/**
 * Errors: store-blocked when another tab holds an older version open and has not given way by the time `giveUp` is aborted. Ours give way
 * as soon as their running writes are done, so "blocked" alone means little: only a frozen tab stays in the way. The caller owns time;
 * without a signal this waits as long as it takes.
 */
export async function openConnection(options: OpenOptions): Promise<Result<Connection, IdentityError>> {
  const { name, what, version, upgrade, onLost, onBlocked, giveUp } = options;
  let closed = false;
  let givenUp = false;
  const lose = (why: LostReason): void => {
    if (closed) return;
    closed = true;
    onLost?.(why);
  };
  const blocked = latch<Result<Connection, IdentityError>>();
  const opened = openDB(name, version, {
    upgrade: (db, from) => upgrade(db as IDBPDatabase<unknown>, from),
    blocked: () => {
      onBlocked?.();
      whenAborted(giveUp, () => {
        givenUp = true;
        blocked.resolve(fail(blockedError(what, 'opened')));
      });
    },
    blocking: (_from, to, event) => {
      // Give way, so that the upgrade or deletion in the other tab can go on. Running writes are finished first.
      lose(to === null ? 'deleted' : 'upgraded');
      (event.target as IDBDatabase).close();
    },
    terminated: () => lose('taken'),
  }).then(
    (db): Result<Connection, IdentityError> => {
      if (givenUp) db.close();
      return ok({
        db: db as IDBPDatabase<unknown>,
        what,
        get closed() {
          return closed;
        },
        close() {
          closed = true;
          db.close();
        },
      });
    },
    (error: unknown): Result<Connection, IdentityError> =>
      fail(newerError(error, what) ?? fromDomError(error, what, false)),
  );
  return Promise.race([opened, blocked.promise]);
}

/**
 * store-blocked when a tab still holds the database by the time `giveUp` is aborted: the deletion stands, and happens by itself when that
 * tab closes.
 */
export async function deleteDatabase(
  name: string,
  what: string,
  giveUp?: AbortSignal,
): Promise<Result<undefined, IdentityError>> {
  const blocked = latch<Result<undefined, IdentityError>>();
  const deleted = deleteDB(name, {
    blocked: () => whenAborted(giveUp, () => blocked.resolve(fail(blockedError(what, 'deleted')))),
  }).then(
    () => ok(undefined),
    (error: unknown) => fail(fromDomError(error, what, false)),
  );
  return Promise.race([deleted, blocked.promise]);
}

/**
 * One transaction, strict when it writes. `work` awaits nothing but requests of the transaction; a failure that it returns, or an exception, rolls
 * everything back. Resolves when durable.
 */
export async function transact<T, E extends Failure>(
  connection: Connection,
  stores: string[],
  mode: 'readonly' | 'readwrite',
  work: (tx: Transaction) => Promise<Result<T, E>>,
): Promise<Result<T, E | IdentityError>> {
  if (connection.closed) return fail(closedError(connection.what));
  let tx: Transaction;
  try {
    tx = connection.db.transaction(stores, mode, { durability: 'strict' }) as Transaction;
  } catch (error) {
    return fail(fromDomError(error, connection.what, connection.closed));
  }
  const finished = tx.done.then(
    () => null,
    (error: unknown) => ({ error }),
  );
  try {
    const result = await work(tx);
    if (!result.ok) tx.abort();
    const failure = await finished;
    if (result.ok && failure) return fail(fromDomError(failure.error, connection.what, connection.closed));
    return result;
  } catch (error) {
    try {
      tx.abort();
    } catch {
      // It was aborted already, by the request that failed.
    }
    await finished;
    return fail(fromDomError(error, connection.what, connection.closed));
  }
}

/** Promise.withResolvers, which Node 20 does not have. */
function latch<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}

function whenAborted(signal: AbortSignal | undefined, act: () => void): void {
  if (signal?.aborted) act();
  else signal?.addEventListener('abort', act, { once: true });
}

const blockedError = (what: string, done: string): IdentityError => ({
  type: 'store-blocked',
  message: `The database of ${what} cannot be ${done} while another tab holds it. Close the other tabs of this app, then try again.`,
});
