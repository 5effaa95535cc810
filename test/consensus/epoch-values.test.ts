/** valid(C) and valid(O): what a change and an opening must be, whatever is signed. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asMemberId, asMemberIndex, asRound, asVersion, type Key } from '../../src/codec/brand.ts';
import { encodeOpening, type ReportedLock } from '../../src/codec/epochs.ts';
import type { MemberEntry } from '../../src/codec/genesis.ts';
import { openingOf } from '../../src/consensus/epochs/arms.ts';
import { carriedInto, epochAfter, foldLocks } from '../../src/consensus/epochs/chain.ts';
import type { Carried } from '../../src/consensus/epochs/types.ts';
import { checkChangeValue, checkDraft, checkOpeningValue } from '../../src/consensus/epochs/values.ts';
import {
  changeTo,
  digestOf,
  entry,
  first,
  linkAfter,
  lockOn,
  PACKAGE,
  report,
  signed,
} from './epochs-harness.ts';

const EPOCH = first();
const MEMBERS = EPOCH.members;
const draftError = (members: readonly MemberEntry[], part = {}, chain = [EPOCH]): string | null => {
  const found = checkDraft(chain, changeTo(members, chain.at(-1)!.number + 1, part));
  return found.ok ? null : found.error.type;
};
const groups = (...authors: number[]) =>
  authors.length === 0 ? [] : [{ form: 'votes' as const, votes: authors.map(signed) }];

describe('valid(C)', () => {
  it('joining, leaving, another key, another log and the same members are allowed', () => {
    expect(draftError([...MEMBERS, entry(5)])).toBeNull();
    expect(draftError([...MEMBERS.slice(1), entry(5)])).toBeNull();
    expect(draftError([{ ...entry(9), id: MEMBERS[0]!.id }, ...MEMBERS.slice(1)])).toBeNull();
    expect(draftError([entry(1, 9), ...MEMBERS.slice(1)])).toBeNull();
    expect(draftError(MEMBERS)).toBeNull();
  });

  it.each<[string, string, readonly MemberEntry[], object]>([
    ['of another epoch', 'change-wrong-epoch', MEMBERS, { epoch: 2 }],
    ['below four members', 'change-too-few-members', MEMBERS.slice(1), {}],
    [
      'with one organisation twice',
      'change-organisation-twice',
      [...MEMBERS, { ...entry(5), organisation: 'Organisation 1' }],
      {},
    ],
    [
      'with one id twice',
      'change-organisation-twice',
      [...MEMBERS, { ...entry(5), id: asMemberId('m-1') }],
      {},
    ],
    [
      'with one vote key twice',
      'change-key-twice',
      [...MEMBERS, { ...entry(5), voteKey: MEMBERS[0]!.voteKey }],
      {},
    ],
    [
      'with one certificate key twice',
      'change-key-twice',
      [...MEMBERS, { ...entry(5), certificateKey: MEMBERS[0]!.certificateKey }],
      {},
    ],
    ['with one log twice', 'change-log-twice', [...MEMBERS, entry(5, 1)], {}],
    ['with the log of a member that goes', 'change-log-used', [...MEMBERS.slice(1), entry(5, 1)], {}],
    [
      'with the key of a member under another id',
      'change-key-used',
      [{ ...entry(1, 9), id: asMemberId('new') }, ...MEMBERS.slice(1)],
      {},
    ],
    [
      'with half of a key pair',
      'change-key-used',
      [{ ...entry(9), id: MEMBERS[0]!.id, voteKey: MEMBERS[0]!.voteKey }, ...MEMBERS.slice(1)],
      {},
    ],
  ])('a change %s is refused', (_, type, members, part) => {
    expect(draftError(members, part)).toBe(type);
  });

  it('rules do not go back', () => {
    const newer = { ...EPOCH, rulesVersion: 2 };
    expect(draftError(MEMBERS, { rulesVersion: 1 }, [newer])).toBe('change-rules-go-back');
    expect(draftError(MEMBERS, { rulesVersion: 3 }, [newer])).toBeNull();
  });

  it('keys, logs and ids of members that left two epochs ago are not given away again', () => {
    const second = epochAfter(EPOCH, linkAfter(EPOCH, [...MEMBERS.slice(1), entry(5)], '5'));
    const third = epochAfter(second, linkAfter(second, [...MEMBERS.slice(1), entry(5)], '6'));
    const chain = [EPOCH, second, third];
    const next = (one: MemberEntry) => [...third.members, one];
    expect(draftError(next(entry(1)), {}, chain)).toBe('change-id-used');
    expect(draftError(next({ ...entry(1, 9), id: asMemberId('new') }), {}, chain)).toBe('change-key-used');
    expect(draftError(next(entry(6, 1)), {}, chain)).toBe('change-log-used');
    expect(draftError(next({ ...entry(6), id: asMemberId('m-1') }), {}, chain)).toBe('change-id-used');
    expect(draftError(next(entry(6)), {}, chain)).toBeNull();
  });

  it('q approvals and every join are needed, by somebody who is in the lists', () => {
    const change = changeTo([...MEMBERS.slice(1), entry(5)]);
    const check = (approvals: number[], joins: number[]): string | null => {
      const found = checkChangeValue([EPOCH], {
        change,
        approvals: groups(...approvals),
        joins: groups(...joins),
      });
      return found.ok ? null : found.error.type;
    };
    expect(check([0, 1, 2], [3])).toBeNull();
    expect(check([0, 1], [3])).toBe('change-approvals-lacking');
    expect(check([0, 1, 1], [3])).toBe('change-approvals-lacking');
    expect(check([0, 1, 2], [])).toBe('change-joins-lacking');
    expect(check([0, 1, 4], [3])).toBe('change-approval-unknown');
    expect(check([0, 1, 2], [3, 4])).toBe('change-approval-unknown');
  });
});

describe('valid(O)', () => {
  const good = openingOf([
    report(EPOCH, 0, digestOf('1')),
    report(EPOCH, 1, digestOf('1'), [lockOn('a', 1)]),
    report(EPOCH, 2, digestOf('1')),
  ]);
  const error = (opening = good): string | null => {
    const found = checkOpeningValue(EPOCH, opening);
    return found.ok ? null : found.error.type;
  };

  it('equal reports become one statement, and a polka is there once', () => {
    expect(error()).toBeNull();
    expect(good.statements).toHaveLength(2);
    expect(good.polkas).toHaveLength(3);
  });

  it('too few reports, one twice, or of nobody', () => {
    expect(error({ ...good, statements: good.statements.slice(0, 1) })).toBe('opening-reports-lacking');
    const twice = [...good.statements, { locks: [lockOn('b', 0)], groups: groups(0) }];
    expect(error({ ...good, statements: twice })).toBe('opening-report-twice');
    const stranger = [...good.statements, { locks: [], groups: groups(4) }];
    expect(error({ ...good, statements: stranger })).toBe('opening-report-unknown');
  });

  it('a lock without its polka, of another round, or with a vote less', () => {
    expect(error({ ...good, polkas: [] })).toBe('opening-lock-without-polka');
    expect(error({ ...good, polkas: good.polkas.slice(1) })).toBe('opening-lock-without-polka');
    const other = good.polkas.map((vote) => ({ ...vote, round: asRound(2) }));
    expect(error({ ...good, polkas: other })).toBe('opening-lock-without-polka');
    const commits = good.polkas.map((vote) => ({ ...vote, type: 'COMMIT' as const }));
    expect(error({ ...good, polkas: commits })).toBe('opening-lock-without-polka');
  });

  it('votes that prove no lock only make it large', () => {
    const more = [...good.polkas, { ...good.polkas[0]!, digest: digestOf('b') }];
    expect(error({ ...good, polkas: more })).toBe('opening-polka-unneeded');
  });
});

describe('any reports', () => {
  const letters = fc.constantFrom('a', 'b', 'f');
  const lock = fc
    .record({
      letter: letters,
      round: fc.nat(4),
      version: fc.integer({ min: 1, max: 3 }),
      key: fc.constantFrom('package/a', 'package/b'),
    })
    .map(({ letter, round, version, key }) => lockOn(letter, round, version, key as Key));
  const locksOf = fc
    .uniqueArray(lock, { maxLength: 2, selector: ({ key }) => key })
    .map((locks) => locks.sort((a, b) => (a.key < b.key ? -1 : 1)));

  it('give one opening, in whatever order they came', () => {
    fc.assert(
      fc.property(fc.array(locksOf, { minLength: 3, maxLength: 4 }), fc.nat(), (all, turn) => {
        const reports = all.map((locks, i) => report(EPOCH, i, digestOf('1'), locks));
        const turned = reports.map((_, i) => reports[(i + turn) % reports.length]!);
        expect(encodeOpening(openingOf(turned))).toEqual(encodeOpening(openingOf(reports)));
        expect(checkOpeningValue(EPOCH, openingOf(reports)).ok).toBe(true);
      }),
    );
  });

  it('carry, for each key, the highest lock of the version after R, or nothing', () => {
    fc.assert(
      fc.property(fc.array(locksOf, { minLength: 3, maxLength: 4 }), fc.nat(2), (all, version) => {
        const opening = openingOf(all.map((locks, i) => report(EPOCH, i, digestOf('1'), locks)));
        const folded = new Map<Key, Carried>();
        foldLocks(folded, opening);
        const leaves = new Map(
          version === 0
            ? []
            : [[PACKAGE, { key: PACKAGE, version: asVersion(version), digest: digestOf('1') }]],
        );
        const found = carriedInto(folded, leaves).get(PACKAGE);
        const candidates = all.flat().filter((one: ReportedLock) => one.key === PACKAGE);
        const top = Math.max(0, ...candidates.map((one) => one.version));
        const ofNext = candidates.filter((one) => one.version === version + 1 && one.version === top);
        const round = Math.max(-1, ...ofNext.map((one) => one.round));
        if (ofNext.length === 0) expect(found).toBeUndefined();
        else expect(ofNext.some((one) => one.round === round && one.digest === found?.digest)).toBe(true);
      }),
    );
  });

  it('an earlier opening is not overruled in the same version', () => {
    const locks = new Map<Key, Carried>();
    const openingWith = (letter: string, round: number) =>
      openingOf(
        [0, 1, 2].map((i) => report(EPOCH, asMemberIndex(i), digestOf('1'), [lockOn(letter, round)])),
      );
    foldLocks(locks, openingWith('a', 0));
    foldLocks(locks, openingWith('b', 9));
    expect(locks.get(PACKAGE)?.digest).toBe(digestOf('a'));
  });
});
