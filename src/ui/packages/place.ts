/**
 * Where a person is in the list: what is searched for stands in the address, the rest with the entry of the browser's history. Coming back from
 * a package finds all of it again, and a reload does too.
 */
import { PACKAGE_STATUSES } from './texts.ts';
import type { PackageStatus } from '../../worker/api.ts';
import { MAX_SEARCH_TEXT } from '../limits.ts';

export interface Place {
  readonly text: string;
  readonly status: PackageStatus | 'all';
  /** Row at the top, with a fraction for what of it is out of sight: rows have another height when the window has another width. */
  readonly top: number;
  /** The package that has the focus, or had it last; null: none. */
  readonly active: { readonly sscc: string; readonly index: number } | null;
}

/** Field of the history's state; others belong to others. */
const FIELD = 'countersign-packages';

export function readPlace(search: string, state: unknown): Place {
  const query = new URLSearchParams(search);
  const status = PACKAGE_STATUSES.find((one) => one === query.get('status')) ?? 'all';
  const kept = fieldOf(state, FIELD);
  const [top, sscc, index] = [fieldOf(kept, 'top'), fieldOf(kept, 'sscc'), fieldOf(kept, 'index')];
  return {
    text: (query.get('q') ?? '').slice(0, MAX_SEARCH_TEXT),
    status,
    top: isPlace(top) ? top : 0,
    active: typeof sscc === 'string' && isPlace(index) ? { sscc, index: Math.trunc(index) } : null,
  };
}

/** Address and state of an entry of the history that `readPlace` reads. */
export function writePlace(
  place: Place,
  path: string,
  state: unknown,
): { readonly url: string; readonly state: object } {
  const query = new URLSearchParams();
  if (place.text !== '') query.set('q', place.text);
  if (place.status !== 'all') query.set('status', place.status);
  const kept = { top: place.top, ...place.active };
  const others = typeof state === 'object' && state !== null ? state : {};
  return {
    url: query.size === 0 ? path : `${path}?${query.toString()}`,
    state: { ...others, [FIELD]: kept },
  };
}

/** Where a code that was scanned on another page goes in the list; `wrongDigit` stays until the list notes a place of its own. */
export function scannedPlace(
  text: string,
  wrongDigit: boolean,
): { readonly url: string; readonly state: object } {
  const { url } = writePlace({ text, status: 'all', top: 0, active: null }, '/packages', null);
  return { url, state: { [FIELD]: { wrongDigit } } };
}

/** The search is a number that was read wrongly. */
export const readWrongDigit = (state: unknown): boolean =>
  fieldOf(fieldOf(state, FIELD), 'wrongDigit') === true;

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;

const isPlace = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0;
