/** “Bravo Logistics, Dock 2 phone, since 14:02”: a session that is open elsewhere. It binds nobody. */
import type { NoticeView } from '../worker/api.ts';
import { formatTime } from './format.ts';

/** Who, where, since when; the operator’s pseudonym where no device has a name. */
export const whoWords = ({ organisation, device, operator, since }: NoticeView): string =>
  `${organisation}, ${device ?? operator}, since ${formatTime(since)}`;

/** For whoever works on it as well. */
export const alsoWords = (open: readonly NoticeView[]): string | null =>
  open.length === 0 ? null : `Also at work on it: ${open.map(whoWords).join('; ')}.`;

/** For whoever looks at a package; null: nobody has it open. */
export function workingWords(open: readonly NoticeView[]): string | null {
  const [first, ...more] = open;
  if (first === undefined) return null;
  if (more.length === 0) return `${whoWords(first)}, is working on this package.`;
  return `${open.map(whoWords).join('; ')}: each is working on this package.`;
}

export const ELSEWHERE = {
  question:
    'Nothing was saved. If both of you finish it, one will meet a conflict and take steps again. Ask there first, or scan another package.',
  mirrored:
    'Every step of it is kept on this device too. Take it over here, if the other device is out of reach.',
  startAnyway: 'Start it all the same',
} as const;
