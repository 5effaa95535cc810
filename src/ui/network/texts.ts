import type { PeerStatus, SignalingStatus } from '../../worker/api.ts';

export const NETWORK = {
  idLabel: 'Network id',
  idHint:
    'For whoever verifies evidence files of this network. It is not secret; hand it over yourself, apart from the files.',
  title: 'Network',
  members: 'Members',
  health: 'Quorum',
  signaling: 'Signaling servers',
  signalingText:
    'They introduce members to one another and carry no records. Without them a running network goes on; newcomers cannot find it.',
  latency: 'Time to commit',
  latencyNone: 'This replica has committed nothing yet.',
  evidence: 'Evidence of misbehaviour',
  evidenceNone: 'None. No member of this network is known to have signed two values.',
  invite: 'Invite',
  inviteText:
    'Whoever has this link can ask the members for a connection; only members named in the genesis are let in. Send it by a channel that you trust.',
  copy: 'Copy the link',
  copied: 'Copied.',
  notCopied: 'This browser did not allow copying. Select the link and copy it by hand.',
  genesis: 'Download the genesis file',
} as const;

export const PEER_WORDS: Readonly<Record<PeerStatus['state'], string>> = {
  linked: 'here',
  connecting: 'connecting',
  waiting: 'not here',
  unreachable: 'unreachable',
  refused: 'links closed',
};

export const SIGNALING_WORDS: Readonly<Record<SignalingStatus['state'], string>> = {
  open: 'open',
  connecting: 'connecting',
  waiting: 'waiting to try again',
  failed: 'failed',
  off: 'off',
};

export const PATH_WORDS = {
  'worker-channel': 'straight into the worker',
  'page-port': 'through the page',
} as const;
