/**
 * Bytes of a small file and of each of its fields, flipped in turn: a sample of each, spread over its whole length at odd distances, so that all
 * places of base64's groups of four are met. Every byte of everything: `EVIDENCE_FLIPS=all npx vitest run test/evidence/flips.test.ts`,
 * which takes minutes.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { asVersion, toHex } from '../../src/codec/brand.ts';
import { encode } from '../../src/codec/cbor.ts';
import { certificateFields, encodeMessage } from '../../src/codec/messages.ts';
import { valueBytes } from '../../src/crypto/domains.ts';
import type { Bls } from '../../src/crypto/types.ts';
import {
  verifyEvidence,
  writeBundle,
  type EvidenceBundle,
  type EvidenceReport,
  type VerifyTools,
} from '../../src/domain/supply/evidence.ts';
import { genesisEpoch } from '../../src/consensus/epochs/chain.ts';
import { decodeValue } from '../../src/codec/value.ts';
import { KEY, World } from './world.ts';

const ALL = process.env.EVIDENCE_FLIPS === 'all';
/** Flips of one field: each costs a whole verification, up to a pairing of 5 ms. */
const SAMPLE = 40;

let world: World;
/** One version, certified by an aggregate, with a contradiction and an EPCIS document. */
let bundle: EvidenceBundle;
let tools: VerifyTools;

beforeAll(async () => {
  world = await World.create();
  const contradiction = await world.contradiction(3, ['a'.repeat(64), 'b'.repeat(64)]);
  bundle = world.withEpcis({
    ...(await world.forge(KEY, [await world.announcement()])),
    equivocations: [encodeMessage({ type: 'evidence', items: [contradiction] })],
  });
  tools = rememberingTools();
  expect((await submit(bundle)).failure).toBeNull();
});

/**
 * The same tools, which remember what they found out about the same bytes: thousands of changed files have one member list, and its keys
 * cost most. The functions are pure, so nothing is taken for something else.
 */
function rememberingTools(): VerifyTools {
  const remember = <A extends readonly unknown[], R>(compute: (...args: A) => R): ((...args: A) => R) => {
    const known = new Map<string, R>();
    return (...args) => {
      const name = JSON.stringify(args, (_, arg: unknown) => (arg instanceof Uint8Array ? toHex(arg) : arg));
      const found = known.get(name);
      if (found !== undefined) return found;
      const made = compute(...args);
      // What is asked again was asked before the flips began to differ.
      if (known.size < 200) known.set(name, made);
      return made;
    };
  };
  const bls = Object.create(world.tools.bls) as Record<string, unknown>;
  for (const name of ['verifyPossession', 'isValidPublicKey', 'verifyAggregate']) {
    const method = (world.tools.bls as unknown as Record<string, unknown>)[name];
    if (typeof method === 'function') bls[name] = remember(method.bind(world.tools.bls) as never);
  }
  return { ...world.tools, bls: bls as unknown as Bls };
}

const check = (bytes: Uint8Array): Promise<EvidenceReport> =>
  verifyEvidence(bytes, { trust: { kind: 'network', network: world.network }, tools });
const submit = (file: EvidenceBundle): Promise<EvidenceReport> => check(writeBundle(file));

/** Calls `judge` with every flip; it says whether the flip was caught. Returns how many there were. */
async function flips(
  bytes: Uint8Array,
  judge: (flipped: Uint8Array) => Promise<boolean>,
  what: string,
): Promise<number> {
  let count = 0;
  const { length } = bytes;
  const step = ALL ? 1 : Math.ceil(length / SAMPLE) | 1;
  for (let at = 0; at < bytes.length; at += step) {
    const flipped = bytes.slice();
    flipped[at]! ^= 1 << (at % 8);
    if (!(await judge(flipped))) expect.unreachable(`byte ${at} of ${what} was flipped and not caught`);
    count++;
  }
  return count;
}

