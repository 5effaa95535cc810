/** Limits of the worker room; docs/limits.md lists every room's. */

/** W0 before anything is measured: two message delays between phones on bad mobile links are under half a second. */
export const DEFAULT_W0_MS = 600;
/** Least W0: below it a write, a check or a busy phone takes longer than the messages, and rounds would end for nothing. */
export const MIN_W0_MS = 150;
/** Greatest W0: ten times the least, the most by which members may differ. Slower networks are left to W(r), which grows. */
export const MAX_W0_MS = 1500;
/** W0 is this many times the measured delay of two messages: half of them may take twice as long. */
export const W0_FACTOR = 2;
/** How far one measurement moves the delay that is kept: a slow moment costs one round a quarter of itself. */
export const W0_SMOOTHING = 0.25;
/** W0 follows when it would change by more than this part of itself. */
export const W0_CHANGE = 0.1;
/** Neighbours are probed this often: forty bytes there and back. */
export const W0_PROBE_MS = 15_000;
/** Own proposals whose votes are timed at once. */
export const MAX_ECHOES = 64;
/** Bytes of values kept in memory: the open versions' values, and heads that were read lately. */
export const MAX_VALUE_CACHE_BYTES = 48 * 1024 * 1024;
/**
 * Bytes of values that one member's votes brought in, kept for versions that are not decided: a shift that was offline hands in a few
 * hundred packages of 20 KiB at once. More is not looked at before some of it is decided, unless more than f members vote for it.
 */
