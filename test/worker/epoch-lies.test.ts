/** What one member may say about a change of members without anything coming of it but the loss of its own link. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Digest, EpochDigest, Key, MemberIndex, Version } from '../../src/codec/brand.ts';
import { encodeChange, type Approval, type Change } from '../../src/codec/epochs.ts';
import type { MemberEntry } from '../../src/codec/genesis.ts';
import { stateRoot } from '../../src/crdt/state-root.ts';
import { approvalBytes, changeDigest, joinSecretDigest } from '../../src/crypto/domains.ts';
import { countersign } from '../../src/crypto/epochs.ts';
import { createHash } from '../../src/crypto/hash.ts';
import { randomHex } from '../../src/crypto/keys.ts';
import type { CloseReason } from '../../src/net/types.ts';
import { read } from './epoch-kit.ts';
import { EpochWorld } from './epoch-world.ts';
import { until } from './cluster.ts';

const FOUR = ['Alfa', 'Bravo', 'Cargo', 'Delta'];
const hash = await createHash();
let world: EpochWorld;
afterEach(() => world.stop());

async function start(): Promise<void> {
  world = await EpochWorld.create(FOUR);
  await world.openAll(FOUR);
}

const change = (members: readonly MemberEntry[], reason: string, epoch = 1): Change => ({
  format: 'countersign-change-1',
  epoch,
  members,
  rulesVersion: 1,
  joinSecret: joinSecretDigest(hash, randomHex(32)),
  reason,
});

/** Why Bravo has closed the link of Cargo since. */
const closings = (): CloseReason[] =>
  world
    .person('Bravo')
    .transport!.closings.filter(({ member }) => member === 2)
    .map(({ reason }) => reason);
const drafts = (): string[] => [...world.person('Bravo').replica!.epochs!.machine.drafts.keys()];
const approvalsOf = (name: string, digest: string): number[] =>
  [
    ...(world
      .person(name)
      .replica!.epochs!.machine.drafts.get(digest as never)
      ?.approvals.keys() ?? []),
  ].sort();

async function approval(by: string, author: number, digest: string, epoch: EpochDigest): Promise<Approval> {
  const { signer } = world.person(by);
  const message = approvalBytes('approve', world.network, epoch, digest as never);
  const signed = await countersign(signer, message);
  return { kind: 'approve', epoch, change: digest as never, author: author as MemberIndex, ...signed };
}

describe('approvals', () => {
  it('that are forged cost the link, stale ones and the same again nothing, and none of them counts', async () => {
    await start();
    const digest = world.propose('Alfa', world.genesis.members);
    await until('Bravo has it', () => approvalsOf('Bravo', digest).length === 1);
    const { epoch } = world.person('Bravo').replica!.epochs!;
    const own = await approval('Cargo', 2, digest, epoch.digest);
    const tell = (approvals: readonly Approval[], of: EpochDigest = epoch.digest): void =>
      void world.inject('Bravo', 'Cargo', { type: 'approvals', epoch: of, approvals });
    // Cargo's own, and ten times again.
    tell([own]);
    await until('it counts', () => approvalsOf('Bravo', digest).length === 2);
    tell(Array.from({ length: 10 }, () => own));
    // Of another epoch; for a change that nobody has heard of.
    const other = 'ab'.repeat(32) as EpochDigest;
    tell([await approval('Cargo', 2, digest, other)], other);
    tell([await approval('Cargo', 2, 'cd'.repeat(32), epoch.digest)]);
    // A forged one last: those before it have been looked at when its link goes.
    tell([await approval('Cargo', 3, digest, epoch.digest)]);
    await until('the link is gone', () => closings().length > 0);
    expect(closings()).toEqual(['bad-signature']);
    expect(approvalsOf('Bravo', digest)).toEqual([0, 2]);
    expect(drafts()).toEqual([digest]);
    expect(world.person('Bravo').transport!.peers.size).toBe(2);
  });

  it('of members that stay wait for the join secret: one that keeps it to itself leads nobody away', async () => {
    await start();
    for (const hub of world.hubs.values())
      hub.filter = (_from, to, bytes) => to === 0 || read(bytes).type !== 'join-secret';
    const digest = world.propose('Alfa', world.genesis.members);
    await until('all have it', () => FOUR.every((name) => world.hasDraft(name, digest)));
    for (const name of ['Bravo', 'Cargo', 'Delta']) world.approve(name, digest);
    // A second one, proposed by Bravo, passes Alfa, which has its secret: by then the first has been through as well.
    const second = world.propose('Bravo', world.genesis.members);
    await until('Alfa has the second', () => approvalsOf('Alfa', second).includes(1));
    expect(approvalsOf('Alfa', digest)).toEqual([0]);
    expect(world.begun('Alfa')).toBe(0);
    for (const hub of world.hubs.values()) hub.filter = () => true;
    // Its neighbours are told the secret with every new link, and sign what was approved.
    await world.reopen('Alfa');
    await until('all are in epoch 1', () => FOUR.every((name) => world.meets(name) === 1));
  });
});

