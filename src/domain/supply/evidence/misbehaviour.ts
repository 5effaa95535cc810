/**
 * The file that proves, to who trusts a network id, that one member broke the protocol. docs/evidence.md, "Misbehaviour", is the
 * specification; this is its only reader and writer. Like an evidence file it has exactly one form.
 *
 * | field | content |
 * |---|---|
 * | format | `countersign-misbehaviour-1` |
 * | network | network id, 64 hex digits |
 * | genesis | canonical bytes of the genesis: the members' keys |
 * | links | may be missing: as in an evidence file |
 * | evidence | a message of kind 9 with one item: two votes or two reports that contradict each other, or a COMMIT whose share is bad |
 */
import { isHex, type NetworkId } from '../../../codec/brand.ts';
import { toBase64Url } from '../../../codec/invitation.ts';
import { decodeMessage, encodeMessage } from '../../../codec/messages.ts';
import { fail, ok, type Result } from '../../../codec/result.ts';
import {
  evidenceVote,
  isBadShare,
  isOfReports,
  type Equivocation,
  type Evidence,
} from '../../../codec/vote.ts';
import { checkShare, checkVote, type EpochKeys } from '../../../crypto/certificates.ts';
import { checkContradictingReports } from '../../../crypto/epochs.ts';
import type { Bls, Ed25519 } from '../../../crypto/types.ts';
import {
  BAD_LINKS,
  bytesOf,
  hasExactly,
  linksField,
  linksIn,
  malformed,
  readJson,
  rewritten,
  sameBytes,
  type FormatError,
} from './format.ts';

export const MISBEHAVIOUR_FORMAT = 'countersign-misbehaviour-1';

export interface MisbehaviourFile {
  readonly network: NetworkId;
  readonly genesis: Uint8Array;
  /** Up to the epoch of what was signed; left out or empty: they are of epoch 0. `linksUpTo` of ./export.ts. */
  readonly links?: readonly Uint8Array[];
  readonly evidence: Evidence;
}

/** For example `delta.misbehaviour.json`. */
export const misbehaviourFileName = (member: string): string => `${member}.misbehaviour.json`;

export function writeMisbehaviour(file: MisbehaviourFile): Uint8Array<ArrayBuffer> {
  const { network, genesis, links, evidence } = file;
  const message = encodeMessage({ type: 'evidence', items: [evidence] });
  const text = JSON.stringify(
    {
      format: MISBEHAVIOUR_FORMAT,
      network,
      genesis: toBase64Url(genesis),
      ...linksField(links),
      evidence: toBase64Url(message),
    },
    null,
    2,
  );
  return new TextEncoder().encode(`${text}\n`);
}

/** null: the file says that it is something else. Shape, limits and canonical form; nothing is verified. */
export function readMisbehaviour(bytes: Uint8Array): Result<MisbehaviourFile, FormatError> | null {
  const json = readJson(bytes);
  if (!json.ok || json.value.format !== MISBEHAVIOUR_FORMAT) return null;
  const top = json.value;
  const names = ['format', 'network', 'genesis', 'evidence'];
  if (!hasExactly(top, Object.hasOwn(top, 'links') ? [...names, 'links'] : names))
    return malformed('its fields differ from the format');
  if (!isHex(top.network, 64)) return malformed('its network id is not 64 hex digits');
  const genesis = bytesOf(top.genesis);
  if (!genesis) return malformed('its genesis is not canonical base64url');
  const links = linksIn(top.links);
  if (!links) return malformed(BAD_LINKS);
  const packed = bytesOf(top.evidence);
  const message = packed && decodeMessage(packed);
  const items = message?.ok && message.value.type === 'evidence' ? message.value.items : [];
  if (items.length !== 1) return malformed('it does not hold the evidence against one member');
  const file = { network: top.network as NetworkId, genesis, links, evidence: items[0]! };
  return sameBytes(writeMisbehaviour(file), bytes) ? ok(file) : fail(rewritten());
}

/** Whether no honest member can have signed this. */
export async function provesMisbehaviour(
  evidence: Evidence,
  epoch: EpochKeys,
  { bls, ed25519 }: { readonly bls: Bls; readonly ed25519: Ed25519 },
): Promise<boolean> {
  if (isOfReports(evidence)) return checkContradictingReports(evidence, epoch, ed25519);
  if (!isBadShare(evidence)) return contradicts(evidence, epoch, ed25519);
  const { vote } = evidence;
  return vote.type === 'COMMIT' && (await checkVote(vote, epoch, ed25519)) && !checkShare(vote, epoch, bls);
}

/** Two checked votes of one author, equal in epoch, key, version, round and type, of different digests. */
export async function contradicts(
  { first, second }: Equivocation,
  epoch: EpochKeys,
  ed25519: Ed25519,
): Promise<boolean> {
  const same = (['epoch', 'key', 'version', 'round', 'type', 'author'] as const).every(
    (field) => first[field] === second[field],
  );
  if (!same || first.digest === second.digest) return false;
  return (await checkVote(first, epoch, ed25519)) && (await checkVote(second, epoch, ed25519));
}

/** What the member did, to follow its name in a sentence. */
export function deedOf(evidence: Evidence): string {
  if (isOfReports(evidence)) {
    const [few, many] = evidence.statements.map(({ locks }) => locks.length).sort((a, b) => a - b);
    return `signed two different reports of one state as its epoch closed: one names ${locksWords(few!)}, the other ${locksWords(many!)}`;
  }
  const { key, version, round, type } = evidenceVote(evidence);
  const place = `round ${round} of version ${version} of ${key}`;
  return isBadShare(evidence)
    ? `signed a ${type} in ${place} together with a certificate share that is not its own signature over it`
    : `signed two different values as its ${type} in ${place}`;
}

const locksWords = (count: number): string =>
  count === 0
    ? 'no undecided version'
    : count === 1
      ? 'one undecided version'
      : `${count} undecided versions`;
