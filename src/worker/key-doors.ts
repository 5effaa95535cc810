/**
 * Taking a member's keys to another device: out of this browser under a passphrase, and into another one. The vote log stays where it was written.
 * What is imported has a new log id, so it signs nothing until an epoch names that: it is an observer, and asks to be admitted in its own place
 * (docs/protocol.md, "Log id"). Two devices of one key can so never both be the member.
 */
import { decodeLink, encodeLink, type EpochLink } from '../codec/epochs.ts';
import { decodeGenesis, type MemberEntry } from '../codec/genesis.ts';
import { fail, ok, type Result } from '../codec/result.ts';
import { possessionOf } from '../crypto/genesis.ts';
import { openKeyExport, sealKeyExport, type ExportedKeys } from '../crypto/key-export.ts';
import {
  createSigner,
  generateWrappingKey,
  newLogId,
  sealSecretKeys,
  unsealSecretKeys,
} from '../crypto/keys.ts';
import { deleteIdentity, openIdentity } from '../store/idb-store.ts';
import type { IdentityRecord, NetworkBinding } from '../store/identity.ts';
import type { ImportedKeys, KeyDoorError, ProfileId } from './api.ts';
import { bind, storage, withProfiles } from './door-tools.ts';
import { openChain } from './epochs/chain.ts';
import { readEpochs } from './epochs/disk.ts';
import { fromSealed, toSealed } from './identity-keys.ts';
import { openBundle } from './knock.ts';
import { DATABASE_PATIENCE_MS } from './limits.ts';
import { sharedTools } from './tools.ts';

/** The whole text of the file. The replica may be open meanwhile; the exported keys stay in use here. */
export async function exportKeys(
  profile: ProfileId,
  passphrase: string,
): Promise<Result<string, KeyDoorError>> {
  const db = await openIdentity(profile, { giveUp: AbortSignal.timeout(DATABASE_PATIENCE_MS) });
  if (!db.ok) return fail(storage(db.error));
  const read = await db.value.read();
  const epochs = await db.value.readOwn('epochs/');
  db.value.close();
  if (!read.ok) return fail(storage(read.error));
  if (!epochs.ok) return fail(storage(epochs.error));
  const { device, binding, label, entry, sealedKeys, wrappingKey, settings } = read.value;
  if (device)
    return fail({
      type: 'keys-of-a-device',
      message: `${label} is a device: its keys stay on it. Make keys on the new device, and have the member certify them.`,
    });
  if (!binding)
    return fail({
      type: 'keys-not-bound',
      message: `${label} is in no network yet, so there is nothing to take along. Join first, or make new keys on the other device.`,
    });
  const newest = await newestOf(read.value, binding, epochs.value);
  if (!newest.ok) return newest;
  const keys = await unsealSecretKeys(fromSealed(sealedKeys), wrappingKey);
  if (!keys.ok) return fail({ type: 'storage-failed', message: keys.error.message });
  const sealed = await sealKeyExport(
    {
      keys: keys.value,
      label,
      entry: newest.value.entry ?? entry,
      binding: {
        network: binding.network,
        genesis: binding.genesis,
        ...newest.value.way,
        signaling: settings.signaling,
      },
    },
    passphrase,
  );
  wipe(keys.value);
  return sealed;
}

/** Checks all that the file says before anything is written. */
export async function importKeys(
  file: string,
  passphrase: string,
): Promise<Result<ImportedKeys, KeyDoorError>> {
  const opened = await openKeyExport(file, passphrase);
  if (!opened.ok) return opened;
  const written = await write(opened.value);
  wipe(opened.value.keys);
  return written;
}

