/** A tiny assert: the suite also runs in a page, where there is neither vitest nor node:assert. */
export function check(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

/** Compares plain data, byte arrays and maps; absent and undefined fields are the same. */
export function same(actual: unknown, expected: unknown, message: string): void {
  const [a, e] = [show(actual), show(expected)];
  if (a !== e) throw new Error(`${message}\n  expected ${e}\n  got      ${a}`);
}

export function show(value: unknown): string {
  return JSON.stringify(value, (_name, field: unknown) => {
    if (ArrayBuffer.isView(field)) return `bytes:${[...(field as Uint8Array)].join(',')}`;
    if (field instanceof Map) return { map: sorted([...field]) };
    if (field === null || typeof field !== 'object' || Array.isArray(field)) return field;
    return Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** An order that does not matter is taken out before comparing. */
export function sorted<T>(items: readonly T[]): T[] {
  return items
    .map((item) => [show(item), item] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, item]) => item);
}
