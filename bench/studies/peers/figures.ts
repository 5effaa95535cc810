/** What is made of what was measured: series, ratios, and the tables. */
import { PEERS_DELAYS, PEERS_GOSSIP_MS, PEERS_NOISE } from '../../limits.ts';
import { median } from '../../stats.ts';
import type { Conditions, Labels, Plot, Published, Ratio, Series, Table } from '../../study.ts';

export const COUNTERSIGN = 'Countersign';
export const COMET_DEFAULT = 'CometBFT default';
export const COMET_TUNED = 'CometBFT tuned';
/** With files on a disk, where those of the others are in memory. */
export const COMET_ON_DISK = 'CometBFT tuned, on disk';
export const YJS_FIRST = 'Yjs, first to have it';
export const YJS_LAST = 'Yjs, last to have it';

export type System =
  | typeof COUNTERSIGN
  | typeof COMET_DEFAULT
  | typeof COMET_TUNED
  | typeof COMET_ON_DISK
  | typeof YJS_FIRST
  | typeof YJS_LAST;

/** Where a transaction's time was taken. */
export interface Configuration {
  readonly system: System;
  readonly replicas: number;
  /** Milliseconds one way. */
  readonly delay: number;
  /** A quarter of them, rounded down. */
  readonly stopped: boolean;
}

export interface Measured extends Configuration {
  readonly samples: readonly number[];
  readonly cold: readonly number[];
  readonly conditions: Conditions;
}

/** What one network used, without transactions and with them. */
export interface Cost {
  readonly system: System;
  readonly replicas: number;
  /** Milliseconds that it was watched without transactions. */
  readonly idleMs: number;
  /** Of processor, in that time. */
  readonly idleProcessor: number;
  /** Bytes of payload sent in it. */
  readonly idleSent: number;
  /** The same with transactions. */
  readonly busyMs: number;
  readonly busyProcessor: number;
  readonly busySent: number;
  readonly transactions: number;
}

export const FIGURE = 'latency';

const stoppedLabel = (stopped: boolean): string => (stopped ? 'a quarter' : 'none');

export function seriesOf(one: Measured): Series {
  const { system, replicas, delay, stopped, samples, cold, conditions } = one;
  const published = publishedFor(one);
  return {
    figure: FIGURE,
    labels: { system, replicas, delay, stopped: stoppedLabel(stopped) },
    unit: 'ms',
    samples,
    ...(cold.length > 0 ? { cold } : {}),
    ...(published.length > 0 ? { published } : {}),
    conditions,
  };
}

/** The rows of the papers, each beside what it comes nearest to. */
export function publishedFor({ system, replicas, delay, stopped }: Configuration): readonly Published[] {
  const rows: Published[] = [];
  const add = (value: number | null, source: string): void => void rows.push({ value, source });
  if (system === COMET_DEFAULT && delay === 0 && !stopped) {
    if (replicas === 4) add(240.4, 'Session paper: CometBFT, 4 nodes, one L2 node, mean L1 commit');
    if (replicas === 16) {
      add(449.8, 'Session paper: CometBFT, 16 nodes, one L2 node, mean L1 commit');
    }
  }
  // Of other sizes: words, and no mark beside our box.
  if (replicas !== 16 || delay === 0) return rows;
  if (system === COUNTERSIGN)
    if (stopped) add(null, 'BeauForT with a quarter failing, up to 100 browsers, Fig. 7: within 5 s');
    else add(null, 'BeauForT, up to 100 browsers, Fig. 5: within 4 s');
  if (system === COMET_DEFAULT)
    if (stopped)
      add(null, 'Tendermint, a quarter of up to 100 failing, BeauForT paper, Fig. 7: tail of about 10 s');
    else add(null, 'Tendermint, up to 100 nodes, BeauForT paper, section 5.6: similar to BeauForT');
  return rows;
}

/** What was published of systems or sizes that are not measured here: a table, so that no figure of ours has another system's mark in its plot. */
export const PUBLISHED_TABLE: Table = {
  title: 'Published, of systems and sizes that are not measured here',
  head: ['System', 'Nodes', 'What', 'Time', 'Where'],
  rows: [
    ['BeauForT', 'up to 100', 'healthy', 'within 4 s', 'BeauForT paper, Fig. 5'],
    ['BeauForT', 'up to 100', 'a quarter failing one by one', 'within 5 s', 'the same, Fig. 7'],
    ['BeauForT', '100', 'one Byzantine', 'tail of 7 s', 'the same, Fig. 7'],
    ['Tendermint', 'up to 100', 'healthy', 'similar to BeauForT', 'the same, section 5.6'],
    ['Tendermint', 'up to 100', 'a quarter failing one by one', 'tail of about 10 s', 'the same, Fig. 7'],
    ['BFT-SMaRt', 'up to 100', 'healthy', 'within half a second', 'the same, Fig. 5'],
    ['BFT-SMaRt', '80', 'a quarter failing one by one', 'tail of 27 s', 'the same, Fig. 7'],
    ['BFT-SMaRt', '100', 'a quarter failing one by one', 'cannot handle it', 'the same, Fig. 7'],
    ['DeWS', '15', 'healthy, containers', '935 ms', 'as the session paper quotes it'],
  ],
};

/** How much worse than the baseline a ratio may be: a median of a hundred on a machine with other work differs by a third between runs. */
const TOLERANCE = 0.5;

