/** Runs handlers on recorded inputs, in Node or in a browser's worker: a digest of every answer. */
import { asKey, asNetworkId, asVersion } from '../../src/codec/brand.ts';
import { encode, type CborValue } from '../../src/codec/cbor.ts';
import type { Genesis } from '../../src/codec/genesis.ts';
import { createBls } from '../../src/crypto/bls.ts';
import { createNobleBls } from '../../src/crypto/bls-noble.ts';
import { createEd25519, createNobleEd25519 } from '../../src/crypto/ed25519.ts';
import { createHash, createPlainHash } from '../../src/crypto/hash.ts';
import { genesisCertificates } from '../../src/domain/supply/certified.ts';
import { createSupplyRegistry } from '../../src/domain/supply/registry.ts';
import { runRequest } from '../../src/l2/execute.ts';
import type { ServiceRequest, Transaction } from '../../src/l2/types.ts';

export interface RecordedCall {
  readonly record: CborValue;
  readonly request: ServiceRequest;
  readonly key: string;
  readonly member: number;
  readonly baseVersion: number;
  readonly earlier: readonly Transaction[];
}
export interface Recording {
  readonly genesis: Genesis;
  readonly network: string;
  readonly calls: readonly RecordedCall[];
}
export interface Machine {
  /** What `Date.now()` and `new Date()` say: milliseconds since 1970. */
  readonly now: number;
  /** Fields of every object, and the calls themselves, in the opposite order. */
  readonly reversed: boolean;
  /** Cryptography in plain JavaScript instead of wasm and WebCrypto. */
  readonly plain: boolean;
}

/** Digests in the order of the recording's calls. */
export async function answers({ genesis, network, calls }: Recording, machine: Machine): Promise<string[]> {
  const [bls, ed25519, hash] = machine.plain
    ? [createNobleBls(), createNobleEd25519(), await createPlainHash()]
    : [await createBls(), await createEd25519(), await createHash()];
  const registry = createSupplyRegistry({ checkCertificate: genesisCertificates(bls, ed25519) });
  const digest = await createPlainHash();
  const out: string[] = [];
  const order = calls.map((_, i) => i);
  for (const i of machine.reversed ? order.reverse() : order) {
    const { record, request, key, member, baseVersion, earlier } = (machine.reversed
      ? reverse(calls[i] as unknown as CborValue)
      : calls[i]) as unknown as RecordedCall;
    const done = await runRequest(registry, genesis.rulesVersion, record, request, {
      key: asKey(key),
      network: asNetworkId(network),
      genesis,
      member: genesis.members[member]!,
      operator: 'op-7',
      baseVersion: asVersion(baseVersion),
      earlier,
      hash,
      verifyEd25519: (publicKey, message, signature) =>
        ed25519.verify(publicKey as never, message, signature),
    });
    const { status, body } = done.response;
    out[i] = `${request.path} ${status} ${digest(encode([body, done.record]))}`;
  }
  return out;
}

function reverse(value: CborValue): CborValue {
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map((part: CborValue) => reverse(part));
  const fields = Object.entries(value).map(([name, part]) => [name, reverse(part as CborValue)] as const);
  return Object.fromEntries(fields.reverse());
}

/** From here on this machine tells nothing: its clock says what it was told to, and the rest throws. */
export function takeAway(now: number): void {
  const RealDate = Date;
  class StubDate extends RealDate {
    constructor(...given: unknown[]) {
      if (given.length === 0) super(now);
      else super(...(given as [number]));
    }
    static override now(): number {
      return now;
    }
  }
  const refuse = (what: string) => (): never => {
    throw new Error(`a handler asked for ${what}`);
  };
  for (const name of [
    'getHours',
    'getDate',
    'getDay',
    'getMonth',
    'getTimezoneOffset',
    'toLocaleString',
    'toLocaleDateString',
  ] as const)
    StubDate.prototype[name] = refuse(name);
  String.prototype.localeCompare = refuse('localeCompare');
  String.prototype.toLocaleLowerCase = refuse('toLocaleLowerCase');
  String.prototype.toLocaleUpperCase = refuse('toLocaleUpperCase');
  Number.prototype.toLocaleString = refuse('toLocaleString');
  Math.random = refuse('Math.random');
  crypto.getRandomValues = refuse('getRandomValues');
  crypto.randomUUID = refuse('randomUUID');
  performance.now = refuse('performance.now');
  Object.assign(globalThis, {
    Date: StubDate,
    Intl: new Proxy({}, { get: refuse('Intl') }),
    fetch: refuse('fetch'),
  });
}
