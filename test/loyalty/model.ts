/**
 * A street in one process: what is certified is what the callback allows, one change of a key at a time. Keys and signatures are real; a proof is
 * the value with the signature of one key that stands for the quorum.
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256 } from '@noble/hashes/sha2.js';
import {
  createRules,
  openStreet,
  type Street,
  type StreetNetwork,
  type StreetRules,
} from '../../examples/loyalty/points/index.ts';
import {
  encodeValue,
  type AccessControl,
  type AccessTools,
  type Change,
  type Entry,
  type Member,
  type ProvenValue,
  type SetHandle,
  type Value,
} from '../../src/index.ts';
import { decodeBody } from '../../src/worker/kv/value.ts';

export const RULES: StreetRules = { cap: 1000 };
export const NAMES = ['bakery', 'butcher', 'cheese', 'flowers'] as const;

interface Version {
  readonly value: Value;
  readonly digest: string;
}

export class Model {
  readonly id: string;
  /** Of the epoch in force: who is taken out has left. */
  members: readonly Member[];
  readonly versions = new Map<string, Version[]>();
  /** What was proposed and certified, in order. */
  readonly certified: Change[] = [];
  readonly #secrets: ReadonlyMap<string, Uint8Array>;
  readonly #quorum = sha256(new Uint8Array([9]));
  readonly #allow: AccessControl;
  /** Changes that are still certified before every member is gone; for crashes. */
  budget = Infinity;

  constructor(
    allow: AccessControl = createRules(RULES),
    id = 'a'.repeat(64),
    names: readonly string[] = NAMES,
  ) {
    this.#allow = allow;
    this.id = id;
    this.#secrets = new Map(names.map((name) => [name, sha256(new TextEncoder().encode(name))]));
    this.members = names.map((name) => ({
      id: name,
      label: name,
      publicKey: ed25519.getPublicKey(this.#secrets.get(name)!),
    }));
  }

  street(me: string, rules = RULES): Street {
    return openStreet(this.network(me), { me, rules });
  }

  history(): ReadonlyMap<string, readonly Value[]> {
    return new Map([...this.versions].map(([key, versions]) => [key, versions.map(({ value }) => value)]));
  }

  /** The change that this value would be, as the callback sees it. */
  changeOf(key: string, value: Value | undefined): Change {
    const held = this.versions.get(key) ?? [];
    const previous = held.at(-1) ?? null;
    return {
      network: this.id,
      key,
      version: held.length + 1,
      previous,
      value,
      epoch: 0,
      members: this.members,
    };
  }

  async allows(key: string, value: Value | undefined): Promise<boolean> {
    return this.judge(this.changeOf(key, value));
  }

  async judge(change: Change): Promise<boolean> {
    // As the worker's door: a value that has no canonical bytes never reaches a callback.
    const value = change.value === undefined ? undefined : decodeBody(encodeValue(change.value))!.value;
    return (await this.#allow({ ...change, value }, this.#tools(change.members))) === true;
  }

  /** As if a quorum had certified it. */
  force(key: string, value: Value): void {
    const held = this.versions.get(key) ?? [];
    const before = held.at(-1)?.digest ?? null;
    this.versions.set(key, [...held, { value, digest: hex(sha256(encodeValue([before, value]))) }]);
  }

  proof(key: string, version?: number): Uint8Array | null {
    const held = this.versions.get(key) ?? [];
    const at = version ?? held.length;
    const one = held[at - 1];
    return one ? this.prove(key, at, one.value) : null;
  }

  /** Whether it was ever certified or not. */
  prove(key: string, version: number, value: Value, quorum = this.#quorum): Uint8Array {
    const bytes = encodeValue(['proof', this.id, key, version, value]);
    return new Uint8Array([...ed25519.sign(bytes, quorum), ...bytes]);
  }

  sign(member: string, bytes: Uint8Array): Uint8Array {
    return ed25519.sign(this.#domain(bytes), this.#secrets.get(member)!);
  }

  network(me: string): StreetNetwork {
    const entryOf = (key: string, version: number, { value, digest }: Version): Entry => ({
      key, version, value, digest, round: 0, epoch: 0, signers: [], signedBy: [], certificate: () => Promise.resolve(null),
    }); // prettier-ignore
    const gone = { ok: false, error: { type: 'stopped', message: 'gone' } } as const;
    return {
      id: this.id,
      members: () => this.members,
      read: async (key) => {
        await pause();
        const held = this.versions.get(key) ?? [];
        return { ok: true, value: held.length === 0 ? null : entryOf(key, held.length, held.at(-1)!) };
      },
      set: async (key, value, { base } = {}) => {
        await pause();
        if (this.budget <= 0) return gone;
        const change = this.changeOf(key, value);
        const conflict = (): { ok: false; error: { type: 'conflict'; message: string } } => ({
          ok: false,
          error: { type: 'conflict', message: 'other' },
        });
        if (base !== undefined && base !== change.version - 1) return conflict();
        if (!(await this.judge(change)))
          return { ok: false, error: { type: 'refused', message: `no: ${key}` } };
        // Somebody was faster while it was judged.
        if ((this.versions.get(key) ?? []).length !== change.version - 1) return conflict();
        if (this.budget-- <= 0) return gone;
        this.certified.push(change);
        this.force(key, decodeBody(encodeValue(value))!.value);
        return {
          ok: true,
          value: entryOf(key, change.version, this.versions.get(key)!.at(-1)!) as SetHandle,
        };
      },
      entries: (pattern) => this.#entries(pattern, entryOf),
      prove: async (key, version) => {
        await pause();
        const proof = this.proof(key, version);
        return proof
          ? { ok: true, value: proof }
          : { ok: false, error: { type: 'not-held', message: `no version ${version} of ${key}` } };
      },
      sign: (bytes) => Promise.resolve({ ok: true, value: this.sign(me, bytes) }),
    };
  }

  async *#entries(
    pattern: string | { readonly prefix: string },
    entryOf: (key: string, version: number, one: Version) => Entry,
  ): AsyncGenerator<Entry> {
    const prefix = typeof pattern === 'string' ? pattern : pattern.prefix;
    await pause();
    for (const key of [...this.versions.keys()].sort()) {
      const held = this.versions.get(key)!;
      if (key.startsWith(prefix)) yield entryOf(key, held.length, held.at(-1)!);
    }
  }

  #tools(members: readonly Member[]): AccessTools {
    return {
      signal: new AbortController().signal,
      verifyProof: async (proof): Promise<ProvenValue | null> => {
        const bytes = proof.slice(64);
        const key = ed25519.getPublicKey(this.#quorum);
        if (proof.length <= 64 || !ed25519.verify(proof.slice(0, 64), bytes, key)) return null;
        const [kind, network, name, version, value] = decodeBody(bytes)!.value as [
          string,
          string,
          string,
          number,
          Value,
        ];
        if (kind !== 'proof' || network !== this.id) return null;
        return { key: name, version, value, digest: '', round: 0, epoch: 0, signedBy: [] };
      },
      verifyMember: async (id, bytes, signature) => {
        const member = members.find((one) => one.id === id);
        return member !== undefined && ed25519.verify(signature, this.#domain(bytes), member.publicKey);
      },
    };
  }

  #domain(bytes: Uint8Array): Uint8Array {
    return encodeValue(['member', this.id, bytes]);
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
/** Others come in between. */
const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
