/** What can go wrong with a store, in words, and how a browser's own errors map to it. */
import type { StoreError } from './types.ts';

/** Errors of reading. `store` and `record` name the damaged record when there is one. */
export interface StoreReadError {
  readonly type: 'store-damaged' | 'store-closed' | 'store-failed';
  readonly message: string;
  readonly store?: string;
  readonly record?: string;
}

/**
 * Errors of the database of one identity, besides those of every store:
 * - store-exists: there is an identity already; it is never replaced
 * - store-empty: no identity was made here
 * - store-unbound: the identity belongs to no network yet
 * - store-bound-elsewhere: it belongs to another network, for good
 * - store-blocked: another tab holds the database open and does not answer
 * - store-newer: a newer program has upgraded it; this one can neither read nor change it
 * - store-damaged: a record does not have the shape that we write
 */
export interface IdentityError {
  readonly type:
    | 'store-exists'
    | 'store-empty'
    | 'store-unbound'
    | 'store-bound-elsewhere'
    | 'store-blocked'
    | 'store-newer'
    | StoreReadError['type']
    | StoreError['type'];
  readonly message: string;
}

/**
 * Thrown by `load`, `value` and `history`, whose contract has no room for a failure value. A caller that can go on without the
 * record uses `readState` instead.
 */
export class StoreReadFailure extends Error {
  readonly error: StoreReadError;
  constructor(error: StoreReadError) {
    super(error.message);
    this.name = 'StoreReadFailure';
    this.error = error;
  }
}

export const fencedError = (ours: number, stored: number): StoreError => ({
  type: 'store-fenced',
  message:
    `Another tab of this browser has taken over this member's replica (start ${stored}, this tab's is ${ours}). ` +
    'Nothing was written here. Go on in that tab, or reload this one to be a view of it.',
});

export const closedError = (what: string): StoreError => ({
  type: 'store-closed',
  message: `The database of ${what} was closed, by this tab or because another one deleted or upgraded it. Reload this tab.`,
});

export const overloadedError = (what: string, pending: number): StoreError => ({
  type: 'store-failed',
  message: `${pending} writes to the database of ${what} wait for the disk. The replica stops; reload this tab when the disk answers again.`,
});

/** An entry contradicts a durable one: two values certified as one version. */
export const contradictionError = (key: string, version: number): StoreError => ({
  type: 'store-failed',
  message:
    `Another value is already certified as version ${version} of ${key}. Nothing was written and the replica stops: ` +
    'more members are faulty than the network can bear. Keep this database and compare it with the other members.',
});

/** CLOSE: a vote for a package in an epoch that this disk says is closed. */
export const epochClosedError = (key: string, version: number): StoreError => ({
  type: 'store-epoch-closed',
  message:
    `The members are being changed, and this replica has reported where it stands; it was about to sign version ${version} of ${key} all the same. ` +
    'Nothing was written and the replica stops: reload this page. If it happens again, keep this database and report the fault.',
});

/** BEGIN: a vote of an epoch that this disk has left. */
export const epochLeftError = (key: string, version: number): StoreError => ({
  type: 'store-epoch-closed',
  message:
    `This replica was about to sign version ${version} of ${key} in an epoch that it has left. ` +
    'Nothing was written and the replica stops: reload this page. If it happens again, keep this database and report the fault.',
});

export const epochMarkError = (): StoreError => ({
  type: 'store-failed',
  message:
    'The record "epochs/mark" of this database cannot be read, so nothing is signed. Restore the browser profile, or ask to be let in again with a new member key.',
});

/** A write that follows a failed one is refused, so that what is stored is always a prefix of what was asked for. */
export const afterFailure = (first: StoreError): StoreError =>
  first.type === 'store-failed'
    ? { type: first.type, message: `An earlier write failed, so nothing more is written. ${first.message}` }
    : first;

/** Maps what IndexedDB threw or left in `error` to a StoreError. `what` names the database for the person. */
export function fromDomError(error: unknown, what: string, closed: boolean): StoreError {
  const name = error instanceof Error || error instanceof DOMException ? error.name : 'unknown error';
  const detail = error instanceof Error || error instanceof DOMException ? error.message : String(error);
  if (name === 'QuotaExceededError') {
    return {
      type: 'store-full',
      message: `This browser gives the database of ${what} no more room. Nothing was written. Free disk space or other sites' data, then reload.`,
    };
  }
  // IndexedDB 3.0: a transaction on a closed connection throws InvalidStateError; a forced close aborts the running ones.
  if (closed || name === 'InvalidStateError') return closedError(what);
  return {
    type: 'store-failed',
    message: `The database of ${what} refused (${name}: ${detail}). Nothing was written. Reload this tab; if it happens again, check the disk.`,
  };
}

/** Of opening alone (IndexedDB 3.0: the version that is there is higher than the one that was asked for). Null: another error. */
export const newerError = (error: unknown, what: string): IdentityError | null =>
  error instanceof DOMException && error.name === 'VersionError'
    ? {
        type: 'store-newer',
        message:
          `The database of ${what} belongs to a newer version of this program than this page runs. Nothing was read or changed, and everything is still there. ` +
          'Reload this page to get the newer version. If these words stay, the site serves an older one again: whoever runs it has to put the newer version back.',
      }
    : null;

/** For paths that only read: a closed store stays closed, everything else failed. */
export function toReadError(error: StoreError): StoreReadError {
  return { type: error.type === 'store-closed' ? 'store-closed' : 'store-failed', message: error.message };
}
