/**
 * The demo's lying replica. While it lies it (a) signs two different values in one PRE-COMMIT slot and tells some members
 * the one and the rest the other, and (b) reports responses that its handlers did not give. Composition refuses it unless
 * the genesis is a demo's.
 */
import type { Key, MemberIndex, Round, Version } from '../codec/brand.ts';
import type { CborValue } from '../codec/cbor.ts';
import type { Vote } from '../codec/vote.ts';
import type { Deviation, DeviationTools } from '../worker/deviation.ts';
import { MAX_LIES_REMEMBERED } from './limits.ts';

type Outgoing = Deviation['outgoing'];
type Link = Parameters<Outgoing>[0];
type Message = Parameters<Outgoing>[1];
type Registry = ReturnType<Deviation['registry']>;

export function createLiar(): Deviation {
  let lying = false;
  let self: MemberIndex | null = null;
  /** The contradicting vote of each slot: told again, it is the same lie. Once told it is kept up, also after lying stops. */
  const lies = new Map<string, Vote>();

  const contradict = async (vote: Vote, tools: DeviationTools): Promise<Vote | null> => {
    if (self !== null && vote.author !== self) return null;
    const slot = slotOf(vote.key, vote.version, vote.round);
    const told = lies.get(slot);
    if (told) return told;
    if (!lying) return null;
    const { key, version, round, type, digest } = vote;
    const lie = await tools.sign({ key, version, round, type, digest: tools.otherDigest(digest) });
    self = lie.author;
    if (lie.author !== vote.author) return null;
    lies.set(slot, lie);
    const oldest = lies.keys().next();
    if (lies.size > MAX_LIES_REMEMBERED && !oldest.done) lies.delete(oldest.value);
    return lie;
  };

  return {
    get lying() {
      return lying;
    },
    setLying(next) {
      lying = next;
    },
    async outgoing(link, message, tools) {
      if (message.type !== 'votes' || !hearsTheLie(link, tools.links())) return [message];
      const votes: Vote[] = [];
      for (const vote of message.votes) {
        votes.push((vote.type === 'PRE-COMMIT' ? await contradict(vote, tools) : null) ?? vote);
      }
      return [{ ...message, votes } satisfies Message];
    },
    registry(honest) {
      return {
        ...bound(honest),
        find(rulesVersion, method, path) {
          const service = honest.find(rulesVersion, method, path);
          if (!service) return undefined;
          return {
            ...service,
            async handler(record, request, context) {
              const result = await service.handler(record, request, context);
              if (!lying || result.response.status >= 300) return result;
              return { ...result, response: { ...result.response, body: embellished(result.response.body) } };
            },
          };
        },
      };
    },
  };
}

/** Every other member, in member order, hears the lie: with three listeners one of them does, and a quorum stays. */
function hearsTheLie(link: Link, links: readonly Link[]): boolean {
  const members = [...new Set([...links, link].map((other) => other.member))].sort((a, b) => a - b);
  return members.indexOf(link.member) % 2 === 1;
}

/** A claim that no handler makes: whoever runs the step again gets another response. */
function embellished(body: CborValue): CborValue {
  if (body === null || typeof body !== 'object' || Array.isArray(body) || body instanceof Uint8Array)
    return 'done, trust me';
  return { ...body, claimed: 'done, trust me' };
}

/** A registry may be a class's instance: spreading it would lose its methods. */
function bound(honest: Registry): Registry {
  return {
    rulesVersions: honest.rulesVersions,
    find: (rulesVersion, method, path) => honest.find(rulesVersion, method, path),
    list: (rulesVersion) => honest.list(rulesVersion),
    keyProblem: (key) => honest.keyProblem(key),
    incomplete: (record, transactions) => honest.incomplete(record, transactions),
  };
}

function slotOf(key: Key, version: Version, round: Round): string {
  return `${key}@${version}@${round}`;
}
