/** The ears of the scan step, and who keeps the focus: with the parts of a page that they need, and no browser. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

vi.mock('react', async (original) => ({
  ...(await original<typeof import('react')>()),
  useEffect: (effect: () => void) => effect(),
  useEffectEvent: <T>(callback: T): T => callback,
}));
const { useHeldFocus, useScanner } = await import('../../src/ui/scan/use-scanner.ts');

class FakeElement extends EventTarget {
  tabIndex = 0;
  value = '';
  readonly type: string;
  readonly tag: string;
  constructor(tag: string, type = '') {
    super();
    this.tag = tag;
    this.type = type;
  }
  matches(selector: string): boolean {
    return selector.split(',').some((one) => one.trim().startsWith(this.tag));
  }
  closest(selector: string): FakeElement | null {
    return this.matches(selector) ? this : null;
  }
  focus(): void {
    page.activeElement = this;
  }
  blur(): void {
    page.activeElement = page.body;
  }
}
class FakeInput extends FakeElement {}

class FakePage extends EventTarget {
  readonly body = new FakeElement('body');
  activeElement: FakeElement = this.body;
  querySelector = (): null => null;
  hasFocus = (): boolean => true;
}
let page: FakePage;

beforeEach(() => {
  vi.useFakeTimers();
  page = new FakePage();
  page.body.tabIndex = -1;
  vi.stubGlobal('document', page);
  const window = new EventTarget();
  vi.stubGlobal('window', Object.assign(window, { parent: window }));
  vi.stubGlobal('Element', FakeElement);
  vi.stubGlobal('HTMLElement', FakeElement);
  vi.stubGlobal('HTMLInputElement', FakeInput);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** An event as it reaches a listener of the document or the window. */
function send(to: EventTarget, type: string, target: FakeElement, more: object = {}): Event {
  const event = new Event(type, { cancelable: true });
  Object.defineProperty(event, 'target', { value: target });
  for (const [name, value] of Object.entries(more)) Object.defineProperty(event, name, { value });
  to.dispatchEvent(event);
  return event;
}

describe('the choice of a camera', () => {
  const held = (): { field: FakeElement; list: FakeElement } => {
    const field = new FakeInput('input', 'text');
    const list = new FakeElement('select');
    useHeldFocus({ current: field as unknown as HTMLInputElement }, true);
    list.focus();
    return { field, list };
  };
  it('throws out who goes through it with the arrow keys', () => {
    const { list } = held();
    send(page, 'pointerdown', page.body);
    send(page, 'keydown', list, { key: 'ArrowDown' });
    send(page, 'change', list);
    vi.runAllTimers();
    expect(page.activeElement).toBe(list);
  });
  it('keeps the focus from the field after a finger has chosen', () => {
    const { field, list } = held();
    send(page, 'keydown', page.body, { key: 'Enter' });
    send(page, 'pointerdown', list);
    send(page, 'change', list);
    vi.runAllTimers();
    send(page, 'focusout', list);
    vi.runAllTimers();
    expect(page.activeElement).toBe(field);
  });
});

describe('an input method', () => {
  const listened = () => {
    const scans: unknown[] = [];
    const field = new FakeInput('input', 'text');
    useScanner({
      field: { current: field as unknown as HTMLInputElement },
      onScan: (scan) => scans.push(scan),
    });
    field.focus();
    const press = (key: string, more: object = {}): Event =>
      send(window, 'keydown', field, { key, code: key, getModifierState: () => false, keyCode: 13, ...more });
    return { scans, field, press };
  };
  it('its Enter, that says a word is right, takes what stands in the field', () => {
    for (const composing of [{ isComposing: true }, { keyCode: 229 }]) {
      const { scans, field, press } = listened();
      field.value = '倉庫';
      expect(press('Enter', composing).defaultPrevented).toBe(false);
      expect([scans, field.value]).toEqual([[], '倉庫']);
      expect(press('Enter').defaultPrevented).toBe(true);
      expect(scans).toEqual([{ code: '倉庫', source: 'typed' }]);
    }
  });
});
