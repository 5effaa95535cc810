import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asDigest, asEpochDigest, asRound, asVersion, type MemberIndex } from '../../src/codec/brand.ts';
import { decode, encode } from '../../src/codec/cbor.ts';
import { certificateFields, encodeMessage, readCertificate } from '../../src/codec/messages.ts';
import type { Certificate, Equivocation } from '../../src/codec/vote.ts';
import { firstEpoch } from '../../src/consensus/membership.ts';
import { valueBytes } from '../../src/crypto/domains.ts';
import {
  exportEvidence,
  parseTrust,
  readBundle,
  verifyEvidence,
  writeBundle,
  type EvidenceBundle,
  type EvidenceReport,
  type Trust,
} from '../../src/domain/supply/evidence.ts';
import { parseSessionValue } from '../../src/l2/value.ts';
import { KEY, OTHER_KEY, OTHER_PACKAGE, PACKAGE, World } from './world.ts';

let world: World;
let elsewhere: World;
/** Two versions of one package, exported by a member that ran neither session. */
let good: Uint8Array;
let bundle: EvidenceBundle;

beforeAll(async () => {
  world = await World.running();
  elsewhere = await World.create({ name: 'Another network' });
  await world.announce();
  await world.inspect();
  good = await world.evidence(3);
  bundle = parsed(good);
});
afterAll(() => world.stop());

const parsed = (bytes: Uint8Array): EvidenceBundle => {
  const read = readBundle(bytes);
  if (!read.ok) throw new Error(read.error.message);
  return read.value;
};
const trusting = (of: World = world): Trust => ({ kind: 'network', network: of.network });
const verify = (bytes: Uint8Array, trust: Trust = trusting(), tools = world.tools): Promise<EvidenceReport> =>
  verifyEvidence(bytes, { trust, tools });
const verifyBundle = (over: Partial<EvidenceBundle>, trust?: Trust): Promise<EvidenceReport> =>
  verify(writeBundle({ ...bundle, ...over }), trust);
/** The bundle with the certificate of a version exchanged. */
const withCertificate = (
  version: number,
  change: (certificate: Certificate) => Certificate,
): Promise<EvidenceReport> =>
  verifyBundle({
    versions: bundle.versions.map((entry) => {
      if (entry.version !== version) return entry;
      return { ...entry, certificate: encode(certificateFields(change(certificateOf(entry.certificate)))) };
    }),
  });

function certificateOf(bytes: Uint8Array): Certificate {
  const decoded = decode(bytes, 100_000);
  const read = decoded.ok ? readCertificate(decoded.value) : decoded;
  if (!read.ok) throw new Error(read.error.message);
  return read.value;
}

describe('a file that a member exported', () => {
  it('is valid for who trusts the network by its id, and tells what it proves and what not', async () => {
    const report = await verify(good);
    expect(report.failure).toBeNull();
    expect(report.verdict).toBe('valid');
    expect(report.network).toMatchObject({ id: world.network, members: 4, quorum: 3, trusted: true });
    expect(report.versions.map((v) => [v.version, v.session.member, v.status])).toEqual([
      [1, 'alfa', 'announced'],
      [2, 'bravo', 'labelled'],
    ]);
    for (const { signers } of report.versions) expect(signers.length).toBeGreaterThanOrEqual(3);
    expect(report.proven.join('\n')).toContain('alfa-2026');
    expect(report.notProven.join('\n')).toMatch(/What is in the box/);
    expect(report.notProven.join('\n')).toMatch(/clock/);
  });

  it('is valid for who trusts the network by its genesis', async () => {
    expect((await verify(good, { kind: 'genesis', genesis: world.genesisBytes })).verdict).toBe('valid');
  });

  it('is the same at every member, up to how many signatures each certificate holds', async () => {
    for (const member of [0, 1, 2]) {
      const report = await verify(await world.evidence(member));
      expect(report.verdict).toBe('valid');
      expect(report.versions.map((v) => v.digest)).toEqual(
        (await verify(good)).versions.map((v) => v.digest),
      );
    }
  });

  it('proves nothing to who has not said which network they trust: the member list inside is not believed', async () => {
    const report = await verify(good, null);
    expect(report).toMatchObject({ verdict: 'untrusted', failure: { type: 'no-trust-given' }, proven: [] });
    expect(report.failure?.message).toContain(world.network);
  });

  it('proves nothing to who trusts another network', async () => {
    expect(await verify(good, trusting(elsewhere))).toMatchObject({
      verdict: 'untrusted',
      failure: { type: 'network-not-trusted' },
      proven: [],
    });
    const genesis: Trust = { kind: 'genesis', genesis: elsewhere.genesisBytes };
    expect((await verify(good, genesis)).verdict).toBe('untrusted');
  });
});

