/**
 * Rules taken away, one at a time, from outside: a simulator that cannot tell the difference checks nothing. Each wraps the core or the
 * disk of every honest replica; the product has no such switches.
 */
import { polkaOf } from '../../src/consensus/instance.ts';
import { step } from '../../src/consensus/core.ts';
import type { InstanceLogLike } from '../../src/consensus/log.ts';
import type { CoreEffect, CoreEvent, CoreState } from '../../src/consensus/types.ts';

export interface Ablation {
  readonly what: string;
  /** The log as a restart finds it; null: gone. */
  readonly restoreLog?: (log: InstanceLogLike) => InstanceLogLike | null;
  readonly step?: (core: CoreState, event: CoreEvent, now: number) => readonly CoreEffect[];
  readonly after?: (core: CoreState) => void;
  /** Sends before the write. */
  readonly sendsFirst?: boolean;
}

export const ablations: Readonly<Record<string, Ablation>> = {
  'no-lock': {
    what: 'a commit locks nothing',
    after(core) {
      for (const instance of core.instances.values()) instance.lock = null;
    },
  },
  'no-tie-breaker': {
    what: 'from round 2 everybody waits for the own timer',
    after(core) {
      for (const instance of core.instances.values()) Object.assign(instance, { offset: Number.NaN });
    },
  },
  'no-lock-window': {
    what: 'a COMMIT is signed however late the polka is seen in the round',
    step: stepWithoutWindow,
  },
  'late-commit': {
    what: 'a polka of a round that was left is committed too',
    step: stepWithLateCommit,
  },
  'forget-log': { what: 'a restart finds no log', restoreLog: () => null },
  'forget-commits': {
    what: 'a restart finds neither own commits nor lock',
    restoreLog: (log) => ({
      ...log,
      lock: null,
      ownVotes: log.ownVotes.filter((vote) => vote.type !== 'COMMIT'),
    }),
  },
  'forget-previous-round': {
    what: 'the votes of the round before are not written',
    restoreLog: (log) => ({ ...log, previousRound: [] }),
  },
  'send-first': { what: 'votes are sent before they are durable', sendsFirst: true },
};

/** Does what the window forbids: the COMMIT rule sees a round that was completed just now; the round still ends when it did. */
function stepWithoutWindow(core: CoreState, event: CoreEvent, now: number): readonly CoreEffect[] {
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
