/** Words of "Keys on another device", the half of the browser that has the keys. */
import { MIN_PASSPHRASE_LENGTH } from '../limits.ts';

export const KEYS = {
  title: 'Keys on another device',
  text: (organisation: string): string =>
    `Takes the keys of ${organisation} to another browser, as a file under a passphrase.`,
  /** What the file is, and what follows: three things that a person must know first. */
  know: (organisation: string): readonly string[] => [
    `Whoever has the file and its passphrase can ask and sign in ${organisation}’s name. Keep the two apart, and delete the file when the other device has its keys.`,
    'The vote log is not in it, so the other browser only observes at first. Open the network there and ask to be let in again; the members approve that on their Members page.',
    'Until then this browser votes as before. From then on the other one votes, and this one will not vote any more.',
  ],
  open: 'Export the keys',
  passphrase: 'Passphrase',
  passphraseHint: `At least ${MIN_PASSPHRASE_LENGTH} characters: nothing else protects the file. Four words or more that do not belong together are good.`,
  repeat: 'The same passphrase again',
  export: 'Export and save the file',
  working:
    'The passphrase is being made into a key. That takes a second or more, so that nobody can guess it fast …',
  cancel: 'Cancel',
  saved: (name: string): string =>
    `Your browser has saved ${name}. On the other device, open this app’s start page and choose “Bring keys from another device”. Nobody can open the file without the passphrase, you neither.`,
  noAnswer: 'The replica did not answer, so nothing was exported. Reload this page and try again.',
  device: (organisation: string): string =>
    `The key of this device stays on it. The keys of ${organisation} are exported on its own browser; a further terminal or phone gets a key of its own as a device.`,
} as const;
