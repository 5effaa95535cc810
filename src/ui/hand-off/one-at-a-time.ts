/** A second tap comes before the first has drawn anything: a signature must not be made twice, with two salts. */
export async function oneAtATime(running: { current: boolean }, call: () => Promise<void>): Promise<void> {
  if (running.current) return;
  running.current = true;
  try {
    await call();
  } finally {
    running.current = false;
  }
}
