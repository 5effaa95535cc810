/** `GET /metrics` in Prometheus' text format. Sums only: no address, no topic, no label that a client could choose. */
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { HubStats } from './hub.ts';
import type { Limits } from './limits.ts';

export interface Metrics {
  readonly contentType: string;
  text(): Promise<string>;
}

const PREFIX = 'countersign_signaling_';

interface Source {
  readonly name: string;
  readonly help: string;
  readonly kind: 'gauge' | 'counter';
  readonly label?: string;
  readonly value: (stats: HubStats) => number | Readonly<Record<string, number>>;
}

const SOURCES: readonly Source[] = [
  gauge('connections', 'Open connections', (s) => s.connections),
  gauge('closing_connections', 'Connections that were told to leave and are not gone', (s) => s.closing),
  gauge('topics', 'Topics with a subscriber here', (s) => s.topics),
  gauge('subscriptions', 'Subscriptions of all connections', (s) => s.subscriptions),
  gauge('addresses', 'Client addresses that are remembered', (s) => s.addresses),
  gauge('buffered_bytes', 'Bytes that wait for clients to read, at most', (s) => s.buffered),
  counter('received_frames_total', 'Frames from clients', (s) => s.received),
  counter('received_bytes_total', 'Bytes in frames from clients', (s) => s.receivedBytes),
  counter('sent_frames_total', 'Frames to clients', (s) => s.sent),
  counter('sent_bytes_total', 'Bytes in frames to clients', (s) => s.sentBytes),
  counter('refused_total', 'Frames and connections refused, by error type', (s) => s.refusals, 'type'),
  counter('dropped_total', 'Connections cut since they did not read or answer', (s) => s.drops, 'reason'),
];

/** Only where there is a Redis: an alert on `redis_up == 0` must not fire on a server that stands alone. */
const REDIS_SOURCES: readonly Source[] = [
  gauge('redis_up', 'Whether Redis is reached', (s) => (s.backplane.state === 'up' ? 1 : 0)),
  gauge('redis_instances', 'Other instances heard lately', (s) => s.backplane.instances),
  counter('redis_published_total', 'Frames handed to other instances', (s) => s.backplane.published),
  counter('redis_received_total', 'Frames from other instances', (s) => s.backplane.received),
  counter('redis_lost_total', 'Frames that did not reach other instances', (s) => s.backplane.lost),
  counter(
    'redis_malformed_total',
    'Messages on our channels that are none of ours',
    (s) => s.backplane.malformed,
  ),
];

/** @param ofProcess also processor time, memory, event loop and garbage collection: once per process. */
export function createMetrics(stats: () => HubStats, limits: Limits, ofProcess: boolean): Metrics {
  const registry = new Registry();
  if (ofProcess) collectDefaultMetrics({ register: registry });
  const sources = stats().backplane.state === 'none' ? SOURCES : [...SOURCES, ...REDIS_SOURCES];
  for (const source of sources) register(source, stats, registry);
  let made: { readonly at: number; readonly text: Promise<string> } | undefined;
  return {
    contentType: registry.contentType,
    text() {
      const now = performance.now();
      if (!made || now - made.at >= limits.metricsCacheMs) made = { at: now, text: registry.metrics() };
      return made.text;
    },
  };
}

/** The hub counts with plain numbers; they become metrics when somebody asks. */
function register(source: Source, stats: () => HubStats, registry: Registry): void {
  const config = {
    name: PREFIX + source.name,
    help: `${source.help}.`,
    labelNames: source.label === undefined ? [] : [source.label],
    registers: [registry],
  };
  const each = (set: (labels: Record<string, string>, value: number) => void): void => {
    const value = source.value(stats());
    if (typeof value === 'number') set({}, value);
    else for (const [label, one] of Object.entries(value)) set({ [source.label ?? '']: label }, one);
  };
  if (source.kind === 'gauge') {
    const metric: Gauge = new Gauge({
      ...config,
      collect: () => each((labels, value) => metric.set(labels, value)),
    });
  } else {
    const metric: Counter = new Counter({
      ...config,
      collect() {
        metric.reset();
        each((labels, value) => metric.inc(labels, value));
      },
    });
  }
}

function gauge(name: string, help: string, value: Source['value']): Source {
  return { name, help, kind: 'gauge', value };
}

function counter(name: string, help: string, value: Source['value'], label?: string): Source {
  return { name, help, kind: 'counter', value, ...(label === undefined ? {} : { label }) };
}
