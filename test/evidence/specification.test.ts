/**
 * A second verifier, written from docs/evidence.md alone, with other libraries and none of our code: if the page and the code differ, the
 * two verifiers differ on the test vectors. It leaves out what the page leaves to the handlers: running the steps again.
 */
import { createPublicKey, verify as verifyWithOpenssl } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { pairing, PointG1, PointG2 } from '@noble/bls12-381';
import { hash as blake3 } from 'blake3-wasm';
import { expect, it } from 'vitest';
import type { BreakVectors } from './break-vectors.ts';
import type { EpochVectors } from './epoch-vectors.ts';
import type { Vectors } from './vectors.ts';

const FOLDER = new URL('../../examples/evidence/', import.meta.url);
const read = (name: string): Buffer => readFileSync(new URL(name, FOLDER));
const vectors = JSON.parse(read('vectors.json').toString()) as Vectors;

/** What only a second run of the steps, of the rules of sampling and manifests, or of the EPCIS mapping can find. */
const NEEDS_HANDLERS = ['rule-broken', 'rules-unknown', 'manifest-wrong', 'epcis-wrong'];

it('docs/evidence.md is enough to write a verifier from: a second one agrees on every vector that needs no handler', async () => {
  let compared = 0;
  for (const vector of vectors.vectors) {
    const trust =
      vector.trust === 'network' || vector.trust === 'other'
        ? vectors[vector.trust]
        : vector.trust === 'genesis'
          ? digest(read(vectors.genesis))
          : null;
    const expected = NEEDS_HANDLERS.includes(vector.failure ?? '') ? 'valid' : vector.verdict;
    expect(await verdictOf(read(vector.file), trust), `${vector.file}: ${vector.why}`).toBe(expected);
    compared++;
  }
  expect(compared).toBe(vectors.vectors.length);
});

it('… and of those over several epochs: the chain, the members of each epoch, and pins', async () => {
  const epochs = JSON.parse(read('epochs/vectors.json').toString()) as EpochVectors;
  let compared = 0;
  for (const vector of epochs.vectors.filter(({ file }) => file.endsWith('.evidence.json'))) {
    const trust = vector.file.startsWith('carried/') ? epochs.carried : epochs.network;
    const expected = NEEDS_HANDLERS.includes(vector.failure ?? '') ? 'valid' : vector.verdict;
    const verdict = await verdictOf(read(`epochs/${vector.file}`), trust, vector.pin);
    expect(verdict, `${vector.file}: ${vector.why}`).toBe(expected);
    compared++;
  }
  expect(compared).toBeGreaterThan(25);
});

it('… and of those over breaks: who is followed, and who is not', async () => {
  const breaks = JSON.parse(read('breaks/vectors.json').toString()) as BreakVectors;
  let compared = 0;
  for (const vector of breaks.vectors.filter(({ file }) => file.endsWith('.evidence.json'))) {
    const trust = vector.trust === null ? null : breaks.networks[vector.trust]!;
    const verdict = await verdictOf(read(`breaks/${vector.file}`), trust, vector.pin);
    expect(verdict, `${vector.file}: ${vector.why}`).toBe(vector.verdict);
    compared++;
  }
  expect(compared).toBeGreaterThan(20);
});

class Wrong extends Error {}
class Unknown extends Error {}
function must(holds: unknown): asserts holds {
  if (!holds) throw new Wrong();
}

async function verdictOf(bytes: Buffer, trust: string | null, pin: string | null = null): Promise<string> {
  let found: Awaited<ReturnType<typeof check>>;
  try {
    found = await check(bytes);
  } catch (error) {
    if (error instanceof Unknown) return 'unknown';
    if (error instanceof Wrong || error instanceof SyntaxError) return 'invalid';
    throw error;
  }
  const epochs = [...found.epochs.values()];
  const shown = epochs[found.newest]!;
  const trusted = epochs.find(({ network }) => network.toString('hex') === trust);
  const pinned = pin === null ? undefined : found.epochs.get(pin);
  if (!trusted || (pin !== null && (!pinned || pinned.number > found.newest))) return 'untrusted';
  if (trusted.network.equals(shown.network)) return 'valid';
  return trusted.number < shown.number && pinned?.network.equals(shown.network) ? 'valid' : 'untrusted';
}

