/**
 * Rules taken away, one at a time, from outside: a simulator that cannot tell the difference checks nothing. Each wraps the core, the
 * disk or the mouth of every honest replica; the product has no such switches. Where a rule cannot be hidden from the core, the wrapper
 * does what the core would do without it. `rule-table.ts` says how each is found out.
 */
import type { Digest, MemberIndex } from '../../src/codec/brand.ts';
import type { Certificate, Vote } from '../../src/codec/vote.ts';
import { polkaOf, tieBreakerOf, windowOf } from '../../src/consensus/instance.ts';
import { step } from '../../src/consensus/core.ts';
import type { InstanceLogLike } from '../../src/consensus/log.ts';
import { quorum } from '../../src/consensus/membership.ts';
import type { CoreEffect, CoreEvent, CoreState, Instance } from '../../src/consensus/types.ts';
import { stepAsPublished } from './published.ts';

export interface Ablation {
  readonly what: string;
  /** The log as a restart finds it; null: gone. */
  readonly restoreLog?: (log: InstanceLogLike) => InstanceLogLike | null;
  readonly afterRestore?: (core: CoreState) => void;
  readonly step?: (core: CoreState, event: CoreEvent, now: number) => readonly CoreEffect[];
  readonly after?: (core: CoreState) => void;
  /** Sends before the write. */
  readonly sendsFirst?: boolean;
  /** Counts votes whose signature is wrong. */
  readonly takesForged?: boolean;
  /** Signers that a replica asks of a certificate it is shown. */
  readonly certificateQuorum?: (n: number) => number;
  /** COMMITs of several rounds make one certificate. */
  readonly mixesRounds?: boolean;
  /** Convicted members are taken out of certificates. */
  readonly refusesConvicted?: boolean;
  /** The bytes of a decided value are not kept on disk. */
  readonly dropsDecidedBytes?: boolean;
  /** A polka's votes are not told on, except those that are held as single votes. */
  readonly keepsPolkasToItself?: boolean;
  /** Asks of other rounds nothing that the rules do not ask: the exhaustive search may reduce as it does for the rules. */
  readonly asksNoMore?: boolean;
  /** Judged by forks and self-contradictions alone: the checks of single rules would see the missing rule at once. */
  readonly judgedByConsequences?: boolean;
}

const forks = { judgedByConsequences: true } as const;

export const ablations: Readonly<Record<string, Ablation>> = {
  published: {
    what: 'Algorithm 1 of the paper as printed: no lock, a COMMIT is dropped when a later round is seen',
    step: stepAsPublished,
    ...forks,
  },
  'small-polka': {
    what: 'one vote less makes a polka',
    step: (core, event, now) => twice(core, event, now, takeSmallPolkas),
    ...forks,
  },
  'small-certificate': {
    what: 'one COMMIT less makes a certificate',
    step: (core, event, now) => decideBy(core, event, now, commitsOfOneRound, quorum(core.config.n) - 1),
    certificateQuorum: (n) => quorum(n) - 1,
    asksNoMore: true,
    ...forks,
  },
  'mixed-certificate': {
    what: 'COMMITs of different rounds make a certificate together',
    step: (core, event, now) => decideBy(core, event, now, commitsOfAllRounds, quorum(core.config.n)),
    mixesRounds: true,
    asksNoMore: true,
    ...forks,
  },
  'late-commit': {
    what: 'a polka of a round that was left is committed too',
    step: stepWithLateCommit,
    asksNoMore: true,
    ...forks,
  },
  'no-lock': {
    what: 'a commit locks nothing',
    after(core) {
      for (const instance of core.instances.values()) instance.lock = null;
    },
    asksNoMore: true,
    ...forks,
  },
  'any-polka-unlocks': {
    what: 'a polka of a lower round unlocks too',
    step: stepWithAnyPolka,
    asksNoMore: true,
    ...forks,
  },
  'evidence-revokes': {
    what: 'polkas and locks that rest on a convicted member fall',
    after: revokeByEvidence,
    ...forks,
  },
  'evidence-uncounts': {
    what: 'convicted members are not counted in certificates',
    refusesConvicted: true,
    ...forks,
  },
  'no-advance': {
    what: 'no timer leaves a round',
    step: stepWithoutAdvance,
  },
  'no-lock-window': {
    what: 'a COMMIT is signed however late the polka is seen in the round',
    step: stepWithoutWindow,
  },
  'no-tie-breaker': {
    what: 'from round 2 everybody waits for the own timer',
    after(core) {
      for (const instance of core.instances.values()) Object.assign(instance, { offset: Number.NaN });
    },
  },
  'polka-signers-uncounted': {
    what: 'who signed the polka of a lock is no voter after a restart',
    restoreLog: (log) => ({ ...log, previousRound: [] }),
    afterRestore: forgetPolkaVotes,
    keepsPolkasToItself: true,
    ...forks,
  },
  'forget-log': { what: 'a restart finds no log', restoreLog: () => null, ...forks },
  'forget-lock': {
    what: 'a restart finds no lock',
    restoreLog: (log) => ({ ...log, lock: null }),
    asksNoMore: true,
    ...forks,
  },
  'forget-commits': {
    what: 'a restart finds neither own commits nor lock',
    restoreLog: (log) => ({
      ...log,
      lock: null,
      ownVotes: log.ownVotes.filter((vote) => vote.type !== 'COMMIT'),
    }),
    ...forks,
  },
  'forget-previous-round': {
    what: 'the votes of the round before are not written',
    restoreLog: (log) => ({ ...log, previousRound: [] }),
  },
  'drop-decided-bytes': {
    what: 'the bytes of a decided value are not kept',
    dropsDecidedBytes: true,
  },
  'send-first': { what: 'votes are sent before they are durable', sendsFirst: true, ...forks },
  unverified: { what: 'votes are counted without a look at their signature', takesForged: true, ...forks },
};

