/** Sessions of the organisation's other devices that this one has run too, and could go on with. */
import type { ReactNode } from 'react';
import type { MirroredSessionView, NetworkState } from '../../worker/api.ts';
import { formatTime, shortSscc, ssccOfKey } from '../format.ts';
import { holderName } from '../organisation.ts';
import { Dialog } from '../parts/Dialog.tsx';
import { serviceName } from '../step-words.ts';
import { MIRRORED } from './session-texts.ts';
import { BENCH } from './texts.ts';
import { LaterScans } from './BlockingError.tsx';
import type { Bench } from './bench-types.ts';

interface Props {
  readonly state: NetworkState;
  readonly bench: Bench;
}

export function MirroredHere({
  state,
  bench,
  onAsk,
}: Props & { readonly onAsk: (sessionId: string) => void }): ReactNode {
  // Those whose device is gone first: somebody may be waiting for them.
  const list = [...state.mirrored].sort((a, b) => Number(a.linked) - Number(b.linked));
  if (list.length === 0) return null;
  return (
    <section className="mirrored-here" aria-labelledby="mirrored-heading" data-testid="mirrored-here">
      <h2 id="mirrored-heading">{MIRRORED.heading}</h2>
      <ul className="mirrored-list">
        {list.map((one) => (
          <li key={one.sessionId} className="mirrored">
            <p>
              <b>
                <span className="hidden">{BENCH.package} </span>
                <bdi>{nameOf(one)}</bdi>
              </b>{' '}
              <span>{standing(one)}</span>{' '}
              <small>
                {MIRRORED.at(holderName(state, one), one.operator)}{' '}
                <span className={one.linked ? undefined : 'warn strong'}>
                  {one.linked ? MIRRORED.linked : MIRRORED.away}
                </span>
              </small>
            </p>
            <button
              type="button"
              className={one.linked ? 'btn bench' : 'btn bench on'}
              disabled={bench.busy !== null}
              onClick={() => onAsk(one.sessionId)}
            >
              {MIRRORED.takeOver}
              <span className="hidden"> {nameOf(one)}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

interface TakeOverProps extends Props {
  /** The session whose “Take over” was pressed. */
  readonly asked: string | null;
  readonly onClose: () => void;
}

/** The question before it. Outside of the list, which moves on the page when its device's link goes up or down. */
export function TakeOver({ state, bench, asked, onClose }: TakeOverProps): ReactNode {
  const chosen = state.mirrored.find((one) => one.sessionId === asked) ?? null;
  return (
    <Dialog
      open={chosen !== null}
      title={chosen === null ? '' : MIRRORED.askTitle(nameOf(chosen))}
      onClose={onClose}
    >
      {chosen !== null && (
        <>
          <p>{MIRRORED.kept(chosen.steps, serviceName(chosen.lastStep))}</p>
          <p>{(chosen.linked ? MIRRORED.asked : MIRRORED.askedLost)(holderName(state, chosen))}</p>
          <LaterScans paused={bench.paused} />
          <div className="pair">
            <button
              type="button"
              className="btn bench main"
              onClick={() => {
                onClose();
                void bench.takeOver(chosen.sessionId);
              }}
            >
              {MIRRORED.takeOver}
            </button>
            <button type="button" className="btn bench" onClick={onClose}>
              {MIRRORED.leave}
            </button>
          </div>
        </>
      )}
    </Dialog>
  );
}

const nameOf = ({ key }: MirroredSessionView): string => shortSscc(ssccOfKey(key) ?? key);

const standing = ({ voting, lastStep, lastStepAt }: MirroredSessionView): string =>
  voting ? MIRRORED.sent : MIRRORED.last(serviceName(lastStep), formatTime(lastStepAt));
