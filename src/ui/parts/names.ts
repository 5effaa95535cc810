/** Names and numbers one after the other, each read in its own direction. */
import { translator } from '../i18n/t.ts';

const t = translator('parts');

/** `Alfa, Bravo, Cargo`: without an "and", since others may follow. */
export const commas = (names: readonly string[]): string =>
  names.map((name) => t('name', { name })).join(t('comma'));
