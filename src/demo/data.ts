/**
 * The example files that the demo plays with: the directory entries of its genesis, and a notice of packages that a
 * supplier signed with another tool than ours. Built into this lazily loaded part of the app, so nothing is fetched.
 */
import type { CourierEntry, SupplierKeyEntry } from '../worker/api.ts';
import { exampleDirectory } from '../ui/doors/example.ts';
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

/** Reads what the repository's `examples/data` holds; a file that is missing or of another shape counts as absent. */
export function demoData(texts: Readonly<Record<string, string>> = files): DemoData {
  const byName = new Map(
    Object.entries(texts).map(([path, text]) => [path.slice(path.lastIndexOf('/') + 1), text]),
  );
  const text = byName.get('demo-network.json');
  const directory = text === undefined ? null : exampleDirectory(text);
  return {
    supplierKeys: directory?.supplierKeys ?? [],
    couriers: directory?.couriers.length ? directory.couriers : DEMO_COURIERS,
    notice: notice(byName),
  };
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
