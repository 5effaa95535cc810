/** The service registry of the supply chain: which requests there are, who may send them, what they answer and refuse. */
import type { Key } from '../../codec/brand.ts';
import type { CborValue } from '../../codec/cbor.ts';
import type { Service, ServiceProblem, ServiceRegistry, Transaction } from '../../l2/types.ts';
import { PACKAGE_KEY_PREFIX, parseSscc } from './gs1.ts';
import { createPackage } from './handlers/create.ts';
import { finish } from './handlers/finish.ts';
import { label } from './handlers/label.ts';
import { quality } from './handlers/quality.ts';
import { scan } from './handlers/scan.ts';
import { startSession } from './handlers/start.ts';
import { did } from './handlers/step.ts';
import { validate } from './handlers/validate.ts';
import { PROBLEM_STATUS, problem, type ProblemType } from './problem.ts';
import { asPackageRecord } from './summary.ts';
import { SERVICES } from './types.ts';

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
    request: '`envelope` (DSSE, JSON text), `at`',
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
    errors: ['request-malformed', 'time-order', 'package-unknown', 'step-order', 'already-done'],
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
    request: '`at`',
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
    request: '`courierId`, `at`',
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
];

export function createSupplyRegistry(): ServiceRegistry {
  const of = (rulesVersion: number): readonly SupplyService[] =>
    rulesVersion === RULES_VERSION ? SUPPLY_SERVICES : [];
  return {
    rulesVersions: [RULES_VERSION],
    find: (rulesVersion, method, path) =>
      of(rulesVersion).find((service) => service.method === method && service.path === path),
    list: of,
    keyProblem,
    incomplete,
  };
}

function keyProblem(key: Key): string | null {
  if (!key.startsWith(PACKAGE_KEY_PREFIX))
    return `Key ${key} is not a package's: it must be ${PACKAGE_KEY_PREFIX} and an SSCC.`;
  const sscc = parseSscc(key.slice(PACKAGE_KEY_PREFIX.length));
  return sscc.ok ? null : sscc.error.message;
}

/** A session is a lone create, or ends with finish: half an inspection never becomes a version. */
function incomplete(record: CborValue, transactions: readonly Transaction[]): ServiceProblem | null {
  const sscc = asPackageRecord(record)?.sscc ?? 'the package';
  const first = transactions[0]?.request.path;
  if (first === SERVICES.createPackage && transactions.length === 1) return null;
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

Rules version ${RULES_VERSION}. A key is \`${PACKAGE_KEY_PREFIX}\` and an SSCC of 18 digits. Every request runs at once in the operator's session and again,
by the same handler, at every replica that votes. \`at\` is a claimed time in milliseconds since 1970 and never goes back within
a session. A refusal answers \`{ type, message }\` and changes nothing.

| Method | Path | Role | What it does | Request | Response | Errors |
|---|---|---|---|---|---|---|
${rows.join('\n')}

## Errors

| Type | Status | Refused by |
|---|---|---|
${errors.join('\n')}

## Order

A package is created in a session of its own. An operator's session is start, scan, validate, quality, label, finish, each once;
undo takes the last step back. Label is left out, and refused, when no line was accepted. A session may be committed when it is a
lone create or ends with finish. Start on an inspected package begins a new inspection: scan, supplier check, inspection and label
are cleared; what they said stays in the key's history.

| Verdicts of the lines | Status after finish |
|---|---|
| at least one accept | \`labelled\`; the lines that were not accepted stay behind |
| no accept, at least one quarantine | \`quarantined\` |
| all reject | \`rejected\` |
`;
}
