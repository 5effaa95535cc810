/** On the page of a member that observes, because its vote log is not the one that the others know. */
import type { ReactNode } from 'react';
import type { NetworkState } from '../../worker/api.ts';
import { useApi } from '../api-context.tsx';
import { CallOutcome } from './CallOutcome.tsx';
import { MEMBERS } from './texts.ts';
import { useChange } from './use-change.ts';
import { keyFingerprint } from './words.ts';

export function LetInAgain({ state }: { state: NetworkState }): ReactNode {
  const api = useApi();
  const call = useChange();
  const { again } = state.epoch;
  if (again === null || again === undefined) return null;
  return (
    <section className="sheet" aria-labelledby="again-heading" data-testid="again">
      <h2 id="again-heading">{MEMBERS.again}</h2>
      <div className="stack">
        <p>{again === 'asking' ? MEMBERS.againAsking : MEMBERS.againText}</p>
        {state.members.every(({ self, here }) => self || !here) && (
          <p className="muted">{MEMBERS.againElsewhere}</p>
        )}
        {again === 'asking' && (
          <p>
            {MEMBERS.againFingerprint}{' '}
            <span className="mono fingerprint" dir="ltr">
              {keyFingerprint(state.profile)}
            </span>
          </p>
        )}
        {again === 'possible' && (
          <div className="row">
            <button
              type="button"
              className="btn main"
              disabled={call.busy !== null}
              onClick={() => void call.run(MEMBERS.againBusy, () => api.askAgain())}
            >
              {MEMBERS.againAction}
            </button>
          </div>
        )}
        <CallOutcome call={call} />
      </div>
    </section>
  );
}
