/**
 * Answers to what neighbours ask about this replica's tree and keys. Each neighbour has a budget of work for each second and a short queue, so
 * one that asks without end waits, and the others do not.
 */
import type { Digest, Key } from '../../codec/brand.ts';
import {
  MAX_CERTIFICATES_PER_MESSAGE,
  MAX_VALUES_PER_MESSAGE,
  MAX_VOTES_PER_MESSAGE,
} from '../../codec/limits.ts';
import type { PeerMessage, TreeName } from '../../codec/messages.ts';
import type { Certificate, Vote } from '../../codec/vote.ts';
import type { MerkleTree } from '../../crdt/merkle.ts';
import { votesOf } from '../../crdt/open.ts';
import { answerNodes, keysAt } from '../../crdt/sync.ts';
import type { LinkId } from '../../net/types.ts';
import type { TimerHandle } from '../clock.ts';
import {
  MAX_PUSHED_VALUE_BYTES,
  MAX_SYNC_QUESTIONS,
  SYNC_COST_PER_KEY,
  VALUES_PER_MESSAGE_BYTES,
} from '../limits.ts';
import { Budget } from './budget.ts';
import type { Replica } from './replica.ts';

export type SyncQuestion = Extract<PeerMessage, { type: 'want-nodes' | 'want-keys' }>;

interface Asker {
  readonly questions: SyncQuestion[];
  readonly budget: Budget;
  timer: TimerHandle | null;
}

export class SyncAnswers {
  readonly #replica: Replica;
  readonly #trees: Readonly<Record<TreeName, MerkleTree>>;
  readonly #askers = new Map<LinkId, Asker>();

  constructor(replica: Replica, trees: Readonly<Record<TreeName, MerkleTree>>) {
    this.#replica = replica;
    this.#trees = trees;
  }

  ask(link: LinkId, question: SyncQuestion): void {
    let asker = this.#askers.get(link);
    if (!asker) {
      asker = { questions: [], budget: new Budget(this.#replica.now), timer: null };
      this.#askers.set(link, asker);
    }
    // Dropped like a lost message: whoever needs the answer compares roots again.
    if (asker.questions.length >= MAX_SYNC_QUESTIONS) return;
    asker.questions.push(question);
    this.#serve(link, asker);
  }

  unlinked(link: LinkId): void {
    const timer = this.#askers.get(link)?.timer ?? null;
    if (timer !== null) this.#replica.options.clock.clearTimeout(timer);
    this.#askers.delete(link);
  }

  stop(): void {
    for (const link of [...this.#askers.keys()]) this.unlinked(link);
  }

  #serve(link: LinkId, asker: Asker): void {
    const { now } = this.#replica;
    while (asker.questions.length > 0 && asker.budget.wait(now) === 0)
      asker.budget.spend(this.#answer(link, asker.questions.shift()!));
    if (asker.questions.length === 0 || asker.timer !== null) return;
    asker.timer = this.#replica.options.clock.setTimeout(() => {
      asker.timer = null;
      if (!this.#replica.stopped && this.#askers.get(link) === asker) this.#serve(link, asker);
    }, asker.budget.wait(now));
  }

  /** Gives what the answer cost. */
  #answer(link: LinkId, question: SyncQuestion): number {
    if (question.type === 'want-nodes') {
      const { tree, prefixes, tags } = question;
      const { nodes, answered, cost } = answerNodes(this.#trees[tree], prefixes, tags);
      this.#replica.send(link, { type: 'nodes', tree, nodes, answered }, 'bulk');
      return cost;
    }
    const { main, network } = this.#trees;
    const named = (question.paths ?? []).flatMap((path) => [...keysAt(main, path), ...keysAt(network, path)]);
    const keys = [...new Set([...question.keys, ...named])];
    this.sendKeys(link, keys, question.values ?? false);
    return keys.length * SYNC_COST_PER_KEY;
  }

  /** Certificates and open votes of keys. A node's leaves are ours to tell; own votes wait until they are durable. */
  sendKeys(link: LinkId, keys: readonly Key[], values: boolean): void {
    void this.#replica.outbox.durable().then(async () => {
      const heads = keys.flatMap((key) => this.#replica.heads.get(key) ?? []);
      const votes = this.#votePages(keys);
      // Before the certificates: whoever checks those finds the bytes there, and writes both at once.
      if (values)
        await this.#sendValues(
          link,
          heads.map((head) => head.digest),
        );
      for (const certificates of pagesOf(heads.map((head) => head.certificate)))
        this.#replica.send(link, { type: 'certificates', certificates }, 'bulk');
      const { epoch } = this.#replica.counted;
      for (const page of votes)
        this.#replica.send(link, { type: 'votes', epoch, votes: page, values: [] }, 'bulk');
    });
  }

  /** Small ones: a large value that the asker has already would cost more than asking for it by its digest. */
  async #sendValues(link: LinkId, digests: readonly Digest[]): Promise<void> {
    let values: Uint8Array[] = [];
    let size = 0;
    const flush = (): void => {
      if (values.length > 0) this.#replica.send(link, { type: 'values', values }, 'bulk');
      values = [];
      size = 0;
    };
    for (const digest of digests) {
      const bytes = await this.#replica.valueOf(digest);
      if (!bytes || bytes.length > MAX_PUSHED_VALUE_BYTES) continue;
      if (size + bytes.length > VALUES_PER_MESSAGE_BYTES || values.length >= MAX_VALUES_PER_MESSAGE) flush();
      values.push(bytes);
      size += bytes.length;
    }
    flush();
  }

  #votePages(keys: readonly Key[]): Vote[][] {
    const pages: Vote[][] = [];
    let page: Vote[] = [];
    for (const key of keys) {
      const instance = this.#replica.core.instances.get(key);
      if (!instance) continue;
      // One key's votes stay in one message: only together they are a jump proof.
      const votes = votesOf(instance).slice(-MAX_VOTES_PER_MESSAGE);
      if (page.length + votes.length > MAX_VOTES_PER_MESSAGE) {
        pages.push(page);
        page = [];
      }
      page.push(...votes);
    }
    return [...pages, page].filter((one) => one.length > 0);
  }
}

/** A list of votes is a hundred times an aggregate: pages count bytes as well as entries. */
function pagesOf(certificates: readonly Certificate[]): Certificate[][] {
  const pages: Certificate[][] = [[]];
  let votes = 0;
  for (const certificate of certificates) {
    const more = certificate.groups.reduce(
      (sum, group) => sum + (group.form === 'votes' ? group.votes.length : 1),
      0,
    );
    const page = pages.at(-1)!;
    if (
      page.length > 0 &&
      (page.length >= MAX_CERTIFICATES_PER_MESSAGE || votes + more > MAX_VOTES_PER_MESSAGE)
    ) {
      pages.push([certificate]);
      votes = more;
    } else {
      page.push(certificate);
      votes += more;
    }
  }
  return pages.filter((page) => page.length > 0);
}
