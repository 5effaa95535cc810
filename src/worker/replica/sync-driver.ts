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
import { ROOTS_DEBOUNCE_MS, ROOTS_PERIOD_MS, ROOTS_TOLD_AT_ONCE } from '../limits.ts';
import type { Replica } from './replica.ts';
import { SyncAnswers } from './sync-answers.ts';
import { SyncPull, type NeighbourFigures } from './sync-pull.ts';

type SyncMessage = Extract<PeerMessage, { type: 'roots' | 'want-nodes' | 'nodes' | 'want-keys' }>;

/** What was told last over one link about one tree, by each side. */
interface Exchanged {
  own: string | null;
  theirs: string | null;
}

const TREES: readonly TreeName[] = ['main', 'network'];

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
  readonly #exchanged = new Map<LinkId, Map<TreeName, Exchanged>>();
  /** Where telling a few goes on. */
  #turn = 0;
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
      this.#tellAll(Infinity);
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
      trees: TREES.map((tree) => {
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
    this.#exchanged.delete(link);
    this.#answers.unlinked(link);
    this.#pull.unlinked(link);
  }

  receive(link: LinkId, message: SyncMessage): void {
    switch (message.type) {
      case 'roots':
        this.#of(link, message.tree).theirs = message.certified + message.open;
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
      else this.#tellAll(ROOTS_TOLD_AT_ONCE);
    }, wait);
  }

  /** To so many of those neighbours who may lack something or have something, the next time to others; and to all devices, to whom nothing is pushed. */
  #tellAll(atMost: number): void {
    if (this.#replica.stopped) return;
    for (const device of this.#replica.devices.keys()) this.tell(device);
    const links = [...this.#replica.links.keys()];
    let told = 0;
    for (let i = 0; i < links.length && told < atMost; i++) {
      this.#turn = (this.#turn + 1) % links.length;
      if (this.tell(links[this.#turn]!)) told++;
    }
  }

  /**
   * The roots, to one that may compare itself. False when nothing had to be said: over this link each side has told the other the same root
   * already, for both trees. A device tells none, so it is told again and again.
   */
  tell(link: LinkId): boolean {
    let told = false;
    for (const tree of TREES) {
      const { certified, open } = this.#trees[tree].root();
      const root = certified + open;
      const last = this.#of(link, tree);
      if (last.own === root && last.theirs === root) continue;
      told = true;
      if (this.#replica.send(link, { type: 'roots', tree, certified, open }, 'bulk')) last.own = root;
    }
    return told;
  }

  #of(link: LinkId, tree: TreeName): Exchanged {
    let trees = this.#exchanged.get(link);
    if (!trees) this.#exchanged.set(link, (trees = new Map()));
    let exchanged = trees.get(tree);
    if (!exchanged) trees.set(tree, (exchanged = { own: null, theirs: null }));
    return exchanged;
  }
}
