/** Reads a barcode from a photo. The decoder and its WebAssembly are fetched from our own server on first use. */
import type { Failure, Result } from '../../worker/api.ts';
import { MAX_IMAGE_BYTES, MAX_IMAGE_SIDE } from '../limits.ts';

export interface ImageFailure extends Failure {
  readonly type:
    'image-too-large' | 'image-unreadable' | 'no-barcode' | 'several-barcodes' | 'decoder-missing';
}

type Reader = typeof import('zxing-wasm/reader');

/** The decoder with its WebAssembly, ready to run. Rejects when the server is out of reach and it was not loaded before. */
export async function loadReader(): Promise<Reader> {
  const [reader, wasm] = await Promise.all([
    import('zxing-wasm/reader'),
    import('zxing-wasm/reader/zxing_reader.wasm?url'),
  ]);
  // Its default is a public content network, which the page's policy forbids and which would be asked for every label.
  await reader.prepareZXingModule({
    overrides: {
      locateFile: (path: string, prefix: string) => (path.endsWith('.wasm') ? wasm.default : prefix + path),
    },
    fireImmediately: true,
  });
  return reader;
}

/** The text of the one barcode in the image, separators included. */
export async function decodeImage(
  file: Blob,
): Promise<Result<{ code: string; symbology: string }, ImageFailure>> {
  if (file.size > MAX_IMAGE_BYTES) {
    return failure(
      'image-too-large',
      'This image has more than 30 MB. Take a smaller photo of the label alone.',
    );
  }
  let reader: Reader;
  try {
    reader = await loadReader();
  } catch {
    return failure(
      'decoder-missing',
      'The barcode decoder could not be loaded. Check the connection to this server, or type the number.',
    );
  }
  const pixels = await readPixels(file);
  if (pixels === null)
    return failure(
      'image-unreadable',
      'This file is not an image that this browser can open. Choose a JPEG or PNG photo.',
    );
  const found = (
    await reader.readBarcodes(pixels, {
      formats: ['Code128', 'DataMatrix', 'QRCode'],
      tryHarder: true,
      tryRotate: true,
      tryInvert: false,
      tryDownscale: true,
      textMode: 'Plain',
      maxNumberOfSymbols: 8,
    })
  ).filter((result) => result.isValid && result.text !== '');
  const texts = [...new Set(found.map((result) => result.text))];
  if (texts.length === 0) {
    return failure(
      'no-barcode',
      'No barcode was found in this photo. Fill the frame with the bars, without glare, and try again.',
    );
  }
  const packages = texts.filter((text) => /^(?:\u001d)?00\d{18}/.test(text));
  const chosen = packages.length === 1 ? packages[0] : texts.length === 1 ? texts[0] : undefined;
  if (chosen === undefined) {
    return failure(
      'several-barcodes',
      `There are ${texts.length} different barcodes in this photo. Take a photo of the one that starts with (00).`,
    );
  }
  const symbology = found.find((result) => result.text === chosen)?.symbologyIdentifier ?? '';
  return { ok: true, value: { code: symbology + chosen, symbology } };
}

async function readPixels(file: Blob): Promise<ImageData | null> {
  try {
    const bitmap = await createImageBitmap(file);
    const scale = Math.min(1, MAX_IMAGE_SIDE / Math.max(bitmap.width, bitmap.height));
    const width = Math.max(1, Math.round(bitmap.width * scale));
    const height = Math.max(1, Math.round(bitmap.height * scale));
    const canvas = document.createElement('canvas');
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext('2d', { willReadFrequently: true });
    if (!context) return null;
    context.drawImage(bitmap, 0, 0, width, height);
    bitmap.close();
    return context.getImageData(0, 0, width, height);
  } catch {
    return null;
  }
}

function failure(type: ImageFailure['type'], message: string): { ok: false; error: ImageFailure } {
  return { ok: false, error: { type, message } };
}
