/** Scanners and people at one page: which of them pressed the keys, and what the page must not make of it. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MAX_SCAN_LENGTH, WEDGE_ENDINGS_MS, WEDGE_IDLE_MS, WEDGE_STALL_MS } from '../../src/ui/limits.ts';
import { createFieldWedge, takeFirst, type FieldWedge } from '../../src/ui/scan/field-wedge.ts';
import { createScanListener, type Scan } from '../../src/ui/scan/scan-listener.ts';
import { sscc } from './fake-client.ts';

const LABEL = `]C100${sscc(111)}`;

/** A page with a field for scans, in which the focus is or is not. */
function page({ focused = true, words = false } = {}) {
  const scans: Scan[] = [];
  const kept: string[] = [];
  const field = { focused, text: '' };
  let at = 10_000;
  const listener = createScanListener(
    () => ({
      get focused() {
        return field.focused;
      },
      read: () => field.text,
      clear: () => void (field.text = ''),
    }),
    (scan) => scans.push(scan),
    { words },
  );
  const pass = async (ms: number): Promise<void> => {
    at += ms;
    await vi.advanceTimersByTimeAsync(ms);
  };
  const changed = (inputType: string, data: string): void => {
    if (listener.before(inputType)) return;
    field.text += data;
    listener.changed(inputType, data, at);
  };
  const press = (
    key: string,
    options: { code?: string; ctrl?: boolean; alt?: boolean; repeat?: boolean } = {},
  ) => {
    const { code = '', ctrl = false, alt = false, repeat = false } = options;
    const prevented = listener.key({ kind: 'down', key, code, shift: false, ctrl, alt, at, repeat });
    if (prevented) kept.push(key);
    else if (key.length === 1 && !ctrl && !alt && field.focused) changed('insertText', key);
    return prevented;
  };
  const type = async (text: string, gap: number): Promise<void> => {
    for (const key of text) {
      await pass(gap);
      press(key);
    }
  };
  /** A soft keyboard, or a terminal's scanner: text without keys. */
  const write = (data: string): void => {
    listener.key({
      kind: 'down',
      key: 'Unidentified',
      code: '',
      shift: false,
      ctrl: false,
      alt: false,
      at,
      repeat: false,
    });
    changed('insertText', data);
  };
  return { scans, kept, field, press, type, write, pass, changed };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a scanner without Enter at its end', () => {
  it('is deaf since one key was pressed in the field long ago', async () => {
    const { scans, field, type, pass } = page();
    await type('5', 0);
    await pass(60_000);
    await type(LABEL, 8);
    await pass(WEDGE_IDLE_MS);
    expect(scans).toEqual([{ code: LABEL, source: 'wedge' }]);
    expect(field.text).toBe('');
  });
  it('is believed while it only pauses, or the Enter that comes late presses a button', async () => {
    const { scans, kept, type, press, pass } = page({ focused: false });
    await type(LABEL.slice(0, 14), 8);
    await pass(WEDGE_STALL_MS - 100);
    expect(scans).toEqual([]);
    await type(LABEL.slice(14), 8);
    await pass(WEDGE_STALL_MS);
    expect(scans).toEqual([{ code: LABEL, source: 'wedge' }]);
    press('Enter');
    expect(kept).toEqual(['Enter']);
    await pass(WEDGE_ENDINGS_MS + 1);
    expect(press('Enter'), 'a person’s Enter afterwards').toBe(false);
  });
  it('its late Enter is taken for the Enter of a second scanner’s scan, which is lost', async () => {
    const { scans, kept, type, press, pass } = page({ focused: false });
    await type(LABEL, 8);
    await pass(WEDGE_IDLE_MS);
    const other = `]C100${sscc(112)}`;
    await type(other, 8);
    press('Enter', { code: 'Enter' });
    expect(scans.map((scan) => scan.code)).toEqual([LABEL, other]);
    expect(kept).toEqual(['Enter']);
  });
});

