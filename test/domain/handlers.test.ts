import { beforeAll, describe, expect, it } from 'vitest';
import type { CborValue } from '../../src/codec/cbor.ts';
import type { Genesis } from '../../src/codec/genesis.ts';
import { createSupplyRegistry } from '../../src/domain/supply/registry.ts';
import { SERVICES } from '../../src/domain/supply/types.ts';
import {
  accept,
  announced,
  demoNetwork,
  genesisWith,
  goodEnvelope,
  newSigner,
  OTHER_SSCC,
  problemMessage,
  problemType,
  Session,
  SSCC,
  T0,
  type TestSigner,
} from './support.ts';

let signer: TestSigner;
let genesis: Genesis;
let envelope: string;
let base: CborValue;

beforeAll(async () => {
  signer = await newSigner();
  genesis = genesisWith({ ...demoNetwork.directory, supplierKeys: [signer.entry] });
  envelope = await goodEnvelope(signer);
  base = await announced(genesis, envelope);
});

const inspection = (record = base, sscc = SSCC, g = genesis): Session =>
  new Session('bravo', g, sscc, record);
const GOOD = { lines: [accept(0), accept(1)] };
const STEPS: [string, Record<string, CborValue>][] = [
  [SERVICES.startSession, {}],
  [SERVICES.scan, { code: `]C100${SSCC}\r`, source: 'wedge' }],
  [SERVICES.validate, {}],
  [SERVICES.quality, GOOD],
  [SERVICES.label, { courierId: 'delta-express' }],
  [SERVICES.finish, {}],
];
/** A session after the first `count` steps of the workflow. */
async function after(count: number, session = inspection()): Promise<Session> {
  for (const [path, body] of STEPS.slice(0, count)) {
    const response = await session.post(path, body);
    if (response.status >= 300) throw new Error(JSON.stringify(response));
  }
  return session;
}
const refusedWith = async (
  session: Session,
  path: string,
  body: Record<string, CborValue> = {},
): Promise<string> => problemType(await session.post(path, body));

describe('createPackage', () => {
  const creator = (sscc = SSCC, record: CborValue = null, g = genesis): Session =>
    new Session('alfa', g, sscc, record);

  it('announces the package that the manifest names', async () => {
    const session = creator();
    const response = await session.post(SERVICES.createPackage, { envelope });
    expect(response).toEqual({
      status: 201,
      body: { sscc: SSCC, asnId: 'ASN-1', supplier: 'Alfa Components', keyId: 'test-key', lines: 2 },
    });
    expect(session.package).toMatchObject({ sscc: SSCC, status: 'announced', scan: null, label: null });
    expect(session.package.manifest).toMatchObject({ envelope, announcedBy: 'alfa', announcedAt: T0 + 1000 });
  });

  it('refuses a package that exists, another package’s manifest, and a second step', async () => {
    expect(await refusedWith(creator(SSCC, base), SERVICES.createPackage, { envelope })).toBe(
      'package-exists',
    );
    const wrong = creator(OTHER_SSCC);
    const response = await wrong.post(SERVICES.createPackage, { envelope });
    expect(problemType(response)).toBe('manifest-wrong-package');
    expect(problemMessage(response)).toContain(SSCC);
    const twice = creator();
    await twice.post(SERVICES.createPackage, { envelope });
    expect(await refusedWith(twice, SERVICES.createPackage, { envelope })).toBe('step-order');
  });

  it('refuses a manifest that nobody, or the wrong one, vouches for', async () => {
    const create = (text: string, g = genesis) =>
      refusedWith(creator(SSCC, null, g), SERVICES.createPackage, { envelope: text });
    expect(await create('{}')).toBe('manifest-malformed');
    expect(await create(await goodEnvelope(await newSigner()))).toBe('manifest-tampered');
    expect(await create(await goodEnvelope(await newSigner({ keyId: 'mallory' })))).toBe(
      'supplier-key-unknown',
    );
    const with_ = (over: object) =>
      genesisWith({ couriers: [], supplierKeys: [{ ...signer.entry, ...over }] });
    expect(await create(envelope, with_({ validUntil: 1 }))).toBe('supplier-key-expired');
    expect(await create(envelope, with_({ gln: '9521141000014' }))).toBe('supplier-mismatch');
  });
});

