import { describe, expect, it } from 'vitest';
import {
  makeEnvelope,
  MANIFEST_PAYLOAD_TYPE,
  parseEnvelope,
  preAuthenticationEncoding,
  readManifestFile,
  verifyManifest,
} from '../../src/domain/supply/manifest.ts';
import {
  MAX_ENVELOPE_BYTES,
  MAX_ENVELOPES_PER_FILE,
  MAX_MANIFEST_LINES,
} from '../../src/domain/supply/limits.ts';
import { envelopeOf, goodEnvelope, manifestObject, newSigner, SSCC, verifyEd25519 } from './support.ts';
import type { SupplierKeyEntry } from '../../src/codec/genesis.ts';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const verify = async (envelope: string, ...keys: SupplierKeyEntry[]) => {
  const result = await verifyManifest(envelope, { supplierKeys: keys, couriers: [] }, verifyEd25519);
  return result.ok ? 'verified' : result.error.type;
};
const edit = (
  envelope: string,
  change: (e: { payloadType: string; payload: string; signatures: { keyid: string; sig: string }[] }) => void,
): string => {
  const value = JSON.parse(envelope);
  change(value);
  return JSON.stringify(value);
};

describe('the signed bytes', () => {
  it('are those of the DSSE specification', () => {
    const hello = new TextEncoder().encode('hello world');
    expect(text(preAuthenticationEncoding('http://example.com/HelloWorld', hello))).toBe(
      'DSSEv1 29 http://example.com/HelloWorld 11 hello world',
    );
    // Lengths count bytes, not characters.
    expect(text(preAuthenticationEncoding('ä', new Uint8Array()))).toBe('DSSEv1 2 ä 0 ');
  });

  it('are read from the envelope that the specification prints', () => {
    const parsed = parseEnvelope(
      '{"payload": "aGVsbG8gd29ybGQ=", "payloadType": "http://example.com/HelloWorld", "signatures": [{"keyid": "k", "sig": "AA=="}], "extra": 1}',
    );
    expect(parsed.ok && text(parsed.value.payload)).toBe('hello world');
  });

  it('may use the URL-safe alphabet, but only one spelling of each', () => {
    const envelope = (payload: string): string =>
      JSON.stringify({ payloadType: 't', payload, signatures: [{ keyid: 'k', sig: 'AA==' }] });
    for (const good of ['', '+/8=', '-_8=', '-_8', 'AAAA', 'QQ', 'QQ=='])
      expect([good, parseEnvelope(envelope(good)).ok]).toEqual([good, true]);
    for (const bad of [
      '+_8=',
      '+/8',
      '+/9=',
      'QR==',
      'Q',
      'Q===',
      'QQ=',
      ' QQ==',
      'QQ==\n',
      'Q*==',
      '====',
    ]) {
      expect([bad, parseEnvelope(envelope(bad)).ok]).toEqual([bad, false]);
    }
  });
});

