import { expect, it } from 'vitest';
import type { Digest, EpochDigest, Key, Version } from '../../src/codec/brand.ts';
import { beginRecords, readEpochs } from '../../src/worker/epochs/disk.ts';
import { isLost, type Seeker } from '../../src/worker/epochs/seek.ts';

it('the leaves of a large state are read again at the next start', () => {
  const leaves = Array.from({ length: 60_000 }, (_, i) => ({
    key: `package/${String(i).padStart(18, '0')}` as Key,
    version: 1 as Version,
    digest: i.toString(16).padStart(64, '0') as Digest,
  }));
  const mark = {
    state: 'begun' as const,
    epoch: 'ab'.repeat(32) as EpochDigest,
    by: 'cd'.repeat(32) as Digest,
  };
  const records = beginRecords(mark, leaves, leaves.slice(0, 3), [], new Set());
  const stored = readEpochs(new Map(records.flatMap(({ name, bytes }) => (bytes ? [[name, bytes]] : []))));
  if (!stored.ok) throw new Error(stored.error.message);
  expect(stored.value.leaves).toEqual(leaves);
  expect(stored.value.carried).toEqual(leaves.slice(0, 3));
});

const seeker = (change: {
  links?: number;
  suspected?: number;
  elsewhere?: boolean;
  closed?: number;
  waits?: number;
  n?: number;
}): Seeker => {
  const { links = 3, suspected = 0, elsewhere = false, closed = null, waits = null, n = 4 } = change;
  return {
    stopped: false,
    core: { suspected: new Set(Array.from({ length: suspected }, (_, i) => i)) } as unknown as Seeker['core'],
    links: { size: links },
    epochs: { isElsewhere: elsewhere, closedFor: () => closed },
    decisions: { waitsFor: () => waits },
    resume: { waitsFor: () => null },
    options: { epoch: { n, quorum: n - Math.floor((n - 1) / 3) } },
  };
};

it.each([
  ['nobody is linked', true, { links: 0 }],
  ['all are here', false, {}],
  [
    'the network is known to be elsewhere, and another that slept is linked',
    true,
    { elsewhere: true, links: 1 },
  ],
  ['those who are here are too few to decide anything', true, { links: 1, suspected: 2 }],
  ['a large network, in which nobody sees everybody', false, { links: 7, suspected: 60, n: 100 }],
  ['the epoch was closed just now', false, { closed: 1000 }],
  ['the epoch was closed long ago, and its end was never heard', true, { closed: 60_000, n: 100 }],
  ['a proposal waits in vain', true, { waits: 60_000, n: 100 }],
])('asks where the network is if %s: %s', (_what, lost, change) => {
  expect(isLost(seeker(change))).toBe(lost);
});
