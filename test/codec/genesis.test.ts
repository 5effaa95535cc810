import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encode, type CborValue } from '../../src/codec/cbor.ts';
import { decodeGenesis, encodeGenesis, genesisProblem, memberProblem } from '../../src/codec/genesis.ts';
import { MAX_GENESIS_BYTES, MAX_MEMBERS } from '../../src/codec/limits.ts';

type Plain = { [key: string]: CborValue };

const member = (i: number): Plain => ({
  id: `m-${i}`,
  name: `Member ${i}`,
  organisation: `Organisation ${i}`,
  role: 'warehouse',
  gln: '4012345000009',
  voteKey: i.toString(16).padStart(64, '0'),
  certificateKey: i.toString(16).padStart(192, '0'),
  logId: i.toString(16).padStart(32, '0'),
  proofOfPossession: 'a'.repeat(96),
});
const genesis = (change: Plain = {}): Plain => ({
  format: 'countersign-genesis-1',
  name: 'North',
  rulesVersion: 1,
  draftNonce: '0'.repeat(32),
  demo: false,
  members: [member(1), member(2)],
  directory: {
    supplierKeys: [
      {
        keyId: 'key 1',
        publicKey: '0'.repeat(64),
        gln: '4012345000009',
        name: 'Supplier',
        validFrom: 1,
        validUntil: null,
      },
    ],
    couriers: [{ id: 'c-1', name: 'Courier', gln: '4012345000009' }],
  },
  ...change,
});
const read = (value: CborValue): ReturnType<typeof decodeGenesis> => decodeGenesis(encode(value));

describe('genesis', () => {
  it('comes back as it was, and gives the same bytes', () => {
    const bytes = encode(genesis());
    const decoded = decodeGenesis(bytes);
    expect(decoded).toEqual({ ok: true, value: genesis() });
    if (decoded.ok) expect(encodeGenesis(decoded.value)).toEqual(bytes);
  });

  it.each<[string, Plain]>([
    ['unknown format', { format: 'countersign-genesis-2' }],
    ['no name', { name: '' }],
    ['blank name', { name: ' ' }],
    ['long name', { name: 'x'.repeat(81) }],
    ['rules version 0', { rulesVersion: 0 }],
    ['rules version 1.5', { rulesVersion: 1.5 }],
    ['short nonce', { draftNonce: '00' }],
    ['demo as text', { demo: 'yes' }],
    ['no members', { members: [] }],
    ['members as a map', { members: {} }],
    ['unknown field', { note: 'x' }],
    ['too many members', { members: Array.from({ length: MAX_MEMBERS + 1 }, (_, i) => member(i + 1)) }],
    ['no directory', { directory: null }],
    ['a directory without couriers', { directory: { supplierKeys: [] } }],
    [
      'an end that is text',
      {
        directory: {
          couriers: [],
          supplierKeys: [
            {
              keyId: 'k',
              publicKey: '0'.repeat(64),
              gln: '4012345000009',
              name: 'S',
              validFrom: 'now',
              validUntil: null,
            },
          ],
        },
      },
    ],
    [
      'a courier with a bad GLN',
      { directory: { couriers: [{ id: 'c', name: 'C', gln: '4012345000008' }], supplierKeys: [] } },
    ],
  ])('refuses %s', (_what, change) => {
    expect(read(genesis(change))).toMatchObject({ ok: false, error: { type: 'genesis-malformed' } });
  });

  it.each<[string, Plain, string]>([
    ['id', { id: 'Bravo' }, 'id must be'],
    ['long id', { id: 'a'.repeat(25) }, 'id must be'],
    ['name', { name: '' }, 'names must'],
    ['role', { role: 'thief' }, 'role must'],
    ['GLN check digit', { gln: '4012345000008' }, '4012345000008'],
    ['vote key', { voteKey: 'A'.repeat(64) }, 'vote key'],
    ['certificate key', { certificateKey: '0'.repeat(191) }, 'certificate key'],
    ['log id', { logId: '' }, 'log id'],
    ['proof', { proofOfPossession: '' }, 'proof of possession'],
  ])('names the member and the field: %s', (_what, change, message) => {
    expect(memberProblem({ ...member(1), ...change })).toContain(message);
    const result = read(genesis({ members: [member(2), { ...member(1), ...change }] }));
    expect(result).toMatchObject({ ok: false });
    if (!result.ok) expect(result.error.message).toContain('member 2');
  });

  it('a field left out or added is refused in a member', () => {
    const { name: _name, ...without } = member(1);
    expect(memberProblem(without)).not.toBeNull();
    expect(memberProblem({ ...member(1), extra: 1 })).not.toBeNull();
    expect(memberProblem(null)).not.toBeNull();
    expect(memberProblem([1])).not.toBeNull();
  });

  it.each(['id', 'voteKey', 'certificateKey', 'logId'])('two members never share one %s', (field) => {
    const twin = { ...member(2), [field]: member(1)[field]! };
    expect(genesisProblem(genesis({ members: [member(1), twin] }))).toContain(field);
  });

  it('too many bytes are refused as such', () => {
    const result = decodeGenesis(new Uint8Array(MAX_GENESIS_BYTES + 1));
    expect(result).toMatchObject({ ok: false, error: { type: 'genesis-too-large' } });
  });

  it('noise and damage give an error or another genesis, never an exception', () => {
    const bytes = encode(genesis());
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const spoiled = new Uint8Array(bytes);
        spoiled[at]! ^= change;
        const result = decodeGenesis(spoiled);
        if (result.ok) expect(encodeGenesis(result.value)).toEqual(spoiled);
        else expect(result.error.type).toMatch(/^genesis-/);
      }),
      { numRuns: 300 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => decodeGenesis(noise).ok === false));
  });
});
