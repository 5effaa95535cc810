/** What the determinism tests run again elsewhere. */
import type { CborValue } from '../../src/codec/cbor.ts';
import { directoryKey } from '../../src/domain/supply/directory.ts';
import { DIRECTORY_SERVICES, SERVICES } from '../../src/domain/supply/types.ts';
import type { ServiceRegistry } from '../../src/l2/types.ts';
import type { RecordedCall, Recording } from './determinism-run.ts';
import { ALFA, BRAVO, DELTA, done, Net, PACKAGE, signed, type Body } from './network.ts';
import { accept, envelopeOf, manifestObject, SSCC, T0 } from './support.ts';

/** A life that calls every service, with successes and refusals: the input of every call, as its handler got it. */
export async function record(): Promise<Recording> {
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
  done(
    await net.commit(BRAVO, deviceKey, [
      [DIRECTORY_SERVICES.add, { certificate: device.device, proof: device.proof }],
    ]),
  );
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
  return { genesis: net.genesis, network: net.network, calls };
}

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
