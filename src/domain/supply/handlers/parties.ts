/** Whose keys count: the entries of suppliers and couriers that requests carry, and the signatures of a hand-off. */
import * as v from 'valibot';
import type { MemberIndex } from '../../../codec/brand.ts';
import { decodeDevice } from '../../../codec/device.ts';
import { MAX_DEVICE_CERTIFICATE_BYTES } from '../../../codec/limits.ts';
import { fail, ok, type Result } from '../../../codec/result.ts';
import type { CourierEntry, SupplierKeyEntry } from '../../../codec/genesis.ts';
import { deviceProblem } from '../../../crypto/device.ts';
import { bytesUpTo, readCertified, type SupplyContext } from '../certified.ts';
import { asDirectoryEntry, directoryKey, keyInForce, type PartyEntry } from '../directory.ts';
import { readEnvelope } from '../manifest.ts';
import { problem, type SupplyProblem } from '../problem.ts';
import type { CertifiedUse, PartySignature } from '../types.ts';

/** The supplier's certified entry, by the GLN that the manifest names; null when the request carries none. */
export async function supplierEntry(
  envelope: string,
  use: CertifiedUse | undefined,
  context: SupplyContext,
): Promise<Result<PartyEntry | null, SupplyProblem>> {
  if (use === undefined) return ok(null);
  const manifest = readEnvelope(envelope);
  if (!manifest.ok) return fail(problem(manifest.error.type, manifest.error.message));
  return partyEntry('supplier', manifest.value.supplierGln, use, context);
}

export async function partyEntry(
  kind: PartyEntry['kind'],
  id: string,
  use: CertifiedUse,
  context: SupplyContext,
): Promise<Result<PartyEntry, SupplyProblem>> {
  const key = directoryKey(kind, id);
  const record = await readCertified(use, key, context);
  if (!record.ok) return record;
  const entry = asDirectoryEntry(record.value);
  if (entry?.kind === kind && entry.id === id) return ok(entry);
  return fail(
    problem('directory-use-wrong', `The entry ${key} that came with the request holds something else.`),
  );
}

/** A key that was revoked when the package was announced (`at`) vouches for nothing, whatever date the manifest claims. */
export function revokedProblem(
  entry: PartyEntry | null,
  key: SupplierKeyEntry,
  at: number,
): SupplyProblem | null {
  const used = entry?.keys.find((one) => one.keyId === key.keyId && one.publicKey === key.publicKey);
  if (!used || used.revokedAt === null || at < used.revokedAt) return null;
  return problem(
    'supplier-key-expired',
    `The manifest is signed with the key ${key.keyId} of ${key.name}, which was revoked before the package was announced (${used.reason ?? 'no reason given'}). Ask ${key.name} to sign it with its current key.`,
  );
}

export const Party: v.GenericSchema<unknown, PartySignature> = v.strictObject({
  key: v.pipe(v.string('must be text'), v.regex(/^[0-9a-f]{64}$/, 'must be a key of 64 hex digits')),
  signature: v.pipe(
    v.instance(Uint8Array, 'must be bytes'),
    v.check((bytes) => bytes.length === 64, 'must have 64 bytes'),
  ),
  device: v.nullable(bytesUpTo(MAX_DEVICE_CERTIFICATE_BYTES)),
});

/** Null when the signature is the member's own, or that of a device that it had certified by `time`. */
export async function memberSignatureProblem(
  who: string,
  memberId: string,
  party: PartySignature,
  statement: Uint8Array,
  time: number,
  context: SupplyContext,
): Promise<SupplyProblem | null> {
  return (
    (await memberKeyProblem(who, memberId, party, time, context)) ??
    (await signatureProblem(who, party, statement, context))
  );
}

/**
 * Null when the courier has signed: by a key of its certified entry that was in force at `time`; or, where the courier is a member, by
 * that member's key or one of its devices.
 */
export async function courierSignatureProblem(
  courier: CourierEntry,
  entry: PartyEntry | null,
  party: PartySignature,
  statement: Uint8Array,
  time: number,
  context: SupplyContext,
): Promise<SupplyProblem | null> {
  const member = context.genesis.members.find((one) => one.gln === courier.gln && one.role === 'courier');
  const listed = entry?.keys.find((key) => key.publicKey === party.key);
  const unknown = (what: string): SupplyProblem =>
    problem(
      'courier-key-unknown',
      `The key that signed for ${courier.name} is not one of its keys: ${what}. Have the courier sign with a key of the directory.`,
    );
  if (listed) {
    if (!keyInForce(listed, time))
      return unknown(`${listed.keyId} was not in force at the time that it signed`);
  } else if (!member) {
    return unknown(
      entry === null ? 'no entry of the directory came with it' : 'the directory does not list it',
    );
  } else {
    const wrong = await memberKeyProblem(courier.name, member.id, party, time, context);
    if (wrong !== null) return unknown(wrong.message);
  }
  return signatureProblem(courier.name, party, statement, context);
}

async function memberKeyProblem(
  who: string,
  memberId: string,
  party: PartySignature,
  time: number,
  context: SupplyContext,
): Promise<SupplyProblem | null> {
  const { genesis, network } = context;
  const index = genesis.members.findIndex((one) => one.id === memberId);
  if ((genesis.members[index]?.voteKey as string | undefined) === party.key && party.device === null)
    return null;
  const wrong = (what: string): SupplyProblem =>
    problem('signature-wrong', `The signature of ${who} counts for nothing: ${what}. Have it signed again.`);
  if (party.device === null)
    return wrong('the key is not its member’s, and no certificate of a device came with it');
  const device = decodeDevice(party.device);
  if (!device.ok) return wrong(device.error.message);
  if ((device.value.device as string) !== party.key) return wrong('the certificate is for another device');
  const found = await deviceProblem(device.value, {
    network,
    members: genesis.members,
    of: index as MemberIndex,
    ed25519: { verify: (key, message, signature) => context.verifyEd25519(key, message, signature) },
    now: time,
  });
  return found === null ? null : wrong(`the certificate of the device does not stand (${found})`);
}

async function signatureProblem(
  who: string,
  { key, signature }: PartySignature,
  statement: Uint8Array,
  context: SupplyContext,
): Promise<SupplyProblem | null> {
  if (await context.verifyEd25519(key, statement, signature)) return null;
  return problem(
    'signature-wrong',
    `The signature of ${who} is not over this statement. Make the statement again and have it signed again.`,
  );
}