describe('a flip of one bit is caught', () => {
  it('in every byte of the file', async () => {
    const file = writeBundle(bundle);
    const count = await flips(file, async (bytes) => (await check(bytes)).verdict !== 'valid', 'the file');
    expect(count).toBeGreaterThan(ALL ? file.length - 1 : SAMPLE / 2);
  }, 600_000);

  // Written again in the file's one form, so that nothing but the field itself can give it away.
  const fields: Readonly<
    Record<
      string,
      {
        readonly of: () => Uint8Array;
        readonly into: (bytes: Uint8Array) => EvidenceBundle;
        readonly failures: readonly string[];
      }
    >
  > = {
    network: {
      of: () => new TextEncoder().encode(bundle.network),
      into: (bytes) => ({ ...bundle, network: new TextDecoder().decode(bytes) as never }),
      failures: ['bundle-malformed', 'bundle-not-canonical', 'network-id-wrong'],
    },
    key: {
      of: () => new TextEncoder().encode(bundle.key),
      into: (bytes) => ({ ...bundle, key: new TextDecoder().decode(bytes) as never }),
      failures: ['bundle-malformed', 'bundle-not-canonical'],
    },
    genesis: {
      of: () => bundle.genesis,
      into: (genesis) => ({ ...bundle, genesis }),
      failures: ['genesis-malformed', 'network-id-wrong'],
    },
    value: {
      of: () => bundle.versions[0]!.value,
      into: (value) => withEntry({ value }),
      failures: ['digest-wrong'],
    },
    'certificate of an aggregate': {
      of: () => bundle.versions[0]!.certificate,
      into: (certificate) => withEntry({ certificate }),
      failures: [
        'certificate-malformed',
        'certificate-elsewhere',
        'certificate-wrong',
        'under-quorum',
        'epoch-unknown',
        'digest-wrong',
      ],
    },
    contradiction: {
      of: () => bundle.equivocations[0]!,
      into: (entry) => ({ ...bundle, equivocations: [entry] }),
      failures: ['equivocation-wrong'],
    },
    'EPCIS document': {
      of: () => bundle.epcis[0]!.document,
      into: (document) => ({ ...bundle, epcis: [{ ...bundle.epcis[0]!, document }] }),
      failures: ['epcis-wrong'],
    },
  };
  const withEntry = (over: Partial<EvidenceBundle['versions'][0]>): EvidenceBundle => ({
    ...bundle,
    versions: [{ ...bundle.versions[0]!, ...over }],
  });

  for (const [name, { of, into, failures }] of Object.entries(fields)) {
    it(`in every byte of the field: ${name}, and is told as what it is`, async () => {
      await flips(
        of(),
        async (bytes) => {
          const { verdict, failure } = await submit(into(bytes));
          if (verdict !== 'valid') expect(failures).toContain(failure?.type);
          return verdict !== 'valid';
        },
        name,
      );
    }, 600_000);
  }

  for (const form of ['single votes', 'batch aggregate', 'batch votes'] as const) {
    it(`in every byte of a certificate of ${form}`, async () => {
      const digest = tools.hash(bundle.versions[0]!.value);
      const certificate =
        form === 'single votes'
          ? await world.certify({ key: KEY, version: 1, digest }, [0, 1, 2], 'votes')
          : await world.certifyBatch(
              { key: KEY, version: 1, digest },
              [0, 1, 2],
              form === 'batch votes' ? 'votes' : 'aggregate',
            );
      const bytes = encode(certificateFields(certificate));
      expect((await submit(withEntry({ certificate: bytes }))).verdict).toBe('valid');
      await flips(
        bytes,
        async (flipped) => (await submit(withEntry({ certificate: flipped }))).verdict !== 'valid',
        form,
      );
    }, 600_000);
  }

  it('in every byte of the record and the session, though a dishonest quorum has signed the flipped bytes', async () => {
    const { body } = decodeValue(bundle.versions[0]!.value)!;
    const judge = world.tools.judge(world.genesis, world.network, [
      genesisEpoch(world.network, world.genesis),
    ]);
    const proposed = { key: KEY, version: asVersion(1), previousDigest: null, previousBody: null };
    expect((await judge({ ...proposed, body })).verdict).toBe('valid');
    await flips(
      body!,
      async (bytes) => (await judge({ ...proposed, body: bytes })).verdict !== 'valid',
      'the body',
    );
    // The same through the whole verifier, for one of them.
    const lie = body!.slice();
    lie[40]! ^= 1;
    const report = await submit(await world.forge(KEY, [lie], [0, 1, 2, 3]));
    expect(report.verdict).not.toBe('valid');
    expect(tools.hash(valueBytes(null, lie))).not.toBe(tools.hash(valueBytes(null, body!)));
  }, 600_000);
});
