/**
 * Finds barcodes in pictures, off the page's thread. The WebAssembly comes from our own server: the library's default is a public content
 * network, which the page's policy forbids and which would be asked for every label.
 */
import { prepareZXingModule, readBarcodes, type ReaderOptions } from 'zxing-wasm/reader';
import wasm from 'zxing-wasm/reader/zxing_reader.wasm?url';
import { MAX_IMAGE_SIDE, MAX_SYMBOLS } from '../limits.ts';
import type { DecodeAnswer, DecodeOptions, DecodeRequest, DecodedSymbol } from './decoder-messages.ts';

/** `lib.webworker` and `lib.dom` do not go together in one program; this is all of it that is used here. */
const scope = self as unknown as {
  postMessage(message: DecodeAnswer): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<DecodeRequest>) => void): void;
};

let loading: Promise<unknown> | null = null;

scope.addEventListener('message', ({ data }) => void answer(data));

async function answer({ id, image, options }: DecodeRequest): Promise<void> {
  try {
    await load();
  } catch {
    if (image !== null && 'close' in image) image.close();
    return scope.postMessage({ id, ok: false, why: 'not-loaded' });
  }
  try {
    const found = image === null ? [] : await decode(image, options);
    scope.postMessage({ id, ok: true, found });
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

async function decode(
  image: ImageBitmap | ImageData,
  { wanted, effort }: DecodeOptions,
): Promise<readonly DecodedSymbol[]> {
  const photo = effort === 'photo';
  const results = await readBarcodes(pixelsOf(image), {
    formats: wanted === 'qr' ? ['QRCode'] : LABEL_FORMATS,
    tryHarder: photo,
    // Bars are held upright as often as across.
    tryRotate: true,
    tryInvert: false,
    tryDownscale: photo,
    textMode: 'Plain',
    maxNumberOfSymbols: MAX_SYMBOLS,
  });
  return results
    .filter((result) => result.isValid && result.text !== '')
    .map((result) => ({ text: result.text, symbology: result.symbologyIdentifier }));
}

/** GS1-128 with the SSCC; DataMatrix and QR with element strings or Digital Links; the retail and outer-case codes of a GTIN. */
const LABEL_FORMATS: NonNullable<ReaderOptions['formats']> = [
  'Code128',
  'DataMatrix',
  'QRCode',
  'EAN13',
  'EAN8',
  'UPCA',
  'ITF14',
];

function pixelsOf(image: ImageBitmap | ImageData): ImageData {
  if (!('close' in image)) return image;
  try {
    const scale = Math.min(1, MAX_IMAGE_SIDE / Math.max(image.width, image.height));
    const width = Math.max(1, Math.round(image.width * scale));
    const height = Math.max(1, Math.round(image.height * scale));
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    if (context === null) throw new Error('no canvas');
    context.drawImage(image, 0, 0, width, height);
    return context.getImageData(0, 0, width, height);
  } finally {
    image.close();
  }
}
