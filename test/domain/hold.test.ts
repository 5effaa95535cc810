import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CborValue } from '../../src/codec/cbor.ts';
import { SERVICES, type PackageStatus } from '../../src/domain/supply/types.ts';
import { ALFA, BRAVO, CARGO, DELTA, Net, PACKAGE, signed, type Body } from './network.ts';
import { accept, problemMessage, problemType } from './support.ts';

let announced: Net;
let inspected: Net;

beforeAll(async () => {
  announced = await Net.create();
  await announced.announce();
  inspected = announced.fork();
  await inspected.inspect();
});

const judged = (line: number, verdict: string, defects: CborValue[] = []): CborValue => ({
  line,
  verdict,
  defects,
  photos: [],
});
const quarantine = (net: Net, member: number, lines: number[], reason = 'damage') =>
  net.commit(member, PACKAGE, [[SERVICES.quarantine, { lines, reason }]]);
const release = (
  net: Net,
  member: number,
  ...lines: [line: number, verdict: string, defects?: CborValue[] | null][]
) =>
  net.commit(member, PACKAGE, [
    [
      SERVICES.release,
      { lines: lines.map(([line, verdict, defects = null]) => ({ line, verdict, defects, photos: [] })) },
    ],
  ]);
const majors = (count: number): CborValue[] => [{ code: 'dent', severity: 'major', count }];

describe('quarantine after the inspection', () => {
  it('holds one line and leaves the rest with its label and courier', async () => {
    const net = inspected.fork();
    const response = await quarantine(net, BRAVO, [1], 'temperature');
    expect(response.body).toMatchObject({ status: 'labelled', accepted: 1, quarantined: 1, rejected: 0 });
    expect(net.package.label?.courierId).toBe('delta-express');
    expect(net.package.holds).toEqual([{ line: 1, member: 'bravo', reason: 'temperature', at: net.now }]);
    expect((await quarantine(net, BRAVO, [0])).body).toMatchObject({ status: 'quarantined' });
    expect(net.package.label).toBeNull();
    expect(problemType(await quarantine(net, BRAVO, [0]))).toBe('line-not-held');
  });

  it('is for the warehouse that has the package, and for its supplier', async () => {
    expect(problemType(await quarantine(inspected, CARGO, [0]))).toBe('not-allowed');
    expect((await quarantine(inspected, DELTA, [0])).body).toMatchObject({ type: 'role-not-allowed' });
    const net = inspected.fork();
    expect((await quarantine(net, ALFA, [0], 'recall')).status).toBe(200);
    expect(net.package.holds?.[0]).toMatchObject({ member: 'alfa', reason: 'recall' });
    // What the supplier has recalled, the warehouse can't release.
    const refused = await release(net, BRAVO, [0, 'accept']);
    expect(problemType(refused)).toBe('not-allowed');
    expect(problemMessage(refused)).toContain('held by alfa');
    expect((await release(net, ALFA, [0, 'accept'])).body).toMatchObject({ status: 'labelled', accepted: 2 });
    expect(net.package).not.toHaveProperty('holds');
  });

  it('of another supplier’s package is refused', async () => {
    const net = inspected.fork();
    const stranger = {
      ...net.genesis,
      members: net.genesis.members.map((m) => ({ ...m, gln: m.id === 'alfa' ? '9521142000013' : m.gln })),
    };
    const other = Object.assign(net.fork(), { genesis: stranger });
    expect(problemType(await quarantine(other, ALFA, [0], 'recall'))).toBe('not-allowed');
  });

  it('has no place before an inspection, beside other steps, or with words of one’s own', async () => {
    expect(problemType(await quarantine(announced, ALFA, [0]))).toBe('step-order');
    expect(problemType(await quarantine(announced, BRAVO, [0]))).toBe('step-order');
    expect(problemType(await quarantine(inspected, BRAVO, [0], 'Mr Smith was here'))).toBe(
      'request-malformed',
    );
    for (const lines of [[], [0, 0], [-1], [2], [0.5]]) {
      const type = problemType(await quarantine(inspected, BRAVO, lines));
      expect([lines, type]).toEqual([lines, lines[0] === 2 ? 'line-not-held' : 'request-malformed']);
    }
    const after = await inspected.run(BRAVO, PACKAGE, [
      [SERVICES.startSession, {}],
      [SERVICES.quarantine, { lines: [0], reason: 'damage' }],
    ]);
    expect('refused' in after && problemType(after.refused)).toBe('step-order');
  });
});

describe('release', () => {
  it('accepts a held line only within its plan, by what a second look found or what stands', async () => {
    const net = announced.fork();
    await net.inspect([judged(0, 'quarantine', majors(3)), judged(1, 'reject')]);
    expect(net.package).toMatchObject({ status: 'quarantined', label: null });
    const standing = await release(net, BRAVO, [0, 'accept']);
    expect(problemType(standing)).toBe('verdict-outside-limits');
    expect(problemMessage(standing)).toContain('3 major');
    expect(problemType(await release(net, BRAVO, [0, 'accept', majors(2)]))).toBe('verdict-outside-limits');
    expect(problemType(await release(net, CARGO, [0, 'accept', []]))).toBe('not-allowed');
    expect(problemType(await release(net, BRAVO, [1, 'accept', []]))).toBe('line-not-held');
    const response = await release(net, BRAVO, [0, 'accept', majors(1)]);
    expect(response.body).toMatchObject({ status: 'released', accepted: 1, rejected: 1 });
    expect(net.package.inspection?.lines[0]?.defects).toEqual(majors(1));
    expect(net.package.label).toBeNull();
    // A courier comes in a session of its own; then it goes its way.
    const assigned = await net.commit(BRAVO, PACKAGE, [[SERVICES.assign, { courierId: 'delta-express' }]]);
    expect(assigned.body).toMatchObject({ acceptedLines: 1, heldLines: 1, courier: { id: 'delta-express' } });
    expect(net.package.status).toBe('labelled');
  });

  it('of the last held line to reject ends the package', async () => {
    const net = announced.fork();
    await net.inspect([judged(0, 'quarantine'), judged(1, 'reject')]);
    expect((await release(net, BRAVO, [0, 'reject'])).body).toMatchObject({
      status: 'rejected',
      rejected: 2,
    });
    const assigned = await net.commit(BRAVO, PACKAGE, [[SERVICES.assign, { courierId: 'delta-express' }]]);
    expect(problemType(assigned)).toBe('nothing-accepted');
  });
});

