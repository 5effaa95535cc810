/** What the steps of the bench share. */
import type { KeyboardEvent, MouseEvent, ReactNode } from 'react';
import type { PackageDetail, PackageRecord, SessionView } from '../../worker/api.ts';
import { ssccOfKey } from '../format.ts';
import { Sscc } from '../parts/words.tsx';
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

interface MainActionProps {
  readonly disabled?: boolean;
  readonly onPress: () => void;
  readonly children: ReactNode;
}

/**
 * A press on what ends a step: the next one's action comes under the same finger, so that a glove's second tap, or an Enter that is held
 * down, would answer for a person who has not read it. A browser counts the taps of one place in `detail`.
 */
export function once(press: () => void): {
  onClick(event: MouseEvent): void;
  onKeyDown(event: KeyboardEvent): void;
} {
  return {
    onClick(event) {
      if (event.detail <= 1) press();
    },
    onKeyDown(event) {
      if (event.repeat) event.preventDefault();
    },
  };
}

/** The one action, at the bottom edge whatever the step. */
export function MainAction({ disabled = false, onPress, children }: MainActionProps): ReactNode {
  return (
    <div className="bench-act">
      <button type="button" className="btn bench main wide" disabled={disabled} {...once(onPress)}>
        {children}
      </button>
    </div>
  );
}

/** On steps that need no scan the scanner is still heard: a band says so. */
export function ScannerBand({ children }: { children: ReactNode }): ReactNode {
  return <p className="band">{children}</p>;
}

/** Where a session has nothing more to do here: the scanner is heard, and the action is the next package. */
export function NextPackage({ bench }: { bench: Bench }): ReactNode {
  return (
    <>
      <ScannerBand>{BENCH.bandNext}</ScannerBand>
      <MainAction onPress={() => bench.next()}>{BENCH.nextPackage}</MainAction>
    </>
  );
}

export function PutAwayButton({ bench }: { bench: Bench }): ReactNode {
  return (
    <button
      type="button"
      className="btn bench"
      disabled={bench.busy !== null}
      {...once(() => void bench.putAway())}
    >
      {BENCH.putAway}
    </button>
  );
}

/** Which package the session is about; nothing where its key is no package's. */
export function PackageLine({ session }: { session: SessionView }): ReactNode {
  const sscc = ssccOfKey(session.key);
  return sscc === null ? null : (
    <p>
      {BENCH.package} <Sscc value={sscc} />
    </p>
  );
}

export function UndoButton({ bench, session }: { bench: Bench; session: SessionView }): ReactNode {
  return (
    <div className="pair">
      <button
        type="button"
        className="btn bench"
        disabled={!canUndo(session) || bench.busy !== null}
        {...once(() => void bench.undo())}
      >
        {BENCH.undo}
      </button>
      <PutAwayButton bench={bench} />
    </div>
  );
}
