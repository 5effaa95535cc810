/** Words of what the pages share. */
import { translator } from '../i18n/t.ts';

const t = translator('parts');

export const PHOTO = {
  take: t('photo.take'),
  add: t('photo.add'),
  reading: t('photo.reading'),
  remove: t('photo.remove'),
  kept: t('photo.kept'),
  tooMany: (most: number): string => t('photo.tooMany', { most }),
  wrongSize: (name: string): string => t('photo.wrongSize', { name }),
  noPicture: (name: string): string => t('photo.noPicture', { name }),
  failed: t('photo.failed'),
  name: (of: string, place: number, count: number): string => t('photo.name', { of, place, count }),
  show: t('photo.show'),
  fetching: t('photo.fetching'),
  notFetched: t('photo.notFetched'),
} as const;

/** Where the program around the page takes no downloads, and what can be done instead. */
export const SAVE = {
  title: (name: string): string => t('save.title', { name }),
  why: t('save.why'),
  share: t('save.share'),
  shared: t('save.shared'),
  notShared: t('save.notShared'),
  copy: t('save.copy'),
  copied: t('save.copied'),
  notCopied: t('save.notCopied'),
  text: t('save.text'),
  binary: t('save.binary'),
  download: t('save.download'),
  close: t('save.close'),
} as const;

export const PRINT = {
  missing: t('print.missing'),
} as const;

/** What became of an action that is a session of its own. */
export const ACTION = {
  busy: (what: string): string => t('action.busy', { what }),
  waiting: t('action.waiting'),
  kept: t('action.kept'),
  conflict: (message: string): string => t('action.conflict', { message }),
  rejected: (rule: string, message: string): string => t('action.rejected', { rule, message }),
  noAnswer: t('action.noAnswer'),
  noAnswerSaved: t('action.noAnswerSaved'),
  putAway: t('action.putAway'),
} as const;

export const CODES = {
  barsWrong: t('bars.wrong'),
  barsMissing: t('bars.missing'),
  bars: (sscc: string): string => t('bars.label', { sscc }),
  qrTooLong: t('qr.tooLong'),
} as const;

export const SHOW_PASSPHRASE = t('passphrase.show');

export const COPY = {
  done: t('copy.done'),
  refused: t('copy.refused'),
} as const;

/** Words on a shipping label. */
export const LABEL = {
  from: t('label.from'),
  to: t('label.to'),
  courier: t('label.courier'),
  notice: t('label.notice'),
  unsigned: (q: number, n: number): string => t('label.unsigned', { q, n }),
  signed: (version: number, signed: number, n: number, digest: string): string =>
    t('label.signed', { version, signed, n, digest }),
} as const;
