/** What every page must keep at every size, measured on the page as it stands. */
import { expect, type Page } from '@playwright/test';

export interface Finding {
  readonly what: string;
  readonly element: string;
}

/** No sideways scroll, and nothing that is cut at the right or left edge. */
export async function expectFits(page: Page, name: string): Promise<void> {
  const found = await page.evaluate(async () => {
    // What follows its box (a plot on its canvas) does so before the next frame is drawn; a person never sees it earlier.
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const list: { what: string; element: string }[] = [];
    const root = document.documentElement;
    const width = root.clientWidth;
    if (root.scrollWidth > width)
      list.push({ what: `the page is ${root.scrollWidth} px wide of ${width}`, element: 'html' });
    const scrolls = (element: Element): boolean => {
      for (let at: Element | null = element; at !== null && at !== document.body; at = at.parentElement) {
        const { overflowX } = getComputedStyle(at);
        if (overflowX === 'auto' || overflowX === 'scroll') return true;
      }
      return false;
    };
    for (const element of document.querySelectorAll('body *')) {
      if (element.closest('.hidden, .skip, [hidden], svg') || element.matches('input[type=file]')) continue;
      if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
      const box = element.getBoundingClientRect();
      if (box.width <= 1 || box.height <= 1) continue;
      const isOut = box.right > width + 0.5 || box.left < -0.5;
      const isCut =
        element instanceof HTMLButtonElement &&
        element.scrollWidth > element.clientWidth + 1 &&
        box.width > 1;
      if ((isOut && !scrolls(element)) || isCut) {
        const text = (element.textContent ?? '').trim().slice(0, 40);
        list.push({
          what: isOut
            ? `${Math.round(box.left)} to ${Math.round(box.right)} of ${width}`
            : 'its words are cut',
          element: `${element.tagName.toLowerCase()}.${String(element.getAttribute('class') ?? '')} “${text}”`,
        });
      }
    }
    return list.slice(0, 5);
  });
  expect.soft(found, `${name}: nothing is cut and nothing scrolls sideways`).toEqual([]);
}

/** Gloves: 64 px, the one action 72 (--hit-bench and --hit-main of tokens.css). */
const BENCH_TARGET = 64;
const MAIN_TARGET = 72;

/** The bench alone: its one action is in sight, whole and on top, and no target is too small for a glove. */
export async function expectGloves(page: Page, name: string): Promise<void> {
  const found = await page.evaluate(
    ([target, main]) => {
      const list: { what: string; element: string }[] = [];
      const dialog = document.querySelector('dialog[open]');
      const inFront: ParentNode = dialog ?? document;
      const nameOf = (element: Element): string =>
        `${element.tagName.toLowerCase()} “${(element.textContent ?? '').trim().slice(0, 40)}”`;
      const actions = inFront.querySelectorAll('.bench-act .btn.main, .alarm-act .btn.main');
      const isBench = dialog === null || dialog.classList.contains('alarm');
      if (isBench && actions.length !== 1)
        list.push({ what: `${actions.length} main actions`, element: 'page' });
      for (const action of actions) {
        const box = action.getBoundingClientRect();
        if (box.height < main) list.push({ what: `${box.height} px high`, element: nameOf(action) });
        if (box.bottom > window.innerHeight || box.top < 0)
          list.push({ what: 'not in sight', element: nameOf(action) });
        for (const [x, y] of [
          [box.left + 8, box.top + 8],
          [box.right - 8, box.bottom - 8],
        ] as const)
          if (!action.contains(document.elementFromPoint(x, y)))
            list.push({ what: 'covered', element: nameOf(action) });
      }
      const targets = inFront.querySelectorAll('a[href], button, summary, label.file, label.tick, label.btn');
      for (const element of targets) {
        if (element.closest('.skip') || !element.checkVisibility({ visibilityProperty: true })) continue;
        const box = element.getBoundingClientRect();
        if (box.height < target || box.width < target)
          list.push({
            what: `${Math.round(box.width)} × ${Math.round(box.height)} px`,
            element: nameOf(element),
          });
      }
      return list.slice(0, 8);
    },
    [BENCH_TARGET, MAIN_TARGET] as const,
  );
  expect.soft(found, `${name}: the action is in reach, and every target is ${BENCH_TARGET} px`).toEqual([]);
}

/** By the Tab key from one end to the other: each focus shows itself, and nothing lies over it (WCAG 2.4.7, 2.4.11). */
export async function expectFocusInSight(page: Page, name: string): Promise<void> {
  await page.evaluate(watchFocus);
  // Looked at in the page itself, and asked for seldom: each question costs as much as ten keys.
  for (let i = 0; i < MAX_TABS; i += TABS_AT_ONCE) {
    for (let j = 0; j < TABS_AT_ONCE; j++) await page.keyboard.press('Tab');
    if (await page.evaluate(() => (window as unknown as FocusWatched).tabbed.ended)) break;
  }
  const { seen, trouble } = await page.evaluate(() => (window as unknown as FocusWatched).tabbed);
  expect.soft(trouble, `${name}: focus`).toEqual([]);
  expect.soft(seen, `${name}: controls that can be reached by Tab`).toBeGreaterThan(0);
}

interface FocusWatched {
  tabbed: { readonly trouble: string[]; seen: number; ended: boolean };
}

/** In the page: from now on, looks at each element that the focus comes to. */
function watchFocus(): void {
  window.scrollTo(0, 0);
  // Tab goes on from what was pressed last, unless something before it has had the focus since.
  const first = document.querySelector<HTMLElement>('dialog[open]') ?? document.body;
  const before = first.getAttribute('tabindex');
  first.tabIndex = -1;
  first.focus();
  if (before === null) first.removeAttribute('tabindex');
  const tabbed: FocusWatched['tabbed'] = { trouble: [], seen: 0, ended: false };
  (window as unknown as FocusWatched).tabbed = tabbed;
  const known = new Set<Element>();
  document.addEventListener('focusin', ({ target }) => {
    if (!(target instanceof HTMLElement) || target === document.body) return;
    if (known.has(target)) tabbed.ended = true;
    if (tabbed.ended) return;
    known.add(target);
    tabbed.seen++;
    // A file field has no look of its own: the label around it shows its focus.
    const shown = target.matches('input[type=file]') ? (target.closest('label') ?? target) : target;
    const style = getComputedStyle(shown);
    const around = shown.parentElement === null ? style : getComputedStyle(shown.parentElement);
    const called = `${target.tagName} “${(target.getAttribute('aria-label') ?? target.textContent ?? '').trim().slice(0, 40)}”`;
    if (![style, around].some((one) => one.outlineStyle !== 'none' || one.boxShadow !== 'none'))
      tabbed.trouble.push(`${called} does not show its focus`);
    // Not wholly hidden: some point of it is on top (2.4.11, minimum). The browser has scrolled to it before this event.
    const box = shown.getBoundingClientRect();
    const onTop = [0.1, 0.5, 0.9]
      .flatMap((x) =>
        [0.1, 0.5, 0.9].map((y) => [box.left + box.width * x, box.top + box.height * y] as const),
      )
      .some(([x, y]) => {
        const top = document.elementFromPoint(x, y);
        return top !== null && (shown.contains(top) || top.contains(shown));
      });
    if (!onTop) tabbed.trouble.push(`${called} is hidden`);
  });
}

const TABS_AT_ONCE = 12;
/** More controls than any page has in these tests. */
const MAX_TABS = 120;
