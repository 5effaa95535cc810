/**
 * A developer's view of a replica: live, or of a saved file. It knows nothing of the application around it: `source` answers, and `about`,
 * where given, offers files for bug reports.
 */
import { useCallback, useId, useMemo, useState, type ReactElement, type ReactNode } from 'react';
import type { Inspection } from '../../worker/api.ts';
import { formatInstant } from '../format.ts';
import { Links } from './Links.tsx';
import { Errors, Machine, Summary } from './Machine.tsx';
import { OpenReport, type Opened } from './OpenReport.tsx';
import { pageErrors } from './page-errors.ts';
import { CopyContext } from './parts.tsx';
import { SaveReport } from './SaveReport.tsx';
import type { InspectorSource, OwnAbout } from './source.ts';
import { INSPECTOR } from './texts.ts';
import { Trace } from './Trace.tsx';
import { useInspection } from './use-inspection.ts';
import { Votes } from './Votes.tsx';

export interface InspectorProps {
  readonly source: InspectorSource;
  readonly about?: OwnAbout;
}

/** Another source is another replica: nothing of the one before it stays, least of all beside its secrets. */
export const Inspector = (props: InspectorProps): ReactElement => (
  <OfSource key={numberOf(props.source)} {...props} />
);

const numbers = new WeakMap<InspectorSource, number>();
let last = 0;

function numberOf(source: InspectorSource): number {
  const number = numbers.get(source) ?? ++last;
  numbers.set(source, number);
  return number;
}

function OfSource({ source, about }: InspectorProps): ReactNode {
  const [paused, setPaused] = useState(false);
  const [opened, setOpened] = useState<Opened | null>(null);
  const { inspection, failed } = useInspection(source, !paused && opened === null);
  if (opened !== null) {
    const { name, file } = opened;
    return (
      <>
        <div className="inspector-bar">
          <p className="wrap-any" role="status">
            {INSPECTOR.opened(name, file.app.version, file.browser)}
          </p>
          <button type="button" className="btn" onClick={() => setOpened(null)}>
            {INSPECTOR.openClose}
          </button>
        </div>
        <InspectionView
          key="file"
          inspection={file.inspection}
          status={INSPECTOR.frozenAt(formatInstant(file.inspection.at))}
        />
      </>
    );
  }
  if (inspection === null)
    return (
      <p role="status" aria-busy={!failed} className={failed ? 'notice bad' : 'muted'}>
        {failed ? INSPECTOR.failed : INSPECTOR.loading}
      </p>
    );
  const status = failed
    ? INSPECTOR.failed
    : paused
      ? INSPECTOR.pausedAt(formatInstant(inspection.at))
      : INSPECTOR.live;
  return (
    <InspectionView
      key="live"
      inspection={inspection}
      status={status}
      errors={[...inspection.errors, ...pageErrors()]}
      action={
        <button type="button" className="btn" aria-pressed={paused} onClick={() => setPaused(!paused)}>
          {paused ? INSPECTOR.goOn : INSPECTOR.pause}
        </button>
      }
    >
      {about !== undefined && <SaveReport inspection={inspection} about={about} />}
      <OpenReport onOpened={setOpened} />
    </InspectionView>
  );
}

/** One inspection, wherever it came from. */
export function InspectionView({
  inspection,
  status,
  errors = inspection.errors,
  action,
  children,
}: {
  inspection: Inspection;
  /** In words: live, paused, from a file. */
  status: string;
  errors?: Inspection['errors'];
  action?: ReactNode;
  /** What stands at the end. */
  children?: ReactNode;
}): ReactNode {
  const [filter, setFilter] = useState('');
  const [said, setSaid] = useState('');
  const field = useId();
  const copy = useCallback((text: string): void => {
    navigator.clipboard.writeText(text).then(
      () => setSaid(INSPECTOR.copied),
      () => setSaid(INSPECTOR.notCopied),
    );
  }, []);
  const wanted = useMemo(() => filter.trim(), [filter]);
  return (
    <CopyContext value={copy}>
      <div className="inspector-bar">
        {action}
        <p role="status">{status}</p>
        <p role="status" className="muted">
          {said}
        </p>
        <div className="field inspector-field">
          <label htmlFor={field}>{INSPECTOR.filter}</label>
          <input
            id={field}
            className="mono"
            value={filter}
            autoCapitalize="off"
            autoComplete="off"
            spellCheck={false}
            aria-describedby={`${field}-hint`}
            onChange={(event) => setFilter(event.target.value)}
          />
          <span className="hint" id={`${field}-hint`}>
            {INSPECTOR.filterHint}
          </span>
        </div>
      </div>
      <div className="stack inspector">
        <Summary inspection={inspection} />
        <Votes inspection={inspection} filter={wanted} />
        <Links inspection={inspection} />
        <Trace inspection={inspection} filter={wanted} />
        <Machine inspection={inspection} />
        <Errors errors={errors} />
        {children}
      </div>
    </CopyContext>
  );
}
