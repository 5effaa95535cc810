import type { EvidenceVerdict } from '../../worker/api.ts';

export const VERIFY = {
  title: 'Verify an evidence file',
  lead: 'A member of a network can export what was signed about a package. Here you check such a file: in this browser, without asking anybody. Nothing is sent, and it works offline.',
  fileLabel: 'Evidence file',
  fileHint: 'Its name ends in .evidence.json. Choose it, or drop it here.',
  chooseFile: 'Choose an evidence file',
  otherFile: 'Choose another file',
  trustLabel: 'Network that you trust',
  trustHint:
    'Its network id, 64 hex digits, from a member that you know; not from whoever sent you the file. Without it nobody can tell real members from made-up ones. A network that went on without a quorum has another id since.',
  genesisLabel: 'Or its genesis file',
  genesisHint: 'A member saves it on the network page.',
  chooseGenesis: 'Choose a genesis file',
  dropGenesis: 'Use a network id instead',
  pinLabel: 'Epoch that you know',
  pinHint:
    'Only if members may have left: the digest of an epoch, 64 hex digits, from a member that you know. Keys of those who left may be stolen later, and then make up another history. With an epoch here, such a file proves nothing to you.',
  pinOpen: 'Pin an epoch',
  loading: 'Loading the verifier…',
  ready: 'Ready. From here on it works offline.',
  notLoaded: 'The verifier could not be loaded. Reload this page while you are online.',
  checking: (name: string): string => `Checking ${name}…`,
  failed: 'The file could not be checked: the verifier stopped. Reload the page and try again.',
  tooLarge: (name: string): string =>
    `${name} is too large to be an evidence file. Choose the file that ends in .evidence.json.`,
  genesisTooLarge: (name: string): string =>
    `${name} is too large to be a genesis file. Choose the file that a member saved.`,
  unreadable: (name: string): string => `${name} could not be read. Choose it again.`,
  proven: 'What it proves',
  notProven: 'What no such file proves',
  versions: 'Versions',
  epochs: 'Members over time',
  epochsHint:
    'Each change was checked by the members before it. The digest of an epoch is what can be pinned.',
  genesisEpoch: (n: number): string => `Epoch 0: the ${n} members of the genesis`,
  epoch: (number: number, n: number): string => `Epoch ${number}: ${n} members`,
  breaks: 'Where it went on without a quorum',
  broke: (who: string): string => `A break: ${who} went on without a quorum, as another network.`,
  joined: (who: string): string => `${who} joined`,
  left: (who: string): string => `${who} left`,
  newKeys: (who: string): string => `New keys: ${who}`,
  newLogs: (who: string): string => `New vote log: ${who}`,
  rules: (from: number, to: number): string => `Rules version ${to} instead of ${from}`,
  unchanged: 'The same members and rules',
  approved: (approved: number, of: number, sealed: number, needed: number): string =>
    `${approved} of ${of} members before approved it; ${sealed} sealed it, ${needed} needed.`,
  pinned: 'the epoch that you pinned',
  reason: 'Reason given:',
  signedBy: (names: string, signed: number, n: number, epoch: number | null): string =>
    `Signed by ${names}${epoch === null ? '' : `: ${signed} of the ${n} members of epoch ${epoch}`}.`,
  carried: (epoch: number): string => `Voted for in epoch ${epoch} and carried over.`,
  network: 'Network',
  package: 'Package',
  claimed: 'claimed time',
  print: 'Print this report',
  command: 'The same check on the command line:',
} as const;

/** Mark and words: colour never says it alone. */
export const VERDICTS: Readonly<
  Record<EvidenceVerdict, { readonly mark: string; readonly head: string; readonly tone: string }>
> = {
  valid: { mark: '✓', head: 'Valid', tone: 'good' },
  invalid: { mark: '✗', head: 'Not valid', tone: 'bad' },
  untrusted: { mark: '?', head: 'Proves nothing to you yet', tone: 'warn' },
  unknown: { mark: '?', head: 'Can’t be judged here', tone: 'warn' },
};
