/** Two devices of one member that mirror each other's sessions: a disk each, a way between them that can be cut, and one ledger. */
import { fromHex, type MemberIndex } from '../../src/codec/brand.ts';
import { encodeDevice, type DeviceKey } from '../../src/codec/device.ts';
import { fail, ok, type Failure } from '../../src/codec/result.ts';
import { deviceBytes } from '../../src/crypto/device.ts';
import { sessionBytes } from '../../src/crypto/domains.ts';
import { createMirrorHost, isMirrorRecord, type MirrorHost } from '../../src/l2/mirror-host.ts';
import { createSessionBuffer, type SessionBuffer } from '../../src/l2/session-buffer.ts';
import type { L2Ports, ServiceRegistry } from '../../src/l2/types.ts';
import { parseSessionValue } from '../../src/l2/value.ts';
import { BRAVO, genesisOf, NETWORK } from './counter.ts';
import { digestOf, hash, signAs, verify, type Kill, type Ledger, type Proposal } from './world.ts';

export const BRAVO_INDEX = 1 as MemberIndex;

export function certificateFor(
  key: string,
  over: { network?: string; member?: number; by?: string; name?: string } = {},
): Uint8Array {
  const claim = {
    network: (over.network ?? NETWORK) as typeof NETWORK,
    member: (over.member ?? BRAVO_INDEX) as MemberIndex,
    device: key as DeviceKey,
    name: over.name ?? `terminal ${key[0]}`,
    notBefore: 0,
  };
  return encodeDevice({ ...claim, signature: signAs(over.by ?? BRAVO.voteKey, deviceBytes(claim)) });
}

/** What travels between the devices; cut: nobody is heard. */
export class Duplex {
  readonly ends = new Map<string, Terminal>();
  cut = false;
  messages = 0;

  /** As a worker would do it: null when no answer comes. */
  async ask(to: string, from: Terminal, bytes: Uint8Array): Promise<Uint8Array | null> {
    const end = this.ends.get(to);
    await Promise.resolve();
    if (this.cut || !end?.isAlive) return null;
    this.messages++;
    const answer = await Promise.race([end.host.handle(from.key, bytes), end.killed.then(() => null)]);
    return this.cut ? null : answer;
  }
}

export class Terminal {
  readonly key: string;
  readonly certificate: Uint8Array;
  readonly disk = new Map<string, Uint8Array>();
  readonly proposals: Proposal[] = [];
  readonly errors: unknown[] = [];
  /** Earlier versions are known by their digests only. */
  lacksBodies = false;
  readonly ledger: Ledger;
  readonly duplex: Duplex;
  readonly registry: ServiceRegistry;
  buffer!: SessionBuffer;
  host!: MirrorHost;
  kill: Kill | null = null;
  calls = 0;
  saveError: Failure | null = null;
  killed: Promise<void> = Promise.resolve();
  ids: number;
  #clock = 1000;
  #alive = { yes: false };
  #whenKilled: () => void = () => undefined;

  constructor(ledger: Ledger, duplex: Duplex, digit: string, registry: ServiceRegistry = ledger.registry) {
    this.ledger = ledger;
    this.duplex = duplex;
    this.registry = registry;
    this.key = digit.repeat(64);
    this.certificate = certificateFor(this.key);
    this.ids = fromHex(this.key)[0]! * 1000;
    duplex.ends.set(this.key, this);
    this.#boot();
  }

  get isAlive(): boolean {
    return this.#alive.yes;
  }

  die(): void {
    this.#alive.yes = false;
    this.kill = null;
    this.#whenKilled();
  }

  async restart(): Promise<void> {
    this.die();
    this.#boot();
    const stored = [...this.disk].map(([id, bytes]) => ({ id, bytes }));
    await this.buffer.resume(stored.filter(({ id }) => !isMirrorRecord(id)));
    await this.host.resume(stored);
  }

  /** A quorum certifies a body, and everybody who is alive hears of it. */
  hear(proposal: Proposal): void {
    const { version, digest } = this.ledger.certify(proposal.key, proposal.body);
    for (const end of this.duplex.ends.values()) {
      if (!end.isAlive) continue;
      end.buffer.decided(proposal.key, version, digest);
      void end.host.decided(proposal.key);
    }
  }

  #boot(): void {
    const alive = { yes: true };
    this.#alive = alive;
    this.killed = new Promise((resolve) => (this.#whenKilled = resolve));
    const never = new Promise<never>(() => undefined);
    const call = async <T>(effect: () => T | Promise<T>): Promise<T> => {
      if (!alive.yes) return never;
      this.calls++;
      await Promise.resolve();
      if (!alive.yes) return never;
      if (this.kill && this.kill.afterCalls-- <= 0) {
        if (this.kill.effect) void effect();
        this.die();
        return never;
      }
      const result = await effect();
      return alive.yes ? result : never;
    };
    const ports: L2Ports = {
      network: NETWORK,
      genesis: genesisOf(1),
      member: BRAVO,
      device: { key: this.key as DeviceKey, certificate: this.certificate },
      certified: (key) => call(() => this.ledger.head(key)),
      propose: (key, version, previous, body) =>
        call(() => {
          const parsed = parseSessionValue(body);
          if (!parsed.ok) throw new Error(parsed.error.message);
          const digest = digestOf(previous, body);
          this.proposals.push({ key, version, previous, body, digest, sessionId: parsed.value.session.id });
          return ok({ digest });
        }),
      sign: (bytes) => call(() => signAs(this.key, bytes)),
      hash,
      verifyEd25519: verify,
      saveSession: (id, bytes) =>
        call(() => {
          if (this.saveError) return fail(this.saveError);
          this.disk.set(id, bytes);
          return ok(undefined);
        }),
      dropSession: (id) =>
        call(() => {
          this.disk.delete(id);
          return ok(undefined);
        }),
      wallClock: () => this.#clock++,
      randomId: () => (++this.ids).toString(16).padStart(32, '0'),
      changed: () => undefined,
    };
    const ask = (device: string, bytes: Uint8Array) => call(() => this.duplex.ask(device, this, bytes));
    const options = {
      ports,
      registry: this.registry,
      sessionBytes,
      valueDigest: digestOf,
      decidedDigest: async (key: Proposal['key'], version: number) =>
        this.ledger.chain(key)[version - 1]?.digest ?? null,
      decidedBody: async (key: Proposal['key'], version: number) =>
        this.lacksBodies ? null : (this.ledger.chain(key)[version - 1]?.body ?? null),
      failed: (error: unknown) => this.errors.push(error),
    };
    this.buffer = createSessionBuffer({ ...options, mirrors: { ask, deviceBytes } });
    this.host = createMirrorHost({
      ...options,
      buffer: this.buffer,
      tell: (device, bytes) => void ask(device, bytes),
    });
  }
}
