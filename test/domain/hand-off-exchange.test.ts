import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { beforeAll, describe, expect, it } from 'vitest';
import qrcode from 'qrcode-generator';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import {
  exchangeKind,
  handOffBody,
  readDeliveryReport,
  readHandOffAnswer,
  readHandOffRequest,
  requestProblem,
  writeDeliveryReport,
  writeHandOffAnswer,
  writeHandOffRequest,
} from '../../src/domain/supply/hand-off-exchange.ts';
import { MAX_QR_TEXT_LENGTH } from '../../src/domain/supply/limits.ts';
import { parseScannedCode } from '../../src/domain/supply/scanned-code.ts';
import { BRAVO, DELTA, made, Net, signed } from './network.ts';
import { greyImage } from './raster.ts';

let net: Net;
let statement: Uint8Array;
let request: string;
let answer: string;

beforeAll(async () => {
  prepareZXingModule({
    overrides: {
      wasmBinary: readFileSync(createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm'))
        .buffer as ArrayBuffer,
    },
  });
  net = await Net.create();
  await net.announce();
  await net.inspect();
  // The longest that may be: every field full, and both sign with devices.
  statement = net.handOff({
    version: 2 ** 40,
    warehouse: 'w'.repeat(24),
    courier: 'c'.repeat(24),
    vehicle: 'V'.repeat(20),
    seal: 'S'.repeat(20),
  });
  request = made(writeHandOffRequest(statement, await signed(await net.device(BRAVO), statement)));
  answer = made(writeHandOffAnswer(net.hash, statement, await signed(await net.device(DELTA), statement)));
});

describe('the texts of the hand-off', () => {
  it('are read by a decoder from the QR codes that show them, at their longest', async () => {
    for (const text of [request, answer]) {
      expect(text.length).toBeLessThanOrEqual(MAX_QR_TEXT_LENGTH);
      expect(text).toMatch(/^[0-9A-Z.]+$/);
      const code = qrcode(0, 'M');
      code.addData(text, 'Alphanumeric');
      code.make();
      const size = code.getModuleCount();
      const dark = (x: number, y: number): boolean => {
        const [column, row] = [Math.floor(x / 4) - 4, Math.floor(y / 4) - 4];
        return row >= 0 && column >= 0 && row < size && column < size && code.isDark(row, column);
      };
      const [found] = await readBarcodes(greyImage((size + 8) * 4, (size + 8) * 4, dark), {
        formats: ['QRCode'],
        textMode: 'Plain',
      });
      expect(found?.text).toBe(text);
      // Version 40 would hold 3,391 characters; what a phone reads off a screen at arm's length has 25 at most.
      expect((size - 17) / 4).toBeLessThanOrEqual(26);
    }
  });

  it('survive small letters, spaces around and line ends', () => {
    const read = made(readHandOffRequest(`\t${request.toLowerCase()} \r\n`));
    expect(read.handOff).toMatchObject({ courier: 'c'.repeat(24), seal: 'S'.repeat(20) });
    expect(made(readHandOffRequest(request))).toEqual(read);
  });

  it('are told apart, and from packages', () => {
    expect([request, answer].map(exchangeKind)).toEqual(['request', 'answer']);
    expect(exchangeKind('csd1.ABC')).toBe('delivery');
    for (const text of ['040123450000001112', 'CSX1.AA', 'https://id.gs1.org/00/040123450000001112', ''])
      expect(exchangeKind(text)).toBeNull();
    expect(readHandOffRequest(answer).ok).toBe(false);
    expect(readHandOffAnswer(request).ok).toBe(false);
    expect(readDeliveryReport(request).ok).toBe(false);
    expect(parseScannedCode(request.slice(0, 400), net.now).ok).toBe(false);
  });

  it('with any character changed are refused, or carry another content, which the signature does not cover', async () => {
    const base = await signed(net.member(BRAVO), statement);
    const text = made(writeHandOffRequest(statement, base));
    const expected = { network: net.network, courier: 'c'.repeat(24) };
    expect(await requestProblem(made(readHandOffRequest(text)), expected, net.verify)).toBeNull();
    await fc.assert(
      fc.asyncProperty(
        fc.nat(text.length - 1),
        fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567.-0189 '),
        async (at, character) => {
          fc.pre(text[at] !== character);
          const read = readHandOffRequest(text.slice(0, at) + character + text.slice(at + 1));
          if (!read.ok) return;
          expect(await requestProblem(read.value, expected, net.verify)).not.toBeNull();
        },
      ),
      { numRuns: 300 },
    );
    for (let length = 0; length < text.length; length += 7)
      expect(readHandOffRequest(text.slice(0, length)).ok).toBe(false);
  });

  it('of whatever kind never throw', () => {
    const piece = fc.constantFrom(
      'CSH1.',
      'CSA1.',
      'CSD1.',
      'A',
      'Q',
      '7',
      'QGA',
      ' ',
      '.',
      'ß',
      '\u0000',
      request.slice(5, 60),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const text = pieces.join('');
        for (const read of [readHandOffRequest, readHandOffAnswer, readDeliveryReport]) void read(text);
      }),
    );
    expect(readHandOffRequest('A'.repeat(100_000)).ok).toBe(false);
  });

  it('for another courier, another network, or not signed by the warehouse are told before anybody signs', async () => {
    const read = made(readHandOffRequest(request));
    const mine = { network: net.network, courier: 'c'.repeat(24) };
    expect(await requestProblem(read, mine, net.verify)).toBeNull();
    expect((await requestProblem(read, { ...mine, courier: 'other' }, net.verify))?.message).toContain(
      'you are other',
    );
    expect(
      (await requestProblem(read, { ...mine, network: '1'.repeat(64) as never }, net.verify))?.type,
    ).toBe('request-elsewhere');
    const forged = { ...read, warehouse: { ...read.warehouse, key: '11'.repeat(32) } };
    expect((await requestProblem(forged, mine, net.verify))?.message).toContain('signature');
  });

  it('an answer to another hand-off is told from the one that is shown', async () => {
    const read = made(readHandOffRequest(request));
    const other = net.handOff();
    const late = made(writeHandOffAnswer(net.hash, other, await signed(net.member(DELTA), other)));
    const body = handOffBody(net.hash, read, made(readHandOffAnswer(late)), net.now);
    expect(body.ok ? 'taken' : body.error.type).toBe('answer-to-another');
    expect(handOffBody(net.hash, read, made(readHandOffAnswer(answer)), net.now).ok).toBe(true);
  });

  it('that would be too long to scan are refused when they are made', () => {
    const party = { key: '11'.repeat(32), signature: new Uint8Array(64), device: new Uint8Array(2000) };
    const made = writeDeliveryReport(statement, party);
    expect(made.ok ? 'made' : made.error.type).toBe('text-too-long');
  });
});
