/**
 * The directory: adds an entry, brings a new key, takes one back. Each is a session of its own on `directory/<kind>/<id>`, and who may do
 * it is part of what every replica checks (../directory.ts). Nothing here reads a clock: periods and revocations stand by claimed times.
 */
import * as v from 'valibot';
import type { CborValue } from '../../../codec/cbor.ts';
import { decodeDevice } from '../../../codec/device.ts';
import { MAX_DEVICE_CERTIFICATE_BYTES, MAX_NAME_LENGTH } from '../../../codec/limits.ts';
import { certifierIn, deviceProblem, deviceRequestBytes } from '../../../crypto/device.ts';
import { isValidVoteKey } from '../../../crypto/ed25519.ts';
import type { Ed25519 } from '../../../crypto/types.ts';
import { bytesUpTo, type SupplyContext } from '../certified.ts';
import {
  asDirectoryEntry,
  keyInForce,
  keyProofBytes,
  parseDirectoryKey,
  REVOKE_REASONS,
  type DeviceEntry,
  type DirectoryEntry,
  type DirectoryKey,
  type PartyEntry,
  type RevokeReason,
} from '../directory.ts';
import { parseGln } from '../gs1.ts';
import { MAX_ENTRY_KEYS, MAX_KEY_ID_LENGTH, MAX_KEY_SECONDS, MAX_TIME, MIN_TIME } from '../limits.ts';
import { problem, type SupplyProblem } from '../problem.ts';
import { At, stepOn } from './step.ts';

const Signature = v.pipe(
  v.instance(Uint8Array, 'must be bytes'),
  v.check((bytes) => bytes.length === 64, 'must have 64 bytes'),
);
/** Milliseconds or seconds are whole. */
const seconds = (name: string) =>
  v.pipe(
    v.number(`${name} must be a number`),
    v.integer(`${name} must be whole seconds`),
    v.minValue(MIN_TIME / 1000, `${name} is before 2020`),
    v.maxValue(MAX_TIME / 1000, `${name} is after 2100`),
  );
const line = (max: number) =>
  v.pipe(
    v.string('must be text'),
    v.maxLength(max, `must have at most ${max} characters`),
    v.regex(
      /^[^\s\p{Cc}\p{Surrogate}](?:[^\p{Cc}\p{Surrogate}]*[^\s\p{Cc}\p{Surrogate}])?$/u,
      'must be one line of text',
    ),
  );
const NewKey = v.pipe(
  v.strictObject({
    keyId: line(MAX_KEY_ID_LENGTH),
    publicKey: v.pipe(
      v.string('must be text'),
      v.check(isValidVoteKey, 'must be an Ed25519 key of 64 hex digits'),
    ),
    validFrom: seconds('validFrom'),
    validUntil: seconds('validUntil'),
    /** Ed25519 of the new key over `keyProofBytes`. */
    proof: Signature,
  }),
  v.check((key) => key.validUntil > key.validFrom, 'ends before it begins'),
  v.check(
    (key) => key.validUntil - key.validFrom <= MAX_KEY_SECONDS,
    `may be valid for ${MAX_KEY_SECONDS / 86_400} days at most`,
  ),
);
type NewKeyInput = v.InferOutput<typeof NewKey>;

type AddBody = {
  readonly gln?: string | undefined;
  readonly name?: string | undefined;
  readonly key?: NewKeyInput | undefined;
  readonly certificate?: Uint8Array | undefined;
  readonly proof?: Uint8Array | undefined;
  readonly at: number;
};
const Add: v.GenericSchema<unknown, AddBody> = v.strictObject({
  gln: v.optional(
    v.pipe(
      v.string('must be text'),
      v.check((s) => parseGln(s).ok, 'is not a GLN with a right check digit'),
    ),
  ),
  name: v.optional(line(MAX_NAME_LENGTH)),
  key: v.optional(NewKey),
  certificate: v.optional(bytesUpTo(MAX_DEVICE_CERTIFICATE_BYTES)),
  /** Of a device: its own signature over `deviceRequestBytes`. */
  proof: v.optional(Signature),
  at: At,
});

