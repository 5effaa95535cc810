/** Limits of the net room, each with its reason; docs/limits.md lists every room's. Times are milliseconds, sizes bytes. */

// ---- frames on a data channel ----

/** One data channel message. Every browser takes 64 KiB whole; 256 KiB is where the first of them refuses. */
export const MAX_FRAME_BYTES = 64 * 1024;
/** One message of the replica: the largest value (512 KiB) with its certificate and a sync page fits four times. */
export const MAX_MESSAGE_BYTES = 2 * 1024 * 1024;
/** A frame before the other end is authenticated: the largest, a hello, is under 300 bytes. */
export const MAX_HANDSHAKE_FRAME_BYTES = 1024;
/** Handshake frames kept until the page has reported the fingerprints: a full handshake has three from each side. */
export const MAX_HELD_HANDSHAKE_FRAMES = 4;
/** Bulk goes to the channel while it holds less than this: about 10 ms of a 100 Mbit/s line that a vote has to wait for. */
export const BULK_HIGH_WATER = 128 * 1024;
/** Votes go to the channel while it holds less than this; the browser's own queue dies at 16 MiB. */
export const VOTE_HIGH_WATER = 1024 * 1024;
/** The channel calls back for more when it holds less than this, early enough that the line does not run dry. */
export const LOW_WATER = 64 * 1024;
/** Where the page sends for the worker, its channel holds at most this: the rest waits where votes can still overtake. */
export const BRIDGE_HIGH_WATER = 256 * 1024;
/** Bulk bytes that wait for one slow peer: two full messages with room for a third; more, and the sender is told no. */
export const MAX_BULK_QUEUE_BYTES = 6 * 1024 * 1024;
/** Bulk messages that wait for one slow peer: small ones cost more memory than their bytes. */
export const MAX_BULK_QUEUE_MESSAGES = 2_048;
/** Vote bytes that wait for one peer. Who is this far behind gets its votes from repair; the link is closed. */
export const MAX_VOTE_QUEUE_BYTES = 8 * 1024 * 1024;
/** Votes that wait for one peer: 1,000 members' pre-commits and commits of four instances. */
export const MAX_VOTE_QUEUE_MESSAGES = 8_192;
/** Between pings: an RTT that a person watches stays fresh, and 16 links cost five frames a second. */
export const PING_INTERVAL_MS = 3_000;
/** Silence after which a link is dead: ICE calls a cut line disconnected after 5 to 6 s, and an 8 s cut heals by itself. */
export const DEAD_AFTER_MS = 12_000;
/** Pings from one peer at once; an honest one sends one in PING_INTERVAL_MS and one for each probe. */
export const PING_BURST = 30;
/** Pings that one peer earns back in a second. */
export const PINGS_PER_SECOND = 5;
/** Signaling passed on for others, from one peer at once: joining 14 links with trickled candidates is about 200. */
export const RELAY_BURST = 256;
/** Relayed signaling frames that one peer earns back in a second. */
export const RELAYS_PER_SECOND = 32;
/** Messages of the replica from one peer at once: what its vote queue holds at most, four times, after a stall of both. */
export const MESSAGE_BURST = 4 * MAX_VOTE_QUEUE_MESSAGES;
/** Messages that one peer earns back in a second: more than one core can check (a signature takes 0.1 ms and more). */
export const MESSAGES_PER_SECOND = 4_096;
/** Bytes of such messages at once: a newcomer who is sent whole pages of sync by a peer on the same switch. */
export const MESSAGE_BURST_BYTES = 64 * 1024 * 1024;
/** Such bytes that one peer earns back in a second: a 256 Mbit/s line, ten times what a replica can check. */
export const MESSAGE_BYTES_PER_SECOND = 32 * 1024 * 1024;
/** Times a relayed frame is passed on: a mesh of degree 7 reaches 300 members in three steps. */
export const RELAY_HOPS = 3;
/** A `bye` has this long to leave before the connection under it is torn down: an RTT around the world. */
export const BYE_GRACE_MS = 500;

// ---- handshake and connection attempts ----

