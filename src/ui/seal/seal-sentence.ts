/** What a screen reader hears for a seal; also its tooltip and the caption in print. */
import type { SealState } from '../../worker/api.ts';
import type { Mark } from './seal-inks.ts';

/** More names than this are cut to the first five: the sentence is heard, not searched. */
const MAX_SPOKEN_NAMES = 7;
const SPOKEN_WHEN_CUT = 5;

/** `names` in member order; a missing name is spoken as its place. */
export function sealSentence(seal: SealState, names: readonly string[], version?: number): string {
  const nameOf = (index: number): string => names[index] ?? `member ${index + 1}`;
  const having = (mark: Mark): string[] => seal.marks.flatMap((m, i) => (m === mark ? [nameOf(i)] : []));
  const liars = seal.evidence.flatMap((lied, i) => (lied ? [nameOf(i)] : []));
  const commits = having('commit');
  const pre = having('pre');
  const others = having('other');
  const refused = having('refused');
  const heard = having('heard');
  const silent = having('empty');
  const parts: string[] = [];

  switch (seal.outcome) {
    case 'closed':
      parts.push(`${commits.length} of ${seal.n} signed, quorum reached: ${list(commits)}`);
      if (version !== undefined) parts.push(`Version ${version}`);
      break;
    case 'conflict':
      parts.push(`Conflict: ${others.length} of ${seal.n} signed another session's version`);
      break;
    case 'rejected':
      parts.push(`Rejected: ${commits.length} of ${seal.n} signed`);
      if (refused.length) parts.push(`Refused: ${list(refused)}`);
      break;
    default:
      if (commits.length)
        parts.push(`Voting: ${commits.length} of ${seal.q} commits needed, from ${list(commits)}`);
      else if (pre.length)
        parts.push(`Voting: ${pre.length} of ${seal.q} pre-commits needed, from ${list(pre)}`);
      else parts.push(`Nobody has signed yet; ${seal.q} of ${seal.n} needed`);
  }
  const open = seal.outcome === 'voting' || seal.outcome === 'none';
  if (open && commits.length && pre.length) parts.push(`Pre-committed: ${list(pre)}`);
  if (liars.length) parts.push(`Signed two different values: ${list(liars)}`);
  if (open && refused.length) parts.push(`Refused: ${list(refused)}`);
  if (open && others.length) parts.push(`Signed another value: ${list(others)}`);
  if (open || seal.outcome === 'closed') {
    const unsigned = seal.outcome === 'closed' ? [...pre, ...heard] : heard;
    if (unsigned.length) parts.push(`Not signed: ${list(unsigned)}`);
    if (silent.length) parts.push(`Not heard: ${list(silent)}`);
  }
  return `${parts.join('. ')}.`;
}

export function list(names: readonly string[]): string {
  if (names.length === 0) return 'nobody';
  if (names.length <= MAX_SPOKEN_NAMES) return names.join(', ');
  return `${names.slice(0, SPOKEN_WHEN_CUT).join(', ')} and ${names.length - SPOKEN_WHEN_CUT} more`;
}