describe('a manifest', () => {
  it('made here verifies, with the text of its bytes kept', async () => {
    const signer = await newSigner();
    const json = JSON.stringify(manifestObject(), null, 3);
    const made = await makeEnvelope(json, signer);
    if (!made.ok) throw new Error(made.error.message);
    const parsed = parseEnvelope(made.value);
    expect(parsed.ok && text(parsed.value.payload)).toBe(json);
    const result = await verifyManifest(
      made.value,
      { supplierKeys: [signer.entry], couriers: [] },
      verifyEd25519,
    );
    if (!result.ok) throw new Error(result.error.message);
    expect(result.value.manifest.sscc).toBe(SSCC);
    expect(result.value.key).toEqual(signer.entry);
  });

  it('whose content, type or signature was changed is tampered with', async () => {
    const signer = await newSigner();
    const good = await goodEnvelope(signer);
    expect(await verify(good, signer.entry)).toBe('verified');
    const other = Buffer.from(JSON.stringify(manifestObject({ asnId: 'ASN-2' }))).toString('base64');
    expect(
      await verify(
        edit(good, (e) => void (e.payload = other)),
        signer.entry,
      ),
    ).toBe('manifest-tampered');
    expect(
      await verify(
        edit(good, (e) => void (e.signatures[0]!.sig = 'AAAA')),
        signer.entry,
      ),
    ).toBe('manifest-tampered');
    expect(
      await verify(
        edit(good, (e) => void (e.payloadType = 'text/plain')),
        signer.entry,
      ),
    ).toBe('manifest-malformed');
    const forger = await newSigner();
    expect(await verify(await goodEnvelope(forger), signer.entry)).toBe('manifest-tampered');
  });

  it('signed for another payload type does not pass for a manifest', async () => {
    const signer = await newSigner();
    const body = new TextEncoder().encode(JSON.stringify(manifestObject()));
    const sig = await signer.sign(preAuthenticationEncoding('text/plain', body));
    const envelope = JSON.stringify({
      payloadType: MANIFEST_PAYLOAD_TYPE,
      payload: Buffer.from(body).toString('base64'),
      signatures: [{ keyid: 'test-key', sig: Buffer.from(sig).toString('base64') }],
    });
    expect(await verify(envelope, signer.entry)).toBe('manifest-tampered');
  });

  it('counts only under a key of the directory, its owner and its period', async () => {
    const signer = await newSigner();
    const good = await goodEnvelope(signer);
    const issued = Date.UTC(2026, 10, 2, 8) / 1000;
    expect(await verify(good)).toBe('supplier-key-unknown');
    expect(await verify(good, { ...signer.entry, keyId: 'other' })).toBe('supplier-key-unknown');
    expect(await verify(good, { ...signer.entry, gln: '9521141000014' })).toBe('supplier-mismatch');
    expect(await verify(good, { ...signer.entry, validFrom: issued, validUntil: issued })).toBe('verified');
    expect(await verify(good, { ...signer.entry, validFrom: issued + 1 })).toBe('supplier-key-expired');
    expect(await verify(good, { ...signer.entry, validUntil: issued - 1 })).toBe('supplier-key-expired');
    // The zone counts: 10:00+02:00 is 08:00Z.
    const zoned = await goodEnvelope(signer, { issuedAt: '2026-11-02T10:00:00+02:00' });
    expect(await verify(zoned, { ...signer.entry, validFrom: issued, validUntil: issued })).toBe('verified');
  });

  it('is found under a replaced key of the same id, and behind a stranger’s signature', async () => {
    const [old, now, stranger] = [
      await newSigner(),
      await newSigner(),
      await newSigner({ keyId: 'auditor' }),
    ];
    const good = await goodEnvelope(now);
    expect(await verify(good, old.entry, now.entry)).toBe('verified');
    const audited = edit(good, (e) => void e.signatures.unshift({ keyid: 'auditor', sig: 'AAAA' }));
    expect(await verify(audited, now.entry)).toBe('verified');
    expect(await verify(audited, stranger.entry, now.entry)).toBe('verified');
  });

  it('means what the last of duplicate JSON keys says, everywhere, since the bytes are what was signed', async () => {
    const signer = await newSigner();
    const json = JSON.stringify(manifestObject()).replace(
      '{"asnId":"ASN-1"',
      '{"asnId":"FIRST","asnId":"LAST"',
    );
    const result = await verifyManifest(
      await envelopeOf(signer, json),
      { supplierKeys: [signer.entry], couriers: [] },
      verifyEd25519,
    );
    expect(result.ok && result.value.manifest.asnId).toBe('LAST');
  });

  it('that is malformed is refused although it is signed', async () => {
    const signer = await newSigner();
    const line = (over: object): object =>
      manifestObject({ lines: [{ gtin: '04012345001013', quantity: 1, ...over }] });
    const bad: unknown[] = [
      'no json',
      '[]',
      'null',
      '\ufeff{}',
      manifestObject({ sscc: '040123450000001113' }),
      manifestObject({ supplierGln: '4012345000116' }),
      manifestObject({ unknown: 1 }),
      manifestObject({ lines: [] }),
      manifestObject({
        lines: Array.from({ length: MAX_MANIFEST_LINES + 1 }, () => ({
          gtin: '04012345001013',
          quantity: 1,
        })),
      }),
      manifestObject({ asnId: ' ' }),
      manifestObject({ asnId: 'a\u0007' }),
      manifestObject({ issuedAt: '2026-02-30T00:00:00Z' }),
      manifestObject({ issuedAt: '2026-11-02T08:00:00' }),
      manifestObject({ keyid: 'another-key' }),
      line({ gtin: '04012345001014' }),
      line({ quantity: 0 }),
      line({ quantity: 1.5 }),
      line({ quantity: '1' }),
      line({ expiry: '2026-13-01' }),
      line({ lot: 'has space' }),
      line({ lot: '' }),
      JSON.stringify(line({ description: 'X' })).replace('"X"', '"\\ud800"'),
    ];
    for (const manifest of bad)
      expect([manifest, await verify(await envelopeOf(signer, manifest), signer.entry)]).toEqual([
        manifest,
        'manifest-malformed',
      ]);
    expect(await verify(await envelopeOf(signer, line({})), signer.entry)).toBe('verified');
  });

  it('names the right digit when a check digit in it is wrong', async () => {
    const made = await makeEnvelope(
      JSON.stringify(manifestObject({ sscc: '040123450000001113' })),
      await newSigner(),
    );
    expect(made.ok ? '' : made.error.message).toMatch(/sscc.*040123450000001113.*check digit 2/);
  });

  it('is refused before anything is signed when it is malformed or too large', async () => {
    const signer = await newSigner();
    let signed = 0;
    const counting = { keyId: signer.keyId, sign: async (b: Uint8Array) => (signed++, signer.sign(b)) };
    expect((await makeEnvelope('{}', counting)).ok).toBe(false);
    expect(signed).toBe(0);
    expect(parseEnvelope(' '.repeat(MAX_ENVELOPE_BYTES + 1)).ok).toBe(false);
    expect(parseEnvelope(JSON.stringify({ payloadType: 'ü'.repeat(MAX_ENVELOPE_BYTES / 2) })).ok).toBe(false);
    expect(parseEnvelope('{"payloadType":"t","payload":"","signatures":[]}').ok).toBe(false);
    expect(parseEnvelope('{"payloadType":"t","payload":"","signatures":[{"sig":""}]}').ok).toBe(false);
  });
});

