/** A new terminal from its first tap to an open network, over real databases; nobody is linked. */
import { describe, expect, it } from 'vitest';
import { asKey } from '../../src/codec/brand.ts';
import { encode } from '../../src/codec/cbor.ts';
import {
  formatDeviceGrant,
  formatDeviceRequest,
  parseDeviceGrant,
  parseDeviceRequest,
} from '../../src/codec/device-text.ts';
import { NO_LOG } from '../../src/codec/device.ts';
import { SERVICES } from '../../src/domain/supply/types.ts';
import { openIdentity } from '../../src/store/idb-store.ts';
import type { DoorsApi, PlainRequest, ServiceRequest } from '../../src/worker/api.ts';
import { createDoors } from '../../src/worker/doors.ts';
import { openNetwork, type OpenNetwork } from '../../src/worker/open-network.ts';
import { goodEnvelope, newSigner, SSCC, T0, type TestSigner } from '../domain/support.ts';
import { withoutNetwork } from './no-network.ts';
import { must } from './workplace.ts';

/** As a page's fetch writes it. */
const http = ({ method, path, body }: ServiceRequest, key: string): PlainRequest => ({
  method,
  url: path,
  headers: [
    ['Content-Type', 'application/cbor'],
    ['Session-Key', key],
    ['Session-Operator', 'op-1'],
  ],
  body: encode(body),
});

const signer: TestSigner = await newSigner();
const opened = withoutNetwork<OpenNetwork>();

async function open(profile: string): Promise<OpenNetwork> {
  const db = must(await openIdentity(profile));
  const network = must(
    await openNetwork({
      db,
      record: must(await db.read()),
      pagePort: { postMessage: () => undefined, onmessage: null },
      homeSignaling: 'ws://127.0.0.1:9/signal',
      rulesVersion: 1,
      reopen: () => undefined,
      deviation: null,
      changed: () => undefined,
      trace: () => undefined,
    }),
  );
  opened.push(network);
  return network;
}

/** A network of one member, which is enough to decide. */
async function bravo(): Promise<{
  doors: DoorsApi;
  network: OpenNetwork;
  invitation: string;
  genesisFile: Uint8Array;
}> {
  const doors = createDoors(() => Promise.resolve(null));
  const draft = await doors.newDraft('Net');
  const { entry, profile } = must(
    await doors.createMemberKey({
      draft,
      id: 'bravo',
      name: 'Bravo',
      organisation: 'Bravo Logistics',
      role: 'supplier',
      gln: '4012345000115',
    }),
  );
  const { invitation, genesisFile } = must(
    await doors.sealGenesis({
      draft,
      members: [entry],
      supplierKeys: [signer.entry],
      couriers: [],
      signaling: [],
      demo: false,
    }),
  );
  return { doors, network: await open(profile), invitation, genesisFile };
}

