/** The camera while it is wanted: its picture in a video element, and looks at it for codes. Hidden or left, it is switched off. */
import { useCallback, useEffect, useEffectEvent, useRef, useState, type RefObject } from 'react';
import { CAMERA_PERIOD_MS } from '../limits.ts';
import {
  hasTorch,
  listCameras,
  openCamera,
  problemOf,
  rememberCamera,
  stopCamera,
  switchTorch,
  type CameraChoice,
  type CameraProblem,
} from './camera.ts';
import { decoder } from './decoder.ts';
import type { Wanted } from './decoder-messages.ts';
import { pictureOf } from './picture.ts';
import { EMPTY_SIGHT, judge, look, untold, type Taken, type Verdict } from './sight.ts';

export interface CameraOptions {
  readonly video: RefObject<HTMLVideoElement | null>;
  readonly active: boolean;
  readonly wanted: Wanted;
  readonly taken: Taken;
  /** No code is told while this is true; one that is still in sight is told afterwards, unless it was before. */
  readonly paused: boolean;
  readonly onVerdict: (verdict: Verdict) => void;
  readonly onProblem: (problem: CameraProblem) => void;
}

export interface CameraView {
  readonly state: 'starting' | 'running';
  readonly cameras: readonly CameraChoice[];
  readonly current: string | null;
  /** Null: this camera has no light that can be switched. */
  readonly torch: boolean | null;
  choose(id: string): void;
  light(on: boolean): void;
}

export function useCamera(options: CameraOptions): CameraView {
  const { video, active, wanted } = options;
  const [asked, setAsked] = useState<string | null>(null);
  const [running, setRunning] = useState<{ id: string; torch: boolean | null } | null>(null);
  const [cameras, setCameras] = useState<readonly CameraChoice[]>([]);
  const visible = useVisible();
  const stream = useRef<MediaStream | null>(null);
  const sight = useRef(EMPTY_SIGHT);

  const failed = useEffectEvent((problem: CameraProblem) => options.onProblem(problem));
  const seen = useEffectEvent((codes: readonly string[], at: number): void => {
    const step = look(sight.current, codes, at);
    sight.current = step.sight;
    const verdict = options.paused ? null : judge(step.agreed, options.taken);
    // One of them may be taken as soon as it is alone, and what nobody heard of as soon as somebody listens.
    if (options.paused || verdict?.kind === 'several') sight.current = untold(sight.current, step.agreed);
    if (verdict !== null) options.onVerdict(verdict);
  });

  useEffect(() => {
    if (!active || !visible) return;
    let ended = false;
    let timer: ReturnType<typeof setInterval> | undefined;
    const stop = (): void => {
      clearInterval(timer);
      stopCamera(stream.current);
      stream.current = null;
    };
    const fail = (problem: CameraProblem): void => {
      stop();
      if (!ended) failed(problem);
      ended = true;
    };
    const list = (): void =>
      void listCameras().then(
        (all) => !ended && setCameras(all),
        () => undefined,
      );
    const lookOnce = async (): Promise<void> => {
      const element = video.current;
      const at = performance.now();
      const image = element === null ? null : await pictureOf(element);
      if (image === null) return;
      const decoded = await decoder.decode(image, { wanted, effort: 'live' });
      if (ended) return;
      if (decoded.ok)
        seen(
          decoded.found.map((one) => `${one.symbology}${one.text}`),
          at,
        );
      else if (decoded.why === 'not-loaded') fail('decoder-missing');
    };
    const run = async (): Promise<void> => {
      const found = await openCamera(asked);
      if (!found.ok) return fail(found.problem);
      const { camera } = found;
      const element = video.current;
      if (ended || element === null) return stopCamera(camera.stream);
      stream.current = camera.stream;
      for (const track of camera.stream.getVideoTracks())
        track.addEventListener('ended', () => fail('unplugged'), { once: true });
      element.srcObject = camera.stream;
      await element.play();
      if (ended) return;
      setRunning({ id: camera.id, torch: hasTorch(camera.stream) ? false : null });
      list();
      timer = setInterval(() => void lookOnce().catch(() => undefined), CAMERA_PERIOD_MS);
    };
    run().catch((error: unknown) => fail(problemOf(error)));
    const devices = (navigator as { readonly mediaDevices?: MediaDevices }).mediaDevices;
    devices?.addEventListener?.('devicechange', list);
    return () => {
      ended = true;
      devices?.removeEventListener?.('devicechange', list);
      stop();
      setRunning(null);
    };
  }, [active, visible, asked, wanted, video]);

  const choose = useCallback((id: string): void => {
    rememberCamera(id);
    setAsked(id);
  }, []);
  const light = useCallback((on: boolean): void => {
    const used = stream.current;
    if (used === null) return;
    void switchTorch(used, on).then((done) => {
      if (stream.current === used) setRunning((now) => now && { ...now, torch: done ? on : null });
    });
  }, []);
  return {
    state: running === null ? 'starting' : 'running',
    cameras,
    current: running?.id ?? null,
    torch: running?.torch ?? null,
    choose,
    light,
  };
}

/** A hidden page must not hold the camera: its light tells people that they are filmed, and a phone lets one page at a time have it. */
function useVisible(): boolean {
  const [visible, setVisible] = useState(() => document.visibilityState === 'visible');
  useEffect(() => {
    const changed = (): void => setVisible(document.visibilityState === 'visible');
    changed();
    document.addEventListener('visibilitychange', changed);
    return () => document.removeEventListener('visibilitychange', changed);
  }, []);
  return visible;
}
