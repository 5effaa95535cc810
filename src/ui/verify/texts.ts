import type { EvidenceVerdict } from '../../worker/api.ts';
import { translator } from '../i18n/t.ts';

const t = translator('verify');

export const VERIFY = {
  title: t('title'),
  lead: t('lead'),
  what: t('what'),
  fileLabel: t('fileLabel'),
  fileHint: t('fileHint'),
  chooseFile: t('chooseFile'),
  otherFile: t('otherFile'),
  trustLabel: t('trustLabel'),
  trustHint: t('trustHint'),
  genesisLabel: t('genesisLabel'),
  genesisHint: t('genesisHint'),
  chooseGenesis: t('chooseGenesis'),
  dropGenesis: t('dropGenesis'),
  pinLabel: t('pinLabel'),
  pinHint: t('pinHint'),
  pinOpen: t('pinOpen'),
  loading: t('loading'),
  ready: t('ready'),
  notLoaded: t('notLoaded'),
  checking: (name: string): string => t('checking', { name }),
  failed: t('failed'),
  tooLarge: (name: string): string => t('tooLarge', { name }),
  genesisTooLarge: (name: string): string => t('genesisTooLarge', { name }),
  unreadable: (name: string): string => t('unreadable', { name }),
  proven: t('proven'),
  notProven: t('notProven'),
  versions: t('versions'),
  version: (version: number, state: string): string => t('version', { version, state }),
  /** Time and what is said of it may be elements: parts/within.tsx. */
  session: (organisation: string, operator: string, time: string, claimed: string): string =>
    t('session', { organisation, operator, time, claimed }),
  epochs: t('epochs'),
  epochsHint: t('epochsHint'),
  /** `isPinned`: the reader pinned it. */
  epoch: (number: number, n: number, isPinned: boolean): string =>
    number === 0
      ? t(isPinned ? 'genesisEpochPinned' : 'genesisEpoch', { n })
      : t(isPinned ? 'epochPinned' : 'epoch', { number, n }),
  breaks: t('breaks'),
  broke: (who: string): string => t('broke', { who }),
  joined: (who: string): string => t('joined', { who }),
  left: (who: string): string => t('left', { who }),
  newKeys: (who: string): string => t('newKeys', { who }),
  newLogs: (who: string): string => t('newLogs', { who }),
  rules: (from: number, to: number): string => t('rules', { from, to }),
  unchanged: t('unchanged'),
  approved: (approved: number, of: number, sealed: number, needed: number): string =>
    t('approved', { approved, of, sealed, needed }),
  reason: (reason: string): string => t('reason', { reason }),
  signedBy: (names: string, signed: number, n: number, epoch: number | null): string =>
    epoch === null ? t('signedBy', { names }) : t('signedByEpoch', { names, signed, n, epoch }),
  carried: (epoch: number): string => t('carried', { epoch }),
  digest: (digest: string): string => t('digest', { digest }),
  network: t('network'),
  networkName: (
    { trusted, demo }: { readonly trusted: boolean; readonly demo: boolean },
    name: string,
  ): string => t(trusted ? 'networkTrusted' : 'networkSaid', { name, demo: demo ? 'yes' : 'no' }),
  package: t('package'),
  claimed: t('claimed'),
  print: t('print'),
  command: t('command'),
} as const;

/** Mark and words: colour never says it alone. */
export const VERDICTS: Readonly<
  Record<EvidenceVerdict, { readonly mark: string; readonly head: string; readonly tone: string }>
> = {
  valid: { mark: '✓', head: t('verdict.valid'), tone: 'good' },
  invalid: { mark: '✗', head: t('verdict.invalid'), tone: 'bad' },
  untrusted: { mark: '?', head: t('verdict.untrusted'), tone: 'warn' },
  unknown: { mark: '?', head: t('verdict.unknown'), tone: 'warn' },
};
