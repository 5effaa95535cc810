/** The doors of whoever asks a network that runs to let it in: makes its keys, knocks until members have decided, and signs its join. */
import type { MemberId, NetworkId } from '../codec/brand.ts';
import type { Bundle } from '../codec/door.ts';
import type { Approval } from '../codec/epochs.ts';
import { decodeGenesis, type MemberEntry } from '../codec/genesis.ts';
import { parseInvitation, type Invitation } from '../codec/invitation.ts';
import { fail, ok, type Result } from '../codec/result.ts';
import type { Epoch } from '../consensus/epochs/types.ts';
import { quorum } from '../consensus/membership.ts';
import type { Signer } from '../crypto/types.ts';
import { openIdentity } from '../store/idb-store.ts';
import type { IdentityRecord } from '../store/identity.ts';
import type { DoorError, DoorsApi, KnockedNetwork, KnockView, ProfileId } from './api.ts';
import { bind, learn, learnedOf, secretOf, storage, type AskDoor, type Learned } from './door-tools.ts';
import { boundNetwork } from './epochs/chain.ts';
import { draftsNaming, joinsFor } from './epochs/consent.ts';
import { signerOf } from './identity-keys.ts';
import { DATABASE_PATIENCE_MS } from './limits.ts';
import { fingerprintOf, makeMember } from './member-keys.ts';
import { sharedTools } from './tools.ts';

export function createAskDoors(ask: AskDoor): Pick<DoorsApi, 'askToJoin' | 'knock'> {
  /** Signed in this run, by profile. Signing again costs nothing but the time. */
  const joins = new Map<ProfileId, readonly Approval[]>();

  return {
    async askToJoin(input) {
      const invitation = parseInvitation(input.invitation);
      if (!invitation.ok) return fail({ type: 'invitation-malformed', message: invitation.error.message });
      const learned = await learn(ask, invitation.value, null);
      if (!learned.ok) return learned;
      const { chain, genesis } = learned.value;
      const place = {
        id: input.id.trim(),
        organisation: input.organisation.trim(),
        replaces: input.replaces,
      };
      const problem = placeProblem(chain, place);
      if (problem) return fail(problem);
      const { network } = invitation.value;
      const replaces = input.replaces as MemberId | null;
      const made = await makeMember(input, { network, nonce: genesis.draftNonce }, replaces);
      if (!made.ok) return made;
      const { voteKey } = made.value;
      return ok({ profile: voteKey, fingerprint: fingerprintOf(voteKey) });
    },

    async knock(input) {
      const parsed = parseInvitation(input.invitation);
      if (!parsed.ok) return fail({ type: 'invitation-malformed', message: parsed.error.message });
      const invitation = parsed.value;
      const waiting = await readWaiting(input.profile, invitation.network);
      if (!waiting.ok) return waiting;
      if ('state' in waiting.value) return ok(waiting.value);
      const { entry, signer } = waiting.value;

      const first = await tell(input.profile, invitation, waiting.value);
      if (!first?.ok) return first ?? ok({ state: 'nobody' });
      let heard = first.value;
      const newest = heard.chain.at(-1)!;
      if (!lists(newest, entry)) {
        const problem = entryProblem(heard, waiting.value);
        if (problem) return fail(problem);
        const known = joins.get(input.profile) ?? [];
        const { hash } = await sharedTools();
        const drafts = draftsNaming(heard.drafts, heard.chain, entry, hash);
        const signed = await joinsFor(drafts, newest, known, newest.network, signer);
        joins.set(input.profile, signed);
        if (signed.some((one) => !known.includes(one))) {
          // Told at once: nothing but this consent may be lacking.
          const second = await tell(input.profile, invitation, waiting.value);
          if (second?.ok) heard = second.value;
        }
      }
      const secret = lists(heard.chain.at(-1)!, entry) ? await secretOf(heard, invitation) : null;
      if (!secret) return ok(await viewOf(heard, entry, invitation));
      const bound = await bind(input.profile, heard, invitation, secret);
      if (!bound.ok) return bound;
      joins.delete(input.profile);
      return ok(admitted(input.profile, invitation.network, newestName(heard)));
    },
  };

  /** Null: nobody answered. */
  async function tell(
    profile: ProfileId,
    invitation: Invitation,
    { entry, replaces }: Waiting,
  ): Promise<Result<Heard, DoorError> | null> {
    const bundle = await ask(invitation, profile, { entry, replaces, joins: joins.get(profile) ?? [] });
    if (!bundle) return null;
    const learned = await learnedOf(bundle, invitation);
    return learned.ok ? ok({ ...learned.value, drafts: bundle.drafts }) : learned;
  }
}

interface Heard extends Learned {
  readonly drafts: Bundle['drafts'];
}

interface Waiting {
  readonly entry: MemberEntry;
  readonly replaces: MemberId | null;
  readonly signer: Signer;
}

