/** What the service worker uses of its global scope (W3C Service Workers): the DOM library of TypeScript has no room for both. */

export interface PrecacheEntry {
  /** Path from the folder of the build. */
  readonly url: string;
  /** SHA-256 of the file, hex. */
  readonly revision: string;
}

export interface ExtendableEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}

export interface FetchEvent extends ExtendableEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}

export interface MessageEventOfPage extends ExtendableEvent {
  readonly data: unknown;
  readonly ports: readonly MessagePort[];
}

export interface ServiceWorkerScope {
  /** Put in by the build. */
  readonly __WB_MANIFEST: readonly PrecacheEntry[];
  readonly location: { readonly origin: string };
  readonly registration: { readonly active: object | null };
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: 'install' | 'activate', listener: (event: ExtendableEvent) => void): void;
  addEventListener(type: 'fetch', listener: (event: FetchEvent) => void): void;
  addEventListener(type: 'message', listener: (event: MessageEventOfPage) => void): void;
}

/** What a page may tell a service worker. `mend` brings a port for the answer, a `Mended`; the page is served by the worker from then on. */
export type ToServiceWorker = { readonly type: 'take' } | { readonly type: 'mend' };

/** Whether all of the build is stored. */
export interface Mended {
  readonly whole: boolean;
}
