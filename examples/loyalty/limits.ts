/** Limits of the loyalty pages, each with its reason. Those of the rules: points/. */

/** Characters in one picture: QR version 12 at level L, whose modules are 4 px wide on a phone of 360 px. */
export const FRAME_CHARACTERS = 360;
/** Pictures of one text: a street of sixteen merchants needs some twenty, and a person does not wait for a hundred. */
export const MAX_FRAMES = 64;
/** Texts of which a scanner holds parts at the same time: a customer shows one, and a wrong one may have been filmed before. */
export const MAX_COLLECTED = 4;
/** Milliseconds that one picture of several stays: two to three looks of a camera. */
export const FRAME_MS = 600;
/** Between two looks through the camera, milliseconds: a phone decodes one in 10 to 40. */
export const LOOK_MS = 150;
/** Longest side of a picture that is decoded, pixels: larger ones only take longer. */
export const MAX_PICTURE_SIDE = 1600;
/** Photos chosen at once: one of each part. */
export const MAX_PHOTOS = MAX_FRAMES;
/** Characters that a person may paste: the largest text that is handed over, a street's card of sixteen merchants, is a sixth of it. */
export const MAX_PASTED = 100_000;
/** Characters of a stall's or a street's name. */
export const MAX_NAME = 40;
/** Operations in the list of recent ones; older ones are in the record itself. */
export const MAX_RECENT = 30;
/** A record that could not be read whole is read again after this, milliseconds: the bytes of a value come within one or two round trips. */
export const RECORD_AGAIN_MS = 1000;
/** Receipts that a customer's phone keeps; spent ones go first. */
export const MAX_RECEIPTS = 200;
