/**
 * A network that is years old: thousands of certified packages on the disks of its members, before they open it. Nobody could vote on so many
 * in a test, so the members' own keys are read from their browsers, and here is done what their replicas do: the notices are signed with the
 * supplier's key, the sessions are run by the application's rules and signed, and three members sign each batch. A verifier takes every one of
 * them for what it is (`expectGenuine`).
 */
import { createPrivateKey, sign as signByOpenssl } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect } from '@playwright/test';
import { entryListOf } from '../src/codec/batch.ts';
import {
  asKey,
  asRound,
  asVersion,
  type Digest,
  type Key,
  type MemberIndex,
  type NetworkId,
  type VoteKey,
} from '../src/codec/brand.ts';
import { decode, type CborValue } from '../src/codec/cbor.ts';
import { decodeGenesis, type Genesis } from '../src/codec/genesis.ts';
import { MAX_BATCH_ENTRIES } from '../src/codec/limits.ts';
import { membersBitmap, type Certificate } from '../src/codec/vote.ts';
import { createVerifier, verifyTools } from '../src/cli/verify.ts';
import { firstEpoch, quorum } from '../src/consensus/membership.ts';
import { batchBytes, commitBytes, sessionBytes, valueBytes } from '../src/crypto/domains.ts';
import { createSigner, randomHex } from '../src/crypto/keys.ts';
import type { Signer } from '../src/crypto/types.ts';
import { makeEnvelope } from '../src/domain/supply/manifest.ts';
import { createSupplyRegistry } from '../src/domain/supply/registry.ts';
import { SERVICES } from '../src/domain/supply/types.ts';
import { runRequest } from '../src/l2/execute.ts';
import type { Transaction } from '../src/l2/types.ts';
import { encodeSessionValue, unsignedSession } from '../src/l2/value.ts';
import type { CertifiedEntry } from '../src/store/types.ts';
import type { Cluster } from './cluster.ts';
import { checkDigit, dataFile } from './data.ts';
import { unwrap, type Replica } from './replica.ts';

export interface ManyPackages {
  /** In the order of the list: the newest first. */
  readonly packages: readonly OldPackage[];
  /** What each member has on its disk. */
  readonly certified: readonly CertifiedEntry[];
  readonly history: readonly CertifiedEntry[];
  readonly values: readonly { readonly digest: Digest; readonly bytes: Uint8Array }[];
}

export interface OldPackage {
  readonly sscc: string;
  readonly lot: string;
  readonly gtin: string;
  readonly status: 'announced' | 'labelled';
}

/** Every so many-th package has been received and labelled as well. */
export const LABELLED_EVERY = 20;
const GTINS = ['04012345001013', '04012345001563'] as const;
const START = Date.UTC(2026, 0, 5, 6);

/** Their replicas must be closed. `count`: 2 × LABELLED_EVERY at least, a batch is of two packages or more. */
export async function makeMany(cluster: Cluster, count: number): Promise<ManyPackages> {
  const tools = await verifyTools();
  const genesis = unwrap(decodeGenesis(cluster.genesisFile));
  const signers: Signer[] = [];
  for (const replica of cluster.replicas) signers.push(await signerOf(replica, tools.bls));
  const maker = new Maker(genesis, cluster.network as NetworkId, signers, tools);
  const packages: OldPackage[] = [];
  for (let i = 0; i < count; i++) packages.push(await maker.make(i));
  return { packages: packages.toReversed(), ...(await maker.certified()) };
}

/** Onto the disk of a member; its replica must be closed. */
export async function putOnDisk(replica: Replica, many: ManyPackages): Promise<void> {
  await replica.goto('/');
  const { certified, history, values } = many;
  const put = async (
    store: string,
    records: readonly (readonly [unknown, string | null])[],
  ): Promise<void> => {
    for (let from = 0; from < records.length; from += RECORDS_AT_ONCE) {
      const part = JSON.stringify(records.slice(from, from + RECORDS_AT_ONCE), withBytes);
      await replica.page.evaluate(putRecords, { name: `countersign-${replica.profile}`, store, part });
    }
  };
  await put(
    'certified',
    certified.map((entry) => [entry, null]),
  );
  await put(
    'history',
    history.map((entry) => [entry, null]),
  );
  await put(
    'values',
    values.map(({ digest, bytes }) => [bytes, digest]),
  );
  await replica.close();
}

/** What a replica exports of a package holds before the verifier of the command line. */
export async function expectGenuine(replica: Replica, network: string, sscc: string): Promise<void> {
  const bytes = await replica.page.evaluate(async (of) => {
    const { countersign } = window as unknown as {
      countersign: { evidence(sscc: string): Promise<{ ok: true; value: Uint8Array }> };
    };
    return [...(await countersign.evidence(of)).value];
  }, sscc);
  const verify = await createVerifier();
  const report = await verify(new Uint8Array(bytes), { kind: 'network', network: network as NetworkId });
  expect([report.failure, report.verdict]).toEqual([null, 'valid']);
}

