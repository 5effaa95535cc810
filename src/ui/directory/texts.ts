import type { DirectoryKey, RevokeReason } from '../../worker/api.ts';

export const DIRECTORY = {
  title: 'Directory',
  intro:
    'Who may sign for a supplier or a courier, and which devices a member has. Each entry is certified by a quorum, and only the member that answers for it may change it.',
  suppliers: 'Suppliers',
  couriers: 'Couriers',
  devices: 'Devices',
  suppliersNone: 'No supplier has a key.',
  couriersNone: 'The directory names no courier.',
  devicesNone:
    'No device is entered. A device that its member has certified may work; entering it here lets the member revoke it.',
  founding: 'From the founding list of the network',
  foundingOnly: 'It has no key of its own here: it signs with its member’s key.',
  memberKey: 'It is a member, and signs with its member’s key as well.',
  add: 'Add a supplier or a courier',
  addText:
    'A member enters itself. A warehouse enters suppliers and couriers that are no members, and answers for them.',
  addNobody: 'Only members of the network may add an entry.',
  kind: 'What it is',
  gln: 'GLN, 13 digits',
  id: 'Id, for example echo-freight',
  name: 'Name',
  ownKey: 'The key of this browser, with which it signs notices',
  otherKey: 'Another key (Ed25519)',
  keyId: 'Name of the key',
  publicKey: 'Public key, 64 hex digits',
  from: 'Valid from',
  until: 'Valid until',
  bytes: 'The new key signs these bytes',
  bytesHint:
    'Hex. Whoever has the key signs the bytes behind it and hands you the signature: so nobody can enter a key that it does not hold.',
  showBytes: 'Show the bytes to sign',
  signature: 'Signature, 128 hex digits or base64',
  enter: 'Enter it',
  entered: 'It is in the directory.',
  rotate: 'Bring a new key',
  ends: 'The key that it takes the place of',
  endsNone: 'None: both stay in force',
  endsOn: 'That key ends on',
  rotateAction: 'Enter the new key',
  revoke: 'Revoke',
  revokeAll: 'Revoke all keys',
  revokeText:
    'What it signed before stays valid. What it signs from now on counts for nothing. This cannot be taken back.',
  cancel: 'Leave it',
  notYours: (who: string) => `Only ${who} may change this entry.`,
} as const;

/** Of a key, an entry or a device. */
export const REVOKE = {
  reason: 'Why',
  action: 'Revoke it for good',
  revoking: 'Revoking it',
  done: 'It is revoked.',
  leave: 'Leave it',
  close: 'Close',
} as const;

export const REVOKE_WORDS: Readonly<Record<RevokeReason, string>> = {
  lost: 'Lost',
  stolen: 'Stolen',
  replaced: 'Replaced by another',
  left: 'Its holder has left',
  mistake: 'Entered by mistake',
};

export type KeyStanding = 'in force' | 'revoked' | 'ended' | 'not yet in force';

/** By this device's clock, for people; the members judge by the times that requests claim. */
export function keyStanding(
  key: Pick<DirectoryKey, 'validFrom' | 'validUntil' | 'revokedAt'>,
  now: number,
): KeyStanding {
  if (key.revokedAt !== null) return 'revoked';
  if (key.validUntil !== null && now >= (key.validUntil + 1) * 1000) return 'ended';
  return key.validFrom !== null && now < key.validFrom * 1000 ? 'not yet in force' : 'in force';
}
