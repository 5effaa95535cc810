/** What an operator seldom does with a session: let it rest, or have a second device keep it too. Folded, so that the step stays in sight. */
import { useId, useState, type ReactNode } from 'react';
import type { NetworkState, SessionView } from '../../worker/api.ts';
import { useApi, useNetwork } from '../api-context.tsx';
import { useDeviceNames } from '../devices/use-own-devices.ts';
import { errorText, langOf } from '../errors.ts';
import { mirrorChoices, mirrorOf, type Mirror } from '../organisation.ts';
import { MORE } from './session-texts.ts';
import type { Bench } from './bench-types.ts';

interface Props {
  readonly bench: Bench;
  readonly session: SessionView;
}

export function SessionMore({ bench, session }: Props): ReactNode {
  const state = useNetwork();
  const mirror = mirrorOf(state, session, useDeviceNames());
  return (
    <>
      {mirror?.linked === true && (
        <p className="mirror-line" role="status" data-testid="mirror">
          {MORE.mirrored(mirror.name)}
        </p>
      )}
      <details className="more">
        <summary>{MORE.summary}</summary>
        <div className="stack-tight">
          <button
            type="button"
            className="btn bench"
            disabled={bench.busy !== null}
            onClick={() => void bench.rest()}
          >
            {MORE.pause}
          </button>
          <AlsoOn bench={bench} state={state} mirror={mirror} />
        </div>
      </details>
    </>
  );
}

/** Before the step: without its second device it cannot be taken. */
export function MirrorLost({ bench, session }: Props): ReactNode {
  const state = useNetwork();
  const mirror = mirrorOf(state, session, useDeviceNames());
  if (mirror === null || mirror.linked) return null;
  return (
    <div className="notice warn" role="status" data-testid="mirror">
      <p>{MORE.lost(mirror.name)}</p>
      <button
        type="button"
        className="btn bench"
        disabled={bench.busy !== null}
        onClick={() => void bench.alsoOn(null)}
      >
        {MORE.goOnAlone}
      </button>
    </div>
  );
}

interface AlsoOnProps {
  readonly bench: Bench;
  readonly state: NetworkState;
  readonly mirror: Mirror | null;
}

function AlsoOn({ bench, state, mirror }: AlsoOnProps): ReactNode {
  const name = useId();
  const linked = mirrorChoices(state);
  const choices = mirror === null || mirror.linked ? linked : [mirror, ...linked];
  if (choices.length === 0) return <p className="muted">{MORE.noOther}</p>;
  // Buttons, not radios: each press asks the other device, and what is chosen is what it has answered.
  const choice = (key: string | null, words: string): ReactNode => (
    <button
      key={key ?? ''}
      type="button"
      className="btn bench"
      aria-pressed={(mirror?.key ?? null) === key}
      disabled={bench.busy !== null}
      onClick={() => void bench.alsoOn(key)}
    >
      {words}
    </button>
  );
  return (
    <>
      <div className="couriers" role="group" aria-labelledby={name} data-testid="also-on">
        <p id={name} className="more-text">
          {MORE.alsoOn}
        </p>
        {choice(null, MORE.onlyHere)}
        {choices.map((one) => choice(one.key, one.linked ? one.name : MORE.away(one.name)))}
      </div>
      {mirror !== null && (
        <NextToo key={mirror.key} device={mirror.key} isSet={state.mirrorTo === mirror.key} />
      )}
    </>
  );
}

function NextToo({ device, isSet }: { device: string; isSet: boolean }): ReactNode {
  const api = useApi();
  /** What was pressed, until the replica answers. */
  const [wanted, setWanted] = useState<boolean | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const set = async (on: boolean): Promise<void> => {
    setWanted(on);
    const done = await api.setMirror(on ? device : null).catch(() => null);
    setWanted(null);
    setProblem(done === null ? MORE.notChosen : done.ok ? null : errorText(done.error));
  };
  return (
    <>
      <label className="tick">
        <input
          type="checkbox"
          checked={wanted ?? isSet}
          onChange={(event) => void set(event.currentTarget.checked)}
        />
        {MORE.nextToo}
      </label>
      {problem !== null && (
        <p className="notice bad" role="alert" lang={langOf(problem)}>
          {problem}
        </p>
      )}
    </>
  );
}
