/**
 * Whole replicas under virtual time, from 16 to 200 of them, with what work costs in a browser of this machine; and the same simulator over the
 * topologies that the browsers were measured over, so that its error is known.
 */
import { availableParallelism } from 'node:os';
import { BROWSER_WORKER, type Costs } from '../../../test/sim/world/costs.ts';
import type { WorldResult } from '../../../test/sim/world/world.ts';
import { GOSSIP_SPARSE, SCALE_FAILURE_EVERY_MS, SCALE_SETTLED_MS, SCALE_UPLOAD_MBIT } from '../../limits.ts';
import { attempt } from '../../part.ts';
import type { Outcome, Series, Study, StudyContext } from '../../study.ts';
import type { GossipFacts } from '../gossip/facts.ts';
import {
  failingText,
  goalNotes,
  grouped,
  PLOTS,
  ratiosOf,
  seriesOf,
  tablesOf,
  validationOf,
  type Group,
  type Validated,
} from './figures.ts';
import { FULL, plan, QUICK, validationRuns } from './plan.ts';
import { simulated, withProgram } from './runs.ts';
import { pageMessageMsBySize, type ProcessorUse } from './validation.ts';

export const study: Study = {
  name: 'scale',
  title: 'Up to 200 replicas, simulated with the costs of the browser run, and held against it',
  minutes: { full: 24, quick: 2 },
  run: (context) => withProgram((program) => run(context, program)),
};

async function run(context: StudyContext, program: string): Promise<Outcome> {
  const facts = (await context.earlier('gossip'))?.facts as Partial<GossipFacts> | undefined;
  const costs = facts?.costs ?? BROWSER_WORKER;
  const extent = context.quick ? QUICK : FULL;
  const groups: Group[] = [];
  const failed = { series: [] as Series[], notes: [] as string[] };
  // Without it the figures are those of another machine, and nothing says how far off they are.
  if (!context.quick)
    await attempt('costs and latencies of the browsers', context, failed, () => {
      const lacking = lackingOf(facts);
      if (lacking !== null) throw new Error(lacking);
      return Promise.resolve();
    });
  for (const [scenario, planned] of plan(extent, costs))
    await attempt(scenario, context, failed, async () => {
      const { value, conditions } = await context.under(() =>
        simulated(
          program,
          scenario,
          planned.map(({ options }) => options),
          context.say,
        ),
      );
      groups.push(...grouped(planned, value, conditions));
    });
  const found = (await attempt('the simulator beside the browsers', context, failed, () =>
    validate(context, program, facts, costs),
  )) ?? { all: [], notes: [], skipped: [] };
  const validation = validationOf(found.all);
  const series = seriesOf(groups);
  return {
    series: [...series, ...validation.series, ...failed.series],
    plots: [...PLOTS, ...validation.plots],
    tables: [...validation.tables, ...tablesOf(groups)],
    ratios: [...ratiosOf(groups), ...validation.ratios],
    notes: [
      ...failed.notes,
      ...goalNotes(series, failed.series.length === 0),
      ...validation.notes,
      ...found.notes,
      costsNote(facts?.costs ?? null),
      "Time is virtual: a run gives the same figures on every machine and under every load, and the BLS job beside it says nothing about them. What makes them another machine's are the costs above.",
      'Commit latency is from the proposal to the durable decision at the browser that submitted it, as in the paper; "latest replica" until the last honest one that is not to fail has it. The goals are held against the latter, which is never the smaller.',
      `One transaction a second by each replica in turn, each on a key of its own; links of 60 ms without jitter; ${SCALE_UPLOAD_MBIT} Mbit/s of upload with a queue; ${SCALE_SETTLED_MS / 1000} s before the first. No transaction is left out: the first of each topology floods, since nobody knows yet which neighbour brings whose votes.`,
      'Upload and download are told apart, each of a replica: downloads are what honest members sent to it. The paper does not say in which direction its 3 Mbit/s go (Fig. 6); they stand beside the upload, the direction that a home connection has less of. The study gossip has both directions together.',
      'Upload, payload: all messages of a replica, encoded. On the wire: bytes + 93 for each datagram of at most 1,200 (IP 20, UDP 8, DTLS 13 + 8 + 16, SCTP 12 + 16), no two messages in one, and 93 for a SACK for every second datagram within 200 ms, or for each that comes alone. Left out: ICE checks and pings, some 30 bytes a second and link.',
      `A quarter failing: ${failingText([...extent.fullSizes, ...extent.faultSizes])} lose power without a word, one by one every ${SCALE_FAILURE_EVERY_MS / 1000} s, while transactions go on; their neighbours notice 12 to 15 s later, as the mesh does. The mesh would look for new neighbours then; here nobody does, so those who remain have fewer links in the end.`,
      "One Byzantine: bad signatures, shares and certificates until 5 s of virtual time, over the first two transactions; silent after that. The paper's exact script is not published.",
      'Two contend: two members propose different values for the same version at the same moment; each waits for that version to be decided. In the full mesh also with f gone (their links are closed, so they are suspected: four hops are the aim) and with f silent (links up and not a word: W0 more). With f Byzantine: as many as the protocol bears complete polkas and certificates for one neighbour at the last moment, the role that cost most time of all. W0 is measured by each replica in all of these runs; the cost table of docs/verification.md gives 600 ms instead, and its contested rows are faster for it.',
      'The published figures are read from the text around Fig. 5 to 7; the boxes themselves are not published as numbers.',
    ],
    notComparable: [
      'BeauForT, Tendermint and BFT-SMaRt were measured on 20 servers with 8 cores, one to five browsers on each, and 60 ms as a mean; these are simulations with a processor for each replica and exactly 60 ms. How far the simulator is from browsers that share a machine is in its own table.',
      'The paper does not say in which direction its 3 Mbit/s are (Fig. 6): held against upload and download together, ours would be twice as near to it.',
      'The paper\'s "the browser clients will do one transaction per second" may mean all of them together, as here, or each: with 100 that would be a hundred a second.',
      'BFT-SMaRt and Tendermint stand in words: their marks would be in plots of ours. BFT-SMaRt links everybody to everybody: its half second has fewer hops to cross than any gossip.',
    ],
    skipped: found.skipped,
  };
}

