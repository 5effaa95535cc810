/** What can be done before a network is open: make keys, hand them over, seal a genesis, open an invitation. */
import { decode, encode, type CborValue } from '../codec/cbor.ts';
import {
  encodeGenesis,
  genesisProblem,
  memberProblem,
  type Genesis,
  type MemberEntry,
} from '../codec/genesis.ts';
import { isHex } from '../codec/brand.ts';
import {
  formatInvitation,
  fromBase64Url,
  parseInvitation,
  toBase64Url,
  type Invitation,
} from '../codec/invitation.ts';
import { MAX_NAME_LENGTH } from '../codec/limits.ts';
import { fail, ok, type Result } from '../codec/result.ts';
import { checkGenesis, checkMember, networkIdOf } from '../crypto/genesis.ts';
import { randomHex } from '../crypto/keys.ts';
import { RULES_VERSION } from '../domain/supply/registry.ts';
import { deleteIdentity, openIdentity } from '../store/idb-store.ts';
import type { DoorError, DoorsApi, ProfileId, ProfileSummary } from './api.ts';
import { createAskDoors } from './ask-doors.ts';
import { createDeviceDoors } from './device-doors.ts';
import {
  bind,
  invitedTo,
  lastPart,
  learn,
  malformedGenesis,
  secretMissing,
  secretOf,
  storage,
  withProfiles,
  type AskDoor,
  type Learned,
} from './door-tools.ts';
import { manifestKeyOf } from './identity-keys.ts';
import { exportKeys, importKeys } from './key-doors.ts';
import { makeMember } from './member-keys.ts';
import { DATABASE_PATIENCE_MS, MAX_HANDOVER_LENGTH } from './limits.ts';
import { sharedTools } from './tools.ts';

export function createDoors(ask: AskDoor): DoorsApi {
  return {
    ...createDeviceDoors(ask),
    ...createAskDoors(ask),
    exportKeys,
    importKeys,

    async profiles() {
      const listed = await withProfiles((index) => index.list());
      return listed.ok ? listed.value : [];
    },

    async forget(profile) {
      const deleted = await deleteIdentity(profile, AbortSignal.timeout(DATABASE_PATIENCE_MS));
      if (!deleted.ok) return fail(storage(deleted.error));
      const removed = await withProfiles((index) => index.remove(profile));
      return removed.ok ? ok(undefined) : fail(storage(removed.error));
    },

    newDraft: async (name) => formatDraft(randomHex(16), name.trim().slice(0, MAX_NAME_LENGTH) || 'Network'),

    async readInvitation(text) {
      const read = parseInvitation(text);
      return read.ok ? read : fail({ type: 'invitation-malformed', message: read.error.message });
    },

    readDraft: async (text) => parseDraft(text),

    async createMemberKey(input) {
      const draft = parseDraft(input.draft);
      if (!draft.ok) return draft;
      const made = await makeMember(input, { network: null, nonce: draft.value.nonce });
      if (!made.ok) return made;
      const entry = made.value;
      return ok({ profile: entry.voteKey, key: formatMemberKey(entry), entry });
    },

    async readMemberKey(draftText, text) {
      const draft = parseDraft(draftText);
      if (!draft.ok) return draft;
      const entry = parseMemberKey(text);
      if (!entry.ok) return entry;
      const { bls } = await sharedTools();
      const checked = checkMember(entry.value, null, draft.value.nonce, bls);
      if (checked.ok) return entry;
      return fail({
        type: 'proof-of-possession-wrong',
        message:
          `The key of ${entry.value.organisation} does not prove that its sender holds it for this draft. ` +
          'It may have been made for another draft: send the link of this one, and ask for a new key.',
      });
    },

    async sealGenesis(input) {
      const draft = parseDraft(input.draft);
      if (!draft.ok) return draft;
      const genesis: Genesis = {
        format: 'countersign-genesis-1',
        name: draft.value.name,
        rulesVersion: RULES_VERSION,
        draftNonce: draft.value.nonce,
        demo: input.demo,
        members: input.members,
        directory: { supplierKeys: input.supplierKeys, couriers: input.couriers },
      };
      const problem = genesisProblem(genesis as unknown as CborValue);
      if (problem)
        return fail(
          malformedGenesis(`The member list cannot be sealed: ${problem}. Correct it and seal again.`),
        );
      const { bls, hash } = await sharedTools();
      const checked = checkGenesis(genesis, bls);
      if (!checked.ok) return fail(malformedGenesis(checked.error.message));
      const network = networkIdOf(genesis, hash);
      const joinSecret = randomHex(32);
      const invitation: Invitation = { network, joinSecret, name: genesis.name, signaling: input.signaling };
      for (const profile of await this.profiles()) {
        if (profile.network || !genesis.members.some((m) => m.voteKey === profile.id)) continue;
        const bound = await bind(profile.id, { genesis, links: [] }, invitation, { joinSecret, epoch: 0 });
        if (!bound.ok) return bound;
      }
      return ok({ network, invitation: formatInvitation(invitation), genesisFile: encodeGenesis(genesis) });
    },

    async join(input) {
      const parsed = parseInvitation(input.invitation);
      if (!parsed.ok) return fail({ type: 'invitation-malformed', message: parsed.error.message });
      const invitation = parsed.value;
      const own = await this.profiles();
      const already = own.find(
        (p) => p.network?.id === invitation.network && (!input.profile || p.id === input.profile),
      );
      if (already)
        return ok({ profile: already.id, network: invitation.network, name: already.network!.name });
      const asker = input.profile ?? own.find((p) => !p.network)?.id ?? null;
      const file = input.genesisFile;
      let learned = await learn(ask, invitation, asker, file);
      if (!learned.ok) return learned;
      const chosen = fittingOf(own, learned.value, input.profile);
      if (!chosen) return fail(notListed(own, learned.value));
      let secret = file ? invitedTo(invitation) : await secretOf(learned.value, invitation);
      if (!secret && asker !== chosen) {
        // Members tell it to its own key only.
        learned = await learn(ask, invitation, chosen);
        if (!learned.ok) return learned;
        secret = await secretOf(learned.value, invitation);
      }
      if (!secret) return fail(secretMissing(invitation.name));
      const bound = await bind(chosen, learned.value, invitation, secret);
      const { name } = learned.value.chain.at(-1)!.genesis;
      return bound.ok ? ok({ profile: chosen, network: invitation.network, name }) : bound;
    },

    async manifestKeyOf(profile) {
      const db = await openIdentity(profile, { giveUp: AbortSignal.timeout(DATABASE_PATIENCE_MS) });
      if (!db.ok) return null;
      try {
        const record = await db.value.read();
        if (!record.ok) return null;
        const key = await manifestKeyOf(db.value, record.value);
        return key.ok ? { keyId: key.value.keyId, publicKey: key.value.publicKey } : null;
      } finally {
        db.value.close();
      }
    },
  };
}