export const MAX_OPEN_BYTES_PER_AUTHOR = 16 * 1024 * 1024;
/** Values that are being fetched: one shift's worth of packages; the rest waits for the next descent. */
export const MAX_WANTED_VALUES = 2048;
/** A value that was not answered for this long is asked of another member. */
export const VALUE_RETRY_MS = 400;
/** Validation longer than this means: not valid yet. A session of 64 steps takes under 50 ms on a slow phone. */
export const VALIDATION_BUDGET_MS = 4000;
/** First wait before an unfinished validation is tried again; doubles up to a minute. */
export const VALIDATION_RETRY_MS = 1000;
/** An unfinished validation waits a doubled time at most so many times: a minute. */
export const MAX_VALIDATION_RETRY_DOUBLINGS = 6;
/** Roots are told this long after the last change, so that a vote under way is not disturbed by descents. */
export const ROOTS_DEBOUNCE_MS = 300;
/** Neighbours that are told after a change, others each time: each is told by several, and all of them once in ROOTS_PERIOD_MS. */
export const ROOTS_TOLD_AT_ONCE = 4;
/** Roots are told at least this often where the two sides have not told each other the same: the repair of a lost push begins with them. */
export const ROOTS_PERIOD_MS = 3000;
/** Keys asked for over one link at once; the next page follows when it was answered. */
export const SYNC_PAGE_KEYS = 128;
/** Bytes of values in one message, so that it stays below MAX_MESSAGE_BYTES. */
export const VALUES_PER_MESSAGE_BYTES = 1024 * 1024;
/** RESUME asks again after this long, and after twice as long each time: a question and its answers cross a network of 1,000 in less. */
export const RESUME_RETRY_FIRST_MS = 1000;
/** An ask is put off while answers come, and no longer than this: liars could give theirs one by one, and on the shortest ways keep the others' back. */
export const RESUME_PUT_OFF_MS = 10_000;
/** Longest wait between two asks: who was missing may be back, and each ask costs every member some hundred bytes. */
export const RESUME_RETRY_MAX_MS = 60_000;
/** RESUME looks this often whether it has to ask again. */
export const RESUME_TICK_MS = 250;
/** Asks in a row that brought nothing new, after which the next is answered over every link and not along the ways that it went: that costs more and cannot be cut. */
export const RESUME_NARROW_ASKS = 3;
/** Later ones are answered over every link, whatever the earlier ones brought. */
export const MAX_RESUME_NARROW_ASKS = 4;
/** Asks that do not wait because the first answers said "sync first" and syncing has ended; more would use up what relays grant. */
export const MAX_RESUME_EARLY_ASKS = 4;
/** With fewer links than answers, RESUME waits this long after the last one that it needs: an earlier start of this member, some hops away, answers as well. */
export const RESUME_TWIN_PATIENCE_MS = 300;
/** An ask is told to new neighbours for this long: until the next one of the same member at the latest. */
export const RESUME_KEEP_MS = 90_000;
/** A new neighbour is told of open asks after this long, when it has said whom it is linked to. */
export const RESUME_PASS_ON_MS = 250;
/** Links on which an answer goes back at each hop: three of seven reach the asker though a third of all drop what they should pass on. */
export const RESUME_WAYS_BACK = 3;
/** Asks of one member passed on at once: the first minute of one that waits for a quorum, and a reload. */
export const RESUME_ASK_BURST = 10;
/** Asks that one member earns back in a minute; one that waits for a quorum sends one. */
export const RESUME_ASKS_PER_MINUTE = 2;
/** An ask is fresh when its time is this close to the clock here, in seconds: computers in one domain differ by less. */
export const RESUME_FRESH_SECONDS = 300;
/** Asks of one member that are not fresh: from a wrong clock, or old ones said again by somebody else, which must not cost the fresh ones. */
export const RESUME_STALE_ASK_BURST = 4;
/** Such asks that it earns back in a minute. */
export const RESUME_STALE_ASKS_PER_MINUTE = 1;
/** Bytes of names in asks of one member at once: two with as many as there may be. */
export const RESUME_ASK_BURST_BYTES = 256 * 1024;
/** Such bytes that it earns back in a second: a largest ask in 100 s. */
export const RESUME_ASK_BYTES_PER_SECOND = 1024;
/** Bytes of one member's answers passed on at once: to 1,000 members that all start again, with an answer of 250 bytes to each. */
export const RESUME_ANSWER_BURST_BYTES = 512 * 1024;
/** Such bytes that it earns back in a second. */
export const RESUME_ANSWER_BYTES_PER_SECOND = 2048;
/** Asks of one member whose answers are passed on: those under way when it asks every few seconds. */
export const MAX_RESUME_OPEN = 4;
/** Asks of a neighbour for itself beyond those that are passed on: pages that somebody reloads, or a test that restarts a replica. */
export const RESUME_NEIGHBOUR_BURST = 30;
/** Such asks that it earns back in a minute. */
export const RESUME_NEIGHBOUR_ASKS_PER_MINUTE = 12;
/** Asks of one member that are known when they come again: all that its budgets let through in the time that counts as fresh. */
export const MAX_RESUME_NONCES = 128;
/** Asks and answers whose signatures are being checked at once: those of 1,000 members in some tenths of a second; what is over comes with the next ask. */
export const MAX_RESUME_CHECKS = 4096;
/** A link that does not answer a probe for this long is dead: the other instance of its log id is no twin. */
export const PROBE_TIMEOUT_MS = 2500;
/** Reasons kept of one member that will not vote, per key: competing values, and a check that was unfinished first. */
export const MAX_REFUSALS_PER_MEMBER = 4;
/** Keys with kept refusals: the oldest goes first. */
export const MAX_REFUSAL_KEYS = 256;
/** Latencies kept for the network page. */
export const MAX_LATENCIES = 100;
/** Past versions fetched in one question. */
export const HISTORY_PAGE = 32;
/** A key is not asked of the same link again within this time because of `behind`. */
export const BEHIND_RETRY_MS = 200;
/** State is told to a page at most this often. */
export const STATE_PERIOD_MS = 50;
/** Making and telling it takes one part in so many of a worker's time at most, however often something changes. */
export const STATE_REST = 20;
/** And still it is told this often: what a person sees is never older. */
export const MAX_STATE_PERIOD_MS = 500;
/** Trace events are told in batches this often. */
export const TRACE_PERIOD_MS = 30;
/** Trace events kept while nobody listens, for the demo's late panes. */
export const MAX_TRACE_EVENTS = 4000;
/** How long a database that another, frozen tab holds is waited for. */
export const DATABASE_PATIENCE_MS = 8000;
/** Characters of a member's key as it is handed over: an entry of names at their longest is under 1,200. */
export const MAX_HANDOVER_LENGTH = 4000;
/** Finished sessions that a page is told about, newest first; the open ones are always told. */
export const MAX_FINISHED_SESSIONS_TOLD = 6;
/** Rows of packages in one answer. */
export const MAX_PACKAGE_ROWS = 500;
/** Results of searches that are kept and follow each change: those of a word that is being typed, and of the pages that are open. */
export const MAX_KEPT_SEARCHES = 12;
/** Values read at once from the disk after a start: enough that reading and parsing overlap, and a message is not kept waiting. */
export const PACKAGES_READ_AT_ONCE = 64;
/** After so many packages read, a list that is shown meanwhile is told to ask again. */
export const PACKAGES_READ_TOLD = 1000;
/** A value whose bytes are still on their way is waited for this long before a session says so. */
export const HEAD_BYTES_PATIENCE_MS = 5000;
/** A holder of the replica that does not answer a visible view for this long is frozen: the view takes the lock. */
export const HOLDER_PATIENCE_MS = 12_000;
/** A view asks the holder for a sign of life this often. */
export const HOLDER_PING_MS = 2000;
/** A view that was not heard for this long is gone: four of its questions missed, and one that is late is told everything again. */
export const VIEW_PATIENCE_MS = 9000;
/** A forwarded call that is not answered fails after this long. */
export const FORWARD_TIMEOUT_MS = 20_000;
/** Forwarded calls under way. */
export const MAX_FORWARDED_CALLS = 200;
/** A decision is witnessed after this long, many keys in one message: off the critical path, once the votes that come late are here, and before a person asks. */
export const WITNESS_DELAY_MS = 300;
/** Of two neighbours the one that tells second waits so much longer for the other, whose telling does for both; at most twice as long, many keys in one message. */
export const WITNESS_SECOND_MS = 1_000;
/** In an epoch that is closed a decision is witnessed to all after this long: what is not compared before the next one begins nobody compares any more. */
export const WITNESS_LAST_MS = 50;
/** Decided versions whose votes are kept for comparison: a burst of a shift's worth; older ones are compared no more. */
export const MAX_CLOSED_VERSIONS = 512;
/** Votes kept of all of these together, 40 MB at most: 30 versions of 1,000 members, or all 512 of a hundred. */
export const MAX_CLOSED_VOTES = 128 * 1024;
/** Certificates checked in one go: a page of false ones keeps the worker busy for a fifth of a second at most, then the link is gone. */
export const CERTIFICATES_CHECKED_AT_ONCE = 32;
/** Questions remembered because of `behind`, by link and key: a shift's worth of packages on every link of a full mesh. */
export const MAX_KEYS_ASKED = 10_000;
/** Nodes asked for or told in one message: with 16 leaves of the longest keys each it stays below MAX_MESSAGE_BYTES. */
export const SYNC_PAGE_NODES = 256;
/** A value that no neighbour had is asked for again after a doubled wait, at most so many times doubled: half a minute. */
export const MAX_VALUE_RETRY_DOUBLINGS = 6;
/** Keys whose past is fetched at once; the rest waits. */
export const MAX_HISTORIES_FETCHED = 8;
/** A neighbour that does not answer a question for history in this time is passed over. */
export const HISTORY_RETRY_MS = 3000;
/** What no neighbour had is asked for again after this: long enough that what nobody holds any more costs a few small messages a minute. */
export const HISTORY_AGAIN_MS = 60_000;
/** Keys asked for again at once, so that thousands whose past nobody holds make no traffic that counts; the others come in turn. */
export const MAX_HISTORIES_AGAIN = 64;
/** The proposer makes the compact certificate this long after the decision, when the others have decided too: it takes some milliseconds. */
export const CERTIFY_DELAY_MS = 25;
/** Bytes of a value that travels with the first vote for it over every link; a greater one is fetched by those who lack it. */
export const MAX_PUSHED_VALUE_BYTES = 16 * 1024;
/** Values in one message of votes: those of one turn; more are fetched. */
export const MAX_PUSHED_VALUES = 3;
/** Values that one neighbour is known to hold: a shift's packages, each in a few versions. */
export const MAX_VALUES_TOLD = 4096;
/** After a decision late votes are under way still; a neighbour whose votes come after this long lacks the certificate. */
export const AHEAD_GRACE_MS = 1500;
/** Neighbours that bring one member's votes. With one, whoever swallows them would cost a wait; each more costs a copy of every vote. */
export const SOURCES_KEPT = 2;
/** Who need not bring whose votes is told this long after it was seen: what a wave of votes shows goes in one message. */
export const ENOUGH_DELAY_MS = 60;
/** Votes of others are gathered this long for one message a link: half of a short message is headers. */
export const FORWARD_GATHER_MS = 4;
/**
 * Nothing new in an open version for W0 divided by this: a neighbour is asked. W0 is there and back over all hops, and a wave of votes ends
 * within half of it.
 */
