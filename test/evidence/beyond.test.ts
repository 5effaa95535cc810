/** Evidence over a break: who trusts a network follows nobody out of it unasked, and what was not in the record then counts for nothing after. */
import { beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { verifyTools } from '../../src/cli/verify.ts';
import type { EpochDigest, NetworkId } from '../../src/codec/brand.ts';
import { encodeLink } from '../../src/codec/epochs.ts';
import {
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
import { ChainMaker, ECHO, PROFILES, type Person } from '../epochs/make-chain.ts';
import { demoNetwork } from '../domain/support.ts';
import { Life, parsed } from './epoch-life.ts';
import { KEY } from './world.ts';

let tools: VerifyTools;
/** Four, of whom Alfa and Bravo go on in epoch 1 as N', where Echo joins in epoch 2. */
let chain: ChainMaker;
/** One version in each epoch. */
let life: Life;
/** The same network until then, and nothing after. */
let before: Life;
let good: Uint8Array;
let bundle: EvidenceBundle;
let [old, next] = ['' as NetworkId, '' as NetworkId];

beforeAll(async () => {
  tools = await verifyTools();
  chain = await ChainMaker.create({ name: 'Harbour', directory: demoNetwork.directory });
  old = chain.network;
  life = new Life(chain);
  await life.announce(0);
  before = new Life(chain);
  before.versions.push(...life.versions);
  await chain.breakOff([0, 1], { name: 'Harbour goes on' });
  next = chain.newest.network;
  await life.inspect(1, 1);
  const [alfa, bravo] = chain.people[1] as [Person, Person];
  const echo = await chain.person(ECHO);
  await chain.change([alfa, bravo, echo], { reason: 'Echo joins them' });
  await life.inspect(2, 2);
  good = exported(life);
  bundle = parsed(good);
});

/** As a replica of the network that goes on would say. */
const exported = (of: Life, links = of.chain.links): Uint8Array =>
  of.file({ network: next, chain: { epochs: of.chain.epochs, links } });
const trusting = (network: string): Trust => ({ kind: 'network', network: network as NetworkId });
const verify = (bytes: Uint8Array, trust: Trust, pin: EpochDigest | null = null): Promise<EvidenceReport> =>
  verifyEvidence(bytes, { trust, pin, tools });
const submit = (over: Partial<EvidenceBundle>, trust = trusting(next)): Promise<EvidenceReport> =>
  verify(writeBundle({ ...bundle, ...over }), trust);
const outcome = (report: EvidenceReport): unknown[] => [report.verdict, report.failure?.type ?? null];

describe('evidence from after a break', () => {
  it('is proof to who trusts the network that goes on, with everything from before in its place', async () => {
    const report = await verify(good, trusting(next));
    expect(report.failure).toBeNull();
    expect(report.network).toMatchObject({
      id: next,
      name: 'Harbour goes on',
      members: 3,
      quorum: 3,
      trusted: true,
    });
    expect(report.versions.map(({ epoch }) => epoch)).toEqual([
      { number: 0, n: 4, quorum: 3 },
      { number: 1, n: 2, quorum: 2 },
      { number: 2, n: 3, quorum: 3 },
    ]);
    expect(report.epochs.map(({ network }) => network)).toEqual([old, next, next]);
    expect(report.epochs.map(({ began, broke }) => [began !== null, broke !== null])).toEqual([
      [false, false],
      [false, true],
      [true, false],
    ]);
    expect(report.breaks).toHaveLength(1);
    expect(report.breaks[0]).toMatchObject({
      epoch: 1,
      name: 'Harbour goes on',
      network: next,
      from: old,
      root: '5'.repeat(64),
      survivors: [{ organisation: 'Alfa Components' }, { organisation: 'Bravo Logistics' }],
      gone: [{ organisation: 'Cargo Nord' }, { organisation: 'Delta Express' }],
    });
    const said = report.proven.join(' ');
    expect(said).toContain(`which “Harbour goes on”, network ${next}, that you trust, goes on from`);
    expect(said).toContain('Alfa Components, Bravo Logistics, 2 of the 4 members before, went on');
    expect(said).toContain('without Cargo Nord, Delta Express');
    expect(report.notProven.join(' ')).toContain(
      'what only Cargo Nord, Delta Express held then may be missing',
    );
  });

  it('proves nothing to who trusts the old network alone, by its id or its genesis, and says what it is', async () => {
    for (const trust of [trusting(old), { kind: 'genesis', genesis: chain.genesisBytes } as const]) {
      const report = await verify(good, trust);
      expect(outcome(report)).toEqual(['untrusted', 'break-not-confirmed']);
      expect(report.summary).toContain(
        'Alfa Components, Bravo Logistics went on without Cargo Nord, Delta Express',
      );
      expect(report.summary).toContain(`compare it with ${next}`);
      expect(report.network).toMatchObject({ id: next, trusted: false });
      expect(report.breaks).toHaveLength(1);
      expect(report.proven).toEqual([]);
    }
  });

  it('is proof to who trusts the old network and pins an epoch after the break, and not one before', async () => {
    const [first, broke, joined] = chain.epochs.map(({ digest }) => digest);
    for (const pin of [broke, joined]) {
      const report = await verify(good, trusting(old), pin);
      expect(outcome(report)).toEqual(['valid', null]);
      expect(report.network).toMatchObject({ id: next, trusted: true });
    }
    expect(outcome(await verify(good, trusting(old), first))).toEqual(['untrusted', 'break-not-confirmed']);
    expect(outcome(await verify(good, trusting(next), joined))).toEqual(['valid', null]);
    const strange = 'ab'.repeat(32) as EpochDigest;
    expect(outcome(await verify(good, trusting(next), strange))).toEqual(['untrusted', 'pin-not-on-chain']);
  });

  it('shows the break to who trusts nothing yet, and compares the id of the network that goes on', async () => {
    const report = await verify(good, null);
    expect(outcome(report)).toEqual(['untrusted', 'no-trust-given']);
    expect(report.summary).toContain(`compare it with ${next}`);
    expect(report.breaks).toHaveLength(1);
    expect(outcome(await verify(good, trusting('cd'.repeat(32))))).toEqual([
      'untrusted',
      'network-not-trusted',
    ]);
  });
});

describe('evidence of a record that was not touched since', () => {
  it('is proof of the old network, and shows the break all the same', async () => {
    const file = exported(before);
    const read = readBundle(file);
    expect(read.ok && read.value.network).toBe(old);
    expect(read.ok && read.value.links).toEqual(chain.links.slice(0, 1).map(encodeLink));
    const report = await verify(file, trusting(old));
    expect(report.failure).toBeNull();
    expect(report.network).toMatchObject({ id: old, name: 'Harbour', members: 4, quorum: 3, trusted: true });
    expect(report.breaks).toHaveLength(1);
  });

  it('is no proof for the network that goes on: a certificate that came to light later looks the same', async () => {
    const report = await verify(exported(before), trusting(next));
    expect(outcome(report)).toEqual(['untrusted', 'before-break']);
    expect(report.summary).toContain(`verify it again with ${old}`);
    // Version 2 as a quorum of epoch 0 signed it, and as the survivors did who did not know: one trusted network never shows both as valid.
    const hidden = new Life(chain);
    hidden.versions.push(...before.versions);
    await hidden.inspect(0, 1);
    expect(outcome(await verify(exported(hidden), trusting(next)))).toEqual(['untrusted', 'before-break']);
    expect(outcome(await verify(exported(hidden), trusting(old)))).toEqual(['valid', null]);
  });
});

describe('a break that is not one', () => {
  const links = (first: Uint8Array): Promise<EvidenceReport> =>
    submit({ links: [first, ...bundle.links!.slice(1)] });

  it('signed by fewer than all who go on, or by somebody else in their place, is refused', async () => {
    const link = chain.links[0]!;
    if (!('genesis' in link)) throw new Error('a break was expected');
    for (const signatures of [
      link.signatures.slice(0, 1),
      [...link.signatures].reverse(),
      [link.signatures[0]!, link.signatures[1]!.map((byte, i) => (i === 40 ? byte ^ 1 : byte))],
    ])
      expect(outcome(await links(encodeLink({ ...link, signatures })))).toEqual(['invalid', 'link-wrong']);
  });

  it('with a quorum, with a stranger or with changed keys is refused', async () => {
    const alone = await ChainMaker.create({ name: 'Harbour', directory: demoNetwork.directory });
    const told = new Life(alone);
    await told.announce(0);
    const echo = await alone.person(ECHO);
    const file = (link: Parameters<typeof encodeLink>[0]): Promise<EvidenceReport> => {
      const read = readBundle(exported(told));
      if (!read.ok) throw new Error(read.error.message);
      return verify(writeBundle({ ...read.value, links: [encodeLink(link)] }), trusting(alone.network));
    };
    const { link } = await alone.breakTo([0, 1]);
    expect(outcome(await file(link))).toEqual(['valid', null]);
    const quorum = await alone.breakTo([0, 1, 2]);
    expect(outcome(await file(quorum.link))).toEqual(['invalid', 'link-wrong']);
    const stranger = await alone.breakTo([0, 1], {
      change: (one) => ({ ...one, members: [one.members[0]!, echo.entry] }),
    });
    expect(outcome(await file(stranger.link))).toEqual(['invalid', 'link-wrong']);
  });

  it('of another network or another epoch is told as such', async () => {
    const other = await ChainMaker.create({ profiles: PROFILES });
    const { link } = await other.breakTo([0, 1]);
    expect(outcome(await links(encodeLink(link)))).toEqual(['invalid', 'link-elsewhere']);
    expect(outcome(await submit({ links: [...bundle.links!].reverse() }))).toEqual([
      'invalid',
      'link-missing',
    ]);
    expect(outcome(await submit({ links: bundle.links!.slice(1) }))).toEqual(['invalid', 'link-missing']);
  });

  it('in any one bit of it is never valid', async () => {
    const [link] = bundle.links!;
    for (let at = 3; at < link!.length; at += 97) {
      const report = await links(link!.map((byte, i) => (i === at ? byte ^ 4 : byte)));
      expect(report.verdict, `byte ${at}`).not.toBe('valid');
    }
  });
});

describe('a second break', () => {
  it('is not followed by who has confirmed only the first', async () => {
    const twice = await ChainMaker.create({ name: 'Harbour', directory: demoNetwork.directory });
    await twice.breakOff([0, 1], { name: 'Two' });
    await twice.breakOff([0], { name: 'One' });
    const [first, second, third] = twice.epochs.map(({ network }) => network);
    expect(new Set([first, second, third]).size).toBe(3);
    const misbehaviour = writeMisbehaviour({
      network: twice.network,
      genesis: twice.genesisBytes,
      links: linksUpTo(third!, { epochs: twice.epochs, links: twice.links }, [twice.newest.digest])!,
      evidence: await twice.contradiction(2, 0, { key: KEY, version: 2 }),
    });
    expect(outcome(await verify(misbehaviour, trusting(third!)))).toEqual(['valid', null]);
    for (const trust of [first!, second!]) {
      const report = await verify(misbehaviour, trusting(trust));
      expect(outcome(report)).toEqual(['untrusted', 'break-not-confirmed']);
      expect(report.breaks.map(({ epoch, from }) => [epoch, from])).toEqual([
        [1, first],
        [2, second],
      ]);
    }
    expect(outcome(await verify(misbehaviour, trusting(first!), second as string as EpochDigest))).toEqual([
      'untrusted',
      'break-not-confirmed',
    ]);
  });
});

it('the command hides a break, or says that the evidence of it holds', async () => {
  const cli = async (...args: string[]): Promise<{ code: number; out: string }> => {
    let out = '';
    const code = await run(args, {
      out: (text) => (out += text),
      error: (text) => (out += text),
      read: async () => good,
    });
    return { code, out };
  };
  const followed = await cli('verify', 'x', '--trust', next);
  expect(followed.code).toBe(0);
  const left = await cli('verify', 'x', '--trust', old);
  expect(left.code).toBe(3);
  const pinned = await cli('verify', 'x', '--trust', old, '--epoch', next);
  expect(pinned.code).toBe(0);
  for (const { out } of [followed, left, pinned]) {
    expect(out).toContain('Breaks, where it went on without a quorum:');
    expect(out).toContain('without Cargo Nord, Delta Express');
  }
});
