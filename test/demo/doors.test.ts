import { describe, expect, it } from 'vitest';
import { missingCapabilities, webviewOf, type Found } from '../../src/ui/doors/capabilities.ts';
import {
  madeKeyFor,
  readCollected,
  rememberMadeKey,
  writeCollected,
} from '../../src/ui/doors/create-memory.ts';
import { exampleDirectory } from '../../src/ui/doors/example.ts';
import { cleanGln, glnProblem } from '../../src/ui/doors/gln.ts';
import { bareText, bareTexts, fileName, fragmentLink, fragmentOf } from '../../src/ui/doors/handover.ts';
import { MAX_REMEMBERED_KEYS, MIN_ROOM_BYTES } from '../../src/ui/doors/limits.ts';
import { quorumWords, suggestedId } from '../../src/ui/doors/words.ts';
import { fakeMemory } from './fake.ts';

const FULL: Found = {
  secureContext: true,
  webCrypto: true,
  locks: true,
  indexedDb: true,
  webRtc: true,
  webAssembly: true,
  workers: true,
  moduleWorkers: true,
  webview: null,
  href: 'https://x.example/',
};

describe('capabilities', () => {
  it('lets a whole browser through', () => {
    expect(missingCapabilities(FULL)).toBeNull();
  });

  it('tells a visitor of a LAN address over http to use https, and where', () => {
    const missing = missingCapabilities({
      ...FULL,
      secureContext: false,
      webCrypto: false,
      locks: false,
      href: 'http://192.168.1.20:8080/demo',
    })!;
    expect(missing.insecure).toBe(true);
    expect(missing.list.map((entry) => entry.name)).toEqual([
      'A secure connection',
      'WebCrypto',
      'Web Locks',
    ]);
    expect(missing.steps.join(' ')).toContain('npm start -- --https');
    expect(missing.steps.join(' ')).toContain('https://192.168.1.20:8080');
  });

  it.each(['locks', 'indexedDb', 'webRtc', 'webAssembly', 'workers'] as const)(
    'names %s when only that is missing',
    (name) => {
      const missing = missingCapabilities({ ...FULL, [name]: false })!;
      expect(missing.insecure).toBe(false);
      expect(missing.list).toHaveLength(1);
      expect(missing.steps.length).toBeGreaterThan(0);
    },
  );

  it('lets a browser in that has everything and stores nothing, compiles nothing, or has no room', () => {
    const tried = { storageAllowed: true, webAssemblyAllowed: true, room: MIN_ROOM_BYTES };
    expect(missingCapabilities(FULL, tried)).toBeNull();
    const named = (change: Partial<typeof tried>): string =>
      JSON.stringify(missingCapabilities(FULL, { ...tried, ...change }));
    expect(named({ storageAllowed: false })).toContain('allow this site to store data');
    expect(named({ webAssemblyAllowed: false })).toContain('wasm-unsafe-eval');
    expect(named({ room: MIN_ROOM_BYTES - 1 })).toContain('Free space on this device');
  });

  it('sends a person in a webview to the settings of a browser that is not there', () => {
    const android =
      'Mozilla/5.0 (Linux; Android 14; TC52; wv) AppleWebKit/537.36 Version/4.0 Chrome/126.0 Mobile Safari/537.36';
    const ios =
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148';
    expect([webviewOf(android), webviewOf(ios)]).toEqual(['android', 'ios']);
    expect(webviewOf(`${ios} Version/17.5 Safari/604.1`)).toBeNull();
    expect(webviewOf(android.replace('; wv', ''))).toBeNull();
    const missing = missingCapabilities({ ...FULL, indexedDb: false, webview: 'android' })!;
    expect(missing.steps[0]).toContain('DOM storage');
  });
});

describe('words of a member list', () => {
  it.each([
    [1, '1 member: it signs alone; nobody may fail.', true],
    [2, '2 members: all 2 must sign; nobody may fail.', true],
    [3, '3 members: all 3 must sign; nobody may fail.', true],
    [4, '4 members: 3 must sign; one may fail.', false],
    [7, '7 members: 5 must sign; 2 may fail.', false],
  ])('says what %i members can bear', (n, sentence, warned) => {
    expect(quorumWords(n).sentence).toBe(sentence);
    expect(quorumWords(n).warning !== null).toBe(warned);
  });

  it('suggests ids that the genesis takes', () => {
    for (const name of ['Délta Express', '  Cargo & Söhne GmbH ', 'A'.repeat(60), 'Bravo-'])
      expect(suggestedId(name)).toMatch(/^[a-z0-9-]{1,24}$/);
  });
});

describe('GLN', () => {
  it('takes a right one, however it was pasted', () => {
    expect(glnProblem('4012345 00011-5')).toBeNull();
    expect(cleanGln(' 4012345-000115 ')).toBe('4012345000115');
  });

  it('names the digit that would fit', () => {
    expect(glnProblem('4012345000116')).toContain('5 would');
    expect(glnProblem('401234500011')).toContain('it is 5');
    expect(glnProblem('40123450001x5')).toContain('digits only');
  });
});

describe('handing over', () => {
  it('finds the text in a link, a line of a mail, or several at once', () => {
    expect(bareText(fragmentLink('key', 'csdraft1.a.b', 'https://x.example'))).toBe('csdraft1.a.b');
    expect(bareText('\n  cskey1.abc  \n')).toBe('cskey1.abc');
    expect(bareTexts('https://x/create#cskey1.a\ncskey1.b  cskey1.c')).toEqual([
      'cskey1.a',
      'cskey1.b',
      'cskey1.c',
    ]);
    expect(bareTexts(' \n ')).toEqual([]);
  });

  it('reads fragments that a messenger has encoded, and does not throw on half an escape', () => {
    expect(fragmentOf('#csdraft1%2Ea')).toBe('csdraft1.a');
    expect(fragmentOf('#100%')).toBe('100%');
  });

  it('makes file names that every system takes', () => {
    expect(fileName('Délta / Express: 7', 'txt')).toBe('delta-express-7.txt');
    expect(fileName('???', 'txt')).toBe('countersign.txt');
  });
});

describe('what the creator has collected', () => {
  it('is there again after a reload', () => {
    const memory = fakeMemory();
    const collected = {
      name: 'Harbour',
      draft: 'csdraft1.a.b',
      keys: ['cskey1.x'],
      own: null,
      couriers: [],
      supplierKeys: [],
    };
    writeCollected(memory, collected);
    expect(readCollected(memory)).toEqual(collected);
    writeCollected(memory, null);
    expect(readCollected(memory)).toBeNull();
  });

  it('counts as nothing when something else stands there', () => {
    const memory = fakeMemory();
    memory.setItem('countersign.create', '{"name": 3}');
    expect(readCollected(memory)).toBeNull();
  });

  it('does not make a second key when the request is opened again', () => {
    const memory = fakeMemory();
    for (let i = 0; i < MAX_REMEMBERED_KEYS + 2; i++) {
      rememberMadeKey(memory, {
        draft: `d${i}`,
        profile: 'p',
        text: `t${i}`,
        organisation: 'O',
        manifestKey: null,
      });
    }
    expect(madeKeyFor(memory, 'd5')?.text).toBe('t5');
    expect(madeKeyFor(memory, 'd0')).toBeNull();
  });

  it('offers the example directory when the build has it', () => {
    expect(exampleDirectory()?.supplierKeys[0]?.publicKey).toMatch(/^[0-9a-f]{64}$/);
    expect(exampleDirectory('not json')).toBeNull();
  });
});
