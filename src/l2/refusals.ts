/** Why a session takes no more of something, in the words that an operator reads. */
import { fail, type Result } from '../codec/result.ts';
import type { HeldSession } from './stored.ts';
import type { SessionError, SessionErrorType, SessionView } from './types.ts';

export const refuse = (type: SessionErrorType, message: string): Promise<Result<never, SessionError>> =>
  Promise.resolve(fail({ type, message }));

const STATE_WORDS: Record<SessionView['status']['state'], string> = {
  local: 'open',
  voting: 'being voted on',
  committed: 'committed',
  conflict: 'in conflict with a newer version; continue on it or abandon it first',
  rejected: 'rejected',
  abandoned: 'abandoned',
};

export const closed = (held: HeldSession, what: string): Promise<Result<never, SessionError>> =>
  refuse('session-closed', `The session on ${held.key} ${what}: it is ${STATE_WORDS[held.status.state]}.`);

export const paused = (held: HeldSession): Promise<Result<never, SessionError>> =>
  refuse('session-paused', `The session on ${held.key} rests. Continue it first.`);
