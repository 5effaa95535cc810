/**
 * What must hold after every event, judged from outside over all epochs: agreement in each (key, version), no certified value lost at a change of
 * epochs, nobody honest contradicts itself or is convicted, nothing is signed after CLOSE. A violation is thrown.
 */
import type { Digest, EpochDigest, Key, MemberIndex } from '../../../src/codec/brand.ts';
import { isNetworkKey } from '../../../src/codec/brand.ts';
import type { StateLeaf } from '../../../src/codec/epoch-messages.ts';
import { OPENING_KEY, type Report } from '../../../src/codec/epochs.ts';
import type { Certificate, Vote } from '../../../src/codec/vote.ts';
import type { Carried, Epoch } from '../../../src/consensus/epochs/types.ts';
import { lockName } from '../../../src/consensus/epochs/values.ts';
import { quorum } from '../../../src/consensus/membership.ts';
import { Violation, type Tally } from '../checks.ts';
import type { EpochReplica } from './replica.ts';
import { openingThat, type Scene } from './scene.ts';

interface Certifiable {
  readonly key: Key;
  readonly version: number;
  readonly digest: Digest;
  /** Number of the epoch. */
  readonly in: number;
}

export interface EpochChecks {
  vote(replica: EpochReplica, epoch: Epoch, vote: Vote): void;
  report(replica: EpochReplica, report: Report): void;
  decided(replica: EpochReplica, certificate: Certificate): void;
  begun(replica: EpochReplica, epoch: Epoch): void;
  accused(replica: EpochReplica, epoch: Epoch, author: MemberIndex): void;
  tallies(epoch: EpochDigest, key: Key, version: number, round: number): readonly Tally[];
  decision(key: Key, version: number): Digest | undefined;
  readonly highestRound: number;
  /** Honest votes of each epoch, for replays; the oldest of each are kept. */
  readonly votes: ReadonlyMap<EpochDigest, readonly Vote[]>;
  /** Places of honest COMMITs by epoch, for certificates that nobody has seen. */
  readonly commits: readonly { epoch: Epoch; key: Key; version: number; round: number }[];
  readonly counts: { carried: number; hidden: number; competing: number; again: number; reports: number };
}

const KEPT_VOTES = 300;

