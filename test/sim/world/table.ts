/** The cost table: what one transaction a second costs when every replica pays for its signatures, and where the time goes. */
import { createHash } from '../../../src/crypto/hash.ts';
import { faultsTolerated } from '../../../src/consensus/membership.ts';
import { BROWSER_WORKER } from './costs.ts';
import { runWorld, type WorldOptions, type WorldResult } from './world.ts';

const LINK_MS = 60;
const BODY_BYTES = 1024;
/** What a home or mobile connection sends. */
const UPLOAD_MBIT = 20;
/** Two message delays over the hops of the graph: W0 of protocol.md. */
const W0_MESH = 200;
const W0_SPARSE = 600;

export interface TableRow {
  readonly what: string;
  readonly n: number;
  readonly degree: number;
  readonly outcome: WorldResult['outcome'];
  readonly transactions: number;
  /** Links that can have been crossed one after the other: whole link delays in the p50. */
  readonly hopsP50: number;
  readonly p50: number;
  readonly p99: number;
  readonly worst: number;
  /** Mean upload of an honest replica in Mbit/s, while transactions run. */
  readonly uploadMbit: number;
  readonly bytesByKind: Readonly<Record<string, number>>;
  /** Messages for each honest replica and transaction. */
  readonly messages: number;
  /** Milliseconds of work for each honest replica and transaction. */
  readonly workMs: Readonly<Record<string, number>>;
  /** p50 of the milliseconds from the proposal to what happens, and how many of 100 honest members it happens to in a transaction. */
  readonly phases: Readonly<Record<string, { readonly at: number; readonly share: number }>>;
  readonly seconds: number;
}

export const percentile = (values: readonly number[], q: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? NaN;
};

/** Unless a number is given. */
const TRANSACTIONS = 10;
/** From here on, one: at 1,000 replicas it takes three minutes of computing and 3 GB. The first floods: later ones upload less. */
const LARGE = 500;

/** The role that costs most time of those in roles.ts, measured at 40 replicas. */
const WORST_ROLE = 'splitter';

export const scenarios: Readonly<Record<string, (n: number, transactions: number) => Partial<WorldOptions>>> =
  {
    'all well': () => ({}),
    'a quarter failing': (n) => ({ failing: Math.min(faultsTolerated(n), Math.floor(n / 4)) }),
    'one Byzantine': () => ({ byzantine: ['paper'] }),
    contested: (_n, transactions) => ({ paced: { transactions, every: 1000, contested: true } }),
    'contested, f worst': (n, transactions) => ({
      byzantine: new Array<string>(faultsTolerated(n)).fill(WORST_ROLE),
      paced: { transactions, every: 1000, contested: true },
    }),
  };

export async function row(
  what: string,
  n: number,
  transactions: number,
  seed: number,
  bandwidth = UPLOAD_MBIT,
): Promise<TableRow> {
  const started = performance.now();
  const degree = n <= 16 ? n - 1 : 7;
  const options: WorldOptions = {
    seed,
    n,
    latency: LINK_MS,
    jitter: 0,
    degree,
    settledAt: 3000,
    w0: degree === n - 1 ? W0_MESH : W0_SPARSE,
    bodyBytes: BODY_BYTES,
    charged: true,
    resumed: true,
    bandwidth,
    paced: { transactions, every: 1000 },
    ...scenarios[what]!(n, transactions),
  };
  const result = await runWorld(options);
  const honest = n - (options.byzantine?.length ?? 0) - (options.failing ?? 0);
  const p50 = percentile(result.latencies, 0.5);
  return {
    what,
    n,
    degree,
    outcome: result.outcome,
    transactions: result.decided,
    hopsP50: Math.floor(p50 / LINK_MS),
    p50,
    p99: percentile(result.latencies, 0.99),
    worst: percentile(result.latencies, 1),
    uploadMbit: (result.bytes * 8) / honest / result.duration / 1000,
    messages: Math.round(result.packets / honest / Math.max(1, result.decided)),
    bytesByKind: Object.fromEntries(
      Object.entries(result.bytesByKind).map(([kind, bytes]) => [
        kind,
        Math.round(bytes / honest / Math.max(1, result.decided)),
      ]),
    ),
    workMs: Object.fromEntries(
      Object.entries(result.charged).map(([kind, ms]) => [
        kind,
        +(ms / honest / Math.max(1, result.decided)).toFixed(1),
      ]),
    ),
    phases: Object.fromEntries(
      Object.entries(result.phases).map(([name, times]) => [
        name,
        {
          at: Math.round(percentile(times, 0.5)),
          share: Math.round((100 * times.length) / honest / Math.max(1, result.decided)),
        },
      ]),
    ),
    seconds: (performance.now() - started) / 1000,
  };
}