describe('tampering', () => {
  it('catches a file that was cut off, at whatever length', async () => {
    for (let length = 0; length < good.length; length += 499) {
      expect(await verify(good.slice(0, length))).toMatchObject({
        verdict: 'invalid',
        failure: { type: 'bundle-malformed' },
      });
    }
    expect((await verify(good.slice(0, -1))).verdict).toBe('invalid');
  });

  it('catches a file that was written again with other white space, or with a field twice', async () => {
    const text = new TextDecoder().decode(good);
    for (const other of [
      JSON.stringify(JSON.parse(text)),
      text.replaceAll('\n', '\r\n'),
      `\ufeff${text}`,
      text.replace('"format"', `"format": "countersign-evidence-0",\n  "format"`),
      text.replace('"versions"', '"note": "checked",\n  "versions"'),
    ]) {
      expect((await verify(new TextEncoder().encode(other))).verdict, other.slice(0, 60)).toBe('invalid');
    }
  });

  it('catches a value exchanged for another one of the same package', async () => {
    const [first, second] = bundle.versions as [EvidenceBundle['versions'][0], EvidenceBundle['versions'][0]];
    expect(await verifyBundle({ versions: [first, { ...second, value: first.value }] })).toMatchObject({
      verdict: 'invalid',
      failure: { type: 'digest-wrong', version: 2 },
    });
  });

  it('catches a version that was left out, at the front or in the middle', async () => {
    const [, second] = bundle.versions;
    expect(await verifyBundle({ versions: [second!] })).toMatchObject({
      verdict: 'invalid',
      failure: { type: 'version-order' },
    });
    expect(await verifyBundle({ versions: [{ ...second!, version: asVersion(1) }] })).toMatchObject({
      verdict: 'invalid',
      failure: { type: 'certificate-elsewhere' },
    });
  });

  it('catches a member list with another key in it, though the network id inside was changed with it', async () => {
    const stranger = elsewhere.genesisBytes;
    expect(await verifyBundle({ genesis: stranger })).toMatchObject({
      failure: { type: 'network-id-wrong' },
    });
    for (const trust of [trusting(), trusting(elsewhere), null]) {
      const adapted = await verifyBundle({ genesis: stranger, network: elsewhere.network }, trust);
      expect(adapted.verdict).not.toBe('valid');
      expect(adapted.proven).toEqual([]);
    }
  });
});

