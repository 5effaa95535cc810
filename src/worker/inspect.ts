/**
 * Reads a running replica for a developer's eyes. It changes nothing: no message is sent, no timer is set, no value is read from the disk,
 * and what it gives is bounded. Whoever looks asks again; nobody is told.
 */
import type { Digest, MemberIndex, Milliseconds, Round } from '../codec/brand.ts';
import { hasVoters, isValid, tieBreakerOf, votersOf, windowOf } from '../consensus/instance.ts';
import { faultsTolerated } from '../consensus/membership.ts';
import type { Instance } from '../consensus/types.ts';
import type { Link, LinkFigures, TransportStatus } from '../net/types.ts';
import type { MemberEntry } from '../codec/genesis.ts';
import type { NetworkState } from './api.ts';
import type {
  Inspection,
  InspectedEpochs,
  InspectedError,
  InspectedInstance,
  InspectedLink,
  InspectedRound,
  InspectedSync,
  InspectedTimer,
  InspectedVotes,
  Phase,
} from './inspection.ts';
import {
  DIGEST_PREFIX,
  MAX_INSPECTED_DRAFTS,
  MAX_INSPECTED_INSTANCES,
  MAX_INSPECTED_KINDS,
  MAX_INSPECTED_LINKS,
  MAX_INSPECTED_REFUSALS,
  MAX_INSPECTED_ROUNDS,
  MAX_INSPECTED_VALUES,
} from './limits.ts';
import type { Replica } from './replica/replica.ts';
import type { TraceRing } from './trace-ring.ts';
import { initialsOf, instanceView } from './views.ts';

/** What lies around a replica. */
export interface Surrounding {
  readonly members: readonly Pick<MemberEntry, 'name' | 'organisation' | 'role' | 'logId'>[];
  /** Own place; of a device, its member's. */
  readonly place: MemberIndex | null;
  readonly rulesVersion: number;
  readonly transport: Pick<TransportStatus, 'signaling'>;
  readonly storage: NetworkState['storage'];
  readonly trace: TraceRing;
  readonly errors: readonly InspectedError[];
}

export const prefixOf = (digest: string): string => digest.slice(0, DIGEST_PREFIX);

export function inspectReplica(replica: Replica, around: Surrounding): Inspection {
  const { options, core, standing, outbox, batches, delays } = replica;
  const { n, quorum, network } = options.epoch;
  const started = [...core.instances.values()].filter(
    ({ rounds, proposal }) => rounds.size > 0 || proposal !== null,
  );
  const { writes, lastMs, slowestMs, lastAt, queued } = outbox.figures;
  return {
    at: options.clock.wall(),
    network: prefixOf(network),
    rulesVersion: around.rulesVersion,
    self: around.place,
    isDevice: options.isDevice ?? false,
    standing: standing.kind,
    resuming: standing.kind === 'resuming' ? { answered: standing.answered, needed: standing.needed } : null,
    n,
    f: faultsTolerated(n),
    q: quorum,
    members: around.members.map(({ name, organisation, role }, i) => {
      const index = i as MemberIndex;
      const isHere =
        (index === around.place && options.isDevice !== true) || replica.linksOf(index).length > 0;
      return {
        index,
        name,
        initials: initialsOf(organisation),
        role,
        here: isHere,
        suspected: core.suspected.has(index),
        evidence: replica.convicted.has(index),
      };
    }),
    instances: newestFirst(started)
      .slice(0, MAX_INSPECTED_INSTANCES)
      .flatMap((instance) => instanceOf(replica, instance) ?? []),
    instanceCount: started.length,
    epochs: epochsOf(replica),
    sync: syncOf(replica),
    links: linksOf(replica, around),
    signaling: around.transport.signaling.map(({ url, state, diagnosis, source }) => {
      return { url, state, diagnosis: diagnosis ?? null, source };
    }),
    store: {
      isWriting: outbox.busy,
      queued,
      writes,
      lastMs,
      slowestMs,
      lastAgo: lastAt === null ? null : replica.now - lastAt,
      certifiedKeys: replica.heads.size,
      cacheBytes: replica.cache.bytes,
      ...around.storage,
    },
    signatures: {
      checking: replica.checking,
      ...batches.figures,
      certificatesDue: replica.certifier.due,
    },
    timing: {
      w0: core.w0,
      twoMessages: delays.twoMessages,
      ...delays.samples,
      proposalWaits: replica.decisions.waitsFor(),
      latencies: replica.latencies.map(({ milliseconds, round }) => ({ milliseconds, round })),
    },
    trace: around.trace.list(),
    traceCount: around.trace.count,
    errors: around.errors,
  };
}

