import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkDigit, isCompleteScan, looksLikeScan, readScan } from '../../src/ui/scan/scan-code.ts';
import {
  chooseReading,
  EMPTY_WEDGE,
  GS,
  isMachine,
  US_KEYS,
  usCharacter,
  wedgeKey,
  wedgeReading,
  wedgeText,
  type WedgeKey,
  type WedgeState,
} from '../../src/ui/scan/wedge.ts';
import { sscc } from './fake-client.ts';

/** Key position and shift that give a character on a US keyboard. */
function usKey(character: string): { code: string; shift: boolean } {
  if (/[a-z]/.test(character)) return { code: `Key${character.toUpperCase()}`, shift: false };
  if (/[A-Z]/.test(character)) return { code: `Key${character}`, shift: true };
  for (const [code, pair] of Object.entries(US_KEYS)) {
    const at = pair.indexOf(character);
    if (at >= 0) return { code, shift: at === 1 };
  }
  throw new Error(`no key for ${character}`);
}

type Separator = 'alt' | 'alt-and-character' | 'ctrl' | 'character' | 'f8';

/** A scanner: US positions, `layout` is what the computer makes of them, `gap` milliseconds between keys. */
function typed(
  text: string,
  options: {
    layout?: (us: string) => string;
    separator?: Separator;
    gap?: number;
    enter?: boolean;
    caps?: boolean;
  } = {},
): {
  state: WedgeState;
  readings: string[];
} {
  const { layout = (c) => c, separator = 'alt', gap = 8, enter = true, caps = false } = options;
  let state = EMPTY_WEDGE;
  let at = 1000;
  const readings: string[] = [];
  const press = (key: Partial<WedgeKey>): void => {
    at += gap;
    const step = wedgeKey(state, {
      kind: 'down',
      code: '',
      key: '',
      shift: false,
      ctrl: false,
      alt: false,
      caps,
      at,
      ...key,
    });
    state = step.state;
    if (step.reading) readings.push(chooseReading(step.reading, looksLikeScan));
  };
  for (const character of text) {
    if (character === GS && separator.startsWith('alt')) {
      press({ key: 'Alt', code: 'AltLeft', alt: true });
      for (const digit of '029') press({ key: digit, code: `Numpad${digit}`, alt: true });
      press({ kind: 'up', key: 'Alt', code: 'AltLeft' });
      if (separator === 'alt-and-character') press({ key: GS });
    } else if (character === GS && separator === 'ctrl')
      press({ key: ']', code: 'BracketRight', ctrl: true });
    else if (character === GS && separator === 'f8') press({ key: 'F8', code: 'F8' });
    else if (character === GS) press({ key: GS, code: '' });
    else {
      const { code, shift } = usKey(character);
      if (shift) press({ key: 'Shift', code: 'ShiftLeft', shift: true });
      press({ key: layout(character), code, shift });
    }
  }
  if (enter) press({ key: 'Enter', code: 'Enter' });
  return { state, readings };
}

const separators = fc.constantFrom<Separator>('alt', 'alt-and-character', 'ctrl', 'character', 'f8');
const codes = fc
  .tuple(fc.nat({ max: 999_999_999 }), fc.array(fc.stringMatching(/^[A-Z0-9-]{1,12}$/), { maxLength: 2 }))
  .map(([serial, lots]) => `]C100${sscc(serial)}${lots.map((lot) => `10${lot}`).join(GS)}`);

/** What an AZERTY layout makes of the digits and some letters of a US keyboard. */
const AZERTY: Readonly<Record<string, string>> = Object.fromEntries([
  ...[...'1234567890'].map((c, i) => [c, '&é"\'(-è_çà'[i]!] as const),
  ['a', 'q'],
  ['q', 'a'],
  ['A', 'Q'],
  ['Q', 'A'],
  ['w', 'z'],
  ['z', 'w'],
  ['W', 'Z'],
  ['Z', 'W'],
  ['m', ','],
  ['M', '?'],
  [']', '$'],
  ['-', ')'],
]);
/** QWERTZ swaps Y and Z and moves the signs. */
const QWERTZ: Readonly<Record<string, string>> = { y: 'z', z: 'y', Y: 'Z', Z: 'Y', ']': '+', '-': 'ß' };

