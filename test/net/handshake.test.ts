import { describe, expect, test } from 'vitest';
import {
  fromHex,
  type InstanceId,
  type LogId,
  type MemberIndex,
  type NetworkId,
} from '../../src/codec/brand.ts';
import { encode, type CborValue } from '../../src/codec/cbor.ts';
import { NO_LOG, type DeviceKey } from '../../src/codec/device.ts';
import { certifyDevice } from '../../src/crypto/device.ts';
import { helloFrame, parseFrame, proofFrame, readyFrame } from '../../src/net/mesh/frames.ts';
import {
  createHandshake,
  type Handshake,
  type HandshakeInput,
  type Identity,
} from '../../src/net/mesh/handshake.ts';
import type { CloseReason } from '../../src/net/types.ts';
import { createMember, createRandom, NETWORK, settle, signerOf, verifier } from './harness.ts';

const MEMBERS = [0, 1, 2, 3].map(createMember);
const FINGERPRINTS = ['aa'.repeat(32), 'bb'.repeat(32)] as const;

interface Side {
  readonly handshake: Handshake;
  readonly faults: CloseReason[];
  readonly identities: Identity[];
  readonly done: Identity[];
  readonly sent: Uint8Array[];
}

type Overrides = { mesh?: Partial<HandshakeInput['mesh']> } & Partial<Omit<HandshakeInput, 'mesh'>>;

function side(
  index: number,
  other: number,
  initiator: boolean,
  overrides: Overrides,
  deliver: (frame: Uint8Array) => void,
  accept = true,
): Side {
  const member = MEMBERS[index] ?? createMember(index);
  const { mesh: meshOverrides, ...rest } = overrides;
  const random = createRandom(index + 5);
  const faults: CloseReason[] = [];
  const identities: Identity[] = [];
  const done: Identity[] = [];
  const sent: Uint8Array[] = [];
  const handshake = createHandshake(
    {
      mesh: {
        network: NETWORK,
        self: {
          member: index as MemberIndex,
          voteKey: member.voteKey,
          logId: member.logId,
          instance: `0${index}`.repeat(16) as InstanceId,
        },
        members: MEMBERS,
        signer: signerOf(member),
        ed25519: verifier,
        random,
        ...meshOverrides,
      },
      initiator,
      expected: other as MemberIndex,
      localFingerprint: FINGERPRINTS[initiator ? 0 : 1],
      remoteFingerprint: FINGERPRINTS[initiator ? 1 : 0],
      ...rest,
    },
    {
      send(frame) {
        sent.push(frame);
        deliver(frame);
      },
      onIdentity(identity) {
        identities.push(identity);
        if (accept) handshake.accept();
      },
      onDone: (identity) => void done.push(identity),
      onFault: (reason) => void faults.push(reason),
    },
  );
  return { handshake, faults, identities, done, sent };
}

async function meet(
  ofInitiator: Overrides = {},
  ofResponder: Overrides = {},
  acceptances: readonly [boolean, boolean] = [true, true],
): Promise<[Side, Side]> {
  const initiator: Side = side(
    0,
    1,
    true,
    ofInitiator,
    (frame) => give(() => responder, frame),
    acceptances[0],
  );
  const responder: Side = side(
    1,
    0,
    false,
    ofResponder,
    (frame) => give(() => initiator, frame),
    acceptances[1],
  );
  initiator.handshake.start();
  responder.handshake.start();
  await settle();
  return [initiator, responder];
}

function give(to: () => Side, bytes: Uint8Array): void {
  const frame = parseFrame(bytes);
  if (
    typeof frame === 'string' ||
    (frame.kind !== 'hello' && frame.kind !== 'proof' && frame.kind !== 'ready')
  )
    throw new Error('not a handshake frame');
  queueMicrotask(() => to().handshake.receive(frame));
}

