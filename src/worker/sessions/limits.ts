/** How long a mirror is waited for before the operator hears that it does not answer: some hundred times its usual few milliseconds. */
export const MIRROR_PATIENCE_MS = 4000;
/** How long a member is waited for that judges and writes what a device hands over: a whole shift takes seconds on a slow phone. */
export const HANDOVER_PATIENCE_MS = 15_000;
/** Questions of one link that are worked on at once; what is more is not answered, and asked again. */
export const MAX_ASKS_PER_LINK = 16;
/** Own questions without an answer yet: one per open session, as the sessions of a shift are sealed side by side. */
export const MAX_OPEN_ASKS = 512;