type Authors = Map<MemberIndex, Vote>;

/** The event, then what the wrapper adds, then the rules once more. */
function twice(core: CoreState, event: CoreEvent, now: number, add: (core: CoreState) => void): CoreEffect[] {
  add(core);
  const effects = [...step(core, event, now).effects];
  add(core);
  for (const key of [...core.instances.keys()])
    effects.push(...step(core, { type: 'tick', key }, now).effects);
  return effects;
}

function takeSmallPolkas(core: CoreState): void {
  const enough = quorum(core.config.n) - 1;
  for (const { rounds } of core.instances.values()) {
    for (const round of rounds.values()) {
      for (const [digest, votes] of round.preCommits) {
        if (votes.size >= enough) round.polka ??= { digest, votes: [...votes.values()] };
      }
    }
  }
}

function decideBy(
  core: CoreState,
  event: CoreEvent,
  now: number,
  commits: (instance: Instance) => { digest: Digest; votes: Authors }[],
  enough: number,
): CoreEffect[] {
  const effects = [...step(core, event, now).effects];
  for (const instance of [...core.instances.values()]) {
    const found = commits(instance).find(({ votes }) => votes.size >= enough);
    if (!found) continue;
    const { digest, votes } = found;
    const certificate: Certificate = {
      epoch: core.config.epoch,
      key: instance.key,
      version: instance.version,
      round: [...votes.values()][0]!.round,
      digest,
      groups: [
        {
          form: 'votes',
          votes: [...votes.values()].map(({ author, signature, share }) => ({
            author,
            signature,
            share: share!,
          })),
        },
      ],
    };
    const status = instance.values.get(digest);
    const bytesKnown = status !== undefined && status !== 'missing';
    effects.push(...step(core, { type: 'certified', certificate, bytesKnown }, now).effects);
  }
  return effects;
}

function commitsOfOneRound({ rounds }: Instance): { digest: Digest; votes: Authors }[] {
  return [...rounds.values()].flatMap(({ commits }) =>
    [...commits].map(([digest, votes]) => ({ digest, votes })),
  );
}

function commitsOfAllRounds({ rounds }: Instance): { digest: Digest; votes: Authors }[] {
  const together = new Map<Digest, Authors>();
  for (const { commits } of rounds.values()) {
    for (const [digest, votes] of commits) {
      const all = together.get(digest) ?? new Map<MemberIndex, Vote>();
      together.set(digest, all);
      for (const [author, vote] of votes) all.set(author, vote);
    }
  }
  return [...together].map(([digest, votes]) => ({ digest, votes }));
}

