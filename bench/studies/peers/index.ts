/**
 * Side by side, in one run on one machine: the time of a transaction in Countersign, in CometBFT as it comes and tuned for a single transaction's
 * time, and in Yjs, which asks nobody. The same sizes, value, lines, and failures.
 */
import {
  PEERS_COLD,
  PEERS_DELAYS,
  PEERS_IDLE_MS,
  PEERS_QUICK_IDLE_MS,
  PEERS_QUICK_SAMPLES,
  PEERS_SAMPLES,
  PEERS_SAY_MS,
  PEERS_SETTLE_MS,
  PEERS_SIZES,
  PEERS_STOPPED_REST_MS,
  PEERS_VALUE_BYTES,
} from '../../limits.ts';
import { percentile } from '../../stats.ts';
import type { Outcome, Study, StudyContext } from '../../study.ts';
import { openBed, type Bed } from './browser.ts';
import { buildCometbft, openCometbft, type Settings } from './cometbft.ts';
import { openCountersign } from './countersign.ts';
import {
  COMET_DEFAULT,
  COMET_ON_DISK,
  COMET_TUNED,
  costTable,
  COUNTERSIGN,
  plotsFor,
  ratiosOf,
  seriesOf,
  SETTINGS_TABLE,
  YJS_FIRST,
  YJS_LAST,
  type Cost,
  type Measured,
  type System,
} from './figures.ts';
import { memoryFolder } from './folders.ts';
import { quarterOf, sleep, type PeerNetwork } from './network.ts';
import { atRandomMoments, oneByOne, type Pace } from './pace.ts';
import { openYjs } from './yjs.ts';

export const study: Study = {
  name: 'peers',
  title: 'Beside CometBFT and Yjs',
  minutes: { full: 28, quick: 3 },
  run,
};

async function run(context: StudyContext): Promise<Outcome> {
  const talk = createTalk(context);
  const sizes = context.quick ? PEERS_SIZES.slice(0, 1) : PEERS_SIZES;
  const count = context.quick ? PEERS_QUICK_SAMPLES : PEERS_SAMPLES;
  const plan: Plan = { context, talk, count, measured: [], costs: [] };
  const skipped: string[] = [];
  let bed: Bed | null = null;
  let dispose: (() => Promise<void>) | null = null;
  try {
    talk.at('building the pages');
    bed = await openBed();
    talk.at('building the CometBFT program; the first time its modules are fetched');
    const comet = await buildCometbft();
    if (comet.ok) dispose = comet.dispose;
    else skipped.push(comment(comet.message));
    const inMemory = memoryFolder() !== null;
    for (const n of sizes) {
      const opened = bed;
      await network(plan, COUNTERSIGN, n, () => openCountersign(opened, n));
      if (comet.ok) {
        const { path } = comet;
        for (const settings of ['default', 'tuned'] as const satisfies readonly Settings[])
          await network(plan, settings === 'default' ? COMET_DEFAULT : COMET_TUNED, n, () =>
            openCometbft(path, { n, settings }),
          );
        if (n === sizes[0] && inMemory)
          await onDisk(plan, () => openCometbft(path, { n, settings: 'tuned', onDisk: true }));
      }
      await floor(plan, bed, n);
    }
    const { measured, costs } = plan;
    return {
      series: measured.map(seriesOf),
      plots: plotsFor(PEERS_DELAYS),
      tables: [costTable(costs), ...(comet.ok ? [SETTINGS_TABLE] : [])],
      ratios: ratiosOf(measured),
      notes: notes(comet.ok ? comet.go : null, inMemory),
      notComparable: NOT_COMPARABLE,
      skipped,
    };
  } finally {
    talk.end();
    await dispose?.();
    await bed?.close();
  }
}

interface Plan {
  readonly context: StudyContext;
  readonly talk: Talk;
  readonly count: number;
  readonly measured: Measured[];
  readonly costs: Cost[];
}

/** Healthy on every delay, then with a quarter stopped on every delay, in the opposite order: lines change as seldom as can be. */
async function network(
  plan: Plan,
  system: System,
  n: number,
  open: () => Promise<PeerNetwork>,
): Promise<void> {
  plan.talk.at(`${system}, ${n}: opening`);
  const opened = await open();
  try {
    const keys = keysOf(opened, PEERS_VALUE_BYTES);
    const everybody = Array.from({ length: n }, (_, place) => place);
    plan.talk.at(`${system}, ${n}: first transactions`);
    let cold = await oneByOne(0)(PEERS_COLD, keys(everybody));
    const idle = await used(opened, plan.context.quick ? PEERS_QUICK_IDLE_MS : PEERS_IDLE_MS);
    for (const delay of PEERS_DELAYS) {
      if (delay > 0) await opened.delay(delay);
      const busy = await transactions(plan, opened, keys(everybody), { system, delay, stopped: false, cold });
      if (delay === 0) plan.costs.push({ system, replicas: n, ...idle, ...busy });
      cold = [];
    }
    const stopped = quarterOf(n);
    plan.talk.at(`${system}, ${n}: stopping ${stopped.length}`);
    await opened.stop(stopped);
    await sleep(PEERS_SETTLE_MS);
    const others = everybody.filter((place) => !stopped.includes(place));
    for (const [i, delay] of [...PEERS_DELAYS].reverse().entries()) {
      if (i > 0) await opened.delay(delay);
      await transactions(plan, opened, keys(others), { system, delay, stopped: true, cold });
    }
  } finally {
    await opened.close();
  }
}

