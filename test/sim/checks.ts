/**
 * What must hold after every event, judged from outside by a global record of everything that honest members signed and sent,
 * across restarts. A violation is thrown.
 */
import type { Digest, Key, MemberIndex } from '../../src/codec/brand.ts';
import { certificateSigners, type Certificate, type Vote } from '../../src/codec/vote.ts';
import { quorum } from '../../src/consensus/membership.ts';
import type { CoreState, Polka } from '../../src/consensus/types.ts';

export class Violation extends Error {}

/** Votes of honest members for one value in one round. */
export interface Tally {
  readonly digest: Digest;
  readonly preCommits: Map<MemberIndex, Vote>;
  readonly commits: Map<MemberIndex, Vote>;
}

export interface Checks {
  /** A signature of an honest member leaves it. */
  left(vote: Vote): void;
  decided(by: MemberIndex, certificate: Certificate): void;
  /** After each event of a replica. */
  state(core: CoreState): void;
  /** By value, for one round of an open version. */
  tallies(key: Key, version: number, round: number): readonly Tally[];
  decision(key: Key, version: number): Digest | undefined;
  /** Highest round in which an honest member signed. */
  readonly highestRound: number;
}

export function createChecks(options: {
  readonly n: number;
  /** Number of members that may sign anything. */
  readonly byzantine: number;
  readonly isValid: (digest: Digest) => boolean;
  readonly isSigned: (vote: Vote) => boolean;
  /** Only what users would see: a fork, or an honest member that signs two values. For rules that are taken away. */
  readonly consequencesOnly?: boolean;
  /** What makes a certificate under a rule that was taken away. */
  readonly certificate?: { readonly quorum: number; readonly ofAllRounds: boolean };
}): Checks {
  const { n, byzantine, isValid, isSigned } = options;
  const q = quorum(n);
  const all = options.consequencesOnly !== true;
  /** Votes are one object each, whoever sends them: what was judged once need not be judged again. */
  const judged = new WeakSet<Vote>();
  const whole = new WeakSet<Polka>();
  const signed = new Map<string, Digest>();
  const rounds = new Map<string, Map<Digest, Tally>>();
  const topVote = new Map<string, number>();
  const ownCommits = new Map<string, Vote[]>();
  const decisions = new Map<string, Digest>();
  const certifiable = new Map<string, Digest>();
  let highestRound = 0;

  const fail = (what: string): never => {
    throw new Violation(what);
  };
  const name = (vote: Vote): string => `${vote.key} v${vote.version} r${vote.round} ${vote.type}`;
  const roundsOf = (key: Key, version: number, round: number): Map<Digest, Tally> | undefined =>
    rounds.get(`${key} ${version} ${round}`);

  function isWhole(polka: Polka): boolean {
    if (whole.has(polka)) return true;
    if (new Set(polka.votes.map((vote) => vote.author)).size < q) return false;
    whole.add(polka);
    return true;
  }

  function tally(vote: Vote): Tally {
    const place = `${vote.key} ${vote.version} ${vote.round}`;
    const ofRound = rounds.get(place) ?? new Map<Digest, Tally>();
    rounds.set(place, ofRound);
    const found = ofRound.get(vote.digest) ?? {
      digest: vote.digest,
      preCommits: new Map(),
      commits: new Map(),
    };
    ofRound.set(vote.digest, found);
    (vote.type === 'COMMIT' ? found.commits : found.preCommits).set(vote.author, vote);
    return found;
  }

  /** Members that committed the value in any round, this one included. */
  function committersOf({ key, version, digest }: Vote): number {
    const found = new Set<MemberIndex>();
    for (let r = 0; r <= highestRound + 1; r++)
      for (const author of roundsOf(key, version, r)?.get(digest)?.commits.keys() ?? []) found.add(author);
    return found.size;
  }

  function checkPreCommit(vote: Vote, ofVersion: string): void {
    if (all && !isValid(vote.digest))
      fail(`validity: member ${vote.author} voted for an invalid value, ${name(vote)}`);
    const commits = ownCommits.get(ofVersion) ?? [];
    const lock = commits.filter((c) => c.round < vote.round).sort((a, b) => b.round - a.round)[0];
    if (all && lock && lock.digest !== vote.digest) {
      let unlocked = false;
      for (let r = lock.round + 1; r < vote.round; r++) {
        const there = roundsOf(vote.key, vote.version, r)?.get(vote.digest);
        if ((there?.preCommits.size ?? 0) + byzantine >= q) unlocked = true;
      }
      if (!unlocked)
        fail(
          `lock rule: member ${vote.author}, committed in r${lock.round}, votes against it, ${name(vote)}`,
        );
    }
    if (all && commits.some((c) => c.round === vote.round) && !signed.has(`${vote.author} ${name(vote)}`)) {
      fail(`vote after the own commit in the round: member ${vote.author}, ${name(vote)}`);
    }
    topVote.set(ofVersion, Math.max(vote.round, topVote.get(ofVersion) ?? -1));
  }

  function checkCommit(vote: Vote, ofVersion: string): void {
    if (all && (topVote.get(ofVersion) ?? -1) > vote.round)
      fail(`COMMIT after a later vote: member ${vote.author}, ${name(vote)}`);
    ownCommits.set(ofVersion, [...(ownCommits.get(ofVersion) ?? []), vote]);
    const { commits } = tally(vote);
    const signers = options.certificate?.ofAllRounds ? committersOf(vote) : commits.size;
    if (signers + byzantine < (options.certificate?.quorum ?? q)) return;
    const place = `${vote.key} ${vote.version}`;
    const other = certifiable.get(place);
    if (other !== undefined && other !== vote.digest)
      fail(`agreement: two certificates can be made for ${place}`);
    certifiable.set(place, vote.digest);
    const decision = decisions.get(place);
    if (decision !== undefined && decision !== vote.digest)
      fail(`agreement: a certificate for another value can be made for ${place}`);
  }

  return {
    left(vote) {
      if (judged.has(vote)) return;
      judged.add(vote);
      const place = `${vote.author} ${name(vote)}`;
      const before = signed.get(place);
      if (before === vote.digest) return;
      if (before !== undefined)
        fail(`self-contradiction: member ${vote.author} signed two values, ${name(vote)}`);
      if (!isSigned(vote)) fail(`a vote with a wrong signature left member ${vote.author}`);
      const ofVersion = `${vote.author} ${vote.key} ${vote.version}`;
      if (vote.type === 'PRE-COMMIT') checkPreCommit(vote, ofVersion);
      else checkCommit(vote, ofVersion);
      signed.set(place, vote.digest);
      tally(vote);
      if (vote.round > highestRound) highestRound = vote.round;
    },
    decided(by, certificate) {
      const { key, version, digest } = certificate;
      if (all && !isValid(digest))
        fail(`validity: member ${by} decided an invalid value, ${key} v${version}`);
      const signers = certificateSigners(certificate);
      if (all && (signers.length < q || signers.some((i) => i >= n)))
        fail(`certificate of ${key} v${version} has ${signers.length} signers`);
      for (const group of certificate.groups) {
        if (!all || group.form !== 'votes') continue;
        for (const { author, signature, share } of group.votes) {
          const { epoch, round } = certificate;
          if (!isSigned({ epoch, key, version, round, type: 'COMMIT', digest, author, signature, share })) {
            fail(`certificate of ${key} v${version} holds a wrong signature of member ${author}`);
          }
        }
      }
      const place = `${key} ${version}`;
      const before = decisions.get(place);
      if (before !== undefined && before !== digest)
        fail(`agreement: member ${by} decided differently, ${place}`);
      decisions.set(place, digest);
      const other = certifiable.get(place);
      if (other !== undefined && other !== digest)
        fail(`agreement: member ${by} decided what others cannot, ${place}`);
    },
    state(core) {
      if (!all) return;
      for (const instance of core.instances.values()) {
        const { lock, round } = instance;
        if (!lock) continue;
        const polka = instance.rounds.get(lock.round)?.polka;
        if (polka?.digest !== lock.digest || !isWhole(polka))
          fail(`a lock without its polka, ${instance.key} r${lock.round}`);
        if (lock.round > round) fail(`a lock of a later round, ${instance.key} r${lock.round}`);
      }
    },
    tallies: (key, version, round) => [...(roundsOf(key, version, round)?.values() ?? [])],
    decision: (key, version) => decisions.get(`${key} ${version}`),
    get highestRound() {
      return highestRound;
    },
  };
}
