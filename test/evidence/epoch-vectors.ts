/**
 * The files of examples/evidence/epochs: `npx tsx test/evidence/epoch-vectors.ts` makes them anew, with new keys. One package over four epochs;
 * each bad file has one thing wrong and is otherwise as sound as all keys of a network can make it.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { decodeChangeValue, encodeChangeValue, encodeLink } from '../../src/codec/epochs.ts';
import { encodeMessage } from '../../src/codec/messages.ts';
import { decodeValue } from '../../src/codec/value.ts';
import { valueBytes } from '../../src/crypto/domains.ts';
import { writeBundle, writeMisbehaviour, type EvidenceBundle } from '../../src/domain/supply/evidence.ts';
import { demoNetwork } from '../domain/support.ts';
import { makeChain, type ChainMaker } from '../epochs/make-chain.ts';
import { carriedOver, Life, parsed } from './epoch-life.ts';
import type { Vector } from './vectors.ts';
import { KEY } from './world.ts';

export const EPOCH_FOLDER = fileURLToPath(new URL('../../examples/evidence/epochs/', import.meta.url));

export interface EpochVector extends Omit<Vector, 'trust'> {
  /** Digest of the epoch that the reader pins; null: none. */
  readonly pin: string | null;
}

export interface EpochVectors {
  /** The network that is trusted, by its id, for all files but those of `carried`, whose own it is. */
  readonly network: string;
  readonly carried: string;
  /** Digests of epochs 0 to 3 of that network. */
  readonly epochs: readonly string[];
  readonly vectors: readonly EpochVector[];
}