export const REPAIR_WAITS_IN_W0 = 2;
/** The same, at least: the first answers to a proposal take a round trip and a check on a slow phone. */
export const MIN_REPAIR_WAIT_MS = 150;
/** The wait doubles up to this; the comparison of roots comes as often. */
export const MAX_REPAIR_WAIT_MS = 3000;
/** Neighbours asked at once: one of them may be silent. */
export const REPAIR_ASKED = 2;
/** A neighbour that asks for the same key sooner is not answered: an answer is up to a hundred times as long as its question. */
export const REPAIR_ANSWER_EVERY_MS = 100;
/** Votes in one answer: both types of three rounds at 300 members, 90 KiB; who lacks more asks again. */
export const MAX_VOTES_REPAIRED_AT_ONCE = 1024;
/** A neighbour that does not answer a question of a comparison, or send what it said it has, in this time is passed over for a while. */
export const SYNC_PATIENCE_MS = 3000;
/** All of a page of keys that comes in drips: what is left of it is asked of another neighbour. */
export const SYNC_PAGE_PATIENCE_MS = 12_000;
/** First time for which a neighbour is passed over whose word did not hold; doubles each time, up to a minute. */
export const SYNC_QUIET_MS = 1000;
/** A neighbour is passed over for at most this long: an honest one behind a bad link is back soon. */
export const MAX_SYNC_QUIET_MS = 60_000;
/** Keys of one neighbour that wait to be asked for: eight pages of a question's answer; a comparison pauses above half of it. */
export const MAX_LACKS_PER_LINK = 65_536;
/** Keys waiting above which a comparison asks no further: 32 pages, so memory holds no list of everything. */
export const SYNC_PAUSE_LACKS = 4096;
/** Digests and leaves of one neighbour that are told or compared in a second: a tenth of a slow phone's processor. */
export const SYNC_PER_SECOND = 50_000;
/** The same at once: a late joiner's first questions are not held back. */
export const SYNC_BURST = 100_000;
/** Questions of one neighbour that wait: an honest one has one of each kind under way, and some because of votes that it lacks. */
export const MAX_SYNC_QUESTIONS = 64;
/** What a key that is asked for costs beside a digest: its certificate, its votes and its value are read and sent. */
export const SYNC_COST_PER_KEY = 8;
/** A vote for an entry of an offered batch waits this long for the next of its entries; then it is looked at whether those that lack can still come. */
export const BATCH_HOLD_MS = 25;
/** An entry of a batch whose value is not here is waited for this long: it is asked for, and comes from some hops away. */
export const BATCH_FETCH_MS = 250;
/** A replica that knows the next epoch and lacks some of its state asks those it is linked to for so long, then the members of that epoch: all of a small network's state comes in less. */
export const EPOCH_BEGIN_PATIENCE_MS = 10_000;
/** How often it looks meanwhile whether anybody of the epoch is still linked to it: soon enough that a person does not see the wait. */
export const EPOCH_LOOK_MS = 250;
/** What was told last is given so long to leave before the links of an epoch go: some round trips of the slowest link. */
export const EPOCH_FAREWELL_MS = 300;
/** After CLOSE the state still grows: the next report waits so long, so that what is decided together is reported once. */
export const REPORT_SETTLE_MS = 100;
/** While an epoch does not end, its reports are told again after this: a neighbour may have had no room for one. */
export const REPORTS_AGAIN_MS = 5000;
/** Longest wait between two such times; it doubles from the first on. */
export const REPORTS_AGAIN_MAX_MS = 60_000;
/** Reports of one member that are checked at once: its state changes with each decision after CLOSE, and REPORT_SETTLE_MS gathers them. A report may hold thousands of votes. */
export const REPORT_BURST = 32;
/** The same in a second, for long: ten times slower than an honest member reports at worst, and what is passed over is told again. */
export const REPORTS_PER_SECOND = 1;
/** Drafts of changes that one neighbour brings at once: MAX_DRAFTS, as a new neighbour does. */
export const DRAFT_BURST = 16;
/** The same in a second, for long: people propose changes. */
export const DRAFTS_PER_SECOND = 0.2;
/** Proposals to go on without members: one, and a few others when the survivors do not agree at once. */
export const MAX_BREAKS = 4;
/** Proposals of one neighbour, or signatures of them, that are checked at once. */
export const BREAK_BURST = 16;
/** And from then on: people sign them. */
export const BREAKS_PER_SECOND = 0.2;
/** Join secrets that are drawn for a proposal. Of their ids the greatest below those that are signed for the same members is taken: of honest ones there is always room below, and only a liar’s is so low that none is found. */
export const BREAK_DRAWS = 64;
/** Times that one member is told the chain, or asked for it, at once: each may be megabytes. */
export const CHAIN_BURST = 64;
/** The same in a second, for long. */
export const CHAINS_PER_SECOND = 0.5;
/** Pages of leaves that one member is given at once: all of MAX_LEAVES_HELD. */
export const LEAVES_BURST = 256;
/** The same in a second, for long. */
export const LEAVES_PER_SECOND = 8;
/** A replica that is linked to others, and for so long hears of nothing it waits for, asks at the doors: those who went on are elsewhere. */
export const SEEK_STALLED_MS = 30_000;
/**
 * For so long one that starts in a network too large for a full mesh asks nobody, although it is without links or waits in vain, while a quorum says at
 * the signaling server that it meets here. Whoever has the join secret can say it for them, and a server can say again what it once heard: it costs a start this much, once.
 */
