/**
 * Tells scans from what people type, wherever the focus is. Knows neither events nor elements: use-scanner.ts is its ears.
 */
import {
  MAX_SCAN_LENGTH,
  MAX_WEDGE_GAP_MS,
  MIN_SHORT_WEDGE_LENGTH,
  MIN_WEDGE_LENGTH,
  WEDGE_ENDINGS_MS,
  WEDGE_IDLE_MS,
  WEDGE_STALL_MS,
} from '../limits.ts';
import { isCompleteScan, looksLikeScan, plainText, splitScans } from './scan-code.ts';
import {
  chooseReading,
  EMPTY_WEDGE,
  endsScan,
  isMachine,
  usCharacter,
  wedgeKey,
  wedgeReading,
  wedgeText,
  type WedgeKey,
  type WedgeReading,
  type WedgeState,
} from './wedge.ts';

export interface Scan {
  readonly code: string;
  readonly source: 'typed' | 'wedge';
}

/** The field of a scan step. */
export interface Sink {
  readonly focused: boolean;
  read(): string;
  clear(): void;
}

export interface HeardKey extends WedgeKey {
  /** The key is held down: no scanner does that. */
  readonly repeat: boolean;
}

export interface ScanListener {
  /** True: the page must not act on this key. */
  key(key: HeardKey): boolean;
  /** The field is about to change. True: it must not. */
  before(inputType: string): boolean;
  /** It has changed, by this text. */
  changed(inputType: string, data: string | null, at: number): void;
  end(): void;
}

export interface ScanListenerOptions {
  /** The field is a person's as well, who searches in it: words that a soft keyboard puts in at once are no scan. */
  readonly words?: boolean;
}

