/**
 * npm run simulate -- --help
 *
 * Whole replicas under virtual time (the default), the consensus core alone (`--level core`), whole members with their sessions
 * (`--level shop`), changes of members (`--level epochs`), an application's own rules and workload (`--level application`), or the cost table
 * (`--table`).
 * Exit code: 0 when every run ended in agreement and everybody decided, 1 when one did not, 2 when the arguments are not understood.
 */
import { application } from '../../testing/sim/main.ts';
import { core } from './core-main.ts';
import { epochs } from './epochs/main.ts';
import { shop } from './shop-main.ts';
import { drawWorld, type Drawn } from './world/draw.ts';
import { runMany } from './world/jobs.ts';
import { roleAliases, roleNames, roles } from './world/roles.ts';
import { percentile, table } from './world/table.ts';
import { runWorld, worldAblations, type WorldResult } from './world/world.ts';

interface Options {
  runs: number;
  seed: number;
  /** null: 4 to 13 in turn. */
  replicas: number | null;
  byzantine: { role: string; count: number | null }[] | null;
  latency: number | null;
  loss: number | null;
  crash: number | null;
  degree: number | null;
  /** Mbit/s that a replica can send. */
  bandwidth: number | null;
  jobs: number;
  /** No run begins after so many; null: --runs decides. */
  minutes: number | null;
  /** What the seed would draw otherwise. */
  faults: { [K in Fault]: boolean | null };
  ablate: string | null;
  real: boolean;
  trace: boolean;
  json: boolean;
  table: boolean;
  sizes: number[];
}

/** On or off by `--partition yes` and so on. */
const FAULTS = {
  partition: 'a network cut in two, healed and cut otherwise',
  outage: "everyone's tabs closed for a night; as many stay away as f allows",
  late: 'one that joins late',
  sleepers: 'replicas that sleep as phones do',
  slow: 'replicas that take long for everything',
  'lost-disk': 'one that loses its disk in a crash, and observes from then on',
  'old-backup': 'one that comes back with an old copy of its disk',
  batch: 'proposals of several keys at once',
} as const;
type Fault = keyof typeof FAULTS;

const SIZES = [4, 4, 5, 7, 4, 6, 7, 10, 4, 8, 7, 13];
const MAX_REPLICAS = 1000;
const SHOWN_FAILURES = 10;
const SHOWN_TRACE_LINES = 80;
const PROGRESS_MS = 5000;
const NUMBERS = [
  'runs',
  'seed',
  'replicas',
  'latency',
  'loss',
  'crash',
  'degree',
  'bandwidth',
  'jobs',
  'minutes',
] as const;
const MAX_JOBS = 64;

const args = process.argv.slice(2);
process.exitCode = await main();

async function main(): Promise<number> {
  const level = args[args.indexOf('--level') + 1];
  if (args.includes('--level') && level === 'core') return core(args);
  if (args.includes('--level') && level === 'shop') return shop(args);
  if (args.includes('--level') && level === 'epochs') return epochs(args);
  if (args.includes('--level') && level === 'application') return application(args);
  if (args.includes('--level') && level !== 'replica')
    return wrong(`--level ${level ?? ''} is not known: replica, core, shop, epochs or application.`);
  const options = parse(args);
  if (options === 'help') return help();
  if (typeof options === 'string') return wrong(options);
  if (!options.table) return simulate(options);
  const rows = await table(
    options.sizes,
    options.seed,
    options.runs === 0 ? null : options.runs,
    console.log,
    options.bandwidth ?? undefined,
  );
  if (options.json) console.log(JSON.stringify({ level: 'replica', table: rows }));
  return rows.every((row) => row.outcome === 'decided') ? 0 : 1;
}