/** From an open channel to both ends being authenticated: four crossings and two signatures, on a slow phone or in a browser with thirteen busy pages. */
export const HANDSHAKE_TIMEOUT_MS = 20_000;
/** From the offer or the answer to an open channel: ICE reports its failure after 16 s, and a busy machine has been seen to need 24. */
export const ATTEMPT_TIMEOUT_MS = 30_000;
/** An attempt's timer that runs late by this much waits as long again before it counts: the worker was busy, and an answer may lie unread. */
export const LATE_TIMER_MS = 1_000;
/** The same for a probe of a link that may be dead, which is looked at again after LATE_TIMER_MS: it waits for little more than this, so less of a delay may have hidden its answer. */
export const LATE_PROBE_MS = 100;
/** For an answer to an offer: it crosses the signaling server twice; who is gone does not hold up the next attempt. Doubled after each failure, up to ATTEMPT_TIMEOUT_MS: on a machine so busy that answers take longer, trying again makes them later still. */
export const ANSWER_TIMEOUT_MS = 8_000;
/** A description waits this long for the candidates that belong to it: those of a machine's own interfaces are known within 20 ms, or a few times that when it is busy. */
export const SIGNAL_GATHER_MS = 150;
/** How long a link has to answer a ping when another start of its member asks to take its place. */
export const PROBE_TIMEOUT_MS = 1_500;
/** Wait before the second attempt after a transport failure; a reload is back within this. */
export const RETRY_FIRST_MS = 500;
/** Longest wait between attempts after transport failures: what a person in front of the network page has patience for. */
export const RETRY_MAX_MS = 20_000;
/** Wait after one end refused the other: the cause is a key or a rule, so haste changes nothing. */
export const REFUSED_FIRST_MS = 10_000;
/** Longest wait after refusals: a twin that was closed is linked a minute later. */
export const REFUSED_MAX_MS = 60_000;
/** Attempts in a row after which a member is called unreachable, not waiting: seconds of trying where connections break at once, a minute where nobody answers. */
export const UNREACHABLE_AFTER = 3;
/** An announcement counts this long: twice the slowest interval of the member that sends it. */
export const PRESENCE_TTL_MS = 60_000;
/** Connections of one page: 16 members at most, an old and a new one each while links are replaced. */
export const MAX_PAGE_CONNECTIONS = 64;

// ---- applicants: holders of an invitation at a member's door ----

/** For all of an applicant's asking: what a person who pressed Join has patience for; a member on the same continent needs one second. */
export const APPLICANT_TIMEOUT_MS = 20_000;
/** An applicant's turn with one member, from the offer to the whole answer: two slow ones fit into APPLICANT_TIMEOUT_MS. */
export const APPLICANT_TURN_MS = 10_000;
/** For a member's answer to an applicant's offer, through the signaling server: who is full or gone stays silent, and the next is asked. */
export const APPLICANT_ANSWER_MS = 3_000;
/** Members that are willing are waited for after the first one: most of a continent answers within it, and nobody who knocks notices it. */
export const APPLICANT_GATHER_MS = 250;
/** Turns that an applicant takes at most: five members who are gone, full or lie, and one who helps. */
export const MAX_APPLICANT_TURNS = 6;
/** Turns with the same member: the second is for a browser that lost the first one's channel, or a member that was full. */
export const MAX_TURNS_PER_MEMBER = 2;
/** Members that an applicant remembers as willing: more than it can ask. */
export const MAX_WILLING_MEMBERS = 32;
/** The first repetition of an application: a member whose page is just starting is there by then. */
export const APPLY_FIRST_MS = 1_000;
/** The slowest repetition: several still fall within APPLICANT_TIMEOUT_MS. */
export const APPLY_MAX_MS = 3_000;
/** An applicant's count of its earlier questions stops here: every member answers long before. */
export const MAX_ASKED = 63;
/** Members that answer one application, on average, in a network too large for all to answer; each repetition asks four times as many. */
export const APPLICANT_WELCOMES = 16;
/** Applicants connected to one member at once: with two connections for each link of a full mesh they fit MAX_PAGE_CONNECTIONS. */
export const MAX_APPLICANTS = 4;
/** A member ends an applicant's connection after this, served or not: its turn and an RTT. */
export const APPLICANT_LIFETIME_MS = 12_000;
/** Applicants that one member serves at once, one after the other: a full mesh of 16 whose other members all join now. */
export const APPLICANT_BURST = 16;
/** Applicants that a member earns back in a second: a flood costs it one connection in two seconds, and never a link. */
export const APPLICANTS_PER_SECOND = 0.5;
/** Welcomes to applicants at once: each application of APPLICANT_BURST applicants, repeated once. */
export const WELCOME_BURST = 32;
/** Welcomes that a member earns back in a second. */
export const WELCOMES_PER_SECOND = 2;
/** Topics of earlier epochs on which the door is open: who slept through as many changes of members still finds the network. */
export const MAX_FORMER_TOPICS = 8;
/** Applicants connected over such topics at once: a removed member that floods them leaves the other places to holders of today's invitation. */
export const MAX_FORMER_APPLICANTS = 2;
/** Frames from one server on topics of earlier epochs at once: the introductions of APPLICANT_BURST sleepers, with candidates. */
export const FORMER_FRAMES_BURST = 512;
/** Such frames that one server earns back in a second. */
export const FORMER_FRAMES_PER_SECOND = 32;

