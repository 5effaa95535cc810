/**
 * A member's secret keys as a text under a passphrase, to be taken to another device. The vote log never goes along: whoever imports has the keys and
 * an empty log, so it is an observer until an epoch names its new log (docs/protocol.md, "Log id").
 *
 * | part | content |
 * |---|---|
 * | head | `cskeys1.`, then base64url without padding of the rest |
 * | file | canonical CBOR [header, nonce of 12 bytes, sealed] |
 * | header | canonical CBOR ["cskeys1", "argon2id", memory in KiB, passes, lanes, salt of 16 bytes]; its bytes are authenticated |
 * | key | Argon2id (RFC 9106, version 0x13) of the passphrase in NFKC and UTF-8: 32 bytes |
 * | sealed | AES-256-GCM of [vote seed, certificate secret, label, entry or null, network, genesis, join secret, its epoch, [link…], [signaling…]] |
 */
import { argon2id } from 'hash-wasm';
import { isHex, type NetworkId } from '../codec/brand.ts';
import { decode, encode, type CborValue } from '../codec/cbor.ts';
import { bytes, count, list, Malformed } from '../codec/fields.ts';
import { memberProblem, type MemberEntry } from '../codec/genesis.ts';
import { fromBase64Url, isSignalingUrl, MAX_SIGNALING_HINTS, toBase64Url } from '../codec/invitation.ts';
import { MAX_EPOCHS, MAX_GENESIS_BYTES, MAX_LINK_BYTES, MAX_NAME_LENGTH } from '../codec/limits.ts';
import { fail, ok, type Result } from '../codec/result.ts';
import { isSecretKey, SECRET_KEY_BYTES } from './bls-scheme.ts';
import { copyBytes, randomBytes } from './bytes.ts';
import { SEED_BYTES } from './keys.ts';
import {
  KEY_EXPORT_LANES,
  KEY_EXPORT_MEMORY_KIB,
  KEY_EXPORT_PASSES,
  MAX_KEY_EXPORT_BYTES,
  MAX_KEY_EXPORT_LANES,
  MAX_KEY_EXPORT_MEMORY_KIB,
  MAX_KEY_EXPORT_PASSES,
  MAX_PASSPHRASE_LENGTH,
  MIN_KEY_EXPORT_MEMORY_KIB,
  MIN_PASSPHRASE_LENGTH,
} from './limits.ts';
import type { SecretKeys } from './types.ts';

export const KEY_EXPORT_PREFIX = 'cskeys1.';

/** All that another device needs to find the network and to be that member in it, but the vote log. */
export interface ExportedKeys {
  readonly keys: SecretKeys;
  /** What the person called the identity. */
  readonly label: string;
  /** The member's entry as the network knows it; null: the key is in no list that is known here. */
  readonly entry: MemberEntry | null;
  readonly binding: {
    readonly network: NetworkId;
    readonly genesis: Uint8Array<ArrayBuffer>;
    /** 64 hex digits: of epoch `secretEpoch`. */
    readonly joinSecret: string;
    readonly secretEpoch: number;
    /** As `encodeLink` writes them, from epoch 0 on. */
    readonly links: readonly Uint8Array<ArrayBuffer>[];
    readonly signaling: readonly string[];
  };
}

export interface KeyExportError {
  readonly type:
    | 'passphrase-too-short'
    | 'passphrase-too-long'
    | 'passphrase-wrong'
    | 'key-export-malformed'
    | 'key-export-too-large'
    | 'key-export-unknown';
  readonly message: string;
}

/** Costs of the derivation, as the header has them. Others than the default are for tests and for what a later version chooses. */
export interface KeyExportCosts {
  readonly memoryKib: number;
  readonly passes: number;
  readonly lanes: number;
}

export const KEY_EXPORT_COSTS: KeyExportCosts = {
  memoryKib: KEY_EXPORT_MEMORY_KIB,
  passes: KEY_EXPORT_PASSES,
  lanes: KEY_EXPORT_LANES,
};

/** Takes about half a second. */
export async function sealKeyExport(
  exported: ExportedKeys,
  passphrase: string,
  costs: KeyExportCosts = KEY_EXPORT_COSTS,
): Promise<Result<string, KeyExportError>> {
  const words = passphrase.normalize('NFKC');
  if ([...words].length < MIN_PASSPHRASE_LENGTH)
    return refuse(
      'passphrase-too-short',
      `The passphrase has ${[...words].length} characters, and ${MIN_PASSPHRASE_LENGTH} are needed: nothing else protects the file. Take four words or more that do not belong together.`,
    );
  if (words.length > MAX_PASSPHRASE_LENGTH) return refuse('passphrase-too-long', TOO_LONG);
  const clear = encode(clearFields(exported));
  const header = encode([
    FORMAT,
    'argon2id',
    costs.memoryKib,
    costs.passes,
    costs.lanes,
    randomBytes(SALT_BYTES),
  ]);
  const nonce = randomBytes(NONCE_BYTES);
  const key = await keyOf(words, costs, saltOf(header));
  const sealed = new Uint8Array(await crypto.subtle.encrypt(gcm(nonce, header), key, clear));
  clear.fill(0);
  const file = encode([header, nonce, sealed]);
  if (file.length > MAX_KEY_EXPORT_BYTES)
    return refuse(
      'key-export-too-large',
      'The history of members of this network is too long to go along with its keys. Ask to be admitted from the other device instead.',
    );
  return ok(`${KEY_EXPORT_PREFIX}${toBase64Url(file)}`);
}

