/** Everything about a run that its seed draws. */
import { asKey, type Key } from '../../../src/codec/brand.ts';
import { faultsTolerated } from '../../../src/consensus/membership.ts';
import { drawnScripts, scripts } from '../adversaries.ts';
import type { NetworkModel } from '../network.ts';
import type { Random } from '../scheduler.ts';
import type { Mischief } from './adversary.ts';
import { duel } from './duel.ts';

export interface EpochRunOptions {
  readonly seed: number;
  /** Members of epoch 0. */
  readonly n: number;
  /** Changes to be sealed; without it the seed draws one to four. */
  readonly epochs?: number;
  readonly script?: string;
  readonly ablation?: string;
  readonly trace?: boolean;
  readonly conditions?: EpochConditions;
}

/** What is fixed where the seed would draw. */
export interface EpochConditions {
  /** Changes follow each other as fast as they can. */
  readonly hasty?: boolean;
  /** Votes for packages are slow: versions stay open while epochs change. */
  readonly slowValues?: number;
  readonly contested?: boolean;
  /** Logs that are lost, also more than f bear: then nobody asks for an end. */
  readonly losses?: number;
  readonly crashAtWrite?: number;
  readonly byzantine?: number;
  /** Members that a change replaces, at least. */
  readonly replaces?: number;
  readonly mischief?: Partial<Mischief>;
  /** No crash, no loss of messages or logs before GST. */
  readonly calm?: boolean;
  /** Votes for packages pass for so many milliseconds, then for so many they do not, until GST. */
  readonly gate?: readonly [open: number, shut: number];
  /** COMMITs for packages are lost until GST: locks stand, and nothing is decided. */
  readonly mute?: boolean;
  /** Per cent of certificates that are lost until GST. */
  readonly slowState?: number;
  readonly settledAt?: number;
  /** The first change is asked for before this time. */
  readonly firstChange?: number;
}

/** What the Byzantine do with votes: as at the core level, and what only a change of epochs makes interesting. */
export const epochScripts: typeof scripts = { ...scripts, duel };
export const epochScriptNames = [...drawnScripts, 'duel'];

/** Links of the simulated network: members, those who left, and those who came. */
const MAX_REPLICAS = 96;
export interface Plan {
  readonly byzantine: readonly number[];
  /** An organisation that comes back with an old copy of its disk; it counts towards f. */
  readonly restored: number | null;
  readonly copiedAt: number;
  readonly script: string;
  readonly epochs: number;
  readonly keys: readonly Key[];
  readonly w0: number;
  readonly pace: number;
  readonly pause: number;
  readonly settledAt: number;
  readonly firstChangeAt: number;
  readonly hasty: boolean;
  readonly competing: boolean;
  readonly contested: boolean;
  readonly slowValues: number;
  readonly crashAtWrite: number;
  readonly crashes: readonly number[];
  readonly longSleeps: boolean;
  readonly losses: readonly number[];
  readonly losesBeyondBudget: boolean;
  readonly replaces: number;
  readonly gate: readonly [number, number] | null;
  readonly slowState: number;
  readonly mute: boolean;
  readonly mischief: Mischief;
  readonly network: NetworkModel;
}

export function drawPlan(
  { seed, n, epochs, script, conditions = {} }: EpochRunOptions,
  random: Random,
): Plan {
  const f = faultsTolerated(n);
  const shuffled = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
  }
  const liars = conditions.byzantine ?? (random.chance(55) ? f : random.below(f + 1));
  const restored = liars < f && random.chance(40) ? shuffled[liars]! : null;
  const changes = epochs ?? 1 + random.below(4);
  const drawnAt = random.chance(15) ? 0 : 200 + random.below(1500);
  const settledAt = conditions.settledAt ?? drawnAt;
  const times = (most: number): number[] =>
    Array.from({ length: random.below(most + 1) }, () => random.below(settledAt + 1));
  const mischief = {
    reveals: random.chance(50) ? random.below(12) : 0,
    reports: random.chance(60) ? random.below(40) : 0,
    openings: random.chance(50) ? random.below(20) : 0,
    replays: random.chance(40) ? random.below(20) : 0,
    steals: random.chance(40) ? random.below(30) : 0,
    forges: random.chance(30) ? random.below(10) : 0,
    parrots: random.chance(40) ? random.below(30) : 0,
  };
  // A duel needs proposals at once, and an opening soon.
  const drawn = script ?? random.pick(epochScriptNames);
  const duels = drawn === 'duel' && random.chance(70);
  const gate = random.chance(30) ? ([40 + random.below(200), 100 + random.below(800)] as const) : null;
  const lost = conditions.losses;
  const { calm = false } = conditions;
  return {
    byzantine: shuffled.slice(0, liars),
    restored,
    copiedAt: random.below(settledAt + 1),
    script: drawn,
    epochs: changes,
    keys: random.chance(60)
      ? [asKey(`package/${seed}`)]
      : [asKey(`package/${seed}`), asKey(`package/${seed}/2`)],
    w0: 4 + random.below(20),
    pace: random.chance(50) ? 0 : 1 + random.below(3),
    pause: random.pick([20, 80, 200]),
    settledAt,
    firstChangeAt: random.below(conditions.firstChange ?? (duels ? 60 : 300)),
    hasty: conditions.hasty ?? (duels || random.chance(40)),
    competing: random.chance(30),
    contested: conditions.contested ?? (duels || random.chance(40)),
    slowValues: conditions.slowValues ?? (random.chance(50) ? random.below(90) : 0),
    crashAtWrite: conditions.crashAtWrite ?? (random.chance(50) && !calm ? random.below(12) : 0),
    crashes: random.chance(50) && !calm ? times(6) : [],
    longSleeps: random.chance(30),
    losses:
      lost !== undefined
        ? Array.from({ length: lost }, () => random.below(settledAt + 1))
        : random.chance(50) && !calm
          ? times(3)
          : [],
    losesBeyondBudget: lost !== undefined,
    replaces: conditions.replaces ?? 0,
    gate: conditions.gate ?? gate,
    mute: conditions.mute ?? random.chance(duels ? 70 : 15),
    slowState: conditions.slowState ?? (random.chance(20) ? random.below(90) : 0),
    mischief: { ...mischief, ...conditions.mischief },
    network: {
      members: MAX_REPLICAS,
      maxDelay: 10,
      settledAt,
      lossBefore: calm ? 0 : random.below(80),
      lossAfter: random.chance(25) ? random.below(30) : 0,
      partitions: random.chance(30) && !calm,
    },
  };
}
