/** What a screen reader hears for a seal; also its tooltip and the caption in print. */
import type { PastEpoch, SealState } from '../../worker/api.ts';
import { counted } from '../format.ts';
import type { Mark } from './seal-inks.ts';

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
  `Epoch ${number}, ${counted(members.length)} ${members.length === 1 ? 'member' : 'members'}`;

/**
 * `today`: names of the members of today, in their order; a missing name is spoken as its place. A seal of another epoch is spoken with the names
 * of that one.
 */
export function sealSentence(seal: SealState, today: readonly string[], version?: number): string {
  const names = seal.past?.members.map((member) => member.name) ?? today;
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
      if (seal.past) parts.push(epochWords(seal.past));
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

/** What members do one by one besides voting: approve a change of members, report at the closing of an epoch, sign that they go on without a quorum. */
export type SealAct = 'approve' | 'report' | 'sign';

const ACTS: Readonly<Record<SealAct, { readonly done: string; readonly noun: string }>> = {
  approve: { done: 'approved', noun: 'approvals' },
  report: { done: 'reported', noun: 'reports' },
  sign: { done: 'signed', noun: 'signatures' },
};

/** The same for a seal of approvals, reports or signatures. */
export function tallySentence(act: SealAct, seal: SealState, names: readonly string[]): string {
  const nameOf = (index: number): string => names[index] ?? `member ${index + 1}`;
  const done = seal.marks.flatMap((mark, i) => (mark === 'commit' ? [nameOf(i)] : []));
  const others = seal.marks.flatMap((mark, i) => (mark === 'commit' ? [] : [nameOf(i)]));
  const { done: verb, noun } = ACTS[act];
  const parts =
    done.length === 0
      ? [`Nobody has ${verb} yet; ${seal.q} of ${seal.n} needed`]
      : seal.outcome === 'closed'
        ? [`${done.length} of ${seal.n} have ${verb}, enough: ${list(done)}`]
        : [`${done.length} of ${seal.q} ${noun} needed are here: ${list(done)}`];
  if (done.length > 0 && others.length > 0) parts.push(`Not yet: ${list(others)}`);
  return `${parts.join('. ')}.`;
}

export function list(names: readonly string[]): string {
  if (names.length === 0) return 'nobody';
  if (names.length <= MAX_SPOKEN_NAMES) return names.join(', ');
  return `${names.slice(0, SPOKEN_WHEN_CUT).join(', ')} and ${names.length - SPOKEN_WHEN_CUT} more`;
}
