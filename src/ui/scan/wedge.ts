/**
 * A scanner that pretends to be a keyboard (a wedge). It is told from a person by its speed, and its keys are kept twice: as the
 * characters of this computer's layout and as the key positions of a US keyboard, since a scanner is often set to the one while
 * the computer is set to the other. The separator GS (0x1D) arrives as Alt+029 on the number pad, as Ctrl+], as F8, or as itself; a scanner
 * may send every character by its number on the pad. Android terminals give no keys at all, only text that grows in the field.
 */
import { MAX_SCAN_LENGTH, MAX_WEDGE_GAP_MS, MIN_WEDGE_LENGTH } from '../limits.ts';

export const GS = '\u001d';

/** The parts of a KeyboardEvent that matter; `at` is its time stamp in milliseconds. */
export interface WedgeKey {
  readonly kind: 'down' | 'up';
  readonly code: string;
  readonly key: string;
  readonly shift: boolean;
  readonly ctrl: boolean;
  readonly alt: boolean;
  /** Caps Lock is on. */
  readonly caps?: boolean;
  readonly at: number;
}

export interface WedgeState {
  /** What the layout of this computer makes of the keys. */
  readonly byKey: string;
  /** What a US keyboard would have made of them. */
  readonly byCode: string;
  /** Digits typed while Alt is held, or null. */
  readonly altDigits: string | null;
  /** Just made by Alt and its number: the system may deliver the same character once more. Null: nothing was. */
  readonly justMade: string | null;
  /** Caps Lock was on at some key, so `byKey` may have its letters in the other case. */
  readonly caps: boolean;
  readonly startedAt: number;
  readonly lastAt: number;
  readonly keys: number;
}

export interface WedgeReading {
  readonly byKey: string;
  readonly byCode: string;
  /** Typed at a speed that no person reaches. */
  readonly machine: boolean;
  readonly caps: boolean;
}

export const EMPTY_WEDGE: WedgeState = {
  byKey: '',
  byCode: '',
  altDigits: null,
  justMade: null,
  caps: false,
  startedAt: 0,
  lastAt: 0,
  keys: 0,
};

/** Takes one key. `reading` is there when the key ended a scan (Enter or Tab). */
export function wedgeKey(
  state: WedgeState,
  given: WedgeKey,
): { state: WedgeState; reading: WedgeReading | null } {
  const key = { ...given, key: nameOf(given) };
  if (key.kind === 'up') {
    if (key.key !== 'Alt' || state.altDigits === null) return { state, reading: null };
    const made = characterOf(Number(state.altDigits));
    const closed = { ...state, altDigits: null };
    if (made === null) return { state: closed, reading: null };
    // Each digit was a key: else a scanner that sends all characters in this way would seem slow.
    const keys = state.keys + state.altDigits.length + 1;
    return { state: { ...append(closed, made, made, key.at), justMade: made, keys }, reading: null };
  }
  if (endsScan(given)) return { state: EMPTY_WEDGE, reading: wedgeReading(state) };
  if (key.alt && !key.ctrl) {
    const digit = /^(?:Numpad|Digit)(\d)$/.exec(key.code)?.[1];
    if (digit !== undefined)
      return { state: { ...state, altDigits: ((state.altDigits ?? '') + digit).slice(-4) }, reading: null };
  }
  if (key.ctrl && !key.alt && (key.code === 'BracketRight' || key.key === ']')) {
    return { state: append(state, GS, GS, key.at), reading: null };
  }
  // What Alt and a number have made has no key position when the system delivers it.
  if (state.justMade !== null && key.code === '' && key.key === state.justMade)
    return { state: { ...state, justMade: null }, reading: null };
  if (key.key === GS || key.key === 'F8') return { state: append(state, GS, GS, key.at), reading: null };
  // AltGr shows as Ctrl+Alt on some systems and makes characters; Ctrl or Alt alone makes commands.
  if (key.ctrl !== key.alt || key.key.length !== 1) return { state, reading: null };
  // No code begins with a space: that is a person at a button.
  if (key.key === ' ' && state.keys === 0) return { state, reading: null };
  const next = append(state, key.key, usCharacter(key.code, key.shift) ?? key.key, key.at);
  return { state: key.caps === true ? { ...next, caps: true } : next, reading: null };
}

/** Enter or Tab, or the control characters CR and LF as a scanner spells them: Ctrl+M and Ctrl+J, which browsers take for commands. */
export function endsScan(key: WedgeKey): 'Enter' | 'Tab' | null {
  const name = nameOf(key);
  if (name === 'Enter' || name === 'Tab') return name;
  return key.ctrl && !key.alt && (key.code === 'KeyM' || key.code === 'KeyJ') ? 'Enter' : null;
}

