/** What the doors of members and of devices share: learning where a network is, binding a profile, the list of profiles. */
import { toHex } from '../codec/brand.ts';
import { PLAIN_KNOCK, type Bundle, type Knock } from '../codec/door.ts';
import { encodeLink } from '../codec/epochs.ts';
import { decodeGenesis, encodeGenesis, type Genesis } from '../codec/genesis.ts';
import type { Invitation } from '../codec/invitation.ts';
import { fail, ok, type Result } from '../codec/result.ts';
import { genesisEpoch } from '../consensus/epochs/chain.ts';
import { joinSecretDigest } from '../crypto/domains.ts';
import { checkGenesis, networkIdOf } from '../crypto/genesis.ts';
import type { IdentityError } from '../store/errors.ts';
import { openIdentity } from '../store/idb-store.ts';
import { openProfiles, type ProfileIndex } from '../store/profiles.ts';
import type { DoorError, ProfileId } from './api.ts';
import { lastName } from './epochs/chain.ts';
import { checkBundle, reachProblem, type CheckedBundle } from './knock.ts';
import { DATABASE_PATIENCE_MS } from './limits.ts';
import { sharedTools } from './tools.ts';

/**
 * Knocks at the door of a member that can be reached, under this profile's key; null when nobody answers in time. The answer need not be
 * checked yet.
 */
export type AskDoor = (
  invitation: Invitation,
  profile: ProfileId | null,
  knock: Knock,
) => Promise<Bundle | null>;

/** A network as a file or a member told it, checked; and the join secret that came with it, which is not. */
export interface Learned extends CheckedBundle {
  readonly secret: Bundle['secret'];
}

/** From a genesis file (then of epoch 0 only), or from a member. */
export async function learn(
  ask: AskDoor,
  invitation: Invitation,
  profile: ProfileId | null,
  genesisFile?: Uint8Array,
): Promise<Result<Learned, DoorError>> {
  if (genesisFile) {
    const genesis = await readGenesis(genesisFile, invitation);
    if (!genesis.ok) return genesis;
    const first = genesisEpoch(invitation.network, genesis.value);
    return ok({ genesis: genesis.value, chain: [first], links: [], secret: null });
  }
  const bundle = await ask(invitation, profile, PLAIN_KNOCK);
  return bundle ? learnedOf(bundle, invitation) : fail(noMemberAnswers(invitation.name));
}

export async function learnedOf(bundle: Bundle, invitation: Invitation): Promise<Result<Learned, DoorError>> {
  const checked = await checkBundle(bundle, invitation.network);
  if (!checked.ok) return checked;
  const problem = reachProblem(checked.value.chain, invitation);
  return problem ? fail(problem) : ok({ ...checked.value, secret: bundle.secret });
}

/** The join secret of the newest epoch, as a member gave it or as the invitation has it; null when both are of other epochs. */
export async function secretOf(
  { chain, secret }: Learned,
  invitation: Invitation,
): Promise<{ readonly joinSecret: string; readonly epoch: number } | null> {
  const { number, began } = chain.at(-1)!;
  if (began === null) return invitedTo(invitation);
  const { hash } = await sharedTools();
  const given = secret?.epoch === number ? [toHex(secret.secret)] : [];
  const joinSecret = [...given, invitation.joinSecret].find(
    (one) => joinSecretDigest(hash, one) === began.joinSecret,
  );
  return joinSecret === undefined ? null : { joinSecret, epoch: number };
}

/** The invitation's own join secret, of the epoch that it names. */
export const invitedTo = ({ joinSecret, epoch }: Invitation): { joinSecret: string; epoch: number } => ({
  joinSecret,
  epoch: epoch?.number ?? 0,
});

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
        'Ask whoever invited you for the genesis file of the same network; or, if that one continues an earlier network, open the invitation without a file.',
    });
  }
  const checked = checkGenesis(decoded.value, bls);
  return checked.ok ? ok(decoded.value) : fail(malformedGenesis(checked.error.message));
}

/** Binds a profile to a network, once. `certificate`: of a device. */
export async function bind(
  profile: ProfileId,
  { genesis, links }: Pick<Learned, 'genesis' | 'links'>,
  { network, signaling }: Pick<Invitation, 'network' | 'signaling'>,
  secret: { readonly joinSecret: string; readonly epoch: number },
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
    const { hash } = await sharedTools();
    const bound = await db.value.bind(
      {
        // Of epoch 0: where survivors went on as another network, the links lead there.
        network: networkIdOf(genesis, hash),
        genesis: encodeGenesis(genesis),
        joinSecret: secret.joinSecret,
        boundAt: Date.now(),
        ...(certificate && { certificate }),
        ...((links.length > 0 || secret.epoch > 0) && {
          chain: { links: links.map(encodeLink), secretEpoch: secret.epoch },
        }),
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
  const name = lastName(genesis, links);
  const listed = await withProfiles((index) =>
    index.update(profile, { network: { id: network, name, demo: genesis.demo } }),
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
export const secretMissing = (name: string): DoorError => ({
  type: 'no-member-answers',
  message: `${name} has other members than when this invitation was written, and the member that answered does not know where they meet now. Try again in a minute, or ask for a new invitation.`,
});
export const noMemberAnswers = (name: string): DoorError => ({
  type: 'no-member-answers',
  message:
    `No member of ${name} could be reached for its member list. Ask one of them to keep the page open and try again, ` +
    'or ask for the genesis file and choose it here.',
});
