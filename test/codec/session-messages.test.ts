/** Messages of the session layer, and the texts that devices and members show each other: what is too long, cut or of another form. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MemberIndex, NetworkId } from '../../src/codec/brand.ts';
import { encode, type CborValue } from '../../src/codec/cbor.ts';
import type { DeviceKey } from '../../src/codec/device.ts';
import {
  formatDeviceGrant,
  formatDeviceRequest,
  parseDeviceGrant,
  parseDeviceRequest,
} from '../../src/codec/device-text.ts';
import { formatInvitation, fromBase64Url, toBase64Url } from '../../src/codec/invitation.ts';
import {
  MAX_DEVICE_TEXT_LENGTH,
  MAX_INVITATION_LENGTH,
  MAX_NAME_LENGTH,
  MAX_NOTICE_BYTES,
  MAX_SESSION_TALK_BYTES,
  MAX_SIGNALING_HINTS,
} from '../../src/codec/limits.ts';
import { decodeMessage, encodeMessage, type PeerMessage } from '../../src/codec/messages.ts';
import { MAX_HANDOVER_BYTES, MAX_MIRROR_BYTES } from '../../src/l2/limits.ts';

const NONCE = 'ab'.repeat(16);
const some = new Uint8Array([1, 2, 3]);
const raw = (...fields: CborValue[]) => decodeMessage(encode(fields));
const isMalformed = (...fields: CborValue[]): void =>
  expect(raw(...fields)).toMatchObject({ ok: false, error: { type: 'malformed-message' } });

describe('messages of the session layer', () => {
  const messages: PeerMessage[] = [
    { type: 'session-ask', nonce: NONCE, about: 'mirror', bytes: some },
    { type: 'session-ask', nonce: NONCE, about: 'hand-over', bytes: new Uint8Array(MAX_SESSION_TALK_BYTES) },
    { type: 'session-answer', nonce: NONCE, bytes: new Uint8Array(MAX_SESSION_TALK_BYTES) },
    { type: 'notice', bytes: new Uint8Array(MAX_NOTICE_BYTES) },
  ];
  for (const message of messages)
    it(`${message.type} arrives as it was sent, at its longest too`, () => {
      const arrived = decodeMessage(encodeMessage(message));
      if (!arrived.ok) throw new Error(arrived.error.message);
      // Two million bytes are compared as such.
      const { bytes, ...rest } = message as PeerMessage & { bytes: Uint8Array };
      const { bytes: theirs, ...theirRest } = arrived.value as typeof message & { bytes: Uint8Array };
      expect(theirRest).toEqual(rest);
      expect(Buffer.compare(theirs, bytes)).toBe(0);
    });

  it('longer than their limit are refused', () => {
    isMalformed(21, new Uint8Array(16), 0, new Uint8Array(MAX_SESSION_TALK_BYTES + 1));
    isMalformed(22, new Uint8Array(16), new Uint8Array(MAX_SESSION_TALK_BYTES + 1));
    isMalformed(23, new Uint8Array(MAX_NOTICE_BYTES + 1));
  });

  it('of another form are refused', () => {
    isMalformed(21, new Uint8Array(15), 0, some);
    isMalformed(21, new Uint8Array(16), 2, some);
    isMalformed(21, new Uint8Array(16), 'mirror', some);
    isMalformed(21, new Uint8Array(16), 0);
    isMalformed(21, new Uint8Array(16), 0, some, some);
    isMalformed(22, new Uint8Array(16), 'text');
    isMalformed(23, [some]);
    isMalformed(23);
  });

  it('hold the largest operation and hand-over', () => {
    expect(MAX_MIRROR_BYTES).toBeLessThanOrEqual(MAX_SESSION_TALK_BYTES);
    expect(MAX_HANDOVER_BYTES).toBeLessThanOrEqual(MAX_SESSION_TALK_BYTES);
  });
});

describe('texts between a device and its member', () => {
  const device = 'cd'.repeat(32) as DeviceKey;
  const signature = new Uint8Array(64).fill(7);
  const name = fc
    .string({ minLength: 1, maxLength: MAX_NAME_LENGTH, unit: 'grapheme-ascii' })
    .filter((text) => text.trim() === text);
  const network = 'ef'.repeat(32) as NetworkId;
  const certificate = {
    network,
    member: 1 as MemberIndex,
    device,
    name: 'dock 2',
    notBefore: 5,
    signature,
  };
  const invitation = { network, joinSecret: '12'.repeat(32), name: 'Net', signaling: ['wss://x.test/s'] };
  const grant = formatDeviceGrant(certificate, formatInvitation(invitation));

  it('come back whole, bare or at the end of a link', () => {
    fc.assert(
      fc.property(name, fc.constantFrom('', 'https://app.example/#', ' '), (called, before) => {
        const text = before + formatDeviceRequest({ device, name: called, signature });
        expect(parseDeviceRequest(text)).toEqual({ ok: true, value: { device, name: called, signature } });
      }),
    );
    expect(parseDeviceGrant(`https://app.example/join#${grant}`)).toEqual({
      ok: true,
      value: { certificate, invitation },
    });
  });

  it('at their longest fit', () => {
    const signaling = Array.from(
      { length: MAX_SIGNALING_HINTS },
      (_, i) => `wss://${'h'.repeat(160)}.test/${i}`,
    );
    const long = formatInvitation({ ...invitation, name: 'n'.repeat(MAX_NAME_LENGTH), signaling });
    expect(long.length).toBeLessThanOrEqual(MAX_INVITATION_LENGTH);
    const text = formatDeviceGrant({ ...certificate, name: 'ä'.repeat(MAX_NAME_LENGTH) }, long);
    expect(text.length).toBeLessThanOrEqual(MAX_DEVICE_TEXT_LENGTH);
    expect(parseDeviceGrant(text).ok).toBe(true);
  });

  it('that are cut, changed, too long or something else are refused with a sentence, and never throw', () => {
    fc.assert(
      fc.property(fc.nat(), fc.string({ maxLength: 3 }), fc.boolean(), (at, with_, cut) => {
        for (const [text, parse] of [
          [grant, parseDeviceGrant],
          [formatDeviceRequest({ device, name: 'dock', signature }), parseDeviceRequest],
        ] as const) {
          const i = at % text.length;
          const changed = cut ? text.slice(0, i) : text.slice(0, i) + with_ + text.slice(i + 1);
          const parsed = parse(changed);
          if (!parsed.ok) {
            expect(parsed.error.type).toBe('device-text-malformed');
            expect(parsed.error.message).toMatch(/\.$/);
          }
        }
      }),
      { numRuns: 300 },
    );
    for (const text of ['', '#', 'csdevice1.', 'cscert1.%', grant + 'A'.repeat(MAX_DEVICE_TEXT_LENGTH), 'x'])
      expect(parseDeviceGrant(text).ok).toBe(false);
    expect(parseDeviceRequest(grant).ok).toBe(false);
    expect(parseDeviceGrant(`cscert1.${toBase64Url(encode([2, some, 'x']))}`).ok).toBe(false);
    expect(fromBase64Url(grant.split('.')[1]!).length).toBeGreaterThan(100);
  });
});
