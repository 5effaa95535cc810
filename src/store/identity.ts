/**
 * One identity: the keys of a member, or of one of its devices, the log id and the network that it belongs to. Keys, log id and an empty
 * vote log are born together in one database named by the vote key (docs/protocol.md, "Log id"); a device has no log. The database is bound
 * to one network, once.
 */
import * as v from 'valibot';
import type { CertificateKey, LogId, MemberId, NetworkId, VoteKey } from '../codec/brand.ts';
import { memberProblem, type MemberEntry } from '../codec/genesis.ts';
import type { CborValue } from '../codec/cbor.ts';
import { MAX_SIGNALING_HINTS } from '../codec/invitation.ts';
import {
  MAX_DEVICE_CERTIFICATE_BYTES,
  MAX_EPOCHS,
  MAX_GENESIS_BYTES,
  MAX_LINK_BYTES,
  MAX_MEMBER_ID_LENGTH,
  MAX_NAME_LENGTH,
} from '../codec/limits.ts';
import { MAX_ICE_FIELD_LENGTH, MAX_ICE_SERVERS, MAX_SEALED_BYTES } from './limits.ts';
import { bytes, hex, text, whole } from './shapes.ts';

/** AES-GCM under the wrapping key of the same database. */
export interface SealedBytes {
  /** 12 bytes, never used twice with one key (NIST SP 800-38D, section 8.2). */
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly ciphertext: Uint8Array<ArrayBuffer>;
}

/** A supplier's Ed25519 key for signing manifests, made on first use. */
export interface ManifestKey {
  readonly keyId: string;
  /** 64 hex digits. */
  readonly publicKey: string;
  readonly sealed: SealedBytes;
}

export interface IceServerSetting {
  readonly urls: string | readonly string[];
  readonly username?: string;
  readonly credential?: string;
  /** Shared with the TURN server: user name and password are made of it, for a short time each. */
  readonly secret?: string;
}

/** Hints for finding the others: each member may change its own. */
export interface IdentitySettings {
  readonly signaling: readonly string[];
  readonly iceServers: readonly IceServerSetting[];
  /** Signaling addresses that other members told, the newest first: a way in when none of the own ones answers any more. */
  readonly hinted?: readonly string[];
  /** Key of the device of the same member that new sessions are mirrored to. */
  readonly mirror?: string;
}

export interface NetworkBinding {
  readonly network: NetworkId;
  /** Canonical bytes; their digest is `network` (checked by whoever binds). */
  readonly genesis: Uint8Array<ArrayBuffer>;
  /** 64 hex digits: of epoch `chain.secretEpoch`. */
  readonly joinSecret: string;
  /** Milliseconds since 1970. */
  readonly boundAt: number;
  /** Of a device: what its member signed for it (src/codec/device.ts). */
  readonly certificate?: Uint8Array<ArrayBuffer>;
  /** What led to the epoch that it was bound in (checked by whoever binds); left out: epoch 0. */
  readonly chain?: {
    /** As `encodeLink` of src/codec/epochs.ts writes them, from epoch 0 on. */
    readonly links: readonly Uint8Array<ArrayBuffer>[];
    readonly secretEpoch: number;
  };
}

/** What is written when an identity is born. */
export interface NewIdentity {
  readonly sealedKeys: SealedBytes;
  /** Not extractable: it can be used in this browser and never read out of it. */
  readonly wrappingKey: CryptoKey;
  readonly logId: LogId;
  readonly certificateKey: CertificateKey;
  /** What the person called it: the organisation, or the device. */
  readonly label: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** A device's: it has no vote log (`logId` is NO_LOG), and its member has to certify it. */
  readonly device?: true;
  /** The entry handed to the creator of a network, kept so that it can be handed over again. */
  readonly entry?: MemberEntry;
  /** The member whose place the entry is to take, in a network that runs; left out: a new member. */
  readonly replaces?: MemberId;
  readonly settings?: IdentitySettings;
}

