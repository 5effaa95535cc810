/** Limits of the demo room; docs/limits.md lists every room's. */

/** Trace events that one pane may hand over in one message: a commit makes about 20 per replica; the rest is a flood. */
export const MAX_EVENTS_PER_MESSAGE = 500;
/** Events kept for one (key, version): 4 replicas × (4 pre-commits + 4 commits) × 60 rounds, rounded up. */
export const MAX_EVENTS_PER_RECORDING = 2_000;
/** Recordings kept: two for each run; a person looks back at a few runs, not at a day. */
export const MAX_RECORDINGS = 24;
/** Lines shown under "What just happened". */
export const MAX_LOG_LINES = 60;
/** Demo networks remembered in this browser; older ones stay on the start page as plain profiles. */
export const MAX_REMEMBERED_DEMOS = 8;
/** Answers that the page waits for at once: one call per pane and a few from impatient clicks. */
export const MAX_PENDING_CALLS = 32;
/** Milliseconds until a pane's answer counts as missing: signing and storing takes tens of them; a loaded phone takes seconds. */
export const CALL_TIMEOUT_MS = 20_000;
/** Characters of a sentence that a pane may hand over. */
export const MAX_PANE_TEXT = 1_000;
/** Bytes of a manifest file that the demo hands to a pane: 20 packages take about 40 KiB. */
export const MAX_MANIFEST_TEXT = 1024 * 1024;

/** Silence within a recording beyond which playback does not dwell and the plot breaks its axis, in milliseconds. */
export const QUIET_MS = 80;
/** How much of a silence is still shown on either side of it, in milliseconds. */
export const QUIET_SHOWN_MS = 15;
/** Shortest span of the time plot, in milliseconds: a commit on one machine fits. */
export const MIN_PLOT_MS = 60;
/** How long a finished recording stays before the next one begins to play, in milliseconds of the viewer's time. */
export const DWELL_MS = 1_200;
/** A message of which only the arrival is known is drawn as if it had travelled this long, in milliseconds. */
export const ASSUMED_FLIGHT_MS = 2;
/** Extra delay that "Slow down" gives a replica's outgoing messages, in milliseconds. */
export const SLOW_DELAY_MS = 200;
/** Lies that the lying replica keeps up: one per slot it voted in; a demo has a few dozen. */
export const MAX_LIES_REMEMBERED = 256;
