/** A digest as a person pasted or typed it, beside the own one. */

/** Fewer characters than this prove nothing to anybody. */
const LEAST = 16;

/** Null: nothing was typed. */
export function compareDigest(
  own: string,
  typed: string,
): 'same' | 'sameStart' | 'differs' | 'notADigest' | null {
  const other = typed.replaceAll(/\s/g, '').toLowerCase();
  if (other === '') return null;
  if (!/^[0-9a-f]+$/.test(other) || other.length > own.length || other.length < LEAST) return 'notADigest';
  if (other === own) return 'same';
  return own.startsWith(other) ? 'sameStart' : 'differs';
}
