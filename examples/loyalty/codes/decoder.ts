/** The page's side of the decoder: a worker from the first look until the scanner is closed, one picture at a time. */
import type { DecodeAnswer, DecodeRequest } from './decoder.worker.ts';

export type Looked =
  | { readonly ok: true; readonly texts: readonly string[] }
  | { readonly ok: false; readonly why: 'not-loaded' | 'not-decoded' | 'no-picture' };

export interface Decoder {
  /** A picture of a camera is left out (`null`) while the one before is still being read: old frames help nobody. */
  look(video: HTMLVideoElement): Promise<Looked | null>;
  read(photo: Blob): Promise<Looked>;
  close(): void;
}

export function createDecoder(): Decoder {
  let worker: Worker | null = null;
  let serial = 0;
  const waiting = new Map<number, (looked: Looked) => void>();

  const endAll = (why: 'not-loaded' | 'not-decoded'): void => {
    worker?.terminate();
    worker = null;
    for (const tell of waiting.values()) tell({ ok: false, why });
    waiting.clear();
  };
  const started = (): Worker => {
    if (worker !== null) return worker;
    worker = new Worker(new URL('./decoder.worker.ts', import.meta.url), { type: 'module' });
    worker.addEventListener('message', ({ data }: MessageEvent<DecodeAnswer>) => {
      const tell = waiting.get(data.id);
      waiting.delete(data.id);
      tell?.(data.ok ? { ok: true, texts: data.texts } : { ok: false, why: data.why });
    });
    worker.addEventListener('error', () => endAll('not-loaded'));
    return worker;
  };
  const ask = (picture: ImageBitmap, thorough: boolean): Promise<Looked> =>
    new Promise((tell) => {
      const id = ++serial;
      waiting.set(id, tell);
      const request: DecodeRequest = { id, picture, thorough };
      started().postMessage(request, [picture]);
    });

  return {
    async look(video) {
      if (waiting.size > 0 || video.videoWidth === 0) return null;
      const picture = await createImageBitmap(video).catch(() => null);
      return picture === null ? null : ask(picture, false);
    },
    async read(photo) {
      const picture = await createImageBitmap(photo).catch(() => null);
      return picture === null ? { ok: false, why: 'no-picture' } : ask(picture, true);
    },
    close: () => endAll('not-decoded'),
  };
}
