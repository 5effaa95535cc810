/**
 * The pages' texts in the reader's language. A catalog is loaded once, before the pages' modules are: its first part at the start, the rest
 * with the part or the page that needs it. Choosing another language loads the page anew. Messages are ICU MessageFormat (plurals, selects, numbers), formatted by intl-messageformat and the browser's Intl.
 */
import { IntlMessageFormat } from 'intl-messageformat';
import type first from '../locales/en-first.ts';
import { LATER_TEXTS } from '../locales/later.ts';
import { DEFAULT_LANGUAGE, LANGUAGES, type Language } from './languages.ts';

type TextsOf<T> = { readonly [K in keyof T]: string };
/** What is needed to show the bench, every page's frame, or that something cannot be shown. */
export type FirstTexts = { readonly [N in keyof typeof first]: TextsOf<(typeof first)[N]> };
export type LaterNamespace = keyof typeof LATER_TEXTS.en;
type LaterTexts = {
  readonly [N in LaterNamespace]: TextsOf<Awaited<ReturnType<(typeof LATER_TEXTS.en)[N]>>['default']>;
};
export type Catalog = FirstTexts & LaterTexts;
export type Namespace = keyof Catalog;
export type Values = Readonly<Record<string, string | number>>;

let catalog: Partial<Catalog> | null = null;
let language: Language = DEFAULT_LANGUAGE;
let locale: string = DEFAULT_LANGUAGE;
/** Of sentences: the reader's own form of the language, which a reader of another language has not. */
let grammar: string = DEFAULT_LANGUAGE;
/** As many as there are texts, each made when it is first shown. */
const made = new Map<string, IntlMessageFormat>();

const FIRST: Readonly<Record<Language, () => Promise<{ readonly default: FirstTexts }>>> = {
  en: () => import('../locales/en-first.ts'),
  es: () => import('../locales/es-first.ts'),
  ar: () => import('../locales/ar-first.ts'),
};

/** A function, so that whoever never asks for them (the inspector as a component) need not carry the table of all texts. */
const allLater = (): LaterNamespace[] => Object.keys(LATER_TEXTS.en) as LaterNamespace[];

/** All texts, or the first and those of some more namespaces. Rejects when they cannot be loaded. */
export async function loadCatalog(chosen: Language): Promise<Catalog>;
export async function loadCatalog(chosen: Language, more?: readonly LaterNamespace[]): Promise<FirstTexts>;
export async function loadCatalog(
  chosen: Language,
  more: readonly LaterNamespace[] = allLater(),
): Promise<FirstTexts> {
  const [{ default: first }, later] = await Promise.all([FIRST[chosen](), loadLater(chosen, more)]);
  return { ...first, ...later };
}

/** Those of these texts that the present language lacks yet. Rejects when they cannot be loaded; a later call tries again. */
export async function loadTexts(namespaces: readonly LaterNamespace[]): Promise<void> {
  const missing = namespaces.filter((namespace) => catalog?.[namespace] === undefined);
  if (missing.length === 0) return;
  const chosen = language;
  const later = await loadLater(chosen, missing);
  if (catalog !== null && chosen === language) catalog = { ...catalog, ...later };
}

async function loadLater(
  chosen: Language,
  namespaces: readonly LaterNamespace[],
): Promise<Partial<LaterTexts>> {
  const loaded = await Promise.all(
    namespaces.map(async (name) => [name, (await LATER_TEXTS[chosen][name]()).default] as const),
  );
  return Object.fromEntries(loaded) as Partial<LaterTexts>;
}

/** From here on texts are in this language. Modules that read texts when they are loaded are loaded after it. */
export function speak(texts: Partial<Catalog>, chosen: Language, own: string = chosen): void {
  catalog = texts;
  language = chosen;
  locale = own;
  grammar = new Intl.Locale(own).language === chosen ? own : chosen;
  made.clear();
  kept.clear();
}

export const currentLanguage = (): Language => language;
/** For numbers and dates. */
export const currentLocale = (): string => locale;
/** For plurals and lists: a Dutch reader of the English pages reads `Alfa and Bravo`, and `1.234`. */
export const currentGrammar = (): string => grammar;
export const currentDirection = (): 'ltr' | 'rtl' => LANGUAGES[language].direction;

/** For keys that come with data: is there such a text? */
export const hasText = (namespace: Namespace, key: string): boolean =>
  Object.hasOwn(catalog?.[namespace] ?? {}, key);

/**
 * Texts of one namespace, by key. A value that a message does not name is left out; numbers in a message that says so are written as the
 * reader writes them.
 * @throws Error when no catalog was loaded, or a value that the message needs is missing: bugs, both found by tests.
 */
export function translator<N extends Namespace>(
  namespace: N,
): (key: keyof Catalog[N] & string, values?: Values) => string {
  return (key, values) => {
    const texts = catalog?.[namespace] as Readonly<Record<string, string>> | undefined;
    if (texts === undefined)
      throw new Error(`The text ${namespace}.${key} was asked for before its part of a catalog was loaded.`);
    const message = texts[key];
    if (message === undefined) throw new Error(`There is no text ${namespace}.${key}.`);
    // Most texts are plain.
    if (!/[{'<#]/u.test(message)) return message;
    const id = `${namespace}.${key}`;
    let format = made.get(id);
    if (format === undefined)
      made.set(id, (format = new IntlMessageFormat(message, grammar, undefined, OPTIONS)));
    return String(format.format(values));
  };
}

/** Texts as fields, made anew when they are first read after `speak`: for modules that may be shown in another language later. */
export function spoken<T extends object>(make: () => T): T {
  let madeFor: typeof catalog = null;
  let texts: T | null = null;
  const now = (): T => {
    if (texts === null || madeFor !== catalog) [texts, madeFor] = [make(), catalog];
    return texts;
  };
  return new Proxy({} as T, {
    get: (_, name) => Reflect.get(now(), name) as unknown,
    has: (_, name) => Reflect.has(now(), name),
    ownKeys: () => Reflect.ownKeys(now()),
    getOwnPropertyDescriptor: (_, name) => Reflect.getOwnPropertyDescriptor(now(), name),
  });
}

/** As few as there are kinds of numbers and plurals; making one is slow. */
const kept = new Map<string, unknown>();

function keep<T>(kind: string, options: object | undefined, make: () => T): T {
  const id = kind + JSON.stringify(options ?? {});
  if (!kept.has(id)) kept.set(id, make());
  return kept.get(id) as T;
}

type Options = NonNullable<ConstructorParameters<typeof IntlMessageFormat>[3]>;

const OPTIONS: Options = {
  ignoreTag: true,
  formatters: {
    getNumberFormat: (_, options) =>
      keep('number', options, () => new Intl.NumberFormat(locale, options as Intl.NumberFormatOptions)),
    getDateTimeFormat: (_, options) => keep('date', options, () => new Intl.DateTimeFormat(locale, options)),
    getPluralRules: (_, options) => keep('plural', options, () => new Intl.PluralRules(grammar, options)),
  },
};
