/** Limits of the benchmark, each with its reason. */

/** Above this one machine measures its own scheduler and nothing else: 40 replicas need 3 GiB and 19 s to connect. */
export const MAX_REPLICAS = 40;
/** Beyond, the supplier's nine-digit serial range of the generated packages would have to be planned. */
export const MAX_WORKFLOWS = 5_000;
/** Enough for a steady median and for a p99 that is the worst but one of 240 steps; two clusters finish in a few minutes. */
export const QUICK_WORKFLOWS = 40;
/** A p99 of commits needs at least a hundred of them. */
export const FULL_WORKFLOWS = 150;
/** A commit that takes longer has failed: a round change takes 0.6 s, and three of them are under 10 s. */
export const COMMIT_PATIENCE_MS = 30_000;
/** Members that are not linked by then never will be: 40 replicas took 19 s on two cores that nobody else used. */
export const LINK_PATIENCE_MS = 240_000;
/** Between a package's arrival and its first step: witnesses (120 ms) and Merkle roots (300 ms) of the version before are told by then. */
export const DEFAULT_PAUSE_MS = 400;
/** Signatures made and checked by the fixed BLS job: 50 ms to 100 ms of work on a laptop, so a slow machine stays bearable. */
export const BLS_JOB_SIZE = 20;
/** Times that the BLS job is run; the median counts. */
export const BLS_JOB_ROUNDS = 5;
/** Strict writes of the bare IndexedDB loop: a p99 needs a hundred. */
export const PUT_LOOP = 100;
/** Bytes of one bare write: about what a step of the workflow stores. */
export const PUT_BYTES = 2_048;
/** Milliseconds of one sample of a micro-benchmark: eighty steps of a worker's clock. */
export const MICRO_SAMPLE_MS = 8;
/** Samples of one micro-benchmark: a median and a spread; all of them take a minute and a half. */
export const MICRO_SAMPLES = 21;
/** Times that a member of one network joins again: the others answer only so many starts of it in a row. */
export const MICRO_JOINS = 4;
/** Networks made for that. */
export const MICRO_JOIN_NETWORKS = 5;
/** Rows of the profiler's list. */
export const PROFILE_ROWS = 30;
/** Microseconds between two samples of the profiler: fine enough for steps of 3 ms, coarse enough not to slow them down. */
export const PROFILE_INTERVAL_US = 200;
/** Questions by which a target's clock is set against ours; the fastest answer counts. */
export const PROFILE_CLOCK_TRIES = 15;
/** A sample stands for at most this long, milliseconds; what is longer is time in which the thread did not get a processor. */
export const PROFILE_LONGEST_SAMPLE_MS = 2;
/** Sizes of the mesh whose time to connect is printed. */
export const MESH_SIZES: readonly number[] = [4, 7, 13, 16, 25, 40];
/** What a mesh does not do within this it never does: a dead link is noticed after 12 s, an attempt ends after 20 s, and both may come twice. */
export const MESH_PATIENCE_MS = 120_000;
/** Between two looks at all members, for each of them: 40 are asked every second. The times themselves come from the workers. */
export const MESH_POLL_MS = 25;
/** After everybody is linked, before memory is read: what was needed for the start is collected by then. */
export const MESH_SETTLE_MS = 5_000;
/** Echoes with an idle page: a p99 is the tenth worst. */
export const MESH_ECHOES = 1_000;
/** A message of one vote, encoded. */
export const MESH_ECHO_BYTES = 223;
/** How long the answering page is blocked at a time: what the issue asks of the app. */
export const MESH_BLOCK_MS = 2_000;
/** Times that it is blocked: as many echoes as with an idle page. */
export const MESH_BLOCKS = 10;
/** Echoes during one such block: done in a tenth of it on an idle machine. */
export const MESH_ECHOES_WHILE_BLOCKED = 100;
/** Members when something befalls one of them: the smallest network that bears a fault. */
export const MESH_RECOVERY_MEMBERS = 4;
/** Times that each is done to them: a spread, within ten minutes for all. */
export const MESH_ROUNDS = 3;
/** How long a line is cut or a server away: longer than DEAD_AFTER_MS of the mesh, so that the links are gone. */
export const MESH_AWAY_MS = 20_000;
/** A long cut: attempts have failed by then, and wait before the next (ATTEMPT_TIMEOUT_MS and RETRY_MAX_MS of the mesh). */
export const MESH_LONG_AWAY_MS = 60_000;
/** How long a member that leaves by itself is away: its links are closed at once. */
export const MESH_LEFT_MS = 3_000;
/** Packages of one run of `--batches`: twice as many and one are planned from the supplier's serial range. */
export const MAX_BATCH_PACKAGES = 2_000;
/** All packages of one such run are committed by then, or it has failed: 2,000 one by one at 50 ms each take 100 s. */
export const BATCH_PATIENCE_MS = 300_000;
/** Sizes of the street whose transfers are timed (`bench/loyalty.ts`): each bears one more that fails than the one before. */
export const LOYALTY_MEMBERS: readonly number[] = [4, 7, 10, 13, 16];
/** One-way delays between stalls: none, and the 60 ms of the BeauForT paper's setup. */
export const LOYALTY_DELAYS: readonly number[] = [0, 60];
/** Timed transfers of each size and delay: the first is cold, twenty-four are a median and a spread. */
export const LOYALTY_SAMPLES = 25;
/** Between two transfers: the paper's clients make one a second. */
export const LOYALTY_PAUSE_MS = 1_000;
