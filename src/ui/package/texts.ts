import type { CertificateView, MemberView, PackageDetail } from '../../worker/api.ts';
import { plural } from '../format.ts';
import { sealNames } from '../seal/seal-sentence.ts';

export const PACKAGE = {
  unknown: 'This replica has no such package',
  unknownText:
    'No certified record exists here for this number. It may not be announced yet, or this replica has not synchronised it. Check the digits, or wait until the supplier has announced it.',
  kind: 'Package, SSCC',
  history: 'History',
  record: 'Record',
  label: 'Label, 4 × 6 in',
  print: 'Print label',
  evidence: 'Export evidence',
  epcis: 'Export EPCIS',
  withEpcis: 'with EPCIS events',
  exported: (name: string): string => `${name} was saved by your browser.`,
  exportFailed: 'The file could not be made: this replica does not answer. Reload the page and try again.',
  audit: 'Audit report',
  noLabel: 'No label yet. A warehouse makes it after the quality check.',
  proves: (signed: number, q: number, n: number) =>
    `that these ${signed} organisations signed this record, and that ${q} of ${n} were needed.`,
  epochNow: (epoch: number): string => `Epoch ${epoch}, the one in force`,
  provesNot: 'what is in the box, or that anyone’s clock was right.',
} as const;

/** Status of a transaction, as this replica tells it. */
export const LAST = {
  title: 'Last transaction',
  titleOf: (version: number): string => `Transaction of version ${version}`,
  asking: 'Asking this replica…',
  failed: 'This replica did not answer. Reload the page and ask again.',
  none: 'This replica holds no such version yet. It is fetched from the other members in the background.',
  committed: (version: number, signed: number | null, q: number, n: number): string =>
    `It is committed as version ${version}${signed === null ? '' : `: ${signed} of ${n} members signed, and ${q} were needed`}.`,
  answers: 'Answered by',
  observer: 'this replica',
  session: 'Session',
  notHere: 'not here yet',
  digest: 'Record digest',
  previous: 'Previous',
  first: 'none: this is the first version',
  certificate: 'Certificate',
  round: (round: number): string => `round ${round}`,
  form: (aggregated: boolean): string =>
    aggregated ? 'one aggregate signature' : 'single signatures, not aggregated yet',
  same: 'Ask any other replica: version and digest are the same there, or it has not heard of it yet.',
} as const;

/** What a version did, from its transactions. */
export const versionTitle = (entry: PackageDetail['history'][number]): string =>
  titleOfSteps(entry.transactions.map((t) => t.request.path));

/** Sessions of one step. */
const LONE_STEPS: Readonly<Record<string, string>> = {
  '/quarantine': 'Quarantined',
  '/release': 'Released or rejected after quarantine',
  '/courier': 'Given a courier',
  '/hand-off': 'Handed over to the courier',
  '/delivery': 'Reported by the courier',
};

export function titleOfSteps(steps: readonly string[]): string {
  const paths = new Set(steps);
  if (paths.has('/packages')) return 'Announced from a signed notice';
  const lone = steps.length === 1 ? LONE_STEPS[steps[0]!] : undefined;
  if (lone !== undefined) return lone;
  const parts = [
    paths.has('/scan') && 'received',
    paths.has('/quality') && 'checked',
    paths.has('/label') && 'labelled',
  ].filter((p) => p !== false);
  if (parts.length === 0) return 'Changed';
  const words = parts.join(', ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export const heldWords = (held: number, n: number): string => `held by ${held} of ${n} members`;

/** The digest chain of what this replica holds, in a sentence. */
export const CHAIN = {
  whole: (versions: number): string =>
    versions === 1
      ? 'The whole history is here: one version.'
      : `The whole history is here: ${versions} versions, each of which names the digest of the one before.`,
  /** `from`: the first that is wanted here. */
  missing: (before: number, from = 1): string =>
    before === from + 1
      ? `Version ${from} is not here yet. It is fetched from the other members in the background.`
      : `Versions ${from} to ${before - 1} are not here yet. They are fetched from the other members in the background.`,
  gap: (version: number): string =>
    `Version ${version} is not here yet. It is fetched from the other members in the background.`,
  broken: (version: number): string =>
    `Version ${version} does not name the digest of the version before it. Do not rely on this history; export the evidence from another member.`,
} as const;

const spanWords = (first: number, last: number): string =>
  first === last ? `version ${first}` : `versions ${first} to ${last}`;

/** Removing older versions from this device, and getting them back. */
export const OLDER = {
  more: 'More',
  removed: (below: number): string =>
    `Older versions were removed from this device: ${spanWords(1, below - 1)}. They are not fetched unless somebody asks.`,
  fetch: 'Fetch them again',
  asked: 'The older versions were asked for.',
  remove: 'Remove older versions from this device',
  title: (sscc: string): string => `Remove older versions of ${sscc}?`,
  goes: (first: number, last: number): string =>
    `What goes from this device: ${spanWords(first, last)}, with the steps and certificates.`,
  stays: (newest: number): string => `What stays: version ${newest}, the newest, with its certificate.`,
  held: (others: number): string =>
    others === 0
      ? 'No other member has said within the last hour that it holds all that goes.'
      : `${plural(others, 'other member has', 'other members have')} said within the last hour that ${others === 1 ? 'it holds' : 'they hold'} all that goes.`,
  must: (needed: number): string =>
    `They are asked again now, and nothing is removed unless ${needed === 1 ? 'one other holds' : `${needed} others hold`} it.`,
  costs:
    'Evidence and an audit report can then be exported from this device only after the older versions were fetched again, from members that are online.',
  keep: 'Keep them',
  confirm: 'Remove them',
  busy: 'Asking the other members…',
  done: (pruned: number): string =>
    `${plural(pruned, 'older version was', 'older versions were')} removed from this device.`,
  failed: 'This replica does not answer. Reload the page and try again.',
} as const;

export const AUDIT = {
  title: 'Audit report',
  back: 'Back to the package',
  print: 'Print, or save as PDF',
  json: 'Export history (JSON)',
  evidence: 'Export evidence',
  making: 'Checking every certificate, the chain of digests and every step…',
  failed: 'The report could not be made: the verifier stopped. Reload the page and try again.',
  package: 'Package, SSCC',
  network: 'Network',
  members: 'Members of the network',
  breaks: 'Where the network went on without a quorum',
  life: 'Life of the package',
  steps: (version: number): string => `Steps of version ${version}`,
  contents: 'Contents at the newest version',
  proven: 'What this proves',
  notProven: 'What it does not prove',
  again: 'To check it again',
  againText: (file: string): string =>
    `This paper proves nothing by itself: ${file} does. Export it beside this report, and verify it with a network id that you did not take from the file, on the verification page of any server of the app or by the command:`,
  times: 'All times are what the operators’ devices claimed, in UTC.',
  holders: (who: string): string => `Held by ${who}.`,
} as const;

export const signedWords = ({ signers, seal }: CertificateView): string =>
  `${signers.length} of ${seal.n} signed${seal.past === undefined ? '' : ` in epoch ${seal.past.number}`}`;

/** Those who signed, by the names that they had when they did. */
export const signerNames = ({ signers, seal }: CertificateView, members: readonly MemberView[]): string[] => {
  const all = sealNames(seal, members);
  return signers.map((i) => all[i]?.name ?? `member ${i + 1}`);
};

export const VERDICT_WORDS = { accept: 'Accepted', quarantine: 'Quarantined', reject: 'Rejected' } as const;
