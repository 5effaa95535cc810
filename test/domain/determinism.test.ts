import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { encode, type CborValue } from '../../src/codec/cbor.ts';
import { directoryKey } from '../../src/domain/supply/directory.ts';
import { SUPPLY_SERVICES } from '../../src/domain/supply/registry.ts';
import { DIRECTORY_SERVICES, SERVICES } from '../../src/domain/supply/types.ts';
import type { ServiceRegistry } from '../../src/l2/types.ts';
import { answers, type Machine, type RecordedCall, type Recording } from './determinism-child.ts';
import { ALFA, BRAVO, DELTA, done, Net, PACKAGE, signed, type Body } from './network.ts';
import { accept, envelopeOf, manifestObject, SSCC, T0 } from './support.ts';

let recording: Recording;

/** The registry, with every call of a handler written down. */
function writingDown(net: Net, calls: RecordedCall[]): ServiceRegistry {
  const { registry } = net;
  return {
    ...registry,
    find: (version, method, path) => {
      const service = registry.find(version, method, path);
      return (
        service && {
          ...service,
          handler: (record, request, context) => {
            const { key, baseVersion, earlier, member } = context;
            const at = net.genesis.members.indexOf(member);
            calls.push({ record, request, key, member: at, baseVersion, earlier });
            return service.handler(record, request, context);
          },
        }
      );
    },
  };
}

/** A life that calls every service, with successes and refusals. */
beforeAll(async () => {
  const net = await Net.create();
  const calls: RecordedCall[] = [];
  Object.assign(net, { registry: writingDown(net, calls) });
  const supplierKey = directoryKey('supplier', '4012345000115');
  const courierKey = directoryKey('courier', 'pedal-post');
  const [alfa, office, phone] = await Promise.all([
    net.key(supplierKey, 'alfa-2027'),
    net.key(courierKey, 'office'),
    net.key(courierKey, 'phone'),
  ]);
  done(await net.commit(ALFA, supplierKey, [[DIRECTORY_SERVICES.add, { name: 'Alfa', key: alfa.body }]]));
  const gln = '9521144000004';
  done(
    await net.commit(BRAVO, courierKey, [
      [DIRECTORY_SERVICES.add, { name: 'Pedal Post', gln, key: office.body }],
    ]),
  );
  const ends = { keyId: 'office', validUntil: T0 / 1000 + 9 };
  done(await net.commit(BRAVO, courierKey, [[DIRECTORY_SERVICES.rotate, { key: phone.body, ends }]]));
  const device = await net.device(BRAVO);
  const deviceKey = directoryKey('device', device.key);
  done(await net.commit(BRAVO, deviceKey, [[DIRECTORY_SERVICES.add, { certificate: device.device }]]));
  done(await net.commit(BRAVO, deviceKey, [[DIRECTORY_SERVICES.revoke, { keyId: null, reason: 'lost' }]]));

  const envelope = await envelopeOf(
    { ...alfa.signer, keyId: 'alfa-2027' },
    manifestObject({ issuedAt: new Date(T0).toISOString() }),
  );
  const supplier = net.use(supplierKey);
  await net.commit(ALFA, PACKAGE, [[SERVICES.createPackage, { envelope }]]);
  done(await net.commit(ALFA, PACKAGE, [[SERVICES.createPackage, { envelope, supplier }]]));
  const inspect = (code: string, lines: CborValue[]) =>
    net.commit(BRAVO, PACKAGE, [
      [SERVICES.startSession, {}],
      [SERVICES.scan, { code, source: 'camera' }],
      [SERVICES.validate, { supplier }],
      [SERVICES.quality, { lines }],
      [SERVICES.label, { courierId: 'delta-express' }],
      [SERVICES.finish, {}],
    ]);
  await inspect(']C102040123450010133724\x1d17770101', []);
  await inspect(`]C100${SSCC.slice(0, 17)}9`, []);
  const defects = [{ code: 'dent', severity: 'minor', count: 1 }];
  done(
    // A two-digit year, whose century follows from the claimed time: the 29th of February of 2000, or of 2100, which is no day.
    await inspect(`]C100${SSCC}17000229`, [
      { line: 1, verdict: 'quarantine', defects, photos: ['ab'.repeat(32)] },
      accept(0),
    ]),
  );
  done(
    await net.commit(BRAVO, PACKAGE, [
      [SERVICES.release, { lines: [{ line: 1, verdict: 'accept', defects: null, photos: [] }] }],
    ]),
  );
  done(await net.commit(ALFA, PACKAGE, [[SERVICES.quarantine, { lines: [0], reason: 'recall' }]]));
  await net.commit(BRAVO, PACKAGE, [[SERVICES.quarantine, { lines: [0], reason: 'recall' }]]);
  done(
    await net.commit(BRAVO, PACKAGE, [
      [SERVICES.assign, { courierId: 'pedal-post', courier: net.use(courierKey) }],
    ]),
  );
  const statement = net.handOff({ courier: 'pedal-post' });
  const body: Body = {
    statement,
    warehouse: await signed(device, statement),
    courier: await signed(phone, statement),
  };
  await net.commit(BRAVO, PACKAGE, [[SERVICES.handOff, body]]);
  done(await net.commit(BRAVO, PACKAGE, [[SERVICES.handOff, { ...body, entry: net.use(courierKey) }]]));
  const delivery = net.delivery({ courier: 'pedal-post', outcome: 'refused', time: net.now + 1 });
  const report: Body = { statement: delivery, courier: await signed(phone, delivery), photos: [] };
  await net.commit(DELTA, PACKAGE, [[SERVICES.deliver, report]]);
  done(await net.commit(BRAVO, PACKAGE, [[SERVICES.deliver, { ...report, entry: net.use(courierKey) }]]));
  recording = { genesis: net.genesis, network: net.network, calls };
});

