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
/** The program is stored by then: it has eight megabytes, waits for a network that is being opened (SETTLE_PATIENCE_MS), and sixteen browsers store it at once. */
export const STORED_PATIENCE_MS = 240_000;
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

// ---- the study `sessions` ----

/** Sizes of the session paper: each bears one failure more than the one before. */
export const SESSION_SIZES: readonly number[] = [4, 7, 10, 13, 16];
/** The paper's hundred workflows of each configuration, and the cold one before them. */
export const SESSION_WORKFLOWS = 101;
/** With `--quick`: to see that every part runs. */
export const SESSION_QUICK_WORKFLOWS = 5;
/** Steps of an inspection, from its start to its end: as many go through L1 one by one. */
export const SESSION_STEPS = 6;
/** Packages of which every step goes through L1: a cold one, and 17 of six steps, which is 102. The step is the figure; the 17 workflows stand in a table. */
export const SESSION_THROUGH_L1 = 18;
/** The same with `--quick`. */
export const SESSION_QUICK_THROUGH_L1 = 2;
/** Workflows in which every member is listened to: a hundred and a cold one. */
export const SESSION_TRACED_WORKFLOWS = 101;
/** Between a package's arrival and its first step, and after each commit: with 400, 200 and 100 in turn in one network of 4, on a busy machine, medians and minima did not differ by more than the noise. */
export const SESSION_PAUSE_MS = 250;
/** Workflows under the profiler: its intervals are 200 µs, so a function of 0.1 ms in each is seen twenty times. */
export const SESSION_PROFILED_WORKFLOWS = 41;
/** Rows of the table of what was found under the profiler. */
export const SESSION_PROFILE_ROWS = 12;
/** How long an idle network's processor time is read before each part: the smallest network then uses some hundred milliseconds. */
export const SESSION_IDLE_MS = 6_000;
/** The longest that a study says nothing. */
export const SESSION_SAY_MS = 12_000;

// The runner and the report.
/** After Ctrl-C, until the process ends whatever a study still does: a browser closes in two seconds. */
export const END_PATIENCE_MS = 10_000;
/** Dots beyond the whiskers of one box, the farthest ones: 1 % at each end of 1,000 samples. The table has the extremes. */
export const MAX_BOX_DOTS = 20;
/** Fewer samples than this are drawn as dots: a box of four has no more to say than they have. */
export const MIN_BOX_SAMPLES = 5;
/** Dots of a timeline; with more of them each column of the drawing has a stroke from its smallest to its largest sample. */
export const MAX_TIMELINE_DOTS = 1_500;
/** Rows of a table of figures that is open when the page is; a longer one is opened by hand. */
export const MAX_OPEN_ROWS = 24;
/** Inks of a plot: the app's own eight. The ninth series has the first one again, with another pattern of dashes. */
export const PLOT_INKS = 8;

// Studies of throughput and of the client.

/** Sessions one by one in one window of the rate, and windows: a hundred sessions, and ten rates to tell a least and a most by. */
export const THROUGHPUT_SINGLE_RUN = 10;
export const THROUGHPUT_SINGLE_RUNS = 10;
/** Sessions with every step through L1 in one window, and windows: 120 steps. Their latency is the study of sessions'; here it is the rate. */
export const THROUGHPUT_L1_RUN = 5;
export const THROUGHPUT_L1_RUNS = 4;
/** How long an idle network's processor time is read before each way of committing, milliseconds. */
export const THROUGHPUT_IDLE_MS = 2_000;
/** Sessions of one shift, and shifts: what a dock inspects in a morning without a network, four times. */
export const THROUGHPUT_SHIFT = 50;
export const THROUGHPUT_SHIFT_RUNS = 4;
/** Windows with several warehouses at once; each has twice as many sessions, so that each warehouse has enough. */
export const THROUGHPUT_SEVERAL_RUNS = 5;
export const THROUGHPUT_SEVERAL_SHIFT_RUNS = 2;
/** Warehouses that commit at once, at most: with more, two cores measure their own scheduler. */
export const THROUGHPUT_WAREHOUSES = 4;
/** Sizes of a shift whose rates stand beside each other; the largest fits in one batch (MAX_BATCH_ENTRIES). */
export const THROUGHPUT_SHIFT_SIZES: readonly number[] = [5, 10, 25, 50, 100, 200];
/** Sessions committed at each of these sizes, about, and shifts at least: one alone has no spread. */
export const THROUGHPUT_SIZES_SESSIONS = 100;
export const THROUGHPUT_SIZES_SHIFTS = 3;
/** Packages announced by one call: the supplier's part of a full day. */
export const THROUGHPUT_ANNOUNCED = 50;
/** Sessions in the warm-up shift. */
export const THROUGHPUT_WARM_SHIFT = 10;
/** Sessions that are committed under the profiler, in two shifts: at 0.2 ms a sample, some thousand samples. */
export const THROUGHPUT_PROFILED = 200;
/** Rows of a table made from a profile. */
export const THROUGHPUT_PROFILE_ROWS = 15;

