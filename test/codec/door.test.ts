import { describe, expect, it } from 'vitest';
import {
  asDigest,
  asEpochDigest,
  asMemberId,
  asMemberIndex,
  asRound,
  asVersion,
  fromHex,
} from '../../src/codec/brand.ts';
import { decode, encode, type CborValue } from '../../src/codec/cbor.ts';
import {
  decodeBundle,
  decodeKnock,
  encodeBundle,
  encodeKnock,
  PLAIN_KNOCK,
  type Bundle,
  type Knock,
} from '../../src/codec/door.ts';
import {
  CHANGE_KEY,
  encodeChange,
  OPENING_KEY,
  type Change,
  type EpochLink,
} from '../../src/codec/epochs.ts';
import type { MemberEntry } from '../../src/codec/genesis.ts';
import { MAX_BUNDLE_BYTES, MAX_DRAFTS_PER_MESSAGE, MAX_KNOCK_BYTES } from '../../src/codec/limits.ts';
import type { Certificate } from '../../src/codec/vote.ts';

const EPOCH = asEpochDigest('e'.repeat(64));
const entry: MemberEntry = {
  id: asMemberId('echo'),
  name: 'Echo',
  organisation: 'Echo Foods',
  role: 'warehouse',
  gln: '4012345000009',
  voteKey: '1'.repeat(64) as MemberEntry['voteKey'],
  certificateKey: '2'.repeat(192) as MemberEntry['certificateKey'],
  logId: '3'.repeat(32) as MemberEntry['logId'],
  proofOfPossession: '4'.repeat(96),
};
const join = (author = 4): Knock['joins'][number] => ({
  kind: 'join',
  epoch: EPOCH,
  change: asDigest('d'.repeat(64)),
  author: asMemberIndex(author),
  signature: new Uint8Array(64).fill(1),
  share: new Uint8Array(48).fill(2),
});
const knock: Knock = { entry, replaces: asMemberId('echo'), joins: [join()] };
const change: Change = {
  format: 'countersign-change-1',
  epoch: 1,
  members: [entry],
  rulesVersion: 1,
  joinSecret: 'c'.repeat(64),
  reason: 'Echo joins',
};
const certificate = (key: Certificate['key']): Certificate => ({
  epoch: EPOCH,
  key,
  version: asVersion(1),
  round: asRound(0),
  digest: asDigest('9'.repeat(64)),
  groups: [{ form: 'votes', votes: [plain(join(0))] }],
});
function plain({ author, signature, share }: Knock['joins'][number]) {
  return { author, signature, share };
}
const link: EpochLink = {
  change: new Uint8Array([1, 2]),
  changeCertificate: certificate(CHANGE_KEY),
  opening: new Uint8Array([3]),
  openingCertificate: certificate(OPENING_KEY),
};
const bundle: Bundle = {
  genesis: new Uint8Array([9, 8, 7]),
  links: [link, link],
  secret: { epoch: 2, secret: new Uint8Array(32).fill(5) },
  drafts: [{ change, approvals: 3 }],
};

const typeOf = (result: { ok: boolean; error?: { type: string } }): string | null =>
  result.error?.type ?? null;

describe('what is said at the door', () => {
  it('comes back as it was', () => {
    for (const one of [PLAIN_KNOCK, knock, { ...knock, replaces: null, joins: [] }])
      expect(decodeKnock(encodeKnock(one))).toEqual({ ok: true, value: one });
    for (const one of [bundle, { ...bundle, links: [], secret: null, drafts: [] }])
      expect(decodeBundle(encodeBundle(one))).toEqual({ ok: true, value: one });
  });

  it('the longest knock that can be meant fits', () => {
    const long = '€'.repeat(80);
    const largest: Knock = {
      entry: { ...entry, id: asMemberId('e'.repeat(24)), name: long, organisation: long },
      replaces: asMemberId('e'.repeat(24)),
      joins: Array.from({ length: MAX_DRAFTS_PER_MESSAGE }, () => join(999)),
    };
    const bytes = encodeKnock(largest);
    expect(bytes.length).toBeLessThanOrEqual(MAX_KNOCK_BYTES);
    expect(decodeKnock(bytes).ok).toBe(true);
  });

  it.each<[string, readonly CborValue[]]>([
    ['nothing in it', []],
    ['another kind', ['bundle', null, null, []]],
    ['a field more', ['knock', null, null, [], null]],
    ['an entry that is none', ['knock', { ...entry, role: 'guest' } as unknown as CborValue, null, []]],
    ['an id that nobody can have', ['knock', entry as unknown as CborValue, 'Echo', []]],
    ['a place to take, and nobody to take it', ['knock', null, 'echo', []]],
    [
      'joins of nobody',
      ['knock', null, null, [[fromHex(EPOCH), fromHex(EPOCH), 0, new Uint8Array(64), new Uint8Array(48)]]],
    ],
    [
      'a join with a short share',
      [
        'knock',
        entry as unknown as CborValue,
        null,
        [[fromHex(EPOCH), fromHex(EPOCH), 0, new Uint8Array(64), new Uint8Array(47)]],
      ],
    ],
    [
      'more joins than drafts',
      [
        'knock',
        entry as unknown as CborValue,
        null,
        Array.from({ length: 9 }, () => [
          fromHex(EPOCH),
          fromHex(EPOCH),
          0,
          new Uint8Array(64),
          new Uint8Array(48),
        ]),
      ],
    ],
  ])('a knock with %s is refused', (_, fields) => {
    expect(typeOf(decodeKnock(encode(fields)))).toBe('knock-malformed');
  });

  const genesis = bundle.genesis;
  const draft = [encodeChange(change), 1];
  it.each<[string, readonly CborValue[]]>([
    ['another kind', ['knock', genesis, [], null, []]],
    ['no genesis', ['bundle', null, [], null, []]],
    ['a link that is none', ['bundle', genesis, [[]], null, []]],
    ['a short secret', ['bundle', genesis, [], [1, new Uint8Array(31)], []]],
    ['a secret of no epoch', ['bundle', genesis, [], [new Uint8Array(32)], []]],
    ['a draft that is none', ['bundle', genesis, [], null, [[new Uint8Array(3), 1]]]],
    ['half an approval', ['bundle', genesis, [], null, [[encodeChange(change), 0.5]]]],
    ['nine drafts', ['bundle', genesis, [], null, Array.from({ length: 9 }, () => draft)]],
  ])('a bundle with %s is refused', (_, fields) => {
    expect(typeOf(decodeBundle(encode(fields)))).toBe('bundle-malformed');
  });

  it('what is too large is not looked at, and says so', () => {
    expect(typeOf(decodeKnock(new Uint8Array(MAX_KNOCK_BYTES + 1)))).toBe('knock-too-large');
    expect(typeOf(decodeBundle(new Uint8Array(MAX_BUNDLE_BYTES + 1)))).toBe('bundle-too-large');
    expect(typeOf(decodeKnock(new Uint8Array()))).toBe('knock-malformed');
  });

  it('has one form', () => {
    const bytes = encodeBundle(bundle);
    const decoded = decode(bytes, MAX_BUNDLE_BYTES);
    expect(decoded.ok && encode(decoded.value)).toEqual(bytes);
  });
});
