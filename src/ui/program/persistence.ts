/** Asking the browser to keep what is stored here. Only a page may ask, and some browsers then ask the person: so only after a press. */

/** True: promised. False: not. Null: this browser cannot be asked. */
export async function askToKeep(device: Navigator = navigator): Promise<boolean | null> {
  const manager = device.storage as StorageManager | undefined;
  if (typeof manager?.persist !== 'function') return null;
  return manager.persist().catch(() => null);
}
