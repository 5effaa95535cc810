import type { PackageStatus } from '../../worker/api.ts';

export const PACKAGES = {
  title: 'Packages',
  search: 'Search',
  searchHint: 'SSCC, GTIN, lot, courier or notice',
  filter: 'Status',
  all: 'All',
  none: 'No package has been announced in this network yet.',
  noneFound: 'No package fits this search. Try fewer digits, or another status.',
  working: (organisation: string): string => `In work: ${organisation}`,
  failed: 'The list could not be read from the replica. Reload this page.',
} as const;

/** How urgent a status is for whoever reads the list; the words say the rest. */
export const STATUS_TONE: Readonly<Record<PackageStatus, '' | 'good' | 'warn' | 'bad'>> = {
  announced: '',
  labelled: '',
  quarantined: 'warn',
  rejected: 'bad',
  released: 'warn',
  'in-transit': '',
  delivered: 'good',
  undelivered: 'bad',
};

export const STATUS_WORDS: Readonly<Record<PackageStatus, string>> = {
  announced: 'Announced',
  labelled: 'Labelled',
  quarantined: 'Quarantined',
  rejected: 'Rejected',
  released: 'Released',
  'in-transit': 'In transit',
  delivered: 'Delivered',
  undelivered: 'Not delivered',
};
