/**
 * Parts that are loaded when they are first used. A running network does not need the server that the page came from, and a person may
 * go to any page of it after that server has gone; so all of them are fetched while there is one and nothing else to do, whichever
 * page is open. What fails here is fetched again at its use, where a person is told.
 */
import { useEffect } from 'react';
import { loadReader } from './bench/decode-image.ts';

/** Milliseconds: votes and the first picture come first. */
const PATIENCE_MS = 1500;

/** The label's bars and the barcode decoder, which the bench and the hand-off need. */
export function usePreloadedParts(): void {
  useEffect(() => {
    const timer = setTimeout(() => void fetchParts(), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, []);
}

async function fetchParts(): Promise<void> {
  for (const load of [() => import('./parts/Bars.tsx'), loadReader]) await load().catch(() => undefined);
}
