/**
 * The files of examples/evidence: `npx tsx test/evidence/vectors.ts` makes them anew by a real run of four replicas. Each bad one has one
 * thing wrong with it, and is otherwise as sound as the keys of a whole network can make it.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { asDigest, asVersion, type Digest } from '../../src/codec/brand.ts';
import { decode, encode } from '../../src/codec/cbor.ts';
import { encodeGenesis } from '../../src/codec/genesis.ts';
import { certificateFields, encodeMessage, readCertificate } from '../../src/codec/messages.ts';
import type { Inclusion } from '../../src/codec/batch.ts';
import type { Certificate, CertificateGroup } from '../../src/codec/vote.ts';
import { firstEpoch } from '../../src/consensus/membership.ts';
import { valueBytes } from '../../src/crypto/domains.ts';
import { readBundle, writeBundle, type EvidenceBundle } from '../../src/domain/supply/evidence.ts';
import { parseSessionValue } from '../../src/l2/value.ts';
import { KEY, OTHER_KEY, OTHER_PACKAGE, PACKAGE, THIRD_KEY, THIRD_PACKAGE, World } from './world.ts';

/** What a verifier must answer to one file. */
export interface Vector {
  readonly file: string;
  /** How to call it: the network's id, its genesis, another network's id, or nothing. */
  readonly trust: 'network' | 'genesis' | 'other' | 'none';
  readonly verdict: 'valid' | 'invalid' | 'untrusted' | 'unknown';
  readonly exit: 0 | 2 | 3;
  /** `failure.type` of the report; null where it is valid. */
  readonly failure: string | null;
  readonly why: string;
}

export interface Vectors {
  readonly network: string;
  readonly other: string;
  readonly genesis: 'network.genesis';
  readonly vectors: readonly Vector[];
}

export const FOLDER = fileURLToPath(new URL('../../examples/evidence/', import.meta.url));

