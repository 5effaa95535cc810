/**
 * One comparison of two trees, as the side that lacks something sees it: which prefixes to ask for, what an answer may say, when it
 * is over. Deepest first, one question at a time, so an honest tree needs little memory and a false one gets only so far.
 */
import { MAX_KEYS_PER_MESSAGE } from '../codec/limits.ts';
import type { TreeNode } from '../codec/messages.ts';
import {
  ASK_PREFIXES,
  MAX_ASK_DEPTH,
  MAX_ASK_TAG_BYTES,
  MAX_PENDING_PREFIXES,
  MAX_PREFIXES_PER_DESCENT,
} from './limits.ts';
import type { MerkleTree } from './merkle.ts';
import { compareNode, tagsBelow, type Lack } from './sync.ts';

export interface Question {
  readonly prefixes: readonly string[];
  readonly tags?: readonly Uint8Array[];
}

export class Descent {
  readonly #tree: MerkleTree;
  readonly #whole: boolean;
  /** Last in, first out. */
  readonly #pending: string[] = [''];
  #asked: readonly string[] | null = null;
  #count = 0;
  #lacking = 0;
  #cost = 0;

  /** `whole`: with whole digests and keys, after cut ones agreed and the roots did not. */
  constructor(tree: MerkleTree, whole: boolean) {
    this.#tree = tree;
    this.#whole = whole;
  }

  /** The next question; null when there is none, or one is not answered yet. */
  next(): Question | null {
    if (this.#asked || this.#pending.length === 0 || this.#count >= MAX_PREFIXES_PER_DESCENT) return null;
    const prefixes: string[] = [];
    const tags: Uint8Array[] = [];
    let size = 0;
    const most = Math.min(ASK_PREFIXES, MAX_KEYS_PER_MESSAGE);
    while (prefixes.length < most && size < MAX_ASK_TAG_BYTES && this.#pending.length > 0) {
      const prefix = this.#pending.pop()!;
      prefixes.push(prefix);
      if (this.#whole) continue;
      const own = tagsBelow(this.#tree, prefix);
      size += own.length;
      tags.push(own);
    }
    this.#asked = prefixes;
    this.#count += prefixes.length;
    return this.#whole ? { prefixes } : { prefixes, tags };
  }

  /** What an answer shows to be lacking. null: it answers nothing that was asked, and is not looked at. */
  take(nodes: readonly TreeNode[], answered: number | undefined): readonly Lack[] | null {
    const asked = this.#asked;
    if (!asked || answered === 0) return null;
    const done = asked.slice(0, answered ?? asked.length);
    const heads = new Set(done);
    // Every node stands at or at most two levels below one prefix that was asked for, and no two at the same place.
    const places = new Set<string>();
    for (const { prefix } of nodes) {
      const isAsked = [0, 1, 2].some(
        (up) => prefix.length >= up && heads.has(prefix.slice(0, prefix.length - up)),
      );
      if (!isAsked || places.has(prefix)) return null;
      places.add(prefix);
    }
    this.#asked = null;
    const lacks: Lack[] = [];
    for (const node of nodes) {
      this.#cost += node.kind === 'leaves' || node.kind === 'paths' ? 1 + node.leaves.length : 16;
      const found = compareNode(this.#tree, node);
      lacks.push(...found.lacks);
      for (const prefix of found.prefixes) if (prefix.length <= MAX_ASK_DEPTH) this.#put(prefix);
    }
    for (const prefix of asked.slice(done.length)) this.#put(prefix);
    this.#lacking += lacks.length;
    return lacks;
  }

  get isOver(): boolean {
    return this.#asked === null && (this.#pending.length === 0 || this.#count >= MAX_PREFIXES_PER_DESCENT);
  }

  /** A question that is not answered yet. */
  get isWaiting(): boolean {
    return this.#asked !== null;
  }

  /** Leaves found lacking so far. */
  get found(): number {
    return this.#lacking;
  }

  /** Digests and leaves compared so far. */
  get cost(): number {
    return this.#cost;
  }

  #put(prefix: string): void {
    if (this.#pending.length < MAX_PENDING_PREFIXES) this.#pending.push(prefix);
  }
}
