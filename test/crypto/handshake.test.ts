import { beforeAll, describe, expect, it } from 'vitest';
import type { InstanceId, LogId, NetworkId } from '../../src/codec/brand.ts';
import { createNobleBls } from '../../src/crypto/bls-noble.ts';
import { createEd25519 } from '../../src/crypto/ed25519.ts';
import {
  deriveSignaling,
  newChallenge,
  signHandshake,
  verifyHandshake,
  type HandshakeFields,
} from '../../src/crypto/handshake.ts';
import { createSigner, generateSecretKeys } from '../../src/crypto/keys.ts';
import type { Ed25519, Signer } from '../../src/crypto/types.ts';

let ed25519: Ed25519;
let signer: Signer;
let fields: HandshakeFields;

beforeAll(async () => {
  ed25519 = await createEd25519();
  signer = await createSigner(generateSecretKeys(), createNobleBls());
  fields = {
    network: '11'.repeat(32) as NetworkId,
    role: 'member',
    side: 'initiator',
    publicKey: signer.voteKey,
    logId: '22'.repeat(16) as LogId,
    instance: '33'.repeat(16) as InstanceId,
    challenge: newChallenge(),
    initiatorFingerprint: 'AA:BB',
    responderFingerprint: 'CC:DD',
  };
});

describe('handshake', () => {
  it('is worth nothing on another channel, for another role, side, network or challenge', async () => {
    const signature = await signHandshake(signer, fields);
    expect(await verifyHandshake(ed25519, fields, signature)).toBe(true);
    const changes: Partial<HandshakeFields>[] = [
      { network: '44'.repeat(32) as NetworkId },
      { role: 'device' },
      { side: 'responder' },
      { publicKey: '55'.repeat(32) },
      { logId: '66'.repeat(16) as LogId },
      { instance: '77'.repeat(16) as InstanceId },
      { challenge: newChallenge() },
      { initiatorFingerprint: 'CC:DD', responderFingerprint: 'AA:BB' },
    ];
    for (const change of changes) {
      expect(
        await verifyHandshake(ed25519, { ...fields, ...change }, signature),
        Object.keys(change)[0],
      ).toBe(false);
    }
  });

  it('malformed fields of a stranger are refused without an exception', async () => {
    const signature = await signHandshake(signer, fields);
    for (const change of [
      { publicKey: 'zz' },
      { logId: '' as LogId },
      { network: 'AB' as NetworkId },
      { challenge: new Uint8Array(31) },
    ]) {
      expect(await verifyHandshake(ed25519, { ...fields, ...change }, signature)).toBe(false);
    }
    expect(await verifyHandshake(ed25519, fields, new Uint8Array(0))).toBe(false);
  });
});

describe('signaling', () => {
  const secret = 'a1'.repeat(32);
  const text = new TextEncoder().encode('offer');

  it('members with the same join secret meet and understand each other', async () => {
    const [a, b] = await Promise.all([deriveSignaling(secret), deriveSignaling(secret)]);
    expect(a.topic).toMatch(/^[0-9a-f]{64}$/);
    expect(b.topic).toBe(a.topic);
    expect(await b.decrypt(await a.encrypt(text))).toEqual(text);
    expect(await b.decrypt(await a.encrypt(new Uint8Array(0)))).toEqual(new Uint8Array(0));
    expect(await a.encrypt(text)).not.toEqual(await a.encrypt(text));
  });

  it('a stranger finds neither topic nor text, and the topic does not show the secret', async () => {
    const a = await deriveSignaling(secret);
    const stranger = await deriveSignaling('a2'.repeat(32));
    expect(stranger.topic).not.toBe(a.topic);
    expect(a.topic).not.toBe(secret);
    expect(await stranger.decrypt(await a.encrypt(text))).toBeNull();
  });

  it('damaged, short and oversized messages are refused', async () => {
    const a = await deriveSignaling(secret);
    const sealed = await a.encrypt(text);
    sealed[15]! ^= 1;
    expect(await a.decrypt(sealed)).toBeNull();
    expect(await a.decrypt(new Uint8Array(27))).toBeNull();
    expect(await a.decrypt(new Uint8Array(64 * 1024 + 29))).toBeNull();
    await expect(a.encrypt(new Uint8Array(64 * 1024 + 1))).rejects.toThrow(RangeError);
    const largest = new Uint8Array(64 * 1024).fill(1);
    expect(await a.decrypt(await a.encrypt(largest))).toEqual(largest);
  });

  it('a join secret of another form is a bug of the caller', async () => {
    await expect(deriveSignaling('short')).rejects.toThrow(RangeError);
  });
});
