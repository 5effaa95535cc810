import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex, type EpochDigest, type NetworkId } from '../../src/codec/brand.ts';
import {
  formatInvitation,
  fromBase64Url,
  MAX_INVITATION_LENGTH,
  parseInvitation,
  toBase64Url,
  type Invitation,
} from '../../src/codec/invitation.ts';

const invitation: Invitation = {
  network: 'ab'.repeat(32) as NetworkId,
  joinSecret: 'cd'.repeat(32),
  name: 'Nord-Süd 北',
  signaling: ['wss://signal.example/ws', 'ws://192.168.1.5:8080'],
};
const later: Invitation = {
  ...invitation,
  epoch: { number: 3, digest: '12'.repeat(32) as EpochDigest },
};
const withEpoch = (number: string, digest = '12'.repeat(32)): string =>
  `${formatInvitation(invitation)}.${number}.${digest}`;
const withRest = (rest: unknown): string =>
  `v1.${invitation.network}.${invitation.joinSecret}.${toBase64Url(new TextEncoder().encode(JSON.stringify(rest)))}`;

describe('invitation', () => {
  it('comes back from a link, a fragment, or bare text with white space around it', () => {
    const text = formatInvitation(invitation);
    for (const form of [text, ` ${text}\n`, `https://host.example/join#${text}`, `#${text}`]) {
      expect(parseInvitation(form)).toEqual({ ok: true, value: invitation });
    }
  });

  it('comes back for every name and list of addresses', () => {
    const hex = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((b) => Buffer.from(b).toString('hex'));
    fc.assert(
      fc.property(
        hex,
        hex,
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
        fc.array(
          fc.webUrl().map((url) => url.replace(/^http/, 'ws')),
          { maxLength: 3 },
        ),
        (network, joinSecret, name, signaling) => {
          fc.pre(signaling.every((url) => url.length <= 200) && name.length <= 80);
          const value = { network: network as NetworkId, joinSecret, name, signaling };
          expect(parseInvitation(formatInvitation(value))).toEqual({ ok: true, value });
        },
      ),
    );
  });

  it('is safe in a fragment', () => {
    expect(formatInvitation(invitation)).toMatch(/^[A-Za-z0-9._-]+$/);
    expect(formatInvitation(later)).toMatch(/^[A-Za-z0-9._-]+$/);
  });

  it('of a network whose members have changed names the epoch, and comes back; that of epoch 0 has no such part', () => {
    expect(parseInvitation(formatInvitation(later))).toEqual({ ok: true, value: later });
    expect(formatInvitation(later)).toBe(`${formatInvitation(invitation)}.3.${'12'.repeat(32)}`);
    expect(formatInvitation(invitation).split('.')).toHaveLength(4);
  });

  it.each([
    ['', 'v1'],
    ['hello', 'v1'],
    [formatInvitation(invitation).replace('v1', 'v2'), 'v1'],
    [formatInvitation(invitation).slice(0, 100), 'v1'],
    [`${formatInvitation(invitation)}.x`, 'v1'],
    [formatInvitation(invitation).replace('ab', 'AB'), 'network id'],
    [formatInvitation(invitation).replace('cd', 'xy'), 'join secret'],
    [formatInvitation(invitation).slice(0, -3), 'last part'],
    [`${formatInvitation(invitation)}+`, 'last part'],
    [withEpoch('0'), 'epoch'],
    [withEpoch('03'), 'epoch'],
    [withEpoch('1025'), 'epoch'],
    [withEpoch('3', '12'), 'epoch'],
    [`${formatInvitation(later)}.x`, 'v1'],
    [withRest('x'), 'last part'],
    [withRest(['a']), 'last part'],
    [withRest(['', []]), 'name'],
    [withRest([5, []]), 'name'],
    [withRest(['x'.repeat(81), []]), 'name'],
    [withRest(['a', 'wss://x']), 'signaling list'],
    [withRest(['a', new Array<string>(9).fill('wss://x')]), 'signaling list'],
    [withRest(['a', ['https://x']]), 'ws://'],
    [withRest(['a', ['javascript:alert(1)']]), 'ws://'],
    [withRest(['a', [7]]), 'ws://'],
    [withRest(['a', [`wss://${'x'.repeat(200)}`]]), 'ws://'],
    ['x'.repeat(MAX_INVITATION_LENGTH + 1), 'characters'],
  ])('a damaged one (%#) gives an error that says what and what to do', (text, part) => {
    const result = parseInvitation(text);
    expect(result).toMatchObject({ ok: false, error: { type: 'invitation-malformed' } });
    if (!result.ok) {
      expect(result.error.message).toContain(part);
      expect(result.error.message).toContain('Ask for the link again');
    }
  });

  it('any text gives a value, never an exception', () => {
    fc.assert(fc.property(fc.string(), (text) => typeof parseInvitation(`v1.${text}`).ok === 'boolean'));
  });

  it('base64url keeps every byte, and refuses other alphabets', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => toHex(fromBase64Url(toBase64Url(bytes))) === toHex(bytes)),
    );
    for (const text of ['a+b', 'a/b', 'aa==', 'a b']) expect(() => fromBase64Url(text)).toThrow(RangeError);
  });
});