type RotateBody = {
  readonly key: NewKeyInput;
  readonly ends: { readonly keyId: string; readonly validUntil: number } | null;
  readonly at: number;
};
const Rotate: v.GenericSchema<unknown, RotateBody> = v.strictObject({
  key: NewKey,
  /** The key that it takes the place of, and the last second of that. */
  ends: v.nullable(v.strictObject({ keyId: line(MAX_KEY_ID_LENGTH), validUntil: seconds('validUntil') })),
  at: At,
});

type RevokeBody = { readonly keyId: string | null; readonly reason: RevokeReason; readonly at: number };
const Revoke: v.GenericSchema<unknown, RevokeBody> = v.strictObject({
  /** null: all keys of the entry, or the device. */
  keyId: v.nullable(line(MAX_KEY_ID_LENGTH)),
  reason: v.picklist(REVOKE_REASONS, `must be one of ${REVOKE_REASONS.join(', ')}`),
  at: At,
});

type Place = { readonly kind: DirectoryEntry['kind']; readonly id: string };

export const addEntry = stepOn<DirectoryEntry, AddBody>('directory', Add, async (record, body, context) => {
  const place = placeOf(context);
  if ('problem' in place) return place;
  if (record !== null) {
    return {
      problem: problem('directory-exists', `${context.key} exists. Bring a new key to it, or revoke one.`),
    };
  }
  const made =
    place.kind === 'device'
      ? await newDevice(place, body, context)
      : await newParty({ kind: place.kind, id: place.id }, body, context);
  if ('problem' in made) return made;
  return { status: 201, record: made.entry, body: answer(made.entry) };
});

export const rotateKey = stepOn<DirectoryEntry, RotateBody>(
  'directory',
  Rotate,
  async (record, body, context) => {
    const found = entryAt(record, context);
    if ('problem' in found) return found;
    const { entry } = found;
    if (entry.kind === 'device') {
      return {
        problem: problem(
          'request-malformed',
          'A device has one key: certify the new one, and revoke the old.',
        ),
      };
    }
    const { ends } = body;
    const old = ends === null ? undefined : entry.keys.find((key) => key.keyId === ends.keyId);
    if (ends !== null && !old) return { problem: noKey(context, ends.keyId) };
    const wrong = await newKeyProblem(entry, body.key, context);
    if (wrong !== null) return { problem: wrong };
    const shortened = entry.keys.map((key): DirectoryKey => {
      if (ends === null || key !== old) return key;
      // An end is only ever drawn closer: a later one would bring back what has ended.
      return { ...key, validUntil: Math.min(key.validUntil ?? ends.validUntil, ends.validUntil) };
    });
    const kept = withRoom(shortened, body.at);
    if (kept === null) {
      return {
        problem: problem(
          'directory-full',
          `${context.key} has ${MAX_ENTRY_KEYS} keys, and none has ended. Revoke one first.`,
        ),
      };
    }
    const next: PartyEntry = { ...entry, keys: [...kept, keyOf(body.key)], at: body.at };
    return { record: next, body: answer(next) };
  },
);

export const revoke = stepOn<DirectoryEntry, RevokeBody>('directory', Revoke, (record, body, context) => {
  const found = entryAt(record, context);
  if ('problem' in found) return found;
  const { entry } = found;
  const { keyId, reason, at } = body;
  const standing = (key: { readonly revokedAt: number | null }): boolean => key.revokedAt === null;
  const done = problem('already-done', `${context.key}: this is revoked already. Nothing was changed.`);
  if (entry.kind === 'device') {
    if (keyId !== null)
      return {
        problem: problem('request-malformed', 'keyId must be null for a device. Nothing was changed.'),
      };
    if (!standing(entry)) return { problem: done };
    const next: DeviceEntry = { ...entry, revokedAt: at, reason, at };
    return { record: next, body: answer(next) };
  }
  if (keyId !== null && !entry.keys.some((key) => key.keyId === keyId))
    return { problem: noKey(context, keyId) };
  const meant = (key: DirectoryKey): boolean => standing(key) && (keyId === null || key.keyId === keyId);
  if (!entry.keys.some(meant)) return { problem: done };
  const keys = entry.keys.map((key) => (meant(key) ? { ...key, revokedAt: at, reason } : key));
  const next: PartyEntry = { ...entry, keys, at };
  return { record: next, body: answer(next) };
});