export function createScanListener(
  sinkNow: () => Sink | null,
  deliver: (scan: Scan) => void,
  { words = false }: ScanListenerOptions = {},
): ScanListener {
  let state: WedgeState = EMPTY_WEDGE;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** Until then an Enter is the late end of a scan that was taken without it. */
  let lateEnter = 0;
  /** When a scan was ended by a key: a scanner set to CR and LF, or to Tab and Enter, sends another at once. */
  let endedAt = -Infinity;
  /** Some of what has been collected came as text, without keys. */
  let written = false;
  /** The last key told its character: what it adds to the field needs not be looked at again. */
  let known = false;
  /** The last key went through an input method: what it adds is known by its position. */
  let byPosition = false;
  let standing = '';

  const inField = (): boolean => sinkNow()?.focused === true;
  /** Nobody types outside of a field, so that fewer keys tell a scanner. */
  const least = (): number => (inField() ? MIN_WEDGE_LENGTH : MIN_SHORT_WEDGE_LENGTH);

  /** A word that was swiped, suggested or dictated comes as fast as a scan. */
  const isWord = (reading: WedgeReading): boolean => {
    if (!words || !written) return false;
    const code = chooseReading(reading, looksLikeScan);
    return !code.startsWith(']') && !looksLikeScan(code);
  };

  const finish = (reading: WedgeReading | null, isScanner: boolean): void => {
    clearTimeout(timer);
    const sink = sinkNow();
    if (reading !== null && isScanner) {
      if (sink?.focused === true) sink.clear();
      for (const code of splitScans(chooseReading(reading, looksLikeScan)))
        deliver({ code: plainText(code), source: 'wedge' });
    } else if (sink?.focused === true && sink.read().trim() !== '') {
      // Cut, so that what is too long stays so and costs nothing.
      const code = plainText(sink.read().slice(0, MAX_SCAN_LENGTH + 1));
      sink.clear();
      deliver({ code, source: 'typed' });
    }
  };

  /** Takes a scan that has no Enter at its end, soon when it is whole and late when it may go on. */
  const wait = (lastKeyAt: number): void => {
    const takeIf = (enough: (code: string) => boolean) => (): void => {
      const reading = wedgeReading(state);
      if (reading === null || isWord(reading)) return;
      const code = chooseReading(reading, looksLikeScan);
      // Nobody types a symbology identifier: that is a scanner, however slow the device delivers its keys.
      if (!enough(code) || !(isMachine(state, least()) || code.startsWith(']'))) return;
      state = EMPTY_WEDGE;
      lateEnter = lastKeyAt + 2 * WEDGE_STALL_MS;
      finish(reading, true);
    };
    clearTimeout(timer);
    timer = setTimeout(() => {
      takeIf(isCompleteScan)();
      timer = setTimeout(
        takeIf(() => true),
        WEDGE_STALL_MS - WEDGE_IDLE_MS,
      );
    }, WEDGE_IDLE_MS);
  };

  /** What stands since longer than any stall belongs to a person, or to nobody; what a scanner has begun in the field, it may go on with. */
  const forget = (at: number): void => {
    if (at - state.lastAt <= WEDGE_STALL_MS || state.altDigits !== null) return;
    const isBegun = isMachine(state, 2) || state.byKey.startsWith(']');
    if (!isBegun || !inField() || sinkNow()?.read() === '') state = EMPTY_WEDGE;
  };

  return {
    key(key) {
      if (key.repeat && key.kind === 'down') return false;
      const sinceLast = key.at - state.lastAt;
      const wasMachine = sinceLast < WEDGE_STALL_MS && isMachine(state, least());
      // Enter came as fast as the keys before it.
      const wasFast = state.keys > 0 && (key.at - state.startedAt) / state.keys <= MAX_WEDGE_GAP_MS;
      const inBurst = state.keys > 1 && wasFast;
      forget(key.at);
      if (key.kind === 'down') {
        byPosition = key.key === 'Process' && usCharacter(key.code, key.shift) !== null;
        known = key.key !== 'Unidentified' && key.key !== 'Process';
      }
      if (state.keys === 0) written = false;
      const step = wedgeKey(state, key);
      state = step.state;
      if (key.kind === 'up') return false;
      const ending = endsScan(key);
      const unfinished = inField() && sinkNow()?.read() !== '';
      // With a reading it is the end of another scan, of a second scanner maybe.
      if (ending !== null && step.reading === null && !unfinished) {
        if (ending === 'Enter' && key.at < lateEnter) {
          lateEnter = 0;
          endedAt = key.at;
          return true;
        }
        if (key.at - endedAt <= WEDGE_ENDINGS_MS) return true;
      }
      if (ending !== null) {
        // Nobody types a symbology identifier outside a field, however slowly its keys come.
        const isScanner =
          step.reading !== null &&
          !isWord(step.reading) &&
          (wasMachine || (wasFast && !inField()) || step.reading.byKey.startsWith(']'));
        // A person's Enter takes what stands in the field; to an input method it says that a word is right.
        const isPerson = key.key === 'Enter' && inField();
        if (isScanner || isPerson) {
          // Not also a press of the button that has the focus.
          finish(step.reading, isScanner);
          if (isScanner) [endedAt, lateEnter] = [key.at, 0];
          return true;
        }
        clearTimeout(timer);
        return false;
      }
      wait(key.at);
      // What a scanner says with Ctrl or Alt must not be a command of the browser.
      const isCommand = key.ctrl !== key.alt && key.key !== 'Control' && key.key !== 'Alt';
      return (key.ctrl && key.code === 'BracketRight') || (isCommand && inBurst);
    },

    before(inputType) {
      standing = sinkNow()?.read() ?? '';
      if (inputType !== 'insertLineBreak') return false;
      const reading = wedgeReading(state);
      const isScanner =
        reading !== null && !isWord(reading) && (reading.machine || reading.byKey.startsWith(']'));
      state = EMPTY_WEDGE;
      finish(reading, isScanner);
      return true;
    },

    /** Terminals whose scanner writes into the field without keys that have names. */
    changed(inputType, data, at) {
      // A paste is a person's, who goes on with a button or Enter.
      if (inputType === 'insertFromPaste') return;
      const atOnce = (data?.length ?? 0) > 1;
      if (byPosition || (known && !atOnce)) return;
      forget(at);
      written = true;
      state = wedgeText(state, standing, sinkNow()?.read() ?? '', at);
      wait(at);
    },

    end: () => clearTimeout(timer),
  };
}
