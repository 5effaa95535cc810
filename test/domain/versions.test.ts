import { beforeAll, describe, expect, it } from 'vitest';
import { genesisCertificates } from '../../src/domain/supply/certified.ts';
import { problem, refusal } from '../../src/domain/supply/problem.ts';
import {
  createSupplyRegistry,
  SUPPLY_SERVICES,
  type SupplyService,
} from '../../src/domain/supply/registry.ts';
import { SERVICES, type QualityBody } from '../../src/domain/supply/types.ts';
import type { ServiceRegistry } from '../../src/l2/types.ts';
import { BRAVO, made, Net, PACKAGE, type Steps } from './network.ts';
import { accept, problemType, SSCC } from './support.ts';

const first = SUPPLY_SERVICES.find((service) => service.path === SERVICES.quality)!;
/** Version 2 of one rule: a line of more than 500 items is accepted with a photo only. */
const stricter: SupplyService = {
  ...first,
  since: 2,
  handler: async (record, request, context) => {
    const { lines } = request.body as unknown as QualityBody;
    const { manifest } = record as unknown as { manifest: { content: { lines: { quantity: number }[] } } };
    const bare = lines.find(
      ({ line, verdict, photos }) =>
        verdict === 'accept' && photos.length === 0 && (manifest.content.lines[line]?.quantity ?? 0) > 500,
    );
    return bare
      ? {
          response: refusal(problem('verdict-outside-limits', `Line ${bare.line + 1} needs a photo.`)),
          record,
        }
      : first.handler(record, request, context);
  },
};
const steps = (photos: string[] = []): Steps => [
  [SERVICES.startSession, {}],
  [SERVICES.scan, { code: SSCC, source: 'typed' }],
  [SERVICES.validate, {}],
  [SERVICES.quality, { lines: [accept(0), { line: 1, verdict: 'accept', defects: [], photos }] }],
  [SERVICES.label, { courierId: 'delta-express' }],
  [SERVICES.finish, {}],
];

let oldNetwork: Net;
let newNetwork: Net;
let both: ServiceRegistry;

beforeAll(async () => {
  [oldNetwork, newNetwork] = await Promise.all([
    Net.create({ rulesVersion: 1 }),
    Net.create({ rulesVersion: 2 }),
  ]);
  both = createSupplyRegistry({
    services: [...SUPPLY_SERVICES, stricter],
    rulesVersions: [1, 2],
    checkCertificate: genesisCertificates(oldNetwork.bls, oldNetwork.ed25519),
  });
  Object.assign(newNetwork, { registry: both });
  await oldNetwork.announce();
  await newNetwork.announce();
});

describe('rules versions', () => {
  it('resolve each service to its newest handler that is not newer than the session', () => {
    expect(both.rulesVersions).toEqual([1, 2]);
    expect(both.list(1)).toHaveLength(SUPPLY_SERVICES.length);
    expect(both.list(2)).toHaveLength(SUPPLY_SERVICES.length);
    expect([
      both.find(1, 'POST', SERVICES.quality)?.since,
      both.find(2, 'POST', SERVICES.quality)?.since,
    ]).toEqual([1, 2]);
    expect(both.find(2, 'POST', SERVICES.scan)?.since).toBe(1);
    expect(both.find(3, 'POST', SERVICES.scan)).toBeUndefined();
    expect(both.list(3)).toEqual([]);
    // A service that a later version brings is not in an earlier one.
    const extra = createSupplyRegistry({
      services: [...SUPPLY_SERVICES, { ...stricter, path: '/weigh' }],
      rulesVersions: [1, 2],
    });
    expect([extra.find(1, 'POST', '/weigh'), extra.find(2, 'POST', '/weigh')?.since]).toEqual([undefined, 2]);
  });

  it('keep what was certified by the old rules verifiable beside the new ones', async () => {
    const ran = await oldNetwork.run(BRAVO, PACKAGE, steps());
    if ('refused' in ran) throw new Error('refused');
    expect((await oldNetwork.judge(PACKAGE, ran.body)).verdict).toBe('valid');
    expect((await oldNetwork.judge(PACKAGE, ran.body, both)).verdict).toBe('valid');
  });

  it('make the new rule hold in a network that has it', async () => {
    const refused = await newNetwork.run(BRAVO, PACKAGE, steps());
    expect('refused' in refused && problemType(refused.refused)).toBe('verdict-outside-limits');
    const ran = await newNetwork.run(BRAVO, PACKAGE, steps(['ab'.repeat(32)]));
    if ('refused' in ran) throw new Error('refused');
    expect((await newNetwork.judge(PACKAGE, ran.body)).verdict).toBe('valid');
  });

  it('that a copy does not know make it abstain, and say which version', async () => {
    const ran = await newNetwork.run(BRAVO, PACKAGE, steps(['ab'.repeat(32)]));
    if ('refused' in ran) throw new Error('refused');
    const verdict = await newNetwork.judge(PACKAGE, ran.body, createSupplyRegistry());
    expect(verdict).toMatchObject({ verdict: 'unknown' });
    expect(JSON.stringify(verdict)).toContain('rules version 2');
  });

  it('are not the proposer’s to choose', async () => {
    // By the old rules, in the network of the new ones: the photo is missing.
    const loose = createSupplyRegistry({ services: SUPPLY_SERVICES, rulesVersions: [1, 2] });
    const ran = await newNetwork.run(BRAVO, PACKAGE, steps(), loose);
    if ('refused' in ran) throw new Error('refused');
    expect(await newNetwork.judge(PACKAGE, ran.body)).toMatchObject({
      verdict: 'invalid',
      rule: 'response-differs',
    });
    const body = await newNetwork.sign(BRAVO, PACKAGE, ran.record, ran.transactions, 1);
    expect(await newNetwork.judge(PACKAGE, body)).toMatchObject({
      verdict: 'invalid',
      rule: 'rules-version-wrong',
    });
    expect(made({ ok: true, value: both.find(2, 'POST', SERVICES.quality) })?.since).toBe(2);
  });
});