async function makeVectors(): Promise<void> {
  const files = new Map<string, Uint8Array>();
  const vectors: Vector[] = [];
  const add = (
    file: string,
    bytes: Uint8Array,
    verdict: Vector['verdict'],
    failure: string | null,
    why: string,
    trust: Vector['trust'] = 'network',
  ): void => {
    files.set(file, bytes);
    const exit = verdict === 'valid' ? 0 : verdict === 'invalid' ? 2 : 3;
    vectors.push({ file, trust, verdict, exit, failure, why });
  };

  const world = await World.running();
  await world.announce();
  await world.inspect(1);
  await world.inspect(2, {
    0: {
      line: 0,
      defects: [{ code: 'damaged', severity: 'critical', count: 2 }],
      photos: ['ab'.repeat(32)],
      verdict: 'quarantine',
    },
  });
  const good = await world.evidence(3);
  const bundle = parsed(good);
  await world.announce(OTHER_PACKAGE);
  const other = parsed(await world.evidence(0, OTHER_KEY));
  const elsewhere = await World.create({ name: 'Another network' });
  const write = (over: Partial<EvidenceBundle>): Uint8Array => writeBundle({ ...bundle, ...over });
  const entries = bundle.versions;
  const [first, second, third] = entries as [Entry, Entry, Entry];
  const replaced = (version: number, over: Partial<Entry>): Uint8Array =>
    write({ versions: entries.map((entry) => (entry.version === version ? { ...entry, ...over } : entry)) });
  const body = await world.announcement();
  const digest = world.tools.hash(valueBytes(null, body));
  const lone = await world.forge(KEY, [body]);
  const certified = (certificate: Certificate): Uint8Array =>
    writeBundle({
      ...lone,
      versions: [{ ...lone.versions[0]!, certificate: encode(certificateFields(certificate)) }],
    });

  // ---- good ----
  const name = `${PACKAGE.sscc}.evidence.json`;
  add(name, good, 'valid', null, 'three versions, exported by a member that ran no session');
  vectors.push({
    file: name,
    trust: 'genesis',
    verdict: 'valid',
    exit: 0,
    failure: null,
    why: 'trusted by the genesis file',
  });
  vectors.push({
    file: name,
    trust: 'none',
    verdict: 'untrusted',
    exit: 3,
    failure: 'no-trust-given',
    why: 'the reader trusts no network yet',
  });
  vectors.push({
    file: name,
    trust: 'other',
    verdict: 'untrusted',
    exit: 3,
    failure: 'network-not-trusted',
    why: 'the reader trusts another network',
  });
  add(
    'good/single-votes.evidence.json',
    certified(await world.certify({ key: KEY, version: 1, digest }, [1, 2, 3], 'votes')),
    'valid',
    null,
    'a certificate of single votes, not yet aggregated',
  );
  const two = await world.certify({ key: KEY, version: 1, digest }, [0, 1]);
  const one = await world.certify({ key: KEY, version: 1, digest }, [3], 'votes');
  add(
    'good/mixed.evidence.json',
    certified({ ...two, groups: [...two.groups, ...one.groups] }),
    'valid',
    null,
    'an aggregate of two and the vote of a third',
  );
  const [inBatch] = (await world.certifyBatch({ key: KEY, version: 1, digest }, [0, 1, 3])).groups;
  const batched = (group: CertificateGroup): Uint8Array => certified({ ...two, groups: [group] });
  const { batch, ...bare } = inBatch as CertificateGroup & { batch: Inclusion };
  add(
    'good/batch.evidence.json',
    batched(inBatch!),
    'valid',
    null,
    'a certificate of a batch: an aggregate over the root, and the way to it',
  );
  const batchVotes = await world.certifyBatch({ key: KEY, version: 1, digest }, [0, 1, 3], 'votes');
  add(
    'good/batch-votes.evidence.json',
    certified(batchVotes),
    'valid',
    null,
    'single votes over the root of a batch',
  );
  add(
    'good/batch-mixed.evidence.json',
    certified({
      ...two,
      groups: [...(await world.certifyBatch({ key: KEY, version: 1, digest }, [0, 1])).groups, ...one.groups],
    }),
    'valid',
    null,
    'two members signed the package in a batch, and a third signed it alone',
  );
  add(
    'bad/batch-path.evidence.json',
    batched({ ...inBatch!, batch: { ...batch, path: flippedBytes(batch.path, 5) } }),
    'invalid',
    'certificate-wrong',
    'a way that leads to another root',
  );
  add(
    'bad/batch-place.evidence.json',
    batched({ ...inBatch!, batch: { ...batch, index: batch.index === 0 ? 1 : batch.index - 1 } }),
    'invalid',
    'certificate-wrong',
    'the place of another entry of the batch',
  );
  add(
    'bad/batch-size.evidence.json',
    batched({ ...inBatch!, batch: { ...batch, size: 3 } }),
    'invalid',
    'certificate-wrong',
    'another size than was signed, with a way of the same length',
  );
  add(
    'bad/batch-without-inclusion.evidence.json',
    batched(bare as CertificateGroup),
    'invalid',
    'certificate-wrong',
    'a signature over a root, given as one over the package',
  );
  add(
    'bad/batch-under-quorum.evidence.json',
    certified(await world.certifyBatch({ key: KEY, version: 1, digest }, [0, 1])),
    'invalid',
    'under-quorum',
    'two signers of a batch',
  );
  add(
    'good/epcis.evidence.json',
    writeBundle(world.withEpcis(bundle)),
    'valid',
    null,
    'with the EPCIS documents',
  );
  const attached = world.withEpcis(bundle).epcis;
  const changed = {
    ...attached[1]!,
    document: utf8(new TextDecoder().decode(attached[1]!.document).replace('conformant', 'damaged')),
  };
  add(
    'bad/epcis-changed.evidence.json',
    write({ epcis: [changed] }),
    'invalid',
    'epcis-wrong',
    'an EPCIS document that says something else than its session',
  );
  add(
    'bad/epcis-other-version.evidence.json',
    write({ epcis: [{ ...attached[1]!, version: asVersion(3) }] }),
    'invalid',
    'epcis-wrong',
    'the EPCIS document of another version',
  );
  add(
    'bad/epcis-later-mapping.evidence.json',
    write({ epcis: [{ ...attached[1]!, mapping: 2 }] }),
    'unknown',
    'epcis-unknown',
    'an EPCIS document of a mapping that this verifier does not know',
  );
  await world.announce(THIRD_PACKAGE);
  await world.inspect(1, {}, THIRD_PACKAGE);
  await world.handOff(1, THIRD_KEY);
  await world.deliver('delivered', THIRD_KEY);
  add(
    'good/delivered.evidence.json',
    await world.evidence(2, THIRD_KEY),
    'valid',
    null,
    'a whole life: announced, inspected, handed over by warehouse and courier, delivered',
  );
  const digests = ['a'.repeat(64), 'b'.repeat(64)] as const;
  const proof = encodeMessage({ type: 'evidence', items: [await world.contradiction(3, digests)] });
  add(
    'good/equivocation.evidence.json',
    write({ equivocations: [proof] }),
    'valid',
    null,
    'with the proof that a member signed two values',
  );

  // ---- bad: the file ----
  add(
    'bad/truncated.evidence.json',
    good.slice(0, Math.floor(good.length / 2)),
    'invalid',
    'bundle-malformed',
    'cut off in the middle',
  );
  const text = new TextDecoder().decode(good);
  add(
    'bad/reformatted.evidence.json',
    utf8(JSON.stringify(JSON.parse(text))),
    'invalid',
    'bundle-not-canonical',
    'the same content without white space',
  );
  add(
    'bad/extra-field.evidence.json',
    utf8(text.replace('"versions"', '"note": "checked",\n  "versions"')),
    'invalid',
    'bundle-malformed',
    'a field that the format does not have',
  );
  add(
    'bad/later-format.evidence.json',
    utf8(text.replace('countersign-evidence-1', 'countersign-evidence-2')),
    'unknown',
    'format-unknown',
    'a format that this verifier does not know',
  );
  add(
    'bad/padded-base64.evidence.json',
    utf8(text.replace(/("genesis": "[^"]*)"/, '$1="')),
    'invalid',
    'bundle-malformed',
    'base64url with padding',
  );

  // ---- bad: the member list ----
  add(
    'bad/genesis-changed.evidence.json',
    write({ genesis: encodeGenesis({ ...world.genesis, name: 'Demo networl' }) }),
    'invalid',
    'network-id-wrong',
    'a changed name in the member list',
  );
  add(
    'bad/network-changed.evidence.json',
    write({ network: `${flipHex(bundle.network)}` as never }),
    'invalid',
    'network-id-wrong',
    'another network id than the member list has',
  );
  const [alfa, bravo, ...rest] = world.genesis.members;
  const swapped = encodeGenesis({
    ...world.genesis,
    members: [{ ...alfa!, proofOfPossession: bravo!.proofOfPossession }, bravo!, ...rest],
  });
  add(
    'bad/possession.evidence.json',
    write({ genesis: swapped, network: world.tools.hash(swapped) as string as never }),
    'invalid',
    'member-key-wrong',
    'a member with the proof of possession of another',
  );
  add(
    'bad/made-up-members.evidence.json',
    writeBundle(await elsewhere.forge(KEY, [await elsewhere.announcement()])),
    'untrusted',
    'network-not-trusted',
    'sound in itself, by members that somebody made up',
  );

  // ---- bad: certificates ----
  add(
    'bad/under-quorum.evidence.json',
    writeBundle(await world.forge(KEY, [body], [0, 1])),
    'invalid',
    'under-quorum',
    'two signers of the three needed',
  );
  const votes = await world.certify({ key: KEY, version: 1, digest }, [0, 1, 1], 'votes');
  add(
    'bad/duplicate-signer.evidence.json',
    certified(votes),
    'invalid',
    'under-quorum',
    'three votes, two of one member',
  );
  const again = await world.certify({ key: KEY, version: 1, digest }, [1], 'votes');
  add(
    'bad/duplicate-across-groups.evidence.json',
    certified({ ...two, groups: [...two.groups, ...again.groups] }),
    'invalid',
    'under-quorum',
    'one member in the aggregate and by its vote',
  );
  const [group] = two.groups;
  add(
    'bad/bitmap.evidence.json',
    certified({
      ...two,
      groups: [
        {
          ...(group as { form: 'aggregate'; signers: Uint8Array; signature: Uint8Array }),
          signers: new Uint8Array([0b0111]),
        },
      ],
    }),
    'invalid',
    'certificate-wrong',
    'a bitmap that names a member who did not sign',
  );
  const stranger = certificateOf((await elsewhere.forge(KEY, [body])).versions[0]!.certificate);
  add(
    'bad/other-network-certificate.evidence.json',
    certified({ ...stranger, epoch: firstEpoch(world.network) }),
    'invalid',
    'certificate-wrong',
    'signatures of another network over the same value',
  );
  add(
    'bad/other-epoch.evidence.json',
    certified(stranger),
    'unknown',
    'epoch-unknown',
    'a certificate of an epoch that this verifier does not know',
  );
  add(
    'bad/replayed-package.evidence.json',
    writeBundle({ ...other, key: KEY }),
    'invalid',
    'certificate-elsewhere',
    'the evidence of another package under this one’s number',
  );
  const flipped = third.certificate.slice();
  flipped[flipped.length - 20]! ^= 1;
  add(
    'bad/certificate-flipped.evidence.json',
    replaced(3, { certificate: flipped }),
    'invalid',
    'certificate-wrong',
    'one bit of a signature',
  );
  const round = { ...certificateOf(second.certificate), round: 7 as never };
  add(
    'bad/other-round.evidence.json',
    replaced(2, { certificate: encode(certificateFields(round)) }),
    'invalid',
    'certificate-wrong',
    'another round than was signed',
  );

  // ---- bad: values and their chain ----
  const value = second.value.slice();
  value[value.length - 50]! ^= 1;
  add(
    'bad/value-flipped.evidence.json',
    replaced(2, { value }),
    'invalid',
    'digest-wrong',
    'one bit of a value',
  );
  add(
    'bad/exchanged-value.evidence.json',
    replaced(3, { value: second.value }),
    'invalid',
    'digest-wrong',
    'version 3 with the value of version 2',
  );
  add(
    'bad/missing-first.evidence.json',
    write({ versions: [second, third] }),
    'invalid',
    'version-order',
    'without version 1',
  );
  add(
    'bad/missing-middle.evidence.json',
    write({ versions: [first, third] }),
    'invalid',
    'version-order',
    'without version 2',
  );
  const orphan = valueBytes(asDigest('1'.repeat(64)), await world.announcement());
  add(
    'bad/chain.evidence.json',
    await withSecond(world, lone, orphan),
    'invalid',
    'chain-broken',
    'a second version that names another first',
  );

  // ---- bad: what all four members certified ----
  const all = [0, 1, 2, 3];
  const session = parseSessionValue(body);
  if (!session.ok) throw new Error(session.error.message);
  const { record, session: ran } = session.value;
  const byDevice = await world.signByDevice(0, KEY, null, record, ran);
  add(
    'good/device.evidence.json',
    writeBundle(await world.forge(KEY, [byDevice])),
    'valid',
    null,
    'a session that a device signed, with its member’s certificate',
  );
  add(
    'bad/device-of-another.evidence.json',
    writeBundle(await world.forge(KEY, [await world.signByDevice(2, KEY, null, record, ran)], all)),
    'invalid',
    'rule-broken',
    'a session by a device that another member has certified',
  );
  const [step] = ran.transactions;
  const claims = [
    { ...step!, response: { status: 201, body: { sscc: PACKAGE.sscc, claimed: 'all is well' } } },
  ];
  const forge = async (lie: Uint8Array | null): Promise<Uint8Array> =>
    writeBundle(await world.forge(KEY, [lie], all));
  add(
    'bad/response.evidence.json',
    await forge(await world.sign(0, KEY, null, record, { ...ran, transactions: claims })),
    'invalid',
    'rule-broken',
    'a response that the handler does not give',
  );
  add(
    'bad/record.evidence.json',
    await forge(await world.sign(0, KEY, null, { ...(record as object), status: 'labelled' }, ran)),
    'invalid',
    'rule-broken',
    'a record that the steps do not lead to',
  );
  add(
    'bad/session-signature.evidence.json',
    await forge(await world.sign(2, KEY, null, record, ran)),
    'invalid',
    'rule-broken',
    'a session that another member signed',
  );
  add(
    'bad/role.evidence.json',
    await forge(
      await world.sign(1, KEY, null, record, {
        ...ran,
        member: 'bravo' as never,
        transactions: [{ ...step!, node: 'bravo' }],
      }),
    ),
    'invalid',
    'rule-broken',
    'a warehouse that announced a package',
  );
  const envelope = (record as { manifest: { envelope: string } }).manifest.envelope;
  const forged = envelope.replace(
    /("sig":\s*")(.)/,
    (_, head: string, at: string) => `${head}${at === 'A' ? 'B' : 'A'}`,
  );
  add(
    'bad/manifest.evidence.json',
    await forge(
      await world.sign(
        0,
        KEY,
        null,
        {
          ...(record as object),
          manifest: { ...(record as { manifest: object }).manifest, envelope: forged },
        } as never,
        {
          ...ran,
          transactions: [
            {
              ...step!,
              request: {
                ...step!.request,
                body: { ...(step!.request.body as object), envelope: forged } as never,
              },
            },
          ],
        },
      ),
    ),
    'invalid',
    'rule-broken',
    'a manifest that the supplier did not sign',
  );
  add('bad/deleted.evidence.json', await forge(null), 'invalid', 'rule-broken', 'a package that was deleted');

  // ---- contradictions ----
  const flippedProof = proof.slice();
  flippedProof[flippedProof.length - 30]! ^= 1;
  add(
    'bad/equivocation-flipped.evidence.json',
    write({ equivocations: [flippedProof] }),
    'invalid',
    'equivocation-wrong',
    'one bit of a contradicting vote',
  );
  const foreign = encodeMessage({ type: 'evidence', items: [await elsewhere.contradiction(3, digests)] });
  add(
    'bad/equivocation-elsewhere.evidence.json',
    write({ equivocations: [foreign] }),
    'invalid',
    'equivocation-wrong',
    'a contradiction in another network',
  );
  const twice = encodeMessage({
    type: 'evidence',
    items: [await world.contradiction(3, ['a'.repeat(64), 'a'.repeat(64)])],
  });
  add(
    'bad/equivocation-same.evidence.json',
    write({ equivocations: [twice] }),
    'invalid',
    'equivocation-wrong',
    'one vote told twice, which contradicts nothing',
  );

  const list: Vectors = {
    network: world.network,
    other: elsewhere.network,
    genesis: 'network.genesis',
    vectors,
  };
  files.set('network.genesis', world.genesisBytes);
  files.set('vectors.json', utf8(`${JSON.stringify(list, null, 2)}\n`));
  world.stop();
  for (const folder of ['good', 'bad']) await mkdir(`${FOLDER}${folder}`, { recursive: true });
  for (const [file, bytes] of files) await writeFile(FOLDER + file, bytes);
  console.log(`Wrote ${files.size} files and ${vectors.length} vectors to ${FOLDER}`);
}

type Entry = EvidenceBundle['versions'][number];

async function withSecond(world: World, lone: EvidenceBundle, value: Uint8Array): Promise<Uint8Array> {
  const digest: Digest = world.tools.hash(value);
  const certificate = await world.certify({ key: KEY, version: 2, digest }, [0, 1, 2]);
  const second = { version: asVersion(2), value, certificate: encode(certificateFields(certificate)) };
  return writeBundle({ ...lone, versions: [...lone.versions, second] });
}

function parsed(bytes: Uint8Array): EvidenceBundle {
  const read = readBundle(bytes);
  if (!read.ok) throw new Error(read.error.message);
  return read.value;
}

function certificateOf(bytes: Uint8Array): Certificate {
  const decoded = decode(bytes, 100_000);
  const read = decoded.ok ? readCertificate(decoded.value) : decoded;
  if (!read.ok) throw new Error(read.error.message);
  return read.value;
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const flippedBytes = (bytes: Uint8Array, at: number): Uint8Array => {
  const flipped = bytes.slice();
  flipped[at]! ^= 1;
  return flipped;
};
const flipHex = (hex: string): string => (hex.startsWith('0') ? '1' : '0') + hex.slice(1);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await makeVectors();
  process.exit(0);
}