/** What the disk costs CometBFT: the smallest network once more, with its files there. */
async function onDisk(plan: Plan, open: () => Promise<PeerNetwork>): Promise<void> {
  plan.talk.at(`${COMET_ON_DISK}: opening`);
  const opened = await open();
  try {
    const everybody = Array.from({ length: opened.n }, (_, place) => place);
    const keys = keysOf(opened, PEERS_VALUE_BYTES);
    const cold = await oneByOne(0)(PEERS_COLD, keys(everybody));
    const system = COMET_ON_DISK;
    await transactions(plan, opened, keys(everybody), { system, delay: 0, stopped: false, cold });
  } finally {
    await opened.close();
  }
}

/** Each key once, by the places in turn. */
function keysOf(
  { set }: PeerNetwork,
  bytes: number,
): (places: readonly number[]) => (i: number) => Promise<number> {
  let serial = 0;
  return (places) => (i) => set(places[i % places.length]!, `key-${++serial}`, bytes);
}

interface Wanted {
  readonly system: System;
  readonly delay: number;
  readonly stopped: boolean;
  readonly cold: readonly number[];
}

type Busy = Pick<Cost, 'busyMs' | 'busyProcessor' | 'busySent' | 'transactions'>;

async function transactions(
  { context, talk, count, measured }: Plan,
  opened: PeerNetwork,
  make: (i: number) => Promise<number>,
  { system, delay, stopped, cold }: Wanted,
): Promise<Busy> {
  const { n } = opened;
  const what = `${system}, ${n}, ${delay} ms${stopped ? ', a quarter stopped' : ''}`;
  talk.at(what);
  const rest = system === COMET_TUNED && stopped ? PEERS_STOPPED_REST_MS : 0;
  const pace: Pace = system === COMET_DEFAULT ? atRandomMoments(stopped) : oneByOne(delay, rest);
  let done = 0;
  const { value, conditions } = await context.under(async () => {
    const [before, began] = [await opened.usage(), performance.now()];
    const samples = await pace(count, async (i) => {
      const took = await make(i);
      talk.at(`${what}: ${++done} of ${count}`, false);
      return took;
    });
    const [busyMs, after] = [performance.now() - began, await opened.usage()];
    const busyProcessor = after.processor - before.processor;
    return { samples, busy: { busyMs, busyProcessor, busySent: after.sent - before.sent } };
  });
  measured.push({ system, replicas: n, delay, stopped, samples: value.samples, cold, conditions });
  talk.result(what, value.samples);
  return { ...value.busy, transactions: count };
}

async function used(
  opened: PeerNetwork,
  ms: number,
): Promise<Pick<Cost, 'idleMs' | 'idleProcessor' | 'idleSent'>> {
  await sleep(PEERS_SETTLE_MS);
  const [before, began] = [await opened.usage(), performance.now()];
  await sleep(ms);
  const [idleMs, after] = [performance.now() - began, await opened.usage()];
  return { idleMs, idleProcessor: after.processor - before.processor, idleSent: after.sent - before.sent };
}

async function floor({ context, talk, count, measured }: Plan, bed: Bed, n: number): Promise<void> {
  talk.at(`Yjs, ${n}: opening`);
  const opened = await openYjs(bed, n);
  try {
    let serial = 0;
    let cold: readonly { readonly first: number; readonly last: number }[] = [];
    const set = (i: number): ReturnType<typeof opened.set> =>
      opened.set(i % n, `key-${++serial}`, PEERS_VALUE_BYTES);
    for (const delay of PEERS_DELAYS) {
      opened.delay(delay);
      await sleep(PEERS_SETTLE_MS);
      if (serial === 0) cold = await spreads(PEERS_COLD, set);
      const what = `Yjs, ${n}, ${delay} ms`;
      talk.at(what);
      const { value, conditions } = await context.under(() => spreads(count, set));
      for (const [system, of] of [
        [YJS_FIRST, 'first'],
        [YJS_LAST, 'last'],
      ] as const)
        measured.push({
          ...{ system, replicas: n, delay, stopped: false, conditions },
          samples: value.map((one) => one[of]),
          cold: cold.map((one) => one[of]),
        });
      cold = [];
      talk.result(
        what,
        value.map(({ last }) => last),
      );
    }
  } finally {
    await opened.close();
  }
}

