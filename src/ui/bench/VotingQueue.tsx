import type { ReactNode } from 'react';
import type { NetworkState } from '../../worker/api.ts';
import { shortSscc, ssccOfKey } from '../format.ts';
import { instanceOf } from '../instances.ts';
import { Seal } from '../seal/Seal.tsx';
import { isInspection } from './steps.ts';
import { awaitsWords, BENCH } from './texts.ts';

export interface VotingQueueProps {
  readonly state: NetworkState;
  readonly inFront: string | null;
  readonly onShow: (sessionId: string) => void;
}

/** Sessions of this device that are not finished: those that vote, and those that want their operator back. */
export function VotingQueue({ state, inFront, onShow }: VotingQueueProps): ReactNode {
  const own = state.sessions.filter(isInspection);
  const voting = own.filter((s) => s.status.state === 'voting');
  const waiting = own.filter(
    (s) => s.id !== inFront && (s.status.state === 'conflict' || s.status.state === 'local'),
  );
  return (
    <aside className="queue" aria-labelledby="queue-heading">
      <h2 id="queue-heading">{BENCH.stillVoting(voting.length)}</h2>
      {voting.length + waiting.length === 0 && <p className="muted">{BENCH.nothingVoting}</p>}
      <ul>
        {[...waiting, ...voting].map((session) => {
          const instance = instanceOf(state, session);
          const sscc = ssccOfKey(session.key) ?? session.key;
          const conflict = session.status.state === 'conflict';
          const tally = instance === null ? 'voting' : `${instance.commits} of ${instance.needed}`;
          const words = session.status.state === 'local' ? 'not sent yet' : conflict ? 'conflict' : tally;
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
                    <span className="hidden">Package </span>
                    {shortSscc(sscc)}
                  </b>{' '}
                  <span>{words}</span>{' '}
                  <small>
                    {session.status.state === 'local' || conflict
                      ? 'Waits for you'
                      : awaitsWords(instance, state.members)}
                  </small>
                </span>
              </button>
            </li>
          );
        })}
      </ul>
    </aside>
  );
}
