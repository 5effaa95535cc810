/**
 * `window.countersign`: the same calls that the pages make, for a developer's console and for tests that drive real browsers. It gives a
 * script of this page nothing that it could not do by itself: the worker and its databases belong to the page's origin.
 */
import type { RemoteApi } from '../ui/client.ts';
import type { AppClient } from './client.ts';

declare global {
  interface Window {
    countersign?: RemoteApi;
  }
}

export function expose(client: AppClient): void {
  window.countersign = client.api;
}
