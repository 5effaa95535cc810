/** The chain of epochs as a start finds it, and which epoch's members this replica links to. */
import type { LogId, MemberIndex, VoteKey } from '../../codec/brand.ts';
import { decodeLink, type EpochLink } from '../../codec/epochs.ts';
import type { Genesis } from '../../codec/genesis.ts';
import { fail, ok, type Result } from '../../codec/result.ts';
import { genesisEpoch } from '../../consensus/epochs/chain.ts';
import { followChain, type CheckedLink, type EpochSignatures } from '../../consensus/epochs/follow.ts';
import type { Epoch } from '../../consensus/epochs/types.ts';
import { joinSecretDigest } from '../../crypto/domains.ts';
import { randomHex } from '../../crypto/keys.ts';
import type { Hash } from '../../crypto/types.ts';
import { MAX_FORMER_TOPICS } from '../../net/limits.ts';
import type { NetworkBinding } from '../../store/identity.ts';
import type { EpochsDamaged, StoredEpochs } from './disk.ts';

export interface OpenedChain {
  /** Epoch 0 to the newest one that is known. */
  readonly chain: readonly Epoch[];
  readonly links: readonly EpochLink[];
  readonly checked: readonly CheckedLink[];
  /** The newest epoch that lists this member and whose join secret is here: its members are linked to. */
  readonly mesh: Epoch;
  /** The own place among the members of `mesh`; -1: it lists neither this key nor, of a device, its member's. */
  readonly place: MemberIndex;
  /** The same, when this replica may vote there: that epoch is the newest and is begun here, and its entry names this log. Otherwise null. */
  readonly self: MemberIndex | null;
  /** 64 hex digits, of `mesh`; where it is not known a random one: nobody is met, and the way is asked at the door of `knockSecret`. */
  readonly secret: string;
  /** At whose epoch's door to ask where the network is: of `mesh`, or what this browser was bound with. */
  readonly knockSecret: string;
  /** Of earlier epochs, the newest first: doors are kept open there. */
  readonly formerSecrets: readonly string[];
}

/** Own disk, and what the binding came with: both were checked when they were written. */
const TRUSTED: EpochSignatures = {
  certificate: () => Promise.resolve(true),
  change: () => Promise.resolve(true),
  opening: () => Promise.resolve(true),
};

/** Whose place it is: a member's own, or of a device its member's key and no log. */
export interface ChainSelf {
  readonly voteKey: VoteKey;
  readonly logId: LogId;
}

/** `own`: of a device it follows from the chain, whose members may have certified it. */
export async function openChain(
  genesis: Genesis,
  binding: Pick<NetworkBinding, 'network' | 'joinSecret' | 'chain'>,
  stored: StoredEpochs,
  own: ChainSelf | ((chain: readonly Epoch[]) => Promise<ChainSelf>),
  hash: Hash,
): Promise<Result<OpenedChain, EpochsDamaged>> {
  const bound = (binding.chain?.links ?? []).map((bytes) => decodeLink(bytes));
  const links: EpochLink[] = [];
  for (let n = 1; ; n++) {
    const of = bound[n - 1];
    const link = stored.links.get(n) ?? (of?.ok ? of.value : undefined);
    if (!link) break;
    links.push(link);
  }
  const followed = await followChain([genesisEpoch(binding.network, genesis)], links, hash, TRUSTED);
  if (!followed.ok) return damaged(followed.error.message);
  const { chain, links: checked } = followed.value;
  const mark = stored.mark?.epoch;
  if (mark !== undefined && !chain.some(({ digest }) => digest === mark))
    return damaged('The chain of epochs on this disk does not reach the one that it has begun.');
  const { voteKey, logId } = typeof own === 'function' ? await own(chain) : own;
  const bindingDigest = joinSecretDigest(hash, binding.joinSecret);
  const known = chain.map(({ began }) => {
    if (began === null) return (binding.chain?.secretEpoch ?? 0) === 0 ? binding.joinSecret : undefined;
    return began.joinSecret === bindingDigest ? binding.joinSecret : stored.secrets.get(began.joinSecret);
  });
  const joined = chain.filter(({ members, number }) => {
    const isMember = number === 0 || members.some((member) => member.voteKey === voteKey);
    return isMember && known[number] !== undefined;
  });
  const mesh = joined.at(-1) ?? chain[0]!;
  const place = mesh.members.findIndex((member) => member.voteKey === voteKey) as MemberIndex;
  const isBegun = mesh === chain.at(-1) && (mark ?? chain[0]!.digest) === mesh.digest;
  return ok({
    chain,
    links,
    checked,
    mesh,
    place,
    // RESUME: a log that the epoch does not name must not vote as if it had never voted.
    self: isBegun && mesh.members[place]?.logId === logId ? place : null,
    secret: known[mesh.number] ?? randomHex(32),
    knockSecret: known[mesh.number] ?? binding.joinSecret,
    formerSecrets: known
      .slice(0, mesh.number)
      .reverse()
      .flatMap((secret) => secret ?? [])
      .slice(0, MAX_FORMER_TOPICS),
  });
}

/** The genesis with the members and the rules that are in force in an epoch. */
export function inForce(genesis: Genesis, { members, rulesVersion }: Epoch): Genesis {
  return { ...genesis, members, rulesVersion };
}

const damaged = (message: string): Result<never, EpochsDamaged> =>
  fail({ type: 'store-damaged', message: `${message} Ask to be let in again with a new member key.` });
