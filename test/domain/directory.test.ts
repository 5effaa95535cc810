import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { asNetworkId, asVersion, type Key } from '../../src/codec/brand.ts';
import { encode, type CborValue } from '../../src/codec/cbor.ts';
import type { DeviceKey } from '../../src/codec/device.ts';
import { certificateFields } from '../../src/codec/messages.ts';
import { genesisCertificates } from '../../src/domain/supply/certified.ts';
import {
  asDirectoryEntry,
  deviceInForce,
  directoryKey,
  keyInForce,
  parseDirectoryKey,
  type DeviceEntry,
  type DirectoryKey,
} from '../../src/domain/supply/directory.ts';
import { MAX_ENTRY_KEYS, MAX_ENTRY_VALUE_BYTES, MAX_KEY_SECONDS } from '../../src/domain/supply/limits.ts';
import { createSupplyRegistry } from '../../src/domain/supply/registry.ts';
import { asPackageRecord } from '../../src/domain/supply/summary.ts';
import { DIRECTORY_SERVICES, SERVICES } from '../../src/domain/supply/types.ts';
import { ALFA, BRAVO, CARGO, DELTA, done, Net, PACKAGE, SECONDS0, type Body } from './network.ts';
import { accept, envelopeOf, manifestObject, problemType, SSCC, T0 } from './support.ts';

const ALFA_GLN = '4012345000115';
const FREE_GLN = '9521144000004';
const ALFA_KEY = directoryKey('supplier', ALFA_GLN);
const FREE_KEY = directoryKey('supplier', FREE_GLN);
const DELTA_KEY = directoryKey('courier', 'delta-express');
const { add, rotate, revoke } = DIRECTORY_SERVICES;

let net: Net;
beforeAll(async () => {
  net = await Net.create();
});
const change = (of: Net, member: number, key: Key, path: string, body: Body) =>
  of.commit(member, key, [[path, body]]);

