/** What the steps of the bench share. */
import type { ReactNode } from 'react';
import type { PackageDetail, PackageRecord, SessionView } from '../../worker/api.ts';
import { canUndo } from './steps.ts';
import { BENCH } from './texts.ts';
import type { Bench } from './bench-types.ts';

export interface StepProps {
  readonly bench: Bench;
  /** Working copy of the session in front. */
  readonly record: PackageRecord | null;
  /** The certified package, once fetched. */
  readonly detail: PackageDetail | null;
}

/** The one action, at the bottom edge whatever the step. */
export function MainAction({ children }: { children: ReactNode }): ReactNode {
  return <div className="bench-act">{children}</div>;
}

/** On steps that need no scan the scanner is still heard: a band says so. */
export function ScannerBand({ children }: { children: ReactNode }): ReactNode {
  return <p className="band">{children}</p>;
}

export function UndoButton({ bench, session }: { bench: Bench; session: SessionView }): ReactNode {
  return (
    <div className="pair">
      <button
        type="button"
        className="btn bench"
        disabled={!canUndo(session)}
        onClick={() => void bench.undo()}
      >
        {BENCH.undo}
      </button>
      <button type="button" className="btn bench" onClick={() => void bench.putAway()}>
        {BENCH.putAway}
      </button>
    </div>
  );
}
