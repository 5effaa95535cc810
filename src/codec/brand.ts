/**
 * Branded primitives: a round cannot be passed for a version, nor a value's digest for a network id.
 * The `as…` functions are casts for values that were already checked at the door.
 */
export type Brand<T, Name extends string> = T & { readonly __brand: Name };

/** 64 lowercase hex digits: BLAKE3-256 of a value's bytes. */
export type Digest = Brand<string, 'Digest'>;
/** 64 lowercase hex digits: digest of the genesis; every signature covers it. */
export type NetworkId = Brand<string, 'NetworkId'>;
/** 64 lowercase hex digits: names an epoch; of epoch 0 it equals the network id. */
export type EpochDigest = Brand<string, 'EpochDigest'>;
/** A replicated key, for example `package/040123450000001112`; at most `MAX_KEY_LENGTH` characters. */
export type Key = Brand<string, 'Key'>;
/** Version of a key's value; the first is 1. 0 means: the key has no value. */
export type Version = Brand<number, 'Version'>;
/** Round within one version; 0 is the first, -1 means: not started. */
export type Round = Brand<number, 'Round'>;
/** A member's place in the epoch's member list, from 0. It never moves within an epoch. */
export type MemberIndex = Brand<number, 'MemberIndex'>;
/** A member's short name in the genesis, for example `bravo`. */
export type MemberId = Brand<string, 'MemberId'>;
/** 64 lowercase hex digits: Ed25519 public key. */
export type VoteKey = Brand<string, 'VoteKey'>;
/** 192 lowercase hex digits: BLS12-381 public key in G2. */
export type CertificateKey = Brand<string, 'CertificateKey'>;
/** 32 lowercase hex digits, random: born with an empty vote log (see docs/protocol.md). */
export type LogId = Brand<string, 'LogId'>;
/** 32 lowercase hex digits, random: one start of one replica. */
export type InstanceId = Brand<string, 'InstanceId'>;
/** Milliseconds of a monotonic clock; never compared between machines. */
export type Milliseconds = number;

export const asDigest = (s: string): Digest => s as Digest;
export const asNetworkId = (s: string): NetworkId => s as NetworkId;
export const asEpochDigest = (s: string): EpochDigest => s as EpochDigest;
export const asKey = (s: string): Key => s as Key;
export const asVersion = (n: number): Version => n as Version;
export const asRound = (n: number): Round => n as Round;
export const asMemberIndex = (n: number): MemberIndex => n as MemberIndex;
export const asMemberId = (s: string): MemberId => s as MemberId;

/** Keys under this decide who the members are: in no batch, in no lock that is reported, and not in the root of the state. */
export const NETWORK_PREFIX = 'network/';
export const isNetworkKey = (name: string): boolean => name.startsWith(NETWORK_PREFIX);

/** Values of the character codes of lowercase hex digits; NO_DIGIT for the others. */
const NO_DIGIT = 0x10;
const DIGIT = new Uint8Array(128).fill(NO_DIGIT);
for (let value = 0; value < 16; value++) DIGIT[value.toString(16).charCodeAt(0)] = value;

const HEX: readonly string[] = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

/** Lowercase hex of bytes. */
export function toHex(bytes: Uint8Array): string {
  let out = '';
  for (const b of bytes) out += HEX[b];
  return out;
}

/** Bytes of a lowercase, even-length hex string; throws RangeError on anything else (check at the door first). */
export function fromHex(hex: string): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(hex.length >> 1);
  // Digits are looked up: every digest of every message passes here, and a regular expression with parseInt took ten times as long.
  let bad = hex.length & 1;
  for (let i = 0; i < out.length; i++) {
    const high = DIGIT[hex.charCodeAt(2 * i)] ?? NO_DIGIT;
    const low = DIGIT[hex.charCodeAt(2 * i + 1)] ?? NO_DIGIT;
    bad |= (high | low) & NO_DIGIT;
    out[i] = (high << 4) | low;
  }
  if (bad !== 0) throw new RangeError('not lowercase hex');
  return out;
}

/** True when `s` is exactly `length` lowercase hex digits and the length is even. */
export function isHex(s: unknown, length: number): s is string {
  return typeof s === 'string' && s.length === length && length % 2 === 0 && /^[0-9a-f]*$/.test(s);
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
