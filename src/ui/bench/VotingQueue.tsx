import type { ReactNode } from 'react';
import type { NetworkState, SessionView } from '../../worker/api.ts';
import { formatTime, shortSscc, ssccOfKey } from '../format.ts';
import { instanceOf } from '../instances.ts';
import { Seal } from '../seal/Seal.tsx';
import { QUEUE } from './session-texts.ts';
import { isFinished, isInspection } from './steps.ts';
import { awaitsWords, BENCH } from './texts.ts';

export interface VotingQueueProps {
  readonly state: NetworkState;
  readonly inFront: string | null;
  /** Sessions whose end the person at this browser has seen. */
  readonly seen: readonly string[];
  readonly onShow: (sessionId: string) => void;
}

/** Sessions of this device that are not finished: those that vote, those that want their operator back, and refusals that nobody has read. */
export function VotingQueue({ state, inFront, seen, onShow }: VotingQueueProps): ReactNode {
  const own = state.sessions.filter(isInspection);
  const voting = own.filter((s) => s.status.state === 'voting');
  const waiting = own.filter(
    (s) =>
      s.id !== inFront && (s.status.state === 'conflict' || s.status.state === 'local' || isNews(s, seen)),
  );
  return (
    <section aria-labelledby="queue-heading">
      <h2 id="queue-heading">{BENCH.stillVoting(voting.length)}</h2>
      {voting.length + waiting.length === 0 && <p className="muted">{BENCH.nothingVoting}</p>}
      <ul>
        {[...waiting, ...voting].map((session) => {
          const instance = instanceOf(state, session);
          const [words, more] = wordsOf(session, state);
          return (
            <li key={session.id}>
              <button
                type="button"
                className="queue-item"
                onClick={() => onShow(session.id)}
                aria-current={session.id === inFront ? 'true' : undefined}
              >
                {instance !== null && (
                  <Seal seal={instance.seal} members={state.members} size={48} decorative live />
                )}
                <span>
                  <b>
                    <span className="hidden">{BENCH.package} </span>
                    <bdi>{shortSscc(ssccOfKey(session.key) ?? session.key)}</bdi>
                  </b>{' '}
                  <span>{words}</span> <small>{more}</small>
                </span>
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

const isNews = (session: SessionView, seen: readonly string[]): boolean =>
  session.status.state === 'rejected' && !seen.includes(session.id);

/** How it stands, and what it waits for. */
function wordsOf(session: SessionView, state: NetworkState): readonly [string, string] {
  if (session.status.state === 'conflict') return [QUEUE.conflict, QUEUE.you];
  if (session.status.state === 'rejected') return [QUEUE.rejected, QUEUE.look];
  if (session.status.state === 'local') {
    if (session.pausedAt !== undefined) return [QUEUE.paused, QUEUE.since(formatTime(session.pausedAt))];
    return isFinished(session) ? [QUEUE.finished, QUEUE.notSent] : [QUEUE.open, QUEUE.you];
  }
  const instance = instanceOf(state, session);
  return [
    instance === null ? QUEUE.voting : QUEUE.signed(instance.commits, instance.needed),
    awaitsWords(instance, state.members),
  ];
}
