/** Keys under a passphrase: what comes out is what went in, and a file can neither be opened otherwise nor ask for too much. */
import { beforeAll, describe, expect, it } from 'vitest';
import { asNetworkId } from '../../src/codec/brand.ts';
import { decode, encode, type CborValue } from '../../src/codec/cbor.ts';
import { fromBase64Url, toBase64Url } from '../../src/codec/invitation.ts';
import {
  KEY_EXPORT_COSTS,
  KEY_EXPORT_PREFIX,
  openKeyExport,
  sealKeyExport,
  type ExportedKeys,
} from '../../src/crypto/key-export.ts';
import { generateSecretKeys } from '../../src/crypto/keys.ts';
import { MIN_KEY_EXPORT_MEMORY_KIB } from '../../src/crypto/limits.ts';

const PASSPHRASE = 'correct horse battery staple';
/** The least that an import takes: the tests open many files. */
const CHEAP = { memoryKib: MIN_KEY_EXPORT_MEMORY_KIB, passes: 1, lanes: 1 };
const exported: ExportedKeys = {
  keys: generateSecretKeys(),
  label: 'Bravo Logistics',
  entry: null,
  binding: {
    network: asNetworkId('a'.repeat(64)),
    genesis: new Uint8Array([1, 2, 3]),
    joinSecret: 'b'.repeat(64),
    secretEpoch: 2,
    links: [new Uint8Array([4]), new Uint8Array([5, 6])],
    signaling: ['wss://signaling.example/'],
  },
};
let text: string;
beforeAll(async () => {
  text = await seal();
});

async function seal(passphrase = PASSPHRASE, costs = CHEAP, what: ExportedKeys = exported): Promise<string> {
  const sealed = await sealKeyExport(what, passphrase, costs);
  if (!sealed.ok) throw new Error(sealed.error.message);
  return sealed.value;
}

const outcome = async (file: string, passphrase = PASSPHRASE): Promise<string> => {
  const opened = await openKeyExport(file, passphrase);
  return opened.ok ? 'opened' : opened.error.type;
};

/** The file with its parts exchanged, as somebody without the passphrase can. */
function tampered(change: (parts: [Uint8Array, Uint8Array, Uint8Array]) => CborValue): string {
  const decoded = decode(fromBase64Url(text.slice(KEY_EXPORT_PREFIX.length)), 1_000_000);
  if (!decoded.ok) throw new Error(decoded.error.message);
  const parts = decoded.value as unknown as [Uint8Array, Uint8Array, Uint8Array];
  return KEY_EXPORT_PREFIX + toBase64Url(encode(change(parts)));
}

const withHeader = (change: (fields: CborValue[]) => CborValue[]): string =>
  tampered(([header, nonce, sealed]) => {
    const fields = decode(header, 1000);
    if (!fields.ok) throw new Error(fields.error.message);
    return [encode(change([...(fields.value as CborValue[])])), nonce, sealed];
  });

