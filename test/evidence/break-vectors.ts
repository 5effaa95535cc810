/**
 * The files of examples/evidence/breaks: `npx tsx test/evidence/break-vectors.ts` makes them anew, with new keys. One package over two breaks: four
 * members, two of them that go on, a third that joins these, and one of those three that goes on alone.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { encodeLink, type BreakLink } from '../../src/codec/epochs.ts';
import { writeBundle, writeMisbehaviour, type EvidenceBundle } from '../../src/domain/supply/evidence.ts';
import { demoNetwork } from '../domain/support.ts';
import { ChainMaker, ECHO, type BreakOptions, type Person } from '../epochs/make-chain.ts';
import { Life, parsed } from './epoch-life.ts';
import type { Vector } from './vectors.ts';
import { KEY } from './world.ts';

export const BREAK_FOLDER = fileURLToPath(new URL('../../examples/evidence/breaks/', import.meta.url));

export interface BreakVector extends Omit<Vector, 'trust'> {
  /** Of `networks`: the one that the reader trusts; null: none. */
  readonly trust: number | null;
  /** Digest of the epoch that the reader pins; null: none. */
  readonly pin: string | null;
}

export interface BreakVectors {
  /** Ids of the network before the breaks, after the first and after the second. */
  readonly networks: readonly string[];
  /** Digests of epochs 0 to 3. */
  readonly epochs: readonly string[];
  readonly vectors: readonly BreakVector[];
}