/** What is stored of a profile that asks; or that it has been let in already. */
async function readWaiting(
  profile: ProfileId,
  network: NetworkId,
): Promise<Result<Waiting | Extract<KnockView, { state: 'admitted' }>, DoorError>> {
  const db = await openIdentity(profile, { giveUp: AbortSignal.timeout(DATABASE_PATIENCE_MS) });
  if (!db.ok) return fail(storage(db.error));
  const read = await db.value.read();
  db.value.close();
  if (!read.ok) return fail(storage(read.error));
  const record: IdentityRecord = read.value;
  const { binding, entry } = record;
  const { bls, hash } = await sharedTools();
  if (binding !== null && boundNetwork(binding, hash) !== network)
    return fail({
      type: 'profile-bound-elsewhere',
      message: `The key of ${record.label} belongs to another network already. Ask to join this one with a new key.`,
    });
  if (binding !== null) {
    const genesis = decodeGenesis(binding.genesis);
    // As the list of profiles has it the name may be another by now.
    if (genesis.ok) return ok(admitted(profile, network, genesis.value.name));
    return fail({ type: 'genesis-malformed', message: genesis.error.message });
  }
  if (entry === null)
    return fail({
      type: 'profile-unknown',
      message: `The key ${profile.slice(0, 8)}… of this browser was not made to join a network. Ask to join, with a new key.`,
    });
  const signer = await signerOf(record, bls);
  if (!signer.ok) return fail({ type: 'storage-failed', message: signer.error.message });
  return ok({ entry, replaces: record.replaces ?? null, signer: signer.value });
}

const newestName = ({ chain }: Pick<Learned, 'chain'>): string => chain.at(-1)!.genesis.name;

const admitted = (
  profile: ProfileId,
  network: NetworkId,
  name: string,
): Extract<KnockView, { state: 'admitted' }> => ({ state: 'admitted', profile, network, name });

const lists = ({ members }: Epoch, { voteKey, logId }: MemberEntry): boolean =>
  members.some((m) => m.voteKey === voteKey && m.logId === logId);

/** Why nobody can be taken in like this, told before people are asked; valid(C) says the same later. */
function placeProblem(
  chain: readonly Epoch[],
  { id, organisation, replaces }: { id: string; organisation: string; replaces: string | null },
): DoorError | null {
  const { members } = chain.at(-1)!;
  if (replaces !== null) {
    const member = members.find((m) => m.id === replaces);
    if (!member)
      return {
        type: 'member-unknown',
        message: `Nobody with the id ${replaces} is a member now. Ask to join as a new member, with another id.`,
      };
    if (id === member.id && organisation === member.organisation) return null;
    return {
      type: 'not-its-place',
      message: `Who takes the place of ${member.organisation} keeps its id (${member.id}) and its organisation's name. Correct them and ask again.`,
    };
  }
  const holder = members.find((m) => m.id === id);
  if (holder)
    return {
      type: 'id-taken',
      message: `The id ${id} is ${holder.organisation}'s. Choose another one; or, if that member lost its keys, ask to take its place.`,
    };
  const before = chain.flatMap((epoch) => epoch.members).find((m) => m.id === id);
  if (before)
    return {
      type: 'id-taken',
      message: `The id ${id} was ${before.organisation}'s and is not given away again. Choose another one.`,
    };
  if (members.some((m) => m.organisation === organisation))
    return {
      type: 'organisation-taken',
      message: `${organisation} is a member already. If it lost its keys, ask to take its place; a further terminal or phone is added as a device.`,
    };
  return null;
}

function entryProblem({ genesis, chain }: Heard, { entry, replaces }: Waiting): DoorError | null {
  if (!chain.some((epoch) => lists(epoch, entry))) return placeProblem(chain, { ...entry, replaces });
  return {
    type: 'no-longer-member',
    message: `${genesis.name} had let this key in, and a later change of members took it out again. Ask to join again, with a new key.`,
  };
}

async function viewOf(heard: Heard, entry: MemberEntry, invitation: Invitation): Promise<KnockView> {
  const { chain } = heard;
  const { number, members } = chain.at(-1)!;
  const network: KnockedNetwork = {
    network: { id: invitation.network, name: chain.at(-1)!.genesis.name },
    epoch: number,
    members: members.map(({ id, name, organisation, role }) => ({ id, name, organisation, role })),
  };
  const { hash } = await sharedTools();
  const drafts = draftsNaming(heard.drafts, chain, entry, hash);
  const [best] = drafts.sort((a, b) => b.approvals - a.approvals);
  if (best === undefined) return { state: 'asked', ...network };
  const { approvals, change } = best;
  return {
    state: 'drafted',
    ...network,
    approvals,
    needed: quorum(members.length),
    reason: change.reason,
  };
}
