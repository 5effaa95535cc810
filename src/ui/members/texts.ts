/** Words of the page of members that do not depend on the state; the others are in words.ts. */
export const MEMBERS = {
  title: 'Members',
  back: 'Network',
  open: 'Members and changes',
  list: 'Members of today',
  listOf: (epoch: number): string => `Members in epoch ${epoch}`,
  key: 'Key',
  self: 'this member',
  here: 'here',
  observer: 'here, observes only',
  away: 'not here',
  deeds: {
    'two-values': 'Evidence: signed two values',
    'bad-share': 'Evidence: signed a bad certificate share',
    'two-reports': 'Evidence: signed two reports of one state',
  },
  deedBefore: 'Evidence of an earlier epoch',
  seeEvidence: 'See the evidence',

  closing: 'Closing',
  catchingUp: 'Catching up',
  carried: (count: number): string =>
    `${count === 1 ? 'One value that was' : `${count} values that were`} carried over from the last epoch ${count === 1 ? 'is' : 'are'} not decided yet. That goes on by itself.`,

  changes: 'Changes',
  changesNone: 'No change of members is proposed.',
  changesText:
    'A change takes effect when enough members have approved it: then a new epoch begins. An approval cannot be taken back, and ends when another change is sealed.',
  reason: 'Reason',
  next: (words: string): string => `After it: ${words}.`,
  approve: 'Approve',
  approveAll: 'Approve all the same',
  notNow: 'Not now',
  know: 'Before you approve',
  knowSince: 'At this moment',
  confirm: 'Approve it knowing this?',
  approving: 'Signing the approval',
  approved: 'You have approved this.',
  ready: 'Nothing is missing: its vote begins by itself.',
  sealed: 'It is sealed: with it the next epoch begins, as soon as enough reports are here.',
  sealing: 'Enough have approved. The members vote on it now; then the epoch closes, which takes seconds.',
  evidence: (who: string, what: string): string => `Held against ${who}: ${what}`,
  noEvidence: (who: string): string => `Nothing is held here against ${who}.`,

  requests: 'Requests to join',
  requestsNone: 'Nobody asks to join.',
  compare:
    'Compare it with the one on their screen, by a call or face to face. That they hold this key is proved; the rest is what they say of themselves.',
  asked: 'Asked',
  admit: 'Admit',
  dismiss: 'Dismiss',
  dismissing: 'Taking the request off the list',
  dismissed: (who: string): string =>
    `The request of ${who} is off this replica’s list. It comes back if they ask again.`,
  inChange: 'A change that names it is proposed already.',
  showChange: 'Show the change',
  admitText: 'This proposes to all members to let it in, and approves that in your name.',

  remove: 'Remove',
  removeText: (who: string): string =>
    `This proposes to all members to remove ${who}, and approves that in your name. Until enough have approved, it goes on as before.`,
  leave: 'Leave',
  leaveText:
    'This proposes to all members that you leave, and approves it in your name. Until the next epoch begins your vote is needed as before; keep this page open until then. What you signed stays valid, and this browser keeps its copy.',
  cannotShrink: (n: number): string =>
    `With ${n === 1 ? 'one member' : `${n} members`} nobody can be removed or leave: the list may not become shorter than ${Math.min(n, 4)}. Let another in first.`,
  propose: 'Propose and approve',
  proposing: 'Proposing it, and signing the approval',
  reasonHint: 'All members read it, and it stays in the record.',
  reasonProblem: 'Say why in a few words: the others decide by it.',
  noAnswer: 'The replica did not answer. Reload this page; it shows whether this was saved.',

  again: 'This browser does not vote',
  againText:
    'It holds your organisation’s key, and its vote log is not the one that the others know, or lacks something that it once signed. It can ask the others to let it in again. What is stored here stays. If another browser votes for your organisation now, it observes from then on.',
  againElsewhere:
    'While another browser votes for your organisation, the members are linked with that one: here they all seem away, and this browser learns of changes of members only.',
  againAsking:
    'It asks the others to let it in again. Keep this page open: their members see the request on this page of theirs, propose it and approve it; then this browser votes by itself.',
  againFingerprint: 'They compare this fingerprint with you:',
  againAction: 'Ask to be let in again',
  againBusy: 'Preparing the request',

  bring: 'Let somebody in',
  bringText:
    'Send them the invitation. They open it, choose “Ask to join”, and keep that page open. Their request then stands here, and at every other member that is online.',
  bringLink: 'To the invitation',
  rules: 'Newer rules',
  rulesText: (from: number, to: number): string =>
    `This program knows rules ${to}; the network works by rules ${from}. Members whose program is older cannot check sessions after the change.`,
  rulesAction: (to: number): string => `Move to rules ${to}`,
  rulesReason: (to: number): string => `Our programs know rules ${to}.`,

  awaited: (count: number): string =>
    count === 1
      ? 'A change of members waits for your approval.'
      : `${count} changes of members wait for your approval.`,
  asking: (count: number): string => (count === 1 ? 'Somebody asks to join.' : `${count} ask to join.`),
  look: 'Look at it',
} as const;
