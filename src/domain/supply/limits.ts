/** Limits of the supply room; docs/limits.md lists every room's. */

/**
 * Bytes of one envelope. A committed value of the creating session holds the envelope twice (record and request) and the parsed
 * content once; the value of an inspecting session holds it once, the content twice and the inspection. Both must stay under the
 * 512 KiB of a value, else a package could be announced that nobody can ever inspect. `test/domain/limits.test.ts` measures it.
 */
export const MAX_ENVELOPE_BYTES = 96 * 1024;
/** Lines of one manifest: with `MAX_DEFECTS` and `MAX_PHOTOS` the largest inspection fits a value (see above). */
export const MAX_MANIFEST_LINES = 400;
/** Signatures on one envelope: a supplier and its auditors; each may cost one verification. */
export const MAX_SIGNATURES = 8;
/** Characters of a key id: as in the genesis directory. */
export const MAX_KEY_ID_LENGTH = 80;
/** Characters of an advance ship notice's number: longer than the 35 of an EDI document number. */
export const MAX_ASN_ID_LENGTH = 64;
/** Characters of a line's description: two lines on a phone. */
export const MAX_DESCRIPTION_LENGTH = 120;
/** Characters of AI 10 (lot) and AI 21 (serial): GS1 General Specifications, section 3. */
export const MAX_LOT_LENGTH = 20;
/** Items on one line: the lot size of any inspection is far below; exact in a double. */
export const MAX_QUANTITY = 1_000_000_000;

/** Envelopes in one file: a full trailer has some 70 pallets, a day's ships' papers a few hundred packages. */
export const MAX_ENVELOPES_PER_FILE = 1_000;
/** Characters of one file of envelopes: 1,000 of them with 8 KiB each. */
export const MAX_MANIFEST_FILE_CHARS = 8 * 1024 * 1024;

/** Characters that one scan may deliver: a GS1-128 has at most 48, a Digital Link with all we read is under 300. */
export const MAX_SCAN_LENGTH = 512;

/** Defect entries on one line and in one inspection; photos likewise. The sums bound the value's size. */
export const MAX_DEFECTS_PER_LINE = 16;
export const MAX_DEFECTS = 400;
export const MAX_PHOTOS_PER_LINE = 8;
export const MAX_PHOTOS = 400;
/** Characters of a defect's code: the codes that people agree on are short words. */
export const MAX_DEFECT_CODE_LENGTH = 40;

/**
 * Bytes of a directory entry's value, and of its certificate, as a request carries them: 16 keys with the session that added the last one
 * take 5 KiB; a certificate of 1,000 members is under 1 KiB as an aggregate, and one of 60 fits as votes. A session carries two at most, for
 * which the largest inspection leaves room.
 */
export const MAX_ENTRY_VALUE_BYTES = 8 * 1024;
export const MAX_ENTRY_CERTIFICATE_BYTES = 8 * 1024;
/** Keys of one supplier or courier: one a terminal, or one a quarter for four years. The oldest that has ended makes room. */
export const MAX_ENTRY_KEYS = 16;
/** Seconds that a key of the directory may be valid: an entry once withdrawn stays usable to those who still have it until its keys end. */
export const MAX_KEY_SECONDS = 800 * 86_400;

/** Facts that one package keeps as salted digests: price, customer, insurer and the like. */
export const MAX_SEALED_FACTS = 8;
/** Bytes of a salt: below 16 somebody could try all values of a short secret, above 64 nothing is won. */
export const MIN_SALT_BYTES = 16;
export const MAX_SALT_BYTES = 64;
/** Characters of a secret behind a salted digest: an address fits. */
export const MAX_SECRET_LENGTH = 1000;

/** Bytes of a signed hand-off or delivery: eleven short fields, 250 with the longest. */
export const MAX_STATEMENT_BYTES = 400;
/** Characters of a vehicle's fleet number and of a seal's number: ISO 17712 seals have up to 15. */
export const MAX_VEHICLE_LENGTH = 20;
export const MAX_SEAL_LENGTH = 20;
/** Milliseconds by which the clocks of two devices may differ: minutes are common, an hour is a wrong time zone. */
export const CLOCKS_DIFFER_MS = 300_000;
/** Milliseconds from the signing of a hand-off to its entry: a shift without a network, and a weekend. */
export const MAX_HAND_OFF_AGE_MS = 4 * 86_400_000;
/** Milliseconds from a delivery to its entry: a long tour whose phone comes home later. */
export const MAX_DELIVERY_AGE_MS = 30 * 86_400_000;
/** Attempts of one delivery: more are a loop. */
export const MAX_ATTEMPTS = 100;
/**
 * Characters of a hand-off request and of the answers as text of a QR code: with the longest fields and a device's certificate they
 * have 1,500 and 900. In alphanumeric mode 1,600 are version 26 with error correction M (1,637), which a phone reads off a screen.
 */
export const MAX_QR_TEXT_LENGTH = 1600;

/** Claimed times outside of these years are a device whose clock was never set: milliseconds since 1970, 2020-01-01 and 2100-01-01. */
export const MIN_TIME = 1_577_836_800_000;
export const MAX_TIME = 4_102_444_800_000;

/** Data characters in one GS1-128 symbol: GS1 General Specifications 5.4, including separators, without start and check. */
export const MAX_GS1_128_CHARACTERS = 48;
/** Millimetres of one GS1-128 symbol with its quiet zones: same section. */
export const MAX_GS1_128_WIDTH_MM = 165.1;

/** Characters of one text on a label: what fits its width at the smallest size used. */
export const MAX_LABEL_TEXT = 60;

/** Bytes of an evidence file: a package with 60 versions of the largest size, in base64; a usual one has 20 KiB. */
export const MAX_EVIDENCE_BYTES = 48 * 1024 * 1024;
/** Versions in one evidence file: a package that is inspected anew every day of a year. */
export const MAX_EVIDENCE_VERSIONS = 400;
/** Links of the chain of epochs in one evidence file: as long as a chain may be (MAX_EPOCHS of the codec), without epoch 0. */
export const MAX_EVIDENCE_LINKS = 1023;
/** Proofs of contradictory votes in one evidence file: one of each member of the largest network. */
export const MAX_EVIDENCE_EQUIVOCATIONS = 1000;
/** Characters of a search that count: a courier's name, a GTIN and a lot side by side are some 80. */
export const MAX_SEARCH_LENGTH = 200;
/** Words of a search that count: nobody remembers more of a package. */
export const MAX_SEARCH_WORDS = 12;
