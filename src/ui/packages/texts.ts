import type { PackageStatus } from '../../worker/api.ts';
import { translator } from '../i18n/t.ts';
import { commas } from '../parts/names.ts';

const t = translator('packages');

/** As many lots as a row has room for. */
const SHOWN_LOTS = 2;

export const PACKAGES = {
  title: t('title'),
  search: t('search'),
  searchHint: t('searchHint'),
  /** In the field while it is empty. */
  searchFor: t('searchFor'),
  scan: t('scan'),
  /** Of the same button, for those who hear it alone. */
  scanName: t('scanName'),
  noCamera: t('noCamera'),
  filter: t('filter'),
  all: t('all'),
  list: t('list'),
  reading: t('reading'),
  count: (n: number): string => t('count', { n }),
  soFar: (n: number): string => t('soFar', { n }),
  none: t('none'),
  noneHelp: t('noneHelp'),
  noneFound: t('noneFound'),
  noneFoundHelp: t('noneFoundHelp'),
  clear: t('clear'),
  failed: t('failed'),
  failedHelp: t('failedHelp'),
  again: t('again'),
  rowReading: t('rowReading'),
  option: (word: string, count: number): string => t('option', { word, count }),
  working: (organisation: string): string => t('working', { organisation }),
  notice: (asnId: string, supplier: string): string => t('notice', { asnId, supplier }),
  noLot: t('noLot'),
  lots: (lots: readonly string[]): string =>
    lots.length > SHOWN_LOTS
      ? t('lotsMore', { lots: commas(lots.slice(0, SHOWN_LOTS)), more: lots.length - SHOWN_LOTS })
      : t('lots', { lots: commas(lots) }),
  noCourier: t('noCourier'),
  version: (version: number): string => t('version', { version }),
  voting: (version: number, commits: number, needed: number): string =>
    t('voting', { version, commits, needed }),
  notHere: (sscc: string): string => t('notHere', { sscc }),
  /** `asked`: what was scanned, or typed. */
  noAnswer: (asked: string): string => t('noAnswer', { asked }),
  wrongDigit: (read: string): string => t('wrongDigit', { read }),
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
  announced: t('status.announced'),
  labelled: t('status.labelled'),
  quarantined: t('status.quarantined'),
  rejected: t('status.rejected'),
  released: t('status.released'),
  'in-transit': t('status.inTransit'),
  delivered: t('status.delivered'),
  undelivered: t('status.undelivered'),
};

export const PACKAGE_STATUSES = Object.keys(STATUS_WORDS) as readonly PackageStatus[];
