/** The file of a bug report: nothing secret gets into it, it is small, and what is read is checked at the door. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import type { InferOutput } from 'valibot';
import { asKey, asVersion, fromHex, type LogId, type MemberIndex } from '../../src/codec/brand.ts';
import type { InspectedEvent, Inspection } from '../../src/worker/api.ts';
import { inspectReplica } from '../../src/worker/inspect.ts';
import { TraceRing } from '../../src/worker/trace-ring.ts';
import { secretsOf as secretsOfNetwork } from '../../src/inspector/Inspector.tsx';
import { Inspector } from '../../src/ui/inspector/Inspector.tsx';
import { secretsOf } from '../../src/ui/inspector/InspectorPage.tsx';
import { makeReport, readReport, type ReportInput } from '../../src/ui/inspector/report.ts';
import type { reportSchema } from '../../src/ui/inspector/report-schema.ts';
import { scrubber } from '../../src/ui/inspector/scrub.ts';
import type { InspectorSource } from '../../src/ui/inspector/source.ts';
import { MAX_REPORT_BYTES } from '../../src/ui/limits.ts';
import { generateSecretKeys } from '../../src/crypto/keys.ts';
import { Cluster, headOf, until, type Node } from '../worker/cluster.ts';
import { fakeClient } from './fake-client.ts';

const SSCC = '040123450000001112';
const OTHER = '040123450000009994';
/** What must be in no file, in any form. */
const SECRETS = {
  joinSecret: 'd1c7a90be4f2'.padEnd(64, '3f5a'),
  turnPassword: 'Pa55-word!of/turn',
  turnSecret: 'static-auth-secret-of-coturn',
  turnUser: 'harbour-user',
  operator: 'op-mireille-7',
  record: 'Bearing 6204 for the night shift',
  organisation: 'Quayside Forwarding',
  memberName: 'Mireille Quay',
  networkName: 'Harbour receivers of the north',
  signalingHost: 'signal.harbour-secret.example',
  candidate: '192.168.17.23',
  candidate6: '2001:db8:85a3::8a2e:370:7334',
  mdns: 'f3a1c2d4-1111-4222-8333-444455556666.local',
  sscc: SSCC,
  otherSscc: OTHER,
};
const keys = generateSecretKeys();
const INVITATION = `v1.${'ab'.repeat(32)}.${SECRETS.joinSecret}.WyJIYXJib3VyIl0`;
const KEY = asKey(`package/${SSCC}`);

let cluster: Cluster;
let node: Node;
let poisoned: Inspection;

/** A replica with an open vote, a decided record, refusals, a trace and errors, all full of what must not leave. */
beforeAll(async () => {
  cluster = await Cluster.create(4);
  cluster.w0 = 60_000;
  const ring = new TraceRing();
  const nodes = await cluster.startAll();
  node = nodes[0]!;
  await until('all to vote', () => nodes.every((one) => one.standing.kind === 'voter'));
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  await node.replica.propose(KEY, asVersion(1), null, bytes(`${SECRETS.record} ${SECRETS.operator}`));
  await until('the decision', () => nodes.every((one) => headOf(one, KEY)?.version === 1));
  for (const i of [2, 3]) cluster.kill(i);
  await node.replica.propose(asKey(`package/${OTHER}`), asVersion(1), null, bytes(SECRETS.record));
  await until('an open vote', () =>
    [...node.replica.core.instances.values()].some(({ ownVotes }) => ownVotes.length > 0),
  );
  const open = node.replica.core.instances.get(asKey(`package/${OTHER}`));
  node.replica.refusing.note(open!.key, {
    member: 1 as MemberIndex,
    version: open!.version,
    digest: open!.proposal!,
    rule: `${SECRETS.operator} was not there`,
    message: `${SECRETS.record} was refused by ${SECRETS.operator}`,
  });
  for (const event of node.trace) ring.add(event);
  for (const detail of Object.values(SECRETS))
    for (const kind of ['refused', 'decided', 'unlink', 'link'] as const)
      ring.add({ at: 1, kind, member: 0 as MemberIndex, key: open!.key, detail });
  const said = [
    ...Object.values(SECRETS),
    INVITATION,
    `turn:turn.example:3478?transport=udp ${SECRETS.turnUser}:${SECRETS.turnPassword}`,
    ...formsOf(fromHex(SECRETS.joinSecret)),
    ...formsOf(keys.voteSeed),
    ...formsOf(keys.certificateSecret),
    ...Object.values(SECRETS).flatMap((text) => formsOf(bytes(text))),
  ];
  poisoned = inspectReplica(node.replica, {
    members: cluster.members.map(({ logId }, i) => ({
      name: i === 0 ? SECRETS.memberName : `Member of ${SECRETS.organisation}`,
      organisation: SECRETS.organisation,
      role: 'warehouse' as const,
      logId: logId as LogId,
    })),
    place: 0 as MemberIndex,
    rulesVersion: 2,
    transport: {
      signaling: [
        {
          url: `wss://${SECRETS.signalingHost}/signal?token=${SECRETS.turnPassword}`,
          state: 'failed',
          detail: SECRETS.candidate,
          source: 'own',
        },
      ],
    },
    storage: { persisted: true, usageBytes: 10, quotaBytes: 100 },
    trace: ring,
    errors: said.map((text, i) => ({
      at: i,
      where: 'worker' as const,
      name: text,
      message: `OperationError: “${text}” and ${text}, of ${text}.`,
      place: `${text}:1:2`,
    })),
  });
});
afterAll(() => cluster?.stop());

