/** A proof proves what a quorum certified and nothing else, offline and in the hands of a member that votes. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { asKey, asVersion, type Digest } from '../../src/codec/brand.ts';
import { decode, encode, type CborValue } from '../../src/codec/cbor.ts';
import { encodeLink } from '../../src/codec/epochs.ts';
import { certificateFields } from '../../src/codec/messages.ts';
import type { Certificate } from '../../src/codec/vote.ts';
import { valueBytes } from '../../src/crypto/domains.ts';
import type { CertifiedEntry } from '../../src/store/types.ts';
import { createJudging, type JudgingReplica } from '../../src/worker/kv/judging.ts';
import { encodeProof, readProof } from '../../src/worker/kv/proofs.ts';
import { MAX_PROOF_BYTES } from '../../src/worker/kv/limits.ts';
import { verifyProof } from '../../src/worker/kv/verify.ts';
import type { Bls } from '../../src/crypto/types.ts';
import { epochKeysOf } from '../../src/crypto/epochs.ts';
import { makeChain, type ChainMaker } from '../epochs/make-chain.ts';
import { bodyOf, valueOf } from './kv-cluster.ts';

const KEY = asKey('points/1');
let chain: ChainMaker;
beforeAll(async () => {
  chain = await makeChain();
});

interface Made {
  readonly certificate: Certificate;
  readonly value: Uint8Array;
  readonly proof: Uint8Array;
}

async function proofIn(
  epoch: number,
  content: unknown,
  { key = KEY, version = 2, previous = 'd'.repeat(64) as Digest | null, of = chain, options = {} } = {},
): Promise<Made> {
  const value = valueBytes(previous, content === undefined ? null : bodyOf(content as never));
  const body = { key, version, digest: of.hash(value) };
  const certificate = await of.certify(epoch, body, options);
  return { certificate, value, proof: encodeProof({ certificate, value }) };
}

const offline = (proof: Uint8Array, over: object = {}) =>
  verifyProof({
    proof,
    network: chain.network,
    genesis: chain.genesisBytes,
    chain: chain.links.map(encodeLink),
    ...over,
  });
const offlineType = async (proof: Uint8Array, over?: object): Promise<string | null> => {
  const proven = await offline(proof, over);
  return proven.ok ? null : proven.error.type;
};

describe('a proof in the hands of somebody without a replica', () => {
  it('gives the value that a quorum of its epoch certified, in every epoch, as votes and as an aggregate', async () => {
    for (const epoch of [0, 1, 3]) {
      for (const form of ['aggregate', 'votes'] as const) {
        const { proof, certificate } = await proofIn(
          epoch,
          { owner: 'rosa', points: 5n },
          { options: { form } },
        );
        const proven = await offline(proof);
        expect(proven).toMatchObject({
          ok: true,
          value: { key: KEY, version: 2, digest: certificate.digest, round: 0, epoch },
        });
        if (!proven.ok) continue;
        expect(valueOf(proven.value.body!)).toEqual({ owner: 'rosa', points: 5n });
        const ids = chain.epochs[epoch]!.members.map(({ id }) => id as string);
        expect(proven.value.signedBy.length).toBeGreaterThanOrEqual(3);
        for (const id of proven.value.signedBy) expect(ids).toContain(id);
      }
    }
    const deleted = await offline((await proofIn(0, undefined)).proof);
    expect(deleted).toMatchObject({ ok: true, value: { body: null } });
  });

  it('is not one of another network, of an epoch that the chain does not reach, or of members too few', async () => {
    const { proof } = await proofIn(3, 'x');
    expect(await offlineType(proof)).toBeNull();
    expect(await offlineType(proof, { chain: chain.links.slice(0, 2).map(encodeLink) })).toBe(
      'epoch-unknown',
    );
    const other = await makeChain();
    expect(await offlineType((await proofIn(0, 'x', { of: other })).proof)).toBe('epoch-unknown');
    const few = await proofIn(3, 'x', { options: { signers: [0, 1] } });
    expect(await offlineType(few.proof)).toBe('certificate-wrong');
    const strangers = await proofIn(3, 'x', { options: { people: other.people[3] } });
    expect(await offlineType(strangers.proof)).toBe('certificate-wrong');
  });

  it('does not carry another value, another version before it, or another key', async () => {
    const { certificate, value } = await proofIn(0, 5);
    const withValue = (bytes: Uint8Array): Uint8Array => encodeProof({ certificate, value: bytes });
    expect(await offlineType(withValue(value))).toBeNull();
    expect(await offlineType(withValue(valueBytes('d'.repeat(64) as Digest, bodyOf(6))))).toBe('value-wrong');
    expect(await offlineType(withValue(valueBytes('e'.repeat(64) as Digest, bodyOf(5))))).toBe('value-wrong');
    expect(await offlineType(withValue(valueBytes(null, bodyOf(5))))).toBe('value-wrong');
    expect(await offlineType(withValue(valueBytes('d'.repeat(64) as Digest, null)))).toBe('value-wrong');
    const renamed = { ...certificate, key: asKey('points/2') };
    expect(await offlineType(encodeProof({ certificate: renamed, value }))).toBe('certificate-wrong');
    const later = { ...certificate, version: asVersion(3) };
    expect(await offlineType(encodeProof({ certificate: later, value }))).toBe('certificate-wrong');
    const elsewhere = { ...certificate, epoch: chain.epochs[3]!.digest };
    expect(await offlineType(encodeProof({ certificate: elsewhere, value }))).toBe('certificate-wrong');
  });

  it('is not one for a key of the network itself, or for what no application can have stored', async () => {
    expect(await offlineType((await proofIn(0, 1, { key: asKey('network/change') })).proof)).toBe(
      'proof-malformed',
    );
    const body = encode({ '\u0000': ['date', 'yesterday'] });
    const value = valueBytes(null, body);
    const certificate = await chain.certify(0, { key: KEY, version: 1, digest: chain.hash(value) });
    expect(await offlineType(encodeProof({ certificate, value }))).toBe('proof-malformed');
  });

  it('has one form: no byte of it can be changed, added or taken away', async () => {
    const { proof } = await proofIn(0, { owner: 'rosa' });
    expect(await offlineType(proof.slice(0, -1))).toBe('proof-malformed');
    expect(await offlineType(Uint8Array.of(...proof, 0))).toBe('proof-malformed');
    expect(await offlineType(new Uint8Array())).toBe('proof-malformed');
    for (let at = 0; at < proof.length; at++) {
      const changed = proof.slice();
      changed[at]! ^= 1 << (at % 8);
      const why = await offlineType(changed);
      expect(why, `byte ${at}`).not.toBeNull();
    }
  });

  it('has no other encoding: fields, form and length are checked before anything is hashed', async () => {
    const { proof, certificate, value } = await proofIn(0, 1);
    const fields = certificateFields(certificate);
    const shapes: CborValue[] = [
      null, 1, 'proof', [], ['proof', 1, fields], ['proof', 2, fields, value], ['prof', 1, fields, value],
      ['proof', 1, fields, value, null], ['proof', 1, fields, null], ['proof', 1, null, value],
      ['proof', 1, fields, encode(['proof', 1, fields, value])],
    ]; // prettier-ignore
    for (const shape of shapes)
      expect(readProof(encode(shape), chain.hash)).toMatchObject({ error: { type: 'proof-malformed' } });
    const large = encode(['proof', 1, fields, new Uint8Array(MAX_PROOF_BYTES)]);
    expect(readProof(large, chain.hash)).toMatchObject({ error: { type: 'proof-malformed' } });
    expect(decode(proof, MAX_PROOF_BYTES).ok).toBe(true);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(readProof(bytes, chain.hash).ok).toBe(false);
      }),
    );
  });

  it('leads nobody over a break unasked', async () => {
    const broken = await makeChain();
    const before = await proofIn(3, 'x', { of: broken });
    await broken.breakOff([0, 2], { name: 'Goes on' });
    const asked = (network: string) =>
      verifyProof({
        proof: before.proof,
        network,
        genesis: broken.genesisBytes,
        chain: broken.links.map(encodeLink),
      });
    expect(await asked(broken.network)).toMatchObject({ ok: true });
    expect(await asked(broken.newest.network)).toMatchObject({ error: { type: 'before-break' } });
  });
});

/** A replica that votes in an epoch and knows the chain up to another; `heads` and `history`: what it holds of `KEY`. */
function judgeIn(
  epoch: number,
  options: {
    readonly known?: number;
    readonly bls?: Bls;
    readonly heads?: readonly (Pick<CertifiedEntry, 'version' | 'digest'> & { readonly epoch?: number })[];
    readonly leaves?: readonly { readonly version: number; readonly digest: Digest }[];
  } = {},
) {
  const { known = epoch, heads = [], leaves, bls = chain.bls } = options;
  const entries = heads.map(({ epoch: of = 0, ...one }) => {
    return { key: KEY, ...one, certificate: { epoch: chain.epochs[of]!.digest } };
  });
  const epochs = chain.epochs.slice(0, known + 1);
  let written = false;
  const replica = {
    heads: new Map(entries.slice(-1).map((one) => [KEY, one])),
    epochs: leaves && {
      machine: {
        chain: epochs,
        leaves: { root: chain.epochs[epoch]!.began!.root, leaves: new Map(leaves.map((one) => [KEY, one])) },
        carried: new Map(),
      },
    },
    options: {
      bls,
      ed25519: chain.ed25519,
      hash: chain.hash,
      epoch: epochKeysOf(chain.epochs[epoch]!),
      // The version before the head is in the history once all is written.
      store: { history: () => Promise.resolve(entries.slice(0, written ? -1 : -2)) },
    },
    outbox: { durable: () => Promise.resolve((written = true)) },
  };
  return createJudging(replica as unknown as JudgingReplica, epochs);
}
const verdictIn = async (judging: ReturnType<typeof judgeIn>, proof: Uint8Array): Promise<string> =>
  (await judging.judgeProof(proof)).verdict;

