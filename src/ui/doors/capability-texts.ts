/** Words of the check at the start, and of what a browser can do besides. */
import { formatBytes } from '../format.ts';
import { translator } from '../i18n/t.ts';

const t = translator('capabilities');

export interface MissingCapability {
  readonly name: string;
  readonly why: string;
}

export const REQUIRED = {
  secureContext: { name: t('need.secureContext'), why: t('need.secureContextWhy') },
  webCrypto: { name: t('need.webCrypto'), why: t('need.webCryptoWhy') },
  locks: { name: t('need.locks'), why: t('need.locksWhy') },
  indexedDb: { name: t('need.indexedDb'), why: t('need.indexedDbWhy') },
  storageAllowed: { name: t('need.storageAllowed'), why: t('need.storageAllowedWhy') },
  webRtc: { name: t('need.webRtc'), why: t('need.webRtcWhy') },
  webAssembly: { name: t('need.webAssembly'), why: t('need.webAssemblyWhy') },
  webAssemblyAllowed: { name: t('need.webAssemblyAllowed'), why: t('need.webAssemblyAllowedWhy') },
  workers: { name: t('need.workers'), why: t('need.workersWhy') },
  moduleWorkers: { name: t('need.moduleWorkers'), why: t('need.moduleWorkersWhy') },
} as const satisfies Readonly<Record<string, MissingCapability>>;

export const roomWords = (there: number, needed: number): MissingCapability => ({
  name: t('need.room'),
  why: t('need.roomWhy', { there: formatBytes(there), needed: formatBytes(needed) }),
});

export const ADVICE = {
  askForHttps: t('advice.askForHttps'),
  httpsPrints: t('advice.httpsPrints'),
  openHttps: t('advice.openHttps'),
  openHttpsOf: (host: string): string => t('advice.openHttpsOf', { host }),
  localhost: t('advice.localhost'),
  webRtcOff: t('advice.webRtcOff'),
  otherBrowser: t('advice.otherBrowser'),
  currentBrowser: t('advice.currentBrowser'),
  privateWindow: t('advice.privateWindow'),
  allowSite: t('advice.allowSite'),
  policy: t('advice.policy'),
  freeSpace: t('advice.freeSpace'),
  androidHost: t('advice.androidHost'),
  iosHost: t('advice.iosHost'),
} as const;

export const MISSING = {
  insecure: t('missing.insecure'),
  title: t('missing.title'),
  lead: t('missing.lead'),
  list: t('missing.list'),
  steps: t('missing.steps'),
} as const;

export const OPTIONAL = {
  title: t('optional.title'),
  has: t('optional.has'),
  hasNot: t('optional.hasNot'),
  camera: { name: t('optional.camera'), without: t('optional.cameraWithout') },
  wakeLock: { name: t('optional.wakeLock'), without: t('optional.wakeLockWithout') },
  vibration: { name: t('optional.vibration'), without: t('optional.vibrationWithout') },
  persist: { name: t('optional.persist'), without: t('optional.persistWithout') },
  offline: { name: t('optional.offline'), without: t('optional.offlineWithout') },
  clipboard: { name: t('optional.clipboard'), without: t('optional.clipboardWithout') },
} as const;
