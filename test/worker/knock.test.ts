/** A knock over the real mesh, with fake pages and signaling; and what the answer is worth. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toHex, type InstanceId, type MemberIndex, type NetworkId } from '../../src/codec/brand.ts';
import { decodeKnock, encodeBundle, PLAIN_KNOCK, type Bundle, type Knock } from '../../src/codec/door.ts';
import { parseInvitation } from '../../src/codec/invitation.ts';
import { deriveSignaling } from '../../src/crypto/handshake.ts';
import { randomBytes } from '../../src/crypto/keys.ts';
import { createMesh, type Mesh } from '../../src/net/mesh/mesh.ts';
import { systemClock } from '../../src/worker/clock.ts';
import { checkBundle, knock } from '../../src/worker/knock.ts';
import { sharedTools } from '../../src/worker/tools.ts';
import {
  createHub,
  createMember,
  createNet,
  signerOf,
  URL_ONE,
  type FakeHub,
  type FakeNet,
} from '../net/harness.ts';
import { createChainKit, toldSecret, type ChainKit } from './chain-kit.ts';
import { must } from './workplace.ts';

const realSocket = globalThis.WebSocket;
let hub: FakeHub;
let net: FakeNet;
let meshes: Mesh[] = [];
beforeEach(() => {
  [hub, net] = [createHub(), createNet()];
  const own = hub;
  globalThis.WebSocket = function (url: string) {
    return own.createSocket(url);
  } as never;
});
afterEach(() => {
  for (const mesh of meshes) mesh.stop();
  meshes = [];
  globalThis.WebSocket = realSocket;
});

const networkOf = (kit: ChainKit): NetworkId => must(parseInvitation(kit.invitation())).network;

/** Two changes: the fifth member leaves; then nothing but the join secret is new. */
async function grown(): Promise<ChainKit> {
  const kit = await createChainKit(5);
  await kit.seal(kit.draft(kit.members.slice(0, 4)));
  await kit.seal(kit.draft(kit.members.slice(0, 4), 'nothing but a new secret'));
  return kit;
}

/** One start of a member, or of somebody else who knows its topics, with this answer. */
async function open(
  kit: ChainKit,
  place: number,
  answer: Bundle,
  knocks: Knock[] = [],
  stranger = false,
): Promise<void> {
  const { ed25519 } = await sharedTools();
  const other = createMember(70 + place);
  const [newest, ...former] = await Promise.all(
    [2, 1, 0].map((epoch) => deriveSignaling(must(parseInvitation(kit.invitation(epoch))).joinSecret)),
  );
  const { voteKey, logId } = stranger ? other : kit.members[place]!;
  const mesh = createMesh({
    network: networkOf(kit),
    self: { member: place as MemberIndex, voteKey, logId, instance: toHex(randomBytes(16)) as InstanceId },
    members: kit.chain.at(-1)!.members,
    signer: stranger ? signerOf(other) : kit.signers[place]!,
    ed25519,
    signalingSecret: newest!,
    formerSecrets: former,
    signalingUrls: [URL_ONE],
    iceServers: [],
    pagePort: net.createPage(),
    clock: systemClock,
    random: randomBytes,
    createSocket: (url) => hub.createSocket(url),
    door: {
      answer: () => encodeBundle(answer),
      knock: (_, bytes) => void knocks.push(must(decodeKnock(bytes))),
    },
  });
  meshes.push(mesh);
  const nothing = (): void => undefined;
  mesh.start({ onLink: nothing, onUnlink: nothing, onMessage: nothing, onStatus: nothing });
}

const asked = (kit: ChainKit, epoch: number) =>
  knock({
    invitation: must(parseInvitation(kit.invitation(epoch))),
    pagePort: net.createPage(),
    homeSignaling: URL_ONE,
    signer: kit.signers[4]!,
    knock: PLAIN_KNOCK,
  });

describe('a knock', () => {
  it.each([0, 1, 2])('with the invitation of epoch %d brings the chain to the newest', async (epoch) => {
    const kit = await grown();
    const knocks: Knock[] = [];
    const answer = kit.bundle({ secret: toldSecret(kit) });
    await open(kit, 0, answer, knocks);
    expect(await asked(kit, epoch)).toEqual(answer);
    expect(knocks).toEqual([PLAIN_KNOCK]);
  });

  it('is not answered by a forged chain, another network, rubbish, or who has no member’s key', async () => {
    const kit = await grown();
    const other = await createChainKit(3);
    const forged = { ...kit.links[1]!, change: kit.links[0]!.change };
    const right = kit.bundle({ secret: toldSecret(kit) });
    await open(kit, 1, kit.bundle({ links: [kit.links[0]!, forged] }));
    await open(kit, 2, { ...kit.bundle(), genesis: other.bundle().genesis });
    await open(kit, 3, { ...kit.bundle(), genesis: new Uint8Array(3) });
    await open(kit, 3, kit.bundle(), [], true);
    // Most of the time it comes when the others have been asked; whenever it does, its answer is the one that counts.
    setTimeout(() => void open(kit, 0, right), 1_500);
    expect(await asked(kit, 2)).toEqual(right);
  });

  it('does without a page by not asking', async () => {
    const kit = await createChainKit();
    const invitation = must(parseInvitation(kit.invitation()));
    const signer = kit.signers[0]!;
    const nobody = await knock({
      invitation,
      pagePort: null,
      homeSignaling: URL_ONE,
      signer,
      knock: PLAIN_KNOCK,
    });
    expect(nobody).toBeNull();
    expect(hub.sockets.size).toBe(0);
  });
});

describe('a chain that a member tells', () => {
  const errorOf = async (bundle: Bundle, network: NetworkId): Promise<string | null> => {
    const checked = await checkBundle(bundle, network);
    return checked.ok ? null : checked.error.type;
  };

  it('is checked from where it differs from the one that was checked before, and no less', async () => {
    const kit = await grown();
    const network = networkOf(kit);
    const [first, second] = kit.links;
    const whole = must(await checkBundle(kit.bundle(), network));
    expect(whole.chain).toEqual(kit.chain);
    expect(whole.links).toEqual(kit.links);
    // The same again, less of it, and forged at either place.
    expect(must(await checkBundle(kit.bundle(), network)).chain).toEqual(kit.chain);
    expect(must(await checkBundle(kit.bundle({ links: [first!] }), network)).chain).toEqual(
      kit.chain.slice(0, 2),
    );
    expect(must(await checkBundle(kit.bundle({ links: [] }), network)).chain).toEqual(kit.chain.slice(0, 1));
    const flip = (bytes: Uint8Array): Uint8Array =>
      bytes.map((byte, i) => (i === bytes.length - 9 ? byte ^ 1 : byte));
    for (const links of [
      [first!, { ...second!, opening: flip(second!.opening) }],
      [{ ...first!, change: flip(first!.change) }, second!],
      [second!],
      [second!, first!],
      [first!, second!, second!],
    ])
      expect(await errorOf(kit.bundle({ links }), network)).toBe('chain-invalid');
    expect(must(await checkBundle(kit.bundle(), network)).chain).toEqual(kit.chain);
  });

  it('begins with the genesis that the network id names', async () => {
    const [kit, other] = await Promise.all([createChainKit(4), createChainKit(5)]);
    expect(await errorOf(kit.bundle(), networkOf(other))).toBe('genesis-wrong-for-invitation');
    expect(await errorOf({ ...kit.bundle(), genesis: new Uint8Array(9) }, networkOf(kit))).toBe(
      'genesis-malformed',
    );
    expect(await errorOf(kit.bundle(), networkOf(kit))).toBeNull();
  });
});
