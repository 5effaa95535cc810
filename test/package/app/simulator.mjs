// What a person of Node does first: import both, and run something. Prints what e2e/package.spec.ts compares.
import * as simulator from 'countersign/testing/simulator';
import * as testing from 'countersign/testing';

const result = await simulator.simulate({
  seed: 7,
  allow: ({ value }) => typeof value === 'string',
  loss: 10,
  run: async ({ members }) => {
    const set = await members[0].set('title/1', 'A field');
    if (!set.ok) throw new Error(set.error.message);
  },
});
console.log(
  JSON.stringify({
    outcome: result.outcome,
    what: result.what,
    simulator: Object.keys(simulator).sort(),
    testing: Object.keys(testing).sort(),
  }),
);
