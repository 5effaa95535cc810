/** Ports for the session buffer: one certified chain per key for all devices, and per device a disk that survives `kill`. */
import { createHash } from 'node:crypto';
import { asDigest, asKey, asVersion, type Digest, type Key, type Version } from '../../src/codec/brand.ts';
import type { MemberEntry } from '../../src/codec/genesis.ts';
import { fail, ok, type Failure } from '../../src/codec/result.ts';
import { deviceBytes } from '../../src/crypto/device.ts';
import { sessionBytes, valueBytes } from '../../src/crypto/domains.ts';
import {
  createSessionBuffer,
  type SessionBuffer,
  type SessionBufferOptions,
} from '../../src/l2/session-buffer.ts';
import type { L2Ports, ServiceRegistry, SessionProposal, SessionView, Verdict } from '../../src/l2/types.ts';
import { validateValue, type ValidateOptions } from '../../src/l2/validate.ts';
import { parseSessionValue } from '../../src/l2/value.ts';
import { ALPHA, counterRegistry, genesisOf, NETWORK } from './counter.ts';

export const KEY = asKey('counter/a');
export const hash = (bytes: Uint8Array): Digest => asDigest(createHash('sha256').update(bytes).digest('hex'));
export const digestOf = (previous: Digest | null, body: Uint8Array | null): Digest =>
  hash(valueBytes(previous, body));

/** A stand-in signature that anybody could make, but that covers key and message like a real one. */
export const signAs = (publicKey: string, bytes: Uint8Array): Uint8Array => {
  const half = createHash('sha256').update(publicKey).update(bytes).digest();
  return new Uint8Array([...half, ...half]);
};
export const verify = async (publicKey: string, bytes: Uint8Array, signature: Uint8Array): Promise<boolean> =>
  Buffer.from(signAs(publicKey, bytes)).equals(Buffer.from(signature));

export interface Proposal {
  readonly key: Key;
  readonly version: Version;
  readonly previous: Digest | null;
  readonly body: Uint8Array;
  readonly digest: Digest;
  readonly sessionId: string;
}

export class Ledger {
  readonly chains = new Map<Key, { digest: Digest; body: Uint8Array | null }[]>();
  readonly registry: ServiceRegistry;
  readonly rulesVersion: number;
  /** What the judging replica knows beside. */
  rules: Partial<ValidateOptions> = {};

  constructor(registry: ServiceRegistry = counterRegistry(), rulesVersion = 1) {
    this.registry = registry;
    this.rulesVersion = rulesVersion;
  }

  chain(key: Key) {
    return this.chains.get(key) ?? [];
  }

  head(key: Key) {
    const chain = this.chain(key);
    const last = chain.at(-1);
    return last ? { version: asVersion(chain.length), ...last } : null;
  }

  /** Another replica's verdict on a value for the next version. */
  validate(key: Key, body: Uint8Array | null): Promise<Verdict> {
    return this.validateAt(key, asVersion(this.chain(key).length + 1), body);
  }

  validateAt(key: Key, version: Version, body: Uint8Array | null): Promise<Verdict> {
    const previous = this.chain(key)[version - 2];
    return validateValue(
      {
        network: NETWORK,
        genesis: genesisOf(this.rulesVersion),
        registry: this.registry,
        sessionBytes,
        deviceBytes,
        hash,
        verifyEd25519: verify,
        ...this.rules,
      },
      { key, version, previousDigest: previous?.digest ?? null, previousBody: previous?.body ?? null, body },
    );
  }

  /** Appends without asking: what a quorum has certified. */
  certify(key: Key, body: Uint8Array | null): { version: Version; digest: Digest } {
    const chain = this.chain(key);
    const digest = digestOf(chain.at(-1)?.digest ?? null, body);
    this.chains.set(key, [...chain, { digest, body }]);
    return { version: asVersion(chain.length + 1), digest };
  }
}

/** Cuts a device off at one of its calls: the call has its effect or not, and never answers; nor does any later one. */
export interface Kill {
  afterCalls: number;
  effect: boolean;
}

