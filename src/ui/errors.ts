/**
 * What failed, in the reader's language. The worker says it in English, with names and numbers; another language has a general sentence
 * for each type of error (namespace `errors`). A type without one keeps its English words, which are marked, so that a screen reader
 * speaks them as English and their full stop stands at their right end.
 */
import { currentLanguage, hasText, translator, type Catalog } from './i18n/t.ts';

export interface Failure {
  readonly type?: string;
  readonly message: string;
}

const t = translator('errors');

export function errorText({ type, message }: Failure): string {
  if (currentLanguage() === 'en') return message;
  return type !== undefined && hasWords(type) ? t(type) : asEnglish(message);
}

/** Words that are English whatever the page speaks. */
export const asEnglish = (words: string): string =>
  currentLanguage() === 'en' ? words : LEFT_TO_RIGHT + words + END;

/** For the `lang` of the element that shows a text from here: `en` for words that were left in English. */
export const langOf = (text: string | null | undefined): 'en' | undefined =>
  text?.startsWith(LEFT_TO_RIGHT) ? 'en' : undefined;

/** Unicode's isolate, left to right, and its end (UAX #9, 3.1). */
const LEFT_TO_RIGHT = '\u2066';
const END = '\u2069';

const hasWords = (type: string): type is keyof Catalog['errors'] => hasText('errors', type);