describe('drafts', () => {
  it.each([
    [
      'with an organisation twice',
      'malformed-message',
      (m: readonly MemberEntry[]) => [
        ...m.slice(0, 3),
        { ...m[3]!, organisation: m[0]!.organisation, logId: 'ab'.repeat(16) as never },
      ],
    ],
    ['of fewer than four', 'malformed-message', (m: readonly MemberEntry[]) => m.slice(0, 3)],
    [
      'with a key that nobody has proved to hold',
      'bad-signature',
      (m: readonly MemberEntry[], echo: MemberEntry) => [
        ...m,
        { ...echo, proofOfPossession: m[0]!.proofOfPossession },
      ],
    ],
  ] as const)('%s are not kept, and cost who told them the link', async (_what, reason, members) => {
    await start();
    const echo = await world.newcomer('Echo');
    const bytes = encodeChange(change(members(world.genesis.members, echo.entry), 'a lie'));
    world.inject('Bravo', 'Cargo', { type: 'drafts', changes: [bytes] });
    await until('the link is gone', () => closings().length > 0);
    expect(closings()).toEqual([reason]);
    expect(drafts()).toEqual([]);
    expect(world.person('Bravo').transport!.peers.size).toBe(2);
  });

  it('of another epoch are nobody’s fault', async () => {
    await start();
    const bytes = encodeChange(change(world.genesis.members, 'too early', 7));
    world.inject('Bravo', 'Cargo', { type: 'drafts', changes: [bytes] });
    const right = encodeChange(change(world.genesis.members, 'right'));
    world.inject('Bravo', 'Cargo', { type: 'drafts', changes: [right] });
    expect(drafts()).toHaveLength(1);
    expect(closings()).toEqual([]);
  });

  it('without end push out none that more than f have approved, and fill no disk', async () => {
    await start();
    const digest = world.propose('Alfa', world.genesis.members);
    await until('all have it', () => FOUR.every((name) => world.hasDraft(name, digest)));
    world.approve('Cargo', digest);
    await until('two have approved', () => approvalsOf('Bravo', digest).length === 2);
    let told = '';
    for (const from of ['Cargo', 'Delta'])
      for (let i = 0; i < 30; i++) {
        const one = change(world.genesis.members, `${from} ${i}`);
        told = changeDigest(hash, one);
        world.inject('Bravo', from, { type: 'drafts', changes: [encodeChange(one)] });
      }
    expect(drafts()).toHaveLength(16);
    expect(drafts()).toContain(digest);
    expect(drafts()).not.toContain(told);
    await world.person('Bravo').replica!.outbox.durable();
    const names = [...world.person('Bravo').disk.snapshot().data.meta.keys()];
    expect(names.filter((name) => name.startsWith('epochs/draft/')).sort()).toEqual(
      drafts()
        .map((one) => `epochs/draft/${one}`)
        .sort(),
    );
  });
});

describe('leaves of R', () => {
  it('are asked for once, however many certificates wait for them; out of order they cost the link', async () => {
    await start();
    const leaves = ['b', 'a'].map((name) => ({
      key: `x/${name}` as Key,
      version: 1 as Version,
      digest: 'ab'.repeat(32) as Digest,
    }));
    const root = stateRoot(hash, leaves);
    const asked: MemberIndex[] = [];
    for (const hub of world.hubs.values())
      hub.filter = (from, to, bytes) => {
        if (from === 1 && read(bytes).type === 'want-leaves') asked.push(to);
        return true;
      };
    const { talk } = world.person('Bravo').replica!.epochs!;
    for (let i = 0; i < 10; i++) talk.searchLeaves(root);
    expect(asked).toHaveLength(1);
    // The root is right: it does not depend on the order. Who asks here by the page would be told wrong pages.
    world.inject('Bravo', FOUR[asked[0]!]!, { type: 'leaves', root, leaves, complete: true });
    expect(world.person('Bravo').transport!.closings).toEqual([
      { member: asked[0], reason: 'bad-signature' },
    ]);
  });
});

describe('two changes at once', () => {
  it('end in one epoch, and nothing of the other stays', async () => {
    await start();
    const [one, two] = [
      world.propose('Alfa', world.genesis.members),
      world.propose('Bravo', world.genesis.members),
    ];
    await until('all have both', () =>
      FOUR.every((name) => world.hasDraft(name, one) && world.hasDraft(name, two)),
    );
    for (const name of FOUR) for (const digest of [one, two]) world.approve(name, digest);
    await until('all are in epoch 1', () => FOUR.every((name) => world.meets(name) === 1));
    const winners = FOUR.map((name) => world.person(name).replica!.epochs!.newest.began!.change);
    expect(new Set(winners).size).toBe(1);
    for (const name of FOUR) {
      expect(world.person(name).replica!.epochs!.machine.drafts.size).toBe(0);
      const names = [...world.person(name).disk.snapshot().data.meta.keys()];
      expect(names.filter((of) => /^epochs\/(draft|approval|report)/.test(of))).toEqual([]);
      expect(names.filter((of) => of.startsWith('epochs/secret/'))).toHaveLength(1);
    }
    await world.isSound(FOUR, 'a/1');
  });
});