describe('the choice of a courier', () => {
  it('may change until the courier has signed, by the warehouse that has the package', async () => {
    const net = inspected.fork();
    const assign = (member: number, body: Body = {}) =>
      net.commit(member, PACKAGE, [[SERVICES.assign, { courierId: 'delta-express', ...body }]]);
    expect(problemType(await assign(CARGO))).toBe('not-allowed');
    expect(problemType(await assign(BRAVO, { courierId: 'nobody' }))).toBe('courier-unknown');
    const sealed = [{ name: 'freight-price', digest: 'ab'.repeat(32) }];
    expect((await assign(BRAVO, { sealed })).status).toBe(200);
    expect(net.package.sealed).toEqual(sealed);
    // A fact that is sealed is never sealed anew: it would prove another thing.
    expect(problemType(await assign(BRAVO, { sealed }))).toBe('sealed-twice');
    const statement = net.handOff();
    const [warehouse, courier] = [
      await signed(net.member(BRAVO), statement),
      await signed(net.member(DELTA), statement),
    ];
    expect(
      (await net.commit(BRAVO, PACKAGE, [[SERVICES.handOff, { statement, warehouse, courier }]])).status,
    ).toBe(200);
    expect(problemType(await assign(BRAVO))).toBe('package-left');
    expect(problemType(await quarantine(net, BRAVO, [0]))).toBe('package-left');
    expect(problemType(await quarantine(net, ALFA, [0], 'recall'))).toBe('package-left');
    expect(problemType(await release(net, BRAVO, [0, 'reject']))).toBe('package-left');
  });
});

describe('any order of holds and releases', () => {
  it('keeps status, verdicts and holders in step', async () => {
    const act = fc.record({
      what: fc.constantFrom('quarantine', 'accept', 'reject', 'assign'),
      line: fc.nat(1),
      member: fc.constantFrom(ALFA, BRAVO, CARGO),
      defects: fc.option(fc.nat(4)),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 8 }), async (acts) => {
        const net = inspected.fork();
        const verdicts = ['accept', 'accept'];
        const holders: (string | null)[] = [null, null];
        let hasLabel = true;
        for (const { what, line, member, defects } of acts) {
          const before = net.heads.get(PACKAGE)!.record;
          const id = net.genesis.members[member]!.id;
          const response =
            what === 'assign'
              ? await net.commit(member, PACKAGE, [[SERVICES.assign, { courierId: 'delta-express' }]])
              : what === 'quarantine'
                ? await quarantine(net, member, [line])
                : await release(net, member, [
                    line,
                    what,
                    defects === null ? null : defects === 0 ? [] : majors(defects),
                  ]);
          if (response.status >= 300) {
            expect(net.heads.get(PACKAGE)!.record).toBe(before);
            continue;
          }
          if (what === 'assign') {
            expect([id, verdicts.includes('accept')]).toEqual(['bravo', true]);
            hasLabel = true;
          } else if (what === 'quarantine') {
            expect(verdicts[line]).toBe('accept');
            expect(id).not.toBe('cargo');
            verdicts[line] = 'quarantine';
            holders[line] = id;
          } else {
            expect(holders[line]).toBe(id);
            verdicts[line] = what;
            holders[line] = null;
          }
          if (!verdicts.includes('accept')) hasLabel = false;
          const status: PackageStatus = verdicts.includes('accept')
            ? hasLabel
              ? 'labelled'
              : 'released'
            : verdicts.includes('quarantine')
              ? 'quarantined'
              : 'rejected';
          const { inspection, holds = [], label } = net.package;
          expect(net.package.status).toBe(status);
          expect(inspection!.lines.map((one) => one.verdict)).toEqual(verdicts);
          expect(holds.map((hold) => [hold.line, hold.member])).toEqual(
            holders.flatMap((holder, i) => (holder === null ? [] : [[i, holder]])),
          );
          expect(label !== null).toBe(hasLabel);
          for (const one of inspection!.lines) {
            const found = one.defects
              .filter((d) => d.severity === 'major')
              .reduce((sum, d) => sum + d.count, 0);
            if (one.verdict === 'accept') expect(found).toBeLessThanOrEqual(one.plan.major.accept);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('is cleared by a new inspection', async () => {
    const net = inspected.fork();
    await quarantine(net, BRAVO, [1]);
    await net.inspect([accept(0), accept(1)], CARGO);
    expect(net.package).not.toHaveProperty('holds');
    expect(net.package).toMatchObject({ status: 'labelled', inspection: { by: 'cargo/op-7' } });
    expect(problemType(await quarantine(net, BRAVO, [1]))).toBe('not-allowed');
  });
});
