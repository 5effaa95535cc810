/** Asking a network that runs to be let in, and opening its invitations after its members have changed: over real databases and keys. */
import { IDBFactory } from 'fake-indexeddb';
import 'fake-indexeddb/auto';
import { beforeEach, describe, expect, it } from 'vitest';
import { asMemberIndex, type NetworkId } from '../../src/codec/brand.ts';
import { formatDeviceGrant, parseDeviceRequest } from '../../src/codec/device-text.ts';
import type { Bundle, Knock } from '../../src/codec/door.ts';
import { encodeLink } from '../../src/codec/epochs.ts';
import type { MemberEntry } from '../../src/codec/genesis.ts';
import { parseInvitation } from '../../src/codec/invitation.ts';
import { deviceBytes } from '../../src/crypto/device.ts';
import { checkApproval } from '../../src/crypto/epochs.ts';
import { checkMember } from '../../src/crypto/genesis.ts';
import { openIdentity } from '../../src/store/idb-store.ts';
import type { DoorsApi } from '../../src/worker/api.ts';
import { createDoors } from '../../src/worker/doors.ts';
import { sharedTools } from '../../src/worker/tools.ts';
import { createChainKit, toldSecret, type ChainKit } from './chain-kit.ts';
import { must } from './workplace.ts';

interface Heard {
  readonly profile: string | null;
  readonly knock: Knock;
}

/** A member at its door that tells what the test lets it tell. */
function atDoor(answer: (heard: Heard) => Bundle | null): { doors: DoorsApi; heard: Heard[] } {
  const heard: Heard[] = [];
  const doors = createDoors((_, profile, knock) => {
    heard.push({ profile, knock });
    return Promise.resolve(answer({ profile, knock }));
  });
  return { doors, heard };
}

const ECHO = {
  id: 'echo',
  name: 'Echo',
  organisation: 'Echo Foods',
  role: 'warehouse',
  gln: '4012345000009',
  replaces: null,
} as const;

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
});

const typeOf = (result: { ok: boolean; error?: { type: string } }): string | null =>
  result.ok ? null : result.error!.type;

async function recordOf(profile: string) {
  const db = must(await openIdentity(profile));
  const record = must(await db.read());
  db.close();
  return record;
}

const networkOf = (kit: ChainKit): NetworkId => must(parseInvitation(kit.invitation())).network;

/** A fifth member, from its question to its place. Ends before its profile is bound. */
async function letIn(kit: ChainKit): Promise<{ profile: string; entry: MemberEntry; joins: Knock['joins'] }> {
  const { doors, heard } = atDoor(({ profile }) =>
    kit.bundle(profile ? { drafts: [{ change, approvals: 3 }] } : {}),
  );
  let change = kit.draft(kit.members);
  const { profile } = must(await doors.askToJoin({ ...ECHO, invitation: kit.invitation() }));
  const entry = (await recordOf(profile)).entry!;
  change = kit.draft([...kit.members, entry], 'Echo wants to join');
  must(await doors.knock({ invitation: kit.invitation(), profile }));
  const { joins } = heard.at(-1)!.knock;
  await kit.seal(change, joins);
  return { profile, entry, joins };
}

