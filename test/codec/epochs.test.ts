import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  asDigest,
  asEpochDigest,
  asKey,
  asMemberIndex,
  asRound,
  asVersion,
  fromHex,
} from '../../src/codec/brand.ts';
import { isEntryList, isIncluded } from '../../src/codec/batch.ts';
import { decode, encode, type CborValue } from '../../src/codec/cbor.ts';
import { decodeEpochMessage, encodeEpochMessage, type EpochMessage } from '../../src/codec/epoch-messages.ts';
import {
  CHANGE_KEY,
  decodeChange,
  decodeChangeValue,
  decodeLink,
  decodeMark,
  decodeOpening,
  decodeReport,
  encodeChange,
  encodeChangeValue,
  encodeLink,
  encodeMark,
  encodeOpening,
  encodeReport,
  OPENING_KEY,
  type Change,
  type EpochLink,
  type Opening,
  type Report,
} from '../../src/codec/epochs.ts';
import type { MemberEntry } from '../../src/codec/genesis.ts';
import { MAX_LOCKS_PER_REPORT } from '../../src/codec/limits.ts';
import { decodeMessage } from '../../src/codec/messages.ts';
import type { Certificate, Vote } from '../../src/codec/vote.ts';

const EPOCH = asEpochDigest('e'.repeat(64));
const hexOf = (n: number, length: number): string => n.toString(16).padStart(length, '0');
const digest = (n: number) => asDigest(hexOf(n, 64));
const member = (i: number): MemberEntry =>
  ({
    id: `m-${i}`,
    name: `Member ${i}`,
    organisation: `Organisation ${i}`,
    role: 'warehouse',
    gln: '4012345000009',
    voteKey: hexOf(i, 64),
    certificateKey: hexOf(i, 192),
    logId: hexOf(i, 32),
    proofOfPossession: 'a'.repeat(96),
  }) as MemberEntry;
const change: Change = {
  format: 'countersign-change-1',
  epoch: 1,
  members: [member(1), member(2), member(3), member(4)],
  rulesVersion: 1,
  joinSecret: 'c'.repeat(64),
  reason: 'Echo joins',
};
const countersigned = (author: number) => ({
  author: asMemberIndex(author),
  signature: new Uint8Array(64).fill(author),
  share: new Uint8Array(48).fill(author),
});
const groups = (...authors: number[]) => [{ form: 'votes' as const, votes: authors.map(countersigned) }];
const lock = (key: string, round = 0) => ({
  key: asKey(key),
  version: asVersion(2),
  digest: digest(7),
  round: asRound(round),
});
const polka = (key: string, round = 0): Vote[] =>
  [0, 1, 2].map((author) => ({
    ...lock(key, round),
    type: 'PRE-COMMIT',
    epoch: EPOCH,
    author: asMemberIndex(author),
    signature: new Uint8Array(64).fill(author),
  }));
const report: Report = {
  epoch: EPOCH,
  change: digest(1),
  root: digest(2),
  locks: [lock('package/a'), lock('package/b', 3)],
  ...countersigned(1),
  polkas: [...polka('package/a'), ...polka('package/b', 3)],
};
const opening: Opening = {
  change: digest(1),
  root: digest(2),
  statements: [
    { locks: [], groups: groups(0, 2) },
    { locks: report.locks, groups: groups(1) },
  ],
  polkas: report.polkas,
};
const certificate = (key: Certificate['key']): Certificate => ({
  epoch: EPOCH,
  key,
  version: asVersion(1),
  round: asRound(0),
  digest: digest(9),
  groups: groups(0, 1, 2),
});
const link: EpochLink = {
  change: new Uint8Array([1, 2]),
  changeCertificate: certificate(CHANGE_KEY),
  opening: new Uint8Array([3]),
  openingCertificate: certificate(OPENING_KEY),
};

const valueOf = <T>(result: { ok: boolean; value?: T }): T => {
  expect(result.ok).toBe(true);
  return result.value!;
};

