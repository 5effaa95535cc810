/**
 * Operator: begins an inspection. On a package that was inspected before (labelled, quarantined or rejected) it begins a new one:
 * scan, supplier check, inspection and label are cleared and must be done again, so that no record ever mixes two inspections. What
 * they said before stays in the history of the key.
 */
import * as v from 'valibot';
import { SERVICES, type StartSessionBody } from '../types.ts';
import { problem } from '../problem.ts';
import { At, packageAt, step } from './step.ts';

const Body: v.GenericSchema<unknown, StartSessionBody> = v.strictObject({ at: At });

export const startSession = step(Body, (record, _body, context) => {
  const found = packageAt(record, SERVICES.startSession, context);
  if ('problem' in found) return found;
  const { sscc, status, manifest } = found.record;
  if (context.earlier.length > 0) {
    return {
      problem: problem(
        'step-order',
        `Start must be the first step of a session on package ${sscc}. Finish or abandon this one first.`,
      ),
    };
  }
  return {
    record: {
      ...found.record,
      status: 'announced',
      scan: null,
      supplierCheck: null,
      inspection: null,
      label: null,
    },
    body: {
      sscc,
      asnId: manifest.content.asnId,
      lines: manifest.content.lines.length,
      before: status,
      reinspection: status !== 'announced',
    },
  };
});