describe('certificates', () => {
  it('replayed from another network are caught', async () => {
    const mine = await elsewhere.forge(KEY, [await elsewhere.announcement()]);
    const { certificate } = parsed(writeBundle(mine)).versions[0]!;
    const [first] = bundle.versions;
    // As it is, it names another epoch; with the epoch exchanged its signatures are over other bytes.
    expect((await verifyBundle({ versions: [{ ...first!, certificate }] })).verdict).not.toBe('valid');
    const disguised = {
      ...certificateOf(certificate),
      epoch: firstEpoch(world.network),
      digest: certificateOf(first!.certificate).digest,
    };
    const report = await verifyBundle({
      versions: [{ ...first!, certificate: encode(certificateFields(disguised)) }],
    });
    expect(report).toMatchObject({ verdict: 'invalid', failure: { type: 'certificate-wrong' } });
  });

  it('replayed for another package are caught', async () => {
    const mine = await world.forge(OTHER_KEY, [await world.announcement(OTHER_PACKAGE)]);
    const report = await verify(writeBundle({ ...mine, key: KEY }));
    expect(report).toMatchObject({ verdict: 'invalid', failure: { type: 'certificate-elsewhere' } });
  });

  it('of fewer than a quorum are caught', async () => {
    for (const form of ['aggregate', 'votes'] as const) {
      const few = await world.forge(KEY, [await world.announcement()], [0, 1], form);
      expect(await verify(writeBundle(few))).toMatchObject({
        verdict: 'invalid',
        failure: { type: 'under-quorum', version: 1 },
      });
    }
  });

  it('made of single votes, or of an aggregate and single votes, are as good', async () => {
    const body = await world.announcement();
    expect((await verify(writeBundle(await world.forge(KEY, [body], [1, 2, 3], 'votes')))).verdict).toBe(
      'valid',
    );
    const digest = world.tools.hash(valueBytes(null, body));
    const two = await world.certify({ key: KEY, version: 1, digest }, [0, 1]);
    const one = await world.certify({ key: KEY, version: 1, digest }, [3], 'votes');
    const mixed = { ...two, groups: [...two.groups, ...one.groups] };
    const file = await world.forge(KEY, [body]);
    const report = await verify(
      writeBundle({
        ...file,
        versions: [{ ...file.versions[0]!, certificate: encode(certificateFields(mixed)) }],
      }),
    );
    expect(report.verdict).toBe('valid');
    expect(report.versions[0]?.signers.map((signer) => signer.id)).toEqual(['alfa', 'bravo', 'delta']);
  });

  it('that count one signer twice are caught', async () => {
    const body = await world.announcement();
    const digest = world.tools.hash(valueBytes(null, body));
    const file = await world.forge(KEY, [body]);
    const submit = (certificate: Certificate): Promise<EvidenceReport> =>
      verify(
        writeBundle({
          ...file,
          versions: [{ ...file.versions[0]!, certificate: encode(certificateFields(certificate)) }],
        }),
      );
    const votes = await world.certify({ key: KEY, version: 1, digest }, [0, 1, 1], 'votes');
    expect((await submit(votes)).verdict).toBe('invalid');
    // Once in the aggregate and once by its vote: two distinct signers, not three.
    const pair = await world.certify({ key: KEY, version: 1, digest }, [0, 1]);
    const again = await world.certify({ key: KEY, version: 1, digest }, [1], 'votes');
    expect(await submit({ ...pair, groups: [...pair.groups, ...again.groups] })).toMatchObject({
      verdict: 'invalid',
      failure: { type: 'under-quorum' },
    });
    const single = await world.certify({ key: KEY, version: 1, digest }, [0]);
    const doubled = { ...single, groups: [...single.groups, ...single.groups, ...single.groups] };
    expect((await submit(doubled)).failure?.type).toBe('under-quorum');
    // A bitmap that claims a third signer over the sum of two.
    const claims = {
      ...pair,
      groups: [
        {
          form: 'aggregate' as const,
          signers: new Uint8Array([0b0111]),
          signature: (pair.groups[0] as { signature: Uint8Array }).signature,
        },
      ],
    };
    expect((await submit(claims)).failure?.type).toBe('certificate-wrong');
  });

  it('with another round, version, key or digest than was signed are caught', async () => {
    const changes: readonly Partial<Certificate>[] = [
      { round: asRound(1) },
      { version: asVersion(3) },
      { key: OTHER_KEY },
      { digest: asDigest('0'.repeat(64)) },
    ];
    for (const change of changes) {
      expect((await withCertificate(2, (certificate) => ({ ...certificate, ...change }))).verdict).toBe(
        'invalid',
      );
    }
    expect((await withCertificate(2, (c) => ({ ...c, epoch: asEpochDigest('0'.repeat(64)) }))).verdict).toBe(
      'unknown',
    );
  });
});

