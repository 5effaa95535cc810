/** What the doors of members and of devices share: reading a genesis, binding a profile, the list of profiles. */
import { decodeGenesis, encodeGenesis, type Genesis } from '../codec/genesis.ts';
import type { Invitation } from '../codec/invitation.ts';
import { fail, ok, type Result } from '../codec/result.ts';
import { checkGenesis, networkIdOf } from '../crypto/genesis.ts';
import type { IdentityError } from '../store/errors.ts';
import { openIdentity } from '../store/idb-store.ts';
import { openProfiles, type ProfileIndex } from '../store/profiles.ts';
import type { DoorError, ProfileId } from './api.ts';
import { DATABASE_PATIENCE_MS } from './limits.ts';
import { sharedTools } from './tools.ts';

/** Asks the members that can be reached for the genesis of an invitation, under this profile's key; null when nobody answers in time. */
export type FetchGenesis = (invitation: Invitation, profile: ProfileId | null) => Promise<Uint8Array | null>;

/** Checks a genesis against the id of the invitation, then its keys. */
export async function readGenesis(
  bytes: Uint8Array,
  invitation: Invitation,
): Promise<Result<Genesis, DoorError>> {
  const { bls, hash } = await sharedTools();
  const decoded = decodeGenesis(bytes);
  if (!decoded.ok) return fail(malformedGenesis(`${decoded.error.message}. Ask for the genesis file again.`));
  if (networkIdOf(decoded.value, hash) !== invitation.network) {
    return fail({
      type: 'genesis-wrong-for-invitation',
      message:
        `This member list (${decoded.value.name}) is not the one that the invitation to ${invitation.name} names. ` +
        'Ask whoever invited you for the genesis file of the same network.',
    });
  }
  const checked = checkGenesis(decoded.value, bls);
  return checked.ok ? ok(decoded.value) : fail(malformedGenesis(checked.error.message));
}

/** Binds a profile to the network of a genesis, once. `certificate`: of a device. */
export async function bind(
  profile: ProfileId,
  genesis: Genesis,
  invitation: Invitation,
  certificate?: Uint8Array<ArrayBuffer>,
): Promise<Result<undefined, DoorError>> {
  const db = await openIdentity(profile, { giveUp: AbortSignal.timeout(DATABASE_PATIENCE_MS) });
  if (!db.ok) return fail(storage(db.error));
  try {
    const record = await db.value.read();
    if (!record.ok) {
      const message = `This browser holds no keys under ${profile.slice(0, 8)}…: ${record.error.message}`;
      return fail({
        type: record.error.type === 'store-empty' ? 'profile-unknown' : 'storage-failed',
        message,
      });
    }
    const { network, joinSecret, signaling } = invitation;
    const bound = await db.value.bind(
      {
        network,
        genesis: encodeGenesis(genesis),
        joinSecret,
        boundAt: Date.now(),
        ...(certificate && { certificate }),
      },
      { signaling, iceServers: [] },
    );
    if (!bound.ok) {
      const elsewhere = bound.error.type === 'store-bound-elsewhere';
      return fail({
        type: elsewhere ? 'profile-bound-elsewhere' : 'storage-failed',
        message: bound.error.message,
      });
    }
  } finally {
    db.value.close();
  }
  const listed = await withProfiles((index) =>
    index.update(profile, { network: { id: invitation.network, name: genesis.name, demo: genesis.demo } }),
  );
  return listed.ok ? ok(undefined) : fail(storage(listed.error));
}

export async function withProfiles<T>(
  run: (index: ProfileIndex) => Promise<Result<T, IdentityError>>,
): Promise<Result<T, IdentityError>> {
  const index = await openProfiles(AbortSignal.timeout(DATABASE_PATIENCE_MS));
  if (!index.ok) return index;
  try {
    return await run(index.value);
  } finally {
    index.value.close();
  }
}

/** The text itself, or what stands after the # of a link. */
export const lastPart = (text: string): string => text.trim().split('#').at(-1)!;

export const malformedGenesis = (message: string): DoorError => ({ type: 'genesis-malformed', message });
export const storage = (error: IdentityError): DoorError => ({
  type: error.type === 'store-empty' ? 'profile-unknown' : 'storage-failed',
  message: error.message,
});
export const noMemberAnswers = (name: string): DoorError => ({
  type: 'no-member-answers',
  message:
    `No member of ${name} could be reached for its member list. Ask one of them to keep the page open and try again, ` +
    'or ask for the genesis file and choose it here.',
});