describe('a file of manifests', () => {
  it('may hold one envelope, kept as it is, or many, whose signed characters are kept', async () => {
    const signer = await newSigner();
    const one = await goodEnvelope(signer);
    const single = readManifestFile(`\n${one}\n`);
    expect(single.ok && single.value.map((e) => e.envelope)).toEqual([one]);
    const many = readManifestFile(JSON.stringify([JSON.parse(one), JSON.parse(one)], null, 2));
    if (!many.ok) throw new Error(many.error.message);
    for (const entry of many.value) expect(await verify(entry.envelope, signer.entry)).toBe('verified');
  });

  it('names the envelope that is wrong', async () => {
    const one = JSON.parse(await goodEnvelope(await newSigner()));
    const result = readManifestFile(JSON.stringify([one, { ...one, payload: 'e30=' }]));
    expect(result.ok ? '' : result.error.message).toContain('manifest 2 of 2');
    for (const bad of ['', '[]', '3', '[null]', '{"a":1}']) {
      const refused = readManifestFile(bad);
      expect(refused.ok ? bad : refused.error.type).toBe('manifest-malformed');
    }
    const crowd = readManifestFile(
      JSON.stringify(Array.from({ length: MAX_ENVELOPES_PER_FILE + 1 }, () => 0)),
    );
    expect(crowd.ok ? '' : crowd.error.type).toBe('file-too-large');
  });
});