describe('what a dishonest quorum certified', () => {
  it('is caught where a response is not what the handler gives', async () => {
    const body = await world.announcement();
    const value = parseSessionValue(body);
    if (!value.ok) throw new Error(value.error.message);
    const { record, session } = value.value;
    const [step] = session.transactions;
    const transactions = [
      { ...step!, response: { status: 201, body: { sscc: PACKAGE.sscc, claimed: 'all is well' } } },
    ];
    const lie = await world.sign(0, KEY, null, record, { ...session, transactions });
    const report = await verify(writeBundle(await world.forge(KEY, [lie], [0, 1, 2, 3])));
    expect(report).toMatchObject({ verdict: 'invalid', failure: { type: 'rule-broken', version: 1 } });
    expect(report.failure?.message).toContain('response-differs');
  });

  it('is caught where the record is not what the steps lead to', async () => {
    const value = parseSessionValue(await world.announcement());
    if (!value.ok) throw new Error(value.error.message);
    const record = { ...(value.value.record as Record<string, never>), status: 'labelled' };
    const lie = await world.sign(0, KEY, null, record, value.value.session);
    const report = await verify(writeBundle(await world.forge(KEY, [lie], [0, 1, 2, 3])));
    expect(report.failure?.message).toContain('record-differs');
  });

  it('is caught where another member than the named one signed the session', async () => {
    const value = parseSessionValue(await world.announcement());
    if (!value.ok) throw new Error(value.error.message);
    const lie = await world.sign(2, KEY, null, value.value.record, value.value.session);
    const report = await verify(writeBundle(await world.forge(KEY, [lie], [0, 1, 2, 3])));
    expect(report.failure?.message).toContain('session-signature');
  });

  it('is caught where a package was deleted', async () => {
    const report = await verify(writeBundle(await world.forge(KEY, [await world.announcement(), null])));
    expect(report.failure).toMatchObject({ type: 'rule-broken', version: 2 });
  });

  it('is caught where a version does not name the one before it', async () => {
    const file = await world.forge(KEY, [await world.announcement()]);
    const value = valueBytes(asDigest('1'.repeat(64)), await world.announcement());
    const certificate = await world.certify(
      { key: KEY, version: 2, digest: world.tools.hash(value) },
      [0, 1, 2],
    );
    const second = { version: asVersion(2), value, certificate: encode(certificateFields(certificate)) };
    expect(await verify(writeBundle({ ...file, versions: [...file.versions, second] }))).toMatchObject({
      verdict: 'invalid',
      failure: { type: 'chain-broken', version: 2 },
    });
  });
});

describe('what this verifier does not know', () => {
  it('is said, and is neither valid nor invalid: a later format', async () => {
    const text = new TextDecoder().decode(good).replace('countersign-evidence-1', 'countersign-evidence-2');
    expect(await verify(new TextEncoder().encode(text))).toMatchObject({
      verdict: 'unknown',
      failure: { type: 'format-unknown' },
    });
  });

  it('is said, and is neither valid nor invalid: a later rules version', async () => {
    const later = await World.create({ rulesVersion: 9999 });
    const value = parseSessionValue(await later.announcement());
    if (!value.ok) throw new Error(value.error.message);
    const body = await later.sign(0, KEY, null, value.value.record, {
      ...value.value.session,
      rulesVersion: 9999,
    });
    const file = writeBundle(await later.forge(KEY, [body]));
    const report = await verify(file, trusting(later));
    expect(report).toMatchObject({ verdict: 'unknown', failure: { type: 'rules-unknown' } });
    expect((await verify(file, null)).verdict, 'who trusts nothing is told that first').toBe('untrusted');
  });
});

