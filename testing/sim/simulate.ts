/** One run, and many. */
import { faultsTolerated } from '../../src/consensus/membership.ts';
import { createRandom } from '../../test/sim/scheduler.ts';
import { roleAliases, roleNames } from '../../test/sim/world/roles.ts';
import { runWorld } from '../../test/sim/world/world.ts';
import { Community } from './community.ts';
import { MAX_MEMBERS, SETTLED_AT_MS } from './limits.ts';
import { watchOutside } from './outside.ts';
import type { SimulateOptions, SimulateResult } from './types.ts';

/** What watches for real time and chance is of the whole process: one run after the other. */
let last: Promise<unknown> = Promise.resolve();

/**
 * Simulates a network of whole replicas with your callback as judge and your workload as its members, under virtual time. Runs that are started
 * together run one after the other.
 * @throws RangeError for options that cannot be.
 */
export function simulate(options: SimulateOptions): Promise<SimulateResult> {
  const byzantine = rolesOf(options);
  const run = last.then(() => runOne(options, byzantine));
  last = run.catch(() => undefined);
  return run;
}

async function runOne(options: SimulateOptions, byzantine: readonly string[]): Promise<SimulateResult> {
  const { seed, members = 4 } = options;
  const outside = watchOutside();
  try {
    const guest = new Community(options, outside);
    const result = await runWorld({
      guest,
      seed,
      n: members,
      byzantine,
      settledAt: options.settledAt ?? SETTLED_AT_MS,
      ...(options.latency !== undefined && { latency: options.latency }),
      ...(options.jitter !== undefined && { jitter: options.jitter }),
      loss: options.loss ?? 0,
      partition: options.partition ?? false,
      crashes: options.crashes ?? 0,
      lostDisk: options.lostDisk ?? false,
      oldBackup: options.oldCopy ?? false,
      lateJoiner: options.lateStart ?? false,
      sleepers: options.sleepers ?? false,
      slow: options.slow ?? false,
      outage: options.outage ?? false,
      realCrypto: options.realCrypto ?? false,
      trace: options.trace ?? false,
    });
    return {
      outcome: ({ decided: 'done', undecided: 'stuck', violation: 'violation' } as const)[result.outcome],
      what: result.what,
      seed,
      decided: guest.decided,
      events: result.events,
      refused: guest.reports,
      hash: result.hash,
      trace: result.trace,
      roles: result.roles,
      restarts: result.restarts,
      duration: result.duration,
    };
  } finally {
    outside.end();
  }
}

/** Faults as a seed draws them: for many seeds, each under other conditions. What is given beside them in `simulate` goes before. */
export function drawFaults(
  seed: number,
  members = 4,
): Pick<
  SimulateOptions,
  | 'byzantine'
  | 'latency'
  | 'loss'
  | 'partition'
  | 'crashes'
  | 'lostDisk'
  | 'oldCopy'
  | 'lateStart'
  | 'sleepers'
  | 'slow'
  | 'settledAt'
> {
  // Another stream than the run's own.
  const random = createRandom(seed * 2654435761 + 71);
  const f = faultsTolerated(members);
  return {
    byzantine: random.chance(70)
      ? Array.from({ length: 1 + random.below(f) }, () => random.pick(roleNames)).slice(0, f)
      : 0,
    latency: random.pick([1, 5, 20]),
    loss: random.chance(50) ? random.below(40) : 0,
    partition: random.chance(40),
    crashes: random.chance(50) ? 1 + random.below(2) : 0,
    lostDisk: random.chance(20),
    oldCopy: random.chance(20),
    lateStart: random.chance(20),
    sleepers: random.chance(30),
    slow: random.chance(20),
    settledAt: random.pick([500, 1000, 1500]),
  };
}

function rolesOf({ seed, members = 4, byzantine = 0 }: SimulateOptions): readonly string[] {
  if (!Number.isSafeInteger(seed)) throw new RangeError('seed is a whole number.');
  if (!Number.isInteger(members) || members < 1 || members > MAX_MEMBERS)
    throw new RangeError(`members is a whole number from 1 to ${MAX_MEMBERS}.`);
  const f = faultsTolerated(members);
  const count = typeof byzantine === 'number' ? byzantine : byzantine.length;
  if (!Number.isInteger(count) || count < 0 || count > f)
    throw new RangeError(`${members} members tolerate ${f} Byzantine ones: byzantine is 0 to ${f}.`);
  if (typeof byzantine === 'number') {
    const random = createRandom(seed * 2654435761 + 29);
    return Array.from({ length: count }, () => random.pick(roleNames));
  }
  return byzantine.map((name) => {
    const role = roleAliases[name] ?? name;
    if (!roleNames.includes(role))
      throw new RangeError(`${name} is no role. There are ${roleNames.join(', ')}.`);
    return role;
  });
}