/** Targets of the project beside the figures of the BeauForT paper (n = 100). */
const TARGETS: Readonly<
  Record<
    string,
    { readonly hops?: number; readonly p99: number; readonly upload?: number; readonly paper?: string }
  >
> = {
  '16 all well': { hops: 3, p99: 250 },
  '16 a quarter failing': { p99: 500 },
  '16 one Byzantine': { p99: 500 },
  '100 all well': { hops: 9, p99: 900, upload: 0.6, paper: '4 s, 3 Mbit/s' },
  '100 a quarter failing': { p99: 1500, paper: '5 s' },
  '100 one Byzantine': { p99: 1500, paper: '7 s' },
  '100 contested, f worst': { p99: 7000, paper: '7 s' },
};

export async function table(
  sizes: readonly number[],
  seed: number,
  transactions: number | null,
  print: (line: string) => void,
  bandwidth = UPLOAD_MBIT,
): Promise<readonly TableRow[]> {
  await createHash();
  const rows: TableRow[] = [];
  print(
    `${LINK_MS} ms a link, ${bandwidth} Mbit/s up, no jitter, RESUME done before, one transaction a second, values of ${BODY_BYTES} bytes, costs in ms: ${JSON.stringify(BROWSER_WORKER)}`,
  );
  print(
    '   n  degree  scenario            tx   hops p50   p50 ms   p99 ms  worst ms  Mbit/s up   target (p99, hops, Mbit/s)        paper',
  );
  for (const n of sizes) {
    for (const what of Object.keys(scenarios)) {
      if (n >= LARGE && what !== 'all well') continue;
      const one = await row(what, n, transactions ?? (n >= LARGE ? 1 : TRANSACTIONS), seed, bandwidth);
      rows.push(one);
      const target = TARGETS[`${n} ${what}`];
      const missed = target
        ? [
            one.p99 > target.p99 ? 'p99' : '',
            target.hops && one.hopsP50 > target.hops ? 'hops' : '',
            target.upload && one.uploadMbit > target.upload ? 'upload' : '',
          ].filter(Boolean)
        : [];
      const aim = target
        ? `${target.p99} ms${target.hops ? `, ${target.hops}` : ''}${target.upload ? `, ${target.upload}` : ''}${missed.length > 0 ? ` MISSED: ${missed.join(', ')}` : ' met'}`
        : '';
      print(
        `${String(n).padStart(4)}  ${String(one.degree).padStart(6)}  ${what.padEnd(18)} ${String(one.transactions).padStart(3)}   ${String(one.hopsP50).padStart(8)} ${one.p50.toFixed(0).padStart(8)} ${one.p99.toFixed(0).padStart(8)} ${one.worst.toFixed(0).padStart(9)} ${one.uploadMbit.toFixed(2).padStart(10)}   ${aim.padEnd(34)} ${target?.paper ?? ''}${one.outcome === 'decided' ? '' : `  ${one.outcome.toUpperCase()}`}`,
      );
      print(`        up, Kbit/s: ${split(one)}`);
      print(`        p50 of: ${phases(one)}`);
      print(
        `        per replica and transaction: ${one.messages} messages; bytes: ${list(one.bytesByKind)}; work in ms: ${list(one.workMs)}  [${one.seconds.toFixed(0)} s]`,
      );
    }
  }
  return rows;
}

/** Where the time goes. */
const phases = (one: TableRow): string =>
  Object.entries(one.phases)
    .sort((a, b) => a[1].at - b[1].at)
    .map(([name, { at, share }]) => `${name} ${at} ms${share < 100 ? ` (${share} %)` : ''}`)
    .join(', ');

/** Where the upload goes. */
const split = (one: TableRow): string => {
  const of = one.bytesByKind;
  const all = Object.values(of).reduce((sum, bytes) => sum + bytes, 0);
  const share = (bytes: number): string => ((bytes / all) * one.uploadMbit * 1000).toFixed(0);
  const { votes = 0, headers = 0, acknowledgements = 0 } = of;
  return `votes and values ${share(votes)}, headers ${share(headers)}, acknowledgements ${share(acknowledgements)}, everything else ${share(all - votes - headers - acknowledgements)}`;
};

const list = (of: Readonly<Record<string, number>>): string =>
  Object.entries(of)
    .sort((a, b) => b[1] - a[1])
    .slice(0, 9)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
