/**
 * Following the chain of epochs: each link is checked against the members of the epoch before, from one that the verifier trusts (the genesis,
 * or a later one that it has pinned). Invitations, sync, evidence and the command line all go this way.
 */
import type { Digest, EpochDigest, NetworkId } from '../../codec/brand.ts';
import {
  CHANGE_KEY,
  decodeChangeValue,
  decodeOpening,
  isBreakLink,
  OPENING_KEY,
  type ChangeLink,
  type ChangeValue,
  type EpochLink,
  type Opening,
} from '../../codec/epochs.ts';
import { decodeContinuation, type Continuation } from '../../codec/genesis.ts';
import { fail, ok, type Result } from '../../codec/result.ts';
import { decodeValue } from '../../codec/value.ts';
import type { Certificate } from '../../codec/vote.ts';
import { changeDigest, continuationId } from '../../crypto/domains.ts';
import type { Hash } from '../../crypto/types.ts';
import { endingVersion, epochAfter } from './chain.ts';
import { checkContinuation } from './continuation.ts';
import type { CheckedLink, Epoch } from './types.ts';
import { checkChangeValue, checkOpeningValue, joiningOf } from './values.ts';

/** What only cryptography can say; `createEpochSignatures` of src/crypto/epochs.ts is the one that ships. */
export interface EpochSignatures {
  /** A quorum of the epoch's members signed it. */
  certificate(certificate: Certificate, epoch: Epoch): Promise<boolean>;
  /** Approvals, joins, and the proofs of possession of those who join. `joining`: places in the next list. */
  change(value: ChangeValue, digest: Digest, epoch: Epoch, joining: readonly number[]): Promise<boolean>;
  /** Reports and polkas. */
  opening(opening: Opening, epoch: Epoch): Promise<boolean>;
  /** All its members have signed the continuation whose digest is `network`. */
  continuation(
    genesis: Continuation,
    network: NetworkId,
    signatures: readonly Uint8Array[],
  ): Promise<boolean>;
}

export interface LinkError {
  readonly type:
    | 'link-value-malformed'
    | 'link-wrong-place'
    | 'link-change-invalid'
    | 'link-opening-invalid'
    | 'link-break-invalid'
    | 'link-signature-wrong'
    | 'link-certificate-wrong';
  readonly message: string;
}

export type { CheckedLink };

/** `chain` begins with epoch 0, so that keys that were used before are known, and ends with the epoch that the link ends. */
export async function followLink(
  chain: readonly Epoch[],
  link: EpochLink,
  hash: Hash,
  signatures: EpochSignatures,
): Promise<Result<CheckedLink, LinkError>> {
  const epoch = chain.at(-1)!;
  const to = epoch.number + 1;
  const refuse = (type: LinkError['type'], what: string): Result<never, LinkError> =>
    fail({
      type,
      message: `The link to epoch ${to} is not valid: ${what} Ask another member for the chain of epochs.`,
    });
  if (isBreakLink(link)) {
    const genesis = decodeContinuation(link.genesis);
    if (!genesis.ok) return refuse('link-value-malformed', genesis.error.message);
    const good = checkContinuation(epoch, genesis.value);
    if (!good.ok) return refuse('link-break-invalid', good.error.message);
    const network = continuationId(genesis.value, hash);
    if (!(await signatures.continuation(genesis.value, network, link.signatures)))
      return refuse('link-signature-wrong', 'not all who would go on have signed it.');
    return ok({ type: 'break', genesis: genesis.value, network });
  }
  const read = readLinkValues(link, epoch.digest);
  if (!read) return refuse('link-value-malformed', 'its values cannot be read.');
  const { change, opening } = read;
  const [changeValue, openingValue] = [hash(link.change), hash(link.opening)];
  const places = [
    [link.changeCertificate, CHANGE_KEY, changeValue, read.changePrevious, epoch.began?.changeValue],
    [link.openingCertificate, OPENING_KEY, openingValue, read.openingPrevious, epoch.began?.openingValue],
  ] as const;
  for (const [certificate, key, digest, previous, before] of places) {
    const isHere =
      certificate.epoch === epoch.digest &&
      certificate.key === key &&
      certificate.version === endingVersion(epoch) &&
      certificate.digest === digest &&
      previous === (before ?? null);
    if (!isHere)
      return refuse('link-wrong-place', `its value of ${key} does not follow epoch ${epoch.number}.`);
  }
  const digest = changeDigest(hash, change.change);
  const goodChange = checkChangeValue(chain, change);
  if (!goodChange.ok) return refuse('link-change-invalid', goodChange.error.message);
  const goodOpening = checkOpeningValue(epoch, opening);
  if (!goodOpening.ok) return refuse('link-opening-invalid', goodOpening.error.message);
  if (opening.change !== digest)
    return refuse('link-opening-invalid', 'its reports are about another change of members.');
  for (const certificate of [link.changeCertificate, link.openingCertificate])
    if (!(await signatures.certificate(certificate, epoch)))
      return refuse(
        'link-certificate-wrong',
        `no quorum of epoch ${epoch.number} signed ${certificate.key}.`,
      );
  const signed =
    (await signatures.change(change, digest, epoch, joiningOf(epoch, change.change))) &&
    (await signatures.opening(opening, epoch));
  if (!signed)
    return refuse('link-signature-wrong', 'an approval, a join, a report or a vote in it is not signed.');
  return ok({
    type: 'link',
    change: change.change,
    changeDigest: digest,
    changeValue,
    opening,
    openingValue,
  });
}

/** The whole way from a trusted chain; ends at the first link that is wrong. */
export async function followChain(
  chain: readonly Epoch[],
  links: readonly EpochLink[],
  hash: Hash,
  signatures: EpochSignatures,
): Promise<Result<{ readonly chain: readonly Epoch[]; readonly links: readonly CheckedLink[] }, LinkError>> {
  const epochs = [...chain];
  const checked: CheckedLink[] = [];
  for (const link of links) {
    const found = await followLink(epochs, link, hash, signatures);
    if (!found.ok) return found;
    epochs.push(epochAfter(epochs.at(-1)!, found.value));
    checked.push(found.value);
  }
  return ok({ chain: epochs, links: checked });
}

function readLinkValues(
  link: ChangeLink,
  epoch: EpochDigest,
): {
  change: ChangeValue;
  changePrevious: Digest | null;
  opening: Opening;
  openingPrevious: Digest | null;
} | null {
  const [first, second] = [decodeValue(link.change), decodeValue(link.opening)];
  if (!first?.body || !second?.body) return null;
  const change = decodeChangeValue(first.body);
  const opening = decodeOpening(second.body, epoch);
  if (!change.ok || !opening.ok) return null;
  return {
    change: change.value,
    changePrevious: first.previous,
    opening: opening.value,
    openingPrevious: second.previous,
  };
}