// ---- study `gossip` ----

/** Body of a transaction's value, bytes beside 32 of an owner: about 1 KiB with it. Ours to choose; the paper does not say how large its group of points is. */
export const GOSSIP_BODY_BYTES = 960;
/** One way between two replicas, milliseconds: the paper's. */
export const GOSSIP_DELAY_MS = 60;
/** Transactions a second: the paper's. */
export const GOSSIP_PACE = 1;
/**
 * The pace that is kept, by replicas: the paper's, up to where two cores bear it. Offered one a second, 25 replicas with 10 links each decided one in
 * 1.5 s, and nothing was left of both cores: that is a queue, not a network.
 */
export const GOSSIP_PACES: readonly { readonly upTo: number; readonly pace: number }[] = [
  { upTo: 16, pace: GOSSIP_PACE },
  { upTo: 25, pace: 0.5 },
  { upTo: 40, pace: 0.25 },
];
/** Decided a second, as a share of what was offered: below this a queue grew, and latency says how long it was. */
export const GOSSIP_KEPT_UP = 0.9;
/** Replicas in a full mesh, as the product links as many. */
export const GOSSIP_FULL: readonly number[] = [4, 7];
/** Replicas over drawn topologies. */
export const GOSSIP_SPARSE: readonly number[] = [16, 25, 40];
/** Links of each. */
export const GOSSIP_DEGREES: readonly number[] = [5, 7, 10, 14];
/** Of the larger ones: what the product aims at. With all four, 25 and 40 replicas alone would take an hour and a half. */
export const GOSSIP_LARGER_DEGREES: readonly number[] = [7];
/** Topologies of each size and degree, and transactions over each: a hundred samples, the paper's ten runs. */
export const GOSSIP_TOPOLOGIES = 10;
export const GOSSIP_TRANSACTIONS = 10;
/** Transactions where there is one topology only: a p99 needs a hundred. */
export const GOSSIP_SAMPLES = 100;
/** Transactions in one window of network and processor use: 25 windows of four replicas are a hundred samples. */
export const GOSSIP_WINDOW = 4;
/** Between two failures, milliseconds: the paper's. */
export const GOSSIP_FAILURE_EVERY_MS = 5_000;
/** Offered loads, transactions a second, above the paper's one. */
export const GOSSIP_LOADS: readonly number[] = [5, 10, 20, 50];
/** How long a load is offered at least, milliseconds: a queue that grows shows by then. */
export const GOSSIP_LOAD_MS = 12_000;
/** A load under which fewer than this share is decided while it is offered is more than the network takes; no greater one is offered then. */
export const GOSSIP_SATURATED = 0.8;
/** Without transactions, for the processor time that a replica takes by itself, milliseconds. */
export const GOSSIP_IDLE_MS = 5_000;
/** The machine is quiet when less than this share of its processors is in use: 40 replicas that do nothing take a third of two. */
export const GOSSIP_QUIET = 0.5;
/** Longest wait for that, milliseconds: where something else uses the machine it never is. */
export const GOSSIP_QUIET_PATIENCE_MS = 10_000;
/** Between a cold transaction's decision and the next one, milliseconds: the others have decided it, too. */
export const GOSSIP_COLD_PAUSE_MS = 200;
/** Between the last link and the first transaction, milliseconds: the neighbours have compared what they hold. */
export const GOSSIP_SETTLE_MS = 1_500;
/** After the last transaction, milliseconds: witnesses and compact certificates are told by then, and count as its cost. */
export const GOSSIP_TAIL_MS = 1_000;
/** Pages that are asked or opened at once: a page that starts takes half a core. */
export const GOSSIP_AT_ONCE = 8;
/** Between two looks at all pages while links change, milliseconds. */
export const GOSSIP_POLL_MS = 150;
/** Links that are not there by then never will be, milliseconds: 40 replicas with 14 links each took half a minute on two busy cores. */
export const GOSSIP_LINK_PATIENCE_MS = 240_000;
/** A transaction that is not decided by then has failed, milliseconds: ten times the paper's slowest. */
export const GOSSIP_SET_PATIENCE_MS = 60_000;
/** Slowest transactions of which the submitter's trace is kept. */
export const GOSSIP_TRACES = 6;