function placeOf(context: SupplyContext): Place | { readonly problem: SupplyProblem } {
  const place = parseDirectoryKey(context.key);
  if (place === null)
    return { problem: problem('request-malformed', `${context.key} is no entry of the directory.`) };
  if (context.earlier.length === 0) return place;
  return {
    problem: problem(
      'step-order',
      `A change of ${context.key} is a session of its own. Finish or abandon this one first.`,
    ),
  };
}

/** The entry, if it is this member's to change. */
function entryAt(
  record: CborValue,
  context: SupplyContext,
): { readonly entry: DirectoryEntry } | { readonly problem: SupplyProblem } {
  const place = placeOf(context);
  if ('problem' in place) return place;
  const entry = asDirectoryEntry(record);
  if (entry === null) {
    return {
      problem: problem(
        'directory-unknown',
        `${context.key} is not in the directory. Check the number, or add it first.`,
      ),
    };
  }
  return entry.sponsor === context.member.id ? { entry } : { problem: notTheirs(context, entry.sponsor) };
}

function notTheirs(context: SupplyContext, whose: string): SupplyProblem {
  return problem('not-allowed', `${context.key} is for ${whose} to change. Ask ${whose}.`);
}

async function newParty(
  { kind, id }: { readonly kind: PartyEntry['kind']; readonly id: string },
  body: AddBody,
  context: SupplyContext,
): Promise<{ readonly entry: PartyEntry } | { readonly problem: SupplyProblem }> {
  const { genesis, member } = context;
  const { name, key, certificate } = body;
  const gln = kind === 'supplier' ? id : body.gln;
  if (
    gln === undefined ||
    name === undefined ||
    key === undefined ||
    certificate !== undefined ||
    body.proof !== undefined ||
    (body.gln ?? gln) !== gln
  ) {
    return {
      problem: problem(
        'request-malformed',
        `A ${kind} is entered with its name, its GLN and a key, and no certificate. Nothing was changed.`,
      ),
    };
  }
  const listed = kind === 'courier' ? genesis.directory.couriers.find((one) => one.id === id) : undefined;
  if (listed && listed.gln !== gln) {
    return {
      problem: problem(
        'directory-key-wrong',
        `The network's founding list names the courier ${id} with the GLN ${listed.gln}, not ${gln}. Choose another id, or correct the GLN.`,
      ),
    };
  }
  const owner = genesis.members.find((one) => one.gln === gln);
  if (owner ? owner.id !== member.id || member.role !== kind : member.role !== 'warehouse')
    return { problem: notTheirs(context, owner?.id ?? 'a warehouse') };
  // What the genesis lists stays in the list, so that it can be revoked.
  const founding = kind === 'courier' ? [] : genesis.directory.supplierKeys.filter((one) => one.gln === gln);
  const keys = founding.slice(-(MAX_ENTRY_KEYS - 1)).map((one): DirectoryKey => ({
    keyId: one.keyId,
    publicKey: one.publicKey,
    validFrom: one.validFrom,
    validUntil: one.validUntil,
    revokedAt: null,
    reason: null,
  }));
  const entry: PartyEntry = { kind, id, gln, name, sponsor: member.id, keys, at: body.at };
  const wrong = await newKeyProblem(entry, key, context);
  return wrong === null ? { entry: { ...entry, keys: [...keys, keyOf(key)] } } : { problem: wrong };
}

