/** Of the settings: which build this is, how to compare it, whether it starts offline, and a newer one that waits. */
import { useId, useState, type ReactNode } from 'react';
import { useCopy } from '../parts/use-copy.ts';
import { MAX_DIGEST_TEXT } from '../limits.ts';
import { compareDigest } from './compare.ts';
import { TakeNow } from './ProgramBanner.tsx';
import { useProgramState } from './program-context.tsx';
import { buildWords, digestGroups, heldWords, offlineWords, PROGRAM } from './texts.ts';

export function ProgramPart(): ReactNode {
  const state = useProgramState();
  if (state === null) return null;
  const { build, update } = state;
  return (
    <section className="sheet" aria-labelledby="program-heading">
      <h2 id="program-heading">{PROGRAM.title}</h2>
      <div className="stack">
        <dl className="facts">
          <dt>{PROGRAM.version}</dt>
          <dd>{state.version}</dd>
          <dt>{PROGRAM.build}</dt>
          <dd>
            {typeof build !== 'string' && (
              <bdi className="mono" data-testid="build-digest">
                {digestGroups(build.digest)}
              </bdi>
            )}{' '}
            {buildWords(build)}
          </dd>
          <dt>{PROGRAM.offline}</dt>
          <dd data-testid="offline-words">{offlineWords(state.offline)}</dd>
        </dl>
        {typeof build !== 'string' && <Compare digest={build.digest} />}
        {(update === 'ready' || update === 'taking') && (
          <div className="notice" data-testid="update-words">
            <p>
              <b>{update === 'taking' ? PROGRAM.taking : PROGRAM.ready}</b>{' '}
              {update === 'ready' && <span>{heldWords(state.held) ?? PROGRAM.readyBy}</span>}
            </p>
            {update === 'ready' && <TakeNow />}
          </div>
        )}
      </div>
    </section>
  );
}

function Compare({ digest }: { digest: string }): ReactNode {
  const [other, setOther] = useState('');
  const { said, copy } = useCopy(digest);
  const field = useId();
  const outcome = compareDigest(digest, other);
  return (
    <>
      <p className="muted">{PROGRAM.why}</p>
      <div className="row">
        <button type="button" className="btn" onClick={() => void copy()}>
          {PROGRAM.copy}
        </button>
        <p role="status">{said}</p>
      </div>
      <div className="field">
        <label htmlFor={field}>{PROGRAM.compareLabel}</label>
        <input
          id={field}
          className="mono"
          dir="ltr"
          value={other}
          maxLength={MAX_DIGEST_TEXT}
          autoComplete="off"
          spellCheck={false}
          data-holds-no-update=""
          aria-describedby={`${field}-hint`}
          onChange={(event) => setOther(event.currentTarget.value)}
        />
        <p id={`${field}-hint`} className="hint">
          {PROGRAM.compareHint}
        </p>
      </div>
      <p role="status" data-testid="build-compared">
        {outcome === null ? '' : PROGRAM[outcome]}
      </p>
    </>
  );
}
