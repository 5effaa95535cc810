import { formatBytes } from '../format.ts';
import { translator } from '../i18n/t.ts';
import type { Held, ProgramState, TakeError } from './program.ts';

const t = translator('program');

export const PROGRAM = {
  title: t('title'),
  version: t('version'),
  build: t('build'),
  copy: t('copy'),
  compareLabel: t('compareLabel'),
  compareHint: t('compareHint'),
  same: t('same'),
  sameStart: t('sameStart'),
  differs: t('differs'),
  notADigest: t('notADigest'),
  why: t('why'),
  take: t('take'),
  ready: t('ready'),
  readyBy: t('readyBy'),
  taking: t('taking'),
  offline: t('offline'),
} as const;

export function offlineWords(offline: ProgramState['offline']): string {
  return t(`offline.${offline === 'waiting' ? 'storing' : offline}`);
}

export function buildWords(build: ProgramState['build']): string {
  if (typeof build === 'string') return t(`build.${build}`);
  return t('build.files', { files: build.files, size: formatBytes(build.bytes) });
}

/** 64 hex digits in groups of eight. */
export const digestGroups = (digest: string): string => digest.match(/.{1,8}/g)?.join(' ') ?? digest;
/** Enough to tell two builds apart by eye. */
export const shortBuild = (digest: string): string => `${digest.slice(0, 8)} ${digest.slice(8, 16)}`;

export const footWords = (version: string, build: ProgramState['build']): string =>
  typeof build === 'string'
    ? t('foot', { version })
    : t('footBuild', { version, build: shortBuild(build.digest) });

export const heldWords = (held: Held): string | null => (held === null ? null : t(`held.${held}`));

export function takeWords(type: TakeError['type']): string {
  switch (type) {
    case 'session-open-here':
      return t('take.openHere');
    case 'session-open-elsewhere':
      return t('take.openElsewhere');
    case 'no-update':
      return t('take.none');
    case 'update-stuck':
      return t('take.stuck');
  }
}
