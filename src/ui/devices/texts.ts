/** Words of the devices: their page, the door that makes one, and what a device says of itself. */
import { translator } from '../i18n/t.ts';

const t = translator('devices');

export const DEVICES = {
  title: t('title'),
  intro: (organisation: string): string => t('intro', { organisation }),
  back: t('back'),
  list: t('list'),
  reading: t('reading'),
  none: t('none'),
  thisOne: t('thisOne'),
  linked: t('linked'),
  away: t('away'),
  name: t('name'),
  key: t('key'),
  certified: t('certified'),
  revoked: t('revoked'),
  oldKey: t('oldKey'),
  failed: t('failed'),
  second: t('second'),
  secondText: t('secondText'),
  secondNone: t('secondNone'),
  secondAway: (name: string): string => t('secondAway', { name }),
  secondNobody: t('secondNobody'),
  add: t('add'),
  addSteps: [t('addStep1'), t('addStep2'), t('addStep3')],
  check: t('check'),
  checkText: t('checkText'),
  certify: t('certify'),
  dont: t('dont'),
  certifying: t('certifying'),
  answerTitle: (name: string): string => t('answerTitle', { name }),
  answerText: t('answerText'),
  answerLabel: t('answerLabel'),
  entered: t('entered'),
  enteredBefore: t('enteredBefore'),
  notEntered: t('notEntered'),
  enterAgain: t('enterAgain'),
  done: t('done'),
  revoke: t('revoke'),
  revokeNamed: (name: string): string => t('revokeNamed', { name }),
  revokeText: (name: string): string => t('revokeText', { name }),
  onlyMember: (organisation: string): string => t('onlyMember', { organisation }),
  again: t('again'),
  showAgain: t('showAgain'),
  observer: t('observer'),
  link: t('link'),
  linkText: t('linkText'),
} as const;

/** The door. */
export const DEVICE_DOOR = {
  title: t('door.title'),
  lead: t('door.lead'),
  nameTitle: t('door.nameTitle'),
  name: t('door.name'),
  nameHint: t('door.nameHint'),
  nameProblem: t('door.nameProblem'),
  make: t('door.make'),
  making: t('door.making'),
  notMade: t('door.notMade'),
  requestTitle: t('door.requestTitle'),
  requestText: (name: string): string => t('door.requestText', { name }),
  requestLabel: t('door.requestLabel'),
  key: t('door.key'),
  keyText: t('door.keyText'),
  answerTitle: t('door.answerTitle'),
  answerText: t('door.answerText'),
  rename: t('door.rename'),
  joining: t('door.joining'),
  file: t('door.file'),
  fileText: t('door.fileText'),
  choose: t('door.choose'),
  tooLarge: (name: string, mebibytes: number): string => t('door.tooLarge', { name, mebibytes }),
  again: t('door.again'),
  noAnswer: t('door.noAnswer'),
  stillTrying: t('door.stillTrying'),
  unreadable: (name: string): string => t('door.unreadable', { name }),
} as const;

/** Above every page of a device. */
export const DEVICE_BANNER = {
  head: (organisation: string, name: string): string => t('banner.head', { organisation, name }),
  text: (organisation: string): string => t('banner.text', { organisation }),
  alone: (organisation: string): string => t('banner.alone', { organisation }),
  outdatedHead: t('banner.outdatedHead'),
  revokedHead: (organisation: string): string => t('banner.revokedHead', { organisation }),
  revoked: (organisation: string): string => t('banner.revoked', { organisation }),
} as const;

/** Groups of four, as fingerprints are read aloud. */
export const fingerprint = (key: string): string => key.match(/.{1,4}/g)?.join(' ') ?? key;