describe('an entry of the directory', () => {
  it('is a supplier’s or courier’s own to enter; a warehouse enters who is no member', async () => {
    const enter = async (member: number, key: Key, over: Body = {}): Promise<string> => {
      const made = await net.key(key, 'k1');
      return problemType(
        await change(net.fork(), member, key, add, { name: 'Name', key: made.body, ...over }),
      );
    };
    expect(await enter(ALFA, ALFA_KEY)).toBe('success 201');
    for (const member of [BRAVO, CARGO, DELTA])
      expect([member, await enter(member, ALFA_KEY)]).toEqual([member, 'not-allowed']);
    expect(await enter(BRAVO, FREE_KEY)).toBe('success 201');
    for (const member of [ALFA, DELTA])
      expect([member, await enter(member, FREE_KEY)]).toEqual([member, 'not-allowed']);
    // A warehouse's own GLN makes nobody a supplier.
    expect(await enter(BRAVO, directoryKey('supplier', '9521141000014'))).toBe('not-allowed');
    const gln = '9521143000012';
    expect(await enter(DELTA, DELTA_KEY, { gln })).toBe('success 201');
    expect(await enter(BRAVO, DELTA_KEY, { gln })).toBe('not-allowed');
    // The founding list says whose this id is.
    expect(await enter(BRAVO, DELTA_KEY, { gln: FREE_GLN })).toBe('directory-key-wrong');
    expect(await enter(DELTA, directoryKey('courier', 'delta-2'), { gln })).toBe('success 201');
    expect(await enter(BRAVO, directoryKey('courier', 'pedal-post'))).toBe('request-malformed');
    expect(await enter(BRAVO, FREE_KEY, { gln: ALFA_GLN })).toBe('request-malformed');
  });

  it('takes a key only from who holds it, for this entry of this network', async () => {
    const other = await Net.create();
    const key = await net.key(ALFA_KEY, 'k1');
    const enter = async (made: Body): Promise<string> =>
      problemType(await change(net.fork(), ALFA, ALFA_KEY, add, { name: 'Alfa', key: made }));
    expect(await enter(key.body)).toBe('success 201');
    expect(await enter((await net.key(ALFA_KEY, 'k1', { for: FREE_KEY })).body)).toBe('directory-key-wrong');
    expect(await enter((await other.key(ALFA_KEY, 'k1')).body)).toBe('directory-key-wrong');
    expect(await enter({ ...key.body, publicKey: (await net.key(ALFA_KEY, 'k1')).body.publicKey! })).toBe(
      'directory-key-wrong',
    );
    expect(await enter({ ...key.body, validUntil: (key.body.validUntil as number) + 1 })).toBe(
      'directory-key-wrong',
    );
    expect(await enter({ ...key.body, keyId: 'k2' })).toBe('directory-key-wrong');
    expect(await enter({ ...key.body, publicKey: '00'.repeat(32) })).toBe('request-malformed');
    expect(await enter({ ...key.body, publicKey: 'ff'.repeat(32) })).toBe('request-malformed');
    // A key that signs votes signs nothing else.
    expect(await enter({ ...key.body, publicKey: net.genesis.members[0]!.voteKey })).toBe(
      'directory-key-wrong',
    );
    const from = key.body.validFrom as number;
    expect(
      await enter((await net.key(ALFA_KEY, 'k1', { validUntil: from + MAX_KEY_SECONDS + 1 })).body),
    ).toBe('request-malformed');
    expect(await enter((await net.key(ALFA_KEY, 'k1', { validUntil: from })).body)).toBe('request-malformed');
  });

  it('changes its keys by its sponsor alone, and never brings back what has ended', async () => {
    const of = net.fork();
    const [first, second, third] = await Promise.all(['k1', 'k2', 'k3'].map((id) => of.key(FREE_KEY, id)));
    done(await change(of, BRAVO, FREE_KEY, add, { name: 'Foxtrot', key: first!.body }));
    expect(problemType(await change(of, BRAVO, FREE_KEY, add, { name: 'Foxtrot', key: second!.body }))).toBe(
      'directory-exists',
    );
    const body = { key: second!.body, ends: { keyId: 'k1', validUntil: SECONDS0 + 100 } };
    for (const member of [ALFA, CARGO, DELTA]) {
      expect(problemType(await change(of, member, FREE_KEY, rotate, body))).toBe('not-allowed');
      expect(problemType(await change(of, member, FREE_KEY, revoke, { keyId: null, reason: 'stolen' }))).toBe(
        'not-allowed',
      );
    }
    done(await change(of, BRAVO, FREE_KEY, rotate, body));
    expect(of.entry(FREE_KEY)).toMatchObject({ sponsor: 'bravo', name: 'Foxtrot', gln: FREE_GLN });
    expect(of.entry(FREE_KEY).keys.map((key) => [key.keyId, key.validUntil])).toEqual([
      ['k1', SECONDS0 + 100],
      ['k2', second!.body.validUntil],
    ]);
    // A later end than before is not one.
    done(
      await change(of, BRAVO, FREE_KEY, rotate, {
        key: third!.body,
        ends: { keyId: 'k1', validUntil: SECONDS0 + 9999 },
      }),
    );
    expect(of.entry(FREE_KEY).keys[0]?.validUntil).toBe(SECONDS0 + 100);
    expect(problemType(await change(of, BRAVO, FREE_KEY, rotate, { key: third!.body, ends: null }))).toBe(
      'directory-key-wrong',
    );
    const fourth = await of.key(FREE_KEY, 'k4');
    expect(
      problemType(
        await change(of, BRAVO, FREE_KEY, rotate, {
          key: fourth.body,
          ends: { keyId: 'k9', validUntil: SECONDS0 },
        }),
      ),
    ).toBe('directory-unknown');
    done(await change(of, BRAVO, FREE_KEY, revoke, { keyId: 'k1', reason: 'replaced' }));
    const at = of.now;
    expect(problemType(await change(of, BRAVO, FREE_KEY, revoke, { keyId: 'k1', reason: 'stolen' }))).toBe(
      'already-done',
    );
    done(await change(of, BRAVO, FREE_KEY, revoke, { keyId: null, reason: 'left' }));
    expect(of.entry(FREE_KEY).keys.map((key) => [key.revokedAt, key.reason])).toEqual([
      [at, 'replaced'],
      [of.now, 'left'],
      [of.now, 'left'],
    ]);
    expect(problemType(await change(of, BRAVO, FREE_KEY, revoke, { keyId: null, reason: 'left' }))).toBe(
      'already-done',
    );
    expect(problemType(await change(of, BRAVO, FREE_KEY, revoke, { keyId: 'k9', reason: 'left' }))).toBe(
      'directory-unknown',
    );
    expect(
      problemType(await change(net.fork(), BRAVO, FREE_KEY, revoke, { keyId: null, reason: 'left' })),
    ).toBe('directory-unknown');
  });

  it('has room for so many keys, fits into a request with them, and an ended one makes room', async () => {
    const of = net.fork();
    for (let i = 0; i < MAX_ENTRY_KEYS; i++) {
      const key = await of.key(FREE_KEY, `${String(i).padStart(2, '0')}${'k'.repeat(78)}`);
      const body: Body = i === 0 ? { name: 'F'.repeat(80), key: key.body } : { key: key.body, ends: null };
      done(await change(of, BRAVO, FREE_KEY, i === 0 ? add : rotate, body));
    }
    expect(of.heads.get(FREE_KEY)!.value.length).toBeLessThan(MAX_ENTRY_VALUE_BYTES);
    const more = await of.key(FREE_KEY, 'more');
    expect(problemType(await change(of, BRAVO, FREE_KEY, rotate, { key: more.body, ends: null }))).toBe(
      'directory-full',
    );
    done(await change(of, BRAVO, FREE_KEY, revoke, { keyId: `05${'k'.repeat(78)}`, reason: 'lost' }));
    done(await change(of, BRAVO, FREE_KEY, rotate, { key: more.body, ends: null }));
    expect(of.entry(FREE_KEY).keys).toHaveLength(MAX_ENTRY_KEYS);
    expect(of.entry(FREE_KEY).keys.some((key) => key.keyId.startsWith('05'))).toBe(false);
  });

  it('is no package, and a package is no entry', async () => {
    const of = net.fork();
    await of.announce();
    const key = await of.key(ALFA_KEY, 'k1');
    expect(problemType(await change(of, ALFA, PACKAGE, add, { name: 'A', key: key.body }))).toBe(
      'request-malformed',
    );
    expect(problemType(await change(of, ALFA, ALFA_KEY, SERVICES.createPackage, { envelope: '{}' }))).toBe(
      'request-malformed',
    );
    done(await change(of, ALFA, ALFA_KEY, add, { name: 'A', key: key.body }));
    expect(problemType(await change(of, BRAVO, ALFA_KEY, SERVICES.startSession, {}))).toBe(
      'request-malformed',
    );
    expect(asPackageRecord(of.heads.get(ALFA_KEY)!.record)).toBeNull();
    expect(asDirectoryEntry(of.heads.get(PACKAGE)!.record)).toBeNull();
    const two = await of.run(ALFA, FREE_KEY, [
      [revoke, { keyId: null, reason: 'left' }],
      [revoke, { keyId: null, reason: 'left' }],
    ]);
    expect('refused' in two).toBe(true);
  });
});

