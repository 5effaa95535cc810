/** The button that opens the camera, the panel that it opens, and words where there is no camera; a page puts them where it has room. */
import { useState, type ComponentType, type ReactNode } from 'react';
import type { CameraProblem } from './camera.ts';
import type { CameraScannerProps } from './CameraScanner.tsx';
import { CAMERA_PROBLEMS, SCAN } from './texts.ts';

export interface CameraButtonOptions extends Pick<
  CameraScannerProps,
  'wanted' | 'taken' | 'onCode' | 'paused'
> {
  /** The other ways in, as one sentence: they are named where the camera cannot be used. */
  readonly otherwise: string;
  /** The camera stays on after a code. */
  readonly stays?: boolean;
  /** Of the button, where it is not the bench's: `name` is for those who hear it alone. */
  readonly look?: { readonly className: string; readonly words: string; readonly name: string };
}

export interface CameraButton {
  readonly open: boolean;
  /** Nothing while the panel is open, which has its own button to close it. */
  readonly button: ReactNode;
  readonly panel: ReactNode;
}

/** Loaded when it is first used, or ahead of that (src/ui/preload.ts). */
export const loadCameraScanner = () => import('./CameraScanner.tsx');

export function useCameraButton({
  otherwise,
  stays = false,
  look,
  ...scanner
}: CameraButtonOptions): CameraButton {
  const [open, setOpen] = useState(false);
  const [problem, setProblem] = useState<CameraProblem | null>(null);
  const [Scanner, setScanner] = useState<ComponentType<CameraScannerProps> | null>(null);
  const fail = (which: CameraProblem): void => {
    setOpen(false);
    setProblem(which);
  };
  const start = (): void => {
    setProblem(null);
    setOpen(true);
    loadCameraScanner().then(
      (loaded) => setScanner(() => loaded.default),
      () => fail('decoder-missing'),
    );
  };
  const button = !open && (
    <button type="button" className={look?.className ?? 'btn bench'} aria-label={look?.name} onClick={start}>
      {look?.words ?? SCAN.use}
    </button>
  );
  const panel = (
    <>
      {open && Scanner !== null && (
        <Scanner
          {...scanner}
          onCode={(code) => {
            if (!stays) setOpen(false);
            scanner.onCode(code);
          }}
          onClose={() => setOpen(false)}
          onProblem={fail}
        />
      )}
      {problem !== null && (
        <div className="notice bad" role="alert" data-testid="camera-problem" data-problem={problem}>
          <p>{CAMERA_PROBLEMS[problem]}</p>
          <p>{otherwise}</p>
        </div>
      )}
    </>
  );
  return { open, button, panel };
}
