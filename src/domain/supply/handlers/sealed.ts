/** Salted digests that a request adds to the record (commitment.ts). */
import * as v from 'valibot';
import { fail, ok, type Result } from '../../../codec/result.ts';
import { isSealName } from '../commitment.ts';
import { MAX_SEALED_FACTS } from '../limits.ts';
import { problem, type SupplyProblem } from '../problem.ts';
import type { SealedFact } from '../types.ts';

export const Digest64 = v.pipe(
  v.string('must be text'),
  v.regex(/^[0-9a-f]{64}$/, 'must be a digest of 64 hex digits'),
);

export const Sealed: v.GenericSchema<unknown, readonly SealedFact[]> = v.pipe(
  v.array(
    v.strictObject({
      name: v.pipe(v.string('must be text'), v.check(isSealName, 'must be 1 to 24 of a-z, 0-9 and -')),
      digest: Digest64,
    }),
    'must be a list',
  ),
  v.minLength(1, 'must not be empty: leave it out'),
  v.maxLength(MAX_SEALED_FACTS, `has more than ${MAX_SEALED_FACTS} entries`),
);

/** What to spread into the record. A name that is there is never written over: the digest would prove another thing than before. */
export function addSealed(
  before: readonly SealedFact[] | undefined,
  added: readonly SealedFact[] | undefined,
  sscc: string,
): Result<{ readonly sealed?: readonly SealedFact[] }, SupplyProblem> {
  const sealed = [...(before ?? []), ...(added ?? [])];
  const twice = sealed.find(({ name }, i) => sealed.some((other, j) => j < i && other.name === name));
  if (twice || sealed.length > MAX_SEALED_FACTS) {
    const what = twice ? `${twice.name} is sealed already` : `more than ${MAX_SEALED_FACTS} facts are sealed`;
    return fail(problem('sealed-twice', `Package ${sscc}: ${what}. Seal it under another name.`));
  }
  return ok(sealed.length === 0 ? {} : { sealed });
}
