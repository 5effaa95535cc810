/** Opening a camera: which one, what can go wrong, and its light. */
import { CAMERA_WIDTH, MAX_CAMERAS } from '../limits.ts';

/** Why there is no picture. The first four are names of DOMExceptions of `getUserMedia` (W3C Media Capture, 10.3.1). */
export type CameraProblem =
  | 'NotAllowedError'
  | 'NotFoundError'
  | 'NotReadableError'
  | 'OverconstrainedError'
  /** The page is not in a secure context, or the host of a webview gives it no camera at all. */
  | 'insecure'
  | 'unplugged'
  | 'decoder-missing'
  | 'failed';

export interface CameraChoice {
  readonly id: string;
  /** Empty where the browser does not tell. */
  readonly label: string;
}

export interface OpenCamera {
  readonly stream: MediaStream;
  readonly id: string;
}

type Opened =
  | { readonly ok: true; readonly camera: OpenCamera }
  | { readonly ok: false; readonly problem: CameraProblem };

/** The camera that was asked for, else the one that was used last on this device, else the one that looks away from the person. */
export async function openCamera(asked: string | null): Promise<Opened> {
  const devices = mediaDevices();
  if (devices === null) return { ok: false, problem: 'insecure' };
  const wanted = asked ?? remembered();
  const size = { width: { ideal: CAMERA_WIDTH } };
  try {
    if (wanted !== null) {
      const chosen = await devices
        .getUserMedia({ video: { ...size, deviceId: { exact: wanted } } })
        .catch((error: unknown) => {
          // What was refused is not asked for again. Gone, held by another program or broken: any other will do, and it can be chosen anew.
          if (problemOf(error) === 'NotAllowedError') throw error;
          return null;
        });
      if (chosen !== null) return opened(chosen);
    }
    return opened(await devices.getUserMedia({ video: { ...size, facingMode: { ideal: 'environment' } } }));
  } catch (error) {
    return { ok: false, problem: problemOf(error) };
  }
}

/** Known by name only once a camera was allowed. */
export async function listCameras(): Promise<readonly CameraChoice[]> {
  const all = (await mediaDevices()?.enumerateDevices()) ?? [];
  return all
    .filter(({ kind, deviceId }) => kind === 'videoinput' && deviceId !== '')
    .slice(0, MAX_CAMERAS)
    .map(({ deviceId, label }) => ({ id: deviceId, label }));
}

/** Has it a light that can be switched? Phones know it only once the picture runs. */
export function hasTorch(stream: MediaStream): boolean {
  const [track] = stream.getVideoTracks();
  const capabilities: unknown = track?.getCapabilities?.() ?? {};
  return (capabilities as { readonly torch?: unknown }).torch === true;
}

/** False when the light did not go on or off. */
export async function switchTorch(stream: MediaStream, on: boolean): Promise<boolean> {
  const [track] = stream.getVideoTracks();
  try {
    // In no version of TypeScript's DOM library: W3C MediaStream Image Capture, 8.
    await track?.applyConstraints({ advanced: [{ torch: on } as MediaTrackConstraintSet] });
    return track !== undefined;
  } catch {
    return false;
  }
}

export function stopCamera(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

export function problemOf(error: unknown): CameraProblem {
  const name = error instanceof Error ? error.name : '';
  const known = ['NotAllowedError', 'NotFoundError', 'NotReadableError', 'OverconstrainedError'] as const;
  // Names of older webviews.
  const older: Readonly<Record<string, CameraProblem>> = {
    PermissionDeniedError: 'NotAllowedError',
    SecurityError: 'NotAllowedError',
    DevicesNotFoundError: 'NotFoundError',
    TrackStartError: 'NotReadableError',
    AbortError: 'NotReadableError',
    ConstraintNotSatisfiedError: 'OverconstrainedError',
  };
  return known.find((one) => one === name) ?? older[name] ?? 'failed';
}

/** The camera chosen last on this device. */
export function rememberCamera(id: string): void {
  try {
    localStorage.setItem(STORAGE_KEY, id);
  } catch {
    // Storage may be full or forbidden: the choice then holds until the page closes.
  }
}

const STORAGE_KEY = 'countersign.camera';

function remembered(): string | null {
  try {
    const id = localStorage.getItem(STORAGE_KEY);
    return id === null || id === '' || id.length > 200 ? null : id;
  } catch {
    return null;
  }
}

function opened(stream: MediaStream): Opened {
  const [track] = stream.getVideoTracks();
  return { ok: true, camera: { stream, id: track?.getSettings().deviceId ?? '' } };
}

/** Absent where the page is not in a secure context. */
function mediaDevices(): MediaDevices | null {
  const devices = (navigator as { readonly mediaDevices?: MediaDevices }).mediaDevices;
  return devices?.getUserMedia === undefined ? null : devices;
}