describe('proofs of contradictory votes', () => {
  const asEntry = (items: Equivocation[]): Uint8Array => encodeMessage({ type: 'evidence', items });

  it('name the member', async () => {
    const entry = asEntry([await world.contradiction(3, ['a'.repeat(64), 'b'.repeat(64)])]);
    const report = await verifyBundle({ equivocations: [entry] });
    expect(report.verdict).toBe('valid');
    expect(report.equivocators).toEqual([{ id: 'delta', organisation: 'Delta Express', version: 2 }]);
  });

  it('that prove nothing make the file invalid: nobody is accused by a file that passes', async () => {
    const forged = await world.contradiction(3, ['a'.repeat(64), 'b'.repeat(64)]);
    const bad: readonly Uint8Array[] = [
      asEntry([await world.contradiction(3, ['a'.repeat(64), 'a'.repeat(64)])]),
      asEntry([{ ...forged, second: { ...forged.second, author: 2 as MemberIndex } }]),
      asEntry([
        {
          first: { ...forged.first, author: 2 as MemberIndex },
          second: { ...forged.second, author: 2 as MemberIndex },
        },
      ]),
      asEntry([await world.contradiction(3, ['a'.repeat(64), 'b'.repeat(64)], OTHER_KEY)]),
      asEntry([forged, forged]),
      asEntry([]),
      new Uint8Array([1, 2, 3]),
    ];
    for (const entry of bad) {
      expect(await verifyBundle({ equivocations: [entry] })).toMatchObject({
        verdict: 'invalid',
        failure: { type: 'equivocation-wrong' },
      });
    }
  });

  it('travel with the evidence of the package that they are about', async () => {
    const lying = await World.running({ liar: true });
    try {
      const nodes = [0, 1, 2].map((i) => lying.node(i));
      // Once it has heard of a quorum without it, Delta sends no PRE-COMMIT.
      const goOn = lying.cluster.hub.holdVotes(({ author }) => author !== 0);
      const announced = lying.announce();
      const { instances } = lying.node(3).replica.core;
      await expect.poll(() => instances.get(KEY)?.ownVotes.length).toBeGreaterThan(0);
      goOn();
      await announced;
      await expect.poll(() => nodes.every((n) => n.replica.core.evidence.size === 1)).toBe(true);
      const report = await verify(await lying.evidence(0), trusting(lying));
      expect(report.verdict).toBe('valid');
      expect(report.equivocators.map((one) => one.id)).toEqual(['delta']);
    } finally {
      lying.stop();
    }
  });
});

describe('making a file', () => {
  it('is refused while a version is missing here: a gap would make the later versions unprovable', async () => {
    const held = bundle.versions.map(({ version, value, certificate }) => ({
      version,
      value,
      certificate: certificateOf(certificate),
    }));
    const input = { network: world.network, key: KEY, genesis: world.genesisBytes, equivocations: [] };
    const without = (version: number) =>
      exportEvidence({ ...input, held: held.filter((one) => one.version !== version) });
    expect(without(1)).toMatchObject({ ok: false, error: { type: 'history-incomplete' } });
    const bare = held.map((one) => (one.version === 2 ? { ...one, value: undefined } : one));
    expect(exportEvidence({ ...input, held: bare })).toMatchObject({
      ok: false,
      error: { type: 'history-incomplete' },
    });
    expect(exportEvidence({ ...input, held: [] }).ok).toBe(false);
    const whole = exportEvidence({ ...input, held: [...held].reverse() });
    expect(whole.ok && whole.value).toEqual(good);
  });
});

describe('what is given as trust', () => {
  it('is a network id, a genesis, or nothing; a mistyped id is told, not taken as no trust', () => {
    expect(parseTrust(` ${world.network.toUpperCase()}\n`)).toMatchObject({
      ok: true,
      value: { kind: 'network' },
    });
    expect(parseTrust(world.genesisBytes)).toMatchObject({ ok: true, value: { kind: 'genesis' } });
    expect(parseTrust('  ')).toEqual({ ok: true, value: null });
    expect(parseTrust(world.network.slice(1))).toMatchObject({
      ok: false,
      error: { type: 'trust-malformed' },
    });
    expect(parseTrust(good)).toMatchObject({ ok: false, error: { type: 'trust-malformed' } });
  });
});