// ---- study `peers` ----

/** Replicas and validators beside each other: the smallest network that bears a fault, and the session paper's largest. A quarter of both is a whole number. */
export const PEERS_SIZES: readonly number[] = [4, 16];
/** One way between any two, milliseconds: none, and the BeauForT paper's. */
export const PEERS_DELAYS: readonly number[] = [0, 60];
/** Transactions of each configuration, beside the cold ones: a p99 needs a hundred. */
export const PEERS_SAMPLES = 100;
/** The same with `--quick`. */
export const PEERS_QUICK_SAMPLES = 6;
/** Bytes of a value: about what a record with its signatures takes. The papers give no size. */
export const PEERS_VALUE_BYTES = 1_024;
/** A build of the Go program without a cache took 80 s of processor time, and its modules come from the network before that. */
export const PEERS_BUILD_MS = 600_000;
/** A program answers within this or never: it gives up a transaction after 60 s itself. */
export const PEERS_ANSWER_MS = 90_000;
/** The end of what a program complained of, bytes: the last lines say why it ended. */
export const PEERS_MAX_COMPLAINT = 4_096;
/** Validators that have not found one another by then never will: they look for blocks for 5 s, and dial again after some seconds. */
export const PEERS_LINK_PATIENCE_MS = 120_000;
/** Between two looks at whether they have, milliseconds. */
export const PEERS_POLL_MS = 100;

// ---- study `scale` ----