/**
 * Text that grew in the field without keys that could be told apart (key code 229, or all of it at once): `was` is what the field held
 * before, `value` what it holds now. Machine or person is told by the same speed, with one key for each character that was added.
 */
export function wedgeText(state: WedgeState, was: string, value: string, at: number): WedgeState {
  const added = value.startsWith(was) ? value.slice(was.length) : '';
  if (added === '' || state.byKey.length + added.length > MAX_SCAN_LENGTH) return EMPTY_WEDGE;
  const text = state.byKey + added;
  return {
    ...EMPTY_WEDGE,
    byKey: text,
    byCode: text,
    startedAt: state.keys === 0 ? at : state.startedAt,
    lastAt: at,
    keys: state.keys + added.length,
  };
}

/** What has been collected, or null when nothing has. */
export function wedgeReading(state: WedgeState): WedgeReading | null {
  if (state.keys === 0) return null;
  const { byKey, byCode, caps } = state;
  return { byKey, byCode, machine: isMachine(state), caps };
}

/** True while keys come at a scanner's speed, `least` of them or more: then Enter must not press the button that has the focus. */
export function isMachine(state: WedgeState, least = MIN_WEDGE_LENGTH): boolean {
  if (state.keys < least) return false;
  return state.keys > 1 && (state.lastAt - state.startedAt) / (state.keys - 1) <= MAX_WEDGE_GAP_MS;
}

/**
 * The likelier of the readings. The computer's own layout wins when both make sense. With Caps Lock on, letters come in the other case
 * unless the scanner undoes it: its symbology identifier, whose case is known, tells.
 */
export function chooseReading(reading: WedgeReading, plausible: (text: string) => boolean): string {
  const { byKey, byCode, caps } = reading;
  const candidates =
    !caps || (byKey.startsWith(']') && plausible(byKey)) ? [byKey, byCode] : [swapCase(byKey), byCode];
  return candidates.find(plausible) ?? byKey;
}

/** The character of a key position on a US keyboard; null when the position has none (or a phone gives no position). */
export function usCharacter(code: string, shift: boolean): string | null {
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  if (letter !== undefined) return shift ? letter : letter.toLowerCase();
  const pad = /^Numpad(\d)$/.exec(code)?.[1];
  if (pad !== undefined) return pad;
  const pair = US_KEYS[code];
  return pair === undefined ? null : pair[shift ? 1 : 0]!;
}

/** Unshifted and shifted character by position. */
export const US_KEYS: Readonly<Record<string, string>> = {
  Digit1: '1!',
  Digit2: '2@',
  Digit3: '3#',
  Digit4: '4$',
  Digit5: '5%',
  Digit6: '6^',
  Digit7: '7&',
  Digit8: '8*',
  Digit9: '9(',
  Digit0: '0)',
  Minus: '-_',
  Equal: '=+',
  BracketLeft: '[{',
  BracketRight: ']}',
  Backslash: '\\|',
  Semicolon: ';:',
  Quote: '\'"',
  Backquote: '`~',
  Comma: ',<',
  Period: '.>',
  Slash: '/?',
  Space: '  ',
};

/** The printable character that a number on the pad stands for, or the separator. */
const characterOf = (code: number): string | null =>
  code === 29 || (code >= 32 && code < 127) ? String.fromCharCode(code) : null;

/** The key's name; by its position where the system gives none: an input method, a dead key, a number pad whose lock is off. */
function nameOf({ key, code, shift, kind }: WedgeKey): string {
  if (kind === 'up') return key;
  if (key === 'Process') return PROCESSED[code] ?? usCharacter(code, shift) ?? key;
  // What the accent makes is known with the next key alone; it is no character of a code, so the reading by position is taken.
  if (key === 'Dead') return usCharacter(code, shift) === null ? key : '\u00b4';
  const pad = /^Numpad(\d)$/.exec(code)?.[1];
  return pad !== undefined && key.length > 1 && key !== 'Unidentified' ? pad : key;
}

const PROCESSED: Readonly<Record<string, string>> = { Enter: 'Enter', NumpadEnter: 'Enter', Tab: 'Tab' };

const swapCase = (text: string): string =>
  [...text].map((c) => (c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase())).join('');

function append(state: WedgeState, byKey: string, byCode: string, at: number): WedgeState {
  // A pause longer than a person's slowest typing begins anew; see `at` of the first key.
  const fresh = state.keys === 0;
  if (state.byKey.length >= MAX_SCAN_LENGTH) return state;
  return {
    byKey: state.byKey + byKey,
    byCode: state.byCode + byCode,
    altDigits: null,
    justMade: null,
    caps: state.caps,
    startedAt: fresh ? at : state.startedAt,
    lastAt: at,
    keys: state.keys + 1,
  };
}
