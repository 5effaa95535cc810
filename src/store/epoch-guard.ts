/**
 * CLOSE and BEGIN at the disk: once a replica's mark says that its epoch is closed, no write adds an own vote for anything but
 * `network/opening`; once it says that the epoch was left, none for anything; once it says that an epoch is begun, none adds an own vote of
 * another epoch. The core keeps both rules; this is asked in
 * the transaction of every vote, so that a fault above cannot put on a disk what would be a second past.
 *
 * What stands in the same batch as the mark was signed before it. A log that is written anew without new votes passes.
 */
import { fail, ok, type Result } from '../codec/result.ts';
import { decodeMark, OPENING_KEY, type EpochMark } from '../codec/epochs.ts';
import type { Vote } from '../codec/vote.ts';
import { epochClosedError, epochLeftError, epochMarkError } from './errors.ts';
import { isBytes } from './shapes.ts';
import type { InstanceLog, StoreError } from './types.ts';

/** Name of the mark among a replica's own records. */
export const EPOCH_MARK = 'epochs/mark';

/** Logs that may be refused: one without own votes is none. */
export function guardedLogs(logs: readonly InstanceLog[]): readonly InstanceLog[] {
  return logs.filter(({ ownVotes }) => ownVotes.length > 0);
}

/** True when it takes the log on the disk to tell whether this one may be written. `mark`: undefined when it is not known. */
export function needsStored(mark: EpochMark | null | undefined, { ownVotes }: InstanceLog): boolean {
  return mark === undefined || (mark !== null && ownVotes.some((vote) => isForbidden(mark, vote)));
}

/** `mark`: as it stands on the disk before the batch; null: epoch 0, open. `stored`: the log of the same key before the batch. */
export function voteRefusal(
  mark: EpochMark | null,
  log: InstanceLog,
  stored: InstanceLog | undefined,
): StoreError | null {
  if (mark === null || !needsStored(mark, log)) return null;
  const known = new Set(stored?.ownVotes.map(nameOf));
  const added = log.ownVotes.find((vote) => isForbidden(mark, vote) && !known.has(nameOf(vote)));
  if (!added) return null;
  return added.epoch === mark.epoch
    ? epochClosedError(added.key, added.version)
    : epochLeftError(added.key, added.version);
}

/** A mark that cannot be read allows nothing. */
export function readMark(record: unknown): Result<EpochMark | null, StoreError> {
  if (record === undefined || record === null) return ok(null);
  if (!isBytes(record)) return fail(epochMarkError());
  const mark = decodeMark(record);
  return mark.ok ? mark : fail(epochMarkError());
}

const isForbidden = (mark: EpochMark, { key, epoch }: Vote): boolean =>
  epoch !== mark.epoch || mark.state === 'left' || (mark.state === 'closed' && key !== OPENING_KEY);

const nameOf = ({ version, round, type, digest, epoch }: Vote): string =>
  `${version} ${round} ${type} ${digest} ${epoch}`;
