/** The services of the directory: entries of suppliers, couriers and devices. */
import { addEntry, revoke, rotateKey } from './handlers/directory.ts';
import type { SupplyService } from './service.ts';
import { DIRECTORY_SERVICES } from './types.ts';

export const ENTRY_SERVICES: readonly SupplyService[] = [
  {
    method: 'POST',
    path: DIRECTORY_SERVICES.add,
    roles: ['supplier', 'warehouse', 'courier'],
    since: 1,
    summary:
      'Enters a supplier, a courier or a device: a member for itself, a warehouse for who is no member; a session of its own.',
    request:
      'party: `name`, `gln` (of a courier), `key` {`keyId`, `publicKey`, `validFrom`, `validUntil` (seconds), `proof`}; device: `certificate`, `proof` (its own signature over its request); `at`',
    response: '201 `kind`, `id`, `sponsor`, `keys` or `revokedAt`',
    errors: [
      'request-malformed',
      'time-order',
      'step-order',
      'not-allowed',
      'directory-exists',
      'directory-key-wrong',
    ],
    handler: addEntry,
  },
  {
    method: 'POST',
    path: DIRECTORY_SERVICES.rotate,
    roles: ['supplier', 'warehouse', 'courier'],
    since: 1,
    summary: 'Brings a new key to an entry, by the member that entered it; a session of its own.',
    request: '`key` (as above), `ends` {`keyId`, `validUntil`} or null, `at`',
    response: '200 `kind`, `id`, `sponsor`, `keys`',
    errors: [
      'request-malformed',
      'time-order',
      'step-order',
      'not-allowed',
      'directory-unknown',
      'directory-full',
      'directory-key-wrong',
    ],
    handler: rotateKey,
  },
  {
    method: 'POST',
    path: DIRECTORY_SERVICES.revoke,
    roles: ['supplier', 'warehouse', 'courier'],
    since: 1,
    summary:
      'Takes back a key, all keys of an entry, or a device, by the member that entered it; a session of its own.',
    request: '`keyId` or null (all), `reason`, `at`',
    response: '200 `kind`, `id`, `sponsor`, `keys` or `revokedAt`',
    errors: [
      'request-malformed',
      'time-order',
      'step-order',
      'not-allowed',
      'directory-unknown',
      'already-done',
    ],
    handler: revoke,
  },
];