describe('who asks to join a network that runs', () => {
  it('is told to members, agrees to the change that takes it in, and is bound in the epoch that lists it', async () => {
    const kit = await createChainKit();
    let drafts: Bundle['drafts'] = [];
    const { doors, heard } = atDoor(() => kit.bundle({ drafts }));
    const asked = must(await doors.askToJoin({ ...ECHO, name: ' Echo ', invitation: kit.invitation() }));
    expect(asked.fingerprint).toMatch(/^([0-9a-f]{4} ){3}[0-9a-f]{4}$/);
    expect(asked.profile.startsWith(asked.fingerprint.replaceAll(' ', ''))).toBe(true);
    expect(heard).toEqual([{ profile: null, knock: { entry: null, replaces: null, joins: [] } }]);
    expect(await doors.profiles()).toMatchObject([{ id: asked.profile, label: 'Echo Foods', network: null }]);

    const input = { invitation: kit.invitation(), profile: asked.profile };
    const waiting = must(await doors.knock(input));
    expect(waiting).toMatchObject({ state: 'asked', epoch: 0, network: { name: 'Test' } });
    expect(waiting.state === 'asked' && waiting.members.map((m) => m.id)).toEqual(
      kit.members.map((m) => m.id),
    );
    const entry = heard.at(-1)!.knock.entry!;
    expect(heard.at(-1)).toMatchObject({ profile: asked.profile, knock: { replaces: null, joins: [] } });
    expect(entry).toMatchObject({ id: 'echo', name: 'Echo', voteKey: asked.profile });
    // Its proof is of this network, as a change needs it, and not of a draft.
    const { bls, ed25519 } = await sharedTools();
    const nonce = '0f'.repeat(16);
    expect(checkMember(entry, networkOf(kit), nonce, bls).ok).toBe(true);
    expect(checkMember(entry, null, nonce, bls).ok).toBe(false);

    // Proposed: it agrees in the same call, once.
    const change = kit.draft([...kit.members, entry], 'Echo wants to join');
    drafts = [{ change, approvals: 2 }];
    const before = heard.length;
    expect(must(await doors.knock(input))).toMatchObject({
      state: 'drafted',
      approvals: 2,
      needed: 3,
      reason: 'Echo wants to join',
    });
    expect(heard.length - before).toBe(2);
    const [join, ...others] = heard.at(-1)!.knock.joins;
    expect(others).toEqual([]);
    const tools = { network: networkOf(kit), nonce, bls, ed25519 };
    expect(join).toMatchObject({ kind: 'join', author: 4, change: kit.digestOf(change) });
    expect(await checkApproval(join!, kit.chain[0]!, change.members, tools)).toBe(true);
    must(await doors.knock(input));
    expect(heard.length - before).toBe(3);
    expect(heard.at(-1)!.knock.joins).toEqual([join]);

    // Sealed and opened.
    await kit.seal(change, [join!]);
    drafts = [];
    const { doors: again, heard: later } = atDoor(() => kit.bundle({ secret: toldSecret(kit) }));
    const inside = must(await again.knock(input));
    expect(inside).toEqual({
      state: 'admitted',
      profile: asked.profile,
      network: networkOf(kit),
      name: 'Test',
    });
    const { binding } = await recordOf(asked.profile);
    expect(binding).toMatchObject({ network: networkOf(kit), joinSecret: kit.secret });
    expect(binding!.chain).toEqual({ links: kit.links.map(encodeLink), secretEpoch: 1 });
    expect(await again.profiles()).toMatchObject([{ network: { id: networkOf(kit), name: 'Test' } }]);
    // Asked again, it is in already, and nobody is bothered.
    expect(must(await again.knock(input)).state).toBe('admitted');
    expect(later).toHaveLength(1);
  });

  it('agrees to no change that has another entry under its key, is of another epoch, or could not be sealed', async () => {
    const kit = await createChainKit();
    let drafts: Bundle['drafts'] = [];
    const { doors, heard } = atDoor(() => kit.bundle({ drafts }));
    const { profile } = must(await doors.askToJoin({ ...ECHO, invitation: kit.invitation() }));
    const entry = (await recordOf(profile)).entry!;
    const good = [...kit.members, entry];
    for (const change of [
      kit.draft([...kit.members, { ...entry, role: 'supplier' }]),
      kit.draft([...kit.members, { ...entry, logId: 'ab'.repeat(16) as MemberEntry['logId'] }]),
      { ...kit.draft(good), epoch: 2 },
      { ...kit.draft(good), rulesVersion: 0 },
      kit.draft([...kit.members.slice(0, 2), entry]),
      kit.draft([...good, { ...kit.members[0]!, organisation: 'Another' }]),
      kit.draft(kit.members),
    ]) {
      drafts = [{ change, approvals: 4 }];
      expect(must(await doors.knock({ invitation: kit.invitation(), profile })).state).toBe('asked');
    }
    expect(heard.every(({ knock }) => knock.joins.length === 0)).toBe(true);
  });

  it('is told at once in words what members could never approve', async () => {
    const kit = await createChainKit();
    const { doors } = atDoor(() => kit.bundle());
    const [first, second] = kit.members;
    const ask = async (part: { id?: string; organisation?: string; replaces?: string }) =>
      typeOf(await doors.askToJoin({ ...ECHO, ...part, invitation: kit.invitation() }));
    expect(await ask({ id: first!.id })).toBe('id-taken');
    expect(await ask({ organisation: first!.organisation })).toBe('organisation-taken');
    expect(await ask({ replaces: 'nobody' })).toBe('member-unknown');
    expect(await ask({ replaces: first!.id })).toBe('not-its-place');
    expect(await ask({ id: first!.id, organisation: second!.organisation, replaces: first!.id })).toBe(
      'not-its-place',
    );
    expect(await ask({ id: 'Echo' })).toBe('member-key-malformed');
    expect(await doors.profiles()).toEqual([]);
    // The id of somebody who left stays theirs.
    const { entry } = await letIn(kit);
    await kit.seal(kit.draft(kit.members, 'Echo leaves'));
    expect(entry.id).toBe('echo');
    expect(await ask({})).toBe('id-taken');
    expect(await ask({ id: 'echo-2' })).toBeNull();
  });

  it('may take the place of a member that lost its keys, under its id, and says whose', async () => {
    const kit = await createChainKit();
    const { doors, heard } = atDoor(() => kit.bundle());
    const lost = kit.members[3]!;
    const place = { id: lost.id, organisation: lost.organisation, replaces: lost.id };
    const { profile } = must(await doors.askToJoin({ ...ECHO, ...place, invitation: kit.invitation() }));
    expect(must(await doors.knock({ invitation: kit.invitation(), profile })).state).toBe('asked');
    expect(heard.at(-1)!.knock).toMatchObject({
      replaces: lost.id,
      entry: { id: lost.id, voteKey: profile },
    });
    // Meanwhile that member was taken out: there is no place to take any more.
    await kit.seal(kit.draft([...kit.members.slice(0, 3), await anotherEntry(kit)]), lastJoins);
    expect(typeOf(await doors.knock({ invitation: kit.invitation(), profile }))).toBe('member-unknown');
  });

  it('hears when nobody answers, when the chain is forged, and when its key is of another network', async () => {
    const kit = await createChainKit();
    const silent = atDoor(() => null).doors;
    expect(typeOf(await silent.askToJoin({ ...ECHO, invitation: kit.invitation() }))).toBe(
      'no-member-answers',
    );
    expect(typeOf(await silent.askToJoin({ ...ECHO, invitation: 'x' }))).toBe('invitation-malformed');
    const { profile } = await letIn(kit);
    const input = { invitation: kit.invitation(), profile };
    expect(must(await silent.knock(input))).toEqual({ state: 'nobody' });
    expect(typeOf(await silent.knock({ ...input, profile: 'ab'.repeat(32) }))).toBe('profile-unknown');
    const [link] = kit.links;
    const forged = { ...link!, opening: link!.opening.map((byte, i) => (i === 50 ? byte ^ 1 : byte)) };
    for (const links of [[forged], [link!, link!]]) {
      const { doors } = atDoor(() => kit.bundle({ links, secret: toldSecret(kit) }));
      expect(typeOf(await doors.knock(input))).toBe('chain-invalid');
    }
    // A secret that is none of the epoch binds nothing.
    const wrong = atDoor(() => kit.bundle({ secret: { epoch: 1, secret: new Uint8Array(32) } })).doors;
    const old = kit.invitation(0);
    expect(must(await wrong.knock({ ...input, invitation: old })).state).toBe('asked');
    expect((await recordOf(profile)).binding).toBeNull();
    const right = atDoor(() => kit.bundle({ secret: toldSecret(kit) })).doors;
    expect(must(await right.knock({ ...input, invitation: old })).state).toBe('admitted');
    const other = kit.invitation().replace(networkOf(kit), 'cd'.repeat(32));
    expect(typeOf(await right.knock({ ...input, invitation: other }))).toBe('profile-bound-elsewhere');
  });

  it('is not let in twice with a key that was taken out', async () => {
    const kit = await createChainKit();
    const { profile } = await letIn(kit);
    await kit.seal(kit.draft(kit.members, 'Echo leaves'));
    const { doors } = atDoor(() => kit.bundle());
    const input = { invitation: kit.invitation(), profile };
    expect(typeOf(await doors.knock(input))).toBe('no-longer-member');
    expect(typeOf(await doors.join(input))).toBe('no-longer-member');
  });
});

