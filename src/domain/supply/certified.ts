/**
 * Entries of the directory as requests carry them. A handler reads no other key: the request brings the bytes of the entry's value and
 * the certificate of its version, and every replica checks that a quorum has certified just these bytes under `directory/...`. An
 * older version passes as well, so a withdrawn key stays usable until its own end (docs/architecture.md, "Directory").
 */
import * as v from 'valibot';
import { fromHex, type EpochDigest, type Key, type NetworkId } from '../../codec/brand.ts';
import { decode, type CborValue } from '../../codec/cbor.ts';
import type { Genesis } from '../../codec/genesis.ts';
import { MAX_VALUE_BYTES } from '../../codec/limits.ts';
import { readCertificate } from '../../codec/messages.ts';
import { fail, ok, type Result } from '../../codec/result.ts';
import { decodeValue } from '../../codec/value.ts';
import type { Certificate } from '../../codec/vote.ts';
import { firstEpoch, quorum } from '../../consensus/membership.ts';
import { checkCertificate, type EpochKeys } from '../../crypto/certificates.ts';
import { epochKeysOf, type EpochLike } from '../../crypto/epochs.ts';
import type { Bls, Ed25519 } from '../../crypto/types.ts';
import type { HandlerContext } from '../../l2/types.ts';
import { MAX_ENTRY_CERTIFICATE_BYTES, MAX_ENTRY_VALUE_BYTES } from './limits.ts';
import { CannotJudge, problem, type SupplyProblem } from './problem.ts';
import type { CertifiedUse } from './types.ts';

/**
 * `unknown`: of an epoch whose members this copy does not know; whoever runs the step again abstains. The verdict must depend on the
 * certificate and the chain of epochs alone.
 */
export type CertificateStanding = 'holds' | 'fails' | 'unknown';
export type CertificateChecker = (
  certificate: Certificate,
  network: NetworkId,
  genesis: Genesis,
) => Promise<CertificateStanding>;

/** What the supply handlers see: `createSupplyRegistry` adds the checker. */
export interface SupplyContext extends HandlerContext {
  readonly checkCertificate?: CertificateChecker;
}

/** Bounds alone; `readCertified` checks what it says. */
export const Use: v.GenericSchema<unknown, CertifiedUse> = v.strictObject({
  value: bytesUpTo(MAX_ENTRY_VALUE_BYTES),
  certificate: bytesUpTo(MAX_ENTRY_CERTIFICATE_BYTES),
});

/** The checker for a network whose members are those of its genesis. */
export function genesisCertificates(bls: Bls, ed25519: Ed25519): CertificateChecker {
  const epochs = new WeakMap<Genesis, EpochKeys>();
  return async (certificate, network, genesis) => {
    let epoch = epochs.get(genesis);
    if (epoch?.network !== network) {
      epoch = {
        network,
        epoch: firstEpoch(network),
        n: genesis.members.length,
        quorum: quorum(genesis.members.length),
        voteKeys: genesis.members.map((member) => member.voteKey),
        certificateKeys: genesis.members.map((member) => fromHex(member.certificateKey)),
      };
      epochs.set(genesis, epoch);
    }
    if (certificate.epoch !== epoch.epoch) return 'unknown';
    return (await checkCertificate(certificate, epoch, { bls, ed25519 })) ? 'holds' : 'fails';
  };
}

/** The same where members have changed: by the members of the epoch that the certificate names. `chain`: from epoch 0 on, every link checked. */
export function chainCertificates(
  bls: Bls,
  ed25519: Ed25519,
  chain: readonly EpochLike[],
): CertificateChecker {
  const epochs = new Map<EpochDigest, EpochKeys>();
  return async (certificate) => {
    const epoch = epochs.get(certificate.epoch) ?? keysOf(chain, certificate.epoch);
    if (!epoch) return 'unknown';
    epochs.set(certificate.epoch, epoch);
    return (await checkCertificate(certificate, epoch, { bls, ed25519 })) ? 'holds' : 'fails';
  };
}

function keysOf(chain: readonly EpochLike[], digest: EpochDigest): EpochKeys | null {
  const epoch = chain.find((one) => one.digest === digest);
  return epoch ? epochKeysOf(epoch) : null;
}

/** The record that a quorum has certified under `key`. Throws `CannotJudge` when this copy can't tell. */
export async function readCertified(
  use: CertifiedUse,
  key: Key,
  context: SupplyContext,
): Promise<Result<CborValue, SupplyProblem>> {
  const decoded = decode(use.certificate, MAX_ENTRY_CERTIFICATE_BYTES);
  const certificate = decoded.ok ? readCertificate(decoded.value) : decoded;
  if (!certificate.ok) return malformed(key, `its certificate can't be read (${certificate.error.message})`);
  const record = recordIn(use.value);
  if (record === undefined) return malformed(key, 'its value can’t be read');
  if (certificate.value.key !== key) return wrong(key, `its certificate is for ${certificate.value.key}`);
  if (certificate.value.digest !== context.hash(use.value))
    return wrong(key, 'its value is not the one that was certified');
  if (context.checkCertificate === undefined)
    throw new CannotJudge('this copy has no means to check a certificate');
  const standing = await context.checkCertificate(certificate.value, context.network, context.genesis);
  if (standing === 'unknown')
    throw new CannotJudge(`this copy does not know the epoch ${certificate.value.epoch} of a certificate`);
  return standing === 'holds' ? ok(record) : wrong(key, 'no quorum has signed its certificate');
}

export function bytesUpTo(max: number): v.GenericSchema<unknown, Uint8Array> {
  return v.pipe(
    v.instance(Uint8Array, 'must be bytes'),
    v.check((bytes) => bytes.length >= 1 && bytes.length <= max, `must have 1 to ${max} bytes`),
  );
}

/** The record of a session value, by shape alone: a quorum has checked the rest. */
function recordIn(value: Uint8Array): CborValue | undefined {
  const body = decodeValue(value)?.body;
  const decoded = body ? decode(body, MAX_VALUE_BYTES) : undefined;
  if (!decoded?.ok || decoded.value === null || typeof decoded.value !== 'object') return undefined;
  return 'record' in decoded.value ? decoded.value.record : undefined;
}

const malformed = (key: Key, what: string) =>
  fail(
    problem(
      'directory-use-malformed',
      `The entry ${key} that came with the request is unusable: ${what}. Take the newest entry from this replica and try again.`,
    ),
  );
const wrong = (key: Key, what: string) =>
  fail(
    problem(
      'directory-use-wrong',
      `The entry ${key} that came with the request proves nothing: ${what}. Take the newest entry from this replica and try again.`,
    ),
  );