describe('the workflow', () => {
  it('goes from announced to labelled, and each step answers what the operator needs', async () => {
    const session = await after(0);
    const responses = [];
    for (const [path, body] of STEPS) responses.push(await session.post(path, body));
    expect(responses.map((r) => r.status)).toEqual([200, 200, 200, 200, 200, 200]);
    const [start, scan, validate, quality, label, finish] = responses.map(
      (r) => r.body as Record<string, CborValue>,
    );
    expect(start).toEqual({ sscc: SSCC, asnId: 'ASN-1', lines: 2, before: 'announced', reinspection: false });
    expect(scan).toMatchObject({ sscc: SSCC, symbology: 'GS1-128', form: 'element-string' });
    expect((scan!.contents as CborValue[])[0]).toEqual({
      gtin: '04012345001013',
      description: 'Seal kit',
      lot: 'L1',
      serial: null,
      quantity: 40,
      expiry: '2029-10-28',
    });
    expect(validate).toMatchObject({
      supplier: 'Alfa Components',
      supplierGln: '4012345000115',
      keyId: 'test-key',
    });
    expect(quality).toEqual({
      sscc: SSCC,
      outcome: 'accept',
      lines: [
        { line: 0, verdict: 'accept', sampleSize: 20, critical: 0, major: 0, minor: 0 },
        { line: 1, verdict: 'accept', sampleSize: 80, critical: 0, major: 0, minor: 0 },
      ],
    });
    expect(label).toMatchObject({
      elementString: `00${SSCC}`,
      humanReadable: `(00)${SSCC}`,
      shipTo: { gln: '9521141000014', name: 'Bravo Logistics' },
      courier: { id: 'delta-express', name: 'Delta Express', gln: '9521143000012' },
      acceptedLines: 2,
      heldLines: 0,
    });
    expect(finish).toEqual({ sscc: SSCC, outcome: 'labelled', accepted: 2, quarantined: 0, rejected: 0 });
    expect(session.package).toMatchObject({
      status: 'labelled',
      scan: { by: 'bravo/op-7', symbology: 'GS1-128' },
      supplierCheck: { supplier: 'Alfa Components' },
      inspection: { by: 'bravo/op-7' },
      label: { courierId: 'delta-express', courierName: 'Delta Express', humanReadable: `(00)${SSCC}` },
    });
    expect(createSupplyRegistry().incomplete(session.record, session.transactions)).toBeNull();
  });

  it('refuses every step that comes before its predecessor, and says which one', async () => {
    for (let done = 0; done < STEPS.length; done++) {
      for (let next = done + 1; next < STEPS.length; next++) {
        const [path, body] = STEPS[next]!;
        // Finish may follow the quality check directly, when nothing was accepted.
        const response = await (await after(done)).post(path, body);
        expect([done, path, problemType(response)]).toEqual([done, path, 'step-order']);
      }
    }
    const response = await (await after(3)).post(SERVICES.label, { courierId: 'delta-express' });
    expect(problemMessage(response)).toMatch(
      /^Label before quality check: package 040123450000001112 .*Do the quality check first/,
    );
  });

  it('refuses to do a step twice in one session, and anything after finish', async () => {
    for (let i = 0; i < STEPS.length; i++) {
      const [path, body] = STEPS[i]!;
      expect([path, await refusedWith(await after(i + 1), path, body)]).toEqual([path, 'already-done']);
      expect([path, await refusedWith(await after(STEPS.length), path, body)]).toEqual([
        path,
        'already-done',
      ]);
    }
  });

  it('refuses all steps on a package that nobody announced', async () => {
    for (const [path, body] of STEPS) {
      const response = await inspection(null).post(path, body);
      expect([path, response.status, problemType(response)]).toEqual([path, 404, 'package-unknown']);
      expect(problemMessage(response)).toContain(SSCC);
    }
  });

  it('refuses times that go back, are not whole, or come from a clock that was never set', async () => {
    const session = await after(1);
    const last = session.now;
    const scan = { code: SSCC, source: 'typed' };
    expect(await refusedWith(session, SERVICES.scan, { ...scan, at: last - 1 })).toBe('time-order');
    for (const at of [0, 1.5, -1, 1e15, '1', null]) {
      expect([at, await refusedWith(session, SERVICES.scan, { ...scan, at })]).toEqual([
        at,
        'request-malformed',
      ]);
    }
    expect((await session.post(SERVICES.scan, { ...scan, at: last })).status).toBe(200);
  });

  it('refuses every body that is not exactly what the step asks for', async () => {
    for (const [i, [path, body]] of STEPS.entries()) {
      const session = await after(i);
      expect([path, await refusedWith(session, path, { ...body, extra: 1 })]).toEqual([
        path,
        'request-malformed',
      ]);
      for (const field of Object.keys(body)) {
        expect([path, field, await refusedWith(session, path, { ...body, [field]: 7 })]).toEqual([
          path,
          field,
          'request-malformed',
        ]);
      }
    }
    const service = createSupplyRegistry().find(1, 'POST', SERVICES.finish)!;
    for (const body of [null, [], 'x', 3, new Uint8Array(2)] as CborValue[]) {
      const result = await service.handler(base, { method: 'POST', path: SERVICES.finish, body }, {
        earlier: [],
        genesis,
      } as never);
      expect(problemType(result.response)).toBe('request-malformed');
    }
  });

  it('begins a new inspection of a package that was inspected, and forgets the old one', async () => {
    const first = await after(STEPS.length);
    const second = inspection(first.record);
    const response = await second.post(SERVICES.startSession);
    expect(response.body).toMatchObject({ before: 'labelled', reinspection: true });
    expect(second.package).toMatchObject({
      status: 'announced',
      scan: null,
      supplierCheck: null,
      inspection: null,
      label: null,
    });
    expect(createSupplyRegistry().incomplete(second.record, second.transactions)).not.toBeNull();
    // The old scan must not count for the new session.
    expect(await refusedWith(second, SERVICES.validate)).toBe('step-order');
  });
});

