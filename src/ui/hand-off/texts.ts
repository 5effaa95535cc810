/** Words of the hand-off, of the courier's page and of the delivery. */
import type { DeliveryOutcome, PackageStatus } from '../../worker/api.ts';
import { translator } from '../i18n/t.ts';
import { SHELL } from '../layout/texts.ts';

const t = translator('hand-off');

/** What one device shows to another. */
export type Shown = 'request' | 'answer' | 'report' | 'device';

export const HAND_OFF = {
  title: SHELL.titles.handOver,
  packageIs: (sscc: string): string => t('packageIs', { sscc }),
  readingRecord: t('readingRecord'),
  intro: t('intro'),
  vehicle: t('vehicle'),
  vehicleHint: t('vehicleHint'),
  seal: t('seal'),
  sealHint: t('sealHint'),
  place: t('place'),
  placeHint: t('placeHint'),
  prepare: t('prepare'),
  requestTitle: t('requestTitle'),
  requestLabel: t('requestLabel'),
  requestHint: t('requestHint'),
  again: t('again'),
  copy: t('copy'),
  asText: t('asText'),
  asTextLabel: (label: string): string => t('asTextLabel', { label }),
  answerTitle: t('answerTitle'),
  answerHint: t('answerHint'),
  entered: t('entered'),
  entering: t('entering'),
  live: (who: string): string => t('live', { who }),
  notLive: (who: string): string => t('notLive', { who }),
  sendAgain: t('sendAgain'),
  words: t('words'),
  otherCourier: t('otherCourier'),
  otherCourierHint: t('otherCourierHint'),
  chooseCourier: t('chooseCourier'),
  chooseCourierFirst: t('chooseCourierFirst'),
  noCourier: t('noCourier'),
  assign: (who: string): string => t('assign', { who }),
  assigning: t('assigning'),
  assigned: t('assigned'),
  courierTitle: t('courierTitle'),
  courierIntro: (who: string): string => t('courierIntro', { who }),
  noGln: (gln: string): string => t('noGln', { gln }),
  couriersOnly: t('couriersOnly'),
  scanTitle: t('scanTitle'),
  scanHint: t('scanHint'),
  liveTitle: t('liveTitle'),
  fromWarehouse: (warehouse: string): string => t('fromWarehouse', { warehouse }),
  signTitle: t('signTitle'),
  sign: t('sign'),
  signNoAnswer: t('signNoAnswer'),
  dontSign: t('dontSign'),
  cannotSign: t('cannotSign'),
  answerShow: t('answerShow'),
  answerLabel: t('answerLabel'),
  answerSent: t('answerSent'),
  signed: t('signed'),
  signedAndIn: t('signedAndIn'),
  nextOne: t('nextOne'),
  waiting: t('waiting'),
  waitingNone: t('waitingNone'),
  withYou: t('withYou'),
  withYouNone: t('withYouNone'),
  reportDelivery: t('reportDelivery'),
  ownRow: (notice: string, time: string): string => t('ownRow', { notice, time }),
  /** After the words of a link, for who hears it alone. */
  ofPackage: (sscc: string): string => t('ofPackage', { sscc }),
  more: (n: number): string => t('more', { n }),
  nobodyHas: t('nobodyHas'),
  formerHas: (member: string): string => t('formerHas', { member }),
  otherHas: (organisation: string): string => t('otherHas', { organisation }),
  nothingToHandOver: (status: PackageStatus): string =>
    t(status === 'quarantined' ? 'nothingReleased' : 'nothingInspected', {
      status: status === 'in-transit' ? 'inTransit' : status,
    }),
  toCourier: (courier: string): string => t('toCourier', { courier }),
  prepareNoAnswer: t('prepareNoAnswer'),
  courier: t('courier'),
  signedAt: t('signedAt'),
  courierKey: t('courierKey'),
  bothDigest: t('bothDigest'),
  openPackage: t('openPackage'),
  notSaid: t('notSaid'),
  none: t('none'),
  noPhotos: t('noPhotos'),
  gln: (gln: string): string => t('gln', { gln }),
  usePicture: t('usePicture'),
  paste: t('paste'),
  /** After one of the two before it. */
  ofWhat: (what: Shown): string => t('ofWhat', { what }),
  readText: t('readText'),
  takeNoAnswer: t('takeNoAnswer'),
  unknown: t('unknown'),
  deliveryTitle: SHELL.titles.delivery,
  outcome: t('outcome'),
  chooseOutcome: t('chooseOutcome'),
  recipient: t('recipient'),
  recipientHint: t('recipientHint'),
  recipientIs: (name: string): string => t('recipientIs', { name }),
  deliveryPlace: t('deliveryPlace'),
  report: t('report'),
  reporting: t('reporting'),
  reported: t('reported'),
  reportNoAnswer: t('reportNoAnswer'),
  notSignedYet: t('notSignedYet'),
  notYours: (courier: string): string => t('notYours', { courier }),
  receipt: t('receipt'),
  receiptHint: t('receiptHint'),
  receiptForget: t('receiptForget'),
  asCode: t('asCode'),
  reportLabel: t('reportLabel'),
  enterReport: t('enterReport'),
  enterReportHint: t('enterReportHint'),
  enter: t('enter'),
  scanAnother: t('scanAnother'),
  otherPackage: (sscc: string): string => t('otherPackage', { sscc }),
  outcomeLabel: t('outcomeLabel'),
  signedBy: t('signedBy'),
  signedByKey: (courier: string, key: string): string => t('signedByKey', { courier, key }),
  attempt: (outcome: string, attempt: number): string => t('attempt', { outcome, attempt }),
  photos: t('photos'),
  photosOf: t('photosOf'),
} as const;