async function write({
  keys,
  label,
  entry,
  binding,
}: ExportedKeys): Promise<Result<ImportedKeys, KeyDoorError>> {
  const { bls } = await sharedTools();
  const { network, genesis: genesisBytes, joinSecret, secretEpoch, signaling } = binding;
  const links: EpochLink[] = [];
  for (const bytes of binding.links) {
    const link = decodeLink(bytes);
    if (!link.ok) return fail({ type: 'chain-invalid', message: link.error.message });
    links.push(link.value);
  }
  const checked = await openBundle({ genesis: genesisBytes, links });
  if (!checked.ok) return checked;
  const { genesis, chain } = checked.value;
  if (chain[0]!.network !== network)
    return fail({
      type: 'genesis-wrong-for-invitation',
      message:
        'The file names another network than the one that its member list begins. Export the keys anew.',
    });
  const newest = chain.at(-1)!;
  const { voteKey, certificateKey } = await createSigner(keys, bls);
  if (entry && (entry.voteKey !== voteKey || entry.certificateKey !== certificateKey))
    return fail({
      type: 'key-export-contradicts-itself',
      message: `The file names ${entry.organisation}, but holds other keys than that member's. Export the keys anew.`,
    });
  const logId = newLogId();
  const proven = { network: newest.network, certificateKey, voteKey, logId, nonce: genesis.draftNonce };
  const again = entry && {
    ...entry,
    logId,
    proofOfPossession: possessionOf(proven, keys.certificateSecret, bls),
  };
  const wrappingKey = await generateWrappingKey();
  const sealedKeys = toSealed(await sealSecretKeys(keys, wrappingKey));
  const createdAt = Date.now();
  const db = await openIdentity(voteKey, { giveUp: AbortSignal.timeout(DATABASE_PATIENCE_MS) });
  if (!db.ok) return fail(storage(db.error));
  const born = { sealedKeys, wrappingKey, logId, certificateKey, label, createdAt };
  const created = await db.value.create({ ...born, ...(again && { entry: again, replaces: again.id }) });
  db.value.close();
  if (!created.ok)
    return created.error.type === 'store-exists'
      ? fail({
          type: 'keys-are-here',
          message: `This browser holds the keys of ${label} already. Open that identity; to start again with the file, forget it first.`,
        })
      : fail(storage(created.error));
  const listed = await withProfiles((index) => index.add({ id: voteKey, label, createdAt, network: null }));
  const secret = { joinSecret, epoch: secretEpoch };
  const bound = listed.ok
    ? await bind(voteKey, checked.value, { network: newest.network, signaling }, secret)
    : fail(storage(listed.error));
  if (!bound.ok) {
    // Half an import would be in the way of the next.
    await deleteIdentity(voteKey, AbortSignal.timeout(DATABASE_PATIENCE_MS));
    await withProfiles((index) => index.remove(voteKey));
    return bound;
  }
  return ok({ profile: voteKey, network: newest.network, name: newest.genesis.name, entry: again });
}

/** What this browser knows by now: its binding is as old as its joining, and doors are kept open for the last few epochs only. */
async function newestOf(
  { voteKey, logId }: IdentityRecord,
  binding: NetworkBinding,
  records: ReadonlyMap<string, Uint8Array>,
): Promise<
  Result<
    {
      readonly entry: MemberEntry | null;
      readonly way: Pick<ExportedKeys['binding'], 'joinSecret' | 'secretEpoch' | 'links'>;
    },
    KeyDoorError
  >
> {
  const { hash } = await sharedTools();
  const genesis = decodeGenesis(binding.genesis);
  if (!genesis.ok) return fail({ type: 'genesis-malformed', message: genesis.error.message });
  const stored = readEpochs(records);
  const opened = stored.ok
    ? await openChain(genesis.value, binding, stored.value, { voteKey, logId }, hash)
    : stored;
  if (!opened.ok) return fail({ type: 'storage-failed', message: opened.error.message });
  const { chain, links, mesh, knockSecret } = opened.value;
  const own = [...chain]
    .reverse()
    .flatMap(({ members }) => members)
    .find((member) => member.voteKey === voteKey);
  return ok({
    entry: own ?? null,
    way: {
      joinSecret: knockSecret,
      secretEpoch: knockSecret === binding.joinSecret ? (binding.chain?.secretEpoch ?? 0) : mesh.number,
      links: links.map(encodeLink),
    },
  });
}

function wipe({ voteSeed, certificateSecret }: ExportedKeys['keys']): void {
  voteSeed.fill(0);
  certificateSecret.fill(0);
}
