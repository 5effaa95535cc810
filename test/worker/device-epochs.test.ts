/** Devices of a member whose place has moved, whose key was replaced, or who has left: over real databases; nobody is linked. */
import { describe, expect, it } from 'vitest';
import { asMemberIndex, toHex, type NetworkId, type VoteKey } from '../../src/codec/brand.ts';
import { formatDeviceGrant, parseDeviceRequest } from '../../src/codec/device-text.ts';
import type { DeviceKey } from '../../src/codec/device.ts';
import { decodeBundle, type Bundle } from '../../src/codec/door.ts';
import type { Approval } from '../../src/codec/epochs.ts';
import { parseInvitation } from '../../src/codec/invitation.ts';
import { ok, type Result } from '../../src/codec/result.ts';
import { certifyDevice } from '../../src/crypto/device.ts';
import type { Signer } from '../../src/crypto/types.ts';
import { openIdentity } from '../../src/store/idb-store.ts';
import type { DoorError } from '../../src/worker/api.ts';
import { createDoors } from '../../src/worker/doors.ts';
import { signerOf } from '../../src/worker/identity-keys.ts';
import { sharedTools } from '../../src/worker/tools.ts';
import { Changes } from '../../src/worker/epochs/changes.ts';
import {
  openReplica,
  type Application,
  type OpenOptions,
  type OpenReplica,
} from '../../src/worker/open-replica.ts';
import { rulesError, rulesVersionOf } from '../../src/worker/kv/doors.ts';
import { createChainKit, toldSecret, type ChainKit } from './chain-kit.ts';
import { until } from './cluster.ts';
import { withoutNetwork } from './no-network.ts';
import { must } from './workplace.ts';

const opened = withoutNetwork<OpenReplica<Application>>();

const nothing: Application = {
  validate: () => Promise.resolve({ verdict: 'valid' }),
  decided: () => undefined,
  refused: () => undefined,
  standing: () => undefined,
  started: () => Promise.resolve(),
};

/** `reopened`: how often it asked to be opened again. */
async function open(profile: string): Promise<OpenReplica<Application> & { reopened: () => number }> {
  return must(await tryOpen(profile));
}

async function tryOpen(
  profile: string,
  refuses?: OpenOptions['refuses'],
): Promise<Result<OpenReplica<Application> & { reopened: () => number }, DoorError>> {
  for (const one of opened.splice(0)) await one.close('Opened again.');
  const db = must(await openIdentity(profile));
  let asked = 0;
  const one = await openReplica(
    {
      db,
      record: must(await db.read()),
      pagePort: { postMessage: () => undefined, onmessage: null },
      homeSignaling: 'ws://127.0.0.1:9/signal',
      rulesVersion: 1,
      ...(refuses && { refuses }),
      reopen: () => void asked++,
      deviation: null,
      changed: () => undefined,
      trace: () => undefined,
    },
    () => nothing,
  );
  if (!one.ok) {
    db.close();
    return one;
  }
  opened.push(one.value);
  return ok({ ...one.value, reopened: () => asked });
}

const doorsOf = (bundle: () => Bundle) => createDoors(() => Promise.resolve(bundle()));
const networkOf = (kit: ChainKit): NetworkId => must(parseInvitation(kit.invitation())).network;

/** A device of a member of the genesis, certified when the member had this place. */
async function deviceOf(kit: ChainKit, signer: number, place = signer) {
  const doors = doorsOf(() => kit.bundle());
  const made = must(await doors.createDeviceKey({ name: 'Dock 2' }));
  const { device, name } = must(parseDeviceRequest(made.request));
  const certify = (of: Pick<(typeof kit.signers)[number], 'signEd25519'> = kit.signers[signer]!) =>
    certifyDevice(of, { network: networkOf(kit), member: asMemberIndex(place), device, name, notBefore: 1 });
  const join = async (genesisFile?: Uint8Array, invitation = kit.invitation()) =>
    doors.joinAsDevice({
      text: formatDeviceGrant(await certify(), invitation),
      ...(genesisFile && { genesisFile }),
    });
  return { profile: made.profile, device, certify, join };
}

