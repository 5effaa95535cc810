/** Words of links and servers, which the inspector has as well. */
import type { PeerStatus, SignalingStatus } from '../../worker/api.ts';
import { spoken, translator } from '../i18n/t.ts';

const t = translator('network');

export const SIGNALING_WORDS = spoken<Readonly<Record<SignalingStatus['state'], string>>>(() => ({
  open: t('server.open'),
  connecting: t('server.connecting'),
  waiting: t('server.waiting'),
  failed: t('server.failed'),
  off: t('server.off'),
}));

/** What is in the way, and what to do about it. */
export const DIAGNOSIS_WORDS = spoken<Readonly<Record<NonNullable<PeerStatus['diagnosis']>, string>>>(() => ({
  offline: t('diagnosis.offline'),
  'no-interface': t('diagnosis.noInterface'),
  'local-network-permission': t('diagnosis.localNetwork'),
  'local-names-blocked': t('diagnosis.localNames'),
  'no-turn': t('diagnosis.noTurn'),
  'turn-refused': t('diagnosis.turnRefused'),
  'turn-unreachable': t('diagnosis.turnUnreachable'),
  blocked: t('diagnosis.blocked'),
  'no-answer': t('diagnosis.noAnswer'),
  'no-introduction': t('diagnosis.noIntroduction'),
  'insecure-signaling': t('diagnosis.insecure'),
  'malformed-address': t('diagnosis.malformed'),
  'server-unreachable': t('diagnosis.serverUnreachable'),
}));