describe('scan', () => {
  it('refuses another package, a product, a wrong check digit and what can’t be read', async () => {
    const session = await after(1);
    const scan = async (code: string): Promise<[string, string]> => {
      const response = await session.post(SERVICES.scan, { code, source: 'image' });
      return [problemType(response), problemMessage(response)];
    };
    const [wrong, said] = await scan(OTHER_SSCC);
    expect(wrong).toBe('wrong-package');
    expect(said).toContain(OTHER_SSCC);
    expect(said).toContain(SSCC);
    expect((await scan('040123450000001113'))[0]).toBe('sscc-check-digit');
    expect((await scan('040123450000001113'))[1]).toContain('check digit 2');
    expect((await scan('4012345001014'))[0]).toBe('gtin-check-digit');
    expect((await scan('4012345001013'))[0]).toBe('code-unreadable');
    expect((await scan('rubbish'))[0]).toBe('code-unreadable');
    expect((await scan('9'.repeat(600)))[0]).toBe('code-unreadable');
    expect(session.transactions).toHaveLength(1);
    expect((await session.post(SERVICES.scan, { code: SSCC, source: 'typed' })).status).toBe(200);
  });
});

describe('validate', () => {
  const withManifest = (change: object): CborValue => {
    const record = structuredClone(base) as { manifest: Record<string, unknown> };
    Object.assign(record.manifest, change);
    return record as unknown as CborValue;
  };

  it('refuses a manifest in the record that does not verify any more', async () => {
    const validate = async (record: CborValue, g = genesis): Promise<string> =>
      refusedWith(await after(2, inspection(record, SSCC, g)), SERVICES.validate);
    expect(await validate(withManifest({ envelope: 'x' }))).toBe('manifest-malformed');
    expect(await validate(withManifest({ envelope: await goodEnvelope(await newSigner()) }))).toBe(
      'manifest-tampered',
    );
    expect(await validate(withManifest({ envelope: await goodEnvelope(signer, { sscc: OTHER_SSCC }) }))).toBe(
      'manifest-wrong-package',
    );
    expect(await validate(base, genesisWith({ couriers: [], supplierKeys: [] }))).toBe(
      'supplier-key-unknown',
    );
    const with_ = (over: object) =>
      genesisWith({ couriers: [], supplierKeys: [{ ...signer.entry, ...over }] });
    expect(await validate(base, with_({ validFrom: 4_000_000_000 }))).toBe('supplier-key-expired');
    expect(await validate(base, with_({ gln: '9521141000014' }))).toBe('supplier-mismatch');
  });
});

