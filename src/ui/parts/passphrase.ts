/** What is wrong with a passphrase, before the worker is asked. */
import { MIN_PASSPHRASE_LENGTH } from '../limits.ts';

/** As people count them, and as the worker does: in NFKC, whole characters. */
export const lengthOf = (passphrase: string): number => [...passphrase.normalize('NFKC')].length;

/** Null: it can protect a file. */
export function choiceProblem(passphrase: string): string | null {
  const length = lengthOf(passphrase);
  if (length === 0) return `Choose a passphrase of at least ${MIN_PASSPHRASE_LENGTH} characters.`;
  const missing = MIN_PASSPHRASE_LENGTH - length;
  if (missing > 0)
    return `It has ${length} character${length === 1 ? '' : 's'}: ${missing} more ${missing === 1 ? 'is' : 'are'} needed. Four words that do not belong together are easier than signs.`;
  return null;
}

/** Null: the second is the first again. */
export function repeatProblem(first: string, second: string): string | null {
  if (second === '') return 'Type the same passphrase once more.';
  if (first === second) return null;
  if (first.trim() === second.trim()) return 'One of the two has a space at its beginning or end.';
  if (first.toLowerCase() === second.toLowerCase())
    return 'The two differ in capital letters. Show the passphrase to compare them.';
  return 'The two are not the same. Show the passphrase to compare them.';
}
