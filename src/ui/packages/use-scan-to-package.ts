/** Where nothing else takes scans: a label opens its package, any other code the list with what fits it. */
import { useRef } from 'react';
import { useLocation } from 'wouter';
import { feedbackBad } from '../bench/feedback.ts';
import { useScanner } from '../scan/use-scanner.ts';
import { scannedPlace } from './place.ts';
import { scannedSearch } from './search-words.ts';

export function useScanToPackage(): void {
  const [, go] = useLocation();
  useScanner({
    field: useRef<HTMLInputElement>(null),
    onScan({ code }) {
      const to = scanTo(code, document.querySelector('dialog[open]') !== null);
      // Whoever looks at the label, not at the screen, hears that it was not taken.
      if (to === null || to.wrongDigit) feedbackBad();
      if (to !== null) go(to.url, { state: to.state });
    },
  });
}

export interface ScanTo {
  readonly url: string;
  /** For the browser's history. */
  readonly state: object | null;
  readonly wrongDigit: boolean;
}

/** Where a scan leads from a page that has no search. Null: nowhere, a question on the page is answered first. */
export function scanTo(code: string, hasQuestion: boolean): ScanTo | null {
  if (hasQuestion) return null;
  const { sscc, text, wrongDigit } = scannedSearch(code);
  if (sscc !== null) return { url: `/packages/${sscc}`, state: null, wrongDigit };
  return { ...scannedPlace(text, wrongDigit), wrongDigit };
}
