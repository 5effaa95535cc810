/** Limits of the pages, each with its reason. */

/** Pseudonym of an operator, characters: the same bound as in a committed session. */
export const MAX_OPERATOR_LENGTH = 24;
/** Name of a bench, characters: it stands in the bench's top line on a phone. */
export const MAX_BENCH_LENGTH = 24;
/** A scan, characters: a GS1 DataMatrix holds at most 2,335; longer input is not a scan. */
export const MAX_SCAN_LENGTH = 2400;
/** Characters of a code that are shown: six lines on a phone, and longer than any label's own. */
export const MAX_SHOWN_CODE = 120;
/** Scans that came while an error was on the screen, kept to be shown: more do not fit on a phone. */
export const MAX_PAUSED_SCANS = 5;
/** Errors that wait behind the one on the screen: one of a scan, one of a press, one of a photo, and as many again. */
export const MAX_STANDING_PROBLEMS = 6;
/** Scans that wait for the one before them: a person who is that far ahead of the screen is no longer looking at it. */
export const MAX_WAITING_SCANS = 5;
/** Half-counted quality checks kept on disk: more sessions than one device has open. */
export const MAX_KEPT_DRAFTS = 100;
/** Characters that a scanner sends at the least; fewer in a burst are fast typing. */
export const MIN_WEDGE_LENGTH = 6;
/** Characters that a scanner sends at the least where nobody types: a defect's code may be as short, and a press has none. */
export const MIN_SHORT_WEDGE_LENGTH = 3;
/** Mean pause between keys under which a burst is a machine's, ms: scanners need 1 to 20, fast typists 80 and more. */
export const MAX_WEDGE_GAP_MS = 45;
/** Without an Enter suffix a scan that names a package ends when the scanner has been silent for so long, ms: three slow gaps. */
export const WEDGE_IDLE_MS = 140;
/** Any other burst waits so long for the rest, ms: a busy device can hold keys back for half a second in the middle of a scan. */
export const WEDGE_STALL_MS = 700;
/** After a scan's Enter another one belongs to the same scan for so long, ms: a scanner's CR and LF are 20 apart, a person's presses 200. */
export const WEDGE_ENDINGS_MS = 150;
/** An image to decode, bytes: a 50-megapixel photo is about 20 MB. */
export const MAX_IMAGE_BYTES = 30 * 1024 * 1024;
/** Longest side to which an image is reduced before it is decoded, pixels: a label's bars stay some 3 pixels wide. */
export const MAX_IMAGE_SIDE = 2000;
/** Pauses between two looks of the camera, ms: a look takes 16 ms here and five times as long on an old phone, which has other work. */
export const CAMERA_PERIOD_MS = 150;
/** Width that is asked of a camera, pixels: each of the 180 modules of a label's bars has some 5 of them when it fills the picture. */
export const CAMERA_WIDTH = 1280;
/** A code that was not seen for so long has left the camera's sight, ms: longer than a blur or a hand before it. */
export const CAMERA_GONE_MS = 1500;
/** Codes in sight that are remembered as told: a picture in which more fit shows none of them sharply. */
export const MAX_IN_SIGHT = 32;
/** Barcodes looked for in one picture: a logistic label has three or four. */
export const MAX_SYMBOLS = 8;
/** Cameras to choose from: a phone lists up to six lenses. */
export const MAX_CAMERAS = 12;
/** The decoder's worker is ended when it was not used for so long, ms: it keeps the memory of the largest picture, and starts anew from the browser's cache. */
export const DECODER_IDLE_MS = 120_000;
/** A decoder that has not answered by then is ended, ms: loading it over a slow link may take half of it, a look takes a second at most. */
export const DECODER_PATIENCE_MS = 60_000;
/** Characters of a defect's code that was scanned: the longest in use are some 12. */
export const MAX_DEFECT_CODE = 24;
/** Photos of one line: as the quality step has it. */
export const MAX_LINE_PHOTOS = 8;
/** Packages shown to a courier in each of its lists: what a lorry takes in. */
export const MAX_COURIER_ROWS = 100;
/** Packages that pages show whole at once: the lists of a courier's page, and as many again that were shown before them. */
export const MAX_WATCHED_PACKAGES = 500;
/** Characters of a vehicle and of a seal: as the hand-off has them. */
export const MAX_CODE_LENGTH = 20;
/** A manifest file, bytes: 10,000 packages of 3 kB each. */
export const MAX_MANIFEST_BYTES = 30 * 1024 * 1024;
/** Envelopes of one file that are shown and announced at once: each becomes a vote. */
export const MAX_ENVELOPES = 1000;
/** Lines of a manifest that is made in the form. */
export const MAX_FORM_LINES = 50;
/** Rows fetched at once into the package list: twice what a large screen shows. */
export const PACKAGE_PAGE = 50;
/** Pages of rows that the list keeps: the whole of 10,000 packages need not stay in memory. */
export const MAX_KEPT_PAGES = 24;
/** Without an answer for so long the list says so: reading 10,000 packages after a start holds one up by less. */
export const ROWS_PATIENCE_MS = 20_000;
/** Characters of a search: a courier's name, a GTIN and a lot side by side are some 80. */
export const MAX_SEARCH_TEXT = 200;
/** Where a person is in the list is noted this long after the last key or turn of the wheel: Safari refuses more than 100 notes in 30 seconds. */
export const PLACE_NOTED_MS = 400;
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
/** Bytes of a file that are offered as text to be copied, where a webview takes no downloads: an evidence file is some 100 kB. */
export const MAX_SHOWN_TEXT = 2 * 1024 * 1024;
/** Bytes of a photo as it is kept: MAX_PHOTO_BYTES of the worker. */
export const MAX_KEPT_PHOTO_BYTES = 512 * 1024;
/** Longer side of a photo as it is kept, pixels: a dent and a label's small print are still to be seen. */
export const PHOTO_SIDE = 2048;
/** Characters of a passphrase over exported keys, at least: as the worker asks for. */
export const MIN_PASSPHRASE_LENGTH = 15;
/** Versions of one report that are shown beside those of another: a report may name 512, and the file has them all. */
export const MAX_LOCKS_SHOWN = 8;
/** The inspector asks the replica again after this, ms: as the worker has it; sooner it would be told the same. */
export const INSPECTOR_PERIOD_MS = 500;
/** Events of the inspector's trace that are drawn at once: a few screens; the filter looks at all that are held. */
export const MAX_EVENTS_SHOWN = 100;
/** Exceptions of the pages that are kept for the inspector: the first few tell the cause, the rest repeat it. */
export const MAX_PAGE_ERRORS = 20;
/** Characters of an exception that are kept. */
export const MAX_PAGE_ERROR_LENGTH = 300;
/** An inspection's file, bytes: of 16 members with 64 open votes and a full trace it is under 300 kB, and an issue tracker takes it. */
export const MAX_REPORT_BYTES = 512 * 1024;
/** Characters of any text in such a file: a browser's name is the longest. */
export const MAX_REPORT_TEXT = 400;
/** Entries of any list in such a file: the trace is the longest. */
export const MAX_REPORT_ENTRIES = 1000;
