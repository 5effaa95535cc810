/** The life of one package over several epochs of a made chain: real sessions by the real handlers, certified by the members of each epoch. */
import { asRound, asVersion, type Digest } from '../../src/codec/brand.ts';
import type { CborValue } from '../../src/codec/cbor.ts';
import { certificateFields } from '../../src/codec/messages.ts';
import { encode } from '../../src/codec/cbor.ts';
import type { Certificate } from '../../src/codec/vote.ts';
import { sessionBytes, valueBytes } from '../../src/crypto/domains.ts';
import { randomHex } from '../../src/crypto/keys.ts';
import {
  exportEvidence,
  readBundle,
  type EvidenceBundle,
  type HeldVersion,
} from '../../src/domain/supply/evidence.ts';
import { createSupplyRegistry } from '../../src/domain/supply/registry.ts';
import { SERVICES } from '../../src/domain/supply/types.ts';
import { runRequest } from '../../src/l2/execute.ts';
import type { Transaction } from '../../src/l2/types.ts';
import { recordOf } from '../../src/l2/validate.ts';
import { encodeSessionValue, unsignedSession } from '../../src/l2/value.ts';
import { makeChain, type ChainMaker, type Person } from '../epochs/make-chain.ts';
import { T0, verifyEd25519 } from '../domain/support.ts';
import { KEY, PACKAGE } from './world.ts';

export interface LifeVersion {
  readonly body: Uint8Array;
  readonly value: Uint8Array;
  readonly digest: Digest;
  readonly certificate: Certificate;
}

interface Step {
  readonly path: string;
  readonly body: Record<string, CborValue>;
}

export class Life {
  readonly chain: ChainMaker;
  readonly versions: LifeVersion[] = [];
  #now = T0;

  constructor(chain: ChainMaker) {
    this.chain = chain;
  }

  /** Alfa's announcement: a session of version 1. */
  announce(epoch: number): Promise<LifeVersion> {
    return this.add(epoch, 0, [this.#post(SERVICES.createPackage, { envelope: PACKAGE.envelope })]);
  }

  /** A whole inspection by the warehouse in that place. */
  async inspect(epoch: number, place: number): Promise<LifeVersion> {
    return this.add(epoch, place, this.inspection());
  }

  /** The evidence file of all versions so far. */
  file(over: Partial<Parameters<typeof exportEvidence>[0]> = {}): Uint8Array {
    const { network, genesisBytes: genesis, epochs, links } = this.chain;
    const made = exportEvidence({
      network,
      key: KEY,
      genesis,
      chain: { epochs, links },
      held: this.held,
      equivocations: [],
      ...over,
    });
    if (!made.ok) throw new Error(made.error.message);
    return made.value;
  }

  inspection(): Step[] {
    const record = recordOf(this.versions.at(-1)!.body) as unknown as {
      manifest: { content: { lines: unknown[] } };
    };
    const lines = record.manifest.content.lines.map((_, line) => {
      return { line, defects: [], photos: [], verdict: 'accept' };
    });
    return [
      this.#post(SERVICES.startSession),
      this.#post(SERVICES.scan, { code: `]C100${PACKAGE.sscc}`, source: 'wedge' }),
      this.#post(SERVICES.validate),
      this.#post(SERVICES.quality, { lines }),
      this.#post(SERVICES.label, { courierId: 'delta-express' }),
      this.#post(SERVICES.finish),
    ];
  }

  async add(epoch: number, place: number, steps: readonly Step[]): Promise<LifeVersion> {
    return this.certify(epoch, await this.session(epoch, place, steps));
  }

  /** Takes the body in as the next version, certified in that epoch. */
  async certify(
    epoch: number,
    body: Uint8Array,
    options: Parameters<ChainMaker['certify']>[2] = {},
  ): Promise<LifeVersion> {
    const version = await this.next(epoch, body, options);
    this.versions.push(version);
    return version;
  }

  /** The same without taking it in. */
  async next(
    epoch: number,
    body: Uint8Array,
    options: Parameters<ChainMaker['certify']>[2] = {},
  ): Promise<LifeVersion> {
    const value = this.valueOf(body);
    const digest = this.chain.hash(value);
    const version = this.versions.length + 1;
    const certificate = await this.chain.certify(epoch, { key: KEY, version, digest }, options);
    return { body, value, digest, certificate };
  }

  /** Bytes of the value that the body is in as the next version. */
  valueOf(body: Uint8Array): Uint8Array {
    return valueBytes(this.versions.at(-1)?.digest ?? null, body);
  }

  /** A session upon the newest version, run by the rules of the epoch; `signedBy`: another key than the member's there. */
  async session(
    epoch: number,
    place: number,
    steps: readonly Step[],
    signedBy: Person = this.chain.people[epoch]![place]!,
  ): Promise<Uint8Array> {
    const { members, rulesVersion } = this.chain.epochs[epoch]!;
    const member = members[place]!;
    const base = this.versions.at(-1);
    let record = recordOf(base?.body ?? null) ?? null;
    const transactions: Transaction[] = [];
    for (const { path, body } of steps) {
      const done = await runRequest(
        createSupplyRegistry(),
        rulesVersion,
        record,
        { method: 'POST', path, body },
        {
          key: KEY,
          network: this.chain.network,
          genesis: { ...this.chain.genesis, members, rulesVersion },
          member,
          operator: 'op-7',
          baseVersion: asVersion(this.versions.length),
          earlier: [...transactions],
          hash: this.chain.hash,
          verifyEd25519,
        },
      );
      if (done.outcome !== 'success') throw new Error(`${path}: ${JSON.stringify(done.response)}`);
      record = done.record;
      transactions.push({ request: done.request, response: done.response, node: member.id });
    }
    const session = {
      id: randomHex(16),
      member: member.id,
      operator: 'op-7',
      rulesVersion,
      baseVersion: this.versions.length,
      transactions,
    };
    const bytes = sessionBytes(
      this.chain.network,
      KEY,
      rulesVersion,
      base?.digest ?? null,
      unsignedSession(session),
    );
    const signature = await signedBy.signer.signEd25519(bytes);
    return encodeSessionValue({ record, session: { ...session, signature } });
  }

  get held(): HeldVersion[] {
    return this.versions.map(({ certificate, value }) => ({
      version: certificate.version,
      certificate,
      value,
    }));
  }

  entries(versions: readonly LifeVersion[] = this.versions): EvidenceBundle['versions'] {
    return versions.map(({ certificate, value }) => ({
      version: certificate.version,
      value,
      certificate: encode(certificateFields(certificate)),
    }));
  }

  #post(path: string, body: Record<string, CborValue> = {}): Step {
    this.#now += 1000;
    return { path, body: { ...body, at: this.#now } };
  }
}

/** Version 3 is voted for in epoch 2, by Bravo's old keys, nobody sees a certificate before that ends, and it is certified in epoch 3. */
export async function carriedOver(
  options: Parameters<typeof makeChain>[0],
): Promise<{ readonly chain: ChainMaker; readonly life: Life }> {
  let life: Life | null = null;
  let body: Uint8Array | null = null;
  const chain = await makeChain(options, async (made) => {
    life = new Life(made);
    await life.announce(0);
    await life.inspect(1, 1);
    body = await life.session(2, 1, life.inspection());
    const digest = made.hash(life.valueOf(body));
    return [{ key: KEY, version: asVersion(3), digest, round: asRound(0) }];
  });
  await life!.certify(3, body!);
  return { chain, life: life! };
}

export function parsed(file: Uint8Array): EvidenceBundle {
  const read = readBundle(file);
  if (!read.ok) throw new Error(read.error.message);
  return read.value;
}
