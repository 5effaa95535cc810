/** Asks and answers of RESUME are signed over their bytes: what is read and written again must be the same. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode, encode, type CborValue } from '../../src/codec/cbor.ts';
import {
  MAX_RESUME_KNOWN,
  MAX_RESUME_REPORTS,
  RESUME_DIGEST_BYTES,
  RESUME_NAME_BYTES,
} from '../../src/codec/limits.ts';
import { decodeMessage, encodeMessage, type PeerMessage } from '../../src/codec/messages.ts';

const hexOf = (bytes: number): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((b) => Buffer.from(b).toString('hex'));
const exactly = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });

const asks = fc.record({
  type: fc.constant('resume-ask'),
  asker: fc.nat(999),
  logId: hexOf(16),
  instance: hexOf(16),
  nonce: hexOf(16),
  time: fc.nat(2 ** 31 - 1),
  everywhere: fc.boolean(),
  answered: fc.uint8Array({ maxLength: 125 }),
  summary: exactly(16 * RESUME_DIGEST_BYTES),
  known: fc.nat(20).chain((count) => exactly(count * RESUME_NAME_BYTES)),
  signature: exactly(64),
}) as unknown as fc.Arbitrary<PeerMessage>;

const votes = fc.record({
  key: fc.string({ minLength: 1, maxLength: 40 }),
  version: fc.integer({ min: 1, max: 1000 }),
  round: fc.nat(9),
  type: fc.constant('PRE-COMMIT'),
  digest: hexOf(32),
  epoch: fc.constant('11'.repeat(32)),
  author: fc.nat(999),
  signature: exactly(64),
});

const plainAnswers = fc.record({
  type: fc.constant('resume-answer'),
  epoch: fc.constant('11'.repeat(32)),
  asker: fc.nat(999),
  nonce: hexOf(16),
  answerer: fc.nat(999),
  complete: fc.boolean(),
  twin: fc.option(hexOf(16)),
  votes: fc.array(votes, { maxLength: 4 }),
  certificates: fc.constant([]),
  signature: exactly(64),
});
const reports = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: MAX_RESUME_REPORTS });
const answers = fc.oneof(
  plainAnswers,
  fc.tuple(plainAnswers, reports).map(([answer, told]) => ({ ...answer, reports: told })),
) as unknown as fc.Arbitrary<PeerMessage>;

describe('RESUME messages', () => {
  it('come back as they were sent, byte for byte', () => {
    fc.assert(
      fc.property(fc.oneof(asks, answers), (message) => {
        const bytes = encodeMessage(message);
        const read = decodeMessage(bytes);
        if (!read.ok) throw new Error(read.error.message);
        expect(Buffer.from(encodeMessage(read.value)).equals(Buffer.from(bytes))).toBe(true);
        expect(read.value).toMatchObject({ type: message.type });
      }),
    );
  });

  it('are refused with an empty list of reports, or with too many: one answer has one form', () => {
    const [answer] = fc.sample(plainAnswers, 1) as unknown as PeerMessage[];
    const read = decode(encodeMessage(answer!), 1 << 20);
    if (!read.ok) throw new Error(read.error.message);
    const fields = read.value as CborValue[];
    const withReports = (reports: Uint8Array[]): Uint8Array =>
      encode([...fields.slice(0, 5), reports, fields[5]!]);
    const report = new Uint8Array(40);
    expect(decodeMessage(withReports([report])).ok).toBe(true);
    expect(decodeMessage(withReports([])).ok).toBe(false);
    expect(decodeMessage(withReports(Array(MAX_RESUME_REPORTS + 1).fill(report) as Uint8Array[])).ok).toBe(
      false,
    );
  });

  it('are refused with a name cut short, a digest too few or a missing field', () => {
    const [ask] = fc.sample(asks, 1);
    const parts = (change: (body: CborValue[]) => void): Uint8Array => {
      const read = decode(encodeMessage(ask!), 1 << 20);
      if (!read.ok) throw new Error(read.error.message);
      const fields = [...(read.value as CborValue[])];
      const inner = [...(fields[1] as CborValue[])];
      change(inner);
      return encode([fields[0]!, inner, fields[2]!]);
    };
    expect(decodeMessage(parts(() => undefined)).ok).toBe(true);
    expect(decodeMessage(parts((f) => (f[8] = new Uint8Array(RESUME_NAME_BYTES + 1)))).ok).toBe(false);
    expect(
      decodeMessage(parts((f) => (f[8] = new Uint8Array((MAX_RESUME_KNOWN + 1) * RESUME_NAME_BYTES)))).ok,
    ).toBe(false);
    expect(decodeMessage(parts((f) => (f[7] = new Uint8Array(15 * RESUME_DIGEST_BYTES)))).ok).toBe(false);
    expect(decodeMessage(parts((f) => f.pop())).ok).toBe(false);
    expect(decodeMessage(parts((f) => (f[5] = 1))).ok).toBe(false);
  });
});
