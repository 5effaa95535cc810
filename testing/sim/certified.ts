/** What has been certified, as somebody sees it who sees everything. Versions of a key come in order, whichever replica is first with which. */
import type { Digest, Key } from '../../src/codec/brand.ts';
import type { CertifiedEntry } from '../../src/store/types.ts';
import type { Value } from '../../src/worker/kv/api.ts';
import { decodeBody } from '../../src/worker/kv/value.ts';
import type { CertifiedChange, CertifiedState } from './types.ts';

/** A value that some replica was asked about, by its digest. */
interface Known {
  readonly previous: Digest | null;
  readonly body: Uint8Array | null;
}

export interface LedgerOptions {
  readonly now: () => number;
  changed(change: CertifiedChange): void;
  fail(what: string): void;
}

export class Ledger implements CertifiedState {
  readonly #options: LedgerOptions;
  readonly #known = new Map<Digest, Known>();
  readonly #chains = new Map<string, CertifiedChange[]>();
  /** Members whose callback has allowed a value, by its digest. */
  readonly #allowed = new Map<Digest, Set<number>>();

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  /** A replica was asked about a value, before anybody may vote for it. */
  asked(digest: Digest, previous: Digest | null, body: Uint8Array | null): void {
    this.#known.set(digest, { previous, body });
  }

  allowed(digest: Digest, by: number): void {
    const members = this.#allowed.get(digest) ?? new Set();
    this.#allowed.set(digest, members.add(by));
  }

  isAllowedBy(digest: Digest, by: number): boolean {
    return this.#allowed.get(digest)?.has(by) === true;
  }

  allowedBy(digest: Digest): readonly number[] {
    return [...(this.#allowed.get(digest) ?? [])];
  }

  /** A replica holds a certificate, its own core's or one that it checked. */
  holds({ key, version, digest }: Pick<CertifiedEntry, 'key' | 'version' | 'digest'>): void {
    const chain = this.#chains.get(key) ?? [];
    if (chain.length >= version) return;
    this.#chains.set(key, chain);
    // The versions that nobody has told yet are named by this one, each by the next.
    const missing: { readonly digest: Digest; readonly known: Known }[] = [];
    for (let at: Digest | null = digest; missing.length < version - chain.length;) {
      const known: Known | undefined = at === null ? undefined : this.#known.get(at);
      if (!known)
        return this.#options.fail(`${key} v${version} is certified on a value that nobody was asked about`);
      missing.push({ digest: at!, known });
      at = known.previous;
    }
    for (const { digest: name, known } of missing.reverse()) {
      const last = chain.at(-1);
      if (known.previous !== ((last?.digest ?? null) as Digest | null))
        return this.#options.fail(`${key} v${chain.length + 1} does not build on the version before it`);
      const change: CertifiedChange = {
        key,
        version: chain.length + 1,
        digest: name,
        value: valueOf(known.body),
        previous: last?.value,
        at: this.#options.now(),
      };
      chain.push(change);
      this.#options.changed(change);
    }
  }

  get(key: string): Value | undefined {
    return this.#chains.get(key)?.at(-1)?.value;
  }

  entries(prefix = ''): readonly CertifiedChange[] {
    const found: CertifiedChange[] = [];
    for (const [key, chain] of this.#chains) {
      const newest = chain.at(-1);
      if (key.startsWith(prefix) && newest && newest.value !== undefined) found.push(newest);
    }
    return found.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  history(key: string): readonly CertifiedChange[] {
    return [...(this.#chains.get(key) ?? [])];
  }

  get size(): number {
    let size = 0;
    for (const chain of this.#chains.values()) size += chain.length;
    return size;
  }

  /** Keys with a certified value or a tombstone. */
  keys(): Iterable<Key> {
    return this.#chains.keys() as Iterable<Key>;
  }
}

function valueOf(body: Uint8Array | null): Value | undefined {
  return body === null ? undefined : decodeBody(body)?.value;
}
