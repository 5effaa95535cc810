/** What an application was given as proof, checked without a replica: by the members of the epoch that the certificate names. */
import { asKey, isHex, type NetworkId } from '../../codec/brand.ts';
import { decodeLink, type EpochLink } from '../../codec/epochs.ts';
import { fail, ok, type Result } from '../../codec/result.ts';
import { certificateSigners } from '../../codec/vote.ts';
import { checkCertificate } from '../../crypto/certificates.ts';
import { epochKeysOf } from '../../crypto/epochs.ts';
import { chainBreaks } from '../epochs/chain.ts';
import { openBundle } from '../knock.ts';
import { sharedTools } from '../tools.ts';
import type { CertificateError, ProofInput, ProvenBody, ProvenCertificate, VerifyInput } from './api.ts';
import { readProof } from './proofs.ts';

/** The same of a value: its digest is the one that the certificate names, and it is decoded by the caller. */
export async function verifyProof(input: ProofInput): Promise<Result<ProvenBody, CertificateError>> {
  const { hash } = await sharedTools();
  const { proof, ...trusted } = input;
  const read = readProof(proof, hash);
  if (!read.ok) return read;
  const { certificate, body } = read.value;
  const proven = await verifyCertificate({ ...trusted, certificate });
  if (!proven.ok) return proven;
  const { breaks: _, ...certified } = proven.value;
  return ok({ ...certified, body });
}

export async function verifyCertificate(
  input: VerifyInput,
): Promise<Result<ProvenCertificate, CertificateError>> {
  const { certificate, genesis } = input;
  if (!isHex(input.network, 64))
    return fail({
      type: 'network-malformed',
      message: 'A network id is 64 hex digits. Take it from a member that you know.',
    });
  const network = input.network as NetworkId;
  const links: EpochLink[] = [];
  for (const bytes of input.chain ?? []) {
    const link = decodeLink(bytes);
    if (!link.ok) return fail({ type: 'chain-invalid', message: link.error.message });
    links.push(link.value);
  }
  const checked = await openBundle({ genesis, links });
  if (!checked.ok)
    return fail({
      type: checked.error.type === 'chain-invalid' ? 'chain-invalid' : 'genesis-wrong',
      message: checked.error.message,
    });
  const { chain } = checked.value;
  const trusted = chain.find((one) => one.network === network);
  if (!trusted)
    return fail({
      type: 'genesis-wrong',
      message: `This genesis is of the network ${chain[0]!.network}, and its chain does not lead to ${network}. Take both from the network that gave the certificate.`,
    });
  const epoch = chain.find(({ digest }) => digest === certificate.epoch);
  if (!epoch)
    return fail({
      type: 'epoch-unknown',
      message: `The certificate is of an epoch that this chain does not reach: it ends with epoch ${chain.length - 1}. Take the chain of the network that gave the certificate.`,
    });
  // Nobody is led over a break unasked, in neither direction: docs/evidence.md, "Breaks".
  if (epoch.network !== network)
    return fail(
      epoch.number > trusted.number
        ? {
            type: 'network-continued',
            message: `The certificate is of epoch ${epoch.number}, of the network ${epoch.network}, which goes on from ${network} without a quorum. If you follow it, verify with its id.`,
          }
        : {
            type: 'before-break',
            message: `The certificate is of epoch ${epoch.number}, of the network ${epoch.network}, which ${network} goes on from without a quorum. It proves what that one certified: verify with its id. Whether it counts now, a replica knows.`,
          },
    );
  const { bls, ed25519 } = await sharedTools();
  const stands = await checkCertificate({ ...certificate, key: asKey(certificate.key) }, epochKeysOf(epoch), {
    bls,
    ed25519,
  });
  if (!stands)
    return fail({
      type: 'certificate-wrong',
      message: `No quorum of epoch ${epoch.number} has signed this certificate for version ${certificate.version} of ${certificate.key}.`,
    });
  const { key, version, digest, round } = certificate;
  const signedBy = certificateSigners(certificate).map((place) => epoch.members[place]!.id as string);
  return ok({ key, version, digest, round, epoch: epoch.number, signedBy, breaks: chainBreaks(chain) });
}