/** The fourth member has lost its keys, and is let in again with new ones. */
async function replaceFourth(kit: ChainKit): Promise<Signer> {
  let drafts: Bundle['drafts'] = [];
  const heard: Approval[][] = [];
  const doors = createDoors((_, __, knock) => {
    heard.push([...knock.joins]);
    return Promise.resolve(kit.bundle({ drafts }));
  });
  const { id, name, organisation, role, gln } = kit.chain.at(-1)!.members[3]!;
  const invitation = kit.invitation();
  const { profile } = must(
    await doors.askToJoin({ invitation, id, name, organisation, role, gln, replaces: id }),
  );
  const db = must(await openIdentity(profile));
  const record = must(await db.read());
  const entry = record.entry!;
  db.close();
  const change = kit.draft(kit.chain.at(-1)!.members.with(3, entry), 'new keys');
  drafts = [{ change, approvals: 3 }];
  must(await doors.knock({ invitation, profile }));
  await kit.seal(change, heard.at(-1)!);
  return must(await signerOf(record, (await sharedTools()).bls));
}

describe('a device', () => {
  it('goes where its member goes when another member leaves and the places move', async () => {
    const kit = await createChainKit(5);
    const { profile, join } = await deviceOf(kit, 2);
    must(await join());
    const before = await open(profile);
    expect(before.state()).toMatchObject({ self: 2, n: 5, selfDevice: { member: 2, outdated: null } });
    const { id } = before.parts.member;

    await kit.seal(kit.draft(kit.members.filter((_, i) => i !== 1)));
    // It slept: what a member's door tells it.
    await before.parts.replica.epochs!.talk.takeBundle(kit.bundle({ secret: toldSecret(kit) }));
    await until('it asks to be opened again', () => before.reopened() > 0);
    const after = await open(profile);
    expect(after.parts.member.id).toBe(id);
    expect(after.state()).toMatchObject({
      self: 1,
      n: 4,
      epoch: { number: 1 },
      selfDevice: { member: 1, outdated: null, revoked: false },
    });
    // What it shows to whoever it invites leads to the epoch in force.
    const invitation = must(parseInvitation(after.invitation()));
    expect(invitation).toMatchObject({ joinSecret: kit.secret, epoch: { number: 1 } });
    expect(invitation.epoch!.digest).toBe(kit.chain[1]!.digest);
  });

  it('that was certified after others had left joins, whatever stands at its place in the genesis', async () => {
    const kit = await createChainKit(5);
    await kit.seal(kit.draft(kit.members.filter((_, i) => i !== 1)));
    const { profile, join } = await deviceOf(kit, 4, 3);
    must(await join());
    const one = await open(profile);
    expect(one.state()).toMatchObject({ self: 3, n: 4, epoch: { number: 1 } });
    expect(one.parts.member.id).toBe(kit.members[4]!.id);
  });

  it('of a member with a new key says so, and goes on once it was certified again', async () => {
    const kit = await createChainKit(4);
    const { profile, join, certify } = await deviceOf(kit, 3);
    must(await join());
    const renewed = await replaceFourth(kit);
    const one = await open(profile);
    await one.parts.replica.epochs!.talk.takeBundle(kit.bundle({ secret: toldSecret(kit) }));
    const { organisation } = kit.members[3]!;
    await until('the chain is known', () => one.state().epoch.newest === 1);
    expect(one.state().selfDevice!.outdated).toContain(`${organisation} has a new key since epoch 1`);
    // Nobody who has its old text gets in with it.
    expect(await join()).toMatchObject({ ok: false, error: { type: 'device-certificate-wrong' } });

    const doors = doorsOf(() => kit.bundle());
    const text = formatDeviceGrant(await certify(renewed), kit.invitation());
    must(await doors.joinAsDevice({ text }));
    const again = await open(profile);
    expect(again.state()).toMatchObject({ self: 3, epoch: { number: 1 }, selfDevice: { outdated: null } });
  });

  it('of a member that has left says so', async () => {
    const kit = await createChainKit(5);
    const { profile, join } = await deviceOf(kit, 1);
    must(await join());
    const one = await open(profile);
    await kit.seal(kit.draft(kit.members.filter((_, i) => i !== 1)));
    await one.parts.replica.epochs!.talk.takeBundle(kit.bundle());
    await until('the chain is known', () => one.state().epoch.newest === 1);
    expect(one.state().selfDevice!.outdated).toContain('is no member any more since epoch 1');
  });

  it('with a genesis file and an invitation of a later epoch keeps its secret for that epoch, and finds it', async () => {
    const kit = await createChainKit(5);
    const { profile, join } = await deviceOf(kit, 2);
    await kit.seal(kit.draft(kit.members.filter((_, i) => i !== 4)));
    must(await join(kit.bundle().genesis));
    const db = must(await openIdentity(profile));
    expect(must(await db.read()).binding).toMatchObject({
      joinSecret: kit.secret,
      chain: { links: [], secretEpoch: 1 },
    });
    db.close();
    const one = await open(profile);
    expect(one.state()).toMatchObject({ n: 5, epoch: { number: 0 } });
    // No member tells a secret to a key that the directory does not list: the one it was bound with is enough.
    await one.parts.replica.epochs!.talk.takeBundle(kit.bundle());
    await until('it asks to be opened again', () => one.reopened() > 0);
    expect((await open(profile)).state()).toMatchObject({ n: 4, self: 2, epoch: { number: 1 } });
  });
});

