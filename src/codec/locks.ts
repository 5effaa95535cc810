/** Locks as a report names them: beside reports and openings also in evidence of two reports. */
import { fromHex, isNetworkKey, type Digest, type Key, type Round, type Version } from './brand.ts';
import type { CborValue } from './cbor.ts';
import { count, hex, key, list, Malformed } from './fields.ts';
import { MAX_LOCKS_PER_REPORT } from './limits.ts';

export interface ReportedLock {
  readonly key: Key;
  readonly version: Version;
  readonly digest: Digest;
  readonly round: Round;
}

export function lockFields({ key: name, version, digest, round }: ReportedLock): CborValue {
  return [name, version, fromHex(digest), round];
}

/** @throws Malformed */
export function readLocks(value: CborValue | undefined): ReportedLock[] {
  const found = list(value, MAX_LOCKS_PER_REPORT, 'locks').map((one): ReportedLock => {
    const f = list(one, 4, 'lock');
    if (f.length !== 4) throw new Malformed('a lock has 4 fields');
    const version = count(f[1]);
    if (version < 1) throw new Malformed('versions begin at 1');
    return {
      key: key(f[0]),
      version: version as Version,
      digest: hex(f[2], 32) as Digest,
      round: count(f[3]) as Round,
    };
  });
  if (found.some((lock, i) => i > 0 && found[i - 1]!.key >= lock.key))
    throw new Malformed('locks ascend by key, and a key stands once');
  if (found.some((lock) => isNetworkKey(lock.key)))
    throw new Malformed('keys under network/ are in no report');
  return found;
}
