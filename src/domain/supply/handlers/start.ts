/**
 * Operator: begins an inspection. On a package that was inspected before (labelled, quarantined, rejected, released, or back undelivered) it
 * begins a new one: scan, supplier check, inspection, holds, label and hand-off are cleared and must be done again, so that no record ever
 * mixes two inspections. What they said before stays in the history of the key. A package that a courier has signed for is not here.
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
  if (status === 'in-transit' || status === 'delivered') {
    const { courierName } = found.record.handOff ?? { courierName: 'the courier' };
    return {
      problem: problem(
        'package-left',
        `Package ${sscc} is ${status}: ${courierName} has signed for it. It can be inspected again when the courier reports that it was not delivered.`,
      ),
    };
  }
  // What a hand-off and holds said stays in the history, like the rest.
  const { holds: _holds, handOff: _handOff, delivery: _delivery, ...kept } = found.record;
  return {
    record: {
      ...kept,
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