const input = (change: Partial<ReportInput> = {}): ReportInput => ({
  inspection: poisoned,
  pageErrors: [
    {
      at: 5,
      where: 'page',
      name: 'TypeError',
      message: `fetch of ${INVITATION} failed`,
      place: 'index-1.js:3:4',
    },
  ],
  app: { name: 'countersign', version: '0.1.0', build: 'ef'.repeat(32) },
  browser: 'A browser 1.0',
  madeAt: new Date(Date.UTC(2026, 2, 11)),
  secrets: Object.values(SECRETS),
  tailOf: (key) => key.slice(-4),
  ...change,
});

describe('a file for a bug report', () => {
  it('holds no secret in plain, hex, base64 or base64url', () => {
    const { text } = makeReport(input());
    const forms = [
      ...Object.entries(SECRETS).flatMap(([name, secret]) =>
        [secret, ...formsOf(new TextEncoder().encode(secret))].map((form) => [name, form] as const),
      ),
      ...formsOf(fromHex(SECRETS.joinSecret)).map((form) => ['join secret', form] as const),
      ...Object.entries(keys).flatMap(([name, bytes]) => formsOf(bytes).map((form) => [name, form] as const)),
      ['invitation', INVITATION] as const,
      ...cluster.members.flatMap(({ signer, logId }, i) => [
        [`log ${i}`, logId] as const,
        [`vote key ${i}`, signer.voteKey] as const,
      ]),
    ];
    const lower = text.toLowerCase();
    for (const [name, form] of forms) {
      expect(form.length, name).toBeGreaterThan(5);
      expect(lower.includes(form.toLowerCase()), `${name}: ${form}`).toBe(false);
    }
    expect(text).toContain('"build": "efef');
  });

  it('still holds what a developer needs', () => {
    const { file } = makeReport(input());
    const [instance] = file.inspection.instances;
    expect(instance).toMatchObject({ key: 'package/…9994~1', version: 1, phase: 'collecting' });
    expect(instance!.rounds[0]!.preCommits[0]!.members).toContain(0);
    expect(instance!.refusals).toEqual([{ member: 1, rule: 'other' }]);
    expect(file.inspection.signaling[0]).toMatchObject({ url: 'wss://server-1', state: 'failed' });
    expect(file.inspection.trace.some(({ kind }) => kind === 'decided')).toBe(true);
    expect(file.inspection.errors.some(({ place }) => place === 'index-1.js:3:4')).toBe(true);
    expect(file.inspection.links.length).toBeGreaterThan(0);
  });

  it('gives two packages that end alike two names, and one package one', () => {
    const events = ['package/040123450000001112', 'package/059999990000001112', 'package/040123450000001112'];
    const trace = events.map((key, seq): InspectedEvent => ({
      seq,
      at: 1,
      kind: 'polka',
      member: 0 as MemberIndex,
      key: asKey(key),
      version: null,
      round: null,
      digest: null,
      detail: null,
    }));
    const { file } = makeReport(input({ inspection: { ...poisoned, instances: [], trace } }));
    expect(file.inspection.trace.map(({ key }) => key)).toEqual([
      'package/…1112~1',
      'package/…1112~2',
      'package/…1112~1',
    ]);
  });

  it('tells a key of another application, or in an exception one that an open vote or the trace has', () => {
    const [event] = poisoned.trace;
    const [instance] = poisoned.instances;
    const planted = ['order/Acme Tools 17', 'wedding of Ana', 'package/040123450000001112', 'tab/ana'];
    const said = [
      ...planted.map((key) => `No quorum for ${key} yet.`),
      'Acme Tools 17 was refused for ana.',
      // Keys that are in no open vote and no longer in the trace.
      'Could not read guest/Mireille-Q, "guest/Bo" and gäste/o’hara.',
    ];
    const { text, file } = makeReport({
      ...input({
        secrets: [],
        tailOf: () => '',
        pageErrors: said.map((message) => ({ at: 5, where: 'page', name: 'Error', message, place: null })),
      }),
      inspection: {
        ...poisoned,
        errors: [],
        instances: [
          { ...instance!, key: asKey(planted[0]!), refusals: [{ member: 0 as MemberIndex, rule: 'ana' }] },
        ],
        trace: planted.map((key, seq) => ({ ...event!, seq, key: asKey(key) })),
      },
    });
    // Of numbers any may be 1112: a time, or a count of bytes.
    const now = JSON.stringify({ ...file, browser: '' }, (_, value: unknown) =>
      typeof value === 'number' ? 0 : value,
    );
    for (const part of ['Acme', 'Tools', 'wedding', 'Ana', 'ana', '1112', 'Mireille', 'Bo', 'hara'])
      expect(now.match(new RegExp(`\\b${part}\\b`)), `${part} in ${text}`).toBeNull();
    expect(file.inspection.errors.map(({ message }) => message)).toContain('No quorum for [secret] yet.');
    expect(file.inspection.trace.map(({ key }) => key)).toEqual([
      'order/…~1',
      '…~2',
      'package/…~3',
      'tab/…~4',
    ]);
  });

  it('is never larger than its limit: old events go first, and the file says how many', () => {
    const [event] = poisoned.trace;
    const [instance] = poisoned.instances;
    const many = {
      ...poisoned,
      trace: Array.from({ length: 900 }, (_, seq) => ({ ...event!, seq })),
      instances: Array.from({ length: 900 }, (_, i) => ({ ...instance!, key: asKey(`package/${i}`) })),
    };
    const { file, text } = makeReport(input({ inspection: many }));
    expect(new TextEncoder().encode(text).length).toBeLessThanOrEqual(MAX_REPORT_BYTES);
    expect(file.left.events).toBe(900 - file.inspection.trace.length);
    expect(file.left.events).toBeGreaterThan(0);
    expect(file.inspection.instances.length).toBeGreaterThan(0);
    expect(readReport(text).ok).toBe(true);
  });

  it('is read as it was written', () => {
    const { file, text } = makeReport(input());
    expect(readReport(text)).toEqual({ ok: true, file });
  });

  it('has a field in its schema for every field of an inspection, and no other', () => {
    type Read = InferOutput<typeof reportSchema>['inspection'];
    type Loose<T> = T extends number
      ? number
      : T extends readonly (infer E)[]
        ? Loose<E>[]
        : T extends string
          ? string extends T
            ? string
            : T extends { readonly __brand: string }
              ? string
              : T
          : T extends object
            ? { [K in keyof T as K extends 'past' ? never : K]: Loose<T[K]> }
            : T;
    expectTypeOf<keyof Read>().toEqualTypeOf<keyof Inspection>();
    expectTypeOf<keyof Read['instances'][number]>().toEqualTypeOf<keyof Inspection['instances'][number]>();
    expectTypeOf<keyof Read['links'][number]>().toEqualTypeOf<keyof Inspection['links'][number]>();
    expectTypeOf<keyof Read['store']>().toEqualTypeOf<keyof Inspection['store']>();
    expectTypeOf<Loose<Read>['trace'][number]['kind']>().toEqualTypeOf<InspectedEvent['kind']>();
  });
});

