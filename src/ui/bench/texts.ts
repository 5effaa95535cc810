/** The bench's words. */
import type { InstanceView, LineVerdict, MemberView, SamplingPlan, SessionError } from '../../worker/api.ts';
import { eitherOf, listOf } from '../i18n/lists.ts';
import { translator } from '../i18n/t.ts';
import { inRow } from '../step-words.ts';

const t = translator('bench');

export const BENCH = {
  title: t('title'),
  place: (bench: string, operator: string): string => t('place', { bench, operator }),
  rail: t('rail'),
  steps: {
    start: t('steps.start'),
    scan: t('steps.scan'),
    supplier: t('steps.supplier'),
    quality: t('steps.quality'),
    label: t('steps.label'),
    send: t('steps.send'),
  },
  scanFirst: t('scanFirst'),
  scanAgain: t('scanAgain'),
  sinkLabel: t('sinkLabel'),
  sinkHint: t('sinkHint'),
  typeInstead: t('typeInstead'),
  takeTyped: t('takeTyped'),
  usePhoto: t('usePhoto'),
  package: t('package'),
  step: (at: number, of: number): string => t('step', { at, of }),
  stepDone: t('stepDone'),
  done: t('done'),
  notTaken: t('notTaken'),
  busy: (what: string): string => t('busy', { what }),
  undo: t('undo'),
  putAway: t('putAway'),
  menu: t('menu'),
  supplierTitle: t('supplierTitle'),
  supplierAction: t('supplierAction'),
  bandSupplier: t('bandSupplier'),
  bandQuality: t('bandQuality'),
  bandNext: t('bandNext'),
  labelTitle: t('labelTitle'),
  labelPreview: t('labelPreview'),
  sendTitle: t('sendTitle'),
  sendAction: t('sendAction'),
  sentTitle: t('sentTitle'),
  committedTitle: t('committedTitle'),
  nextPackage: t('nextPackage'),
  queue: t('queue'),
  stillVoting: (n: number): string => t('stillVoting', { n }),
  nothingVoting: t('nothingVoting'),
  savedHere: t('savedHere'),
  conflictTitle: t('conflictTitle'),
  conflictAction: t('conflictAction'),
  rejectedTitle: t('rejectedTitle'),
  openPackage: t('openPackage'),
  cannotRun: t('cannotRun'),
} as const;

export const DEFECT_ROWS = [
  { severity: 'critical', word: t('defect.critical') },
  { severity: 'major', word: t('defect.major') },
  { severity: 'minor', word: t('defect.minor') },
] as const;

export function allowed(plan: SamplingPlan, severity: 'critical' | 'major' | 'minor'): string {
  return t('allowed', { limit: severity === 'critical' ? 0 : plan[severity].accept });
}

/** Heading of the blocking error, by the problem's type; a type without one is spoken of in general. */
const TITLES: Readonly<Record<string, string>> = {
  'wrong-check-digit': t('problem.wrongCheckDigit'),
  'not-a-package': t('problem.notAPackage'),
  'other-package': t('problem.otherPackage'),
  'key-unknown': t('problem.packageUnknown'),
  'wrong-package': t('problem.otherPackage'),
  'package-unknown': t('problem.packageUnknown'),
  'sscc-check-digit': t('problem.wrongCheckDigit'),
  'gtin-check-digit': t('problem.wrongCheckDigit'),
  'code-unreadable': t('problem.notAPackage'),
  'manifest-tampered': t('problem.noticeTampered'),
  'manifest-malformed': t('problem.noticeMalformed'),
  'manifest-wrong-package': t('problem.noticeWrongPackage'),
  'supplier-key-unknown': t('problem.supplierKeyUnknown'),
  'supplier-key-expired': t('problem.supplierKeyExpired'),
  'supplier-mismatch': t('problem.supplierMismatch'),
  'courier-unknown': t('problem.courierUnknown'),
  'nothing-accepted': t('problem.nothingAccepted'),
  'verdict-outside-limits': t('problem.overLimit'),
  'quality-incomplete': t('problem.lineMissing'),
  'step-order': t('problem.stepOrder'),
  'already-done': t('problem.alreadyDone'),
  'session-open-elsewhere': t('problem.openHere'),
  'too-many-sessions': t('problem.tooManySessions'),
  'store-failed': t('problem.notSaved'),
  'role-not-allowed': t('problem.notYourStep'),
  'not-a-voter': t('problem.notAVoter'),
  'rules-unknown': t('problem.rulesUnknown'),
  'session-incomplete': t('problem.stepMissing'),
  'no-barcode': t('problem.noBarcode'),
  'image-unreadable': t('problem.notAnImage'),
  'image-too-large': t('problem.imageTooLarge'),
  'several-barcodes': t('problem.severalBarcodes'),
  'session-paused': t('problem.paused'),
  'session-moved': t('problem.moved'),
  'mirror-unreachable': t('problem.mirrorUnreachable'),
  'mirror-differs': t('problem.mirrorDiffers'),
  'session-unknown': t('problem.sessionUnknown'),
  'session-closed': t('problem.sessionClosed'),
  'too-many-steps': t('problem.tooManySteps'),
  'open-elsewhere': t('problem.openElsewhere'),
} satisfies Partial<Record<SessionError['type'], string>> & Record<string, string>;