describe('forms of epochs', () => {
  it('come back as they were, and to the same bytes', () => {
    expect(valueOf(decodeChange(encodeChange(change)))).toEqual(change);
    const value = { change, approvals: groups(0, 1, 2), joins: groups(3) };
    expect(valueOf(decodeChangeValue(encodeChangeValue(value)))).toEqual(value);
    expect(valueOf(decodeReport(encodeReport(report)))).toEqual(report);
    const read = valueOf(decodeOpening(encodeOpening(opening), EPOCH));
    expect(encodeOpening(read)).toEqual(encodeOpening(opening));
    expect(read.polkas).toHaveLength(6);
    expect(valueOf(decodeLink(encodeLink(link)))).toEqual(link);
    const mark = { state: 'closed', epoch: EPOCH, by: digest(4) } as const;
    expect(valueOf(decodeMark(encodeMark(mark)))).toEqual(mark);
  });

  it('an opening has one form, in whatever order the reports came', () => {
    const turned = { ...opening, statements: [...opening.statements].reverse() };
    expect(encodeOpening(turned)).toEqual(encodeOpening(opening));
  });

  it.each<[string, Record<string, CborValue>]>([
    ['another format', { format: 'countersign-change-2' }],
    ['epoch 0', { epoch: 0 }],
    ['rules version 0', { rulesVersion: 0 }],
    ['a short join secret', { joinSecret: '00' }],
    ['a reason too long', { reason: 'x'.repeat(401) }],
    ['no members', { members: [] }],
    ['a member that is none', { members: [{}] }],
    ['a field more', { more: 1 }],
  ])('a change with %s is refused', (_, part) => {
    const result = decodeChange(encode({ ...(change as unknown as Record<string, CborValue>), ...part }));
    expect(result).toMatchObject({ ok: false, error: { type: 'change-malformed' } });
  });

  it('locks out of order, twice, under network/ or too many are refused', () => {
    const withLocks = (locks: Report['locks']) => decodeReport(encodeReport({ ...report, locks }));
    expect(withLocks([lock('package/b'), lock('package/a')]).ok).toBe(false);
    expect(withLocks([lock('package/a'), lock('package/a', 1)]).ok).toBe(false);
    expect(withLocks([lock('network/change')]).ok).toBe(false);
    const many = Array.from({ length: MAX_LOCKS_PER_REPORT + 1 }, (_, i) => lock(`package/${hexOf(i, 4)}`));
    expect(withLocks(many).ok).toBe(false);
    expect(withLocks(many.slice(1)).ok).toBe(true);
  });

  it('an opening with reports out of order, or the same twice, is refused', () => {
    const fields = valueOf(decode(encodeOpening(opening), 1 << 20)) as CborValue[];
    const [first, second] = fields[3] as CborValue[];
    const read = (statements: CborValue[]) =>
      decodeOpening(encode([fields[0]!, fields[1]!, fields[2]!, statements, fields[4]!]), EPOCH).ok;
    expect(read([first!, second!])).toBe(true);
    expect(read([second!, first!])).toBe(false);
    expect(read([first!, first!])).toBe(false);
  });

  it('a link whose certificates are of other keys or versions is refused', () => {
    expect(decodeLink(encodeLink({ ...link, openingCertificate: certificate(CHANGE_KEY) })).ok).toBe(false);
    const later = { ...link.openingCertificate, version: asVersion(2) };
    expect(decodeLink(encodeLink({ ...link, openingCertificate: later })).ok).toBe(false);
  });

  it('a network/ key cannot hide in a batch', () => {
    const entry = (key: string) => ({ key: asKey(key), version: asVersion(1), digest: digest(1) });
    expect(isEntryList([entry('network/opening'), entry('package/a')])).toBe(false);
    const inclusion = { root: '0'.repeat(64), size: 2, index: 0, path: new Uint8Array(32) };
    expect(isIncluded(entry('network/opening'), inclusion)).toBe(false);
  });

  it('damaged bytes never throw', () => {
    const forms = [
      encodeChangeValue({ change, approvals: groups(0), joins: [] }),
      encodeReport(report),
      encodeOpening(opening),
      encodeLink(link),
    ];
    fc.assert(
      fc.property(fc.nat(3), fc.nat(), fc.nat(255), (which, at, byte) => {
        const damaged = forms[which]!.slice();
        damaged[at % damaged.length] = byte;
        for (const read of [decodeChangeValue, decodeReport, decodeLink, decodeMark]) read(damaged);
        decodeOpening(damaged, EPOCH);
        decodeEpochMessage(damaged);
      }),
      { numRuns: 500 },
    );
  });
});

describe('messages of epochs', () => {
  const messages: EpochMessage[] = [
    { type: 'drafts', changes: [encodeChange(change)] },
    {
      type: 'approvals',
      epoch: EPOCH,
      approvals: [
        { kind: 'approve', epoch: EPOCH, change: digest(1), ...countersigned(2) },
        { kind: 'join', epoch: EPOCH, change: digest(1), ...countersigned(3) },
      ],
    },
    { type: 'reports', epoch: EPOCH, reports: [report] },
    { type: 'want-chain', above: 3 },
    { type: 'chain', first: 4, links: [link] },
    { type: 'want-leaves', root: digest(2), from: '' },
    {
      type: 'leaves',
      root: digest(2),
      leaves: [{ key: asKey('package/a'), version: asVersion(1), digest: digest(7) }],
      complete: true,
    },
    { type: 'join-secret', epoch: 1, secret: fromHex('ab'.repeat(32)) },
    {
      type: 'break',
      genesis: new Uint8Array([1, 2, 3]),
      signatures: [{ author: asMemberIndex(1), signature: new Uint8Array(64).fill(3) }],
    },
    {
      type: 'requests',
      requests: [
        { entry: member(5), replaces: null, age: 0 },
        { entry: member(4), replaces: member(4).id, age: 600_000 },
      ],
    },
  ];

  it.each(messages.map((m) => [m.type, m] as const))('%s comes back as it was', (_, message) => {
    expect(decodeEpochMessage(encodeEpochMessage(message))).toEqual({ ok: true, value: message });
  });

  it.each([
    ['without an entry', [null, null, 0]],
    ['with an entry that is none', [{ ...member(5), gln: '1' }, null, 0]],
    ['of a place that no member can have', [member(5), 'No Id', 0]],
    ['older than any is told', [member(5), null, 600_001]],
    ['of another length', [member(5), null]],
  ])('refuse a request %s', (_, fields) => {
    expect(decodeEpochMessage(encode([40, [fields as CborValue]]))).toMatchObject({
      ok: false,
      error: { type: 'malformed-message' },
    });
  });

  it('have numbers that no other message has', () => {
    for (const message of messages) expect(decodeMessage(encodeEpochMessage(message)).ok).toBe(false);
  });
});