describe('a new device', () => {
  it('joins by one text of its member, and is what it is from then on', async () => {
    const { doors, network, genesisFile } = await bravo();
    const made = must(await doors.createDeviceKey({ name: ' Dock 2 ' }));
    expect(await doors.deviceRequestOf(made.profile)).toBe(made.request);
    expect(await doors.readDeviceRequest(`https://app.example/#${made.request}`)).toEqual({
      ok: true,
      value: { device: made.profile, name: 'Dock 2' },
    });
    expect(await doors.profiles()).toContainEqual(
      expect.objectContaining({ id: made.profile, label: 'Dock 2', device: true, network: null }),
    );
    const certified = must(await network.certifyDevice({ request: made.request, operator: 'op-1' }));
    expect(certified.session).toMatchObject({ ok: true });
    const joined = must(await doors.joinAsDevice({ text: certified.text, genesisFile }));
    expect(joined).toMatchObject({ profile: made.profile, name: 'Net' });

    const device = await open(joined.profile);
    const state = device.state();
    expect(state.standing).toEqual({ kind: 'device', member: 0, name: 'Dock 2', revoked: false });
    expect(state.selfDevice).toMatchObject({ key: made.profile, name: 'Dock 2', member: 0 });
    expect(state.self).toBe(0);
    // Its member is not here, and nobody is who could vote.
    expect(state.members[0]).toMatchObject({ self: true, here: false });
    expect(state.here).toBe(0);
    // It cannot certify others, nor revoke.
    expect(await device.certifyDevice({ request: made.request, operator: 'op-1' })).toMatchObject({
      ok: false,
      error: { type: 'not-the-member' },
    });
    const revoked = await device.revokeDevice({ device: made.profile, reason: 'lost', operator: 'op-1' });
    expect(revoked).toMatchObject({ ok: false, error: { type: 'not-the-member' } });
    // Its store has no vote log of a member's.
    const db = must(await openIdentity(joined.profile));
    expect(must(await db.read())).toMatchObject({ logId: NO_LOG, device: true });
    db.close();
  });

  it('is listed by its member, and revoked in the directory once', async () => {
    const { doors, network } = await bravo();
    const made = must(await doors.createDeviceKey({ name: 'Dock 2' }));
    const unknown = await network.revokeDevice({ device: made.profile, reason: 'lost', operator: 'op-1' });
    expect(unknown).toMatchObject({ ok: false, error: { type: 'device-unknown' } });
    must(await network.certifyDevice({ request: made.request, operator: 'op-1' }));
    await settled(async () => (await network.ownDevices()).length === 1);
    // Shown again: the same device, nothing to enter.
    expect(must(await network.certifyDevice({ request: made.request, operator: 'op-1' })).session).toEqual({
      ok: true,
      value: null,
    });
    must(await network.revokeDevice({ device: made.profile, reason: 'lost', operator: 'op-1' }));
    await settled(async () => (await network.ownDevices())[0]!.revokedAt !== null);
    expect(await network.ownDevices()).toMatchObject([
      { key: made.profile, name: 'Dock 2', reason: 'lost', linked: false, self: false },
    ]);
    for (const again of [
      await network.certifyDevice({ request: made.request, operator: 'op-1' }),
      await network.revokeDevice({ device: made.profile, reason: 'lost', operator: 'op-1' }),
    ])
      expect(again.ok).toBe(false);
  });

  it('takes no certificate that is for another key, forged, or of another network', async () => {
    const { doors, network, genesisFile, invitation } = await bravo();
    const made = must(await doors.createDeviceKey({ name: 'Dock 2' }));
    const { text } = must(await network.certifyDevice({ request: made.request, operator: 'op-1' }));
    const { certificate } = must(parseDeviceGrant(text));
    const join = async (changed: Partial<typeof certificate>) => {
      const result = await doors.joinAsDevice({
        text: formatDeviceGrant({ ...certificate, ...changed }, invitation),
        genesisFile,
      });
      return result.ok ? 'joined' : result.error.type;
    };
    expect(await join({ device: 'cd'.repeat(32) as never })).toBe('device-elsewhere');
    expect(await join({ name: 'Dock 3' })).toBe('device-certificate-wrong');
    expect(await join({ member: 1 as never })).toBe('device-certificate-wrong');
    expect(await join({ network: 'ab'.repeat(32) as never })).toBe('device-certificate-wrong');
    expect(await doors.joinAsDevice({ text })).toMatchObject({ error: { type: 'no-member-answers' } });
    expect(await doors.joinAsDevice({ text: 'x', genesisFile })).toMatchObject({
      error: { type: 'device-text-malformed' },
    });
    expect(await join({})).toBe('joined');
  });

  it('is not certified by a request that its key has not signed, nor as a member', async () => {
    const { doors, network } = await bravo();
    const made = must(await doors.createDeviceKey({ name: 'Dock 2' }));
    const request = must(parseDeviceRequest(made.request));
    const renamed = formatDeviceRequest({ ...request, name: 'Dock 3' });
    expect(await doors.readDeviceRequest(renamed)).toMatchObject({ ok: false });
    expect(await network.certifyDevice({ request: renamed, operator: 'op-1' })).toMatchObject({
      ok: false,
      error: { type: 'text-unreadable' },
    });
    expect(await doors.createDeviceKey({ name: '  ' })).toMatchObject({ ok: false });
  });
});

describe('the session calls of an open network', () => {
  it('keep where new sessions are mirrored to over a restart, and nothing that is no device', async () => {
    const { network, doors } = await bravo();
    expect(network.state().mirrorTo).toBeNull();
    must(await network.setMirror('cd'.repeat(32)));
    expect((await network.setMirror('dock 2')).ok).toBe(false);
    expect((await network.setMirror(network.state().profile)).ok).toBe(false);
    const [profile] = await doors.profiles();
    await opened.splice(0)[0]!.close('restart');
    const again = await open(profile!.id);
    expect(again.state().mirrorTo).toBe('cd'.repeat(32));
    // And it is in force: nobody has that key, so nothing starts behind the operator's back.
    const key = asKey(`package/${SSCC}`);
    const envelope = await goodEnvelope(signer);
    const request = { method: 'POST', path: SERVICES.createPackage, body: { envelope, at: T0 } } as const;
    expect((await again.request(http(request, key))).status).toBe(503);
    // What is one step and done needs no second device: a lost one can be revoked.
    must(await again.runAlone(key, request, 'op-1'));
    must(await again.setMirror(null));
    expect(again.state().mirrorTo).toBeNull();
  });

  it('answer for one that is not there', async () => {
    const { network } = await bravo();
    for (const result of [
      await network.pause('x'),
      await network.unpause('x'),
      await network.takeOver('x'),
      await network.mirrorTo('x', null),
      ...(await network.commitAll(['x'])),
    ])
      expect(result).toMatchObject({ ok: false, error: { type: 'session-unknown' } });
    expect(await network.status(asKey('package/x'))).toBeNull();
    const answer = await network.request({
      method: 'GET',
      url: 'https://app.example/.sessions',
      headers: [],
      body: null,
    });
    expect(answer.status).toBe(200);
    expect(JSON.parse(new TextDecoder().decode(answer.body!))).toEqual([]);
  });
});

async function settled(holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 40_000;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
