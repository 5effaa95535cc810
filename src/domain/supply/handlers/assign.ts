/**
 * Warehouse: gives a package another courier, or one to a package whose lines were released after its inspection; a session of its own.
 * Until the courier has signed for it, the warehouse that inspected it may choose anew.
 */
import * as v from 'valibot';
import { Use } from '../certified.ts';
import { problem } from '../problem.ts';
import type { AssignBody } from '../types.ts';
import { CourierId, labelled } from './label.ts';
import { addSealed, Sealed } from './sealed.ts';
import { alone, At, notTheirs, step } from './step.ts';

const Body: v.GenericSchema<unknown, AssignBody> = v.strictObject({
  courierId: CourierId,
  courier: v.optional(Use),
  sealed: v.optional(Sealed),
  at: At,
});

export const assign = step(Body, async (record, body, context) => {
  const found = alone(record, 'the choice of a courier', context);
  if ('problem' in found) return found;
  const { sscc, status } = found.record;
  const theirs = notTheirs(found.record, 'the choice of a courier', context);
  if (theirs) return { problem: theirs };
  if (status === 'in-transit' || status === 'delivered' || status === 'undelivered') {
    return {
      problem: problem(
        'package-left',
        `Package ${sscc} is ${status}; its courier can't be changed any more.`,
      ),
    };
  }
  const sealed = addSealed(found.record.sealed, body.sealed, sscc);
  if (!sealed.ok) return { problem: sealed.error };
  return labelled({ ...found.record, ...sealed.value }, body, context);
});
