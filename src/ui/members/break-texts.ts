/** Going on beyond f, in words that do not depend on the state; the others are in break-words.ts. */
export const BREAKS = {
  title: 'When too many are gone for good',
  when: (q: number, n: number): string =>
    `A change of members needs a quorum: ${q === n ? `all ${n}` : `${q} of the ${n}`} members. If so many of them have lost their keys or closed for good that ${q} will never be here again, those who are left can go on by themselves, as a network of their own that continues this one.`,
  notWhen: (q: number): string =>
    `If ${q} members can still be reached, by whatever way and however late, do not do this: propose a change of members. It takes the others out, or gives their places to somebody else, and loses nothing.`,
  know: 'Before you do it',
  facts: [
    'Without a quorum nobody can prove that nothing else was agreed. A certificate that only the missing members hold at this moment may be lost: if it comes to light later, it counts for nothing where you go on.',
    'The ones who are left behind can do the same, without you. Then there are two networks with one past, and only people can say which of them is meant.',
    'The record shows the break for ever. Every evidence file from then on names who went on and who was left behind, and proves nothing to who trusts only the old network until they decide to trust the new one.',
    'All who go on must sign, every one of them, and all must hold the same record. Who has signed signs nothing more in the old network.',
  ],
  open: 'Go on without the others',
  who: 'Who goes on',
  whoHint: 'Only who is a member today, each with the key it has.',
  here: 'here',
  away: 'not here',
  self: 'this member',
  name: 'Name of the network from then on',
  nameHint: '1 to 80 characters. It may stay as it is; the network’s id becomes another one.',
  nameProblem: 'Give the network a name.',
  means: (words: string): string => `After it: ${words}.`,
  quorum: (s: number, q: number): string =>
    `With ${s === 1 ? 'one member' : `these ${s}`} a quorum is there: ${q} must sign, and ${q === 1 ? 'one' : q} can. Propose a change of members instead: it takes the others out, or gives their places to somebody else, and loses nothing.`,
  next: 'Continue',
  notNow: 'Not now',

  confirmHead: (gone: string): string => `Go on without ${gone}?`,
  behind: 'Left behind',
  goesOn: 'Go on',
  irreversible: 'After this, this browser signs nothing more in the old network.',
  /** `others`: whom each of the others that were signed here goes on with. */
  signedAnother: (others: readonly string[]): string =>
    `You have signed another one already, with ${others.join('; and one with ')}. Each survivor goes on in the one that is complete first, so two that are signed at once can leave you apart from the others. Call them, and agree on one, before you sign this.`,
  noWayBack: 'That cannot be taken back, also if the others never sign.',
  propose: 'Propose it and sign',
  proposing: 'Writing it down, and signing',

  waiting: 'Going on without a quorum',
  waitingText:
    'Those who are named go on as a network of their own once every one of them has signed. It is no change of members: no quorum stands behind it.',
  called: 'Called from then on',
  proposedBy: 'Proposed by',
  signed: 'You have signed this.',
  signedRest: 'This browser signs nothing more in the old network.',
  ready: 'All have signed: the new network begins by itself.',
  sign: 'Sign it',
  signing: 'Writing it down, and signing',
  notListed: 'You are not among those who go on.',
  notListedText:
    'If you are here to stay, tell them now, by a call: with one more member a quorum may be there, and then a change of members is the way.',
  differs: (who: string): string =>
    `The record here is not the one that ${who} had when this was proposed, so it cannot be signed. What is missing is fetched by itself while you are linked; then ask for it to be proposed again.`,
  lost: 'A certificate that only those hold who are left behind may be lost by this.',

  continued: 'This network was continued',
  continuedHead: 'This network was continued without you.',
  continuedText:
    'What a quorum signed here stays valid. What is signed here from now on counts for nothing there, and the other way round. Which of the two is meant, people decide: call them.',
  broken: 'The record has a break',
  brokenText: (number: number): string =>
    `No quorum stood behind the beginning of epoch ${number}. A certificate of an earlier epoch that only the ones left behind held then may be missing here, and counts for nothing now.`,
  before: (number: number): string => `before the break of epoch ${number}`,
  beforeLabel: 'Break',
  beforeText: (number: number, who: string): string =>
    `Signed before the break with which epoch ${number} began. ${who} went on without a quorum, with this version in their record.`,

  awaited: (gone: string): string => `You are asked to sign that the network goes on without ${gone}.`,
  observerHead: 'This browser signs nothing more in the old network.',
} as const;