describe('an invitation to a network whose members have changed', () => {
  it('binds a key that only a later epoch lists, with the chain and the secret of that epoch', async () => {
    const kit = await createChainKit();
    // An unbound key of another matter, older in the list: asked under it first, a member tells no secret.
    const before = createDoors(() => Promise.resolve(null));
    const draft = await before.newDraft('Other');
    const other = must(await before.createMemberKey({ ...ECHO, draft }));
    const { profile } = await letIn(kit);
    const { doors, heard } = atDoor(({ profile: asker }) =>
      kit.bundle({ secret: asker === profile ? toldSecret(kit) : null }),
    );
    const joined = must(await doors.join({ invitation: kit.invitation(0) }));
    expect(joined).toEqual({ profile, network: networkOf(kit), name: 'Test' });
    expect(heard.map((one) => one.profile)).toEqual([other.profile, profile]);
    expect((await recordOf(profile)).binding).toMatchObject({
      joinSecret: kit.secret,
      chain: { links: kit.links.map(encodeLink), secretEpoch: 1 },
    });
  });

  it('is enough when it is of the newest epoch, and says so when nobody tells the secret', async () => {
    const kit = await createChainKit();
    const { profile } = await letIn(kit);
    const { doors } = atDoor(() => kit.bundle());
    expect(typeOf(await doors.join({ invitation: kit.invitation(0), profile }))).toBe('no-member-answers');
    must(await doors.join({ invitation: kit.invitation(1), profile }));
    expect((await recordOf(profile)).binding).toMatchObject({
      joinSecret: kit.secret,
      chain: { secretEpoch: 1 },
    });
  });

  it('of a later epoch is not opened on a chain that ends before it, or that has another epoch in its place', async () => {
    const kit = await createChainKit();
    const { profile } = await letIn(kit);
    const invitation = kit.invitation();
    const behind = atDoor(() => kit.bundle({ links: [] })).doors;
    const early = await behind.join({ invitation, profile });
    expect(early).toMatchObject({ ok: false, error: { type: 'chain-invalid' } });
    expect(!early.ok && early.error.message).toContain('knows of none after epoch 0');

    const forged = invitation.slice(0, -64) + 'ab'.repeat(32);
    const { doors } = atDoor(() => kit.bundle({ secret: toldSecret(kit) }));
    const other = await doors.join({ invitation: forged, profile });
    expect(other).toMatchObject({ ok: false, error: { type: 'chain-invalid' } });
    expect(!other.ok && other.error.message).toContain('another epoch 1 of Test');
    expect(typeOf(await doors.askToJoin({ ...ECHO, id: 'golf', invitation: forged }))).toBe('chain-invalid');
    expect((await recordOf(profile)).binding).toBeNull();
    must(await doors.join({ invitation, profile }));
  });

  it('of a later epoch with a genesis file is not taken for one of epoch 0', async () => {
    const kit = await createChainKit(5);
    const { doors } = atDoor(() => null);
    const made = must(await doors.createDeviceKey({ name: 'Dock 2' }));
    await kit.seal(kit.draft(kit.members.filter((_, i) => i !== 4)));
    const { device, name } = must(parseDeviceRequest(made.request));
    const body = { network: networkOf(kit), member: asMemberIndex(0), device, name, notBefore: 1 };
    const signature = await kit.signers[0]!.signEd25519(deviceBytes(body));
    const text = formatDeviceGrant({ ...body, signature }, kit.invitation());
    must(await doors.joinAsDevice({ text, genesisFile: kit.bundle().genesis }));
    expect((await recordOf(made.profile)).binding).toMatchObject({
      joinSecret: kit.secret,
      chain: { links: [], secretEpoch: 1 },
    });
  });

  it('lets a genesis file stand for epoch 0, which does not list who came later', async () => {
    const kit = await createChainKit();
    const { profile } = await letIn(kit);
    const { doors, heard } = atDoor(() => kit.bundle());
    const genesisFile = kit.bundle().genesis;
    expect(typeOf(await doors.join({ invitation: kit.invitation(), genesisFile, profile }))).toBe(
      'not-in-genesis',
    );
    expect(heard).toEqual([]);
  });

  it('leaves the chain out of what a key of the genesis is bound with while nothing has changed', async () => {
    const { doors } = atDoor(() => null);
    const draft = await doors.newDraft('Net');
    const { entry, profile } = must(await doors.createMemberKey({ ...ECHO, draft }));
    must(
      await doors.sealGenesis({
        draft,
        members: [entry],
        supplierKeys: [],
        couriers: [],
        signaling: [],
        demo: false,
      }),
    );
    expect((await recordOf(profile)).binding).not.toHaveProperty('chain');
  });

  it('brings in a device that a member of the newest epoch has certified', async () => {
    const kit = await createChainKit();
    const { profile } = await letIn(kit);
    const { doors } = atDoor(() => kit.bundle());
    const made = must(await doors.createDeviceKey({ name: 'Dock 2' }));
    const { device, name } = must(parseDeviceRequest(made.request));
    const body = { network: networkOf(kit), member: asMemberIndex(3), device, name, notBefore: 1 };
    const signature = await kit.signers[3]!.signEd25519(deviceBytes(body));
    const join = (invitation: string, member = body.member) =>
      doors.joinAsDevice({ text: formatDeviceGrant({ ...body, member, signature }, invitation) });
    // Places are of the newest epoch: the fifth is Echo's, and it certified nobody.
    expect(typeOf(await join(kit.invitation(), asMemberIndex(4)))).toBe('device-certificate-wrong');
    // An invitation from before leads to where nobody meets any more.
    expect(typeOf(await join(kit.invitation(0)))).toBe('no-member-answers');
    must(await join(kit.invitation()));
    expect((await recordOf(made.profile)).binding).toMatchObject({ chain: { secretEpoch: 1 } });
    expect((await recordOf(profile)).binding).toBeNull();
  });
});

let lastJoins: Knock['joins'] = [];

/** Of somebody else who asks under another id, with its join in `lastJoins` for a change to the first three members and it. */
async function anotherEntry(kit: ChainKit): Promise<MemberEntry> {
  let drafts: Bundle['drafts'] = [];
  const { doors, heard } = atDoor(() => kit.bundle({ drafts }));
  const details = { ...ECHO, id: 'foxtrot', organisation: 'Foxtrot' };
  const { profile } = must(await doors.askToJoin({ ...details, invitation: kit.invitation() }));
  const entry = (await recordOf(profile)).entry!;
  drafts = [{ change: kit.draft([...kit.members.slice(0, 3), entry]), approvals: 0 }];
  must(await doors.knock({ invitation: kit.invitation(), profile }));
  lastJoins = heard.at(-1)!.knock.joins;
  return entry;
}