// ---- neighbours ----

/** Up to this many members everyone links to everyone: 16 replicas measured 1.4 GiB with 7 links each, and 15 links work. */
export const FULL_MESH_MAX = 16;
/** Links that a member of a larger network wants at least: simulated clusters of 100 commit in 8 hops with 7. */
export const MIN_LINKS = 7;
/** Links that it has at most: room for as many of others' choice as of its own. */
export const MAX_LINKS = 14;

/** Links of its own random choice that a member of a larger network keeps, and keeps room for: all of them lie with probability 1/81. */
export const MIN_OWN_LINKS = 4;
/**
 * Connections that a replica opens at once. Each costs both browsers a handshake of DTLS and everybody on the topic its introduction; when
 * many start at the same moment all of them are slow, and those that take too long are begun again. More are dialled as these end.
 * Answering has no such limit: it is the dialling side that paces both.
 */
export const MAX_DIALS = 3;
/** A dial that came no step further for this long leaves its place to the next one and goes on beside it: a member that never answers keeps nobody waiting. */
export const DIAL_SLOT_MS = 4_000;
/** Own dials under way at most, those that have left their place included: everybody in a full mesh. Beyond it somebody waits until one has ended. */
export const MAX_DIALS_UNDER_WAY = FULL_MESH_MAX - 1;
/** An announcement that asks for us ends the wait before the next attempt, for each member once in this time: a storm of them makes no storm of dials. */
export const HASTEN_EVERY_MS = 5_000;
/** Between two looks at the links: a machine that slept is noticed within it, and five looks fit into what a person calls a moment. */
export const BEAT_MS = 2_000;
/** A beat that is late by this much: the machine slept, or the page was frozen. A busy worker is late by less, and links outlive a shorter sleep (DEAD_AFTER_MS). */
export const ASLEEP_AFTER_MS = 10_000;
/** After sleep or a change of network a link has this long to answer: an RTT around the world, and a radio that wakes up. */
export const WAKE_PROBE_MS = 3_000;
/** An own proposal that waits longer than this, while links are not useful, is no accident: a commit takes a second, a round 16. */
export const STALLED_AFTER_MS = 15_000;
/** The first pause between two replacements of links while a proposal waits: a new neighbour is linked and has told its votes by then. */
export const STALL_ROTATE_FIRST_MS = 5_000;
/** The longest: when the cause is no eclipse but a missing quorum, links are not worth changing more often. */
export const STALL_ROTATE_MAX_MS = 60_000;
/** A neighbour that told nothing new for so long, while others did, is replaced: a hundred commits on a slow day. */
export const SILENT_AFTER_MS = 120_000;
/** Times that other neighbours were useful before the silence of one of them means anything. */
export const USEFUL_BEFORE_SILENCE = 20;
/** One random link is replaced this often, so that surrounding a replica is never done: seven links are new every 70 minutes. */
export const ROTATE_EVERY_MS = 600_000;
/** The first such replacement, and the next after twice as long, up to ROTATE_EVERY_MS: at its start a replica chose among the few it had heard of. */
export const ROTATE_FIRST_MS = 60_000;
/** A member whose link was replaced is not linked again before this, unless nobody else is there: others get their turn. */
export const ROTATED_REST_MS = 120_000;

