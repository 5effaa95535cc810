/**
 * A knock at the door of any member of a network (docs/protocol.md, "The door"), and what its answer is worth. Who joins knocks, who slept
 * through a change of members, and who opens an invitation without the genesis. Who knocks proves a key: the one that it votes or will vote
 * with, so that members can show whose request it is; or one of this question only.
 */
import { decodeBundle, encodeKnock, type Bundle, type Knock } from '../codec/door.ts';
import type { EpochLink } from '../codec/epochs.ts';
import { encodeLink } from '../codec/epochs.ts';
import type { Digest, NetworkId } from '../codec/brand.ts';
import { decodeGenesis, type Genesis } from '../codec/genesis.ts';
import type { Invitation } from '../codec/invitation.ts';
import { fail, ok, type Result } from '../codec/result.ts';
import { MAX_MEMBERS } from '../codec/limits.ts';
import { breaksOf, genesisEpoch } from '../consensus/epochs/chain.ts';
import { followChain } from '../consensus/epochs/follow.ts';
import type { Epoch } from '../consensus/epochs/types.ts';
import { createEpochSignatures } from '../crypto/epochs.ts';
import { checkGenesis, networkIdOf } from '../crypto/genesis.ts';
import { deriveSignaling } from '../crypto/handshake.ts';
import { generateEd25519, randomBytes, signEd25519 } from '../crypto/keys.ts';
import type { Bls, Signer } from '../crypto/types.ts';
import { knockAtDoor } from '../net/mesh/applicant.ts';
import type { PagePort, SocketLike } from '../net/mesh/options.ts';
import type { IceServer } from '../net/types.ts';
import { openIdentity } from '../store/idb-store.ts';
import type { DoorError, ProfileId } from './api.ts';
import { systemClock } from './clock.ts';
import type { AskDoor } from './door-tools.ts';
import { chainBreaks, continuedMessage } from './epochs/chain.ts';
import { signerOf } from './identity-keys.ts';
import { DATABASE_PATIENCE_MS } from './limits.ts';
import { sharedTools } from './tools.ts';

export interface KnockInput {
  readonly invitation: Invitation;
  /** Null: this worker has no page, so no connection can be made. */
  readonly pagePort: PagePort | null;
  /** Used when the invitation names no signaling server. */
  readonly homeSignaling: string;
  /** Of a replica's settings. An invitation names none: a member that is only reachable through a TURN server hands out the genesis file. */
  readonly iceServers?: readonly IceServer[];
  readonly signer: Pick<Signer, 'voteKey' | 'signEd25519'>;
  readonly knock: Knock;
}

/** What is known of a network from its id on: checked link by link. */
export interface CheckedBundle {
  readonly genesis: Genesis;
  /** From epoch 0 to the newest that is known. */
  readonly chain: readonly Epoch[];
  readonly links: readonly EpochLink[];
}

/**
 * An answer that `checkBundle` accepts, of somebody who has the key of a member of some epoch; null: nobody gave one in time. It may come from
 * a member that is behind: ask again.
 */
export async function knock(input: KnockInput): Promise<Bundle | null> {
  const { invitation, pagePort, homeSignaling, signer } = input;
  if (pagePort === null) return null;
  const [{ ed25519 }, signalingSecret] = await Promise.all([
    sharedTools(),
    deriveSignaling(invitation.joinSecret),
  ]);
  /**
   * An answer of whoever went on without others: one of the network itself is waited for first. Of several that which lists who knocks, then that
   * with most members: anybody can go on alone, and answer first.
   */
  let continued: { readonly answer: Uint8Array; readonly weight: number } | null = null;
  const bytes = await knockAtDoor({
    network: invitation.network,
    voteKey: signer.voteKey,
    signer,
    ed25519,
    signalingSecret,
    signalingUrls: invitation.signaling.length > 0 ? invitation.signaling : [homeSignaling],
    iceServers: input.iceServers ?? [],
    pagePort,
    clock: systemClock,
    random: randomBytes,
    createSocket: (url) => new WebSocket(url) as SocketLike,
    knock: encodeKnock(input.knock),
    async check(answer, from) {
      const bundle = decodeBundle(answer);
      if (!bundle.ok) return false;
      const checked = await checkBundle(bundle.value, invitation.network);
      if (!checked.ok && checked.error.type === 'network-continued') {
        const weight = await continuedWeight(bundle.value, invitation.network, signer.voteKey);
        if (weight > (continued?.weight ?? 0)) continued = { answer, weight };
      }
      if (!checked.ok || reachProblem(checked.value.chain, invitation)) return false;
      return checked.value.chain.some(({ members }) => members.some((m) => m.voteKey === from.voteKey));
    },
  });
  const told = bytes ?? (continued as { readonly answer: Uint8Array } | null)?.answer;
  const bundle = told && decodeBundle(told);
  return bundle?.ok ? bundle.value : null;
}

/**
 * Genesis against the network id and its keys; then every link against the epoch before. The network that is asked for is the one that the
 * chain ends in: `network-continued` when survivors went on from it as another one.
 */
