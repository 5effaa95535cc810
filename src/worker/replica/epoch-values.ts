/** Values under `network/`: made, judged, and joined to the link that leads to the next epoch. */
import type { Key, Version } from '../../codec/brand.ts';
import {
  CHANGE_KEY,
  decodeChangeValue,
  decodeOpening,
  encodeChangeValue,
  encodeOpening,
  OPENING_KEY,
  type Change,
  type EpochLink,
} from '../../codec/epochs.ts';
import { decodeValue } from '../../codec/value.ts';
import { endingVersion } from '../../consensus/epochs/chain.ts';
import { followLink, type CheckedLink } from '../../consensus/epochs/follow.ts';
import type { Epoch, EpochsEffect, EpochsState } from '../../consensus/epochs/types.ts';
import { checkChangeValue, checkOpeningValue, joiningOf } from '../../consensus/epochs/values.ts';
import { approvalBytes, changeDigest, reportBytes } from '../../crypto/domains.ts';
import {
  aggregateSigners,
  checkChangeSignatures,
  checkOpeningSignatures,
  createEpochSignatures,
  type EpochTools,
} from '../../crypto/epochs.ts';
import type { Bls, Hash } from '../../crypto/types.ts';
import type { Verdict } from '../../l2/types.ts';
import type { Replica } from './replica.ts';

type Offered = Extract<EpochsEffect, { type: 'offer' }>['value'];

/** What is proposed: equal signatures as one aggregate where all shares are good. */
export function offeredBody(epoch: Epoch, value: Offered, hash: Hash, bls: Bls): Uint8Array<ArrayBuffer> {
  if ('change' in value) {
    const { change, approvals, joins } = value.change;
    const digest = changeDigest(hash, change);
    const text = (kind: 'approve' | 'join'): Uint8Array =>
      approvalBytes(kind, epoch.network, epoch.digest, digest);
    return encodeChangeValue({
      change,
      approvals: aggregateSigners(approvals, text('approve'), epoch.members, bls),
      joins: aggregateSigners(joins, text('join'), change.members, bls),
    });
  }
  const { opening } = value;
  const { change, root } = opening;
  return encodeOpening({
    ...opening,
    statements: opening.statements.map(({ locks, groups }) => ({
      locks,
      groups: aggregateSigners(
        groups,
        reportBytes(epoch.network, { epoch: epoch.digest, change, root, locks }),
        epoch.members,
        bls,
      ),
    })),
  });
}

export interface NetworkValue {
  readonly key: Key;
  readonly version: Version;
  readonly bytes: Uint8Array;
  /** The newest rules that this program knows. */
  readonly rulesVersion: number;
}

/** CHANGE, OPEN: valid(C) and valid(O), which look at the value and the chain alone. */
export async function judgeNetworkValue(
  state: EpochsState,
  tools: EpochTools,
  hash: Hash,
  { key, version, bytes, rulesVersion }: NetworkValue,
): Promise<Verdict> {
  const epoch = state.chain[state.at]!;
  const invalid = (message: string): Verdict => ({ verdict: 'invalid', rule: 'network-value', message });
  const value = decodeValue(bytes);
  const previous = state.core.certified.get(key)?.digest ?? null;
  if (version !== endingVersion(epoch) || !value?.body || value.previous !== previous)
    return invalid(`The value does not follow epoch ${epoch.number} of ${key}.`);
  if (key === CHANGE_KEY) return judgeChange(state, tools, hash, value.body, rulesVersion);
  if (key !== OPENING_KEY) return invalid(`${key} is no key of the network.`);
  const opening = decodeOpening(value.body, epoch.digest);
  if (!opening.ok) return invalid(opening.error.message);
  const checked = checkOpeningValue(epoch, opening.value);
  if (!checked.ok) return invalid(checked.error.message);
  return (await checkOpeningSignatures(opening.value, epoch, tools))
    ? { verdict: 'valid' }
    : invalid('A report or a vote in this opening is not signed.');
}

async function judgeChange(
  state: EpochsState,
  tools: EpochTools,
  hash: Hash,
  body: Uint8Array,
  rulesVersion: number,
): Promise<Verdict> {
  const epoch = state.chain[state.at]!;
  const invalid = (message: string): Verdict => ({ verdict: 'invalid', rule: 'network-value', message });
  const found = decodeChangeValue(body);
  if (!found.ok) return invalid(found.error.message);
  const { change } = found.value;
  const checked = checkChangeValue(state.chain.slice(0, state.at + 1), found.value);
  if (!checked.ok) return invalid(checked.error.message);
  // A replica with older code abstains: what it cannot know it does not judge.
  if (change.rulesVersion > rulesVersion)
    return {
      verdict: 'unknown',
      message: `This change moves the network to rules version ${change.rulesVersion}; this program knows ${rulesVersion}. Reload the page to get the newer one.`,
    };
  const digest = changeDigest(hash, change);
  return (await checkChangeSignatures(found.value, digest, epoch, joiningOf(epoch, change), tools))
    ? { verdict: 'valid' }
    : invalid('An approval, a join or a proof of possession in this change is not signed.');
}

/** C, of the bytes of a value of `network/change`; null for what is none, which no quorum can have signed. */
export function readSealedChange(bytes: Uint8Array): Change | null {
  const value = decodeValue(bytes);
  const change = value?.body ? decodeChangeValue(value.body) : null;
  return change?.ok ? change.value.change : null;
}

/** From the two heads that end the epoch that is begun here; null while one of them, or its bytes, is not here. */
export async function makeLink(
  replica: Replica,
  state: EpochsState,
  tools: EpochTools,
): Promise<{ link: EpochLink; checked: CheckedLink } | null> {
  const version = endingVersion(state.chain[state.at]!);
  const [change, opening] = [replica.heads.get(CHANGE_KEY), replica.heads.get(OPENING_KEY)];
  if (change?.version !== version || opening?.version !== version) return null;
  const [changeBytes, openingBytes] = await Promise.all([
    replica.valueOf(change.digest),
    replica.valueOf(opening.digest),
  ]);
  if (!changeBytes || !openingBytes) return null;
  const link: EpochLink = {
    change: changeBytes,
    changeCertificate: change.certificate,
    opening: openingBytes,
    openingCertificate: opening.certificate,
  };
  const checked = await followLink(state.chain, link, replica.options.hash, createEpochSignatures(tools));
  return checked.ok ? { link, checked: checked.value } : null;
}
