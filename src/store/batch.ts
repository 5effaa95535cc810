/**
 * What one batch does, the same for every adapter:
 *
 * 1. Drops come before puts: what one batch both drops and writes is there afterwards.
 * 2. `history` is written before heads move, so a head of our own wins over the same version fetched from others.
 * 3. Heads never go back (`replaceHead`), but for those that are put aside.
 */
import type { Digest, Key, Version } from '../codec/brand.ts';
import {
  evidenceKey,
  packBytes,
  packEntry,
  packEvidence,
  packLog,
  packName,
  packSession,
  type EvidenceRecord,
} from './codec.ts';
import type { CertifiedEntry, InstanceLog, StoredSession, WriteBatch } from './types.ts';

export interface PackedBatch {
  readonly dropLogs: readonly Key[];
  readonly logs: readonly InstanceLog[];
  readonly dropValues: readonly Digest[];
  readonly values: readonly { readonly digest: Digest; readonly bytes: Uint8Array }[];
  readonly dropSessions: readonly string[];
  readonly sessions: readonly StoredSession[];
  readonly evidence: readonly { readonly id: (string | number)[]; readonly record: EvidenceRecord }[];
  readonly meta: readonly { readonly name: string; readonly bytes: Uint8Array | null }[];
  readonly dropHistory: readonly { readonly key: Key; readonly below: Version }[];
  readonly history: readonly CertifiedEntry[];
  readonly certified: readonly CertifiedEntry[];
  readonly aside: readonly { readonly key: Key; readonly head: CertifiedEntry | null }[];
}

/** Copies a batch, so that nothing in the store is shared with the caller. Throws TypeError on a malformed part. */
export function packBatch(batch: WriteBatch): PackedBatch {
  return {
    dropLogs: (batch.dropLogs ?? NONE).map(packName),
    logs: (batch.logs ?? NONE).map(packLog),
    dropValues: (batch.dropValues ?? NONE).map(packName),
    values: (batch.values ?? NONE).map(({ digest, bytes }) => ({
      digest: packName(digest),
      bytes: packBytes(bytes),
    })),
    dropSessions: (batch.dropSessions ?? NONE).map(packName),
    sessions: (batch.sessions ?? NONE).map(packSession),
    evidence: (batch.evidence ?? NONE).map((e) => ({ id: evidenceKey(e), record: packEvidence(e) })),
    meta: (batch.meta ?? NONE).map(({ name, bytes }) => ({
      name: packName(name),
      bytes: bytes && packBytes(bytes),
    })),
    dropHistory: (batch.dropHistory ?? NONE).map(({ key, below }) => ({ key: packName(key), below })),
    history: (batch.history ?? NONE).map(packEntry),
    certified: (batch.certified ?? NONE).map(packEntry),
    aside: (batch.aside ?? NONE).map(({ key, head }) => ({
      key: packName(key),
      head: head && packEntry(head),
    })),
  };
}

export type HeadChange =
  | { readonly kind: 'ignored' }
  | { readonly kind: 'replaced'; readonly head: CertifiedEntry; readonly moved: CertifiedEntry | null }
  /** Two digests certified as one version: agreement is broken, nothing may be written over it. */
  | { readonly kind: 'contradiction' };

/** The head of one key after `incoming`, and the head that goes to history. */
export function replaceHead(stored: CertifiedEntry | undefined, incoming: CertifiedEntry): HeadChange {
  if (!stored) return { kind: 'replaced', head: incoming, moved: null };
  if (incoming.version < stored.version) return { kind: 'ignored' };
  if (incoming.version > stored.version) return { kind: 'replaced', head: incoming, moved: stored };
  if (incoming.digest !== stored.digest) return { kind: 'contradiction' };
  const keepsPrevious = incoming.previous === undefined && stored.previous !== undefined;
  return {
    kind: 'replaced',
    head: keepsPrevious ? { ...incoming, previous: stored.previous } : incoming,
    moved: null,
  };
}

const NONE: readonly never[] = [];
