/** The directory of examples/data, if this build has it: to try things out without typing keys, and for the demo. */
import * as v from 'valibot';
import type { CourierEntry, SupplierKeyEntry } from '../../worker/api.ts';

export interface ExampleDirectory {
  readonly supplierKeys: readonly SupplierKeyEntry[];
  readonly couriers: readonly CourierEntry[];
}

const files: Readonly<Record<string, string>> = import.meta.glob<string>(
  '../../../examples/data/demo-network.json',
  {
    query: '?raw',
    import: 'default',
    eager: true,
  },
);

const Time = v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0)));
const Schema = v.object({
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
  couriers: v.optional(v.array(v.object({ id: v.string(), name: v.string(), gln: v.string() })), []),
});

export function exampleDirectory(
  text: string | undefined = Object.values(files)[0],
): ExampleDirectory | null {
  if (text === undefined) return null;
  try {
    const json: unknown = JSON.parse(text);
    const nested = json !== null && typeof json === 'object' && 'directory' in json ? json.directory : json;
    const parsed = v.safeParse(Schema, nested);
    return parsed.success ? parsed.output : null;
  } catch {
    return null;
  }
}
