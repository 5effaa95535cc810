import { useState, type ReactNode } from 'react';
import { useApi, useNetwork } from '../api-context.tsx';
import { voteSentence } from '../bench/texts.ts';
import { instanceOf } from '../instances.ts';
import { StatusBadge } from './StatusBadge.tsx';
import type { Action } from './use-action.ts';

/** What became of an action: awaited, refused with its reason, or a session whose badge follows the vote. */
export function ActionOutcome({ action, done }: { action: Action; done: string }): ReactNode {
  return (
    <div className="stack-tight outcome" data-testid="action-outcome">
      {action.busy !== null && (
        <p className="busy" role="status">
          {action.busy}…
        </p>
      )}
      {action.failure !== null && (
        <div className="notice bad" role="alert" data-type={action.failure.type}>
          <p>{action.failure.message}</p>
          {action.failure.sessionId !== undefined && (
            <PutAway sessionId={action.failure.sessionId} onDone={() => action.clear()} />
          )}
        </div>
      )}
      {action.session !== null && <SessionOutcome action={action} done={done} />}
    </div>
  );
}

function SessionOutcome({ action, done }: { action: Action; done: string }): ReactNode {
  const state = useNetwork();
  const given = action.session!;
  const session = state.sessions.find((one) => one.id === given.id) ?? given;
  const { status } = session;
  const instance = instanceOf(state, session);
  return (
    <div className="notice" role="status">
      <p className="row">
        <StatusBadge
          status={status}
          seal={instance?.seal ?? null}
          members={state.members}
          tally={instance === null ? null : { commits: instance.commits, needed: instance.needed }}
        />
        <b>{status.state === 'committed' ? done : ''}</b>
      </p>
      {status.state === 'voting' && (
        <p>
          {instance === null ? 'Waiting for the members to answer.' : voteSentence(instance, state.members)}{' '}
          {state.here < state.q && 'It is saved on this device and goes on by itself when they are back.'}
        </p>
      )}
      {status.state === 'conflict' && (
        <>
          <p>
            Someone else changed this first, so nothing of this was entered. {status.message} Put it away, and
            look at the new record before you do it again.
          </p>
          <PutAway sessionId={session.id} onDone={() => action.clear()} />
        </>
      )}
      {status.state === 'rejected' && (
        <p>
          The members will not sign this. Rule {status.rule}: {status.message}
        </p>
      )}
    </div>
  );
}

/** Ends a session that is open on the same thing, so that this one can begin. */
function PutAway({ sessionId, onDone }: { sessionId: string; onDone: () => void }): ReactNode {
  const api = useApi();
  const [problem, setProblem] = useState<string | null>(null);
  const putAway = async (): Promise<void> => {
    const ended = await api.abandon(sessionId);
    if (ended.ok) onDone();
    else setProblem(ended.error.message);
  };
  return (
    <>
      <div className="row">
        <button
          type="button"
          className="btn"
          onClick={() =>
            void putAway().catch(() => setProblem('The replica did not answer. Reload this page.'))
          }
        >
          Put that session away
        </button>
      </div>
      {problem !== null && <p className="bad">{problem}</p>}
    </>
  );
}
