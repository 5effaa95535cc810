/**
 * What this replica pulls from its neighbours: it compares its tree with theirs, one question a neighbour at a time, and asks for the
 * keys that it lacks, a page a neighbour at a time. A neighbour is taken at its word until that does not hold: who does not answer, or
 * says that it has what it does not send, is passed over for a while that doubles. What one neighbour was asked for is asked of the
 * next as soon as it failed, so a liar holds up nobody for longer than SYNC_PATIENCE_MS.
 */
import type { Milliseconds } from '../../codec/brand.ts';
import type { PeerMessage, TreeName } from '../../codec/messages.ts';
import { Descent } from '../../crdt/descent.ts';
import type { MerkleTree } from '../../crdt/merkle.ts';
import { isFilled, type Lack } from '../../crdt/sync.ts';
import type { LinkId } from '../../net/types.ts';
import type { TimerHandle } from '../clock.ts';
import {
  MAX_LACKS_PER_LINK,
  MAX_SYNC_QUIET_MS,
  ROOTS_DEBOUNCE_MS,
  ROOTS_PERIOD_MS,
  SYNC_PAGE_KEYS,
  SYNC_PAGE_PATIENCE_MS,
  SYNC_PATIENCE_MS,
  SYNC_PAUSE_LACKS,
  SYNC_QUIET_MS,
} from '../limits.ts';
import { Budget } from './budget.ts';
import type { Replica } from './replica.ts';

type Roots = Extract<PeerMessage, { type: 'roots' }>;
type Nodes = Extract<PeerMessage, { type: 'nodes' }>;

const TREES: readonly TreeName[] = ['main', 'network'];

interface Wanted {
  readonly tree: TreeName;
  readonly lack: Lack;
}

/** A comparison that found nothing although the roots differ: as a rule the other lacks something. */
interface Fruitless {
  /** Both sides' roots. */
  readonly pair: string;
  readonly times: number;
  readonly until: Milliseconds;
}

interface Neighbour {
  readonly link: LinkId;
  /** Told, and not compared yet. */
  readonly roots: Map<TreeName, Roots>;
  readonly descents: Map<TreeName, { readonly descent: Descent; readonly pair: string }>;
  readonly fruitless: Map<TreeName, Fruitless>;
  /** By path. */
  readonly lacks: Map<string, Wanted>;
  /** Asked for, and not here yet. */
  readonly asked: Map<string, Wanted>;
  /** Roots that were, or are being, compared, until everything found there is here. */
  readonly following: Map<TreeName, string>;
  readonly budget: Budget;
  /** When the page of `asked` was asked for, and when something came of this neighbour's word last, or began to. */
  pageAt: Milliseconds;
  cameAt: Milliseconds;
  /** When a question of a comparison was asked last. */
  questionAt: Milliseconds;
  /** It asks here for what it lacks, so its roots are about to change. */
  pullsUntil: Milliseconds;
  /** How often in a row its word did not hold. */
  strikes: number;
  quietUntil: Milliseconds;
  timer: TimerHandle | null;
}

/** How it stands with one neighbour. */
export interface NeighbourFigures {
  readonly link: LinkId;
  /** Trees under comparison. */
  readonly comparing: number;
  /** Keys that it has and this replica lacks: not asked for yet, and asked for. */
  readonly lacks: number;
  readonly asked: number;
  /** It catches up from here. */
  readonly pulls: boolean;
  readonly strikes: number;
  readonly quietUntil: Milliseconds;
}

export class SyncPull {
  readonly #replica: Replica;
  readonly #trees: Readonly<Record<TreeName, MerkleTree>>;
  readonly #neighbours = new Map<LinkId, Neighbour>();
  #looking = false;

  constructor(replica: Replica, trees: Readonly<Record<TreeName, MerkleTree>>) {
    this.#replica = replica;
    this.#trees = trees;
  }

