/** Signals of the system: what a process that ends by one says, and a program that is told of those we are told of. */
import { constants } from 'node:os';

/** 128 and the number of the signal, as shells have it. */
export const exitCodeOf = (signal: NodeJS.Signals): number => 128 + constants.signals[signal];

/** What is used of a child process. */
export interface Child {
  kill(signal: NodeJS.Signals): boolean;
  once(event: 'exit', listener: (code: number | null, signal: NodeJS.Signals | null) => void): unknown;
  once(event: 'error', listener: (error: Error) => void): unknown;
}

/**
 * The exit code of `child`, which is told of SIGTERM. Of Ctrl-C a terminal tells it itself, and who is told twice leaves without putting
 * things away; this process then waits for it, too. @throws when it cannot be started.
 */
export async function endOf(child: Child): Promise<number> {
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
  const wait = (): void => undefined;
  process.on('SIGTERM', pass);
  process.on('SIGINT', wait);
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => resolve(code ?? (signal ? exitCodeOf(signal) : 1)));
    });
  } finally {
    process.off('SIGTERM', pass);
    process.off('SIGINT', wait);
  }
}
