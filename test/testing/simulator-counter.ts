/** What `npm run simulate -- --level application` is given in its test: a counter that seed 3 breaks. */
import type { SimulateOptions } from 'countersign/testing/simulator';

export default (seed: number): Omit<SimulateOptions, 'seed'> => ({
  allow: ({ value }) => typeof value === 'number',
  async run({ members: [first] }) {
    await first!.set('counter', seed);
  },
  check(_world, { value }) {
    if (value === 3) throw new Error('three is too many');
  },
});