/** `text`: the whole text, white space at its ends allowed. What it asks for is bounded before anything is computed. */
export async function openKeyExport(
  text: string,
  passphrase: string,
): Promise<Result<ExportedKeys, KeyExportError>> {
  const read = readFile(text);
  if (!read.ok) return read;
  const { header, costs, nonce, sealed } = read.value;
  const words = passphrase.normalize('NFKC');
  if (words.length > MAX_PASSPHRASE_LENGTH) return refuse('passphrase-too-long', TOO_LONG);
  // Nothing was ever sealed under no passphrase, and the library refuses it.
  if (words === '') return refuse('passphrase-wrong', WRONG);
  const key = await keyOf(words, costs, saltOf(header));
  let clear: Uint8Array;
  try {
    clear = new Uint8Array(await crypto.subtle.decrypt(gcm(nonce, header), key, sealed));
  } catch {
    return refuse('passphrase-wrong', WRONG);
  }
  const decoded = decode(clear, MAX_KEY_EXPORT_BYTES);
  clear.fill(0);
  if (!decoded.ok) return refuse('key-export-malformed', malformed(decoded.error.message));
  try {
    return ok(readClear(decoded.value));
  } catch (error) {
    if (error instanceof Malformed) return refuse('key-export-malformed', malformed(error.message));
    throw error;
  }
}

const FORMAT = 'cskeys1';
/** RFC 9106, section 3.1: 16 bytes are recommended. */
const SALT_BYTES = 16;
/** NIST SP 800-38D, 5.2.1.1. Each file has a key of its own, by its salt. */
const NONCE_BYTES = 12;
const MAX_HEADER_BYTES = 64;
const WRONG =
  'The passphrase does not open this file. Type it again, with the same spaces and capitals; if it is right, the file was changed or cut off: export the keys anew.';
const TOO_LONG = `A passphrase has at most ${MAX_PASSPHRASE_LENGTH} characters. Take a shorter one.`;

interface KeyFile {
  readonly header: Uint8Array<ArrayBuffer>;
  readonly costs: KeyExportCosts;
  readonly nonce: Uint8Array<ArrayBuffer>;
  readonly sealed: Uint8Array<ArrayBuffer>;
}

function readFile(text: string): Result<KeyFile, KeyExportError> {
  const trimmed = text.trim();
  if (!trimmed.startsWith(KEY_EXPORT_PREFIX)) {
    return /^cskeys\d+\./.test(trimmed)
      ? refuse(
          'key-export-unknown',
          'This export of keys was made by a newer version of the app. Update this one, then import again.',
        )
      : refuse('key-export-malformed', malformed(`it does not begin with ${KEY_EXPORT_PREFIX}`));
  }
  // Base64 has four characters for three bytes.
  if (trimmed.length > (MAX_KEY_EXPORT_BYTES / 3) * 4 + KEY_EXPORT_PREFIX.length + 4)
    return refuse(
      'key-export-too-large',
      'This file is too large to be an export of keys. Choose another one.',
    );
  try {
    const file = decode(fromBase64Url(trimmed.slice(KEY_EXPORT_PREFIX.length)), MAX_KEY_EXPORT_BYTES);
    if (!file.ok) throw new Malformed(file.error.message);
    const f = list(file.value, 3, 'file');
    if (f.length !== 3) throw new Malformed('a file has 3 parts');
    const header = copyBytes(bytes(f[0], MAX_HEADER_BYTES));
    const nonce = copyBytes(bytes(f[1], NONCE_BYTES));
    if (nonce.length !== NONCE_BYTES) throw new Malformed('its nonce has another length');
    const costs = costsOf(header);
    if (!costs.ok) return costs;
    return ok({ header, nonce, costs: costs.value, sealed: copyBytes(bytes(f[2], MAX_KEY_EXPORT_BYTES)) });
  } catch (error) {
    // RangeError: of base64url; InvalidCharacterError: of atob, for a length that no bytes have.
    if (error instanceof Malformed || error instanceof RangeError || error instanceof DOMException)
      return refuse('key-export-malformed', malformed(error.message));
    throw error;
  }
}