describe('handshake', () => {
  test('two members know each other afterwards, with log id and instance', async () => {
    const [a, b] = await meet();
    expect([a.faults, b.faults]).toEqual([[], []]);
    expect(a.done).toEqual([{ member: 1, logId: MEMBERS[1]?.logId, instance: '01'.repeat(16) }]);
    expect(b.done).toEqual([{ member: 0, logId: MEMBERS[0]?.logId, instance: '00'.repeat(16) }]);
  });

  test('neither end counts the link while the other has not accepted', async () => {
    const [a, b] = await meet({}, {}, [true, false]);
    expect(b.identities).toHaveLength(1);
    expect([a.done, b.done]).toEqual([[], []]);
  });

  test('another network is refused before anything is signed', async () => {
    const [a, b] = await meet({ mesh: { network: 'cd'.repeat(32) as NetworkId } });
    expect(b.faults).toEqual(['wrong-network']);
    expect(b.sent).toEqual([]);
    expect(a.done).toEqual([]);
  });

  test('a key that no member has is refused, and the stranger learns nothing', async () => {
    const stranger = createMember(50);
    const self = {
      member: 0 as MemberIndex,
      voteKey: stranger.voteKey,
      logId: stranger.logId,
      instance: '50'.repeat(16) as InstanceId,
    };
    const [, b] = await meet({ mesh: { self, signer: signerOf(stranger) } });
    expect(b.faults).toEqual(['handshake-failed']);
    expect(b.sent).toEqual([]);
  });

  test.each([
    ['the key of another member', { member: 0 as MemberIndex, voteKey: MEMBERS[2]?.voteKey }],
    ['a member that does not exist', { member: 9 as MemberIndex, voteKey: MEMBERS[0]?.voteKey }],
    ['the member that it talks to', { member: 1 as MemberIndex, voteKey: MEMBERS[1]?.voteKey }],
    ['a member that was not introduced', { member: 2 as MemberIndex, voteKey: MEMBERS[2]?.voteKey }],
  ])('who claims %s is refused', async (_, claim) => {
    const self = {
      logId: 'ee'.repeat(16) as LogId,
      instance: 'ee'.repeat(16) as InstanceId,
      ...claim,
    } as HandshakeInput['mesh']['self'];
    const [, b] = await meet({ mesh: { self } });
    expect(b.faults).toEqual(['handshake-failed']);
    expect(b.sent).toEqual([]);
  });

  test('a signature of another key is refused on both sides', async () => {
    const [, b] = await meet({ mesh: { signer: signerOf(createMember(50)) } });
    expect(b.faults).toEqual(['bad-signature']);
    const [a] = await meet({}, { mesh: { signer: signerOf(createMember(50)) } });
    expect(a.faults).toEqual(['bad-signature']);
  });

  test.each([['localFingerprint'], ['remoteFingerprint']] as const)(
    'a %s that one side sees differently is refused',
    async (field) => {
      const [a, b] = await meet({ [field]: 'cc'.repeat(32) });
      expect([...a.faults, ...b.faults]).toContain('bad-signature');
      expect([a.done, b.done]).toEqual([[], []]);
    },
  );

  test('a log id or instance that is changed on the way is refused', async () => {
    const member = MEMBERS[0];
    if (!member) throw new Error();
    const proofs: Uint8Array[] = [];
    const responder = side(1, 0, false, {}, () => undefined);
    const honest = side(0, 1, true, {}, (frame) => void proofs.push(frame));
    honest.handshake.start();
    const hello = parseFrame(proofs[0] ?? new Uint8Array());
    if (typeof hello === 'string' || hello.kind !== 'hello') throw new Error();
    const changed = hello.payload.slice();
    const at = Buffer.from(changed).indexOf(Buffer.from(fromHex(member.logId)));
    changed[at] = 0xff;
    give(() => responder, helloFrame(changed));
    await settle();
    for (const frame of responder.sent) give(() => honest, frame);
    await settle();
    const proof = proofs.find((f) => f[0] === 2);
    give(() => responder, proof ?? new Uint8Array());
    await settle();
    expect(responder.faults).toEqual(['bad-signature']);
  });

  test('a proof cannot be played back on another channel', async () => {
    const [first] = await meet();
    const responder = side(1, 0, false, { mesh: { random: createRandom(999) } }, () => undefined);
    for (const frame of first.sent) give(() => responder, frame);
    await settle();
    expect(responder.identities).toEqual([]);
    expect(responder.faults).toEqual(['bad-signature']);
  });

  test('a hello that is sent back to its author is refused', async () => {
    const initiator: Side = side(0, 1, true, {}, (frame) => give(() => initiator, frame));
    initiator.handshake.start();
    await settle();
    expect(initiator.faults).toEqual(['handshake-failed']);
  });

  test.each([
    ['proof', proofFrame(new Uint8Array(64))],
    ['ready', readyFrame()],
  ])('a %s out of turn is malformed', async (_, frame) => {
    const responder = side(1, 0, false, {}, () => undefined);
    give(() => responder, frame);
    await settle();
    expect(responder.faults).toEqual(['malformed-message']);
  });

  test('ready without a proof does not make a link', async () => {
    const [a] = await meet({}, {}, [false, false]);
    const responder = side(1, 0, false, {}, () => undefined);
    give(() => responder, a.sent[0] ?? new Uint8Array());
    await settle();
    give(() => responder, readyFrame());
    await settle();
    expect(responder.faults).toEqual(['malformed-message']);
    expect(responder.done).toEqual([]);
  });

  /** A device of member 0 and member 1, or of two devices of member 0. */
  const deviceSelf = async (i: number, signedBy = 0): Promise<HandshakeInput['mesh']['self']> => {
    const keys = createMember(100 + i);
    const device = await certifyDevice(signerOf(createMember(signedBy)), {
      network: NETWORK,
      member: 0 as MemberIndex,
      device: keys.voteKey as string as DeviceKey,
      name: `dock ${i}`,
      notBefore: 1,
    });
    const instance = `d${i}`.repeat(16) as InstanceId;
    return { member: 0 as MemberIndex, voteKey: keys.voteKey, logId: NO_LOG, instance, device };
  };
  const signerOfDevice = (i: number): HandshakeInput['mesh']['signer'] => signerOf(createMember(100 + i));
  const keyOfDevice = (i: number): DeviceKey => createMember(100 + i).voteKey as string as DeviceKey;

  test('a device and a member know each other afterwards, the device with its certificate', async () => {
    const self = await deviceSelf(1);
    const [a, b] = await meet(
      { mesh: { self, signer: signerOfDevice(1) } },
      { expectedDevice: keyOfDevice(1) },
    );
    expect([a.faults, b.faults]).toEqual([[], []]);
    expect(a.done).toEqual([{ member: 1, logId: MEMBERS[1]?.logId, instance: '01'.repeat(16) }]);
    expect(b.done).toEqual([{ member: 0, logId: NO_LOG, instance: self.instance, device: self.device }]);
  });

  test('a device whose certificate is forged or revoked learns nothing about the member', async () => {
    for (const [signedBy, revoked, reason] of [
      [1, false, 'device-certificate'],
      [0, true, 'device-revoked'],
    ] as const) {
      const self = await deviceSelf(1, signedBy);
      const [a, b] = await meet(
        { mesh: { self, signer: signerOfDevice(1) } },
        { expectedDevice: keyOfDevice(1), mesh: { deviceRevoked: () => revoked } },
      );
      expect(b.faults).toEqual([reason]);
      expect(b.sent).toEqual([]);
      expect([a.done, b.identities]).toEqual([[], []]);
    }
  });

  test('who calls a device of its own member asks for its certificate too', async () => {
    // A certificate that takes longer to check than the proof: nobody is believed before both are.
    const slowForCertificates: HandshakeInput['mesh']['ed25519'] = {
      async verify(key, message, signature) {
        if (key === MEMBERS[0]?.voteKey)
          for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
        return verifier.verify(key, message, signature);
      },
    };
    for (const [signedBy, revoked, reason] of [
      [0, false, null],
      [1, false, 'device-certificate'],
      [0, true, 'device-revoked'],
    ] as const) {
      const [first, second] = [await deviceSelf(1), await deviceSelf(2, signedBy)];
      const [a, b] = await meet(
        {
          mesh: {
            ed25519: slowForCertificates,
            self: first,
            signer: signerOfDevice(1),
            deviceRevoked: (_, key) => revoked && key === keyOfDevice(2),
          },
          expected: 0 as MemberIndex,
          expectedDevice: keyOfDevice(2),
        },
        {
          mesh: { self: second, signer: signerOfDevice(2) },
          expected: 0 as MemberIndex,
          expectedDevice: keyOfDevice(1),
        },
      );
      await settle();
      expect(a.faults).toEqual(reason === null ? [] : [reason]);
      expect([a.done.length, b.done.length]).toEqual(reason === null ? [1, 1] : [0, 0]);
      expect(a.identities).toHaveLength(reason === null ? 1 : 0);
    }
  });

  const good = {
    v: 1,
    network: fromHex(NETWORK),
    role: 'member',
    member: 0,
    key: fromHex(MEMBERS[0]?.voteKey ?? ''),
    log: fromHex(MEMBERS[0]?.logId ?? ''),
    instance: new Uint8Array(16),
    challenge: new Uint8Array(32).fill(3),
  };
  test.each<[string, CborValue, CloseReason]>([
    ['another version', { ...good, v: 2 }, 'handshake-failed'],
    ['another role', { ...good, role: 'warden' }, 'handshake-failed'],
    ['the role of a device and no certificate', { ...good, role: 'device' }, 'malformed-message'],
    ['a short challenge', { ...good, challenge: new Uint8Array(31) }, 'malformed-message'],
    ['a negative member', { ...good, member: -1 }, 'malformed-message'],
    ['a fractional member', { ...good, member: 0.5 }, 'malformed-message'],
    ['a key as text', { ...good, key: 'abc' }, 'malformed-message'],
    ['a list', [1, 2, 3], 'malformed-message'],
    ['nothing', null, 'malformed-message'],
  ])('a hello with %s is refused', async (_, hello, reason) => {
    const responder = side(1, 0, false, {}, () => undefined);
    give(() => responder, helloFrame(encode(hello)));
    await settle();
    expect(responder.faults).toEqual([reason]);
    expect(responder.sent).toEqual([]);
  });
});
