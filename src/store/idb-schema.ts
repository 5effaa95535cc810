/**
 * The database of one identity, `countersign-<vote key>`:
 *
 * | store     | key                                            | record                                    |
 * |-----------|------------------------------------------------|-------------------------------------------|
 * | meta      | identity, generation, binding, settings, manifestKey, own/<name> | see identity.ts; bytes under own/ |
 * | logs      | key                                            | InstanceLog                               |
 * | certified | key                                            | CertifiedEntry: the head                  |
 * | history   | [key, version]                                 | CertifiedEntry: past versions             |
 * | values    | digest                                         | bytes                                     |
 * | evidence  | [member, epoch, key, version, round, type]     | EvidenceRecord                            |
 * | sessions  | id                                             | StoredSession                             |
 */
import type { IDBPDatabase } from 'idb';

export const SCHEMA_VERSION = 1;
export const STORE_NAMES = [
  'meta',
  'logs',
  'certified',
  'history',
  'values',
  'evidence',
  'sessions',
] as const;
export type StoreName = (typeof STORE_NAMES)[number];

export const META_IDENTITY = 'identity';
export const META_GENERATION = 'generation';
export const META_BINDING = 'binding';
export const META_SETTINGS = 'settings';
export const META_MANIFEST_KEY = 'manifestKey';
/** The replica's own records: it can never name one of the identity's. */
export const META_OWN_PREFIX = 'own/';

export const databaseName = (voteKey: string): string => `countersign-${voteKey}`;

export function upgradeSchema(db: IDBPDatabase<unknown>, from: number): void {
  if (from >= 1) return;
  db.createObjectStore('meta');
  db.createObjectStore('logs', { keyPath: 'key' });
  db.createObjectStore('certified', { keyPath: 'key' });
  db.createObjectStore('history', { keyPath: ['key', 'version'] });
  db.createObjectStore('values');
  db.createObjectStore('evidence');
  db.createObjectStore('sessions', { keyPath: 'id' });
}
