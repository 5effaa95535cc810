/**
 * Algorithm 1 of the BeauForT paper as printed, as a variant of the core: a step votes for the winner of round 0, leaves a round when q
 * votes are no supermajority, and (lines 30 to 33) drops its COMMIT when it sees a later round. No lock, no timer. Later rounds are
 * taken for valid by the reading that is kindest to merging: some q votes of the round before are not unanimous.
 *
 * The core's own rules are kept from signing; its tables, evidence and certificates are used as they are.
 */
import { asRound, type Digest } from '../../src/codec/brand.ts';
import { step } from '../../src/consensus/core.ts';
import { votersOf, winnerOf, isValid, roundOf } from '../../src/consensus/instance.ts';
import { quorum } from '../../src/consensus/membership.ts';
import type { CoreEffect, CoreEvent, CoreState, Instance } from '../../src/consensus/types.ts';

interface Phase {
  round: number;
  commits: boolean;
}

const phases = new WeakMap<Instance, Phase>();
const voters = new WeakSet<CoreState>();

export function stepAsPublished(core: CoreState, event: CoreEvent, now: number): readonly CoreEffect[] {
  const effects: CoreEffect[] = [];
  if (event.type === 'may-vote') {
    if (event.mayVote) voters.add(core);
    else voters.delete(core);
  } else {
    // Without a name of its own the core signs nothing; without an end of its windows no timer acts.
    const { config } = core;
    Object.assign(core, {
      config: { ...config, self: null, w0: Number.MAX_SAFE_INTEGER / 1024 },
      mayVote: event.type === 'signed',
    });
    effects.push(...step(core, event, now).effects.filter((effect) => effect.type !== 'timer'));
    Object.assign(core, { config, mayVote: voters.has(core) });
  }
  if (voters.has(core)) for (const instance of [...core.instances.values()]) follow(core, instance, effects);
  return effects;
}

function follow(core: CoreState, instance: Instance, effects: CoreEffect[]): void {
  const q = quorum(core.config.n);
  const phase = phases.get(instance) ?? { round: Math.max(0, instance.round), commits: false };
  phases.set(instance, phase);
  for (;;) {
    const { round } = phase;
    instance.round = asRound(round);
    const tally = talliesOf(core, instance, round);
    if (phase.commits) {
      // Lines 30 to 33.
      const laterRound = [...instance.rounds].some(
        ([r, { preCommits }]) => r > round && [...preCommits.values()].some((votes) => votes.size > 0),
      );
      if (!laterRound || tally.length < 2) return;
      for (const { commits } of instance.rounds.values()) commits.clear();
      phase.commits = false;
      phase.round++;
      continue;
    }
    // Lines 13 to 16.
    if (!instance.ownPreCommits.has(round)) {
      const { proposal } = instance;
      const own = round === 0 && proposal !== null && isValid(instance, proposal) ? proposal : null;
      const choice = own ?? winnerOf(core, instance);
      if (choice === null) {
        instance.round = asRound(-1);
        return;
      }
      instance.ownPreCommits.set(round, choice);
      sign(instance, round, 'PRE-COMMIT', choice, effects);
      return;
    }
    if (!instance.ownVotes.some((vote) => vote.round === round)) return;
    if (votersOf(instance, round).size < q) return;
    const best = tally[0];
    if (best && best.count >= q) {
      // Lines 20 to 23.
      phase.commits = true;
      if (instance.ownCommits.has(round)) continue;
      instance.ownCommits.set(round, best.digest);
      sign(instance, round, 'COMMIT', best.digest, effects);
    } else {
      // Lines 24 to 28.
      phase.round++;
    }
  }
}

function sign(
  { key, version }: Instance,
  round: number,
  type: 'PRE-COMMIT' | 'COMMIT',
  digest: Digest,
  effects: CoreEffect[],
): void {
  effects.push({ type: 'sign', vote: { key, version, round: asRound(round), type, digest } });
}

/** Values of a round, most votes first, equivocators left out. */
function talliesOf(core: CoreState, instance: Instance, round: number): { digest: Digest; count: number }[] {
  return [...roundOf(instance, round).preCommits]
    .map(([digest, votes]) => ({
      digest,
      count: [...votes.keys()].filter((author) => !core.evidence.has(author)).length,
    }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count || (a.digest < b.digest ? 1 : -1));
}
