import type { NetworkState } from '../../worker/api.ts';
import { formatBytes } from '../format.ts';
import { translator } from '../i18n/t.ts';
import { MAX_SIGNALING } from '../limits.ts';
import type { Theme } from '../theme/local-settings.ts';

const t = translator('settings');

export const SETTINGS = {
  title: t('title'),
  you: t('you'),
  operator: t('operator'),
  operatorHint: t('operatorHint'),
  bench: t('bench'),
  look: t('look'),
  theme: t('theme'),
  sounds: t('sounds'),
  identity: t('identity'),
  identityText: t('identityText'),
  organisation: t('organisation'),
  noMember: t('noMember'),
  device: t('device'),
  fingerprint: t('fingerprint'),
  deviceKey: t('deviceKey'),
  logId: t('logId'),
  storage: t('storage'),
  keep: t('keep'),
  keepText: t('keepText'),
  kept: t('kept'),
  notKept: t('notKept'),
  cannotKeep: t('cannotKeep'),
  connections: t('connections'),
  signaling: t('signaling'),
  signalingHint: t('signalingHint', { max: MAX_SIGNALING }),
  ice: t('ice'),
  iceHint: t('iceHint'),
  save: t('save'),
  saved: t('saved'),
  unreadable: t('unreadable'),
  notSaved: t('notSaved'),
} as const;

export const THEME_WORDS: Readonly<Record<Theme, string>> = {
  system: t('theme.system'),
  light: t('theme.light'),
  dark: t('theme.dark'),
  contrast: t('theme.contrast'),
  'contrast-dark': t('theme.contrast-dark'),
};

export function storageWords({
  persisted,
  usageBytes,
  quotaBytes,
}: NetworkState['storage']): readonly string[] {
  const kept = t(persisted === true ? 'isKept' : persisted === false ? 'isNotKept' : 'keptUnknown');
  if (usageBytes === null) return [kept];
  const used = formatBytes(usageBytes);
  return [
    kept,
    quotaBytes === null ? t('used', { used }) : t('usedOf', { used, quota: formatBytes(quotaBytes) }),
  ];
}
