/** Which language this page speaks: decided once, before any module that reads texts is loaded. */
import { localSettings } from '../theme/local-settings.ts';
import { chooseLanguage, LANGUAGES, localeFor } from './languages.ts';
import { loadCatalog, speak, type LaterNamespace } from './t.ts';

/**
 * Loads the reader's catalog and tells the document; rejects when the catalog cannot be loaded.
 * @param more what is needed besides the first texts; all, if nothing is said
 */
export async function speakReadersLanguage(own: Window, more?: readonly LaterNamespace[]): Promise<void> {
  const chosen = localSettings().language;
  const preferred = own.navigator.languages;
  const language = chooseLanguage(chosen, preferred);
  const texts = await loadCatalog(language, more);
  speak(texts, language, localeFor(language, chosen, preferred));
  const root = own.document.documentElement;
  root.lang = language;
  root.dir = LANGUAGES[language].direction;
}
