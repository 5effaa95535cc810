/** Words of the hand-off, of the courier's page and of the delivery. */
import type { DeliveryOutcome } from '../../worker/api.ts';

export const HAND_OFF = {
  title: 'Hand over',
  intro: 'Both sign the same sentence: the warehouse here, the courier on its own device.',
  vehicle: 'Vehicle',
  vehicleHint: 'Fleet number: letters, digits and -. May stay empty.',
  seal: 'Seal',
  sealHint: 'Number on the seal: letters, digits and -. May stay empty.',
  place: 'Place, GLN',
  placeHint: 'Where it changes hands. It is your own GLN unless you say otherwise.',
  prepare: 'Sign and show the code',
  requestTitle: 'The courier scans this',
  requestLabel: 'QR code of the hand-off request for the courier',
  requestHint:
    'Hold it still and bright. On the courier’s device: Deliveries, then scan or choose a picture.',
  again: 'Change it and sign again',
  copy: 'Copy the text',
  asText: 'The same as text',
  answerTitle: 'Scan the courier’s answer',
  answerHint: 'The courier’s device shows a code once it has signed.',
  entered: 'Both signatures are in the record.',
  live: (who: string) => `Shown on ${who}’s own device now. Its answer arrives here by itself.`,
  notLive: (who: string) => `${who}’s replica is not linked to this one. Let it scan the code.`,
  sendAgain: 'Show it there again',
  words: 'What both sign',
  otherCourier: 'Another courier',
  otherCourierHint: 'Until the courier has signed, you may choose another one. The label is made anew.',
  chooseCourier: 'Choose the courier',
  assign: (who: string) => `Give it to ${who}`,
  assigned: 'The courier is in the record. Print the label again.',
  courierTitle: 'Deliveries',
  courierIntro: (who: string) => `You sign for ${who}, on this device, with a key that never leaves it.`,
  scanTitle: 'Sign a hand-off',
  scanHint: 'The warehouse shows a code. Scan it, and read what it says before you sign.',
  liveTitle: 'Shown to you now',
  signTitle: 'You sign this',
  sign: 'Sign: I have this package',
  dontSign: 'Do not sign',
  cannotSign: 'This device cannot sign it',
  answerShow: 'Show this answer to the warehouse',
  answerLabel: 'QR code of your answer for the warehouse',
  answerSent: 'It was also sent over the network; the warehouse may have it already.',
  signed: 'You have signed. It counts when the warehouse has entered it.',
  signedAndIn: 'You have signed, and the record says so: the package is with you.',
  nextOne: 'Next hand-off',
  waiting: 'Labelled for you',
  waitingNone: 'No package is waiting for you.',
  withYou: 'With you',
  withYouNone: 'You have no package.',
  more: (n: number) => `And ${n} more. Search in Packages.`,
  deliveryTitle: 'Delivery',
  outcome: 'How did it end?',
  recipient: 'Who took it',
  recipientHint:
    'Stays on this device. The record gets a salted digest of it; save the receipt below to prove it later.',
  deliveryPlace: 'Place, GLN, if it has one',
  report: 'Sign the report',
  reported: 'The report is in the record.',
  receipt: 'Save the receipt of who took it',
  receiptHint: 'Without this file nobody can show later what the digest in the record stands for.',
  receiptForget: 'Delete it from this device',
  asCode: 'Show the report as a code',
  reportLabel: 'QR code of the signed delivery report',
  enterReport: 'Scan the courier’s report',
  enterReportHint: 'A courier without a network shows its signed report as a code.',
  enter: 'Enter this report',
  useCamera: 'Use the camera',
  stopCamera: 'Stop the camera',
  usePicture: 'Use a picture',
  paste: 'Or paste the text',
  readText: 'Read this text',
  unknown: 'This package is not in this network’s record',
} as const;

export const OUTCOME_WORDS: Readonly<Record<DeliveryOutcome, string>> = {
  delivered: 'Delivered',
  'not-at-home': 'Nobody there: I try again',
  refused: 'Refused by the recipient',
  damaged: 'Damaged on the way',
  'wrong-address': 'Wrong address',
  lost: 'Lost',
};

/** Why the camera shows nothing, and what else there is. */
export function cameraProblem(name: string): string {
  if (name === 'NotAllowedError')
    return 'The browser was not allowed to use the camera. Allow it in the address bar, or use a picture or the text.';
  if (name === 'NotFoundError' || name === 'OverconstrainedError')
    return 'This device has no camera that can be used. Use a picture or the text.';
  return 'The camera could not be started. Use a picture or the text.';
}

/** Vehicle or seal as people type it: upper case without spaces. Null: left empty. */
export function codeOf(text: string): string | null {
  const code = text.trim().toUpperCase().replaceAll(/\s+/g, '-');
  return code === '' ? null : code;
}

export const codeProblem = (what: string, code: string | null): string | null =>
  code === null || /^[A-Z0-9][A-Z0-9-]{0,19}$/.test(code)
    ? null
    : `${what}: at most 20 of A to Z, 0 to 9 and -, and no - at the beginning. Correct it, or leave it empty.`;