describe('a scanner with two keys at its end', () => {
  const ends = {
    'Enter and Enter': [
      ['Enter', { code: 'Enter' }],
      ['Enter', { code: 'Enter' }],
    ],
    'Enter and line feed': [
      ['Enter', { code: 'Enter' }],
      ['j', { code: 'KeyJ', ctrl: true }],
    ],
    'Tab and Enter': [
      ['Tab', { code: 'Tab' }],
      ['Enter', { code: 'Enter' }],
    ],
  } as const;
  for (const [name, keys] of Object.entries(ends))
    it(`${name}: the second presses the button that has the focus`, async () => {
      for (const focused of [false, true]) {
        const { scans, field, type, press, pass } = page({ focused });
        await type(LABEL, 8);
        for (const [key, options] of keys) {
          await pass(8);
          expect(press(key, options), key).toBe(true);
          // The next step has buttons, and no field.
          field.focused = false;
        }
        expect(scans).toEqual([{ code: LABEL, source: 'wedge' }]);
        await pass(WEDGE_ENDINGS_MS);
        expect(press('Enter', { code: 'Enter' }), 'a person’s Enter afterwards').toBe(false);
      }
    });
  it('they come late, and the second presses it', async () => {
    const { type, press, pass } = page({ focused: false });
    await type(LABEL, 8);
    await pass(WEDGE_STALL_MS);
    expect(press('Enter', { code: 'Enter' })).toBe(true);
    await pass(8);
    expect(press('Enter', { code: 'Enter' })).toBe(true);
  });
  it('a person’s two are kept from the buttons', async () => {
    const { press, pass } = page({ focused: false });
    expect(press('Enter', { code: 'Enter' })).toBe(false);
    await pass(60);
    expect(press('Enter', { code: 'Enter' })).toBe(false);
  });
});

describe('a field in which people search', () => {
  it('a swiped, suggested or dictated word is taken for a scan and the field emptied', async () => {
    const { scans, field, write, pass, press } = page({ words: true });
    write('warehouse');
    await pass(2 * WEDGE_STALL_MS);
    expect([scans, field.text]).toEqual([[], 'warehouse']);
    write(' Rotterdam');
    press('Enter', { code: 'Enter' });
    expect(scans).toEqual([{ code: 'warehouse Rotterdam', source: 'typed' }]);
  });
  it('a word behind letters of the same person, or its line break, is a scan', async () => {
    const { scans, write, press, changed, pass } = page({ words: true });
    press('w', { code: 'KeyW' });
    await pass(30);
    write('arehouse');
    await pass(2 * WEDGE_STALL_MS);
    expect(scans).toEqual([]);
    write(' Rotterdam');
    changed('insertLineBreak', '');
    expect(scans).toEqual([{ code: 'warehouse Rotterdam', source: 'typed' }]);
  });
  it('a terminal’s scan without keys is not heard', async () => {
    for (const code of [LABEL, sscc(111), '04012345000207', `]C1LOT-2291`]) {
      const { scans, field, write, pass } = page({ words: true });
      write(code);
      await pass(2 * WEDGE_STALL_MS);
      expect(scans).toEqual([{ code, source: 'wedge' }]);
      expect(field.text).toBe('');
    }
  });
  it('a scanner’s keys are not heard since a word stood there', async () => {
    const { scans, field, write, type, press, pass } = page({ words: true });
    write('warehouse');
    await pass(2 * WEDGE_STALL_MS);
    field.text = '';
    await type('LOT-2291', 8);
    await pass(8);
    press('Enter', { code: 'Enter' });
    expect(scans).toEqual([{ code: 'LOT-2291', source: 'wedge' }]);
  });
});

