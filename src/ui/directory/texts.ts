import type { DirectoryKey, RevokeReason } from '../../worker/api.ts';
import { translator } from '../i18n/t.ts';

const t = translator('directory');

export const DIRECTORY = {
  title: t('title'),
  intro: t('intro'),
  suppliers: t('suppliers'),
  couriers: t('couriers'),
  devices: t('devices'),
  suppliersNone: t('suppliersNone'),
  couriersNone: t('couriersNone'),
  devicesNone: t('devicesNone'),
  foundingFacts: (gln: string): string => t('foundingFacts', { gln }),
  foundingCourierFacts: (id: string, gln: string): string => t('foundingCourierFacts', { id, gln }),
  foundingOnly: t('foundingOnly'),
  foundingNoMember: t('foundingNoMember'),
  memberKey: t('memberKey'),
  supplierFacts: (gln: string, sponsor: string): string => t('supplierFacts', { gln, sponsor }),
  courierFacts: (id: string, gln: string, sponsor: string): string => t('courierFacts', { id, gln, sponsor }),
  deviceFacts: (sponsor: string, key: string, at: string): string => t('deviceFacts', { sponsor, key, at }),
  deviceInForce: t('deviceStanding', { standing: 'in force' }),
  deviceRevoked: t('deviceStanding', { standing: 'revoked' }),
  deviceRevokedFacts: (revoked: string, at: string, reason: RevokeReason | null): string =>
    t('deviceRevoked', { revoked, at, why: reason ?? 'none' }),
  add: t('add'),
  addText: t('addText'),
  addNobody: t('addNobody'),
  addDone: (who: string): string => t('addDone', { who }),
  adding: t('adding'),
  kind: t('kind'),
  kinds: { courier: t('kind.courier'), supplier: t('kind.supplier') },
  gln: t('gln'),
  id: t('id'),
  name: t('name'),
  nameProblem: t('problem.name'),
  idProblem: t('problem.id'),
  memberProblem: (gln: string, who: string): string => t('problem.member', { gln, who }),
  ownKey: t('ownKey'),
  otherKey: t('otherKey'),
  whichKey: t('whichKey'),
  keyId: t('keyId'),
  publicKey: t('publicKey'),
  from: t('from'),
  until: t('until'),
  bytes: t('bytes'),
  bytesHint: t('bytesHint'),
  showBytes: t('showBytes'),
  signature: t('signature'),
  enter: t('enter'),
  entered: t('entered'),
  rotate: t('rotate'),
  /** Said after it to a screen reader, as the other `…Of` are after theirs. */
  rotateOf: (who: string): string => t('rotateOf', { who }),
  rotateFor: (who: string): string => t('rotateFor', { who }),
  ends: t('ends'),
  endsNone: t('endsNone'),
  endsOn: t('endsOn'),
  endsProblem: t('endsProblem'),
  rotateAction: t('rotateAction'),
  rotating: t('rotating'),
  revoke: t('revoke'),
  revokeOf: (what: string): string => t('revokeOf', { what }),
  revokeWhat: (what: string): string => t('revokeWhat', { what }),
  revokeAll: t('revokeAll'),
  revokeAllOf: (who: string): string => t('revokeAllOf', { who }),
  revokeAllWhat: (who: string): string => t('revokeAllWhat', { who }),
  revokeText: t('revokeText'),
  cancel: t('cancel'),
  close: t('close'),
  notYours: (who: string): string => t('notYours', { who }),
  noAnswer: t('noAnswer'),
  noBytes: t('noBytes'),
  fillFirst: t('fillFirst'),
} as const;

/** What is wrong with the form of a key. */
export const KEY_FORM = {
  days: t('form.days'),
  order: t('form.order'),
  tooLong: t('form.tooLong'),
  keyId: t('form.keyId'),
  publicKey: t('form.publicKey'),
  signature: t('form.signature'),
} as const;

/** Of a key, an entry or a device. */
export const REVOKE = {
  reason: t('revocation.reason'),
  action: t('revocation.action'),
  revoking: t('revocation.revoking'),
  done: t('revocation.done'),
  leave: t('cancel'),
  close: t('close'),
} as const;

export const REVOKE_WORDS: Readonly<Record<RevokeReason, string>> = {
  lost: t('why.lost'),
  stolen: t('why.stolen'),
  replaced: t('why.replaced'),
  left: t('why.left'),
  mistake: t('why.mistake'),
};

export type KeyStanding = 'in force' | 'revoked' | 'ended' | 'not yet in force';

export const KEY_STANDINGS: Readonly<Record<KeyStanding, string>> = {
  'in force': t('standing.inForce'),
  revoked: t('standing.revoked'),
  ended: t('standing.ended'),
  'not yet in force': t('standing.notYet'),
};

/** By this device's clock, for people; the members judge by the times that requests claim. */
export function keyStanding(
  key: Pick<DirectoryKey, 'validFrom' | 'validUntil' | 'revokedAt'>,
  now: number,
): KeyStanding {
  if (key.revokedAt !== null) return 'revoked';
  if (key.validUntil !== null && now >= (key.validUntil + 1) * 1000) return 'ended';
  return key.validFrom !== null && now < key.validFrom * 1000 ? 'not yet in force' : 'in force';
}

/** The public key, how long it is valid and, once it is revoked, since when and why. `from`, `until`: days; null: not told. */
export function keyFacts(
  key: string,
  period: { readonly from: string | null; readonly until: string | null },
  revoked: readonly [at: string, reason: RevokeReason | null] | null,
): string {
  const { from, until } = period;
  const facts = t('keyFacts', {
    key,
    period: from === null ? (until === null ? 'open' : 'until') : until === null ? 'from' : 'both',
    from: from ?? '',
    until: until ?? '',
  });
  if (revoked === null) return facts;
  const [at, reason] = revoked;
  return t('keyRevoked', { facts, at, why: reason ?? 'none' });
}
