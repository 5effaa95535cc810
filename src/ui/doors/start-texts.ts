/** Words of the start page, and of the frame around every door. */
import type { ProfileSummary } from '../../worker/api.ts';
import { formatDayAndTime } from '../format.ts';
import { translator } from '../i18n/t.ts';

const t = translator('doors');

export const FRAME = { back: t('frame.back') } as const;

export const START = {
  unknown: t('start.unknown'),
  title: t('start.title'),
  lead: t('start.lead'),
  begin: t('start.begin'),
  try: t('start.try'),
  tryText: t('start.tryText'),
  tryGo: t('start.tryGo'),
  create: t('start.create'),
  createText: t('start.createText'),
  createGo: t('start.createGo'),
  join: t('start.join'),
  joinText: t('start.joinText'),
  joinGo: t('start.joinGo'),
  key: t('start.key'),
  keyText: t('start.keyText'),
  ask: t('start.ask'),
  askText: t('start.askText'),
  device: t('start.device'),
  deviceText: t('start.deviceText'),
  verify: t('start.verify'),
  verifyText: t('start.verifyText'),
  how: t('start.how'),
  how1: t('start.how1'),
  how2: t('start.how2'),
  how3: t('start.how3'),
  how4: t('start.how4'),
  foot: t('start.foot'),
} as const;

/** The networks of this browser. */
export const MINE = {
  notListed: t('start.notListed'),
  title: t('start.mine'),
  demo: t('start.demoTag'),
  device: t('start.deviceTag'),
  openAs: (network: string, name: string): string => t('start.openAs', { network, name }),
  open: t('start.open'),
  joinAs: (name: string): string => t('start.joinAs', { name }),
  join: t('start.joinGo'),
  forgetNamed: (name: string): string => t('start.forgetNamed', { name }),
  forget: t('start.forget'),
  forgetTitle: (name: string): string => t('start.forgetTitle', { name }),
  delete: t('start.delete'),
  keep: t('start.keep'),
} as const;

/** `Harbour receivers · since 3 May at 14:32`. */
export function profileWords({ network, device, createdAt }: ProfileSummary): string {
  const what = network ? network.name : t(device ? 'start.waitsAnswer' : 'start.waitsInvitation');
  return `${what} · ${t('start.since', { time: formatDayAndTime(createdAt) })}`;
}

export function forgetWords({ network, device }: ProfileSummary): string {
  if (device) return t('start.forgetDevice');
  return network && !network.demo
    ? t('start.forgetMember', { network: network.name })
    : t('start.forgetOther');
}
