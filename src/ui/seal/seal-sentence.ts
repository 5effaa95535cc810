/** What a screen reader hears for a seal; also its tooltip and the caption in print. */
import type { PastEpoch, SealState } from '../../worker/api.ts';
import { translator } from '../i18n/t.ts';
import { commas } from '../parts/names.ts';
import type { Mark } from './seal-inks.ts';

const t = translator('seal');

/** More names than this are cut to the first five: the sentence is heard, not searched. */
const MAX_SPOKEN_NAMES = 7;
const SPOKEN_WHEN_CUT = 5;

/** Whose places the seal has: those of today, or of the epoch in which it was signed. */
export function sealNames<M extends { readonly name: string; readonly initials: string }>(
  { past }: SealState,
  members: readonly M[],
): readonly (M | PastEpoch['members'][number])[] {
  return past?.members ?? members;
}

/** Of a version that was certified in another epoch than the one in force: "Epoch 1, four members". */
export const epochWords = ({ number, members }: PastEpoch): string =>
  t('epoch', { number, members: members.length });

/**
 * `today`: names of the members of today, in their order; a missing name is spoken as its place. A seal of another epoch is spoken with the names
 * of that one.
 */
export function sealSentence(seal: SealState, today: readonly string[], version?: number): string {
  const names = seal.past?.members.map((member) => member.name) ?? today;
  const nameOf = (index: number): string => names[index] ?? t('member', { place: index + 1 });
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
      parts.push(t('closed', { signed: commits.length, n: seal.n, who: list(commits) }));
      if (version !== undefined) parts.push(t('version', { version }));
      if (seal.past)
        parts.push(t('epochSentence', { number: seal.past.number, members: seal.past.members.length }));
      break;
    case 'conflict':
      parts.push(t('conflict', { others: others.length, n: seal.n }));
      break;
    case 'rejected':
      parts.push(t('rejected', { signed: commits.length, n: seal.n }));
      if (refused.length) parts.push(t('refused', { who: list(refused) }));
      break;
    default:
      if (commits.length)
        parts.push(t('commits', { commits: commits.length, q: seal.q, who: list(commits) }));
      else if (pre.length) parts.push(t('preCommits', { preCommits: pre.length, q: seal.q, who: list(pre) }));
      else parts.push(t('nobodyYet', { q: seal.q, n: seal.n }));
  }
  const open = seal.outcome === 'voting' || seal.outcome === 'none';
  if (open && commits.length && pre.length) parts.push(t('preCommitted', { who: list(pre) }));
  if (liars.length) parts.push(t('lied', { who: list(liars) }));
  if (open && refused.length) parts.push(t('refused', { who: list(refused) }));
  if (open && others.length) parts.push(t('otherValue', { who: list(others) }));
  if (open || seal.outcome === 'closed') {
    const unsigned = seal.outcome === 'closed' ? [...pre, ...heard] : heard;
    if (unsigned.length) parts.push(t('notSigned', { who: list(unsigned) }));
    if (silent.length) parts.push(t('notHeard', { who: list(silent) }));
  }
  return parts.join(' ');
}

/** What members do one by one besides voting: approve a change of members, report at the closing of an epoch, sign that they go on without a quorum. */
export type SealAct = 'approve' | 'report' | 'sign';

/** The same for a seal of approvals, reports or signatures. */
export function tallySentence(act: SealAct, seal: SealState, names: readonly string[]): string {
  const nameOf = (index: number): string => names[index] ?? t('member', { place: index + 1 });
  const done = seal.marks.flatMap((mark, i) => (mark === 'commit' ? [nameOf(i)] : []));
  const others = seal.marks.flatMap((mark, i) => (mark === 'commit' ? [] : [nameOf(i)]));
  const { n, q } = seal;
  const parts =
    done.length === 0
      ? [t('act.none', { act, q, n })]
      : seal.outcome === 'closed'
        ? [t('act.enough', { act, done: done.length, n, who: list(done) })]
        : [t('act.some', { act, done: done.length, q, who: list(done) })];
  if (done.length > 0 && others.length > 0) parts.push(t('act.notYet', { who: list(others) }));
  return parts.join(' ');
}

export function list(names: readonly string[]): string {
  if (names.length === 0) return t('nobody');
  if (names.length <= MAX_SPOKEN_NAMES) return commas(names);
  return t('someMore', {
    names: commas(names.slice(0, SPOKEN_WHEN_CUT)),
    more: names.length - SPOKEN_WHEN_CUT,
  });
}
