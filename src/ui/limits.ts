/** Limits of the pages, each with its reason. */

/** Pseudonym of an operator, characters: the same bound as in a committed session. */
export const MAX_OPERATOR_LENGTH = 24;
/** Name of a bench, characters: it stands in the bench's top line on a phone. */
export const MAX_BENCH_LENGTH = 24;
/** A scan, characters: a GS1 DataMatrix holds at most 2,335; longer input is not a scan. */
export const MAX_SCAN_LENGTH = 2400;
/** Scans that came while an error was on the screen, kept to be shown: more do not fit on a phone. */
export const MAX_PAUSED_SCANS = 5;
/** Characters that a scanner sends at the least; fewer in a burst are fast typing. */
export const MIN_WEDGE_LENGTH = 6;
/** Mean pause between keys under which a burst is a machine's, ms: scanners need 1 to 20, fast typists 80 and more. */
export const MAX_WEDGE_GAP_MS = 45;
/** Without an Enter suffix a scan that names a package ends when the scanner has been silent for so long, ms: three slow gaps. */
export const WEDGE_IDLE_MS = 140;
/** Any other burst waits so long for the rest, ms: a busy device can hold keys back for half a second in the middle of a scan. */
export const WEDGE_STALL_MS = 700;
/** An image to decode, bytes: a 50-megapixel photo is about 20 MB. */
export const MAX_IMAGE_BYTES = 30 * 1024 * 1024;
/** Longest side to which an image is reduced before it is decoded, pixels: a label's bars stay some 3 pixels wide. */
export const MAX_IMAGE_SIDE = 2000;
/** Pauses between two looks of the camera, ms: a code is read in some 11 ms, and the phone has other work. */
export const CAMERA_PERIOD_MS = 150;
/** Photos of one line: as the quality step has it. */
export const MAX_LINE_PHOTOS = 8;
/** Packages shown to a courier in each of its lists: what a lorry takes in. */
export const MAX_COURIER_ROWS = 100;
/** Characters of a vehicle and of a seal: as the hand-off has them. */
export const MAX_CODE_LENGTH = 20;
/** A manifest file, bytes: 10,000 packages of 3 kB each. */
export const MAX_MANIFEST_BYTES = 30 * 1024 * 1024;
/** Envelopes of one file that are shown and announced at once: each becomes a vote. */
export const MAX_ENVELOPES = 1000;
/** Lines of a manifest that is made in the form. */
export const MAX_FORM_LINES = 50;
/** Rows fetched at once into the package list. */
export const PACKAGE_PAGE = 100;
/** Pages of rows that the list keeps: the whole of 10,000 packages need not stay in memory. */
export const MAX_KEPT_PAGES = 12;
/** Commits drawn in the latency plot: what the state holds. */
export const MAX_PLOTTED = 100;
/** Signaling servers that can be set: as many as an invitation carries. */
export const MAX_SIGNALING = 8;
export const MAX_ICE_SERVERS = 8;
/** An evidence file that is read at all, bytes: the verifier has the same limit, and a larger file would only fill the memory first. */
export const MAX_EVIDENCE_FILE_BYTES = 48 * 1024 * 1024;
/** A genesis file on the verification page, bytes: as the verifier has it. */
export const MAX_TRUST_FILE_BYTES = 1024 * 1024;
/** A digest as people paste it, characters: 64 hex digits, with spaces and line breaks between groups. */
export const MAX_DIGEST_TEXT = 200;
/** Characters of a device's name: it stands in one line beside a session on a phone. */
export const MAX_DEVICE_LENGTH = 40;
/** Characters of the reason of a change of members: as a change carries it, so that nothing typed here is refused later. */
export const MAX_CHANGE_REASON = 400;
/** Characters of a network's name: as a genesis carries it. */
export const MAX_NETWORK_NAME = 80;
/** Expired sessions whose being told is remembered: as many finished sessions as a device keeps. */
export const MAX_SEEN_EXPIRED = 200;
/** Bytes of a photo as it is kept: MAX_PHOTO_BYTES of the worker. */
export const MAX_KEPT_PHOTO_BYTES = 512 * 1024;
/** Longer side of a photo as it is kept, pixels: a dent and a label's small print are still to be seen. */
export const PHOTO_SIDE = 2048;
/** Characters of a passphrase over exported keys, at least: as the worker asks for. */
export const MIN_PASSPHRASE_LENGTH = 15;
/** Versions of one report that are shown beside those of another: a report may name 512, and the file has them all. */
export const MAX_LOCKS_SHOWN = 8;