function stepWithLateCommit(core: CoreState, event: CoreEvent, now: number): readonly CoreEffect[] {
  const effects = [...step(core, event, now).effects];
  if (!core.mayVote) return effects;
  for (const instance of core.instances.values()) {
    for (let round = 0; round < instance.round; round++) {
      const polka = polkaOf(core.config, instance, round);
      if (!polka || instance.ownCommits.has(round)) continue;
      instance.ownCommits.set(round, polka.digest);
      if ((instance.lock?.round ?? -1) < round)
        instance.lock = { digest: polka.digest, round: round as typeof instance.round };
      const { key, version } = instance;
      const body = { key, version, round: round as typeof instance.round, digest: polka.digest };
      effects.push({ type: 'sign', vote: { ...body, type: 'COMMIT' } });
    }
  }
  return effects;
}

/** A lock steps aside for what the tie-breaker proposes, when any polka for it is known. */
function stepWithAnyPolka(core: CoreState, event: CoreEvent, now: number): readonly CoreEffect[] {
  const effects = [...step(core, event, now).effects];
  for (const instance of [...core.instances.values()]) {
    const { lock, round } = instance;
    const breaker = tieBreakerOf(core.config, instance, round);
    if (!lock || breaker === null || instance.ownPreCommits.has(round) || instance.ownCommits.has(round))
      continue;
    const proposed = [...(instance.rounds.get(round)?.preCommits ?? [])].filter(([, votes]) =>
      votes.has(breaker),
    );
    const unlocks = proposed.some(([digest]) => {
      for (let r = 0; r < round; r++) if (polkaOf(core.config, instance, r)?.digest === digest) return true;
      return false;
    });
    if (!unlocks) continue;
    instance.lock = null;
    effects.push(...step(core, { type: 'tick', key: instance.key }, now).effects);
    instance.lock ??= lock;
  }
  return effects;
}

function revokeByEvidence(core: CoreState): void {
  const q = quorum(core.config.n);
  for (const instance of core.instances.values()) {
    for (const [number, round] of instance.rounds) {
      for (const votes of round.preCommits.values())
        for (const member of core.evidence.keys()) votes.delete(member);
      const left = round.polka?.votes.filter((vote) => !core.evidence.has(vote.author)).length ?? q;
      if (left >= q) continue;
      round.polka = null;
      if (instance.lock?.round === number) instance.lock = null;
    }
  }
}

/** The core sees a round that was completed so lately that its end is a millisecond away; the lock window is where it was. */
function stepWithoutAdvance(core: CoreState, event: CoreEvent, now: number): readonly CoreEffect[] {
  for (const instance of core.instances.values()) {
    const since = instance.saturatedAt.get(instance.round);
    if (since === undefined) continue;
    const latest = now - 2 * windowOf(core.config, Math.max(0, instance.round)) + 1;
    if (since < latest) instance.saturatedAt.set(instance.round, latest);
  }
  return step(core, event, now).effects;
}

/** Does what the window forbids: the COMMIT rule sees a round that was completed just now; the round still ends when it did. */
function stepWithoutWindow(core: CoreState, event: CoreEvent, now: number): readonly CoreEffect[] {
  // Votes that only came in are not counted yet: no rule runs, and a timer must not run before them.
  if (event.type === 'received') return step(core, event, now).effects;
  const held = [...core.instances.values()].map((instance) => {
    const { round } = instance;
    const since = instance.saturatedAt.get(round);
    if (since !== undefined) instance.saturatedAt.set(round, now);
    return { instance, round, since };
  });
  const effects = [...step(core, event, now).effects];
  for (const { instance, round, since } of held) {
    if (since !== undefined) instance.saturatedAt.set(round, since);
    if (core.instances.get(instance.key) === instance)
      effects.push(...step(core, { type: 'tick', key: instance.key }, now).effects);
  }
  return effects;
}

/** The polka stays as proof of the lock; its votes are no longer held one by one, and its signers are not asked for. */
function forgetPolkaVotes(core: CoreState): void {
  for (const instance of core.instances.values()) {
    for (const round of instance.rounds.values()) {
      if (!round.polka) continue;
      for (const votes of round.preCommits.values())
        for (const author of votes.keys()) if (author !== core.config.self) votes.delete(author);
      const { digest, votes } = round.polka;
      round.polka = { digest, votes: votes.filter((vote) => vote.author === core.config.self) };
    }
    if (instance.lock && instance.round === instance.lock.round) instance.saturatedAt.delete(instance.round);
  }
}
