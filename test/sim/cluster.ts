/** One run: a cluster of honest replicas, up to f Byzantine members, a network, and everything that a seed decides. */
import {
  asDigest,
  asEpochDigest,
  asKey,
  asMemberIndex,
  asRound,
  asVersion,
  type Digest,
  type Key,
  type MemberIndex,
} from '../../src/codec/brand.ts';
import type { Vote, VoteBody } from '../../src/codec/vote.ts';
import { faultsTolerated, quorum } from '../../src/consensus/membership.ts';
import type { Instance } from '../../src/consensus/types.ts';
import { createHash } from '../../src/crypto/hash.ts';
import { ablations } from './ablations.ts';
import { drawnScripts, scripts } from './adversaries.ts';
import { momentOf, type World } from './adversary.ts';
import { createChecks, Violation } from './checks.ts';
import { createNetwork } from './network.ts';
import { SimReplica, type Message, type Surroundings } from './replica.ts';
import { createContest } from './contest.ts';
import { createOpenDigest } from './open-digest.ts';
import { createRandom, createScheduler, type Random } from './scheduler.ts';

export interface RunOptions {
  readonly seed: number;
  readonly n: number;
  /** Name of an adversary script; without it the seed draws one. */
  readonly script?: string;
  /** Name of a rule to take away. */
  readonly ablation?: string;
  /** Everyone goes down at once; the Byzantine stay away after it. Without it the seed decides. */
  readonly outage?: boolean;
  readonly trace?: boolean;
  readonly conditions?: Conditions;
}

/** What is fixed where the seed would draw. */
export interface Conditions {
  /** Byzantine members, at most f. */
  readonly byzantine?: number;
  /** No crash, no late start, no loss; GST is the start; clocks and W0 alike. */
  readonly calm?: boolean;
  /** Loss in per cent, before GST and after it. */
  readonly loss?: number;
  readonly crashes?: number;
  readonly versions?: number;
  /** Everyone proposes, each a value of its own. */
  readonly contested?: boolean;
}

export type Outcome = 'decided' | 'undecided' | 'violation';

export interface RunResult {
  readonly outcome: Outcome;
  readonly seed: number;
  readonly script: string;
  /** What was violated, or who did not decide. */
  readonly what: string;
  /** Simulated milliseconds from GST to the last decision; 0 when it came before GST. */
  readonly afterSettling: number;
  readonly highestRound: number;
  readonly restarts: number;
  readonly events: number;
  /** Most versions in a row in which one member proposed and another value was decided. */
  readonly mostLosses: number;
  /** Decided versions that each member's own value won; only when contested. */
  readonly wins: readonly number[];
  readonly trace: readonly string[];
}

const hash = await createHash();
const EPOCH = asEpochDigest('0'.repeat(64));
/** Simulated milliseconds after GST in which everyone has to decide, at least. */
const HORIZON = 12_000;
/** Each Byzantine tie-breaker can waste a round, and the windows grow with the rounds: the sum, per square of rounds. */
const HORIZON_PER_ROUND_SQUARED = 250;
/** More of it for each version beyond the few that a seed draws. */
const HORIZON_PER_VERSION = 2000;
/** A run that gets here has stopped making progress: with at most f undecided rounds after GST, none should. */
const MAX_ROUND = 70;

