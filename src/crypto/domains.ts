/**
 * Every byte string that is ever signed or hashed, each made in exactly one place. All are canonical CBOR arrays
 * whose first element names the kind, so that no signature can be taken for one of another kind.
 */
import type { Digest, EpochDigest, InstanceId, Key, LogId, NetworkId, VoteKey } from '../codec/brand.ts';
import { asNetworkId, fromHex } from '../codec/brand.ts';
import { encode, type CborValue } from '../codec/cbor.ts';
import { encodeChange, lockFields, type Change, type ReportBody } from '../codec/epochs.ts';
import { encodeContinuation, type Continuation } from '../codec/genesis.ts';
import type { VoteBody } from '../codec/vote.ts';
import type { Hash } from './types.ts';

/** What a PRE-COMMIT's Ed25519 signature and a COMMIT's BLS share cover; the same for all who vote the same. */
export function voteBytes(network: NetworkId, epoch: EpochDigest, vote: VoteBody): Uint8Array {
  return encode([
    'vote',
    fromHex(network),
    fromHex(epoch),
    vote.key,
    vote.version,
    vote.round,
    vote.type,
    fromHex(vote.digest),
  ]);
}

/** The same for a batch: the root over its entries in place of one entry, and how many they are (src/codec/batch.ts). */
export function batchBytes(
  network: NetworkId,
  epoch: EpochDigest,
  vote: Pick<VoteBody, 'round' | 'type'>,
  batch: { readonly root: string; readonly size: number },
): Uint8Array {
  return encode([
    'batch',
    fromHex(network),
    fromHex(epoch),
    vote.round,
    vote.type,
    fromHex(batch.root),
    batch.size,
  ]);
}

/** What a COMMIT's Ed25519 signature covers: the vote's bytes and the BLS share, so that a bad share convicts its author. */
export function commitBytes(vote: Uint8Array, share: Uint8Array): Uint8Array {
  return encode(['commit', vote, share]);
}

/** A value as it is stored and sent: the digest of the version before it, and the body or a tombstone. */
export function valueBytes(previous: Digest | null, body: Uint8Array | null): Uint8Array<ArrayBuffer> {
  const link = previous === null ? null : fromHex(previous);
  return encode(body === null ? { previous: link, tombstone: true } : { body, previous: link });
}

export function valueDigest(hash: Hash, bytes: Uint8Array): Digest {
  return hash(bytes);
}

/** Start of the tie-breaker's rotation for (key, version): first four bytes, big-endian. */
export function tieBreakerOffset(hash: Hash, key: Key, version: number): number {
  return parseInt(hash(encode([key, version])).slice(0, 8), 16);
}

/** Message of a member's proof of possession. `network` is null in a genesis draft. */
export function possessionBytes(entry: {
  network: NetworkId | null;
  certificateKey: string;
  voteKey: string;
  logId: LogId;
  nonce: string;
}): Uint8Array {
  return encode([
    'pop',
    entry.network === null ? new Uint8Array(32) : fromHex(entry.network),
    fromHex(entry.certificateKey),
    fromHex(entry.voteKey),
    fromHex(entry.logId),
    fromHex(entry.nonce),
  ]);
}

/**
 * What each end of a new channel signs: bound to the network, to both DTLS fingerprints (sorted by role, initiator first),
 * to the other end's fresh challenge and to this start of the replica.
 */
export function handshakeBytes(fields: {
  network: NetworkId;
  role: 'member' | 'device' | 'applicant';
  side: 'initiator' | 'responder';
  publicKey: string;
  logId: LogId;
  instance: InstanceId;
  /** 32 bytes that the other end chose. */
  challenge: Uint8Array;
  initiatorFingerprint: string;
  responderFingerprint: string;
}): Uint8Array {
  return encode([
    'handshake',
    fromHex(fields.network),
    fields.role,
    fields.side,
    fromHex(fields.publicKey),
    fromHex(fields.logId),
    fromHex(fields.instance),
    fields.challenge,
    fields.initiatorFingerprint,
    fields.responderFingerprint,
  ]);
}

/**
 * What the asker signs of a `resume-ask`, and the answerer of a `resume-answer`. `digest`: BLAKE3 of the whole message with an empty
 * signature, so that nobody who passes it on can leave out or change a part.
 */
export function resumeBytes(
  kind: 'resume-ask' | 'resume-answer',
  network: NetworkId,
  epoch: EpochDigest,
  digest: Digest,
): Uint8Array {
  return encode([kind, fromHex(network), fromHex(epoch), fromHex(digest)]);
}

/** Hashed to the short name of a vote in a `resume-ask`; salted with the nonce of that ask. */
export function resumeNameBytes(nonce: string, vote: VoteBody): Uint8Array {
  const { key, version, round, type, digest } = vote;
  return encode([fromHex(nonce), key, version, round, type, fromHex(digest)]);
}

/** The same of a report about the end of an epoch: it stands among the names of votes. `signed`: what its signature covers. */
export function resumeReportBytes(nonce: string, signed: Uint8Array): Uint8Array {
  return encode([fromHex(nonce), 'report', signed]);
}

/** What a session's signature covers: network, key and base, so that it proves nothing elsewhere, and everything that the committed value will hold of it. */
export function sessionBytes(
  network: NetworkId,
  key: Key,
  rulesVersion: number,
  base: Digest | null,
  session: CborValue,
): Uint8Array {
  return encode([
    'session',
    fromHex(network),
    key,
    rulesVersion,
    base === null ? null : fromHex(base),
    session,
  ]);
}

/**
 * What a member's Ed25519 key signs for an application of the middleware. By network and key, not by epoch: it holds as long as the member has
 * the key.
 */
export function applicationBytes(network: NetworkId, voteKey: VoteKey, bytes: Uint8Array): Uint8Array {
  return encode(['application', fromHex(network), fromHex(voteKey), bytes]);
}

/** Digest C: names a change of members. */
export function changeDigest(hash: Hash, change: Change): Digest {
  return hash(encodeChange(change));
}

/** What a change names instead of the next join secret (64 hex digits each). */
export function joinSecretDigest(hash: Hash, secret: string): string {
  return hash(encode(['join-secret', fromHex(secret)]));
}

/** APPROVE, and the consent of a member that a change adds: signed as a COMMIT is, share and all. `epoch` is the one that the change ends. */
export function approvalBytes(
  kind: 'approve' | 'join',
  network: NetworkId,
  epoch: EpochDigest,
  change: Digest,
): Uint8Array {
  return encode([kind, fromHex(network), fromHex(epoch), fromHex(change)]);
}

/** REPORT: the same for all members with the same state and locks. The polkas stand beside it. */
export function reportBytes(network: NetworkId, { epoch, change, root, locks }: ReportBody): Uint8Array {
  return encode([
    'report',
    fromHex(network),
    fromHex(epoch),
    fromHex(change),
    fromHex(root),
    locks.map(lockFields),
  ]);
}

/** The id of the network that a continuation begins: its digest. The signatures are not in it: of one text a key can make several. */
export function continuationId(genesis: Continuation, hash: Hash): NetworkId {
  return asNetworkId(hash(encodeContinuation(genesis)));
}

/** CONTINUE: a survivor of an epoch goes on as another network, whose id is the digest of its genesis. `network`, `epoch`: those that are left. */
export function continueBytes(network: NetworkId, epoch: EpochDigest, next: NetworkId): Uint8Array {
  return encode(['continue', fromHex(network), fromHex(epoch), fromHex(next)]);
}
