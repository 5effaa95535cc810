/** The services of a package: its announcement, the inspection, holds, label, hand-off and delivery. */
import { assign } from './handlers/assign.ts';
import { createPackage } from './handlers/create.ts';
import { deliver } from './handlers/deliver.ts';
import { finish } from './handlers/finish.ts';
import { handOff } from './handlers/hand-off.ts';
import { quarantine, release } from './handlers/hold.ts';
import { label } from './handlers/label.ts';
import { quality } from './handlers/quality.ts';
import { scan } from './handlers/scan.ts';
import { startSession } from './handlers/start.ts';
import { validate } from './handlers/validate.ts';
import type { ProblemType } from './problem.ts';
import type { SupplyService } from './service.ts';
import { SERVICES } from './types.ts';

/** Of every step of an operator's session (`packageAt` in handlers/step.ts). */
const IN_SESSION: readonly ProblemType[] = [
  'request-malformed',
  'time-order',
  'package-unknown',
  'step-order',
  'already-done',
];

/** Of every step that is a session of its own and is not for everybody (`alone` in handlers/step.ts, and whose package it is). */
const ALONE: readonly ProblemType[] = [
  'request-malformed',
  'time-order',
  'package-unknown',
  'step-order',
  'not-allowed',
];

/** Of the check of a manifest: its form, its signature, the supplier's entry that came with it. */
const MANIFEST: readonly ProblemType[] = [
  'manifest-malformed',
  'manifest-tampered',
  'supplier-key-unknown',
  'supplier-key-expired',
  'supplier-mismatch',
  'manifest-wrong-package',
  'directory-use-malformed',
  'directory-use-wrong',
];

/** Of the check of what a courier has signed: its form, what it is about, its signature, the courier's entry that came with it. */
const STATEMENT: readonly ProblemType[] = [
  'statement-malformed',
  'statement-wrong-package',
  'statement-outdated',
  'statement-time',
  'signature-wrong',
  'courier-key-unknown',
  'directory-use-malformed',
  'directory-use-wrong',
];

