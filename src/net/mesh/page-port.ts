/**
 * The one port to the page, shared: an applicant's knock and the mesh that comes after it (or a second question)
 * listen side by side. Each knows its own connections by their random names and ignores the rest.
 */
import type { PageEvent } from '../types.ts';
import type { PagePort } from './options.ts';

/**
 * Hears every event of the page from now on, and at once the page's last word on its visibility, its network and what it may do, which
 * it gives only at its start and when they change. Returns the way out, which takes nothing from other listeners.
 */
export function listenToPage(port: PagePort, listener: (event: PageEvent) => void): () => void {
  let hub = hubs.get(port);
  if (hub === undefined) {
    const made: Hub = { listeners: new Set(), last: new Map() };
    hub = made;
    hubs.set(port, made);
    // Stays for the port's life: what comes while nobody listens must still move the port and the visibility on.
    port.onmessage = ({ data }) => {
      if (!('peer' in data)) made.last.set(data.type, data);
      for (const listen of [...made.listeners]) listen(data);
    };
    port.start?.();
  }
  const { listeners, last } = hub;
  listeners.add(listener);
  for (const event of last.values()) listener(event);
  return () => void listeners.delete(listener);
}

interface Hub {
  readonly listeners: Set<(event: PageEvent) => void>;
  /** By type: one entry for each event that belongs to no connection. */
  readonly last: Map<string, PageEvent>;
}

const hubs = new WeakMap<PagePort, Hub>();
