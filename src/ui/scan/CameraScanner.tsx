/** The camera as a scanner: its picture, the choice of camera, its light, and words for what is not taken. */
import { useEffect, useId, useRef, useState, type ReactNode } from 'react';
import type { CameraProblem } from './camera.ts';
import type { Wanted } from './decoder-messages.ts';
import type { Taken } from './sight.ts';
import { SCAN, sightWords } from './texts.ts';
import { useCamera, type CameraView } from './use-camera.ts';
import '../styles/scan.css';

export interface CameraScannerProps {
  readonly wanted: Wanted;
  readonly taken: Taken;
  /** A code with a right check digit on which two looks agree, its kind of barcode (`]C1`) in front. */
  readonly onCode: (code: string) => void;
  readonly onClose: () => void;
  /** The camera cannot be used; the panel is to be closed. */
  readonly onProblem: (problem: CameraProblem) => void;
  readonly paused?: boolean;
}

export default function CameraScanner(props: CameraScannerProps): ReactNode {
  const { wanted, taken, onCode, onClose, onProblem, paused = false } = props;
  const video = useRef<HTMLVideoElement>(null);
  const panel = useRef<HTMLElement>(null);
  const [refused, setRefused] = useState<string | null>(null);
  const view = useCamera({
    video,
    active: true,
    wanted,
    taken,
    paused,
    onProblem,
    onVerdict(verdict) {
      setRefused(sightWords(verdict));
      if (verdict.kind === 'take') onCode(verdict.code);
    },
  });
  useEffect(() => {
    // In braces: newer browsers give a promise, which is no way to clean up.
    void panel.current?.scrollIntoView({ block: 'nearest' });
  }, []);
  const aim = wanted === 'qr' ? SCAN.aimCode : SCAN.aimLabel;
  return (
    <section
      ref={panel}
      className="camera-panel"
      aria-label={SCAN.panel}
      data-testid="camera"
      data-state={view.state}
    >
      <video ref={video} className="camera" muted playsInline aria-label={SCAN.sees} />
      <p role="status" className={refused === null ? 'muted' : 'notice warn'} data-testid="camera-says">
        {view.state === 'starting' ? SCAN.starting : (refused ?? aim)}
      </p>
      <Controls view={view} onClose={onClose} />
    </section>
  );
}

function Controls({ view, onClose }: { view: CameraView; onClose: () => void }): ReactNode {
  const choice = useId();
  return (
    <div className="camera-controls">
      {view.cameras.length > 1 && (
        <div className="field">
          <label htmlFor={choice}>{SCAN.choose}</label>
          <select
            id={choice}
            value={view.current ?? ''}
            onChange={(event) => view.choose(event.currentTarget.value)}
          >
            {view.cameras.map(({ id, label }, i) => (
              <option key={id} value={id}>
                {label === '' ? SCAN.camera(i + 1) : label}
              </option>
            ))}
          </select>
        </div>
      )}
      {view.torch !== null && (
        <button type="button" className="btn bench" onClick={() => view.light(view.torch === false)}>
          {view.torch ? SCAN.lightOff : SCAN.lightOn}
        </button>
      )}
      <button type="button" className="btn bench" onClick={onClose}>
        {SCAN.stop}
      </button>
    </div>
  );
}
