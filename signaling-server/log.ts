/**
 * Structured logs: one JSON object a line, for example
 *
 *     {"time":"2026-11-21T10:00:00.000Z","level":"info","event":"expelled","connection":17,"error":"rate-limited"}
 *
 * Never a frame, a topic (it derives from a network's secret) or a client's address: the fields below are all there is,
 * and none of them can hold such a thing by its type's meaning. A connection is known by its number since the start.
 */
import { Bucket } from './bucket.ts';
import type { Limits } from './limits.ts';

export const logLevels = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LogFields {
  /** Number of a connection. */
  readonly connection?: number;
  /** A type of `SignalingError`, or the code of a system's error. */
  readonly error?: string;
  /** Of an exception: a bug of ours, so its text is worth having. */
  readonly stack?: string;
  /** Why a connection was dropped. */
  readonly reason?: string;
  readonly url?: string;
  readonly version?: string;
  readonly seconds?: number;
  readonly milliseconds?: number;
  readonly connections?: number;
  readonly topics?: number;
  readonly received?: number;
  readonly signal?: string;
}

export type Log = (level: LogLevel, event: string, fields?: LogFields) => void;

export const silent: Log = () => undefined;

/** @param write takes one line, its end included. */
export function createLog(
  level: LogLevel,
  write: (line: string) => void,
  limits: Limits,
  wall: () => Date = () => new Date(),
  now: () => number = () => performance.now(),
): Log {
  const highest = logLevels.indexOf(level);
  const lines = new Bucket(limits.logBurst, limits.logLinesPerSecond, now());
  let suppressed = 0;
  return (of, event, fields) => {
    if (logLevels.indexOf(of) > highest) return;
    if (of !== 'error' && !lines.take(1, now())) {
      suppressed += 1;
      return;
    }
    const left = suppressed > 0 ? { suppressed } : {};
    suppressed = 0;
    write(`${JSON.stringify({ time: wall().toISOString(), level: of, event, ...fields, ...left })}\n`);
  };
}
