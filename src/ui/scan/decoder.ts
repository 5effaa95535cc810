/**
 * The page's side of the decoder. Its worker is started at the first use and ended when it has had nothing to do for a while: the decoder
 * keeps the memory of the largest picture that it saw. One picture is decoded at a time and one waits; a newer one takes the place of
 * the waiting one, since a camera gives frames faster than an old phone reads them, and old frames help nobody.
 */
import { DECODER_IDLE_MS, DECODER_PATIENCE_MS } from '../limits.ts';
import type { DecodeAnswer, DecodedSymbol, DecodeOptions, DecodeRequest } from './decoder-messages.ts';

export type DecodeFailure = 'not-loaded' | 'not-decoded' | 'replaced';

export type Decoded =
  | { readonly ok: true; readonly found: readonly DecodedSymbol[] }
  | { readonly ok: false; readonly why: DecodeFailure };

export interface Decoder {
  /** Takes the picture over: it is transferred, or closed. A photo is never replaced by a frame of the camera. */
  decode(image: ImageBitmap | ImageData, options: DecodeOptions): Promise<Decoded>;
  /** Loads the decoder with its WebAssembly. Rejects when the server is out of reach and they were not fetched before. */
  prepare(): Promise<void>;
}

/** As much of a Worker as is used. */
export interface DecoderWorker {
  postMessage(message: DecodeRequest, transfer: Transferable[]): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<DecodeAnswer>) => void): void;
  addEventListener(type: 'error' | 'messageerror', listener: () => void): void;
  terminate(): void;
}

interface Job {
  readonly image: ImageBitmap | ImageData | null;
  readonly options: DecodeOptions;
  readonly done: (decoded: Decoded) => void;
}

export function createDecoder(start: () => DecoderWorker): Decoder {
  let worker: DecoderWorker | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let lastId = 0;
  let running: { readonly id: number; readonly job: Job } | null = null;
  let waitingPhoto: Job | null = null;
  let waitingFrame: Job | null = null;

  const end = (): void => {
    clearTimeout(timer);
    worker?.terminate();
    worker = null;
  };

  const settle = (decoded: Decoded): void => {
    const job = running?.job;
    running = null;
    clearTimeout(timer);
    job?.done(decoded);
    next();
  };

  /** The worker is of no use any more; the next picture gets a new one. */
  const lost = (which: DecoderWorker, why: DecodeFailure): void => {
    if (which !== worker) return;
    end();
    settle({ ok: false, why });
  };

  const started = (): DecoderWorker => {
    if (worker !== null) return worker;
    const made = start();
    made.addEventListener('message', ({ data }) => {
      if (made !== worker || data.id !== running?.id) return;
      settle(data.ok ? { ok: true, found: data.found } : { ok: false, why: data.why });
    });
    made.addEventListener('error', () => lost(made, 'not-loaded'));
    made.addEventListener('messageerror', () => lost(made, 'not-decoded'));
    worker = made;
    return made;
  };

  const next = (): void => {
    if (running !== null) return;
    const job = waitingPhoto ?? waitingFrame;
    if (job === null) {
      if (worker !== null) timer = setTimeout(end, DECODER_IDLE_MS);
      return;
    }
    if (job === waitingPhoto) waitingPhoto = null;
    else waitingFrame = null;
    clearTimeout(timer);
    const id = ++lastId;
    running = { id, job };
    const { image, options } = job;
    const used = started();
    timer = setTimeout(() => lost(used, 'not-decoded'), DECODER_PATIENCE_MS);
    used.postMessage({ id, image, options }, image === null ? [] : [transferable(image)]);
  };

  const add = (image: Job['image'], options: DecodeOptions): Promise<Decoded> =>
    new Promise((done) => {
      const job = { image, options, done };
      const replaced = options.effort === 'photo' ? waitingPhoto : waitingFrame;
      if (options.effort === 'photo') waitingPhoto = job;
      else waitingFrame = job;
      if (replaced !== null) {
        discard(replaced.image);
        replaced.done({ ok: false, why: 'replaced' });
      }
      next();
    });

  return {
    decode: (image, options) => add(image, options),
    async prepare() {
      const loaded = await add(null, { wanted: 'label', effort: 'live' });
      // Whatever took its place needs the same to be loaded.
      if (!loaded.ok && loaded.why !== 'replaced') throw new Error('The decoder could not be loaded.');
    },
  };
}

/** The one decoder of this page. */
export const decoder: Decoder = createDecoder(
  () =>
    new Worker(new URL('./decoder.worker.ts', import.meta.url), {
      type: 'module',
      name: 'countersign-decoder',
    }),
);

const transferable = (image: ImageBitmap | ImageData): Transferable =>
  'close' in image ? image : image.data.buffer;

function discard(image: Job['image']): void {
  if (image !== null && 'close' in image) image.close();
}
