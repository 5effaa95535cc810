/**
 * Parts that are loaded when they are first used. A running network does not need the server that the page came from, so they are
 * fetched while there is one and nothing else to do; what fails here is fetched again at its use, where a person is told.
 */
import { useEffect } from 'react';
import { loadReader } from './bench/decode-image.ts';

/** The label's bars, for everybody. */
export function usePreloadedBars(): void {
  useEffect(() => whenIdle(() => import('./parts/Bars.tsx')), []);
}

/** The barcode decoder, for the bench. */
export function usePreloadedReader(): void {
  useEffect(() => whenIdle(loadReader), []);
}

/** Milliseconds: votes and the first picture come first. */
const PATIENCE_MS = 1500;

function whenIdle(load: () => Promise<unknown>): () => void {
  const timer = setTimeout(() => void load().catch(() => undefined), PATIENCE_MS);
  return () => clearTimeout(timer);
}