function run(
  machine: Machine,
  env: Record<string, string>,
  flags: readonly string[] = [],
): Promise<string[]> {
  const file = fileURLToPath(new URL('determinism-child.ts', import.meta.url));
  const child = spawn(process.execPath, [...flags, '--import', 'tsx', file, 'run', JSON.stringify(machine)], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stdin.end(encode(recording as unknown as CborValue));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(Buffer.concat(chunks).toString()) as string[]);
      else reject(new Error(`the run ended with ${code}`));
    });
  });
}

describe('every handler', () => {
  it('is in the recording, with a success and a refusal among all', () => {
    const paths = new Set(recording.calls.map((call) => call.request.path));
    expect([...paths].sort()).toEqual(SUPPLY_SERVICES.map((service) => service.path).sort());
  });

  it('answers the same under other clocks, time zones, languages, orders and engines', async () => {
    const here = await answers(recording, { now: 0, reversed: false, plain: false });
    expect(here.some((line) => / 20[01] /.test(line))).toBe(true);
    expect(here.some((line) => / 4\d\d /.test(line))).toBe(true);
    expect(here.some((line) => / 500 /.test(line))).toBe(false);
    const early = await run(
      { now: Date.UTC(1999, 11, 31, 23, 59), reversed: false, plain: false },
      { TZ: 'Pacific/Kiritimati', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' },
    );
    expect(early).toEqual(here);
    const late = await run(
      { now: Date.UTC(2099, 0, 1), reversed: true, plain: true },
      { TZ: 'America/St_Johns', LANG: 'C', LC_ALL: 'C' },
    );
    expect(late).toEqual(here);
    // Another engine within the engine: the interpreter alone, without wasm.
    const interpreted = await run({ now: 1, reversed: true, plain: true }, { TZ: 'UTC' }, [
      '--jitless',
      '--no-expose-wasm',
    ]);
    expect(interpreted).toEqual(here);
  }, 300_000);
});
