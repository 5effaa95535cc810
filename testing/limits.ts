/** Limits of the fixture; docs/limits.md lists every room's. None is a speed that a test asserts: what is over one of these hangs. */

/** A wait for replicas that is not over then has failed, milliseconds. Four browsers link in 3 s on two idle cores; machines with ten programs waiting for each core have taken fifteen times as long. */
export const PATIENCE_MS = 120_000;
/** Time between two looks at a condition, milliseconds: a look costs a page less than one of these. */
export const POLL_MS = 40;
/** What making a cluster may add to the time that its test has, milliseconds: thirteen browsers make their keys and load their pages. */
export const MAKING_MS = 120_000;
/** A failure's report waits so long for a page that does not answer, milliseconds: there is one for each member, and the test is over. */
export const DESCRIBE_MS = 5_000;
/** Browsers that load or make something at once: a page that starts takes half a core and 100 MB, and more would time one another out. */
export const AT_ONCE = 4;
/** Members of one cluster. Each is a browser context with a replica in it: beyond these a machine of any size measures itself. */
export const MAX_CLUSTER = 32;
/** UDP sockets of one cluster. Two a connection: a full mesh of sixteen has 120 connections, and each may be tried anew. */
export const MAX_SOCKETS = 2_000;
/** Bytes that a socket keeps while this process is busy, if the system allows so many: some thousand packets, a second of one connection under load. */
export const LINE_BUFFER_BYTES = 2 * 1024 * 1024;
/** Packets that are held back at once; those beyond are lost, as in a router whose queue is full. */
export const MAX_DELAYED_PACKETS = 20_000;
/** Tunnels and requests of one member's browser at once; a browser opens 256 of them at most by itself. */
export const MAX_PROXY_SOCKETS = 512;
/** Bytes of a worker's program, which is held in memory to set its clock. */
export const MAX_WORKER_SCRIPT_BYTES = 32 * 1024 * 1024;
/** What went wrong in the pages of one member and is kept for the report; the first are those that say why. */
export const MAX_COMPLAINTS = 100;