export const SEEK_HEARD_MS = 180_000;
/** An announcement this old says where its member meets: a member that misses nobody announces itself every ANNOUNCE_MAX_MS, and a quarter later at the latest. */
export const SEEK_FRESH_MS = 32_000;
/** A value that an opening carried over is proposed again after this, while its bytes are fetched. */
export const CARRY_RETRY_MS = 2000;
/** A neighbour that does not give all leaves of a state in this time is passed over for another one. */
export const LEAVES_RETRY_MS = 5000;
/** What one that was passed over and is asked again has, doubling up to this: its line may be slow, and pages that are asked for anew in shorter time would never all come. */
export const LEAVES_RETRY_MAX_MS = 60_000;
/** Leaves of one state that are taken from a neighbour: ten times what a large warehouse handles in a year. */
export const MAX_LEAVES_HELD = 1_000_000;
/** What a member heard at its door is told to the others again after this, while the page that asks stays open. */
export const REQUEST_AGAIN_MS = 60_000;
/** Requests that one neighbour brings, or that are passed on, at once: twice all that a member shows. */
export const REQUEST_BURST = 32;
/** The same in a second, for long: MAX_REQUESTS_PER_MESSAGE, each once in REQUEST_AGAIN_MS, from both sides. */
export const REQUESTS_PER_SECOND = 0.5;
/** A replica that is alone asks at the doors of its epochs where the network is: first after this, then at growing distances. */
export const KNOCK_FIRST_MS = 5000;
/** Longest wait between two such questions: a network that went on is found within a minute of its first member's coming. */
export const KNOCK_MAX_MS = 60_000;
/** Who asks to be let in again knocks so often before it waits longer: for half a minute a person sits in front of the page. */
export const KNOCKS_AT_FIRST_PACE = 6;
/** Longest wait while entries of a batch are judged here: a slow phone runs a hundred sessions again in this time. A liar can cost a version so much, once. */
export const BATCH_HOLD_MAX_MS = 1000;
/** Offered batches remembered, of whoever offered most the oldest goes first: 256 entries each make 16,384 keys under vote. */
export const MAX_OFFERED_BATCHES = 64;
/** Hand-off requests, and answers, that came over links and wait for a person: what one lorry takes in. */
export const MAX_LIVE_HAND_OFFS = 64;
/** Members are asked again who holds a package's past after this: long enough that a page that is shown asks once for what it shows. */
export const HELD_FRESH_MS = 30_000;
/** What a member said of its past counts this long: it may have pruned since, and people do that seldom. */
export const HELD_STALE_MS = 3_600_000;
/** Who has told a member that prunes that it holds the same past does not prune it for so long: longer than PRUNE_PATIENCE_MS and any message's way. */
export const HELD_PROMISE_MS = 120_000;
/** Answers are waited for this long before pruning: a linked member answers in two messages and one read. */
export const PRUNE_PATIENCE_MS = 3000;
/** Packages of which it is remembered who holds them: those that a person has looked at. */
export const MAX_HELD_KEYS = 64;
/** Packages that others may be pruning at once, relying on this replica: a person prunes one at a time. */
export const MAX_HELD_PROMISES = 256;
/** Packages whose past was pruned by hand: one small record each, read at every start. */
export const MAX_PRUNED_KEYS = 10_000;
/** Bytes of one photo: what a message of values carries; a page makes it smaller before (2,000 pixels at a middling quality are 300 KiB). */
export const MAX_PHOTO_BYTES = 512 * 1024;
/** Photos that one browser keeps: more than 1,000, and a tenth of what a phone's browser usually grants. */
export const MAX_PHOTO_STORE_BYTES = 512 * 1024 * 1024;
/** Room that photos leave to votes, in bytes: a replica that cannot write stops. */
export const PHOTO_RESERVE_BYTES = 64 * 1024 * 1024;
/** Photos that are searched for at once: those of one line, and some of the next. */
export const MAX_PHOTO_SEARCHES = 16;
/** After this the next neighbour is asked for a photo as well: half a MiB at 10 Mbit/s takes as long. */
export const PHOTO_NEXT_MS = 500;
/** A photo that has not come by then is told as not here: a person waits for it. */
export const PHOTO_PATIENCE_MS = 10_000;
/** The inspector is told the same again within this time: twice a second is as fast as somebody reads. */
export const INSPECT_PERIOD_MS = 500;
/** Hex digits of a digest in an inspection: two of 10,000 values agree in them once in five million networks. */
export const DIGEST_PREFIX = 12;
/** Open versions in an inspection, those that moved last: more than a person looks through, and 64 of 16 members are 100 kB. */
export const MAX_INSPECTED_INSTANCES = 64;
/** Rounds of an open version in an inspection, the newest: the rules look at the current one, the one below and round 0. */
export const MAX_INSPECTED_ROUNDS = 4;
/** Values of an open version, or of a round, in an inspection: as many as members propose at once on a bad day. */
export const MAX_INSPECTED_VALUES = 8;
/** Refusals of an open version in an inspection. */
export const MAX_INSPECTED_REFUSALS = 32;
/** Links in an inspection: MAX_LINKS of a mesh and a warehouse's devices. */
export const MAX_INSPECTED_LINKS = 64;
/** Kinds of messages of one link in an inspection: the codec has fewer. */
export const MAX_INSPECTED_KINDS = 40;
/** Drafts of changes of members in an inspection: as many as a member keeps. */
export const MAX_INSPECTED_DRAFTS = 16;
/** Events kept for the inspector: a commit of four members is about a dozen, so some thirty commits. */
export const MAX_INSPECTED_EVENTS = 400;
/** Exceptions kept for the inspector: the first few tell the cause, the rest repeat it. */
export const MAX_INSPECTED_ERRORS = 20;
/** Characters of an exception's name and words that are kept. */
export const MAX_ERROR_LENGTH = 300;
