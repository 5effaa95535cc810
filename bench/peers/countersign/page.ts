/** A replica without a face: it sets a key to random bytes when it is told to, and says how long that took. `?identity=<identity>`. */
import { join, type Network } from 'countersign';

declare global {
  interface Window {
    readonly replica: Promise<typeof replica>;
  }
}

let network: Network;

const replica = {
  /** Milliseconds from the call until this replica holds the certificate. */
  async set(key: string, bytes: number, patience: number): Promise<number> {
    const value = crypto.getRandomValues(new Uint8Array(bytes));
    const start = performance.now();
    const result = await network.set(key, value, { signal: AbortSignal.timeout(patience) });
    const milliseconds = performance.now() - start;
    if (!result.ok) throw new Error(result.error.message);
    return milliseconds;
  },
};

async function open(): Promise<typeof replica> {
  const identity = new URLSearchParams(location.search).get('identity');
  if (identity === null) throw new Error('The address names no identity.');
  const joined = await join({ identity, allow: ({ value }) => value instanceof Uint8Array });
  if (!joined.ok) throw new Error(joined.error.message);
  network = joined.value;
  return replica;
}

Object.assign(window, { replica: open() });
