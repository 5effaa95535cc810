/** Words of the forms: who somebody is, the members' keys, the directory. */
import type { Role, SupplierKeyEntry } from '../../worker/api.ts';
import { translator } from '../i18n/t.ts';

const t = translator('doors');

export const roleWord = (role: Role): string => t('role', { role });
/** `Bravo, warehouse`. */
export const memberLine = (name: string, role: Role): string => t('role.line', { name, role });

export const MEMBER = {
  roles: {
    supplier: t('member.supplier'),
    warehouse: t('member.warehouse'),
    courier: t('member.courier'),
  },
  making: t('member.making'),
  idHint: t('member.idHint'),
  noOrganisation: t('member.noOrganisation'),
  noName: t('member.noName'),
  badId: t('member.badId'),
  organisation: t('member.organisation'),
  name: t('member.name'),
  nameHint: t('member.nameHint'),
  id: t('member.id'),
  role: t('member.role'),
  gln: t('member.gln'),
  glnHint: t('member.glnHint'),
} as const;

export const KEYS = {
  members: t('keys.members'),
  none: t('keys.none'),
  id: t('keys.id'),
  proofChecked: t('keys.proofChecked'),
  takeOutNamed: (organisation: string): string => t('keys.takeOutNamed', { organisation }),
  takeOut: t('keys.takeOut'),
  addOwn: t('keys.addOwn'),
  own: t('keys.own'),
  makeOwn: t('keys.makeOwn'),
  noKey: t('keys.noKey'),
  tooLarge: (name: string, kibibytes: number): string => t('keys.tooLarge', { name, kibibytes }),
  others: t('keys.others'),
  othersHint: t('keys.othersHint'),
  add: t('keys.add'),
  file: t('keys.file'),
} as const;

/** Why a key was not taken into the list. */
export const COLLECT = {
  nameFirst: t('collect.nameFirst'),
  full: (max: number): string => t('collect.full', { max }),
  already: (organisation: string): string => t('collect.already', { organisation }),
  sameId: (organisation: string, other: string, id: string): string =>
    t('collect.sameId', { organisation, other, id }),
} as const;

export const DIRECTORY = {
  title: t('directory.title'),
  text: t('directory.text'),
  keys: t('directory.keys'),
  takeOutKey: (name: string): string => t('directory.takeOutKey', { name }),
  takeOutCourier: (name: string): string => t('directory.takeOutCourier', { name }),
  takeOut: t('directory.takeOut'),
  couriers: t('directory.couriers'),
  id: t('directory.id'),
  isMember: t('directory.isMember'),
  example: t('directory.example'),
  exampleText: t('directory.exampleText'),
  noSupplier: t('directory.noSupplier'),
  noKeyId: t('directory.noKeyId'),
  takenKeyId: (id: string): string => t('directory.takenKeyId', { id }),
  badKey: (length: number): string => t('directory.badKey', { length }),
  badPeriod: t('directory.badPeriod'),
  addKey: t('directory.addKey'),
  keyForm: t('directory.keyForm'),
  supplier: t('directory.supplier'),
  supplierGln: t('directory.supplierGln'),
  keyId: t('directory.keyId'),
  keyIdHint: t('directory.keyIdHint'),
  publicKey: t('directory.publicKey'),
  publicKeyHint: t('directory.publicKeyHint'),
  from: t('directory.from'),
  fromHint: t('directory.fromHint'),
  until: t('directory.until'),
  untilHint: t('directory.untilHint'),
  addThisKey: t('directory.addThisKey'),
  cancel: t('directory.cancel'),
  noCourier: t('directory.noCourier'),
  takenCourierId: (id: string): string => t('directory.takenCourierId', { id }),
  addCourier: t('directory.addCourier'),
  courierForm: t('directory.courierForm'),
  courier: t('directory.courier'),
  courierId: t('directory.courierId'),
  courierGln: t('directory.courierGln'),
  addThisCourier: t('directory.addThisCourier'),
} as const;

/** When a key is accepted, by days of UTC; null: always. */
export function periodWords({ validFrom, validUntil }: SupplierKeyEntry): string | null {
  const from = validFrom === null ? null : dayOf(validFrom);
  const until = validUntil === null ? null : dayOf(validUntil);
  if (from !== null)
    return until === null ? t('directory.periodFrom', { from }) : t('directory.period', { from, until });
  return until === null ? null : t('directory.periodUntil', { until });
}

/** `2026-05-03`, as the fields of the form take it. */
const dayOf = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 10);
