/** What doors say of a network that survivors went on from: to who asks for the old one, and to who asks for the new one. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NetworkId } from '../../src/codec/brand.ts';
import type { Bundle } from '../../src/codec/door.ts';
import { decodeBundle, encodeBundle } from '../../src/codec/door.ts';
import { encodeLink, isBreakLink, type EpochLink } from '../../src/codec/epochs.ts';
import { encodeGenesis } from '../../src/codec/genesis.ts';
import { MAX_MEMBERS } from '../../src/codec/limits.ts';
import { createHash } from '../../src/crypto/hash.ts';
import type { Hash } from '../../src/crypto/types.ts';
import { readGenesis } from '../../src/worker/door-tools.ts';
import { boundNetwork, chainBreaks, lastName } from '../../src/worker/epochs/chain.ts';
import { checkBundle, continuedWeight, openBundle, reachProblem } from '../../src/worker/knock.ts';
import { EpochWorld } from './epoch-world.ts';

let world: EpochWorld;
let hash: Hash;
let links: readonly EpochLink[];
let next: NetworkId;
const bundle = (part: Partial<Bundle> = {}): Bundle => ({
  genesis: encodeGenesis(world.genesis),
  links,
  secret: null,
  drafts: [],
  ...part,
});

beforeAll(async () => {
  hash = await createHash();
  world = await EpochWorld.withRecord(['Alfa', 'Bravo', 'Cargo', 'Delta'], 'Alfa');
  for (const name of ['Cargo', 'Delta']) world.close(name);
  next = (await world.goOn(['Alfa', 'Bravo'], 'The rest')) as string as NetworkId;
  ({ links } = world.person('Alfa').replica!.epochs!);
});
afterAll(() => world.stop());

describe('an answer with a break in its chain', () => {
  it('comes over the wire as it is, and leads to the network that goes on', async () => {
    const told = decodeBundle(encodeBundle(bundle()));
    if (!told.ok) throw new Error(told.error.message);
    const checked = await checkBundle(told.value, next);
    if (!checked.ok) throw new Error(checked.error.message);
    const { chain } = checked.value;
    expect(chain.map(({ network }) => network)).toEqual([world.network, next]);
    expect(reachProblem(chain, { name: 'X', epoch: { number: 1, digest: chain[1]!.digest } })).toBeNull();
    expect(chainBreaks(chain)).toMatchObject([
      {
        epoch: 1,
        name: 'The rest',
        network: next,
        from: world.network,
        survivors: ['Alfa Ltd', 'Bravo Ltd'],
        gone: ['Cargo Ltd', 'Delta Ltd'],
      },
    ]);
  });

  it('says by name who went on without whom to who asks for the old network', async () => {
    const said = await checkBundle(bundle(), world.network);
    expect(said).toMatchObject({ ok: false, error: { type: 'network-continued' } });
    const message = said.ok ? '' : said.error.message;
    for (const word of ['The rest', 'Alfa Ltd, Bravo Ltd', 'without Cargo Ltd, Delta Ltd'])
      expect(message).toContain(word);
  });

  it('counts for more when it lists who asks: a liar that goes on alone and answers first leads nobody astray', async () => {
    const { voteKey } = world.person('Bravo').entry;
    const other = world.person('Delta').entry.voteKey;
    const weigh = (key: string, network = world.network): Promise<number> =>
      continuedWeight(bundle(), network, key);
    expect(await weigh(other)).toBe(2);
    expect(await weigh(voteKey)).toBeGreaterThan(MAX_MEMBERS);
    expect(await weigh(voteKey, next)).toBe(0);
    expect(await continuedWeight(bundle({ links: [] }), world.network, voteKey)).toBe(0);
  });

  it('is refused when its break is forged, left out, or of another network', async () => {
    const [link] = links;
    if (!link || !isBreakLink(link)) throw new Error('a break was expected');
    const forged = { ...link, signatures: [link.signatures[1]!, link.signatures[1]!] };
    expect(await checkBundle(bundle({ links: [forged] }), next)).toMatchObject({
      error: { type: 'chain-invalid' },
    });
    for (const [answer, asked] of [
      [bundle({ links: [] }), next],
      [bundle(), 'f'.repeat(64) as NetworkId],
    ] as const)
      expect(await checkBundle(answer, asked)).toMatchObject({
        error: { type: 'genesis-wrong-for-invitation' },
      });
    expect((await openBundle(bundle())).ok).toBe(true);
  });

  it('is not replaced by the continuation as a file: that begins nothing', async () => {
    const [link] = links;
    const invitation = { network: next, joinSecret: 'a'.repeat(64), name: 'The rest', signaling: [] };
    const said = await readGenesis(isBreakLink(link!) ? link.genesis : new Uint8Array(), invitation);
    expect(said).toMatchObject({ ok: false, error: { type: 'genesis-malformed' } });
  });
});

describe('a binding', () => {
  it('knows the network and the name that its chain led to', () => {
    const bound = { network: world.network, chain: { links: links.map(encodeLink), secretEpoch: 1 } };
    expect(boundNetwork(bound, hash)).toBe(next);
    expect(boundNetwork({ network: world.network }, hash)).toBe(world.network);
    expect(lastName(world.genesis, links)).toBe('The rest');
    expect(lastName(world.genesis, [])).toBe('Test');
  });
});