/** Of medians. Only of what was measured on both sides. */
export function ratiosOf(all: readonly Measured[]): readonly Ratio[] {
  const of = (system: System, { replicas, delay, stopped }: Configuration): number | null => {
    const found = all.find(
      (one) =>
        one.system === system &&
        one.replicas === replicas &&
        one.delay === delay &&
        one.stopped === stopped &&
        one.samples.length > 0,
    );
    return found ? median(found.samples) : null;
  };
  return all
    .filter(({ system }) => system === COUNTERSIGN)
    .flatMap((ours) => {
      const where = `${ours.replicas} replicas, ${ours.delay} ms${ours.stopped ? ', a quarter stopped' : ''}`;
      const own = of(COUNTERSIGN, ours);
      const beside = (other: System, ourTimeOverTheirs: boolean): readonly Ratio[] => {
        const theirs = of(other, ours);
        if (own === null || theirs === null) return [];
        return [
          ourTimeOverTheirs
            ? {
                name: `${COUNTERSIGN} / ${other}: ${where}`,
                value: own / theirs,
                better: 'lower',
                tolerance: TOLERANCE,
              }
            : {
                name: `${other} / ${COUNTERSIGN}: ${where}`,
                value: theirs / own,
                better: 'higher',
                tolerance: TOLERANCE,
              },
        ];
      };
      return [...beside(COMET_DEFAULT, false), ...beside(COMET_TUNED, false), ...beside(YJS_LAST, true)];
    });
}

/** Processor and payload of a transaction, beyond what the network uses in the same time without one. */
export function costPerTransaction(one: Cost): { readonly processor: number; readonly sent: number } {
  const idle = one.busyMs / one.idleMs;
  return {
    processor: (one.busyProcessor - one.idleProcessor * idle) / one.transactions,
    sent: (one.busySent - one.idleSent * idle) / one.transactions,
  };
}

/** A trial of tuned CometBFT with so many milliseconds between two looks at what a peer lacks. */
export interface Trial {
  readonly replicas: number;
  readonly gossip: number;
  /** Of transactions, milliseconds, in the order of the delays. */
  readonly medians: readonly number[];
  /** Processor milliseconds of all validators in one without transactions. */
  readonly idleProcessor: number;
}

/** The one whose medians have the smallest product: every delay counts alike. Of at least one. */
export function bestOf(trials: readonly Trial[]): number {
  const product = ({ medians }: Trial): number => medians.reduce((all, one) => all * one, 1);
  return trials.reduce((best, one) => (product(one) < product(best) ? one : best)).gossip;
}

export function trialTable(trials: readonly Trial[]): Table {
  return {
    title:
      'CometBFT tuned: how often a validator looks at what its peers lack, tried at each size, and the best one measured',
    head: [
      'Replicas',
      'peer_gossip_sleep_duration',
      ...PEERS_DELAYS.map((delay) => `p50 at ${delay} ms (ms)`),
      'Processor, idle (ms/s)',
      '',
    ],
    rows: trials.map((one) => [
      one.replicas,
      `${one.gossip} ms`,
      ...one.medians.map((value) => rounded(value, 0)),
      rounded(one.idleProcessor * 1_000, 0),
      one.gossip === bestOf(trials.filter(({ replicas }) => replicas === one.replicas)) ? 'taken' : '',
    ]),
  };
}

/** In a table: what the idle network's own variation hides is not a figure. */
export const BELOW_NOISE = '–';

export function costTable(costs: readonly Cost[]): Table {
  return {
    title: 'What all replicas together use, healthy, at 0 ms',
    head: [
      'System',
      'Replicas',
      'Transactions a second',
      'Processor, idle (ms/s)',
      'Processor per transaction, all (ms)',
      'Processor per transaction, beyond idle (ms)',
      'Payload, idle (kB/s)',
      'Payload per transaction, beyond idle (kB)',
    ],
    rows: costs.map((one) => {
      const { processor, sent } = costPerTransaction(one);
      const idleFor = one.busyMs / one.idleMs / one.transactions;
      const beyond = (value: number, idle: number, digits: number): number | string =>
        value > PEERS_NOISE * idle ? rounded(value, digits) : BELOW_NOISE;
      return [
        one.system,
        one.replicas,
        rounded((one.transactions / one.busyMs) * 1_000, 1),
        rounded((one.idleProcessor / one.idleMs) * 1_000, 0),
        rounded(one.busyProcessor / one.transactions, 1),
        beyond(processor, one.idleProcessor * idleFor, 1),
        rounded(one.idleSent / one.idleMs, 1),
        beyond(sent / 1_000, (one.idleSent * idleFor) / 1_000, 1),
      ];
    }),
  };
}

/** As bench/peers/cometbft/validator.go sets them: a change there is a change here. */
export const SETTINGS_TABLE: Table = {
  title: 'Settings of CometBFT',
  head: ['Setting', COMET_DEFAULT, COMET_TUNED],
  rows: [
    ['timeout_commit', '1 s', '0'],
    ['skip_timeout_commit', 'false', 'true'],
    ['create_empty_blocks', 'true', 'false'],
    ['timeout_propose, and more each round', '3 s, 500 ms', '300 ms, 100 ms'],
    ['timeout_prevote, and more each round', '1 s, 500 ms', '200 ms, 100 ms'],
    ['timeout_precommit, and more each round', '1 s, 500 ms', '200 ms, 100 ms'],
    ['peer_gossip_sleep_duration', '100 ms', `${PEERS_GOSSIP_MS.join(', ')} ms: see the trials`],
    ['flush_throttle_timeout', '100 ms', '1 ms'],
  ],
};

export function plotsFor(delays: readonly number[]): readonly Plot[] {
  return delays.flatMap((delay) =>
    [false, true].map((stopped): Plot => {
      const where: Labels = { delay, stopped: stoppedLabel(stopped) };
      const title = `${delay} ms one way, ${stopped ? 'a quarter stopped' : 'healthy'}`;
      return {
        kind: 'box',
        title,
        figure: FIGURE,
        by: 'replicas',
        split: 'system',
        where,
        logarithmic: true,
      };
    }),
  );
}

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));
