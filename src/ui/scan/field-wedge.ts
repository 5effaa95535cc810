/**
 * A scanner that types into a field for text, on a computer with another layout than its own: the text of a hand-off has letters in both
 * cases, and on a German keyboard every Y of it is a Z. Which reading is right, only whoever reads the text can tell: its signature does.
 */
import { WEDGE_STALL_MS } from '../limits.ts';
import { EMPTY_WEDGE, isMachine, wedgeKey, type WedgeKey, type WedgeState } from './wedge.ts';

export interface FieldWedge {
  key(key: WedgeKey): void;
  /** What the field holds; behind it what a US keyboard would have made of the same keys, when a scanner pressed them and it differs. */
  readings(typed: string): readonly string[];
}

export function createFieldWedge(): FieldWedge {
  let state: WedgeState = EMPTY_WEDGE;
  return {
    key(key) {
      // Only what adds a character begins anew: a person's Enter, long after the scan, is to read it.
      const adds = key.kind === 'down' && wedgeKey(EMPTY_WEDGE, key).state !== EMPTY_WEDGE;
      const isLate = key.at - state.lastAt > WEDGE_STALL_MS && state.altDigits === null;
      if (adds && isLate) state = EMPTY_WEDGE;
      const step = wedgeKey(state, key);
      // The key that ends a scan is the field's own affair; what was read stays for `readings`.
      if (step.reading === null) state = step.state;
    },
    readings(typed) {
      const { byKey, byCode } = state;
      const pressed = isMachine(state) && byKey !== byCode;
      state = EMPTY_WEDGE;
      return pressed ? [typed, byCode] : [typed];
    },
  };
}

/** Gives the texts to `take` until it takes one. Null: it did; otherwise the sentence that it had against the first. */
export async function takeFirst(
  texts: readonly string[],
  take: (text: string) => Promise<string | null>,
  noAnswer: string,
): Promise<string | null> {
  let first: string | null = null;
  for (const text of texts) {
    // A decoder and a scanner put the kind of barcode before what it holds.
    const said = await take(text.replace(/^\][A-Za-z]\d/, '')).catch(() => noAnswer);
    if (said === null) return null;
    first ??= said;
  }
  return first;
}
