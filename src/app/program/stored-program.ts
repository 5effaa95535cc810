/** Asks a service worker whether it has the whole program, and to fetch again what lacks. */
import { MEND_PATIENCE_MS } from '../limits.ts';
import type { Mended, ToServiceWorker } from '../service-worker/scope.ts';

/** True, too, when it does not answer: one of an older version does not know the question. */
export function isWhole(worker: Pick<ServiceWorker, 'postMessage'>): Promise<boolean> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    const done = (whole: boolean): void => {
      clearTimeout(timer);
      port1.close();
      resolve(whole);
    };
    const timer = setTimeout(() => done(true), MEND_PATIENCE_MS);
    port1.onmessage = ({ data }: MessageEvent<Mended>) => done(data.whole);
    worker.postMessage({ type: 'mend' } satisfies ToServiceWorker, [port2]);
  });
}
