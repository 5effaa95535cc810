/** The file for a bug report: shown whole before it is saved. */
import { useState, type ReactNode } from 'react';
import type { Inspection } from '../../worker/api.ts';
import { claimedNow } from '../clock.ts';
import { downloadBytes } from '../download.ts';
import { formatBytes, formatNumber } from '../format.ts';
import { Dialog } from '../parts/Dialog.tsx';
import { pageErrors } from './page-errors.ts';
import { Part } from './parts.tsx';
import { makeReport, type MadeReport } from './report.ts';
import type { OwnAbout } from './source.ts';
import { INSPECTOR } from './texts.ts';

export function SaveReport({ inspection, about }: { inspection: Inspection; about: OwnAbout }): ReactNode {
  const [made, setMade] = useState<MadeReport | null>(null);
  const [said, setSaid] = useState<{ readonly text: string; readonly bad: boolean } | null>(null);
  const look = async (): Promise<void> => {
    setSaid(null);
    const { app: name, version, build = null, tailOf = () => '' } = about;
    try {
      setMade(
        makeReport({
          inspection,
          pageErrors: pageErrors(),
          app: { name, version, build },
          browser: navigator.userAgent,
          madeAt: new Date(claimedNow()),
          // Where they cannot be told, nothing is saved: an exception might name one.
          secrets: (await about.secrets?.()) ?? [],
          tailOf,
        }),
      );
    } catch {
      setSaid({ text: INSPECTOR.reportFailed, bad: true });
    }
  };
  const save = (): void => {
    if (made === null) return;
    const name = `countersign-inspection-${made.file.madeAt.slice(0, 19).replaceAll(':', '-')}.json`;
    downloadBytes(new TextEncoder().encode(made.text), name, 'application/json');
    setMade(null);
    setSaid({ text: INSPECTOR.reportSaved(name), bad: false });
  };
  return (
    <Part title={INSPECTOR.report} name="report">
      <p>{INSPECTOR.reportText}</p>
      <p className="row">
        <button type="button" className="btn" onClick={() => void look()}>
          {INSPECTOR.reportLook}
        </button>
      </p>
      <p role="status" className={said?.bad ? 'notice bad' : 'muted wrap-any'}>
        {said?.text}
      </p>
      <Dialog open={made !== null} title={INSPECTOR.reportTitle} onClose={() => setMade(null)}>
        {made !== null && <Preview made={made} onSave={save} onClose={() => setMade(null)} />}
      </Dialog>
    </Part>
  );
}

function Preview({
  made: { file, text },
  onSave,
  onClose,
}: {
  made: MadeReport;
  onSave: () => void;
  onClose: () => void;
}): ReactNode {
  const { events, votes } = file.left;
  return (
    <>
      <ul className="inspector-holds">
        {INSPECTOR.reportHolds.map((one) => (
          <li key={one}>{one}</li>
        ))}
      </ul>
      <p className="strong">{INSPECTOR.reportNotIn}</p>
      <p>{INSPECTOR.reportSize(formatBytes(new TextEncoder().encode(text).length))}</p>
      {events + votes > 0 && <p>{INSPECTOR.reportLeft(formatNumber(events), formatNumber(votes))}</p>}
      <pre
        className="inspector-file mono"
        tabIndex={0}
        role="group"
        aria-label={INSPECTOR.reportContents}
        data-testid="inspector-file"
      >
        {text}
      </pre>
      <div className="row">
        <button type="button" className="btn main" onClick={onSave}>
          {INSPECTOR.reportSave}
        </button>
        <button type="button" className="btn" onClick={onClose}>
          {INSPECTOR.close}
        </button>
      </div>
    </>
  );
}
