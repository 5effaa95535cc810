/**
 * Side by side, in one run on one machine: the time of a transaction in Countersign, in CometBFT as it comes and tuned for a single transaction's
 * time, and in Yjs, which asks nobody. The same sizes, value, lines, and failures.
 */
import {
  PEERS_DELAYS,
  PEERS_GOSSIP_MS,
  PEERS_IDLE_MS,
  PEERS_NOISE,
  PEERS_PACE,
  PEERS_PAUSE_MORE_MS,
  PEERS_QUICK_IDLE_MS,
  PEERS_QUICK_SAMPLES,
  PEERS_QUICK_TRIALS,
  PEERS_SAMPLES,
  PEERS_SAY_MS,
  PEERS_SETTLE_MS,
  PEERS_SIZES,
  PEERS_STOPPED_PACE,
  PEERS_TRIAL_IDLE_MS,
  PEERS_TRIALS,
  PEERS_VALUE_BYTES,
} from '../../limits.ts';
import { attempt } from '../../part.ts';
import { median, percentile } from '../../stats.ts';
import type { Outcome, Series, Study, StudyContext } from '../../study.ts';
import { openBed, type Bed } from './browser.ts';
import { buildCometbft, openCometbft, type CometbftOptions } from './cometbft.ts';
import { openCountersign } from './countersign.ts';
import {
  BELOW_NOISE,
  bestOf,
  COMET_DEFAULT,
  COMET_ON_DISK,
  COMET_TUNED,
  costTable,
  COUNTERSIGN,
  plotsFor,
  ratiosOf,
  seriesOf,
  PUBLISHED_TABLE,
  SETTINGS_TABLE,
  trialTable,
  YJS_FIRST,
  YJS_LAST,
  type Cost,
  type Measured,
  type System,
  type Trial,
} from './figures.ts';
import { memoryFolder } from './folders.ts';
import { quarterOf, sleep, type PeerNetwork } from './network.ts';
import { atRandomMoments, atRest, oneByOne, overRotations, pick, type Pace } from './pace.ts';
import { openYjs } from './yjs.ts';

export const study: Study = {
  name: 'peers',
  title: 'Beside CometBFT and Yjs',
  minutes: { full: 26, quick: 3 },
  run,
};

async function run(context: StudyContext): Promise<Outcome> {
  const talk = createTalk(context);
  const sizes = context.quick ? PEERS_SIZES.slice(0, 1) : PEERS_SIZES;
  const count = context.quick ? PEERS_QUICK_SAMPLES : PEERS_SAMPLES;
  const plan: Plan = { context, talk, count, measured: [], costs: [], trials: [] };
  const skipped: string[] = [];
  const found = { series: [] as Series[], notes: [] as string[] };
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
      const part = <T>(what: string, measure: () => Promise<T>): Promise<T | null> =>
        attempt(`${what}, ${n} replicas`, context, found, measure);
      const whole = (system: System, open: () => Promise<PeerNetwork>): Promise<unknown> =>
        part(system, () => network(plan, system, n, open));
      await whole(COUNTERSIGN, () => openCountersign(opened, n));
      if (comet.ok) {
        const { path } = comet;
        await whole(COMET_DEFAULT, () => openCometbft(path, { n, settings: 'default' }));
        const gossip = await part(`${COMET_TUNED}, trials`, () => bestGossip(plan, path, n));
        if (gossip !== null) {
          const tuned: CometbftOptions = { n, settings: 'tuned', gossip };
          await whole(COMET_TUNED, () => openCometbft(path, tuned));
          if (n === sizes[0] && inMemory)
            await part(COMET_ON_DISK, () =>
              onDisk(plan, () => openCometbft(path, { ...tuned, onDisk: true })),
            );
        }
      }
      await part('Yjs', () => floor(plan, opened, n));
    }
    const { measured, costs, trials } = plan;
    return {
      series: [...measured.map(seriesOf), ...found.series],
      plots: plotsFor(PEERS_DELAYS),
      tables: [costTable(costs), ...(comet.ok ? [trialTable(trials), SETTINGS_TABLE] : []), PUBLISHED_TABLE],
      ratios: ratiosOf(measured),
      notes: [...found.notes, ...notes(comet.ok ? comet.go : null, inMemory)],
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
  readonly trials: Trial[];
}