/** Where Spain has the signs of a US keyboard. */
const SPANISH: Readonly<Record<string, string>> = {
  ']': '+',
  '/': '-',
  ':': 'Ñ',
  '-': "'",
  ';': 'ñ',
  '=': '¡',
};

describe('keyboard wedge', () => {
  it('a separator lost or doubled, however the scanner sends it', () => {
    fc.assert(
      fc.property(codes, separators, (code, separator) => {
        expect(typed(code, { separator }).readings).toEqual([code]);
      }),
    );
  });
  it('digits turned into signs because the computer has another layout than the scanner', () => {
    for (const map of [AZERTY, QWERTZ]) {
      fc.assert(
        fc.property(codes, (code) => {
          expect(typed(code, { layout: (c) => map[c] ?? c }).readings).toEqual([code]);
        }),
      );
    }
  });
  it('a scanner set to the same foreign layout as the computer read by position after all', () => {
    // It presses whatever gives the right characters here: `key` is right, `code` is not.
    const code = `00${sscc(7)}`;
    let state = EMPTY_WEDGE;
    [...code].forEach((key, i) => {
      state = wedgeKey(state, {
        kind: 'down',
        code: 'Comma',
        key,
        shift: false,
        ctrl: false,
        alt: false,
        at: i * 5,
      }).state;
    });
    expect(chooseReading(wedgeReading(state)!, looksLikeScan)).toBe(code);
  });
  it('a scan without Enter is known for a machine, a person typing is not', () => {
    const code = `00${sscc(9)}`;
    expect(isMachine(typed(code, { enter: false, gap: 15 }).state)).toBe(true);
    expect(isMachine(typed(code, { enter: false, gap: 110 }).state)).toBe(false);
    expect(isMachine(typed('12', { enter: false, gap: 5 }).state)).toBe(false);
  });
  it('Spanish signs in a link read as they stand', () => {
    const link = `]Q1https://id.gs1.org/00/${sscc(3)}`;
    expect(typed(link, { layout: (c) => SPANISH[c] ?? c }).readings).toEqual([link]);
  });
  it('letters of a lot in the other case, because Caps Lock is on', () => {
    const other = (c: string): string => (c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase());
    for (const code of [`]C100${sscc(4)}10l-Ab7`, `00${sscc(4)}10l-Ab7`]) {
      expect(typed(code, { layout: other, caps: true }).readings).toEqual([code]);
      // With the scanner's identifier it is known whether the scanner has undone it.
      if (code.startsWith(']')) expect(typed(code, { caps: true }).readings).toEqual([code]);
    }
  });
  it('a scanner that sends every character by its number on the pad is slow, or silent', () => {
    const code = `]C100${sscc(5)}10A${GS}21B`;
    let state = EMPTY_WEDGE;
    let at = 0;
    const press = (key: Partial<WedgeKey>): void => {
      at += 20;
      const none = { kind: 'down', code: '', key: '', shift: false, ctrl: false, alt: false, at } as const;
      state = wedgeKey(state, { ...none, ...key }).state;
    };
    for (const character of code) {
      press({ key: 'Alt', code: 'AltLeft', alt: true });
      for (const digit of String(character.charCodeAt(0)).padStart(4, '0'))
        press({ key: digit, code: `Numpad${digit}`, alt: true });
      press({ kind: 'up', key: 'Alt', code: 'AltLeft' });
      // Some systems then deliver what it made.
      if (character !== GS) press({ key: character });
    }
    expect(wedgeReading(state)).toMatchObject({ byKey: code, byCode: code, machine: true });
  });
  it('text that grows in the field without keys is no scan, or a person’s is one', () => {
    const code = `]C100${sscc(6)}`;
    const grown = (gap: number): WedgeState =>
      [...code].reduce(
        (state, _, i) => wedgeText(state, code.slice(0, i), code.slice(0, i + 1), 1000 + i * gap),
        EMPTY_WEDGE,
      );
    expect(wedgeReading(grown(10))).toMatchObject({ byKey: code, byCode: code, machine: true });
    expect(wedgeReading(grown(110))?.machine).toBe(false);
    // All at once, after something that stood there.
    expect(wedgeReading(wedgeText(EMPTY_WEDGE, '04', `04${code}`, 5))).toMatchObject({
      byKey: code,
      machine: true,
    });
    // Taken back by hand: it begins anew.
    expect(wedgeReading(wedgeText(grown(10), code, code.slice(0, 5), 2000))).toBeNull();
  });
  it('a dead key loses a sign of the code', () => {
    // A German keyboard has an accent where a US one has the equals sign.
    const link = `https://id.gs1.org/01/04012345000207?10=L1&21=Z`;
    expect(typed(link, { layout: (c) => (c === '=' ? 'Dead' : (QWERTZ[c] ?? c)) }).readings).toEqual([link]);
  });
  it('an input method hides what the keys are', () => {
    const code = `]C100${sscc(8)}10A${GS}21b`;
    expect(typed(code, { layout: () => 'Process' }).readings).toEqual([code]);
  });
  it('digits of a pad whose lock is off are lost', () => {
    const code = `00${sscc(8)}`;
    const end = [...code].reduce(
      (state, digit, i) =>
        wedgeKey(state, {
          kind: 'down',
          code: `Numpad${digit}`,
          key: 'PageUp',
          shift: false,
          ctrl: false,
          alt: false,
          at: i * 5,
        }).state,
      EMPTY_WEDGE,
    );
    expect(wedgeReading(end)).toMatchObject({ byKey: code, byCode: code, machine: true });
  });
  it('two scans that follow each other at once are one', () => {
    const [a, b] = [`]C100${sscc(1)}`, `]C100${sscc(2)}`];
    const first = typed(a);
    expect([...first.readings, ...typed(b).readings]).toEqual([a, b]);
    expect(first.state).toEqual(EMPTY_WEDGE);
  });
  it('shortcuts taken for text', () => {
    const state = wedgeKey(EMPTY_WEDGE, {
      kind: 'down',
      code: 'KeyC',
      key: 'c',
      shift: false,
      ctrl: true,
      alt: false,
      at: 1,
    }).state;
    expect(wedgeReading(state)).toBeNull();
    expect(usCharacter('F5', false)).toBeNull();
  });
});

