/** Reads QR codes off the camera. A first decode can be wrong: a code counts when two looks agree. */
import { useEffect, useEffectEvent, type RefObject } from 'react';
import { loadReader } from '../bench/decode-image.ts';
import { CAMERA_PERIOD_MS } from '../limits.ts';

export function useCamera(
  video: RefObject<HTMLVideoElement | null>,
  active: boolean,
  onCode: (code: string) => void,
  onProblem: (name: string) => void,
): void {
  const found = useEffectEvent(onCode);
  const failed = useEffectEvent(onProblem);
  useEffect(() => {
    if (!active) return;
    let stream: MediaStream | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let ended = false;
    let last = '';
    const canvas = document.createElement('canvas');
    const run = async (): Promise<void> => {
      // Absent where the page is not in a secure context.
      const devices = navigator.mediaDevices as MediaDevices | undefined;
      if (!devices) return failed('NotFoundError');
      const [reader, opened] = await Promise.all([
        loadReader(),
        devices.getUserMedia({ video: { facingMode: 'environment', width: { ideal: 1280 } } }),
      ]);
      stream = opened;
      const element = video.current;
      if (ended || !element) return stop();
      element.srcObject = opened;
      await element.play();
      const look = async (): Promise<void> => {
        if (ended) return;
        canvas.width = element.videoWidth;
        canvas.height = element.videoHeight;
        const context = canvas.getContext('2d', { willReadFrequently: true });
        if (context && canvas.width > 0) {
          context.drawImage(element, 0, 0);
          const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
          const read = await reader.readBarcodes(pixels, {
            formats: ['QRCode'],
            textMode: 'Plain',
            maxNumberOfSymbols: 1,
          });
          const code = read.find((one) => one.isValid)?.text ?? '';
          if (!ended && code !== '' && code === last) return found(code);
          if (code !== '') last = code;
        }
        timer = setTimeout(() => void look().catch(() => failed('AbortError')), CAMERA_PERIOD_MS);
      };
      await look();
    };
    const stop = (): void => stream?.getTracks().forEach((track) => track.stop());
    run().catch((error: unknown) => {
      stop();
      if (!ended) failed(error instanceof DOMException ? error.name : 'AbortError');
    });
    return () => {
      ended = true;
      clearTimeout(timer);
      stop();
    };
  }, [active, video]);
}