describe('a file that is opened', () => {
  it.each([
    ['not-json', '{"format":'],
    ['not-a-report', '{}'],
    ['not-a-report', '[]'],
    ['other-version', '{"format":"countersign-inspection","formatVersion":2}'],
    ['too-large', ' '.repeat(MAX_REPORT_BYTES + 1)],
  ])('is told as %s', (problem, text) => {
    expect(readReport(text)).toMatchObject({ ok: false, problem });
  });

  it('says where it was damaged', () => {
    const { text } = makeReport(input());
    const json = JSON.parse(text) as { inspection: { store: Record<string, unknown> } };
    json.inspection.store['writes'] = 'many';
    expect(readReport(JSON.stringify(json))).toEqual({
      ok: false,
      problem: 'damaged',
      place: 'inspection.store.writes',
    });
    json.inspection.store = { ...json.inspection.store, writes: 1, more: 1 };
    expect(readReport(JSON.stringify(json))).toMatchObject({ ok: false, problem: 'damaged' });
  });

  it('has no instant that is no date: a page that shows it would fail', () => {
    const { text } = makeReport(input());
    const json = JSON.parse(text) as { inspection: { at: number } };
    json.inspection.at = 1e20;
    expect(readReport(JSON.stringify(json))).toEqual({
      ok: false,
      problem: 'damaged',
      place: 'inspection.at',
    });
  });

  it('never throws, whatever it holds', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(typeof readReport(text).ok).toBe('boolean');
      }),
    );
  });
});

