/** What a seed decides when the command line leaves it open. */
import { faultsTolerated } from '../../../src/consensus/membership.ts';
import { createRandom } from '../scheduler.ts';
import { roleNames } from './roles.ts';
import type { WorldOptions } from './world.ts';

export interface Drawn {
  readonly seed: number;
  readonly n: number;
  /** null: drawn. A role without a count fills every place. */
  readonly byzantine?: readonly { readonly role: string; readonly count: number | null }[] | null;
  readonly latency?: number | null;
  readonly loss?: number | null;
  readonly partition?: boolean | null;
  readonly crashes?: number | null;
  readonly degree?: number | null;
  readonly bandwidth?: number | null;
  readonly outage?: boolean | null;
  readonly batch?: boolean | null;
  readonly late?: boolean | null;
  readonly sleepers?: boolean | null;
  readonly slow?: boolean | null;
  readonly lostDisk?: boolean | null;
  readonly oldBackup?: boolean | null;
  readonly ablation?: string | null;
  readonly trace?: boolean;
  readonly realCrypto?: boolean;
}

/** The same seed and options give the same run. */
export function drawWorld(drawn: Drawn): WorldOptions {
  // Another stream than the run's own: an option that is given changes nothing else that is drawn.
  const random = createRandom(drawn.seed * 2654435761 + 17);
  const f = faultsTolerated(drawn.n);
  const draws = {
    byzantine: Array.from({ length: f }, () => random.pick(roleNames)),
    fewer: random.chance(25) ? random.below(f + 1) : f,
    latency: random.pick([1, 5, 20]),
    loss: random.chance(50) ? random.below(40) : 0,
    partition: random.chance(40),
    crashes: random.chance(50) ? 1 + random.below(2) : 0,
    keys: random.pick([1, 1, 2, 4]),
    versions: 1 + random.below(6),
    late: random.chance(20),
    sleepers: random.chance(30),
    slow: random.chance(20),
    lostDisk: random.chance(30),
    oldBackup: random.chance(30),
    settledAt: random.pick([800, 2500, 4000]),
    sparse: random.chance(20),
    lossAfter: random.chance(15) ? random.below(10) : 0,
    contested: random.chance(50),
    outage: random.chance(10),
    batch: random.chance(40),
    stayAway: random.below(f + 1),
  };
  const outage = drawn.outage ?? draws.outage;
  const given = drawn.byzantine?.flatMap(({ role, count }) => new Array<string>(count ?? f).fill(role));
  const degree =
    drawn.degree ?? (draws.sparse && drawn.n >= 7 ? Math.max(4, Math.ceil(drawn.n / 2)) : undefined);
  return {
    seed: drawn.seed,
    n: drawn.n,
    // Who stays away after an outage is one of the f as well.
    byzantine: (given ?? draws.byzantine.slice(0, outage ? f - draws.stayAway : draws.fewer)).slice(0, f),
    latency: drawn.latency ?? draws.latency,
    loss: drawn.loss ?? draws.loss,
    lossAfter: draws.lossAfter,
    partition: drawn.partition ?? draws.partition,
    crashes: drawn.crashes ?? draws.crashes,
    ...(degree !== undefined && { degree }),
    keys: draws.keys,
    versions: draws.versions,
    settledAt: draws.settledAt,
    contested: draws.contested,
    lateJoiner: drawn.late ?? (draws.late && !outage),
    sleepers: drawn.sleepers ?? draws.sleepers,
    slow: drawn.slow ?? draws.slow,
    lostDisk: drawn.lostDisk ?? draws.lostDisk,
    oldBackup: drawn.oldBackup ?? draws.oldBackup,
    outage,
    batch: drawn.batch ?? draws.batch,
    ...(drawn.bandwidth && { bandwidth: drawn.bandwidth }),
    // Two delays of the settled network over the hops that a sparse graph needs.
    w0: degree === undefined && drawn.n <= 16 ? 150 : 400,
    ablation: drawn.ablation ?? null,
    ...(drawn.trace && { trace: true }),
    ...(drawn.realCrypto && { realCrypto: true }),
  };
}