/** A file must not ask for gigabytes, nor for hours. @throws Malformed */
function costsOf(header: Uint8Array): Result<KeyExportCosts, KeyExportError> {
  const decoded = decode(header, MAX_HEADER_BYTES);
  if (!decoded.ok) throw new Malformed(decoded.error.message);
  const f = list(decoded.value, 6, 'header');
  if (f.length !== 6 || f[0] !== FORMAT) throw new Malformed('its header has another form');
  if (f[1] !== 'argon2id')
    return refuse(
      'key-export-unknown',
      'This export of keys was made by a newer version of the app. Update this one, then import again.',
    );
  const [memoryKib, passes, lanes] = [count(f[2]), count(f[3]), count(f[4])];
  if (bytes(f[5], SALT_BYTES).length !== SALT_BYTES) throw new Malformed('its salt has another length');
  const bounded =
    memoryKib >= MIN_KEY_EXPORT_MEMORY_KIB &&
    memoryKib <= MAX_KEY_EXPORT_MEMORY_KIB &&
    passes >= 1 &&
    passes <= MAX_KEY_EXPORT_PASSES &&
    lanes >= 1 &&
    lanes <= MAX_KEY_EXPORT_LANES;
  if (bounded) return ok({ memoryKib, passes, lanes });
  return refuse(
    'key-export-unknown',
    `This file asks for ${memoryKib} KiB of memory, ${passes} passes and ${lanes} lanes to open it; this version takes ${MIN_KEY_EXPORT_MEMORY_KIB} to ${MAX_KEY_EXPORT_MEMORY_KIB} KiB, at most ${MAX_KEY_EXPORT_PASSES} and ${MAX_KEY_EXPORT_LANES}. No export of this app does: check where it is from.`,
  );
}

/** Of a header that was checked. */
function saltOf(header: Uint8Array): Uint8Array {
  const decoded = decode(header, MAX_HEADER_BYTES);
  return decoded.ok ? bytes(list(decoded.value, 6, 'header')[5], SALT_BYTES) : new Uint8Array();
}

async function keyOf(
  words: string,
  { memoryKib, passes, lanes }: KeyExportCosts,
  salt: Uint8Array,
): Promise<CryptoKey> {
  const raw = await argon2id({
    password: words,
    salt,
    iterations: passes,
    parallelism: lanes,
    memorySize: memoryKib,
    hashLength: 32,
    outputType: 'binary',
  });
  const key = await crypto.subtle.importKey('raw', copyBytes(raw), { name: 'AES-GCM' }, false, [
    'encrypt',
    'decrypt',
  ]);
  raw.fill(0);
  return key;
}

const gcm = (iv: Uint8Array<ArrayBuffer>, header: Uint8Array<ArrayBuffer>): AesGcmParams => {
  return { name: 'AES-GCM', iv, additionalData: header };
};

function clearFields({ keys, label, entry, binding }: ExportedKeys): CborValue {
  const { network, genesis, joinSecret, secretEpoch, links, signaling } = binding;
  return [
    keys.voteSeed,
    keys.certificateSecret,
    label,
    entry as CborValue,
    network,
    genesis,
    joinSecret,
    secretEpoch,
    [...links],
    [...signaling],
  ];
}

/** Whoever knows the passphrase may have written anything: shapes are checked here, the chain and the genesis by whoever imports. @throws Malformed */
function readClear(value: CborValue): ExportedKeys {
  const f = list(value, 10, 'keys');
  if (f.length !== 10) throw new Malformed('it holds other fields');
  const voteSeed = copyBytes(bytes(f[0], SEED_BYTES));
  const certificateSecret = copyBytes(bytes(f[1], SECRET_KEY_BYTES));
  if (voteSeed.length !== SEED_BYTES || !isSecretKey(certificateSecret))
    throw new Malformed('its keys have another form');
  const label = f[2];
  if (typeof label !== 'string' || label.length < 1 || label.length > MAX_NAME_LENGTH)
    throw new Malformed('it has no name');
  const entry = f[3] ?? null;
  if (entry !== null && memberProblem(entry) !== null) throw new Malformed('its entry has another form');
  if (!isHex(f[4], 64) || !isHex(f[6], 64)) throw new Malformed('its network has another form');
  const signaling = list(f[9], MAX_SIGNALING_HINTS, 'signaling');
  if (!signaling.every(isSignalingUrl))
    throw new Malformed('a signaling address is not a ws:// or wss:// URL');
  return {
    keys: { voteSeed, certificateSecret },
    label,
    entry: entry as unknown as MemberEntry | null,
    binding: {
      network: f[4] as NetworkId,
      genesis: copyBytes(bytes(f[5], MAX_GENESIS_BYTES)),
      joinSecret: f[6],
      secretEpoch: count(f[7], MAX_EPOCHS),
      links: list(f[8], MAX_EPOCHS, 'links').map((link) => copyBytes(bytes(link, MAX_LINK_BYTES))),
      signaling: signaling as readonly string[],
    },
  };
}

const malformed = (what: string): string =>
  `This is not a whole export of keys: ${what}. Choose the file that was saved, or copy the whole text.`;

const refuse = (type: KeyExportError['type'], message: string): Result<never, KeyExportError> =>
  fail({ type, message });