const places = (n: number): readonly number[] => Array.from({ length: n }, (_, place) => place);

/** How often tuned validators of a network of n look at what their peers lack: the more often, the sooner, until looking takes the processors. */
async function bestGossip(plan: Plan, path: string, n: number): Promise<number> {
  const here: Trial[] = [];
  for (const gossip of PEERS_GOSSIP_MS) {
    plan.talk.at(`${COMET_TUNED}, ${n}: trial with ${gossip} ms between two looks`);
    const opened = await openCometbft(path, { n, settings: 'tuned', gossip });
    try {
      const make = keysOf(opened);
      const everybody = places(n);
      const pace = atRest(opened.turns!, everybody, false);
      await pace(n, make.inTurn(everybody));
      const idle = await used(opened, PEERS_TRIAL_IDLE_MS);
      const medians: number[] = [];
      for (const delay of PEERS_DELAYS) {
        await opened.delay(delay);
        const count = plan.context.quick ? PEERS_QUICK_TRIALS : PEERS_TRIALS;
        medians.push(median(await pace(count, make.drawn(everybody))));
      }
      here.push({ replicas: n, gossip, medians, idleProcessor: idle.idleProcessor / idle.idleMs });
    } finally {
      await opened.close();
    }
  }
  const best = bestOf(here);
  plan.trials.push(...here);
  plan.talk.at(`${COMET_TUNED}, ${n}: ${best} ms between two looks is best`);
  return best;
}

/**
 * Healthy on every delay, then with a quarter stopped, in the opposite order: lines change as seldom as can be. CometBFT as it comes is measured on
 * long lines alone then: there its rotations take half a minute, and without delays they are but a few per cent shorter.
 */
