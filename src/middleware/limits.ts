/** Limits of the middleware's page side; docs/limits.md lists every room's. */

/** Changes that wait for one loop over `changes`: beyond it older versions of the same key are dropped. A burst of a working minute fits. */
export const MAX_BUFFERED_CHANGES = 1024;
/** How long the worker of the doors is kept after a call: a loop over proofs does not start one for each. */
export const DOORS_LINGER_MS = 2000;
/** Proofs and signatures that one call of the callback may have checked: the same at every member. A value with more is refused. */
export const MAX_TOOL_CALLS = 256;
