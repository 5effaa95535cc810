/** GLN as a person types it. GS1 General Specifications 7.9.1: modulo 10, weights 3 and 1 from the right. */

import { translator } from '../i18n/t.ts';

const t = translator('doors');

/** Digits only: people paste GLNs with spaces and hyphens. */
export function cleanGln(text: string): string {
  return text.replace(/[\s-]/g, '');
}

/** What is wrong and what to do, or null when it is a GLN. */
export function glnProblem(text: string): string | null {
  const gln = cleanGln(text);
  if (gln === '') return t('gln.none');
  if (!/^\d+$/.test(gln)) return t('gln.digitsOnly');
  if (gln.length === 12) return t('gln.lastMissing', { digit: checkDigit(gln) });
  if (gln.length !== 13) return t('gln.length', { length: gln.length });
  const digit = gln.slice(12);
  const expected = checkDigit(gln.slice(0, 12));
  return digit === String(expected) ? null : t('gln.checkDigit', { gln, digit, expected });
}

function checkDigit(twelve: string): number {
  let sum = 0;
  for (let i = 0; i < twelve.length; i++)
    sum += Number(twelve[twelve.length - 1 - i]) * (i % 2 === 0 ? 3 : 1);
  return (10 - (sum % 10)) % 10;
}
