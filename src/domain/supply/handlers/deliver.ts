/**
 * Courier: reports how the way to the recipient ended, signed by its key; a session of its own. The courier enters it as a member, or the
 * warehouse that handed the package over enters what the courier's phone has signed.
 *
 * | Outcome | Status |
 * |---|---|
 * | delivered | delivered |
 * | not-at-home | in-transit: the courier keeps it and tries again |
 * | refused, damaged, wrong-address, lost | undelivered: a warehouse may inspect it again when it is back |
 */
import * as v from 'valibot';
import { bytesUpTo, Use } from '../certified.ts';
import { readDelivery, statementDigest } from '../hand-off.ts';
import { CLOCKS_DIFFER_MS, MAX_ATTEMPTS, MAX_DELIVERY_AGE_MS, MAX_STATEMENT_BYTES } from '../limits.ts';
import { problem } from '../problem.ts';
import type { DeliverBody, PackageStatus } from '../types.ts';
import { courierSignatureProblem, Party, partyEntry } from './parties.ts';
import { Photos } from './quality.ts';
import { actor, alone, At, memberIn, step } from './step.ts';

const Body: v.GenericSchema<unknown, DeliverBody> = v.strictObject({
  statement: bytesUpTo(MAX_STATEMENT_BYTES),
  courier: Party,
  entry: v.optional(Use),
  photos: Photos,
  at: At,
});

export const deliver = step(Body, async (record, body, context) => {
  const found = alone(record, 'the delivery', context);
  if ('problem' in found) return found;
  const before = found.record;
  const { sscc, status, handOff, delivery } = before;
  if (status !== 'in-transit' || handOff === undefined) {
    return {
      problem: problem(
        'not-handed-over',
        `Package ${sscc} is ${status}, so no courier has it. ${status === 'delivered' ? 'It was delivered already.' : 'Enter the hand-off first.'}`,
      ),
    };
  }
  const { member } = context;
  const own =
    member.role === 'courier' ? member.gln === handOff.courierGln : memberIn(handOff.by) === member.id;
  if (!own) {
    return {
      problem: problem(
        'not-allowed',
        `The delivery of package ${sscc} is for ${handOff.courierName}, which has it, or for ${memberIn(handOff.by)}, which handed it over. Ask one of them.`,
      ),
    };
  }
  const read = readDelivery(body.statement);
  if (!read.ok) return { problem: problem('statement-malformed', read.error.message) };
  const said = read.value;
  if (said.network !== context.network || said.sscc !== sscc || said.courier !== handOff.courierId) {
    return {
      problem: problem(
        'statement-wrong-package',
        `The delivery that was signed is for package ${said.sscc} and the courier ${said.courier}, of this network or another. Take the one for package ${sscc}.`,
      ),
    };
  }
  if (said.handOff !== handOff.digest) {
    return {
      problem: problem(
        'statement-outdated',
        `The delivery was signed for another hand-off of package ${sscc} than the last one. Take the one that belongs to it.`,
      ),
    };
  }
  const late = body.at - said.time;
  const earliest = delivery?.time ?? handOff.time - CLOCKS_DIFFER_MS;
  // Each report is later than the last one, so that none is entered twice.
  if (said.time <= earliest || late > MAX_DELIVERY_AGE_MS || late < -CLOCKS_DIFFER_MS) {
    return {
      problem: problem(
        'statement-time',
        `The delivery of package ${sscc} claims a time that can't be: not after the last report, after now, or more than ${MAX_DELIVERY_AGE_MS / 86_400_000} days ago. Check the clocks and sign again.`,
      ),
    };
  }
  const attempt = (delivery?.attempt ?? 0) + 1;
  if (attempt > MAX_ATTEMPTS) {
    return {
      problem: problem(
        'step-order',
        `Package ${sscc} had ${MAX_ATTEMPTS} attempts. Report it as refused or with a wrong address, and bring it back.`,
      ),
    };
  }
  const entry = body.entry ? await partyEntry('courier', handOff.courierId, body.entry, context) : undefined;
  if (entry?.ok === false) return { problem: entry.error };
  const courier = { id: handOff.courierId, name: handOff.courierName, gln: handOff.courierGln };
  const wrong = await courierSignatureProblem(
    courier,
    entry?.value ?? null,
    body.courier,
    body.statement,
    said.time,
    context,
  );
  if (wrong !== null) return { problem: wrong };
  const { outcome, place, recipient, time } = said;
  const next: PackageStatus =
    outcome === 'delivered' ? 'delivered' : outcome === 'not-at-home' ? 'in-transit' : 'undelivered';
  return {
    record: {
      ...before,
      status: next,
      delivery: {
        outcome,
        place,
        recipient,
        photos: body.photos,
        courierKey: body.courier.key,
        time,
        attempt,
        digest: statementDigest((b) => context.hash(b), body.statement),
        at: body.at,
        by: actor(context),
      },
    },
    body: { sscc, status: next, outcome, attempt, time },
  };
});
