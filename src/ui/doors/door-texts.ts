/** Words of creating, joining, and handing over a key. */
import { translator } from '../i18n/t.ts';

const t = translator('doors');

export const CREATE = {
  sealedTitle: (name: string): string => t('create.sealedTitle', { name }),
  sealedLead: t('create.sealedLead'),
  titleOf: (name: string): string => t('create.titleOf', { name }),
  title: t('create.title'),
  leadOf: t('create.leadOf'),
  lead: t('create.lead'),
  ask: t('create.ask'),
  askText: t('create.askText'),
  link: t('create.link'),
  linkQr: t('create.linkQr'),
  noName: t('create.noName'),
  longName: t('create.longName'),
  name: t('create.name'),
  nameHint: t('create.nameHint'),
  begin: t('create.begin'),
  seal: t('create.seal'),
  noMember: t('create.noMember'),
  sealText: t('create.sealText'),
  sealing: t('create.sealing'),
  sealAction: t('create.sealAction'),
  discard: t('create.discard'),
} as const;

export const SEALED = {
  invite: t('sealed.invite'),
  inviteText: t('sealed.inviteText'),
  invitation: t('sealed.invitation'),
  qr: (name: string): string => t('sealed.qr', { name }),
  notKept: t('sealed.notKept'),
  list: t('sealed.list'),
  listText: t('sealed.listText'),
  networkId: t('sealed.networkId'),
  save: t('sealed.save'),
  open: (name: string): string => t('sealed.open', { name }),
} as const;

export const SHARE = { copy: t('share.copy'), save: t('share.save') } as const;

export const KEY = {
  titleOf: (name: string): string => t('key.titleOf', { name }),
  title: t('key.title'),
  lead: t('key.lead'),
  request: t('key.request'),
  text: t('key.text'),
  textHint: t('key.textHint'),
  who: t('key.who'),
  make: t('key.make'),
  handOver: t('key.handOver'),
  handOverText: t('key.handOverText'),
  of: (organisation: string): string => t('key.of', { organisation }),
  qr: (organisation: string): string => t('key.qr', { organisation }),
  made: t('key.made'),
  madeText: t('key.madeText'),
  /** One word of it is set off by `<b>` … `</b>`. */
  stay: t('key.stay'),
  next: t('key.next'),
  manifest: t('key.manifest'),
  manifestText: t('key.manifestText'),
  keyId: t('key.keyId'),
  publicKey: t('key.publicKey'),
} as const;

export const JOIN = {
  titleOf: (name: string): string => t('join.titleOf', { name }),
  title: t('join.title'),
  leadOf: t('join.leadOf'),
  lead: t('join.lead'),
  invitation: t('join.invitation'),
  network: t('join.network'),
  networkId: t('join.networkId'),
  introducedBy: t('join.introducedBy'),
  thisServer: t('join.thisServer'),
  list: t('join.list'),
  listHint: t('join.listHint'),
  choose: t('join.choose'),
  tooLarge: (name: string, mebibytes: number): string => t('join.tooLarge', { name, mebibytes }),
  joining: t('join.joining'),
  join: t('join.join'),
  checking: (file: string): string => t('join.checking', { file }),
  /** Null: the name is not known. */
  waiting: (network: string | null): string =>
    network === null ? t('join.waiting') : t('join.waitingOf', { network }),
  noKey: t('join.noKey'),
  unlisted: t('join.unlisted'),
} as const;
