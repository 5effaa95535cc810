/** Reads a barcode from a photo. */
import type { Failure, Result } from '../../worker/api.ts';
import { MAX_IMAGE_BYTES } from '../limits.ts';
import { decoder } from './decoder.ts';
import type { DecodedSymbol, Wanted } from './decoder-messages.ts';
import { pictureOf } from './picture.ts';
import { readScan } from './scan-code.ts';
import { imageWords } from './texts.ts';

export interface ImageFailure extends Failure {
  readonly type:
    'image-too-large' | 'image-unreadable' | 'no-barcode' | 'several-barcodes' | 'decoder-missing';
}

/** The one barcode in the picture: the kind of barcode (`]C1`), then its text, separators included. */
export async function decodeImage(
  file: Blob,
  wanted: Wanted = 'label',
): Promise<Result<string, ImageFailure>> {
  if (file.size > MAX_IMAGE_BYTES) return failure('image-too-large');
  const image = await pictureOf(file);
  if (image === null) return failure('image-unreadable');
  const decoded = await decoder.decode(image, { wanted, effort: 'photo' });
  if (!decoded.ok) return failure(decoded.why === 'not-loaded' ? 'decoder-missing' : 'image-unreadable');
  return chooseSymbol(decoded.found);
}

/** Of several barcodes on a label the one that names the package; else there must be one alone. */
export function chooseSymbol(found: readonly DecodedSymbol[]): Result<string, ImageFailure> {
  const codes = [...new Map(found.map((one) => [one.text, `${one.symbology}${one.text}`])).values()];
  if (codes.length === 0) return failure('no-barcode');
  const packages = new Map<string, string>();
  for (const code of codes) {
    const read = readScan(code);
    if (read.kind === 'package' && !packages.has(read.sscc)) packages.set(read.sscc, code);
  }
  const [chosen] = packages.size === 1 ? packages.values() : codes.length === 1 ? codes : [];
  return chosen === undefined ? failure('several-barcodes', codes.length) : { ok: true, value: chosen };
}

function failure(type: ImageFailure['type'], count = 0): { ok: false; error: ImageFailure } {
  return { ok: false, error: { type, message: imageWords(type, count) } };
}