async function makeVectors(): Promise<void> {
  const files = new Map<string, Uint8Array>();
  const vectors: EpochVector[] = [];
  const add = (
    name: string,
    bytes: Uint8Array,
    [verdict, failure]: readonly [Vector['verdict'], string | null],
    why: string,
    pin: string | null = null,
  ): void => {
    const file = name.endsWith('.json') ? name : `${name}.evidence.json`;
    files.set(file, bytes);
    vectors.push({
      file,
      pin,
      verdict,
      exit: verdict === 'valid' ? 0 : verdict === 'invalid' ? 2 : 3,
      failure,
      why,
    });
  };
  const VALID = ['valid', null] as const;
  const invalid = (type: string) => ['invalid', type] as const;

  const { directory } = demoNetwork;
  const chain = await makeChain({ directory, name: 'Over epochs' });
  const life = new Life(chain);
  await life.announce(0);
  await life.inspect(1, 1);
  await life.inspect(2, 3);
  await life.inspect(3, 1);
  const bundle = parsed(life.file());
  const write = (over: Partial<EvidenceBundle>): Uint8Array => writeBundle({ ...bundle, ...over });
  const [a, b, c] = bundle.links as [Uint8Array, Uint8Array, Uint8Array];
  const entries = life.entries();
  const [zero, one, two] = chain.epochs.map(({ digest }): string => digest);

  // ---- good ----
  add(
    'good/four-epochs',
    write({}),
    VALID,
    'a version in each epoch: one member joins, one leaves, one has new keys',
  );
  for (const [number, { digest }] of chain.epochs.entries())
    add('good/four-epochs', write({}), VALID, `the same with epoch ${number} pinned`, digest);
  const contradiction = await chain.contradiction(2, 3, { key: KEY, version: 2 });
  const evidence = encodeMessage({ type: 'evidence', items: [contradiction] });
  add(
    'good/contradiction',
    write({ equivocations: [evidence] }),
    VALID,
    'a member of epoch 2 signed two values',
  );
  const { network, genesisBytes: genesis } = chain;
  const against = { network, genesis, evidence: contradiction };
  add(
    'good/echo.misbehaviour.json',
    writeMisbehaviour({ ...against, links: [a, b] }),
    VALID,
    'the same against the member',
  );

  // ---- pins ----
  const elsewhere = 'f'.repeat(64);
  add(
    'good/four-epochs',
    write({}),
    ['untrusted', 'pin-not-on-chain'],
    'the pinned epoch is not on the chain',
    elsewhere,
  );
  const theft = new Life(chain);
  theft.versions.push(life.versions[0]!);
  await theft.inspect(1, 2);
  const stolen = write({ versions: theft.entries() });
  add(
    'good/old-keys',
    stolen,
    VALID,
    'nothing in the file tells whether the newest version was signed in time',
  );
  add('good/old-keys', stolen, VALID, 'the same with the epoch pinned that signed it', one);
  add('good/old-keys', stolen, ['untrusted', 'pin-later'], 'the same with a later epoch pinned', two);

  // ---- the chain ----
  add(
    'bad/link-missing-end',
    write({ links: [a, b] }),
    ['unknown', 'epoch-unknown'],
    'the last link was left out',
  );
  add('bad/link-missing-all', write({ links: [] }), ['unknown', 'epoch-unknown'], 'there is no chain');
  add(
    'bad/link-missing',
    write({ links: [a, c] }),
    invalid('link-missing'),
    'a link in the middle was left out',
  );
  add('bad/link-order', write({ links: [b, a, c] }), invalid('link-missing'), 'two links were swapped');
  const other = await makeChain({ directory, name: 'Another network' });
  add(
    'bad/link-elsewhere',
    write({ links: [encodeLink(other.links[0]!), b, c] }),
    invalid('link-elsewhere'),
    'the first link is of another network',
  );
  add(
    'bad/link-malformed',
    write({ links: [a.slice(1), b, c] }),
    invalid('link-malformed'),
    'a link was cut',
  );
  add(
    'bad/approval-forged',
    write({ links: [await approvalForged(chain), b, c] }),
    invalid('link-wrong'),
    'one approval is not signed, though a quorum sealed the change',
  );
  const last = chain.people[3]!;
  for (const [name, options, why] of [
    ['approvals-lacking', { approvers: [0, 1] }, 'two of four approved the last change'],
    ['reports-lacking', { reporters: [0, 1] }, 'two of four reported'],
    ['link-under-quorum', { signers: [0, 1] }, 'two of four sealed the last change'],
  ] as const) {
    const { link } = await chain.linkTo(last, options);
    add(`bad/${name}`, write({ links: [a, b, c, encodeLink(link)] }), invalid('link-wrong'), why);
  }

  // ---- certificates ----
  const from = (count: number): Life => {
    const story = new Life(chain);
    story.versions.push(...life.versions.slice(0, count));
    return story;
  };
  const removed = await from(2).next(2, life.versions[2]!.body, {
    people: chain.people[0]!,
    signers: [0, 1, 3],
  });
  add(
    'bad/removed-member',
    write({ versions: [...entries.slice(0, 2), ...life.entries([removed])] }),
    invalid('certificate-wrong'),
    'a member that had left signed in the place that it had',
  );
  const { certificate, ...rest } = life.versions[3]!;
  const moved = { ...rest, certificate: { ...certificate, epoch: chain.epochs[2]!.digest } };
  add(
    'bad/epoch-moved',
    write({ versions: [...entries.slice(0, 3), ...life.entries([moved])] }),
    invalid('certificate-wrong'),
    'a certificate names another epoch than it was signed in',
  );
  const few = await from(1).next(1, life.versions[1]!.body, { signers: [0, 1, 2] });
  add(
    'bad/under-quorum',
    write({ versions: [...entries.slice(0, 1), ...life.entries([few])] }),
    invalid('under-quorum'),
    'three of five signed, which were enough in the epoch before',
  );
  const story = from(3);
  const late = await story.next(1, await story.session(1, 1, story.inspection()));
  add(
    'bad/epoch-order',
    write({ versions: [...entries.slice(0, 3), ...life.entries([late])] }),
    invalid('epoch-order'),
    'a version is certified in an epoch that had ended',
  );
  const old = from(1);
  const ended = await old.next(3, await old.session(1, 1, old.inspection()));
  add(
    'bad/session-of-ended-epoch',
    write({ versions: [...entries.slice(0, 1), ...life.entries([ended])] }),
    invalid('rule-broken'),
    'a session by keys of an epoch that had ended, which nobody carried over',
  );
  add(
    'bad/contradiction-place',
    write({ equivocations: [encodeMessage({ type: 'evidence', items: [await swappedEpoch(chain)] })] }),
    invalid('equivocation-wrong'),
    'the votes are told to be of the epoch before, where their place was another member’s',
  );
  add(
    'bad/echo.misbehaviour.json',
    writeMisbehaviour(against),
    ['unknown', 'epoch-unknown'],
    'the votes are of an epoch, and there is no chain to it',
  );

  // ---- carried ----
  const { chain: carried, life: kept } = await carriedOver({ directory, name: 'Carried over' });
  add(
    'carried/good',
    kept.file(),
    VALID,
    'a session of epoch 2, certified in epoch 3: the opening reports a lock on it',
  );

  const list: EpochVectors = {
    network: chain.network,
    carried: carried.network,
    epochs: chain.epochs.map(({ digest }) => digest),
    vectors,
  };
  if (zero !== chain.network) throw new Error('epoch 0 is named by the network id');
  files.set('vectors.json', new TextEncoder().encode(`${JSON.stringify(list, null, 2)}\n`));
  for (const folder of ['good', 'bad', 'carried']) await mkdir(EPOCH_FOLDER + folder, { recursive: true });
  for (const [file, bytes] of files) await writeFile(EPOCH_FOLDER + file, bytes);
  console.log(`Wrote ${files.size} files and ${vectors.length} vectors to ${EPOCH_FOLDER}`);
}

/** The first link with one approval exchanged, certified anew. The rest of the chain does not depend on the change's value, but for its digest. */
async function approvalForged(chain: ChainMaker): Promise<Uint8Array> {
  const link = chain.changeLink(0);
  const read = decodeChangeValue(decodeValue(link.change)!.body!);
  const group = read.ok ? read.value.approvals[0] : undefined;
  if (!read.ok || group?.form !== 'votes') throw new Error('votes were expected');
  const [first, ...others] = group.votes;
  const forged = { ...first!, signature: first!.signature.map((byte, i) => (i === 40 ? byte ^ 1 : byte)) };
  const approvals = [{ ...group, votes: [forged, ...others] }];
  const change = valueBytes(null, encodeChangeValue({ ...read.value, approvals }));
  const digest = chain.hash(change);
  const changeCertificate = await chain.certify(0, { key: link.changeCertificate.key, version: 1, digest });
  return encodeLink({ ...link, change, changeCertificate });
}

async function swappedEpoch(chain: ChainMaker) {
  const { first, second } = await chain.contradiction(2, 3, { key: KEY, version: 2 });
  const epoch = chain.epochs[1]!.digest;
  return { first: { ...first, epoch }, second: { ...second, epoch } };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await makeVectors();
  process.exit(0);
}
