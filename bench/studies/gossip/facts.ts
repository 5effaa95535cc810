/**
 * What the study `gossip` leaves for the study `scale`, as `Outcome.facts`: what work costs in a browser worker of this machine, and what was
 * measured over which topology, so that the simulator can run over the same ones and its error be stated. Plain JSON.
 */
import type { Costs } from '../../../test/sim/world/costs.ts';

/** A pair of places, the lower one first. */
export type Edge = readonly [number, number];

export interface GossipTopology {
  /** Of `drawTopology` (topology.ts). */
  readonly seed: number;
  /** Ascending. All links of the network while it was measured: whom each replica was linked to, and nobody else. */
  readonly edges: readonly Edge[];
  /** Milliseconds from the call of `set` to its durable decision in the browser that called, in the order of the transactions. */
  readonly latencies: readonly number[];
  /** Place of the replica that made each of them. */
  readonly by: readonly number[];
}

/** One size and degree, over all its topologies. */
export interface GossipValidation {
  readonly n: number;
  /** Links of each replica; where the last ones found no place, one or two replicas have one or two fewer. */
  readonly degree: number;
  /** One way, milliseconds, without jitter or loss. */
  readonly delayMs: number;
  /** Transactions a second, by one replica after the other, each on a key of its own. */
  readonly pace: number;
  /** Bytes of the value's canonical body. */
  readonly bodyBytes: number;
  readonly samples: number;
  /** Milliseconds, of all latencies of all topologies, by nearest rank (bench/stats.ts). */
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly topologies: readonly GossipTopology[];
  /** Processor time of a replica's own process for one transaction, milliseconds, median over the topologies; idle time subtracted. */
  readonly processorMs: number;
  /** Share of the machine's processors that was in use while it was measured, 0 to 1, mean over the topologies: near 1 the machine is measured, not the protocol. */
  readonly busy: number;
  /** Decided a second as a share of `pace`, over all topologies: below 0.9 the latencies are those of a queue that grew. */
  readonly keptUp?: number;
}

export interface GossipFacts {
  /**
   * Milliseconds of one thread: minima of the samples, that is work without anybody in its way. `storeWrite`, a wait, is the median of strict
   * writes in a context as those of the replicas are, which keeps its storage in memory.
   */
  readonly costs: Costs;
  /** The same pieces of work, medians of the samples of the same minutes. */
  readonly costsMedian: Costs;
  /** Median of strict writes of 2 KiB to a profile on disk, milliseconds: what `storeWrite` is where a profile is. */
  readonly storeWriteOnDisk: number;
  /** Milliseconds of the fixed BLS job (bench/machine.ts) right before the costs were measured. */
  readonly costsBls: number;
  /** Sizes 16, 25 and 40 with the delay of the paper, the larger ones at a slower pace; what the run left out is not here. */
  readonly validation: readonly GossipValidation[];
}
