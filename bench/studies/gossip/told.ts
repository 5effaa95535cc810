/** Words of the study: what was published, what the figures say and do not, and how they are drawn. */
import type { Plot, Published } from '../../study.ts';
import {
  GOSSIP_DELAY_MS,
  GOSSIP_KEPT_UP,
  GOSSIP_PACES,
  GOSSIP_SAMPLES,
  GOSSIP_TRANSACTIONS,
} from '../../limits.ts';
import type { Extent } from './extent.ts';

const HEALTHY: readonly Published[] = [
  {
    value: 4_000,
    source:
      'BeauForT, 100 browsers, Fig. 5: “can confirm transactions within 4 seconds, even with a network of one hundred browsers”',
  },
  // Another system's time is told in words: a mark would stand in the plot of ours.
  { value: null, source: 'BFT-SMaRt, Fig. 5: “can confirm transactions within half a second”' },
  {
    value: null,
    source:
      'BeauForT, section 5.6, of itself: “can achieve similar latencies as other gossip-based BFT protocols, such as Tendermint”; the text has no number for it',
  },
];

export const PUBLISHED = {
  healthy: (n: number): readonly Published[] => [
    ...HEALTHY,
    ...(n === 16
      ? [{ value: null, source: 'DeWS, 15 nodes in a network of containers: “approximately 935ms”' }]
      : []),
  ],
  failing: [
    {
      value: 5_000,
      source: 'BeauForT, 25 % failing, Fig. 7: “can still confirm transactions within 5 seconds”',
    },
    {
      value: null,
      source: 'Tendermint, 25 % failing, Fig. 7: “the tail latency is doubled to about 10 seconds”',
    },
    {
      value: null,
      source:
        'BFT-SMaRt, 25 % failing, Fig. 7: “the tail latency increases to 27 seconds for the scenario with 80 replicas”',
    },
    { value: null, source: 'BFT-SMaRt, 25 % failing, Fig. 7: “It cannot handle the case with 100 replicas”' },
  ],
  byzantine: [
    {
      value: 7_000,
      source:
        'BeauForT, one Byzantine, Fig. 7: “for networks of size 100 replicas, the tail latency becomes 7 seconds”',
    },
  ],
  network: [{ value: 3_000, source: 'BeauForT, 100 browsers, Fig. 6: “uses less than 3 Mbit/s”' }],
} satisfies Record<string, readonly Published[] | ((n: number) => readonly Published[])>;

export const NOT_COMPARABLE: readonly string[] = [
  'The paper does not say whether its 3 Mbit/s are sent, received or both; ours are both. “The browser clients will do one transaction per second” may mean each of them; here it is all of them together.',
  'The paper ran one to five browsers in each of 20 virtual machines with 8 processors each, so a replica had more than a processor of its own; here all replicas share the processors of one machine, and above some 16 of them the machine is a part of the figure. The table of processor time says how large a part.',
  'The paper delays every packet of a machine by the kernel (tc), to an average of 60 ms; here every packet between two replicas passes a relay in user space, which holds it for 60 ms without jitter. The relay runs on the same processors, and its time is in the table.',
  'Published figures at 80 and 100 replicas stand beside ours at 4 to 40: with 100 browsers a machine of this size measures nothing but itself. The simulator goes on from there (study `scale`).',
  'BFT-SMaRt and Tendermint are servers in the paper’s figures, in other languages and with other signatures. Both stand here as the paper gives them; a system of that kind measured on this machine is in the study `peers`.',
  'Replicas are contexts of one Chromium, with a process each for page and worker, but one network and one storage process for all; their storage is in memory. What profiles on disk add is measured at 4 replicas (label `storage`).',
  'The paper makes one transaction a second at every size. Two processors do not bear that with 25 replicas and more: there the pace is slower (label `pace`), so that a transaction is measured and not a queue. Network use is given for one a second at every size: what a transaction takes, and a second without any.',
  'The paper does not say how large its transaction is; ours has about 1 KiB.',
  'The Byzantine replica of the paper makes the others verify every message from then on. Here Ed25519 signatures of votes are always verified and only BLS shares are not, so that one bad share convicts: nothing is slower afterwards, and the liar is out.',
  'DeWS was measured with 15 nodes in containers and no added delay, and answers after a service has run; it stands here because the session paper names it.',
];

