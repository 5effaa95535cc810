import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ActionError, MemberView, PackageRecord, Result, SessionView } from '../../src/worker/api.ts';
import { isInspection, openSession } from '../../src/ui/bench/steps.ts';
import { emptyDraft, giveVerdict, setPhotos } from '../../src/ui/bench/quality-draft.ts';
import { dayOf, emptyKey, keyOf, periodOf, signatureOf } from '../../src/ui/directory/key-form.ts';
import { keyStanding } from '../../src/ui/directory/texts.ts';
import { enterAnswer } from '../../src/ui/hand-off/HandOverPage.tsx';
import { oneAtATime } from '../../src/ui/hand-off/one-at-a-time.ts';
import { codeOf, codeProblem } from '../../src/ui/hand-off/texts.ts';
import { lineHolderOf, ownCouriers, tasksFor } from '../../src/ui/hand-off/who.ts';
import { defaultPage, pagesFor } from '../../src/ui/routes.ts';
import type { Action } from '../../src/ui/parts/use-action.ts';
import { takeFirst } from '../../src/ui/scan/field-wedge.ts';
import { blankSession, MEMBERS, record, tx } from './fake-client.ts';

const [alfa, bravo, cargo, delta] = MEMBERS as [MemberView, MemberView, MemberView, MemberView];
const plan = {
  lotSize: 10,
  letter: 'B',
  sampleSize: 3,
  major: { aql: 2.5, accept: 0, reject: 1 },
  minor: { aql: 4, accept: 0, reject: 1 },
};
const inspected = (
  verdicts: readonly ('accept' | 'quarantine' | 'reject')[],
  change: Partial<PackageRecord> = {},
): PackageRecord => ({
  ...record(1),
  status: 'labelled',
  inspection: {
    lines: verdicts.map((verdict, line) => ({ line, plan, defects: [], photos: [], verdict })),
    at: 1,
    by: 'bravo/op-1',
  },
  ...change,
});
const handOff: NonNullable<PackageRecord['handOff']> = {
  courierId: 'delta',
  courierName: 'Delta Express',
  courierGln: delta.gln,
  courierKey: 'ab'.repeat(32),
  vehicle: null,
  seal: null,
  place: bravo.gln,
  time: 1,
  digest: 'cd'.repeat(32),
  at: 1,
  by: 'bravo/op-1',
};

describe('what a member can do with a package', () => {
  it('offers a hand-off to a warehouse that does not have the package', () => {
    const labelled = inspected(['accept', 'accept']);
    expect(tasksFor(labelled, bravo)).toEqual(['hand-over', 'lines']);
    expect(tasksFor(labelled, cargo)).toEqual([]);
    expect(tasksFor(labelled, delta)).toEqual([]);
    expect(tasksFor(labelled, null)).toEqual([]);
  });
  it('offers a recall of another supplier’s package', () => {
    expect(tasksFor(inspected(['accept', 'accept']), alfa)).toEqual(['lines']);
    expect(tasksFor(inspected(['accept', 'accept']), { ...alfa, gln: '9521199000018' })).toEqual([]);
  });
  it('offers holds once the courier has signed', () => {
    const left = inspected(['accept', 'accept'], { status: 'in-transit', handOff });
    expect(tasksFor(left, bravo)).toEqual(['delivery']);
    expect(tasksFor(left, delta)).toEqual(['delivery']);
    expect(tasksFor(left, { ...delta, gln: '9521199000018' })).toEqual([]);
    expect(tasksFor(left, alfa)).toEqual([]);
    expect(tasksFor(left, cargo)).toEqual([]);
  });
  it('lets a warehouse release what the supplier has recalled', () => {
    const recalled = inspected(['quarantine', 'reject'], {
      status: 'quarantined',
      holds: [{ line: 0, member: 'alfa', reason: 'recall', at: 2 }],
    });
    expect(lineHolderOf(recalled, 0)).toBe('alfa');
    expect(tasksFor(recalled, alfa)).toEqual(['lines']);
    expect(tasksFor(recalled, bravo)).toEqual([]);
    expect(tasksFor(inspected(['quarantine', 'reject'], { status: 'quarantined' }), bravo)).toEqual([
      'lines',
    ]);
  });
  it('takes every courier of the directory for one’s own', () => {
    const couriers = [
      { id: 'delta', name: 'Delta Express', gln: delta.gln },
      { id: 'echo', name: 'Echo Freight', gln: '9521144000011' },
    ];
    expect(ownCouriers(delta, couriers).map((one) => one.id)).toEqual(['delta']);
    expect(ownCouriers(bravo, couriers)).toEqual([]);
  });
});

describe('the bench', () => {
  const lone = (path: string): SessionView => ({ ...blankSession('x'), transactions: [tx(path, {}, {})] });
  it('takes up a hand-off or a release as if it were an inspection', () => {
    for (const path of ['/hand-off', '/delivery', '/quarantine', '/release', '/courier', '/directory/add']) {
      expect(isInspection(lone(path)), path).toBe(false);
      expect(openSession([lone(path)]), path).toBeNull();
    }
    expect(openSession([lone('/sessions')])?.id).toBe('x');
  });
  it('puts a photo on the line that came in front while it was read', () => {
    const first = emptyDraft(2);
    const moved = giveVerdict(first, 'accept');
    const photo = { digest: 'aa'.repeat(32), name: 'dent.png' };
    const after = setPhotos(moved, 0, [photo]);
    expect(after.line).toBe(1);
    expect(after.lines.map((line) => line.photos)).toEqual([[photo], []]);
    expect(after.lines[0]?.verdict).toBe('accept');
  });
});

