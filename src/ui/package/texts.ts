import type { CertificateView, MemberView, PackageDetail } from '../../worker/api.ts';
import { translator } from '../i18n/t.ts';
import { sealNames } from '../seal/seal-sentence.ts';

export { AUDIT } from './audit-texts.ts';

const t = translator('package-page');

export const PACKAGE = {
  readingRecord: t('readingRecord'),
  unknown: t('unknown'),
  unknownText: t('unknownText'),
  allPackages: t('allPackages'),
  kind: t('kind'),
  /** The courier may be an element: parts/within.tsx. */
  statusFor: (status: string, courier: string): string => t('statusFor', { status, courier }),
  lastStep: (time: string): string => t('lastStep', { time }),
  history: t('history'),
  record: t('record'),
  label: t('label'),
  print: t('print'),
  evidence: t('evidence'),
  epcis: (version: number): string => t('epcis', { version }),
  withEpcis: t('withEpcis'),
  exported: (name: string): string => t('exported', { name }),
  exportFailed: t('exportFailed'),
  audit: t('audit'),
  noLabel: t('noLabel'),
} as const;

export const CERTIFICATE = {
  title: (version: number): string => t('certificate.title', { version }),
  round: t('certificate.round'),
  digest: t('certificate.digest'),
  previous: t('certificate.previous'),
  first: t('certificate.first'),
  network: t('certificate.network'),
  signedIn: t('certificate.signedIn'),
  epochNow: (epoch: number): string => t('certificate.epochNow', { epoch }),
  form: t('certificate.form'),
  aggregate: t('certificate.aggregate'),
  singles: (signed: number): string => t('certificate.singles', { signed }),
  signed: t('certificate.signed'),
  notSigned: t('certificate.notSigned'),
  proves: t('certificate.proves'),
  provesText: (signed: number, q: number, n: number): string => t('certificate.provesText', { signed, q, n }),
  provesNot: t('certificate.provesNot'),
  provesNotText: t('certificate.provesNotText'),
} as const;

/** The label as a file for a label printer. */
export const ZPL = {
  save: (dpi: number): string => t('zpl.save', { dpi: String(dpi) }),
  saved: (name: string): string => t('zpl.saved', { name }),
} as const;

/** What is kept against members who did not vote as an honest one does. */
export const KEPT = {
  title: (version: number): string => t('kept.title', { version }),
  memberAt: (place: number): string => t('memberAt', { place }),
  twoValues: (who: string): string => t('kept.twoValues', { who }),
  twoValuesText: (act: 'pre' | 'commit', round: string): string => t('kept.twoValuesText', { act, round }),
  badShare: (who: string): string => t('kept.badShare', { who }),
  badShareText: (act: 'pre' | 'commit', round: string): string => t('kept.badShareText', { act, round }),
  oneValue: t('kept.oneValue'),
  otherValue: t('kept.otherValue'),
  theValue: t('kept.theValue'),
  outcome: (version: number): string => t('kept.outcome', { version }),
  since: (time: string): string => t('kept.since', { time }),
  acts: t('kept.acts'),
  past: (epoch: string): string => t('kept.past', { epoch }),
  file: t('kept.file'),
  /** In a line of the history. */
  against: (who: string): string => t('kept.against', { who }),
} as const;

/** Status of a transaction, as this replica tells it. */
export const LAST = {
  title: t('last.title'),
  titleOf: (version: number): string => t('last.titleOf', { version }),
  asking: t('last.asking'),
  failed: t('last.failed'),
  none: t('last.none'),
  committed: (version: number, signed: number | null, q: number, n: number): string =>
    signed === null ? t('last.committed', { version }) : t('last.committedBy', { version, signed, q, n }),
  answers: t('last.answers'),
  observer: t('last.observer'),
  session: t('last.session'),
  notHere: t('last.notHere'),
  digest: t('last.digest'),
  previous: t('last.previous'),
  first: t('last.first'),
  certificate: t('last.certificate'),
  /** `aggregated`: null when that is not known. */
  round: (round: number, aggregated: boolean | null): string =>
    aggregated === null
      ? t('last.round', { round })
      : t('last.roundForm', { round, form: aggregated ? 'aggregate' : 'single' }),
  same: t('last.same'),
} as const;

/** What a version did, from its transactions. */
export const versionTitle = (entry: PackageDetail['history'][number]): string =>
  titleOfSteps(entry.transactions.map((one) => one.request.path));

/** Sessions of one step, as the catalog names them. */
const LONE_STEPS: Readonly<Record<string, string>> = {
  '/quarantine': 'quarantine',
  '/release': 'release',
  '/courier': 'courier',
  '/hand-off': 'handOff',
  '/delivery': 'delivery',
};

