/** What was certified before the members changed is shown with the members who signed it. */
import { afterEach, expect, it } from 'vitest';
import {
  asKey,
  asMemberIndex,
  asRound,
  asVersion,
  type Digest,
  type EpochDigest,
  type Key,
} from '../../src/codec/brand.ts';
import type { Evidence, Vote } from '../../src/codec/vote.ts';
import { sealSentence } from '../../src/ui/seal/seal-sentence.ts';
import { certificateView, pastEvidenceViews } from '../../src/worker/views.ts';
import { until } from './cluster.ts';
import { EpochWorld } from './epoch-world.ts';

const FIVE = ['Alfa', 'Bravo', 'Cargo', 'Delta', 'Echo'];
let world: EpochWorld;
afterEach(() => world.stop());

/** What votes look like; no signature is looked at here. */
function twoValues(epoch: EpochDigest): Evidence {
  const vote = (digit: string): Vote => ({
    epoch,
    key: asKey('a/9'),
    version: asVersion(1),
    round: asRound(0),
    type: 'COMMIT',
    digest: digit.repeat(64) as Digest,
    author: asMemberIndex(1),
    signature: new Uint8Array(64),
    share: new Uint8Array(48),
  });
  return { first: vote('a'), second: vote('b') };
}

/** Four of the five go on, in epoch 1. */
async function bravoIsOut(): Promise<string[]> {
  const stay = FIVE.filter((name) => name !== 'Bravo');
  await world.seal(
    stay,
    stay.map((name) => world.person(name).entry),
  );
  await until('all are in epoch 1', () => stay.every((name) => world.meets(name) === 1));
  return stay;
}

it('keeps its n, its quorum and the names of its signers after one of them has left', async () => {
  world = await EpochWorld.withRecord(FIVE, 'Alfa');
  const { outbox, options } = world.person('Delta').replica!;
  outbox.evidence({ member: asMemberIndex(1), evidence: twoValues(options.epoch.epoch) });
  outbox.flush();
  await outbox.durable();
  const stay = await bravoIsOut();
  await until('all vote', () => stay.every((name) => world.person(name).standing.kind === 'voter'));
  await world.put('Delta', 'a/2');
  await world.agree(stay, 'a/2', 1);

  const replica = world.person('Delta').replica!;
  const view = (key: string) => certificateView(replica, replica.heads.get(asKey(key as Key))!);
  const before = view('a/1');
  expect(before.epoch).toBe(0);
  expect(before.seal).toMatchObject({ n: 5, q: 4, past: { number: 0 } });
  expect(before.seal.marks).toHaveLength(5);
  expect(before.seal.past!.members.map(({ name }) => name)).toEqual(FIVE);
  expect(before.seal.past!.members[1]).toMatchObject({ id: 'bravo', initials: 'BL' });
  const now = view('a/2');
  expect(now).toMatchObject({ epoch: 1, seal: { n: 4, q: 3 } });
  expect(now.seal.past).toBeUndefined();

  // Places have moved: said with today's names, the signature of Bravo would be Cargo's.
  const said = sealSentence(before.seal, stay, 1);
  expect(said).toContain('Version 1. Epoch 0, five members');
  for (const place of before.signers) expect(said).toContain(FIVE[place]);
  const notHeard = FIVE.filter((_, i) => !before.signers.includes(i as never));
  if (notHeard.length > 0) expect(said).toContain(`Not heard: ${notHeard.join(', ')}`);

  // Why Bravo had to go stays provable: its place is another member's now, whom it convicts of nothing.
  expect(pastEvidenceViews(replica)).toMatchObject([{ epoch: { number: 0 }, member: 1 }]);
  expect(pastEvidenceViews(replica)[0]!.epoch.members[1]!.id).toBe('bravo');
  expect(replica.core.evidence.size).toBe(0);
});

it('a device that is linked goes along when the members change, and holds what they certify then', async () => {
  world = await EpochWorld.withRecord(FIVE, 'Alfa');
  await world.device('Dock 2', 'Delta');
  await world.open('Dock 2');
  await until('the device has the record', () => world.version('Dock 2', 'a/1') === 1);
  expect(world.person('Dock 2').opened!.place).toBe(3);

  const stay = await bravoIsOut();
  await until('the device as well', () => world.meets('Dock 2') === 1);
  expect(world.person('Dock 2').opened!.place).toBe(2);
  await until('all vote', () => stay.every((name) => world.person(name).standing.kind === 'voter'));
  await world.put('Delta', 'a/1');
  await world.agree([...stay, 'Dock 2'], 'a/1', 2);
});