describe('a device', () => {
  const certificateOf = async (member: number, over: Parameters<Net['device']>[1] = {}) => {
    const device = await net.device(member, over);
    return { key: directoryKey('device', device.key), certificate: device.device!, proof: device.proof };
  };

  it('is entered and revoked by the member that certified it', async () => {
    const of = net.fork();
    const { key, certificate, proof } = await certificateOf(BRAVO);
    expect(problemType(await change(of, CARGO, key, add, { certificate, proof }))).toBe('not-allowed');
    expect(problemType(await change(of, BRAVO, key, add, { certificate }))).toBe('request-malformed');
    expect(problemType(await change(of, BRAVO, key, add, { certificate, proof, name: 'x' }))).toBe(
      'request-malformed',
    );
    expect((await change(of, BRAVO, key, add, { certificate, proof })).status).toBe(201);
    expect(problemType(await change(of, CARGO, key, revoke, { keyId: null, reason: 'lost' }))).toBe(
      'not-allowed',
    );
    expect(problemType(await change(of, BRAVO, key, revoke, { keyId: 'x', reason: 'lost' }))).toBe(
      'request-malformed',
    );
    const entry = (): DeviceEntry => of.heads.get(key)!.record as unknown as DeviceEntry;
    expect(entry()).toMatchObject({
      kind: 'device',
      sponsor: 'bravo',
      name: 'Phone of the dock',
      revokedAt: null,
    });
    expect(deviceInForce(entry(), T0)).toBe(true);
    done(await change(of, BRAVO, key, revoke, { keyId: null, reason: 'lost' }));
    expect(entry()).toMatchObject({ revokedAt: of.now, reason: 'lost' });
    expect([
      deviceInForce(entry(), of.now - 1),
      deviceInForce(entry(), of.now),
      deviceInForce(null, 0),
    ]).toEqual([true, false, true]);
    expect(problemType(await change(of, BRAVO, key, revoke, { keyId: null, reason: 'lost' }))).toBe(
      'already-done',
    );
    expect(problemType(await change(of, BRAVO, key, add, { certificate, proof }))).toBe('directory-exists');
    const fresh = await of.key(ALFA_KEY, 'k');
    expect(problemType(await change(of, BRAVO, key, rotate, { key: fresh.body, ends: null }))).toBe(
      'request-malformed',
    );
  });

  it('that another member takes for its own is not entered: the device itself has not signed', async () => {
    const phone = await certificateOf(BRAVO);
    const stolen = await certificateOf(CARGO, { device: parseDirectoryKey(phone.key)!.id as DeviceKey });
    const { key, certificate, proof } = stolen;
    expect(key).toBe(phone.key);
    expect(problemType(await change(net.fork(), CARGO, key, add, { certificate, proof }))).toBe(
      'directory-key-wrong',
    );
    // With what only the device can sign the same certificate is taken.
    const shown = { certificate, proof: phone.proof };
    expect((await change(net.fork(), CARGO, key, add, shown)).status).toBe(201);
  });

  it('with a certificate that does not stand is not entered', async () => {
    const good = await certificateOf(BRAVO);
    const other = await certificateOf(BRAVO);
    const elsewhere = await certificateOf(BRAVO, { network: asNetworkId('1'.repeat(64)) });
    const enter = async (key: Key, certificate: Uint8Array, proof = good.proof): Promise<string> =>
      problemType(await change(net.fork(), BRAVO, key, add, { certificate, proof }));
    expect(await enter(good.key, other.certificate)).toBe('directory-key-wrong');
    expect(await enter(elsewhere.key, elsewhere.certificate, elsewhere.proof)).toBe('directory-key-wrong');
    expect(await enter(good.key, new Uint8Array([1, 2]))).toBe('directory-key-wrong');
    const forged = good.certificate.slice();
    forged[forged.length - 1]! ^= 1;
    expect(await enter(good.key, forged)).toBe('directory-key-wrong');
    // Signed by bravo when it had the place that is cargo's now: a device of bravo, and of nobody else.
    const named = await certificateOf(BRAVO, { member: CARGO });
    const { certificate, proof } = named;
    expect(await enter(named.key, certificate, proof)).toBe('success 201');
    expect(problemType(await change(net.fork(), CARGO, named.key, add, { certificate, proof }))).toBe(
      'not-allowed',
    );
  });
});