describe('an export of keys', () => {
  it('gives back the keys, the entry and where the network is, for the same passphrase typed another way', async () => {
    const composed = await seal('Füße und Flügel im Wind');
    const opened = await openKeyExport(`  ${composed}\n`, 'Füße und Flügel im Wind'.normalize('NFD'));
    expect(opened).toEqual({ ok: true, value: exported });
  });

  it('is made at the costs that it names: those that ship are above what OWASP asks for', async () => {
    expect(KEY_EXPORT_COSTS.memoryKib).toBeGreaterThanOrEqual(19 * 1024);
    expect(KEY_EXPORT_COSTS.passes).toBeGreaterThanOrEqual(2);
    const opened = await openKeyExport(await seal(PASSPHRASE, KEY_EXPORT_COSTS), PASSPHRASE);
    expect(opened.ok).toBe(true);
  });

  it('shows nothing of the keys, and is another text each time', async () => {
    const bytes = fromBase64Url(text.slice(KEY_EXPORT_PREFIX.length));
    const hex = Buffer.from(bytes).toString('hex');
    for (const secret of [exported.keys.voteSeed, exported.keys.certificateSecret])
      expect(hex).not.toContain(Buffer.from(secret).toString('hex'));
    expect(hex).not.toContain(Buffer.from(exported.label).toString('hex'));
    expect(await seal()).not.toBe(text);
  });

  it('does not open with another passphrase', async () => {
    for (const wrong of [`${PASSPHRASE} `, PASSPHRASE.toUpperCase(), '', ' '])
      expect(await outcome(text, wrong), JSON.stringify(wrong)).toBe('passphrase-wrong');
    expect(await outcome(text, 'x'.repeat(2000))).toBe('passphrase-too-long');
  });

  it('is not made under a passphrase that is guessed in a day', async () => {
    expect(await sealKeyExport(exported, 'bravo2026', CHEAP)).toMatchObject({
      ok: false,
      error: { type: 'passphrase-too-short' },
    });
    expect(await sealKeyExport(exported, 'x'.repeat(2000), CHEAP)).toMatchObject({
      ok: false,
      error: { type: 'passphrase-too-long' },
    });
  });

  it('does not open when any part was changed, its costs and salt included', async () => {
    const flip = (bytes: Uint8Array, at: number): Uint8Array =>
      bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
    for (const file of [
      tampered(([header, nonce, sealed]) => [header, flip(nonce, 0), sealed]),
      tampered(([header, nonce, sealed]) => [header, nonce, flip(sealed, 0)]),
      tampered(([header, nonce, sealed]) => [header, nonce, flip(sealed, sealed.length - 1)]),
      tampered(([header, nonce, sealed]) => [header, nonce, sealed.subarray(0, 8)]),
      withHeader((f) => f.with(5, flip(f[5] as Uint8Array, 3))),
      withHeader((f) => f.with(3, 2)),
    ])
      expect(await outcome(file)).toBe('passphrase-wrong');
  });

  it('cannot ask for gigabytes, nor for hours, nor for less than is safe', async () => {
    for (const [at, value] of [
      [2, 4 * 1024 * 1024],
      [2, 2 ** 40],
      [2, 8],
      [3, 0],
      [3, 1_000_000],
      [4, 0],
      [4, 255],
    ] as const)
      expect(await outcome(withHeader((f) => f.with(at, value))), `${at}: ${value}`).toBe(
        'key-export-unknown',
      );
    expect(await outcome(withHeader((f) => f.with(1, 'scrypt')))).toBe('key-export-unknown');
    for (const value of [-1, 1.5, 'x', null])
      expect(await outcome(withHeader((f) => f.with(2, value)))).toBe('key-export-malformed');
  });

  it('of another form is told as what it is', async () => {
    expect(await outcome('cskeys2.AAAA')).toBe('key-export-unknown');
    for (const bad of [
      '',
      'hello',
      KEY_EXPORT_PREFIX,
      `${KEY_EXPORT_PREFIX}A`,
      `${KEY_EXPORT_PREFIX}*`,
      text.slice(0, -9),
    ])
      expect(await outcome(bad), bad.slice(0, 20)).toBe('key-export-malformed');
    expect(await outcome(tampered(([header]) => [header]))).toBe('key-export-malformed');
    expect(await outcome(tampered(([, nonce, sealed]) => [new Uint8Array([0]), nonce, sealed]))).toBe(
      'key-export-malformed',
    );
    expect(await outcome(`${KEY_EXPORT_PREFIX}${'A'.repeat(12_000_000)}`)).toBe('key-export-too-large');
  });

  it('whose contents somebody wrote who knew the passphrase is still read with care', async () => {
    const bad: readonly Partial<ExportedKeys>[] = [
      { keys: { ...exported.keys, voteSeed: new Uint8Array(31) } },
      { keys: { ...exported.keys, certificateSecret: new Uint8Array(32) } },
      { label: '' },
      { entry: { id: 'x' } as never },
      { binding: { ...exported.binding, network: 'x' as never } },
      { binding: { ...exported.binding, signaling: ['https://not-a-socket.example'] } },
      { binding: { ...exported.binding, secretEpoch: -1 } },
    ];
    for (const over of bad)
      expect(await outcome(await seal(PASSPHRASE, CHEAP, { ...exported, ...over }))).toBe(
        'key-export-malformed',
      );
  });
});
