import { useState } from 'react';
import { COPY } from './texts.ts';

export interface Copy {
  /** What became of it, in words; empty before the first try. */
  readonly said: string;
  copy(): Promise<void>;
}

/** Puts a text that stands on the page into the clipboard, which a browser may refuse. */
export function useCopy(text: string): Copy {
  const [said, setSaid] = useState('');
  return {
    said,
    async copy() {
      try {
        await navigator.clipboard.writeText(text);
        setSaid(COPY.done);
      } catch {
        setSaid(COPY.refused);
      }
    },
  };
}
