import { numbersOf } from '../members/words.ts';
import type { Knocked } from './keep-knocking.ts';

export const ASK = {
  title: 'Ask to join',
  titleOf: (name: string): string => `Ask to join ${name}`,
  lead: 'The network runs already. Keys are made in this browser; its members see your request, compare your key with you, and approve it.',
  invitation: 'Invitation',
  invitationHint:
    'Paste the whole link. It contains the secret that lets members find one another: treat it like a key to the building.',
  another: 'Another invitation',
  what: 'What do you ask for?',
  newPlace: 'A place of our own: we are new',
  oldPlace: 'Our place back: our keys or our data were lost',
  oldPlaceText:
    'The keys that are in force now sign nothing any more once you are let in; what they signed before stays valid. Other places of this browser are not touched.',
  inPlaceOf: 'In place of',
  choose: 'Choose your place',
  idOld: 'The id that your place has: it stands on the Members page of every member.',
  who: 'Who are you?',
  whoOld: 'Who are you in the member list?',
  ask: 'Make keys and ask',
  asking: 'Asking …',
  making:
    'Waiting for any member that is online to say who the members are. Then the keys are made in this browser.',
  notMade:
    'No answer came, so it is not known whether the keys were made. Reload this page, and open the invitation again.',
  waiting: 'Waiting for the members',
  key: 'Your key',
  compare:
    'Call one of the members and read this out. They see the same beside your request, and should admit nobody whose key differs.',
  keep: 'Keep this page open. This browser signs that it joins as soon as it is proposed, and opens the network by itself when enough have approved. If the page was closed, open the invitation again, here.',
  members: 'Members',
  again: 'Ask for something else',
  giveUp: 'Give this request up?',
  giveUpText:
    'Its keys are deleted from this browser. If the members let that key in after all, nobody could sign with it: tell them.',
  giveUpAction: 'Give it up',
  goOn: 'Keep waiting',
  progress: 'Approvals',
  reason: 'They wrote',
  open: (name: string): string => `Open ${name}`,
  button: 'Ask to join',
  buttonText: 'The members can let this browser in, also in place of lost keys.',
} as const;

/** Where the request stands, for the live region: whole sentences. */
export function knockWords({ view, alone }: Knocked): string {
  const trying = alone ? ' At this moment no member answers; this page keeps trying.' : '';
  if (view === null)
    return alone
      ? 'No member has answered yet. One of them must be online, with the network open; this page keeps trying.'
      : 'Looking for a member that is online …';
  switch (view.state) {
    case 'asked': {
      const { n, q } = numbersOf(view.members.length);
      return `The members know of your request. One of them must propose you, and ${q === n ? `all ${n}` : `${q} of the ${n}`} must approve.${trying}`;
    }
    case 'drafted':
      return view.approvals >= view.needed
        ? `You are proposed, and enough members have approved: the change is being sealed.${trying}`
        : `You are proposed, and this browser has signed that it joins. ${view.approvals} of ${view.needed} approvals are here.${trying}`;
    case 'admitted':
      return `You are in. ${view.name} is being opened.`;
  }
}
