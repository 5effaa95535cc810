import type { CertificateView, MemberView, PackageDetail } from '../../worker/api.ts';

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
  exported: (name: string): string => `${name} was saved by your browser.`,
  exportFailed: 'The file could not be made: this replica does not answer. Reload the page and try again.',
  noLabel: 'No label yet. A warehouse makes it after the quality check.',
  proves: (signed: number, q: number, n: number) =>
    `that these ${signed} organisations signed this record, and that ${q} of ${n} were needed.`,
  provesNot: 'what is in the box, or that anyone’s clock was right.',
} as const;

/** What a version did, from its transactions. */
export function versionTitle(entry: PackageDetail['history'][number]): string {
  const paths = new Set(entry.transactions.map((t) => t.request.path));
  if (paths.has('/packages')) return 'Announced from a signed notice';
  const parts = [
    paths.has('/scan') && 'received',
    paths.has('/quality') && 'checked',
    paths.has('/label') && 'labelled',
  ].filter((p) => p !== false);
  if (parts.length === 0) return 'Changed';
  const words = parts.join(', ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export const signedWords = (certificate: CertificateView, n: number): string =>
  `${certificate.signers.length} of ${n} signed`;

export const nameOf = (members: readonly MemberView[], index: number): string =>
  members[index]?.name ?? `member ${index + 1}`;

export const VERDICT_WORDS = { accept: 'Accepted', quarantine: 'Quarantined', reject: 'Rejected' } as const;
