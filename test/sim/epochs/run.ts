/** One run over several epochs: members come, go, lose their logs and come back, while values are agreed on and f members lie. */
import { isNetworkKey, type Key, type LogId } from '../../../src/codec/brand.ts';
import type { Change } from '../../../src/codec/epochs.ts';
import type { MemberEntry } from '../../../src/codec/genesis.ts';
import { placeOf } from '../../../src/consensus/epochs/chain.ts';
import type { Epoch } from '../../../src/consensus/epochs/types.ts';
import { checkDraft } from '../../../src/consensus/epochs/values.ts';
import { faultsTolerated, quorum } from '../../../src/consensus/membership.ts';
import type { Instance } from '../../../src/consensus/types.ts';
import { momentOf } from '../adversary.ts';
import { Violation } from '../checks.ts';
import { createNetwork } from '../network.ts';
import { createOpenDigest } from '../open-digest.ts';
import { createRandom, createScheduler } from '../scheduler.ts';
import { epochAblations } from './ablations.ts';
import { createEpochAdversary } from './adversary.ts';
import type { Around } from './around.ts';
import { createEpochChecks } from './checks.ts';
import { copyOf, emptyDisk, type Disk, type Message } from './forms.ts';
import { drawPlan, epochScripts, type EpochRunOptions } from './plan.ts';
import { EpochReplica } from './replica.ts';
import { changeDigestOf, createScene } from './scene.ts';

export interface EpochRunResult {
  readonly outcome: 'ended' | 'undecided' | 'violation';
  readonly seed: number;
  readonly n: number;
  readonly script: string;
  readonly what: string;
  readonly epochs: number;
  readonly restarts: number;
  readonly losses: number;
  readonly carried: number;
  /** Certificates that could be made and that R did not hold, at some opening. */
  readonly hidden: number;
  /** Values carried into an epoch though no report of the one before had a lock on them. */
  readonly again: number;
  /** Openings with locks on two values of one version. */
  readonly competing: number;
  readonly versions: number;
  readonly highestRound: number;
  /** Simulated milliseconds from CLOSE by the first to BEGIN by q of the next members, the longest after GST. */
  readonly longestClosing: number;
  readonly events: number;
  readonly trace: readonly string[];
}

const MAX_MEMBERS = 16;
const HORIZON = 10_000;
const HORIZON_PER_EPOCH = 6000;
const MAX_ROUND = 70;
const BEAT = 15;