export function runCluster(options: RunOptions): RunResult {
  const random = createRandom(options.seed);
  const scheduler = createScheduler();
  const plan = drawPlan(options, random);
  const { n, byzantine, honest } = plan;
  const script = scripts[plan.script]!;
  const trace: string[] = [];
  const note = (text: string): void => {
    if (options.trace) trace.push(`${String(scheduler.now).padStart(6)}  ${text}`);
  };
  const ablation = options.ablation === undefined ? null : ablations[options.ablation]!;
  const contest = createContest(n);

  // ---- values and stand-in signatures
  const catalogue = new Map<string, { all: Digest[]; withheld: Digest; proposable: Digest[] }>();
  const invalid = new Set<Digest>();
  const valuesOf = (key: Key, version: number) => {
    const place = `${key} ${version}`;
    let found = catalogue.get(place);
    if (!found) {
      const own = options.conditions?.contested ? n : 4;
      const digests = Array.from({ length: own + 2 }, () => asDigest(random.hex(8) + '0'.repeat(56)));
      invalid.add(digests[own + 1]!);
      found = { all: digests, withheld: digests[own]!, proposable: digests.slice(0, own) };
      catalogue.set(place, found);
    }
    return found;
  };
  const isValid = (digest: Digest): boolean => !invalid.has(digest);
  const signatures = new WeakMap<Uint8Array, Vote>();
  const textOf = (vote: VoteBody & { author: MemberIndex }): string =>
    `${vote.author} ${vote.key} ${vote.version} ${vote.round} ${vote.type} ${vote.digest}`;
  const issued = new Map<string, Vote>();
  const signVote = (author: MemberIndex, vote: VoteBody): Vote => {
    const body = { ...vote, author };
    const text = textOf(body);
    const before = issued.get(text);
    if (before) return before;
    const signature = new Uint8Array(1);
    const signed: Vote = {
      ...body,
      epoch: EPOCH,
      signature,
      ...(vote.type === 'COMMIT' ? { share: signature } : {}),
    };
    issued.set(text, signed);
    signatures.set(signature, signed);
    return signed;
  };
  const isSigned = (vote: Vote): boolean => {
    const signed = signatures.get(vote.signature);
    return signed === vote || (signed !== undefined && textOf(signed) === textOf(vote));
  };
  const consequencesOnly = ablation?.judgedByConsequences === true;
  const certificate = {
    quorum: ablation?.certificateQuorum?.(n) ?? quorum(n),
    ofAllRounds: ablation?.mixesRounds === true,
  };
  const checks = createChecks({
    ...{ n, byzantine: byzantine.length, isValid, isSigned },
    ...{ consequencesOnly, certificate },
  });

  // ---- replicas and network
  const replicas = new Map<MemberIndex, SimReplica>();
  const network = createNetwork<Message>(plan.network, random, scheduler, (to, from, message) => {
    replicas.get(to as MemberIndex)?.receive(from as MemberIndex, message);
  });
  let restarts = 0;
  let byzantineActs = true;
  const crash = (replica: SimReplica): void => {
    if (!replica.up) return;
    replica.stop();
    restarts++;
    note(`member ${replica.index} crashes`);
    const life = replica.life;
    scheduler.at(scheduler.now + 1 + random.below(scheduler.now < plan.settledAt ? 200 : 80), () => {
      if (replica.life === life) start(replica);
    });
  };
  const around: Surroundings = {
    random,
    scheduler,
    ablation,
    pace: plan.pace,
    get crashAtWrite() {
      return scheduler.now < plan.settledAt + 400 ? plan.crashAtWrite : 0;
    },
    gossipEvery: plan.gossipEvery,
    isSigned,
    isValid,
    sign: signVote,
    send: (from, to, message) => network.send(from, to, message),
    peers: honest,
    onLeave(vote) {
      checks.left(vote);
      if (byzantineActs && byzantine.length > 0) script.onVote?.(world, vote);
    },
    onDecide(by, certificate) {
      checks.decided(by, certificate);
      contest.decided(certificate.key, certificate.version, certificate.digest);
      const version = certificate.version + 1;
      if (version <= plan.versions) proposeLater(by, certificate.key, version);
    },
    onStep: (replica) => checks.state(replica.core),
    beforeTimer(replica, instance) {
      if (!byzantineActs || byzantine.length === 0 || !script.onTimer || !acts(replica, instance, 'timer'))
        return;
      script.onTimer(world, replica, instance, momentOf(replica, instance, scheduler.now));
    },
    afterVotes(replica, key) {
      const instance = replica.core.instances.get(key);
      if (!byzantineActs || byzantine.length === 0 || !script.onMessage || !instance) return;
      if (acts(replica, instance, 'message')) script.onMessage(world, replica, instance);
    },
    onUnknownOwnVote(by, vote) {
      // Under an ablation the replica has lost its log; else it must know everything that it signed.
      if (options.ablation === undefined)
        throw new Violation(`member ${by} does not know its own vote in round ${vote.round}`);
    },
    onUnwrittenVote(by, vote) {
      if (options.ablation === undefined)
        throw new Violation(`member ${by} told its vote in round ${vote.round} before it was written`);
    },
    crash,
    note: options.trace ? (by, text) => note(`member ${by} ${text}`) : null,
    openDigest: createOpenDigest(),
  };
  /** Each moment of a replica is used once, so that an injection does not call for the next for ever. */
  const used = new Set<string>();
  const acts = (replica: SimReplica, instance: Instance, why: string): boolean => {
    const moment = `${replica.index} ${replica.life} ${instance.key} ${instance.version} ${instance.round} ${why} ${why === 'timer' ? scheduler.now : ''}`;
    if (used.has(moment)) return false;
    used.add(moment);
    return true;
  };
  const world: World = {
    n,
    random,
    get now() {
      return scheduler.now;
    },
    byzantine,
    honest,
    checks,
    victims: () => [...replicas.values()].filter((replica) => replica.up),
    values: valuesOf,
    sign: (author, key, version, round, type, digest) =>
      signVote(author, { key, version: asVersion(version), round: asRound(round), type, digest }),
    forge: (author, key, version, round, type, digest) => ({
      ...{ key, version: asVersion(version), round: asRound(round), type, digest, author, epoch: EPOCH },
      signature: new Uint8Array(1),
      ...(type === 'COMMIT' ? { share: new Uint8Array(1) } : {}),
    }),
    inject: (to, votes) => replicas.get(to)?.inject(votes),
    reveal: (to, digest) => replicas.get(to)?.learn(digest),
  };

  function proposeLater(by: MemberIndex, key: Key, version: number, tries = 400): void {
    if (!plan.proposers.includes(by)) return;
    // Contested: before anybody hears of another's proposal.
    const longest = scheduler.now < plan.settledAt ? 200 : 20;
    const wait = options.conditions?.contested ? 0 : random.below(longest);
    scheduler.at(scheduler.now + wait, () => {
      const replica = replicas.get(by)!;
      if (replica.version(key) >= version) return;
      const { proposable } = valuesOf(key, version);
      const digest = options.conditions?.contested
        ? proposable[by]!
        : random.chance(40)
          ? proposable[0]!
          : random.chance(50)
            ? proposable[1]!
            : random.pick(proposable);
      const done = replica.propose(key, version, digest);
      if (done) contest.proposed(by, key, version, digest);
      if (!done && tries > 0) proposeLater(by, key, version, tries - 1);
    });
  }

  function start(replica: SimReplica): void {
    replica.restart(random.below(30));
    note(`member ${replica.index} starts again`);
    for (const key of plan.keys) proposeLater(replica.index, key, replica.version(key) + 1);
  }

  // ---- the run
  for (const index of honest) {
    const config = { epoch: EPOCH, n, self: index, w0: plan.w0[index]!, hash };
    const replica = new SimReplica(config, around);
    replicas.set(index, replica);
    if (plan.late.has(index)) {
      replica.stop();
      scheduler.at(random.below(2000), () => start(replica));
    } else {
      replica.handle({ type: 'may-vote', mayVote: true });
      for (const key of plan.keys) proposeLater(index, key, 1);
    }
    if (plan.suspects) {
      const members = new Set(
        Array.from({ length: random.below(faultsTolerated(n) + 1) }, () => asMemberIndex(random.below(n))),
      );
      members.delete(index);
      replica.handle({ type: 'suspected', members });
    }
    const beat = (): void => {
      replica.gossip();
      if (byzantineActs && replica.up && byzantine.length > 0 && script.onBeat) {
        for (const instance of replica.core.instances.values()) script.onBeat(world, replica, instance);
      }
      scheduler.at(scheduler.now + plan.gossipEvery, beat);
    };
    scheduler.at(1 + random.below(plan.gossipEvery), beat);
    for (let i = 0; i < plan.crashes; i++)
      scheduler.at(random.below(plan.settledAt + 400), () => crash(replica));
  }
  if (plan.outageAt !== null) {
    scheduler.at(plan.outageAt, () => {
      note('everyone goes down; the Byzantine stay away');
      network.drain();
      if (random.chance(80)) byzantineActs = false;
      for (const replica of replicas.values()) crash(replica);
    });
  }

  const finished = (): boolean =>
    [...replicas.values()].every((replica) =>
      plan.keys.every((key) => replica.version(key) >= plan.versions),
    );
  const result = (outcome: Outcome, what: string): RunResult => ({
    outcome,
    seed: options.seed,
    script: plan.script,
    what,
    afterSettling: Math.max(0, scheduler.now - plan.settledAt),
    highestRound: checks.highestRound,
    restarts,
    events: scheduler.steps,
    mostLosses: contest.mostLosses,
    wins: contest.wins,
    trace,
  });
  try {
    const rounds = byzantine.length + 4;
    const least = Math.max(HORIZON, HORIZON_PER_ROUND_SQUARED * rounds * rounds);
    const horizon = plan.settledAt + least + Math.max(0, plan.versions - 3) * HORIZON_PER_VERSION;
    while (scheduler.next(horizon)) {
      if (finished()) return result('decided', '');
      if (checks.highestRound > MAX_ROUND) break;
    }
  } catch (error) {
    if (error instanceof Violation) {
      note(`VIOLATION ${error.message}`);
      return result('violation', error.message);
    }
    throw error;
  }
  const stuck = [...replicas.values()].flatMap((replica) =>
    plan.keys
      .filter((key) => replica.version(key) < plan.versions)
      .map((key) => {
        const instance = replica.core.instances.get(key);
        const known =
          instance &&
          [...instance.rounds].map(
            ([r, s]) => `r${r}:${[...s.preCommits].map(([d, v]) => `${d.slice(0, 4)}=${[...v.keys()]}`)}`,
          );
        return `member ${replica.index} ${replica.up ? 'up' : 'down'} at ${key} v${replica.version(key) + 1} r${instance?.round ?? -1} ${known?.join(' ') ?? ''}`;
      }),
  );
  for (const line of stuck) note(line);
  return result('undecided', stuck.join('\n'));
}