async function network(
  plan: Plan,
  system: System,
  n: number,
  open: () => Promise<PeerNetwork>,
): Promise<void> {
  plan.talk.at(`${system}, ${n}: opening`);
  const opened = await open();
  try {
    const make = keysOf(opened);
    const everybody = places(n);
    plan.talk.at(`${system}, ${n}: first transactions`);
    let cold = await paceOf(opened, { system, delay: 0, stopped: false, members: everybody })(
      n,
      make.inTurn(everybody),
    );
    const idle = await used(opened, plan.context.quick ? PEERS_QUICK_IDLE_MS : PEERS_IDLE_MS);
    for (const delay of PEERS_DELAYS) {
      if (delay > 0) await opened.delay(delay);
      const busy = await transactions(plan, opened, make, {
        ...{ system, delay, stopped: false, cold, members: everybody },
      });
      if (delay === 0) plan.costs.push({ system, replicas: n, ...idle, ...busy });
      cold = [];
    }
    const stopped = quarterOf(n);
    plan.talk.at(`${system}, ${n}: stopping ${stopped.length}`);
    await opened.stop(stopped);
    await sleep(PEERS_SETTLE_MS);
    const members = everybody.filter((place) => !stopped.includes(place));
    for (const [i, delay] of [...PEERS_DELAYS].reverse().entries()) {
      if (i > 0 && system === COMET_DEFAULT) break;
      if (i > 0) await opened.delay(delay);
      await transactions(plan, opened, make, { system, delay, stopped: true, cold, members });
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
    const members = places(opened.n);
    const make = keysOf(opened);
    const where: Where = { system: COMET_ON_DISK, delay: 0, stopped: false, members };
    const cold = await paceOf(opened, where)(opened.n, make.inTurn(members));
    await transactions(plan, opened, make, { ...where, cold });
  } finally {
    await opened.close();
  }
}

/** Each key once. */
interface Keys {
  /** By these places in turn: what each compiles at first is over then. */
  inTurn(members: readonly number[]): (i: number) => Promise<number>;
  /** By one of these drawn each time: in turn, they would keep step with proposers that take turns. */
  drawn(members: readonly number[]): (i: number) => Promise<number>;
}

function keysOf({ set }: PeerNetwork): Keys {
  let serial = 0;
  const at = (place: number): Promise<number> => set(place, `key-${++serial}`, PEERS_VALUE_BYTES);
  return {
    inTurn: (members) => (i) => at(members[i % members.length]!),
    drawn: (members) => () => at(pick(members, Math.random())),
  };
}

interface Where {
  readonly system: System;
  readonly delay: number;
  readonly stopped: boolean;
  /** Places of those that make transactions. */
  readonly members: readonly number[];
}

interface Wanted extends Where {
  readonly cold: readonly number[];
}

function paceOf({ n, turns }: PeerNetwork, { system, delay, stopped, members }: Where): Pace {
  if (turns === null) return oneByOne(delay);
  if (system !== COMET_DEFAULT) return atRest(turns, members, stopped);
  return stopped ? overRotations(n, turns.height) : atRandomMoments;
}

type Busy = Pick<Cost, 'busyMs' | 'busyProcessor' | 'busySent' | 'transactions'>;

async function transactions(
  { context, talk, count, measured }: Plan,
  opened: PeerNetwork,
  make: Keys,
  wanted: Wanted,
): Promise<Busy> {
  const { n } = opened;
  const { system, delay, stopped, cold, members } = wanted;
  const what = `${system}, ${n}, ${delay} ms${stopped ? ', a quarter stopped' : ''}`;
  talk.at(what);
  const pace = paceOf(opened, wanted);
  const drawn = make.drawn(members);
  let done = 0;
  const { value, conditions } = await context.under(async () => {
    const [before, began] = [await opened.usage(), performance.now()];
    const samples = await pace(count, async (i) => {
      const took = await drawn(i);
      talk.at(`${what}: ${++done} of ${Math.max(count, i + 1)}`, false);
      return took;
    });
    const [busyMs, after] = [performance.now() - began, await opened.usage()];
    const busyProcessor = after.processor - before.processor;
    return { samples, busy: { busyMs, busyProcessor, busySent: after.sent - before.sent } };
  });
  measured.push({ system, replicas: n, delay, stopped, samples: value.samples, cold, conditions });
  talk.result(what, value.samples);
  return { ...value.busy, transactions: value.samples.length };
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
      if (serial === 0) cold = await spreads(n, set);
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
  for (let i = 0; i < count; i++) {
    // Nothing follows an update: it needs no rest, only moments that keep step with nothing.
    await sleep(PEERS_PAUSE_MORE_MS * Math.random());
    all.push(await set(i));
  }
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
  `A transaction sets a key that nobody has set to ${PEERS_VALUE_BYTES} random bytes. Members that are drawn make them, after a first, cold one at each. Its time is taken where it is made, by that page's or process's clock: in Countersign from the call of set until the page holds the certificate, in CometBFT from handing the transaction to the validator's mempool until that validator has executed the block that holds it (broadcast_tx_commit, called inside the validator's process), in Yjs until the first and the last of the other pages have the key. In Yjs two clocks are read, that of the page that sets the key and that of the page where it comes: pages of one browser are processes whose clocks were set against the same one when each began, and may differ by a fraction of a millisecond and more where the system's clock was corrected in between.`,
  'Countersign and Yjs: one transaction at a time, each a random pause after the one before was confirmed. Tuned CometBFT the same, after it has come to rest: every transaction is followed by a second block, which tells the new state. Its proposers take turns by blocks, so with an even number of them every transaction would meet the same half of them, the dead one always or never; with a quarter stopped a block of its own, which changes nothing and is not timed, therefore moves the turn on before half of the transactions, by chance.',
  `CometBFT as it comes makes a block a second whatever is offered; there transactions come at random moments, ${PEERS_PACE} a second, and share blocks: each waits as long as it would alone, but those of one block are not independent of one another. With a quarter stopped they come ${PEERS_STOPPED_PACE} a second over whole rotations of the proposers, as many as come by then: the time that the dead have is in them as often as it is in the network's.`,
  'Tuned CometBFT looks for what its peers lack as often as was best in a trial at each size (the table of trials): three such loops for each peer take much of two cores at 16 validators when they look a hundred times a second.',
  'With a quarter stopped: the last ones of the list (1 of 4, 1 of 7, 4 of 16) are killed, a page by a crash and a validator by SIGKILL, and stay dead; figures begin when the others have noticed it. CometBFT as it comes is then measured with 60 ms alone: without delays its timeouts of seconds are the same. The validators have the same keys in every run, so that the places of the dead in the order of proposers are the same.',
  "Delays: the UDP packets of the pages go through sockets of the benchmark, CometBFT's TCP connections through a proxy of its own process; each holds what arrives for so many milliseconds and keeps the order. Both pass through these also at 0 ms. Bandwidth is not limited and nothing is lost.",
  'CometBFT: version 0.38.26, one process a validator with the application inside it, full mesh, no peer exchange.',
  ...(go === null
    ? []
    : [
        `Built with ${go}. ${inMemory ? "Its files were in memory, as those of a browser's contexts are; one configuration shows what a disk costs." : 'Its files were on disk, because this system has no file system in memory with room: it syncs them several times a block, while those of the browser contexts stayed in memory.'}`,
      ]),
  `Processor time is that of all processes of the browser, or of all validators; not that of the lines between them. CometBFT as it comes has several transactions in a block, so what a block costs is spread over them: its costs per transaction are of ${PEERS_PACE} a second, those of the others of one at a time. "${BELOW_NOISE}": less than ${PEERS_NOISE * 100} % of what the idle network takes in that time, which varies by as much.`,
];

const NOT_COMPARABLE: readonly string[] = [
  'CometBFT orders all transactions in one chain of blocks that everybody executes; Countersign certifies each version of a key by itself, and orders nothing between keys. An application that needs the order of all gets it from CometBFT only.',
  'CometBFT is native code in processes made for servers, over TCP in a full mesh; a Countersign replica is a page with a worker, and 16 of them share one browser, keep 15 links each over WebRTC, and pass on what they hear.',
  'The files of both are in memory here. On a disk, CometBFT syncs its log and its signing state several times a block, and Countersign writes to IndexedDB before it votes: other studies have profiles on disk.',
  'Tuned CometBFT looks for new votes ten to a hundred times a second for every peer, sends every message at once, and pays for both with processor time and packets; its timeouts fit lines of 60 ms and would have to be longer on worse ones. Countersign is as it ships.',
  'Yjs over y-webrtc decides nothing: no signature, no quorum, no order, and no answer to whoever wrote. It is what the same lines and pages allow at best. Links carry one way only, where an agreement needs three.',
  "The papers' figures are of other machines, and of Tendermint and BFT-SMaRt in their versions and settings; BeauForT's Tendermint gossips between up to 100 replicas. So they stand in a table and not in the plots.",
  "The session paper's means of 240.4 and 449.8 ms stand beside CometBFT as it comes, which makes a block a second and cannot have such a mean when transactions come at random moments: half a second would be waiting alone. The paper's settings, or its moments, must differ; it does not tell them.",
  "The BeauForT paper's quarter fails one by one while transactions go on, and its figures hold those moments. Here the quarter is dead, and noticed, before the first transaction: what is compared is a network that goes on without them. The study gossip fails them one by one.",
  'The BeauForT paper\'s "the browser clients will do one transaction per second" may mean all of them together or each; here it is one at a time in the network.',
  'All of it shares the processors of one machine. With 16 replicas on two cores, computing and waiting for a core is a large part of every figure without delays; at 60 ms less so.',
];
