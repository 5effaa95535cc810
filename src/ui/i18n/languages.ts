/** The languages of the pages, and which of them a reader gets. */

export const LANGUAGES = {
  en: { name: 'English', direction: 'ltr' },
  es: { name: 'Español', direction: 'ltr' },
  ar: { name: 'العربية', direction: 'rtl' },
} as const;

export type Language = keyof typeof LANGUAGES;

/** `en` where a page has to be in one language and knows nothing of its reader. */
export const DEFAULT_LANGUAGE: Language = 'en';

export function isLanguage(value: unknown): value is Language {
  return typeof value === 'string' && Object.hasOwn(LANGUAGES, value);
}

/** What a person chose, else the first language of the browser that the pages have. */
export function chooseLanguage(chosen: unknown, preferred: readonly string[]): Language {
  if (isLanguage(chosen)) return chosen;
  return preferred.map(baseOf).find(isLanguage) ?? DEFAULT_LANGUAGE;
}

/**
 * The locale for numbers, dates, lists and plurals: the reader's own form of the language (`es-MX`) where the browser names one, and the
 * reader's own locale for a language that nobody chose and the pages lack (a Dutch reader of the English pages keeps 24 hours).
 */
export function localeFor(language: Language, chosen: unknown, preferred: readonly string[]): string {
  const own = preferred.find((tag) => baseOf(tag) === language && isLocale(tag));
  if (own !== undefined) return own;
  const first = preferred.find(isLocale);
  return isLanguage(chosen) || first === undefined
    ? language
    : language === DEFAULT_LANGUAGE
      ? first
      : language;
}

function baseOf(tag: string): string {
  return tag.toLowerCase().split('-')[0] ?? '';
}

/** Browsers hand over what a person typed into their settings. */
function isLocale(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}
