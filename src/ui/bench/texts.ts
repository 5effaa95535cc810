/** The bench's words. */
import type { InstanceView, MemberView, SamplingPlan, SessionError } from '../../worker/api.ts';
import { plural } from '../format.ts';

export const BENCH = {
  title: 'Bench',
  rail: 'Steps of this session',
  steps: {
    start: 'Start',
    scan: 'Scan',
    supplier: 'Supplier',
    quality: 'Quality',
    label: 'Label',
    send: 'Send',
  },
  scanFirst: 'Scan a package label',
  scanAgain: 'Scan the package label again',
  sinkLabel: 'Ready for the scanner',
  sinkHint: 'The long barcode that starts with (00). It can be typed, too.',
  typeInstead: 'Type the number instead',
  takeTyped: 'Take this number',
  usePhoto: 'Use a photo',
  undo: 'Undo last step',
  putAway: 'Put this session away',
  menu: 'Packages',
  supplierTitle: 'Check who sent it',
  supplierAction: 'Check supplier signature',
  bandSupplier: 'Scanner ready',
  bandQuality: 'Scanner ready: defect code',
  bandNext: 'Scanner ready: next package',
  labelTitle: 'Choose the courier',
  labelPreview: 'Label preview',
  sendTitle: 'Send it to the members',
  sendAction: 'Send for signatures',
  sentTitle: 'Sent. You can start the next package',
  committedTitle: 'Signed and sealed',
  nextPackage: 'Next package',
  queue: 'Other sessions',
  stillVoting: (n: number) => `Still voting: ${n}`,
  nothingVoting: 'Nothing is waiting for signatures.',
  savedHere: 'Saved on this device.',
  conflictTitle: 'Someone else changed this package first',
  conflictAction: 'Keep going with the new record',
  rejectedTitle: 'The members will not sign this',
  openPackage: 'Open this package',
  cannotRun: 'This bench cannot take steps now',
} as const;

export const DEFECT_ROWS = [
  { severity: 'critical', word: 'Critical' },
  { severity: 'major', word: 'Major' },
  { severity: 'minor', word: 'Minor' },
] as const;

export function allowed(plan: SamplingPlan, severity: 'critical' | 'major' | 'minor'): string {
  const limit = severity === 'critical' ? 0 : plan[severity].accept;
  return limit === 0 ? 'none allowed' : `up to ${limit} allowed`;
}

/** Heading of the blocking error, by the problem's type; a type without one is spoken of in general. */
const TITLES: Readonly<Record<string, string>> = {
  'wrong-check-digit': 'Wrong check digit',
  'not-a-package': 'Not a package label',
  'other-package': 'This is another package',
  'key-unknown': 'Unknown package',
  'wrong-package': 'This is another package',
  'package-unknown': 'Unknown package',
  'sscc-check-digit': 'Wrong check digit',
  'gtin-check-digit': 'Wrong check digit',
  'code-unreadable': 'Not a package label',
  'manifest-tampered': 'The notice was changed after signing',
  'manifest-malformed': 'The notice cannot be read',
  'manifest-wrong-package': 'The notice is for another package',
  'supplier-key-unknown': 'Unknown supplier key',
  'supplier-key-expired': 'Supplier key out of date',
  'supplier-mismatch': 'Key of another supplier',
  'courier-unknown': 'Unknown courier',
  'nothing-accepted': 'Nothing to label',
  'verdict-outside-limits': 'Over the limit',
  'quality-incomplete': 'A line is missing',
  'step-order': 'Another step comes first',
  'already-done': 'Already done',
  'session-open-elsewhere': 'Already open on this device',
  'too-many-sessions': 'Too many open sessions',
  'store-failed': 'Not saved',
  'role-not-allowed': 'Not your step',
  'not-a-voter': 'This device cannot send',
  'rules-unknown': 'This program is too old',
  'session-incomplete': 'A step is missing',
  'no-barcode': 'No barcode found',
  'image-unreadable': 'Not an image',
  'image-too-large': 'Image too large',
  'several-barcodes': 'More than one barcode',
  'session-paused': 'This session rests',
  'session-moved': 'It goes on at another device',
  'mirror-unreachable': 'The second device does not answer',
  'mirror-differs': 'The second device disagrees',
  'session-unknown': 'This session is gone',
  'session-closed': 'This session has ended',
  'too-many-steps': 'Too many steps',
  'open-elsewhere': 'Somebody is working on it',
} satisfies Partial<Record<SessionError['type'], string>> & Record<string, string>;

export const errorTitle = (type: string): string => TITLES[type] ?? 'This step was not taken';

/** `Alfa and Bravo signed. One more is needed: Delta is linked, Cargo is offline.` */
export function voteSentence(instance: InstanceView, members: readonly MemberView[]): string {
  const name = (i: number): string => members[i]?.name ?? `member ${i + 1}`;
  const signed = instance.seal.marks.flatMap((mark, i) => (mark === 'commit' ? [name(i)] : []));
  const left = Math.max(0, instance.needed - instance.commits);
  const head = signed.length === 0 ? 'Nobody has signed yet.' : `${joinAnd(signed)} signed.`;
  if (left === 0) return `${head} That is enough.`;
  const why = {
    away: 'is offline',
    silent: 'is linked and has not answered',
    refused: 'refuses',
    'other-value': 'signed another value',
  };
  const missing = instance.missing.map((m) => `${name(m.member)} ${why[m.why]}`);
  const tail = missing.length === 0 ? '' : `: ${missing.join(', ')}`;
  return `${head} ${left === 1 ? 'One more is' : `${left} more are`} needed${tail}.`;
}

export function awaitsWords(instance: InstanceView | null, members: readonly MemberView[]): string {
  if (instance === null) return 'Waiting for its turn';
  const names = instance.missing.map((m) => members[m.member]?.name ?? `member ${m.member + 1}`);
  if (names.length === 0 || instance.commits >= instance.needed) return 'Closing';
  // More names than two do not fit beside a seal on a phone.
  return names.length > 2
    ? `Awaits ${instance.needed - instance.commits} more`
    : `Awaits ${names.join(' or ')}`;
}

export function joinAnd(names: readonly string[]): string {
  if (names.length < 2) return names[0] ?? 'nobody';
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

export const laterScans = (count: number): string =>
  `Scans are paused until you answer. ${plural(count, 'later scan was', 'later scans were')} not taken`;
