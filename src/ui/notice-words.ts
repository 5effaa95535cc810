/** “Bravo Logistics, Dock 2 phone, since 14:02”: a session that is open elsewhere. It binds nobody. */
import type { NoticeView } from '../worker/api.ts';
import { formatTime } from './format.ts';
import { translator } from './i18n/t.ts';

const t = translator('words');

/** Who, where, since when; the operator’s pseudonym where no device has a name. */
export const whoWords = ({ organisation, device, operator, since }: NoticeView): string =>
  t('notice.who', { organisation, device: device ?? operator, time: formatTime(since) });

/** For whoever works on it as well. */
export const alsoWords = (open: readonly NoticeView[]): string | null =>
  open.length === 0 ? null : t('notice.also', { who: allWords(open) });

/** For whoever looks at a package; null: nobody has it open. */
export function workingWords(open: readonly NoticeView[]): string | null {
  if (open.length === 0) return null;
  return t(open.length === 1 ? 'notice.working' : 'notice.workingAll', { who: allWords(open) });
}

const allWords = (open: readonly NoticeView[]): string => open.map(whoWords).join(t('semicolon'));

export const ELSEWHERE = {
  question: t('elsewhere.question'),
  mirrored: t('elsewhere.mirrored'),
  startAnyway: t('elsewhere.startAnyway'),
} as const;
