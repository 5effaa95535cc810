/** Lists of names as the reader's language writes them. */
import { currentGrammar } from './t.ts';

/** `Alfa`, `Alfa and Bravo`, `Alfa, Bravo and Cargo`. */
export const listOf = (names: readonly string[]): string => list('conjunction').format(names);
/** `Alfa or Bravo`. */
export const eitherOf = (names: readonly string[]): string => list('disjunction').format(names);

const made = new Map<string, Intl.ListFormat>();

function list(type: 'conjunction' | 'disjunction'): Intl.ListFormat {
  // British English has no comma before "and", as the texts have it.
  const locale = currentGrammar() === 'en' || currentGrammar() === 'en-US' ? 'en-GB' : currentGrammar();
  const id = `${locale} ${type}`;
  let format = made.get(id);
  if (format === undefined) made.set(id, (format = new Intl.ListFormat(locale, { type })));
  return format;
}
