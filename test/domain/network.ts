/**
 * A network of four with real keys, whose sessions are judged as every replica judges them (`validateValue`) and certified by all four. What
 * the demo's names stand for: alfa (0) supplies, bravo (1) and cargo (2) are warehouses, delta (3) is a courier.
 */
import {
  asKey,
  asMemberIndex,
  asRound,
  asVersion,
  fromHex,
  type Digest,
  type Key,
  type NetworkId,
} from '../../src/codec/brand.ts';
import { encode, type CborValue } from '../../src/codec/cbor.ts';
import { encodeDevice, type DeviceKey } from '../../src/codec/device.ts';
import type { Directory, Genesis, MemberEntry } from '../../src/codec/genesis.ts';
import { certificateFields } from '../../src/codec/messages.ts';
import { membersBitmap, type Certificate } from '../../src/codec/vote.ts';
import { firstEpoch } from '../../src/consensus/membership.ts';
import { createBls } from '../../src/crypto/bls.ts';
import { certifyDevice, deviceBytes, deviceRequestBytes } from '../../src/crypto/device.ts';
import { sessionBytes, valueBytes, voteBytes } from '../../src/crypto/domains.ts';
import { createEd25519 } from '../../src/crypto/ed25519.ts';
import { createHash } from '../../src/crypto/hash.ts';
import { networkIdOf } from '../../src/crypto/genesis.ts';
import { createSigner, generateSecretKeys, randomHex } from '../../src/crypto/keys.ts';
import type { Bls, Ed25519, Hash, Signer } from '../../src/crypto/types.ts';
import { genesisCertificates } from '../../src/domain/supply/certified.ts';
import { keyProofBytes, parseDirectoryKey, type PartyEntry } from '../../src/domain/supply/directory.ts';
import {
  deliveryBytes,
  handOffBytes,
  recordDigest,
  type Delivery,
  type HandOff,
} from '../../src/domain/supply/hand-off.ts';
import { createSupplyRegistry, SUPPLY_SERVICES } from '../../src/domain/supply/registry.ts';
import {
  SERVICES,
  type CertifiedUse,
  type PackageRecord,
  type PartySignature,
} from '../../src/domain/supply/types.ts';
import { runRequest, transactionOf } from '../../src/l2/execute.ts';
import type {
  HandlerContext,
  ServiceRegistry,
  ServiceResponse,
  Transaction,
  Verdict,
} from '../../src/l2/types.ts';
import { validateValue } from '../../src/l2/validate.ts';
import { encodeSessionValue, unsignedSession } from '../../src/l2/value.ts';
import {
  accept,
  demoNetwork,
  goodEnvelope,
  newSigner,
  problemType,
  SSCC,
  T0,
  type TestSigner,
} from './support.ts';

export type Body = Record<string, CborValue>;
export type Steps = readonly (readonly [string, Body])[];
export const ALFA = 0;
export const BRAVO = 1;
export const CARGO = 2;
export const DELTA = 3;
export const PACKAGE = asKey(`package/${SSCC}`);
const DAY = 86_400;
export const SECONDS0 = T0 / 1000;

export interface Head {
  readonly version: number;
  readonly digest: Digest;
  readonly value: Uint8Array;
  readonly body: Uint8Array;
  readonly record: CborValue;
  readonly certificate: Certificate;
}

export interface Party {
  readonly key: string;
  sign(bytes: Uint8Array): Promise<Uint8Array>;
  readonly device: Uint8Array | null;
}

export class Net {
  readonly bls: Bls;
  readonly ed25519: Ed25519;
  readonly hash: Hash;
  readonly genesis: Genesis;
  readonly network: NetworkId;
  readonly signers: readonly Signer[];
  readonly supplier: TestSigner;
  readonly registry: ServiceRegistry;
  heads = new Map<Key, Head>();
  now = T0;

  private constructor(
    parts: Pick<Net, 'bls' | 'ed25519' | 'hash' | 'genesis' | 'network' | 'signers' | 'supplier'>,
  ) {
    this.bls = parts.bls;
    this.ed25519 = parts.ed25519;
    this.hash = parts.hash;
    this.genesis = parts.genesis;
    this.network = parts.network;
    this.signers = parts.signers;
    this.supplier = parts.supplier;
    this.registry = createSupplyRegistry({ checkCertificate: genesisCertificates(this.bls, this.ed25519) });
  }

  static async create(over: { directory?: Partial<Directory>; rulesVersion?: number } = {}): Promise<Net> {
    const [bls, ed25519, hash, supplier] = await Promise.all([
      createBls(),
      createEd25519(),
      createHash(),
      newSigner(),
    ]);
    const signers = await Promise.all(demoNetwork.members.map(() => createSigner(generateSecretKeys(), bls)));
    const members = demoNetwork.members.map((member, i) => ({
      ...member,
      voteKey: signers[i]!.voteKey,
      certificateKey: signers[i]!.certificateKey,
      logId: String(i).repeat(32),
      proofOfPossession: String(i).repeat(96),
    })) as unknown as MemberEntry[];
    const genesis: Genesis = {
      format: 'countersign-genesis-1',
      name: demoNetwork.name,
      rulesVersion: over.rulesVersion ?? 1,
      draftNonce: '0'.repeat(32),
      demo: true,
      members,
      directory: { ...demoNetwork.directory, supplierKeys: [supplier.entry], ...over.directory },
    };
    return new Net({ bls, ed25519, hash, genesis, signers, supplier, network: networkIdOf(genesis, hash) });
  }

