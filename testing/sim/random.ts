/** Chance for workloads and forged values: streams of their own, so that one draw more leaves the faults of a seed as they are. */
import { createRandom } from '../../test/sim/scheduler.ts';
import { MAX_RANDOM_BYTES } from './limits.ts';
import type { SimulatedRandom } from './types.ts';

export function simulatedRandom(seed: number): SimulatedRandom {
  const random = createRandom(seed);
  return {
    ...random,
    bytes(length) {
      if (!Number.isInteger(length) || length < 0 || length > MAX_RANDOM_BYTES)
        throw new RangeError(`bytes takes 0 to ${MAX_RANDOM_BYTES}.`);
      return Uint8Array.from({ length }, () => random.below(256));
    },
  };
}

/** FNV-1a of a text: the seed of a stream that belongs to it. */
export function seedOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
