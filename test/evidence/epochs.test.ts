/** Evidence over epochs: what a verifier that holds nothing but a network id (and perhaps a pinned epoch) accepts, and what it refuses. */
import { beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { verifyTools } from '../../src/cli/verify.ts';
import { asEpochDigest, type EpochDigest } from '../../src/codec/brand.ts';
import { decodeChangeValue, encodeChangeValue, encodeLink } from '../../src/codec/epochs.ts';
import { decodeValue } from '../../src/codec/value.ts';
import { valueBytes } from '../../src/crypto/domains.ts';
import {
  exportEvidence,
  genesisOver,
  linksUpTo,
  readBundle,
  verifyEvidence,
  writeBundle,
  writeMisbehaviour,
  type EvidenceBundle,
  type EvidenceReport,
  type Trust,
  type VerifyTools,
} from '../../src/domain/supply/evidence.ts';
import { epcisDocument, writeEpcis } from '../../src/domain/supply/epcis.ts';
import { makeChain, PROFILES, type ChainMaker } from '../epochs/make-chain.ts';
import { demoNetwork } from '../domain/support.ts';
import { carriedOver, Life, parsed } from './epoch-life.ts';
import { KEY } from './world.ts';

const directory = demoNetwork.directory;
let tools: VerifyTools;
let chain: ChainMaker;
/** One version in each epoch: announced in 0, inspected in 1 by Bravo, in 2 by Echo that joined, in 3 by Bravo with its new keys. */
let life: Life;
let good: Uint8Array;
let bundle: EvidenceBundle;

beforeAll(async () => {
  tools = await verifyTools();
  chain = await makeChain({ directory });
  life = new Life(chain);
  await life.announce(0);
  await life.inspect(1, 1);
  await life.inspect(2, 3);
  await life.inspect(3, 1);
  good = life.file();
  bundle = parsed(good);
});

const trusting = (of: ChainMaker = chain): Trust => ({ kind: 'network', network: of.network });
const verify = (
  bytes: Uint8Array,
  pin: EpochDigest | null = null,
  trust: Trust = trusting(),
): Promise<EvidenceReport> => verifyEvidence(bytes, { trust, pin, tools });
const submit = (
  over: Partial<EvidenceBundle>,
  pin: EpochDigest | null = null,
  of: EvidenceBundle = bundle,
): Promise<EvidenceReport> => verify(writeBundle({ ...of, ...over }), pin);
const outcome = ({ verdict, failure }: EvidenceReport) => [
  verdict,
  failure?.type ?? null,
  failure?.version ?? null,
];

describe('a file from epoch 3', () => {
  it('is valid for who holds the network id alone, and tells each version by the members of its epoch', async () => {
    const report = await verify(good);
    expect(report.failure).toBeNull();
    expect(report.versions.map((v) => [v.version, v.epoch.number, v.epoch.n, v.epoch.quorum])).toEqual([
      [1, 0, 4, 3],
      [2, 1, 5, 4],
      [3, 2, 4, 3],
      [4, 3, 4, 3],
    ]);
    expect(report.versions.map((v) => [v.session.member, v.session.epoch])).toEqual([
      ['alfa', 0],
      ['bravo', 1],
      ['echo', 2],
      ['bravo', 3],
    ]);
    expect(report.versions[1]!.signers.map(({ id }) => id)).toEqual(['alfa', 'bravo', 'cargo', 'delta']);
    expect(report.members.map(({ id }) => id)).toEqual(['alfa', 'bravo', 'cargo', 'echo']);
  });

  it('tells the chain: who joined, left and has new keys, who approved, and that a quorum before sealed it', async () => {
    const { epochs, proven, notProven } = await verify(good);
    expect(epochs.map(({ digest }) => digest)).toEqual(chain.epochs.map(({ digest }) => digest));
    const names = epochs.map(({ began }) =>
      began
        ? [began.joined, began.left, began.newKeys, began.newLogs].map((list) => list.map(({ id }) => id))
        : null,
    );
    expect(names).toEqual([null, [['echo'], [], [], []], [[], ['delta'], [], []], [[], [], ['bravo'], []]]);
    expect(epochs[2]!.began!.approvedBy.map(({ id }) => id)).toEqual(['alfa', 'bravo', 'cargo', 'delta']);
    expect(epochs[3]!.began!.sealedBy).toHaveLength(3);
    const said = proven.join('\n');
    expect(said).toMatch(/Epoch 1: Echo Storage joined\. 3 of 4 members of epoch 0 approved it/);
    expect(said).toMatch(/Epoch 2: Delta Express left\. 4 of 5 members of epoch 1 approved it/);
    expect(said).toMatch(/Epoch 3: Bravo Logistics has new keys\./);
    expect(said).toContain('Version 2 (digest');
    expect(notProven.join('\n')).toMatch(/stolen keys of members that have left.*pin a later epoch/);
  });

  it('holds the links up to the newest epoch that a certificate names, and no more', () => {
    expect(bundle.links).toHaveLength(3);
    const early = parsed(life.file({ held: life.held.slice(0, 2) }));
    expect(early.links).toHaveLength(1);
    const first = life.file({ held: life.held.slice(0, 1) });
    expect(new TextDecoder().decode(first)).not.toContain('"links"');
  });

  it('holds the links up to the epoch of a contradiction, which accuses the member of that place there', async () => {
    const evidence = await chain.contradiction(2, 3, { key: KEY, version: 2 });
    const file = life.file({ held: life.held.slice(0, 1), equivocations: [evidence] });
    expect(parsed(file).links).toHaveLength(2);
    const report = await verify(file);
    expect(report.verdict).toBe('valid');
    // Place 3 was Delta's until epoch 1; in epoch 2 it is Echo's.
    expect(report.equivocators.map(({ id }) => id)).toEqual(['echo']);
    const stale = { ...parsed(file), links: parsed(file).links!.slice(0, 1) };
    expect(outcome(await verify(writeBundle(stale)))).toEqual(['invalid', 'equivocation-wrong', null]);
  });

  it('is refused while the chain is not here: nobody could check it', () => {
    const { network, genesisBytes: genesis, epochs, links } = chain;
    const input = { network, key: KEY, genesis, held: life.held, equivocations: [] };
    for (const known of [undefined, { epochs: epochs.slice(0, 3), links: links.slice(0, 2) }]) {
      const made = exportEvidence({ ...input, ...(known ? { chain: known } : {}) });
      expect(made).toMatchObject({ ok: false, error: { type: 'history-incomplete' } });
    }
  });

  it('proves nothing to who trusts another network or none', async () => {
    expect(outcome(await verify(good, null, null))).toEqual(['untrusted', 'no-trust-given', null]);
    const other = asEpochDigest('9'.repeat(64)) as string as ChainMaker['network'];
    expect((await verify(good, null, { kind: 'network', network: other })).verdict).toBe('untrusted');
  });

  it('carries EPCIS documents that name members by the epoch of each version, also those that left', async () => {
    const committed = (await verify(good)).versions.map((version, i) => ({
      version: version.version,
      digest: version.digest,
      value: tools.session(life.versions[i]!.body)!,
    }));
    const epcis = committed.map((one, i) => {
      const genesis = genesisOver(chain.genesis, chain.epochs.slice(0, i + 1));
      const { network, hash } = chain;
      const before = committed.slice(0, i);
      const document = epcisDocument({ network, genesis, key: KEY, committed: one, before, hash });
      return { version: one.version, document: writeEpcis(document!) };
    });
    const report = await verify(life.file({ epcis }));
    expect(report.failure).toBeNull();
    expect(report.epcis).toEqual([1, 2, 3, 4]);
    expect(genesisOver(chain.genesis, chain.epochs).members.map(({ id }) => id)).toContain('delta');
  });
});

describe('a pinned epoch', () => {
  it('on the chain is told, whichever it is', async () => {
    for (const { number, digest } of chain.epochs) {
      const report = await verify(good, digest);
      expect([report.verdict, report.pinned]).toEqual(['valid', number]);
      expect(report.proven.join('\n')).toContain(`Epoch ${number}, which you pinned, is on this chain`);
      expect(report.notProven.join('\n')).not.toContain('stolen keys');
    }
  });

  it('that the chain does not reach makes the file prove nothing', async () => {
    expect(outcome(await verify(good, asEpochDigest('9'.repeat(64))))).toEqual([
      'untrusted',
      'pin-not-on-chain',
      null,
    ]);
    const early = life.file({ held: life.held.slice(0, 2) });
    expect(outcome(await verify(early, chain.epochs[2]!.digest))).toEqual([
      'untrusted',
      'pin-not-on-chain',
      null,
    ]);
  });

  it('finds out a history that old members made up with the keys that they had before they left', async () => {
    // Everybody of epoch 0 again, without Echo: as good as the real chain for who has the genesis alone.
    const forged = await makeChain({ directory });
    const people = chain.people[0]!;
    Object.assign(forged, {
      network: chain.network,
      genesis: chain.genesis,
      genesisBytes: chain.genesisBytes,
    });
    forged.epochs.splice(0, forged.epochs.length, chain.epochs[0]!);
    forged.people.splice(0, forged.people.length, people);
    forged.links.splice(0, forged.links.length);
    const mallory = await forged.person({ ...PROFILES[3]!, id: 'mallory' as never, organisation: 'Mallory' });
    await forged.change([people[0]!, people[1]!, people[2]!, mallory]);
    const story = new Life(forged);
    await story.announce(0);
    await story.inspect(1, 1);
    const file = story.file();
    expect((await verify(file)).verdict, 'the genesis alone cannot tell').toBe('valid');
    expect(outcome(await verify(file, chain.epochs[1]!.digest))).toEqual([
      'untrusted',
      'pin-not-on-chain',
      null,
    ]);
  });

  it('later than the newest version: a thief with old keys could have signed it, so it proves nothing', async () => {
    // Keys of epoch 1, stolen after it, certify a second version that the network never had; the chain is the real one.
    const theft = new Life(chain);
    theft.versions.push(life.versions[0]!);
    await theft.inspect(1, 2);
    const file = writeBundle({ ...bundle, versions: theft.entries() });
    expect((await verify(file)).verdict, 'not in R, and nobody can say so by the file').toBe('valid');
    expect((await verify(file, chain.epochs[1]!.digest)).verdict).toBe('valid');
    expect(outcome(await verify(file, chain.epochs[2]!.digest))).toEqual(['untrusted', 'pin-later', null]);
  });
});

describe('a chain that was tampered with', () => {
  const links = (change: (links: Uint8Array[]) => Uint8Array[]): Promise<EvidenceReport> =>
    submit({ links: change([...bundle.links!]) });

  it('by leaving out its end leaves a certificate of an epoch that it does not reach', async () => {
    expect(outcome(await links((all) => all.slice(0, 2)))).toEqual(['unknown', 'epoch-unknown', 4]);
    expect(outcome(await links(() => []))).toEqual(['unknown', 'epoch-unknown', 2]);
  });

  it('by leaving out or swapping links in the middle is told so', async () => {
    for (const change of [
      ([, ...rest]: Uint8Array[]) => rest,
      ([a, , c]: Uint8Array[]) => [a!, c!],
      ([a, b, c]: Uint8Array[]) => [b!, a!, c!],
      ([a, b, c]: Uint8Array[]) => [a!, c!, b!],
      ([a, b, c]: Uint8Array[]) => [a!, a!, b!, c!],
    ])
      expect(outcome(await links(change))).toEqual(['invalid', 'link-missing', null]);
  });

  it('with a link of another network is told so', async () => {
    const other = await makeChain({ directory, name: 'Another network' });
    const report = await links(([, b, c]) => [encodeLink(other.links[0]!), b!, c!]);
    expect(outcome(report)).toEqual(['invalid', 'link-elsewhere', null]);
    expect(report.failure!.message).toContain('another network');
    expect(report.epochs).toHaveLength(1);
  });

  it('with bytes that are no link is told so', async () => {
    expect(outcome(await links(([a]) => [a!.slice(1)]))).toEqual(['invalid', 'link-malformed', null]);
  });

  it('in any one bit is never valid', async () => {
    // Spread over all of each link; EVIDENCE_FLIPS=all of flips.test.ts does not cover them.
    for (const [at, link] of bundle.links!.entries()) {
      for (let place = at; place < link.length; place += Math.ceil(link.length / 24)) {
        const flipped = link.slice();
        flipped[place]! ^= 1 << (place & 7);
        const report = await links((all) => all.with(at, flipped));
        expect(report.verdict, `link ${at}, byte ${place}`).toBe('invalid');
      }
    }
  });

  it('in one approval, one join or one signature of a certificate is refused', async () => {
    const link = chain.changeLink(0);
    const body = decodeChangeValue(decodeValue(link.change)!.body!);
    if (!body.ok) throw new Error(body.error.message);
    const flipped = (part: 'approvals' | 'joins'): Uint8Array => {
      const [group] = body.value[part];
      if (group?.form !== 'votes') throw new Error('votes were expected');
      const [first, ...rest] = group.votes;
      const bad = { ...first!, signature: first!.signature.map((byte, i) => (i === 40 ? byte ^ 1 : byte)) };
      const value = { ...body.value, [part]: [{ ...group, votes: [bad, ...rest] }] };
      return valueBytes(null, encodeChangeValue(value));
    };
    for (const part of ['approvals', 'joins'] as const) {
      const change = flipped(part);
      // As found in a file: the certificate is for the value before. And signed anew by a quorum, as only its members could.
      const certificate = { ...link.changeCertificate, digest: tools.hash(change) };
      const signed = await chain.certify(0, {
        key: certificate.key,
        version: 1,
        digest: certificate.digest,
      });
      for (const changeCertificate of [link.changeCertificate, certificate, signed]) {
        const report = await links(([, b, c]) => [
          encodeLink({ ...link, change, changeCertificate }),
          b!,
          c!,
        ]);
        expect(outcome(report)).toEqual(['invalid', 'link-wrong', null]);
      }
    }
    const short = await chain.linkTo(chain.people[3]!, { signers: [0, 1] });
    expect(outcome(await links((all) => [...all, encodeLink(short.link)]))).toEqual([
      'invalid',
      'link-wrong',
      null,
    ]);
    const unapproved = await chain.linkTo(chain.people[3]!, { approvers: [0, 1] });
    expect(outcome(await links((all) => [...all, encodeLink(unapproved.link)]))).toEqual([
      'invalid',
      'link-wrong',
      null,
    ]);
  });

  it('is refused by its form: a link too many, or one that is no text of bytes', () => {
    const text = new TextDecoder().decode(good);
    const json = JSON.parse(text) as { links: unknown };
    const write = (links: unknown): Uint8Array =>
      new TextEncoder().encode(`${JSON.stringify({ ...json, links }, null, 2)}\n`);
    for (const bad of [[1], 'x', null, ['=='], Array.from({ length: 1024 }, () => 'AAAA')])
      expect(readBundle(write(bad))).toMatchObject({ ok: false, error: { type: 'bundle-malformed' } });
    expect(readBundle(write([]))).toMatchObject({ ok: false, error: { type: 'bundle-not-canonical' } });
    expect(readBundle(write(json.links))).toMatchObject({ ok: true });
  });
});

describe('a certificate of the wrong epoch', () => {
  it('signed by a member that had left, in the place that it had, is refused', async () => {
    const { body } = life.versions[2]!;
    const story = new Life(chain);
    story.versions.push(...life.versions.slice(0, 2));
    // Delta's old keys in place 3, which is Echo's in epoch 2.
    for (const form of ['aggregate', 'votes'] as const) {
      const forged = await story.next(2, body, { people: chain.people[0]!, signers: [0, 1, 3], form });
      const report = await submit({ versions: [...life.entries().slice(0, 2), ...story.entries([forged])] });
      expect(outcome(report)).toEqual(['invalid', 'certificate-wrong', 3]);
    }
  });

  it('whose signatures are of another epoch than it names is refused', async () => {
    const { certificate, ...rest } = life.versions[3]!;
    const moved = { ...rest, certificate: { ...certificate, epoch: chain.epochs[2]!.digest } };
    const versions = [...life.entries().slice(0, 3), ...life.entries([moved])];
    expect(outcome(await submit({ versions }))).toEqual(['invalid', 'certificate-wrong', 4]);
  });

  it('that goes back to an epoch that had ended is refused: its members signed nothing after', async () => {
    const story = new Life(chain);
    story.versions.push(...life.versions.slice(0, 3));
    // A sound session and a sound quorum of epoch 1, in which Delta still was.
    const late = await story.next(1, await story.session(1, 1, story.inspection()));
    const report = await submit({ versions: [...life.entries().slice(0, 3), ...story.entries([late])] });
    expect(outcome(report)).toEqual(['invalid', 'epoch-order', 4]);
  });
});

describe('the session of a version', () => {
  it('signed with keys that the member had given up is refused', async () => {
    const story = new Life(chain);
    story.versions.push(...life.versions.slice(0, 3));
    const old = chain.people[2]![1]!;
    const body = await story.session(3, 1, story.inspection(), old);
    const report = await submit({
      versions: [...life.entries().slice(0, 3), ...story.entries([await story.next(3, body)])],
    });
    expect(outcome(report)).toEqual(['invalid', 'rule-broken', 4]);
    expect(report.failure!.message).toContain('session-signature');
  });

  it('of an epoch that had ended is refused where nobody carried it over', async () => {
    const story = new Life(chain);
    story.versions.push(life.versions[0]!);
    const body = await story.session(1, 1, story.inspection());
    const certified = async (epoch: number): Promise<EvidenceReport> =>
      submit({
        versions: [...life.entries().slice(0, 1), ...story.entries([await story.next(epoch, body)])],
      });
    expect((await certified(1)).verdict).toBe('valid');
    // The same bytes, certified after Bravo had new keys.
    expect(outcome(await certified(3))).toEqual(['invalid', 'rule-broken', 2]);
  });

  it('may be of the epoch before where the value was carried over, and the report says so', async () => {
    const { chain: carried, life: story } = await carriedOver({ directory });
    const report = await verify(story.file(), null, trusting(carried));
    expect(report.failure).toBeNull();
    expect([report.versions[2]!.epoch.number, report.versions[2]!.session.epoch]).toEqual([3, 2]);
    expect(report.proven.join('\n')).toContain('Version 3 was voted for in epoch 2 and carried over');
    // Another session of the same key, that nobody reported.
    story.versions.pop();
    await story.certify(3, await story.session(2, 1, story.inspection()));
    expect(outcome(await verify(story.file(), null, trusting(carried)))).toEqual([
      'invalid',
      'rule-broken',
      3,
    ]);
  });
});

describe('a file against a member', () => {
  it('is checked by the members of the epoch of the votes', async () => {
    const evidence = await chain.contradiction(3, 1, { key: KEY, version: 1 });
    const { network, genesisBytes: genesis, epochs, links } = chain;
    const needed = linksUpTo(network, { epochs, links }, [evidence.first.epoch]);
    expect(needed).toHaveLength(3);
    const file = writeMisbehaviour({ network, genesis, links: needed!, evidence });
    const report = await verify(file);
    expect([report.verdict, report.accused?.id]).toEqual(['valid', 'bravo']);
    expect(report.proven.join('\n')).toContain('Epoch 3: Bravo Logistics has new keys');
    const bare = writeMisbehaviour({ network, genesis, evidence });
    expect(outcome(await verify(bare))).toEqual(['unknown', 'epoch-unknown', null]);
    const moved = { first: { ...evidence.first, epoch: epochs[2]!.digest }, second: evidence.second };
    const message = writeMisbehaviour({
      network,
      genesis,
      links: needed!,
      evidence: { ...moved, second: { ...evidence.second, epoch: epochs[2]!.digest } },
    });
    expect(outcome(await verify(message))).toEqual(['invalid', 'misbehaviour-wrong', null]);
    const early = await chain.contradiction(1, 3, { key: KEY, version: 1 });
    const old = writeMisbehaviour({ network, genesis, links: needed!, evidence: early });
    expect((await verify(old)).accused?.id).toBe('delta');
    expect(outcome(await verify(old, epochs[2]!.digest))).toEqual(['untrusted', 'pin-later', null]);
  });
});

describe('the command', () => {
  const cli = async (...args: string[]): Promise<{ code: number; out: string; error: string }> => {
    let [out, error] = ['', ''];
    const code = await run(args, {
      out: (text) => (out += text),
      error: (text) => (error += text),
      read: (path) => (path === 'file' ? Promise.resolve(good) : Promise.reject(new Error('not there'))),
    });
    return { code, out, error };
  };

  it('shows the chain with the digests that can be pinned, and takes one', async () => {
    const { code, out } = await cli('verify', 'file', '--trust', chain.network);
    expect(code).toBe(0);
    for (const { number, digest } of chain.epochs) expect(out).toContain(`${number}  ${digest}`);
    const pinned = await cli('verify', 'file', '--trust', chain.network, '--epoch', chain.newest.digest);
    expect([pinned.code, pinned.out.includes('which you pinned')]).toEqual([0, true]);
    const unknown = await cli('verify', 'file', '--trust', chain.network, `--epoch=${'9'.repeat(64)}`);
    expect(unknown.code).toBe(3);
  });

  it('answers 1, not a finding, to an epoch that is no digest', async () => {
    for (const bad of [['--epoch', '3'], ['--epoch'], ['--epoch='], ['--epoch', 'a', '--epoch', 'b']])
      expect((await cli('verify', 'file', '--trust', chain.network, ...bad)).code).toBe(1);
  });
});
