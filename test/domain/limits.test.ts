import { describe, expect, it } from 'vitest';
import { encode, type CborValue } from '../../src/codec/cbor.ts';
import { MAX_VALUE_BYTES } from '../../src/codec/limits.ts';
import {
  MAX_REQUEST_BYTES,
  MAX_RESPONSE_BYTES,
  MAX_SESSION_VALUE_BYTES,
  SESSION_OVERHEAD_BYTES,
} from '../../src/l2/limits.ts';
import {
  MAX_DEFECTS,
  MAX_ENTRY_CERTIFICATE_BYTES,
  MAX_ENTRY_VALUE_BYTES,
  MAX_ENVELOPE_BYTES,
  MAX_MANIFEST_LINES,
  MAX_PHOTOS,
} from '../../src/domain/supply/limits.ts';
import { makeEnvelope } from '../../src/domain/supply/manifest.ts';
import { SERVICES } from '../../src/domain/supply/types.ts';
import { genesisWith, manifestObject, newSigner, Session, SSCC } from './support.ts';

describe('the limits', () => {
  it('let every package that can be announced be inspected: the largest session fits a value', async () => {
    const signer = await newSigner();
    const genesis = genesisWith({
      couriers: [{ id: 'c', name: 'C', gln: '9521143000012' }],
      supplierKeys: [signer.entry],
    });
    const small = { gtin: '04012345001013', quantity: 999_999_999, lot: 'L'.repeat(20) };
    const lines = (description: string) =>
      Array.from({ length: MAX_MANIFEST_LINES }, () => ({ ...small, description }));
    // Fills the envelope: the longest descriptions that it takes.
    let envelope: string | null = null;
    for (let length = 120; length >= 0 && envelope === null; length--) {
      const made = await makeEnvelope(
        JSON.stringify(manifestObject({ lines: lines('d'.repeat(length)) })),
        signer,
      );
      if (made.ok) envelope = made.value;
    }
    if (envelope === null) throw new Error('the most lines do not fit the largest envelope');
    expect(envelope.length).toBeGreaterThan(MAX_ENVELOPE_BYTES * 0.98);

    const valueBytes = (s: Session): number =>
      encode({ record: s.record, session: s.transactions as unknown as CborValue }).length + 512;
    const create = new Session('alfa', genesis, SSCC, null);
    expect((await create.post(SERVICES.createPackage, { envelope })).status).toBe(201);
    expect(valueBytes(create)).toBeLessThan(MAX_SESSION_VALUE_BYTES);

    const session = new Session('bravo', genesis, SSCC, create.record);
    const perLine = MAX_DEFECTS / MAX_MANIFEST_LINES;
    const judged = Array.from({ length: MAX_MANIFEST_LINES }, (_, line) => ({
      line,
      defects: Array.from({ length: perLine }, () => ({
        code: 'c'.repeat(40),
        severity: 'critical',
        count: 1_000_000_000,
      })),
      photos: Array.from({ length: MAX_PHOTOS / MAX_MANIFEST_LINES }, () => 'f'.repeat(64)),
      verdict: line === 0 ? 'quarantine' : 'reject',
    }));
    const steps: [string, Record<string, CborValue>][] = [
      [SERVICES.startSession, {}],
      [SERVICES.scan, { code: `${SSCC}`, source: 'camera' }],
      [SERVICES.validate, {}],
      [SERVICES.quality, { lines: judged }],
      [SERVICES.finish, {}],
    ];
    for (const [path, body] of steps) {
      const response = await session.post(path, body);
      expect([path, response.status]).toEqual([path, 200]);
      expect(encode(body).length).toBeLessThan(MAX_REQUEST_BYTES);
      expect(encode(response.body).length).toBeLessThan(MAX_RESPONSE_BYTES);
    }
    // The supplier's and the courier's entries may come with the steps.
    const entries = 2 * (MAX_ENTRY_VALUE_BYTES + MAX_ENTRY_CERTIFICATE_BYTES);
    expect(valueBytes(session) + SESSION_OVERHEAD_BYTES + entries).toBeLessThan(MAX_SESSION_VALUE_BYTES);
    expect(MAX_SESSION_VALUE_BYTES).toBeLessThan(MAX_VALUE_BYTES);
  });
});