/** What a full run needs of the study gossip and does not have; null: nothing. */
export function lackingOf(facts: Partial<GossipFacts> | undefined): string | null {
  if (!facts?.costs) return 'there is no outcome of the study gossip in this folder: run it first';
  const sizes = new Set(facts.validation?.map(({ n }) => n));
  const without = GOSSIP_SPARSE.filter((n) => !sizes.has(n));
  return without.length === 0 ? null : `the study gossip has no drawn topologies of ${without.join(', ')}`;
}

const costsNote = (measured: Costs | null): string =>
  `${measured ? 'Costs of work, measured in a browser worker of this machine by the study gossip' : 'There is no outcome of the study gossip: costs of work as the cost table has them (test/sim/world/costs.ts)'}, milliseconds: ${JSON.stringify(measured ?? BROWSER_WORKER)}.`;

/** Sizes and degrees that are held against browsers with `--quick`, over one topology each. */
const QUICK_NETWORKS = 2;

interface Found {
  readonly all: readonly Validated[];
  readonly notes: readonly string[];
  readonly skipped: readonly string[];
}

/** Each network of the browsers twice: a processor for each replica, and all of them on the machine's. */
async function validate(
  context: StudyContext,
  program: string,
  facts: Partial<GossipFacts> | undefined,
  costs: Costs,
): Promise<Found> {
  const known = facts?.validation ?? [];
  const measured = context.quick
    ? known.slice(0, QUICK_NETWORKS).map((of) => ({ ...of, topologies: of.topologies.slice(0, 1) }))
    : known;
  if (measured.length === 0)
    return {
      all: [],
      notes: [],
      skipped: [
        'The simulator was not held against browsers: there is no outcome of the study gossip in this folder.',
      ],
    };
  const cores = availableParallelism();
  const { value, conditions } = await context.under(async () => {
    const own = measured.flatMap((of) => validationRuns(of, costs, null));
    const alone = bySize(measured, await simulated(program, 'a processor each', own, context.say));
    const pageMs = pageMessageMsBySize(measured.map((of, i) => useOf(of.processorMs, of.n, alone[i]!)));
    const all = measured.flatMap((of) =>
      validationRuns(of, costs, { cores, pageMessageMs: pageMs.get(of.n)!.ms }),
    );
    const shared = bySize(measured, await simulated(program, 'shared processors', all, context.say));
    return { alone, shared, pageMs };
  });
  const own = (results: readonly WorldResult[]): readonly number[] =>
    results.flatMap(({ transactions }) => transactions.map((one) => one.own));
  return {
    all: measured.map((of, i) => ({
      measured: of,
      alone: own(value.alone[i]!),
      shared: own(value.shared[i]!),
      sharedProcessorMs: useOf(of.processorMs, of.n, value.shared[i]!).workMs,
      predicted: value.pageMs.get(of.n)!.predicted,
      conditions,
    })),
    notes: [
      `The simulator held against browsers: the same topologies, submitters, delay, pace and sizes. Shared processors: n workers and n pages with one thread each on ${cores} processors, first come first served. Measured: costs of work in one browser worker, and the processor time of a replica's process for a transaction. Derived, from processor time alone and never from latencies: what the page's thread takes for each message, out and in, which is what work and messages leave of that time. For each size it is fitted on the other sizes, so neither latencies nor processor time of the size itself have a say in what is simulated for it: ${[...value.pageMs].map(([n, { ms, predicted }]) => `${ms.toFixed(3)} ms at ${n}${predicted ? '' : ' (of this size itself: there is no other)'}`).join(', ')}. Messages are counted in the runs with a processor each; on shared processors there are more of them, since votes that come late are sent in more messages, so the processor time simulated there may be above the measured one: the table has both. Not in the model: the process that the packets pass on their way (it runs on the same processors; the study gossip measured what it takes), the browser's own network and storage processes, garbage collection, and whatever else the machine does.`,
    ],
    skipped: [],
  };
}

function bySize(
  measured: GossipFacts['validation'],
  results: readonly WorldResult[],
): readonly (readonly WorldResult[])[] {
  let next = 0;
  return measured.map(({ topologies }) => results.slice(next, (next += topologies.length)));
}

/** Means over the topologies; a message counts where it leaves and where it arrives. */
function useOf(measuredMs: number, n: number, results: readonly WorldResult[]): ProcessorUse {
  const sum = (of: (result: WorldResult) => number): number =>
    results.reduce((total, result) => total + of(result), 0);
  const shares = n * sum(({ transactions }) => transactions.length);
  const work = sum(({ charged }) => Object.values(charged).reduce((total, ms) => total + ms, 0));
  return { n, measuredMs, workMs: work / shares, messages: (2 * sum(({ packets }) => packets)) / shares };
}
