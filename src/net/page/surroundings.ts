/** What the browser lets this page do, for the words that a person reads when a connection does not open. */
import type { PageEvent } from '../types.ts';

/** Tells at once and whenever the answer changes, until `signal` aborts. */
export function watchSurroundings(tell: (event: PageEvent) => void, signal: AbortSignal): void {
  const secure = location.protocol === 'https:';
  const say = (localNetwork: 'granted' | 'prompt' | 'denied' | 'unknown'): void => {
    if (!signal.aborted) tell({ type: 'surroundings', secure, localNetwork });
  };
  // A page that came from the local network itself may reach it without asking.
  if (isLocal(location.hostname)) return say('granted');
  say('unknown');
  void watchPermission(say, signal);
}

/** Chromium asks since 142 (https://wicg.github.io/local-network-access/); other browsers do not know the name and reject the query. */
async function watchPermission(
  say: (state: 'granted' | 'prompt' | 'denied') => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    const status = await navigator.permissions.query({ name: 'local-network-access' as PermissionName });
    say(status.state);
    status.addEventListener('change', () => say(status.state), { signal });
  } catch {
    // No such permission here: nothing to be said about it.
  }
}

function isLocal(host: string): boolean {
  return /^(localhost|127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.|\[::1\]|\[f[cde])|\.local$/i.test(
    host,
  );
}
