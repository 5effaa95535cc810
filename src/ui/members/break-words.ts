/** Going on beyond f in plain words: pure functions of the state, so that pages and banners say the same. */
import type { BreakView, ChainBreak, MemberView, NetworkState, SealState } from '../../worker/api.ts';
import { shortDigest } from '../format.ts';
import { BREAKS } from './break-texts.ts';
import { hasSignedBreak, listed, numbersOf } from './words.ts';

const organisations = (members: readonly { readonly organisation: string }[]): string =>
  listed(members.map(({ organisation }) => organisation));

/** `Alfa Components and Bravo Logistics go on without Cargo Nord and Delta Express`. */
export function breakTitle({ survivors, gone }: Pick<BreakView, 'survivors' | 'gone'>): string {
  return `${organisations(survivors)} ${survivors.length === 1 ? 'goes' : 'go'} on without ${organisations(gone)}`;
}

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
  const who = silent.map(({ organisation, here }) => (here ? organisation : `${organisation} (not here)`));
  return `${silent.length === 1 ? 'One signature is' : `${silent.length} signatures are`} missing. Not yet: ${listed(who)}.`;
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
  return [
    `You have signed that the network goes on without ${goneWords(one)}. Nothing is signed in the old one any more.`,
    silent.length > 0 &&
      `It goes on when ${organisations(silent)} ${silent.length === 1 ? 'has' : 'have'} signed too.`,
  ]
    .filter(Boolean)
    .join(' ');
}

/** What a break of the chain did, a sentence for each part. */
export function pastBreakSentences(one: ChainBreak): readonly string[] {
  const { epoch, survivors, gone, name } = one;
  return [
    `Epoch ${epoch} began with a break, as “${name}”: ${listed(survivors)} went on without a quorum.`,
    `Left behind: ${listed(gone)}.`,
  ];
}

/** Told to who did not go on: others did. Each a sentence. */
export function continuedSentences({ name, epoch, survivors, gone, network }: ChainBreak): readonly string[] {
  return [
    `${listed(survivors)} went on as “${name}” with epoch ${epoch}, without a quorum. Left behind: ${listed(gone)}.`,
    `They sign nothing more in this network. Theirs has the id ${shortDigest(network)}; who is to be in it asks them for an invitation.`,
  ];
}

/** The break after which what was signed in this epoch counts only as far as it was in the record then; null: none came since. */
export const breakAfter = (epoch: number, breaks: readonly ChainBreak[]): ChainBreak | null =>
  [...breaks].sort((a, b) => a.epoch - b.epoch).find((one) => one.epoch > epoch) ?? null;

/** The network that signatures of this epoch name. */
export const networkOfEpoch = (epoch: number, breaks: readonly ChainBreak[], now: string): string =>
  breakAfter(epoch, breaks)?.from ?? now;