describe('words of an exception', () => {
  it('keep what a developer needs', () => {
    const text = "TypeError: Cannot read properties of undefined (reading 'rounds') at version 3";
    expect(scrubber([])(text)).toBe(text);
  });

  it('lose a short pseudonym as a word, and not within other words', () => {
    expect(scrubber(['op'])('op could not open the op.')).toBe('[secret] could not open the [secret].');
  });

  it('lose the half of a secret at which they were cut off', () => {
    const secrets = ['correct horse battery', 'Pa55-word!of/turn'];
    expect(scrubber(secrets)('It was Pa55-wo', true)).toBe('It was …');
    expect(scrubber(secrets)('It was correct hor', true)).toBe('It was …');
    expect(scrubber(secrets)('It was nothing special', true)).toBe('It was nothing …');
  });

  it('lose any secret in any of its forms', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 12, maxLength: 48 }), (bytes) => {
        for (const form of formsOf(bytes)) {
          if (form.length < 20) continue;
          expect(scrubber([])(`It was ${form}.`)).not.toContain(form);
        }
      }),
    );
  });
});

it('what this browser knows is struck out by name', async () => {
  const client = fakeClient({});
  const withTurn = {
    ...client,
    api: {
      ...client.api,
      settings: async () => ({
        signaling: [],
        iceServers: [{ urls: 'turn:t', username: SECRETS.turnUser, credential: SECRETS.turnPassword }],
      }),
    },
  };
  const found = await secretsOf(withTurn as typeof client);
  expect(found).toEqual(expect.arrayContaining([SECRETS.turnUser, SECRETS.turnPassword, 'ab'.repeat(32)]));
  expect(found).toEqual(expect.arrayContaining(['Alfa Components', 'bravo', 'operator-1']));
});

it.each(['settings', 'invitation'] as const)(
  'a file is made although the %s cannot be asked for',
  async (call) => {
    const client = fakeClient({});
    const failing = { ...client.api, [call]: () => Promise.reject(new Error('The replica has stopped.')) };
    await expect(secretsOf({ ...client, api: failing })).rejects.toThrow('The replica has stopped.');
  },
);

it('a file about a network of another application names it, a member or the join secret, or is made unasked', async () => {
  const network = {
    inspect: () => Promise.resolve(poisoned),
    name: 'Street',
    identity: 'own',
    members: () => [{ id: 'id-of-bo', label: 'Bo' }],
    invitation: () => Promise.resolve(INVITATION),
  };
  const found = await secretsOfNetwork(network, { secrets: async () => ['till-4'] });
  expect(found).toEqual(
    expect.arrayContaining(['Street', 'own', 'id-of-bo', 'Bo', INVITATION, SECRETS.joinSecret, 'till-4']),
  );
  const stopped = { ...network, invitation: () => Promise.reject(new Error('It has stopped.')) };
  await expect(secretsOfNetwork(stopped, {})).rejects.toThrow('It has stopped.');
});

it('what one replica was doing stays on the page, with its exceptions, when another one is shown', () => {
  const [one, other] = [0, 1].map(() => ({ inspect: () => Promise.resolve(poisoned) }));
  const keyOf = (source: InspectorSource): string | null => Inspector({ source }).key;
  expect(keyOf(one!)).not.toBeNull();
  expect(keyOf(one!)).toBe(keyOf(one!));
  expect(keyOf(other!), 'React keeps a component of the same key').not.toBe(keyOf(one!));
});

function formsOf(bytes: Uint8Array): string[] {
  const buffer = Buffer.from(bytes);
  return [
    buffer.toString('hex'),
    buffer.toString('base64').replaceAll('=', ''),
    buffer.toString('base64url'),
  ];
}