describe('a proof in the hands of a member that votes', () => {
  it('of the epoch in force counts by its signatures, whatever this replica holds', async () => {
    const { proof, certificate } = await proofIn(3, 7);
    const judged = await judgeIn(3).judgeProof(proof);
    expect(judged).toMatchObject({ verdict: 'proven', proven: { key: KEY, version: 2, epoch: 3 } });
    const other = { version: asVersion(2), digest: 'a'.repeat(64) as Digest };
    expect(await verdictIn(judgeIn(3, { heads: [other] }), proof)).toBe('proven');
    const few = await chain.certify(3, certificate, { signers: [0, 1] });
    expect(
      await verdictIn(judgeIn(3), encodeProof({ certificate: few, value: (await proofIn(3, 7)).value })),
    ).toBe('nothing');
  });

  it('of an epoch that is not known here is not judged; one that is no proof at all is nothing', async () => {
    const { proof } = await proofIn(3, 7);
    expect(await verdictIn(judgeIn(1), proof)).toBe('unknown');
    expect(await verdictIn(judgeIn(1, { known: 3 }), proof)).toBe('proven');
    expect(await verdictIn(judgeIn(1), proof.slice(1))).toBe('nothing');
    const other = await makeChain();
    expect(await verdictIn(judgeIn(3), (await proofIn(0, 7, { of: other })).proof)).toBe('unknown');
  });

  it('of an epoch that has ended counts when this replica holds the version, newest or not, and is not judged when it does not', async () => {
    const { proof, certificate } = await proofIn(0, 7);
    const { digest } = certificate;
    const later = { version: asVersion(3), digest: 'b'.repeat(64) as Digest };
    expect(await verdictIn(judgeIn(3), proof)).toBe('unknown');
    expect(await verdictIn(judgeIn(3, { heads: [{ version: asVersion(2), digest }] }), proof)).toBe('proven');
    expect(await verdictIn(judgeIn(3, { heads: [{ version: asVersion(2), digest }, later] }), proof)).toBe(
      'proven',
    );
    expect(await verdictIn(judgeIn(3, { heads: [later] }), proof)).toBe('unknown');
    expect(await verdictIn(judgeIn(3, { heads: [{ version: asVersion(1), digest }] }), proof)).toBe(
      'unknown',
    );
  });

  it('that stolen keys of an ended epoch signed is nothing to who knows what was certified', async () => {
    const { proof } = await proofIn(0, 'forged');
    const certified = { version: asVersion(2), digest: 'c'.repeat(64) as Digest };
    expect(await verdictIn(judgeIn(3, { heads: [certified] }), proof)).toBe('nothing');
    // By the state with which the epoch began, which everybody who votes in it has, it needs no history.
    expect(await verdictIn(judgeIn(3, { leaves: [certified] }), proof)).toBe('nothing');
    expect(await verdictIn(judgeIn(3, { leaves: [] }), proof)).toBe('nothing');
    const { certificate, proof: honest } = await proofIn(0, 'honest');
    const leaf = { version: asVersion(2), digest: certificate.digest };
    expect(await verdictIn(judgeIn(3, { leaves: [leaf] }), honest)).toBe('proven');
    const passed = { version: asVersion(4), digest: 'c'.repeat(64) as Digest };
    expect(await verdictIn(judgeIn(3, { leaves: [passed] }), honest)).toBe('unknown');
  });

  it('never gets a yes from one and a no from another that votes in the same epoch, whatever has arrived (property)', async () => {
    // What was certified: 1 and 2 in epoch 0, 3 in epoch 1, 4 and 5 in the one in force; it began with 3.
    const epochOf = [0, 0, 1, 3, 3];
    const truth = await Promise.all(
      epochOf.map((epoch, i) => proofIn(epoch, i + 1, { version: i + 1, previous: null })),
    );
    const entry = (version: number) => {
      return {
        version: asVersion(version),
        digest: truth[version - 1]!.certificate.digest,
        epoch: epochOf[version - 1]!,
      };
    };
    // Stolen keys of ended epochs sign what was certified, what was not, and versions that there are not yet.
    const forged = await Promise.all(
      [0, 1].flatMap((epoch) =>
        [1, 2, 3, 4, 5, 6].flatMap((version) =>
          [version, -version].map((content) => proofIn(epoch, content, { version, previous: null })),
        ),
      ),
    );
    const proofs = [...truth, ...forged].map(({ proof }) => proof);
    const holdings = fc.record({
      head: fc.integer({ min: 3, max: 5 }),
      history: fc.subarray([1, 2, 3, 4]),
      knowsLeaves: fc.boolean(),
    });
    // Every one of these is signed as it should be: the pairings are left out.
    const bls: Bls = {
      ...chain.bls,
      verify: () => true,
      verifyAggregate: () => true,
      verifyMany: () => true,
    };
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        fc.nat(proofs.length - 1),
        fc.array(holdings, { minLength: 2, maxLength: 4 }),
        async (at, all) => {
          const verdicts = await Promise.all(
            all.map(({ head, history, knowsLeaves }) => {
              const heads = [...history.filter((version) => version < head), head].map(entry);
              return verdictIn(
                judgeIn(3, { heads, bls, ...(knowsLeaves && { leaves: [entry(3)] }) }),
                proofs[at]!,
              );
            }),
          );
          for (const verdict of verdicts) seen.add(verdict);
          expect(verdicts.includes('proven') && verdicts.includes('nothing'), verdicts.join(' ')).toBe(false);
        },
      ),
      { numRuns: 300 },
    );
    expect([...seen].sort()).toEqual(['nothing', 'proven', 'unknown']);
  });
});