interface Member {
  readonly voteKey: string;
  readonly certificateKey: string;
  readonly logId: string;
  readonly proofOfPossession: string;
}

interface Genesis {
  readonly format: string;
  readonly members: Member[];
  readonly draftNonce: string;
  readonly demo: boolean;
  readonly directory: unknown;
  readonly rulesVersion: number;
}

interface Continues {
  readonly network: string;
  readonly epoch: number;
  readonly digest: string;
}

interface Epoch {
  readonly number: number;
  /** What its signatures cover. */
  readonly network: Buffer;
  readonly digest: Buffer;
  readonly members: readonly Member[];
  readonly quorum: number;
  readonly rulesVersion: number;
  /** Digests of the values of `network/change` and `network/opening` that began it. */
  readonly before: readonly [Buffer, Buffer] | null;
}

interface Found {
  /** By digest, in their order. */
  readonly epochs: ReadonlyMap<string, Epoch>;
  /** Number of the newest version's epoch. */
  readonly newest: number;
}

async function check(bytes: Buffer): Promise<Found> {
  const file = JSON.parse(bytes.toString()) as {
    format: string;
    network: string;
    key: string;
    genesis: string;
    links?: string[];
    versions: { version: number; value: string; certificate: string }[];
    equivocations: string[];
    epcis?: { version: number; mapping: number; document: string }[];
  };
  if (file.format !== 'countersign-evidence-1') throw new Unknown();
  const names = Object.keys(file).join();
  must(/^format,network,key,genesis(,links)?,versions,equivocations(,epcis)?$/.test(names));
  must(file.epcis === undefined || file.epcis.length > 0);
  must(file.links === undefined || file.links.length > 0);
  must(Buffer.from(`${JSON.stringify(file, null, 2)}\n`).equals(bytes));
  const genesisBytes = base64url(file.genesis);
  must(digest(genesisBytes) === file.network);
  const genesis = decode(genesisBytes) as Genesis;
  const { members } = genesis;
  const network = hex(file.network);
  const possesses = async (member: Member, over: Buffer): Promise<boolean> => {
    const { certificateKey, voteKey, logId, proofOfPossession } = member;
    const fields = [certificateKey, voteKey, logId, genesis.draftNonce].map(hex);
    const tag = 'BLS_POP_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_';
    return bls(encode(['pop', over, ...fields]), [certificateKey], hex(proofOfPossession), tag);
  };
  for (const member of members) must(await possesses(member, Buffer.alloc(32)));

  /** Places of those who signed the text. */
  const signersOf = async (
    groups: unknown[][],
    text: Buffer,
    by: readonly Member[],
  ): Promise<Set<number>> => {
    const signers = new Set<number>();
    for (const [form, first, ...more] of groups) {
      if (form === 0) {
        const bitmap = first as Buffer;
        must(bitmap.length === Math.ceil(by.length / 8));
        const set = by.flatMap((_, i) => (bitmap[i >> 3]! & (1 << (i & 7)) ? [i] : []));
        set.forEach((i) => signers.add(i));
        must(set.length > 0);
        const keys = set.map((i) => by[i]!.certificateKey);
        must(await bls(text, keys, more[0] as Buffer, 'BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_'));
      } else {
        const votes = first as [number, Buffer, Buffer][];
        must(new Set(votes.map(([i]) => i)).size === votes.length);
        for (const [i, signature, share] of votes) {
          must(i < by.length);
          signers.add(i);
          must(ed25519(by[i]!.voteKey, encode(['commit', text, share]), signature));
        }
      }
    }
    return signers;
  };

  const isCertified = async (certificate: Certificate, by: Epoch): Promise<boolean> => {
    const [epoch, key, version, round, certified, groups] = certificate;
    const vote = encode(['vote', by.network, epoch, key, version, round, 'COMMIT', certified]);
    const signers = new Set<number>();
    for (const group of groups) {
      const inclusion = group[group[0] === 0 ? 3 : 2] as [Buffer, number, number, Buffer] | undefined;
      const signed = inclusion
        ? batchBytes([by.network, epoch, round], rootOf([key, version, certified], inclusion), inclusion)
        : vote;
      for (const signer of await signersOf([group], signed, by.members)) signers.add(signer);
    }
    return signers.size >= by.quorum;
  };

  const epochs = new Map<string, Epoch>();
  let epoch: Epoch = {
    number: 0,
    network,
    digest: network,
    members,
    quorum: quorumFor(members.length),
    rulesVersion: genesis.rulesVersion,
    before: null,
  };
  epochs.set(file.network, epoch);
  const used = new Set(
    members.flatMap(({ voteKey, certificateKey, logId }) => [voteKey, certificateKey, logId]),
  );
  for (const link of file.links ?? []) {
    const read = decode(base64url(link)) as Link;
    epoch = read[0] === 'break' ? leave(read, epoch) : await follow(read, epoch);
    epochs.set(epoch.digest.toString('hex'), epoch);
  }

  function leave([, bytes, signatures, ...more]: Link, from: Epoch): Epoch {
    must(more.length === 0);
    const { continues, ...next } = decode(bytes as Buffer) as Genesis & { continues: Continues };
    const id = hex(digest(bytes as Buffer));
    must(next.format === 'countersign-genesis-1' && continues.epoch === from.number);
    must(hex(continues.network).equals(from.network) && hex(continues.digest).equals(from.digest));
    const same = (a: unknown, b: unknown): boolean => encode(a).equals(encode(b));
    const places = next.members.map((member) => from.members.findIndex((one) => same(one, member)));
    must(places.every((place, i) => place > (places[i - 1] ?? -1)));
    must(places.length >= 1 && places.length < from.quorum);
    must(next.rulesVersion === from.rulesVersion);
    for (const field of ['draftNonce', 'demo', 'directory'] as const) must(same(next[field], genesis[field]));
    const text = encode(['continue', from.network, from.digest, id]);
    const given = signatures as unknown as Buffer[];
    must(given.length === places.length);
    for (const [i, signature] of given.entries()) must(ed25519(next.members[i]!.voteKey, text, signature));
    return {
      number: from.number + 1,
      network: id,
      digest: id,
      members: next.members,
      quorum: quorumFor(places.length),
      rulesVersion: next.rulesVersion,
      before: [id, id],
    };
  }

  async function follow([kind, ...parts]: Link, from: Epoch): Promise<Epoch> {
    must(kind === 'link' && parts.length === 4);
    const bodies: Buffer[] = [];
    const digests: Buffer[] = [];
    for (const [i, key] of ['network/change', 'network/opening'].entries()) {
      const [value, certificate] = parts.slice(2 * i) as [Buffer, Certificate];
      must(
        certificate[0].equals(from.digest) && certificate[1] === key && certificate[2] === from.number + 1,
      );
      must(digest(value) === certificate[4].toString('hex') && (await isCertified(certificate, from)));
      const { previous, body } = decode(value) as { previous: Buffer | null; body: Buffer };
      must(from.before === null ? previous === null : previous?.equals(from.before[i]!));
      bodies.push(body);
      digests.push(certificate[4]);
    }
    const [word, bytesOfC, approvals, joins] = decode(bodies[0]!) as [
      string,
      Buffer,
      unknown[][],
      unknown[][],
    ];
    const c = decode(bytesOfC) as { epoch: number; format: string; members: Member[]; rulesVersion: number };
    const digestOfC = hex(digest(bytesOfC));
    must(word === 'change' && c.format === 'countersign-change-1' && c.epoch === from.number + 1);
    must(c.rulesVersion >= from.rulesVersion && c.members.length >= Math.min(from.members.length, 4));
    const text = (what: string): Buffer => encode([what, from.network, from.digest, digestOfC]);
    must((await signersOf(approvals, text('approve'), from.members)).size >= from.quorum);
    const joined = await signersOf(joins, text('join'), c.members);
    for (const [i, member] of c.members.entries()) {
      const same = (other: Member): boolean =>
        (['voteKey', 'certificateKey', 'logId'] as const).every((field) => other[field] === member[field]);
      if (from.members.some(same)) continue;
      must(joined.has(i) && (await possesses(member, from.network)));
      // A key may stay with its member under a new log; that its id stays too is left to the rules of a change.
      const keeps = from.members.some(({ voteKey }) => voteKey === member.voteKey);
      must(keeps || (!used.has(member.voteKey) && !used.has(member.certificateKey)));
      must(!used.has(member.logId));
      for (const name of [member.voteKey, member.certificateKey, member.logId]) used.add(name);
    }
    const [opened, named, root, statements] = decode(bodies[1]!) as [
      string,
      Buffer,
      Buffer,
      [unknown[], unknown[][]][],
    ];
    must(opened === 'opening' && named.equals(digestOfC));
    const reporters = new Set<number>();
    for (const [locks, groups] of statements) {
      const report = encode(['report', from.network, from.digest, digestOfC, root, locks]);
      for (const reporter of await signersOf(groups, report, from.members)) {
        must(!reporters.has(reporter));
        reporters.add(reporter);
      }
    }
    must(reporters.size >= from.quorum);
    return {
      number: c.epoch,
      network: from.network,
      digest: digests[1]!,
      members: c.members,
      quorum: quorumFor(c.members.length),
      rulesVersion: c.rulesVersion,
      before: [digests[0]!, digests[1]!],
    };
  }

  let newest = 0;
  let previous: Buffer | null = null;
  for (const [at, entry] of file.versions.entries()) {
    must(entry.version === at + 1);
    const certificate = decode(base64url(entry.certificate)) as Certificate;
    must(certificate[1] === file.key && certificate[2] === entry.version);
    const by = epochs.get(certificate[0].toString('hex'));
    if (!by) throw new Unknown();
    must(by.number >= newest);
    newest = by.number;
    const valueBytes = base64url(entry.value);
    must(digest(valueBytes) === certificate[4].toString('hex'));
    const value = decode(valueBytes) as { previous: Buffer | null; body?: Buffer };
    must(previous === null ? value.previous === null : value.previous?.equals(previous));
    must(await isCertified(certificate, by));
    if (value.body) sessionSigned(value.body, entry.version, previous, by.members);
    previous = certificate[4];
  }
  for (const entry of file.equivocations) {
    const [kind, items] = decode(base64url(entry)) as [number, [Buffer, unknown[], unknown[]][]];
    must(kind === 9 && items.length === 1);
    const [named, ...votes] = items[0]!;
    const by = epochs.get(named.toString('hex'));
    must(by);
    const [one, two] = votes as [unknown[], unknown[]];
    must([0, 1, 2, 3, 5].every((field) => one[field] === two[field]) && one[0] === file.key);
    must(!(one[4] as Buffer).equals(two[4] as Buffer));
    for (const [key, version, round, type, told, author, signature, share] of [one, two]) {
      const vote = encode([
        'vote',
        by.network,
        named,
        key,
        version,
        round,
        type === 1 ? 'COMMIT' : 'PRE-COMMIT',
        told,
      ]);
      const message = type === 1 ? encode(['commit', vote, share]) : vote;
      must(ed25519(by.members[author as number]!.voteKey, message, signature as Buffer));
    }
  }
  let documented = 0;
  for (const { version, mapping, document } of file.epcis ?? []) {
    must(version > documented && version <= file.versions.length && base64url(document).length > 0);
    documented = version;
    if (mapping !== 1) throw new Unknown();
  }
  return { epochs, newest };

  /** A forged session is what a handler-less verifier can still find; the vectors leave it to the rules, so it is only exercised. */
  function sessionSigned(
    body: Buffer,
    version: number,
    base: Buffer | null,
    listed: readonly Member[],
  ): void {
    const { session } = decode(body) as {
      session: Record<string, unknown> & {
        signature: Buffer;
        member: string;
        devices?: { signer: Buffer | null; others: Buffer[] };
      };
    };
    const { signature, ...unsigned } = session;
    const member = (listed as readonly (Member & { id?: string })[]).find((one) => one.id === session.member);
    const message = encode(['session', network, file.key, session.rulesVersion, base, unsigned]);
    const named = session.devices?.signer ? deviceIn(session.devices.signer) : null;
    const vouched =
      named === null ||
      (listed[named.index] === member && ed25519(member!.voteKey, named.claim, named.signature));
    const key = named?.key ?? member?.voteKey;
    const holds = member !== undefined && vouched && ed25519(key!, message, signature);
    if (!holds) forgedSessions.add(`${file.key} ${version}`);
  }
}

