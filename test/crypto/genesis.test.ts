import { beforeAll, describe, expect, it } from 'vitest';
import { toHex } from '../../src/codec/brand.ts';
import { decodeGenesis, encodeGenesis, type Genesis, type MemberEntry } from '../../src/codec/genesis.ts';
import { createMclBls } from '../../src/crypto/bls-mcl.ts';
import { checkGenesis, networkIdOf, possessionOf } from '../../src/crypto/genesis.ts';
import { createHash } from '../../src/crypto/hash.ts';
import type { Bls } from '../../src/crypto/types.ts';
import { makeNetwork, type Network } from './fixture.ts';
import { infinity, negated, strayG2 } from './points.ts';

let bls: Bls;
let network: Network;

beforeAll(async () => {
  bls = await createMclBls();
  network = await makeNetwork(bls, 4);
});

const withMember = (at: number, change: Partial<MemberEntry>): Genesis => ({
  ...network.genesis,
  members: network.genesis.members.map((member, i) => (i === at ? { ...member, ...change } : member)),
});
const errorOf = (genesis: Genesis): unknown => {
  const result = checkGenesis(genesis, bls);
  return result.ok ? null : [result.error.type, result.error.subject];
};

describe('genesis', () => {
  it('an honest one passes, also after it travelled', () => {
    const decoded = decodeGenesis(encodeGenesis(network.genesis));
    expect(decoded.ok && checkGenesis(decoded.value, bls).ok).toBe(true);
  });

  it('the network id changes with every field', async () => {
    const hash = await createHash();
    const id = networkIdOf(network.genesis, hash);
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    expect(networkIdOf({ ...network.genesis, name: 'Other' }, hash)).not.toBe(id);
    expect(networkIdOf({ ...network.genesis, demo: true }, hash)).not.toBe(id);
    expect(networkIdOf(withMember(3, { name: 'X' }), hash)).not.toBe(id);
  });

  it('a key without its proof is refused, and the member named', () => {
    const [first, second] = network.genesis.members;
    const stolen = { certificateKey: second!.certificateKey, proofOfPossession: second!.proofOfPossession };
    expect(errorOf(withMember(0, stolen))).toEqual(['genesis-possession-invalid', 'member-0']);
    expect(errorOf(withMember(0, { voteKey: second!.voteKey }))).toEqual([
      'genesis-possession-invalid',
      'member-0',
    ]);
    expect(errorOf(withMember(2, { logId: first!.logId }))).toEqual([
      'genesis-possession-invalid',
      'member-2',
    ]);
    expect(errorOf({ ...network.genesis, draftNonce: '00'.repeat(16) })).toEqual([
      'genesis-possession-invalid',
      'member-0',
    ]);
    const signature = toHex(network.signers[0]!.signShare(new Uint8Array([1])));
    expect(errorOf(withMember(0, { proofOfPossession: signature }))).toEqual([
      'genesis-possession-invalid',
      'member-0',
    ]);
  });

  it('a rogue key, made to cancel a victim, has no proof', () => {
    const victim = Uint8Array.from(Buffer.from(network.genesis.members[1]!.certificateKey, 'hex'));
    const change = { certificateKey: toHex(negated(victim)) as MemberEntry['certificateKey'] };
    expect(errorOf(withMember(0, change))).toEqual(['genesis-possession-invalid', 'member-0']);
  });

  it('a certificate key that is infinite or outside the subgroup is refused', () => {
    for (const key of [infinity(96), strayG2(), new Uint8Array(96)]) {
      const change = { certificateKey: toHex(key) as MemberEntry['certificateKey'] };
      expect(errorOf(withMember(3, change))).toEqual(['genesis-certificate-key-invalid', 'member-3']);
    }
  });

  it('a vote key of small order is refused', () => {
    const voteKey = `01${'00'.repeat(31)}` as MemberEntry['voteKey'];
    expect(errorOf(withMember(1, { voteKey }))).toEqual(['genesis-vote-key-invalid', 'member-1']);
  });

  it("a supplier's invalid manifest key is refused by its key id", () => {
    const entry = {
      keyId: 'k1',
      publicKey: '00'.repeat(32),
      gln: '4012345000009',
      name: 'S',
      validFrom: null,
      validUntil: null,
    };
    const genesis = { ...network.genesis, directory: { supplierKeys: [entry], couriers: [] } };
    expect(errorOf(genesis)).toEqual(['genesis-supplier-key-invalid', 'k1']);
  });

  it('a proof for a draft is no proof for a running network', async () => {
    const member = network.genesis.members[0]!;
    const fields = { ...member, nonce: network.genesis.draftNonce };
    const secret = network.secrets[0]!.certificateSecret;
    const id = networkIdOf(network.genesis, await createHash());
    const proof = possessionOf({ ...fields, network: id }, secret, bls);
    expect(errorOf(withMember(0, { proofOfPossession: proof }))).toEqual([
      'genesis-possession-invalid',
      'member-0',
    ]);
    expect(possessionOf({ ...fields, network: null }, secret, bls)).toBe(member.proofOfPossession);
  });
});
