/** The service registry of the supply chain: which requests there are, who may send them, what they answer and refuse. */
import type { Key } from '../../codec/brand.ts';
import type { CborValue } from '../../codec/cbor.ts';
import type { Handler, Service, ServiceProblem, ServiceRegistry, Transaction } from '../../l2/types.ts';
import type { CertificateChecker, SupplyContext } from './certified.ts';
import { DIRECTORY_KEY_PREFIX, parseDirectoryKey } from './directory.ts';
import { PACKAGE_KEY_PREFIX, parseSscc } from './gs1.ts';
import { assign } from './handlers/assign.ts';
import { createPackage } from './handlers/create.ts';
import { deliver } from './handlers/deliver.ts';
import { addEntry, revoke, rotateKey } from './handlers/directory.ts';
import { finish } from './handlers/finish.ts';
import { handOff } from './handlers/hand-off.ts';
import { quarantine, release } from './handlers/hold.ts';
import { label } from './handlers/label.ts';
import { quality } from './handlers/quality.ts';
import { scan } from './handlers/scan.ts';
import { startSession } from './handlers/start.ts';
import { did } from './handlers/step.ts';
import { validate } from './handlers/validate.ts';
import { PROBLEM_STATUS, problem, type ProblemType } from './problem.ts';
import { asPackageRecord } from './summary.ts';
import { DIRECTORY_SERVICES, SERVICES } from './types.ts';

/** A service with what docs/registry.md says about it. */
export interface SupplyService extends Service {
  /** Fields of the request's body. */
  readonly request: string;
  /** Status and fields of a success. */
  readonly response: string;
  /** Everything that the handler may refuse with. */
  readonly errors: readonly ProblemType[];
}

export const RULES_VERSION = 1;

