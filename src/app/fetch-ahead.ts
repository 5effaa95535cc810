/**
 * Scripts that this address will need, fetched while the catalog of texts is: none of them may run before that is there. index.html names
 * them as links without a relation, which a build writes there (scripts/fetch-ahead.ts); without them all goes on, only later.
 */
import type { Part } from './paths.ts';

/** Attribute of such a link: the part that needs it. */
export const PART_ATTRIBUTE = 'data-part';

export function fetchAhead(own: Document, part: Part): void {
  for (const link of own.querySelectorAll<HTMLLinkElement>(`link[${PART_ATTRIBUTE}~="${part}"]`))
    link.rel = 'modulepreload';
}
