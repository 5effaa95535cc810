/** Entries of the directory over epochs: who left must not bring one into the network with the keys that it had. */
import { beforeAll, expect, it } from 'vitest';
import { asKey, type Digest } from '../../src/codec/brand.ts';
import type { Certificate } from '../../src/codec/vote.ts';
import type { CertifiedEntry } from '../../src/store/types.ts';
import { entryCertificates } from '../../src/worker/entry-certificates.ts';
import { makeChain, type ChainMaker } from '../epochs/make-chain.ts';

const KEY = asKey('directory/courier/delta-express');
let chain: ChainMaker;
beforeAll(async () => {
  chain = await makeChain();
});

const digestOf = (digit: string): Digest => digit.repeat(64) as Digest;
const certify = (epoch: number, version: number, digit: string): Promise<Certificate> =>
  chain.certify(epoch, { key: KEY, version, digest: digestOf(digit) });

/** A replica that holds these versions; the last is its head, which is being written. */
function standing(certificate: Certificate, ...held: Certificate[]): Promise<string> {
  const entries = held.map((one) => ({ ...one, certificate: one }) as unknown as CertifiedEntry);
  const [head] = entries.slice(-1);
  let written = false;
  const check = entryCertificates(
    {
      heads: new Map(head ? [[KEY, head]] : []),
      // The version before the head is in the history once all is written.
      outbox: { durable: () => Promise.resolve((written = true)) },
      options: { store: { history: () => Promise.resolve(entries.slice(0, written ? -1 : -2)) } },
    },
    chain,
    chain,
  );
  return check(certificate, chain.network, chain.genesis);
}

it('a certificate of the epoch in force counts by itself, also where the entry is not here yet', async () => {
  expect(await standing(await certify(3, 1, 'a'))).toBe('holds');
});

it('one of an epoch that has ended counts for what is held as certified here: the head, or a version before it', async () => {
  const [first, second] = [await certify(0, 1, 'a'), await certify(1, 2, 'b')];
  expect(await standing(first, first)).toBe('holds');
  expect(await standing(first, first, second)).toBe('holds');
  expect(await standing(second, first, second)).toBe('holds');
  // Certified again in a later epoch: it is the value that counts.
  expect(await standing(await certify(0, 1, 'a'), await certify(2, 1, 'a'))).toBe('holds');
});

it('one that old keys may have made later is not believed, and not called wrong either: others may hold more', async () => {
  const [first, second] = [await certify(0, 1, 'a'), await certify(1, 2, 'b')];
  expect(await standing(await certify(0, 1, 'c'))).toBe('unknown');
  expect(await standing(await certify(0, 1, 'c'), first, second)).toBe('unknown');
  expect(await standing(await certify(0, 2, 'c'), first)).toBe('unknown');
  expect(await standing(await certify(0, 2, 'c'), first, second)).toBe('unknown');
});

it('one that the members of its epoch did not sign fails, and of an epoch off the chain nothing is known', async () => {
  const first = await certify(0, 1, 'a');
  expect(await standing({ ...first, epoch: chain.epochs[3]!.digest }, first)).toBe('fails');
  expect(await standing({ ...first, epoch: '9'.repeat(64) as never }, first)).toBe('unknown');
});