export function runEpochs(options: EpochRunOptions): EpochRunResult {
  const { seed, n } = options;
  const random = createRandom(seed);
  const scheduler = createScheduler();
  const ablation = options.ablation === undefined ? null : epochAblations[options.ablation]!;
  const plan = drawPlan(options, random);
  const trace: string[] = [];
  const note = (text: string): void => {
    if (options.trace) trace.push(`${String(scheduler.now).padStart(6)}  ${text}`);
  };

  // ---- who there is
  const replicas: EpochReplica[] = [];
  const byzantine = new Set(plan.byzantine);
  const restored = new Set(plan.restored === null ? [] : [plan.restored]);
  const faulty = new Set([...byzantine, ...restored]);
  const stolen = new Set<number>();
  const logs = new Map<number, LogId>();
  let orgs = n;
  const scene = createScene(n, random, ablation, (org) => {
    const log = (org + 1).toString(16).padStart(32, 'a') as LogId;
    logs.set(org, log);
    return log;
  });
  const checks = createEpochChecks({ scene, faulty, consequencesOnly: ablation !== null });
  const adversary = createEpochAdversary({
    ...{ scene, random, scheduler, checks, byzantine, stolen, mischief: plan.mischief },
    replicas: () => replicas,
  });
  const script = epochScripts[plan.script]!;
  const settled = (): boolean => scheduler.now >= plan.settledAt;

  const network = createNetwork<Message>(plan.network, random, scheduler, (to, from, message) => {
    replicas[to]?.talk.receive(from, message);
  });
  const ofPackages = (message: Message): boolean =>
    message.type === 'votes' && message.votes.some((vote) => !isNetworkKey(vote.key));
  const swallowed = (message: Message): boolean => {
    if (message.type === 'certificates') return random.chance(plan.slowState);
    if (!ofPackages(message)) return false;
    if (plan.mute && message.type === 'votes' && message.votes.some((vote) => vote.type === 'COMMIT'))
      return true;
    if (!plan.gate) return false;
    const [open, shut] = plan.gate;
    return scheduler.now % (open + shut) >= open;
  };
  const slow = (message: Message): boolean =>
    plan.slowValues > 0 && ofPackages(message) && random.chance(plan.slowValues);

  // ---- what happened
  let restarts = 0;
  let losses = 0;
  let versions = 0;
  let longestClosing = 0;
  const closedAt = new Map<number, number>();
  const beganIn = new Map<number, Set<number>>();
  let overBudget = false;
  const used = new Set<string>();
  const acts = (replica: EpochReplica, instance: Instance, why: string): boolean => {
    if (byzantine.size === 0 || replica.place === null) return false;
    const when = why === 'timer' ? scheduler.now : '';
    const moment = `${replica.id} ${replica.life} ${replica.machine.at} ${instance.key} ${instance.version} ${instance.round} ${why} ${when}`;
    if (used.has(moment)) return false;
    used.add(moment);
    return true;
  };
  const victimOf = (replica: EpochReplica) => ({ index: replica.place!, core: replica.core });

  const crash = (replica: EpochReplica, away = random.below(settled() ? 80 : 200)): void => {
    if (!replica.up) return;
    replica.stop();
    restarts++;
    note(`org ${replica.org} crashes`);
    const { life } = replica;
    scheduler.at(scheduler.now + 1 + away, () => {
      if (replica.life !== life) return;
      note(`org ${replica.org} starts again`);
      replica.restart();
    });
  };

  /** A replica that knows that its log is gone, or old: a new log, and an observer until an epoch names it. */
  const relog = (replica: EpochReplica, disk: Disk): void => {
    if (replica.up) replica.stop();
    const { life } = replica;
    logs.set(replica.org, disk.logId);
    replica.disk = disk;
    scheduler.at(scheduler.now + 1 + random.below(60), () => {
      if (replica.life !== life) return;
      replica.restart();
      replica.begin();
    });
  };

  const around: Around = {
    scene,
    random,
    scheduler,
    pace: plan.pace,
    w0: plan.w0,
    crashAtWrite: (replica) => {
      if (scheduler.now > plan.settledAt + 300) return 0;
      return replica.machine.phase === 'open' ? Math.min(plan.crashAtWrite, 2) : plan.crashAtWrite;
    },
    peers(replica) {
      const ids: number[] = [];
      for (const one of replicas) if (one !== replica && one.up) ids.push(one.id);
      return ids;
    },
    orgOf: (id) => replicas[id]?.org ?? -1,
    send: (from, to, message) => {
      if (to < 0) return;
      if (!settled() && swallowed(message)) return;
      if (settled() || !slow(message)) return network.send(from, to, message);
      scheduler.at(scheduler.now + random.below(400), () => network.send(from, to, message));
    },
    onVote: (replica, epoch, vote) => {
      checks.vote(replica, epoch, vote);
      if (byzantine.size > 0 && replica.place !== null) script.onVote?.(adversary.worldOf(epoch), vote);
    },
    onReport: (replica, report) => checks.report(replica, report),
    onDecisionWritten: (replica, certificate) => checks.decided(replica, certificate),
    onDecide(replica, certificate) {
      const { key, version } = certificate;
      if (isNetworkKey(key)) {
        if (!closedAt.has(version)) closedAt.set(version, scheduler.now);
        return;
      }
      versions = Math.max(versions, version);
      proposeLater(replica, key, random.below(plan.pause));
    },
    onBegin(replica, epoch) {
      checks.begun(replica, epoch);
      if (replica.place === null) return;
      const began = beganIn.get(epoch.number) ?? new Set<number>();
      beganIn.set(epoch.number, began.add(replica.org));
      const since = Math.max(plan.settledAt, closedAt.get(epoch.number) ?? Infinity);
      if (began.size === quorum(epoch.members.length) && scheduler.now > since)
        longestClosing = Math.max(longestClosing, scheduler.now - since);
      for (const key of plan.keys) proposeLater(replica, key, random.below(plan.pause));
    },
    beforeTimer(replica, instance) {
      if (!script.onTimer || !acts(replica, instance, 'timer')) return;
      const victim = victimOf(replica);
      script.onTimer(
        adversary.worldOf(replica.epoch),
        victim,
        instance,
        momentOf(victim, instance, scheduler.now),
      );
    },
    afterVotes(replica, key) {
      const instance = replica.core.instances.get(key);
      if (!script.onMessage || !instance || !acts(replica, instance, 'message')) return;
      script.onMessage(adversary.worldOf(replica.epoch), victimOf(replica), instance);
    },
    onLostPast(replica, what) {
      if (!faulty.has(replica.org) && ablation === null)
        throw new Violation(`organisation ${replica.org} does not know ${what}`);
      note(`org ${replica.org} finds ${what} that its log lacks, and observes`);
      replica.resume.lostPast = true;
      const { life } = replica;
      scheduler.at(scheduler.now, () => {
        if (replica.life !== life) return;
        const disk: Disk = { ...copyOf(replica.disk), logId: scene.newLogId() };
        disk.logs.clear();
        disk.ownReports = [];
        relog(replica, disk);
      });
    },
    onAccused: (replica, epoch, author) => checks.accused(replica, epoch, author),
    onDraft(replica, digest) {
      const { life } = replica;
      scheduler.at(scheduler.now + random.below(plan.hasty ? 5 : 120), () => {
        if (replica.life === life) replica.approve(digest);
      });
    },
    crash: (replica) => crash(replica),
    note: options.trace ? (replica, text) => note(`org ${replica.org} ${text}`) : null,
    openDigest: createOpenDigest(),
  };

  function addReplica(org: number, logId: LogId): EpochReplica {
    const replica = new EpochReplica(replicas.length, org, logId, around);
    replicas.push(replica);
    const beat = (): void => {
      replica.talk.gossip();
      replica.offers.pushCarried();
      if (replica.up && byzantine.size > 0) {
        adversary.beat(replica);
        if (replica.place !== null && script.onBeat)
          for (const instance of [...replica.core.instances.values()])
            script.onBeat(adversary.worldOf(replica.epoch), victimOf(replica), instance);
      }
      scheduler.at(scheduler.now + BEAT, beat);
    };
    scheduler.at(scheduler.now + 1 + random.below(BEAT), beat);
    replica.begin();
    return replica;
  }

  function proposeLater(replica: EpochReplica, key: Key, wait: number): void {
    scheduler.at(scheduler.now + wait, () => {
      if (!replica.up || replica.place === null) return;
      const version = replica.version(key) + 1;
      if (replica.core.instances.get(key)?.ownPreCommits.has(0)) return;
      const { proposable } = scene.values(key, version);
      const digest = plan.contested
        ? proposable[replica.org % proposable.length]!
        : random.chance(60)
          ? proposable[0]!
          : random.pick(proposable);
      replica.offers.propose(key, version, digest);
    });
  }

  // ---- changes of members
  const target = plan.epochs;
  const drafted = new Map<number, number>();
  const newestEpoch = (): Epoch =>
    replicas.reduce((best, one) => (one.up && one.machine.at > best.number ? one.epoch : best), scene.first);
  const logOf = (org: number): LogId | undefined => logs.get(org);
  const isVoter = (m: MemberEntry): boolean => {
    const org = scene.orgOf(m.voteKey);
    return !faulty.has(org) && logOf(org) === m.logId;
  };
  /** Members that do not vote or may lie are at most f. */
  const withinBudget = (members: readonly MemberEntry[]): boolean =>
    members.filter((m) => !isVoter(m)).length <= faultsTolerated(members.length) &&
    members.filter((m) => faulty.has(scene.orgOf(m.voteKey))).length <= faultsTolerated(members.length);

  function drawChange(epoch: Epoch): Change | null {
    for (let tries = 0; tries < 30; tries++) {
      let members = [...epoch.members];
      const remove = (): void => {
        const weights = members.filter((m) => random.chance(faulty.has(scene.orgOf(m.voteKey)) ? 40 : 90));
        const gone = random.pick(weights.length > 0 ? weights : members);
        members = members.filter((m) => m !== gone);
      };
      const fresh: number[] = [];
      const add = (): void => {
        const org = orgs + fresh.length;
        fresh.push(org);
        logs.set(org, scene.newLogId());
        members = [...members, scene.entry(org, logs.get(org)!)];
      };
      // Whoever lost its log comes back with the new one.
      if (random.chance(80))
        members = members.map((m) => {
          const org = scene.orgOf(m.voteKey);
          return logOf(org) === m.logId || byzantine.has(org) ? m : scene.entry(org, logOf(org)!);
        });
      const kind = random.below(7);
      const replaced = Math.max(plan.replaces, kind === 0 || kind === 1 ? 0 : kind === 2 ? 2 : 1);
      for (let i = 0; i < replaced && (kind !== 3 || plan.replaces > 0); i++) {
        remove();
        add();
      }
      if (kind === 1 || kind === 4) add();
      if (kind === 4 && random.chance(50)) add();
      if (kind === 5 || kind === 3) remove();
      if (kind === 3 && random.chance(30)) remove();
      const fits = members.length >= Math.min(4, epoch.members.length) && members.length <= MAX_MEMBERS;
      if (!fits || !withinBudget(members) || members.filter(isVoter).length < quorum(members.length))
        continue;
      const change: Change = {
        format: 'countersign-change-1',
        epoch: epoch.number + 1,
        members,
        rulesVersion: epoch.rulesVersion + (random.chance(20) ? 1 : 0),
        joinSecret: random.hex(8).padEnd(64, '0'),
        reason: `change ${epoch.number + 1}`,
      };
      if (!checkDraft(scene.epochs.has(epoch.digest) ? chainTo(epoch) : [epoch], change).ok) continue;
      for (const org of fresh) addReplica(org, logs.get(org)!);
      orgs += fresh.length;
      return change;
    }
    return null;
  }

  const chainTo = (epoch: Epoch): readonly Epoch[] =>
    replicas
      .find((one) => one.machine.chain[epoch.number] === epoch || one.epoch === epoch)
      ?.machine.chain.slice(0, epoch.number + 1) ?? [epoch];

  function tellDraft(change: Change, epoch: Epoch): void {
    const digest = changeDigestOf(change);
    note(
      `a change to epoch ${change.epoch} is asked for: ${change.members.map((m) => scene.orgOf(m.voteKey)).join(' ')}`,
    );
    for (const replica of replicas)
      if (replica.up && replica.epoch.digest === epoch.digest && random.chance(70))
        replica.draft(change, digest);
    // The Byzantine approve whatever is asked, and they join.
    const approvals = epoch.members.flatMap((m, author) => {
      const org = scene.orgOf(m.voteKey);
      if (!byzantine.has(org)) return [];
      return [
        scene.signApproval(org, {
          kind: 'approve',
          epoch: epoch.digest,
          change: digest,
          author: author as never,
        }),
      ];
    });
    for (const replica of replicas)
      if (replica.up && random.chance(50))
        replica.talk.receive(-1, { type: 'approvals', changes: [change], approvals });
  }

  const drafts = new Map<number, Change[]>();
  const watch = (): void => {
    const epoch = newestEpoch();
    leave(epoch);
    if (epoch.number < target) {
      const asked = drafted.get(epoch.number) ?? 0;
      if (asked === 0 || (asked === 1 && plan.competing && random.chance(3))) {
        const change = drawChange(epoch);
        if (change) {
          drafted.set(epoch.number, asked + 1);
          drafts.set(epoch.number, [...(drafts.get(epoch.number) ?? []), change]);
          tellDraft(change, epoch);
        }
      } else if (random.chance(20)) {
        for (const change of drafts.get(epoch.number) ?? []) tellDraft(change, epoch);
        // Whoever was interrupted taps again.
        for (const replica of replicas)
          for (const digest of [...replica.machine.drafts.keys()]) replica.approve(digest);
      }
    }
    scheduler.at(scheduler.now + (plan.hasty ? 10 : 60), watch);
  };

  /** Who left serves until q of the next have begun; then it may go, and its keys may be found. */
  function leave(epoch: Epoch): void {
    if ((beganIn.get(epoch.number)?.size ?? 0) < quorum(epoch.members.length)) return;
    const now = new Set(epoch.members.map((m) => scene.orgOf(m.voteKey)));
    for (const replica of replicas) {
      const { org } = replica;
      const was = replica.machine.chain.some(({ members }) =>
        members.some((m) => scene.orgOf(m.voteKey) === org),
      );
      if (!was || now.has(org) || stolen.has(org)) continue;
      if (epoch.number < replica.newest || !replica.machine.chain.includes(epoch)) {
        // It goes on as if it had not heard; its key is stolen all the same.
        if (random.chance(10)) stolen.add(org);
        continue;
      }
      stolen.add(org);
      if (random.chance(50)) {
        note(`org ${org} has left, and is switched off`);
        replica.stop();
      }
    }
  }

  // ---- the run
  for (let org = 0; org < n; org++) if (!byzantine.has(org)) addReplica(org, logs.get(org)!);
  // Contested: before anybody hears of another's proposal.
  for (const replica of replicas)
    for (const key of plan.keys) proposeLater(replica, key, plan.contested ? 0 : random.below(40));
  scheduler.at(plan.firstChangeAt, watch);
  for (const at of plan.crashes)
    scheduler.at(at, () => {
      const up = replicas.filter((one) => one.up);
      if (up.length > 0) crash(random.pick(up), random.below(plan.longSleeps ? 900 : 200));
    });
  for (const at of plan.losses)
    scheduler.at(at, () => {
      const up = replicas.filter((one) => one.up && one.place !== null && !faulty.has(one.org));
      if (up.length === 0) return;
      const replica = random.pick(up);
      const least = Math.min(...up.map((one) => one.machine.at));
      const touched = replica.machine.chain.filter(
        (epoch) =>
          epoch.number >= least &&
          placeOf(epoch, { voteKey: scene.voteKeyOf(replica.org), logId: replica.disk.logId }) !== null,
      );
      // A change that is asked for may still be sealed, and then it names the log that is lost here.
      const asked = [...drafts].flatMap(([of, changes]) => (of >= least ? changes : []));
      const fits = [...touched, ...asked].every(
        ({ members }) => members.filter((m) => !isVoter(m)).length < faultsTolerated(members.length),
      );
      if (!fits && !plan.losesBeyondBudget) return;
      if (!fits) overBudget = true;
      losses++;
      const logId = ablation?.keepsLogId ? replica.disk.logId : scene.newLogId();
      note(`org ${replica.org} loses its disk`);
      relog(replica, emptyDisk(logId, scene.first));
    });
  if (plan.restored !== null) {
    let copy: Disk | null = null;
    scheduler.at(plan.copiedAt, () => {
      const replica = replicas.find((one) => one.org === plan.restored);
      if (replica?.up) copy = copyOf(replica.disk);
    });
    scheduler.at(plan.copiedAt + 40 + random.below(600), () => {
      const replica = replicas.find((one) => one.org === plan.restored);
      if (!replica?.up || !copy || copy.logId !== replica.disk.logId) return;
      note(`org ${replica.org} comes back with an old copy of its disk`);
      replica.stop();
      replica.disk = copy;
      replica.restart();
    });
  }

  let wanted: ReadonlyMap<Key, number> | null = null;
  const finished = (): boolean => {
    const epoch = newestEpoch();
    if (epoch.number < target || !settled()) return false;
    const voters = replicas.filter((one) => {
      const self = { voteKey: scene.voteKeyOf(one.org), logId: one.disk.logId };
      return !restored.has(one.org) && placeOf(epoch, self) !== null;
    });
    if (!voters.every((one) => one.up && one.epoch.digest === epoch.digest)) return false;
    wanted ??= new Map(plan.keys.map((key) => [key, Math.max(...voters.map((one) => one.version(key))) + 1]));
    return voters.every((one) => plan.keys.every((key) => one.version(key) >= wanted!.get(key)!));
  };
  const result = (outcome: EpochRunResult['outcome'], what: string): EpochRunResult => ({
    outcome,
    ...{ seed, n, script: plan.script, what, restarts, losses, versions, longestClosing, trace },
    epochs: newestEpoch().number,
    carried: checks.counts.carried,
    hidden: checks.counts.hidden,
    again: checks.counts.again,
    competing: checks.counts.competing,
    highestRound: checks.highestRound,
    events: scheduler.steps,
  });
  // Someone proposes again and again: a version that nobody heard of ends for nobody.
  const push = (): void => {
    for (const replica of replicas)
      for (const key of plan.keys) if (random.chance(15)) proposeLater(replica, key, 0);
    scheduler.at(scheduler.now + 100, push);
  };
  scheduler.at(100, push);
  try {
    const rounds = byzantine.size + 4;
    const horizon = plan.settledAt + HORIZON + HORIZON_PER_EPOCH * target + 250 * rounds * rounds;
    let at = -1;
    while (scheduler.next(horizon)) {
      if (scheduler.now >> 3 !== at) {
        at = scheduler.now >> 3;
        if (finished()) return result('ended', '');
        if (overBudget && scheduler.now > plan.settledAt + 1500)
          return result('ended', 'more logs lost than f');
      }
      if (checks.highestRound > MAX_ROUND) break;
    }
  } catch (error) {
    if (error instanceof Violation) {
      note(`VIOLATION ${error.message}`);
      return result('violation', error.message);
    }
    throw error;
  }
  const stuck = replicas.map((one) => {
    const { machine } = one;
    const open = [...machine.core.instances.values()].map(
      ({ key, version, round, lock, values }) =>
        `${key} v${version} r${round}${lock ? ` lock r${lock.round}` : ''} ${[...values].map(([d, s]) => `${d.slice(0, 4)}=${s}`).join()}`,
    );
    const reports = [...machine.reports].map(
      ([author, of]) => `${author}:${[...of.keys()].map((r) => r.slice(0, 4)).join()}`,
    );
    return (
      `org ${one.org} ${one.up ? 'up' : 'down'} in epoch ${machine.at} of ${one.newest} as ${one.place ?? 'observer'}, ${machine.phase}, ` +
      `${one.resume.done ? '' : 'not resumed, '}drafts ${[...machine.drafts.values()].map((d) => `${d.approvals.size}+${d.joins.size}`).join()}, ` +
      `reports ${reports.join(' ')}, heads ${plan.keys.map((key) => one.version(key)).join()}, open ${open.join('; ')}`
    );
  });
  for (const line of stuck) note(line);
  if (overBudget) return result('ended', 'more logs lost than f');
  return result('undecided', stuck.join('\n'));
}
