/** The chain of epochs as a start finds it, and which epoch's members this replica links to. */
import type { LogId, MemberIndex, NetworkId, VoteKey } from '../../codec/brand.ts';
import { decodeLink, isBreakLink, type EpochLink } from '../../codec/epochs.ts';
import { decodeContinuation, type Continuation, type Genesis } from '../../codec/genesis.ts';
import { fail, ok, type Result } from '../../codec/result.ts';
import { breaksOf, epochAfter, genesisEpoch } from '../../consensus/epochs/chain.ts';
import { followChain, type CheckedLink, type EpochSignatures } from '../../consensus/epochs/follow.ts';
import type { Epoch } from '../../consensus/epochs/types.ts';
import { continuationId, joinSecretDigest } from '../../crypto/domains.ts';
import { randomHex } from '../../crypto/keys.ts';
import type { Hash } from '../../crypto/types.ts';
import { MAX_FORMER_TOPICS } from '../../net/limits.ts';
import type { NetworkBinding } from '../../store/identity.ts';
import type { ChainBreak } from '../members-api.ts';
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
  /** This replica has signed to go on as another network, and nothing more is signed in the epoch; null: it has not. */
  readonly left: Left | null;
  /** False: it catches up with the members of `mesh`, or does not know the way to the newest. */
  readonly isBegun: boolean;
  /** 64 hex digits, of `mesh`; where it is not known a random one: nobody is met, and the way is asked at the door of `knockSecret`. */
  readonly secret: string;
  /** At whose epoch's door to ask where the network is: of `mesh`, or what this browser was bound with. */
  readonly knockSecret: string;
  /** Of earlier epochs, the newest first: doors are kept open there. */
  readonly formerSecrets: readonly string[];
}

/** The continuation that was signed last, by organisations. */
export interface Left {
  readonly survivors: readonly string[];
  readonly gone: readonly string[];
}

/** Own disk, and what the binding came with: both were checked when they were written. */
const TRUSTED: EpochSignatures = {
  certificate: () => Promise.resolve(true),
  change: () => Promise.resolve(true),
  opening: () => Promise.resolve(true),
  continuation: () => Promise.resolve(true),
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
  const left = stored.mark?.state === 'left' ? leftFor(stored, mesh, hash) : null;
  const isBegun = mesh === chain.at(-1) && (mark ?? chain[0]!.digest) === mesh.digest;
  return ok({
    chain,
    links,
    checked,
    mesh,
    place,
    // RESUME: a log that the epoch does not name must not vote as if it had never voted.
    // LEAVE: so must one that has signed to go on elsewhere.
    self: isBegun && !left && mesh.members[place]?.logId === logId ? place : null,
    left: isBegun ? left : null,
    isBegun,
    secret: known[mesh.number] ?? randomHex(32),
    knockSecret: known[mesh.number] ?? binding.joinSecret,
    formerSecrets: known
      .slice(0, mesh.number)
      .reverse()
      .flatMap((secret) => secret ?? [])
      .slice(0, MAX_FORMER_TOPICS),
  });
}

/** The genesis with the name, the members and the rules that are in force in an epoch. */
export function inForce(genesis: Genesis, epoch: Epoch): Genesis {
  const { members, rulesVersion } = epoch;
  return { ...genesis, ...epoch.genesis, members, rulesVersion };
}

/** The id of the network that a binding led to: the first one, or the one that its survivors went on as. */
export function boundNetwork(
  { network, chain }: Pick<NetworkBinding, 'network' | 'chain'>,
  hash: Hash,
): NetworkId {
  const links = (chain?.links ?? []).flatMap((bytes) => {
    const link = decodeLink(bytes);
    return link.ok ? [link.value] : [];
  });
  const last = lastContinuation(links);
  return last ? continuationId(last, hash) : network;
}

/** Its name at the end of a chain that was checked. */
export function lastName(genesis: Pick<Genesis, 'name'>, links: readonly EpochLink[]): string {
  return lastContinuation(links)?.name ?? genesis.name;
}

function leftFor({ mark, breaks }: StoredEpochs, { members }: Epoch, hash: Hash): Left {
  const signed = breaks.flatMap(({ genesis }) => {
    const read = decodeContinuation(genesis);
    return read.ok && (continuationId(read.value, hash) as string) === mark?.by ? [read.value] : [];
  });
  const goes = (one: Epoch['members'][number]): boolean =>
    signed.some((genesis) => genesis.members.some(({ id }) => id === one.id));
  const named = (all: Epoch['members']): string[] => all.map(({ organisation }) => organisation);
  return {
    survivors: named(members.filter(goes)),
    gone: named(members.filter((one) => !goes(one))),
  };
}

function lastContinuation(links: readonly EpochLink[]): Continuation | null {
  const last = links.findLast(isBreakLink);
  const genesis = last && decodeContinuation(last.genesis);
  return genesis?.ok ? genesis.value : null;
}

/** For people: where survivors went on without a quorum. */
export function chainBreaks(chain: readonly Epoch[]): ChainBreak[] {
  return breaksOf(chain).map(({ from, to }) => viewOf(from, to));
}

/** The same of a break that was checked and is in no chain here. `from`: the epoch that it leaves. */
export function breakOf(from: Epoch, link: Extract<CheckedLink, { type: 'break' }>): ChainBreak {
  return viewOf(from, epochAfter(from, link));
}

/** What to tell who asked for a network that others went on from. */
export function continuedMessage({ name, survivors, gone, network }: ChainBreak, asked: string): string {
  return (
    `${asked} was continued as ${name} (${network.slice(0, 8)}…) by ${survivors.join(', ')}, without ${gone.join(', ')}: no quorum of it was left, ` +
    'and what was certified and not known to them may be lost. To go there, ask one of them for an invitation.'
  );
}

function viewOf(from: Epoch, to: Epoch): ChainBreak {
  const gone = from.members.filter(({ id }) => !to.members.some((member) => member.id === id));
  return {
    epoch: to.number,
    name: to.genesis.name,
    network: to.network,
    from: from.network,
    root: to.began!.root,
    survivors: to.members.map(({ organisation }) => organisation),
    gone: gone.map(({ organisation }) => organisation),
  };
}

const damaged = (message: string): Result<never, EpochsDamaged> =>
  fail({ type: 'store-damaged', message: `${message} Ask to be let in again with a new member key.` });
