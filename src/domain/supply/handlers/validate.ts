/** Operator: checks the supplier's signature again, on the bytes in the record, and sees who signed. */
import * as v from 'valibot';
import { Use } from '../certified.ts';
import { supplierDirectory } from '../directory.ts';
import { verifyManifest } from '../manifest.ts';
import { problem } from '../problem.ts';
import { SERVICES, type ValidateBody } from '../types.ts';
import { revokedProblem, supplierEntry } from './parties.ts';
import { At, packageAt, step } from './step.ts';

const Body: v.GenericSchema<unknown, ValidateBody> = v.strictObject({
  supplier: v.optional(Use),
  at: At,
});

export const validate = step(Body, async (record, body, context) => {
  const found = packageAt(record, SERVICES.validate, context);
  if ('problem' in found) return found;
  const { envelope, announcedAt } = found.record.manifest;
  const entry = await supplierEntry(envelope, body.supplier, context);
  if (!entry.ok) return { problem: entry.error };
  const directory = supplierDirectory(context.genesis, entry.value);
  const verified = await verifyManifest(envelope, directory, context.verifyEd25519);
  if (!verified.ok) return { problem: problem(verified.error.type, verified.error.message) };
  const { manifest, key } = verified.value;
  if (manifest.sscc !== found.record.sscc) {
    return {
      problem: problem(
        'manifest-wrong-package',
        `The manifest is for package ${manifest.sscc}, not for ${found.record.sscc}. Stop, and ask the supplier.`,
      ),
    };
  }
  const revoked = revokedProblem(entry.value, key, announcedAt);
  if (revoked !== null) return { problem: revoked };
  return {
    record: { ...found.record, supplierCheck: { keyId: key.keyId, supplier: key.name, at: body.at } },
    body: {
      supplier: key.name,
      supplierGln: key.gln,
      keyId: key.keyId,
      asnId: manifest.asnId,
      issuedAt: manifest.issuedAt,
    },
  };
});
