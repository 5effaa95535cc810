/** What is wrong with a passphrase, before the worker is asked. */
import { translator } from '../i18n/t.ts';
import { MIN_PASSPHRASE_LENGTH } from '../limits.ts';

const t = translator('parts');

/** As people count them, and as the worker does: in NFKC, whole characters. */
export const lengthOf = (passphrase: string): number => [...passphrase.normalize('NFKC')].length;

/** Null: it can protect a file. */
export function choiceProblem(passphrase: string): string | null {
  const length = lengthOf(passphrase);
  if (length === 0) return t('passphrase.choose', { least: MIN_PASSPHRASE_LENGTH });
  const missing = MIN_PASSPHRASE_LENGTH - length;
  return missing > 0 ? t('passphrase.short', { length, missing }) : null;
}

/** Null: the second is the first again. */
export function repeatProblem(first: string, second: string): string | null {
  if (second === '') return t('passphrase.repeat');
  if (first === second) return null;
  if (first.trim() === second.trim()) return t('passphrase.space');
  return t(first.toLowerCase() === second.toLowerCase() ? 'passphrase.capitals' : 'passphrase.different');
}
