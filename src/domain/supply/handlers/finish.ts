/** Operator: closes the session. A package of which anything was accepted needs its label; one with nothing accepted has none. */
import * as v from 'valibot';
import { SERVICES, type FinishBody } from '../types.ts';
import { outcomeOf } from './quality.ts';
import { At, packageAt, step } from './step.ts';

const Body: v.GenericSchema<unknown, FinishBody> = v.strictObject({ at: At });

export const finish = step(Body, (record, _body, context) => {
  const inspected = packageAt(record, SERVICES.finish, context, [SERVICES.label]);
  if ('problem' in inspected) return inspected;
  const lines = inspected.record.inspection?.lines ?? [];
  if (outcomeOf(lines) === 'accept') {
    const labelled = packageAt(record, SERVICES.finish, context);
    if ('problem' in labelled) return labelled;
  }
  const count = (verdict: string): number => lines.filter((line) => line.verdict === verdict).length;
  return {
    record: inspected.record,
    body: {
      sscc: inspected.record.sscc,
      outcome: inspected.record.status,
      accepted: count('accept'),
      quarantined: count('quarantine'),
      rejected: count('reject'),
    },
  };
});
