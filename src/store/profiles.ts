/**
 * The index of the identities in this browser, for the start page. Only a convenience: each identity's own database is the truth, so a
 * record of the index that cannot be read is still listed, by its id.
 */
import * as v from 'valibot';
import type { NetworkId } from '../codec/brand.ts';
import { MAX_NAME_LENGTH } from '../codec/limits.ts';
import { fail, ok, type Result } from '../codec/result.ts';
import { closedError, fromDomError, type IdentityError } from './errors.ts';
import { openConnection, transact, type Connection } from './idb-connection.ts';
import { MAX_PROFILES } from './limits.ts';
import { hex, parseRecord, shapeProblem, text, whole } from './shapes.ts';

export interface ProfileRecord {
  /** 64 hex digits: the vote key, which names the identity's database. */
  readonly id: string;
  readonly label: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly network: { readonly id: NetworkId; readonly name: string; readonly demo: boolean } | null;
  /** Of a device of a member; `label` is its name. */
  readonly device?: true;
}

export const PROFILES_DATABASE = 'countersign-profiles';

/** `giveUp`: as for `openIdentity`. */
export async function openProfiles(giveUp?: AbortSignal): Promise<Result<ProfileIndex, IdentityError>> {
  const connection = await openConnection({
    name: PROFILES_DATABASE,
    what: WHAT,
    version: 1,
    ...(giveUp && { giveUp }),
    upgrade: (db) => void db.createObjectStore('profiles', { keyPath: 'id' }),
  });
  return connection.ok ? ok(new ProfileIndex(connection.value)) : connection;
}

export class ProfileIndex {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Adds, or replaces the one with the same id. store-full when there are `MAX_PROFILES`. */
  add(profile: ProfileRecord): Promise<Result<undefined, IdentityError>> {
    return transact(this.#connection, ['profiles'], 'readwrite', async (tx) => {
      const store = tx.objectStore('profiles');
      const problem = shapeProblem(PROFILE, profile);
      if (problem) return fail(notWritten(problem));
      const [count, known] = await Promise.all([store.count(), store.count(profile.id)]);
      if (known === 0 && count >= MAX_PROFILES) return fail(tooMany());
      await store.put(profile);
      return ok(undefined);
    });
  }

  /** store-empty when there is no such profile. */
  update(
    id: string,
    change: Partial<Pick<ProfileRecord, 'label' | 'network'>>,
  ): Promise<Result<ProfileRecord, IdentityError>> {
    return transact(this.#connection, ['profiles'], 'readwrite', async (tx) => {
      const store = tx.objectStore('profiles');
      const stored: unknown = await store.get(id);
      if (stored === undefined) return fail(unknownProfile(id));
      const changed: ProfileRecord = { ...listed(id, stored), ...change };
      const problem = shapeProblem(PROFILE, changed);
      if (problem) return fail(notWritten(problem));
      await store.put(changed);
      return ok(changed);
    });
  }

  /** Oldest first. */
  async list(): Promise<Result<readonly ProfileRecord[], IdentityError>> {
    if (this.#connection.closed) return fail(closedError(WHAT));
    try {
      const rows = (await this.#connection.db.getAll('profiles')) as { readonly id: unknown }[];
      const profiles = rows.map((row) => listed(String(row.id), row));
      return ok(profiles.sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1)));
    } catch (error) {
      return fail(fromDomError(error, WHAT, this.#connection.closed));
    }
  }

  /** Removes it from the index only; `deleteIdentity` removes the keys. No error when it is not there. */
  remove(id: string): Promise<Result<undefined, IdentityError>> {
    return transact(this.#connection, ['profiles'], 'readwrite', async (tx) => {
      await tx.objectStore('profiles').delete(id);
      return ok(undefined);
    });
  }

  close(): void {
    this.#connection.close();
  }
}

const WHAT = "this browser's profiles";

const PROFILE = v.object({
  id: hex(64),
  label: text(1, MAX_NAME_LENGTH),
  createdAt: whole<number>(0, Number.MAX_SAFE_INTEGER),
  network: v.nullable(
    v.object({ id: hex<NetworkId>(64), name: text(1, MAX_NAME_LENGTH), demo: v.boolean() }),
  ),
  device: v.optional(v.literal(true)),
});

function listed(id: string, stored: unknown): ProfileRecord {
  const parsed = parseRecord(PROFILE, 'profiles', id, stored);
  return parsed.ok
    ? parsed.value
    : { id, label: `Damaged entry ${id.slice(0, 8)}…`, createdAt: 0, network: null };
}

const notWritten = (problem: string): IdentityError => ({
  type: 'store-failed',
  message: `The profile was not written (${problem}). Correct it and try again.`,
});
const tooMany = (): IdentityError => ({
  type: 'store-full',
  message: `This browser already lists ${MAX_PROFILES} identities. Remove those of old demos, then try again.`,
});
const unknownProfile = (id: string): IdentityError => ({
  type: 'store-empty',
  message: `This browser lists no identity ${id.slice(0, 8)}…. Choose one from the start page, or make a new key.`,
});
