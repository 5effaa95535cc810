/**
 * For every application: runs a workflow twice, the second time under another clock, other randomness, another time zone offset and
 * with the fields of every request in another order, and gives the bytes of both. A handler that looks at any of these differs.
 */
import { encode, type CborValue } from '../../src/codec/cbor.ts';
import { runRequest, transactionOf } from '../../src/l2/execute.ts';
import type { HandlerContext, ServiceRegistry, ServiceRequest, Transaction } from '../../src/l2/types.ts';

export interface Workflow {
  readonly registry: ServiceRegistry;
  readonly rulesVersion: number;
  readonly context: Omit<HandlerContext, 'earlier'>;
  /** The record that the first request meets; null = the key has no value. */
  readonly record: CborValue;
  readonly requests: readonly ServiceRequest[];
}

/** Canonical bytes of all responses and records, refused ones too, of both runs. They must be equal. */
export async function runTwice(
  workflow: Workflow,
): Promise<{ first: Uint8Array; second: Uint8Array; statuses: number[] }> {
  const first = await underStubs({ now: Date.UTC(2024, 0, 1), random: 0.1, offset: 0 }, () => run(workflow));
  const reversed = {
    ...workflow,
    requests: workflow.requests.map((r) => ({ path: r.path, body: reverse(r.body), method: r.method })),
  };
  const second = await underStubs({ now: Date.UTC(2031, 6, 2), random: 0.9, offset: -540 }, () =>
    run(reversed),
  );
  return { first: first.bytes, second: second.bytes, statuses: first.statuses };
}

async function run({ registry, rulesVersion, context, record, requests }: Workflow) {
  const results: CborValue[] = [];
  const statuses: number[] = [];
  const earlier: Transaction[] = [];
  let at = record;
  for (const request of requests) {
    const execution = await runRequest(registry, rulesVersion, at, request, {
      ...context,
      earlier: [...earlier],
    });
    at = execution.record;
    if (execution.outcome === 'success') earlier.push(transactionOf(execution, context.member.id));
    statuses.push(execution.response.status);
    results.push([execution.response as unknown as CborValue, execution.record]);
  }
  return { bytes: encode(results), statuses };
}

function reverse(value: CborValue): CborValue {
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map((part: CborValue) => reverse(part));
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, part]) => [name, reverse(part as CborValue)]),
  );
}

async function underStubs<T>(
  stubs: { now: number; random: number; offset: number },
  job: () => Promise<T>,
): Promise<T> {
  const real = {
    Date: globalThis.Date,
    random: Math.random,
    now: performance.now,
    getRandomValues: crypto.getRandomValues,
  };
  class StubDate extends real.Date {
    constructor(...given: unknown[]) {
      if (given.length === 0) super(stubs.now);
      else super(...(given as [number]));
    }
    static override now(): number {
      return stubs.now;
    }
    override getTimezoneOffset(): number {
      return stubs.offset;
    }
  }
  globalThis.Date = StubDate as unknown as DateConstructor;
  Math.random = () => stubs.random;
  performance.now = () => stubs.random * 1000;
  crypto.getRandomValues = ((array: Uint8Array) =>
    array.fill(Math.floor(stubs.random * 255))) as typeof crypto.getRandomValues;
  try {
    return await job();
  } finally {
    globalThis.Date = real.Date;
    Math.random = real.random;
    performance.now = real.now;
    crypto.getRandomValues = real.getRandomValues;
  }
}
