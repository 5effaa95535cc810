/** Supplier: announces a package from its signed manifest. The record is version 1 of the package's key. */
import * as v from 'valibot';
import { verifyManifest } from '../manifest.ts';
import { problem } from '../problem.ts';
import type { CreatePackageBody, PackageRecord } from '../types.ts';
import { At, ssccOf, step } from './step.ts';

const Body: v.GenericSchema<unknown, CreatePackageBody> = v.strictObject({
  envelope: v.string('must be text'),
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
  const verified = await verifyManifest(body.envelope, context.genesis.directory, context.verifyEd25519);
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
  const created: PackageRecord = {
    sscc,
    status: 'announced',
    manifest: {
      envelope: body.envelope,
      keyId: key.keyId,
      content: manifest,
      announcedAt: body.at,
      announcedBy: context.member.id,
    },
    scan: null,
    supplierCheck: null,
    inspection: null,
    label: null,
  };
  return {
    status: 201,
    record: created,
    body: { sscc, asnId: manifest.asnId, supplier: key.name, keyId: key.keyId, lines: manifest.lines.length },
  };
});