type Certificate = [
  epoch: Buffer,
  key: string,
  version: number,
  round: number,
  digest: Buffer,
  groups: unknown[][],
];
type Link = [kind: string, ...parts: (Buffer | Certificate)[]];

const quorumFor = (n: number): number => n - Math.floor((n - 1) / 3);

/** Node by node, as the page has it; the root that the members have signed must come out. */
function rootOf(
  entry: [string, number, Buffer],
  [root, size, place, path]: [Buffer, number, number, Buffer],
): Buffer {
  must(root.length === 32 && size >= 2 && size <= 256 && place < size);
  let node = Buffer.from(digest(encode(['batch-entry', ...entry])), 'hex');
  let at = 0;
  for (let p = place, w = size; w > 1; p >>= 1, w = Math.ceil(w / 2)) {
    if (p % 2 === 0 && p + 1 === w) continue;
    const beside = path.subarray(at, (at += 32));
    must(beside.length === 32);
    const pair = p % 2 === 1 ? ['batch-node', beside, node] : ['batch-node', node, beside];
    node = Buffer.from(digest(encode(pair)), 'hex');
  }
  must(at === path.length && node.equals(root));
  return root;
}

const batchBytes = (
  [network, epoch, round]: [Buffer, Buffer, number],
  root: Buffer,
  [, size]: [Buffer, number, number, Buffer],
): Buffer => encode(['batch', network, epoch, round, 'COMMIT', root, size]);

