/** Anti-entropy over the links: tells roots, descends where they differ, pulls what is lacking (src/crdt/sync.ts decides). */
import type { Key } from '../../codec/brand.ts';
import { MAX_CERTIFICATES_PER_MESSAGE, MAX_VOTES_PER_MESSAGE } from '../../codec/limits.ts';
import type { PeerMessage, TreeName } from '../../codec/messages.ts';
import type { Certificate, Vote } from '../../codec/vote.ts';
import { createMerkleTree, type MerkleTree } from '../../crdt/merkle.ts';
import { openDigestOf, votesOf } from '../../crdt/open.ts';
import { compareNode } from '../../crdt/sync.ts';
import type { LinkId } from '../../net/types.ts';
import type { CertifiedEntry } from '../../store/types.ts';
import type { TimerHandle } from '../clock.ts';
import { ROOTS_DEBOUNCE_MS, ROOTS_PERIOD_MS, SYNC_PAGE_KEYS, SYNC_PAGE_NODES } from '../limits.ts';
import type { Replica } from './replica.ts';

type SyncMessage = Extract<PeerMessage, { type: 'roots' | 'want-nodes' | 'nodes' | 'want-keys' }>;

export class SyncDriver {
  readonly #replica: Replica;
  readonly #trees: Readonly<Record<TreeName, MerkleTree>>;
  #soon: TimerHandle | null = null;
  #periodic: TimerHandle | null = null;

  constructor(replica: Replica) {
    this.#replica = replica;
    const { hash } = replica.options;
    const make = (): MerkleTree => createMerkleTree(hash, (key) => openDigestOf(replica.core, key));
    this.#trees = { main: make(), network: make() };
  }

  start(): void {
    const tick = (): void => {
      this.#tellAll();
      this.#periodic = this.#replica.options.clock.setTimeout(tick, ROOTS_PERIOD_MS);
    };
    this.#periodic = this.#replica.options.clock.setTimeout(tick, ROOTS_PERIOD_MS);
  }

  stop(): void {
    for (const handle of [this.#soon, this.#periodic])
      if (handle !== null) this.#replica.options.clock.clearTimeout(handle);
  }

  headChanged(entry: CertifiedEntry): void {
    this.#treeOf(entry.key).setCertified(entry.key, entry.version, entry.digest);
    this.#tellSoon();
  }

  openChanged(key: Key): void {
    this.#treeOf(key).touchOpen(key);
    this.#tellSoon();
  }

  certifiedRoot(): string {
    return this.#trees.main.root().certified;
  }

  linked(link: LinkId): void {
    this.#tell(link);
  }

  unlinked(_link: LinkId): void {
    // Nothing is kept by link: a descent that was cut begins anew with the next roots.
  }

  receive(link: LinkId, message: SyncMessage): void {
    switch (message.type) {
      case 'roots': {
        const own = this.#trees[message.tree].root();
        if (own.certified === message.certified && own.open === message.open) return;
        this.#replica.send(link, { type: 'want-nodes', tree: message.tree, prefixes: [''] }, 'bulk');
        break;
      }
      case 'want-nodes': {
        const prefixes = [...new Set(message.prefixes)].slice(0, SYNC_PAGE_NODES);
        const nodes = prefixes.map((prefix) => this.#trees[message.tree].node(prefix));
        this.#replica.send(link, { type: 'nodes', tree: message.tree, nodes }, 'bulk');
        break;
      }
      case 'nodes': {
        const found = message.nodes.map((node) => compareNode(this.#trees[message.tree], node));
        const prefixes = found.flatMap((d) => d.prefixes).slice(0, SYNC_PAGE_NODES);
        const keys = found.flatMap((d) => d.keys);
        if (prefixes.length > 0)
          this.#replica.send(link, { type: 'want-nodes', tree: message.tree, prefixes }, 'bulk');
        for (let from = 0; from < keys.length; from += SYNC_PAGE_KEYS) {
          this.#replica.send(
            link,
            { type: 'want-keys', keys: keys.slice(from, from + SYNC_PAGE_KEYS) },
            'bulk',
          );
        }
        break;
      }
      case 'want-keys':
        this.sendKeys(link, message.keys);
        break;
    }
  }

  /** Certificates and open votes of keys. A node's leaves are ours to tell; own votes wait until they are durable. */
  sendKeys(link: LinkId, keys: readonly Key[]): void {
    void this.#replica.outbox.durable().then(() => {
      const certificates = keys.flatMap((key) => this.#replica.heads.get(key)?.certificate ?? []);
      for (const page of pagesOf(certificates)) {
        this.#replica.send(link, { type: 'certificates', certificates: page }, 'bulk');
      }
      const epoch = this.#replica.options.epoch.epoch;
      const flush = (votes: readonly Vote[]): void => {
        if (votes.length > 0) this.#replica.send(link, { type: 'votes', epoch, votes, values: [] }, 'bulk');
      };
      let page: Vote[] = [];
      for (const key of keys) {
        const instance = this.#replica.core.instances.get(key);
        if (!instance) continue;
        // One key's votes stay in one message: only together they are a jump proof.
        const votes = votesOf(instance).slice(-MAX_VOTES_PER_MESSAGE);
        if (page.length + votes.length > MAX_VOTES_PER_MESSAGE) {
          flush(page);
          page = [];
        }
        page.push(...votes);
      }
      flush(page);
    });
  }

  #treeOf(key: Key): MerkleTree {
    return key.startsWith('network/') ? this.#trees.network : this.#trees.main;
  }

  #tellSoon(): void {
    if (this.#soon !== null) return;
    this.#soon = this.#replica.options.clock.setTimeout(() => {
      this.#soon = null;
      this.#tellAll();
    }, ROOTS_DEBOUNCE_MS);
  }

  #tellAll(): void {
    if (this.#replica.stopped) return;
    for (const link of this.#replica.links.keys()) this.#tell(link);
  }

  #tell(link: LinkId): void {
    for (const tree of ['main', 'network'] as const) {
      const { certified, open } = this.#trees[tree].root();
      this.#replica.send(link, { type: 'roots', tree, certified, open }, 'bulk');
    }
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
