/** Going on beyond f with real keys: whose signatures a break needs, and what the ids of both networks keep apart. */
import { beforeAll, describe, expect, it } from 'vitest';
import { asDigest, type NetworkId } from '../../src/codec/brand.ts';
import type { BreakLink } from '../../src/codec/epochs.ts';
import { encodeContinuation, type Continuation } from '../../src/codec/genesis.ts';
import { genesisEpoch } from '../../src/consensus/epochs/chain.ts';
import { continuationOf } from '../../src/consensus/epochs/continuation.ts';
import { followChain, followLink } from '../../src/consensus/epochs/follow.ts';
import type { Epoch } from '../../src/consensus/epochs/types.ts';
import { createMclBls } from '../../src/crypto/bls-mcl.ts';
import { checkVote } from '../../src/crypto/certificates.ts';
import { continuationId, continueBytes } from '../../src/crypto/domains.ts';
import { createEd25519 } from '../../src/crypto/ed25519.ts';
import { createEpochSignatures, epochKeysOf } from '../../src/crypto/epochs.ts';
import { createHash } from '../../src/crypto/hash.ts';
import type { Bls, Ed25519, Hash, Signer } from '../../src/crypto/types.ts';
import { DRAFT_NONCE, makeNetwork, makeVote, type Network } from './fixture.ts';

let bls: Bls;
let hash: Hash;
let ed25519: Ed25519;
let network: Network;
let epoch: Epoch;

beforeAll(async () => {
  [bls, hash, ed25519] = await Promise.all([createMclBls(), createHash(), createEd25519()]);
  network = await makeNetwork(bls, 7);
  epoch = genesisEpoch(network.epoch.network, network.genesis);
});

const going = (from: Epoch, ...places: number[]): Continuation =>
  continuationOf(
    from,
    { name: 'The rest', root: asDigest('5'.repeat(64)), joinSecret: 'c'.repeat(64) },
    places.map((i) => network.genesis.members[i]!.id),
  )!;

const signerOf = (voteKey: string): Signer => network.signers.find((one) => one.voteKey === voteKey)!;

/** Signed by those whom it names, over what it says, unless told otherwise. */
async function linkOf(
  genesis: Continuation,
  over: Partial<{
    network: NetworkId;
    epoch: Epoch['digest'];
    id: NetworkId;
    signers: readonly Signer[];
  }> = {},
): Promise<BreakLink> {
  const { continues, members } = genesis;
  const bytes = continueBytes(
    over.network ?? continues.network,
    over.epoch ?? continues.digest,
    over.id ?? continuationId(genesis, hash),
  );
  const signers = over.signers ?? members.map(({ voteKey }) => signerOf(voteKey));
  const signatures = await Promise.all(signers.map((signer) => signer.signEd25519(bytes)));
  return { genesis: encodeContinuation(genesis), signatures };
}

const follow = (chain: readonly Epoch[], link: BreakLink) =>
  followLink(chain, link, hash, createEpochSignatures({ nonce: DRAFT_NONCE, bls, ed25519 }));

describe('a break that all survivors signed', () => {
  it('is followed, and so is the next one from there', async () => {
    const one = await linkOf(going(epoch, 0, 2, 3, 6));
    const signatures = createEpochSignatures({ nonce: DRAFT_NONCE, bls, ed25519 });
    const found = await followChain([epoch], [one], hash, signatures);
    if (!found.ok) throw new Error(found.error.message);
    const next = found.value.chain[1]!;
    expect(next).toMatchObject({ number: 1, network: continuationId(going(epoch, 0, 2, 3, 6), hash) });
    const two = await linkOf(going(next, 0, 6));
    const both = await followChain([epoch], [one, two], hash, signatures);
    if (!both.ok) throw new Error(both.error.message);
    expect(both.value.chain.map(({ number, members }) => [number, members.length])).toEqual([
      [0, 7],
      [1, 4],
      [2, 2],
    ]);
    expect(new Set(both.value.chain.map((each) => each.network)).size).toBe(3);
    // The second without the first leads nowhere.
    expect(await follow([epoch], two)).toMatchObject({ ok: false, error: { type: 'link-break-invalid' } });
  });

  it('gives the same network however a survivor signs: the signatures are not in its id', async () => {
    const genesis = going(epoch, 0, 1);
    const link = await linkOf(genesis);
    const found = await follow([epoch], link);
    expect(found).toMatchObject({ ok: true, value: { network: hash(link.genesis) } });
  });
});

