/** Operator: chooses a courier of the directory and gets the data of the label for what was accepted. */
import * as v from 'valibot';
import type { CborValue } from '../../../codec/cbor.ts';
import { Use, type SupplyContext } from '../certified.ts';
import { courierOf } from '../directory.ts';
import { groupedSscc, ssccSymbol } from '../label.ts';
import { problem, type SupplyProblem } from '../problem.ts';
import { SERVICES, type LabelBody, type PackageRecord } from '../types.ts';
import { partyEntry } from './parties.ts';
import { outcomeOf } from './quality.ts';
import { actor, At, packageAt, step } from './step.ts';

export const CourierId = v.pipe(
  v.string('must be text'),
  v.regex(/^[a-z0-9-]{1,24}$/, 'must be 1 to 24 of a-z, 0-9 and -'),
);

const Body: v.GenericSchema<unknown, LabelBody> = v.strictObject({
  courierId: CourierId,
  courier: v.optional(Use),
  at: At,
});

export const label = step(Body, (record, body, context) => {
  const found = packageAt(record, SERVICES.label, context);
  return 'problem' in found ? found : labelled(found.record, body, context);
});

/** The record with its label, and what the operator prints. */
export async function labelled(
  before: PackageRecord,
  body: LabelBody,
  context: SupplyContext,
): Promise<
  { readonly record: PackageRecord; readonly body: CborValue } | { readonly problem: SupplyProblem }
> {
  const { sscc, manifest, inspection } = before;
  const judged = inspection?.lines ?? [];
  if (outcomeOf(judged) !== 'accept') {
    return {
      problem: problem(
        'nothing-accepted',
        `No line of package ${sscc} was accepted, so it gets no label. Finish the session; the package is ${before.status}.`,
      ),
    };
  }
  const entry = body.courier ? await partyEntry('courier', body.courierId, body.courier, context) : undefined;
  if (entry?.ok === false) return { problem: entry.error };
  const courier = courierOf(context.genesis, body.courierId, entry?.value ?? null);
  if (!courier) return { problem: unknownCourier(body.courierId, context) };
  const symbol = ssccSymbol(sscc);
  // The key was checked to be a package's, so its SSCC always makes a barcode.
  if (!symbol.ok) return { problem: problem('sscc-check-digit', symbol.error.message) };
  const { elementString, humanReadable } = symbol.value;
  const shipTo = manifest.content.shipToGln;
  const accepted = judged.filter((line) => line.verdict === 'accept').length;
  return {
    record: {
      ...before,
      status: 'labelled',
      label: {
        courierId: courier.id,
        courierName: courier.name,
        humanReadable,
        ...(entry ? { courierGln: courier.gln } : {}),
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
}

function unknownCourier(courierId: string, context: SupplyContext): SupplyProblem {
  const { couriers } = context.genesis.directory;
  const some = couriers.slice(0, 5).map((entry) => entry.id);
  const choose =
    some.length === 0
      ? 'The directory names no courier.'
      : `Choose one of: ${some.join(', ')}${couriers.length > 5 ? ', …' : ''}.`;
  return problem('courier-unknown', `Courier ${courierId} is not in this network's directory. ${choose}`);
}