async function spreads<T>(count: number, set: (i: number) => Promise<T>): Promise<readonly T[]> {
  const all: T[] = [];
  // Nothing follows an update: no pause need be longer on longer lines.
  await oneByOne(0)(count, async (i) => {
    all.push(await set(i));
    return 0;
  });
  return all;
}

interface Talk {
  /** What is being done; said at once, or, when that is false, when nothing else has been said for a while. */
  at(what: string, now?: boolean): void;
  result(what: string, samples: readonly number[]): void;
  end(): void;
}

function createTalk({ say }: StudyContext): Talk {
  let doing = '';
  let said = 0;
  const tell = (line: string): void => {
    said = performance.now();
    say(line);
  };
  const timer = setInterval(() => {
    if (performance.now() - said >= PEERS_SAY_MS) tell(`${doing} …`);
  }, PEERS_SAY_MS / 4);
  return {
    at(what, now = true) {
      doing = what;
      if (now) tell(what);
    },
    result(what, samples) {
      const sorted = [...samples].sort((a, b) => a - b);
      const [p50, p90] = [50, 90].map((p) => percentile(sorted, p).toFixed(0));
      tell(`${what}: p50 ${p50} ms, p90 ${p90} ms, longest ${sorted.at(-1)!.toFixed(0)} ms`);
    },
    end: () => clearInterval(timer),
  };
}

const comment = (message: string): string => `${message} Countersign and Yjs are measured without it.`;

const notes = (go: string | null, inMemory: boolean): readonly string[] => [
  `A transaction sets a key that nobody has set to ${PEERS_VALUE_BYTES} random bytes. The members make them in turn. Its time is taken at the member that makes it, by that member's clock: in Countersign from the call of set until the page holds the certificate, in CometBFT from handing the transaction to the validator's mempool until that validator has executed the block that holds it (broadcast_tx_commit, called inside the validator's process), in Yjs until the first and the last of the other pages have the key.`,
  'Countersign, tuned CometBFT and Yjs: one transaction at a time, each a random pause after the one before was confirmed. Tuned CometBFT with a quarter stopped rests 300 ms longer than the others: every transaction is followed by a second block, and one whose proposer is dead would else delay the next transaction. CometBFT as it comes makes a block a second whatever is offered; there transactions come at random moments, several a second, and share blocks: each waits as long as it would alone.',
  'With a quarter stopped: the last ones of the list (1 of 4, 1 of 7, 4 of 16) are killed, a page by a crash and a validator by SIGKILL, and stay dead; figures begin when the others have noticed it. The validators have the same keys in every run, so that the places of the dead in the order of proposers are the same.',
  "Delays: the UDP packets of the pages go through sockets of the benchmark, CometBFT's TCP connections through a proxy of its own process; each holds what arrives for so many milliseconds and keeps the order. Both pass through these also at 0 ms. Bandwidth is not limited and nothing is lost.",
  'CometBFT: version 0.38.26, one process a validator with the application inside it, full mesh, no peer exchange.',
  ...(go === null
    ? []
    : [
        `Built with ${go}. ${inMemory ? "Its files were in memory, as those of a browser's contexts are; one configuration shows what a disk costs." : 'Its files were on disk, because this system has no file system in memory with room: it syncs them several times a block, while those of the browser contexts stayed in memory.'}`,
      ]),
  'Processor time is that of all processes of the browser, or of all validators; not that of the lines between them.',
];

const NOT_COMPARABLE: readonly string[] = [
  'CometBFT orders all transactions in one chain of blocks that everybody executes; Countersign certifies each version of a key by itself, and orders nothing between keys. An application that needs the order of all gets it from CometBFT only.',
  'CometBFT is native code in processes made for servers, over TCP in a full mesh; a Countersign replica is a page with a worker, and 16 of them share one browser, keep 7 or more links each over WebRTC, and pass on what they hear.',
  'The files of both are in memory here. On a disk, CometBFT syncs its log and its signing state several times a block, and Countersign writes to IndexedDB before it votes: other studies have profiles on disk.',
  'Tuned CometBFT looks for new votes a hundred times a second for every peer, sends every message at once, and pays for both with processor time and packets; its timeouts fit lines of 60 ms and would have to be longer on worse ones. Countersign is as it ships.',
  'Yjs over y-webrtc decides nothing: no signature, no quorum, no order, and no answer to whoever wrote. It is what the same lines and pages allow at best. Links carry one way only, where an agreement needs three.',
  "The papers' figures are of other machines, and of Tendermint and BFT-SMaRt in their versions and settings; BeauForT's Tendermint gossips between up to 100 replicas.",
  'All of it shares the processors of one machine. With 16 replicas on two cores, computing and waiting for a core is a large part of every figure without delays; at 60 ms less so.',
];
