/** A network, a signer and a session runner for the supply tests. */
import { readFileSync } from 'node:fs';
import { webcrypto } from 'node:crypto';
import { asKey, asMemberId, asNetworkId, asVersion, fromHex, type Digest } from '../../src/codec/brand.ts';
import { encode, type CborValue } from '../../src/codec/cbor.ts';
import type { Directory, Genesis, MemberEntry, SupplierKeyEntry } from '../../src/codec/genesis.ts';
import type { HandlerContext, ServiceResponse, Transaction } from '../../src/l2/types.ts';
import { makeEnvelope, readManifestFile } from '../../src/domain/supply/manifest.ts';
import { createSupplyRegistry, SUPPLY_SERVICES } from '../../src/domain/supply/registry.ts';
import { SERVICES, type PackageRecord } from '../../src/domain/supply/types.ts';

export const DATA = new URL('../../examples/data/', import.meta.url);
export const readData = (name: string): string => readFileSync(new URL(name, DATA), 'utf8');

export const demoNetwork = JSON.parse(readData('demo-network.json')) as {
  name: string;
  members: Pick<MemberEntry, 'id' | 'name' | 'organisation' | 'role' | 'gln'>[];
  directory: Directory;
};

/** A real genesis's shape; the members' keys play no part in a handler. */
export function genesisWith(directory: Directory = demoNetwork.directory): Genesis {
  const members = demoNetwork.members.map((member, i) => ({
    ...member,
    voteKey: String(i).repeat(64),
    certificateKey: String(i).repeat(192),
    logId: String(i).repeat(32),
    proofOfPossession: String(i).repeat(96),
  })) as unknown as MemberEntry[];
  return {
    format: 'countersign-genesis-1',
    name: demoNetwork.name,
    rulesVersion: 1,
    draftNonce: '0'.repeat(32),
    demo: true,
    members,
    directory,
  };
}

export async function verifyEd25519(
  publicKeyHex: string,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const key = await webcrypto.subtle.importKey('raw', fromHex(publicKeyHex), { name: 'Ed25519' }, false, [
    'verify',
  ]);
  return webcrypto.subtle.verify('Ed25519', key, signature, message);
}

export const SSCC = '040123450000001112';
export const OTHER_SSCC = '040123450000001129';
export const T0 = Date.UTC(2026, 10, 3, 8);

export interface TestSigner {
  readonly entry: SupplierKeyEntry;
  sign(bytes: Uint8Array): Promise<Uint8Array>;
  readonly keyId: string;
}

