/** Operator: checks the supplier's signature again, on the bytes in the record, and sees who signed. */
import * as v from 'valibot';
import { verifyManifest } from '../manifest.ts';
import { problem } from '../problem.ts';
import { SERVICES, type ValidateBody } from '../types.ts';
import { At, packageAt, step } from './step.ts';

const Body: v.GenericSchema<unknown, ValidateBody> = v.strictObject({ at: At });

export const validate = step(Body, async (record, body, context) => {
  const found = packageAt(record, SERVICES.validate, context);
  if ('problem' in found) return found;
  const verified = await verifyManifest(
    found.record.manifest.envelope,
    context.genesis.directory,
    context.verifyEd25519,
  );
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
