/**
 * Byzantine members in a network whose members change. For the votes of one epoch they use the scripts of the core level; what is new is told
 * about epochs: reports that are withheld, false or different for each, openings of their own making, certificates and polkas that come late, votes of
 * old epochs, approvals that nobody gave, and keys of those who left, which a thief may use.
 */
import {
  asDigest,
  asRound,
  asVersion,
  isNetworkKey,
  type Digest,
  type EpochDigest,
  type Key,
  type MemberIndex,
} from '../../../src/codec/brand.ts';
import { OPENING_KEY, type Report, type ReportedLock } from '../../../src/codec/epochs.ts';
import type { Certificate, Vote } from '../../../src/codec/vote.ts';
import { openingOf } from '../../../src/consensus/epochs/arms.ts';
import type { Epoch } from '../../../src/consensus/epochs/types.ts';
import { quorum } from '../../../src/consensus/membership.ts';
import type { World } from '../adversary.ts';
import type { Random, Scheduler } from '../scheduler.ts';
import type { EpochChecks } from './checks.ts';
import type { EpochReplica } from './replica.ts';
import type { Scene } from './scene.ts';

export interface Mischief {
  /** Per cent of beats at which a certificate that nobody has seen is shown to somebody. */
  readonly reveals: number;
  readonly reports: number;
  readonly openings: number;
  readonly replays: number;
  readonly steals: number;
  readonly forges: number;
  /** Signs whatever an honest member has signed, for the one replica that it stands beside. */
  readonly parrots: number;
}

export interface EpochAdversary {
  /** The epoch as the scripts of the core level see it. */
  worldOf(epoch: Epoch): World;
  /** Now and then, beside one honest replica. */
  beat(replica: EpochReplica): void;
}

/** Nobody made it: no text stands for it. */
const NOT_SIGNED = new Uint8Array(1);