// ---- devices: terminals and phones of members' organisations, that sync and never vote ----

/** Devices of one organisation linked to one replica: a packing hall has a handful of terminals, and the others reach it over them or other members. */
export const MAX_DEVICES_PER_MEMBER = 8;
/** Links to devices that one member holds, those of its own organisation included: with applicants and two connections for each link of a full mesh they fit MAX_PAGE_CONNECTIONS. */
export const MAX_DEVICE_LINKS = 16;
/** Of these, places that are kept for the own organisation: devices of others can all come to one member. */
export const MIN_OWN_DEVICE_LINKS = 8;
/** Members that a device links to, its own among them while it is there: what one tells wrong or late the others tell right, and a closed tab loses nothing. */
export const DEVICE_MEMBER_LINKS = 4;
/** Members that a device asks for in one announcement: each that it asks for answers. */
export const DEVICE_WANTS = 8;
/** Devices of which a replica remembers that they are there: what any holder of the invitation can claim takes no more memory than this. */
export const MAX_DEVICES_HEARD = 64;
/** Devices' connections that are under way at one replica: like applicants they cost others of their kind a turn, never a member its link. */
export const MAX_DEVICE_ATTEMPTS = 4;
/** Offers of devices taken at once: those of a hall that opens in the morning, twice. */
export const DEVICE_OFFER_BURST = 32;
/** Such offers earned back in a second. */
export const DEVICE_OFFERS_PER_SECOND = 1;

// ---- members' hints of signaling servers ----

/** Signaling addresses that one member tells its neighbours: as many as it may set. */
export const MAX_HINTS_PER_MEMBER = 8;
/** Of one member's hints so many are used: a liar cannot fill MAX_SIGNALING_URLS with addresses of its own. */
export const MAX_HINTS_USED_PER_MEMBER = 2;
/** Characters of a signaling address: as in an invitation. */
export const MAX_SIGNALING_URL_LENGTH = 200;
/** Bytes of a hints frame: eight of the longest addresses. */
export const MAX_HINTS_FRAME_BYTES = 2 * 1024;
/** Hints from one peer at once; an honest one tells them at the start of a link and when its settings change. */
export const HINTS_BURST = 8;
/** Hints that one peer earns back in a second. */
export const HINTS_PER_SECOND = 0.1;
/** After a server has not answered a check for this, it is dialled anew: it was asked because the machine slept or the network changed. */
export const SIGNALING_CHECK_MS = 3_000;

// ---- TURN ----

/** Credentials made of a shared secret are good for this: coturn compares them with its clock, and both may be wrong by minutes. */
export const TURN_VALIDITY_MS = 3_600_000;
/** They are made anew when less than this is left: an allocation lives ten minutes and is refreshed with the same credentials. */
export const TURN_RENEW_MS = 1_200_000;

// ---- signaling ----