export async function checkBundle(
  bundle: Bundle,
  network: NetworkId,
): Promise<Result<CheckedBundle, DoorError>> {
  const opened = await openBundle(bundle);
  if (!opened.ok) return opened;
  const { chain, genesis } = opened.value;
  if (chain.at(-1)!.network === network) return opened;
  const on = chainBreaks(chain).find(({ from }) => from === network);
  if (on) {
    const asked = chain.find((epoch) => epoch.network === network)!;
    return fail({ type: 'network-continued', message: continuedMessage(on, asked.genesis.name) });
  }
  const message = `This member list (${genesis.name}) is of another network than the one asked for. Ask another member.`;
  return fail({ type: 'genesis-wrong-for-invitation', message });
}

/** Of a bundle that goes on from this network: the members that did, and more than any number of others when this key is among them. */
export async function continuedWeight(bundle: Bundle, network: NetworkId, voteKey: string): Promise<number> {
  const opened = await openBundle(bundle);
  const to = opened.ok ? breaksOf(opened.value.chain).find(({ from }) => from.network === network)?.to : null;
  if (!to) return 0;
  return to.members.length + (to.members.some((one) => one.voteKey === voteKey) ? MAX_MEMBERS : 0);
}

/** The same whatever network it ends in: that is for the caller to look at. */
export async function openBundle({
  genesis: bytes,
  links,
}: Pick<Bundle, 'genesis' | 'links'>): Promise<Result<CheckedBundle, DoorError>> {
  const { hash, bls, ed25519 } = await sharedTools();
  const decoded = decodeGenesis(bytes);
  if (!decoded.ok)
    return fail({ type: 'genesis-malformed', message: `${decoded.error.message}. Ask another member.` });
  const genesis = decoded.value;
  const network = networkIdOf(genesis, hash);
  const names = links.map((link) => hash(encodeLink(link)));
  // Who waits asks every few seconds and is told the same chain: what was checked once is not checked again.
  const known = checked?.network === network ? checked : null;
  if (known === null) {
    const sound = checkGenesis(genesis, bls);
    if (!sound.ok) return fail({ type: 'genesis-malformed', message: sound.error.message });
  }
  const same = known === null ? 0 : names.findIndex((name, i) => known.names[i] !== name);
  const before = known?.chain.slice(0, (same < 0 ? names.length : same) + 1) ?? [
    genesisEpoch(network, genesis),
  ];
  const signatures = createEpochSignatures({ nonce: genesis.draftNonce, bls, ed25519 });
  const followed = await followChain(before, links.slice(before.length - 1), hash, signatures);
  if (!followed.ok) return fail({ type: 'chain-invalid', message: followed.error.message });
  const { chain } = followed.value;
  checked = { network, names, chain };
  return ok({ genesis, chain, links });
}

/** Why a chain is not the one that the invitation was written on, or is not told far enough; null: it reaches its epoch. */
export function reachProblem(
  chain: readonly Epoch[],
  { name, epoch }: Pick<Invitation, 'name' | 'epoch'>,
): DoorError | null {
  if (epoch === undefined || chain[epoch.number]?.digest === epoch.digest) return null;
  const { number } = epoch;
  if (number >= chain.length)
    return {
      type: 'chain-invalid',
      message: `The invitation is of epoch ${number} of ${name}, and the member that answered knows of none after epoch ${chain.length - 1}. Try again in a minute: another member may answer.`,
    };
  return {
    type: 'chain-invalid',
    message: `The member that answered has another epoch ${number} of ${name} than the one that the invitation names, so one of the two is not to be trusted. Compare both with a member whom you know, and ask for a new invitation.`,
  };
}

/** The last one that was checked, its links by their digests. */
let checked: {
  readonly network: NetworkId;
  readonly names: readonly Digest[];
  readonly chain: readonly Epoch[];
} | null = null;

/** How a worker's doors ask, unless told otherwise. Both are read when it asks. */
export function createAskDoor(pagePort: () => MessagePort | null, homeSignaling: () => string): AskDoor {
  return async (invitation, profile, said) => {
    const { bls } = await sharedTools();
    const signer = (profile === null ? null : await signerOfProfile(profile, bls)) ?? sessionSigner();
    if (said.entry !== null && said.entry.voteKey !== signer.voteKey) return null;
    const port = pagePort() as unknown as PagePort | null;
    return knock({ invitation, pagePort: port, homeSignaling: homeSignaling(), signer, knock: said });
  };
}

/** Null when the profile cannot be opened: a question under another key is better than none. */
async function signerOfProfile(profile: ProfileId, bls: Bls): Promise<Signer | null> {
  const db = await openIdentity(profile, { giveUp: AbortSignal.timeout(DATABASE_PATIENCE_MS) });
  if (!db.ok) return null;
  try {
    const record = await db.value.read();
    const signer = record.ok ? await signerOf(record.value, bls) : null;
    return signer?.ok ? signer.value : null;
  } finally {
    db.value.close();
  }
}

function sessionSigner(): KnockInput['signer'] {
  const { seed, publicKey } = generateEd25519();
  return { voteKey: publicKey, signEd25519: (message) => signEd25519(seed, message) };
}