interface Plan {
  readonly n: number;
  readonly byzantine: readonly MemberIndex[];
  readonly honest: readonly MemberIndex[];
  readonly script: string;
  readonly keys: readonly Key[];
  readonly versions: number;
  readonly w0: readonly number[];
  readonly settledAt: number;
  readonly pace: number;
  readonly gossipEvery: number;
  readonly proposers: readonly MemberIndex[];
  readonly late: ReadonlySet<MemberIndex>;
  readonly crashes: number;
  readonly crashAtWrite: number;
  readonly suspects: boolean;
  readonly outageAt: number | null;
  readonly network: Parameters<typeof createNetwork>[0];
}

function drawPlan(options: RunOptions, random: Random): Plan {
  const { n } = options;
  const f = faultsTolerated(n);
  const members = Array.from({ length: n }, (_, i) => asMemberIndex(i));
  const shuffled = [...members];
  for (let i = n - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
  }
  const byzantine = shuffled.slice(0, random.chance(85) ? f : random.below(f + 1));
  const honest = members.filter((i) => !byzantine.includes(i));
  const settledAt = random.chance(25) ? 0 : random.below(600);
  const maxDelay = 10;
  const w0 = 4 + random.below(20);
  const restarts = random.chance(50);
  const outage = options.outage ?? random.chance(15);
  const drawn: Plan = {
    n,
    byzantine,
    honest,
    script: options.script ?? random.pick(drawnScripts),
    keys: random.chance(80)
      ? [asKey(`package/${options.seed}`)]
      : [asKey(`package/${options.seed}`), asKey(`package/${options.seed}/2`)],
    versions: 1 + random.below(3),
    w0: members.map(() => (random.chance(80) ? w0 : w0 * (1 + random.below(5)))),
    settledAt,
    pace: random.chance(50) ? 0 : 1 + random.below(3),
    gossipEvery: 15,
    proposers: random.chance(70) ? honest : [random.pick(honest)],
    late: new Set(random.chance(20) ? [random.pick(honest)] : []),
    crashes: restarts ? random.below(3) : 0,
    crashAtWrite: restarts ? random.below(4) : 0,
    suspects: random.chance(50),
    outageAt: outage ? 20 + random.below(settledAt + 100) : null,
    network: {
      members: n,
      maxDelay,
      settledAt,
      lossBefore: random.below(90),
      lossAfter: random.chance(30) ? random.below(40) : 0,
      partitions: random.chance(30),
    },
  };
  return options.conditions ? conditioned(drawn, options) : drawn;
}

