/**
 * A recording: what the four replicas did about one version of one key, in the order of time. Their traces arrive in
 * batches and out of order; this merges them. Pure: the same events give the same recording, whatever the batches were.
 */
import type { Digest, Key, MemberIndex, Round, TraceEvent, Version } from '../worker/api.ts';
import { MAX_EVENTS_PER_RECORDING, MAX_RECORDINGS } from './limits.ts';

export type RecordedKind =
  | 'proposed'
  | 'pre-commit'
  | 'commit'
  | 'heard-pre-commit'
  | 'heard-commit'
  | 'round'
  | 'refused'
  | 'evidence'
  | 'decided';

export interface RecordedEvent {
  /** Milliseconds since 1970, with fractions; all panes run on one machine and so on one clock. */
  readonly at: number;
  readonly kind: RecordedKind;
  /** The replica at which it happened. */
  readonly observer: MemberIndex;
  /** Who did it: the observer itself, or the author of what it heard. */
  readonly member: MemberIndex;
  readonly round: Round | null;
  readonly digest: Digest | null;
  readonly detail: string | null;
}

export interface Recording {
  readonly key: Key;
  readonly version: Version;
  /** Ascending by time, then by cause before effect. Never empty. */
  readonly events: readonly RecordedEvent[];
}

/** Oldest first. */
export type Recordings = readonly Recording[];

/** Adds what one pane traced. Events without key and version (links, steps) are not part of any recording. */
export function record(
  recordings: Recordings,
  observer: MemberIndex,
  events: readonly TraceEvent[],
): Recordings {
  const touched = new Map<string, RecordedEvent[]>();
  for (const event of events) {
    const kind = RECORDED.get(event.kind);
    if (!kind || event.key === undefined || event.version === undefined) continue;
    const id = recordingId(event.key, event.version);
    const list = touched.get(id) ?? [];
    list.push({
      at: event.at,
      kind,
      observer,
      member: event.member,
      round: event.round ?? null,
      digest: event.digest ?? null,
      detail: event.detail ?? null,
    });
    touched.set(id, list);
  }
  if (touched.size === 0) return recordings;
  const merged = recordings.map((recording) => {
    const id = recordingId(recording.key, recording.version);
    const added = touched.get(id);
    touched.delete(id);
    return added ? { ...recording, events: merge(recording.events, added) } : recording;
  });
  for (const event of events) {
    if (event.key === undefined || event.version === undefined) continue;
    const added = touched.get(recordingId(event.key, event.version));
    if (!added) continue;
    touched.delete(recordingId(event.key, event.version));
    merged.push({ key: event.key, version: event.version, events: merge([], added) });
  }
  merged.sort((a, b) => startOf(a) - startOf(b));
  return merged.slice(-MAX_RECORDINGS);
}

export function recordingId(key: Key, version: Version): string {
  return `${key}@${version}`;
}

export function startOf(recording: Recording): number {
  return recording.events[0]!.at;
}

export function endOf(recording: Recording): number {
  return recording.events[recording.events.length - 1]!.at;
}

/** False for what a replica only reports to hold, for example after a reload: there is no vote to watch. */
export function hasVotes(recording: Recording): boolean {
  return recording.events.some((event) => event.kind !== 'decided' && event.kind !== 'evidence');
}

/** When the first replica knew the decision, or null. */
export function decidedAt(recording: Recording): number | null {
  return recording.events.find((event) => event.kind === 'decided')?.at ?? null;
}

/** Aggregation (`certificate`) and the quorum of pre-commits (`polka`) follow from the votes: they are not told twice. */
const RECORDED = new Map<TraceEvent['kind'], RecordedKind>(
  (
    [
      'proposed',
      'pre-commit',
      'commit',
      'heard-pre-commit',
      'heard-commit',
      'round',
      'refused',
      'evidence',
      'decided',
    ] as const
  ).map((kind) => [kind, kind]),
);

/** Causes before effects when two clocks read the same. */
const ORDER: Readonly<Record<RecordedKind, number>> = {
  proposed: 0,
  round: 1,
  'pre-commit': 2,
  'heard-pre-commit': 3,
  refused: 4,
  evidence: 5,
  commit: 6,
  'heard-commit': 7,
  decided: 8,
};

function merge(before: readonly RecordedEvent[], added: readonly RecordedEvent[]): readonly RecordedEvent[] {
  const seen = new Set(before.map(identity));
  const out = [...before];
  for (const event of added) {
    const id = identity(event);
    if (seen.has(id)) continue;
    seen.add(id);
    out.push(event);
  }
  out.sort(
    (a, b) =>
      a.at - b.at ||
      ORDER[a.kind] - ORDER[b.kind] ||
      a.observer - b.observer ||
      compare(identity(a), identity(b)),
  );
  // The beginning tells the story; a flood of later rounds is cut.
  return out.slice(0, MAX_EVENTS_PER_RECORDING);
}

/** One fact at one replica is told once: a re-sent vote is not a second vote. */
function identity(event: RecordedEvent): string {
  return [
    event.kind,
    event.observer,
    event.member,
    event.round,
    event.digest,
    event.kind === 'refused' ? event.detail : '',
  ].join('|');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