async function simulate(options: Options): Promise<number> {
  const runs = options.runs === 0 ? 200 : options.runs;
  const failures: { result: WorldResult; n: number }[] = [];
  const latencies: number[] = [];
  const perRole = new Map<string, number>();
  const sums = {
    decided: 0,
    restarts: 0,
    messages: 0,
    events: 0,
    round: 0,
    bytes: 0,
    losses: 0,
    hops: [] as number[],
  };
  const started = performance.now();
  let shown = started;
  let ended = 0;
  function* worlds(): Generator<Drawn> {
    for (let i = 0; i < runs; i++) {
      if (options.minutes !== null && performance.now() - started > options.minutes * 60_000) return;
      const seed = options.seed + i;
      yield drawn(options, seed, options.replicas ?? SIZES[seed % SIZES.length]!);
    }
  }
  await runMany(worlds(), options.jobs, async (result, world) => {
    ended++;
    for (const role of new Set(result.roles)) perRole.set(role, (perRole.get(role) ?? 0) + 1);
    if (result.outcome === 'decided')
      for (const latency of result.latencies) {
        latencies.push(latency);
        sums.hops.push(latency / meanDelay(world));
      }
    sums.bytes += result.bytes;
    sums.losses = Math.max(sums.losses, result.lossesInARow);
    sums.decided += result.decided;
    sums.restarts += result.restarts;
    sums.messages += result.messages;
    sums.events += result.events;
    sums.round = Math.max(sums.round, result.highestRound);
    if (options.trace) for (const line of result.trace) console.log(line);
    if (result.outcome !== 'decided') {
      failures.push({ result, n: world.n });
      if (failures.length <= SHOWN_FAILURES) await show(options, result, world.n);
    }
    if (performance.now() - shown > PROGRESS_MS) {
      shown = performance.now();
      console.log(`${ended} of ${runs} runs, ${failures.length} failed`);
    }
  });
  failures.sort((a, b) => a.result.seed - b.result.seed);
  const count = (outcome: string): number =>
    failures.filter(({ result }) => result.outcome === outcome).length;
  const seconds = (performance.now() - started) / 1000;
  console.log(
    `${ended} runs from seed ${options.seed} in ${seconds.toFixed(1)} s: ${ended - failures.length} ended well, ${count('undecided')} undecided, ` +
      `${count('violation')} violations; ${sums.decided} versions, ${sums.restarts} restarts, highest round ${sums.round}, ${sums.messages} messages, ` +
      `at most ${sums.losses} proposals of one member in a row lost`,
  );
  console.log(`runs with a member that was: ${[...perRole].map(([name, of]) => `${name} ${of}`).join(', ')}`);
  if (options.json) {
    console.log(
      JSON.stringify({
        level: 'replica',
        runs: ended,
        seed: options.seed,
        replicas: options.replicas,
        ended: ended - failures.length,
        undecided: count('undecided'),
        violations: count('violation'),
        failing: failures.map(({ result }) => result.seed),
        decided: sums.decided,
        lossesInARow: sums.losses,
        hops: percentile(sums.hops, 0.5),
        bytes: sums.bytes,
        restarts: sums.restarts,
        messages: sums.messages,
        events: sums.events,
        p50: percentile(latencies, 0.5),
        p99: percentile(latencies, 0.99),
        seconds,
      }),
    );
  }
  return failures.length > 0 ? 1 : 0;
}

/** One replay command, and the end of what happened. */
async function show(options: Options, result: WorldResult, n: number): Promise<void> {
  console.log(
    `${result.outcome.toUpperCase()} seed ${result.seed}, ${n} replicas, ${result.roles.join(' ') || 'all honest'}: ${result.what}`,
  );
  console.log(
    `  again: npm run simulate -- --runs 1 --seed ${result.seed} --replicas ${n}${flags(options)} --trace`,
  );
  if (options.trace) return;
  const again = await runWorld(drawWorld({ ...drawn(options, result.seed, n), trace: true }));
  if (again.hash !== result.hash)
    console.log('  THE SAME SEED GAVE ANOTHER RUN: the simulator is not deterministic');
  for (const line of again.trace.slice(-SHOWN_TRACE_LINES)) console.log(`  ${line}`);
}

function drawn(options: Options, seed: number, n: number): Drawn {
  const { byzantine, latency, loss, crash, degree, bandwidth, faults, ablate, trace, real } = options;
  return {
    seed,
    n,
    byzantine,
    latency,
    loss,
    partition: faults.partition,
    crashes: crash,
    degree,
    bandwidth,
    outage: faults.outage,
    batch: faults.batch,
    late: faults.late,
    sleepers: faults.sleepers,
    slow: faults.slow,
    lostDisk: faults['lost-disk'],
    oldBackup: faults['old-backup'],
    ablation: ablate,
    trace,
    realCrypto: real,
  };
}

/** Of one message over one link, after GST (world.ts: jitter is up to 20 ms). */
function meanDelay(world: Drawn): number {
  return (drawWorld(world).latency ?? 5) + 10;
}

function flags(options: Options): string {
  const { byzantine, latency, loss, crash, degree, bandwidth, faults, ablate, real } = options;
  return [
    ...(byzantine ?? []).map(({ role, count }) => `--byzantine ${role}${count === null ? '' : `:${count}`}`),
    latency === null ? '' : `--latency ${latency}`,
    loss === null ? '' : `--loss ${loss}`,
    ...Object.entries(faults).map(([name, on]) => (on === null ? '' : `--${name} ${on ? 'yes' : 'no'}`)),
    bandwidth === null ? '' : `--bandwidth ${bandwidth}`,
    crash === null ? '' : `--crash ${crash}`,
    degree === null ? '' : `--degree ${degree}`,
    ablate === null ? '' : `--ablate ${ablate}`,
    real ? '--real-crypto' : '',
  ]
    .filter(Boolean)
    .map((flag) => ` ${flag}`)
    .join('');
}