  verify = (key: string, message: Uint8Array, signature: Uint8Array): Promise<boolean> =>
    this.ed25519.verify(key as never, message, signature);

  /** A copy that goes its own way from here. */
  fork(): Net {
    const copy = Object.assign(Object.create(Net.prototype) as Net, this);
    copy.heads = new Map(this.heads);
    copy.verify = this.verify;
    return copy;
  }

  context(member: number, key: Key): Omit<HandlerContext, 'earlier'> {
    return {
      key,
      network: this.network,
      genesis: this.genesis,
      member: this.genesis.members[member]!,
      operator: 'op-7',
      baseVersion: asVersion(this.heads.get(key)?.version ?? 0),
      hash: (bytes) => this.hash(bytes),
      verifyEd25519: this.verify,
    };
  }

  /**
   * Runs the steps, and has the session judged and certified. The answer is the last response: of the step that was refused, or of the
   * last one. A verdict that is not valid throws, since handlers must refuse what the rules forbid.
   */
  async commit(member: number, key: Key, steps: Steps): Promise<ServiceResponse> {
    const ran = await this.run(member, key, steps);
    if ('refused' in ran) return ran.refused;
    const verdict = await this.judge(key, ran.body);
    if (verdict.verdict !== 'valid') throw new Error(`${verdict.verdict}: ${verdict.message}`);
    await this.settle(key, ran.body, ran.record);
    return ran.transactions.at(-1)!.response;
  }

  async run(
    member: number,
    key: Key,
    steps: Steps,
    registry = this.registry,
  ): Promise<
    | { readonly refused: ServiceResponse }
    | { readonly body: Uint8Array; readonly record: CborValue; readonly transactions: Transaction[] }
  > {
    const head = this.heads.get(key);
    const transactions: Transaction[] = [];
    let record: CborValue = head?.record ?? null;
    for (const [path, body] of steps) {
      this.now += 1000;
      const request = { method: 'POST' as const, path, body: { at: this.now, ...body } };
      const done = await runRequest(registry, this.genesis.rulesVersion, record, request, {
        ...this.context(member, key),
        earlier: [...transactions],
      });
      if (done.outcome !== 'success') {
        if (done.outcome === 'refused') documented(path, done.response);
        return { refused: done.response };
      }
      transactions.push(transactionOf(done, this.genesis.members[member]!.id));
      record = done.record;
    }
    return { body: await this.sign(member, key, record, transactions), record, transactions };
  }

  async sign(
    member: number,
    key: Key,
    record: CborValue,
    transactions: readonly Transaction[],
    rulesVersion = this.genesis.rulesVersion,
  ): Promise<Uint8Array> {
    const head = this.heads.get(key);
    const session = {
      id: randomHex(16),
      member: this.genesis.members[member]!.id,
      operator: 'op-7',
      rulesVersion,
      baseVersion: head?.version ?? 0,
      transactions,
    };
    const bytes = sessionBytes(
      this.network,
      key,
      rulesVersion,
      head?.digest ?? null,
      unsignedSession(session),
    );
    const signature = await this.signers[member]!.signEd25519(bytes);
    return encodeSessionValue({ record, session: { ...session, signature } });
  }

  judge(key: Key, body: Uint8Array, registry = this.registry): Promise<Verdict> {
    const { network, genesis, hash } = this;
    const head = this.heads.get(key);
    return validateValue(
      { network, genesis, registry, sessionBytes, deviceBytes, hash, verifyEd25519: this.verify },
      {
        key,
        version: asVersion((head?.version ?? 0) + 1),
        previousDigest: head?.digest ?? null,
        previousBody: head?.body ?? null,
        body,
      },
    );
  }

  async settle(key: Key, body: Uint8Array, record: CborValue): Promise<void> {
    const head = this.heads.get(key);
    const version = (head?.version ?? 0) + 1;
    const value = valueBytes(head?.digest ?? null, body);
    const digest = this.hash(value);
    const certificate = this.certify(key, version, digest, [0, 1, 2]);
    this.heads.set(key, { version, digest, value, body, record, certificate });
  }

  certify(key: Key, version: number, digest: Digest, members: readonly number[]): Certificate {
    const epoch = firstEpoch(this.network);
    const at = { key, version: asVersion(version), round: asRound(0), digest };
    const message = voteBytes(this.network, epoch, { ...at, type: 'COMMIT' });
    const signature = this.bls.aggregate(members.map((i) => this.signers[i]!.signShare(message)))!;
    const signers = membersBitmap(members.map(asMemberIndex), this.genesis.members.length);
    return { epoch, ...at, groups: [{ form: 'aggregate', signers, signature }] };
  }

