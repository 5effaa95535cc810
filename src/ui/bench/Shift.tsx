/** Finished sessions that wait to be sent, all with one press: a shift that was offline. */
import { useState, type ReactNode } from 'react';
import type { NetworkState } from '../../worker/api.ts';
import { langOf } from '../errors.ts';
import { shortSscc, ssccOfKey } from '../format.ts';
import { SHIFT } from './session-texts.ts';
import { readyToSend } from './steps.ts';
import type { Bench, NotSent } from './bench-types.ts';

export function Shift({ state, bench }: { state: NetworkState; bench: Bench }): ReactNode {
  const [notSent, setNotSent] = useState<readonly NotSent[]>([]);
  const [silent, setSilent] = useState(false);
  const ready = readyToSend(state.sessions);
  if (ready.length === 0) return null;
  // As of the last press; some may have been sent or put away since.
  const failed = notSent.filter(({ session }) => ready.some((one) => one.id === session.id));
  const send = async (): Promise<void> => {
    setNotSent([]);
    setSilent(false);
    const left = await bench.sendAll(ready);
    setNotSent(left ?? []);
    setSilent(left === null);
  };
  return (
    <section aria-labelledby="shift-heading" data-testid="shift">
      <h2 id="shift-heading">{SHIFT.heading(ready.length)}</h2>
      {state.here < state.q && <p className="shift-text">{SHIFT.offline(state.here, state.q)}</p>}
      <button
        type="button"
        className="btn bench wide"
        disabled={bench.busy !== null}
        onClick={() => void send()}
      >
        {SHIFT.all(ready.length)}
      </button>
      {silent && (
        <p className="notice bad" role="alert" lang={langOf(SHIFT.silent)}>
          {SHIFT.silent}
        </p>
      )}
      {failed.length > 0 && (
        <div className="notice bad" role="alert">
          <p>{SHIFT.failed(failed.length)}</p>
          <ul className="stack-tight">
            {failed.map(({ session, message }) => (
              <li key={session.id}>
                <b>
                  <bdi>{shortSscc(ssccOfKey(session.key) ?? session.key)}</bdi>
                </b>{' '}
                {message}
              </li>
            ))}
          </ul>
        </div>
      )}
    </section>
  );
}
