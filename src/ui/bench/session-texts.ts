/** Words for sessions that rest, that a second device keeps too, that another device runs, and that wait to be sent together. */
import { translator } from '../i18n/t.ts';

const t = translator('bench');

export const MORE = {
  summary: t('more.summary'),
  pause: t('more.pause'),
  alsoOn: t('more.alsoOn'),
  onlyHere: t('more.onlyHere'),
  noOther: t('more.noOther'),
  away: (name: string): string => t('more.away', { name }),
  mirrored: (name: string): string => t('more.mirrored', { name }),
  lost: (name: string): string => t('more.lost', { name }),
  asking: t('more.asking'),
  leaving: t('more.leaving'),
  goOnAlone: t('more.goOnAlone'),
  /** For a new session: the choice of a second device for new ones ends with it. */
  startAlone: t('more.startAlone'),
  notChosen: t('more.notChosen'),
  nextToo: t('more.nextToo'),
  nowAlone: t('more.nowAlone'),
  nowAloneBody: t('more.nowAloneBody'),
  nowAlso: (name: string): string => t('more.nowAlso', { name }),
  nowAlsoBody: t('more.nowAlsoBody'),
} as const;

export const REST = {
  title: t('rest.title'),
  since: (time: string): string => t('rest.since', { time }),
  open: t('rest.open'),
  goOn: t('rest.goOn'),
  next: t('rest.next'),
  paused: t('rest.paused'),
  pausedBody: t('rest.pausedBody'),
  waking: t('rest.waking'),
  resumed: t('rest.resumed'),
  resumedBody: (sscc: string): string => t('rest.resumedBody', { sscc }),
} as const;

export const ENDED = {
  movedTitle: t('ended.movedTitle'),
  /** Null: the name of the own organisation is not known here. */
  moved: (organisation: string | null): string =>
    organisation === null ? t('ended.movedOwn') : t('ended.moved', { organisation }),
  stuckTitle: t('ended.stuckTitle'),
  expiredOne: t('ended.expiredOne'),
  expiredOneText: t('ended.expiredOneText'),
  expiredTitle: t('ended.expiredTitle'),
  expired: t('ended.expired'),
  begun: (time: string): string => t('ended.begun', { time }),
  understood: t('ended.understood'),
} as const;

/** A line of the queue. */
export const QUEUE = {
  you: t('queue.you'),
  paused: t('queue.paused'),
  since: (time: string): string => t('queue.since', { time }),
  finished: t('queue.finished'),
  notSent: t('queue.notSent'),
  open: t('queue.open'),
  conflict: t('queue.conflict'),
  rejected: t('queue.rejected'),
  look: t('queue.look'),
  voting: t('queue.voting'),
  signed: (commits: number, needed: number): string => t('queue.signed', { commits, needed }),
} as const;

export const SHIFT = {
  later: t('shift.later'),
  keptHead: t('shift.keptHead'),
  keptBody: t('shift.keptBody'),
  heading: (count: number): string => t('shift.heading', { count }),
  offline: (here: number, needed: number): string => t('shift.offline', { here, needed }),
  all: (count: number): string => t('shift.all', { count }),
  allBusy: (count: number): string => t('shift.allBusy', { count }),
  sent: (count: number): string => t('shift.sent', { count }),
  sentBody: t('shift.sentBody'),
  noMember: t('shift.noMember'),
  failed: (count: number): string => t('shift.failed', { count }),
  silent: t('shift.silent'),
} as const;

export const MIRRORED = {
  heading: t('mirrored.heading'),
  takeOver: t('mirrored.takeOver'),
  /** Whether it is linked stands after it. */
  at: (device: string, operator: string): string => t('mirrored.at', { device, operator }),
  linked: t('mirrored.linked'),
  away: t('mirrored.away'),
  last: (step: string, time: string): string => t('mirrored.last', { step, time }),
  sent: t('mirrored.sent'),
  askTitle: (name: string): string => t('mirrored.askTitle', { name }),
  kept: (steps: number, last: string): string => t('mirrored.kept', { steps, last }),
  asked: (who: string): string => t('mirrored.asked', { who }),
  askedLost: (who: string): string => t('mirrored.askedLost', { who }),
  leave: t('mirrored.leave'),
  taking: t('mirrored.taking'),
  taken: t('mirrored.taken'),
  takenBody: t('mirrored.takenBody'),
} as const;
