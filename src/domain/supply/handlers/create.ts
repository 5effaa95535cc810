/** Supplier: announces a package from its signed manifest. The record is version 1 of the package's key. */
import * as v from 'valibot';
import { Use } from '../certified.ts';
import { supplierDirectory } from '../directory.ts';
import { verifyManifest } from '../manifest.ts';
import { problem } from '../problem.ts';
import type { CreatePackageBody, PackageRecord } from '../types.ts';
import { revokedProblem, supplierEntry } from './parties.ts';
import { addSealed, Sealed } from './sealed.ts';
import { At, ssccOf, step } from './step.ts';

const Body: v.GenericSchema<unknown, CreatePackageBody> = v.strictObject({
  envelope: v.string('must be text'),
  supplier: v.optional(Use),
  sealed: v.optional(Sealed),
  at: At,
});

export const createPackage = step(Body, async (record, body, context) => {
  const sscc = ssccOf(context);
  if (context.earlier.length > 0) {
    return {
      problem: problem(
        'step-order',
        `Package ${sscc} can only be created in a session of its own. Finish or abandon this one first.`,
      ),
    };
  }
  if (record !== null) {
    return {
      problem: problem(
        'package-exists',
        `Package ${sscc} exists already. Open it, or check the SSCC of the manifest.`,
      ),
    };
  }
  const entry = await supplierEntry(body.envelope, body.supplier, context);
  if (!entry.ok) return { problem: entry.error };
  const directory = supplierDirectory(context.genesis, entry.value);
  const verified = await verifyManifest(body.envelope, directory, context.verifyEd25519);
  if (!verified.ok) return { problem: problem(verified.error.type, verified.error.message) };
  const { manifest, key } = verified.value;
  if (manifest.sscc !== sscc) {
    return {
      problem: problem(
        'manifest-wrong-package',
        `The manifest is for package ${manifest.sscc}, not for ${sscc}. Create ${manifest.sscc} with it, or take the right manifest.`,
      ),
    };
  }
  const revoked = revokedProblem(entry.value, key, body.at);
  if (revoked !== null) return { problem: revoked };
  const sealed = addSealed(undefined, body.sealed, sscc);
  if (!sealed.ok) return { problem: sealed.error };
  const created: PackageRecord = {
    sscc,
    status: 'announced',
    manifest: {
      envelope: body.envelope,
      keyId: key.keyId,
      content: manifest,
      announcedAt: body.at,
      announcedBy: context.member.id,
      ...(entry.value === null ? {} : { supplier: key.name }),
    },
    scan: null,
    supplierCheck: null,
    inspection: null,
    label: null,
    ...sealed.value,
  };
  return {
    status: 201,
    record: created,
    body: { sscc, asnId: manifest.asnId, supplier: key.name, keyId: key.keyId, lines: manifest.lines.length },
  };
});
