import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { asNetworkId, type Digest } from '../../src/codec/brand.ts';
import { createHash } from '../../src/crypto/hash.ts';
import { commitTo, opens, type Opening } from '../../src/domain/supply/commitment.ts';
import type { Hash } from '../../src/crypto/types.ts';
import { SERVICES } from '../../src/domain/supply/types.ts';
import { ALFA, BRAVO, made, Net, PACKAGE } from './network.ts';
import { goodEnvelope, problemType } from './support.ts';

const NETWORK = asNetworkId('a'.repeat(64));
const KEY = 'package/040123450000001112';
let hash: Hash;
beforeAll(async () => {
  hash = await createHash();
});
const salt = fc.uint8Array({ minLength: 16, maxLength: 64 });
const text = fc.string({ unit: 'grapheme', maxLength: 100 }).filter((s) => !s.startsWith('\ufeff'));

describe('a salted digest', () => {
  it('opens with what it was made of, and with nothing else', () => {
    const name = fc.stringMatching(/^[a-z0-9-]{1,24}$/);
    fc.assert(
      fc.property(name, text, salt, name, text, salt, (nameA, textA, saltA, nameB, textB, saltB) => {
        const opening: Opening = { name: nameA, text: textA, salt: saltA };
        const digest = made(commitTo(hash, NETWORK, KEY, opening));
        expect(opens(hash, NETWORK, KEY, digest, opening)).toBe(true);
        for (const other of [
          { ...opening, name: nameB },
          { ...opening, text: textB },
          { ...opening, salt: saltB },
        ]) {
          const same =
            other.name === nameA && other.text === textA && Buffer.compare(other.salt, saltA) === 0;
          expect(opens(hash, NETWORK, KEY, digest, other)).toBe(same);
        }
        expect(opens(hash, NETWORK, `${KEY}x`, digest, opening)).toBe(false);
        expect(opens(hash, asNetworkId('b'.repeat(64)), KEY, digest, opening)).toBe(false);
      }),
    );
  });

  it('is not made with a salt that somebody could try out, nor of what does not fit', () => {
    const opening = { name: 'price', text: '12.50 EUR', salt: new Uint8Array(16) };
    const type = (over: Partial<Opening>): string => {
      const result = commitTo(hash, NETWORK, KEY, { ...opening, ...over });
      return result.ok ? 'made' : result.error.type;
    };
    expect(type({})).toBe('made');
    expect(type({ salt: new Uint8Array(15) })).toBe('salt-too-short');
    expect(type({ salt: new Uint8Array(0) })).toBe('salt-too-short');
    expect(type({ salt: new Uint8Array(65) })).toBe('salt-too-short');
    expect(type({ name: 'Price' })).toBe('secret-malformed');
    expect(type({ text: 'x'.repeat(1001) })).toBe('secret-malformed');
    expect(type({ text: '\ud800' })).toBe('secret-malformed');
    expect(opens(hash, NETWORK, KEY, 'nonsense' as Digest, opening)).toBe(false);
  });
});

describe('facts that rivals must not see', () => {
  it('enter the record as digests, which an auditor can open', async () => {
    const net = await Net.create();
    const secret = { name: 'price', text: '1,240.00 EUR', salt: crypto.getRandomValues(new Uint8Array(16)) };
    const digest = made(commitTo(net.hash, net.network, PACKAGE, secret));
    await net.announce({ sealed: [{ name: 'price', digest }] });
    expect(net.package.sealed).toEqual([{ name: 'price', digest }]);
    expect(opens(net.hash, net.network, PACKAGE, net.package.sealed![0]!.digest, secret)).toBe(true);
    await net.inspect();
    expect(net.package.sealed).toEqual([{ name: 'price', digest }]);
    const more = (names: string[]) =>
      net.commit(BRAVO, PACKAGE, [
        [SERVICES.assign, { courierId: 'delta-express', sealed: names.map((name) => ({ name, digest })) }],
      ]);
    expect(problemType(await more(['price']))).toBe('sealed-twice');
    expect(problemType(await more(['a', 'a']))).toBe('sealed-twice');
    expect(problemType(await more(['1', '2', '3', '4', '5', '6', '7', '8']))).toBe('sealed-twice');
    expect(problemType(await more([]))).toBe('request-malformed');
    expect(problemType(await more(['Price']))).toBe('request-malformed');
    expect((await more(['freight', 'customer'])).status).toBe(200);
    expect(net.package.sealed?.map((one) => one.name)).toEqual(['price', 'freight', 'customer']);
    const plain = await (
      await Net.create()
    ).commit(ALFA, PACKAGE, [
      [
        SERVICES.createPackage,
        { envelope: await goodEnvelope(net.supplier), sealed: [{ name: 'price', digest: '12.50' }] },
      ],
    ]);
    expect(problemType(plain)).toBe('request-malformed');
  });
});
