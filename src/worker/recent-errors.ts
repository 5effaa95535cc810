/** Exceptions of this worker that nobody caught, for the inspector. The browser's console has them too; people who report a bug seldom look there. */
import type { InspectedError } from './inspection.ts';
import { systemClock } from './clock.ts';
import { MAX_ERROR_LENGTH, MAX_INSPECTED_ERRORS } from './limits.ts';

/** Newest first. */
const errors: InspectedError[] = [];

export const recentErrors = (): readonly InspectedError[] => [...errors];

/** From now on. Once for each worker. */
export function watchErrors(target: EventTarget): void {
  target.addEventListener('error', (event) => {
    const { error, message, filename, lineno, colno } = event as ErrorEvent;
    note(error ?? message, filename ? `${fileName(filename)}:${lineno}:${colno}` : null);
  });
  target.addEventListener('unhandledrejection', (event) =>
    note((event as PromiseRejectionEvent).reason, null),
  );
}

function note(thrown: unknown, place: string | null): void {
  const isError = thrown instanceof Error;
  errors.unshift({
    at: systemClock.wall(),
    where: 'worker',
    name: (isError ? thrown.name : 'Error').slice(0, MAX_ERROR_LENGTH),
    message: (isError ? thrown.message : String(thrown)).slice(0, MAX_ERROR_LENGTH),
    place,
  });
  errors.length = Math.min(errors.length, MAX_INSPECTED_ERRORS);
}

/** Without the address of the server. */
const fileName = (url: string): string => url.slice(url.lastIndexOf('/') + 1).replace(/[?#].*$/, '');
