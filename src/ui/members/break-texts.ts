/** Going on beyond f, in words that do not depend on the state; the others are in break-words.ts. */
import { translator } from '../i18n/t.ts';

const t = translator('members');

export const BREAKS = {
  title: t('break.title'),
  when: (q: number, n: number): string => t('break.when', { q, n, all: q === n ? 'yes' : 'no' }),
  notWhen: (q: number): string => t('break.notWhen', { q }),
  know: t('break.know'),
  facts: [t('break.fact1'), t('break.fact2'), t('break.fact3'), t('break.fact4')],
  open: t('break.open'),
  who: t('break.who'),
  whoHint: t('break.whoHint'),
  here: t('here'),
  away: t('away'),
  self: t('self'),
  name: t('break.name'),
  nameHint: t('break.nameHint'),
  nameProblem: t('break.nameProblem'),
  means: (words: string): string => t('next', { words }),
  quorum: (s: number, q: number): string => t('break.quorum', { s, q }),
  next: t('break.next'),
  notNow: t('notNow'),

  confirmHead: (gone: string): string => t('break.confirmHead', { gone }),
  behind: t('break.behind'),
  leftBehind: (who: string): string => t('break.leftBehind', { who }),
  goesOn: t('break.goesOn'),
  irreversible: t('break.irreversible'),
  /** `others`: whom each of the others that were signed here goes on with. */
  signedAnother: (others: readonly string[]): string =>
    t('break.signedAnother', {
      others: others.reduce((first, next) => t('break.andOneWith', { first, next })),
    }),
  noWayBack: t('break.noWayBack'),
  propose: t('break.propose'),
  proposing: t('break.proposing'),

  waiting: t('break.waiting'),
  waitingText: t('break.waitingText'),
  called: t('break.called'),
  proposedBy: t('break.proposedBy'),
  signed: t('break.signed'),
  signedRest: t('break.signedRest'),
  ready: t('break.ready'),
  sign: t('break.sign'),
  /** Said after it to a screen reader. */
  signOf: (title: string): string => t('break.signOf', { title }),
  signing: t('break.proposing'),
  notListed: t('break.notListed'),
  notListedText: t('break.notListedText'),
  differs: (who: string): string => t('break.differs', { who }),
  lost: t('break.lost'),

  continued: t('break.continued'),
  continuedHead: t('break.continuedHead'),
  continuedText: t('break.continuedText'),
  broken: t('break.broken'),
  brokenText: (number: number): string => t('break.brokenText', { epoch: number }),
  continues: (from: string, to: string): string => t('break.continues', { from, to }),
  before: (number: number): string => t('break.before', { epoch: number }),
  beforeLabel: t('break.beforeLabel'),
  beforeText: (number: number, who: string): string => t('break.beforeText', { epoch: number, who }),

  awaited: (gone: string): string => t('break.awaited', { gone }),
  observerHead: t('break.signedRest'),
} as const;
