/** What other devices and members send to the session layer: noise, damage, and sound CBOR of a wrong form. Nothing throws. */
import { describe, expect, it } from 'vitest';
import { asDigest, asKey, asVersion, equalBytes, type MemberIndex } from '../../src/codec/brand.ts';
import { encode } from '../../src/codec/cbor.ts';
import { decodeDevice, encodeDevice } from '../../src/codec/device.ts';
import {
  formatDeviceGrant,
  formatDeviceRequest,
  parseDeviceGrant,
  parseDeviceRequest,
} from '../../src/codec/device-text.ts';
import { formatInvitation, fromBase64Url, toBase64Url } from '../../src/codec/invitation.ts';
import { decodeMessage, encodeMessage, type PeerMessage } from '../../src/codec/messages.ts';
import { fail, ok, type Failure, type Result } from '../../src/codec/result.ts';
import {
  decodeHandOver,
  decodeHandOverAnswer,
  encodeHandOver,
  encodeHandOverAnswer,
} from '../../src/l2/handover.ts';
import {
  decodeAnswer,
  decodeMirror,
  encodeAnswer,
  encodeMirror,
  type MirrorAnswer,
  type MirrorMessage,
} from '../../src/l2/mirror.ts';
import { decodeNotice, encodeNotice, type Notice } from '../../src/l2/notice.ts';
import { createDice, nextInput } from '../net/fuzz/generate.ts';
import { NETWORK } from './counter.ts';
import { certificateFor } from './pair.ts';
import { must } from './world.ts';

const RUNS = 6000;
const ID = 'ab'.repeat(16);
const DIGEST = asDigest('cd'.repeat(32));
const KEY = asKey('package/095200000000000017');
const DEVICE = '7'.repeat(64);
const certificate = certificateFor(DEVICE);
const signature = new Uint8Array(64).fill(3);
const nonce = '0a'.repeat(16);
const claim = { session: ID, term: 2, seq: 4, device: DEVICE, certificate, signature };
const op = (of: Extract<MirrorMessage, { type: 'op' }>['op']): MirrorMessage => ({
  type: 'op',
  session: ID,
  term: 1,
  seq: 1,
  op: of,
});

interface Door {
  readonly seeds: readonly Uint8Array[];
  /** The input again, from what was read; null: refused. */
  again(bytes: Uint8Array): Uint8Array | null;
}

const door = <T>(
  seeds: readonly T[],
  write: (value: T) => Uint8Array,
  read: (bytes: Uint8Array) => Result<T, Failure>,
): Door => ({
  seeds: seeds.map(write),
  again: (bytes) => {
    const found = read(bytes);
    return found.ok ? write(found.value) : null;
  },
});

const notice: Notice = {
  member: 1 as MemberIndex,
  key: KEY,
  session: ID,
  operator: 'dock 2',
  since: 5,
  open: true,
  at: 6,
  device: certificate,
  signature,
};
const step = encode({
  request: { method: 'POST', path: '/a', body: null },
  response: { status: 200, body: null },
  node: 'bravo',
});
const state = {
  op: 'state',
  key: KEY,
  operator: 'dock 2',
  startedAt: 5,
  base: { version: asVersion(1), digest: DIGEST },
  steps: [step],
  rebases: 0,
  nodes: [certificate],
} as const;
const messages: PeerMessage[] = [
  { type: 'session-ask', nonce, about: 'mirror', bytes: signature },
  { type: 'session-ask', nonce, about: 'hand-over', bytes: signature },
  { type: 'session-answer', nonce, bytes: signature },
  { type: 'notice', bytes: encodeNotice(notice) },
];
const answers: MirrorAnswer[] = [
  { verdict: 'agreed', chain: DIGEST, signature },
  { verdict: 'differs', step: 1, response: { status: 409, body: { type: 'x', message: 'y' } } },
  { verdict: 'resync', seq: 3 },
  { verdict: 'later', message: 'Wait.' },
  { verdict: 'fenced', claim },
  { verdict: 'noted' },
];
const grantBytes = (text: string): Uint8Array => fromBase64Url(text.slice(text.indexOf('.') + 1));

const doors: Readonly<Record<string, Door>> = {
  'messages of the session layer': door(messages, encodeMessage, decodeMessage),
  notices: door([notice, { ...notice, device: null, open: false }], encodeNotice, decodeNotice),
  'hand-overs': door(
    [
      [
        { key: KEY, version: asVersion(2), previous: DIGEST, body: signature },
        { key: KEY, version: asVersion(1), previous: null, body: signature },
      ],
    ],
    encodeHandOver,
    (bytes) => decodeHandOver(bytes),
  ),
  'answers to hand-overs': door(
    [[ok({ digest: DIGEST }), fail({ type: 'not-valid', message: 'No.' })]],
    encodeHandOverAnswer,
    (bytes) => decodeHandOverAnswer(bytes),
  ),
  'operations of mirrored sessions': door(
    [
      op(state),
      op({ op: 'step', step }),
      op({ op: 'seal', body: signature }),
      op({ op: 'end' }),
      { type: 'claim', claim },
    ],
    encodeMirror,
    decodeMirror,
  ),
  'answers of mirrors': door(answers, encodeAnswer, decodeAnswer),
  'device certificates': door(
    [decodeDevice(certificate)].flatMap((one) => (one.ok ? [one.value] : [])),
    encodeDevice,
    decodeDevice,
  ),
  'requests of devices': {
    seeds: [grantBytes(formatDeviceRequest({ device: DEVICE as never, name: 'dock 2', signature }))],
    again: (bytes) => {
      const found = parseDeviceRequest(`csdevice1.${toBase64Url(bytes)}`);
      return found.ok ? grantBytes(formatDeviceRequest(found.value)) : null;
    },
  },
  'certificates that are handed back': {
    seeds: [
      grantBytes(
        formatDeviceGrant(
          must(decodeDevice(certificate)),
          formatInvitation({ network: NETWORK, joinSecret: DIGEST, name: 'Net', signaling: [] }),
        ),
      ),
    ],
    again: (bytes) => {
      const found = parseDeviceGrant(`cscert1.${toBase64Url(bytes)}`);
      return found.ok
        ? grantBytes(formatDeviceGrant(found.value.certificate, formatInvitation(found.value.invitation)))
        : null;
    },
  },
};

describe('of anything that can be sent, nothing throws and nothing has two forms:', () => {
  for (const [name, { seeds, again }] of Object.entries(doors)) {
    it(name, () => {
      const dice = createDice(20_261_121);
      const corpus = [...seeds];
      for (const seed of seeds) expect(again(seed), 'a seed is not taken').not.toBeNull();
      let taken = 0;
      for (let i = 0; i < RUNS; i++) {
        const input = nextInput(dice, corpus, [], 0);
        const written = again(input);
        if (written === null) continue;
        taken++;
        if (!equalBytes(written, input))
          throw new Error(
            `${Buffer.from(input).toString('hex')} is also ${Buffer.from(written).toString('hex')}`,
          );
        if (corpus.length < 256) corpus.push(input);
      }
      // Noise alone would test the first check only.
      expect(taken).toBeGreaterThan(10);
    });
  }
});
