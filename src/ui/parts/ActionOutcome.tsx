import { useState, type ReactNode } from 'react';
import { useApi, useNetwork } from '../api-context.tsx';
import { voteSentence } from '../bench/texts.ts';
import { errorText, langOf } from '../errors.ts';
import { instanceOf } from '../instances.ts';
import { StatusBadge } from './StatusBadge.tsx';
import { ACTION } from './texts.ts';
import type { Action } from './use-action.ts';

/** What became of an action: awaited, refused with its reason, or a session whose badge follows the vote. */
export function ActionOutcome({ action, done }: { action: Action; done: string }): ReactNode {
  return (
    // The region is there before its words: a screen reader tells only what changes in one.
    <div className="stack-tight outcome" data-testid="action-outcome" aria-live="polite">
      {action.busy !== null && <p className="busy">{ACTION.busy(action.busy)}</p>}
      {action.failure !== null && (
        <div className="notice bad" role="alert" data-type={action.failure.type}>
          <p lang={langOf(action.failure.message)}>{action.failure.message}</p>
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
    <div className="notice">
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
          {instance === null ? ACTION.waiting : voteSentence(instance, state.members)}{' '}
          {state.here < state.q && ACTION.kept}
        </p>
      )}
      {status.state === 'conflict' && (
        <>
          <p>{ACTION.conflict(errorText({ type: 'conflict', message: status.message }))}</p>
          <PutAway sessionId={session.id} onDone={() => action.clear()} />
        </>
      )}
      {status.state === 'rejected' && (
        <p>{ACTION.rejected(status.rule, errorText({ type: status.rule, message: status.message }))}</p>
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
    else setProblem(errorText(ended.error));
  };
  return (
    <>
      <div className="row">
        <button
          type="button"
          className="btn"
          onClick={() => void putAway().catch(() => setProblem(ACTION.noAnswer))}
        >
          {ACTION.putAway}
        </button>
      </div>
      {problem !== null && <p className="bad">{problem}</p>}
    </>
  );
}
