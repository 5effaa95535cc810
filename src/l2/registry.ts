/** A service registry: (rules version, method, path) → handler, the same in every replica of a network. */
import type { Key } from '../codec/brand.ts';
import type { CborValue } from '../codec/cbor.ts';
import { MAX_PATH_LENGTH, MAX_SERVICES } from './limits.ts';
import type { Service, ServiceProblem, ServiceRegistry, Transaction } from './types.ts';

/**
 * Builds a registry. A service that appears more than once with a different `since` has been changed by a later rules version: for a
 * session, the one with the highest `since` not above its rules version counts, so that old evidence re-executes.
 * Throws RangeError on two handlers for one place, which is a mistake in the program.
 */
export function createRegistry(
  services: readonly Service[],
  rulesVersions: readonly number[],
  keyProblem: (key: Key) => string | null,
  incomplete: (record: CborValue, transactions: readonly Transaction[]) => ServiceProblem | null,
): ServiceRegistry {
  if (services.length > MAX_SERVICES) throw new RangeError(`more than ${MAX_SERVICES} services`);
  const byPlace = new Map<string, Service[]>();
  for (const service of services) {
    if (!isPath(service.path)) throw new RangeError(`${service.path} is not a path`);
    // Left to the session layer itself (http.ts).
    if (service.path.startsWith('/.')) throw new RangeError(`${service.path} begins with a dot`);
    const place = placeOf(service.method, service.path);
    const versions = byPlace.get(place) ?? [];
    if (versions.some((other) => other.since === service.since)) {
      throw new RangeError(`two handlers for ${place} since rules version ${service.since}`);
    }
    versions.push(service);
    versions.sort((a, b) => b.since - a.since);
    byPlace.set(place, versions);
  }
  const known = new Set(rulesVersions);
  const find = (rulesVersion: number, method: string, path: string): Service | undefined =>
    known.has(rulesVersion)
      ? byPlace.get(placeOf(method, path))?.find((service) => service.since <= rulesVersion)
      : undefined;
  return {
    rulesVersions: [...known].sort((a, b) => a - b),
    find,
    list: (rulesVersion) => services.filter((s) => find(rulesVersion, s.method, s.path) === s),
    keyProblem,
    incomplete,
  };
}

/** `/` and then 1 to 119 characters of the unreserved set of RFC 3986, with `/` between segments. */
export function isPath(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_PATH_LENGTH && /^\/[A-Za-z0-9._~/-]+$/.test(value);
}

const placeOf = (method: string, path: string): string => `${method} ${path}`;
