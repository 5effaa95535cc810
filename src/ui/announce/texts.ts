import { translator } from '../i18n/t.ts';

const t = translator('announce');

export const ANNOUNCE = {
  title: t('title'),
  text: t('text'),
  fileTitle: t('fileTitle'),
  fileText: t('fileText'),
  choose: t('choose'),
  drop: t('drop'),
  formTitle: t('formTitle'),
  formText: t('formText'),
  sign: t('sign'),
  addLine: t('addLine'),
  removeLine: (n: number): string => t('removeLine', { n }),
  suggest: t('suggest'),
  tooLarge: (name: string): string => t('tooLarge', { name }),
  fileProblem: (name: string, message: string): string => t('fileProblem', { name, message }),
  tooMany: (name: string, n: number, most: number): string => t('tooMany', { name, n, most }),
  unreadable: t('unreadable'),
  read: (name: string, n: number, sent: number): string =>
    sent > 0 ? t('readSent', { name, n, sent }) : t('read', { name, n }),
  untickAll: t('untickAll'),
  tickAll: t('tickAll'),
  announce: (n: number): string => (n === 0 ? t('nothingLeft') : t('announce', { n })),
  envelope: (notice: string, n: number): string => t('envelope', { notice, n }),
  noMember: t('noMember'),
  formNoAnswer: t('formNoAnswer'),
  noAnswer: t('noAnswer'),
} as const;

/** Fields of the form. */
export const FIELD = {
  notice: t('field.notice'),
  sscc: t('field.sscc'),
  shipTo: t('field.shipTo'),
  line: (n: number): string => t('field.line', { n }),
  description: t('field.description'),
  lot: t('field.lot'),
  pieces: t('field.pieces'),
  expires: t('field.expires'),
} as const;

export const OUTCOME = {
  waiting: t('outcome.waiting'),
  sending: t('outcome.sending'),
  sent: t('outcome.sent'),
  /** Before the words of a badge, for who hears it alone. */
  package: (sscc: string): string => t('outcome.package', { sscc }),
} as const;

/** What is wrong in the form. `line`: counted from 1. */
export const WRONG = {
  notice: t('wrong.notice'),
  ssccLength: (n: number): string => t('wrong.ssccLength', { n }),
  ssccDigit: (due: string, given: string): string => t('wrong.ssccDigit', { due, given }),
  shipTo: t('wrong.shipTo'),
  gtinLength: (line: number): string => t('wrong.gtinLength', { line }),
  gtinDigit: (line: number, due: string): string => t('wrong.gtinDigit', { line, due }),
  description: (line: number): string => t('wrong.description', { line }),
  pieces: (line: number): string => t('wrong.pieces', { line }),
  lines: t('wrong.lines'),
} as const;