export class Device {
  readonly disk = new Map<string, Uint8Array>();
  readonly proposals: Proposal[] = [];
  readonly changes: SessionView[] = [];
  readonly errors: unknown[] = [];
  buffer: SessionBuffer;
  kill: Kill | null = null;
  /** What `propose` and `saveSession` answer instead of success. */
  proposeError: Failure | null = null;
  saveError: Failure | null = null;
  /** What `certified` rejects with instead of an answer. */
  certifiedError: Error | null = null;
  calls = 0;
  private ids = 0;
  private clock = 1000;
  private alive = { yes: true };
  private whenKilled: () => void = () => undefined;
  /** Resolves when the device was cut off. */
  killed: Promise<void> = Promise.resolve();
  readonly ledger: Ledger;
  readonly member: MemberEntry;
  private readonly extra: Partial<SessionBufferOptions>;
  /** The replica takes several proposals in one call. */
  private readonly batched: boolean;

  constructor(
    ledger: Ledger,
    member: MemberEntry = ALPHA,
    extra: Partial<SessionBufferOptions> = {},
    { batched = false }: { readonly batched?: boolean } = {},
  ) {
    this.ledger = ledger;
    this.member = member;
    this.extra = extra;
    this.batched = batched;
    this.buffer = this.boot();
  }

  /** Cuts off the next start. */
  killAtStart: Kill | null = null;

  /** A new process on the same disk. The old one never hears from anything again. */
  async restart(): Promise<void> {
    this.die();
    this.buffer = this.boot();
    this.kill = this.killAtStart;
    this.killAtStart = null;
    await this.buffer.resume([...this.disk].map(([id, bytes]) => ({ id, bytes })));
  }

  get isAlive(): boolean {
    return this.alive.yes;
  }

  die(): void {
    this.alive.yes = false;
    this.kill = null;
    this.whenKilled();
  }

  private boot(): SessionBuffer {
    const alive = { yes: true };
    this.alive = alive;
    this.killed = new Promise((resolve) => (this.whenKilled = resolve));
    const never = new Promise<never>(() => undefined);
    const call = async <T>(effect: () => T): Promise<T> => {
      if (!alive.yes) return never;
      this.calls++;
      await Promise.resolve();
      if (!alive.yes) return never;
      if (this.kill && this.kill.afterCalls-- <= 0) {
        if (this.kill.effect) effect();
        this.die();
        return never;
      }
      return effect();
    };
    const take = ({ key, version, previous, body }: SessionProposal) => {
      if (this.proposeError) return fail(this.proposeError);
      const parsed = parseSessionValue(body);
      if (!parsed.ok) throw new Error(parsed.error.message);
      const digest = digestOf(previous, body);
      this.proposals.push({ key, version, previous, body, digest, sessionId: parsed.value.session.id });
      return ok({ digest });
    };
    const ports: L2Ports = {
      network: NETWORK,
      genesis: genesisOf(this.ledger.rulesVersion),
      member: this.member,
      certified: (key) =>
        call(() => {
          if (this.certifiedError) throw this.certifiedError;
          return this.ledger.head(key);
        }),
      propose: (key, version, previous, body) => call(() => take({ key, version, previous, body })),
      ...(this.batched && { proposeBatch: (all) => call(() => all.map(take)) }),
      sign: (bytes) => call(() => signAs(this.member.voteKey, bytes)),
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
      wallClock: () => this.clock++,
      randomId: () => (++this.ids).toString(16).padStart(32, '0'),
      changed: (view) => {
        if (alive.yes) this.changes.push(view);
      },
    };
    return createSessionBuffer({
      ports,
      registry: this.ledger.registry,
      sessionBytes,
      valueDigest: digestOf,
      failed: (error) => this.errors.push(error),
      ...this.extra,
    });
  }

  /** A quorum certifies this body, and this device hears of it. */
  hear(key: Key, body: Uint8Array | null) {
    const certified = this.ledger.certify(key, body);
    this.buffer.decided(key, certified.version, certified.digest);
    return certified;
  }
}

/** The value of a result, or a test failure that shows the error. */
export function must<T>(result: { ok: true; value: T } | { ok: false; error: Failure }): T {
  if (!result.ok) throw new Error(`${result.error.type}: ${result.error.message}`);
  return result.value;
}

export function errorOf<E extends Failure>(
  result: { ok: true; value: unknown } | { ok: false; error: E },
): E {
  if (result.ok) throw new Error('expected an error');
  return result.error;
}
