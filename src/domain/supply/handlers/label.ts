/** Operator: chooses a courier of the directory and gets the data of the label for what was accepted. */
import * as v from 'valibot';
import { groupedSscc, ssccSymbol } from '../label.ts';
import { problem } from '../problem.ts';
import { SERVICES, type LabelBody } from '../types.ts';
import { outcomeOf } from './quality.ts';
import { actor, At, packageAt, step } from './step.ts';

const Body: v.GenericSchema<unknown, LabelBody> = v.strictObject({
  courierId: v.pipe(
    v.string('must be text'),
    v.regex(/^[a-z0-9-]{1,24}$/, 'must be 1 to 24 of a-z, 0-9 and -'),
  ),
  at: At,
});

export const label = step(Body, (record, body, context) => {
  const found = packageAt(record, SERVICES.label, context);
  if ('problem' in found) return found;
  const { sscc, manifest, inspection } = found.record;
  const judged = inspection?.lines ?? [];
  if (outcomeOf(judged) !== 'accept') {
    return {
      problem: problem(
        'nothing-accepted',
        `No line of package ${sscc} was accepted, so it gets no label. Finish the session; the package is ${found.record.status}.`,
      ),
    };
  }
  const { couriers } = context.genesis.directory;
  const courier = couriers.find((entry) => entry.id === body.courierId);
  if (!courier) {
    const some = couriers.slice(0, 5).map((entry) => entry.id);
    const choose =
      some.length === 0
        ? 'The directory names no courier.'
        : `Choose one of: ${some.join(', ')}${couriers.length > 5 ? ', …' : ''}.`;
    return {
      problem: problem(
        'courier-unknown',
        `Courier ${body.courierId} is not in this network's directory. ${choose}`,
      ),
    };
  }
  const symbol = ssccSymbol(sscc);
  // The key was checked to be a package's, so its SSCC always makes a barcode.
  if (!symbol.ok) return { problem: problem('sscc-check-digit', symbol.error.message) };
  const { elementString, humanReadable } = symbol.value;
  const shipTo = manifest.content.shipToGln;
  const accepted = judged.filter((line) => line.verdict === 'accept').length;
  return {
    record: {
      ...found.record,
      status: 'labelled',
      label: {
        courierId: courier.id,
        courierName: courier.name,
        humanReadable,
        at: body.at,
        by: actor(context),
      },
    },
    body: {
      sscc,
      elementString,
      humanReadable,
      grouped: groupedSscc(sscc),
      shipTo: {
        gln: shipTo,
        name: context.genesis.members.find((m) => m.gln === shipTo)?.organisation ?? null,
      },
      courier: { id: courier.id, name: courier.name, gln: courier.gln },
      reference: manifest.content.asnId,
      acceptedLines: accepted,
      heldLines: judged.length - accepted,
    },
  };
});
