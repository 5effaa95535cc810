import type { NetworkState } from '../../worker/api.ts';
import { formatBytes } from '../format.ts';
import type { Theme } from '../theme/local-settings.ts';

export const SETTINGS = {
  title: 'Settings',
  you: 'You and this bench',
  operator: 'Operator, a pseudonym',
  operatorHint:
    'It goes into every session and cannot be removed from a committed record. Use a number or a nickname, not a name.',
  bench: 'Name of this bench',
  look: 'Look and sound',
  theme: 'Colours',
  sounds: 'Sounds after each scan',
  identity: 'Identity of this browser',
  identityText:
    'The keys are sealed in this browser’s storage. Another browser may have them too; only the one whose vote log the members know votes.',
  storage: 'Storage',
  keep: 'Ask the browser to keep it',
  connections: 'Connections',
  signaling: 'Signaling servers',
  signalingHint: 'One ws:// or wss:// address a line, at most 8. Empty: the server that served this page.',
  ice: 'TURN and STUN servers',
  iceHint:
    'One a line: address, then user name and password if it needs them, separated by spaces. For example turn:turn.example.org:3478 anna password, or turn:turn.example.org:3478 secret=… for a server that shares a secret with its users. Empty: direct connections only.',
  save: 'Save connections',
  saved: 'Saved on this device.',
} as const;

export const THEME_WORDS: Readonly<Record<Theme, string>> = {
  system: 'As the system says',
  light: 'Light',
  dark: 'Dark',
  contrast: 'High contrast, light',
  'contrast-dark': 'High contrast, dark',
};

export function storageWords(storage: NetworkState['storage']): readonly string[] {
  const used =
    storage.usageBytes === null
      ? null
      : `${formatBytes(storage.usageBytes)} used${storage.quotaBytes === null ? '' : ` of ${formatBytes(storage.quotaBytes)} that the browser allows`}.`;
  const kept =
    storage.persisted === true
      ? 'Kept: the browser deletes this replica’s keys and votes only when a person asks it to.'
      : storage.persisted === false
        ? 'Not kept for certain: the browser may delete this replica’s keys and votes when space is short or after weeks without use. The member would then come back as an observer.'
        : 'This browser does not say whether it keeps what is stored here.';
  return used === null ? [kept] : [kept, used];
}