describe('quality', () => {
  const line = (
    n: number,
    verdict: string,
    defects: CborValue[] = [],
    photos: CborValue[] = [],
  ): CborValue => ({ line: n, verdict, defects, photos });
  const defect = (severity: string, count: number): CborValue => ({ code: 'dent', severity, count });
  const judge = async (...lines: CborValue[]): Promise<[string, Session]> => {
    const session = await after(3);
    return [problemType(await session.post(SERVICES.quality, { lines })), session];
  };

  it('asks for a verdict on every line, once', async () => {
    const session = await after(3);
    const response = await session.post(SERVICES.quality, { lines: [line(1, 'accept')] });
    expect(problemType(response)).toBe('quality-incomplete');
    expect(problemMessage(response)).toContain('line 1 of 2');
    expect((await judge(line(0, 'accept'), line(1, 'accept'), line(1, 'reject')))[0]).toBe(
      'request-malformed',
    );
    expect((await judge(line(0, 'accept'), line(1, 'accept'), line(2, 'accept')))[0]).toBe(
      'request-malformed',
    );
  });

  it('refuses bodies beyond the limits', async () => {
    const bad = [
      line(0, 'maybe'),
      line(-1, 'accept'),
      line(0, 'reject', [{ code: '', severity: 'minor', count: 1 }]),
      line(0, 'reject', [{ code: ' x', severity: 'minor', count: 1 }]),
      line(0, 'reject', [defect('minor', 0)]),
      line(0, 'reject', [defect('fatal', 1)]),
      line(
        0,
        'reject',
        Array.from({ length: 17 }, () => defect('minor', 1)),
      ),
      line(0, 'reject', [], ['abc']),
      line(
        0,
        'reject',
        [],
        Array.from({ length: 9 }, () => 'a'.repeat(64)),
      ),
    ];
    for (const one of bad)
      expect([one, (await judge(one, line(1, 'accept')))[0]]).toEqual([one, 'request-malformed']);
  });

  it('accepts within the acceptance numbers only; quarantine and reject are free', async () => {
    // Lot 40: n 20, at most 1 major and 2 minor.
    expect(
      (await judge(line(0, 'accept', [defect('major', 1), defect('minor', 2)]), line(1, 'accept')))[0],
    ).toBe('success 200');
    expect((await judge(line(0, 'accept', [defect('major', 2)]), line(1, 'accept')))[0]).toBe(
      'verdict-outside-limits',
    );
    expect((await judge(line(0, 'accept', [defect('minor', 3)]), line(1, 'accept')))[0]).toBe(
      'verdict-outside-limits',
    );
    expect((await judge(line(0, 'accept', [defect('critical', 1)]), line(1, 'accept')))[0]).toBe(
      'verdict-outside-limits',
    );
    expect((await judge(line(0, 'reject', [defect('critical', 1)]), line(1, 'quarantine')))[0]).toBe(
      'success 200',
    );
  });

  it('lets one bad line stay behind and the rest go on', async () => {
    const [, session] = await judge(line(0, 'reject', [defect('critical', 1)]), line(1, 'accept'));
    const label = await session.post(SERVICES.label, { courierId: 'delta-express' });
    expect(label.body).toMatchObject({ acceptedLines: 1, heldLines: 1 });
    const finish = await session.post(SERVICES.finish);
    expect(finish.body).toEqual({
      sscc: SSCC,
      outcome: 'labelled',
      accepted: 1,
      quarantined: 0,
      rejected: 1,
    });
  });

  it('gives no label when nothing was accepted, and the session can still end', async () => {
    for (const [lines, status] of [
      [[line(0, 'reject'), line(1, 'quarantine')], 'quarantined'],
      [[line(0, 'reject'), line(1, 'reject')], 'rejected'],
    ] as const) {
      const [done, session] = await judge(...lines);
      expect(done).toBe('success 200');
      expect(await refusedWith(session, SERVICES.label, { courierId: 'delta-express' })).toBe(
        'nothing-accepted',
      );
      expect((await session.post(SERVICES.finish)).body).toMatchObject({ outcome: status });
      expect(session.package).toMatchObject({ status, label: null });
      expect(createSupplyRegistry().incomplete(session.record, session.transactions)).toBeNull();
    }
  });

  it('works out the plan itself and keeps what was found', async () => {
    const photo = 'ab'.repeat(32);
    const [, session] = await judge(line(0, 'quarantine', [defect('minor', 1)], [photo]), line(1, 'accept'));
    expect(session.package.inspection?.lines[0]).toEqual({
      line: 0,
      plan: {
        lotSize: 40,
        letter: 'F',
        sampleSize: 20,
        major: { aql: 2.5, accept: 1, reject: 2 },
        minor: { aql: 4, accept: 2, reject: 3 },
      },
      defects: [{ code: 'dent', severity: 'minor', count: 1 }],
      photos: [photo],
      verdict: 'quarantine',
    });
  });
});

describe('label', () => {
  it('refuses a courier that the directory does not name, and says who is in it', async () => {
    const session = await after(4);
    const response = await session.post(SERVICES.label, { courierId: 'nobody' });
    expect(problemType(response)).toBe('courier-unknown');
    expect(problemMessage(response)).toContain('delta-express');
    expect((await session.post(SERVICES.label, { courierId: 'delta-express' })).status).toBe(200);
  });
});