describe('an application', () => {
  it('is asked about the rules that are in force, not about those of the genesis', async () => {
    const kit = await createChainKit(4);
    const moved = rulesVersionOf(2);
    await kit.seal({ ...kit.draft(kit.members, 'rules'), rulesVersion: moved });
    const { profile, join } = await deviceOf(kit, 2);
    must(await join());
    const old = await tryOpen(profile, (inForce) => rulesError(inForce, 1));
    expect(old).toMatchObject({ ok: false, error: { type: 'rules-differ' } });
    expect(!old.ok && old.error.message).toContain('follows version 2 of the access-control callback');
    const now = must(await tryOpen(profile, (inForce) => rulesError(inForce, 2)));
    expect(now.state()).toMatchObject({ network: { rulesVersion: moved }, epoch: { number: 1 } });
  });
});

describe('the door', () => {
  it('tells the secret to a device of a member of the newest epoch, and to no other key that is in no list', async () => {
    const kit = await createChainKit(5);
    await kit.seal(kit.draft(kit.members.filter((_, i) => i !== 1)));
    const key = (digit: string) => digit.repeat(64) as VoteKey;
    const owners = new Map<string, string>([
      [key('1'), kit.members[2]!.id],
      [key('2'), kit.members[1]!.id],
    ]);
    const { door } = new Changes({
      epochs: {
        newest: kit.chain[1],
        links: kit.links,
        machine: { drafts: new Map() },
        talk: { secretOf: () => kit.secret },
      },
      genesis: kit.bundle().genesis,
      deviceOf: (device: DeviceKey) => owners.get(device) ?? null,
    } as never);
    const told = (of: VoteKey): string | null => {
      const { secret } = must(decodeBundle(door.answer(of)));
      return secret && toHex(secret.secret);
    };
    expect(told(kit.members[3]!.voteKey)).toBe(kit.secret);
    expect(told(key('1'))).toBe(kit.secret);
    // Its member has left; or nobody has entered it, or it was revoked.
    expect(told(key('2'))).toBeNull();
    expect(told(key('3'))).toBeNull();
    expect(told(kit.members[1]!.voteKey)).toBeNull();
  });
});