export async function newSigner(over: Partial<SupplierKeyEntry> = {}): Promise<TestSigner> {
  const pair = (await webcrypto.subtle.generateKey('Ed25519', true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
  const raw = new Uint8Array(await webcrypto.subtle.exportKey('raw', pair.publicKey));
  const entry: SupplierKeyEntry = {
    keyId: 'test-key',
    publicKey: Buffer.from(raw).toString('hex'),
    gln: '4012345000115',
    name: 'Alfa Components',
    validFrom: null,
    validUntil: null,
    ...over,
  };
  return {
    entry,
    keyId: entry.keyId,
    sign: async (bytes) => new Uint8Array(await webcrypto.subtle.sign('Ed25519', pair.privateKey, bytes)),
  };
}

export function manifestObject(over: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    asnId: 'ASN-1',
    sscc: SSCC,
    supplierGln: '4012345000115',
    shipToGln: '9521141000014',
    issuedAt: '2026-11-02T08:00:00Z',
    lines: [
      {
        gtin: '4012345001013',
        description: 'Seal kit',
        lot: 'L1',
        serial: null,
        quantity: 40,
        expiry: '2029-10-28',
      },
      { gtin: '4012345001181', description: 'Bearing', lot: 'L2', serial: null, quantity: 600, expiry: null },
    ],
    ...over,
  };
}

/** Signs whatever it is given, also what `makeEnvelope` would refuse. */
export async function envelopeOf(
  signer: TestSigner,
  manifest: unknown,
  keyId = signer.keyId,
): Promise<string> {
  const { MANIFEST_PAYLOAD_TYPE, preAuthenticationEncoding } =
    await import('../../src/domain/supply/manifest.ts');
  const payload = new TextEncoder().encode(
    typeof manifest === 'string' ? manifest : JSON.stringify(manifest),
  );
  const sig = await signer.sign(preAuthenticationEncoding(MANIFEST_PAYLOAD_TYPE, payload));
  return JSON.stringify({
    payloadType: MANIFEST_PAYLOAD_TYPE,
    payload: Buffer.from(payload).toString('base64'),
    signatures: [{ keyid: keyId, sig: Buffer.from(sig).toString('base64') }],
  });
}

export async function goodEnvelope(signer: TestSigner, over: Record<string, unknown> = {}): Promise<string> {
  const made = await makeEnvelope(JSON.stringify(manifestObject(over)), signer);
  if (!made.ok) throw new Error(made.error.message);
  return made.value;
}

export function exampleEnvelopes(): { envelope: string; sscc: string }[] {
  const read = readManifestFile(readData('asn-2026-11.dsse.json'));
  if (!read.ok) throw new Error(read.error.message);
  return read.value.map(({ envelope, manifest }) => ({ envelope, sscc: manifest.sscc }));
}

/** A session as the buffer runs it: refused steps leave no trace. Every step runs twice and must give the same bytes. */
export class Session {
  record: CborValue;
  readonly transactions: Transaction[] = [];
  readonly sscc: string;
  readonly memberId: string;
  readonly genesis: Genesis;
  now = T0;

  constructor(memberId: string, genesis: Genesis, sscc: string, record: CborValue) {
    this.memberId = memberId;
    this.genesis = genesis;
    this.sscc = sscc;
    this.record = record;
  }

  async post(path: string, body: Record<string, CborValue> = {}): Promise<ServiceResponse> {
    this.now += 1000;
    const request = { method: 'POST' as const, path, body: { at: this.now, ...body } };
    const service = createSupplyRegistry().find(1, 'POST', path);
    const member = this.genesis.members.find((m) => m.id === asMemberId(this.memberId));
    if (!service || !member) throw new Error(`no service ${path} or no member ${this.memberId}`);
    const context: HandlerContext = {
      key: asKey(`package/${this.sscc}`),
      network: asNetworkId('a'.repeat(64)),
      genesis: this.genesis,
      member,
      operator: 'op-7',
      baseVersion: asVersion(this.record === null ? 0 : 1),
      earlier: [...this.transactions],
      hash: () => '0'.repeat(64) as Digest,
      verifyEd25519,
    };
    const first = await service.handler(this.record, request, context);
    const again = await service.handler(this.record, request, context);
    const bytes = (r: typeof first): string =>
      Buffer.from(encode([r.response.status, r.response.body, r.record])).toString('hex');
    if (bytes(first) !== bytes(again)) throw new Error(`${path} answers differently when it is run again`);
    if (first.response.status < 300) {
      this.transactions.push({ request, response: first.response, node: this.memberId });
      this.record = first.record;
    } else {
      if (first.record !== this.record) throw new Error(`${path} refused and changed the record`);
      const type = problemType(first.response);
      const documented: readonly string[] = SUPPLY_SERVICES.find((s) => s.path === path)?.errors ?? [];
      if (!documented.includes(type))
        throw new Error(`${path} refused with ${type}, which docs/registry.md does not name`);
    }
    return first.response;
  }

  get package(): PackageRecord {
    return this.record as unknown as PackageRecord;
  }
}

export const problemType = (response: ServiceResponse): string =>
  response.status < 400 ? `success ${response.status}` : String((response.body as { type: string }).type);
export const problemMessage = (response: ServiceResponse): string =>
  String((response.body as { message: string }).message);

export async function announced(genesis: Genesis, envelope: string, sscc = SSCC): Promise<CborValue> {
  const session = new Session('alfa', genesis, sscc, null);
  const response = await session.post(SERVICES.createPackage, { envelope });
  if (response.status !== 201) throw new Error(JSON.stringify(response));
  return session.record;
}

export const accept = (line: number, defects: CborValue[] = []): CborValue => ({
  line,
  defects,
  photos: [],
  verdict: 'accept',
});
