/**
 * Whole replicas on the real mesh, in virtual time. n = 43, f = 14: fourteen Byzantine neighbours have taken every place that an honest replica
 * has, and pass nothing on. It gets out by itself, and what it proposes is decided by everybody.
 */
import { describe, expect, it } from 'vitest';
import {
  asKey,
  asVersion,
  toHex,
  type InstanceId,
  type LogId,
  type MemberIndex,
  type NetworkId,
} from '../../src/codec/brand.ts';
import { firstEpoch, quorum } from '../../src/consensus/membership.ts';
import type { EpochKeys } from '../../src/crypto/certificates.ts';
import { createHash } from '../../src/crypto/hash.ts';
import { MAX_LINKS, MIN_LINKS } from '../../src/net/limits.ts';
import { createMesh, type Mesh } from '../../src/net/mesh/mesh.ts';
import type { CloseReason, Transport } from '../../src/net/types.ts';
import { MemoryDisk } from '../../src/store/memory-store.ts';
import type { Standing } from '../../src/worker/api.ts';
import { Replica } from '../../src/worker/replica/replica.ts';
import { createHub, createNet, createRandom, createTestClock, fakeSecret, URL_ONE } from '../net/harness.ts';
import { FREE } from '../sim/world/costs.ts';
import { simulatedCrypto } from '../sim/world/crypto.ts';

const N = 43;
const F = 14;
const VICTIM = N - 1;
const KEY = asKey('package/040123450000001112');
const NETWORK = 'ab'.repeat(32) as NetworkId;

/** A proposal that waits 15 s is a stalled one; then links go, and what they brought goes round. */
const GETS_OUT_WITHIN_MS = 30_000;

const hash = await createHash();

interface Node {
  readonly index: number;
  readonly mesh: Mesh;
  readonly replica: Replica;
  readonly unlinks: { readonly member: MemberIndex; readonly reason: CloseReason }[];
  standing: Standing['kind'];
}

