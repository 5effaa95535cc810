/** Exceptions of the pages that nobody caught, and what the page's policy refused: for a bug report, kept in memory only. */
import type { InspectedError } from '../../worker/api.ts';
import { claimedNow } from '../clock.ts';
import { MAX_PAGE_ERROR_LENGTH, MAX_PAGE_ERRORS } from '../limits.ts';

/** Newest first. */
const errors: InspectedError[] = [];
let isWatching = false;

export const pageErrors = (): readonly InspectedError[] => [...errors];

/** From now on, for as long as the page lives. A second call does nothing. */
export function watchPageErrors(): void {
  if (isWatching) return;
  isWatching = true;
  window.addEventListener('error', ({ error, message, filename, lineno, colno }) => {
    note(error ?? message, filename === '' ? null : `${fileName(filename)}:${lineno}:${colno}`);
  });
  window.addEventListener('unhandledrejection', ({ reason }) => note(reason, null));
  document.addEventListener('securitypolicyviolation', ({ effectiveDirective, sourceFile, lineNumber }) => {
    const place = sourceFile ? `${fileName(sourceFile)}:${lineNumber}` : null;
    note(new Error(`The page's policy refused something (${effectiveDirective}).`), place);
  });
}

function note(thrown: unknown, place: string | null): void {
  const isError = thrown instanceof Error;
  errors.unshift({
    at: claimedNow(),
    where: 'page',
    name: (isError ? thrown.name : 'Error').slice(0, MAX_PAGE_ERROR_LENGTH),
    message: (isError ? thrown.message : String(thrown)).slice(0, MAX_PAGE_ERROR_LENGTH),
    place,
  });
  errors.length = Math.min(errors.length, MAX_PAGE_ERRORS);
}

/** Without the address of the server. */
const fileName = (url: string): string => url.slice(url.lastIndexOf('/') + 1).replace(/[?#].*$/, '');
