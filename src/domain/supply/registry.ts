/** The service registry of the supply chain: which handler answers a request, by rules version, and when a session is whole. */
import type { Key } from '../../codec/brand.ts';
import type { CborValue } from '../../codec/cbor.ts';
import type { Handler, Service, ServiceProblem, ServiceRegistry, Transaction } from '../../l2/types.ts';
import type { CertificateChecker, SupplyContext } from './certified.ts';
import { ENTRY_SERVICES } from './directory-services.ts';
import { DIRECTORY_KEY_PREFIX, parseDirectoryKey } from './directory.ts';
import { PACKAGE_KEY_PREFIX, parseSscc } from './gs1.ts';
import { did } from './handlers/step.ts';
import { PACKAGE_SERVICES } from './package-services.ts';
import { problem } from './problem.ts';
import type { SupplyService } from './service.ts';
import { asPackageRecord } from './summary.ts';
import { DIRECTORY_SERVICES, SERVICES } from './types.ts';

export type { SupplyService } from './service.ts';

/** The newest rules that this program knows; it knows all before it too, so that what was certified by them runs again. */
export const RULES_VERSION = 1;

export const SUPPLY_SERVICES: readonly SupplyService[] = [...PACKAGE_SERVICES, ...ENTRY_SERVICES];

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
  const { checkCertificate, rulesVersions = versionsUpTo(RULES_VERSION) } = options;
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

const versionsUpTo = (newest: number): number[] => Array.from({ length: newest }, (_, i) => i + 1);

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
