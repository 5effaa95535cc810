/** Going on beyond f in plain words: pure functions of the state, so that pages and banners say the same. */
import type { BreakView, ChainBreak, MemberView, NetworkState, SealState } from '../../worker/api.ts';
import { shortDigest } from '../format.ts';
import { translator } from '../i18n/t.ts';
import { BREAKS } from './break-texts.ts';
import { hasSignedBreak, listed, notHereWords, numbersOf } from './words.ts';

const t = translator('members');

const organisations = (members: readonly { readonly organisation: string }[]): string =>
  listed(members.map(({ organisation }) => organisation));

/** `Alfa Components and Bravo Logistics go on without Cargo Nord and Delta Express`. */
export const breakTitle = ({ survivors, gone }: Pick<BreakView, 'survivors' | 'gone'>): string =>
  t('break.goOn', { count: survivors.length, who: organisations(survivors), gone: organisations(gone) });

export const goneWords = ({ gone }: Pick<BreakView, 'gone'>): string => organisations(gone);

/** Before a further one is signed; undefined: none of them was. */
export function signedAnotherWords(others: readonly BreakView[]): string | undefined {
  const signed = others.filter(({ self }) => self === 'signed');
  return signed.length === 0
    ? undefined
    : BREAKS.signedAnother(signed.map(({ survivors }) => organisations(survivors)));
}

/** One place for each who goes on; all of them must sign. */
export function breakSeal({ survivors }: Pick<BreakView, 'survivors'>): SealState {
  return {
    n: survivors.length,
    q: survivors.length,
    marks: survivors.map(({ signed, here }) => (signed ? 'commit' : here ? 'heard' : 'empty')),
    // Of this seal nobody can give two halves.
    evidence: survivors.map(() => false),
    outcome: survivors.every(({ signed }) => signed) ? 'closed' : 'voting',
  };
}

/** The members whose places that seal has. */
export function survivorsOf(
  { survivors }: Pick<BreakView, 'survivors'>,
  members: readonly MemberView[],
): readonly MemberView[] {
  return survivors.flatMap(({ id }) => members.find((member) => member.id === id) ?? []);
}

/** Who has not signed yet, in a sentence; null: all have. */
export function unsignedWords({ survivors }: Pick<BreakView, 'survivors'>): string | null {
  const silent = survivors.filter(({ signed }) => !signed);
  if (silent.length === 0) return null;
  const who = silent.map(({ organisation, here }) => (here ? organisation : notHereWords(organisation)));
  return t('break.unsigned', { count: silent.length, who: listed(who) });
}

/** Those that wait for this member's signature and can have it. */
export const awaitedBreaks = ({
  breaks,
  selfDevice,
}: Pick<NetworkState, 'breaks' | 'selfDevice'>): readonly BreakView[] =>
  selfDevice === undefined
    ? breaks.filter(({ self, sameRecord, notHere }) => self === 'asked' && sameRecord && notHere === null)
    : [];

/** Whether the way is open at all. A reloaded survivor stays `resuming`, since no quorum is left to answer it: it may go on too. */
export function mayBreak({
  self,
  standing,
  selfDevice,
  epoch,
  breaks,
  n,
}: Pick<NetworkState, 'self' | 'standing' | 'selfDevice' | 'epoch' | 'breaks' | 'n'>): boolean {
  if (self === null || selfDevice !== undefined || standing.kind === 'device' || n < 2) return false;
  if (epoch.newest > epoch.number) return false;
  return standing.kind === 'voter' || standing.kind === 'resuming' || hasSignedBreak({ breaks });
}

/** With so many of `n` a quorum is there, and a change is the way. */
export const isQuorum = (survivors: number, n: number): boolean => survivors >= numbersOf(n).q;

/** What who has signed waits for, in a sentence for each part; null: it has signed none. The newest proposal that it signed is what it waits for. */
export function waitingWords({
  breaks = [],
}: {
  readonly breaks?: NetworkState['breaks'] | undefined;
}): string | null {
  const one = breaks.findLast(({ self }) => self === 'signed');
  if (one === undefined) return null;
  const silent = one.survivors.filter(({ signed }) => !signed);
  const sentences = [t('break.haveSigned', { gone: goneWords(one) })];
  if (silent.length > 0)
    sentences.push(t('break.waitsFor', { count: silent.length, who: organisations(silent) }));
  return sentences.join(' ');
}

/** What a break of the chain did, a sentence for each part. */
export function pastBreakSentences(one: ChainBreak): readonly string[] {
  const { epoch, survivors, gone, name } = one;
  return [t('break.began', { epoch, name, who: listed(survivors) }), BREAKS.leftBehind(listed(gone))];
}

/** Told to who did not go on: others did. Each a sentence. */
export function continuedSentences({ name, epoch, survivors, gone, network }: ChainBreak): readonly string[] {
  return [
    t('break.wentOn', { who: listed(survivors), name, epoch, gone: listed(gone) }),
    t('break.theirs', { network: shortDigest(network) }),
  ];
}

/** The break after which what was signed in this epoch counts only as far as it was in the record then; null: none came since. */
export const breakAfter = (epoch: number, breaks: readonly ChainBreak[]): ChainBreak | null =>
  [...breaks].sort((a, b) => a.epoch - b.epoch).find((one) => one.epoch > epoch) ?? null;

/** The network that signatures of this epoch name. */
export const networkOfEpoch = (epoch: number, breaks: readonly ChainBreak[], now: string): string =>
  breakAfter(epoch, breaks)?.from ?? now;