describe('a soft keyboard without named keys', () => {
  it('a person who rests between two digits is taken for a scanner', async () => {
    const { scans, field, write, pass } = page();
    for (const digit of sscc(111).slice(0, 12)) {
      await pass(WEDGE_STALL_MS + 300);
      write(digit);
    }
    await pass(5 * WEDGE_STALL_MS);
    expect(scans).toEqual([]);
    expect(field.text).toBe(sscc(111).slice(0, 12));
  });
  it('a terminal’s scan after a person’s digit is lost, or the digit is taken along', async () => {
    const { scans, field, write, pass } = page();
    write('0');
    await pass(5000);
    write(LABEL);
    await pass(WEDGE_IDLE_MS);
    expect(scans).toEqual([{ code: LABEL, source: 'wedge' }]);
    expect(field.text).toBe('');
  });
  it('the line break of a terminal is not the end of its scan', async () => {
    const { scans, write, changed } = page();
    write(`]C100${sscc(112)}10L`);
    changed('insertLineBreak', '');
    expect(scans).toEqual([{ code: `]C100${sscc(112)}10L`, source: 'wedge' }]);
  });
  it('the digits of an Arabic keyboard reach the step as they are', async () => {
    const { scans, press, write } = page();
    for (const digit of sscc(111)) write(String.fromCharCode(0x660 + Number(digit)));
    press('Enter', { code: 'Enter' });
    expect(scans.map((scan) => scan.code)).toEqual([sscc(111)]);
  });
});

describe('a short code while a button has the focus', () => {
  it('its Enter presses the button', async () => {
    for (const code of ['A', 'D7', 'DENT']) {
      const { scans, kept, type, press, pass } = page({ focused: false });
      await pass(5000);
      await type(code, 8);
      await pass(8);
      press('Enter', { code: 'Enter' });
      expect(kept, code).toEqual(['Enter']);
      expect(scans).toEqual([{ code, source: 'wedge' }]);
    }
  });
  it('without Enter it is not heard', async () => {
    const { scans, type, pass } = page({ focused: false });
    await type('D-7', 8);
    await pass(WEDGE_STALL_MS);
    expect(scans).toEqual([{ code: 'D-7', source: 'wedge' }]);
  });
  it('what a person presses is kept from the button', async () => {
    const { scans, kept, press, pass } = page({ focused: false });
    for (const key of [' ', 'Enter', 'Tab', ' ', 'Enter']) {
      await pass(300);
      press(key);
    }
    for (let i = 0; i < 30; i++) {
      await pass(30);
      press('x', { repeat: i > 0 });
    }
    await pass(5000);
    expect([scans, kept]).toEqual([[], []]);
  });
});

describe('commands of the browser', () => {
  it('a scanner’s separator or line feed zooms, changes the tab or opens the downloads', async () => {
    const { scans, kept, type, press } = page({ focused: false });
    await type(`]d210L-2291`, 8);
    press('Control', { code: 'ControlLeft', ctrl: true });
    expect(press('+', { code: 'BracketRight', ctrl: true })).toBe(true);
    await type(`37240`, 8);
    press('Alt', { code: 'AltLeft', alt: true });
    for (const digit of '029') expect(press(digit, { code: `Numpad${digit}`, alt: true })).toBe(true);
    await type(`00${sscc(111)}`, 8);
    expect(press('j', { code: 'KeyJ', ctrl: true })).toBe(true);
    expect(kept).toHaveLength(5);
    expect(scans).toHaveLength(1);
  });
  it('a person’s are kept from the browser', async () => {
    const { kept, press, pass } = page({ focused: false });
    for (const code of ['KeyC', 'KeyJ', 'Digit1', 'KeyT']) {
      await pass(400);
      press('Control', { code: 'ControlLeft', ctrl: true });
      press('c', { code, ctrl: true });
    }
    expect(kept).toEqual([]);
  });
});

describe('two at once', () => {
  it('two codes of one burst, or a scan and its double, become one', async () => {
    const { scans, type, press } = page();
    const contents = ']d20104012345000207';
    await type(LABEL + contents, 5);
    press('Enter', { code: 'Enter' });
    await type(LABEL, 5);
    press('Enter', { code: 'Enter' });
    expect(scans.map((scan) => scan.code)).toEqual([LABEL, contents, LABEL]);
  });
  it('what is pasted is a scan, or more of it is kept than a code has', async () => {
    const { scans, field, press, changed, pass } = page();
    changed('insertFromPaste', '9'.repeat(100_000));
    await pass(5000);
    expect(scans).toEqual([]);
    press('Enter', { code: 'Enter' });
    expect(field.text).toBe('');
    expect(scans[0]!.code.length).toBeLessThanOrEqual(MAX_SCAN_LENGTH + 1);
  });
});