/** Everything of an identity but its votes and values. */
export interface IdentityRecord {
  readonly voteKey: VoteKey;
  readonly certificateKey: CertificateKey;
  readonly logId: LogId;
  readonly label: string;
  readonly createdAt: number;
  readonly sealedKeys: SealedBytes;
  readonly wrappingKey: CryptoKey;
  readonly entry: MemberEntry | null;
  readonly replaces?: MemberId | undefined;
  readonly device: boolean;
  readonly manifestKey: ManifestKey | null;
  readonly settings: IdentitySettings;
  readonly binding: NetworkBinding | null;
  /** How often a replica was opened here. */
  readonly generation: number;
}

export const NO_SETTINGS: IdentitySettings = { signaling: [], iceServers: [] };

// ---- shapes on the disk: the records of `meta` ----

const SEALED = v.object({ iv: bytes(12, 12), ciphertext: bytes(1, MAX_SEALED_BYTES) });
const ICE_FIELD = text(1, MAX_ICE_FIELD_LENGTH);
const CRYPTO_KEY = v.custom<CryptoKey>(
  (x) => Object.prototype.toString.call(x) === '[object CryptoKey]' && (x as CryptoKey).extractable === false,
  'must be a key that cannot be extracted',
);

/** Record `identity`: never changes after birth, but for its log id when a log is renewed. */
export const IDENTITY_SHAPE = v.object({
  voteKey: hex<VoteKey>(64),
  certificateKey: hex<CertificateKey>(192),
  logId: hex<LogId>(32),
  label: text(1, MAX_NAME_LENGTH),
  createdAt: whole(0, Number.MAX_SAFE_INTEGER),
  sealedKeys: SEALED,
  wrappingKey: CRYPTO_KEY,
  entry: v.nullable(
    v.custom<MemberEntry>((x) => memberProblem(x as CborValue) === null, 'must be a member entry'),
  ),
  replaces: v.optional(text<MemberId>(1, MAX_MEMBER_ID_LENGTH)),
  device: v.optional(v.literal(true)),
});

/** Record `manifestKey`. */
export const MANIFEST_KEY_SHAPE = v.object({
  keyId: text(1, MAX_NAME_LENGTH),
  publicKey: hex(64),
  sealed: SEALED,
});

/** Record `settings`. */
export const SETTINGS_SHAPE = v.object({
  signaling: v.pipe(v.array(ICE_FIELD), v.maxLength(MAX_SIGNALING_HINTS)),
  iceServers: v.pipe(
    v.array(
      v.object({
        urls: v.union([ICE_FIELD, v.pipe(v.array(ICE_FIELD), v.maxLength(MAX_ICE_SERVERS))]),
        username: v.optional(ICE_FIELD),
        credential: v.optional(ICE_FIELD),
        secret: v.optional(ICE_FIELD),
      }),
    ),
    v.maxLength(MAX_ICE_SERVERS),
  ),
  hinted: v.optional(v.pipe(v.array(ICE_FIELD), v.maxLength(MAX_SIGNALING_HINTS))),
  mirror: v.optional(hex(64)),
});

/** Record `binding`. */
export const BINDING_SHAPE = v.object({
  network: hex<NetworkId>(64),
  genesis: bytes(1, MAX_GENESIS_BYTES),
  joinSecret: hex(64),
  boundAt: whole(0, Number.MAX_SAFE_INTEGER),
  certificate: v.optional(bytes(1, MAX_DEVICE_CERTIFICATE_BYTES)),
  chain: v.optional(
    v.object({
      links: v.pipe(v.array(bytes(1, MAX_LINK_BYTES)), v.maxLength(MAX_EPOCHS)),
      secretEpoch: whole(0, MAX_EPOCHS),
    }),
  ),
});

/** Record `generation`. */
export const GENERATION_SHAPE = whole<number>(0);
