/** Keeps the program and what it stores in this browser. */

/** So that the page opens without a network. Where it cannot be had, the page works as long as it is open. */
export function storeProgram(): void {
  // In development there is no such file, and nothing may be stored.
  if (!import.meta.env.PROD) return;
  const { serviceWorker } = navigator as { readonly serviceWorker?: ServiceWorkerContainer };
  serviceWorker?.register('/service-worker.js').catch(() => undefined);
}

/** Asks the browser not to clear what this page stores when space is short. False: it may. */
export async function keepStorage(): Promise<boolean> {
  const { storage } = navigator as { readonly storage?: StorageManager };
  try {
    return (await storage?.persist?.()) ?? false;
  } catch {
    return false;
  }
}