/** Signaling servers at once: as many as an invitation carries. */
export const MAX_SIGNALING_URLS = 8;
/** Characters of one frame from a signaling server: our largest (an SDP, sealed, in base64) is under 16 KiB. */
export const MAX_SIGNALING_FRAME = 32 * 1024;
/** A session description: one with a data channel only is 1 KiB, with all candidates inside 4 KiB. */
export const MAX_SDP_LENGTH = 10 * 1024;
/** One ICE candidate line: at most 300 characters with an IPv6 address and a TURN relay's extensions. */
export const MAX_CANDIDATE_LENGTH = 1_024;
/** Candidates of one attempt and side: some 20 on a laptop with a VPN and virtual machines. */
export const MAX_CANDIDATES = 64;
/** Bytes of one sealed signaling message: an SDP, the envelope and the cipher's tag. */
export const MAX_SEALED_BYTES = 12 * 1024;
/** Signaling messages waiting to be sealed or opened: WebCrypto needs 50 µs for each, so more is a flood. */
export const MAX_ENVELOPE_QUEUE = 1_024;
/** Frames taken from one server at once: the introduction of 14 links with their candidates, ten times. */
export const SIGNALING_BURST = 4_096;
/** Frames that one server earns back in a second: forty members who announce and connect at once. */
export const SIGNALING_FRAMES_PER_SECOND = 512;
/** Message ids remembered to drop what comes a second time: a minute of forty members meshing. */
export const MAX_SEEN_MESSAGES = 4_096;
/** Between pings to a signaling server: its protocol's other clients give up after 30 s of silence. */
export const SIGNALING_PING_MS = 15_000;
/** Silence after which a signaling server is dead: two pings unanswered and some. */
export const SIGNALING_DEAD_MS = 35_000;
/** For a socket to open: TCP, TLS and an upgrade on a slow line. */
export const SIGNALING_CONNECT_MS = 10_000;
/** For a server to say whether it has a topic for one start alone, over a slow line; one that answers no ping is announced through after this. */
export const INBOX_PATIENCE_MS = 5_000;
/**
 * Dials in a row that nobody answered after which the inbox of a start is used no more, nor ours named to it: a server may have room for the one and
 * not for the other. Fewer are nobody's fault where many start at once; these take a minute.
 */
export const MAX_INBOX_UNANSWERED = 3;
/** Wait before a signaling server is dialled again. */
export const SIGNALING_RETRY_FIRST_MS = 500;
/** Longest wait between dials of one signaling server: 1,000 members that come back at once are 33 dials a second. */
export const SIGNALING_RETRY_MAX_MS = 30_000;
/** An open socket that lived this long forgets earlier failures; a server that closes at once is not hammered. */
export const SIGNALING_STABLE_MS = 10_000;
/** Messages that wait for a first server to open: one announcement is enough, the rest is repeated. */
export const MAX_SIGNALING_BACKLOG = 64;
/** At least this between two announcements: several reasons to announce become one. */
export const ANNOUNCE_MIN_MS = 250;
/** The same for each member of a network too large for a full mesh: when all start at once, up to 200 of them, nobody hears more than forty announcements a second. */
export const ANNOUNCE_MIN_MS_PER_MEMBER = 25;
/** And no more than this: an announcement that was lost is repeated. Of MAX_MEMBERS that start at once 200 a second are heard, which SIGNALING_FRAMES_PER_SECOND bears. */
export const ANNOUNCE_MIN_MAX_MS = 5_000;
/** While members are missing, the first repetition of the announcement. */
export const ANNOUNCE_FIRST_MS = 1_000;
/** The slowest repetition: a lost announcement costs a newcomer at most this. */
export const ANNOUNCE_MAX_MS = 25_000;

// ---- status and demo faults ----

/** Between two status reports: the seal and the network page redraw no more often than people notice. */
export const STATUS_INTERVAL_MS = 100;
/** The same for a network so large that making the report takes time: once in STATUS_INTERVAL_MS for each FULL_MESH_MAX members, and this at most. */
export const STATUS_INTERVAL_MAX_MS = 1_000;
/**
 * Until a round trip that is a little longer or shorter is told, when nothing else is: every neighbour answers each beat, and to tell all of
 * them makes the page draw itself anew all the time while nothing happens.
 */
export const STATUS_DRIFT_MS = 5_000;
/** Longest delay that the demo may add to every message: ten times the longest line on earth. */
export const MAX_DELAY_MS = 5_000;
/** Messages in a link's delay line; beyond it the oldest go early, so that the fault stays a delay and never a loss. */
export const MAX_DELAYED_MESSAGES = 4_096;
