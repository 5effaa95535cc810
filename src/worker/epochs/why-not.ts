/** Why a browser observes after a change of members, in words. */
import type { MemberEntry } from '../../codec/genesis.ts';
import type { Epoch } from '../../consensus/epochs/types.ts';
import type { Left } from './chain.ts';

/** Null: it may vote, or nothing about epochs keeps it from that. `met`: the epoch whose members it links to. */
export function whyNot(
  chain: readonly Epoch[],
  met: Epoch,
  member: MemberEntry,
  logId: string,
  voteKey: string,
  /** It has signed to go on as another network. */
  left: Left | null = null,
  /** Whether the epoch whose members it links to is begun here. */
  isBegun = true,
): string | null {
  const newest = chain.at(-1)!;
  if (left) {
    const others = left.survivors.filter((one) => one !== member.organisation);
    return (
      `You have signed that the network goes on without ${listed(left.gone)}. Nothing is signed in the old one any more; ` +
      (others.length === 0
        ? 'it goes on in a moment.'
        : `it goes on as soon as ${listed(others)} ${others.length === 1 ? 'has' : 'have'} signed too.`)
    );
  }
  if (newest.number > 0 && !newest.members.some((one) => one.voteKey === voteKey))
    return (
      `The others have changed the list of members, and ${member.organisation} is not on it since epoch ${newest.number}. ` +
      'What was certified until then stays here and can be proved.'
    );
  if (newest !== met)
    return `The network is in epoch ${newest.number}; its members are being looked for. Keep this page open.`;
  if (member.logId !== logId) return anotherLog(chain, member, logId);
  if (!isBegun)
    return `The others have begun epoch ${met.number}, and this browser is fetching what it needs to go on with them. Keep this page open.`;
  return null;
}

/** Of two browsers with a member's keys, the one whose log the list names votes. */
function anotherLog(chain: readonly Epoch[], { organisation, id }: MemberEntry, logId: string): string {
  const again =
    'To vote here, ask the others on the page Members to let this browser in again; the one that votes now then observes.';
  const named = chain.findLastIndex(({ members }) => members.some((one) => one.logId === logId));
  if (named < 0)
    return (
      `It has the keys of ${organisation}, and a vote log of its own that the member list does not name: the list names another one. ` +
      again
    );
  const since = chain.slice(named + 1).find(({ members }) => members.some((one) => one.id === id));
  return `The vote log of another browser stands for ${organisation} since epoch ${since?.number ?? named + 1}, so this one signs nothing any more. What it signed before stays valid. ${again}`;
}

const listed = (names: readonly string[]): string =>
  names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names.at(-1)!}`;