export const PACKAGE_SERVICES: readonly SupplyService[] = [
  {
    method: 'POST',
    path: SERVICES.createPackage,
    roles: ['supplier'],
    since: 1,
    summary: 'Announces a package from a signed manifest; a session of its own.',
    request: '`envelope` (DSSE, JSON text), `supplier`? (entry), `sealed`? [`name`, `digest`], `at`',
    response: '201 `sscc`, `asnId`, `supplier`, `keyId`, `lines` (their number)',
    errors: ['request-malformed', 'time-order', 'step-order', 'package-exists', ...MANIFEST, 'sealed-twice'],
    handler: createPackage,
  },
  {
    method: 'POST',
    path: SERVICES.startSession,
    roles: ['warehouse'],
    since: 1,
    summary: 'Begins an inspection; on an inspected package, a new one that clears the last.',
    request: '`at`',
    response: '200 `sscc`, `asnId`, `lines` (their number), `before` (status), `reinspection`',
    errors: [...IN_SESSION, 'package-left'],
    handler: startSession,
  },
  {
    method: 'POST',
    path: SERVICES.scan,
    roles: ['warehouse'],
    since: 1,
    summary: 'Reads the package’s SSCC and answers what must be inside.',
    request: '`code` (raw), `source` (typed, wedge, image, camera), `at`',
    response:
      '200 `sscc`, `symbology`, `form`, `contents` [`gtin`, `description`, `lot`, `serial`, `quantity`, `expiry`]',
    errors: [...IN_SESSION, 'code-unreadable', 'sscc-check-digit', 'gtin-check-digit', 'wrong-package'],
    handler: scan,
  },
  {
    method: 'POST',
    path: SERVICES.validate,
    roles: ['warehouse'],
    since: 1,
    summary: 'Checks the supplier’s signature on the manifest in the record again.',
    request: '`supplier`? (entry), `at`',
    response: '200 `supplier`, `supplierGln`, `keyId`, `asnId`, `issuedAt`',
    errors: [...IN_SESSION, ...MANIFEST],
    handler: validate,
  },
  {
    method: 'POST',
    path: SERVICES.quality,
    roles: ['warehouse'],
    since: 1,
    summary: 'Judges every line of the manifest by its sampling plan.',
    request: '`lines` [`line`, `defects` [`code`, `severity`, `count`], `photos` (digests), `verdict`], `at`',
    response:
      '200 `sscc`, `outcome`, `lines` [`line`, `verdict`, `sampleSize`, `critical`, `major`, `minor`]',
    errors: [...IN_SESSION, 'quality-incomplete', 'verdict-outside-limits'],
    handler: quality,
  },
  {
    method: 'POST',
    path: SERVICES.label,
    roles: ['warehouse'],
    since: 1,
    summary: 'Hands the accepted lines to a courier and answers the label’s data.',
    request: '`courierId`, `courier`? (entry), `at`',
    response:
      '200 `sscc`, `elementString`, `humanReadable`, `grouped`, `shipTo` {`gln`, `name`}, `courier` {`id`, `name`, `gln`}, `reference`, `acceptedLines`, `heldLines`',
    errors: [
      ...IN_SESSION,
      'nothing-accepted',
      'courier-unknown',
      'sscc-check-digit',
      'directory-use-malformed',
      'directory-use-wrong',
    ],
    handler: label,
  },
  {
    method: 'POST',
    path: SERVICES.finish,
    roles: ['warehouse'],
    since: 1,
    summary: 'Closes the session; then it may be committed.',
    request: '`at`',
    response: '200 `sscc`, `outcome` (status), `accepted`, `quarantined`, `rejected` (numbers of lines)',
    errors: IN_SESSION,
    handler: finish,
  },
  {
    method: 'POST',
    path: SERVICES.quarantine,
    roles: ['warehouse', 'supplier'],
    since: 1,
    summary:
      'Holds accepted lines back: by the warehouse that inspected the package, or by its supplier (a recall); a session of its own.',
    request: '`lines` (their places), `reason`, `at`',
    response: '200 `sscc`, `status`, `accepted`, `quarantined`, `rejected` (numbers of lines), `reason`',
    errors: [...ALONE, 'package-left', 'line-not-held'],
    handler: quarantine,
  },
  {
    method: 'POST',
    path: SERVICES.release,
    roles: ['warehouse', 'supplier'],
    since: 1,
    summary: 'Accepts or rejects held lines, by whoever holds them; a session of its own.',
    request:
      '`lines` [`line`, `verdict` (accept, reject), `defects` (of a second look, or null), `photos`], `at`',
    response: '200 `sscc`, `status`, `accepted`, `quarantined`, `rejected` (numbers of lines)',
    errors: [...ALONE, 'package-left', 'line-not-held', 'verdict-outside-limits'],
    handler: release,
  },
  {
    method: 'POST',
    path: SERVICES.assign,
    roles: ['warehouse'],
    since: 1,
    summary:
      'Gives an inspected package another courier, or a first one after a release; a session of its own.',
    request: '`courierId`, `courier`? (entry), `sealed`? [`name`, `digest`], `at`',
    response: '200, as `/label`',
    errors: [
      ...ALONE,
      'package-left',
      'nothing-accepted',
      'courier-unknown',
      'sscc-check-digit',
      'sealed-twice',
      'directory-use-malformed',
      'directory-use-wrong',
    ],
    handler: assign,
  },
  {
    method: 'POST',
    path: SERVICES.handOff,
    roles: ['warehouse'],
    since: 1,
    summary: 'Enters the hand-off that warehouse and courier have both signed; a session of its own.',
    request:
      '`statement` (bytes), `warehouse` and `courier` {`key`, `signature`, `device` (certificate or null)}, `entry`? (the courier’s), `at`',
    response: '200 `sscc`, `status`, `courier` {`id`, `name`, `gln`}, `place`, `time`, `digest`',
    errors: [...ALONE, 'package-left', ...STATEMENT],
    handler: handOff,
  },
  {
    method: 'POST',
    path: SERVICES.deliver,
    roles: ['courier', 'warehouse'],
    since: 1,
    summary:
      'Enters how the delivery ended, signed by the courier: by the courier, or by the warehouse that handed over; a session of its own.',
    request:
      '`statement` (bytes), `courier` {`key`, `signature`, `device`}, `entry`? (the courier’s), `photos` (digests), `at`',
    response: '200 `sscc`, `status`, `outcome`, `attempt`, `time`',
    errors: [...ALONE, 'not-handed-over', ...STATEMENT],
    handler: deliver,
  },
];
