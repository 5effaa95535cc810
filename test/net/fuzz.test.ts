/** A sample; `npx tsx scripts/fuzz.ts` runs ten million. */
import { describe, expect, test } from 'vitest';
import { createDecoders } from './fuzz/decoders.ts';
import { fuzz } from './fuzz/run.ts';

describe('decoders at the door', () => {
  test('no input of fifty thousand throws, breaks a limit or has two forms', async () => {
    const reports = await fuzz({ runs: 50_000, seed: 20_261_121 });
    for (const report of reports) {
      expect(report.inputs, report.name).toBeGreaterThan(3_000);
      // A fuzzer that never gets past the first check finds nothing.
      expect(report.taken, report.name).toBeGreaterThan(20);
    }
  });

  test('the inputs to begin with are sound: every decoder takes one of them', () => {
    const deaf = createDecoders().filter(({ seeds, take }) => !seeds.some((seed) => take(seed)));
    expect(deaf.map((decoder) => decoder.name)).toEqual([]);
  });
});
