import type { PackageStatus } from '../../worker/api.ts';

export const PACKAGES = {
  title: 'Packages',
  search: 'Search',
  searchHint: 'SSCC, GTIN, lot, courier or notice',
  filter: 'Status',
  all: 'All',
  none: 'No package has been announced in this network yet.',
  noneFound: 'No package fits this search. Try fewer digits, or another status.',
  failed: 'The list could not be read from the replica. Reload this page.',
} as const;

export const STATUS_WORDS: Readonly<Record<PackageStatus, string>> = {
  announced: 'Announced',
  labelled: 'Labelled',
  quarantined: 'Quarantined',
  rejected: 'Rejected',
};
