import { blake3 } from '@noble/hashes/blake3.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { asRound, asVersion, fromHex, toHex, type Digest, type Key } from '../../src/codec/brand.ts';
import { encode } from '../../src/codec/cbor.ts';
import { certificateFields } from '../../src/codec/messages.ts';
import type { Certificate, CertificateGroup } from '../../src/codec/vote.ts';
import { firstEpoch } from '../../src/consensus/membership.ts';
import { valueBytes } from '../../src/crypto/domains.ts';
import { writeBundle } from '../../src/domain/supply/evidence/format.ts';
import { verifyEvidence } from '../../src/domain/supply/evidence/verify.ts';
import type { EvidenceReport } from '../../src/domain/supply/evidence/types.ts';
import { KEY, World } from './world.ts';

let world: World;
let body: Uint8Array;
let digest: Digest;
beforeAll(async () => {
  world = await World.create();
  body = await world.announcement();
  digest = world.tools.hash(valueBytes(null, body));
});

const batchGroup = async (
  form: 'aggregate' | 'votes',
  signers: readonly number[],
): Promise<CertificateGroup> =>
  (await world.certifyBatch({ key: KEY, version: 1, digest }, signers, form)).groups[0]!;

async function submit(groups: readonly CertificateGroup[]): Promise<EvidenceReport> {
  const file = await world.forge(KEY as Key, [body]);
  const certificate: Certificate = {
    epoch: firstEpoch(world.network),
    key: KEY,
    version: asVersion(1),
    round: asRound(0),
    digest,
    groups,
  };
  const versions = [{ ...file.versions[0]!, certificate: encode(certificateFields(certificate)) }];
  const bytes = writeBundle({ ...file, versions });
  return verifyEvidence(bytes, { trust: { kind: 'network', network: world.network }, tools: world.tools });
}

describe('an evidence file with a certificate of a batch', () => {
  it('is as good as any other, also where some signed the package alone', async () => {
    for (const form of ['aggregate', 'votes'] as const)
      expect((await submit([await batchGroup(form, [0, 1, 3])])).verdict).toBe('valid');
    const alone = await world.certify({ key: KEY, version: 1, digest }, [2]);
    const mixed = await submit([await batchGroup('aggregate', [0, 1]), ...alone.groups]);
    expect(mixed.verdict).toBe('valid');
    expect(mixed.versions[0]?.signers.map(({ id }) => id)).toEqual(['alfa', 'bravo', 'cargo']);
  });

  it('is refused when the way to the root is not that of this package', async () => {
    const group = await batchGroup('aggregate', [0, 1, 3]);
    const path = group.batch!.path.slice();
    path[0]! ^= 1;
    for (const batch of [
      { ...group.batch!, path },
      { ...group.batch!, index: 0 },
    ])
      expect(await submit([{ ...group, batch }])).toMatchObject({
        verdict: 'invalid',
        failure: { type: 'certificate-wrong' },
      });
    const { batch: _, ...bare } = group;
    expect((await submit([bare as CertificateGroup])).failure?.type).toBe('certificate-wrong');
    const cut = { ...group.batch!, path: path.subarray(0, 32) };
    expect((await submit([{ ...group, batch: cut }])).failure?.type).toBe('certificate-malformed');
  });

  it('has the root that docs/evidence.md says', async () => {
    const { batch } = await batchGroup('aggregate', [0]);
    const { root, size, index, path } = batch!;
    let node = blake3(encode(['batch-entry', KEY, 1, fromHex(digest)]));
    let rest = path;
    for (let p = index, w = size; w > 1; p = p >> 1, w = Math.ceil(w / 2)) {
      if (p % 2 === 0 && p + 1 >= w) continue;
      const next = rest.subarray(0, 32);
      rest = rest.subarray(32);
      node = blake3(encode(p % 2 === 1 ? ['batch-node', next, node] : ['batch-node', node, next]));
    }
    expect([toHex(node), rest.length]).toEqual([root, 0]);
  });
});