export function createEpochChecks(options: {
  readonly scene: Scene;
  /** Organisations that may sign anything, or contradict themselves by an old copy of their log. */
  readonly faulty: ReadonlySet<number>;
  /** Only what people would see, for rules that are taken away. */
  readonly consequencesOnly: boolean;
}): EpochChecks {
  const { scene, faulty } = options;
  const all = !options.consequencesOnly;
  const signed = new Map<string, Digest>();
  const rounds = new Map<EpochDigest, Map<string, Map<Digest, Tally>>>();
  /** A vote is one object however often it leaves: judged when it first leaves its author in its epoch. */
  const judged = new Map<EpochDigest, WeakMap<Vote, number>>();
  const committers = new Map<string, Set<number>>();
  const certifiable = new Map<string, Certifiable>();
  const decisions = new Map<string, Digest>();
  const begun = new Map<
    number,
    { leaves: ReadonlyMap<Key, StateLeaf>; carried: ReadonlyMap<Key, Carried> }
  >();
  const reported = new Map<string, string>();
  const votes = new Map<EpochDigest, Vote[]>();
  const commits: { epoch: Epoch; key: Key; version: number; round: number }[] = [];
  const counts = { carried: 0, hidden: 0, competing: 0, again: 0, reports: 0 };
  let highestRound = 0;

  const fail = (what: string): never => {
    throw new Violation(what);
  };
  const orgOf = (epoch: Epoch, author: MemberIndex): number => scene.orgOf(epoch.members[author]!.voteKey);

  function tallyOf(epoch: EpochDigest, vote: Vote): Tally {
    const ofEpoch = rounds.get(epoch) ?? new Map<string, Map<Digest, Tally>>();
    rounds.set(epoch, ofEpoch);
    const place = `${vote.round} ${vote.version} ${vote.key}`;
    const ofRound = ofEpoch.get(place) ?? new Map<Digest, Tally>();
    ofEpoch.set(place, ofRound);
    const found = ofRound.get(vote.digest) ?? {
      digest: vote.digest,
      preCommits: new Map(),
      commits: new Map(),
    };
    ofRound.set(vote.digest, found);
    return found;
  }

  function lost(one: Certifiable, at: number): void {
    if (isNetworkKey(one.key)) return;
    const there = begun.get(at)!;
    const leaf = there.leaves.get(one.key);
    const version = leaf?.version ?? 0;
    if (version > one.version || (version === one.version && leaf!.digest === one.digest)) return;
    const carried = there.carried.get(one.key);
    if (carried?.version === one.version && carried.digest === one.digest) return;
    fail(
      `lost: a certificate for ${one.key} v${one.version} can be made in epoch ${one.in}, and epoch ${at} neither holds nor carries it`,
    );
  }

  function certify(epoch: Epoch, vote: Vote): void {
    const name = scene.ablation?.withoutEpoch ? '' : epoch.digest;
    const place = `${name} ${vote.key} ${vote.version} ${vote.round} ${vote.digest}`;
    const by = committers.get(place) ?? new Set<number>();
    committers.set(place, by.add(orgOf(epoch, vote.author)));
    const members = epoch.members.map((m) => scene.orgOf(m.voteKey));
    const signers = members.filter((org) => by.has(org) || faulty.has(org)).length;
    if (signers < quorum(members.length)) return;
    const of = `${vote.key} ${vote.version}`;
    const other = certifiable.get(of);
    if (other && other.digest !== vote.digest)
      fail(`agreement: two certificates can be made for ${of}, in epochs ${other.in} and ${epoch.number}`);
    const decision = decisions.get(of);
    if (decision !== undefined && decision !== vote.digest)
      fail(`agreement: a certificate for another value can be made for ${of} in epoch ${epoch.number}`);
    if (other) return;
    const one = { key: vote.key, version: vote.version, digest: vote.digest, in: epoch.number };
    certifiable.set(of, one);
    for (const at of begun.keys()) if (at > one.in) lost(one, at);
  }

  return {
    vote(replica, epoch, vote) {
      const judgedHere = judged.get(epoch.digest) ?? new WeakMap<Vote, number>();
      if (judgedHere.get(vote) === replica.org) return;
      if (!scene.isSigned(vote)) fail(`a vote with a wrong signature left organisation ${replica.org}`);
      judged.set(epoch.digest, judgedHere.set(vote, replica.org));
      if (faulty.has(replica.org)) return;
      const place = `${replica.org} ${epoch.digest} ${vote.key} ${vote.version} ${vote.round} ${vote.type}`;
      const before = signed.get(place);
      if (before === vote.digest) return;
      if (before !== undefined)
        fail(`self-contradiction: organisation ${replica.org} signed two values, ${place.slice(2)}`);
      if (all && vote.epoch !== epoch.digest) fail(`organisation ${replica.org} votes in another epoch`);
      if (
        all &&
        replica.disk.closedBy !== null &&
        vote.key !== OPENING_KEY &&
        replica.disk.chain.at(-1) === epoch
      ) {
        const written = replica.disk.logs.get(vote.key)?.ownVotes.includes(vote);
        if (!written && (replica.disk.heads.get(vote.key)?.version ?? 0) < vote.version)
          fail(`closed: organisation ${replica.org} votes for ${vote.key} after CLOSE`);
      }
      signed.set(place, vote.digest);
      const tally = tallyOf(epoch.digest, vote);
      (vote.type === 'COMMIT' ? tally.commits : tally.preCommits).set(vote.author, vote);
      const kept = votes.get(epoch.digest) ?? [];
      votes.set(epoch.digest, kept);
      if (kept.length < KEPT_VOTES) kept.push(vote);
      if (vote.round > highestRound) highestRound = vote.round;
      if (vote.type !== 'COMMIT') return;
      const { key, version, round } = vote;
      if (
        !commits.some((c) => c.epoch === epoch && c.key === key && c.version === version && c.round === round)
      )
        commits.push({ epoch, key, version, round });
      certify(epoch, vote);
    },
    report(replica, report) {
      counts.reports++;
      if (faulty.has(replica.org)) return;
      const place = `${replica.org} ${report.epoch} ${report.root}`;
      const locks = report.locks.map(lockName).join();
      if ((reported.get(place) ?? locks) !== locks)
        fail(`organisation ${replica.org} reports one state with different locks`);
      reported.set(place, locks);
    },
    decided(replica, { key, version, digest, epoch }) {
      const of = `${key} ${version}`;
      if (all && !isNetworkKey(key) && !scene.isValid(digest))
        fail(`validity: ${of} in ${epoch.slice(0, 6)}`);
      const before = decisions.get(of);
      if (before !== undefined && before !== digest)
        fail(`agreement: organisation ${replica.org} decided differently, ${of}`);
      decisions.set(of, digest);
      const other = certifiable.get(of);
      if (other && other.digest !== digest)
        fail(`agreement: organisation ${replica.org} decided what others cannot, ${of}`);
    },
    begun(replica, epoch) {
      const { machine } = replica;
      const leaves = machine.leaves!.leaves;
      const before = begun.get(epoch.number);
      if (before) {
        const name = (table: ReadonlyMap<Key, Carried>): string =>
          [...table.values()]
            .map((c) => `${c.key} ${c.version} ${c.digest}`)
            .sort()
            .join();
        if (name(before.carried) !== name(machine.carried))
          fail(`carried: organisation ${replica.org} carries other values into epoch ${epoch.number}`);
        return;
      }
      begun.set(epoch.number, {
        leaves: new Map([...leaves.keys()].map((key) => [key, leaves.get(key)!])),
        carried: machine.carried,
      });
      counts.carried += machine.carried.size;
      const locks = openingThat(scene, epoch).statements.flatMap((one) => one.locks);
      for (const { key, version, digest } of machine.carried.values()) {
        const on = new Set(
          locks.filter((lock) => lock.key === key && lock.version === version).map((l) => l.digest),
        );
        if (on.size === 0) counts.again++;
        if (on.size > 1) counts.competing++;
        else if (on.size === 1 && !on.has(digest))
          fail(`carried: epoch ${epoch.number} carries what nobody reported`);
      }
      for (const one of certifiable.values()) {
        if (one.in >= epoch.number || isNetworkKey(one.key)) continue;
        if ((leaves.get(one.key)?.version ?? 0) < one.version) counts.hidden++;
        lost(one, epoch.number);
      }
    },
    accused(replica, epoch, author) {
      const org = orgOf(epoch, author);
      if (!faulty.has(org) && all)
        fail(`organisation ${replica.org} convicts organisation ${org}, which is honest`);
    },
    tallies: (epoch, key, version, round) => [
      ...(rounds.get(epoch)?.get(`${round} ${version} ${key}`)?.values() ?? []),
    ],
    decision: (key, version) => decisions.get(`${key} ${version}`),
    get highestRound() {
      return highestRound;
    },
    votes,
    commits,
    counts,
  };
}