function parse(given: readonly string[]): Options | 'help' | string {
  const options: Options = {
    runs: 0,
    seed: 1,
    replicas: null,
    byzantine: null,
    latency: null,
    loss: null,
    bandwidth: null,
    jobs: 1,
    minutes: null,
    faults: Object.fromEntries(Object.keys(FAULTS).map((name) => [name, null])) as Options['faults'],
    crash: null,
    degree: null,
    ablate: null,
    real: false,
    trace: false,
    json: false,
    table: false,
    sizes: [16, 100, 1000],
  };
  for (let i = 0; i < given.length; i++) {
    const name = given[i]!;
    if (name === '--help' || name === '-h') return 'help';
    if (name === '--trace') options.trace = true;
    else if (name === '--json') options.json = true;
    else if (name === '--table') options.table = true;
    else if (name === '--real-crypto') options.real = true;
    else {
      const value = given[++i];
      if (value === undefined) return `${name} is not known, or its value is missing.`;
      const problem = take(options, name, value);
      if (problem) return problem;
    }
  }
  if (options.table && options.replicas !== null) options.sizes = [options.replicas];
  return options;
}

function take(options: Options, name: string, value: string): string | null {
  if (name === '--level') return null;
  const fault = Object.keys(FAULTS).find((one) => name === `--${one}`) as Fault | undefined;
  if (fault) {
    if (value !== 'yes' && value !== 'no') return `${name} ${value}: yes or no is needed.`;
    options.faults[fault] = value === 'yes';
    return null;
  }
  if (name === '--byzantine') {
    if (value === 'none') {
      options.byzantine = [];
      return null;
    }
    const [given, count, ...rest] = value.split(':');
    const role = roleAliases[given!] ?? given;
    if (!roleNames.includes(role!) || rest.length > 0)
      return `--byzantine ${value} is not known. There are: none, ${roleNames.join(', ')}.`;
    if (count !== undefined && !/^\d+$/.test(count))
      return `--byzantine ${value}: a whole number is needed after the colon.`;
    (options.byzantine ??= []).push({ role: role!, count: count === undefined ? null : Number(count) });
    return null;
  }
  if (name === '--ablate') {
    if (!(value in worldAblations))
      return `--ablate ${value} is not known. There are: ${Object.keys(worldAblations).join(', ')}.`;
    options.ablate = value;
    return null;
  }
  const number = NUMBERS.find((known) => name === `--${known}` || (known === 'replicas' && name === '--n'));
  if (!number) return `${name} is not known.`;
  const least =
    number === 'replicas' ? 4 : ['runs', 'degree', 'jobs', 'bandwidth', 'minutes'].includes(number) ? 1 : 0;
  const most =
    number === 'replicas'
      ? MAX_REPLICAS
      : number === 'loss'
        ? 90
        : number === 'jobs'
          ? MAX_JOBS
          : Number.MAX_SAFE_INTEGER;
  if (!/^\d+$/.test(value) || Number(value) < least || Number(value) > most)
    return `${name} ${value}: a whole number from ${least} is needed.`;
  options[number] = Number(value);
  return null;
}

function wrong(what: string): number {
  console.error(`${what}\nSee: npm run simulate -- --help`);
  return 2;
}

function help(): number {
  console.log(`Simulates networks of whole replicas under virtual time, with Byzantine members, loss, partitions, crashes and lost disks.

  npm run simulate -- [options]

  --level LEVEL       replica (default): everything above storage and links; core: the consensus core alone; shop: whole members with their
                      sessions; epochs: members that change; application: an application's own rules (each but the first has a --help of its own)
  --runs N            how many runs, each from its own seed (200)
  --seed S            seed of the first run (1); the same seed and options give the same run
  --replicas N        4 to ${MAX_REPLICAS}; without it sizes from 4 to 13 in turn
  --byzantine ROLE[:COUNT]  may be repeated; at most f in all; without it the seed draws. none, or:
${roleNames.map((name) => `                        ${name.padEnd(16)} ${roles[name]!.what}`).join('\n')}
  --latency MS  --loss PERCENT  --crash TIMES  --degree LINKS
                      instead of what the seed draws
  --FAULT yes|no      the same, with FAULT one of:
${Object.entries(FAULTS)
  .map(([name, what]) => `                        ${name.padEnd(16)} ${what}`)
  .join('\n')}
  --bandwidth MBIT    what a replica can send in a second, all its links together; without it any amount
  --jobs N            so many processes at once
  --minutes M         begin no run after that
  --real-crypto       the product's own Ed25519 and BLS instead of stand-ins
  --ablate WHAT       take something away, to see that the checks find it out:
${Object.entries(worldAblations)
  .map(([name, what]) => `                        ${name.padEnd(16)} ${what}`)
  .join('\n')}
  --table             the cost table instead: time, hops and bytes at 16, 100 and 1,000 replicas, or at --replicas;
                      --runs N: so many transactions a row (10; 1 at 1,000, where each takes minutes)
  --trace             print what happens in each run
  --json              end with one line of JSON

  Exit code 0: all agreed and ended. 1: a run did not. 2: wrong arguments.`);
  return 0;
}
