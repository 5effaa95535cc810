/**
 * Finds QR codes in pictures, off the page's thread. The WebAssembly comes from our own server: the library's default is a public content
 * network, which the page's policy forbids.
 */
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import wasm from 'zxing-wasm/reader/zxing_reader.wasm?url';
import { MAX_PICTURE_SIDE } from '../limits.ts';

export interface DecodeRequest {
  readonly id: number;
  readonly picture: ImageBitmap;
  /** The only look there is: worth more time than one of many. */
  readonly thorough: boolean;
}
export type DecodeAnswer =
  | { readonly id: number; readonly ok: true; readonly texts: readonly string[] }
  | { readonly id: number; readonly ok: false; readonly why: 'not-loaded' | 'not-decoded' };

/** `lib.webworker` and `lib.dom` do not go together in one program; this is all of it that is used here. */
const scope = self as unknown as {
  postMessage(message: DecodeAnswer): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<DecodeRequest>) => void): void;
};

let loading: Promise<unknown> | null = null;

scope.addEventListener('message', ({ data }) => void answer(data));

async function answer({ id, picture, thorough }: DecodeRequest): Promise<void> {
  try {
    await load();
  } catch {
    picture.close();
    return scope.postMessage({ id, ok: false, why: 'not-loaded' });
  }
  try {
    const results = await readBarcodes(pixelsOf(picture), {
      formats: ['QRCode'],
      tryHarder: thorough,
      tryDownscale: thorough,
      tryInvert: false,
      textMode: 'Plain',
      maxNumberOfSymbols: 4,
    });
    const texts = results.filter((one) => one.isValid && one.text !== '').map((one) => one.text);
    scope.postMessage({ id, ok: true, texts });
  } catch {
    scope.postMessage({ id, ok: false, why: 'not-decoded' });
  }
}

function load(): Promise<unknown> {
  loading ??= Promise.resolve(
    prepareZXingModule({
      overrides: {
        locateFile: (path: string, prefix: string) => (path.endsWith('.wasm') ? wasm : prefix + path),
      },
      fireImmediately: true,
    }),
  ).catch((error: unknown) => {
    // The next request tries again: the server may be back.
    loading = null;
    throw error;
  });
  return loading;
}

function pixelsOf(picture: ImageBitmap): ImageData {
  try {
    const scale = Math.min(1, MAX_PICTURE_SIDE / Math.max(picture.width, picture.height));
    const width = Math.max(1, Math.round(picture.width * scale));
    const height = Math.max(1, Math.round(picture.height * scale));
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    if (context === null) throw new Error('no canvas');
    context.drawImage(picture, 0, 0, width, height);
    return context.getImageData(0, 0, width, height);
  } finally {
    picture.close();
  }
}
