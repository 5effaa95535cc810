import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CborValue } from '../../src/codec/cbor.ts';
import { encode } from '../../src/codec/cbor.ts';
import { directoryKey } from '../../src/domain/supply/directory.ts';
import { SUPPLY_SERVICES } from '../../src/domain/supply/registry.ts';
import { DIRECTORY_SERVICES, SERVICES } from '../../src/domain/supply/types.ts';
import { runRequest } from '../../src/l2/execute.ts';
import { ALFA, BRAVO, DELTA, done, Net, PACKAGE, signed, type Body } from './network.ts';
import { accept, goodEnvelope, SSCC } from './support.ts';

let announced: Net;
let labelled: Net;
let inTransit: Net;
/** A body of each service that it takes, and the state in which it does. */
let good: Record<
  string,
  { net: Net; member: number; key: typeof PACKAGE; before: [string, Body][]; body: Body }
>;

beforeAll(async () => {
  const empty = await Net.create();
  announced = empty.fork();
  await announced.announce();
  labelled = announced.fork();
  await labelled.inspect();
  inTransit = labelled.fork();
  const statement = labelled.handOff();
  const both = {
    warehouse: await signed(labelled.member(BRAVO), statement),
    courier: await signed(labelled.member(DELTA), statement),
  };
  done(await inTransit.commit(BRAVO, PACKAGE, [[SERVICES.handOff, { statement, ...both }]]));
  const held = labelled.fork();
  done(await held.commit(BRAVO, PACKAGE, [[SERVICES.quarantine, { lines: [0], reason: 'count' }]]));
  const delivery = inTransit.delivery({ time: inTransit.now + 1 });
  const key = directoryKey('supplier', '4012345000115');
  const [first, second] = await Promise.all([empty.key(key, 'k1'), empty.key(key, 'k2')]);
  const entered = empty.fork();
  done(await entered.commit(ALFA, key, [[DIRECTORY_SERVICES.add, { name: 'Alfa', key: first.body }]]));
  const steps: [string, Body][] = [
    [SERVICES.startSession, {}],
    [SERVICES.scan, { code: SSCC, source: 'typed' }],
    [SERVICES.validate, {}],
    [SERVICES.quality, { lines: [accept(0), accept(1)] }],
    [SERVICES.label, { courierId: 'delta-express' }],
    [SERVICES.finish, {}],
  ];
  const lone = (net: Net, member: number, body: Body, at = PACKAGE) => ({
    net,
    member,
    key: at,
    before: [],
    body,
  });
  good = {
    [SERVICES.createPackage]: lone(empty, ALFA, { envelope: await goodEnvelope(empty.supplier) }),
    ...Object.fromEntries(
      steps.map(([path, body], i) => [
        path,
        { net: announced, member: BRAVO, key: PACKAGE, before: steps.slice(0, i), body },
      ]),
    ),
    [SERVICES.quarantine]: lone(labelled, BRAVO, { lines: [1], reason: 'damage' }),
    [SERVICES.release]: lone(held, BRAVO, {
      lines: [{ line: 0, verdict: 'accept', defects: [], photos: [] }],
    }),
    [SERVICES.assign]: lone(labelled, BRAVO, { courierId: 'delta-express' }),
    [SERVICES.handOff]: lone(labelled, BRAVO, { statement, ...both }),
    [SERVICES.deliver]: lone(inTransit, DELTA, {
      statement: delivery,
      courier: await signed(inTransit.member(DELTA), delivery),
      photos: [],
    }),
    [DIRECTORY_SERVICES.add]: lone(empty, ALFA, { name: 'Alfa', key: first.body }, key),
    [DIRECTORY_SERVICES.rotate]: lone(entered, ALFA, { key: second.body, ends: null }, key),
    [DIRECTORY_SERVICES.revoke]: lone(entered, ALFA, { keyId: null, reason: 'lost' }, key),
  };
});

const paths = SUPPLY_SERVICES.map((service) => service.path);
const junk: fc.Arbitrary<CborValue> = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<CborValue>(null, true, 0, -1, 1.5, 1e15, '', 'x', '\u0000', '__proto__', 'accept'),
    fc.string(),
    fc.uint8Array({ maxLength: 80 }),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom('line', 'key', 'value', 'certificate', 'signature', 'at', 'x'),
      tie('value'),
      { maxKeys: 3 },
    ),
  ),
})).value;

/** The answer to one request in the state in which a good one would be taken. */
async function ask(path: string, body: CborValue, member?: number) {
  const { net, key, before, member: rightful } = good[path]!;
  const fork = net.fork();
  const ran = before.length === 0 ? null : await fork.run(rightful, key, before);
  if (ran && 'refused' in ran) throw new Error(JSON.stringify(ran.refused));
  const record = ran?.record ?? fork.heads.get(key)?.record ?? null;
  const request = { method: 'POST' as const, path, body };
  const done = await runRequest(fork.registry, 1, record, request, {
    ...fork.context(member ?? rightful, key),
    earlier: ran?.transactions ?? [],
  });
  return { done, record, now: fork.now };
}
const withTime = async (path: string, body: Body): Promise<Body> => ({
  at: (await ask(path, null)).now + 1000,
  ...body,
});

describe('whatever comes in', () => {
  it('is answered: nothing throws, and a refusal changes nothing and gives its reason', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), junk, fc.string(), async (path, value, field) => {
        const whole = await withTime(path, good[path]!.body);
        const names = Object.keys(whole);
        const at = names[field.length % names.length]!;
        const lacking = Object.fromEntries(Object.entries(whole).filter(([name]) => name !== at));
        for (const body of [value, { ...whole, [at]: value }, { ...whole, [`${field}?`]: value }, lacking]) {
          const { done, record } = await ask(path, body);
          expect(['success', 'refused', 'request-malformed']).toContain(done.outcome);
          if (done.outcome === 'success') continue;
          expect(encode(done.record)).toEqual(encode(record));
          const { type, message } = done.response.body as { type: string; message: string };
          expect(done.response.status).toBeGreaterThanOrEqual(400);
          expect(done.response.status).toBeLessThan(500);
          expect(message.length).toBeGreaterThan(20);
          if (done.outcome === 'refused') {
            const service = SUPPLY_SERVICES.find((one) => one.path === path)!;
            expect(service.errors as readonly string[]).toContain(type);
          }
        }
      }),
      { numRuns: 250 },
    );
  });

  it('is refused when it is not one’s role: each service by each member', async () => {
    for (const service of SUPPLY_SERVICES) {
      const body = await withTime(service.path, good[service.path]!.body);
      expect([service.path, (await ask(service.path, body)).done.outcome]).toEqual([service.path, 'success']);
      for (const [index, member] of labelled.genesis.members.entries()) {
        const { done } = await ask(service.path, body, index);
        if (!service.roles.includes(member.role))
          expect([service.path, member.id, done.outcome]).toEqual([
            service.path,
            member.id,
            'role-not-allowed',
          ]);
      }
    }
  });

  it('of a field that a service does not know is refused, so that nobody signs what was not understood', async () => {
    for (const path of paths) {
      const body = await withTime(path, good[path]!.body);
      const { done } = await ask(path, { ...body, note: 'Mr Smith' });
      expect([path, done.response.status]).toEqual([path, 400]);
    }
  });
});
