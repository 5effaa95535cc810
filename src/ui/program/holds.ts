/** What in a network's state a newer version of the program waits for. */
import type { NetworkState } from '../../worker/api.ts';
import { isFinished } from '../bench/steps.ts';

/**
 * A session with steps to take. One that rests, or that is finished and waits to be sent, is on the disk and in nobody's hands. Under rules
 * that this program does not know no session can be worked, and none by a replica that has stopped: both wait for the newer program, not the
 * other way round.
 */
export function inSession(state: Pick<NetworkState, 'sessions' | 'epoch' | 'standing'>): boolean {
  if (state.standing.kind === 'stopped') return false;
  const { rulesVersion, programRules } = state.epoch;
  if (programRules !== undefined && rulesVersion > programRules) return false;
  return state.sessions.some(
    (one) => one.status.state === 'local' && one.pausedAt === undefined && !isFinished(one),
  );
}

/** How far the own votes under way are, as a text that is another when anything moved; null: there are none. */
export function votesUnderWay(state: Pick<NetworkState, 'sessions' | 'instances'>): string | null {
  const voting = state.sessions.filter((one) => one.status.state === 'voting').map((one) => one.id);
  const open = state.instances.map(({ key, version, round, preCommits, commits }) =>
    [key, version, round, preCommits, commits].join(' '),
  );
  return voting.length + open.length === 0 ? null : JSON.stringify([voting, open]);
}