export function createEpochAdversary(options: {
  readonly scene: Scene;
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly checks: EpochChecks;
  readonly byzantine: ReadonlySet<number>;
  /** Organisations that have left, whose keys somebody found. */
  readonly stolen: ReadonlySet<number>;
  readonly replicas: () => readonly EpochReplica[];
  readonly mischief: Mischief;
}): EpochAdversary {
  const { scene, random, scheduler, checks, byzantine, stolen, mischief } = options;
  const worlds = new Map<EpochDigest, World>();

  const placesOf = (epoch: Epoch, orgs: ReadonlySet<number>): MemberIndex[] =>
    epoch.members.flatMap((m, i) => (orgs.has(scene.orgOf(m.voteKey)) ? [i as MemberIndex] : []));
  const orgAt = (epoch: Epoch, author: MemberIndex): number => scene.orgOf(epoch.members[author]!.voteKey);
  const signAt = (epoch: Epoch, author: MemberIndex, vote: Parameters<Scene['sign']>[3]): Vote =>
    scene.sign(orgAt(epoch, author), epoch, author, vote);

  function worldOf(epoch: Epoch): World {
    const known = worlds.get(epoch.digest);
    if (known) return known;
    const own = placesOf(epoch, byzantine);
    const honest = epoch.members.map((_, i) => i as MemberIndex).filter((i) => !own.includes(i));
    const here = (): EpochReplica[] =>
      options.replicas().filter((one) => one.up && one.epoch.digest === epoch.digest && one.place !== null);
    const at = (index: MemberIndex): EpochReplica | undefined => here().find((one) => one.place === index);
    const dummy = asDigest(`f${epoch.digest.slice(1)}`);
    const world: World = {
      n: epoch.members.length,
      random,
      get now() {
        return scheduler.now;
      },
      byzantine: own,
      honest,
      checks: {
        tallies: (key: Key, version: number, round: number) =>
          checks.tallies(epoch.digest, key, version, round),
        decision: checks.decision,
        get highestRound() {
          return checks.highestRound;
        },
        left: () => undefined,
        decided: () => undefined,
        state: () => undefined,
      },
      victims: () => here().map((one) => ({ index: one.place!, core: one.core })),
      values(key, version) {
        if (!isNetworkKey(key)) return scene.values(key, version);
        return { all: [...scene.offered(key, epoch.digest), dummy], withheld: dummy };
      },
      sign: (author, key, version, round, type, digest) =>
        signAt(epoch, author, { key, version: asVersion(version), round: asRound(round), type, digest }),
      forge: (author, key, version, round, type, digest) => ({
        ...{
          key,
          version: asVersion(version),
          round: asRound(round),
          type,
          digest,
          author,
          epoch: epoch.digest,
        },
        signature: NOT_SIGNED,
        ...(type === 'COMMIT' ? { share: NOT_SIGNED } : {}),
      }),
      inject: (to, votes) => at(to)?.inject(votes),
      reveal: (to, digest) => at(to)?.values.learn(digest),
    };
    worlds.set(epoch.digest, world);
    return world;
  }

  /** A certificate for which honest COMMITs and Byzantine ones are enough, of whatever epoch. */
  function reveal(replica: EpochReplica): void {
    const recent = checks.commits;
    for (let tries = 0; tries < 4 && recent.length > 0; tries++) {
      const { epoch, key, version, round } = random.pick(recent);
      const own = placesOf(epoch, byzantine);
      for (const { digest, commits } of checks.tallies(epoch.digest, key, version, round)) {
        if (commits.size + own.length < quorum(epoch.members.length)) continue;
        const body = {
          key,
          version: asVersion(version),
          round: asRound(round),
          type: 'COMMIT' as const,
          digest,
        };
        const votes = [...commits.values(), ...own.map((author) => signAt(epoch, author, body))];
        if (random.chance(50)) replica.values.learn(digest);
        replica.takeCertificate(certificateOf(epoch, votes), null);
        return;
      }
    }
  }

  function certificateOf(epoch: Epoch, votes: readonly Vote[]): Certificate {
    const { key, version, round, digest } = votes[0]!;
    return {
      epoch: epoch.digest,
      key,
      version,
      round,
      digest,
      groups: [
        {
          form: 'votes',
          votes: votes.map(({ author, signature, share }) => ({ author, signature, share: share! })),
        },
      ],
    };
  }

  /** Locks for which polkas can be shown, and, where nobody checks, ones that are made up. */
  function locksFor(replica: EpochReplica): { locks: ReportedLock[]; polkas: Vote[] } {
    const { epoch, core } = replica;
    const own = placesOf(epoch, byzantine);
    const locks: ReportedLock[] = [];
    const polkas: Vote[] = [];
    for (const key of [...core.instances.keys()].sort()) {
      if (isNetworkKey(key) || random.chance(30)) continue;
      const version = asVersion(replica.version(key) + 1);
      if (scene.ablation?.takesAnyPolka && random.chance(70)) {
        locks.push({
          key,
          version,
          digest: random.pick(scene.values(key, version).proposable),
          round: asRound(50),
        });
        continue;
      }
      const found: { digest: Digest; round: number; votes: Vote[] }[] = [];
      for (let round = 0; round <= Math.min(checks.highestRound, 12); round++)
        for (const { digest, preCommits } of checks.tallies(epoch.digest, key, version, round))
          if (preCommits.size > 0 && preCommits.size + own.length >= quorum(epoch.members.length)) {
            const body = { key, version, round: asRound(round), type: 'PRE-COMMIT' as const, digest };
            found.push({
              ...{ digest, round },
              votes: [...preCommits.values(), ...own.map((author) => signAt(epoch, author, body))],
            });
          }
      if (found.length === 0) continue;
      const one = random.pick(found);
      locks.push({ key, version, digest: one.digest, round: asRound(one.round) });
      polkas.push(...one.votes);
    }
    return { locks, polkas };
  }

  function reportsBeside(replica: EpochReplica, root: Digest, change: Digest): Report[] {
    const { epoch } = replica;
    return placesOf(epoch, byzantine).map((author) => {
      const { locks, polkas } = random.chance(40) ? { locks: [], polkas: [] } : locksFor(replica);
      const body = { epoch: epoch.digest, change, root, locks };
      return scene.signReport(orgAt(epoch, author), author, body, polkas);
    });
  }

  function report(replica: EpochReplica): void {
    const { machine } = replica;
    const change = machine.sealed?.digest;
    const known = [...machine.reports.values()].flatMap((of) => [...of.keys()]);
    if (!change || known.length === 0) return;
    const root = random.chance(85) ? random.pick(known) : asDigest(random.hex(8).padEnd(64, '1'));
    replica.talk.receive(-1, { type: 'reports', reports: reportsBeside(replica, root, change) });
  }

  function open(replica: EpochReplica): void {
    const { machine, epoch } = replica;
    const change = machine.sealed?.digest;
    const own = placesOf(epoch, byzantine);
    if (!change || own.length === 0) return;
    const known = [...machine.reports.values()]
      .flatMap((of) => [...of.values()])
      .filter((one) => one.change === change);
    if (known.length === 0) return;
    const { root } = random.pick(known);
    const parts = new Map<MemberIndex, Report>();
    for (const one of reportsBeside(replica, root, change)) parts.set(one.author, one);
    for (const one of known) {
      const fits = one.root === root || scene.ablation?.mixesRoots;
      if (fits && !parts.has(one.author) && parts.size < quorum(epoch.members.length))
        parts.set(one.author, one);
    }
    const previous = machine.core.certified.get(OPENING_KEY)?.digest ?? null;
    const found = openingOf([...parts.values()]);
    const opening = { ...found, root };
    const digest = scene.addValue({ kind: 'opening', previous, opening }, epoch.digest);
    replica.values.learn(digest);
    const body = {
      ...{ key: OPENING_KEY, version: asVersion(machine.at + 1), round: asRound(0) },
      ...{ type: 'PRE-COMMIT' as const, digest },
    };
    replica.inject(own.map((author) => signAt(epoch, author, body)));
  }

  function replay(replica: EpochReplica): void {
    const { epoch } = replica;
    for (const [of, votes] of checks.votes) {
      if (of === epoch.digest || votes.length === 0) continue;
      const old = scene.epochs.get(of)!;
      const picked = random.pick(votes);
      const together = votes.filter(
        (vote) =>
          vote.key === picked.key &&
          vote.version === picked.version &&
          vote.round === picked.round &&
          vote.type === picked.type &&
          vote.digest === picked.digest,
      );
      const { key, version, round, type, digest } = picked;
      const own = placesOf(old, byzantine).map((author) =>
        signAt(old, author, { key, version, round, type, digest }),
      );
      replica.inject([...together, ...own]);
      // As if they had been signed here.
      const turned = together.flatMap((vote) => {
        const author = epoch.members.findIndex((m) => m.voteKey === old.members[vote.author]!.voteKey);
        return author < 0 ? [] : [{ ...vote, epoch: epoch.digest, author: author as MemberIndex }];
      });
      if (turned.length > 0) replica.inject(turned);
    }
  }

  /** Keys of those who left sign a past that never was. */
  function steal(replica: EpochReplica): void {
    const { chain } = replica.machine;
    const past = chain.slice(0, -1);
    if (past.length === 0 || stolen.size === 0) return;
    const epoch = random.pick(past);
    const thieves = placesOf(epoch, new Set([...stolen, ...byzantine]));
    const keys = [...replica.core.certified.keys(), ...replica.core.instances.keys()].filter(
      (key) => !isNetworkKey(key),
    );
    if (thieves.length < quorum(epoch.members.length) || keys.length === 0) return;
    const key = random.pick(keys);
    const version = asVersion(replica.version(key) + 1);
    const digest = random.pick(scene.values(key, version).proposable);
    const body = { key, version, round: asRound(random.below(3)), type: 'COMMIT' as const, digest };
    replica.takeCertificate(
      certificateOf(
        epoch,
        thieves.map((author) => signAt(epoch, author, body)),
      ),
      null,
    );
  }

  /** Approvals with a wrong signature, of an earlier epoch, and by nobody. */
  function forge(replica: EpochReplica): void {
    const { epoch, machine } = replica;
    for (const { digest } of machine.drafts.values()) {
      const places = epoch.members.map((_, i) => i as MemberIndex);
      const forged = places.map((author) => ({
        ...{ kind: random.chance(70) ? ('approve' as const) : ('join' as const), change: digest, author },
        ...{ epoch: epoch.digest, signature: NOT_SIGNED, share: NOT_SIGNED },
      }));
      const old = machine.chain[Math.max(0, machine.at - 1)]!;
      const stale = placesOf(old, byzantine).map((author) =>
        scene.signApproval(orgAt(old, author), {
          kind: 'approve',
          epoch: old.digest,
          change: digest,
          author,
        }),
      );
      replica.talk.receive(-1, { type: 'approvals', changes: [], approvals: [...forged, ...stale] });
    }
  }

  function parrot(replica: EpochReplica): void {
    const { epoch, core } = replica;
    const own = placesOf(epoch, byzantine);
    for (const { key, version, round } of [...core.instances.values()]) {
      for (let r = Math.max(0, round - 1); r <= round; r++) {
        for (const { digest, preCommits, commits } of checks.tallies(epoch.digest, key, version, r)) {
          const place = { key, version, round: asRound(r), digest };
          const found: Vote[] = [];
          for (const author of own) {
            if (preCommits.size > 0) found.push(signAt(epoch, author, { ...place, type: 'PRE-COMMIT' }));
            if (commits.size > 0 && random.chance(15))
              found.push(signAt(epoch, author, { ...place, type: 'COMMIT' }));
          }
          if (found.length > 0) replica.inject([...preCommits.values(), ...commits.values(), ...found]);
        }
      }
    }
  }

  return {
    worldOf,
    beat(replica) {
      if (!replica.up) return;
      if (random.chance(mischief.reveals)) reveal(replica);
      if (random.chance(mischief.replays)) replay(replica);
      if (random.chance(mischief.steals)) steal(replica);
      if (random.chance(mischief.forges)) forge(replica);
      if (replica.place === null) return;
      if (random.chance(mischief.parrots)) parrot(replica);
      if (random.chance(mischief.reports)) report(replica);
      if (random.chance(mischief.openings)) open(replica);
    },
  };
}
