/** Words for sessions that rest, that a second device keeps too, that another device runs, and that wait to be sent together. */
import { plural } from '../format.ts';

export const MORE = {
  summary: 'Pause, or a second device',
  pause: 'Pause this session',
  alsoOn: 'A second device runs every step too, and can take the session over when this one dies.',
  onlyHere: 'Only here',
  noOther:
    'No other device of your organisation is linked now. With one, every step would be kept there too, and the work could go on there.',
  away: (name: string): string => `${name}, not linked`,
  mirrored: (name: string): string => `Also on ${name}: it has run every step too.`,
  lost: (name: string): string =>
    `${name} is not linked. Until it is back no step can be taken, because this session promises that both have it.`,
  asking: 'Asking the second device',
  leaving: 'Leaving the second device',
  goOnAlone: 'Go on alone',
  /** For a new session: the choice of a second device for new ones ends with it. */
  startAlone: 'Start it, and later ones, on this device alone',
  notChosen: 'The replica did not answer. Reload this page; it shows what is chosen.',
  nextToo: 'Choose it for the next sessions as well',
  nowAlone: 'This session goes on here alone',
  nowAloneBody: 'The other device can no longer take it over. No step was lost.',
  nowAlso: (name: string): string => `Also on ${name}`,
  nowAlsoBody: 'It has run every step so far and got the same responses.',
} as const;

export const REST = {
  title: 'This session rests',
  since: (time: string): string => `Paused at ${time}. Nothing was lost, and nothing was sent.`,
  open: 'The package stays taken meanwhile: the others still see that somebody works on it.',
  goOn: 'Go on with it',
  next: 'Another package',
  paused: 'Session paused',
  pausedBody: 'Scan its package, or choose it below, to go on.',
  waking: 'Going on with it',
  resumed: 'It goes on where it stood',
} as const;

export const ENDED = {
  movedTitle: 'This session goes on elsewhere',
  moved: (organisation: string): string =>
    `Another device of ${organisation} has taken it over, with every step that was confirmed. Go on there. Here it is closed.`,
  stuckTitle: 'This session cannot go on here',
  expiredOne: 'This session has expired',
  expiredOneText:
    'Nobody took a step in it for three days, so it was closed. Nothing of it was sent. Scan the package again to start anew.',
  expiredTitle: 'Expired',
  expired:
    'Nobody took a step in these for three days, so they were closed. Nothing of them was sent. Scan the package again to start anew.',
  begun: (time: string): string => `begun ${time}`,
  understood: 'Understood',
} as const;

/** A line of the queue. */
export const QUEUE = {
  you: 'Waits for you',
  paused: 'paused',
  since: (time: string): string => `Since ${time}`,
  finished: 'finished',
  notSent: 'Not sent yet',
} as const;

export const SHIFT = {
  later: 'Finish it, send it later',
  keptHead: 'Finished, not sent yet',
  keptBody: 'It waits on this device. Start the next package.',
  heading: (count: number): string => `Finished, not sent: ${count}`,
  offline: (here: number, needed: number): string =>
    `Only ${here} of the ${needed} members that must sign are here. Sent now, they are signed when the others return.`,
  all: (count: number): string => `Commit all (${count})`,
  allBusy: (count: number): string => `Handing ${plural(count, 'session', 'sessions')} to the members`,
  sent: (count: number): string => `${plural(count, 'session', 'sessions')} sent together`,
  sentBody: 'Each is signed by itself, and goes on by itself even after a restart.',
  noMember:
    'No member is linked to this device. The session is signed and kept here, and is handed over by itself as soon as one is.',
  failed: (count: number): string =>
    `${plural(count, 'session was', 'sessions were')} not sent. Nothing of them is lost:`,
  silent:
    'The replica did not answer, so it is not known what was sent. Reload this page; it shows what still waits.',
} as const;

export const MIRRORED = {
  heading: 'Kept here for other devices',
  takeOver: 'Take over',
  at: (device: string, operator: string): string => `${device} (${operator})`,
  linked: 'linked now',
  away: 'not linked',
  last: (step: string, time: string): string => `${step}, ${time}`,
  sent: 'sent, not committed yet',
  askTitle: (name: string): string => `Take over package ${name}?`,
  kept: (steps: string, last: string): string =>
    `${steps} of it are kept here, the last one: ${last}. It goes on after that one; nothing is asked twice.`,
  asked: (who: string): string =>
    `${who} is linked now: somebody may be working on it there. From then on it can take no further step in this session.`,
  askedLost: (who: string): string =>
    `${who} is not linked. Should it come back, it is told that the session goes on here.`,
  leave: 'Leave it there',
  taking: 'Taking it over',
  taken: 'Taken over',
  takenBody: 'It goes on here where it stood.',
} as const;
