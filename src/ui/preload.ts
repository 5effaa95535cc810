/**
 * Parts that are loaded when they are first used. A running network does not need the server that the page came from, and a person may
 * go to any page of it after that server has gone; so all of them are fetched while there is one and nothing else to do, whichever
 * page is open. What fails here is fetched again at its use, where a person is told.
 */
import { useEffect } from 'react';
import { LATER } from './later-pages.ts';
import { LaterAudit } from './package/later-audit.ts';
import { decoder } from './scan/decoder.ts';
import { loadCameraScanner } from './scan/use-camera-button.tsx';

/** Milliseconds: votes and the first picture come first. */
const PATIENCE_MS = 1500;

/** Set when this begins, and when all of it is there: for whoever waits until the page can do without its server. */
const FETCHING = 'countersign:fetching';
const FETCHED = 'countersign:fetched';

/** The other pages; then the label's bars, the camera's panel and the barcode decoder; last, what is rare. */
const PARTS: readonly (() => Promise<unknown>)[] = [
  ...[...Object.values(LATER), LaterAudit].map((page) => page.fetch),
  () => import('./parts/Bars.tsx'),
  () => import('./parts/SaveDialog.tsx'),
  loadCameraScanner,
  () => decoder.prepare(),
  () => import('./network/latency-plot.ts'),
];

export function usePreloadedParts(): void {
  useEffect(() => {
    const timer = setTimeout(() => void fetchParts(), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, []);
}

async function fetchParts(): Promise<void> {
  performance.mark(FETCHING);
  let all = true;
  for (const load of PARTS) await load().catch(() => (all = false));
  if (all) performance.mark(FETCHED);
}
