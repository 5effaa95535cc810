/** Limits of the middleware; docs/limits.md lists every room's. */
import { MAX_VALUE_BYTES } from '../../codec/limits.ts';

/** Bytes of one encoded value: what replicas carry, less the link to the version before and the frame around both. */
export const MAX_BODY_BYTES = MAX_VALUE_BYTES - 1024;
/** An access-control callback that takes longer abstains: shorter than the replica's own budget, which would not say which key it was. */
export const ACCESS_BUDGET_MS = 2000;
/** Bytes that a member signs for an application: whatever fits in a value. */
export const MAX_SIGNED_BYTES = MAX_BODY_BYTES;
/** Bytes of a proof: the largest value, and the certificate of 1,000 members who each signed another batch. */
export const MAX_PROOF_BYTES = MAX_VALUE_BYTES + 512 * 1024;
/** Values in one page of entries: a page is one message to the tab that asks. */
export const MAX_ENTRIES_PER_PAGE = 128;
/** Bytes of values after which a page of entries ends: with the largest value on top it stays within 2 MiB. */
export const ENTRIES_PAGE_BYTES = 1024 * 1024;
/** Callback calls that have not answered: ten hung values, retried for a working day's hour, are fewer. Beyond it the replica abstains at once. */
export const MAX_ACCESS_CALLS = 256;
/** What the callback did wrong, told by the status; the oldest goes first. */
export const MAX_ACCESS_REPORTS = 50;
/** Characters of a callback's error in a report and in the refusal that neighbours get. */
export const MAX_ACCESS_MESSAGE_LENGTH = 300;
/** Sets and deletes of one replica that are not decided, or whose outcome nobody fetched yet. */
export const MAX_PENDING_SETS = 256;
/** Sets and deletes of one key that wait for their turn. */
export const MAX_SETS_PER_KEY = 32;
/** Times that a set with `retry` is proposed on another winner before it gives up: nobody loses as often by chance. */
export const MAX_SET_RETRIES = 16;
/** A question for an outcome is answered at least this often, so that it never runs into the time limit of a forwarded call. */
export const SET_WAIT_MS = 5000;
/** First wait before an own proposal whose check did not finish is tried again; doubles up to half a minute. */
export const PROPOSE_RETRY_MS = 1000;
/** Longest wait between two tries of an own proposal. */
export const MAX_PROPOSE_RETRY_MS = 30_000;
/** How long the history is waited for that tells who won a version which was decided while this replica was away. */
export const OUTCOME_PATIENCE_MS = 5000;
/** Callbacks that listen in one tab. */
export const MAX_LISTENERS = 256;
/** Keys under vote that one status tells. */
export const MAX_VOTING_TOLD = 64;
/** Members of whom a key under vote tells why they did not vote for it; refusals first, and all are counted. Enough to see what is wrong. */
export const MAX_OBJECTIONS_TOLD = 8;
/** Keys of which it is remembered that the members refused this replica's proposal; the oldest goes first, and its next set only waits. */
export const MAX_REFUSED_KEYS = 256;
/** All steps of a proposed session together, when it is judged: shorter than the replica's own budget, which would not say which key it was. */
export const STEPS_BUDGET_MS = 3000;
/** One step of an own session that is run again, which nobody waits for: a page that is busy for seconds must not look like another answer. */
export const RERUN_PATIENCE_MS = 30_000;
/** Calls of step handlers that have not answered: as with the callback. Beyond it the replica abstains at once. */
export const MAX_STEP_CALLS = 256;
/** Ended sessions that a list tells, the newest; the open ones are all told. */
export const MAX_TOLD_SESSIONS = 50;