/** What moved last is what somebody looks for. */
const newestFirst = (instances: readonly Instance[]): Instance[] =>
  [...instances].sort((a, b) => b.enteredAt - a.enteredAt);

// ---- votes ----

function instanceOf(replica: Replica, instance: Instance): InspectedInstance | null {
  const view = instanceView(replica, instance.key);
  if (!view) return null;
  const { now } = replica;
  const { key, version, round, proposal, lock } = instance;
  const refusals = (replica.refusals.get(key) ?? []).filter((one) => one.version === version);
  const tieBreaker = round < 2 ? null : tieBreakerOf(replica.core.config, instance, round);
  const newest = [...instance.rounds.keys()].sort((a, b) => b - a).slice(0, MAX_INSPECTED_ROUNDS);
  return {
    key,
    version,
    round,
    phase: phaseOf(replica, instance),
    enteredAgo: now - instance.enteredAt,
    openedBy: instance.openedBy,
    proposal: proposal && prefixOf(proposal),
    previousKnown: instance.previousKnown,
    lock: lock && { digest: prefixOf(lock.digest), round: lock.round },
    values: [...instance.values]
      .slice(0, MAX_INSPECTED_VALUES)
      .map(([digest, status]) => ({ digest: prefixOf(digest), status })),
    rounds: newest.map((number) => roundOf(replica, instance, number)),
    timers: timersOf(instance, now),
    nextLookIn: instance.armed === null ? null : instance.armed - now,
    tieBreaker,
    seal: view.seal,
    missing: view.missing,
    refusals: refusals.slice(0, MAX_INSPECTED_REFUSALS).map(({ member, rule }) => ({ member, rule })),
  };
}

function phaseOf({ options }: Replica, instance: Instance): Phase {
  const { round, ownPreCommits, ownCommits } = instance;
  if (round < 0) return 'not-started';
  if (ownCommits.has(round)) return 'committed';
  // As the core has found it: asking `polkaOf` would keep one.
  if (instance.rounds.get(round)?.polka) return 'polka';
  if (!ownPreCommits.has(round)) {
    const isAnyValid = [...instance.values.keys()].some((digest) => isValid(instance, digest));
    return isAnyValid || instance.values.size === 0 ? 'not-voted' : 'waits-for-value';
  }
  return hasVoters(instance, round, options.epoch.quorum) ? 'saturated' : 'collecting';
}

function roundOf({ now }: Replica, instance: Instance, number: number): InspectedRound {
  const state = instance.rounds.get(number)!;
  const saturatedAt = instance.saturatedAt.get(number);
  const own = (votes: ReadonlyMap<number, Digest>): string | null => {
    const digest = votes.get(number);
    return digest === undefined ? null : prefixOf(digest);
  };
  return {
    round: number as Round,
    voters: votersOf(instance, number).size,
    polka: state.polka && prefixOf(state.polka.digest),
    saturatedAgo: saturatedAt === undefined ? null : now - saturatedAt,
    ownPreCommit: own(instance.ownPreCommits),
    ownCommit: own(instance.ownCommits),
    preCommits: votesOf(state.preCommits),
    commits: votesOf(state.commits),
  };
}

const votesOf = (table: ReadonlyMap<Digest, ReadonlyMap<MemberIndex, unknown>>): InspectedVotes[] =>
  [...table].slice(0, MAX_INSPECTED_VALUES).map(([digest, votes]) => {
    return { digest: prefixOf(digest), members: [...votes.keys()].sort((a, b) => a - b) };
  });

/** Of the current round, the next one first. */
function timersOf(instance: Instance, now: Milliseconds): InspectedTimer[] {
  const { round, enteredAt, saturatedAt } = instance;
  if (round < 0) return [];
  const window = windowOf(instance, round);
  const timers: InspectedTimer[] = [{ waitsFor: 'vote', firesIn: enteredAt + window - now }];
  const first = saturatedAt.get(0);
  if (round === 1 && first !== undefined && !instance.ownPreCommits.has(1))
    timers.push({
      waitsFor: 'vote-after-first',
      firesIn: first + windowOf({ w0: instance.firstW0 }, 0) - now,
    });
  const saturated = saturatedAt.get(round);
  if (saturated !== undefined) {
    if (!instance.ownCommits.has(round))
      timers.push({ waitsFor: 'commit', firesIn: saturated + window - now });
    timers.push({ waitsFor: 'advance', firesIn: saturated + 2 * window - now });
  }
  return timers.sort((a, b) => a.firesIn - b.firesIn);
}

