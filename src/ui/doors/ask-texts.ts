import { translator } from '../i18n/t.ts';
import { numbersOf } from '../members/words.ts';
import type { Knocked } from './keep-knocking.ts';

const t = translator('doors');

export const ASK = {
  title: t('ask.title'),
  titleOf: (name: string): string => t('ask.titleOf', { name }),
  lead: t('ask.lead'),
  invitation: t('ask.invitation'),
  invitationHint: t('ask.invitationHint'),
  another: t('ask.another'),
  what: t('ask.what'),
  newPlace: t('ask.newPlace'),
  oldPlace: t('ask.oldPlace'),
  oldPlaceText: t('ask.oldPlaceText'),
  inPlaceOf: t('ask.inPlaceOf'),
  choose: t('ask.choose'),
  idOld: t('ask.idOld'),
  who: t('ask.who'),
  whoOld: t('ask.whoOld'),
  ask: t('ask.ask'),
  asking: t('ask.asking'),
  making: t('ask.making'),
  notMade: t('ask.notMade'),
  waiting: t('ask.waiting'),
  key: t('ask.key'),
  compare: t('ask.compare'),
  keep: t('ask.keep'),
  members: t('ask.members'),
  again: t('ask.again'),
  giveUp: t('ask.giveUp'),
  giveUpText: t('ask.giveUpText'),
  giveUpAction: t('ask.giveUpAction'),
  goOn: t('ask.goOn'),
  progress: (approvals: number, needed: number): string => t('ask.progress', { approvals, needed }),
  reason: t('ask.reason'),
  open: (name: string): string => t('ask.open', { name }),
  button: t('ask.button'),
  buttonText: t('ask.buttonText'),
  inPlace: (organisation: string, member: string): string => t('ask.inPlace', { organisation, member }),
} as const;

/** Where the request stands, for the live region: whole sentences. */
export function knockWords({ view, alone }: Knocked): string {
  if (view === null) return t(alone ? 'knock.nobody' : 'knock.looking');
  if (view.state === 'admitted') return t('knock.admitted', { name: view.name });
  const sentence = standingWords(view);
  return alone ? `${sentence} ${t('knock.trying')}` : sentence;
}

function standingWords(view: Exclude<NonNullable<Knocked['view']>, { state: 'admitted' }>): string {
  if (view.state === 'asked') {
    const { n, q } = numbersOf(view.members.length);
    return t('knock.asked', { n, q, all: q === n ? 'yes' : 'no' });
  }
  const { approvals, needed } = view;
  return approvals >= needed ? t('knock.sealing') : t('knock.drafted', { approvals, needed });
}
