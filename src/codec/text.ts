/** Text of somebody else's, such as an exception's, as it can be encoded. */

/**
 * At most so many UTF-16 units of it. Half characters and byte order marks, which `encode` refuses, become `?`: cut first, since a cut may halve
 * one.
 */
export const cutText = (text: string, maxLength: number): string =>
  text.slice(0, maxLength).replace(/[\p{Cs}\uFEFF]/gu, '?');