/** `defended`: replicas tell the mesh who was of use and how long they wait. */
function createWorld(defended: boolean) {
  const clock = createTestClock();
  const hub = createHub();
  const net = createNet();
  const crypto = simulatedCrypto(hash, N, FREE);
  const epoch: EpochKeys = {
    network: NETWORK,
    epoch: firstEpoch(NETWORK),
    n: N,
    quorum: quorum(N),
    voteKeys: crypto.voteKeys,
    certificateKeys: crypto.certificateKeys,
  };
  let starts = 0;

  /** `unheard`: members that it does not link to at first. `mute`: it answers pings, and its replica says nothing at all. */
  async function start(
    index: number,
    change: { unheard?: readonly number[]; mute?: boolean; resumed?: boolean } = {},
  ): Promise<Node> {
    starts += 1;
    const random = createRandom(starts * 7919 + index);
    const instance = toHex(random(16)) as InstanceId;
    const logId = (index + 1).toString(16).padStart(32, '0') as LogId;
    const tools = crypto.tools(index, null);
    const voteKey = crypto.voteKeys[index]!;
    const mesh = createMesh({
      network: NETWORK,
      self: { member: index as MemberIndex, voteKey, logId, instance },
      members: crypto.voteKeys.map((key) => ({ voteKey: key })),
      signer: tools.signer,
      ed25519: tools.ed25519,
      signalingSecret: fakeSecret('join secret'),
      signalingUrls: [URL_ONE],
      iceServers: [],
      pagePort: net.createPage(),
      clock,
      random,
      createSocket: (url) => hub.createSocket(url),
    });
    const unlinks: Node['unlinks'] = [];
    const transport: Transport = {
      start: (handlers) =>
        mesh.start({
          ...handlers,
          onUnlink(link, reason) {
            unlinks.push({ member: link.member, reason });
            handlers.onUnlink(link, reason);
          },
        }),
      send: (link, bytes, priority) => (change.mute ? true : mesh.send(link, bytes, priority)),
      close: (link, reason) => mesh.close(link, reason),
      // Whom it refuses is this test's affair.
      refuse: () => undefined,
      setOffline: (offline) => mesh.setOffline(offline),
      stop: () => mesh.stop(),
      ...(defended && { useful: mesh.useful?.bind(mesh), waiting: mesh.waiting?.bind(mesh) }),
    };
    const node = { index, mesh, unlinks, standing: 'observer' } as unknown as {
      -readonly [K in keyof Node]: Node[K];
    };
    mesh.refuse(new Set((change.unheard ?? []) as MemberIndex[]));
    node.replica = new Replica({
      ...tools,
      hash,
      epoch,
      self: index as MemberIndex,
      instance,
      store: new MemoryDisk({ network: NETWORK, logId }).openReplica(),
      transport,
      clock: { ...clock, wall: clock.now },
      random: (bytes) => Uint8Array.from(random(bytes)),
      validate: async () => ({ verdict: 'valid' }),
      listener: {
        decided: () => undefined,
        refused: () => undefined,
        changed: () => undefined,
        trace: () => undefined,
        standing: ({ kind }) => (node.standing = kind),
        transport: () => undefined,
      },
    });
    await node.replica.start();
    if (change.resumed !== false) node.replica.mayVote();
    return node;
  }

  return { clock, start };
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

/** Everybody runs; the victim's neighbours are the liars, who have no other. */
async function surrounded(options: { defended: boolean; mute: boolean; resumed?: boolean }) {
  const world = createWorld(options.defended);
  const { clock, start } = world;
  const honest: Node[] = [];
  for (const i of range(F, VICTIM)) honest.push(await start(i, { unheard: [VICTIM] }));
  const links = (node: Node): number => node.replica.links.size;
  await clock.until(() => honest.every((node) => links(node) >= MIN_LINKS), 'the honest are linked', 240_000);
  const liars: Node[] = [];
  for (const i of range(0, F)) liars.push(await start(i, { unheard: range(0, VICTIM), mute: options.mute }));
  const victim = await start(VICTIM, { resumed: options.resumed !== false });
  await clock.until(() => links(victim) === MAX_LINKS, 'the liars are around the victim');
  for (const node of honest) node.mesh.refuse(new Set());
  const neighbours = (): number[] => [...victim.replica.links.values()].map(({ member }) => member);
  expect(
    neighbours().every((member) => member < F),
    'surrounded',
  ).toBe(true);
  return { ...world, honest, liars, victim, neighbours };
}

const decided = ({ replica }: Node): boolean => (replica.heads.get(KEY)?.version ?? 0) === 1;

async function propose({ replica }: Node): Promise<void> {
  const proposed = await replica.propose(KEY, asVersion(1), null, new TextEncoder().encode('a package'));
  expect(proposed.ok).toBe(true);
}

describe('an honest replica whose neighbours are all Byzantine', () => {
  for (const [what, mute] of [
    ['say nothing', true],
    ['vote, tell roots, answer, and pass nothing on', false],
  ] as const) {
    it(`has its proposal decided, when they ${what}`, { timeout: 120_000 }, async () => {
      const { clock, honest, victim, neighbours } = await surrounded({ defended: true, mute });
      await propose(victim);
      const everyone = [victim, ...honest];
      await clock.until(() => everyone.every(decided), 'decided by all the honest', GETS_OUT_WITHIN_MS);
      expect(new Set(everyone.map(({ replica }) => replica.heads.get(KEY)?.digest)).size).toBe(1);
      expect(neighbours().some((member) => member >= F)).toBe(true);
      expect(neighbours().length).toBeLessThanOrEqual(MAX_LINKS);
      expect(victim.unlinks.length).toBeGreaterThan(0);
      for (const { reason } of victim.unlinks) expect(reason).toBe('rotated');
      for (const { replica } of everyone) replica.stop('The test is over.');
    });
  }

  it('may vote again after a start, though they are all that it hears of', { timeout: 120_000 }, async () => {
    const { clock, honest, victim } = await surrounded({ defended: true, mute: true, resumed: false });
    expect(victim.standing).toBe('resuming');
    await clock.until(() => victim.standing === 'voter', 'a quorum has answered', GETS_OUT_WITHIN_MS);
    for (const { replica } of [victim, ...honest]) replica.stop('The test is over.');
  });

  it(
    'is not heard when its replica tells the mesh nothing: so the above is that, and not chance',
    {
      timeout: 120_000,
    },
    async () => {
      const { clock, honest, victim } = await surrounded({ defended: false, mute: true });
      await propose(victim);
      await clock.advance(GETS_OUT_WITHIN_MS);
      expect(honest.some(decided)).toBe(false);
      for (const { replica } of [victim, ...honest]) replica.stop('The test is over.');
    },
  );
});
