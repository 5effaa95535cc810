/**
 * Devices at a replica: terminals and phones that a member has certified. They ask for state and are given it, and may hand on what proves
 * itself; they say nothing in a voter's name. What is not named here only members send: it costs a device its link (`device-vote`).
 *
 * Their links are no neighbours: nothing is pushed to them, nobody is reached through them, and no state is asked of them. They are told the
 * roots of the trees, as neighbours are, and ask for what they lack.
 */
import type { ReplicaMessage } from '../../codec/replica-message.ts';

type Kind = ReplicaMessage['type'];

/** Questions, answered as those of a neighbour. */
const ASKS: ReadonlySet<Kind> = new Set<Kind>([
  'want-values',
  'want-nodes',
  'want-keys',
  'want-history',
  'want-held',
  'want-chain',
  'want-leaves',
  'probe',
]);

/** Of the session layer, which looks at who asks, checks signatures, and keeps each link to its share (src/worker/sessions). */
const TALKS: ReadonlySet<Kind> = new Set<Kind>(['session-ask', 'session-answer', 'notice']);

/** Taken, because whoever brings it, it proves itself: certificates and evidence by signatures, values by their digest. */
const TELLS: ReadonlySet<Kind> = new Set<Kind>(['certificates', 'values', 'evidence', 'chain']);

/** Heard and left alone: how a device compares itself with us is its own affair. */
const PASSES: ReadonlySet<Kind> = new Set<Kind>(['roots', 'nodes', 'history', 'held', 'alive', 'leaves']);

/** What becomes of a message from a device. */
export function fromDevice(kind: Kind): 'take' | 'ignore' | 'refuse' {
  if (ASKS.has(kind) || TELLS.has(kind) || TALKS.has(kind)) return 'take';
  return PASSES.has(kind) ? 'ignore' : 'refuse';
}

/** Whether a device sends it: the rest, which its replica would pass on like any other's, stays where it is. */
export function deviceSends(kind: Kind): boolean {
  return ASKS.has(kind) || TELLS.has(kind) || TALKS.has(kind) || kind === 'alive';
}
