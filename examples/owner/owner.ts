/**
 * A value that belongs to somebody. It embeds its owner's Ed25519 public key, may be changed only with that owner's signature, and passes
 * to another owner by a change that the old one signs and that embeds the new one's key. Every member votes by the same `allow`.
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import {
  encodeValue,
  type AccessControl,
  type Change,
  type Network,
  type Result,
  type SetError,
  type SetHandle,
  type Value,
} from 'countersign';

export interface Owned {
  /** 32 bytes: Ed25519. */
  readonly owner: Uint8Array;
  readonly content: Value;
  /** 64 bytes, by the owner before this change; of a first value, by its own owner. */
  readonly signature: Uint8Array;
}

/**
 * The access-control callback. Deterministic: one pure-JavaScript library checks the signature on every member, where browsers' own
 * differ in which odd signatures they accept. A delete carries no signature, so nobody may delete.
 */
export const allow = (({ network, key, version, previous, value }: Change): boolean => {
  if (!isOwned(value)) return false;
  const signer = previous === null ? value.owner : (previous.value as unknown as Owned).owner;
  const bytes = signedBytes(network, key, version, value.owner, value.content);
  return ed25519.verify(value.signature, bytes, signer, { zip215: false });
}) satisfies AccessControl;

/** Changes an owned value, or makes one: `secret` is its present owner's key, `owner` the public key of who owns it from then on. */
export async function change(
  network: Network,
  key: string,
  secret: Uint8Array,
  owner: Uint8Array,
  content: Value,
): Promise<Result<SetHandle, SetError>> {
  const read = await network.read(key);
  if (!read.ok) return read;
  const base = read.value?.version ?? 0;
  const signature = ed25519.sign(signedBytes(network.id, key, base + 1, owner, content), secret);
  // The signature is for this version alone: if somebody else makes it first, this is a conflict, never an overwrite.
  return network.set(key, { owner, content, signature }, { base });
}

/** With network, key and version in it, a signature cannot be used elsewhere or again. */
const signedBytes = (
  network: string,
  key: string,
  version: number,
  owner: Uint8Array,
  content: Value,
): Uint8Array => encodeValue(['example-owner-1', network, key, version, owner, content]);

function isOwned(value: Value | undefined): value is Value & Owned {
  if (value === null || typeof value !== 'object' || Array.isArray(value) || value instanceof Uint8Array)
    return false;
  const { owner, content, signature, ...rest } = value as { readonly [name: string]: Value };
  return (
    isBytes(owner, 32) && isBytes(signature, 64) && content !== undefined && Object.keys(rest).length === 0
  );
}

const isBytes = (value: Value | undefined, length: number): value is Uint8Array =>
  value instanceof Uint8Array && value.length === length;