export const notesOf = (quick: boolean): readonly string[] => [
  ...(quick
    ? ['A quick run: a few samples of each part, to see that it works. Its figures do not count.']
    : []),
  `A transaction is a \`set\` of about 1 KiB by one replica after the other, \`pace\` a second: ${GOSSIP_PACES.map(({ upTo, pace }) => `${pace} up to ${upTo} replicas`).join(', ')}. It is made at its time whatever became of those before, ${GOSSIP_SAMPLES} in a row over the product’s links and ${GOSSIP_TRANSACTIONS} in a row over each drawn topology; it is timed in the page, from the call until it resolves with the durable decision. Up to four keys of each replica change in turn.`,
  `\`load\`: “overloaded” where fewer than ${GOSSIP_KEPT_UP * 100} % of what was offered in a second were decided in a second. A queue grew there, and latency says how long it was.`,
  'First samples are the first transaction of each replica’s life, one when the last is decided; they stand with the first series of each group of replicas that was started.',
  `Links of ${GOSSIP_DELAY_MS} ms: every UDP packet between two replicas is held for that long, both ways. Where \`links\` is a number the topology was drawn and told to the replicas (ten topologies, in the same pages); where it is “product” they chose as the product does: all of them up to 16, at least seven above.`,
  'A quarter failing: every packet to and from a replica is dropped, its signaling too, for one replica after another, five seconds apart. The replicas that stay make the transactions. The box holds all samples from the first failure on, and what was under way then. They fail over the links that the series “healthy” was measured over just before: everybody is linked to everybody.',
  'One Byzantine: its COMMITs carry bad BLS shares under good Ed25519 signatures, which nobody checks on the fast path; it falls silent once everybody has convicted it.',
  'Under load, a transaction is timed from the moment at which it was due: waiting in a busy page counts. What was refused or not decided within the patience is in the samples with the whole of it, a minute.',
  'Network use is of one replica, sent and received together. `payload`: frames of the mesh, inside DTLS. `wire`: UDP datagrams as they pass the relay with 28 bytes of IP and UDP headers each: SCTP, DTLS, STUN and acknowledgements are in it. A sample is one replica over one window of four transactions, or over one topology.',
  'Processor time of a replica is that of its renderer process, that is page and worker, without what it uses in as long a time without transactions, as looked at before each series; a sample is one replica over a window or a topology, and may be below zero where it was less idle then.',
  'Least hops: link delays after which the decision can be known at the submitter if no work took time, from the very topology (three in a full mesh).',
];

export function plotsOf({ groups }: Extent): readonly Plot[] {
  const inMemory = { delay: GOSSIP_DELAY_MS, storage: 'memory' };
  const where = { ...inMemory, links: 'product' };
  const drawn = groups.filter(({ parts }) => parts.some(({ kind }) => kind === 'drawn')).map(({ n }) => n);
  const onDisk = groups.filter(({ storage }) => storage === 'disk').map(({ n }) => n);
  return [
    {
      kind: 'box',
      title: 'Latency as the product links its replicas',
      figure: 'latency',
      by: 'replicas',
      split: 'scenario',
      where,
    },
    ...drawn.map((replicas): Plot => ({
      kind: 'box',
      title: `Latency of ${replicas} replicas over ten topologies of each degree`,
      figure: 'latency',
      by: 'links',
      split: 'load',
      where: { ...inMemory, replicas, scenario: 'healthy' },
    })),
    ...onDisk.map((replicas): Plot => ({
      kind: 'box',
      title: `Latency of ${replicas} replicas with storage in memory and profiles on disk`,
      figure: 'latency',
      by: 'storage',
      where: { replicas, links: 'product', scenario: 'healthy' },
    })),
    {
      kind: 'line',
      title: 'Latency against offered load (transactions a second)',
      figure: 'latency under load',
      by: 'rate',
      split: 'replicas',
      where: inMemory,
      logarithmic: true,
    },
    {
      kind: 'line',
      title: 'Network use of one replica at one transaction a second',
      figure: 'network use',
      by: 'replicas',
      split: 'counted',
      where: { ...where, scenario: 'healthy' },
    },
    {
      kind: 'line',
      title: 'Processor time of one replica for one transaction',
      figure: 'processor time of a replica for one transaction',
      by: 'replicas',
      where: { ...where, scenario: 'healthy' },
    },
  ];
}
