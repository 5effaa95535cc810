/** Words of the devices: their page, the door that makes one, and what a device says of itself. */

export const DEVICES = {
  title: 'Devices',
  intro: (organisation: string): string =>
    `Terminals and phones of ${organisation}. Each has a key of its own, runs sessions and checks everything. None of them votes: the vote is ${organisation}’s.`,
  back: 'Settings',
  list: 'Certified devices',
  reading: 'Reading the directory…',
  none: 'No device is in the directory yet.',
  thisOne: 'this device',
  linked: 'linked now',
  away: 'not linked',
  key: 'Key',
  certified: 'Certified',
  revoked: 'Revoked',
  oldKey:
    'It was certified with the key that your organisation had before. Unless that was done again since, it finds no links: have it show its code, and add it again. Its key and its name stay.',
  failed: 'The devices could not be read from the replica. Reload this page.',
  second: 'Second device for new sessions',
  secondText:
    'It runs every step too, and can take a session over when this device dies. While it is not linked, a new session cannot begin with it.',
  secondNone: 'None: on this device alone',
  secondAway: (name: string): string => `${name}, not linked`,
  secondNobody: 'No other device is linked now.',
  add: 'Add a device',
  addSteps: [
    'On the new device, open the start page of this app and choose “Add this device to an organisation”.',
    'It shows a code. Scan it here, or paste its text.',
    'Let the new device scan the answer that appears here.',
  ],
  request: 'device’s request',
  check: 'Is it this one?',
  checkText:
    'Compare the key with the one on the device’s screen. Whoever holds it can run sessions in your organisation’s name.',
  certify: 'Certify this device',
  dont: 'It is another one',
  certifying: 'Signing the certificate, and entering the device in the directory',
  answerTitle: (name: string): string => `Let ${name} scan this`,
  answerText:
    'It is of use to the device with that key only. To show it again, read the device’s request again.',
  answerLabel: 'QR code of the answer for the device',
  entered: 'The device is in the directory.',
  enteredBefore: 'The device is in the directory already.',
  notEntered:
    'The certificate is good all the same. But until the device is in the directory, it cannot be revoked.',
  enterAgain: 'Enter it again',
  done: 'Add another device',
  revoke: 'Revoke',
  revokeText: (name: string): string =>
    `${name} loses its links, and nobody takes sessions from it any more. What it handed in before stays valid. This cannot be taken back: to use it again, make a new key on it and certify that.`,
  onlyMember: (organisation: string): string =>
    `Devices are certified and revoked in ${organisation}’s own browser, which holds its key. This is one of its devices.`,
  again: 'Certify this device again',
  showAgain: 'Show its code, and take the answer',
  observer: 'This browser is no member of the network, so it has no devices.',
  link: 'Devices of your organisation',
  linkText: 'Further terminals and phones that run sessions in its name.',
} as const;

/** The door. */
export const DEVICE_DOOR = {
  title: 'Add this device to an organisation',
  lead: 'A key is made in this browser. A member of the network certifies it; then sessions can be run here. The member’s vote stays where it is.',
  nameTitle: 'Name this device',
  name: 'Name',
  nameHint: 'As people at the bench call it, for example “Dock 2 phone”. Others see it beside open sessions.',
  nameProblem: 'Type a name, so that the member knows which device it certifies.',
  make: 'Make its key',
  making: 'Making the key …',
  notMade:
    'No answer came, so it is not known whether the key was made. Reload this page; if it was, its request is shown.',
  requestTitle: 'Show this to the member',
  requestText: (name: string): string =>
    `In the member’s own browser: Settings, Devices, Add a device. There ${name} is scanned, or its text is pasted.`,
  requestLabel: 'QR code of this device’s request',
  key: 'Key of this device',
  keyText: 'The member sees the same before it certifies it. Compare the two.',
  answerTitle: 'Then scan its answer',
  answerText: 'The member’s browser shows a code as soon as it has certified this device.',
  answer: 'answer',
  rename: 'Make another key with another name',
  joining: 'Waiting for any member that is online to send the member list …',
  file: 'Member list from a file, if nobody is online',
  fileText: 'The answer is tried again with it. It must fit the answer.',
  choose: 'Choose a file',
  tooLarge: (name: string, mebibytes: number): string =>
    `${name} has more than ${mebibytes} MiB: it is no member list. Choose the file that ends in .genesis.`,
  again: 'Try this answer again',
  noAnswer:
    'This browser’s replica did not answer. Try this answer again; if that fails too, reload this page.',
  stillTrying: 'Another answer is being tried. Wait until that has ended, then try this one again.',
  unreadable: (name: string): string => `${name} could not be read. Choose it again.`,
} as const;

/** Above every page of a device. */
export const DEVICE_BANNER = {
  head: (organisation: string, name: string): string => `This is a device of ${organisation}: ${name}.`,
  text: (organisation: string): string =>
    `It runs sessions and checks everything; votes are ${organisation}’s.`,
  alone: (organisation: string): string =>
    `${organisation} itself is not linked: finished sessions go to any other member.`,
  outdatedHead: 'The certificate of this device counts no more.',
  revokedHead: (organisation: string): string => `${organisation} has revoked this device.`,
  revoked: (organisation: string): string =>
    `It has lost its links, and no member takes sessions from it. What it handed in before stays valid. To go on here, ask ${organisation} to certify a new key: Countersign’s start page, “Add this device to an organisation”.`,
} as const;

/** Groups of four, as fingerprints are read aloud. */
export const fingerprint = (key: string): string => key.match(/.{1,4}/g)?.join(' ') ?? key;