describe('vehicle and seal', () => {
  it('are sent as the statement refuses them', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 24 }), (text) => {
        const code = codeOf(text);
        if (codeProblem('Seal', code) !== null) return;
        expect(code === null || /^[A-Z0-9][A-Z0-9-]{0,19}$/.test(code)).toBe(true);
      }),
    );
  });
  it('make a person type capitals, or forbid an empty field', () => {
    expect(codeOf(' trk 7 ')).toBe('TRK-7');
    expect(codeOf('  ')).toBeNull();
    expect(codeProblem('Seal', null)).toBeNull();
    expect(codeProblem('Seal', '-7')).toContain('Seal');
  });
});

describe('the courier’s answer', () => {
  type Answer = Result<SessionView | null, ActionError>;
  /** As useAction: what is thrown and what is refused is shown beside, and the caller is told no more than that. */
  const action: Pick<Action, 'run'> = {
    run: async (_what, call) => (await call().catch(() => null))?.ok === true,
  };
  const refused = (message: string): Answer => ({
    ok: false,
    error: { type: 'text-unreadable', message },
  });

  it('counts for entered when it was refused, so that the other layout’s reading is never tried', async () => {
    const asked: string[] = [];
    const enter = (text: string): Promise<string | null> =>
      enterAnswer(action, async () => {
        asked.push(text);
        return text === 'countersigny' ? { ok: true, value: null } : refused('This is no answer.');
      });
    expect(await enter('countersignz')).toBe('This is no answer.');
    expect(await takeFirst(['countersignz', 'countersigny'], enter, 'No answer.')).toBeNull();
    expect(asked).toEqual(['countersignz', 'countersignz', 'countersigny']);
  });
  it('counts for entered when the replica is silent, or another is just being entered', async () => {
    const silent = await enterAnswer(action, () => Promise.reject(new Error('gone')));
    expect(silent).toMatch(/did not answer/);
    const busy = await enterAnswer({ run: async () => false }, () => Promise.reject(new Error('not called')));
    expect(busy).not.toBeNull();
    expect(busy).not.toBe(silent);
  });
});

describe('a second tap', () => {
  it('signs a second time, or none works any more', async () => {
    const running = { current: false };
    let signed = 0;
    let answer = (): void => undefined;
    const sign = (): Promise<void> => {
      signed++;
      return new Promise((resolve) => (answer = resolve));
    };
    const taps = [oneAtATime(running, sign), oneAtATime(running, sign)];
    expect(signed).toBe(1);
    answer();
    await Promise.all(taps);
    await expect(oneAtATime(running, () => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
    void oneAtATime(running, sign);
    expect(signed).toBe(2);
  });
});

describe('keys of the directory', () => {
  const now = Date.UTC(2026, 2, 11, 14);
  it('a period that the rule refuses, or a last day that ends at its beginning', () => {
    const good = periodOf({ from: '2026-03-11', until: '2026-03-11' });
    expect(good).toEqual({
      ok: true,
      value: { validFrom: Date.UTC(2026, 2, 11) / 1000, validUntil: Date.UTC(2026, 2, 12) / 1000 - 1 },
    });
    expect(periodOf({ from: '2026-03-11', until: '2026-03-10' }).ok).toBe(false);
    expect(periodOf({ from: '2026-03-11', until: '2028-12-31' }).ok).toBe(false);
    expect(periodOf({ from: '', until: '2026-03-10' }).ok).toBe(false);
    expect(periodOf(emptyKey(now)).ok).toBe(true);
    expect(dayOf(now)).toBe('2026-03-11');
  });
  it('a key or a signature that was pasted with line breaks is refused', () => {
    const hex = 'ab'.repeat(32);
    const form = { ...emptyKey(now), keyId: ' k-1 ', publicKey: `${hex.slice(0, 32)}\n${hex.slice(32)}` };
    expect(keyOf(form)).toMatchObject({ ok: true, value: { keyId: 'k-1', publicKey: hex } });
    expect(keyOf({ ...form, publicKey: hex.slice(1) }).ok).toBe(false);
    expect(keyOf({ ...form, keyId: ' ' }).ok).toBe(false);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), (bytes) => {
        const buffer = Buffer.from(bytes);
        for (const text of [
          buffer.toString('hex'),
          buffer.toString('base64'),
          buffer.toString('base64url'),
        ]) {
          const read = signatureOf(`${text.slice(0, 40)}\n ${text.slice(40)}`);
          expect(read.ok && Buffer.from(read.value).equals(buffer)).toBe(true);
        }
      }),
    );
    for (const bad of ['', 'zz', 'ab'.repeat(63), 'not base64 at all!'])
      expect(signatureOf(bad).ok).toBe(false);
  });
  it('a key is shown in force before, after, or when it is revoked', () => {
    const key = { validFrom: 100, validUntil: 200, revokedAt: null };
    expect(keyStanding(key, 99_999)).toBe('not yet in force');
    expect(keyStanding(key, 200_999)).toBe('in force');
    expect(keyStanding(key, 201_000)).toBe('ended');
    expect(keyStanding({ ...key, revokedAt: 150 }, 150_000)).toBe('revoked');
    expect(keyStanding({ validFrom: null, validUntil: null, revokedAt: null }, 0)).toBe('in force');
  });
});

describe('pages of a role', () => {
  it('a courier begins where it signs, and everybody can read the directory', () => {
    expect(defaultPage('courier')).toBe('deliveries');
    for (const role of ['supplier', 'warehouse', 'courier', null] as const)
      expect(pagesFor(role)).toContain('directory');
    expect(pagesFor('warehouse')).not.toContain('deliveries');
  });
});