/** Records in one call: a few MiB of text. */
const RECORDS_AT_ONCE = 1000;

type Tools = Awaited<ReturnType<typeof verifyTools>>;

interface Made {
  readonly key: Key;
  readonly version: number;
  readonly digest: Digest;
  readonly previous: Digest | null;
}

class Maker {
  readonly #genesis: Genesis;
  readonly #network: NetworkId;
  readonly #signers: readonly Signer[];
  readonly #tools: Tools;
  readonly #registry = createSupplyRegistry();
  readonly #values: { digest: Digest; bytes: Uint8Array }[] = [];
  readonly #made: Made[] = [];

  constructor(genesis: Genesis, network: NetworkId, signers: readonly Signer[], tools: Tools) {
    this.#genesis = genesis;
    this.#network = network;
    this.#signers = signers;
    this.#tools = tools;
  }

  /** The i-th package; each was changed a minute after the one before. */
  async make(i: number): Promise<OldPackage> {
    const digits = `04012345${String(500_000_000 + i)}`;
    const sscc = digits + checkDigit(digits);
    const key = asKey(`package/${sscc}`);
    const lot = `L${26_000 + Math.floor(i / 10)}${'ABCDEFGHIJ'.charAt(i % 10)}`;
    const gtin = GTINS[i % GTINS.length]!;
    const at = START + i * 60_000;
    const manifest = {
      asnId: `ASN-2026-${Math.floor(i / 50)}`,
      sscc,
      supplierGln: '4012345000115',
      shipToGln: '9521141000014',
      issuedAt: new Date(at - 3_600_000).toISOString().replace('.000', ''),
      keyid: 'alfa-2026',
      lines: [
        {
          gtin,
          description: 'O-ring NBR 24x3',
          lot,
          serial: null,
          quantity: 40 + (i % 60),
          expiry: '2029-10-28',
        },
      ],
    };
    const envelope = unwrap(await makeEnvelope(JSON.stringify(manifest), SUPPLIER));
    const announced = await this.#session(0, key, 'office', null, [
      { path: SERVICES.createPackage, body: { envelope, at } },
    ]);
    if (i % LABELLED_EVERY !== 0) return { sscc, lot, gtin, status: 'announced' };
    const post = (path: string, body: Record<string, CborValue> = {}): Step => ({
      path,
      body: { ...body, at },
    });
    await this.#session(1, key, 'op-7', announced, [
      post(SERVICES.startSession),
      post(SERVICES.scan, { code: `]C100${sscc}`, source: 'wedge' }),
      post(SERVICES.validate),
      post(SERVICES.quality, { lines: [{ line: 0, defects: [], photos: [], verdict: 'accept' }] }),
      post(SERVICES.label, { courierId: 'delta-express' }),
      post(SERVICES.finish),
    ]);
    return { sscc, lot, gtin, status: 'labelled' };
  }

  /** Signs all that was made, by batches, with as many members as are needed. */
  async certified(): Promise<Pick<ManyPackages, 'certified' | 'history' | 'values'>> {
    const heads = new Map<Key, CertifiedEntry>();
    const history: CertifiedEntry[] = [];
    for (const version of [1, 2]) {
      const made = this.#made.filter((one) => one.version === version);
      for (let from = 0; from < made.length; from += MAX_BATCH_ENTRIES) {
        for (const entry of await this.#certify(made.slice(from, from + MAX_BATCH_ENTRIES))) {
          const before = heads.get(entry.key);
          if (before) history.push(before);
          heads.set(entry.key, entry);
        }
      }
    }
    return { certified: [...heads.values()], history, values: this.#values };
  }

  async #session(
    member: number,
    key: Key,
    operator: string,
    base: { readonly digest: Digest; readonly record: CborValue } | null,
    steps: readonly Step[],
  ): Promise<{ readonly digest: Digest; readonly record: CborValue }> {
    const entry = this.#genesis.members[member]!;
    const version = base === null ? 0 : 1;
    let record: CborValue = base?.record ?? null;
    const transactions: Transaction[] = [];
    for (const { path, body } of steps) {
      const done = await runRequest(
        this.#registry,
        1,
        record,
        { method: 'POST', path, body },
        {
          key,
          network: this.#network,
          genesis: this.#genesis,
          member: entry,
          operator,
          baseVersion: asVersion(version),
          earlier: [...transactions],
          hash: this.#tools.hash,
          verifyEd25519: (publicKey, message, signature) =>
            this.#tools.ed25519.verify(publicKey as VoteKey, message, signature),
        },
      );
      if (done.outcome !== 'success') throw new Error(`${path}: ${JSON.stringify(done.response)}`);
      record = done.record;
      transactions.push({ request: done.request, response: done.response, node: entry.id });
    }
    const session = {
      id: randomHex(16),
      member: entry.id,
      operator,
      rulesVersion: 1,
      baseVersion: version,
      transactions,
    };
    const previous = base?.digest ?? null;
    const signed = sessionBytes(this.#network, key, 1, previous, unsignedSession(session));
    const signature = await this.#signers[member]!.signEd25519(signed);
    const bytes = valueBytes(previous, encodeSessionValue({ record, session: { ...session, signature } }));
    const digest = this.#tools.hash(bytes);
    this.#values.push({ digest, bytes });
    this.#made.push({ key, version: version + 1, digest, previous });
    return { digest, record };
  }

  async #certify(made: readonly Made[]): Promise<CertifiedEntry[]> {
    const epoch = firstEpoch(this.#network);
    const sorted = made.toSorted((a, b) => (a.key < b.key ? -1 : 1));
    const list = entryListOf(
      sorted.map(({ key, version, digest }) => ({ key, version: asVersion(version), digest })),
    );
    const [{ root, size }] = list.inclusions as [(typeof list.inclusions)[number]];
    const round = asRound(0);
    const bytes = batchBytes(this.#network, epoch, { round, type: 'COMMIT' }, { root, size });
    const authors = Array.from({ length: quorum(this.#signers.length) }, (_, i) => i as MemberIndex);
    const shares = authors.map((author) => this.#signers[author]!.signShare(bytes));
    // As a COMMIT is signed; the certificate keeps the aggregate of the shares.
    await Promise.all(
      authors.map((author, i) => this.#signers[author]!.signEd25519(commitBytes(bytes, shares[i]!))),
    );
    const signature = this.#tools.bls.aggregate(shares);
    if (signature === null) throw new Error('the shares do not aggregate');
    const signers = membersBitmap(authors, this.#signers.length);
    return sorted.map(({ key, version, digest, previous }, i): CertifiedEntry => {
      const named = { key, version: asVersion(version), digest };
      const group = { form: 'aggregate', signers, signature, batch: list.inclusions[i]! } as const;
      const certificate: Certificate = { epoch, ...named, round, groups: [group] };
      return { ...named, certificate, previous };
    });
  }
}

interface Step {
  readonly path: string;
  readonly body: Record<string, CborValue>;
}

const supplierKey = createPrivateKey(readFileSync(dataFile('alfa-2026.example-only.private.pem')));
const SUPPLIER = {
  keyId: 'alfa-2026',
  sign: async (bytes: Uint8Array): Promise<Uint8Array> => signByOpenssl(null, bytes, supplierKey),
};

/** Who tests is as good as any script of the page: what the browser keeps can be used there, and read out where it was sealed to be. */
async function signerOf(replica: Replica, bls: Tools['bls']): Promise<Signer> {
  const wasOpen = replica.isOpen;
  if (!wasOpen) await replica.goto('/');
  const sealed = await replica.page.evaluate(async (name) => {
    const answer = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(new Error('the database does not answer'));
      });
    const db = await answer(indexedDB.open(name));
    interface Identity {
      readonly wrappingKey: CryptoKey;
      readonly sealedKeys: { readonly iv: BufferSource; readonly ciphertext: BufferSource };
    }
    const { wrappingKey, sealedKeys } = (await answer(
      db.transaction('meta').objectStore('meta').get('identity'),
    )) as Identity;
    db.close();
    const additionalData = new TextEncoder().encode('countersign secret keys 1');
    const algorithm = { name: 'AES-GCM', iv: sealedKeys.iv, additionalData };
    return [...new Uint8Array(await crypto.subtle.decrypt(algorithm, wrappingKey, sealedKeys.ciphertext))];
  }, `countersign-${replica.profile}`);
  if (!wasOpen) await replica.close();
  const fields = unwrap(decode(new Uint8Array(sealed), sealed.length));
  const [voteSeed, certificateSecret] = fields as [Uint8Array, Uint8Array];
  return createSigner({ voteSeed, certificateSecret }, bls);
}

/** Bytes as base64 in JSON, and back in the page. */
function withBytes(this: unknown, _name: string, value: unknown): unknown {
  return value instanceof Uint8Array ? { base64: Buffer.from(value).toString('base64') } : value;
}

async function putRecords(input: { name: string; store: string; part: string }): Promise<void> {
  const bytesOf = (_: string, value: unknown): unknown => {
    const text = typeof value === 'object' && value !== null && 'base64' in value ? value.base64 : null;
    return typeof text === 'string' ? Uint8Array.from(atob(text), (c) => c.charCodeAt(0)) : value;
  };
  const records = JSON.parse(input.part, bytesOf) as readonly (readonly [unknown, string | null])[];
  const db = await new Promise<IDBDatabase>((resolve, reject) => {
    const opening = indexedDB.open(input.name);
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(new Error('the database cannot be opened'));
  });
  const tx = db.transaction(input.store, 'readwrite');
  for (const [record, key] of records) tx.objectStore(input.store).put(record, key ?? undefined);
  await new Promise<void>((resolve, reject) => {
    tx.oncomplete = () => resolve();
    tx.onabort = () => reject(new Error(String(tx.error)));
  });
  db.close();
}