async function makeVectors(): Promise<void> {
  const files = new Map<string, Uint8Array>();
  const vectors: BreakVector[] = [];
  const add = (
    name: string,
    bytes: Uint8Array,
    trust: number | null,
    [verdict, failure]: readonly [Vector['verdict'], string | null],
    why: string,
    pin: string | null = null,
  ): void => {
    const file = name.endsWith('.json') ? name : `${name}.evidence.json`;
    const exit = verdict === 'valid' ? 0 : verdict === 'invalid' ? 2 : 3;
    files.set(file, bytes);
    vectors.push({ file, trust, pin, verdict, exit, failure, why });
  };
  const VALID = ['valid', null] as const;
  const WRONG = ['invalid', 'link-wrong'] as const;
  const NOT_CONFIRMED = ['untrusted', 'break-not-confirmed'] as const;
  const BEFORE = ['untrusted', 'before-break'] as const;

  const { directory } = demoNetwork;
  const chain = await ChainMaker.create({ directory, name: 'Over breaks' });
  const life = new Life(chain);
  await life.announce(0);
  await chain.breakOff([0, 1], { name: 'Over breaks, two' });
  await life.inspect(1, 1);
  const [alfa, bravo] = chain.people[1] as [Person, Person];
  await chain.change([alfa, bravo, await chain.person(ECHO)], { reason: 'Echo joins the two' });
  await life.inspect(2, 2);
  const two = new Life(chain);
  two.versions.push(...life.versions);
  const twoFile = parsed(two.file());
  await chain.breakOff([1], { name: 'Over breaks, one' });
  await life.inspect(3, 0);
  const bundle = parsed(life.file());
  const digests = chain.epochs.map(({ digest }): string => digest);
  const write = (over: Partial<EvidenceBundle>, of = bundle): Uint8Array => writeBundle({ ...of, ...over });

  // ---- followed, and not ----
  const all = write({});
  add('good/two-breaks', all, 2, VALID, 'a version in each epoch, by who trusts the newest network');
  add('good/two-breaks', all, 1, NOT_CONFIRMED, 'the same by who trusts the one before');
  add('good/two-breaks', all, 0, NOT_CONFIRMED, 'the same by who trusts the first');
  add('good/two-breaks', all, null, ['untrusted', 'no-trust-given'], 'the same by who trusts none');
  add('good/two-breaks', all, 0, VALID, 'the first is trusted, and the newest epoch pinned', digests[3]);
  add('good/two-breaks', all, 0, NOT_CONFIRMED, '… and an epoch between the breaks pinned', digests[2]);
  add('good/two-breaks', all, 2, VALID, 'the newest is trusted, and an epoch before it pinned', digests[1]);
  const middle = write({}, twoFile);
  add('good/one-break', middle, 1, VALID, 'nothing was signed after the second break');
  add('good/one-break', middle, 0, NOT_CONFIRMED, 'the same by who trusts the first network');
  const shown = write({ versions: two.entries(), links: chain.links.map(encodeLink) });
  add('good/before-second', shown, 1, VALID, 'the same exported after the second break, which is shown');
  add('good/before-second', shown, 2, BEFORE, 'nothing shows that the newest network has it in its record');
  const first = new Life(chain);
  first.versions.push(life.versions[0]!);
  const untouched = write({ versions: first.entries() });
  add('good/before-both', untouched, 0, VALID, 'a record that was not touched since the first epoch');
  add('good/before-both', untouched, 1, BEFORE, 'the same by who trusts the network after the first break');
  await first.inspect(0, 1);
  const hidden = write({ versions: first.entries() });
  add(
    'good/hidden',
    hidden,
    0,
    VALID,
    'a certificate from before the break that nobody who went on had seen',
  );
  add('good/hidden', hidden, 1, BEFORE, 'the same by who trusts the network after the break');
  const { network, genesisBytes: genesis } = chain;
  const evidence = await chain.contradiction(3, 0, { key: KEY, version: 4 });
  const against = writeMisbehaviour({ network, genesis, links: chain.links.map(encodeLink), evidence });
  add('good/bravo.misbehaviour.json', against, 2, VALID, 'two values that were signed after the breaks');

  // ---- breaks that are none ----
  const [a, b, c] = bundle.links as [Uint8Array, Uint8Array, Uint8Array];
  const link = chain.links[0] as BreakLink;
  const bad = (name: string, over: Partial<BreakLink>, why: string): void =>
    add(`bad/${name}`, write({ links: [encodeLink({ ...link, ...over }), b, c] }), 2, WRONG, why);
  bad('signature-missing', { signatures: link.signatures.slice(0, 1) }, 'one who goes on has not signed');
  bad('signatures-swapped', { signatures: [...link.signatures].reverse() }, 'signatures in other places');
  const flipped = link.signatures.map((one, i) => (i === 1 ? one.with(40, one[40]! ^ 1) : one));
  bad('signature-wrong', { signatures: flipped }, 'one signature does not hold');
  const alone = await ChainMaker.create({ directory, name: 'Over breaks' });
  const told = new Life(alone);
  await told.announce(0);
  const announced = parsed(told.file());
  const made = async (
    name: string,
    places: readonly number[],
    change: BreakOptions['change'],
    why: string,
  ): Promise<void> => {
    const { link: broken } = await alone.breakTo(places, change ? { change } : {});
    const bytes = write({ links: [encodeLink(broken)] }, announced);
    add(`bad/${name}`, bytes, null, WRONG, why);
  };
  await made('quorum', [0, 1, 2], undefined, 'three of four went on, who could have changed the members');
  const echo = await alone.person(ECHO);
  const stranger: BreakOptions['change'] = (one) => ({ ...one, members: [one.members[0]!, echo.entry] });
  await made('stranger', [0, 1], stranger, 'somebody goes on who was no member');
  const turned: BreakOptions['change'] = (one) => ({ ...one, members: [...one.members].reverse() });
  await made('order', [0, 1], turned, 'its members stand in another order than before');
  const ruled: BreakOptions['change'] = (one) => ({ ...one, rulesVersion: 2 });
  await made('rules', [0, 1], ruled, 'it has other rules than the epoch before');
  const listing: BreakOptions['change'] = (one) => ({
    ...one,
    directory: { supplierKeys: [], couriers: [] },
  });
  await made('directory', [0, 1], listing, 'it has another directory than the network before');
  const { link: elsewhere } = await alone.breakTo([0, 1]);
  add(
    'bad/elsewhere',
    write({ links: [encodeLink(elsewhere), b, c] }),
    2,
    ['invalid', 'link-elsewhere'],
    'the break is of another network',
  );
  add(
    'bad/break-missing',
    write({ links: [b, c] }),
    2,
    ['invalid', 'link-missing'],
    'the first break was left out',
  );
  add(
    'bad/network-of-before',
    write({ links: [a, await changeOfBefore(), c] }),
    2,
    ['invalid', 'link-wrong'],
    'the change after the break is signed for the network before it',
  );

  /** As `chain.links[1]`, with all signatures over the first network's id. */
  async function changeOfBefore(): Promise<Uint8Array> {
    const people = chain.people[2]!;
    const copy = await ChainMaker.create({ directory, name: 'Over breaks' });
    copy.epochs.splice(0, 1, ...chain.epochs.slice(0, 1), { ...chain.epochs[1]!, network: chain.network });
    copy.people.splice(0, 1, ...chain.people.slice(0, 2));
    return encodeLink((await copy.linkTo(people, { reason: 'Echo joins the two' })).link);
  }

  const list: BreakVectors = {
    networks: [chain.network, chain.epochs[1]!.network, chain.epochs[3]!.network],
    epochs: digests,
    vectors,
  };
  files.set('vectors.json', new TextEncoder().encode(`${JSON.stringify(list, null, 2)}\n`));
  for (const folder of ['good', 'bad']) await mkdir(BREAK_FOLDER + folder, { recursive: true });
  for (const [file, bytes] of files) await writeFile(BREAK_FOLDER + file, bytes);
  console.log(`Wrote ${files.size} files and ${vectors.length} vectors to ${BREAK_FOLDER}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await makeVectors();
