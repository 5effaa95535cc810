/** The forms of a break: what is read again as it was written, and what is taken for nothing else. */
import { describe, expect, it } from 'vitest';
import { encode, type CborValue } from '../../src/codec/cbor.ts';
import {
  decodeEpochMessage,
  encodeEpochMessage,
  type BreakProposal,
} from '../../src/codec/epoch-messages.ts';
import {
  decodeLink,
  decodeMark,
  encodeLink,
  encodeMark,
  isBreakLink,
  type BreakLink,
} from '../../src/codec/epochs.ts';
import {
  decodeContinuation,
  decodeGenesis,
  encodeContinuation,
  encodeGenesis,
  type Continuation,
} from '../../src/codec/genesis.ts';
import { genesisOf } from '../consensus/epochs-harness.ts';

const GENESIS: Continuation = {
  ...genesisOf(2),
  continues: {
    network: 'a'.repeat(64) as never,
    epoch: 3,
    digest: 'b'.repeat(64) as never,
    root: 'c'.repeat(64) as never,
    joinSecret: 'd'.repeat(64),
  },
};
const LINK: BreakLink = {
  genesis: encodeContinuation(GENESIS),
  signatures: [new Uint8Array(64).fill(1), new Uint8Array(64).fill(2)],
};

describe('a continuation', () => {
  it('is read as it was written', () => {
    expect(decodeContinuation(encodeContinuation(GENESIS))).toEqual({ ok: true, value: GENESIS });
  });

  it('is no genesis, and a genesis is no continuation: nobody begins twice', () => {
    expect(decodeGenesis(encodeContinuation(GENESIS))).toMatchObject({
      ok: false,
      error: { type: 'genesis-continues' },
    });
    expect(decodeContinuation(encodeGenesis(genesisOf(2))).ok).toBe(false);
  });

  it('with a field too many, too few or of another size is refused', () => {
    const { continues } = GENESIS;
    for (const wrong of [
      { ...continues, root: 'c'.repeat(62) },
      { ...continues, network: 'A'.repeat(64) },
      { ...continues, joinSecret: 1 },
      { ...continues, epoch: -1 },
      { ...continues, epoch: 1.5 },
      { ...continues, epoch: 1024 },
      { ...continues, more: 1 },
      { network: continues.network },
      null,
      [],
    ])
      expect(decodeContinuation(encode({ ...GENESIS, continues: wrong } as unknown as CborValue)).ok).toBe(
        false,
      );
    expect(decodeContinuation(encode({ ...GENESIS, more: 1 } as unknown as CborValue)).ok).toBe(false);
    expect(decodeContinuation(encode([GENESIS] as unknown as CborValue)).ok).toBe(false);
    expect(decodeContinuation(encode({ ...GENESIS, members: [] } as unknown as CborValue)).ok).toBe(false);
  });
});

describe('a link that is a break', () => {
  it('is read as it was written, and told from a change of members', () => {
    const read = decodeLink(encodeLink(LINK));
    expect(read).toEqual({ ok: true, value: LINK });
    expect(read.ok && isBreakLink(read.value)).toBe(true);
  });

  it('with signatures of another length, or another field, is refused', () => {
    const forms: CborValue[] = [
      ['break', LINK.genesis],
      ['break', LINK.genesis, [new Uint8Array(63)]],
      ['break', LINK.genesis, LINK.signatures, 1],
      ['break', 1, LINK.signatures],
      ['brake', LINK.genesis, LINK.signatures],
    ];
    for (const form of forms) expect(decodeLink(encode(form)).ok).toBe(false);
  });

  it('leaves a mark that is read again', () => {
    const mark = { state: 'left', epoch: 'b'.repeat(64), by: 'e'.repeat(64) } as never;
    expect(decodeMark(encodeMark(mark))).toEqual({ ok: true, value: mark });
  });
});

describe('message 42', () => {
  const proposal: BreakProposal = {
    genesis: LINK.genesis,
    signatures: [{ author: 5 as never, signature: LINK.signatures[0]! }],
  };

  it('is read as it was written', () => {
    const message = { type: 'break' as const, ...proposal };
    const bytes = encodeEpochMessage(message);
    expect([bytes[1], bytes[2]]).toEqual([0x18, 42]);
    expect(decodeEpochMessage(bytes)).toEqual({ ok: true, value: message });
  });

  it('that nobody signed, or with a signature of another form, is refused', () => {
    const [one] = proposal.signatures;
    for (const signatures of [
      [],
      [[one!.author]],
      [[one!.author, one!.signature.slice(1)]],
      [[1000, one!.signature]],
      [[one!.author, one!.signature, 1]],
    ])
      expect(decodeEpochMessage(encode([42, proposal.genesis, signatures])).ok).toBe(false);
    expect(decodeEpochMessage(encode([42, 'x', [[0, one!.signature]]])).ok).toBe(false);
  });
});