describe('a supplier’s key of the directory', () => {
  async function withKey(over: Parameters<Net['key']>[2] = {}) {
    const of = net.fork();
    const key = await of.key(ALFA_KEY, 'alfa-2027', over);
    done(await change(of, ALFA, ALFA_KEY, add, { name: 'Alfa Components', key: key.body }));
    const envelope = (issuedAt = new Date(T0).toISOString()): Promise<string> =>
      envelopeOf({ ...key.signer, keyId: 'alfa-2027' }, manifestObject({ issuedAt }));
    const announce = async (body: Body, at = of): Promise<string> =>
      problemType(await at.commit(ALFA, PACKAGE, [[SERVICES.createPackage, body]]));
    return { of, key, envelope, announce };
  }

  it('announces and validates packages, with its entry in the request', async () => {
    const { of, envelope, announce } = await withKey();
    expect(await announce({ envelope: await envelope() })).toBe('supplier-key-unknown');
    expect(await announce({ envelope: await envelope(), supplier: of.use(ALFA_KEY) })).toBe('success 201');
    expect(of.package.manifest).toMatchObject({ keyId: 'alfa-2027', supplier: 'Alfa Components' });
    const inspect = (supplier?: CborValue) =>
      of.commit(BRAVO, PACKAGE, [
        [SERVICES.startSession, {}],
        [SERVICES.scan, { code: SSCC, source: 'typed' }],
        [SERVICES.validate, supplier === undefined ? {} : { supplier }],
        [SERVICES.quality, { lines: [accept(0), accept(1)] }],
        [SERVICES.label, { courierId: 'delta-express' }],
        [SERVICES.finish, {}],
      ]);
    expect(problemType(await inspect())).toBe('supplier-key-unknown');
    done(await inspect(of.use(ALFA_KEY)));
    expect(of.package.supplierCheck).toMatchObject({ supplier: 'Alfa Components', keyId: 'alfa-2027' });
  });

  it('is in force for the manifest’s own time, and for nothing announced after its revocation', async () => {
    const { of, envelope, announce } = await withKey({
      validFrom: SECONDS0 - 100,
      validUntil: SECONDS0 + 100,
    });
    const at = async (offset: number): Promise<string> => {
      const issued = await envelope(new Date(T0 + offset * 1000).toISOString());
      return announce({ envelope: issued, supplier: of.use(ALFA_KEY) }, of.fork());
    };
    expect(await at(-100)).toBe('success 201');
    expect(await at(-101)).toBe('supplier-key-expired');
    expect(await at(100)).toBe('success 201');
    expect(await at(101)).toBe('supplier-key-expired');
    const before = of.use(ALFA_KEY);
    done(await change(of, ALFA, ALFA_KEY, revoke, { keyId: 'alfa-2027', reason: 'stolen' }));
    const revokedAt = of.now;
    // Dated back by whoever stole it: still announced after the revocation.
    const backdated = await envelope(new Date(T0 - 50_000).toISOString());
    expect(await announce({ envelope: backdated, supplier: of.use(ALFA_KEY) }, of.fork())).toBe(
      'supplier-key-expired',
    );
    expect(
      await announce({ envelope: backdated, supplier: of.use(ALFA_KEY), at: revokedAt - 1 }, of.fork()),
    ).toBe('success 201');
    expect(await announce({ envelope: backdated, supplier: before }, of.fork())).toBe('success 201');
  });

  it('of the genesis is in the entry too, so that it can be revoked there', async () => {
    const { of, announce } = await withKey();
    expect(of.entry(ALFA_KEY).keys.map((key) => key.keyId)).toEqual(['test-key', 'alfa-2027']);
    const founding = await envelopeOf(of.supplier, manifestObject());
    expect(await announce({ envelope: founding, supplier: of.use(ALFA_KEY) }, of.fork())).toBe('success 201');
    done(await change(of, ALFA, ALFA_KEY, revoke, { keyId: 'test-key', reason: 'lost' }));
    expect(await announce({ envelope: founding, supplier: of.use(ALFA_KEY) }, of.fork())).toBe(
      'supplier-key-expired',
    );
  });

  it('counts only with a certificate of a quorum over just these bytes', async () => {
    const { of, envelope, announce } = await withKey();
    const text = await envelope();
    const head = of.heads.get(ALFA_KEY)!;
    const use = of.use(ALFA_KEY);
    const tried = (supplier: CborValue): Promise<string> => announce({ envelope: text, supplier }, of.fork());
    const certificate = (...of_: Parameters<Net['certify']>): Uint8Array =>
      encode(certificateFields(net.certify(...of_)));
    const wrong = 'directory-use-wrong';
    expect(await tried(use)).toBe('success 201');
    expect(await tried({ ...use, certificate: certificate(ALFA_KEY, 1, head.digest, [0, 1]) })).toBe(wrong);
    expect(await tried({ ...use, certificate: certificate(FREE_KEY, 1, head.digest, [0, 1, 2]) })).toBe(
      wrong,
    );
    expect(
      await tried({ ...use, certificate: certificate(ALFA_KEY, 1, '0'.repeat(64) as never, [0, 1, 2]) }),
    ).toBe(wrong);
    const changed = use.value.slice();
    changed[changed.length - 3]! ^= 1;
    expect(['directory-use-wrong', 'directory-use-malformed']).toContain(
      await tried({ ...use, value: changed }),
    );
    // Another network's members certify the same bytes.
    const stranger = (await Net.create()).certify(ALFA_KEY, 1, head.digest, [0, 1, 2]);
    const posing = { ...stranger, epoch: head.certificate.epoch };
    expect(await tried({ ...use, certificate: encode(certificateFields(posing)) })).toBe(wrong);
    for (const junk of [new Uint8Array([0x80]), new Uint8Array(0), new Uint8Array(9000)])
      expect(['directory-use-malformed', 'request-malformed']).toContain(
        await tried({ ...use, certificate: junk }),
      );
    // A package's value, certified as it may be, is no supplier.
    done(await of.commit(ALFA, PACKAGE, [[SERVICES.createPackage, { envelope: text, supplier: use }]]));
    expect(await tried(of.use(PACKAGE))).toBe('package-exists');
  });

  it('can’t be judged by a copy without the means or of an epoch that it does not know: it abstains', async () => {
    const { of, envelope } = await withKey();
    const body = { envelope: await envelope(), supplier: of.use(ALFA_KEY) };
    const ran = await of.run(ALFA, PACKAGE, [[SERVICES.createPackage, body]]);
    if ('refused' in ran) throw new Error('refused');
    expect((await of.judge(PACKAGE, ran.body)).verdict).toBe('valid');
    const without = await of.judge(PACKAGE, ran.body, createSupplyRegistry());
    expect(without).toMatchObject({ verdict: 'unknown' });
    const known = genesisCertificates(of.bls, of.ed25519);
    const later = createSupplyRegistry({
      checkCertificate: (certificate, network, genesis) =>
        known({ ...certificate, epoch: '9'.repeat(64) as never, version: asVersion(1) }, network, genesis),
    });
    const abstains = await of.judge(PACKAGE, ran.body, later);
    expect(abstains).toMatchObject({ verdict: 'unknown' });
    expect(JSON.stringify(abstains)).toContain('does not know the epoch');
    // The operator's own device says what it lacks, and calls it no bug.
    const here = await of.run(ALFA, PACKAGE, [[SERVICES.createPackage, body]], later);
    const said = 'refused' in here ? JSON.stringify(here.refused.body) : '';
    expect(said).toContain("This device can't tell whether POST /packages");
    expect(said).not.toContain('bug');
  });
});

describe('periods', () => {
  it('hold from their first second to the end of their last, up to the revocation', () => {
    const period = fc.option(fc.nat(1000), { nil: null });
    fc.assert(
      fc.property(
        period,
        period,
        fc.option(fc.nat(1_000_000), { nil: null }),
        fc.nat(1_000_000),
        (validFrom, validUntil, revokedAt, at) => {
          const key: DirectoryKey = {
            keyId: 'k',
            publicKey: '',
            validFrom,
            validUntil,
            revokedAt,
            reason: null,
          };
          const second = Math.floor(at / 1000);
          const expected =
            (validFrom === null || second >= validFrom) &&
            (validUntil === null || second <= validUntil) &&
            (revokedAt === null || at < revokedAt);
          expect(keyInForce(key, at)).toBe(expected);
        },
      ),
    );
  });

  it('belong to keys that are read back as they are written', () => {
    fc.assert(
      fc.property(fc.constantFrom('supplier', 'courier', 'device'), fc.string(), (kind, id) => {
        const parsed = parseDirectoryKey(directoryKey(kind as 'supplier', id));
        if (parsed) expect(parsed).toEqual({ kind, id });
      }),
    );
  });
});
