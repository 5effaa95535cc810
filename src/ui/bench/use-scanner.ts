/** Catches scans wherever the focus is: the sink's field when the step is a scan, the whole window otherwise. */
import { useEffect, useEffectEvent, useRef, type RefObject } from 'react';
import { WEDGE_IDLE_MS, WEDGE_STALL_MS } from '../limits.ts';
import { isCompleteScan, looksLikeScan } from './scan-code.ts';
import {
  chooseReading,
  EMPTY_WEDGE,
  isMachine,
  wedgeKey,
  wedgeReading,
  type WedgeReading,
  type WedgeState,
} from './wedge.ts';

export interface Scan {
  readonly code: string;
  readonly source: 'typed' | 'wedge';
}

export interface ScannerOptions {
  /** The field of the scan step; null element while the step has none. */
  readonly field: RefObject<HTMLInputElement | null>;
  readonly onScan: (scan: Scan) => void;
}

export function useScanner({ field, onScan }: ScannerOptions): void {
  const state = useRef<WedgeState>(EMPTY_WEDGE);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  /** Until then an Enter is the late end of a scan that was taken without it. */
  const lateEnter = useRef(0);
  const deliver = useEffectEvent(onScan);

  const finish = useEffectEvent((reading: WedgeReading | null): void => {
    clearTimeout(timer.current);
    const input = field.current;
    const inField = input !== null && document.activeElement === input;
    if (reading?.machine || reading?.byKey.startsWith(']')) {
      if (inField) input.value = '';
      deliver({ code: chooseReading(reading, looksLikeScan), source: 'wedge' });
    } else if (inField && input.value.trim() !== '') {
      const code = input.value;
      input.value = '';
      deliver({ code, source: 'typed' });
    }
  });

  /** Takes a scan that has no Enter at its end, soon when it is whole and late when it may go on. */
  const wait = useEffectEvent((lastKeyAt: number): void => {
    const takeIf = (enough: (code: string) => boolean) => (): void => {
      const reading = wedgeReading(state.current);
      if (reading === null) return;
      const code = chooseReading(reading, looksLikeScan);
      // Nobody types a symbology identifier: that is a scanner, however slow the device delivers its keys.
      if (!enough(code) || !(reading.machine || code.startsWith(']'))) return;
      state.current = EMPTY_WEDGE;
      lateEnter.current = lastKeyAt + 2 * WEDGE_STALL_MS;
      finish(reading);
    };
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      takeIf(isCompleteScan)();
      timer.current = setTimeout(
        takeIf(() => true),
        WEDGE_STALL_MS - WEDGE_IDLE_MS,
      );
    }, WEDGE_IDLE_MS);
  });

  const onKey = useEffectEvent((event: KeyboardEvent): void => {
    const input = field.current;
    // Typing into any other field of the page is not a scan.
    const target = event.target;
    if (
      target instanceof HTMLElement &&
      target !== input &&
      target.matches('input:not([type=checkbox]):not([type=radio]), textarea, select')
    )
      return;
    const sinceLast = event.timeStamp - state.current.lastAt;
    const wasMachine = isMachine(state.current) && sinceLast < WEDGE_STALL_MS;
    // What stands since longer than any stall belongs to a person, or to nobody; in the field it belongs to what stands there.
    const unfinished = input !== null && document.activeElement === input && input.value !== '';
    if (sinceLast > WEDGE_STALL_MS && state.current.altDigits === null && !unfinished) {
      state.current = EMPTY_WEDGE;
    }
    const step = wedgeKey(state.current, {
      kind: event.type === 'keyup' ? 'up' : 'down',
      code: event.code,
      key: event.key,
      shift: event.shiftKey,
      ctrl: event.ctrlKey,
      alt: event.altKey,
      at: event.timeStamp,
    });
    state.current = step.state;
    if (event.type === 'keyup') return;
    if (event.key === 'Enter' && event.timeStamp < lateEnter.current && !unfinished) {
      event.preventDefault();
      lateEnter.current = 0;
      return;
    }
    const ends = event.key === 'Enter' || (event.key === 'Tab' && wasMachine);
    if (ends && (wasMachine || document.activeElement === input)) {
      // Not also a press of the button that has the focus.
      event.preventDefault();
      finish(step.reading);
      return;
    }
    if (event.ctrlKey && event.code === 'BracketRight') event.preventDefault();
    wait(event.timeStamp);
  });

  useEffect(() => {
    const listen = (event: KeyboardEvent): void => onKey(event);
    window.addEventListener('keydown', listen, true);
    window.addEventListener('keyup', listen, true);
    return () => {
      window.removeEventListener('keydown', listen, true);
      window.removeEventListener('keyup', listen, true);
      clearTimeout(timer.current);
    };
  }, []);
}

/** Brings the focus back to the field whenever nothing else that can be used has it. */
export function useHeldFocus(field: RefObject<HTMLInputElement | null>, active: boolean): void {
  useEffect(() => {
    if (!active) return;
    const regain = (): void => {
      // Beside other frames of one page (the demo's panes), two sinks must not take the focus from each other for ever.
      if (window.parent !== window && !document.hasFocus()) return;
      const at = document.activeElement;
      if (at === null || at === document.body) field.current?.focus({ preventScroll: true });
    };
    regain();
    // A press on empty ground leaves the focus on the body; a button keeps it only as long as it is there.
    const later = (): void => void setTimeout(regain, 0);
    document.addEventListener('focusout', later);
    document.addEventListener('pointerup', later);
    window.addEventListener('focus', later);
    return () => {
      document.removeEventListener('focusout', later);
      document.removeEventListener('pointerup', later);
      window.removeEventListener('focus', later);
    };
  }, [field, active]);
}
