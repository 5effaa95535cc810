/** Words of "Bring keys from another device". */
import type { KeyDoorError } from '../../worker/api.ts';

export const IMPORT = {
  title: 'Bring keys from another device',
  lead: 'Opens the file that the other browser has saved. This browser then observes, until the members have let it in with a vote log of its own.',
  link: 'Bring keys from another device',
  linkText: 'You have exported them there, in the settings, and know the passphrase.',
  form: 'File of keys',
  file: 'The file of keys',
  fileHint: 'It is called countersign-keys-….txt.',
  choose: 'Choose the file',
  another: 'Choose another file',
  paste: 'Or paste its whole text',
  pasteInstead: 'Paste its text instead',
  passphrase: 'Passphrase',
  passphraseHint: 'The one that was chosen when the keys were exported.',
  import: 'Bring the keys here',
  working:
    'The passphrase is being made into a key, and everything in the file is checked. That takes a second or more …',
  noText: 'Choose the file of keys, or paste its text.',
  noPassphrase: 'Type the passphrase.',
  tooLarge: (name: string, megabytes: number): string =>
    `${name} has more than ${megabytes} MiB: it is not a file of keys. Choose the one that is called countersign-keys-….txt.`,
  unreadable: (name: string): string => `${name} could not be read. Choose it again, or paste its text.`,
  noAnswer:
    'No answer came, so it is not known whether the keys are here now. Go back to the start: it lists what is in this browser.',
  next: 'What comes next',
  steps: [
    'The network opens on its Members page. Choose “Ask to be let in again” there.',
    'The members see the request with the fingerprint of your key, and approve it.',
    'Then this browser votes. The other one observes from that moment on: there is one vote log for each member.',
  ],
} as const;

export interface ImportProblem {
  readonly at: 'text' | 'passphrase' | 'form';
  readonly message: string;
}

/** Beside which field a refusal stands. */
export function placeOf({ type, message }: KeyDoorError): ImportProblem {
  switch (type) {
    case 'passphrase-wrong':
    case 'passphrase-too-short':
    case 'passphrase-too-long':
      return { at: 'passphrase', message };
    case 'key-export-malformed':
    case 'key-export-too-large':
    case 'key-export-unknown':
      return { at: 'text', message };
    default:
      return { at: 'form', message };
  }
}

/** What is missing before the worker is asked; null: nothing. */
export function missingOf(text: string, passphrase: string): ImportProblem | null {
  if (text.trim() === '') return { at: 'text', message: IMPORT.noText };
  if (passphrase === '') return { at: 'passphrase', message: IMPORT.noPassphrase };
  return null;
}
