/**
 * Warehouse: enters the hand-off that it and the courier have both signed; a session of its own. From here the courier has the package.
 * The statement names version and digest of the record that is handed over, so a signature for another state of it is worth nothing.
 */
import * as v from 'valibot';
import type { CourierEntry } from '../../../codec/genesis.ts';
import { bytesUpTo, Use } from '../certified.ts';
import { readHandOff, recordDigest, statementDigest } from '../hand-off.ts';
import { CLOCKS_DIFFER_MS, MAX_HAND_OFF_AGE_MS, MAX_STATEMENT_BYTES } from '../limits.ts';
import { problem } from '../problem.ts';
import type { HandOffBody, PackageRecord } from '../types.ts';
import type { SupplyContext } from '../certified.ts';
import { courierSignatureProblem, memberSignatureProblem, Party, partyEntry } from './parties.ts';
import { actor, alone, At, notTheirs, step } from './step.ts';

const Body: v.GenericSchema<unknown, HandOffBody> = v.strictObject({
  statement: bytesUpTo(MAX_STATEMENT_BYTES),
  warehouse: Party,
  courier: Party,
  entry: v.optional(Use),
  at: At,
});

export const handOff = step(Body, async (record, body, context) => {
  const found = alone(record, 'the hand-off', context);
  if ('problem' in found) return found;
  const before = found.record;
  const { sscc, status } = before;
  const theirs = notTheirs(before, 'the hand-off', context);
  if (theirs) return { problem: theirs };
  if (status === 'in-transit' || status === 'delivered') {
    return {
      problem: problem('package-left', `Package ${sscc} is ${status}: it was handed over already.`),
    };
  }
  const courier = courierIn(before, context);
  if (status !== 'labelled' || courier === null) {
    return {
      problem: problem(
        'step-order',
        `Package ${sscc} is ${status}, so there is nothing to hand over. Inspect it, and choose a courier first.`,
      ),
    };
  }
  const read = readHandOff(body.statement);
  if (!read.ok) return { problem: problem('statement-malformed', read.error.message) };
  const said = read.value;
  const other =
    said.network !== context.network
      ? 'another network'
      : said.sscc !== sscc
        ? `package ${said.sscc}`
        : said.warehouse !== context.member.id
          ? `the warehouse ${said.warehouse}`
          : said.courier !== courier.id
            ? `the courier ${said.courier}, and the package is for ${courier.id}`
            : null;
  if (other !== null) {
    return {
      problem: problem(
        'statement-wrong-package',
        `The hand-off that was signed is for ${other}. Make one for package ${sscc} and have it signed.`,
      ),
    };
  }
  if (said.version !== context.baseVersion || said.record !== recordDigest((b) => context.hash(b), record)) {
    return {
      problem: problem(
        'statement-outdated',
        `The hand-off was signed for version ${said.version} of package ${sscc}, which has changed since (it is at version ${context.baseVersion}). Make it anew and have both sign again.`,
      ),
    };
  }
  const late = body.at - said.time;
  const labelledAt = before.label?.at ?? 0;
  if (late > MAX_HAND_OFF_AGE_MS || late < -CLOCKS_DIFFER_MS || said.time + CLOCKS_DIFFER_MS < labelledAt) {
    return {
      problem: problem(
        'statement-time',
        `The hand-off of package ${sscc} claims a time that can't be: before its label, after now, or more than ${MAX_HAND_OFF_AGE_MS / 86_400_000} days ago. Check the clocks and sign again.`,
      ),
    };
  }
  const entry = body.entry ? await partyEntry('courier', courier.id, body.entry, context) : undefined;
  if (entry?.ok === false) return { problem: entry.error };
  const wrong =
    (await memberSignatureProblem(
      context.member.organisation,
      context.member.id,
      body.warehouse,
      body.statement,
      said.time,
      context,
    )) ??
    (await courierSignatureProblem(
      courier,
      entry?.value ?? null,
      body.courier,
      body.statement,
      said.time,
      context,
    ));
  if (wrong !== null) return { problem: wrong };
  const digest = statementDigest((b) => context.hash(b), body.statement);
  const { delivery: _delivery, ...kept } = before;
  return {
    record: {
      ...kept,
      status: 'in-transit',
      handOff: {
        courierId: courier.id,
        courierName: courier.name,
        courierGln: courier.gln,
        courierKey: body.courier.key,
        vehicle: said.vehicle,
        seal: said.seal,
        place: said.place,
        time: said.time,
        digest,
        at: body.at,
        by: actor(context),
      },
    },
    body: {
      sscc,
      status: 'in-transit',
      courier: { id: courier.id, name: courier.name, gln: courier.gln },
      place: said.place,
      time: said.time,
      digest,
    },
  };
});

/** The courier of the label: its GLN is in the label when it came from a certified entry, else in the genesis. */
export function courierIn(record: PackageRecord, context: SupplyContext): CourierEntry | null {
  const { label } = record;
  if (label === null) return null;
  const gln =
    label.courierGln ?? context.genesis.directory.couriers.find((one) => one.id === label.courierId)?.gln;
  return gln === undefined ? null : { id: label.courierId, name: label.courierName, gln };
}