export const errorTitle = (type: string): string => TITLES[type] ?? t('problem.other');

/** `Alfa and Bravo signed. One more is needed: Delta is linked, Cargo is offline.` */
export function voteSentence(instance: InstanceView, members: readonly MemberView[]): string {
  const name = (i: number): string => members[i]?.name ?? SENT.member(i + 1);
  const signed = instance.seal.marks.flatMap((mark, i) => (mark === 'commit' ? [name(i)] : []));
  const left = Math.max(0, instance.needed - instance.commits);
  const head = signed.length === 0 ? t('vote.nobody') : t('vote.signed', { names: listOf(signed) });
  if (left === 0) return `${head} ${t('vote.enough')}`;
  const missing = instance.missing.map((m) => t('vote.missing', { name: name(m.member), why: m.why }));
  const tail =
    missing.length === 0 ? t('vote.needed', { left }) : t('vote.neededOf', { left, missing: inRow(missing) });
  return `${head} ${tail}`;
}

export function awaitsWords(instance: InstanceView | null, members: readonly MemberView[]): string {
  if (instance === null) return t('awaits.turn');
  const names = instance.missing.map((m) => members[m.member]?.name ?? SENT.member(m.member + 1));
  if (names.length === 0 || instance.commits >= instance.needed) return t('awaits.closing');
  // More names than two do not fit beside a seal on a phone.
  return names.length > 2
    ? t('awaits.more', { n: instance.needed - instance.commits })
    : t('awaits.names', { names: eitherOf(names) });
}

/** What became of scans that came while an error, or a question, was on the screen. */
export const PAUSED = {
  later: (count: number): string => t('paused.later', { count }),
  more: (count: number): string => t('paused.more', { count }),
  head: (count: number): string => t('paused.head', { count }),
  again: (codes: readonly string[]): string => t('paused.again', { codes: codes.join(', ') }),
  tooManyHead: t('paused.tooManyHead'),
  tooMany: (code: string): string => t('paused.tooMany', { code }),
} as const;

export const ALARM = {
  read: t('alarm.read'),
  expected: t('alarm.expected'),
  openSession: t('alarm.openSession'),
  understood: t('alarm.understood'),
  another: t('alarm.another'),
  again: t('alarm.again'),
  noAnswerTitle: t('alarm.noAnswerTitle'),
  noAnswer: t('alarm.noAnswer'),
  wrongCheckDigit: t('alarm.wrongCheckDigit'),
  product: (gtin: string): string => t('alarm.product', { gtin }),
  notAPackage: t('alarm.notAPackage'),
  otherPackage: (sscc: string): string => t('alarm.otherPackage', { sscc }),
} as const;

/** What the bench says after a scan or a press, and while it works. */
export const SAID = {
  savingScan: t('said.savingScan'),
  opening: t('said.opening'),
  savingLast: t('said.savingLast'),
  handing: t('said.handing'),
  takingBack: t('said.takingBack'),
  puttingAway: t('said.puttingAway'),
  rebasing: t('said.rebasing'),
  resting: t('said.resting'),
  scanned: (sscc: string): string => t('said.scanned', { sscc }),
  scannedBody: (time: string): string => t('said.scannedBody', { time }),
  again: (sscc: string): string => t('said.again', { sscc }),
  againHere: t('said.againHere'),
  againScanned: t('said.againScanned'),
  notNeeded: t('said.notNeeded'),
  code: (code: string): string => t('said.code', { code }),
  codeBody: t('said.codeBody'),
  sent: t('said.sent'),
  sentBody: t('said.sentBody'),
  undone: t('said.undone'),
  notSent: t('said.notSent'),
  putAway: t('said.putAway'),
  rebased: t('said.rebased'),
  rebasedBody: t('said.rebasedBody'),
} as const;

