/**
 * The example files that the demo plays with: the directory entries of its genesis, and a notice of packages that a
 * supplier signed with another tool than ours. Built into this lazily loaded part of the app, so nothing is fetched.
 */
import * as v from 'valibot';
import type { CourierEntry, SupplierKeyEntry } from '../worker/api.ts';
import { DEMO_COURIERS } from './cast.ts';

export interface DemoData {
  readonly supplierKeys: readonly SupplierKeyEntry[];
  readonly couriers: readonly CourierEntry[];
  /** Text of a file with signed manifests, or null when the build has none: the supplier then signs its own. */
  readonly notice: string | null;
}

const files: Readonly<Record<string, string>> = import.meta.glob<string>('../../examples/data/*.json', {
  query: '?raw',
  import: 'default',
  eager: true,
});

const Time = v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0)));
const DirectoryFile = v.object({
  supplierKeys: v.array(
    v.object({
      keyId: v.string(),
      publicKey: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
      gln: v.pipe(v.string(), v.regex(/^\d{13}$/)),
      name: v.string(),
      validFrom: v.optional(Time, null),
      validUntil: v.optional(Time, null),
    }),
  ),
  couriers: v.optional(v.array(v.object({ id: v.string(), name: v.string(), gln: v.string() }))),
});

/** Reads what the repository's `examples/data` holds; a file that is missing or of another shape counts as absent. */
export function demoData(texts: Readonly<Record<string, string>> = files): DemoData {
  const byName = new Map(
    Object.entries(texts).map(([path, text]) => [path.slice(path.lastIndexOf('/') + 1), text]),
  );
  const directory = readDirectory(byName.get('demo-network.json'));
  return {
    supplierKeys: directory?.supplierKeys ?? [],
    couriers: directory?.couriers ?? DEMO_COURIERS,
    notice: notice(byName),
  };
}

function readDirectory(text: string | undefined): v.InferOutput<typeof DirectoryFile> | null {
  if (text === undefined) return null;
  try {
    const json: unknown = JSON.parse(text);
    const nested = json !== null && typeof json === 'object' && 'directory' in json ? json.directory : json;
    const parsed = v.safeParse(DirectoryFile, nested);
    return parsed.success ? parsed.output : null;
  } catch {
    return null;
  }
}

/** The largest file of DSSE envelopes whose name speaks of a notice or of manifests, and not of damage. */
function notice(byName: ReadonlyMap<string, string>): string | null {
  let best: string | null = null;
  for (const [name, text] of byName) {
    if (!/asn|manifest|notice/i.test(name) || /tamper|wrong|bad|broken|unknown/i.test(name)) continue;
    if (!text.includes('payloadType')) continue;
    if (best === null || text.length > best.length) best = text;
  }
  return best;
}
