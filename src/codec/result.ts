/**
 * Expected failures are values. `E` is always an object with a `type` from a closed set and a `message` that
 * says what happened, to which thing, and what to do next. Exceptions are bugs.
 */
export type Result<T, E extends Failure = Failure> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E };

export interface Failure {
  /** One of the closed set that the function's signature names. */
  readonly type: string;
  /** A sentence for a person: what happened, to which thing, what to do next. */
  readonly message: string;
}

export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

export function fail<E extends Failure>(error: E): { readonly ok: false; readonly error: E } {
  return { ok: false, error };
}
