/** Words of "Keys on another device", the half of the browser that has the keys. */
import { translator } from '../i18n/t.ts';
import { MIN_PASSPHRASE_LENGTH } from '../limits.ts';

const t = translator('settings');

export const KEYS = {
  title: t('keys.title'),
  text: (organisation: string): string => t('keys.text', { organisation }),
  /** What the file is, and what follows: three things that a person must know first. */
  know: (organisation: string): readonly string[] => [
    t('keys.know1', { organisation }),
    t('keys.know2'),
    t('keys.know3'),
  ],
  open: t('keys.open'),
  passphrase: t('keys.passphrase'),
  passphraseHint: t('keys.passphraseHint', { min: MIN_PASSPHRASE_LENGTH }),
  repeat: t('keys.repeat'),
  export: t('keys.export'),
  working: t('keys.working'),
  cancel: t('keys.cancel'),
  saved: (name: string): string => t('keys.saved', { name }),
  noAnswer: t('keys.noAnswer'),
  device: (organisation: string): string => t('keys.device', { organisation }),
} as const;