  /** The entry as a request carries it. */
  use(key: Key, certificate = this.heads.get(key)!.certificate): CertifiedUse & Body {
    return { value: this.heads.get(key)!.value, certificate: encode(certificateFields(certificate)) };
  }

  get package(): PackageRecord {
    return this.heads.get(PACKAGE)!.record as unknown as PackageRecord;
  }

  entry(key: Key): PartyEntry {
    return this.heads.get(key)!.record as unknown as PartyEntry;
  }

  // ---- the life of the package, as far as a test needs it ----

  async announce(over: Body = {}): Promise<void> {
    done(
      await this.commit(ALFA, PACKAGE, [
        [SERVICES.createPackage, { envelope: await goodEnvelope(this.supplier), ...over }],
      ]),
    );
  }

  async inspect(lines: readonly CborValue[] = [accept(0), accept(1)], member = BRAVO): Promise<void> {
    const labelled = lines.some((line) => (line as { verdict: string }).verdict === 'accept');
    done(
      await this.commit(member, PACKAGE, [
        [SERVICES.startSession, {}],
        [SERVICES.scan, { code: SSCC, source: 'typed' }],
        [SERVICES.validate, {}],
        [SERVICES.quality, { lines }],
        ...(labelled ? [[SERVICES.label, { courierId: 'delta-express' }] as const] : []),
        [SERVICES.finish, {}],
      ]),
    );
  }

  handOff(over: Partial<HandOff> = {}): Uint8Array<ArrayBuffer> {
    const head = this.heads.get(PACKAGE)!;
    return made(
      handOffBytes({
        network: this.network,
        sscc: SSCC,
        version: head.version,
        record: recordDigest(this.hash, head.record),
        warehouse: 'bravo',
        courier: 'delta-express',
        vehicle: 'DX-17',
        seal: 'S-4711',
        place: '9521141000014',
        time: this.now,
        ...over,
      }),
    );
  }

  delivery(over: Partial<Delivery> = {}): Uint8Array<ArrayBuffer> {
    return made(
      deliveryBytes({
        network: this.network,
        sscc: SSCC,
        handOff: this.package.handOff!.digest as Digest,
        courier: 'delta-express',
        outcome: 'delivered',
        place: null,
        recipient: null,
        time: this.now,
        ...over,
      }),
    );
  }

  member(index: number): Party {
    const signer = this.signers[index]!;
    return { key: signer.voteKey, sign: (bytes) => signer.signEd25519(bytes), device: null };
  }

  /** A phone or terminal that the member has certified. */
  async device(
    member: number,
    over: { notBefore?: number; network?: NetworkId; member?: number; device?: DeviceKey } = {},
  ): Promise<Party & { readonly proof: Uint8Array }> {
    const signer = await createSigner(generateSecretKeys(), this.bls);
    const name = 'Phone of the dock';
    const certificate = await certifyDevice(this.signers[member]!, {
      network: over.network ?? this.network,
      member: asMemberIndex(over.member ?? member),
      device: over.device ?? (signer.voteKey as string as DeviceKey),
      name,
      notBefore: over.notBefore ?? T0,
    });
    return {
      key: over.device ?? signer.voteKey,
      sign: (bytes) => signer.signEd25519(bytes),
      device: encodeDevice(certificate),
      proof: await signer.signEd25519(deviceRequestBytes(certificate.device, name)),
    };
  }

  /** A key of the directory, and what a request says of it. */
  async key(
    key: Key,
    keyId: string,
    over: { validFrom?: number; validUntil?: number; for?: Key } = {},
  ): Promise<Party & { readonly body: Body; readonly signer: TestSigner }> {
    const signer = await newSigner({ keyId });
    const { kind, id } = parseDirectoryKey(over.for ?? key)!;
    const fields = {
      keyId,
      publicKey: signer.entry.publicKey,
      validFrom: over.validFrom ?? SECONDS0 - DAY,
      validUntil: over.validUntil ?? SECONDS0 + 365 * DAY,
    };
    const proof = await signer.sign(keyProofBytes(this.network, kind as 'courier', id, fields));
    return {
      key: signer.entry.publicKey,
      sign: (bytes) => signer.sign(bytes),
      device: null,
      body: { ...fields, proof },
      signer,
    };
  }
}

/** The same party's signature, as a request carries it. */
export async function signed(party: Party, statement: Uint8Array): Promise<PartySignature & Body> {
  return { key: party.key, signature: await party.sign(statement), device: party.device };
}

export function done(response: ServiceResponse): void {
  if (response.status >= 300) throw new Error(JSON.stringify(response));
}

export function made<T>(
  result:
    | { readonly ok: true; readonly value: T }
    | { readonly ok: false; readonly error: { readonly message: string } },
): T {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

export const publicKeyOf = (hex: string): Uint8Array => fromHex(hex);

/** docs/registry.md names every refusal. */
function documented(path: string, response: ServiceResponse): void {
  const service = SUPPLY_SERVICES.find((one) => one.path === path);
  const type = problemType(response);
  if (!(service?.errors as readonly string[] | undefined)?.includes(type))
    throw new Error(`${path} refused with ${type}, which docs/registry.md does not name`);
}