  linked(link: LinkId): void {
    this.#neighbours.set(link, {
      link,
      roots: new Map(),
      descents: new Map(),
      fruitless: new Map(),
      lacks: new Map(),
      asked: new Map(),
      following: new Map(),
      budget: new Budget(this.#replica.now),
      pageAt: 0,
      cameAt: -Infinity,
      questionAt: 0,
      pullsUntil: -Infinity,
      strikes: 0,
      quietUntil: 0,
      timer: null,
    });
  }

  unlinked(link: LinkId): void {
    const neighbour = this.#neighbours.get(link);
    if (!neighbour) return;
    this.#clear(neighbour);
    this.#neighbours.delete(link);
    this.#goOn();
  }

  stop(): void {
    for (const neighbour of this.#neighbours.values()) this.#clear(neighbour);
    this.#neighbours.clear();
  }

  /** Something of the current state is known to be lacking, and on its way. */
  get isPulling(): boolean {
    for (const { lacks, asked } of this.#neighbours.values())
      if (lacks.size > 0 || asked.size > 0) return true;
    return false;
  }

  figures(): NeighbourFigures[] {
    const { now } = this.#replica;
    return [...this.#neighbours.values()].map((one) => ({
      link: one.link,
      comparing: one.descents.size,
      lacks: one.lacks.size,
      asked: one.asked.size,
      pulls: one.pullsUntil > now,
      strikes: one.strikes,
      quietUntil: one.quietUntil,
    }));
  }

  told(link: LinkId, roots: Roots): void {
    const neighbour = this.#neighbours.get(link);
    if (!neighbour) return;
    neighbour.roots.set(roots.tree, roots);
    this.#consider(neighbour);
  }

  nodes(link: LinkId, message: Nodes): void {
    const neighbour = this.#neighbours.get(link);
    const current = neighbour?.descents.get(message.tree);
    if (!neighbour || !current) return;
    const before = current.descent.cost;
    const lacks = current.descent.take(message.nodes, message.answered);
    if (!lacks) return;
    neighbour.budget.spend(current.descent.cost - before);
    for (const lack of lacks)
      if (neighbour.lacks.size < MAX_LACKS_PER_LINK && !neighbour.asked.has(lack.path))
        neighbour.lacks.set(lack.path, { tree: message.tree, lack });
    this.#step(neighbour);
  }

  /** The neighbour asked for so many heads that it lacks; after a full page comes another. */
  pulled(link: LinkId, heads: number): void {
    const neighbour = this.#neighbours.get(link);
    const wait = heads < SYNC_PAGE_KEYS ? ROOTS_DEBOUNCE_MS : SYNC_PATIENCE_MS;
    if (neighbour) neighbour.pullsUntil = this.#replica.now + wait;
  }

  /** Heads have changed: looked at once a turn, a page of certificates at a time. */
  changed(): void {
    if (this.#looking || !this.isPulling) return;
    this.#looking = true;
    this.#replica.options.clock.setTimeout(() => {
      this.#looking = false;
      if (this.#replica.stopped) return;
      let ended = false;
      for (const neighbour of this.#neighbours.values()) {
        if (neighbour.asked.size === 0) continue;
        for (const [path, { tree, lack }] of neighbour.asked)
          if (isFilled(this.#trees[tree], lack) && neighbour.asked.delete(path))
            neighbour.cameAt = this.#replica.now;
        if (neighbour.asked.size > 0) continue;
        neighbour.strikes = 0;
        ended = true;
      }
      if (ended) this.#goOn();
    }, 0);
  }

  /** Begins a comparison where the roots differ and nobody else is being asked about the same ones. */
  #consider(neighbour: Neighbour): void {
    const { now } = this.#replica;
    for (const tree of TREES) {
      const theirs = neighbour.roots.get(tree);
      if (!theirs || neighbour.descents.has(tree)) continue;
      const own = this.#trees[tree].root();
      if (own.certified === theirs.certified && own.open === theirs.open) {
        neighbour.roots.delete(tree);
        neighbour.fruitless.delete(tree);
        continue;
      }
      if (now < neighbour.quietUntil || neighbour.lacks.size > 0 || neighbour.asked.size > 0) continue;
      const root = theirs.certified + theirs.open;
      if (this.#isComparedElsewhere(tree, root)) continue;
      // It catches up here: what it has beyond that is seen when it is done. It tells its roots after each change.
      if (now < neighbour.pullsUntil) continue;
      const pair = own.certified + own.open + root;
      const fruitless = neighbour.fruitless.get(tree);
      const again = fruitless?.pair === pair ? fruitless : null;
      if (again && now < again.until) continue;
      neighbour.roots.delete(tree);
      neighbour.descents.set(tree, { descent: new Descent(this.#trees[tree], again !== null), pair });
      neighbour.following.set(tree, root);
      neighbour.cameAt = now;
    }
    this.#step(neighbour);
  }

  #isComparedElsewhere(tree: TreeName, root: string): boolean {
    // Only as long as something comes of it: a liar that tells an honest neighbour's root does not keep that one waiting.
    const since = this.#replica.now - SYNC_PATIENCE_MS;
    for (const { following, cameAt } of this.#neighbours.values())
      if (following.get(tree) === root && cameAt > since) return true;
    return false;
  }

  /** Asks what can be asked now. */
  #step(neighbour: Neighbour): void {
    this.#askKeys(neighbour);
    let ended = false;
    for (const [tree, { descent, pair }] of neighbour.descents) {
      if (descent.isOver) {
        neighbour.descents.delete(tree);
        ended = true;
        if (descent.found > 0) neighbour.fruitless.delete(tree);
        else this.#noteFruitless(neighbour, tree, pair);
        continue;
      }
      if (neighbour.lacks.size > SYNC_PAUSE_LACKS || neighbour.budget.wait(this.#replica.now) > 0) continue;
      const question = descent.next();
      if (!question) continue;
      neighbour.questionAt = this.#replica.now;
      this.#replica.send(neighbour.link, { type: 'want-nodes', tree, ...question }, 'bulk');
    }
    if (neighbour.lacks.size === 0 && neighbour.asked.size === 0) {
      for (const tree of TREES) if (!neighbour.descents.has(tree)) neighbour.following.delete(tree);
    }
    this.#watch(neighbour);
    if (ended) this.#goOn();
  }

  #noteFruitless(neighbour: Neighbour, tree: TreeName, pair: string): void {
    const before = neighbour.fruitless.get(tree);
    const times = before?.pair === pair ? before.times + 1 : 1;
    const until = this.#replica.now + Math.min(ROOTS_PERIOD_MS * 2 ** (times - 1), MAX_SYNC_QUIET_MS) - 1;
    neighbour.fruitless.set(tree, { pair, times, until });
  }

  /** A page of what lacks here and is not on its way from another neighbour. */
  #askKeys(neighbour: Neighbour): void {
    if (neighbour.asked.size > 0) return;
    const heads: string[] = [];
    const open: string[] = [];
    for (const [path, wanted] of neighbour.lacks) {
      if (heads.length >= SYNC_PAGE_KEYS || open.length >= SYNC_PAGE_KEYS) break;
      const { tree, lack } = wanted;
      if (lack.open) open.push(path);
      else if (isFilled(this.#trees[tree], lack)) neighbour.lacks.delete(path);
      else if (!this.#isAskedElsewhere(path)) {
        heads.push(path);
        neighbour.asked.set(path, wanted);
      }
    }
    for (const path of [...heads, ...open]) neighbour.lacks.delete(path);
    if (heads.length > 0) {
      neighbour.pageAt = this.#replica.now;
      this.#replica.fetcher.expect(SYNC_PATIENCE_MS);
      this.#replica.send(neighbour.link, { type: 'want-keys', keys: [], paths: heads, values: true }, 'bulk');
    }
    if (open.length > 0)
      this.#replica.send(neighbour.link, { type: 'want-keys', keys: [], paths: open }, 'bulk');
  }

  #isAskedElsewhere(path: string): boolean {
    for (const { asked } of this.#neighbours.values()) if (asked.has(path)) return true;
    return false;
  }

  /** Its word has to hold in time: an answer, and what it said it has. */
  #watch(neighbour: Neighbour): void {
    const { clock } = this.#replica.options;
    if (neighbour.timer !== null) clock.clearTimeout(neighbour.timer);
    neighbour.timer = null;
    const { now } = this.#replica;
    const deadline = this.#deadline(neighbour);
    const isHeldBack = neighbour.descents.size > 0 && neighbour.budget.wait(now) > 0;
    if (deadline === Infinity && !isHeldBack) return;
    const wait = Math.min(deadline - now, isHeldBack ? neighbour.budget.wait(now) : Infinity);
    neighbour.timer = clock.setTimeout(
      () => {
        neighbour.timer = null;
        if (this.#replica.stopped) return;
        if (this.#deadline(neighbour) <= this.#replica.now) this.#strike(neighbour);
        else this.#step(neighbour);
      },
      Math.max(1, wait),
    );
  }

  #deadline({ asked, descents, pageAt, cameAt, questionAt }: Neighbour): Milliseconds {
    const page =
      asked.size > 0
        ? Math.min(Math.max(cameAt, pageAt) + SYNC_PATIENCE_MS, pageAt + SYNC_PAGE_PATIENCE_MS)
        : Infinity;
    const isAsking = [...descents.values()].some(({ descent }) => descent.isWaiting);
    return Math.min(page, isAsking ? questionAt + SYNC_PATIENCE_MS : Infinity);
  }

  #strike(neighbour: Neighbour): void {
    this.#clear(neighbour);
    neighbour.strikes++;
    const quiet = Math.min(SYNC_QUIET_MS * 2 ** (neighbour.strikes - 1), MAX_SYNC_QUIET_MS);
    neighbour.quietUntil = this.#replica.now + quiet;
    this.#goOn();
  }

  #clear(neighbour: Neighbour): void {
    if (neighbour.timer !== null) this.#replica.options.clock.clearTimeout(neighbour.timer);
    neighbour.timer = null;
    neighbour.descents.clear();
    neighbour.following.clear();
    neighbour.lacks.clear();
    neighbour.asked.clear();
  }

  /** One neighbour is done or has failed: the others may have waited for that. */
  #goOn(): void {
    if (this.#replica.stopped) return;
    for (const neighbour of [...this.#neighbours.values()]) {
      this.#step(neighbour);
      this.#consider(neighbour);
    }
    if (!this.isPulling) this.#replica.history.resume();
  }
}
