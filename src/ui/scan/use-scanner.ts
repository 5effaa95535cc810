/** Catches scans wherever the focus is: the sink's field when the step is a scan, the whole window otherwise. */
import { useEffect, useEffectEvent, type RefObject } from 'react';
import { createScanListener, type HeardKey, type Scan } from './scan-listener.ts';

export type { Scan } from './scan-listener.ts';

export interface ScannerOptions {
  /** The field of the scan step; null element while the step has none. */
  readonly field: RefObject<HTMLInputElement | null>;
  readonly onScan: (scan: Scan) => void;
  /** The field is a person's as well, who searches in it: words that a soft keyboard puts in at once are no scan. */
  readonly words?: boolean;
}

export function useScanner({ field, onScan, words = false }: ScannerOptions): void {
  const deliver = useEffectEvent(onScan);
  useEffect(() => {
    const listener = createScanListener(
      () => {
        const input = field.current;
        if (input === null) return null;
        return {
          focused: document.activeElement === input,
          read: () => input.value,
          clear: () => void (input.value = ''),
        };
      },
      (scan) => deliver(scan),
      { words },
    );
    const key = (event: KeyboardEvent): void => {
      if (isOfInputMethod(event)) return;
      if (!isTyping(event.target, field.current) && listener.key(heardKey(event))) event.preventDefault();
    };
    const before = (event: InputEvent): void => {
      if (event.target === field.current && listener.before(event.inputType)) event.preventDefault();
    };
    const changed = (event: Event): void => {
      if (event.target === field.current && event instanceof InputEvent)
        listener.changed(event.inputType, event.data, event.timeStamp);
    };
    window.addEventListener('keydown', key, true);
    window.addEventListener('keyup', key, true);
    window.addEventListener('beforeinput', before, true);
    window.addEventListener('input', changed, true);
    return () => {
      window.removeEventListener('keydown', key, true);
      window.removeEventListener('keyup', key, true);
      window.removeEventListener('beforeinput', before, true);
      window.removeEventListener('input', changed, true);
      listener.end();
    };
  }, [field, words]);
}

/**
 * Enter says to an input method that a word is right, an arrow goes through its list. Some browsers call the key `Process`, which the wedge
 * reads by its position; others give its own name and say only here whose it is. UI Events, 4.3.3 and 7.3.1.
 */
export const isOfInputMethod = (event: Pick<KeyboardEvent, 'key' | 'keyCode' | 'isComposing'>): boolean =>
  (event.isComposing || event.keyCode === 229) && (event.key === 'Enter' || event.key === 'ArrowDown');

export const heardKey = (event: KeyboardEvent): HeardKey => ({
  kind: event.type === 'keyup' ? 'up' : 'down',
  code: event.code,
  key: event.key,
  shift: event.shiftKey,
  ctrl: event.ctrlKey,
  alt: event.altKey,
  caps: event.getModifierState('CapsLock'),
  at: event.timeStamp,
  repeat: event.repeat,
});

/** Typing into any other field of the page is not a scan; a file's button, a box, a slider or a list takes no text. */
function isTyping(target: EventTarget | null, field: HTMLInputElement | null): boolean {
  if (!(target instanceof HTMLElement) || target === field) return false;
  if (target instanceof HTMLInputElement) return !NO_TEXT.includes(target.type);
  return target.matches('textarea');
}

const NO_TEXT: readonly string[] = ['checkbox', 'radio', 'file', 'button', 'submit', 'reset', 'range'];

/** Brings the focus back to the field whenever nothing else that can be used has it. */
export function useHeldFocus(field: RefObject<HTMLInputElement | null>, active: boolean): void {
  useEffect(() => {
    if (!active) return;
    const regain = (): void => {
      // Beside other frames of one page (the demo's panes), two sinks must not take the focus from each other for ever.
      if (window.parent !== window && !document.hasFocus()) return;
      if (document.querySelector('dialog[open]') !== null) return;
      const at = document.activeElement;
      // A heading or a part of the page takes the focus of a press on it, and has no use for it.
      const idle = at === null || at === document.body || (at instanceof HTMLElement && at.tabIndex < 0);
      if (idle) field.current?.focus({ preventScroll: true });
    };
    regain();
    // A press on empty ground leaves the focus on the body; a button keeps it only as long as it is there.
    const later = (): void => void setTimeout(regain, 0);
    // A button that a finger has pressed needs the focus no more; one that a keyboard has reached keeps it.
    const pressed = (event: MouseEvent): void => {
      if (event.detail > 0)
        giveBack(event.target, 'button, summary, input:is([type=file], [type=radio], [type=checkbox])');
      later();
    };
    // A keyboard goes through a list entry by entry, and each is a change.
    let byPointer = false;
    const point = (event: Event): void => void (byPointer = event.type === 'pointerdown');
    const chosen = (event: Event): void => {
      if (byPointer) giveBack(event.target, 'select, input[type=file]');
    };
    const giveBack = (target: EventTarget | null, selector: string): void => {
      const control = target instanceof Element ? target.closest<HTMLElement>(selector) : null;
      if (control !== null) setTimeout(() => document.activeElement === control && control.blur(), 0);
    };
    // What takes the focus away and gives it back: a dialog, another window, another tab.
    const events = ['focusout', 'pointerup', 'close', 'visibilitychange'] as const;
    const presses = ['pointerdown', 'keydown'] as const;
    for (const type of events) document.addEventListener(type, later, true);
    for (const type of presses) document.addEventListener(type, point, true);
    document.addEventListener('click', pressed);
    document.addEventListener('change', chosen);
    window.addEventListener('focus', later);
    return () => {
      for (const type of events) document.removeEventListener(type, later, true);
      for (const type of presses) document.removeEventListener(type, point, true);
      document.removeEventListener('click', pressed);
      document.removeEventListener('change', chosen);
      window.removeEventListener('focus', later);
    };
  }, [field, active]);
}
