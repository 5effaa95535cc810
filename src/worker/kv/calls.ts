/** Calls that read what is certified, or use the member's key. */
import { asKey, type Key } from '../../codec/brand.ts';
import { fail, ok, type Result } from '../../codec/result.ts';
import { applicationBytes } from '../../crypto/domains.ts';
import { entryAt } from '../entry-at.ts';
import { certifiedValue } from '../open-replica.ts';
import type { Replica } from '../replica/replica.ts';
import type { EntriesPage, KvEntry, Pattern, ProveError, ReadError, SignError } from './api.ts';
import { ENTRIES_PAGE_BYTES, MAX_ENTRIES_PER_PAGE, MAX_SIGNED_BYTES } from './limits.ts';
import { matches } from './pattern.ts';
import { encodeProof } from './proofs.ts';
import { certifiedOf } from './sets.ts';
import { keyProblem } from './value.ts';

/** Newest version unless `version` names one. */
export async function prove(
  replica: Replica,
  key: string,
  version: number | null,
): Promise<Result<Uint8Array, ProveError>> {
  const problem = keyProblem(key);
  if (problem !== null) return fail({ type: 'key-malformed', message: problem });
  const entry =
    version === null ? replica.heads.get(asKey(key)) : await entryAt(replica, asKey(key), version);
  if (!entry)
    return fail({
      type: 'not-held',
      message:
        version === null
          ? `${key} has no certified value, so there is nothing to prove.`
          : `This replica does not hold version ${version} of ${key}. Ask another member for its proof.`,
    });
  const value = await replica.valueOf(entry.digest);
  if (!value)
    return fail({
      type: 'not-arrived',
      message: `Version ${entry.version} of ${key} is certified, and its value is not here. Try again later.`,
    });
  return ok(encodeProof({ certificate: entry.certificate, value }));
}

/** By the member's own key, also where its log may not vote: who it is has not changed. */
export async function sign(replica: Replica, bytes: Uint8Array): Promise<Result<Uint8Array, SignError>> {
  const { signer, isDevice, epoch } = replica.options;
  if (isDevice)
    return fail({
      type: 'not-a-member',
      message:
        'A device has a key of its own, which is in no member list. Sign in the browser of its member.',
    });
  if (bytes.length > MAX_SIGNED_BYTES)
    return fail({
      type: 'too-large',
      message: `${bytes.length} bytes were to be signed; at most ${MAX_SIGNED_BYTES} can be. Sign a digest of them.`,
    });
  return ok(await signer.signEd25519(applicationBytes(epoch.network, signer.voteKey, bytes)));
}

/** Of keys after `after`, ascending; each value as it stands when it is read. */
export async function entriesPage(
  replica: Replica,
  pattern: Pattern,
  after: string | null,
): Promise<Result<EntriesPage, ReadError>> {
  const keys = nextKeys(replica.heads.keys(), pattern, after);
  const entries: KvEntry[] = [];
  let size = 0;
  for (const [i, key] of keys.entries()) {
    let held: Awaited<ReturnType<typeof certifiedValue>>;
    try {
      held = await certifiedValue(replica, key);
    } catch (error) {
      return fail({ type: 'not-arrived', message: `${(error as Error).message} Read it again later.` });
    }
    if (held?.body) {
      entries.push({ ...certifiedOf(replica, held.entry), body: held.body });
      size += held.body.length;
    }
    const isLast = i === keys.length - 1;
    if (size >= ENTRIES_PAGE_BYTES && !isLast) return ok({ entries, next: key });
  }
  return ok({ entries, next: keys.length < MAX_ENTRIES_PER_PAGE ? null : keys.at(-1)! });
}

/** The first of a page, in order; the whole set is looked at once. */
function nextKeys(all: Iterable<Key>, pattern: Pattern, after: string | null): Key[] {
  const found: Key[] = [];
  for (const key of all) {
    if ((after !== null && key <= after) || !matches(pattern, key) || keyProblem(key) !== null) continue;
    const last = found.at(-1);
    if (found.length === MAX_ENTRIES_PER_PAGE && last !== undefined && key > last) continue;
    let at = found.length;
    while (at > 0 && found[at - 1]! > key) at--;
    found.splice(at, 0, key);
    if (found.length > MAX_ENTRIES_PER_PAGE) found.pop();
  }
  return found;
}