export const SUPPLY_SERVICES: readonly SupplyService[] = [
  {
    method: 'POST',
    path: SERVICES.createPackage,
    roles: ['supplier'],
    since: 1,
    summary: 'Announces a package from a signed manifest; a session of its own.',
    request: '`envelope` (DSSE, JSON text), `supplier`? (entry), `sealed`? [`name`, `digest`], `at`',
    response: '201 `sscc`, `asnId`, `supplier`, `keyId`, `lines` (their number)',
    errors: [
      'request-malformed',
      'time-order',
      'step-order',
      'package-exists',
      'manifest-malformed',
      'manifest-tampered',
      'supplier-key-unknown',
      'supplier-key-expired',
      'supplier-mismatch',
      'manifest-wrong-package',
      'directory-use-malformed',
      'directory-use-wrong',
      'sealed-twice',
    ],
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
    errors: [
      'request-malformed',
      'time-order',
      'package-unknown',
      'step-order',
      'already-done',
      'package-left',
    ],
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
    errors: [
      'request-malformed',
      'time-order',
      'package-unknown',
      'step-order',
      'already-done',
      'code-unreadable',
      'sscc-check-digit',
      'gtin-check-digit',
      'wrong-package',
    ],
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
    errors: [
      'request-malformed',
      'time-order',
      'package-unknown',
      'step-order',
      'already-done',
      'manifest-malformed',
      'manifest-tampered',
      'supplier-key-unknown',
      'supplier-key-expired',
      'supplier-mismatch',
      'manifest-wrong-package',
      'directory-use-malformed',
      'directory-use-wrong',
    ],
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
    errors: [
      'request-malformed',
      'time-order',
      'package-unknown',
      'step-order',
      'already-done',
      'quality-incomplete',
      'verdict-outside-limits',
    ],
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
      'request-malformed',
      'time-order',
      'package-unknown',
      'step-order',
      'already-done',
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
    errors: ['request-malformed', 'time-order', 'package-unknown', 'step-order', 'already-done'],
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
    errors: [
      'request-malformed',
      'time-order',
      'package-unknown',
      'step-order',
      'not-allowed',
      'package-left',
      'line-not-held',
    ],
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
    errors: [
      'request-malformed',
      'time-order',
      'package-unknown',
      'step-order',
      'not-allowed',
      'package-left',
      'line-not-held',
      'verdict-outside-limits',
    ],
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
      'request-malformed',
      'time-order',
      'package-unknown',
      'step-order',
      'not-allowed',
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
    errors: [
      'request-malformed',
      'time-order',
      'package-unknown',
      'step-order',
      'not-allowed',
      'package-left',
      'statement-malformed',
      'statement-wrong-package',
      'statement-outdated',
      'statement-time',
      'signature-wrong',
      'courier-key-unknown',
      'directory-use-malformed',
      'directory-use-wrong',
    ],
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
    errors: [
      'request-malformed',
      'time-order',
      'package-unknown',
      'step-order',
      'not-allowed',
      'not-handed-over',
      'statement-malformed',
      'statement-wrong-package',
      'statement-outdated',
      'statement-time',
      'signature-wrong',
      'courier-key-unknown',
      'directory-use-malformed',
      'directory-use-wrong',
    ],
    handler: deliver,
  },
  {
    method: 'POST',
    path: DIRECTORY_SERVICES.add,
    roles: ['supplier', 'warehouse', 'courier'],
    since: 1,
    summary:
      'Enters a supplier, a courier or a device: a member for itself, a warehouse for who is no member; a session of its own.',
    request:
      'party: `name`, `gln` (of a courier), `key` {`keyId`, `publicKey`, `validFrom`, `validUntil` (seconds), `proof`}; device: `certificate`; `at`',
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

export interface SupplyRegistryOptions {
  /** Without it a request that carries an entry of the directory can't be judged here: whoever runs it abstains. */
  readonly checkCertificate?: CertificateChecker;
  /** What there is, all rules versions together; a service that a later version changes stands in it once for each `since`. */
  readonly services?: readonly SupplyService[];
  readonly rulesVersions?: readonly number[];
}

/**
 * For a session the service with the highest `since` not above its rules version counts, so that what was certified by old rules runs
 * again by them. A version that is not in `rulesVersions` has no services: its sessions are for newer copies to judge.
 */
export function createSupplyRegistry(options: SupplyRegistryOptions = {}): ServiceRegistry {
  const { checkCertificate, rulesVersions = [RULES_VERSION] } = options;
  const services = (options.services ?? SUPPLY_SERVICES).map((service) =>
    checkCertificate === undefined
      ? service
      : { ...service, handler: withChecker(service.handler, checkCertificate) },
  );
  const of = new Map(
    rulesVersions.map((version) => [
      version,
      services.filter(
        (service) =>
          service.since <= version &&
          !services.some(
            (other) => isSamePlace(other, service) && other.since > service.since && other.since <= version,
          ),
      ),
    ]),
  );
  return {
    rulesVersions: [...rulesVersions].sort((a, b) => a - b),
    find: (rulesVersion, method, path) =>
      of.get(rulesVersion)?.find((service) => service.method === method && service.path === path),
    list: (rulesVersion) => of.get(rulesVersion) ?? [],
    keyProblem,
    incomplete,
  };
}

const isSamePlace = (a: Service, b: Service): boolean => a.method === b.method && a.path === b.path;

const withChecker =
  (handler: Handler, checkCertificate: CertificateChecker): Handler =>
  (record, request, context) => {
    const seen: SupplyContext = { ...context, checkCertificate };
    return handler(record, request, seen);
  };

function keyProblem(key: Key): string | null {
  if (key.startsWith(DIRECTORY_KEY_PREFIX)) {
    return parseDirectoryKey(key) === null
      ? `Key ${key} is no entry of the directory: it must be directory/supplier/ and a GLN, directory/courier/ and an id, or directory/device/ and a public key.`
      : null;
  }
  if (!key.startsWith(PACKAGE_KEY_PREFIX))
    return `Key ${key} is not a package's: it must be ${PACKAGE_KEY_PREFIX} and an SSCC.`;
  const sscc = parseSscc(key.slice(PACKAGE_KEY_PREFIX.length));
  return sscc.ok ? null : sscc.error.message;
}

/** Sessions of one step, beside the inspection. */
const LONE: readonly string[] = [
  SERVICES.createPackage,
  SERVICES.quarantine,
  SERVICES.release,
  SERVICES.assign,
  SERVICES.handOff,
  SERVICES.deliver,
  ...Object.values(DIRECTORY_SERVICES),
];

/** A session is one of the lone steps, or ends with finish: half an inspection never becomes a version. */
function incomplete(record: CborValue, transactions: readonly Transaction[]): ServiceProblem | null {
  const sscc = asPackageRecord(record)?.sscc ?? 'the package';
  const first = transactions[0]?.request.path;
  if (first !== undefined && LONE.includes(first) && transactions.length === 1) return null;
  if (transactions.at(-1)?.request.path === SERVICES.finish) return null;
  if (transactions.length === 0)
    return problem('step-order', `The session on ${sscc} has no step. Start it, or abandon it.`);
  const missing = [SERVICES.scan, SERVICES.validate, SERVICES.quality].find(
    (path) => !did(transactions, path),
  );
  return problem(
    'step-order',
    `The session on ${sscc} is not finished: ${missing ?? SERVICES.finish} is missing. Go on with it, or abandon the session.`,
  );
}

/** docs/registry.md; a test keeps the file equal to this. */
export function registryMarkdown(): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|');
  const code = (items: readonly string[]): string => items.map((item) => `\`${item}\``).join(', ');
  const rows = SUPPLY_SERVICES.map(
    (s) =>
      `| \`${s.method}\` | \`${s.path}\` | ${s.roles.join(', ')} | ${cell(s.summary)} | ${cell(s.request)} | ${cell(s.response)} | ${code(s.errors)} |`,
  );
  const errors = Object.entries(PROBLEM_STATUS).map(([type, status]) => {
    const where = SUPPLY_SERVICES.filter((s) => s.errors.includes(type as ProblemType)).map((s) => s.path);
    return `| \`${type}\` | ${status} | ${code(where)} |`;
  });
  return `# Service registry

Written by \`registryMarkdown()\` of \`src/domain/supply/registry.ts\`; a test fails when the two differ, and
\`npx vitest run test/domain/registry.test.ts -u\` writes it anew.

Rules version ${RULES_VERSION}. A key is \`${PACKAGE_KEY_PREFIX}\` and an SSCC of 18 digits, or an entry of the directory. Every request runs at once in the operator's session and again,
by the same handler, at every replica that votes. \`at\` is a claimed time in milliseconds since 1970 and never goes back within
a session. A refusal answers \`{ type, message }\` and changes nothing. A field with \`?\` may be left out. An entry is
\`{ value, certificate }\`: the bytes of a certified value of the directory and of its certificate, which every replica checks.

| Method | Path | Role | What it does | Request | Response | Errors |
|---|---|---|---|---|---|---|
${rows.join('\n')}

## Errors

| Type | Status | Refused by |
|---|---|---|
${errors.join('\n')}

## Order

Sessions are of two kinds. An inspection is start, scan, validate, quality, label, finish, each once, and ends with finish; undo takes
the last step back; label is left out, and refused, when no line was accepted. Every other service is a session of its own: one step.
Start on an inspected package begins a new inspection: scan, supplier check, inspection, holds, label and hand-off are cleared; what they
said stays in the key's history. A package that a courier has signed for can't be inspected until the courier reports that it was not
delivered.

| Verdicts of the lines | Status after finish |
|---|---|
| at least one accept | \`labelled\`; the lines that were not accepted stay behind |
| no accept, at least one quarantine | \`quarantined\` |
| all reject | \`rejected\` |

| Step | Status after it |
|---|---|
| quarantine, release | \`labelled\` while something is accepted and has its courier, \`released\` while it has none; \`quarantined\` when nothing is accepted and something held; \`rejected\` when all is rejected |
| courier | \`labelled\` |
| hand-off | \`in-transit\` |
| delivery | \`delivered\`; \`in-transit\` after \`not-at-home\`; \`undelivered\` after \`refused\`, \`damaged\`, \`wrong-address\` and \`lost\` |

## Directory

| Key | Holds | Who changes it |
|---|---|---|
| \`directory/supplier/<GLN>\` | keys for manifests | the member with this GLN, a supplier; if no member has it, the warehouse that entered it |
| \`directory/courier/<id>\` | keys for hand-offs and deliveries | the member with its GLN, a courier; if no member has it, the warehouse that entered it |
| \`directory/device/<public key>\` | whose device it is | the member that certified it |

Periods of keys are judged by claimed times: a supplier's by the manifest's \`issuedAt\`, a courier's by the time that it signed. A revoked
key vouches for nothing after its revocation; a supplier's, for no package that is announced after it. A request may carry any certified
version of an entry, so a key that was taken back stays usable to whoever has the older version until its own \`validUntil\`, which
is never more than 800 days away.
`;
}