/** News of a session that is not in front. */
export const NEWS = {
  committed: (sscc: string, version: number): string => t('news.committed', { sscc, version }),
  conflict: (sscc: string): string => t('news.conflict', { sscc }),
  rejected: (sscc: string): string => t('news.rejected', { sscc }),
} as const;

export const RAIL = {
  nothingAccepted: t('rail.nothingAccepted'),
  scanned: (sscc: string): string => t('rail.scanned', { sscc }),
  startedBy: (operator: string, time: string): string => t('rail.startedBy', { operator, time }),
} as const;

export const SUPPLIER = {
  unreadable: t('supplier.unreadable'),
  /** Undefined: the key is not among those that this network names. */
  valid: (name: string | undefined): string =>
    name === undefined ? t('supplier.validUnnamed') : t('supplier.valid', { name }),
  validBody: (asn: string): string => t('supplier.validBody', { asn }),
  busy: t('supplier.busy'),
  supplier: t('supplier.supplier'),
  gln: (gln: string): string => t('supplier.gln', { gln }),
  notice: t('supplier.notice'),
  noticeLine: (asn: string, lines: number, pieces: number): string =>
    t('supplier.noticeLine', { asn, lines, pieces }),
  announced: t('supplier.announced'),
} as const;

export const QUALITY = {
  title: (sample: number, lot: number): string => t('quality.title', { sample, lot }),
  line: (at: number, of: number): string => t('quality.line', { at, of }),
  lineName: (at: number): string => t('quality.lineName', { at }),
  /** Null: no verdict yet. */
  lineIs: (description: string, verdict: LineVerdict | null): string =>
    t('quality.lineIs', { description, verdict: verdict ?? 'none' }),
  withLot: (description: string, lot: string): string => t('quality.withLot', { description, lot }),
  plan: (letter: string, major: string, minor: string): string => t('quality.plan', { letter, major, minor }),
  reading: t('quality.reading'),
  readingDraft: t('quality.readingDraft'),
  codes: (codes: readonly string[]): string => t('quality.codes', { codes: inRow(codes) }),
  code: (code: string, severity: string, count: number): string =>
    t('quality.code', { code, severity, count }),
  codeWaits: (code: string): string => t('quality.codeWaits', { code }),
  within: t('quality.within'),
  over: (why: string): string => t('quality.over', { why }),
  accept: (line: number): string => t('quality.accept', { line }),
  quarantine: (line: number): string => t('quality.quarantine', { line }),
  reject: (line: number): string => t('quality.reject', { line }),
  back: (line: number): string => t('quality.back', { line }),
  all: (lines: number): string => t('quality.all', { lines }),
  again: (line: number): string => t('quality.again', { line }),
  save: t('quality.save'),
  saving: t('quality.saving'),
  saved: t('quality.saved'),
  savedBody: (accepted: number, of: number): string => t('quality.savedBody', { accepted, of }),
  less: (word: string): string => t('quality.less', { word }),
  more: (word: string): string => t('quality.more', { word }),
  defects: (word: string): string => t('quality.defects', { word }),
} as const;

export const LABEL = {
  noCourier: t('label.noCourier'),
  courier: t('label.courier'),
  chooseFirst: t('label.chooseFirst'),
  action: (courier: string): string => t('label.action', { courier }),
  making: t('label.making'),
} as const;

export const SEND = {
  quality: t('send.quality'),
  counts: (accepted: number, held: number, rejected: number): string =>
    t('send.counts', { accepted, held, rejected }),
  courier: t('send.courier'),
  noCourier: t('send.noCourier'),
  rule: (q: number, n: number): string => t('send.rule', { q, n }),
  tooFew: (here: number, q: number): string => t('send.tooFew', { here, q }),
} as const;

/** After it was sent. */
export const SENT = {
  waiting: t('sent.waiting'),
  committed: (version: number): string => t('sent.committed', { version }),
  round: (version: number, round: number): string => t('sent.round', { version, round }),
  signedBy: (names: readonly string[]): string => t('sent.signedBy', { names: listOf(names) }),
  member: (place: number): string => t('sent.member', { place }),
  rebased: (times: number): string => t('sent.rebased', { times }),
  differs: (step: number, sscc: string): string => t('sent.differs', { step, sscc }),
  differsNamed: (step: number, name: string, sscc: string): string =>
    t('sent.differsNamed', { step, name, sscc }),
  yours: t('sent.yours'),
  theirs: t('sent.theirs'),
  kept: t('sent.kept'),
  rule: (rule: string): string => t('sent.rule', { rule }),
  nothing: t('sent.nothing'),
  nothingOf: (sscc: string): string => t('sent.nothingOf', { sscc }),
  whole: t('sent.whole'),
} as const;
