/** Doing the same in many pages: some at a time, because one that waits leaves a core idle. */

/** At once: a page that starts takes half a core and 100 MB, and thirteen would time one another out. */
const AT_ONCE = 4;

/** Calls `run` for each, at most AT_ONCE under way; the results are in the order of the items. The first error ends it. */
export async function together<T, R>(
  items: readonly T[],
  run: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = new Array<R>(items.length);
  let next = 0;
  const work = async (): Promise<void> => {
    for (let i = next++; i < items.length; i = next++) results[i] = await run(items[i]!, i);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, work));
  return results;
}
