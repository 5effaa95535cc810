/** Keeps the screen on while somebody works: a phone that sleeps takes no scan and does not vote. */
import { useEffect } from 'react';

/**
 * Screen Wake Lock API. The browser takes the lock away whenever the page is hidden, so it is asked for again when it is shown. Where there
 * is none, or the battery is low, the screen goes dark as the device wishes; the settings say so (capabilities.ts).
 */
export function useWakeLock(wanted: boolean): void {
  useEffect(() => (wanted ? keepAwake(navigator, document) : undefined), [wanted]);
}

type Awake = Pick<Navigator, 'wakeLock'> | { readonly wakeLock?: undefined };

/** Until what it returns is called. */
export function keepAwake(
  device: Awake,
  page: Pick<Document, 'visibilityState' | 'addEventListener' | 'removeEventListener'>,
): () => void {
  const { wakeLock } = device;
  if (wakeLock === undefined) return () => undefined;
  let held: WakeLockSentinel | null = null;
  let asking = false;
  let ended = false;
  const ask = async (): Promise<void> => {
    if (asking || ended || page.visibilityState !== 'visible' || (held && !held.released)) return;
    asking = true;
    const sentinel = await wakeLock.request('screen').catch(() => null);
    asking = false;
    held = sentinel;
    if (ended) void sentinel?.release().catch(() => undefined);
  };
  const shown = (): void => void ask();
  page.addEventListener('visibilitychange', shown);
  void ask();
  return () => {
    ended = true;
    page.removeEventListener('visibilitychange', shown);
    if (held && !held.released) void held.release().catch(() => undefined);
  };
}
