/**
 * `window.countersign`: the same calls that the pages make, for a developer's console and for tests that drive real browsers, and `fetch`
 * for other code in the page. It gives a script of this page nothing that it could not do by itself: the worker and its databases belong
 * to the page's origin.
 */
import type { RemoteApi } from '../ui/client.ts';
import type { AppClient } from './client.ts';
import { createSessionFetch, type SessionFetch } from './session-fetch.ts';

declare global {
  interface Window {
    countersign?: RemoteApi & { readonly fetch: SessionFetch };
  }
}

export function expose(client: AppClient): void {
  const fetch = createSessionFetch((request) => client.api.request(request));
  window.countersign = new Proxy(client.api, {
    get: (api, name): unknown =>
      name === 'fetch' ? fetch : (api as unknown as Record<string | symbol, unknown>)[name],
  }) as RemoteApi & { readonly fetch: SessionFetch };
}
