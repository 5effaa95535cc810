/**
 * The same page in several languages at once: what is done on the first is done on the others, at the same place of the document. So a way to a
 * state that is written for the English words leads there in every language.
 */
import type { BrowserContext, Locator, Page } from '@playwright/test';

export interface Twins {
  /** For whatever drives a page: the first, with the others behind it. */
  readonly context: BrowserContext;
  readonly others: readonly Page[];
  /** Waits until the other documents have the elements of the first. False: one has not, however long that took. */
  alike(): Promise<boolean>;
}

/** What is done to all pages; everything else is asked of the first alone. */
const PAGE_ACTS = new Set([
  'goto',
  'evaluate',
  'addInitScript',
  'reload',
  'emulateMedia',
  'setViewportSize',
  'on',
]);
const ELEMENT_ACTS = new Set([
  ...['click', 'dblclick', 'tap', 'fill', 'check', 'uncheck', 'selectOption', 'setInputFiles', 'press'],
  ...['focus', 'blur', 'hover', 'dispatchEvent', 'evaluate', 'pressSequentially', 'scrollIntoViewIfNeeded'],
]);
/** Only for pages that never become alike; a busy machine may take this long. */
const PATIENCE_MS = 60_000;

type Call = (...given: unknown[]) => unknown;
const methodOf = (of: object, name: string): Call => (of as Record<string, Call>)[name]!.bind(of);

export async function openTwins(first: BrowserContext, rest: readonly BrowserContext[]): Promise<Twins> {
  const lead = await first.newPage();
  const others = await Promise.all(rest.map((context) => context.newPage()));

  async function alike(): Promise<boolean> {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      const [one, ...more] = await Promise.all([lead, ...others].map((page) => page.evaluate(skeleton)));
      if (more.every((other) => other === one)) return true;
      if (Date.now() > end) return false;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  const typed: (readonly [method: string, given: readonly unknown[]])[] = [];
  async function passOn(): Promise<void> {
    const keys = typed.splice(0);
    for (const page of others)
      for (const [method, given] of keys) await methodOf(page.keyboard, method)(...given);
  }

  const wrapLocator = (locator: Locator): Locator =>
    new Proxy(locator, {
      get(_, name) {
        const own: unknown = Reflect.get(locator, name, locator);
        if (typeof own !== 'function' || typeof name !== 'string') return own;
        if (!ELEMENT_ACTS.has(name))
          return (...given: unknown[]): unknown => {
            const answer = methodOf(locator, name)(...given);
            return isLocator(answer) ? wrapLocator(answer) : answer;
          };
        return async (...given: unknown[]): Promise<unknown> => {
          await passOn();
          const path = await locator.evaluate(pathOf);
          await alike();
          const answer = await methodOf(locator, name)(...given);
          for (const page of others) await methodOf(page.locator(path), name)(...given);
          return answer;
        };
      },
    });

  const page = new Proxy(lead, {
    get(_, name) {
      const own: unknown = Reflect.get(lead, name, lead);
      if (name === 'keyboard')
        return new Proxy(lead.keyboard, {
          get:
            (keyboard, key) =>
            async (...given: unknown[]): Promise<void> => {
              if (typed.length === 0) await alike();
              await methodOf(keyboard, key as string)(...given);
              typed.push([key as string, given]);
              // A scanner's keys come fast, or they are a person's: the others get them in one go, with its last.
              if (String(given[0]).length > 1) await passOn();
            },
        });
      if (typeof own !== 'function' || typeof name !== 'string') return own;
      if (PAGE_ACTS.has(name))
        return async (...given: unknown[]): Promise<unknown> => {
          await passOn();
          // What the first page was waited for is perhaps not yet there in the others.
          if (name === 'evaluate') await alike();
          const answers = await Promise.all([lead, ...others].map((one) => methodOf(one, name)(...given)));
          return answers[0];
        };
      return (...given: unknown[]): unknown => {
        const answer = methodOf(lead, name)(...given);
        return isLocator(answer) ? wrapLocator(answer) : answer;
      };
    },
  });
  const context = new Proxy(first, {
    get: (_, name) => (name === 'newPage' ? () => Promise.resolve(page) : Reflect.get(first, name, first)),
  });
  return { context, others, alike };
}

const isLocator = (value: unknown): value is Locator =>
  typeof value === 'object' && value !== null && 'setInputFiles' in value && 'waitFor' in value;

/** In the page: where an element stands. */
function pathOf(element: Element): string {
  const steps: string[] = [];
  for (
    let at: Element | null = element;
    at !== null && at !== document.documentElement;
    at = at.parentElement
  )
    steps.unshift(`:nth-child(${[...(at.parentElement?.children ?? [])].indexOf(at) + 1})`);
  return `html > ${steps.join(' > ')}`;
}

/** In the page: the elements of what it shows. Graphics, and what a language chooses among, differ. */
function skeleton(): string {
  const tell = (element: Element): string =>
    element.matches('svg, select, script')
      ? element.tagName
      : `${element.tagName}(${[...element.children].map(tell).join()})`;
  // The frame around a page folds where its words do not fit.
  return [...document.querySelectorAll('main, dialog')].map(tell).join();
}
