/** How long a mirror is waited for before the operator hears that it does not answer: some hundred times its usual few milliseconds. */
export const MIRROR_PATIENCE_MS = 4000;
/** How long a member is waited for that judges and writes what a device hands over: a whole shift takes seconds on a slow phone. */
export const HANDOVER_PATIENCE_MS = 15_000;
/** Questions of one link that are worked on at once; what is more is not answered, and asked again. */
export const MAX_ASKS_PER_LINK = 16;
/** A device hands over what waits this long after a member has linked: others link in the same moment, and one is enough. */
export const HAND_OVER_SOON_MS = 300;
/** What it has not seen decided it hands over again after this time, doubled each time: the member that took it may have died with it. */
export const HAND_OVER_RETRY_MS = 30_000;
/** At most so long: a whole shift is some megabytes, and a network without a quorum may stay so for hours. */
export const MAX_HAND_OVER_RETRY_MS = 10 * 60_000;
/** Forgotten sessions are looked for this often: they end after days, so an hour more is nothing. */
export const SESSION_SWEEP_MS = 60 * 60_000;
/** Notices that a page is told about: of the thousand that may be known, the newest are the ones that two people could meet on. */
export const MAX_NOTICES_TOLD = 200;
/** Own questions without an answer yet: one per open session, as the sessions of a shift are sealed side by side. */
export const MAX_OPEN_ASKS = 512;
