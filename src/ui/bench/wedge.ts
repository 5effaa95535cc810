/**
 * A scanner that pretends to be a keyboard (a wedge). It is told from a person by its speed, and its keys are kept twice: as the
 * characters of this computer's layout and as the key positions of a US keyboard, since a scanner is often set to the one while
 * the computer is set to the other. The separator GS (0x1D) arrives as Alt+029 on the number pad, as Ctrl+], or as itself.
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
  readonly at: number;
}

export interface WedgeState {
  /** What the layout of this computer makes of the keys. */
  readonly byKey: string;
  /** What a US keyboard would have made of them. */
  readonly byCode: string;
  /** Digits typed while Alt is held, or null. */
  readonly altDigits: string | null;
  /** True just after Alt+029: the system may deliver the same GS once more. */
  readonly justSeparated: boolean;
  readonly startedAt: number;
  readonly lastAt: number;
  readonly keys: number;
}

export interface WedgeReading {
  readonly byKey: string;
  readonly byCode: string;
  /** Typed at a speed that no person reaches. */
  readonly machine: boolean;
}

export const EMPTY_WEDGE: WedgeState = {
  byKey: '',
  byCode: '',
  altDigits: null,
  justSeparated: false,
  startedAt: 0,
  lastAt: 0,
  keys: 0,
};

/** Takes one key. `reading` is there when the key ended a scan (Enter or Tab). */
export function wedgeKey(
  state: WedgeState,
  key: WedgeKey,
): { state: WedgeState; reading: WedgeReading | null } {
  if (key.kind === 'up') {
    if (key.key !== 'Alt' || state.altDigits === null) return { state, reading: null };
    const closed = { ...state, altDigits: null };
    if (Number(state.altDigits) !== 29) return { state: closed, reading: null };
    return { state: { ...append(closed, GS, GS, key.at), justSeparated: true }, reading: null };
  }
  if (key.key === 'Enter' || key.key === 'Tab') return { state: EMPTY_WEDGE, reading: wedgeReading(state) };
  if (key.alt && !key.ctrl) {
    const digit = /^(?:Numpad|Digit)(\d)$/.exec(key.code)?.[1];
    if (digit !== undefined)
      return { state: { ...state, altDigits: ((state.altDigits ?? '') + digit).slice(-4) }, reading: null };
  }
  if (key.ctrl && !key.alt && (key.code === 'BracketRight' || key.key === ']')) {
    return { state: append(state, GS, GS, key.at), reading: null };
  }
  if (key.key === GS) {
    const next = state.justSeparated ? { ...state, justSeparated: false } : append(state, GS, GS, key.at);
    return { state: next, reading: null };
  }
  // AltGr shows as Ctrl+Alt on some systems and makes characters; Ctrl or Alt alone makes commands.
  if (key.ctrl !== key.alt || key.key.length !== 1) return { state, reading: null };
  return {
    state: append(state, key.key, usCharacter(key.code, key.shift) ?? key.key, key.at),
    reading: null,
  };
}

/** What has been collected, or null when nothing has. */
export function wedgeReading(state: WedgeState): WedgeReading | null {
  if (state.keys === 0) return null;
  return { byKey: state.byKey, byCode: state.byCode, machine: isMachine(state) };
}

/** True while keys come at a scanner's speed: then Enter must not press the button that has the focus. */
export function isMachine(state: WedgeState): boolean {
  if (state.keys < MIN_WEDGE_LENGTH) return false;
  return (state.lastAt - state.startedAt) / (state.keys - 1) <= MAX_WEDGE_GAP_MS;
}

/** The likelier of the two readings. The computer's own layout wins when both make sense. */
export function chooseReading(reading: WedgeReading, plausible: (text: string) => boolean): string {
  if (plausible(reading.byKey)) return reading.byKey;
  return plausible(reading.byCode) ? reading.byCode : reading.byKey;
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

function append(state: WedgeState, byKey: string, byCode: string, at: number): WedgeState {
  // A pause longer than a person's slowest typing begins anew; see `at` of the first key.
  const fresh = state.keys === 0;
  if (state.byKey.length >= MAX_SCAN_LENGTH) return state;
  return {
    byKey: state.byKey + byKey,
    byCode: state.byCode + byCode,
    altDigits: null,
    justSeparated: false,
    startedAt: fresh ? at : state.startedAt,
    lastAt: at,
    keys: state.keys + 1,
  };
}