/** What both sign, field by field. */
export const SENTENCE = {
  package: t('word.package'),
  from: t('word.from'),
  to: t('word.to'),
  contents: t('word.contents'),
  unknown: t('word.unknown'),
  /** `left`: lines that are not named. */
  lines: (
    lines: readonly { readonly pieces: number; readonly description: string }[],
    left: number,
  ): string => {
    const named = lines
      .map(({ pieces, description }) => t('word.line', { pieces, description }))
      .join(t('word.between'));
    return left > 0 ? t('word.moreLines', { lines: named, n: left }) : named;
  },
  vehicle: t('word.vehicle'),
  seal: t('word.seal'),
  place: t('word.place'),
  placeOf: (place: string | undefined, gln: string): string =>
    place === undefined ? t('gln', { gln }) : t('word.placeOf', { place, gln }),
  time: t('word.time'),
  record: t('word.record'),
  version: (version: number, digest: string): string => t('word.version', { version, digest }),
  same: t('word.same'),
  absent: t('word.absent'),
  other: t('word.other'),
} as const;

/** What a member can do with a package. */
export const TASKS = {
  nav: t('task.nav'),
  handOver: (courier: string): string => t('task.handOver', { courier }),
  enterReport: t('task.enterReport'),
  decide: t('task.decide'),
  recall: t('task.recall'),
  hold: t('task.hold'),
} as const;

export const OUTCOME_WORDS: Readonly<Record<DeliveryOutcome, string>> = {
  delivered: t('outcome.delivered'),
  'not-at-home': t('outcome.notAtHome'),
  refused: t('outcome.refused'),
  damaged: t('outcome.damaged'),
  'wrong-address': t('outcome.wrongAddress'),
  lost: t('outcome.lost'),
};

/** Vehicle or seal as people type it: upper case without spaces. Null: left empty. */
export function codeOf(text: string): string | null {
  const code = text.trim().toUpperCase().replaceAll(/\s+/g, '-');
  return code === '' ? null : code;
}

export const codeProblem = (what: string, code: string | null): string | null =>
  code === null || /^[A-Z0-9][A-Z0-9-]{0,19}$/.test(code) ? null : t('codeProblem', { what });
