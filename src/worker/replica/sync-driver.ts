/**
 * Anti-entropy over the links: keeps the trees, tells their roots, and hands questions to SyncAnswers and everything else to SyncPull.
 * src/crdt decides what differs.
 */
import type { Key, Milliseconds } from '../../codec/brand.ts';
import type { PeerMessage, TreeName } from '../../codec/messages.ts';
import { createMerkleTree, type MerkleTree } from '../../crdt/merkle.ts';
import { openDigestOf } from '../../crdt/open.ts';
import { certifiedSummary, summaryPlace } from '../../crdt/summary.ts';
import type { LinkId } from '../../net/types.ts';
import type { CertifiedEntry } from '../../store/types.ts';
import type { TimerHandle } from '../clock.ts';
import { ROOTS_DEBOUNCE_MS, ROOTS_PERIOD_MS } from '../limits.ts';
import type { Replica } from './replica.ts';
import { SyncAnswers } from './sync-answers.ts';
import { SyncPull, type NeighbourFigures } from './sync-pull.ts';

type SyncMessage = Extract<PeerMessage, { type: 'roots' | 'want-nodes' | 'nodes' | 'want-keys' }>;

export interface SyncFigures {
  readonly trees: readonly {
    readonly tree: TreeName;
    readonly certified: string;
    readonly open: string;
    readonly keys: number;
  }[];
  readonly neighbours: readonly NeighbourFigures[];
}

export class SyncDriver {
  readonly #replica: Replica;
  readonly #trees: Readonly<Record<TreeName, MerkleTree>>;
  readonly #answers: SyncAnswers;
  readonly #pull: SyncPull;
  #soon: TimerHandle | null = null;
  #periodic: TimerHandle | null = null;
  #changedAt: Milliseconds = 0;

  constructor(replica: Replica) {
    this.#replica = replica;
    const { hash } = replica.options;
    const make = (): MerkleTree => createMerkleTree(hash, (key) => openDigestOf(replica.core, key));
    this.#trees = { main: make(), network: make() };
    this.#answers = new SyncAnswers(replica, this.#trees);
    this.#pull = new SyncPull(replica, this.#trees);
  }

  start(): void {
    const tick = (): void => {
      this.#tellAll();
      const { decisions, resume, options } = this.#replica;
      // Whoever surrounds a replica as it starts keeps it from voting and proposing at all.
      options.transport.waiting?.(decisions.waitsFor() ?? resume.waitsFor());
      this.#periodic = this.#replica.options.clock.setTimeout(tick, ROOTS_PERIOD_MS);
    };
    this.#periodic = this.#replica.options.clock.setTimeout(tick, ROOTS_PERIOD_MS);
  }

  stop(): void {
    for (const handle of [this.#soon, this.#periodic])
      if (handle !== null) this.#replica.options.clock.clearTimeout(handle);
    this.#answers.stop();
    this.#pull.stop();
  }

  headChanged(entry: CertifiedEntry): void {
    this.#treeOf(entry.key).setCertified(entry.key, entry.version, entry.digest);
    this.#pull.changed();
    this.#tellSoon();
  }

  openChanged(key: Key): void {
    this.#treeOf(key).touchOpen(key);
    this.#tellSoon();
  }

  certifiedRoot(): string {
    return this.#trees.main.root().certified;
  }

  /** For an ask of RESUME: the whole certified state in sixteen digests. */
  certifiedSummary(): Uint8Array {
    return certifiedSummary(Object.values(this.#trees), this.#replica.options.hash);
  }

  /** Which of the sixteen stands for a key. */
  summaryPlace(key: Key): number {
    return summaryPlace(this.#treeOf(key), key);
  }

  /** Something of the current state is known to be lacking, and on its way: the past waits. */
  get isPulling(): boolean {
    return this.#pull.isPulling;
  }

  /** What the trees say now, and how the comparisons with neighbours stand. */
  figures(): SyncFigures {
    return {
      trees: (['main', 'network'] as const).map((tree) => {
        return { tree, ...this.#trees[tree].root(), keys: this.#trees[tree].size };
      }),
      neighbours: this.#pull.figures(),
    };
  }

  linked(link: LinkId): void {
    this.#pull.linked(link);
    this.tell(link);
  }

  unlinked(link: LinkId): void {
    this.#answers.unlinked(link);
    this.#pull.unlinked(link);
  }

  receive(link: LinkId, message: SyncMessage): void {
    switch (message.type) {
      case 'roots':
        this.#pull.told(link, message);
        break;
      case 'nodes':
        this.#pull.nodes(link, message);
        break;
      case 'want-nodes':
      case 'want-keys':
        if (message.type === 'want-keys' && message.values)
          this.#pull.pulled(link, message.paths?.length ?? 0);
        this.#answers.ask(link, message);
        break;
    }
  }

  /** Certificates and open votes of keys, to a neighbour that is behind. */
  sendKeys(link: LinkId, keys: readonly Key[]): void {
    this.#answers.sendKeys(link, keys, false);
  }

  #treeOf(key: Key): MerkleTree {
    return key.startsWith('network/') ? this.#trees.network : this.#trees.main;
  }

  /** After the last of the changes: while votes come in, neighbours differ because of what is under way, and comparing would send it twice. */
  #tellSoon(): void {
    this.#changedAt = this.#replica.now;
    if (this.#soon === null) this.#tellIn(ROOTS_DEBOUNCE_MS);
  }

  #tellIn(wait: Milliseconds): void {
    this.#soon = this.#replica.options.clock.setTimeout(() => {
      this.#soon = null;
      const left = this.#changedAt + ROOTS_DEBOUNCE_MS - this.#replica.now;
      if (left > 0) this.#tellIn(left);
      else this.#tellAll();
    }, wait);
  }

  #tellAll(): void {
    if (this.#replica.stopped) return;
    for (const links of [this.#replica.links, this.#replica.devices])
      for (const link of links.keys()) this.tell(link);
  }

  /** The roots, to one that may compare itself. */
  tell(link: LinkId): void {
    for (const tree of ['main', 'network'] as const) {
      const { certified, open } = this.#trees[tree].root();
      this.#replica.send(link, { type: 'roots', tree, certified, open }, 'bulk');
    }
  }
}