/** Whose key the newest epoch lists. */
function fittingOf(
  own: readonly ProfileSummary[],
  { chain }: Learned,
  wanted: ProfileId | undefined,
): ProfileId | null {
  const { members } = chain.at(-1)!;
  const fitting = own.filter((p) => members.some((m) => m.voteKey === p.id));
  return (wanted === undefined ? fitting[0] : fitting.find((p) => p.id === wanted))?.id ?? null;
}

function notListed(own: readonly ProfileSummary[], { genesis, chain }: Learned): DoorError {
  const last = chain.findLast(({ members }) => own.some((p) => members.some((m) => m.voteKey === p.id)));
  const why =
    last === undefined
      ? `${genesis.name} does not list a key of this browser. Open the invitation in the browser where you made your key, ` +
        'or ask a member to let you in.'
      : `${genesis.name} listed a key of this browser until epoch ${last.number}, and does not list it any more. ` +
        'Ask to join again, with a new key.';
  return { type: last === undefined ? 'not-in-genesis' : 'no-longer-member', message: why };
}

// ---- texts that people hand over ----

const formatDraft = (nonce: string, name: string): string =>
  `csdraft1.${nonce}.${toBase64Url(new TextEncoder().encode(name))}`;

function parseDraft(text: string): Result<{ name: string; nonce: string }, DoorError> {
  const bare = lastPart(text);
  const [kind, nonce, name] = bare.split('.');
  try {
    if (kind === 'csdraft1' && isHex(nonce, 32) && name !== undefined) {
      const decoded = new TextDecoder('utf-8', { fatal: true }).decode(fromBase64Url(name));
      if (decoded.length > 0 && decoded.length <= MAX_NAME_LENGTH && decoded.trim() === decoded)
        return ok({ name: decoded, nonce });
    }
  } catch {
    // Falls through to the one sentence for every damage.
  }
  return fail({
    type: 'draft-mismatch',
    message:
      'This link does not belong to a network that is being created. Ask its creator for the link again and open it whole.',
  });
}

const formatMemberKey = (entry: MemberEntry): string =>
  `cskey1.${toBase64Url(encode(entry as unknown as CborValue))}`;

function parseMemberKey(text: string): Result<MemberEntry, DoorError> {
  const bare = lastPart(text);
  const again = 'Ask the member to copy its key again, whole.';
  if (bare.length > MAX_HANDOVER_LENGTH)
    return fail(malformedKey(`This text is too long for a member's key. ${again}`));
  if (!bare.startsWith('cskey1.'))
    return fail(malformedKey(`This is not a member's key: it does not begin with cskey1. ${again}`));
  try {
    const decoded = decode(fromBase64Url(bare.slice('cskey1.'.length)), MAX_HANDOVER_LENGTH);
    if (!decoded.ok)
      return fail(malformedKey(`This member's key is damaged: ${decoded.error.message}. ${again}`));
    const problem = memberProblem(decoded.value);
    if (problem) return fail(malformedKey(`This member's key cannot be used: ${problem}. ${again}`));
    return ok(decoded.value as unknown as MemberEntry);
  } catch {
    return fail(malformedKey(`This member's key is damaged. ${again}`));
  }
}

const malformedKey = (message: string): DoorError => ({ type: 'member-key-malformed', message });