describe('a break is refused', () => {
  const wrong = async (link: BreakLink, type: string): Promise<void> => {
    expect(await follow([epoch], link)).toMatchObject({ ok: false, error: { type } });
  };

  it('with a signature of a survivor that is forged, of another, lacking, or one too many', async () => {
    const genesis = going(epoch, 0, 1, 2);
    const link = await linkOf(genesis);
    const flip = (bytes: Uint8Array) => bytes.map((byte, i) => (i === 20 ? byte ^ 1 : byte));
    const [a, b, c] = link.signatures;
    for (const signatures of [
      [a!, flip(b!), c!],
      [a!, a!, c!],
      [b!, a!, c!],
      [a!, b!],
      [a!, b!, c!, c!],
      [],
      [a!, b!, c!.slice(0, 63)],
    ])
      await wrong({ ...link, signatures }, 'link-signature-wrong');
  });

  it('with signatures over another network, another epoch or another continuation', async () => {
    const genesis = going(epoch, 0, 1);
    const other = 'd'.repeat(64);
    await wrong(await linkOf(genesis, { network: other as NetworkId }), 'link-signature-wrong');
    await wrong(await linkOf(genesis, { epoch: other as Epoch['digest'] }), 'link-signature-wrong');
    await wrong(
      await linkOf(genesis, { id: continuationId(going(epoch, 0, 1, 2), hash) }),
      'link-signature-wrong',
    );
  });

  it('of a quorum, from elsewhere, or with a byte of its genesis changed', async () => {
    const { members } = network.genesis;
    await wrong(await linkOf({ ...going(epoch, 0), members: members.slice(0, 5) }), 'link-break-invalid');
    const genesis = going(epoch, 0, 1);
    const later = { ...genesis, continues: { ...genesis.continues, epoch: 1 } };
    await wrong(await linkOf(later), 'link-break-invalid');
    const link = await linkOf(genesis);
    await wrong({ ...link, genesis: link.genesis.slice(1) }, 'link-value-malformed');
    const renamed = encodeContinuation({ ...genesis, name: 'Others' });
    await wrong({ ...link, genesis: renamed }, 'link-signature-wrong');
    const short = { ...genesis, continues: { ...genesis.continues, root: 'ab' as never } };
    await wrong(await linkOf(short), 'link-value-malformed');
  });
});

describe('the two networks', () => {
  it('keep their votes apart: what a member signed in one is nothing in the other', async () => {
    const found = await follow([epoch], await linkOf(going(epoch, 0, 1)));
    if (!found.ok || found.value.type !== 'break') throw new Error('it should be followed');
    const { network: id, genesis } = found.value;
    const next = epochKeysOf({ network: id, digest: id as never, members: genesis.members });
    const old = epochKeysOf(epoch);
    const vote = await makeVote(network, 0, 'COMMIT');
    expect(await checkVote(vote, old, ed25519)).toBe(true);
    expect(await checkVote(vote, next, ed25519)).toBe(false);
    expect(await checkVote({ ...vote, epoch: next.epoch }, next, ed25519)).toBe(false);
    // Not even with the old network's id under the new epoch's name.
    expect(await checkVote({ ...vote, epoch: next.epoch }, { ...next, network: old.network }, ed25519)).toBe(
      false,
    );
  });
});