function conditioned(drawn: Plan, { conditions = {}, outage, n }: RunOptions): Plan {
  const { calm = false, loss, contested = false } = conditions;
  const members = Array.from({ length: n }, (_, i) => asMemberIndex(i));
  let { byzantine } = drawn;
  if (conditions.byzantine !== undefined) {
    const rest = members.filter((i) => !byzantine.includes(i));
    byzantine = [...byzantine, ...rest].slice(0, Math.min(conditions.byzantine, faultsTolerated(n)));
  }
  const honest = members.filter((i) => !byzantine.includes(i));
  const lossBefore = loss ?? (calm ? 0 : drawn.network.lossBefore);
  const lossAfter = loss ?? (calm ? 0 : drawn.network.lossAfter);
  const w0 = Math.max(...drawn.w0.map((w) => Math.min(w, 24)));
  const network = { ...drawn.network, lossBefore, lossAfter };
  const settledAt = calm ? 0 : drawn.settledAt;
  return {
    ...drawn,
    byzantine,
    honest,
    settledAt,
    versions: conditions.versions ?? drawn.versions,
    proposers: contested || !drawn.proposers.every((i) => honest.includes(i)) ? honest : drawn.proposers,
    late: calm ? new Set() : new Set([...drawn.late].filter((i) => honest.includes(i))),
    crashes: conditions.crashes ?? (calm ? 0 : drawn.crashes),
    crashAtWrite: conditions.crashes === 0 || calm ? 0 : drawn.crashAtWrite,
    w0: calm ? members.map(() => w0) : drawn.w0,
    suspects: drawn.suspects && !calm,
    outageAt: calm && outage !== true ? null : drawn.outageAt,
    network: calm ? { ...network, settledAt, partitions: false } : network,
  };
}
