/**
 * The service registry of a program that is one rules version further: rules 2 accept a line of more than MOST_WITHOUT_PHOTO pieces with a photo
 * only. For tests: e2e/newer/build.ts puts it in the place of src/domain/supply/registry.ts; the app that ships knows nothing of it.
 */
import { problem, refusal } from '../../src/domain/supply/problem.ts';
import {
  createSupplyRegistry as create,
  SUPPLY_SERVICES as before,
  type SupplyRegistryOptions,
  type SupplyService,
} from '../../src/domain/supply/registry.ts';
import { SERVICES, type QualityBody } from '../../src/domain/supply/types.ts';
import type { ServiceRegistry } from '../../src/l2/types.ts';

export type * from '../../src/domain/supply/registry.ts';

export const RULES_VERSION = 2;
export const MOST_WITHOUT_PHOTO = 100;

const quality = before.find(({ path }) => path === SERVICES.quality)!;

const stricter: SupplyService = {
  ...quality,
  since: 2,
  handler: async (record, request, context) => {
    const { lines } = request.body as unknown as QualityBody;
    const { manifest } = record as unknown as { manifest: { content: { lines: { quantity: number }[] } } };
    const bare = lines.find(
      ({ line, verdict, photos }) =>
        verdict === 'accept' &&
        photos.length === 0 &&
        (manifest.content.lines[line]?.quantity ?? 0) > MOST_WITHOUT_PHOTO,
    );
    if (bare === undefined) return quality.handler(record, request, context);
    const message = `Rules 2: line ${bare.line + 1} has more than ${MOST_WITHOUT_PHOTO} pieces and needs a photo.`;
    return { response: refusal(problem('verdict-outside-limits', message)), record };
  },
};

export const SUPPLY_SERVICES: readonly SupplyService[] = [...before, stricter];

export function createSupplyRegistry(options: SupplyRegistryOptions = {}): ServiceRegistry {
  return create({ services: SUPPLY_SERVICES, rulesVersions: [1, RULES_VERSION], ...options });
}