// ---- epochs, sync, links ----

function epochsOf({ epochs, options }: Replica): InspectedEpochs {
  if (!epochs) {
    return {
      number: 0,
      digest: prefixOf(options.epoch.epoch),
      newest: 0,
      phase: 'open',
      left: false,
      sealed: null,
      reports: [],
      carried: 0,
      drafts: [],
    };
  }
  const { machine } = epochs;
  return {
    number: machine.at,
    digest: prefixOf(options.epoch.epoch),
    newest: machine.chain.at(-1)!.number,
    phase: machine.phase,
    left: machine.left,
    sealed: machine.sealed && prefixOf(machine.sealed.value),
    reports: [...machine.reports.keys()].sort((a, b) => a - b),
    carried: machine.carried.size,
    drafts: [...machine.drafts.values()].slice(0, MAX_INSPECTED_DRAFTS).map((draft) => ({
      digest: prefixOf(draft.digest),
      approvals: [...draft.approvals.keys()].sort((a, b) => a - b),
      joins: draft.joins.size,
    })),
  };
}

function syncOf(replica: Replica): InspectedSync {
  const { trees, neighbours } = replica.sync.figures();
  return {
    trees: trees.map(({ tree, certified, open, keys }) => {
      return { tree, certified: prefixOf(certified), open: prefixOf(open), keys };
    }),
    neighbours: neighbours.slice(0, MAX_INSPECTED_LINKS).flatMap((one) => {
      const link = replica.links.get(one.link) ?? replica.devices.get(one.link);
      if (!link) return [];
      return {
        link: numberOf(link),
        member: link.member,
        comparing: one.comparing,
        lacks: one.lacks,
        asked: one.asked,
        pulls: one.pulls,
        strikes: one.strikes,
        quietIn: Math.max(0, one.quietUntil - replica.now),
      };
    }),
    wantedValues: replica.fetcher.size,
  };
}

function linksOf(replica: Replica, around: Surrounding): InspectedLink[] {
  const figures = new Map((replica.options.transport.figures?.() ?? []).map((one) => [one.id, one]));
  const links = [...replica.links.values(), ...replica.devices.values()];
  return links.slice(0, MAX_INSPECTED_LINKS).map((link) => {
    const isNamed = around.members[link.member]?.logId === link.logId;
    return {
      ...linkOf(replica, link, figures.get(link.id)),
      isObserver: link.device === undefined && !isNamed,
    };
  });
}

function linkOf(
  replica: Replica,
  link: Link,
  figures: LinkFigures | undefined,
): Omit<InspectedLink, 'isObserver'> {
  const kinds = [...replica.traffic.of(link.id)].map(([kind, counts]) => ({ kind, ...counts }));
  kinds.sort((a, b) => b.sent + b.received - (a.sent + a.received));
  return {
    link: numberOf(link),
    member: link.member,
    isDevice: link.device !== undefined,
    openedAgo: replica.now - link.openedAt,
    dialled: figures?.dialled ?? null,
    channel: figures?.path ?? null,
    route: figures?.route ?? null,
    rttMs: figures?.rttMs ?? null,
    bytesSent: figures?.bytesSent ?? kinds.reduce((sum, { bytesSent }) => sum + bytesSent, 0),
    bytesReceived: figures?.bytesReceived ?? kinds.reduce((sum, { bytesReceived }) => sum + bytesReceived, 0),
    queued: figures?.queued ?? { voteMessages: 0, voteBytes: 0, bulkMessages: 0, bulkBytes: 0 },
    bufferedAmount: figures?.bufferedAmount ?? 0,
    messages: kinds.slice(0, MAX_INSPECTED_KINDS),
  };
}

const numbers = new WeakMap<Link, number>();
let linkCount = 0;

/** A link's own name is random and means nothing to anybody. */
function numberOf(link: Link): number {
  let number = numbers.get(link);
  if (number === undefined) numbers.set(link, (number = ++linkCount));
  return number;
}