export function titleOfSteps(steps: readonly string[]): string {
  const paths = new Set(steps);
  if (paths.has('/packages')) return t('did.announced');
  const lone = steps.length === 1 ? LONE_STEPS[steps[0]!] : undefined;
  if (lone !== undefined) return t('did.lone', { step: lone });
  const bench = [paths.has('/scan') && 'r', paths.has('/quality') && 'c', paths.has('/label') && 'l'];
  return t('did.bench', { steps: bench.filter((one) => one !== false).join('') });
}

export const HISTORY = {
  version: (version: number, what: string): string => t('history.version', { version, what }),
  by: (name: string, operator: string): string => t('history.by', { name, operator }),
  names: (version: number): string => t('history.names', { version }),
} as const;

export const STEPS = {
  title: (version: number): string => t('steps.title', { version }),
  detail: t('steps.detail'),
  firstRun: (node: string): string => t('steps.firstRun', { node }),
  bytes: (n: number): string => t('steps.bytes', { n }),
  note: (names: string, n: number): string => t('steps.note', { names, n }),
  nobody: t('steps.nobody'),
} as const;

export const heldWords = (held: number, n: number): string => t('history.held', { held, n });

/** The digest chain of what this replica holds, in a sentence. */
export const CHAIN = {
  whole: (n: number): string => t('chain.whole', { n }),
  /** `from`: the first that is wanted here. */
  missing: (before: number, from = 1): string =>
    before === from + 1
      ? t('chain.missingOne', { version: from })
      : t('chain.missing', { first: from, last: before - 1 }),
  gap: (version: number): string => t('chain.missingOne', { version }),
  broken: (version: number): string => t('chain.broken', { version }),
} as const;

const span = (first: number, last: number): { single: string; first: number; last: number } => ({
  single: first === last ? 'one' : 'several',
  first,
  last,
});

/** Removing older versions from this device, and getting them back. */
export const OLDER = {
  more: t('older.more'),
  removed: (below: number): string => t('older.removed', span(1, below - 1)),
  fetch: t('older.fetch'),
  asked: t('older.asked'),
  remove: t('older.remove'),
  title: (sscc: string): string => t('older.title', { sscc }),
  goes: (first: number, last: number): string => t('older.goes', span(first, last)),
  stays: (newest: number): string => t('older.stays', { newest }),
  held: (others: number): string => t('older.held', { others }),
  must: (needed: number): string => t('older.must', { needed }),
  costs: t('older.costs'),
  keep: t('older.keep'),
  confirm: t('older.confirm'),
  busy: t('older.busy'),
  done: (pruned: number): string => t('older.done', { pruned }),
  failed: t('older.failed'),
} as const;

/** The record as a sheet. */
export const SHEET = {
  supplier: t('sheet.supplier'),
  gln: (gln: string): string => t('sheet.gln', { gln }),
  shipTo: t('sheet.shipTo'),
  notice: t('sheet.notice'),
  noticeSigned: (key: string, time: string): string => t('sheet.noticeSigned', { key, time }),
  courier: t('sheet.courier'),
  noCourier: t('sheet.noCourier'),
  labelled: (time: string): string => t('sheet.labelled', { time }),
  notMember: t('sheet.notMember'),
  contents: t('sheet.contents'),
  pieces: t('sheet.pieces'),
  quality: t('sheet.quality'),
  lot: (lot: string | null, expiry: string | null): string =>
    lot === null
      ? expiry === null
        ? t('sheet.noLot')
        : t('sheet.noLotExpires', { expiry })
      : expiry === null
        ? t('sheet.lot', { lot })
        : t('sheet.lotExpires', { lot, expiry }),
  notChecked: t('sheet.notChecked'),
  toLookAt: (sample: number): string => t('sheet.toLookAt', { sample }),
  defects: (defects: number, sample: number): string => t('sheet.defects', { defects, sample }),
  line: (line: number): string => t('sheet.line', { line }),
} as const;

export const signedWords = ({ signers, seal }: CertificateView): string =>
  seal.past === undefined
    ? t('signed', { signed: signers.length, n: seal.n })
    : t('signedInEpoch', { signed: signers.length, n: seal.n, epoch: seal.past.number });

/** Those who signed, by the names that they had when they did. */
export const signerNames = ({ signers, seal }: CertificateView, members: readonly MemberView[]): string[] => {
  const all = sealNames(seal, members);
  return signers.map((i) => all[i]?.name ?? t('memberAt', { place: i + 1 }));
};

export const VERDICT_WORDS = {
  accept: t('verdict.accept'),
  quarantine: t('verdict.quarantine'),
  reject: t('verdict.reject'),
} as const;
