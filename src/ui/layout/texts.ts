import { translator } from '../i18n/t.ts';

const t = translator('layout');

export const SHELL = {
  documentTitle: (title: string): string => t('documentTitle', { title }),
  skip: t('skip'),
  nav: t('nav'),
  /** What shows the pages on a phone. */
  menu: t('menu'),
  pages: {
    announce: t('pages.announce'),
    bench: t('pages.bench'),
    deliveries: t('pages.deliveries'),
    packages: t('pages.packages'),
    directory: t('pages.directory'),
    network: t('pages.network'),
    settings: t('pages.settings'),
  },
  /** Of pages that are not in the bar, and whose other texts come with them. */
  titles: {
    package: (sscc: string): string => t('titles.package', { sscc }),
    handOver: t('titles.handOver'),
    delivery: t('titles.delivery'),
    lines: t('titles.lines'),
    inspector: t('titles.inspector'),
  },
  verify: t('verify'),
  /** For those who do not see where the link leads. */
  verifyMore: t('verifyMore'),
  viewHead: t('viewHead'),
  view: t('view'),
  startingHead: t('startingHead'),
  starting: t('starting'),
  connecting: t('connecting'),
  connectingText: t('connectingText'),
  olderTab: t('olderTab'),
  notFound: t('notFound'),
  notFoundText: t('notFoundText'),
} as const;

/** While a page is loaded that was not needed at the start. */
export const PART = {
  loading: t('part.loading'),
  notLoaded: t('part.notLoaded'),
  again: t('part.again'),
} as const;

/** What stands in the way of the replica's vote. */
export const STANDING = {
  resumingHead: t('resumingHead'),
  resuming: (answered: number, needed: number): string => t('resuming', { answered, needed }),
  resumed: t('resumed'),
  observerHead: t('observerHead'),
  aMember: t('aMember'),
  stoppedHead: t('stoppedHead'),
  offlineHead: t('offlineHead'),
  offline: t('offline'),
  lyingHead: t('lyingHead'),
  lying: t('lying'),
} as const;

/** What shows the rest of a banner that is longer than a phone has room for. */
export const BANNER = {
  more: t('banner.more'),
  less: t('banner.less'),
  /** For those who hear the button alone. */
  about: (button: string, head: string): string => t('banner.about', { button, head }),
} as const;
