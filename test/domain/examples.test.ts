import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readManifestFile, verifyManifest } from '../../src/domain/supply/manifest.ts';
import {
  lastClaimedTime,
  matchesSearch,
  packageFields,
  searchText,
} from '../../src/domain/supply/summary.ts';
import { parseGln } from '../../src/domain/supply/gs1.ts';
import { SERVICES } from '../../src/domain/supply/types.ts';
import {
  accept,
  announced,
  DATA,
  demoNetwork,
  exampleEnvelopes,
  genesisWith,
  readData,
  Session,
  verifyEd25519,
} from './support.ts';

const genesis = genesisWith();
const openssl3 = (spawnSync('openssl', ['version']).stdout?.toString() ?? '').startsWith('OpenSSL 3');
const inData = { cwd: fileURLToPath(DATA) };

describe('the examples', () => {
  it('made by openssl verify here, every one of at least 20 packages', async () => {
    const examples = exampleEnvelopes();
    expect(examples.length).toBeGreaterThanOrEqual(20);
    expect(new Set(examples.map((e) => e.sscc)).size).toBe(examples.length);
    for (const { envelope, sscc } of examples) {
      const result = await verifyManifest(envelope, genesis.directory, verifyEd25519);
      expect([sscc, result.ok ? result.value.key.keyId : result.error.message]).toEqual([sscc, 'alfa-2026']);
      const source = readFileSync(new URL(`manifests/${sscc}.json`, DATA), 'utf8');
      expect(Buffer.from((JSON.parse(envelope) as { payload: string }).payload, 'base64').toString()).toBe(
        source,
      );
    }
  });

  it.skipIf(!openssl3)('are what the scripts make and check with openssl alone', () => {
    const manifests = readdirSync(new URL('manifests/', DATA))
      .sort()
      .map((name) => `manifests/${name}`);
    const again = execFileSync(
      'bash',
      ['sign-with-openssl.sh', 'alfa-2026.example-only.private.pem', 'alfa-2026', ...manifests],
      inData,
    );
    expect(again.toString()).toBe(readData('asn-2026-11.dsse.json'));
    const check = (file: string) =>
      spawnSync('bash', ['verify-with-openssl.sh', 'alfa-2026.public.pem', file], inData).status;
    expect(check('asn-2026-11.dsse.json')).toBe(0);
    expect(check('bad/tampered.dsse.json')).toBe(2);
  });

  it('go through the whole workflow, every package', async () => {
    for (const { envelope, sscc } of exampleEnvelopes()) {
      const session = new Session('cargo', genesis, sscc, await announced(genesis, envelope, sscc));
      const lines = session.package.manifest.content.lines.map((_, i) => accept(i));
      const statuses = [];
      for (const [path, body] of [
        [SERVICES.startSession, {}],
        [SERVICES.scan, { code: `https://id.gs1.org/00/${sscc}`, source: 'camera' }],
        [SERVICES.validate, {}],
        [SERVICES.quality, { lines }],
        [SERVICES.label, { courierId: 'delta-express' }],
        [SERVICES.finish, {}],
      ] as const) {
        statuses.push((await session.post(path, body)).status);
      }
      expect([sscc, statuses]).toEqual([sscc, [200, 200, 200, 200, 200, 200]]);
      expect(session.package.status).toBe('labelled');
      expect(lastClaimedTime(session.transactions)).toBe(session.now);
      const fields = packageFields(session.package, genesis);
      expect(fields).toMatchObject({
        sscc,
        status: 'labelled',
        supplier: 'Alfa Components',
        courier: 'Delta Express',
      });
    }
  });

  it('that are bad are refused for the reason that their README gives', async () => {
    const verify = async (name: string): Promise<string> => {
      const element = JSON.stringify((JSON.parse(readData(`bad/${name}.dsse.json`)) as unknown[])[0]);
      const result = await verifyManifest(element, genesis.directory, verifyEd25519);
      return result.ok ? 'verified' : result.error.type;
    };
    const readme = readData('README.md');
    for (const [name, type] of [
      ['tampered', 'manifest-tampered'],
      ['forged', 'manifest-tampered'],
      ['unknown-key', 'supplier-key-unknown'],
      ['wrong-check-digit', 'manifest-malformed'],
    ] as const) {
      expect([name, await verify(name)]).toEqual([name, type]);
      expect(readme).toMatch(new RegExp(`bad/${name}\\.dsse\\.json.*${type}`));
    }
    const file = readManifestFile(readData('bad/wrong-check-digit.dsse.json'));
    expect(file.ok ? '' : file.error.message).toContain('check digit 2');
  });

  it('name a network whose numbers are right and whose supplier key is the published one', () => {
    expect(demoNetwork.members.map((m) => m.id)).toEqual(['alfa', 'bravo', 'cargo', 'delta']);
    for (const { gln } of [...demoNetwork.members, ...demoNetwork.directory.couriers])
      expect([gln, parseGln(gln).ok]).toEqual([gln, true]);
    const key = demoNetwork.directory.supplierKeys[0]!;
    expect(key).toMatchObject({
      keyId: 'alfa-2026',
      gln: '4012345000115',
      publicKey: readData('alfa-2026.public.hex').trim(),
    });
  });

  it('are found by what a person remembers of them', async () => {
    const { envelope, sscc } = exampleEnvelopes()[0]!;
    const session = new Session('alfa', genesis, sscc, await announced(genesis, envelope, sscc));
    const text = searchText(session.package, genesis);
    expect(packageFields(session.package, genesis)).toMatchObject({
      supplier: 'Alfa Components',
      courier: null,
    });
    for (const query of [sscc.slice(-6), 'asn-2026-11-02', 'ALFA', 'hydraulic seal', 'l2640a', '']) {
      expect([query, matchesSearch(text, query)]).toEqual([query, true]);
    }
    expect(matchesSearch(text, 'hydraulic nothing')).toBe(false);
  });
});
