/** Signing and checking of a channel's handshake, and the keys that hide signaling from its server. */
import type { VoteKey } from '../codec/brand.ts';
import { fromHex, isHex, toHex } from '../codec/brand.ts';
import { copyBytes, randomBytes } from './bytes.ts';
import { handshakeBytes } from './domains.ts';
import { MAX_SIGNALING_BYTES } from './limits.ts';
import type { Ed25519, Signer } from './types.ts';

export type HandshakeFields = Parameters<typeof handshakeBytes>[0];

/** Bytes of a challenge: nobody can have collected signatures for it beforehand. */
export const CHALLENGE_BYTES = 32;

export function newChallenge(): Uint8Array<ArrayBuffer> {
  return randomBytes(CHALLENGE_BYTES);
}

/** `fields.challenge` is the other end's, `fields.publicKey` the signer's own. */
export function signHandshake(
  signer: Pick<Signer, 'signEd25519'>,
  fields: HandshakeFields,
): Promise<Uint8Array> {
  return signer.signEd25519(handshakeBytes(fields));
}

/** `fields.challenge` is the one that this end sent; `fields.publicKey` is whom the other end says to be. Never throws. */
export async function verifyHandshake(
  ed25519: Ed25519,
  fields: HandshakeFields,
  signature: Uint8Array,
): Promise<boolean> {
  const { publicKey, network, logId, instance, challenge } = fields;
  if (!isHex(publicKey, 64) || !isHex(network, 64) || !isHex(logId, 32) || !isHex(instance, 32)) return false;
  if (challenge.length !== CHALLENGE_BYTES) return false;
  return ed25519.verify(publicKey as VoteKey, handshakeBytes(fields), signature);
}

export interface Signaling {
  /** 64 hex digits: the room's name at the signaling server. */
  readonly topic: string;
  /** Throws RangeError beyond `MAX_SIGNALING_BYTES`. */
  encrypt(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>>;
  /** Null for anything that was not encrypted by a holder of the join secret. */
  decrypt(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer> | null>;
}

/**
 * Topic and encryption of signaling, both of the join secret by HKDF-SHA-256 (RFC 5869) with a label each. The network id is public
 * and takes no part: who knows it alone finds no topic. `joinSecret` is 64 hex digits; throws RangeError on another form.
 */
export async function deriveSignaling(joinSecret: string): Promise<Signaling> {
  if (!isHex(joinSecret, 64)) throw new RangeError('a join secret has 64 lowercase hex digits');
  const secret = await crypto.subtle.importKey('raw', fromHex(joinSecret), 'HKDF', false, [
    'deriveBits',
    'deriveKey',
  ]);
  const topicBits = await crypto.subtle.deriveBits(hkdf('topic'), secret, 256);
  const key = await crypto.subtle.deriveKey(
    hkdf('encryption'),
    secret,
    { name: 'AES-GCM', length: 256 },
    false,
    ['encrypt', 'decrypt'],
  );
  return {
    topic: toHex(new Uint8Array(topicBits)),
    async encrypt(bytes) {
      if (bytes.length > MAX_SIGNALING_BYTES) {
        throw new RangeError(`a signaling message of ${bytes.length} bytes, at most ${MAX_SIGNALING_BYTES}`);
      }
      // Random nonces of 96 bits are good for 2^32 messages (NIST SP 800-38D, 8.3): a life of signaling has some thousands.
      const nonce = randomBytes(NONCE_BYTES);
      const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce }, key, copyBytes(bytes));
      const out = new Uint8Array(NONCE_BYTES + sealed.byteLength);
      out.set(nonce);
      out.set(new Uint8Array(sealed), NONCE_BYTES);
      return out;
    },
    async decrypt(bytes) {
      if (bytes.length < NONCE_BYTES + TAG_BYTES) return null;
      if (bytes.length > MAX_SIGNALING_BYTES + NONCE_BYTES + TAG_BYTES) return null;
      const iv = copyBytes(bytes.subarray(0, NONCE_BYTES));
      try {
        const sealed = copyBytes(bytes.subarray(NONCE_BYTES));
        return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, key, sealed));
      } catch {
        return null;
      }
    },
  };
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SALT = new TextEncoder().encode('countersign signaling 1');

function hkdf(label: string): HkdfParams {
  return { name: 'HKDF', hash: 'SHA-256', salt: SALT, info: new TextEncoder().encode(label) };
}