async function newDevice(
  { id }: Place,
  body: AddBody,
  context: SupplyContext,
): Promise<{ readonly entry: DeviceEntry } | { readonly problem: SupplyProblem }> {
  const { genesis, network, member } = context;
  if (
    body.certificate === undefined ||
    body.proof === undefined ||
    body.gln !== undefined ||
    body.name !== undefined ||
    body.key !== undefined
  ) {
    return {
      problem: problem(
        'request-malformed',
        'A device is entered with its certificate and its own signature, and nothing else. Nothing was changed.',
      ),
    };
  }
  const wrong = (what: string) => ({
    problem: problem(
      'directory-key-wrong',
      `The device can't be entered: ${what}. Have ${member.organisation} certify it again.`,
    ),
  });
  const device = decodeDevice(body.certificate);
  if (!device.ok) return wrong(device.error.message);
  const { device: key, name, notBefore } = device.value;
  if ((key as string) !== id) return wrong('the certificate is for another device');
  const { members } = genesis;
  const ed25519: Pick<Ed25519, 'verify'> = {
    verify: (of, message, signature) => context.verifyEd25519(of, message, signature),
  };
  const certifier = await certifierIn(device.value, members, ed25519);
  if (certifier === null) return wrong('no member has signed its certificate');
  if (members[certifier]!.id !== member.id) return { problem: notTheirs(context, members[certifier]!.id) };
  const found = await deviceProblem(device.value, {
    network,
    members,
    of: certifier,
    ed25519,
    now: undefined,
  });
  if (found !== null) return wrong(`its certificate does not stand (${found})`);
  // Else a member could enter a key that it has only heard of as its own device, and whose it is could never revoke it.
  if (!(await context.verifyEd25519(id, deviceRequestBytes(key, name), body.proof)))
    return wrong('it has not signed for itself, so nobody knows whether it is yours');
  const entry: DeviceEntry = {
    kind: 'device',
    id,
    name,
    sponsor: member.id,
    notBefore,
    revokedAt: null,
    reason: null,
    at: body.at,
  };
  return { entry };
}

async function newKeyProblem(
  entry: PartyEntry,
  key: NewKeyInput,
  context: SupplyContext,
): Promise<SupplyProblem | null> {
  const wrong = (what: string): SupplyProblem =>
    problem('directory-key-wrong', `The key ${key.keyId} can't be entered: ${what}. Make a new one.`);
  if (entry.keys.some((one) => one.keyId === key.keyId || one.publicKey === key.publicKey))
    return wrong('the entry has it, or its name, already');
  // Keys for two purposes would let one kind of message stand in for another, should their forms ever meet.
  if (context.genesis.members.some((one) => (one.voteKey as string) === key.publicKey))
    return wrong('a member votes with it');
  const proven = await context.verifyEd25519(
    key.publicKey,
    keyProofBytes(context.network, entry.kind, entry.id, key),
    key.proof,
  );
  return proven ? null : wrong('it has not signed for this entry, so nobody knows whether you hold it');
}

const keyOf = ({ keyId, publicKey, validFrom, validUntil }: NewKeyInput): DirectoryKey => ({
  keyId,
  publicKey,
  validFrom,
  validUntil,
  revokedAt: null,
  reason: null,
});

/** The keys with a place for one more: the oldest that has ended by `at` goes. Null when none has. */
function withRoom(keys: readonly DirectoryKey[], at: number): readonly DirectoryKey[] | null {
  if (keys.length < MAX_ENTRY_KEYS) return keys;
  const ended = keys.find(
    (key) =>
      key.revokedAt !== null ||
      (key.validUntil !== null && !keyInForce(key, at) && key.validUntil * 1000 < at),
  );
  return ended ? keys.filter((key) => key !== ended) : null;
}

const noKey = (context: SupplyContext, keyId: string): SupplyProblem =>
  problem('directory-unknown', `${context.key} has no key ${keyId}. Choose one of its keys.`);

function answer(entry: DirectoryEntry): CborValue {
  return entry.kind === 'device'
    ? { kind: entry.kind, id: entry.id, sponsor: entry.sponsor, revokedAt: entry.revokedAt }
    : {
        kind: entry.kind,
        id: entry.id,
        sponsor: entry.sponsor,
        keys: entry.keys.map(({ keyId, validFrom, validUntil, revokedAt }) => ({
          keyId,
          validFrom,
          validUntil,
          revokedAt,
        })),
      };
}
