/** A disk that takes its time: heads are ahead of it meanwhile. */
import type { Key } from '../../src/codec/brand.ts';
import type { Replica } from '../../src/worker/replica/replica.ts';

export interface HeldWrite {
  /** The write has begun, and the head has moved on before it. */
  readonly begun: boolean;
  /** Lets it end, and all after it. */
  go(): void;
}

/** From the write in which this version becomes the newest of its key. */
export function holdWrite(replica: Replica, key: Key, version: number): HeldWrite {
  const { store } = replica.options;
  const write = store.write.bind(store);
  let begun = false;
  let go = (): void => undefined;
  const gate = new Promise<void>((resolve) => (go = resolve));
  store.write = async (batch) => {
    begun ||= batch.certified?.some((entry) => entry.key === key && entry.version === version) ?? false;
    if (begun) await gate;
    return write(batch);
  };
  return {
    get begun() {
      return begun;
    },
    go: () => go(),
  };
}

/** All that needs neither a timer nor the disk is done. For what must not have happened; what must is waited for. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
}
