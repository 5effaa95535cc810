/** The helper itself: what it makes has to be what a replica follows, or the tests that stand on it prove nothing. */
import { expect, it } from 'vitest';
import { followChain } from '../../src/consensus/epochs/follow.ts';
import { createEpochSignatures } from '../../src/crypto/epochs.ts';
import { asMemberId } from '../../src/codec/brand.ts';
import { makeChain, PROFILES } from './make-chain.ts';

it('a made chain is followed from the genesis to the very epochs that it claims', async () => {
  const { genesis, bls, ed25519, epochs, links, hash } = await makeChain();
  const signatures = createEpochSignatures({ nonce: genesis.draftNonce, bls, ed25519 });
  const followed = await followChain(epochs.slice(0, 1), links, hash, signatures);
  if (!followed.ok) throw new Error(followed.error.message);
  expect(followed.value.chain).toEqual(epochs);
  expect(epochs.map(({ members }) => members.map(({ id }) => id).join(' '))).toEqual([
    'alfa bravo cargo delta',
    'alfa bravo cargo delta echo',
    'alfa bravo cargo echo',
    'alfa bravo cargo echo',
  ]);
  expect(epochs[3]!.members[1]!.voteKey).not.toBe(epochs[2]!.members[1]!.voteKey);
});

it('a break is followed like a change, and so is what changes after it', async () => {
  const made = await makeChain();
  const [alfa, , cargo] = made.people.at(-1)!;
  await made.breakOff([0, 2]);
  const foxtrot = await made.person({ ...PROFILES[1]!, id: asMemberId('foxtrot'), gln: '4012345000009' });
  await made.change([alfa!, cargo!, foxtrot]);
  const { genesis, bls, ed25519, epochs, links, hash } = made;
  const signatures = createEpochSignatures({ nonce: genesis.draftNonce, bls, ed25519 });
  const followed = await followChain(epochs.slice(0, 1), links, hash, signatures);
  if (!followed.ok) throw new Error(followed.error.message);
  expect(followed.value.chain).toEqual(epochs);
  expect(epochs.map(({ network }) => network === epochs[0]!.network)).toEqual([
    true,
    true,
    true,
    true,
    false,
    false,
  ]);
  expect(epochs[5]!.network).toBe(epochs[4]!.network);
});
