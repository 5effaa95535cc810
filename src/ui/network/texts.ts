import type { PeerStatus, SignalingStatus } from '../../worker/api.ts';

export const NETWORK = {
  idLabel: 'Network id',
  idHint:
    'For whoever verifies evidence files of this network. It is not secret; hand it over yourself, apart from the files.',
  title: 'Network',
  members: 'Members',
  devices: 'Devices linked here',
  devicesText: 'Terminals and phones that a member has certified. They see everything and do not vote.',
  health: 'Quorum',
  neverBack: 'If they will never return:',
  neverBackLink: 'When too many are gone for good',
  signaling: 'Signaling servers',
  signalingText:
    'They introduce members to one another and carry no records. Without them a running network goes on; newcomers cannot find it.',
  latency: 'Time to commit',
  latencyNone: 'This replica has committed nothing yet.',
  delays: (w0: string, twoMessages: string) =>
    `A quorum’s answer takes ${twoMessages} here, so the first round waits ${w0} (W0) before it moves on.`,
  delaysUnknown: (w0: string) =>
    `No answer of a member has been timed yet: the first round waits ${w0} (W0) before it moves on.`,
  evidence: 'Evidence of misbehaviour',
  evidenceNone: 'None. No member of this network is known to have signed what an honest one does not sign.',
  deeds: {
    'two-values': 'Signed two values',
    'bad-share': 'Signed a bad certificate share',
    'two-reports': 'Signed two reports of one state',
  },
  reportsMean:
    'As members change, each one reports once for a state which versions it is locked on. Two reports of one state that differ cannot both be honest:',
  locksNone: 'no version that the other lacks',
  locksMore: (count: number): string => `and ${count} more`,
  evidencePast: 'It proves what was done then, and closes no links now.',
  evidenceSave: 'Download this evidence',
  evidenceSaved: (name: string) =>
    `Saved as ${name}. Anybody can check it: countersign verify, or the page /verify.`,
  evidenceFailed: 'The file could not be made. Reload the page and try again.',
  invite: 'Invite',
  inviteText:
    'Whoever has this link finds the members’ door. It lets nobody in: who is no member yet can ask to join, and the members decide. Send it by a channel that you trust.',
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

/** What is in the way, and what to do about it. */
export const DIAGNOSIS_WORDS: Readonly<Record<NonNullable<PeerStatus['diagnosis']>, string>> = {
  offline: 'This device has no network. Connect it; the rest goes by itself.',
  'no-interface':
    'The browser offers no network address at all. Check that a network is up, and that no extension or policy switches WebRTC off.',
  'local-network-permission':
    'The browser does not let this page reach devices of the local network. Allow “local network access” for this page, in the browser’s site settings.',
  'local-names-blocked':
    'Both devices offer local names only, and neither finds the other: multicast (mDNS) is blocked, or the access point keeps its clients apart. Switch client isolation off, or set a TURN server in the settings.',
  'no-turn':
    'There is no direct way between the two, and no TURN server to go round by. Set one in the settings, here or there. Until then records reach each of them through other members.',
  'turn-refused':
    'The TURN server refused the user name and password, or their time has passed. Correct them in the settings, and check the clock of this device.',
  'turn-unreachable': 'The TURN server does not answer. Check its address in the settings, and that it runs.',
  blocked: 'Not even the TURN server leads there. A firewall is in between, here or there.',
  'no-answer': 'The other side did not answer. It may have gone, or uses none of the same signaling servers.',
  'no-introduction':
    'Nobody can introduce the two: no signaling server answers, and no member is linked. Set another server in the settings, one that other members use too.',
  'insecure-signaling':
    'Browsers allow ws:// only to this machine and to the server that the page came from. Use a wss:// address.',
  'malformed-address': 'This is no address of a signaling server. Correct it in the settings.',
  'server-unreachable': 'The server cannot be reached. Check its address, and that it runs.',
};

export const PATH_WORDS = {
  'worker-channel': 'straight into the worker',
  'page-port': 'through the page',
} as const;