/** Simulated networks, each with every degree: the sizes that browsers reach as well, and the paper's hundred. */
export const SCALE_SIZES: readonly number[] = [16, 25, 40, 100];
/** With the product's own degree alone: one topology of 200 takes as long as three of 100. */
export const SCALE_OTHER_SIZES: readonly number[] = [64, 150, 200];
/** Links of each replica. */
export const SCALE_DEGREES: readonly number[] = [5, 7, 10, 14];
/** Links that the mesh aims at, for whatever is measured with one degree. */
export const SCALE_DEGREE = 7;
/** Topologies of each size and degree, and transactions over each: a hundred samples, the paper's ten runs. */
export const SCALE_TOPOLOGIES = 10;
export const SCALE_TRANSACTIONS = 10;
/** The paper's sizes: 20 machines with one to five browsers each. */
export const SCALE_FAULT_SIZES: readonly number[] = [20, 40, 60, 80, 100];
/** Between two failures, milliseconds: the paper's. */
export const SCALE_FAILURE_EVERY_MS = 5_000;
/** Transactions with failures over all topologies of a size, at least: 25 of 100 take 125 s to fail, and a run as many transactions. So two topologies of the largest. */
export const SCALE_FAILURE_SAMPLES = 150;
/** Replicas under a load, and loads in transactions a second. */
export const SCALE_LOAD_SIZE = 100;
export const SCALE_LOADS: readonly number[] = [2, 5, 10];
/** How long a load is offered over one topology, seconds: eight times what a transaction takes. */
export const SCALE_LOAD_SECONDS = 5;
/** Transactions under each load at least, over all topologies. */
export const SCALE_LOAD_SAMPLES = 100;
/** Where two members contend: a network of each kind that there is. */
export const SCALE_CONTENDED_SIZES: readonly number[] = [16, 40, 100];
/** Topologies there: both who contend wait, so that each version is two samples. */
export const SCALE_CONTENDED_TOPOLOGIES = 5;
/** What a replica can send, Mbit/s: a home connection's, as in the cost table. */
export const SCALE_UPLOAD_MBIT = 20;
/** Links are up and everybody knows its neighbours by then, virtual milliseconds. */
export const SCALE_SETTLED_MS = 3_000;
/** Simulations at once: one of 200 replicas takes 0.7 GB. */
export const SCALE_MAX_JOBS = 4;
/** The longest that the study says nothing, milliseconds. */
export const SCALE_SAY_MS = 12_000;
/** Starts of one kind: a p99 needs a hundred. The first, cold one comes before them. */
export const CLIENT_STARTS = 100;
/** A page that is not usable by then never will be: half a second is usual, and a busy machine takes twenty times as long. */
export const CLIENT_START_PATIENCE_MS = 60_000;
/** A first visit has fetched all that it needs when nothing has come for so long: parts ahead of need begin a second and a half after. */
export const CLIENT_QUIET_MS = 1_000;
/** Between two looks at a replica that starts: the worker's clock has steps of 0.1 ms, and asking must cost it little. */
export const CLIENT_START_POLL_MS = 5;
/** Windows in which an idle network's processor time is read, and their length: fifty seconds, and a system's ticks of 10 ms are few in each. */
export const CLIENT_IDLE_WINDOWS = 100;
export const CLIENT_IDLE_WINDOW_MS = 500;
/** Times that each replica's memory is read: its least and its most over some seconds. It is told in a table, for a hundred reads of four replicas would still be four. */
export const CLIENT_MEMORY_READS = 10;
/** Between two of them: collections of garbage fall between some. */
export const CLIENT_MEMORY_PAUSE_MS = 200;
/** Commits that are watched by the browser's tracing. */
export const CLIENT_TRACED_COMMITS = 100;
/** A task of the main thread that is longer keeps a finger waiting: the browser's own limit of a long task. */
export const CLIENT_LONG_TASK_MS = 50;
/** Packages whose storage is measured, and how many are committed between two looks. */
export const CLIENT_STORED_PACKAGES = 1_000;
export const CLIENT_STORED_AT_ONCE = 100;
/** Free bytes of a file system in memory that holds the validators' files: sixteen of them wrote 10 MB in a short run. */
export const PEERS_MEMORY_BYTES = 1_073_741_824;
/** Pause after a transaction that is made when the one before is confirmed, milliseconds: what follows a commit in the background is over by then. */
export const PEERS_PAUSE_MS = 100;
/** And for each millisecond of delay: what follows a commit at the others takes a hop or two. */
export const PEERS_PAUSE_DELAYS = 1.5;
/** Up to so much more, milliseconds, by chance: so that no pause keeps step with a timer. */
export const PEERS_PAUSE_MORE_MS = 100;
/** Transactions a second at random moments where blocks come once a second whatever is offered: they share blocks and do not slow each other. */
export const PEERS_PACE = 8;
/** The same with a quarter stopped, over whole rotations of the proposers: at 16 one takes about 35 s, so a hundred span two of them, at 4 seven. */
export const PEERS_STOPPED_PACE = 2;
/** More transactions than wanted, at most, until a rotation is over: two and a half minutes' worth. One of 16 takes 35 s, and one that is not over by then never will be. */
export const PEERS_MOST_MORE = 300;
/** Milliseconds between two looks of a tuned validator at what a peer lacks: each is tried at each size, and the best one measured. */
export const PEERS_GOSSIP_MS: readonly number[] = [10, 30, 100];
/** Transactions of such a trial on each delay, beside a first one at each place: a median of so many tells 10 ms apart from 100. */
export const PEERS_TRIALS = 7;
/** The same with `--quick`. */
export const PEERS_QUICK_TRIALS = 2;
/** Without transactions in a trial, for the processor time, milliseconds. */
export const PEERS_TRIAL_IDLE_MS = 2_000;
/** Between two looks at whether validators rest after a transaction, milliseconds: a block on loopback takes half of it. */
export const PEERS_REST_POLL_MS = 50;
/** A cost beyond the idle network that is less than this share of what the idle network takes in that time is noise: its reading varies by as much. */
export const PEERS_NOISE = 0.1;
/** After links and delays have changed, milliseconds: what was under way has arrived. */
export const PEERS_SETTLE_MS = 1_000;
/** The longest that the study says nothing. */
export const PEERS_SAY_MS = 12_000;
/** Without transactions, for the processor time and traffic that a network has by itself, milliseconds: CometBFT makes four blocks. */
export const PEERS_IDLE_MS = 4_000;
/** The same with `--quick`. */
export const PEERS_QUICK_IDLE_MS = 1_000;
/** A transaction or an update that has not arrived by then never will, milliseconds: as long as a CometBFT validator waits. */
export const PEERS_SET_PATIENCE_MS = 60_000;
