/** A new W0 is for rounds that are entered from then on. */
import { describe, expect, it } from 'vitest';
import { nextTimer } from './timers.ts';
import { createReplica, preCommit, W0 } from './harness.ts';

describe('a change of W0', () => {
  it('leaves the timers of the round that runs, and sets those of the next', () => {
    const replica = createReplica();
    replica.propose('a');
    expect(nextTimer(replica)).toBe(W0);
    replica.now = 10;
    replica.take(preCommit(1, 0, 'a'), preCommit(2, 0, 'b'));
    expect(nextTimer(replica)).toBe(W0);
    replica.send({ type: 'w0', w0: 10 * W0 });
    replica.tick(50);
    expect(replica.round).toBe(0);
    // The early exit of round 0: one old window after it was complete.
    replica.tick(10 + W0);
    expect(replica.round).toBe(1);
    // The vote of round 1 goes by the window of round 0 as it was; the rest of round 1 by the new one.
    expect(replica.said).toEqual(['r0 PRE-COMMIT a', 'r1 PRE-COMMIT a']);
    expect(nextTimer(replica)).toBe(10 + W0 + 2 * 10 * W0);
  });

  it('is taken up by a version that opens later, and after a restart', () => {
    const replica = createReplica();
    replica.send({ type: 'w0', w0: 3 * W0 });
    replica.propose('a');
    expect(nextTimer(replica)).toBe(3 * W0);
  });
});
