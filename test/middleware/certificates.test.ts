/** What an application was given as proof is checked by the members who signed it, also after they have changed. */
import { beforeAll, describe, expect, it } from 'vitest';
import { asKey, type Digest } from '../../src/codec/brand.ts';
import { encodeLink } from '../../src/codec/epochs.ts';
import type { CertifiedEntry } from '../../src/store/types.ts';
import { certifiedOf } from '../../src/worker/kv/sets.ts';
import { verifyCertificate } from '../../src/worker/kv/verify.ts';
import { makeChain, type ChainMaker } from '../epochs/make-chain.ts';

const DIGEST = 'a'.repeat(64) as Digest;
const body = { key: asKey('title/1'), version: 1, digest: DIGEST };
let chain: ChainMaker;
beforeAll(async () => {
  chain = await makeChain();
});

const verify = async (certificate: unknown, over: object = {}) =>
  verifyCertificate({
    certificate: certificate as never,
    network: chain.network,
    genesis: chain.genesisBytes,
    chain: chain.links.map(encodeLink),
    ...over,
  });

describe('a certificate in the hands of an application', () => {
  it('is proved by the members of its epoch, in every epoch of the chain', async () => {
    for (const epoch of [0, 1, 3]) {
      const proven = await verify(await chain.certify(epoch, body));
      expect(proven).toMatchObject({
        ok: true,
        value: { key: 'title/1', version: 1, digest: DIGEST, epoch },
      });
      const ids = chain.epochs[epoch]!.members.map(({ id }) => id as string);
      if (proven.ok) for (const id of proven.value.signedBy) expect(ids).toContain(id);
    }
  });

  it('is not proved by the members of another epoch, a chain that does not reach it, or for another value', async () => {
    const certificate = await chain.certify(3, body);
    const typeOf = async (one: unknown, over?: object): Promise<string | null> => {
      const proven = await verify(one, over);
      return proven.ok ? null : proven.error.type;
    };
    expect(await typeOf({ ...certificate, epoch: chain.epochs[0]!.digest })).toBe('certificate-wrong');
    expect(await typeOf({ ...certificate, digest: 'b'.repeat(64) })).toBe('certificate-wrong');
    expect(await typeOf(certificate, { chain: chain.links.slice(0, 2).map(encodeLink) })).toBe(
      'epoch-unknown',
    );
    expect(await typeOf(certificate, { chain: undefined })).toBe('epoch-unknown');
    expect(await typeOf(await chain.certify(0, body), { chain: undefined })).toBeNull();
    expect(await typeOf(certificate, { chain: chain.links.slice(1).map(encodeLink) })).toBe('chain-invalid');
    expect(await typeOf(certificate, { chain: [new Uint8Array([1])] })).toBe('chain-invalid');
    expect(await typeOf(certificate, { network: 'c'.repeat(64) })).toBe('genesis-wrong');
    expect(await typeOf(certificate, { network: 'titles' })).toBe('network-malformed');
  });

  it('leads nobody over a break unasked, in neither direction, and tells of it', async () => {
    const broken = await makeChain();
    const old = broken.network;
    const before = await broken.certify(3, body);
    await broken.breakOff([0, 2], { name: 'Goes on' });
    const next = broken.newest.network;
    const after = await broken.certify(4, body);
    const asked = (certificate: typeof after, network: string) =>
      verifyCertificate({
        certificate,
        network,
        genesis: broken.genesisBytes,
        chain: broken.links.map(encodeLink),
      });
    const proven = await asked(after, next);
    expect(proven).toMatchObject({
      ok: true,
      value: { epoch: 4, breaks: [{ epoch: 4, from: old, network: next, name: 'Goes on' }] },
    });
    expect(await asked(before, old)).toMatchObject({ ok: true, value: { epoch: 3 } });
    expect(await asked(after, old)).toMatchObject({ ok: false, error: { type: 'network-continued' } });
    expect(await asked(before, next)).toMatchObject({ ok: false, error: { type: 'before-break' } });
  });

  it('names its signers by id: places have moved since', async () => {
    const certificate = await chain.certify(0, body, { signers: [1, 2, 3] });
    const replica = { epochs: { machine: { chain: chain.epochs } } };
    const told = certifiedOf(replica as never, { ...certificate, certificate } as unknown as CertifiedEntry);
    expect(told).toMatchObject({ epoch: 0, signers: [1, 2, 3] });
    expect(told.signedBy).toEqual([1, 2, 3].map((place) => chain.epochs[0]!.members[place]!.id));
  });
});
