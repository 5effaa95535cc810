/** The inspector's texts. The pages that it comes from load theirs before their modules; here English is there at once, and others come when asked for. */
import { localeFor, type Language } from '../ui/i18n/languages.ts';
import { speak } from '../ui/i18n/t.ts';
import english from './texts-en.ts';

type Texts = typeof english;

const OTHERS: Readonly<Record<Exclude<Language, 'en'>, () => Promise<{ readonly default: Texts }>>> = {
  es: () => import('./texts-es.ts'),
  ar: () => import('./texts-ar.ts'),
};

const loaded = new Map<Language, Texts>([['en', english]]);
let spoken: Language | null = null;

export const isLoaded = (language: Language): boolean => loaded.has(language);

/** Rejects when they cannot be loaded. */
export async function loadTexts(language: Language): Promise<void> {
  if (language === 'en' || loaded.has(language)) return;
  loaded.set(language, (await OTHERS[language]()).default);
}

/** From here on the inspector's texts are in this language, which must be loaded. Once more changes nothing. */
export function speakLoaded(language: Language): void {
  if (spoken === language) return;
  spoken = language;
  const preferred = typeof navigator === 'undefined' ? [] : navigator.languages;
  speak(loaded.get(language)!, language, localeFor(language, language, preferred));
}