describe('a text that a scanner types into a field', () => {
  const press = (
    wedge: FieldWedge,
    keys: readonly (readonly [key: string, code: string])[],
    gap: number,
  ): void =>
    keys.forEach(([key, code], i) =>
      wedge.key({ kind: 'down', key, code, shift: false, ctrl: false, alt: false, at: 10_000 + i * gap }),
    );
  const german = [...'countersign'].map((key) => [key, `Key${key.toUpperCase()}`] as const);
  const swapped = [...german, ['z', 'KeyY'], ['Enter', 'Enter']] as const;

  it('is unreadable because the computer has another layout', () => {
    const wedge = createFieldWedge();
    press(wedge, swapped, 5);
    expect(wedge.readings('countersignz')).toEqual(['countersignz', 'countersigny']);
    expect(wedge.readings('countersignz'), 'once').toEqual(['countersignz']);
  });
  it('is read twice though a person typed it, or the layout is the same', () => {
    const slow = createFieldWedge();
    press(slow, swapped, 120);
    expect(slow.readings('countersignz')).toEqual(['countersignz']);
    const same = createFieldWedge();
    press(same, german, 5);
    expect(same.readings('countersign')).toEqual(['countersign']);
  });
  it('a key that adds nothing, long after it, forgets it: the Enter, Tab or Shift of a person', () => {
    for (const late of ['Enter', 'Tab', 'Shift', 'Control']) {
      const wedge = createFieldWedge();
      press(wedge, swapped.slice(0, -1), 5);
      const down = { kind: 'down', shift: false, ctrl: false, alt: false, at: 60_000 } as const;
      wedge.key({ ...down, key: late, code: late });
      expect(wedge.readings('countersignz'), late).toEqual(['countersignz', 'countersigny']);
    }
  });
  it('what a person types long after it is read by position as well', () => {
    const wedge = createFieldWedge();
    press(wedge, swapped, 5);
    const down = { kind: 'down', shift: false, ctrl: false, alt: false, at: 60_000 } as const;
    wedge.key({ ...down, key: 'z', code: 'KeyY' });
    expect(wedge.readings('countersignzz')).toEqual(['countersignzz']);
  });
  it('its first character is cut short because it comes as Alt and a number', () => {
    const wedge = createFieldWedge();
    let at = 60_000;
    const each = { shift: false, ctrl: false } as const;
    for (const character of 'csign') {
      wedge.key({ ...each, kind: 'down', key: 'Alt', code: 'AltLeft', alt: true, at: (at += 5) });
      for (const digit of String(character.charCodeAt(0)).padStart(4, '0'))
        wedge.key({ ...each, kind: 'down', key: digit, code: `Numpad${digit}`, alt: true, at: (at += 5) });
      wedge.key({ ...each, kind: 'up', key: 'Alt', code: 'AltLeft', alt: false, at: (at += 5) });
    }
    for (const [key, code] of [...german, ['z', 'KeyY'] as const])
      wedge.key({ ...each, kind: 'down', key, code, alt: false, at: (at += 5) });
    expect(wedge.readings('csigncountersignz')).toEqual(['csigncountersignz', 'csigncountersigny']);
  });
});

describe('the readings of one text', () => {
  const taker = (answers: Readonly<Record<string, string | null>>) => {
    const asked: string[] = [];
    const take = async (text: string): Promise<string | null> => {
      asked.push(text);
      const answer = answers[text];
      if (answer === undefined) throw new Error('the worker is gone');
      return answer;
    };
    return { asked, take };
  };
  it('the second is not tried, or one that was taken is tried again', async () => {
    const { asked, take } = taker({ z: 'No hand-off.', y: null, x: null });
    expect(await takeFirst(['z', ']Q1y', 'x'], take, 'No answer.')).toBeNull();
    expect(asked).toEqual(['z', 'y']);
  });
  it('the reason is told of another text than the field holds, or of none', async () => {
    expect(await takeFirst(['z', 'y'], taker({ z: 'No hand-off.', y: 'Too long.' }).take, 'No answer.')).toBe(
      'No hand-off.',
    );
    expect(await takeFirst(['z'], taker({}).take, 'No answer.')).toBe('No answer.');
  });
});
