/** Words of scanning: the camera, photos, and what a code turns out to be. */
import { ssccGroups } from '../format.ts';
import { translator } from '../i18n/t.ts';
import type { CameraProblem } from './camera.ts';
import type { ImageFailure } from './decode-image.ts';
import type { Verdict } from './sight.ts';

const t = translator('scan');

export const SCAN = {
  use: t('use'),
  stop: t('stop'),
  sees: t('sees'),
  panel: t('panel'),
  starting: t('starting'),
  choose: t('choose'),
  camera: (n: number): string => t('camera', { n }),
  lightOn: t('lightOn'),
  lightOff: t('lightOff'),
  aimLabel: t('aimLabel'),
  aimCode: t('aimCode'),
  readingPhoto: t('readingPhoto'),
  elsewhereBench: t('elsewhereBench'),
  elsewhereCode: t('elsewhereCode'),
} as const;

/** Why there is no picture from the camera, and what can be done about it. */
export const CAMERA_PROBLEMS: Readonly<Record<CameraProblem, string>> = {
  NotAllowedError: t('problem.notAllowed'),
  NotFoundError: t('problem.notFound'),
  NotReadableError: t('problem.notReadable'),
  OverconstrainedError: t('problem.overconstrained'),
  insecure: t('problem.insecure'),
  unplugged: t('problem.unplugged'),
  'decoder-missing': t('problem.decoderMissing'),
  failed: t('problem.failed'),
};

/** Why what the camera sees is not taken; null: it is. */
export function sightWords(verdict: Verdict): string | null {
  switch (verdict.kind) {
    case 'take':
      return null;
    case 'wrong-check-digit':
      return t('sight.wrongCheckDigit', { code: spaced(verdict.read) });
    case 'product':
      return t('sight.product', { gtin: verdict.gtin });
    case 'several':
      return t('sight.several');
    case 'other':
      return t('sight.other');
  }
}

/** Why nothing was read from a photo. */
export function imageWords(type: ImageFailure['type'], count: number): string {
  switch (type) {
    case 'image-too-large':
      return t('image.tooLarge');
    case 'image-unreadable':
      return t('image.unreadable');
    case 'decoder-missing':
      return t('image.decoderMissing');
    case 'no-barcode':
      return t('image.noBarcode');
    case 'several-barcodes':
      return t('image.severalBarcodes', { count });
  }
}

const spaced = (code: string): string => ssccGroups(code)?.join(' ') ?? code;
