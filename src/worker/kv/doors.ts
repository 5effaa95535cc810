/** Making a network for the middleware: the doors of src/worker, with a genesis whose rules version names the callback's. */
import type { CborValue } from '../../codec/cbor.ts';
import {
  decodeGenesis,
  encodeGenesis,
  genesisProblem,
  type Genesis,
  type MemberEntry,
} from '../../codec/genesis.ts';
import { formatInvitation, parseInvitation } from '../../codec/invitation.ts';
import { fail, ok, type Result } from '../../codec/result.ts';
import { checkGenesis, networkIdOf } from '../../crypto/genesis.ts';
import { randomHex } from '../../crypto/keys.ts';
import type { DoorError, DoorsApi } from '../api.ts';
import { sharedTools } from '../tools.ts';
import type { CreatedNetwork, CreateInput, OpenInput } from './api.ts';

/** Rules versions of networks of the middleware begin here: those of src/domain stay far below. */
const RULES_BASE = 1_000_000;
/** Highest version of a callback: the sum stays a small whole number. */
const MAX_RULES = 1_000_000;

/** What a genesis says for version `rules` of an application's callback. */
export const rulesVersionOf = (rules: number): number => RULES_BASE + rules;

/** `genesis`: with the rules in force, which an epoch may have moved. */
export function rulesError(
  genesis: { readonly name: string; readonly rulesVersion: number },
  rules: number,
): DoorError | null {
  if (genesis.rulesVersion === rulesVersionOf(rules)) return null;
  const theirs = genesis.rulesVersion - RULES_BASE;
  return {
    type: 'rules-differ',
    message:
      theirs > 0
        ? `${genesis.name} follows version ${theirs} of the access-control callback, and this is version ${rules}. Open it with the application that has version ${theirs}.`
        : `${genesis.name} is a network of another application. Open it there.`,
  };
}

/** Seals the genesis of members that handed over their keys, and binds the identities of this browser that are among them. */
export async function createNetwork(
  doors: DoorsApi,
  input: CreateInput,
): Promise<Result<CreatedNetwork, DoorError>> {
  const draft = await doors.readDraft(input.draft);
  if (!draft.ok) return draft;
  if (!Number.isSafeInteger(input.rules) || input.rules < 1 || input.rules > MAX_RULES)
    return malformed(`rules must be a whole number from 1 to ${MAX_RULES}`);
  const members: MemberEntry[] = [];
  for (const text of input.memberKeys) {
    const entry = await doors.readMemberKey(input.draft, text);
    if (!entry.ok) return entry;
    members.push(entry.value);
  }
  const genesis: Genesis = {
    format: 'countersign-genesis-1',
    name: draft.value.name,
    rulesVersion: rulesVersionOf(input.rules),
    draftNonce: draft.value.nonce,
    demo: false,
    members,
    directory: { supplierKeys: [], couriers: [] },
  };
  const problem = genesisProblem(genesis as unknown as CborValue);
  if (problem) return malformed(problem);
  const { bls, hash } = await sharedTools();
  const checked = checkGenesis(genesis, bls);
  if (!checked.ok) return malformed(checked.error.message);
  const network = networkIdOf(genesis, hash);
  const invitation = formatInvitation({
    network,
    joinSecret: randomHex(32),
    name: genesis.name,
    signaling: input.signaling,
  });
  const read = parseInvitation(invitation);
  if (!read.ok) return fail({ type: 'invitation-malformed', message: read.error.message });
  const bytes = encodeGenesis(genesis);
  for (const { id, network: bound } of await doors.profiles()) {
    if (bound || !members.some((m) => m.voteKey === id)) continue;
    const joined = await doors.join({ invitation, genesisFile: bytes, profile: id });
    if (!joined.ok) return joined;
  }
  return ok({ network, invitation, genesis: bytes });
}

/** The invitation of an opening: as given, or put together from genesis and join secret; null when neither was given. */
export async function invitationOf(input: OpenInput): Promise<Result<string | null, DoorError>> {
  if (input.invitation !== null) return ok(input.invitation);
  if (input.genesis === null && input.joinSecret === null) return ok(null);
  if (input.genesis === null || input.joinSecret === null) {
    const message =
      'A genesis needs its join secret, and a join secret its genesis. Give both, or an invitation.';
    return fail({ type: 'invitation-malformed', message });
  }
  const genesis = decodeGenesis(input.genesis);
  if (!genesis.ok)
    return fail({ type: 'genesis-malformed', message: `${genesis.error.message}. Ask for the file again.` });
  const { hash } = await sharedTools();
  const { joinSecret, signaling } = input;
  const { name } = genesis.value;
  return ok(
    formatInvitation({
      network: networkIdOf(genesis.value, hash),
      joinSecret,
      name,
      signaling: signaling ?? [],
    }),
  );
}

const malformed = (why: string): Result<never, DoorError> =>
  fail({
    type: 'genesis-malformed',
    message: `The member list cannot be sealed: ${why}. Correct it and seal again.`,
  });
