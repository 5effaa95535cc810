/** Words of "Bring keys from another device". */
import { errorText } from '../errors.ts';
import type { KeyDoorError } from '../../worker/api.ts';
import { translator } from '../i18n/t.ts';

const t = translator('doors');

export const IMPORT = {
  title: t('import.title'),
  lead: t('import.lead'),
  link: t('import.title'),
  linkText: t('import.linkText'),
  form: t('import.form'),
  file: t('import.file'),
  fileHint: t('import.fileHint'),
  choose: t('import.choose'),
  another: t('import.another'),
  paste: t('import.paste'),
  pasteInstead: t('import.pasteInstead'),
  passphrase: t('import.passphrase'),
  passphraseHint: t('import.passphraseHint'),
  import: t('import.import'),
  working: t('import.working'),
  noText: t('import.noText'),
  noPassphrase: t('import.noPassphrase'),
  tooLarge: (name: string, megabytes: number): string => t('import.tooLarge', { name, megabytes }),
  unreadable: (name: string): string => t('import.unreadable', { name }),
  noAnswer: t('import.noAnswer'),
  next: t('import.next'),
  steps: [t('import.step1'), t('import.step2'), t('import.step3')],
} as const;

export interface ImportProblem {
  readonly at: 'text' | 'passphrase' | 'form';
  readonly message: string;
}

/** Beside which field a refusal stands. */
export function placeOf(error: KeyDoorError): ImportProblem {
  const message = errorText(error);
  switch (error.type) {
    case 'passphrase-wrong':
    case 'passphrase-too-short':
    case 'passphrase-too-long':
      return { at: 'passphrase', message };
    case 'key-export-malformed':
    case 'key-export-too-large':
    case 'key-export-unknown':
      return { at: 'text', message };
    default:
      return { at: 'form', message };
  }
}

/** What is missing before the worker is asked; null: nothing. */
export function missingOf(text: string, passphrase: string): ImportProblem | null {
  if (text.trim() === '') return { at: 'text', message: IMPORT.noText };
  if (passphrase === '') return { at: 'passphrase', message: IMPORT.noPassphrase };
  return null;
}