describe('what a scan names', () => {
  const number = sscc(111);
  it('reads the SSCC out of every form in which it comes', () => {
    for (const form of [
      number,
      `00${number}`,
      `]C100${number}`,
      `]d2${GS}00${number}`,
      `(00)${number}`,
      `(00) ${number.slice(0, 4)} ${number.slice(4)}`,
      `0 4012345 000000 1112`,
      `https://id.gs1.org/00/${number}`,
      `]C100${number}10L-2291`,
      `]d20204012345000207${'37240'}${GS}00${number}`,
    ]) {
      expect(readScan(form), form).toEqual({ kind: 'package', sscc: number });
    }
  });
  it('a scan cut in two because a busy device held keys back in its middle', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 999_999_999 }),
        fc.constantFrom(']C100', '00', '(00)', '', `]d2${GS}00`),
        (serial, head) => {
          const code = head + sscc(serial);
          for (let end = 1; end < code.length; end++) expect(isCompleteScan(code.slice(0, end))).toBe(false);
          expect(isCompleteScan(code)).toBe(head !== '' || !code.startsWith('00'));
        },
      ),
    );
  });
  it('says which check digit it should have been', () => {
    expect(readScan('040123450000001117')).toMatchObject({
      kind: 'wrong-check-digit',
      of: 'sscc',
      read: '040123450000001117',
      expected: '040123450000001112',
    });
  });
  it('a wrong digit that passes', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 999_999_999 }),
        fc.integer({ min: 0, max: 17 }),
        fc.integer({ min: 1, max: 9 }),
        (serial, at, by) => {
          const right = sscc(serial);
          const wrong = right.slice(0, at) + String((Number(right[at]) + by) % 10) + right.slice(at + 1);
          expect(readScan(wrong).kind).toBe('wrong-check-digit');
        },
      ),
    );
  });
  it('takes nothing else for a package', () => {
    for (const text of ['', '10L-2291', 'S-12', `1${number}`]) expect(readScan(text).kind).toBe('other');
    expect(readScan('04012345000207')).toMatchObject({ kind: 'product', gtin: '04012345000207' });
    expect(checkDigit('0401234500020')).toBe(7);
  });
});
