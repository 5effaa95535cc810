/**
 * The service worker: it stores a build, serves it, and takes the place of the one before only when a page says so (src/app/program). It
 * knows nothing of sessions and touches no message of the network.
 */
import { CACHE_NAME, createPrecache } from './precache.ts';
import type { Mended, ServiceWorkerScope, ToServiceWorker } from './scope.ts';

declare const self: ServiceWorkerScope;

const precache = createPrecache({
  entries: self.__WB_MANIFEST,
  cache: () => caches.open(CACHE_NAME),
  fetch: (request) => fetch(request),
  origin: self.location.origin,
});

self.addEventListener('install', (event) => event.waitUntil(precache.store()));

self.addEventListener('activate', (event) =>
  // The first visit's page, too, may lose its server before it has loaded every part.
  event.waitUntil(precache.activate().then(() => self.clients.claim())),
);

self.addEventListener('fetch', (event) => {
  if (!precache.concerns(event.request)) return;
  event.respondWith(
    precache.answer(event.request).then(
      (stored) => stored ?? fetch(event.request),
      () => fetch(event.request),
    ),
  );
});

self.addEventListener('message', (event) => {
  const told = event.data as ToServiceWorker | null;
  if (told?.type === 'take') event.waitUntil(self.skipWaiting());
  if (told?.type !== 'mend') return;
  // A page that was being loaded while this worker was activated was not claimed then, and would load its parts from the server.
  event.waitUntil(self.clients.claim().catch(() => undefined));
  event.waitUntil(mend(event.ports[0]));
});

async function mend(to: MessagePort | undefined): Promise<void> {
  const whole = await precache.mend().then(
    () => true,
    () => false,
  );
  to?.postMessage({ whole } satisfies Mended);
}