/** Whose device it is, and the bytes that its member has signed. */
function deviceIn(certificate: Buffer): { index: number; key: string; claim: Buffer; signature: Buffer } {
  const [form, network, index, key, name, notBefore, signature] = decode(certificate) as [
    number,
    Buffer,
    number,
    Buffer,
    string,
    number,
    Buffer,
  ];
  must(form === 1);
  const claim = encode(['device', network, index, key, name, notBefore]);
  return { index, key: key.toString('hex'), claim, signature };
}

/** Sessions that somebody else than their member signed: exactly one vector has one. */
const forgedSessions = new Set<string>();

it('the page’s session bytes are those that members sign', async () => {
  forgedSessions.clear();
  for (const { file, verdict } of vectors.vectors) if (verdict === 'valid') await check(read(file));
  expect([...forgedSessions]).toEqual([]);
  await check(read('bad/session-signature.evidence.json'));
  expect(forgedSessions.size).toBe(1);
});

// ---- bytes ----

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const digest = (bytes: Uint8Array): string => blake3(Buffer.from(bytes)).toString('hex');

function base64url(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64url');
  must(bytes.toString('base64url') === text);
  return bytes;
}

/** RFC 8949 section 4.2.1, for what the format holds. */
function encode(value: unknown): Buffer {
  const head = (major: number, size: number): Buffer => {
    if (size < 24) return Buffer.from([(major << 5) | size]);
    const [extra, code] = size < 256 ? [1, 24] : size < 65536 ? [2, 25] : size < 2 ** 32 ? [4, 26] : [8, 27];
    const out = Buffer.alloc(1 + extra!);
    out[0] = (major << 5) | code!;
    if (extra === 8) out.writeBigUInt64BE(BigInt(size), 1);
    else out.writeUIntBE(size, 1, extra!);
    return out;
  };
  if (value === null) return Buffer.from([0xf6]);
  if (typeof value === 'boolean') return Buffer.from([value ? 0xf5 : 0xf4]);
  if (typeof value === 'number') {
    if (!Number.isInteger(value)) {
      const out = Buffer.alloc(9, 0xfb);
      out.writeDoubleBE(value, 1);
      const single = Buffer.alloc(5, 0xfa);
      single.writeFloatBE(value, 1);
      const half = single.readFloatBE(1) === value ? halfOf(value) : null;
      return half ?? (single.readFloatBE(1) === value ? single : out);
    }
    return value < 0 ? head(1, -1 - value) : head(0, value);
  }
  if (typeof value === 'string')
    return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value]);
  if (Array.isArray(value)) return Buffer.concat([head(4, value.length), ...value.map(encode)]);
  const entries = Object.entries(value as object).map(([name, of]) => [encode(name), encode(of)] as const);
  entries.sort(([a], [b]) => Buffer.compare(a, b));
  return Buffer.concat([head(5, entries.length), ...entries.flat()]);
}

/** Half precision where the number fits: 2.5 and its like are all that sampling plans hold. */
function halfOf(value: number): Buffer | null {
  for (let bits = 0; bits < 0x7c00; bits++) {
    const exponent = bits >> 10;
    const fraction = (bits & 0x3ff) / 1024;
    const read = exponent === 0 ? fraction * 2 ** -14 : (1 + fraction) * 2 ** (exponent - 15);
    if (read === Math.abs(value))
      return Buffer.from([0xf9, (bits >> 8) | (value < 0 ? 0x80 : 0), bits & 0xff]);
  }
  return null;
}

function decode(bytes: Buffer): unknown {
  let at = 0;
  const take = (count: number): Buffer => {
    must(at + count <= bytes.length);
    return bytes.subarray(at, (at += count));
  };
  const item = (): unknown => {
    const [first] = take(1) as unknown as [number];
    const major = first >> 5;
    const low = first & 31;
    if (major === 7) {
      if (low === 20 || low === 21) return low === 21;
      if (low === 22) return null;
      if (low === 25) {
        const bits = take(2).readUInt16BE();
        const exponent = (bits >> 10) & 31;
        const fraction = (bits & 0x3ff) / 1024;
        const size = exponent === 0 ? fraction * 2 ** -14 : (1 + fraction) * 2 ** (exponent - 15);
        return bits & 0x8000 ? -size : size;
      }
      if (low === 26) return take(4).readFloatBE();
      must(low === 27);
      return take(8).readDoubleBE();
    }
    must(low < 28);
    const size =
      low < 24
        ? low
        : low === 27
          ? Number(take(8).readBigUInt64BE())
          : take(2 ** (low - 24)).readUIntBE(0, 2 ** (low - 24));
    if (major === 0) return size;
    if (major === 1) return -1 - size;
    if (major === 2) return Buffer.from(take(size));
    if (major === 3) return take(size).toString();
    if (major === 4) return Array.from({ length: size }, item);
    must(major === 5);
    const out: Record<string, unknown> = {};
    for (let i = 0; i < size; i++) {
      const name = item() as string;
      must(!Object.hasOwn(out, name));
      out[name] = item();
    }
    return out;
  };
  const value = item();
  must(at === bytes.length && encode(value).equals(bytes));
  return value;
}

// ---- signatures ----

function ed25519(publicKey: string, message: Buffer, signature: Buffer): boolean {
  const der = Buffer.concat([hex('302a300506032b6570032100'), hex(publicKey)]);
  return verifyWithOpenssl(
    null,
    message,
    createPublicKey({ key: der, format: 'der', type: 'spki' }),
    signature,
  );
}

async function bls(
  message: Buffer,
  publicKeys: readonly string[],
  signature: Buffer,
  tag: string,
): Promise<boolean> {
  const key = publicKeys.map((one) => PointG2.fromHex(one)).reduce((sum, one) => sum.add(one));
  const hashed = await PointG1.hashToCurve(message, { DST: tag });
  let point: PointG1;
  try {
    point = PointG1.fromHex(signature.toString('hex'));
    point.assertValidity();
  } catch {
    return false;
  }
  return pairing(point, PointG2.BASE).equals(pairing(hashed as PointG1, key));
}
